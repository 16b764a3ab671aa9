"""What the record says is said in words: every event of an order or a license, every kind of mail and its states."""

from __future__ import annotations

import re

import pytest

from saleor_esd_plugin.emails.models import DeliveryKind, DeliveryStatus
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.orders.blockers import REASONS
from saleor_esd_plugin.orders.renewals.models import RenewalProblem
from saleor_esd_plugin.ui import assets

# Told by the state of the mail itself.
WITHOUT_WORDS = {"DELIVERY_FAILED"}
OF_ORDERS = re.compile(r"LICENSE_(?!POLICY|REASON_)|DELIVERY_FAILED|RATE_BLOCKED|WEBHOOK_MISMATCH")


def words_in(script, constant):
    source = (assets.FOLDER / "parts" / script).read_text()
    table = source.partition(f"const {constant} = {{")[2].partition("\n};")[0]
    return set(re.findall(r"^  (\w+):", table, re.M))


def test_every_event_of_an_order_has_words():
    known = words_in("happened.js", "WORDS")

    wanted = {event.name for event in EventType if OF_ORDERS.match(event.name)}
    assert wanted - known == WITHOUT_WORDS
    assert known <= {event.name for event in EventType}


@pytest.mark.parametrize(
    "constant, wanted",
    [
        ("ABOUT", {kind.name for kind in DeliveryKind}),
        # One that had nothing to tell any more is not shown.
        ("STATES", {status.name for status in DeliveryStatus} - {"SUPPRESSED"}),
    ],
)
def test_every_mail_has_words(constant, wanted):
    assert words_in("mails.js", constant) == wanted


@pytest.mark.parametrize(
    "script, constant, wanted",
    [
        ("state.js", "WAITS", set(REASONS)),
        ("state.js", "WAITS_FOR", set(REASONS)),
        ("renewals.js", "PROBLEMS", {problem.name for problem in RenewalProblem}),
    ],
)
def test_everything_that_something_waits_for_has_words(script, constant, wanted):
    assert words_in(script, constant) == wanted
