"""Lists the quarantined keys of a delivery or a pool for their supplier."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, Optional, Tuple
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from ...exports.csv_files import BrokenOff, csv_chunks
from ...exports.key_rows import KeyRows, KeyState
from ...host.db import writing
from ...keys.models import KeyBatch, KeyPool
from ..output import opened_output, tell
from ..records import find_pool, uuid_of

# Whose license a key was on is not the supplier's business.
COLUMNS = (
    "KEY_MASK",
    "BATCH",
    "SUPPLIER",
    "PURCHASE_REFERENCE",
    "QUARANTINED_AT",
    "QUARANTINE_REASON",
)


class Command(BaseCommand):
    help = (
        "Writes the quarantined keys of a batch or a pool as CSV, for the supplier: masked keys, batch,"
        " purchase reference, date and reason. Changes nothing."
    )

    # How many rows the file has so far.
    _written = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            "--batch", metavar="ID", help="the batch, as the API or the import named it"
        )
        which.add_argument("--pool", metavar="NAME_OR_ID", help="all batches of this pool")
        parser.add_argument(
            "--output",
            default="-",
            metavar="FILE",
            help="a new file, readable for you alone; - is standard output [-]",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with writing():
            pool, batch_id = _chosen(options["batch"], options["pool"])
        rows = KeyRows(pool, COLUMNS, batch_id=batch_id, states=[KeyState.QUARANTINED.value])
        pieces = csv_chunks(rows, told=self._tell)
        try:
            with opened_output(options["output"]) as file:
                for piece in pieces:
                    file.write(piece)
            if not self._written:
                tell(self.stderr, "No key is quarantined there; the file has its first line only.")
        except BrokenOff as error:
            raise CommandError(str(error)) from None

    def _tell(self, count: int) -> None:
        self._written = count
        tell(self.stderr, f"{count:,} keys written")


def _chosen(batch: Optional[str], pool: str) -> Tuple[KeyPool, Optional[UUID]]:
    if batch is not None:
        found = (
            KeyBatch.objects.select_related("pool")
            .filter(pk=uuid_of(batch, "LicenseKeyBatch"))
            .first()
        )
        if found is None:
            raise CommandError(f"The batch “{batch}” does not exist.")
        return found.pool, found.pk
    return find_pool(pool), None
