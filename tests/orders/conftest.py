"""What the tests of money share."""

from __future__ import annotations

import pytest


@pytest.fixture
def every_invariant_holds(db):
    """What `esd_verify` asks, after each step of money."""
    # Not at the top: Django is not set up when pytest loads this file.
    from provider import violations

    yield
    assert violations() == []
