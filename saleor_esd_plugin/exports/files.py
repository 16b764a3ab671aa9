"""Files of licenses, keys and verdicts: asking for one, and fetching it once. Rights are looked at both times."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence, Union
from uuid import UUID

from django.db.models import QuerySet

from ..errors import DeadLink, EsdError, Invalid, NotFound
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
from .csv_files import CSV_CONTENT, TEXT_CONTENT, Source, csv_chunks, header_line
from .key_rows import KeyRows
from .license_rows import LicenseRows
from .models import Export, ExportKind
from .rights import OF_THE_SHOP, Whose, export_scope, require_keys


class Prepared(NamedTuple):
    """The rows as they are for this actor now, and whose file it is."""

    source: Source
    whose: Whose = OF_THE_SHOP


def export_visible_licenses(
    filter: LicenseFilter,
    *,
    columns: Optional[Sequence[str]],
    is_clear: bool,
    reason: str,
    as_text: bool = False,
    typed: Optional[Mapping[str, str]] = None,
    actor: Actor,
) -> requests.Issued:
    """A token for the file of the licenses that `filter` finds for the actor; `columns` is None for all.

    `as_text` it holds the keys in clear, one per line, and nothing else. `typed` are the texts of the
    conditions as somebody typed them, if ids among them were: none may be a key. Raises Invalid, what
    `export_scope` and the filter raise, and what `requests.export_licenses` raises; for members in clear
    NotFound, if there is no key for them, and Invalid for licenses of several accounts.
    """
    wanted = stored_filter(filter)
    if as_text:
        if not is_clear:
            raise Invalid(
                "A text file holds keys in clear; ask for them, or for CSV.", field="format"
            )
        if columns:
            raise Invalid("A text file has no columns.", field="columns")
        wanted[requests.AS_TEXT], columns = True, []
    prepared = _licenses(actor, filter, columns, is_clear=is_clear)
    return requests.export_licenses(
        prepared.source,
        actor=actor,
        wanted=wanted,
        typed=typed,
        columns=columns,
        is_clear=is_clear,
        reason=reason,
        whose=prepared.whose,
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
    return Prepared(source, _one_owner(found) if is_clear and scope.whose.is_owner else scope.whose)


def _one_owner(licenses: QuerySet) -> Whose:
    """Whose keys a member takes away: of one account, so that its history tells of all of them.

    Raises NotFound if there is none, Invalid for several accounts.
    """
    both = licenses.order_by().values_list("account_id", "order_line__order_id").distinct()
    # Of more than a file may have it does not matter whose they are: they are refused.
    found = list(both[: requests.MOST_CLEAR + 1])
    if not found:
        raise NotFound(field="filter")
    accounts, orders = map(set, zip(*found))
    if len(accounts) > 1:
        raise Invalid(
            "Keys in clear are of one account at a time: name it.", field="filter.account"
        )
    return Whose(accounts.pop(), orders.pop() if len(orders) == 1 else None, is_owner=True)


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
    content_type: str = CSV_CONTENT


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
            conditions = requests.conditions_of(export)
            prepared = _licenses(actor, filter_of(conditions), export.columns, **given)
        else:
            prepared = _keys(actor, export.wanted, export.columns, **given)
    except KeyringLocked:
        raise
    except EsdError:
        raise DeadLink() from None
    noun = "licenses" if is_of_licenses else "license-keys"
    if not export.is_clear:
        requests.fetch_masked(export, actor=actor, account_id=prepared.whose.account_id)
        return _file(noun, export, csv_chunks(prepared.source))
    opened = requests.fetch_clear(export, prepared.source, actor=actor, whose=prepared.whose)
    if requests.AS_TEXT in export.wanted:
        return _file("license-keys", export, _key_lines(opened), TEXT_CONTENT)
    return _file(noun, export, _clear_pieces(prepared.source, opened))


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


def _file(
    noun: str, export: Export, pieces: Iterator[bytes], content_type: str = CSV_CONTENT
) -> File:
    extension = "txt" if content_type == TEXT_CONTENT else "csv"
    return File(f"{noun}-{export.created_at:%Y-%m-%d}.{extension}", pieces, content_type)


def _clear_pieces(source: Source, opened: requests.Opened) -> Iterator[bytes]:
    yield header_line(source)
    yield source.lines(opened.rows, opened.secrets)


def _key_lines(opened: requests.Opened) -> Iterator[bytes]:
    yield b"".join(key + b"\n" for key in opened.secrets.reveal() if key)


def _with_rights_of(export: Export, actor: Actor) -> Actor:
    """The actor with what it holds now of what it held when it asked: a token may have allowed less."""
    held: Iterable[str] = actor.permissions & frozenset(export.permissions)
    return Actor(actor.kind, actor.ref, actor.label, frozenset(held), actor.ip, actor.request_id)
