"""Chunks of keys are worked on without Python's garbage collector, which nothing else is to notice."""

from __future__ import annotations

import gc

import pytest

from saleor_esd_plugin.keys.importing.collector import resting_collector


@pytest.fixture(autouse=True)
def as_it_was():
    was_on = gc.isenabled()
    yield
    (gc.enable if was_on else gc.disable)()


@pytest.mark.parametrize("was_on", [True, False])
def test_it_rests_and_is_afterwards_as_it_was(was_on):
    (gc.enable if was_on else gc.disable)()

    with pytest.raises(KeyError), resting_collector():
        assert not gc.isenabled()
        raise KeyError

    assert gc.isenabled() is was_on
