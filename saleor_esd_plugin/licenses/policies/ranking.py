"""Which pools a policy draws on for a buyer, in what order, and why.

First the ranked pools that are meant for the buyer, at last the policy's own; without fallback only the first
of these. The rule is one piece of SQL, so that it can be asked from both ends: for a buyer, and for a pool
whose waiting lines are looked for.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from ...keys.models import KeyPool
from .models import LicensePolicy, RankedPool

# The rank of the policy's own pool; no other has it.
LAST = 32767

# The pools of a row of `policy` for a buyer, with what was asked of that buyer. A pool may stand there twice.
POOLS_OF = f"""
SELECT pool_id, rank, by_channel, by_country, by_account FROM (
    SELECT ranked.pool_id, ranked.rank, cardinality(ranked.channels) > 0 AS by_channel,
        cardinality(ranked.countries) > 0 AS by_country,
        cardinality(ranked.accounts) > 0 AS by_account
    FROM esd_rankedpool ranked
    WHERE ranked.policy_id = policy.id
        AND (cardinality(ranked.channels) = 0 OR {{channel}} = ANY (ranked.channels))
        AND (cardinality(ranked.countries) = 0 OR {{country}} = ANY (ranked.countries))
        AND (cardinality(ranked.accounts) = 0 OR {{account}} = ANY (ranked.accounts))
    UNION ALL SELECT policy.pool_id, {LAST}, FALSE, FALSE, FALSE
    ORDER BY rank LIMIT CASE WHEN policy.falls_back THEN NULL ELSE 1 END
) AS drawn_on
"""


class Buyer(NamedTuple):
    """What pools are chosen by: channel (slug), country (ISO 3166-1 alpha-2), account; empty if unknown."""

    channel: str = ""
    country: str = ""
    account_id: Optional[UUID] = None


class Choice(NamedTuple):
    """A pool to draw on. `because` names the conditions that the buyer meets; none for one that has none."""

    pool: KeyPool
    because: Dict[str, str]


def choose_pools(policies: Iterable[LicensePolicy], buyer: Buyer) -> Dict[UUID, List[Choice]]:
    """Policy -> the pools to draw on for this buyer, each once, best first; never empty. Two queries."""
    found: Dict[UUID, List[Choice]] = {policy.pk: [] for policy in policies}
    with connection.cursor() as cursor:
        cursor.execute(
            _CHOOSE,
            {
                "policies": [str(pk) for pk in found],
                "channel": buyer.channel,
                "country": buyer.country,
                "account": buyer.account_id and str(buyer.account_id),
            },
        )
        rows = cursor.fetchall()
    pools = KeyPool.objects.in_bulk({pool_id for _, pool_id, *_ in rows})
    for policy_id, pool_id, *asked in rows:
        if all(choice.pool.pk != pool_id for choice in found[policy_id]):
            found[policy_id].append(Choice(pools[pool_id], _because(buyer, asked)))
    return found


_CHOOSE = f"""
SELECT policy.id, drawn.pool_id, by_channel, by_country, by_account FROM esd_licensepolicy policy
CROSS JOIN LATERAL (
    {POOLS_OF.format(channel="%(channel)s", country="%(country)s", account="%(account)s::uuid")}
) AS drawn
WHERE policy.id = ANY (%(policies)s::uuid[])
ORDER BY policy.id, drawn.rank
"""


def _because(buyer: Buyer, asked: List[bool]) -> Dict[str, str]:
    met: Tuple[Any, ...] = (buyer.channel, buyer.country, buyer.account_id)
    names = ("channel", "country", "account")
    return {name: str(value) for name, value, is_asked in zip(names, met, asked) if is_asked}


def has_ranked_pools(policy_ids: Iterable[UUID]) -> bool:
    """Whether one of these policies looks at who buys."""
    return RankedPool.objects.filter(policy__in=list(policy_ids)).exists()


def draws_on(pool_ids: Iterable[UUID]) -> Q:
    """A condition on policies: some buyer gets keys of one of these pools."""
    pool_ids = list(pool_ids)
    ranked = RankedPool.objects.filter(pool__in=pool_ids)
    return Q(pool__in=pool_ids) | Q(pk__in=ranked.values("policy_id"))


def pools_of_policies(policies: Iterable[LicensePolicy]) -> Dict[UUID, List[UUID]]:
    """Policy -> all pools that any buyer can get a key from, each once, as they are ranked; none for a renewal."""
    policies = list(policies)
    own = {policy.pk: policy.pool_id for policy in policies if policy.pool_id is not None}
    found: Dict[UUID, List[UUID]] = {policy.pk: [] for policy in policies}
    rows = RankedPool.objects.filter(policy__in=list(own)).values_list("policy_id", "pool_id")
    for policy_id, pool_id in [*rows.order_by("policy_id", "rank"), *own.items()]:
        if pool_id not in found[policy_id]:
            found[policy_id].append(pool_id)
    return found
