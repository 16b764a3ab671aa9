"""`licenseOrder` and `licenses` on the shop's own Order and OrderLine."""

import actors
import build
import factories
import pytest
from actors import outcome

pytestmark = pytest.mark.django_db

FIELDS = """lines { licenses(first: 10) { totalCount edges { node { id fulfillment lifecycle unitIndex
        keyMask reason account { id } endCustomer { id } assignments { id } deliveries { id }
        licenseOrder { number buyerEmail } policy { keyKind } } } } }
    licenseOrder { status availability { text } waiting { reason quantity } buyerEmail
        notificationEmail comment purchaseOrderReference account { id } decidedBy order { id }
        lines { sku } licenses(first: 10) { totalCount edges { node { keyMask fulfillment } } }
        deliveries(first: 10) { totalCount } }"""
BY_TOKEN = "query($token: UUID!) { orderByToken(token: $token) { %s } }" % FIELDS
REVEAL = """mutation($input: LicenseKeyRevealInput!) { licenseKeyReveal(input: $input) {
    key errors { field code message } } }"""


def by_token(ask, order):
    answer = ask(BY_TOKEN, {"token": str(order.order_uuid)})
    assert "errors" not in answer, answer
    return answer["data"]["orderByToken"]


@pytest.fixture
def order():
    """A guest's order, two of its three licenses assigned."""
    assigned = factories.make_assigned(
        2, details={"comment": "private", "notification_email": "ap@x.example"}
    )
    return assigned[0].order_line.order


def test_a_guest_with_the_token_sees_states_and_nothing_else(api, gid, order):
    """T-AUTHZ-07: `S`, no character of a key, nobody's name or address; revealing needs a sign-in."""
    found = by_token(api(), order)

    ours = found["licenseOrder"]
    assert (ours["status"], ours["availability"], ours["waiting"]) == (
        "DONE",
        {"text": "2 of 2"},
        [],
    )
    hidden = ("buyerEmail", "notificationEmail", "comment", "purchaseOrderReference", "account")
    assert {ours[name] for name in (*hidden, "decidedBy", "order")} == {None}
    assert ours["deliveries"] == {"totalCount": 0}
    assert ours["licenses"]["totalCount"] == 2
    licenses = [edge["node"] for edge in found["lines"][0]["licenses"]["edges"]]
    assert [one["fulfillment"] for one in licenses] == ["ASSIGNED"] * 2
    for one in licenses:
        for name in ("keyMask", "reason", "account", "endCustomer", "assignments", "deliveries"):
            assert one[name] is None, name
        assert one["licenseOrder"]["buyerEmail"] is None
        answer = api()(REVEAL, {"input": {"license": one["id"]}})
        assert outcome(answer, "licenseKeyReveal") == "LOGIN_REQUIRED"


def test_others_see_that_there_is_nothing_for_them(api, order):
    """T-AUTHZ-03: another shopper with the token of the order: null."""
    for who in ("shopper", "BILLING", "staff", "MANAGE_LICENSE_KEYS", "app"):
        found = by_token(api(actors.ACTORS[who](order.account)), order)
        assert found == {"licenseOrder": None, "lines": [{"licenses": None}]}, who


def test_owners_and_staff_see_all_of_it(api, order):
    for who in ("MASTER", "ADMINISTRATOR", "MANAGE_LICENSES"):
        found = by_token(api(actors.ACTORS[who](order.account)), order)
        assert found["licenseOrder"]["buyerEmail"] == order.buyer_email, who
        masks = [edge["node"]["keyMask"] for edge in found["licenseOrder"]["licenses"]["edges"]]
        assert all(mask.startswith("•••••-") for mask in masks) and len(masks) == 2, who
        node = found["lines"][0]["licenses"]["edges"][0]["node"]
        assert node["endCustomer"] and node["account"], who
        assert node["licenseOrder"]["buyerEmail"], who


def test_who_approves_sees_the_units_of_an_order(api, staff):
    """I10: staff with APPROVE_LICENSES see what they decide on."""
    order = factories.make_license_order(2)
    found = by_token(api(staff("APPROVE_LICENSES")), order)["licenseOrder"]
    assert (found["status"], found["licenses"]["totalCount"]) == ("PENDING", 2)


def test_an_order_without_licensed_products(api):
    order = build.make_order([(build.make_variant(), 1)])
    token = getattr(order, "token", None) or order.pk
    answer = api()(BY_TOKEN, {"token": str(token)})
    assert answer["data"]["orderByToken"] == {"licenseOrder": None, "lines": [{"licenses": None}]}


# The shop's own way for federated schemas, as anybody may go it on Saleor 2.10.
ENTITIES = """query($of: [_Any]) { %s_entities(representations: $of) { ... on User {
    orders(first: 5) { edges { node { id licenseOrder { status number } lines { licenses(first: 5) {
        edges { node { fulfillment lifecycle } } } } } } } } } }"""


@pytest.mark.only_on("2.10", reason="Saleor 3 shows by `_entities` only what one may see anyway")
def test_seeing_an_order_is_no_proof_of_its_token(api, gid):
    """28 orders of strangers were to be read with products, states and dates; an alias changes nothing."""
    user = build.make_user()
    factories.make_released(1, user=user)
    representation = {"__typename": "User", "id": gid("User", user.pk)}

    for alias in ("", "orderByToken: ", "checkoutComplete: "):
        answer = api()(ENTITIES % alias, {"of": [representation]})

        ((found,),) = answer["data"].values()
        (edge,) = found["orders"]["edges"]
        assert edge["node"]["licenseOrder"] is None, alias
        assert edge["node"]["lines"] == [{"licenses": None}], alias


def test_a_root_field_that_takes_the_token_is_known_by_its_name(api, order):
    document = """query($token: UUID!) { ...Mine }
        fragment Mine on Query { %sorderByToken(token: $token) { licenseOrder { status } } }"""

    for alias in ("", "_entities: ", "me: ", "a: "):
        answer = api()(document % alias, {"token": str(order.order_uuid)})

        (found,) = answer["data"].values()
        assert found == {"licenseOrder": {"status": "DONE"}}, alias


def test_the_token_in_the_document_itself_is_one_too(api, order):
    found = api()('{ orderByToken(token: "%s") { licenseOrder { status } } }' % order.order_uuid)
    assert found["data"]["orderByToken"] == {"licenseOrder": {"status": "DONE"}}


@pytest.mark.only_on(
    "3.21", reason="on Saleor 2.10 the id of an order is a small number, for staff"
)
def test_the_id_of_an_order_is_its_token(api, gid, order):
    document = "query($id: ID!) { order(id: $id) { licenseOrder { status } } }"
    answer = api()(document, {"id": gid("Order", order.order_uuid)})
    assert answer["data"]["order"] == {"licenseOrder": {"status": "DONE"}}


@pytest.mark.only_on("3.21", reason="orders from before an upgrade have a number as well")
def test_the_number_of_an_order_from_before_an_upgrade_is_no_token(api, gid, order):
    """The shop takes it for an id, and anybody can guess it."""
    from saleor.order.models import Order

    Order.objects.filter(pk=order.order_uuid).update(use_old_id=True)
    number = Order.objects.get(pk=order.order_uuid).number
    document = "query($id: ID!) { order(id: $id) { number licenseOrder { status } } }"

    answer = api()(document, {"id": gid("Order", number)})

    assert answer["data"]["order"] == {"number": str(number), "licenseOrder": None}
