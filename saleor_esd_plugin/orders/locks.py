"""The order's lock comes first, before any key, license or line.

Advisory, because most of what it guards is in other rooms' rows and in the host's. The classes are ours:
the host uses 21218.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from ..errors import NotFound
from .models import LicenseOrder

_ORDER = 0x455344


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
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_ORDER, str(order_uuid)])
