"""What the database refuses by itself, past all our code."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from django.db import DatabaseError, transaction
from factories import table_digest


def refused(change: Callable[[], Any]) -> str:
    """The words with which the database refuses `change`, which has changed nothing."""
    before = table_digest()
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        change()
    assert table_digest() == before
    return str(caught.value).split("\n")[0]
