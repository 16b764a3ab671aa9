"""Policies: how a variant is licensed. Changing one never touches what was already released."""

from __future__ import annotations

from typing import Any, Dict, Tuple
from uuid import UUID

from django.db import IntegrityError, transaction

from ..conf import settings
from ..errors import Invalid, InvalidQuantity, NotFound, Required
from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..keys.models import KeyPool
from ..text import clean_language, clean_text
from .models import License, LicensePolicy
from .rules import parse_term

LONGEST_INSTRUCTIONS = 10_000
FIELDS = (
    "name",
    "approval",
    "approval_quantity",
    "approves_first_order_manually",
    "delivery",
    "sends_key_to_buyer",
    "term",
    "expiry_basis",
    "grace_days",
    "instructions",
)


def create_license_policy(
    *, variant_ref: str, pool_id: UUID, actor: Actor, **fields: Any
) -> LicensePolicy:
    """A policy for a variant; from now on its order lines are licensed.

    `fields` are those of `FIELDS` that differ from the model's defaults. Raises NotFound (pool), Invalid
    (the variant has a policy already, a value out of range).
    """
    values = _checked(fields)
    try:
        with transaction.atomic():
            policy = LicensePolicy(
                variant_ref=variant_ref, pool=_open_pool(pool_id), created_at=now(), **values
            )
            policy.save(force_insert=True)
            record(
                EventType.LICENSE_POLICY_CREATED,
                policy.pk,
                actor=actor,
                variant=variant_ref,
                pools=[str(pool_id)],
                values=_told(policy),
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
    """The policy with the given `fields` (of `FIELDS`, and `pool_id`) changed; the others stay.

    Units that are released keep their dates; what is allocated keeps its key.
    """
    policy = (
        LicensePolicy.objects.select_for_update().filter(pk=policy_id, archived_at=None).first()
    )
    if policy is None:
        raise NotFound()
    before = _told(policy)
    pool_id = fields.pop("pool_id", None)
    if pool_id is not None:
        policy.pool = _open_pool(pool_id)
    for name, value in _checked(fields).items():
        setattr(policy, name, value)
    after = _told(policy)
    if before != after:
        policy.save()
        record(
            EventType.LICENSE_POLICY_UPDATED,
            policy.pk,
            actor=actor,
            pools=sorted({before["pool"], after["pool"]}),
            before={name: before[name] for name in before if before[name] != after[name]},
            after={name: after[name] for name in after if before[name] != after[name]},
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
    licenses = License.objects.filter(policy=policy).count()
    is_used = bool(licenses) or policy.order_lines.exists()
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


def _open_pool(pool_id: UUID) -> KeyPool:
    # Locked, so that nobody archives it meanwhile.
    pool = KeyPool.objects.select_for_update().filter(pk=pool_id, archived_at=None).first()
    if pool is None:
        raise NotFound(field="pool")
    return pool


def _checked(fields: Dict[str, Any]) -> Dict[str, Any]:
    """The fields, each within its range."""
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    if "term" in fields:
        parse_term(fields["term"])
    quantity = fields.get("approval_quantity")
    if quantity is not None and not 1 <= quantity <= settings.max_quantity:
        raise InvalidQuantity(
            f"Give a quantity from 1 to {settings.max_quantity}.", field="approvalQuantity"
        )
    if not 0 <= fields.get("grace_days", 0) <= 3650:
        raise Invalid("Give 0 to 3650 days of grace.", field="graceDays")
    if "name" in fields:
        fields["name"] = clean_text(fields["name"], field="name", longest=250, one_line=True)
    if "instructions" in fields:
        fields["instructions"] = dict(map(_instruction, fields["instructions"].items()))
    return fields


def _instruction(entry: Tuple[str, str]) -> Tuple[str, str]:
    """(language, text) as they may be stored."""
    language = clean_language(entry[0], field="instructions")
    if not language:
        raise Required("Name the language of the instructions.", field="instructions")
    return language, clean_text(entry[1], field="instructions", longest=LONGEST_INSTRUCTIONS)


def _told(policy: LicensePolicy) -> Dict[str, Any]:
    """The values of a policy, for its event."""
    return {"pool": str(policy.pool_id), **{name: getattr(policy, name) for name in FIELDS}}
