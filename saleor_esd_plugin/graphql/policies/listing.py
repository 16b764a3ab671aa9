"""What loaders fetch for policies."""

from __future__ import annotations

from typing import Any, Dict, List
from uuid import UUID

from django.db.models import Q

from ...errors import NotFound
from ...host.graphql import ref_of
from ...licenses.policies.models import LicensePolicy, RankedPool
from ..global_ids import uuid_within


def policies_of_variants(variant_refs: List[str]) -> Dict[str, LicensePolicy]:
    """The live policies of these variants; a variant without one is not licensed."""
    policies = LicensePolicy.objects.filter(variant_ref__in=variant_refs, archived_at=None)
    return {policy.variant_ref: policy for policy in policies}


def find_policy(global_id: Any, *, field: str) -> LicensePolicy:
    """The live policy with this id, of LicensePolicy or of the shop's ProductVariant. Raises NotFound."""
    ours = uuid_within(global_id, "LicensePolicy")
    named = Q(pk=ours) if ours else Q(variant_ref=ref_of(global_id, "ProductVariant") or "")
    policy = LicensePolicy.objects.filter(named, archived_at=None).first()
    if policy is None:
        raise NotFound(field=field)
    return policy


def ranked_pools_of(policy_ids: List[UUID]) -> Dict[UUID, List[RankedPool]]:
    """What stands before the own pool of each of these policies, the best first."""
    found: Dict[UUID, List[RankedPool]] = {policy_id: [] for policy_id in policy_ids}
    for row in RankedPool.objects.filter(policy__in=policy_ids).order_by("policy", "rank"):
        found[row.policy_id].append(row)
    return found
