"""Suspending and reinstating rows: causes are put on and lifted, and with a stopped clock the term moves (P07, P11)."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple
from uuid import UUID

from django.db import connection, transaction

from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import SYSTEM
from ..isolation import each
from .causes import STAFF, Change, Suspension
from .locks import lock_licenses, take_lock_of_orders
from .models import License, SuspensionCause
from .policies.models import SuspensionClock
from .term_changes import note_movement
from .term_history import Movement

LICENSES_PER_STEP = 500
# Of one order: line id -> unit indexes.
Units = Dict[UUID, List[int]]

_CHANGE = """
UPDATE esd_license SET
    suspension_causes = %(causes)s::varchar[], suspended_at = %(suspended_at)s::timestamptz,
    suspended_until = %(until)s::timestamptz, stopped_until = %(stopped_until)s::timestamptz,
    suspension_reason = CASE WHEN %(has_staff)s THEN suspension_reason END,
    suspension_note = CASE WHEN %(has_staff)s THEN suspension_note END,
    term_set_at = CASE WHEN expires_at > %(since)s AND %(moved_by)s <> interval '0'
        THEN %(moment)s ELSE term_set_at END,
    expires_at = CASE WHEN expires_at > %(since)s
        THEN least(expires_at + %(moved_by)s, '9999-12-31 23:59:59.999999+00') ELSE expires_at END,
    grace_until = CASE WHEN grace_until > %(since)s
        THEN least(grace_until + %(moved_by)s, '9999-12-31 23:59:59.999999+00') ELSE grace_until END,
    retained_until = CASE WHEN retained_until > %(since)s
        THEN least(retained_until + %(moved_by)s, '9999-12-31 23:59:59.999999+00') ELSE retained_until END
WHERE id = ANY (%(ids)s::uuid[])
"""


def suspend_order_licenses(
    license_order_id: UUID, *, cause: SuspensionCause, moment: datetime
) -> Units:
    """Suspend what was released of an order; the units that did not have this cause before.

    Called under the order's lock; the caller records the event.
    """
    others = [
        one for one in _lock_issued(license_order_id) if cause.value not in one.suspension_causes
    ]
    return suspend(others, cause=cause.value, moment=moment)


def reinstate_order_licenses(license_order_id: UUID, *, cause: SuspensionCause) -> Units:
    """Lift this cause; the units that had it. What is suspended for another cause stays so."""
    held = [one for one in _lock_issued(license_order_id) if cause.value in one.suspension_causes]
    return reinstate(held, cause=cause.value, moment=now())


def suspend(
    licenses: Iterable[License], *, cause: str, moment: datetime, until: Optional[datetime] = None
) -> Units:
    """Put a cause on licenses that lack it, and are locked; their units."""
    changes = [
        (
            license,
            Suspension.of(license).with_cause(
                cause,
                moment=moment,
                until=until,
                stops=license.policy.suspension_clock == SuspensionClock.STOPS.value,
            ),
        )
        for license in licenses
    ]
    return _change(changes, moment)


def reinstate(licenses: Iterable[License], *, cause: str, moment: datetime) -> Units:
    """Lift a cause of licenses that have it, and are locked; their units."""
    changes = [
        (license, Suspension.of(license).without_cause(cause, moment=moment))
        for license in licenses
    ]
    return _change(changes, moment)


def end_due(licenses: Sequence[License], *, moment: datetime) -> List[License]:
    """`licenses`, locked, as they are once suspensions whose time is over have ended: each at its own time, with an event.

    A license may be looked at before the sweep has come to it.
    """
    due = [license for license in licenses if Suspension.of(license).is_due(moment)]
    if not due:
        return list(licenses)
    by_order: Dict[Tuple[UUID, datetime], List[License]] = {}
    lines = dict(
        License.objects.filter(pk__in=[license.pk for license in due]).values_list(
            "pk", "order_line__order_id"
        )
    )
    for license in due:
        assert license.suspended_until is not None
        by_order.setdefault((lines[license.pk], license.suspended_until), []).append(license)
    for (order_id, until), those in sorted(by_order.items(), key=lambda item: item[0]):
        units = reinstate(those, cause=STAFF, moment=until)
        record(
            EventType.LICENSE_REINSTATED,
            order_id,
            actor=SYSTEM,
            reason="until",
            order_id=order_id,
            account_id=those[0].account_id,
            cause=STAFF,
            until=until,
            lines=event_units(units),
        )
    return lock_licenses(license.pk for license in licenses)


def end_due_suspensions() -> int:
    """A step of the sweep: suspensions whose time is over are taken note of; how many."""
    due = License.objects.filter(suspended_until__lte=now()).order_by("suspended_until", "pk")
    ids = iter(list(due.values_list("pk", flat=True)[: 20 * LICENSES_PER_STEP]))
    return each(_parts(ids), _end_due_part)


@transaction.atomic
def _end_due_part(ids: List[UUID]) -> int:
    licenses = lock_licenses(ids)
    moment = now()
    found = sum(Suspension.of(license).is_due(moment) for license in licenses)
    end_due(licenses, moment=moment)
    return found


def _parts(ids: Iterator[UUID]) -> Iterator[List[UUID]]:
    return iter(lambda: list(islice(ids, LICENSES_PER_STEP)), [])


def event_units(units: Units) -> Dict[str, List[int]]:
    """Units as an event has them."""
    return {str(line_id): sorted(indexes) for line_id, indexes in units.items()}


def _lock_issued(license_order_id: UUID) -> List[License]:
    # Pending ones too, which may be released next.
    issued = take_lock_of_orders([license_order_id])
    return end_due(lock_licenses(issued), moment=now())


def _change(changes: Iterable[Tuple[License, Change]], moment: datetime) -> Units:
    """Write the changes, which come about at `moment`, one statement for all that are alike; the units of all."""
    alike: Dict[Change, List[License]] = {}
    for license, change in changes:
        alike.setdefault(change, []).append(license)
    units: Units = {}
    for change, licenses in alike.items():
        after = change.after
        values = {
            "causes": list(after.causes),
            "suspended_at": after.since,
            "until": after.until,
            "stopped_until": after.stopped_until,
            "has_staff": STAFF in after.causes,
            "since": change.since,
            "moved_by": change.moved_by,
            "moment": moment,
            "ids": [str(license.pk) for license in licenses],
        }
        with connection.cursor() as cursor:
            cursor.execute(_CHANGE, values)
        if change.since is not None and change.moved_by:
            movement = Movement(change.since, change.moved_by)
            note_movement([license.pk for license in licenses], movement, moment=moment)
        for license in licenses:
            units.setdefault(license.order_line_id, []).append(license.unit_index)
    return units
