"""The list of what happened: for staff all of it, for an account's members what belongs to it."""

import build
import factories
import pytest

from saleor_esd_plugin.accounts.services import update_account
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.events.record import record
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.host.graphql import global_id
from saleor_esd_plugin.host.types import ANONYMOUS, Actor
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.suspension import suspend_licenses

pytestmark = pytest.mark.django_db

LIST = """query($filter: LicenseEventFilterInput, $first: Int, $after: String,
        $sortBy: LicenseEventSortingInput) {
    licenseEvents(filter: $filter, first: $first, after: $after, sortBy: $sortBy) {
        totalCount pageInfo { endCursor hasNextPage }
        edges { node { type createdAt subjectId reason actor { kind label } order { number }
            account { name } data { name value } } } } }"""


@pytest.fixture
def user():
    return build.make_user()


@pytest.fixture
def order(user):
    return factories.make_license_order(2, user=user)


def listed(answer):
    return [edge["node"] for edge in answer["data"]["licenseEvents"]["edges"]]


def types(answer):
    return [event["type"] for event in listed(answer)]


def code_of(answer):
    return answer["errors"][0]["extensions"]["exception"]["code"]


def test_staff_see_everything_newest_first(api, staff, order):
    answer = api(staff("MANAGE_LICENSES"))(LIST, {"first": 100})

    assert answer["data"]["licenseEvents"]["totalCount"] == Event.objects.count()
    newest_first = [event.type for event in Event.objects.order_by("-pk")]
    assert types(answer) == [kind.replace(".", "_").upper() for kind in newest_first]
    assert "LICENSE_ORDER_RECORDED" in types(answer)
    recorded = next(each for each in listed(answer) if each["type"] == "LICENSE_ORDER_RECORDED")
    assert recorded["subjectId"] == str(order.pk)
    assert recorded["order"] == {"number": order.number}


def test_masters_see_what_belongs_to_their_account(api, user, order):
    factories.make_license_order(1, user=build.make_user())

    events = listed(api(user)(LIST, {"first": 100}))

    account_events = Event.objects.filter(account_id=order.account_id).count()
    assert len(events) == account_events > 0
    assert {event["account"]["name"] for event in events} == {order.account.name}


@pytest.mark.parametrize(
    ("role", "sees"), [("ADMINISTRATOR", True), ("BILLING", False), ("SUPPORT", False)]
)
def test_the_role_decides(api, order, role, sees):
    member = build.make_user()
    factories.make_member(order.account, member, role)

    assert bool(listed(api(member)(LIST, {"first": 100}))) is sees


def test_strangers_see_nothing(api, staff, order):
    assert listed(api(build.make_user())(LIST, {"first": 100})) == []
    for other in ("MANAGE_LICENSE_KEYS", "REVEAL_LICENSE_KEYS"):
        assert listed(api(staff(other))(LIST, {"first": 100})) == []
    assert code_of(api()(LIST, {"first": 100})) == "LOGIN_REQUIRED"
    assert code_of(api(build.make_app())(LIST, {"first": 100})) == "PermissionDenied"


def test_approvers_see_what_belongs_to_orders_and_who_did_it(api, staff, order, gid):
    """T-AUTHZ-01: nothing of pools and accounts, and of an order's events not which pools its keys came from."""
    factories.make_pool(keys=1)
    approve_license_order(order.pk, actor=factories.STAFF)
    ask = api(staff("APPROVE_LICENSES"))

    seen = listed(ask(LIST, {"first": 100}))

    assert len(seen) == Event.objects.filter(order_id=order.pk).count() > 0
    assert {event["order"]["number"] for event in seen} == {order.number}
    by_type = {event["type"]: event for event in seen}
    assert by_type["LICENSE_ORDER_APPROVED"]["actor"] == {
        "kind": "USER",
        "label": "staff@shop.example",
    }
    allocated = {each["name"] for each in by_type["LICENSE_ORDER_ALLOCATED"]["data"]}
    assert allocated == {"allocated"}
    of_order = listed(ask(LIST, {"first": 100, "filter": {"order": gid("LicenseOrder", order)}}))
    assert of_order == seen


def test_events_are_filtered(api, staff, order, gid):
    """P05"""
    factories.make_pool(keys=1)
    ask = api(staff("MANAGE_LICENSES"))

    def found(**filter):
        answer = ask(LIST, {"first": 100, "filter": filter})
        return set(types(answer))

    assert found(types=["KEY_POOL_CREATED"]) == {"KEY_POOL_CREATED"}
    assert found(types=[]) == set()
    of_order = found(order=gid("LicenseOrder", order))
    assert "LICENSE_ORDER_RECORDED" in of_order
    assert "KEY_POOL_CREATED" not in of_order
    assert "ACCOUNT_CREATED" in found(account=gid("LicenseAccount", order.account_id))
    assert found(subject=gid("LicenseAccount", order.account_id)) == {"ACCOUNT_CREATED"}
    assert "KEY_POOL_CREATED" in found(actor="STAFF@shop")
    assert found(actor="%") == set()
    assert found(createdAt={"lte": "2001-01-01T00:00:00Z"}) == set()
    for garbage in ("garbage", gid("LicensePolicy", order), "T3JkZXI6MQ=="):
        assert found(order=garbage) == found(account=garbage) == set()
    assert found(subject="garbage") == found(subject="T3JkZXI6MQ==") == set()


def test_an_orders_events_are_found_by_its_id_in_the_shop(api, staff, user, gid):
    """P05: by either id, on every host; what happened to its licenses is among them."""
    mine = factories.make_released(2, user=user)
    other = factories.make_released(1, user=build.make_user())
    order = mine[0].order_line.order
    theirs = global_id("Order", str(order.order_uuid))
    for license in (*mine, *other):
        reveal_license_key(license.pk, actor=factories.STAFF, reason="the buyer lost it")
    # As it was recorded before: without its order.
    record(EventType.LICENSE_KEY_CLAIMED, mine[1].pk, actor=ANONYMOUS, account_id=order.account_id)
    manager, owner = api(staff("MANAGE_LICENSES")), api(user)

    for ask in (manager, owner):
        by_ours = ask(LIST, {"first": 100, "filter": {"order": gid("LicenseOrder", order)}})
        by_theirs = ask(LIST, {"first": 100, "filter": {"order": theirs}})
        assert by_ours == by_theirs
        assert types(by_ours).count("LICENSE_KEY_REVEALED") == 2
        assert types(by_ours).count("LICENSE_KEY_CLAIMED") == 1
        assert types(by_ours).count("LICENSE_RELEASED") == 1
        assert by_ours["data"]["licenseEvents"]["totalCount"] == len(listed(by_ours))
        revealed = [one for one in listed(by_ours) if one["type"] == "LICENSE_KEY_REVEALED"]
        assert {one["subjectId"] for one in revealed} == {str(license.pk) for license in mine}
        assert {one["order"]["number"] for one in revealed} == {order.number}
    foreign = gid("LicenseOrder", other[0].order_line.order)
    assert listed(owner(LIST, {"first": 100, "filter": {"order": foreign}})) == []


def test_pages_of_an_orders_events(api, staff, user, gid):
    order = factories.make_released(1, user=user)[0].order_line.order
    ask = api(staff("MANAGE_LICENSES"))
    filter = {"order": gid("LicenseOrder", order)}
    whole = listed(ask(LIST, {"first": 100, "filter": filter}))

    seen, after = [], None
    while len(seen) < len(whole):
        answer = ask(LIST, {"first": 2, "after": after, "filter": filter})
        seen += listed(answer)
        after = answer["data"]["licenseEvents"]["pageInfo"]["endCursor"]

    assert len(whole) > 2 and seen == whole


def test_members_do_not_read_the_names_of_staff(api, staff, user):
    """Of the account's own people they do; of the plugin and of payment providers too."""
    colleague = build.make_user()
    license = factories.make_released(1, user=user)[0]
    factories.make_member(license.account, colleague, "ADMINISTRATOR")
    reveal_license_key(license.pk, actor=factories.actor_for(colleague))
    reveal_license_key(license.pk, actor=factories.STAFF, reason="the buyer lost it")
    app = Actor("APP", ref="7", label="Back office", permissions=frozenset(["MANAGE_LICENSES"]))
    update_account(license.account_id, name="Acme", actor=app)

    def labels(somebody):
        answer = api(somebody)(LIST, {"first": 100})
        return {(one["actor"]["kind"], one["actor"]["label"]) for one in listed(answer)}

    ours = {("SYSTEM", "saleor_esd_plugin"), ("USER", colleague.email)}
    assert labels(user) == ours | {("USER", "staff"), ("APP", "staff")}
    assert labels(staff("MANAGE_LICENSES")) >= ours | {
        ("USER", "staff@shop.example"),
        ("APP", "Back office"),
    }


def test_members_do_not_find_staff_by_trying_names(api, staff, user):
    colleague = build.make_user()
    license = factories.make_released(1, user=user)[0]
    factories.make_member(license.account, colleague, "ADMINISTRATOR")
    reveal_license_key(license.pk, actor=factories.actor_for(colleague))
    reveal_license_key(license.pk, actor=factories.STAFF, reason="the buyer lost it")

    def found(somebody, name):
        answer = api(somebody)(LIST, {"first": 100, "filter": {"actor": name}})
        return types(answer)

    assert found(user, "staff@") == found(user, "shop.example") == []
    assert found(user, colleague.email.upper()) == ["LICENSE_KEY_REVEALED"]
    assert "LICENSE_RELEASED" in found(user, "esd_plugin")
    assert "LICENSE_KEY_REVEALED" in found(staff("MANAGE_LICENSES"), "staff@shop")


def test_data_are_names_and_values_and_hold_no_key(api, staff):
    pool = factories.make_pool(keys=3)

    (event,) = listed(
        api(staff("MANAGE_LICENSES"))(
            LIST, {"first": 1, "filter": {"types": ["KEY_BATCH_IMPORTED"]}}
        )
    )

    assert {"name": "accepted", "value": "3"} in event["data"]
    assert {"name": "pools", "value": str(pool.pk)} in event["data"]
    assert event["actor"] == {"kind": "USER", "label": "staff@shop.example"}


QUANTITIES = """query($filter: LicenseEventFilterInput, $names: [String!]) {
    licenseEvents(filter: $filter, first: 100) {
        edges { node { type quantity data(names: $names) { name value } } } } }"""


def test_an_event_says_how_many_units_it_happened_to(api, staff, user, gid):
    order = factories.make_license_order(6, user=user)
    line = order.lines.get()
    approve_license_order(order.pk, quantities={line.pk: 2}, actor=factories.STAFF)
    approve_license_order(order.pk, quantities={line.pk: 3}, actor=factories.STAFF)
    reject_license_order(order.pk, reason="sold out", actor=factories.STAFF)
    filter = {"order": gid("LicenseOrder", order)}

    events = listed(api(staff("MANAGE_LICENSES"))(QUANTITIES, {"filter": filter}))

    found = [(event["type"].replace("LICENSE_", ""), event["quantity"]) for event in events]
    assert [each for each in found if each[0] != "ORDER_PAID"] == [
        ("ORDER_REJECTED", 3),
        ("RELEASED", 1),
        ("ORDER_APPROVED", 1),
        ("RELEASED", 2),
        ("ORDER_APPROVED", 2),
        ("ORDER_ALLOCATED", 6),
        ("ORDER_RECORDED", None),
    ]


def test_only_the_facts_that_somebody_names(api, staff, user, gid):
    license = factories.make_released(1, user=user)[0]
    filter = {"order": gid("LicenseOrder", license.order_line.order), "types": ["LICENSE_RELEASED"]}
    ask = api(staff("MANAGE_LICENSES"))

    def names(wanted):
        (event,) = listed(ask(QUANTITIES, {"filter": filter, "names": wanted}))
        return {each["name"].partition(".")[0] for each in event["data"]}

    assert names(None) == {"isPaid", "lines"}
    assert names(["isPaid", "pools"]) == {"isPaid"}
    assert names([]) == set()


def test_a_page_of_events_costs_as_many_queries_as_one(api, staff, queries):
    for _ in range(3):
        factories.make_license_order(1)
    ask = api(staff("MANAGE_LICENSES"))
    recorded = {"types": ["LICENSE_ORDER_RECORDED", "LICENSE_ORDER_ALLOCATED"]}
    ask(LIST, {"first": 1, "filter": recorded})

    of_one = queries(lambda: ask(LIST, {"first": 1, "filter": recorded}))
    of_six = queries(lambda: ask(LIST, {"first": 6, "filter": recorded}))

    assert of_six == of_one


def test_persons_are_named_by_one_query_for_the_whole_page(api, staff, queries):
    names = ["A Doe", "B Doe", "C Doe"]
    for name in names:
        update_account(factories.make_account().pk, name=name, actor=factories.STAFF)
    ask = api(staff("MANAGE_LICENSES"))
    filter = {"types": ["ACCOUNT_UPDATED"], "actor": factories.STAFF.label}
    ask(LIST, {"first": 1, "filter": filter})

    of_one = queries(lambda: ask(LIST, {"first": 1, "filter": filter}))
    of_three = queries(lambda: ask(LIST, {"first": 3, "filter": filter}))

    assert of_three == of_one
    events = listed(ask(LIST, {"first": 3, "filter": filter}))
    assert [event["data"][0] for event in events] == [
        {"name": "changes.name.after", "value": name} for name in reversed(names)
    ]
    assert {event["actor"]["label"] for event in events} == {factories.STAFF.label}


MESSAGES = """query($filter: LicenseEventFilterInput) { licenseEvents(first: 100, filter: $filter) {
    edges { node { type message actor { kind label } } } } }"""


def test_a_providers_message_is_named_by_what_it_caused(api, staff, told):
    """T-WH-01: which message caused what; staff search by its whole id."""
    factories.make_released(1, payment_ref="pi_1")
    told("DISPUTE", 10, stage="OPEN", message="evt_open")
    told("DISPUTE", 10, stage="WON", message="evt_won")
    ask = api(staff("MANAGE_LICENSES"))

    def found(message):
        return listed(ask(MESSAGES, {"filter": {"message": message}}))

    assert {event["type"] for event in found("evt_open")} == {
        "LICENSE_ORDER_DISPUTED",
        "LICENSE_SUSPENDED",
    }
    assert {event["type"] for event in found(" evt_won ")} == {
        "LICENSE_ORDER_DISPUTE_CLOSED",
        "LICENSE_REINSTATED",
    }
    for event in found("evt_open"):
        assert event["message"] == "evt_open"
        assert event["actor"] == {"kind": "PROVIDER", "label": "stripe"}
    for nothing in ("evt_", "evt_%", "EVT_OPEN", "", " ", "\u200b"):
        assert found(nothing) == [], nothing


def test_the_id_of_a_persons_request_is_no_message(api, staff):
    from dataclasses import replace

    from saleor_esd_plugin.accounts.services import update_account

    person = replace(factories.STAFF, request_id="r-4711")
    update_account(factories.make_account().pk, name="Acme", actor=person)
    ask = api(staff("MANAGE_LICENSES"))

    assert Event.objects.filter(request_id="r-4711").count() == 1
    assert {event["message"] for event in listed(ask(MESSAGES))} == {None}
    assert listed(ask(MESSAGES, {"filter": {"message": "r-4711"}})) == []


def test_members_find_messages_of_their_account_only(api, user, told):
    """T-AUTHZ-01"""
    factories.make_released(1, payment_ref="pi_1", user=user)
    factories.make_released(1, payment_ref="pi_2", user=build.make_user())
    for payment in ("pi_1", "pi_2"):
        told("DISPUTE", 10, stage="OPEN", payment=payment, message=f"evt_{payment}")

    ask = api(user)

    assert len(listed(ask(MESSAGES, {"filter": {"message": "evt_pi_1"}}))) == 2
    assert listed(ask(MESSAGES, {"filter": {"message": "evt_pi_2"}})) == []


def test_a_message_that_is_no_text(api, staff):
    ask = api(staff("MANAGE_LICENSES"))
    for bad in ("\0", "x" * 201):
        assert code_of(ask(MESSAGES, {"filter": {"message": bad}})) == "INVALID"


def test_what_happened_to_one_license(api, staff, order, gid):
    """P13: alone, with others, and as a unit of its order; nothing that happened to others alone."""
    approve_license_order(order.pk, actor=factories.STAFF)
    settle_license_order(order.pk)
    first, second = factories.licenses_of(order)
    customer = factories.make_end_customer(first.account)
    factories.assign_licenses(
        [first.pk, second.pk], end_customer_id=customer.pk, actor=factories.STAFF
    )
    suspend_licenses([second.pk], reason="PAYMENT_OVERDUE", actor=factories.STAFF)
    ask = api(staff("MANAGE_LICENSES"))

    def found(**filter):
        return types(ask(LIST, {"first": 100, "filter": filter}))

    assert found(license=gid("License", first)) == ["LICENSE_ASSIGNED", "LICENSE_RELEASED"]
    assert found(license=gid("License", second)) == [
        "LICENSE_SUSPENDED",
        "LICENSE_ASSIGNED",
        "LICENSE_RELEASED",
    ]
    assert found(license="nonsense") == found(license=gid("LicenseOrder", order)) == []
    other = factories.make_license_order(1)
    assert set(found(orderNumber=order.number)) >= {"LICENSE_SUSPENDED", "LICENSE_ORDER_RECORDED"}
    assert found(orderNumber=other.number) != found(orderNumber=order.number)
    assert found(orderNumber="no such number") == []
