from __future__ import annotations

import factories as make
import pytest

from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.invariants import violations
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Dispatch, Event
from saleor_esd_plugin.host.db import now


@pytest.mark.django_db
def test_each_violation_is_named():
    """C5: released, told, and nobody was mailed."""
    make.make_released(1)
    event = Event.objects.get(type="license.released")
    Dispatch.objects.update(told_at=now())
    assert list(violations()) == [f"event {event.pk}: nobody was mailed"]

    deliveries_of(event)
    assert list(violations()) == []

    keys, notice = Delivery.objects.filter(event=event).order_by("kind")
    Delivery.objects.filter(pk=keys.pk).update(data={"is_buyer": False})
    Delivery.objects.filter(pk=notice.pk).update(status="SENT")
    assert list(violations()) == [
        f"delivery {notice.pk}: SENT without a moment, or a moment without SENT",
        f"delivery {keys.pk}: keys for somebody who is not the buyer",
    ]
