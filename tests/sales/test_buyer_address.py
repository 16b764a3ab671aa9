"""The buyer's address is the one that the shop has now: corrected by staff in Saleor, or changed by its user.

Nothing tells us, so it is read when a mail leaves, at approval and re-sending, and by the sweep.
"""

from __future__ import annotations

import re

import factories
import pytest
from letters import keys_in, take, text_of
from shop import PASSWORD, find_license_order, nodes, ref_of

from demo import documents, people
from demo.shop import Refused
from saleor_esd_plugin import tasks
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Event

ORDER_UPDATE = """mutation($id: ID!, $email: String!) {
  orderUpdate(id: $id, input: {userEmail: $email}) {
    order { id userEmail user { email } } errors: orderErrors { field message code }
  }
}"""
CUSTOMER_UPDATE = """mutation($id: ID!, $email: String!) {
  customerUpdate(id: $id, input: {email: $email}) {
    user { email } errors: accountErrors { field message code }
  }
}"""
SEARCH = """query($buyer: String!) {
  licenseOrders(first: 10, filter: {buyer: $buyer}) { edges { node { number buyerEmail } } }
}"""
MINE = """{
  me { orders(first: 10) { edges { node { id licenseOrder { number } } } } }
  licenseOrders(first: 10) { totalCount }
  licenses(first: 10) { totalCount }
}"""
CHANGED = "license_order.buyer_address_changed"


@pytest.fixture
def staff_address(market):
    address = market.unique("licenses") + "@shop.example"
    market.shop.set_plugin(market.owner, active=True, **{"Staff address": address})
    yield address
    market.shop.set_plugin(market.owner, active=True, **{"Staff address": ""})


@pytest.fixture
def typo(market):
    return market.unique("bayer") + "@example.com"


@pytest.fixture
def right(market):
    return market.unique("buyer") + "@example.com"


def correct(market, order, email):
    """What staff do in Saleor's dashboard."""
    return market.shop.do(ORDER_UPDATE, market.owner, id=order["id"], email=email)["order"]


def change_address(market, person, email):
    """What staff do with a customer in Saleor's dashboard."""
    user = people.user_id(person.user)
    market.shop.do(CUSTOMER_UPDATE, market.owner, id=user, email=email)


def told(received):
    """(To, kind) of each mail that arrived, in any order; that pools run low, others' too, is no matter here."""
    kinds = {f"<esd.{row.pk}@example.com>": row.kind for row in Delivery.objects.all()}
    found = [(to, kinds[message["Message-ID"]]) for to, message in received]
    return sorted(each for each in found if each[1] != "KEY_POOL_LOW_STOCK")


def links_in(received, to):
    """The tokens of claim links and of links to the account, mailed to this address."""
    texts = "\n".join(text_of(message) for recipient, message in received if recipient == to)
    return (
        re.findall(r"/claim/\?token=([\w-]{43})", texts),
        re.findall(r"/invitation/\?token=([\w-]{43})", texts),
    )


def found(market, staff, address):
    answer = market.shop.do(SEARCH, staff.authorization, buyer=address)
    return [(node["number"], node["buyerEmail"]) for node in nodes(answer)]


def refusal(market, document, authorization="", **variables):
    with pytest.raises(Refused) as error:
        market.shop.do(document, authorization, **variables)
    return [(each["field"], each["code"], each["message"]) for each in error.value.errors]


def changes(order):
    return [event.facts for event in Event.objects.filter(type=CHANGED, order_id=order.pk)]


def test_approval_mails_the_key_to_the_corrected_address(
    market, staff, staff_address, typo, right, smtp
):
    """The clear key went to the typo; nothing of it goes there now, and staff have nothing to replace."""
    product = market.product(keys=1)
    order = market.buy(product, email=typo)
    assert told(take(smtp)) == [(typo, "ORDER_CONFIRMED"), (staff_address, "ORDER_WAITS")]

    assert correct(market, order, right)["userEmail"] == right
    market.approve(staff, order)

    received = take(smtp)
    assert told(received) == [
        (right, "ADDRESS_CHANGED"),
        (right, "LICENSE_KEYS"),
        (right, "ORDER_RELEASED"),
    ]
    assert [key for _, message in received for key in keys_in(message)] == product.keys
    assert found(market, staff, right) == [(str(order["number"]), right)]
    assert found(market, staff, typo) == []
    row = find_license_order(order)
    assert changes(row) == [
        {"before": typo, "after": right, "licenses": [], "lost_invitation": True}
    ]
    assert (row.account.email, row.account.name, row.account.user_ref) == (right, right, None)


def test_a_key_sent_again_goes_to_the_corrected_address_and_staff_hear_of_the_old_one(
    market, staff, staff_address, typo, right, smtp
):
    product = market.product(keys=1, approval="AUTOMATIC")
    order = market.buy(product, email=typo)
    assert (typo, "LICENSE_KEYS") in told(take(smtp))
    (license,) = nodes(market.license_order(order, staff)["licenses"])
    correct(market, order, right)

    market.shop.do(documents.RESEND, staff.authorization, license=license["id"])

    received = take(smtp)
    assert told(received) == [
        (right, "ADDRESS_CHANGED"),
        (right, "LICENSE_KEYS"),
        (staff_address, "KEYS_AT_OLD_ADDRESS"),
    ]
    for recipient, message in received:
        assert keys_in(message) == (product.keys if "your licenses" in message["Subject"] else [])
        assert (typo in text_of(message)) == (recipient == staff_address)
    (event,) = Event.objects.filter(type="license_email.resent", subject_id=ref_of(license["id"]))
    assert event.facts["email"] == right

    # Without an address nothing is sent again.
    correct(market, order, "")
    before = factories.table_digest()
    answer = refusal(market, documents.RESEND, staff.authorization, license=license["id"])
    assert [(field, code) for field, code, _ in answer] == [("license", "REQUIRED")]
    assert factories.table_digest() == before
    assert take(smtp) == []
    # The sweeps of other tests have nothing to find here.
    correct(market, order, right)


def test_the_sweep_finds_the_change_and_links_to_the_typo_are_dead(
    market, staff, staff_address, typo, right, smtp
):
    """The old claim links answer as one that never was; the new one gives the key, once.

    Of two links one was used at the old address: of that key staff are told, the other one goes to the new address.
    """
    product = market.product(keys=2, approval="AUTOMATIC", delivery="CLAIM_LINK")
    order = market.buy(product, 2, email=typo)
    received = take(smtp)
    (used, unused), old_invitations = links_in(received, typo)
    assert len(old_invitations) == 1
    exposed = market.shop.do(documents.CLAIM, token=used)["key"]
    correct(market, order, right)
    assert take(smtp) == []

    tasks.reconcile_all()

    received = take(smtp)
    assert told(received) == [
        (right, "ADDRESS_CHANGED"),
        (right, "LICENSE_KEYS"),
        (staff_address, "KEYS_AT_OLD_ADDRESS"),
    ]
    (notice,) = [text_of(one) for to, one in received if "old address has keys" in one["Subject"]]
    assert notice.count("Key: ") == 1
    assert exposed[-5:] in notice and exposed not in notice
    assert notice.splitlines()[2:4] == [f"Old address: {typo}", f"New address: {right}"]

    unknown = refusal(market, documents.CLAIM, token="x" * 43)
    for token in (used, unused):
        assert refusal(market, documents.CLAIM, token=token) == unknown
    (claim,), (invitation, _) = links_in(received, right)
    key = market.shop.do(documents.CLAIM, token=claim)["key"]
    assert sorted([exposed, key]) == sorted(product.keys)
    assert found(market, staff, right) == [(str(order["number"]), right)]
    assert found(market, staff, typo) == []
    somebody = market.person()
    for token in old_invitations:
        assert refusal(
            market, documents.INVITATION_ACCEPT, somebody.authorization, token=token
        ) == [("token", "NOT_FOUND", unknown[0][2])]
    buyer = market.person()
    market.shop.do(documents.INVITATION_ACCEPT, buyer.authorization, token=invitation)
    assert market.shop.ask(MINE, buyer.authorization)["licenses"]["totalCount"] == 2

    # Again nothing changes.
    tasks.reconcile_all()
    assert (told(take(smtp)), len(changes(find_license_order(order)))) == ([], 1)


def test_an_equal_address_moves_no_account(market, staff, typo, smtp):
    """Both hosts give the order to the user of the corrected address; the licenses only the link in the mail does.

    An equal address proves nothing, so what that user calls himself later is not the buyer's address: it gets no key.
    """
    product = market.product(keys=1, approval="AUTOMATIC")
    order = market.buy(product, email=typo)
    take(smtp)
    before = find_license_order(order)
    owner = market.person("owner")

    shown = correct(market, order, owner.email)
    tasks.reconcile_all()
    (license,) = nodes(market.license_order(order, staff)["licenses"])
    market.shop.do(documents.RESEND, staff.authorization, license=license["id"])
    tasks.reconcile_all()

    assert (shown["userEmail"], shown["user"]["email"]) == (owner.email, owner.email)
    received = take(smtp)
    assert told(received) == [(owner.email, "ADDRESS_CHANGED"), (owner.email, "LICENSE_KEYS")]
    after = find_license_order(order)
    assert (after.account_id, after.buyer_user_ref) == (before.account_id, "")
    assert (after.account.user_ref, list(after.account.members.all())) == (None, [])
    mine = market.shop.ask(MINE, owner.authorization)
    assert nodes(mine["me"]["orders"]) == [{"id": order["id"], "licenseOrder": None}]
    assert (mine["licenseOrders"]["totalCount"], mine["licenses"]["totalCount"]) == (0, 0)

    elsewhere = market.unique("elsewhere") + "@example.com"
    change_address(market, owner, elsewhere)
    market.shop.do(documents.RESEND, staff.authorization, license=license["id"])
    tasks.reconcile_all()
    assert told(take(smtp)) == [(owner.email, "LICENSE_KEYS")]
    assert find_license_order(order).buyer_email == owner.email

    _, (token, *_) = links_in(received, owner.email)
    authorization = market.shop.sign_in(elsewhere, PASSWORD)
    market.shop.do(documents.INVITATION_ACCEPT, authorization, token=token)

    mine = market.shop.ask(MINE, authorization)
    assert (mine["licenseOrders"]["totalCount"], mine["licenses"]["totalCount"]) == (1, 1)
    assert find_license_order(order).account_id == before.account_id


def test_a_users_address_of_today_counts(market, staff, staff_address, right, smtp):
    """On 3.x the order's own address stays behind; the account and its owner are the same."""
    product = market.product(keys=2)
    buyer = market.person()
    first, second = (
        market.buy(product, email=buyer.email, authorization=buyer.authorization) for _ in "12"
    )
    market.approve(staff, first)
    take(smtp)
    before = find_license_order(first)

    change_address(market, buyer, right)
    market.approve(staff, second)
    assert (right, "LICENSE_KEYS") in told(take(smtp))
    tasks.reconcile_all()

    # The key of the first order is at the old address.
    assert told(take(smtp)) == [(staff_address, "KEYS_AT_OLD_ADDRESS")]
    numbers = {(str(order["number"]), right) for order in (first, second)}
    assert set(found(market, staff, right)) == numbers
    after = find_license_order(first)
    assert (after.account_id, after.buyer_user_ref) == (before.account_id, before.buyer_user_ref)
    assert (after.account.email, after.account.user_ref) == (right, str(buyer.user.pk))


@pytest.mark.only_on("3.21", reason="2.10 writes a user's own address on his orders")
def test_an_order_for_another_address_stays_with_it(market, staff, typo, right, smtp):
    """The buyer was signed in and named another address: it is not his, and does not change with his."""
    product = market.product(keys=1)
    buyer = market.person()
    order = market.buy(product, email=typo, authorization=buyer.authorization)
    take(smtp)

    change_address(market, buyer, right)
    market.approve(staff, order)

    assert told(take(smtp)) == [(typo, "LICENSE_KEYS"), (typo, "ORDER_RELEASED")]
    correct(market, order, right)
    tasks.reconcile_all()
    assert changes(find_license_order(order)) == [
        {"before": typo, "after": right, "licenses": [], "lost_invitation": False}
    ]
