"""Archiving a pool, which only policies can stand in the way of."""

from __future__ import annotations

from typing import Any, Optional
from uuid import UUID

from django.db import transaction

from ..errors import Invalid
from ..host.types import Actor
from ..keys import pools
from ..keys.models import KeyPool
from .models import LicensePolicy
from .ranking import draws_on


@transaction.atomic
def update_key_pool(
    pool_id: UUID,
    *,
    name: Optional[str] = None,
    archived: Optional[bool] = None,
    actor: Actor,
    **settings: Any,
) -> KeyPool:
    """Rename the pool, archive it or bring it back, change its settings; its keys and licenses stay.

    Raises Invalid with the count while live policies draw on it, NotFound.
    """
    # The lock keeps a policy from choosing the pool while we look; `policies` takes it too.
    KeyPool.objects.select_for_update().filter(pk=pool_id).first()
    policies = LicensePolicy.objects.filter(draws_on([pool_id]), archived_at=None).count()
    if archived and policies:
        raise Invalid(
            f"Policies take keys from this pool ({policies}). Point them elsewhere first.",
            field="isArchived",
            count=policies,
        )
    return pools.update_key_pool(pool_id, name=name, archived=archived, actor=actor, **settings)
