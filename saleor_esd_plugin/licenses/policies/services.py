"""Policies: how a variant is licensed. Changing one never touches what was already released."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple
from uuid import UUID

from django.db import IntegrityError, transaction

from ...conf import settings
from ...errors import Invalid, InvalidQuantity, NotFound, Required, fields_below
from ...events.changes import changed
from ...events.record import record
from ...events.types import EventType
from ...host import shop
from ...host.db import now
from ...host.types import Actor
from ...keys.stock.pools import create_key_pool
from ...text import clean_language, clean_text
from ..models import License
from ..rules import parse_term
from .kinds import clean_renewed, require_parts
from .models import LicensePolicy, PolicyKind
from .ranked_pools import Rank, clean_ranks, open_pool, rank_pools, ranks_of
from .ranking import pools_of_policies

LONGEST_INSTRUCTIONS = 10_000
_APPROVAL = ("approval", "approval_quantity", "approves_first_order_manually")
FIELDS = (
    "name",
    "renews",
    "falls_back",
    *_APPROVAL,
    "delivery",
    "sends_key_to_buyer",
    "term",
    "expiry_basis",
    "grace_days",
    "retention_days",
    "renewal_basis",
    "suspension_clock",
    "transfers_per_30_days",
    "reminder_offsets",
    "instructions",
)


def create_license_policy(
    *,
    variant_ref: str,
    kind: PolicyKind = PolicyKind.LICENSE,
    pool_id: Optional[UUID] = None,
    new_pool: Optional[Mapping[str, Any]] = None,
    ranked_pools: Sequence[Rank] = (),
    actor: Actor,
    **fields: Any,
) -> LicensePolicy:
    """A policy for a variant; from now on its order lines are licensed, or renew licenses.

    A LICENSE needs a pool, a RENEWAL what it `renews` (refs of variants) and a term instead. `new_pool` is what
    `create_key_pool` takes: pool and policy are made together, or neither is.
    `fields` are those of `FIELDS` that differ from the model's defaults; `ranked_pools` come before `pool_id`,
    the best first. Raises NotFound (variant, pool, account, what it renews), Required, Invalid (the variant has a policy already, a value
    out of range, no such channel or country, pools of several kinds).
    """
    if not shop.variant_exists(variant_ref):
        raise NotFound(field="variant")
    if pool_id is not None and new_pool is not None:
        raise Invalid("Give either “pool” or “newPool”.", field="newPool")
    values, ranks = _checked(fields), clean_ranks(ranked_pools)
    try:
        with transaction.atomic():
            policy = LicensePolicy(
                variant_ref=variant_ref, kind=PolicyKind(kind).value, created_at=now(), **values
            )
            has_pool = pool_id is not None or new_pool is not None
            require_parts(policy, has_pool=has_pool, has_ranks=bool(ranks))
            _refuse_short_retention(policy)
            if new_pool is not None:
                with fields_below("newPool"):
                    pool_id = create_key_pool(actor=actor, **new_pool).pk
            if pool_id is not None:
                policy.pool = open_pool(pool_id, ranks)
            policy.save(force_insert=True)
            rank_pools(policy, ranks)
            record(
                EventType.LICENSE_POLICY_CREATED,
                policy.pk,
                actor=actor,
                variant=variant_ref,
                pools=_pools(policy),
                values=_event_data(policy),
            )
    except IntegrityError as error:
        if "esd_policy_variant" not in str(error):
            raise
        raise Invalid(
            "This variant has a license policy already; change that one.", field="variant"
        ) from None
    return policy


@transaction.atomic
def update_license_policy(policy_id: UUID, *, actor: Actor, **fields: Any) -> LicensePolicy:
    """The policy with the given `fields` (of `FIELDS`, `pool_id` and `ranked_pools`) changed; the others stay.

    Units that are released keep their dates; what is allocated keeps its key; what waits for keys waits for
    those of the pools of now. Who approves is changed for orders from now on. Raises as `create_license_policy` does.
    """
    policy = (
        LicensePolicy.objects.select_for_update().filter(pk=policy_id, archived_at=None).first()
    )
    if policy is None:
        raise NotFound()
    before, pools = _event_data(policy), _pools(policy)
    pool_id, ranked_pools = fields.pop("pool_id", None), fields.pop("ranked_pools", None)
    if policy.is_renewal:
        require_parts(policy, has_pool=pool_id is not None, has_ranks=bool(ranked_pools))
    elif pool_id is not None or ranked_pools is not None:
        # What stays is not looked at again: a channel may have been renamed since.
        ranks = ranks_of(policy) if ranked_pools is None else clean_ranks(ranked_pools)
        policy.pool = open_pool(pool_id or policy.pool_id, ranks)
        rank_pools(policy, ranks)
    for name, value in _checked(fields).items():
        setattr(policy, name, value)
    changes = changed(before, _event_data(policy))
    if changes:
        require_parts(policy, has_pool=policy.pool_id is not None, has_ranks=False)
        _refuse_short_retention(policy)
        if any(name in changes for name in _APPROVAL):
            policy.approval_changed_at = now()
        policy.save()
        record(
            EventType.LICENSE_POLICY_UPDATED,
            policy.pk,
            actor=actor,
            pools=sorted({*pools, *_pools(policy)}),
            before={name: change.before for name, change in changes.items()},
            after={name: change.after for name, change in changes.items()},
        )
    return policy


@transaction.atomic
def delete_license_policy(policy_id: UUID, *, actor: Actor) -> LicensePolicy:
    """The variant is not licensed any more. With orders or licenses the policy is archived, not lost."""
    policy = (
        LicensePolicy.objects.select_for_update().filter(pk=policy_id, archived_at=None).first()
    )
    if policy is None:
        raise NotFound()
    licenses = License.objects.filter(order_line__policy=policy).count()
    is_used = policy.order_lines.exists()
    record(
        EventType.LICENSE_POLICY_DELETED,
        policy.pk,
        actor=actor,
        variant=policy.variant_ref,
        licenses=licenses,
        archived=is_used,
    )
    if is_used:
        policy.archived_at = now()
        policy.save(update_fields=["archived_at"])
    else:
        LicensePolicy.objects.filter(pk=policy.pk).delete()
    return policy


def _checked(fields: Dict[str, Any]) -> Dict[str, Any]:
    """The fields, each within its range."""
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    if "renews" in fields:
        fields["renews"] = clean_renewed(fields["renews"])
    if "term" in fields:
        parse_term(fields["term"])
    quantity = fields.get("approval_quantity")
    if quantity is not None and not 1 <= quantity <= settings.max_quantity:
        raise InvalidQuantity(
            f"Give a quantity from 1 to {settings.max_quantity}.", field="approvalQuantity"
        )
    for name, field in (("grace_days", "graceDays"), ("retention_days", "retentionDays")):
        if not 0 <= fields.get(name, 0) <= 3650:
            raise Invalid("Give 0 to 3650 days.", field=field)
    if not 0 <= (fields.get("transfers_per_30_days") or 0) <= 1000:
        raise InvalidQuantity("Give 0 to 1000 transfers.", field="transfersPer30Days")
    if "reminder_offsets" in fields:
        fields["reminder_offsets"] = _offsets(fields["reminder_offsets"])
    if "name" in fields:
        fields["name"] = clean_text(fields["name"], field="name", longest=250, one_line=True)
    if "instructions" in fields:
        fields["instructions"] = clean_instructions(fields["instructions"])
    return fields


def _offsets(given: Sequence[int]) -> List[int]:
    """Days before the expiry, the earliest reminder first."""
    offsets = sorted(set(given), reverse=True)
    if len(offsets) > 10 or any(not -365 <= offset <= 365 for offset in offsets):
        raise Invalid("Give up to 10 days from 365 to -365.", field="reminderOffsets")
    return offsets


def _refuse_short_retention(policy: LicensePolicy) -> None:
    if policy.retention_days < policy.grace_days:
        raise Invalid(
            f"Retention counts from the expiry and includes the {policy.grace_days} days of grace.",
            field="retentionDays",
            graceDays=policy.grace_days,
        )


def clean_instructions(texts: Mapping[str, str]) -> Dict[str, str]:
    """Language -> instructions, as they may be stored. Raises Required, Invalid."""
    return dict(map(_instruction, texts.items()))


def _instruction(entry: Tuple[str, str]) -> Tuple[str, str]:
    """(language, text) as they may be stored."""
    language = clean_language(entry[0], field="instructions")
    if not language:
        raise Required("Name the language of the instructions.", field="instructions")
    return language, clean_text(entry[1], field="instructions", longest=LONGEST_INSTRUCTIONS)


def _event_data(policy: LicensePolicy) -> Dict[str, Any]:
    """The values of a policy, for its event."""
    return {
        "kind": policy.kind,
        "pool": policy.pool_id and str(policy.pool_id),
        "ranked_pools": [rank.event_data() for rank in ranks_of(policy)],
        **{name: getattr(policy, name) for name in FIELDS},
    }


def _pools(policy: LicensePolicy) -> List[str]:
    return sorted(map(str, pools_of_policies([policy])[policy.pk]))
