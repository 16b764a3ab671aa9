"""Asking for a file, and fetching it once: the token, its ten minutes, and what is recorded of both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence
from uuid import UUID

from django.db import transaction

from ..errors import DeadLink, Invalid, RateLimited
from ..events.record import record
from ..events.throttle import HOUR, throttle
from ..events.types import EventType
from ..host import shop
from ..host.db import now
from ..host.types import Actor
from ..keys.secret import SecretKeys
from ..licenses.bulk_decryption import id_of, open_sealed, require_open_ring
from ..permissions import REVEAL_LICENSE_KEYS
from ..text import SHORTEST_REASON, clean_reason
from ..tokens import is_token, new_token, token_hash
from .conditions import refuse_keys
from .csv_files import Row, Source
from .models import Export, ExportKind
from .rights import OF_THE_SHOP, Whose

PATH = "/plugins/global/esd/export/?token="
LIFETIME = timedelta(minutes=10)
MOST_CLEAR = 500
CLEAR_LIMITS = ((3, HOUR),)
RULE = "export_clear"
# In `Export.wanted`: the import or batch whose report is wanted.
REPORT_OF = "report_of"
# In it as well: the keys, one per line, instead of CSV.
AS_TEXT = "as_text"
_ROWS_AT_ONCE = 1_000


class Issued(NamedTuple):
    """What was asked for and the token to fetch it with, in this answer only."""

    export: Export
    token: str

    @property
    def url(self) -> str:
        """Where the file can be fetched: a page with a button."""
        return shop.absolute_url(PATH) + self.token


def export_licenses(
    source: Source,
    *,
    actor: Actor,
    wanted: Dict[str, Any],
    typed: Optional[Mapping[str, str]] = None,
    **what: Any,
) -> Issued:
    """A token for the file of these licenses; see `_issue`.

    Raises Invalid for a key among the conditions, or among their texts as they were `typed`.
    """
    refuse_keys(wanted if typed is None else typed, actor)
    return _issue(ExportKind.LICENSES, source, actor=actor, wanted=wanted, **what)


def export_license_keys(source: Source, *, actor: Actor, **what: Any) -> Issued:
    """A token for the file of these keys; see `_issue`."""
    return _issue(ExportKind.KEYS, source, actor=actor, **what)


def export_import_report(
    report_of: UUID, *, actor: Actor, verdicts: Optional[Sequence[str]] = None
) -> Issued:
    """A token for the verdicts (None: all) of this import or batch; who calls has looked whether the actor may."""
    wanted: Dict[str, Any] = {REPORT_OF: str(report_of)}
    if verdicts is not None:
        wanted["verdicts"] = list(verdicts)
    return _note_request(ExportKind.KEYS, actor, wanted, None, False, "", OF_THE_SHOP)


def _issue(
    kind: ExportKind,
    source: Source,
    *,
    actor: Actor,
    wanted: Dict[str, Any],
    columns: Optional[Sequence[str]],
    is_clear: bool = False,
    reason: str = "",
    whose: Whose = OF_THE_SHOP,
) -> Issued:
    """A token that fetches the file once within ten minutes; the row keeps its SHA-256.

    The caller has looked whether the actor may. `source` is the file as it would be now. In clear it needs
    a reason of staff (at least 10 characters) and holds at most 500 rows, three times an hour. Raises
    ReasonRequired, Invalid, RateLimited (that refusal leaves an event), KeyringLocked.
    """
    reason = clean_reason(
        reason, shortest=SHORTEST_REASON if is_clear and not whose.is_owner else 0
    )
    if is_clear:
        if len(source.read(None, MOST_CLEAR + 1)) > MOST_CLEAR:
            raise Invalid(
                f"A file in clear holds at most {MOST_CLEAR} rows; ask for fewer, or for a masked one.",
                field="filter",
                most=MOST_CLEAR,
            )
        require_open_ring()
    try:
        return _note_request(kind, actor, wanted, columns, is_clear, reason, whose)
    except RateLimited as error:
        with transaction.atomic():
            seconds = error.params["seconds"]
            # Of nothing that exists: what was asked for was not made.
            record(
                EventType.RATE_BLOCKED,
                UUID(int=0),
                actor=actor,
                order_id=whose.order_id,
                account_id=whose.account_id,
                rule="export",
                seconds=seconds,
            )
        raise


@transaction.atomic
def _note_request(
    kind: ExportKind,
    actor: Actor,
    wanted: Dict[str, Any],
    columns: Optional[Sequence[str]],
    is_clear: bool,
    reason: str,
    whose: Whose,
) -> Issued:
    if is_clear:
        throttle(RULE, f"{actor.kind}:{actor.ref}", CLEAR_LIMITS)
    moment = now()
    token = new_token()
    export = Export.objects.create(
        kind=kind.value,
        is_clear=is_clear,
        wanted=wanted,
        columns=None if columns is None else list(columns),
        reason=reason,
        actor_kind=actor.kind,
        actor_ref=actor.ref,
        permissions=sorted(actor.permissions),
        token_hash=token_hash(token),
        created_at=moment,
        expires_at=moment + LIFETIME,
    )
    record(
        EventType.EXPORT_REQUESTED,
        export.pk,
        actor=actor,
        reason=reason,
        permission=REVEAL_LICENSE_KEYS if is_clear and not whose.is_owner else "",
        order_id=whose.order_id,
        account_id=whose.account_id,
        clear=is_clear,
        **_event_data(kind.value, wanted),
    )
    return Issued(export, token)


def conditions_of(export: Export) -> Dict[str, Any]:
    """Which rows are wanted, of a file of licenses."""
    return {name: value for name, value in export.wanted.items() if name != AS_TEXT}


def find_export(token: Any) -> Optional[Export]:
    """What a usable token fetches, or None; uses nothing up, however often."""
    if not is_token(token):
        return None
    return Export.objects.filter(
        token_hash=token_hash(token), used_at=None, expires_at__gt=now()
    ).first()


@transaction.atomic
def fetch_masked(export: Export, *, actor: Actor, account_id: Optional[UUID] = None) -> None:
    """Uses the token up and records it; what follows may leave. Raises DeadLink if it was used meanwhile."""
    _use(export)
    record(
        EventType.EXPORT_DOWNLOADED,
        export.pk,
        actor=actor,
        account_id=account_id,
        **_event_data(export.kind, export.wanted),
    )


class Opened(NamedTuple):
    """The rows of a file in clear and their keys, of which those are missing that could not be opened."""

    rows: List[Row]
    secrets: SecretKeys


def fetch_clear(
    export: Export, source: Source, *, actor: Actor, whose: Whose = OF_THE_SHOP
) -> Opened:
    """Opens the keys, which count as revealed, and uses the token up: one event, before anything leaves.

    Raises DeadLink if it was used meanwhile or more than 500 rows are there by now, KeyringLocked.
    """
    # First: a locked ring must not use the token up.
    require_open_ring()
    with transaction.atomic():
        _use(export)
        rows = source.read(None, MOST_CLEAR + 1)
        if len(rows) > MOST_CLEAR:
            raise DeadLink()
        sealed = list(source.sealed(rows))
        found = open_sealed(sealed, moment=now())
        opened = [id_of(key) for key, secret in zip(sealed, found) if key and secret is not None]
        record(
            EventType.EXPORT_REVEALED,
            export.pk,
            actor=actor,
            reason=export.reason,
            permission="" if whose.is_owner else REVEAL_LICENSE_KEYS,
            order_id=whose.order_id,
            account_id=whose.account_id,
            **_event_data(export.kind, export.wanted),
            rows=len(rows),
            keys=[str(key_id) for key_id in opened],
        )
        return Opened(rows, found)


@transaction.atomic
def note_export(
    kind: ExportKind, *, actor: Actor, wanted: Dict[str, Any], is_clear: bool, reason: str = ""
) -> UUID:
    """The event of a file that is made in the shell, without a limit, before its first byte.

    In clear the keys count as revealed, chunk by chunk, before they are written.
    """
    export_id = Export().pk
    record(
        EventType.EXPORT_REVEALED if is_clear else EventType.EXPORT_DOWNLOADED,
        export_id,
        actor=actor,
        reason=reason,
        **_event_data(kind.value, wanted),
    )
    return export_id


def forget_old_exports() -> int:
    """Delete what can be fetched no more, at most 1,000 rows; how many. Events tell what was."""
    old = Export.objects.filter(expires_at__lt=now()).order_by("expires_at")
    some = list(old.values_list("pk", flat=True)[:_ROWS_AT_ONCE])
    return Export.objects.filter(pk__in=some).delete()[0]


def _event_data(kind: str, wanted: Dict[str, Any]) -> Dict[str, Any]:
    """What an event says of a file. Of licenses which conditions there were: what was searched for may be a person."""
    if REPORT_OF in wanted:
        return {"of": "REPORT", **wanted}
    if kind == ExportKind.KEYS.value:
        return {"of": kind, **wanted}
    return {"of": kind, "conditions": sorted(set(wanted) - {AS_TEXT})}


def _use(export: Export) -> None:
    moment = now()
    usable = Export.objects.filter(pk=export.pk, used_at=None, expires_at__gt=moment)
    if not usable.order_by().update(used_at=moment):
        raise DeadLink()
