"""A shop that sells through /graphql/ as its operator runs it: tasks go to a broker, not to the buyer's request."""

from __future__ import annotations

from typing import Any, Callable, Dict, List
from uuid import uuid4

from celery import current_app
from django.conf import settings
from django.test.utils import override_settings
from shop import Market

_OUR_PLUGIN = "saleor_esd_plugin.plugin.EsdPlugin"


def use_a_broker() -> None:
    """What a worker does after the commit is not the buyer's time: tasks go to a queue in memory."""
    settings.CELERY_TASK_ALWAYS_EAGER = False
    settings.CELERY_BROKER_URL = "memory://"
    assert not current_app.conf.task_always_eager


def open_market() -> Market:
    """A shop with its owner and a place to sell at."""
    return Market(lambda prefix: f"{prefix}-{uuid4().hex[:8]}")


def plugins(*, with_ours: bool) -> List[str]:
    """What PLUGINS is with us, or without."""
    assert _OUR_PLUGIN in settings.PLUGINS
    return [name for name in settings.PLUGINS if with_ours or name != _OUR_PLUGIN]


def paid_checkout(market: Market, *variants: str) -> Dict[str, Any]:
    """A checkout of one unit each, paid and not yet complete."""
    email = f"{uuid4().hex[:8]}@example.com"
    checkout = market.shop.checkout(market.place, *((one, 1) for one in variants), email=email)
    market.shop.pay(checkout)
    return checkout


def complete(market: Market, variant: str, names: List[str], work: Callable) -> Any:
    """What `work` makes of one `checkoutComplete` with these plugins."""
    with override_settings(PLUGINS=names):
        checkout = paid_checkout(market, variant)
        return work(lambda: market.shop.complete(checkout))
