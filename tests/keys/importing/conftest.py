"""What the tests of large imports share."""

from __future__ import annotations

import pytest


@pytest.fixture
def small_chunks(monkeypatch):
    """Everything counts as large, and a chunk is ten rows."""
    from saleor_esd_plugin.keys.importing import staging

    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    monkeypatch.setattr(staging, "CHUNK", 10)


@pytest.fixture
def take():
    """`take(pool, text_or_lines, commit=True, …)`: what import_key_file gives."""
    from import_files import import_file

    def run(pool, text, commit=True, skus=(), **fields):
        text = text if isinstance(text, str) else "\n".join(text)
        return import_file(pool, text, pool_of_sku=dict(skus).get, commit=commit, **fields)

    return run
