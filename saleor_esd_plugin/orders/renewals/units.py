"""Renewals that are bought: which licenses the units of a renewal line are for, when each is renewed, and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable, List, Sequence
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from ...errors import Invalid
from ...events.types import EventType
from ...host.db import now
from ...host.types import Actor
from ...licenses.lifecycle import end_due
from ...licenses.locks import lock_licenses
from ...licenses.models import License
from ...licenses.renewal import Renewal, record_terms, renewal_of
from ...licenses.rules import Lifecycle
from ...licenses.term_changes import undo_changes, write_terms
from ...licenses.transitions import Action, refused_state
from ..audit import record_of_order
from ..models import LicenseOrder, LicenseOrderLine
from .models import LicenseRenewal, RenewalProblem

# Of those that have not ended.
_WAITS = Q(term_change=None, problem="")
_RENEWED = Q(term_change__isnull=False)
_PROBLEMS = {
    Lifecycle.CANCELLED.value: RenewalProblem.CANCELLED,
    Lifecycle.LAPSED.value: RenewalProblem.LAPSED,
}


def live_renewals(lines: Iterable[LicenseOrderLine]) -> "QuerySet[LicenseRenewal]":
    """The units of these renewal lines for which a license is named, in the order of their naming."""
    ids = [line.pk for line in lines if line.is_renewal]
    return LicenseRenewal.objects.filter(order_line__in=ids, ended_at=None).order_by("pk")


def waiting_renewals() -> "QuerySet[LicenseRenewal]":
    """Units for which a license is named that is not renewed yet."""
    return LicenseRenewal.objects.filter(_WAITS, ended_at=None)


def renewed() -> "QuerySet[LicenseRenewal]":
    """Units whose license is renewed."""
    return LicenseRenewal.objects.filter(_RENEWED, ended_at=None)


def has_undone(lines: Iterable[LicenseOrderLine]) -> bool:
    """Whether a unit of these lines had renewed a license, and that was taken back."""
    ended = LicenseRenewal.objects.exclude(ended_at=None)
    return ended.filter(_RENEWED, order_line__in=lines).exists()


def count_renewals(lines: Iterable[LicenseOrderLine]) -> Dict[UUID, Dict[str, int]]:
    """Renewal line -> how many of its units are `renewed`, and how many `wait` with a license that is named."""
    rows = live_renewals(lines).order_by().values("order_line_id")
    counted = rows.annotate(renewed=Count("pk", filter=_RENEWED), waits=Count("pk", filter=_WAITS))
    return {row["order_line_id"]: row for row in counted}


def licenses_to_lock(lines: Iterable[LicenseOrderLine]) -> List[UUID]:
    """The licenses that these lines renew, or will; whoever locks others of the order too locks all by id."""
    return list(live_renewals(lines).values_list("license_id", flat=True))


def problem_of(license: License, line: LicenseOrderLine, *, moment: datetime) -> str:
    """Why the license cannot be renewed by a unit of the line at this moment; empty if it can."""
    state = refused_state(Action.RENEW, license, moment)
    if state:
        return _PROBLEMS.get(state, RenewalProblem.NOT_BEGUN).value
    if license.expires_at is None:
        return RenewalProblem.PERPETUAL.value
    try:
        renewal_by(line, license, moment=moment)
    except Invalid:
        return RenewalProblem.SHORT_TERM.value
    return ""


def renewal_by(line: LicenseOrderLine, license: License, *, moment: datetime) -> Renewal:
    """What a unit of the line gives the license. Raises as `renewal_of`."""
    return renewal_of(license, term=line.policy.term, moment=moment)


def name_licenses(
    line: LicenseOrderLine, problems: Dict[License, str], *, moment: datetime
) -> List[LicenseRenewal]:
    """These licenses are what units of the line renew; those with a problem wait for staff. Nothing is renewed yet."""
    # Each takes a lock of its license, so by id.
    return LicenseRenewal.objects.bulk_create(
        LicenseRenewal(order_line=line, license=license, named_at=moment, problem=problem)
        for license, problem in sorted(problems.items(), key=lambda item: item[0].pk)
    )


def renew_approved(order: LicenseOrder, lines: Iterable[LicenseOrderLine], *, actor: Actor) -> None:
    """Renew as many named licenses of these renewal lines as are approved, each once. Again renews none.

    Called for what may be released. What cannot be renewed any more waits for staff, who get to know of it.
    """
    refused: Dict[str, str] = {}
    for line in lines:
        rows = live_renewals([line])
        free = line.approved - rows.filter(_RENEWED).count()
        waiting = list(rows.filter(_WAITS)[: max(0, free)])
        if waiting:
            refused.update(_renew(order, line, waiting, actor))
    if refused:
        record_of_order(
            EventType.LICENSE_ORDER_RENEWALS_REFUSED, order, actor=actor, licenses=refused
        )


def _renew(
    order: LicenseOrder, line: LicenseOrderLine, renewals: Sequence[LicenseRenewal], actor: Actor
) -> Dict[str, str]:
    """Renew the license of each of these; those that cannot be renewed, with their problem."""
    licenses = lock_licenses(renewal.license_id for renewal in renewals)
    # After the lock: retention may have ended while it was waited for.
    moment = now()
    by_id = {license.pk: license for license in end_due(licenses, moment=moment)}
    refused: Dict[str, str] = {}
    possible: List[LicenseRenewal] = []
    for renewal in renewals:
        renewal.problem = problem_of(by_id[renewal.license_id], line, moment=moment)
        if renewal.problem:
            refused[str(renewal.license_id)] = renewal.problem
            renewal.save(update_fields=["problem"])
        else:
            possible.append(renewal)
    terms = [
        renewal_by(line, by_id[renewal.license_id], moment=moment).of(by_id[renewal.license_id])
        for renewal in possible
    ]
    for renewal, change in zip(possible, write_terms(terms, moment=moment)):
        renewal.term_change = change
        renewal.save(update_fields=["term_change"])
    record_terms(
        EventType.LICENSE_RENEWED, terms, order_id=order.pk, order_line=str(line.pk), actor=actor
    )
    return refused


def keep_renewals(
    order: LicenseOrder, line: LicenseOrderLine, most: int, *, reason: str, actor: Actor
) -> None:
    """So many of the licenses that the line names stay: what is renewed, then what waits, by its naming; last what has
    a problem. The others leave. Their licenses are locked."""
    named = live_renewals([line]).select_related("term_change")
    found = sorted(named, key=lambda one: (not one.is_renewed, bool(one.problem), one.pk))
    if found[most:]:
        end_renewals(order, found[most:], reason=reason, actor=actor)


def end_renewals(
    order: LicenseOrder, renewals: Sequence[LicenseRenewal], *, reason: str, actor: Actor
) -> None:
    """These units leave: what is named is named no more, what is renewed gets its earlier term back, and nothing else.

    Their licenses are locked. The term is as if that renewal had never been; what others gave stays.
    """
    moment = now()
    LicenseRenewal.objects.filter(pk__in=[one.pk for one in renewals]).update(ended_at=moment)
    changes = [one.term_change for one in renewals if one.term_change is not None]
    if changes:
        terms = undo_changes(changes, moment=moment)
        record_terms(
            EventType.LICENSE_RENEWAL_UNDONE, terms, order_id=order.pk, reason=reason, actor=actor
        )
