"""Cells that PostgreSQL protects as `keys.cells` does, for files of millions of rows; COPY puts quotes around them."""

from __future__ import annotations

from typing import Dict

from ..keys.cells import PROTECT

# What the expressions below ask for, by name. The pattern means the same in Python.
PATTERNS: Dict[str, str] = {"protect": PROTECT.pattern}


def written(text: str) -> str:
    """The cell of what people wrote: nobody's formula, NULL if it is empty."""
    # COPY would write an empty text as two quotes.
    return f"nullif(regexp_replace({text}, %(protect)s, '''', 'g'), '')"
