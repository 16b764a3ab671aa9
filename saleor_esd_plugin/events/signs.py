"""Signs of life: when the last sweep ended, which of its steps fail, and since when mails do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Dict, List, Mapping, Optional

from django.db import connection, transaction
from django.utils.dateparse import parse_datetime

from ..host.db import now
from .models import SignsOfLife

_FIRST_FAILURE = """
    INSERT INTO esd_signsoflife AS sign (id, mails_failing_since) VALUES (1, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET mails_failing_since = excluded.mails_failing_since
    WHERE sign.mails_failing_since IS NULL
"""
_SWEPT = """
    INSERT INTO esd_signsoflife (id, swept_at) VALUES (1, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET swept_at = excluded.swept_at
"""
_REMINDED = """
    INSERT INTO esd_signsoflife AS sign (id, reminded_on) VALUES (1, %s)
    ON CONFLICT (id) DO UPDATE SET reminded_on = greatest(sign.reminded_on, excluded.reminded_on)
"""


@dataclass(frozen=True)
class FailingStep:
    """A step of the sweep that failed the last `times` times it ran, `since` then; `error`: types, with commas."""

    step: str
    since: datetime
    times: int
    error: str


def signs_of_life() -> SignsOfLife:
    """As they are; without a row nothing was ever swept, and no mail failed."""
    return SignsOfLife.objects.first() or SignsOfLife()


def failing_steps(signs: SignsOfLife) -> List[FailingStep]:
    """What failed of the last sweep, by name."""
    return [
        FailingStep(step, parse_datetime(told["since"]), told["times"], told["error"])
        for step, told in sorted((signs.failing_steps or {}).items())
    ]


@transaction.atomic
def note_sweep(failed: Optional[Mapping[str, str]] = None) -> None:
    """A sweep has come to its end just now; `failed`: step -> types of its errors. None: it had no steps to do."""
    with connection.cursor() as cursor:
        # Locks the row, for two sweeps at a time.
        cursor.execute(_SWEPT)
    if failed is None:
        return
    before: Dict[str, Dict] = SignsOfLife.objects.get().failing_steps or {}
    moment = now().isoformat()
    failing = {
        step: {
            "since": before.get(step, {}).get("since", moment),
            "times": before.get(step, {}).get("times", 0) + 1,
            "error": error,
        }
        for step, error in failed.items()
    }
    if failing != before:
        SignsOfLife.objects.update(failing_steps=failing)


def note_mail(*, left: bool) -> None:
    """A mail has left the shop, or none could be handed over; what is known already writes nothing."""
    if left:
        SignsOfLife.objects.exclude(mails_failing_since=None).update(mails_failing_since=None)
    elif not SignsOfLife.objects.exclude(mails_failing_since=None).exists():
        with connection.cursor() as cursor:
            cursor.execute(_FIRST_FAILURE)


def note_reminded(day: date) -> None:
    """All reminders of expiries are made that were due until the end of `day`."""
    with connection.cursor() as cursor:
        cursor.execute(_REMINDED, [day])
