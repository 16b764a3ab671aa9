"""The way in for files of any size: few rows at once, many staged, and loaded in the background."""

from __future__ import annotations

from datetime import date
from itertools import chain, islice
from typing import Any, Callable, Optional, Union
from uuid import UUID

from ...conf import settings
from ...errors import Invalid, Required
from ...host.types import Actor
from ..models import KeyImport
from .outliers import NONE_ACCEPTED, Accepted
from .progress import resume_key_import
from .reading import KeyFile
from .routing import PoolOfSku, by_name, into
from .small import ImportReport, KeySource, Progress, clean_origin, import_rows, open_pool
from .staging import Delivery, stage


def import_key_file(
    pool_id: Optional[UUID],
    file: KeyFile,
    *,
    pool_of_sku: PoolOfSku,
    source: KeySource,
    commit: bool,
    skip_invalid: bool = False,
    file_name: str = "",
    supplier: str = "",
    purchase_reference: str = "",
    use_by: Optional[date] = None,
    accepted: Accepted = NONE_ACCEPTED,
    actor: Actor,
    progress: Progress = lambda done, total: None,
    reading: Callable[[int], Any] = lambda read: None,
) -> Union[ImportReport, KeyImport]:
    """The report of a small import, which is through; of a large one the import, which is about to run.

    Large are those of more rows than ESD_IMPORT_AT_ONCE and those whose rows name their pools; then
    `pool_id` must be None. As to the rest see `import_license_keys`; `reading` hears how many rows of a
    large one were read. Content whose import was stopped goes on as that import. Raises Invalid and Required
    for a pool too many or too few as well, and Invalid for content of which a batch was quarantined half-way.
    """
    if file.names_pools and pool_id is not None:
        raise Invalid("The rows of this file name their pools; give no other.", field="pool")
    if not file.names_pools and pool_id is None:
        raise Required("Give a pool, or a file with the column sku or pool.", field="pool")
    origin = clean_origin(file_name, supplier, purchase_reference)
    rows = file.rows
    if pool_id is not None:
        pool = open_pool(pool_id)
        first = list(islice(rows, settings.import_at_once + 1))
        if len(first) <= settings.import_at_once:
            return import_rows(
                pool,
                first,
                source=source,
                commit=commit,
                skip_invalid=skip_invalid,
                use_by=use_by,
                accepted=accepted,
                actor=actor,
                progress=progress,
                **origin,
            )
        rows, route = chain(first, rows), into(pool)
        del first
    else:
        route = by_name(pool_of_sku)
    delivery = Delivery(
        source=source.value,
        is_dry_run=not commit,
        skip_invalid=skip_invalid,
        actor=actor,
        pool_id=pool_id,
        use_by=use_by,
        accepted=accepted,
        **origin,
    )
    taken = stage(rows, route, delivery, reading)
    # The same content was stopped before: that import goes on in place of a new one.
    return resume_key_import(taken.pk, actor=actor) if taken.stopped_at else taken
