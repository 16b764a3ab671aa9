"""The order's lock comes first, before any key, license or line.

Advisory, because most of what it guards is in other rooms' rows and in the host's.
"""

from __future__ import annotations

from uuid import UUID

from ..advisory import LockClass, lock
from ..errors import NotFound
from .models import LicenseOrder


def lock_order(license_order_id: UUID) -> LicenseOrder:
    """The order as it is once the lock is ours, until the transaction ends. Raises NotFound."""
    found = LicenseOrder.objects.filter(pk=license_order_id).values_list("order_uuid", flat=True)
    order_uuid = found.first()
    if order_uuid is None:
        raise NotFound()
    lock_order_uuid(order_uuid)
    return LicenseOrder.objects.select_related("account").get(pk=license_order_id)


def lock_order_uuid(order_uuid: UUID) -> None:
    """The same lock for an order that may not be recorded yet."""
    lock(LockClass.ORDER, str(order_uuid))
