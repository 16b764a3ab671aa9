"""Importing through the plugin, whole: the file is read, staged and loaded; and the raw statement beside it."""

from __future__ import annotations

import io
from typing import Any, Callable, List, Tuple

from factories import STAFF, make_pool

from benchmarks.key_files import new_keys, use_ring
from benchmarks.measure import REPETITIONS
from benchmarks.raw import RawImport
from saleor_esd_plugin.events import record
from saleor_esd_plugin.keys.importing.intake import import_key_file
from saleor_esd_plugin.keys.importing.loading import run_import
from saleor_esd_plugin.keys.importing.options import ImportOptions, KeySource
from saleor_esd_plugin.keys.importing.reading import open_keys
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.keys.ring.keyring import verified_keyring


def import_file(pool: KeyPool, file: Any) -> None:
    """All rows of this binary file, a key each, are for sale."""
    options = ImportOptions(source=KeySource.COMMAND, commit=True, skip_invalid=True, actor=STAFF)
    key_import = import_key_file(pool.pk, open_keys(file), options, pool_of_sku=lambda sku: None)
    assert run_import(key_import.pk).outcome == "IMPORTED"


def through_plugin_and_raw(count: int) -> Tuple[Callable[[], None], Callable[[], None]]:
    """Both import so many keys, as often as `compare` calls them."""
    use_ring()
    # The ring's checks come before the raw statement's rows, which are under the same numbers.
    verified_keyring()
    # Who is told of a chunk, and what they do then, is another benchmark.
    record._wake = lambda event_id: None
    pool, raw = make_pool(), RawImport(make_pool())
    # Made before the clock is read.
    made: List[List[str]] = [new_keys(count) for _ in range(2 * REPETITIONS)]
    return (
        lambda: import_file(pool, io.BytesIO("\n".join(made.pop()).encode())),
        lambda: raw(made.pop()),
    )
