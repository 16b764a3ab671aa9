"""Changing how product variants are licensed."""

from __future__ import annotations

from typing import Any, Dict, Optional

import graphene

from ...errors import NotFound, fields_below
from ...host.graphql import ref_of
from ...host.types import Actor
from ...licenses.policies import services
from ...licenses.policies.pools import warnings_of_unlicensed
from ...licenses.policies.ranked_pools import Rank
from ...permissions import MANAGE_LICENSE_KEYS
from ..base import BaseMutation, staff_with
from ..global_ids import decode, decode_all
from ..keys.pool_inputs import new_pool_from
from ..localized import by_language
from .inputs import LicensePolicyCreateInput, LicensePolicyDeleteInput, LicensePolicyUpdateInput
from .types import LicensePolicy

_CLEARED_BY_NULL = {"approval_quantity": None, "term": "", "transfers_per_30_days": None}


def _fields(input: Any) -> Dict[str, Any]:
    """The policy fields that the client gave; null is as good as nothing except where it clears."""
    given: Dict[str, Any] = {}
    for name in services.FIELDS:
        if name in input and (input[name] is not None or name in _CLEARED_BY_NULL):
            given[name] = _CLEARED_BY_NULL[name] if input[name] is None else input[name]
    if "renews" in given:
        given["renews"] = [_variant_ref(each, field="renews") for each in given["renews"]]
    if "instructions" in given:
        given["instructions"] = by_language(given["instructions"], field="instructions")
    if input.pool is not None:
        given["pool_id"] = decode(input.pool, "LicenseKeyPool", field="pool")
    if input.ranked_pools is not None:
        given["ranked_pools"] = [_rank(each) for each in input.ranked_pools]
    return given


def _variant_ref(global_id: str, *, field: str) -> str:
    ref = ref_of(global_id, "ProductVariant")
    if not ref:
        raise NotFound(field=field)
    return ref


def _new_pool(input: Any) -> Optional[Dict[str, Any]]:
    if input.new_pool is None:
        return None
    with fields_below("newPool"):
        return new_pool_from(input.new_pool)


def _rank(ranked: Any) -> Rank:
    return Rank(
        decode(ranked.pool, "LicenseKeyPool", field="rankedPools.pool"),
        tuple(ranked.channels or ()),
        tuple(ranked.countries or ()),
        tuple(decode_all(ranked.accounts or (), "LicenseAccount", field="rankedPools.accounts")),
    )


class LicensePolicyCreate(BaseMutation):
    """Makes a product variant licensed: orders of it from now on get keys, those of a RENEWAL renew licenses.

    For staff with MANAGE_LICENSE_KEYS.
    """

    policy = staff_with(MANAGE_LICENSE_KEYS)

    class Arguments:
        input = LicensePolicyCreateInput(required=True, description="The policy.")

    license_policy = graphene.Field(LicensePolicy, description="The new policy.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicensePolicyCreate:
        kind = {} if input.kind is None else {"kind": input.kind}
        created = services.create_license_policy(
            variant_ref=_variant_ref(input.variant, field="variant"),
            actor=actor,
            new_pool=_new_pool(input),
            **kind,
            **_fields(input),
        )
        return cls(license_policy=created)


class LicensePolicyUpdate(BaseMutation):
    """Changes a policy. What was released already keeps its dates and its key.

    For staff with MANAGE_LICENSE_KEYS.
    """

    policy = staff_with(MANAGE_LICENSE_KEYS)

    class Arguments:
        input = LicensePolicyUpdateInput(required=True, description="What to change.")

    license_policy = graphene.Field(LicensePolicy, description="The policy as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicensePolicyUpdate:
        fields = _fields(input)
        policy_id = decode(input.id, "LicensePolicy")
        return cls(license_policy=services.update_license_policy(policy_id, actor=actor, **fields))


class LicensePolicyDelete(BaseMutation):
    """Makes a variant not licensed any more. With orders or licenses the policy is archived, not lost.

    The variant itself stays as it is in the shop: `warnings` says so if it is still on sale.
    For staff with MANAGE_LICENSE_KEYS.
    """

    policy = staff_with(MANAGE_LICENSE_KEYS)

    class Arguments:
        input = LicensePolicyDeleteInput(required=True, description="Which one.")

    license_policy = graphene.Field(LicensePolicy, description="The policy as it was, or archived.")
    warnings = graphene.List(
        graphene.NonNull(graphene.String),
        description="Sentences on what it leaves behind: the variant is still on sale.",
    )

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicensePolicyDelete:
        deleted = services.delete_license_policy(decode(input.id, "LicensePolicy"), actor=actor)
        return cls(license_policy=deleted, warnings=warnings_of_unlicensed([deleted.variant_ref]))


MUTATIONS = (LicensePolicyCreate, LicensePolicyUpdate, LicensePolicyDelete)
