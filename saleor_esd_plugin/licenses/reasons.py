"""Why a license is suspended, reinstated or cancelled: a table that staff manage (P09, P10, P13)."""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, transaction

from ..errors import Invalid, NotFound, Required
from ..events.changes import changed
from ..events.record import record
from ..events.types import EventType
from ..host.db import now, writing
from ..host.types import Actor
from ..permissions import MANAGE_LICENSES
from ..text import LONGEST_REASON, clean_language, clean_text
from .errors import NoteRequired
from .reason_models import LicenseReason, ReasonAction
from .starter_reasons import STARTER_REASONS

LONGEST_TEXT = 250
FIELDS = ("actions", "needs_note", "texts")
_TABLE = LicenseReason._meta.db_table
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}\Z", re.ASCII)


class GivenReason(NamedTuple):
    """A reason of the table, and what whoever gives it says besides; empty if nothing."""

    code: str
    note: str = ""


def given_reason(code: Optional[str], note: Optional[str], *, action: ReasonAction) -> GivenReason:
    """The reason that somebody gives for an action.

    Raises Required (none), Invalid (not in the table, archived, for other actions; the codes that there are), and
    NoteRequired if this one has to be described (P09).
    """
    note = clean_text(note, field="note", longest=LONGEST_REASON, one_line=True)
    if not code:
        raise Required("Give a reason.", field="reason")
    found = LicenseReason.objects.filter(archived_at=None, actions__contains=[action.value])
    reason = found.filter(code=code).first()
    if reason is None:
        codes = list(found.values_list("code", flat=True))
        raise Invalid(
            f"There is no such reason for this. Choose one of: {', '.join(codes) or 'none yet'}.",
            field="reason",
            reasons=codes,
        )
    if reason.needs_note and not note:
        raise NoteRequired(code)
    return GivenReason(code, note)


def create_license_reason(*, code: str, actor: Actor, **fields: Any) -> LicenseReason:
    """A new row of the table; `fields` are those of `FIELDS`. Raises Required, Invalid (a value, a code that is taken)."""
    if not _CODE.match(code):
        raise Invalid(
            "A code has 2 to 40 capital letters, digits and underscores, and begins with a letter.",
            field="code",
        )
    values = _checked({"actions": (), "texts": {}, **fields})
    try:
        with transaction.atomic():
            reason = LicenseReason(code=code, **values)
            reason.save(force_insert=True)
            _record(EventType.LICENSE_REASON_CREATED, reason, actor, values=_event_data(reason))
    except IntegrityError as error:
        if "code" not in str(error):
            raise
        raise Invalid("There is a reason with this code already.", field="code") from None
    return reason


@transaction.atomic
def update_license_reason(reason_id: UUID, *, actor: Actor, **fields: Any) -> LicenseReason:
    """The reason with the given `fields` (of `FIELDS`) changed; licenses that have it read differently from now on."""
    reason = _lock(reason_id)
    before = _event_data(reason)
    for name, value in _checked(fields).items():
        setattr(reason, name, value)
    changes = changed(before, _event_data(reason))
    if changes:
        reason.save()
        _record(
            EventType.LICENSE_REASON_UPDATED,
            reason,
            actor,
            before={name: change.before for name, change in changes.items()},
            after={name: change.after for name, change in changes.items()},
        )
    return reason


@transaction.atomic
def delete_license_reason(reason_id: UUID, *, actor: Actor) -> LicenseReason:
    """Nobody gives it any more; where it was given it still reads as before."""
    reason = _lock(reason_id)
    reason.archived_at = now()
    reason.save(update_fields=["archived_at"])
    _record(EventType.LICENSE_REASON_DELETED, reason, actor)
    return reason


def add_starter_reasons(using: str = DEFAULT_DB_ALIAS, **signal: Any) -> None:
    """The first reasons of a shop, where there are none: after `migrate`, and after a flush of the database."""
    # Migrated back, there is no such table.
    if using != DEFAULT_DB_ALIAS or _TABLE not in connection.introspection.table_names():
        return
    with writing(), transaction.atomic():
        if not LicenseReason.objects.exists():
            starters = [LicenseReason(**each) for each in STARTER_REASONS]
            LicenseReason.objects.bulk_create(starters, ignore_conflicts=True)


def _lock(reason_id: UUID) -> LicenseReason:
    found = LicenseReason.objects.select_for_update().filter(pk=reason_id, archived_at=None)
    reason = found.first()
    if reason is None:
        raise NotFound()
    return reason


def _checked(fields: Mapping[str, Any]) -> Dict[str, Any]:
    values = dict(fields)
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    if "actions" in values:
        values["actions"] = _actions(values["actions"])
    if "texts" in values:
        values["texts"] = _texts(values["texts"])
    return values


def _actions(given: Sequence[str]) -> Sequence[str]:
    if not given:
        raise Required("Name what it is a reason for.", field="actions")
    return [action for action in ReasonAction.values if action in given]


def _texts(given: Mapping[str, str]) -> Dict[str, str]:
    texts = {}
    for language, text in given.items():
        name = clean_language(language, field="texts")
        if not name:
            raise Required("Name the language of the text.", field="texts")
        texts[name] = clean_text(
            text, field="texts", longest=LONGEST_TEXT, required=True, one_line=True
        )
    if not texts:
        raise Required("Say how it reads to the customer, in one language at least.", field="texts")
    return texts


def _event_data(reason: LicenseReason) -> Dict[str, Any]:
    return {name: getattr(reason, name) for name in FIELDS}


def _record(type: EventType, reason: LicenseReason, actor: Actor, **data: Any) -> None:
    record(type, reason.pk, actor=actor, permission=MANAGE_LICENSES, code=reason.code, **data)
