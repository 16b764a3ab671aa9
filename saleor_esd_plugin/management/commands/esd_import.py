from __future__ import annotations

import os
import sys
from argparse import ArgumentTypeError
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from typing import BinaryIO, Iterator
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from ...errors import EsdError, NotFound
from ...host.types import SYSTEM
from ...keys.importing.intake import import_key_file
from ...keys.importing.loading import QUARANTINED, run_import
from ...keys.importing.options import ImportOptions, KeySource
from ...keys.importing.outliers import Accepted
from ...keys.importing.progress import progress_of, report_of, resume_key_import, stop_key_import
from ...keys.importing.reading import open_keys
from ...keys.importing.reports import WHAT_TO_DO, ImportReport, csv_pieces
from ...keys.models import KeyBatch, KeyImport, KeyPool
from ...keys.verdicts import ImportVerdict
from ...licenses.policies.skus import pool_of_sku
from ..output import tell
from ..records import find_pool, uuid_of

MOST_LINES = 1000
_BAR = 30


class Command(BaseCommand):
    help = (
        "Check a file of license keys and, with --commit, put them into a pool. One key per line, or CSV with"
        " a header: key, use_by, cost, note and, for several products, sku or pool. Prints row numbers and"
        " verdicts, never a key. Killed, it goes on with --resume, or by itself within minutes."
    )

    # The line of progress that was shown last.
    _shown = ""

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", help="path of the file; - reads standard input")
        parser.add_argument(
            "--pool", metavar="NAME_OR_ID", help="the pool, unless the rows name theirs"
        )
        parser.add_argument("--commit", action="store_true", help="import; without it, only check")
        parser.add_argument(
            "--skip-invalid", action="store_true", help="import the good rows if others are refused"
        )
        parser.add_argument(
            "--accept-unlike",
            action="store_true",
            help="rows that are held back since they are unlike the others are keys",
        )
        parser.add_argument(
            "--accept-row",
            type=int,
            action="append",
            default=[],
            metavar="NUMBER",
            help="this row is a key, unlike the others as it is; may be given several times",
        )
        parser.add_argument(
            "--supplier", default="", metavar="TEXT", help="who delivered the keys; for claims"
        )
        parser.add_argument(
            "--purchase-reference", default="", metavar="TEXT", help="your order there; for claims"
        )
        parser.add_argument(
            "--use-by",
            type=_day,
            metavar="YYYY-MM-DD",
            help="last day of the keys whose rows name none",
        )
        parser.add_argument(
            "--report", metavar="FILE", help="write the verdict on every row there, as CSV"
        )
        parser.add_argument("--resume", metavar="ID", help="go on with an import that was stopped")

    def handle(self, *args, **options):
        if (options["file"] is None) == (options["resume"] is None):
            raise CommandError("Give either a file or --resume.")
        try:
            if options["resume"]:
                taken = self._resume(options["resume"])
            else:
                taken = self._take(options)
            report = taken if isinstance(taken, ImportReport) else self._run(taken)
        except EsdError as error:
            raise CommandError(error.message) from None
        except KeyboardInterrupt:
            raise CommandError("Stopped; run it again to go on. No key gets in twice.") from None
        if options["report"]:
            _write(report, options["report"])
        if not report.row_count:
            raise CommandError("There are no keys in this file.")
        skips = options["skip_invalid"] and report.accepted
        is_refused = bool(report.refused and not report.batch and not skips)
        self._tell(report, is_refused)
        if is_refused:
            refused = f"{report.refused:,} of {report.row_count:,} rows were refused"
            none = "none would be imported" if report.is_dry_run else "none was imported"
            hint = "; --skip-invalid imports the others" if report.accepted else ""
            if ImportVerdict.UNLIKE_THE_OTHERS in report.counts:
                hint += "; --accept-row NUMBER or --accept-unlike says that a row is a key"
            raise CommandError(f"{refused}, so that {none}{hint}.")

    def _resume(self, text: str) -> KeyImport:
        import_id = uuid_of(text, "LicenseKeyImport")
        if import_id is None:
            raise CommandError(f"“{text}” is not the id of an import.")
        try:
            key_import = resume_key_import(import_id, actor=SYSTEM)
        except NotFound:
            raise CommandError(f"There is no import with the id {text}.") from None
        if key_import.finished_at:
            self.stdout.write("This import is finished; nothing is left to do. It said:")
        return key_import

    def _take(self, options):
        live = KeyPool.objects.filter(archived_at=None)
        pool_id = find_pool(options["pool"], live).pk if options["pool"] else None
        with _opened(options["file"]) as file:
            return import_key_file(
                pool_id,
                open_keys(file),
                ImportOptions(
                    source=KeySource.COMMAND,
                    commit=options["commit"],
                    skip_invalid=options["skip_invalid"],
                    file_name="" if options["file"] == "-" else os.path.basename(options["file"]),
                    supplier=options["supplier"],
                    purchase_reference=options["purchase_reference"],
                    use_by=options["use_by"],
                    accepted=Accepted(options["accept_unlike"], frozenset(options["accept_row"])),
                    actor=SYSTEM,
                ),
                pool_of_sku=pool_of_sku,
                reading=lambda read: tell(self.stderr, f"{read:,} rows read"),
            )

    def _run(self, key_import: KeyImport) -> ImportReport:
        tell(self.stderr, f"import {key_import.pk}")
        hint = f"esd_import --resume {key_import.pk} goes on."
        try:
            key_import = run_import(key_import.pk, lambda: self._show(key_import.pk), waits=True)
        except KeyboardInterrupt:
            stop_key_import(key_import.pk, actor=SYSTEM)
            raise CommandError(f"Stopped; {hint}") from None
        except EsdError as error:
            raise CommandError(f"{error.message} {hint}") from None
        if not key_import.finished_at:
            ends = key_import.problem == QUARANTINED
            raise CommandError(f"Stopped. {key_import.problem if ends else hint}")
        return report_of(key_import)

    def _show(self, import_id: UUID) -> None:
        progress = progress_of(KeyImport.objects.get(pk=import_id))
        if not progress.rows or progress.rate is None:
            return
        filled = _BAR * progress.done // progress.rows
        line = (
            f"[{'#' * filled}{'.' * (_BAR - filled)}] {progress.state.lower()}"
            f" {progress.done:,} of {progress.rows:,} rows, {progress.refused:,} refused,"
            f" {progress.rate:,.0f}/s, {progress.seconds_left or 0:.0f} s left"
        )
        if line == self._shown:
            return
        is_screen = getattr(self.stderr, "isatty", lambda: False)()
        # Over a longer line, whose end would stay on the screen.
        text = line.ljust(len(self._shown)) if is_screen else line
        tell(self.stderr, text, ending="\r" if is_screen and progress.seconds_left else "\n")
        self._shown = line

    def _tell(self, report: ImportReport, is_refused: bool) -> None:
        for number, (row, verdict) in enumerate(report.each_refused_row()):
            if number == MOST_LINES:
                self.stdout.write("… and more; --report FILE writes them all.")
                break
            self.stdout.write(f"row {row}: {verdict.value}")
        for verdict, count in report.counts.items():
            told, advice = f"{verdict.value}: {count:,}", WHAT_TO_DO[verdict]
            self.stdout.write(f"{told}. {advice}" if advice else told)
        batch = report.batch
        if report.is_repeat and batch is not None:
            self.stdout.write(f"Batch {batch.pk} holds this content already; nothing to do.")
        elif report.is_dry_run:
            hint = "this was a check only" if is_refused else "--commit imports"
            self.stdout.write(f"Nothing was written; {hint}.")
        elif batch is not None:
            self.stdout.write(f"Imported {report.imported:,} keys as {_batches(batch)}.")


def _batches(batch: KeyBatch) -> str:
    """All batches of the import that brought this one."""
    key_import = batch.key_import
    batches = [batch] if key_import is None else key_import.batches.order_by("pk")
    return ", ".join(f"batch {batch.pk}" for batch in batches)


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open(path, "rb"))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        yield file


def _write(report: ImportReport, path: str) -> None:
    try:
        with open(path, "wb") as file:
            file.writelines(csv_pieces(report.runs))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise ArgumentTypeError(f"a day reads 2031-05-06, not “{text}”") from None
