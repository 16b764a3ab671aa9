"""What loaders fetch for policies."""

from __future__ import annotations

from typing import Dict, List
from uuid import UUID

from ...licenses.models import LicensePolicy, RankedPool


def policies_of_variants(variant_refs: List[str]) -> Dict[str, LicensePolicy]:
    """The live policies of these variants; a variant without one is not licensed."""
    policies = LicensePolicy.objects.filter(variant_ref__in=variant_refs, archived_at=None)
    return {policy.variant_ref: policy for policy in policies}


def ranked_pools_of(policy_ids: List[UUID]) -> Dict[UUID, List[RankedPool]]:
    """What stands before the own pool of each of these policies, the best first."""
    found: Dict[UUID, List[RankedPool]] = {policy_id: [] for policy_id in policy_ids}
    for row in RankedPool.objects.filter(policy__in=policy_ids).order_by("policy", "rank"):
        found[row.policy_id].append(row)
    return found
