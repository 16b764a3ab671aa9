"""Fixtures: events that nobody is told of, whether the test makes them or others left them behind."""

from __future__ import annotations

import pytest


@pytest.fixture
def nothing_follows_by_itself(monkeypatch):
    """Committed events would do the rest at once, one after the other, and leave nothing to race for."""
    monkeypatch.setattr("saleor_esd_plugin.events.record._wake", lambda event_id: None)


@pytest.fixture
def only_our_own(live_db):
    """What other tests left untold and unsent is none of a sweep's business here, and would take it minutes."""
    # Not at the top: Django is not set up when pytest loads a conftest.py.
    from saleor_esd_plugin.emails.models import Delivery
    from saleor_esd_plugin.events.models import Dispatch
    from saleor_esd_plugin.host.db import now

    Dispatch.objects.filter(told_at=None).update(told_at=now())
    Delivery.objects.filter(status="QUEUED").update(status="SUPPRESSED")
