"""Reminders of expiries: once a day the licenses whose turn it is are found, account by account (M15).

An account is one transaction of one worker. The unique constraint of `Reminder` makes each happen once for all,
whatever dies or runs twice; the day counts as done when there is nothing left to do of it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import get_default_timezone_name

from ..accounts.addresses import as_mailed
from ..advisory import LockClass, try_lock
from ..events import signs
from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import SYSTEM
from ..isolation import each
from ..licenses.models import License
from .languages import choose_language
from .models import Reminder, ReminderStatus
from .opting_out import opted_out_of
from .reminder_rules import SENDING_HOUR, Due, last_sending_day, shop_day

ACCOUNTS_PER_STEP = 2000

_OFFSETS = "SELECT DISTINCT unnest(reminder_offsets) FROM esd_licensepolicy"
# A part per offset, so that the planner sees which days it reads of the index on `expires_at`. What had its turn before
# the present expiry was set is never due, nor is what is suspended when its turn comes.
_DUE = """
SELECT license.id, license.account_id, due_at, {days_before} AS days_before
FROM esd_license license
JOIN esd_licensepolicy policy
    ON policy.id = license.policy_id AND {days_before} = ANY (policy.reminder_offsets)
CROSS JOIN LATERAL (
    SELECT ((license.expires_at AT TIME ZONE %(zone)s)::date - {days_before} + %(hour)s::time)
        AT TIME ZONE %(zone)s AS due_at
) turn
WHERE license.expires_at >= (%(after)s::date + {days_before} + 1)::timestamp AT TIME ZONE %(zone)s
    AND license.expires_at < (%(until)s::date + {days_before} + 1)::timestamp AT TIME ZONE %(zone)s
    AND license.fulfillment IN ('RELEASED', 'ASSIGNED')
    AND (license.suspended_at IS NULL
        OR license.suspension_causes = '{{STAFF}}' AND license.suspended_until <= %(moment)s)
    AND due_at >= coalesce(license.term_set_at, '-infinity')
    AND NOT EXISTS (
        SELECT FROM esd_reminder done
        WHERE done.license_id = license.id AND done.expires_at = license.expires_at
            AND done.days_before = {days_before}
    )
"""
_ACCOUNTS = "SELECT DISTINCT account_id FROM ({due}) due ORDER BY account_id LIMIT %(limit)s"
_OF_ACCOUNT = "SELECT id, due_at, days_before FROM ({due}) due WHERE account_id = %(account)s"


class Turns(NamedTuple):
    """Whose turn it is at `moment`: reminders (`offsets` of policies) of days after `after`, until `until` with it.

    That is more than one day if no worker ran for some time.
    """

    after: date
    until: date
    moment: datetime
    offsets: Tuple[int, ...]


class Reader(NamedTuple):
    """Somebody who is reminded: the address as mails go to it, and the language."""

    address: str
    language: str


def remind_of_expiries() -> int:
    """A step of the sweep: reminders that are due go out, from the sending hour on; of how many licenses.

    If several of one license are due, since no worker ran, the latest goes out and the others are marked as missed.
    The very first time it notes the day and does nothing: what was due before is nobody's news.
    """
    moment = now()
    today, reminded_on = last_sending_day(moment), signs.signs_of_life().reminded_on
    if reminded_on is None:
        signs.note_reminded(today)
        return 0
    # After an outage too nobody is written to at night.
    if reminded_on >= today or today < shop_day(moment):
        return 0
    turns = Turns(reminded_on, today, moment, _offsets())
    accounts = _rows(_ACCOUNTS, turns, limit=ACCOUNTS_PER_STEP)
    if not accounts:
        signs.note_reminded(today)

    def remind_account(account_id: UUID) -> int:
        return _remind_account(account_id, turns)

    return each((account_id for (account_id,) in accounts), remind_account)


def _offsets() -> Tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_OFFSETS)
        return tuple(days_before for (days_before,) in cursor.fetchall())


def readers_of(license: License) -> Dict[str, Reader]:
    """Who is reminded of a license, by address in lower case: its account, and the end customer if that is another address.

    The license comes with its `account` and `end_customer`.
    """
    account, customer = license.account, license.end_customer
    readers = [Reader(as_mailed(account.email), choose_language(account.language))]
    if customer is not None:
        language = choose_language(customer.language, account.language)
        readers.append(Reader(as_mailed(customer.email), language))
    return {reader.address.lower(): reader for reader in reversed(readers) if reader.address}


@transaction.atomic
def _remind_account(account_id: UUID, turns: Turns) -> int:
    # Another worker is at it, or has been: after the lock the rows are read anew.
    if not try_lock(LockClass.REMINDERS, str(account_id)):
        return 0
    due: Dict[UUID, List[Due]] = {}
    for license_id, due_at, days_before in _rows(_OF_ACCOUNT, turns, account=account_id):
        due.setdefault(license_id, []).append(Due(due_at, days_before))
    reminders = list(_reminders(due, turns.moment))
    mailed = [one for one in reminders if one.status == ReminderStatus.MAILED.value]
    if mailed:
        licenses = sorted({str(one.license_id) for one in mailed})
        event_id = record(
            EventType.LICENSE_REMINDED,
            UUID(licenses[0]),
            actor=SYSTEM,
            account_id=account_id,
            licenses=licenses,
        )
        for one in mailed:
            one.event_id = event_id
    Reminder.objects.bulk_create(reminders, batch_size=1000)
    return len(due)


def _reminders(due: Dict[UUID, List[Due]], moment: datetime) -> Iterator[Reminder]:
    """A row per license, reminder and reader."""
    found = License.objects.select_related("account", "end_customer").filter(pk__in=list(due))
    licenses = list(found.order_by("pk"))
    readers = {license.pk: list(readers_of(license)) for license in licenses}
    opted_out = opted_out_of({one for addresses in readers.values() for one in addresses})
    for license in licenses:
        latest = max(due[license.pk])
        for turn in due[license.pk]:
            for address in readers[license.pk] or [""]:
                if not address:
                    status = ReminderStatus.NO_ADDRESS
                elif turn != latest:
                    status = ReminderStatus.MISSED
                elif address in opted_out:
                    status = ReminderStatus.OPTED_OUT
                else:
                    status = ReminderStatus.MAILED
                yield Reminder(
                    license=license,
                    expires_at=license.expires_at,
                    days_before=turn.days_before,
                    address=address,
                    status=status.value,
                    due_at=turn.due_at,
                    created_at=moment,
                )


def _rows(query: str, turns: Turns, **values: Any) -> List[Tuple]:
    parts = [_DUE.format(days_before=f"({days_before})") for days_before in turns.offsets]
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            query.format(due=" UNION ALL ".join(parts)),
            {
                **turns._asdict(),
                **values,
                "zone": get_default_timezone_name(),
                "hour": SENDING_HOUR,
            },
        )
        return cursor.fetchall()
