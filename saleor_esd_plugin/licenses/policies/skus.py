"""Which pool a SKU stands for."""

from __future__ import annotations

from typing import Optional
from uuid import UUID

from ...host.shop import variant_ref_of_sku
from .models import LicensePolicy


def pool_of_sku(sku: str) -> Optional[UUID]:
    """The pool that the licensed variant with this SKU draws on; None if no licensed variant has it."""
    ref = variant_ref_of_sku(sku)
    policies = LicensePolicy.objects.filter(variant_ref=ref, archived_at=None)
    return policies.values_list("pool_id", flat=True).first() if ref else None
