"""Files of licenses, keys and verdicts: asking for one, and fetching it once. Rights are looked at both times."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence, Union
from uuid import UUID

from ..errors import DeadLink, EsdError, NotFound
from ..host.types import Actor
from ..keys.errors import KeyringLocked
from ..keys.importing.progress import judged_so_far
from ..keys.importing.reports import csv_pieces
from ..keys.models import KeyBatch, KeyImport, KeyPool
from ..keys.verdicts import ImportVerdict
from ..orders.license_search import LicenseFilter, matching
from . import requests
from .columns import KEY_COLUMNS, LICENSE_COLUMNS, chosen
from .conditions import filter_of, stored_filter
from .csv_files import Source, csv_chunks, header_line
from .key_rows import KeyRows
from .license_rows import LicenseRows
from .models import Export, ExportKind
from .rights import export_scope, require_keys


class Prepared(NamedTuple):
    """The rows as they are for this actor now; `account_id` if they are of one account's members."""

    source: Source
    account_id: Optional[UUID] = None


def export_visible_licenses(
    filter: LicenseFilter,
    *,
    columns: Optional[Sequence[str]],
    is_clear: bool,
    reason: str,
    typed: Optional[Mapping[str, str]] = None,
    actor: Actor,
) -> requests.Issued:
    """A token for the file of the licenses that `filter` finds for the actor; `columns` is None for all.

    `typed` are the texts of the conditions as somebody typed them, if ids among them were: none may be a key.
    Raises Invalid, what `export_scope` and the filter raise, and what `requests.export_licenses` raises.
    """
    wanted = stored_filter(filter)
    prepared = _licenses(actor, filter, columns, is_clear=is_clear)
    return requests.export_licenses(
        prepared.source,
        actor=actor,
        wanted=wanted,
        typed=typed,
        columns=columns,
        is_clear=is_clear,
        reason=reason,
        account_id=prepared.account_id,
    )


def export_keys_of_pool(
    pool_id: UUID,
    *,
    batch_id: Optional[UUID],
    states: Optional[Sequence[str]],
    columns: Optional[Sequence[str]],
    is_clear: bool,
    reason: str,
    actor: Actor,
) -> requests.Issued:
    """A token for the file of the keys of this pool, of one batch and in some states if these are given.

    Raises PermissionRefused, NotFound, Invalid, and what `requests.export_license_keys` raises.
    """
    wanted: Dict[str, Any] = {"pool": str(pool_id)}
    if batch_id is not None:
        wanted["batch"] = str(batch_id)
    if states is not None:
        wanted["states"] = list(states)
    prepared = _keys(actor, wanted, columns, is_clear=is_clear)
    return requests.export_license_keys(
        prepared.source,
        actor=actor,
        wanted=wanted,
        columns=columns,
        is_clear=is_clear,
        reason=reason,
    )


def _licenses(
    actor: Actor, filter: LicenseFilter, columns: Optional[Sequence[str]], *, is_clear: bool
) -> Prepared:
    scope = export_scope(actor, is_clear=is_clear)
    found = scope.licenses.filter(matching(filter, actor))
    names = chosen(columns, LICENSE_COLUMNS, is_clear=is_clear)
    source = LicenseRows(found, names, hints=scope.hints, is_clear=is_clear)
    return Prepared(source, scope.account_id)


def _keys(
    actor: Actor, wanted: Dict[str, Any], columns: Optional[Sequence[str]], *, is_clear: bool
) -> Prepared:
    require_keys(actor, is_clear=is_clear)
    pool = KeyPool.objects.filter(pk=wanted["pool"]).first()
    if pool is None:
        raise NotFound(field="pool")
    batch = wanted.get("batch")
    if batch is not None and not KeyBatch.objects.filter(pk=batch, pool=pool).exists():
        raise NotFound(field="batch")
    names = chosen(columns, KEY_COLUMNS, is_clear=is_clear)
    return Prepared(
        KeyRows(
            pool,
            names,
            batch_id=batch and UUID(batch),
            states=wanted.get("states"),
            is_clear=is_clear,
        )
    )


class File(NamedTuple):
    """A file on its way: its name, and its pieces, of which none was made yet."""

    name: str
    pieces: Iterator[bytes]


def fetch(export: Export, actor: Optional[Actor]) -> File:
    """The file that was asked for, once, if `actor` (who asked, as they are now) still may have it.

    What is recorded is committed before the first piece. Raises DeadLink for whoever may not, or if it was
    fetched meanwhile, KeyringLocked.
    """
    if actor is None:
        raise DeadLink()
    actor = _with_rights_of(export, actor)
    is_of_licenses = export.kind == ExportKind.LICENSES.value
    given = {"is_clear": export.is_clear}
    try:
        if requests.REPORT_OF in export.wanted:
            return _file("license-key-import", export, _report_pieces(export, actor))
        if is_of_licenses:
            prepared = _licenses(actor, filter_of(export.wanted), export.columns, **given)
        else:
            prepared = _keys(actor, export.wanted, export.columns, **given)
    except KeyringLocked:
        raise
    except EsdError:
        raise DeadLink() from None
    if export.is_clear:
        opened = requests.fetch_clear(export, prepared.source, actor=actor)
        pieces = _clear_pieces(prepared.source, opened)
    else:
        requests.fetch_masked(export, actor=actor, account_id=prepared.account_id)
        pieces = csv_chunks(prepared.source)
    return _file("licenses" if is_of_licenses else "license-keys", export, pieces)


def _report_pieces(export: Export, actor: Actor) -> Iterator[bytes]:
    """The verdicts; the token is used up before the first piece.

    Raises PermissionRefused, NotFound if the import was forgotten, DeadLink if it was fetched meanwhile.
    """
    require_keys(actor, is_clear=False)
    pk = export.wanted[requests.REPORT_OF]
    judged: Union[KeyImport, KeyBatch, None] = (
        KeyImport.objects.filter(pk=pk).first() or KeyBatch.objects.filter(pk=pk).first()
    )
    if judged is None:
        raise NotFound()
    requests.fetch_masked(export, actor=actor)
    verdicts = export.wanted.get("verdicts")
    wanted = None if verdicts is None else [ImportVerdict(verdict) for verdict in verdicts]
    return csv_pieces(judged_so_far(judged), wanted)


def _file(noun: str, export: Export, pieces: Iterator[bytes]) -> File:
    return File(f"{noun}-{export.created_at:%Y-%m-%d}.csv", pieces)


def _clear_pieces(source: Source, opened: requests.Opened) -> Iterator[bytes]:
    yield header_line(source)
    yield source.lines(opened.rows, opened.secrets)


def _with_rights_of(export: Export, actor: Actor) -> Actor:
    """The actor with what it holds now of what it held when it asked: a token may have allowed less."""
    held: Iterable[str] = actor.permissions & frozenset(export.permissions)
    return Actor(actor.kind, actor.ref, actor.label, frozenset(held), actor.ip, actor.request_id)
