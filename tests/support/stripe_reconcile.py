"""`esd_stripe_reconcile` as operators run it, and what it prints."""

from __future__ import annotations

from io import StringIO

import factories
import pytest
from django.core.management import CommandError, call_command


def reconcile(*options, since="7d"):
    """What the command prints, as `{"asked": 3, …}`, and its other lines; no key is among it."""
    out = StringIO()
    try:
        call_command("esd_stripe_reconcile", "--since", since, *options, stdout=out, stderr=out)
    finally:
        assert "standin" not in out.getvalue()
    return summary(out.getvalue())


def summary(text):
    """The same of a text that it has printed."""
    counts, lines = {}, []
    for line in text.splitlines():
        name, _, number = line.strip().rpartition(" ")
        if line.startswith("  ") and number.replace(",", "").isdigit():
            counts[name] = int(number.replace(",", ""))
        else:
            lines.append(line)
    return counts, lines


def refused(*options, **how):
    """What the command says when it gives up, after it was made sure that no row changed."""
    before = factories.table_digest()
    with pytest.raises(CommandError) as failure:
        reconcile(*options, **how)
    assert factories.table_digest() == before
    return str(failure.value)
