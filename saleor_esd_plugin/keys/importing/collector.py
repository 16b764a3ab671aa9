"""Lets Python's cyclic garbage collector rest while a chunk of keys is worked on."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import Iterator


@contextmanager
def resting_collector() -> Iterator[None]:
    """Meanwhile objects that refer to each other in a circle stay; all others are freed as ever.

    The rows of a chunk are many and in no circle, and looking through them again and again takes a sixth of
    an import. Where it was switched off before it stays so.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
