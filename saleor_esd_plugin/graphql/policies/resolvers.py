"""Queries for policies, and the policy of a product variant."""

from __future__ import annotations

from typing import Any, Optional

import graphene
from django.db.models import Q
from promise import Promise

from ...criteria import searchable, within, yes_no
from ...host.graphql import ref_of, variant_ref
from ...host.shop import variant_refs_like
from ...host.types import Actor
from ...licenses.policies.models import LicensePolicy as Policy
from ...licenses.policies.ranking import draws_on
from ...permissions import MANAGE_LICENSE_KEYS, MANAGE_LICENSES
from ..base import nested, root_query, staff_with
from ..connections import KeysetConnection, connect, connection_field
from ..filters import between
from ..global_ids import find_or_none, uuid_within
from ..loaders import load
from .inputs import POLICY_SORTING, LicensePolicyFilterInput
from .listing import policies_of_variants
from .preview import QUERIES as PREVIEW_QUERIES
from .types import LicensePolicy, LicensePolicyConnection
from .variants import QUERIES as VARIANT_QUERIES

_STAFF = staff_with(MANAGE_LICENSE_KEYS, MANAGE_LICENSES)


@root_query(_STAFF)
def resolve_license_policy(actor: Actor, info: Any, id: str) -> Optional[Policy]:
    return find_or_none(Policy.objects.all(), id, "LicensePolicy")


@root_query(_STAFF)
def resolve_license_policies(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    policies = Policy.objects.filter(_wanted(filter) if filter is not None else Q())
    return connect(LicensePolicyConnection, policies, POLICY_SORTING.chosen(sort_by), **paging)


def _wanted(filter: Any) -> Q:
    found = (
        _named(filter.text)
        & yes_no(filter.is_archived, Q(archived_at__isnull=False))
        & within(between(filter.created_at), "created_at", field="filter.createdAt")
    )
    if filter.variant is not None:
        found &= Q(variant_ref=ref_of(filter.variant, "ProductVariant") or "")
    if filter.pool is not None:
        pool_id = uuid_within(filter.pool, "LicenseKeyPool")
        found &= draws_on([pool_id] if pool_id is not None else [])
    return found


def _named(text: Optional[str]) -> Q:
    wanted = searchable(text, field="filter.text")
    if not wanted:
        return Q()
    return Q(name__icontains=wanted) | Q(variant_ref__in=variant_refs_like(wanted))


@nested
def resolve_variant_license_policy(root: Any, info: Any) -> Promise:
    return load(info.context, policies_of_variants, variant_ref(root))


QUERIES = {
    **VARIANT_QUERIES,
    **PREVIEW_QUERIES,
    "license_policy": graphene.Field(
        LicensePolicy,
        id=graphene.ID(required=True, description="The policy."),
        resolver=resolve_license_policy,
        description="One policy. For staff with MANAGE_LICENSE_KEYS or MANAGE_LICENSES.",
    ),
    "license_policies": connection_field(
        LicensePolicyConnection,
        resolve_license_policies,
        "How variants are licensed. For staff with MANAGE_LICENSE_KEYS or MANAGE_LICENSES.",
        filter=LicensePolicyFilterInput(description="Which ones."),
        sort_by=POLICY_SORTING.argument(),
    ),
}

PRODUCT_VARIANT_FIELDS = {
    "license_policy": graphene.Field(
        LicensePolicy,
        resolver=resolve_variant_license_policy,
        description="How this variant is licensed; null if it is not.",
    ),
}
