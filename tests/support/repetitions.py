"""How often a test repeats what only makes a fault more likely to show; ESD_RACES=2000 makes it a long run."""

from __future__ import annotations

import os

IS_LONG = "ESD_RACES" in os.environ


def repetitions(base: int) -> int:
    """So many, or as many as ESD_RACES says if these are more."""
    return max(base, int(os.environ.get("ESD_RACES", base)))
