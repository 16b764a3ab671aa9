"""licenseGrant: staff give licenses without an order of the shop."""

import build
import factories
import pytest
from letters import keys_in, recipients

from saleor_esd_plugin.accounts.models import Account
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.events.throttle import throttle
from saleor_esd_plugin.keys.models import AvailableKey
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.handover import STAFF_LIMITS
from saleor_esd_plugin.licenses.policies.ranked_pools import Rank
from saleor_esd_plugin.orders.models import LicenseOrder

pytestmark = pytest.mark.django_db

GRANT = """mutation($input: LicenseGrantInput!) { licenseGrant(input: $input) {
    licenseOrder { id number origin status approval isPaid isConfirmed decidedBy decisionReason buyerEmail
        purchaseOrderReference comment availability { text } waiting { reason }
        payment { paid } receipt { total { currency } } order { id } approvalReasons
        account { id name email }
        lines { productName variantName sku quantity approved orderLine { id } }
        licenses(first: 10) { edges { node { id fulfillment lifecycle orderLine { id } endCustomer { email } } } } }
    errors { field code message params { name value } } } }"""
RETURN = """mutation($input: LicenseOrderReturnInput!) { licenseOrderReturn(input: $input) {
    licenseOrder { status availability { text } } errors { field code } } }"""
REVEAL = """mutation($input: LicenseKeyRevealInput!) { licenseKeyReveal(input: $input) {
    key errors { field code } } }"""
ORDERS = """query($filter: LicenseOrderFilterInput) { licenseOrders(
    first: 100, filter: $filter, sortBy: {field: NUMBER, direction: ASC}
) { edges { node { number } } } }"""
REASON = "Two seats for the trade fair"


@pytest.fixture
def policy():
    return factories.make_policy(keys=4)


@pytest.fixture
def user():
    return build.make_user()


@pytest.fixture
def account(user):
    return factories.make_account(user)


@pytest.fixture
def grant(api, staff, gid, policy):
    """`grant(quantity=2, account=…)`: the answer to staff with MANAGE_LICENSES, or to `by`."""

    def call(by=None, **given):
        given = {"policy": gid("LicensePolicy", policy), "reason": REASON, **given}
        answer = api(by or staff("MANAGE_LICENSES"))(GRANT, {"input": given})
        assert "errors" not in answer, answer
        return answer["data"]["licenseGrant"]

    return call


def test_they_are_released_at_once_and_the_shop_has_no_such_order(
    grant, gid, policy, account, user, staff
):
    by = staff("MANAGE_LICENSES")

    payload = grant(
        by,
        quantity=2,
        account=gid("LicenseAccount", account),
        purchaseOrderReference="Fair 2030",
        comment="See you there",
    )

    found = payload["licenseOrder"]
    assert payload["errors"] == []
    assert found["number"][:2] == "G-" and len(found["number"]) == 8
    nodes = [edge["node"] for edge in found["licenses"]["edges"]]
    assert [(node["fulfillment"], node["lifecycle"]) for node in nodes] == [
        ("RELEASED", "ACTIVE")
    ] * 2
    variant = build.find_variant(policy.variant_ref)
    assert found["lines"] == [
        {
            "productName": variant.product.name,
            "variantName": str(variant),
            "sku": variant.sku,
            "quantity": 2,
            "approved": 2,
            "orderLine": None,
        }
    ]
    assert {name: found[name] for name in found if name not in ("id", "number", "lines")} == {
        "origin": "GRANT",
        "status": "DONE",
        "approval": "APPROVED",
        "isPaid": True,
        "isConfirmed": True,
        "decidedBy": by.email,
        "decisionReason": REASON,
        "buyerEmail": user.email,
        "purchaseOrderReference": "Fair 2030",
        "comment": "See you there",
        "availability": {"text": "2 of 2"},
        "waiting": [],
        "payment": None,
        "receipt": None,
        "order": None,
        "approvalReasons": [],
        "account": {
            "id": gid("LicenseAccount", account),
            "name": account.name,
            "email": account.email,
        },
        "licenses": found["licenses"],
    }
    assert [node["orderLine"] for node in nodes] == [None, None]
    assert AvailableKey.objects.filter(pool=policy.pool).count() == 2


def test_from_granting_to_the_return_of_what_nobody_has_seen(
    grant, api, staff, gid, policy, account, user
):
    """Invariant 4: the key that its owner read is revoked, the other one is for sale again."""
    found = grant(quantity=2, account=gid("LicenseAccount", account))["licenseOrder"]
    first = found["licenses"]["edges"][0]["node"]["id"]

    read = api(user)(REVEAL, {"input": {"license": first}})["data"]["licenseKeyReveal"]
    line = LicenseOrder.objects.get(number=found["number"]).lines.get()
    back = {"id": gid("LicenseOrderLine", line), "quantity": 2}
    wanted = {"id": found["id"], "lines": [back], "reason": "the fair is over"}
    given_back = api(staff("MANAGE_LICENSES"))(RETURN, {"input": wanted})

    seen, unseen = factories.licenses_of(line.order)
    assert read == {"key": decrypt(seen.key).reveal(), "errors": []}
    assert given_back["data"]["licenseOrderReturn"] == {
        "licenseOrder": {"status": "CANCELLED", "availability": {"text": "0 of 0"}},
        "errors": [],
    }
    assert (seen.key.revoked_at is not None, unseen.key.revoked_at) == (True, None)
    assert AvailableKey.objects.filter(pool=policy.pool).count() == 3
    assert AvailableKey.objects.filter(key_id=unseen.key_id).exists()


def test_who_granted_what_and_why_is_kept(grant, gid, account, staff, policy):
    """Invariant 6: the grant with its reason, then the release, as of a sale."""
    by = staff("MANAGE_LICENSES")

    payload = grant(by, quantity=3, account=gid("LicenseAccount", account))

    order = LicenseOrder.objects.get(number=payload["licenseOrder"]["number"])
    line = str(order.lines.get().pk)
    granted, released = Event.objects.filter(order_id=order.pk).order_by("pk")
    assert (granted.type, granted.reason, granted.permission, granted.actor_label) == (
        "license.granted",
        REASON,
        "MANAGE_LICENSES",
        by.email,
    )
    assert (granted.account_id, granted.data["lines"]) == (account.pk, {line: 3})
    (choice,) = granted.data["choices"]
    assert (choice["pool"], choice["keys"], choice["reserved"]) == (str(policy.pool_id), 3, False)
    assert (released.type, released.data) == (
        "license.released",
        {"lines": {line: [0, 1, 2]}, "is_paid": True},
    )


def test_by_the_shops_variant_to_an_address_that_gets_an_account_of_its_own(
    grant, mailed, gid, policy
):
    """As a guest's purchase: each grant to an address makes an account, whose way in is in the mail."""
    variant = gid("ProductVariant", policy.variant_ref)

    for _ in range(2):
        payload = grant(policy=variant, quantity=1, email="New.Friend@EXAMPLE.com")
        assert payload["errors"] == []

    accounts = Account.objects.filter(email="New.Friend@example.com", user_ref=None)
    assert accounts.count() == 2 and not any(one.members.exists() for one in accounts)
    letters = mailed()
    assert recipients(letters) == ["New.Friend@example.com"] * 2
    assert all("invitation/?token=" in str(message) for _, message in letters)


def test_an_end_customer_gets_the_activation_mail_at_once(grant, mailed, gid, account, user):
    """I14: the key goes to the end customer alone; the account reads that it has been given licenses."""
    account.is_reseller = True
    account.save()
    customer = factories.make_end_customer(account, email="end@example.com")

    payload = grant(
        quantity=2,
        account=gid("LicenseAccount", account),
        endCustomer=gid("LicenseEndCustomer", customer),
    )

    nodes = [edge["node"] for edge in payload["licenseOrder"]["licenses"]["edges"]]
    assert [(node["fulfillment"], node["endCustomer"]["email"]) for node in nodes] == [
        ("ASSIGNED", "end@example.com")
    ] * 2
    letters = dict(mailed())
    assert sorted(letters) == sorted(["end@example.com", user.email])
    assert len(keys_in(letters["end@example.com"])) == 2
    assert keys_in(letters[user.email]) == []


def test_an_end_customer_whose_address_staff_made_up_is_told_of(grant, gid, account, mailed):
    """As with `licenseAssign`: it counts as reading a key, and the account is told."""
    customer = factories.make_end_customer(account, email="odd@example.com", by_staff=True)
    ids = {
        "account": gid("LicenseAccount", account),
        "endCustomer": gid("LicenseEndCustomer", customer),
    }

    assert grant(quantity=1, **ids)["errors"] == []

    sent = Event.objects.get(type="license_key.sent")
    assert (sent.reason, sent.facts["sent_to"]) == (REASON, "odd@example.com")


def test_sending_to_addresses_counts_as_reading_keys(grant, staff, gid, account):
    """30 an hour, with what the same person reads; who has an account gave its address himself."""
    by = staff("MANAGE_LICENSES")
    throttle("reveal", f"USER:{by.pk}", STAFF_LIMITS, uses=29)

    assert grant(by, quantity=1, email="thirtieth@example.com")["errors"] == []
    blocked = grant(by, quantity=1, email="next@example.com")
    to_account = grant(by, quantity=1, account=gid("LicenseAccount", account))

    assert (blocked["licenseOrder"], blocked["errors"][0]["code"]) == (None, "RATE_LIMITED")
    assert Event.objects.get(type="rate.block").data["rule"] == "reveal"
    assert not Account.objects.filter(email="next@example.com").exists()
    assert to_account["errors"] == []


def test_the_sale_would_have_drawn_on_the_same_pool(grant, gid, account):
    """K18: of the ranked pools the one for this account, before the policy's own."""
    own, theirs = factories.make_pool(5), factories.make_pool(5)
    policy = factories.make_policy(
        own, ranked_pools=[Rank(theirs.pk, (), (), (account.pk,))], falls_back=True
    )

    grant(policy=gid("LicensePolicy", policy), quantity=6, account=gid("LicenseAccount", account))

    left = {pool: AvailableKey.objects.filter(pool=pool).count() for pool in (own, theirs)}
    assert left == {own: 4, theirs: 0}


def test_too_few_keys_grant_none(grant, gid, account, unchanged):
    with unchanged():
        payload = grant(quantity=5, account=gid("LicenseAccount", account))
        to_address = grant(quantity=5, email="new@example.com")

    for refused in (payload, to_address):
        assert refused["licenseOrder"] is None
        assert refused["errors"] == [
            {
                "field": "quantity",
                "code": "NOT_ENOUGH_LICENSES",
                "message": "Free keys: 4; asked for: 5. Import keys first, or grant fewer.",
                "params": [
                    {"name": "wanted", "value": "5"},
                    {"name": "available", "value": "4"},
                ],
            }
        ]


def test_keys_that_others_wait_for_are_theirs(grant, gid, account, unchanged):
    """I17: who bought comes before whom something is given."""
    policy = factories.make_policy(keys=0)
    factories.make_license_order(3, policy=policy)
    # Arrived, and not yet given to those who wait.
    factories.add_keys(policy.pool, factories.fresh_keys(1))

    with unchanged():
        payload = grant(
            policy=gid("LicensePolicy", policy),
            quantity=1,
            account=gid("LicenseAccount", account),
        )

    assert [(error["field"], error["code"]) for error in payload["errors"]] == [
        ("quantity", "NOT_ENOUGH_LICENSES")
    ]


def test_with_a_locked_key_ring_nothing_is_granted(grant, gid, account, unchanged, monkeypatch):
    """C12: nobody knows how many keys there are."""
    monkeypatch.setenv("ESD_ENC_KEYS", "")

    with unchanged():
        payload = grant(quantity=1, account=gid("LicenseAccount", account))

    assert [error["code"] for error in payload["errors"]] == ["SERVICE_UNAVAILABLE"]


def test_nobody_grants_licenses_to_himself(grant, staff, gid, unchanged):
    """Neither to an account that he is a member of, nor to one or an address that has his own."""
    by = staff("MANAGE_LICENSES")
    own = factories.make_account(by)
    member = factories.make_account()
    factories.make_member(member, by, "SUPPORT")
    same_address = factories.make_account(email=by.email)

    with unchanged():
        for account in (own, member, same_address):
            payload = grant(by, quantity=1, account=gid("LicenseAccount", account))
            assert [error["code"] for error in payload["errors"]] == ["FORBIDDEN_ROLE"]
        payload = grant(by, quantity=1, email=by.email.upper())
        assert [error["code"] for error in payload["errors"]] == ["FORBIDDEN_ROLE"]


def test_what_cannot_be_granted_is_refused_field_by_field(
    grant, gid, account, policy, unchanged, bad_ids
):
    strangers = factories.make_end_customer(factories.make_account())
    archived = factories.make_policy(keys=1)
    archived.archived_at = archived.created_at
    archived.save()
    gone = factories.make_policy(keys=1)
    build.find_variant(gone.variant_ref).delete()
    to = {"quantity": 1, "account": gid("LicenseAccount", account)}
    cases = [
        ({**to, "quantity": 0}, "quantity", "INVALID_QUANTITY"),
        ({**to, "quantity": 10_001}, "quantity", "INVALID_QUANTITY"),
        ({**to, "reason": "too short"}, "reason", "REASON_REQUIRED"),
        ({**to, "reason": "x" * 501}, "reason", "INVALID"),
        ({**to, "email": "a@example.com"}, "account", "INVALID"),
        ({"quantity": 1}, "account", "INVALID"),
        ({"quantity": 1, "email": "nobody"}, "email", "INVALID_EMAIL"),
        ({**to, "policy": gid("LicensePolicy", archived)}, "policy", "NOT_FOUND"),
        ({**to, "policy": gid("LicensePolicy", gone)}, "policy", "NOT_FOUND"),
        ({**to, "policy": gid("ProductVariant", gone.variant_ref)}, "policy", "NOT_FOUND"),
        (
            {**to, "endCustomer": gid("LicenseEndCustomer", strangers)},
            "endCustomer",
            "NOT_FOUND",
        ),
        ({**to, "purchaseOrderReference": "x" * 129}, "purchaseOrderReference", "INVALID"),
        ({**to, "comment": "x" * 2001}, "comment", "INVALID"),
        *(({**to, "policy": bad}, "policy", "NOT_FOUND") for bad in bad_ids),
        *(({**to, "account": bad}, "account", "NOT_FOUND") for bad in bad_ids),
        *(({**to, "endCustomer": bad}, "endCustomer", "NOT_FOUND") for bad in bad_ids),
    ]

    with unchanged():
        for given, field, code in cases:
            payload = grant(**given)
            found = [(error["field"], error["code"]) for error in payload["errors"]]
            assert (payload["licenseOrder"], found) == (None, [(field, code)]), given


def test_grants_are_found_by_origin_and_number(grant, api, staff, gid, account):
    """Sorted by number they come after the shop's orders, in the order of their own."""
    sold = factories.make_license_order(1)
    numbers = [
        grant(quantity=1, account=gid("LicenseAccount", account))["licenseOrder"]["number"]
        for _ in range(2)
    ]
    ask = api(staff("MANAGE_LICENSES"))

    def listed(**filter):
        answer = ask(ORDERS, {"filter": filter})
        return [edge["node"]["number"] for edge in answer["data"]["licenseOrders"]["edges"]]

    assert listed(origin=["GRANT"]) == numbers
    assert listed(origin=["SHOP"]) == [sold.number]
    assert listed(origin=["SHOP", "GRANT"]) == listed() == [sold.number, *numbers]
    assert listed(origin=[]) == []
    assert listed(number=numbers[1]) == [numbers[1]]


def test_there_is_no_receipt_and_nothing_to_approve_or_restore(
    grant, gid, account, api, staff, unchanged
):
    found = grant(quantity=1, account=gid("LicenseAccount", account))["licenseOrder"]
    ask = api(staff("MANAGE_LICENSES", "APPROVE_LICENSES"))
    calls = {
        "licenseOrderReceiptSend": ({"order": found["id"], "emails": "a@x.example"}, "INVALID"),
        "licenseOrderApprove": ({"id": found["id"]}, "ALREADY_DECIDED"),
        "licenseOrderReject": ({"id": found["id"], "reason": "no"}, "ALREADY_DECIDED"),
        "licenseOrderRestore": (
            {"id": found["id"], "coversFailedRefund": True, "reason": "no"},
            "INVALID",
        ),
    }

    with unchanged():
        for name, (given, code) in calls.items():
            document = "mutation($input: %sInput!) { %s(input: $input) { errors { code } } }" % (
                name[0].upper() + name[1:],
                name,
            )
            answer = ask(document, {"input": given})
            assert answer["data"][name]["errors"] == [{"code": code}], name
