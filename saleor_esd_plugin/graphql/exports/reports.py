"""The verdicts of an import as a file."""

from __future__ import annotations

from typing import Iterator, Union
from uuid import UUID

from ...errors import NotFound
from ...exports.models import Export
from ...exports.requests import REPORT_OF, fetch_masked
from ...exports.rights import require_keys
from ...host.types import Actor
from ...keys.importing.progress import judged_so_far
from ...keys.importing.reports import csv_pieces
from ...keys.models import KeyBatch, KeyImport
from ...keys.verdicts import ImportVerdict
from ..ids import find_or_none


def find_judged(global_id: str) -> UUID:
    """The import, or a small import's batch, that this id of either is about. Raises NotFound."""
    key_import = find_or_none(KeyImport.objects.all(), global_id, "LicenseKeyImport")
    if key_import is not None:
        return key_import.pk
    batch = find_or_none(KeyBatch.objects.all(), global_id, "LicenseKeyBatch")
    if batch is None:
        raise NotFound()
    return batch.key_import_id or batch.pk


def report_pieces(export: Export, actor: Actor) -> Iterator[bytes]:
    """The file; its token is used up before the first piece.

    Raises PermissionRefused, NotFound if the import was forgotten, DeadLink if it was fetched meanwhile.
    """
    require_keys(actor, is_clear=False)
    pk = export.wanted[REPORT_OF]
    judged: Union[KeyImport, KeyBatch, None] = (
        KeyImport.objects.filter(pk=pk).first() or KeyBatch.objects.filter(pk=pk).first()
    )
    if judged is None:
        raise NotFound()
    fetch_masked(export, actor=actor)
    verdicts = export.wanted.get("verdicts")
    wanted = None if verdicts is None else [ImportVerdict(verdict) for verdict in verdicts]
    return csv_pieces(judged_so_far(judged), wanted)
