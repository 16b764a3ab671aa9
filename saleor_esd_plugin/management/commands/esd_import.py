from __future__ import annotations

import os
import sys
from datetime import date
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from ...errors import EsdError
from ...host.types import SYSTEM
from ...keys.importing import ImportReport, KeySource, import_license_keys
from ...keys.models import KeyPool
from ...keys.reading import MOST_BYTES


class Command(BaseCommand):
    help = (
        "Check a file of license keys (one per line, or CSV with a header: key, use_by, note) and, with"
        " --commit, put them into a pool. Prints row numbers and verdicts, never a key."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", help="path of the file; - reads standard input")
        parser.add_argument("--pool", required=True, help="name or id of the pool")
        parser.add_argument("--commit", action="store_true", help="import; without it, only check")
        parser.add_argument(
            "--skip-invalid", action="store_true", help="import the good rows if others are refused"
        )
        parser.add_argument("--supplier", default="")
        parser.add_argument("--purchase-reference", default="")
        parser.add_argument(
            "--use-by", type=_day, help="last day (YYYY-MM-DD) of rows that name none of their own"
        )

    def handle(self, *args, **options):
        try:
            report = import_license_keys(
                self._pool_id(options["pool"]),
                self._content(options["file"]),
                source=KeySource.COMMAND,
                commit=options["commit"],
                skip_invalid=options["skip_invalid"],
                file_name="" if options["file"] == "-" else os.path.basename(options["file"]),
                supplier=options["supplier"],
                purchase_reference=options["purchase_reference"],
                use_by=options["use_by"],
                actor=SYSTEM,
                progress=self._progress,
            )
        except EsdError as error:
            raise CommandError(error.message) from None
        self._tell(report)
        if not report.rows:
            raise CommandError("There are no keys in this file.")
        skips = options["skip_invalid"] and report.accepted
        if report.refused and not report.batch and not skips:
            raise CommandError(f"{report.refused:,} of {len(report.rows):,} rows were refused.")

    def _pool_id(self, name: str) -> UUID:
        try:
            pools = KeyPool.objects.filter(pk=UUID(name))
        except ValueError:
            pools = KeyPool.objects.filter(name=name, archived_at=None)
        if len(pools) != 1:
            problem = "is not unique; give its id" if pools else "does not exist"
            raise CommandError(f"The pool “{name}” {problem}.")
        return pools[0].pk

    def _content(self, path: str) -> bytes:
        # One byte more than allowed: import_license_keys then says what the limit is.
        if path == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        try:
            with open(path, "rb") as file:
                return file.read(MOST_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None

    def _progress(self, done: int, total: int) -> None:
        self.stderr.write(f"{done:,} of {total:,} keys stored")

    def _tell(self, report: ImportReport) -> None:
        for row, verdict in report.refused_rows:
            self.stdout.write(f"row {row}: {verdict.value}")
        for verdict, count in report.counts.items():
            self.stdout.write(f"{verdict.value}: {count:,}")
        if report.batch is None:
            if report.is_dry_run:
                self.stdout.write("Nothing was written; --commit imports.")
        elif report.is_repeat:
            self.stdout.write(f"Batch {report.batch.pk} holds this content already; nothing to do.")
        else:
            self.stdout.write(f"Imported {report.imported:,} keys as batch {report.batch.pk}.")


def _day(text: str) -> date:
    return date.fromisoformat(text)
