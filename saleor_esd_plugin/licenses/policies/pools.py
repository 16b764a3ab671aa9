"""Changing a pool, and archiving it, which policies may stand in the way of; what is on sale without a policy."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Sequence
from uuid import UUID

from django.db import transaction

from ...errors import Invalid, NotFound
from ...events.changes import Change, apply_changes
from ...events.record import record
from ...events.types import EventType
from ...host import shop
from ...host.db import now
from ...host.types import Actor
from ...keys.models import KeyPool
from ...keys.stock.pools import checked_settings, clean_name
from .models import LicensePolicy
from .ranking import draws_on

MOST_NAMED = 20


@transaction.atomic
def update_key_pool(
    pool_id: UUID,
    *,
    name: Optional[str] = None,
    archived: Optional[bool] = None,
    actor: Actor,
    **settings: Any,
) -> KeyPool:
    """The pool with its new name and settings (`checked_settings`), archived or brought back; None leaves a value.

    An archived pool takes no more keys; those it has stay, and so do licenses. Without a change nothing is
    recorded. Raises NotFound, Required, Invalid: with the count, and what of it is on sale, while live policies
    draw on a pool that is to be archived.
    """
    # The lock keeps a policy from choosing the pool while we look; `policies` takes it too.
    pool = KeyPool.objects.select_for_update().filter(pk=pool_id).first()
    if archived:
        _refuse_while_drawn_on(pool_id)
    given = checked_settings(settings)
    if pool is None:
        raise NotFound()
    if name is not None:
        given["name"] = clean_name(name)
    if archived is not None and archived != (pool.archived_at is not None):
        given["archived_at"] = now() if archived else None
    changes: Dict[str, Any] = dict(apply_changes(pool, given))
    if changes.pop("archived_at", None):
        changes["archived"] = Change(not archived, archived)
    if changes:
        record(EventType.KEY_POOL_UPDATED, pool.pk, actor=actor, **changes)
    return pool


def _refuse_while_drawn_on(pool_id: UUID) -> None:
    policies = LicensePolicy.objects.filter(draws_on([pool_id]), archived_at=None)
    refs = list(policies.values_list("variant_ref", flat=True))
    if refs:
        selling = shop.variants_on_sale(refs)
        raise Invalid(
            f"Policies take keys from this pool ({len(refs)}). Point them elsewhere first."
            + (f" On sale in the shop: {_some(selling)}." if selling else ""),
            field="isArchived",
            count=len(refs),
            on_sale=selling[:MOST_NAMED],
        )


def warnings_after_archiving(pool_id: UUID) -> List[str]:
    """What the archived pool leaves behind: variants that got keys from it, and are on sale without a policy."""
    policies = LicensePolicy.objects.filter(draws_on([pool_id]))
    return warnings_of_unlicensed(policies.values_list("variant_ref", flat=True))


def warnings_of_unlicensed(variant_refs: Iterable[str]) -> List[str]:
    """One sentence on those of the variants that the shop sells though no policy licenses them, if there are any."""
    refs = set(variant_refs)
    licensed = LicensePolicy.objects.filter(variant_ref__in=refs, archived_at=None)
    selling = shop.variants_on_sale(refs - set(licensed.values_list("variant_ref", flat=True)))
    sentence = (
        f"Still on sale in the shop, and new orders get no licenses: {_some(selling)}."
        " Take off sale there what you do not license, or give it a policy."
    )
    return [sentence] if selling else []


def _some(names: Sequence[str]) -> str:
    left = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {left} more" if left > 0 else "")
