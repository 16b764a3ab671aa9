"""A bad delivery: taken out of sale, its sold licenses listed, and replaced in one go."""

from __future__ import annotations

import factories
import pytest

from saleor_esd_plugin.keys.models import KeyBatch, LicenseKey
from saleor_esd_plugin.orders.approval import reject_license_order

pytestmark = pytest.mark.django_db

QUARANTINE = """mutation($input: LicenseKeyBatchQuarantineInput!) {
    licenseKeyBatchQuarantine(input: $input) { batch { quarantineReason
        soldLicenses(first: 100) { totalCount edges { node { id keyMask fulfillment } } } }
    errors { code } } }"""
BATCH = """query($id: ID!, $first: Int, $after: String) { licenseKeyBatch(id: $id) {
    soldLicenses(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
        edges { node { id } } } } }"""
POOL = """query($id: ID!) { licenseKeyPool(id: $id) { batches(first: 10) { edges { node {
    available quarantined averageCost
    soldLicenses(first: 10) { totalCount edges { node { keyMask account { email } } } } } } } } }"""
REPLACE = """mutation($input: LicenseKeyReplaceInput!) { licenseKeyReplace(input: $input) {
    licenses { id } errors { code } } }"""


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSE_KEYS"))


def ids(connection):
    return [edge["node"]["id"] for edge in connection["edges"]]


def test_a_bad_delivery_is_withdrawn_listed_and_replaced(ask, gid):
    """Issue 4, section 4: its free keys leave the stock, its sold ones are listed."""
    policy = factories.make_policy(keys=5)
    sold = factories.make_assigned(2, policy=policy)
    sold += factories.licenses_of(factories.make_license_order(1, policy=policy))
    back = factories.make_license_order(1, policy=policy)
    reject_license_order(back.pk, reason="no", actor=factories.STAFF)
    bad = KeyBatch.objects.get(pool=policy.pool)
    batch = gid("LicenseKeyBatch", bad)

    answer = ask(QUARANTINE, {"input": {"id": batch, "reason": "refused by the publisher"}})

    found = answer["data"]["licenseKeyBatchQuarantine"]["batch"]
    assert found["quarantineReason"] == "refused by the publisher"
    assert found["soldLicenses"]["totalCount"] == 3
    assert ids(found["soldLicenses"]) == [gid("License", one) for one in sold]
    states = [edge["node"]["fulfillment"] for edge in found["soldLicenses"]["edges"]]
    assert states == ["ASSIGNED", "ASSIGNED", "PENDING_APPROVAL"]
    assert all(edge["node"]["keyMask"] for edge in found["soldLicenses"]["edges"])
    assert LicenseKey.objects.filter(batch=bad, quarantined_at=None).count() == 3

    factories.add_keys(policy.pool, factories.fresh_keys(3))
    given = {"licenses": ids(found["soldLicenses"]), "reason": "bad delivery"}
    answer = ask(REPLACE, {"input": given})

    assert answer["data"]["licenseKeyReplace"]["errors"] == []
    left = ask(BATCH, {"id": batch, "first": 10})["data"]["licenseKeyBatch"]["soldLicenses"]
    assert (left["totalCount"], left["edges"]) == (0, [])
    assert LicenseKey.objects.filter(batch=bad, quarantined_at=None).count() == 0


def test_sold_licenses_come_in_pages(ask, gid):
    policy = factories.make_policy(keys=5)
    sold = factories.make_released(5, policy=policy)
    given = {"id": gid("LicenseKeyBatch", KeyBatch.objects.get(pool=policy.pool)), "first": 3}

    first = ask(BATCH, given)["data"]["licenseKeyBatch"]["soldLicenses"]
    after = first["pageInfo"]["endCursor"]
    second = ask(BATCH, {**given, "after": after})["data"]["licenseKeyBatch"]["soldLicenses"]

    assert ids(first) + ids(second) == [gid("License", one) for one in sold]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


def test_each_batch_lists_its_own_and_many_cost_as_many_queries_as_one(ask, gid, queries):
    """PF20"""
    policy = factories.make_policy(keys=1)
    pool = {"id": gid("LicenseKeyPool", policy.pool_id)}
    factories.make_released(1, policy=policy)
    ask(POOL, pool)
    of_one = queries(lambda: ask(POOL, pool))
    for _ in range(3):
        factories.add_keys(policy.pool, factories.fresh_keys(1))
        factories.make_released(1, policy=policy)
    answers = []

    of_four = queries(lambda: answers.append(ask(POOL, pool)))

    assert of_four == of_one
    nodes = answers[0]["data"]["licenseKeyPool"]["batches"]["edges"]
    found = [node["node"]["soldLicenses"] for node in nodes]
    assert [each["totalCount"] for each in found] == [1] * 4
    masks = {each["edges"][0]["node"]["keyMask"] for each in found}
    assert len(masks) == 4 and None not in masks


def test_how_much_of_a_batch_is_free_and_how_much_left_the_sale(ask, gid):
    policy = factories.make_policy(keys=5)
    batch = KeyBatch.objects.get(pool=policy.pool)
    factories.make_released(2, policy=policy)
    factories.add_keys(policy.pool, factories.fresh_keys(2))
    asked = "query($id: ID!) { licenseKeyBatch(id: $id) { available quarantined averageCost } }"

    def levels(one):
        return ask(asked, {"id": gid("LicenseKeyBatch", one)})["data"]["licenseKeyBatch"]

    before = levels(batch)
    ask(QUARANTINE, {"input": {"id": gid("LicenseKeyBatch", batch), "reason": "refused"}})

    assert before == {"available": 3, "quarantined": 0, "averageCost": None}
    assert levels(batch) == {"available": 0, "quarantined": 3, "averageCost": None}
    assert levels(KeyBatch.objects.exclude(pk=batch.pk).get())["available"] == 2
