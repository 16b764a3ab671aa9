"""From what was asked for to the rows of the file: the same when it is asked for and when it is fetched."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Dict, Iterable, Iterator, NamedTuple, Optional, Sequence
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q

from ...errors import DeadLink, EsdError, Invalid, NotFound
from ...exports import requests
from ...exports.columns import KEY_COLUMNS, LICENSE_COLUMNS, chosen
from ...exports.csv_files import Source, csv_chunks, header_line
from ...exports.key_rows import KeyRows
from ...exports.license_rows import LicenseRows
from ...exports.models import Export, ExportKind
from ...exports.rights import require_keys, sight_of
from ...host.types import Actor
from ...keys.errors import KeyringLocked
from ...keys.models import KeyBatch, KeyPool
from ..licenses.filters import LicenseFilterInput, wanted
from .reports import report_pieces

_MOMENTS = ("created_at", "released_at", "expires_at")


class Prepared(NamedTuple):
    """The rows as they are for this actor now; `account_id` if they are of one account's members."""

    source: Source
    account_id: Optional[UUID] = None


def stored_filter(filter: Any) -> Dict[str, Any]:
    """The conditions of a `LicenseFilterInput` as JSON. Raises Invalid for a key: it would have to be kept."""
    given = {name: value for name, value in (filter or {}).items() if value is not None}
    if "key" in given:
        raise Invalid(
            "A file is not filtered by a whole key; use “licenses” for that.", field="filter.key"
        )
    return json.loads(json.dumps(given, cls=_Exact))


class _Exact(DjangoJSONEncoder):
    """Django's cuts moments to milliseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def _filter_of(stored: Dict[str, Any]) -> Any:
    """The opposite of `stored_filter`: what resolvers get for it."""
    values = dict(stored)
    for name in _MOMENTS:
        if name in values:
            values[name] = {
                side: moment and datetime.fromisoformat(moment)
                for side, moment in values[name].items()
            }
    return LicenseFilterInput._meta.container(values)


def licenses_for(
    actor: Actor, stored: Dict[str, Any], columns: Optional[Sequence[str]], *, is_clear: bool
) -> Prepared:
    """The licenses that this filter finds for the actor. Raises what `sight_of` and the filter raise."""
    sight = sight_of(actor, is_clear=is_clear)
    found = sight.licenses.filter(wanted(_filter_of(stored), actor) if stored else Q())
    names = chosen(columns, LICENSE_COLUMNS, is_clear=is_clear)
    source = LicenseRows(found, names, hints=sight.hints, is_clear=is_clear)
    return Prepared(source, sight.account_id)


def keys_for(
    actor: Actor, stored: Dict[str, Any], columns: Optional[Sequence[str]], *, is_clear: bool
) -> Prepared:
    """The keys of this pool. Raises PermissionRefused, NotFound, Invalid."""
    require_keys(actor, is_clear=is_clear)
    pool = KeyPool.objects.filter(pk=stored["pool"]).first()
    if pool is None:
        raise NotFound(field="pool")
    batch = stored.get("batch")
    if batch is not None and not KeyBatch.objects.filter(pk=batch, pool=pool).exists():
        raise NotFound(field="batch")
    names = chosen(columns, KEY_COLUMNS, is_clear=is_clear)
    return Prepared(
        KeyRows(
            pool,
            names,
            batch_id=batch and UUID(batch),
            states=stored.get("states"),
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
    prepare = licenses_for if export.kind == ExportKind.LICENSES.value else keys_for
    try:
        if requests.REPORT_OF in export.wanted:
            return _file("license-key-import", export, report_pieces(export, actor))
        prepared = prepare(actor, export.wanted, export.columns, is_clear=export.is_clear)
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
    noun = "licenses" if export.kind == ExportKind.LICENSES.value else "license-keys"
    return _file(noun, export, pieces)


def _file(noun: str, export: Export, pieces: Iterator[bytes]) -> File:
    return File(f"{noun}-{export.created_at:%Y-%m-%d}.csv", pieces)


def _clear_pieces(source: Source, opened: requests.Opened) -> Iterator[bytes]:
    yield header_line(source)
    yield source.lines(opened.rows, opened.secrets)


def _with_rights_of(export: Export, actor: Actor) -> Actor:
    """The actor with what it holds now of what it held when it asked: a token may have allowed less."""
    held: Iterable[str] = actor.permissions & frozenset(export.permissions)
    return Actor(actor.kind, actor.ref, actor.label, frozenset(held), actor.ip, actor.request_id)
