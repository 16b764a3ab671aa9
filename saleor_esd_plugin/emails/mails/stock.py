"""The mail to staff that the keys of a pool are running out."""

from __future__ import annotations

from typing import Iterator

from ...events.models import Event
from ...events.types import EventType
from ...host import shop
from ...keys.models import KeyPool
from ...licenses.stock_levels import pool_stock
from ...orders.supply.backorders import backordered_by_pool
from ..errors import NothingToSend
from ..languages import choose_language
from ..messages import Context, Mail, Message
from ..models import Delivery, DeliveryKind


def _to_staff_of_pool(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """To each staff address of the pool; to the plugin's, if the pool names none."""
    pool = KeyPool.objects.get(pk=event.subject_id)
    for address in pool.addresses or [shop.plugin_settings().staff_address]:
        yield Message(kind, address, choose_language(), data={"pool": str(pool.pk)})


def _low_stock(delivery: Delivery) -> Context:
    """The stock at the moment of sending. Raises NothingToSend if it is not low any more."""
    pool = KeyPool.objects.get(pk=delivery.data["pool"])
    if pool.low_stock_at is None:
        raise NothingToSend("The pool has enough keys again.")
    stock = pool_stock([pool.pk])[pool.pk]
    return {
        "pool": pool.name,
        "available": stock.available,
        "has_runway": stock.runway_days is not None,
        "runway_days": stock.runway_days or 0,
        "sold": stock.sold_last_30_days,
        "backordered": backordered_by_pool([pool.pk])[pool.pk],
    }


MAILS = (
    Mail(
        DeliveryKind.KEY_POOL_LOW_STOCK,
        _low_stock,
        {EventType.KEY_POOL_LOW_STOCK: _to_staff_of_pool},
    ),
)
