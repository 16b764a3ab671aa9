"""Setting which pools a policy draws on before its own, and for whom."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Tuple
from uuid import UUID

from django.db import connection

from ...accounts.models import Account
from ...errors import Invalid, NotFound
from ...host import shop
from ...keys.models import KeyPool
from ...text import clean_country
from .models import LicensePolicy, RankedPool

MOST_RANKS = 20
MOST_CONDITIONS = 300


class Rank(NamedTuple):
    """A pool, for buyers of one of these channels (slugs), countries (ISO 3166-1 alpha-2) and accounts.

    Whatever is empty asks for nothing.
    """

    pool_id: UUID
    channels: Tuple[str, ...] = ()
    countries: Tuple[str, ...] = ()
    accounts: Tuple[UUID, ...] = ()

    def event_data(self) -> Dict[str, Any]:
        """Itself, for an event."""
        return {
            "pool": str(self.pool_id),
            "channels": list(self.channels),
            "countries": list(self.countries),
            "accounts": [str(one) for one in self.accounts],
        }


def ranks_of(policy: LicensePolicy) -> List[Rank]:
    """What stands before the policy's own pool, the best first."""
    return [
        Rank(row.pool_id, tuple(row.channels), tuple(row.countries), tuple(row.accounts))
        for row in RankedPool.objects.filter(policy=policy).order_by("rank")
    ]


def clean_ranks(ranks: Sequence[Rank]) -> List[Rank]:
    """The ranks as they are stored: no blanks, countries in capitals, nothing twice within one condition.

    Raises Invalid (too many, no such country or channel), NotFound (account).
    """
    if len(ranks) > MOST_RANKS:
        raise Invalid(f"Rank {MOST_RANKS} pools at most.", field="rankedPools")
    cleaned = [
        Rank(
            rank.pool_id,
            _each_once(slug.strip() for slug in rank.channels),
            _each_once(_country(code) for code in rank.countries),
            _each_once(rank.accounts),
        )
        for rank in ranks
    ]
    for rank in cleaned:
        _check_conditions(rank)
    return cleaned


def open_pool(pool_id: UUID, ranks: Sequence[Rank] = ()) -> KeyPool:
    """A policy's own pool, which may stand behind these ranks; all are locked until the transaction ends.

    So nobody archives one meanwhile. All pools of a policy are of one kind (K18): everybody may read what
    kind of thing is sold. Raises NotFound, Invalid.
    """
    found = _lock_open_pools({pool_id, *(rank.pool_id for rank in ranks)})
    if pool_id not in found:
        raise NotFound(field="pool")
    own = found[pool_id]
    for rank in ranks:
        pool = found.get(rank.pool_id)
        if pool is None:
            raise NotFound(field="rankedPools.pool")
        if pool.kind != own.kind:
            raise Invalid(
                f"The pool “{pool.name}” holds another kind of key ({pool.kind}) than the policy's own"
                f" ({own.kind}).",
                field="rankedPools.pool",
            )
    return own


def rank_pools(policy: LicensePolicy, ranks: Sequence[Rank]) -> None:
    """Replace what stands before the policy's own pool by what was cleaned and locked."""
    if ranks_of(policy) == list(ranks):
        return
    RankedPool.objects.filter(policy=policy).delete()
    RankedPool.objects.bulk_create(
        RankedPool(
            policy=policy,
            rank=place,
            pool_id=rank.pool_id,
            channels=list(rank.channels),
            countries=list(rank.countries),
            accounts=list(rank.accounts),
        )
        for place, rank in enumerate(ranks)
    )


def _lock_open_pools(pool_ids: Iterable[UUID]) -> Dict[UUID, KeyPool]:
    with connection.cursor() as cursor:
        # By id, so that two who rank the same pools never wait for each other in a circle; and not FOR
        # UPDATE, which would hold up whoever puts keys into one of them.
        cursor.execute(
            "SELECT id FROM esd_keypool WHERE id = ANY (%s::uuid[]) AND archived_at IS NULL"
            " ORDER BY id FOR NO KEY UPDATE",
            [[str(pool_id) for pool_id in pool_ids]],
        )
        return KeyPool.objects.in_bulk([pool_id for (pool_id,) in cursor.fetchall()])


def _each_once(values: Iterable[Any]) -> Tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


def _country(code: str) -> str:
    country = clean_country(code, field="rankedPools.countries")
    if not country:
        raise Invalid("Name each country by its two letters.", field="rankedPools.countries")
    return country


def _check_conditions(rank: Rank) -> None:
    if max(map(len, (rank.channels, rank.countries, rank.accounts))) > MOST_CONDITIONS:
        raise Invalid(f"Give {MOST_CONDITIONS} of each at most.", field="rankedPools")
    unknown = set(rank.channels) - (shop.channel_slugs() if rank.channels else set())
    if unknown:
        raise Invalid(
            f"There is no channel with the slug {sorted(unknown)[0][:50]!r}.",
            field="rankedPools.channels",
        )
    known = Account.objects.filter(pk__in=rank.accounts).count() if rank.accounts else 0
    if known < len(rank.accounts):
        raise NotFound(field="rankedPools.accounts")
