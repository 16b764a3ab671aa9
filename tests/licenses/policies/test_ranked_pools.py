"""Setting which pools a policy draws on for whom."""

from __future__ import annotations

from uuid import UUID

import build
import pytest
from factories import STAFF, make_account, make_policy, make_pool, table_digest

from saleor_esd_plugin.errors import Invalid, NotFound
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.keys.stock.pools import create_key_pool
from saleor_esd_plugin.licenses.policies.models import RankedPool
from saleor_esd_plugin.licenses.policies.pools import update_key_pool
from saleor_esd_plugin.licenses.policies.ranked_pools import Rank, ranks_of
from saleor_esd_plugin.licenses.policies.ranking import Buyer, choose_pools
from saleor_esd_plugin.licenses.policies.services import (
    create_license_policy,
    delete_license_policy,
    update_license_policy,
)

pytestmark = pytest.mark.django_db


def test_conditions_are_kept_without_blanks_and_in_one_spelling():
    account = make_account()
    rank = Rank(make_pool().pk, countries=(" de", "DE", "at "), accounts=(account.pk, account.pk))

    policy = make_policy(ranked_pools=[rank])

    (kept,) = ranks_of(policy)
    assert (kept.countries, kept.accounts) == (("DE", "AT"), (account.pk,))


@pytest.mark.parametrize(
    ("wrong", "error", "field"),
    [
        ({"countries": ("DEU",)}, Invalid, "rankedPools.countries"),
        ({"countries": ("EU",)}, Invalid, "rankedPools.countries"),
        ({"countries": ("ZZ",)}, Invalid, "rankedPools.countries"),
        ({"countries": ("",)}, Invalid, "rankedPools.countries"),
        # Its capitals are those of South Sudan.
        ({"countries": ("ß",)}, Invalid, "rankedPools.countries"),
        ({"channels": ("no-such-channel",)}, Invalid, "rankedPools.channels"),
        ({"channels": ("a\0",)}, Invalid, "rankedPools.channels"),
        ({"accounts": (UUID(int=1),)}, NotFound, "rankedPools.accounts"),
        ({"accounts": tuple(UUID(int=number) for number in range(301))}, Invalid, "rankedPools"),
        ({"pool_id": UUID(int=1)}, NotFound, "rankedPools.pool"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_ranked_is_refused(wrong, error, field):
    policy, pool = make_policy(), make_pool()
    rank = Rank(pool.pk)._replace(**wrong)
    variant = build.make_variant("Editor", sku="EDITOR-1")
    before = table_digest()

    with pytest.raises(error) as created:
        create_license_policy(
            variant_ref=str(variant.pk),
            pool_id=policy.pool_id,
            ranked_pools=[rank],
            actor=STAFF,
        )
    with pytest.raises(error) as updated:
        update_license_policy(policy.pk, ranked_pools=[rank], actor=STAFF)

    assert created.value.field == updated.value.field == field
    assert table_digest() == before


def test_a_policy_ranks_twenty_pools_at_most():
    policy, pool = make_policy(), make_pool()
    before = table_digest()

    with pytest.raises(Invalid) as refusal:
        update_license_policy(policy.pk, ranked_pools=[Rank(pool.pk)] * 21, actor=STAFF)

    assert refusal.value.field == "rankedPools"
    assert table_digest() == before
    update_license_policy(policy.pk, ranked_pools=[Rank(pool.pk)] * 20, actor=STAFF)
    assert [row.rank for row in RankedPool.objects.filter(policy=policy)] == list(range(20))


def test_all_pools_of_a_policy_are_of_one_kind():
    """K18: everybody may read what kind of thing is sold."""
    other = create_key_pool(
        name="Numbers", format="5X5_25", kind="LICENSE_NUMBER", is_generated=False, actor=STAFF
    )
    plain, ranked = make_policy(), make_policy(ranked_pools=[Rank(make_pool().pk)])
    before = table_digest()

    with pytest.raises(Invalid) as refusal:
        update_license_policy(plain.pk, ranked_pools=[Rank(other.pk)], actor=STAFF)
    assert refusal.value.field == "rankedPools.pool"
    with pytest.raises(Invalid) as refusal:
        update_license_policy(ranked.pk, pool_id=other.pk, actor=STAFF)
    assert refusal.value.field == "rankedPools.pool"

    assert table_digest() == before
    update_license_policy(
        ranked.pk, pool_id=other.pk, ranked_pools=[Rank(other.pk, countries=("DE",))], actor=STAFF
    )
    (only,) = choose_pools([ranked], Buyer(country="DE"))[ranked.pk]
    assert (only.pool, only.because) == (other, {"country": "DE"})


def test_a_pool_is_not_archived_while_it_is_ranked():
    pool = make_pool()
    policy = make_policy(ranked_pools=[Rank(pool.pk, countries=("DE",))])
    before = table_digest()

    with pytest.raises(Invalid) as refusal:
        update_key_pool(pool.pk, archived=True, actor=STAFF)

    assert refusal.value.field == "isArchived"
    assert (refusal.value.params["count"], len(refusal.value.params["on_sale"])) == (1, 1)
    assert table_digest() == before
    update_license_policy(policy.pk, ranked_pools=[], actor=STAFF)
    update_key_pool(pool.pk, archived=True, actor=STAFF)
    with pytest.raises(NotFound) as refusal:
        update_license_policy(policy.pk, ranked_pools=[Rank(pool.pk)], actor=STAFF)
    assert refusal.value.field == "rankedPools.pool"


def test_a_change_is_told_with_all_pools_that_it_concerns():
    first, second, own = make_pool(), make_pool(), make_pool()
    policy = make_policy(own, ranked_pools=[Rank(first.pk, countries=("DE",))])

    for _ in range(2):
        update_license_policy(
            policy.pk, ranked_pools=[Rank(second.pk)], falls_back=False, actor=STAFF
        )

    event = Event.objects.get(type="license_policy.updated")
    assert event.data == {
        "pools": sorted(str(pool.pk) for pool in (first, second, own)),
        "before": {
            "falls_back": True,
            "ranked_pools": [
                {"pool": str(first.pk), "channels": [], "countries": ["DE"], "accounts": []}
            ],
        },
        "after": {
            "falls_back": False,
            "ranked_pools": [
                {"pool": str(second.pk), "channels": [], "countries": [], "accounts": []}
            ],
        },
    }


@pytest.mark.only_on("3.21", reason="2.10 has no channels")
def test_a_channel_that_was_renamed_stands_in_the_way_of_no_other_change():
    channel = build.make_channel()
    policy = make_policy(ranked_pools=[Rank(make_pool().pk, channels=(channel.slug,))])
    channel.slug = "renamed"
    channel.save(update_fields=["slug"])
    pool = make_pool()

    update_license_policy(policy.pk, pool_id=pool.pk, name="Moved", actor=STAFF)

    assert [rank.channels for rank in ranks_of(policy)] == [("tests",)]
    (only,) = choose_pools([policy], Buyer("renamed"))[policy.pk]
    assert (only.pool, only.because) == (pool, {})


def test_a_deleted_policy_takes_its_ranks_along():
    pool = make_pool()
    policy = make_policy(ranked_pools=[Rank(pool.pk)])

    delete_license_policy(policy.pk, actor=STAFF)

    assert not RankedPool.objects.exists()
    assert KeyPool.objects.filter(pk=pool.pk).exists()
    update_key_pool(pool.pk, archived=True, actor=STAFF)
