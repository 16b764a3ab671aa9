"""Signs of life: when the last sweep ended, and since when mails fail."""

from __future__ import annotations

from django.db import connection

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


def signs_of_life() -> SignsOfLife:
    """As they are; without a row nothing was ever swept, and no mail failed."""
    return SignsOfLife.objects.first() or SignsOfLife()


def note_sweep() -> None:
    """A sweep has come to its end just now."""
    with connection.cursor() as cursor:
        cursor.execute(_SWEPT)


def note_mail(*, left: bool) -> None:
    """A mail has left the shop, or none could be handed over; what is known already writes nothing."""
    if left:
        SignsOfLife.objects.exclude(mails_failing_since=None).update(mails_failing_since=None)
    elif not SignsOfLife.objects.exclude(mails_failing_since=None).exists():
        with connection.cursor() as cursor:
            cursor.execute(_FIRST_FAILURE)
