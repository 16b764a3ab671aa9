"""Reading licenses: what is shown to whom, filters, sorting, pages, and how many queries it costs."""

import re
from datetime import timedelta
from functools import partial
from itertools import product

import actors
import build
import factories
import pytest

from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.suspension import suspend_licenses

pytestmark = pytest.mark.django_db

EVERYTHING = """id keyMask keyKind fulfillment lifecycle displayColor waitingFor unitIndex createdAt
    releasedAt assignedAt startsAt expiresAt suspendedAt suspensionCauses reason isRevealed productName variantName sku
    policy { keyKind term graceDays } account { name email } endCustomer { code name email }
    assignments { assignedBy startedAt endedAt endCustomer { code } }
    licenseOrder { number status availability { text } } orderLine { id quantity }
    productVariant { id name } deliveries { kind status recipient }"""
LICENSE = "query($id: ID!) { license(id: $id) { %s } }" % EVERYTHING
LICENSES = (
    """query($filter: LicenseFilterInput, $sortBy: LicenseSortingInput, $first: Int = 100, $after: String) {
    licenses(filter: $filter, sortBy: $sortBy, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } edges { node { %s } } } }"""
    % EVERYTHING
)


def ids(answer):
    assert "errors" not in answer, answer
    return [edge["node"]["id"] for edge in answer["data"]["licenses"]["edges"]]


@pytest.fixture
def manager(api, staff):
    return api(staff("MANAGE_LICENSES"))


def test_a_license_tells_all_about_itself(api, gid):
    owner = build.make_user()
    license = factories.make_assigned(1, user=owner)[0]
    ask = api(owner)

    found = ask(LICENSE, {"id": gid("License", license)})["data"]["license"]

    line, holder = license.order_line, license.end_customer
    assert found["keyMask"] == "•••••-•••••-•••••-•••••-" + license.key.suffix
    assert (found["keyKind"], found["fulfillment"], found["lifecycle"], found["displayColor"]) == (
        "PRODUCT_KEY",
        "ASSIGNED",
        "ACTIVE",
        "GREEN",
    )
    assert (found["waitingFor"], found["unitIndex"], found["isRevealed"]) == ([], 0, False)
    assert (found["productName"], found["sku"]) == (line.product_name, line.sku)
    assert found["account"]["email"] == license.account.email
    assert found["endCustomer"] == {"code": holder.code, "name": holder.name, "email": holder.email}
    assert [one["endCustomer"]["code"] for one in found["assignments"]] == [holder.code]
    assert found["licenseOrder"]["availability"] == {"text": "1 of 1"}
    assert found["orderLine"]["quantity"] == 1
    assert found["productVariant"]["name"] == "Standard"


def test_members_read_who_of_their_own_assigned_it(api, gid, staff):
    """Of the shop's staff they read "staff", staff read the name."""
    owner = build.make_user()
    by_staff = factories.make_assigned(1, user=owner)[0]
    by_owner = factories.make_released(1, user=owner)[0]
    assign_licenses(
        [by_owner.pk],
        end_customer_id=by_staff.end_customer_id,
        actor=factories.actor_for(owner),
    )

    def names(ask):
        found = ask(LICENSES)["data"]["licenses"]["edges"]
        return [edge["node"]["assignments"][0]["assignedBy"] for edge in found]

    for role in ("MASTER", "SUPPORT"):
        member = api(actors.member(role)(by_staff.account))
        assert names(member) == [owner.email, "staff"]
    assert names(api(staff("MANAGE_LICENSES"))) == [owner.email, factories.STAFF.label]


def test_support_sees_no_character_of_the_key_and_cannot_search_for_one(api, gid):
    """T-AUTHZ-01: `S`, status without any character of a key."""
    license = factories.make_released(1)[0]
    clear = vault.decrypt(license.key).reveal()
    support = api(actors.member("SUPPORT")(license.account))
    owner = api(actors.member("ADMINISTRATOR")(license.account))

    seen = support(LICENSE, {"id": gid("License", license)})["data"]["license"]

    assert (seen["keyMask"], seen["fulfillment"]) == (None, "RELEASED")
    for filter in ({"keySuffix": license.key.suffix}, {"key": clear}):
        assert ids(support(LICENSES, {"filter": filter})) == []
        assert ids(owner(LICENSES, {"filter": filter})) == [gid("License", license)]


def test_who_sees_a_license(api, gid):
    license = factories.make_released(1)[0]
    asked = {"filter": {"account": gid("LicenseAccount", license.account)}}
    for who, sees in (
        ("MASTER", True),
        ("ADMINISTRATOR", True),
        ("SUPPORT", True),
        ("BILLING", False),
        ("shopper", False),
        ("staff", False),
        ("APPROVE_LICENSES", False),
        ("MANAGE_LICENSE_KEYS", False),
        ("MANAGE_LICENSES", True),
        ("REVEAL_LICENSE_KEYS", True),
        ("app MANAGE_LICENSES", True),
    ):
        ask = api(actors.ACTORS[who](license.account))

        one = ask(LICENSE, {"id": gid("License", license)})["data"]["license"]
        listed = ids(ask(LICENSES, asked))

        assert (one is not None, listed) == (sees, [gid("License", license)] if sees else []), who


def test_who_may_not_even_ask(api, gid):
    license = factories.make_released(1)[0]
    for who, code in (("anonymous", "LOGIN_REQUIRED"), ("app", "PermissionDenied")):
        ask = api(actors.ACTORS[who](license.account))
        for answer in (ask(LICENSE, {"id": gid("License", license)}), ask(LICENSES)):
            assert answer["errors"][0]["extensions"]["exception"]["code"] == code, who


def test_ids_that_are_none_give_null(manager, bad_ids, each_of):
    found = each_of(manager, "query", "license(id: $it) { id }", "ID!", bad_ids)
    assert found == [None] * len(bad_ids)


def test_what_a_unit_waits_for(manager, gid):
    """I09, I10: APPROVAL for undecided units, PAYMENT for unpaid ones; released units wait for nothing."""
    order = factories.make_license_order(3, paid=False)
    line = order.lines.get()
    approve_license_order(order.pk, quantities={line.pk: 1}, actor=factories.STAFF)

    found = manager(LICENSES, {"filter": {"order": gid("LicenseOrder", order)}})

    by_unit = {
        edge["node"]["unitIndex"]: edge["node"]["waitingFor"]
        for edge in found["data"]["licenses"]["edges"]
    }
    assert by_unit == {0: ["PAYMENT"], 1: ["APPROVAL", "PAYMENT"], 2: ["APPROVAL", "PAYMENT"]}


def test_filters_by_state(manager, gid, found_by):
    """P05: fulfillment, waiting reason, lifecycle; P14, P15: grace is amber, expired is red."""
    order = factories.make_license_order(2)
    pending = factories.licenses_of(order)
    rejected = factories.make_license_order(1)
    reject_license_order(rejected.pk, reason="no", actor=factories.STAFF)
    policy = factories.make_policy(keys=4, term="P1Y", grace_days=30)
    active, grace, expired, assigned = factories.make_released(4, policy=policy)
    factories.expire(grace, ago=timedelta(days=29))
    factories.expire(expired, ago=timedelta(days=31))
    customer = factories.make_end_customer(assigned.account)
    factories.assign_licenses([assigned.pk], end_customer_id=customer.pk, actor=factories.STAFF)

    gone = factories.licenses_of(rejected)
    expected = [
        ({"fulfillment": ["PENDING_APPROVAL"]}, pending),
        ({"fulfillment": ["ASSIGNED", "REJECTED"]}, [assigned, *gone]),
        ({"fulfillment": []}, []),
        ({"waitingFor": ["APPROVAL"]}, pending),
        ({"waitingFor": ["PAYMENT", "KEYS", "CONFIRMATION"]}, []),
        ({"lifecycle": ["PENDING"]}, pending),
        ({"lifecycle": ["ACTIVE"]}, [active, assigned]),
        ({"lifecycle": ["GRACE"]}, [grace]),
        ({"lifecycle": ["EXPIRED"]}, [expired]),
        ({"lifecycle": ["CANCELLED"]}, gone),
    ]
    found = found_by(manager, "licenses", "LicenseFilterInput", [filter for filter, _ in expected])
    for (filter, licenses), ids_found in zip(expected, found):
        assert set(ids_found) == {gid("License", license) for license in licenses}, filter
    rows = manager(LICENSES, {"filter": {"lifecycle": ["GRACE", "EXPIRED"]}})
    colors = {
        e["node"]["lifecycle"]: e["node"]["displayColor"] for e in rows["data"]["licenses"]["edges"]
    }
    assert colors == {"GRACE": "AMBER", "EXPIRED": "RED"}


def test_filters_by_product_order_people_and_key(manager, gid, found_by):
    """P05: product, SKU, order number, buyer, account, end customer, key suffix, full key, text."""
    owner = build.make_user()
    mine = factories.make_assigned(
        1, user=owner, details={"purchase_order_reference": "PO-4711-ü"}
    )[0]
    factories.make_assigned(1)
    line, order, holder = mine.order_line, mine.order_line.order, mine.end_customer
    clear = vault.decrypt(mine.key).reveal()
    filters = [
        {"product": line.product_name[1:].upper()},
        {"sku": line.sku.lower()},
        {"variant": gid("ProductVariant", line.variant_ref)},
        {"order": gid("LicenseOrder", order)},
        {"orderNumber": order.number},
        {"buyer": order.buyer_email[:-1].upper()},
        {"account": gid("LicenseAccount", mine.account)},
        {"endCustomer": gid("LicenseEndCustomer", holder)},
        {"endCustomerText": holder.code.lower()},
        {"endCustomerText": holder.email},
        {"keySuffix": mine.key.suffix.lower()},
        {"key": clear},
        {"key": " " + clear.lower().replace("-", "")},
        {"text": "po-4711"},
        {"text": holder.email},
        {"text": line.sku},
        {"createdAt": {"gte": mine.created_at.isoformat(), "lte": mine.created_at.isoformat()}},
        {"releasedAt": {"lte": mine.released_at.isoformat()}},
    ]
    others = [
        {"product": "%"},
        {"sku": line.sku[:-1]},
        {"order": gid("LicenseOrder", mine)},
        {"orderNumber": "no such number"},
        {"account": "nonsense"},
        {"keySuffix": ""},
        {"keySuffix": "\u200b"},
        {"key": ""},
        {"key": "null"},
        {"key": "not a key at all 🔑"},
        {"expiresAt": {"gte": "2020-01-01T00:00:00Z"}},
    ]
    every = [*filters, *others]
    for filter, found in zip(every, found_by(manager, "licenses", "LicenseFilterInput", every)):
        assert found == ([gid("License", mine)] if filter in filters else []), filter


def test_filters_by_the_shops_own_order_id(manager, gid):
    license = factories.make_released(1)[0]
    factories.make_released(1)
    shops_id = gid("Order", build.find_order(license.order_line.order.order_uuid))

    assert ids(manager(LICENSES, {"filter": {"order": shops_id}})) == [gid("License", license)]


def test_a_key_to_search_for_comes_as_a_variable(manager):
    """H7: what stands in a document goes to traces."""
    document = '{ licenses(first: 1, filter: {key: "ABCDE-FGHIJ"}) { totalCount } }'
    error = manager(document)["errors"][0]
    assert error["extensions"]["exception"]["code"] == "LITERAL_SECRET_FORBIDDEN"
    assert "ABCDE" not in error["message"]


PAGE = """query($sortBy: LicenseSortingInput, $first: Int = 100, $after: String) {
    licenses(sortBy: $sortBy, first: $first, after: $after) {
        pageInfo { hasNextPage endCursor } edges { node { id } } } }"""


def test_every_way_of_sorting_pages_through_all(manager, gid):
    """Keyset pages of 3: each license once, whatever has no date, in the order of one big page."""
    factories.make_license_order(2)
    factories.make_released(2, policy=factories.make_policy(keys=2, term="P30D"))
    factories.make_assigned(1)
    rows = {gid("License", row): row for row in License.objects.all()}
    fields = ("CREATED_AT", "RELEASED_AT", "EXPIRES_AT", "END_CUSTOMER", "ORDER_NUMBER")
    for field, direction in product(fields, ("ASC", "DESC")):
        sort_by = {"field": field, "direction": direction}
        whole = ids(manager(PAGE, {"sortBy": sort_by}))

        paged, after = [], None
        while after is not False:
            answer = manager(PAGE, {"sortBy": sort_by, "first": 3, "after": after})
            paged += ids(answer)
            page = answer["data"]["licenses"]["pageInfo"]
            after = page["hasNextPage"] and page["endCursor"]

        assert len(whole) == 5 and paged == whole, sort_by
        if field in ("RELEASED_AT", "EXPIRES_AT"):
            dates = [getattr(rows[one], field.lower()) for one in whole]
            known = [date for date in dates if date]
            assert known == sorted(known, reverse=direction == "DESC"), sort_by
            # What has no date comes last, or first the other way round.
            assert dates.index(None) == (len(known) if direction == "ASC" else 0), sort_by


def test_a_page_of_many_costs_as_many_queries_as_a_page_of_one(api, staff, queries):
    """PF20: 100 licenses with product, order and end customer; here 12 of six orders, as many queries as 1."""
    for _ in range(6):
        factories.make_assigned(2)
    ask = api(staff("MANAGE_LICENSES"))

    def page(first):
        answer = ask(LICENSES, {"first": first})
        assert len(ids(answer)) == first
        assert "errors" not in answer

    page(12)  # what the host caches on the first request is not ours
    assert queries(lambda: page(12)) == queries(lambda: page(1))


# All that a license has besides `EVERYTHING`.
FIELDS = [
    *re.findall(r"\w+(?: \{(?:[^{}]|\{[^{}]*\})*\})?", EVERYTHING),
    *("graceUntil", "retainedUntil", "suspendedUntil", "stateReason { code note }"),
    *("keyReplacements { reason }", "timeline { at kind }"),
]


def test_a_field_by_itself_costs_no_query_per_license(api, staff, queries):
    """PF20: no column is left out that the field needs."""
    factories.make_released(3)
    held = factories.make_released(2)
    suspend_licenses([one.pk for one in held], reason="PAYMENT_OVERDUE", actor=factories.STAFF)
    ask = api(staff("MANAGE_LICENSES"))
    names = {field.split()[0] for field in FIELDS}
    known = ask('{ __type(name: "License") { fields { name } } }')["data"]["__type"]["fields"]
    assert {field["name"] for field in known} == names

    for field in FIELDS:
        document = "query($first: Int!) { licenses(first: $first) { edges { node { %s } } } }"
        five, one = (partial(ask, document % field, {"first": first}) for first in (5, 1))
        assert "errors" not in five(), field
        assert queries(five) == queries(one), field


def test_listing_opens_no_key(manager, monkeypatch):
    """G13: a list of masked keys decrypts nothing."""
    factories.make_released(2)
    monkeypatch.setattr(vault, "decrypt", lambda key: pytest.fail("a key was opened"))
    assert len(ids(manager(LICENSES))) == 2
