"""From which pools an order's keys came, and why: for staff to read, hidden from those who bought."""

import build
import factories
import pytest

from saleor_esd_plugin.licenses.policies.ranked_pools import Rank
from saleor_esd_plugin.licenses.replacement import replace_license_keys

pytestmark = pytest.mark.django_db

EVENTS = """query($filter: LicenseEventFilterInput) { licenseEvents(first: 100, filter: $filter) {
    edges { node { type data { name value } } } } }"""
HEALTH = "query($id: ID!) { licenseKeyPool(id: $id) { health { available backordered } } }"


def data_of(answer):
    """(type, [(name, value), …]) of each event."""
    return [
        (edge["node"]["type"], [(each["name"], each["value"]) for each in edge["node"]["data"]])
        for edge in answer["data"]["licenseEvents"]["edges"]
    ]


@pytest.fixture
def buyer():
    return build.make_user()


@pytest.fixture
def order(buyer):
    """Two keys came from a pool for the USA, one from the policy's own."""
    policy = factories.make_policy(
        keys=1, ranked_pools=[Rank(factories.make_pool(2).pk, countries=("US",))]
    )
    return factories.make_license_order(3, policy=policy, user=buyer)


def test_staff_read_which_pool_gave_how_many_keys_and_why(api, staff, order, gid):
    ranked = factories.licenses_of(order)[0].key.pool
    own = order.lines.get().policy.pool
    wanted = {"order": gid("LicenseOrder", order), "types": ["LICENSE_ORDER_ALLOCATED"]}

    ((_, told),) = data_of(api(staff("MANAGE_LICENSES"))(EVENTS, {"filter": wanted}))

    line = str(order.lines.get().pk)
    assert sorted(told) == [
        ("allocated", "3"),
        ("choices.1.because.country", "US"),
        ("choices.1.keys", "2"),
        ("choices.1.line", line),
        ("choices.1.pool", str(ranked.pk)),
        ("choices.1.reserved", "false"),
        ("choices.2.insteadOf", str(ranked.pk)),
        ("choices.2.keys", "1"),
        ("choices.2.line", line),
        ("choices.2.pool", str(own.pk)),
        ("choices.2.reserved", "false"),
    ]


def test_who_bought_sees_no_pool_in_any_event(api, staff, order, buyer):
    """Neither by name nor by id; the buyer is MASTER of the account, and sees its events."""
    policy = order.lines.get().policy
    short = factories.make_license_order(1, policy=policy, user=buyer)
    first = factories.licenses_of(order)[0]
    factories.add_keys(first.key.pool, factories.fresh_keys(1))
    replace_license_keys([first.pk], reason="it leaked, they say", actor=factories.STAFF)

    seen = data_of(api(buyer)(EVENTS))

    for kind in (
        "LICENSE_ORDER_ALLOCATED",
        "LICENSE_ORDER_BACKORDERED",
        "LICENSE_KEY_REPLACED",
    ):
        assert kind in [type for type, _ in seen], short
    text = str(seen)
    assert ("allocated", "3") in [fact for _, facts in seen for fact in facts]
    for secret in (str(first.key.pool_id), str(policy.pool_id), "choices", "pools", "because"):
        assert secret not in text
    everything = str(data_of(api(staff("MANAGE_LICENSES"))(EVENTS)))
    assert str(first.key.pool_id) in everything


def test_other_staff_who_bought_see_no_more_than_buyers(api, order, buyer):
    """T-AUTHZ-01"""
    build.grant(buyer, "MANAGE_LICENSE_KEYS", "APPROVE_LICENSES")

    assert "choices" not in str(data_of(api(buyer)(EVENTS)))


def test_a_unit_counts_as_backordered_for_each_pool_that_it_may_draw_on(api, staff, order, gid):
    policy = order.lines.get().policy
    ranked = factories.licenses_of(order)[0].key.pool
    factories.make_license_order(2, policy=policy)
    ask = api(staff("MANAGE_LICENSE_KEYS"))

    for pool in (ranked, policy.pool):
        found = ask(HEALTH, {"id": gid("LicenseKeyPool", pool)})["data"]["licenseKeyPool"]
        assert found["health"] == {"available": 0, "backordered": 2}
