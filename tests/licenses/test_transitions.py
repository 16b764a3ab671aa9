"""The table of transitions, as docs/statuses.md shows it to staff."""

from __future__ import annotations

from saleor_esd_plugin.licenses.rules import Lifecycle
from saleor_esd_plugin.licenses.transitions import BY_THE_CLOCK, TRANSITIONS, Action
from tools.console import ROOT

PAGE = ROOT / "docs" / "statuses.md"


def table() -> str:
    """The table in Markdown: a row per state, a column per action."""
    head = ["From", *(action.label for action in Action)]
    rows = [head, ["---"] * len(head)]
    for state in Lifecycle:
        found = (TRANSITIONS[action].get(state, "") for action in Action)
        rows.append([f"`{state.value}`", *map(_cell, found)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _cell(after: str) -> str:
    return after if after in ("", BY_THE_CLOCK) else f"`{after}`"


def test_the_page_shows_the_table_of_the_code():
    assert table() in PAGE.read_text()


def test_a_cancelled_license_is_final():
    """P08."""
    assert not any(Lifecycle.CANCELLED in states for states in TRANSITIONS.values())
