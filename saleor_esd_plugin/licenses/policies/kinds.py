"""What a policy of each kind needs, and may not have: a license takes keys, a renewal renews licenses."""

from __future__ import annotations

from typing import Iterable, List

from ...errors import Invalid, NotFound, Required
from ...host import shop
from .models import LicensePolicy

MOST_RENEWED = 100


def clean_renewed(variant_refs: Iterable[str]) -> List[str]:
    """The variants that a renewal is for, each once. Raises NotFound, Invalid."""
    refs = list(dict.fromkeys(variant_refs))
    if len(refs) > MOST_RENEWED:
        raise Invalid(f"Name up to {MOST_RENEWED} variants.", field="renews")
    if not all(map(shop.variant_exists, refs)):
        raise NotFound(field="renews")
    return refs


def require_parts(policy: LicensePolicy, *, has_pool: bool, has_ranks: bool) -> None:
    """Raises Required, Invalid if something of its kind is missing, or something of the other is there."""
    if not policy.is_renewal:
        if not has_pool:
            raise Required("Name the pool that its keys come from.", field="pool")
        if policy.renews:
            raise Invalid("Only a policy of kind RENEWAL renews licenses.", field="renews")
        return
    for is_given, field in ((has_pool, "pool"), (has_ranks, "rankedPools")):
        if is_given:
            raise Invalid("A renewal takes no key, so it has no pool.", field=field)
    if not policy.renews:
        raise Required("Name the variants whose licenses it renews.", field="renews")
    if policy.variant_ref in policy.renews:
        raise Invalid("A renewal is a variant of its own.", field="renews")
    if not policy.term:
        raise Required('Say by how long it renews, such as "P1Y".', field="term")
