from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, Dict, Tuple

from django.core.management.base import BaseCommand, CommandError

from ...errors import EsdError
from ...exports.columns import KEY_COLUMNS, LICENSE_COLUMNS
from ...exports.csv_files import BrokenOff, Source, csv_chunks
from ...exports.key_rows import KeyRows
from ...exports.license_rows import LicenseRows
from ...exports.models import ExportKind
from ...exports.requests import note_export
from ...host.db import writing
from ...host.types import SYSTEM
from ...licenses.bulk_decryption import require_open_ring
from ...licenses.models import License
from ...text import SHORTEST_REASON, clean_reason
from ..output import opened_output, tell
from ..records import find_pool


class Command(BaseCommand):
    help = (
        "Write a CSV file of licenses, or of the keys of a pool, with keys masked. With --clear, --reason and --yes a"
        " first column has the keys in clear, without a limit: those count as revealed. Keys that can be sold,"
        " or that a pending or suspended license holds, stay closed."
    )

    # How many rows the file has so far.
    _written = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["licenses", "keys"])
        parser.add_argument("--pool", metavar="NAME_OR_ID", help="the pool; needed for keys")
        parser.add_argument(
            "--output",
            default="-",
            metavar="FILE",
            help="a new file, readable for you alone; - is standard output [-]",
        )
        parser.add_argument("--clear", action="store_true", help="with the keys in clear")
        parser.add_argument(
            "--reason", default="", metavar="TEXT", help="why; for --clear, stands in the event"
        )
        parser.add_argument("--yes", action="store_true", help="that --clear is meant")

    def handle(self, *args: Any, **options: Any) -> None:
        is_clear = options["clear"]
        try:
            reason = clean_reason(options["reason"], shortest=SHORTEST_REASON if is_clear else 0)
        except EsdError as error:
            raise CommandError(f"--reason: {error.message}") from None
        if is_clear and not options["yes"]:
            raise CommandError("Keys in clear count as revealed for good; say --yes as well.")
        try:
            with writing():
                if is_clear:
                    require_open_ring()
                kind, source, wanted = self._source(options)
            with opened_output(options["output"]) as file:
                with writing():
                    note_export(kind, actor=SYSTEM, wanted=wanted, is_clear=is_clear, reason=reason)
                for piece in csv_chunks(source, opens=is_clear, told=self._tell):
                    file.write(piece)
            if not self._written:
                self._tell(0)
        except EsdError as error:
            raise CommandError(error.message) from None
        except BrokenOff as error:
            raise CommandError(str(error)) from None

    def _source(self, options: Dict[str, Any]) -> Tuple[ExportKind, Source, Dict[str, Any]]:
        is_clear = options["clear"]
        if options["what"] == "licenses":
            if options["pool"]:
                raise CommandError("--pool is for keys.")
            licenses = LicenseRows(License.objects.all(), list(LICENSE_COLUMNS), is_clear=is_clear)
            return ExportKind.LICENSES, licenses, {}
        if not options["pool"]:
            raise CommandError("Name the --pool whose keys to write.")
        pool = find_pool(options["pool"])
        keys = KeyRows(pool, list(KEY_COLUMNS), is_clear=is_clear)
        return ExportKind.KEYS, keys, {"pool": str(pool.pk)}

    def _tell(self, count: int) -> None:
        self._written = count
        tell(self.stderr, f"{count:,} rows written")
