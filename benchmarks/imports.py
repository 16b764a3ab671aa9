"""Importing through the plugin, whole: the file is read, staged and loaded."""

from __future__ import annotations

from typing import Any

from factories import STAFF

from saleor_esd_plugin.keys.importing.intake import import_key_file
from saleor_esd_plugin.keys.importing.loading import run_import
from saleor_esd_plugin.keys.importing.reading import open_keys
from saleor_esd_plugin.keys.importing.small import KeySource
from saleor_esd_plugin.keys.models import KeyPool


def import_file(pool: KeyPool, file: Any) -> None:
    """All rows of this binary file, a key each, are for sale."""
    key_import = import_key_file(
        pool.pk,
        open_keys(file),
        pool_of_sku=lambda sku: None,
        source=KeySource.COMMAND,
        commit=True,
        skip_invalid=True,
        actor=STAFF,
    )
    assert run_import(key_import.pk).outcome == "IMPORTED"
