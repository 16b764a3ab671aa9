"""The way in for files of any size: few rows at once, many staged, and loaded in the background."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain, islice
from typing import Any, Callable, Iterable, Iterator, Optional, Union
from uuid import UUID

from ...conf import settings
from ...errors import Invalid, NotFound, Required
from ..models import KeyImport, KeyPool
from .options import ImportOptions
from .progress import resume_key_import
from .reading import KeyFile, KeyRow
from .reports import ImportReport
from .routing import PoolOfSku, by_name, into
from .small import import_rows
from .staging import stage


def import_key_file(
    pool_id: Optional[UUID],
    file: KeyFile,
    options: ImportOptions,
    *,
    pool_of_sku: PoolOfSku,
    reading: Callable[[int], Any] = lambda read: None,
) -> Union[ImportReport, KeyImport]:
    """The report of a small import, which is through; of a large one the import, which is about to run.

    Large are those of more rows than ESD_IMPORT_AT_ONCE and those whose rows name their pools; then
    `pool_id` must be None. `reading` hears how many rows of a large one were read. The same content again adds
    nothing: a small import answers with the report of the first time, and content whose import was stopped goes
    on as that import.

    Raises NotFound; Invalid for a pool that is archived or generated, for one that the rows name as well, for a
    text that is too long and for content of which a batch was quarantined half-way; Required without any pool;
    KeyringLocked, and what reading the file raises.
    """
    if file.names_pools and pool_id is not None:
        raise Invalid("The rows of this file name their pools; give no other.", field="pool")
    if not file.names_pools and pool_id is None:
        raise Required("Give a pool, or a file with the column sku or pool.", field="pool")
    options = options.cleaned()
    rows = file.rows if options.cost is None else _costing(file.rows, options.cost)
    if pool_id is not None:
        pool = _open_pool(pool_id)
        first = list(islice(rows, settings.import_at_once + 1))
        if len(first) <= settings.import_at_once:
            return import_rows(pool, first, options)
        rows, route = chain(first, rows), into(pool)
        del first
    else:
        route = by_name(pool_of_sku)
    taken = stage(rows, route, pool_id, options, reading)
    # The same content was stopped before: that import goes on in place of a new one.
    return resume_key_import(taken.pk, actor=options.actor) if taken.stopped_at else taken


def _costing(rows: Iterable[KeyRow], cost: Decimal) -> Iterator[KeyRow]:
    for row in rows:
        yield row if row.cost is not None else row._replace(cost=cost)


def _open_pool(pool_id: UUID) -> KeyPool:
    """The pool, if keys may be imported into it. Raises NotFound, Invalid."""
    pool = KeyPool.objects.filter(pk=pool_id).first()
    if pool is None:
        raise NotFound(field="pool")
    if pool.archived_at is not None:
        raise Invalid("The pool is archived; bring it back first.", field="pool")
    if pool.is_generated:
        raise Invalid("The keys of this pool are generated, not imported.", field="pool")
    return pool
