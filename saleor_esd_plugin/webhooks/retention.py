"""Messages and facts that nobody needs any more are forgotten, by the sweep."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet

from ..host.db import now
from ..orders.models import PaymentFact
from .models import InboundEvent

# Providers repeat a message for days, not months; the sweep records orders that are younger than this.
KEPT = timedelta(days=90)
ROWS_AT_ONCE = 1_000


def forget_old_messages() -> int:
    """How many were deleted, at most 1,000 of each: messages, and facts that no order of ours has.

    Both after 90 days, a fact after 90 days without news of it. Facts of an order stay as long as it does.
    """
    oldest = now() - KEPT
    messages = InboundEvent.objects.filter(received_at__lt=oldest).order_by("received_at")
    facts = PaymentFact.objects.filter(order=None, changed_at__lt=oldest)
    return _delete(messages) + _delete(facts)


def _delete(rows: QuerySet) -> int:
    # PostgreSQL has no DELETE … LIMIT; the condition again, as a fact may have found its order by now.
    some = list(rows.values_list("pk", flat=True)[:ROWS_AT_ONCE])
    return rows.order_by().filter(pk__in=some).delete()[0]
