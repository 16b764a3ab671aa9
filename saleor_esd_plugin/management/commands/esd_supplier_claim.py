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
from ..output import opened_output

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

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--batch", help="id of the batch")
        which.add_argument("--pool", help="name or id of the pool")
        parser.add_argument(
            "--output", default="-", metavar="FILE", help="a new file; - is standard output [-]"
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
        except BrokenOff as error:
            raise CommandError(str(error)) from None

    def _tell(self, count: int) -> None:
        self.stderr.write(f"{count:,} keys written")


def _chosen(batch: Optional[str], pool: Optional[str]) -> Tuple[KeyPool, Optional[UUID]]:
    if batch is not None:
        found = KeyBatch.objects.select_related("pool").filter(pk=_uuid(batch)).first()
        if found is None:
            raise CommandError(f"The batch “{batch}” does not exist.")
        return found.pool, found.pk
    pools = KeyPool.objects.filter(pk=_uuid(pool)) or KeyPool.objects.filter(name=pool)
    if len(pools) != 1:
        problem = "is not unique; give its id" if pools else "does not exist"
        raise CommandError(f"The pool “{pool}” {problem}.")
    return pools[0], None


def _uuid(text: Optional[str]) -> Optional[UUID]:
    try:
        return UUID(text or "")
    except ValueError:
        return None
