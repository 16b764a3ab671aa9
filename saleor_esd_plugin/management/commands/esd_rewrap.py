"""`manage.py esd_rewrap`: move what is in stock to the active key of the ring."""

from __future__ import annotations

import signal
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import contextmanager
from typing import Any, Callable, Iterator

from django.core.management.base import BaseCommand, CommandError

from ...errors import EsdError
from ...host.db import writing
from ...keys.ring import checks
from ...keys.ring.rotation import Rewrap
from ...keys.ring.rotation_halves import Encryption, Index
from ..output import tell

_TELL_EVERY = 2.0
_LARGEST_BATCH = 10_000


class Command(BaseCommand):
    help = (
        "Encrypts every stored license key anew under the active key of ESD_ENC_KEYS, or with --index "
        "indexes it anew under that of ESD_INDEX_KEYS, while the shop goes on. Ctrl-C stops it between two "
        "batches; run again, it goes on. Shows no key. Exits 1 if rows stay under another key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from",
            dest="from_kid",
            type=int,
            metavar="NUMBER",
            help="only what is under the key of this number",
        )
        parser.add_argument(
            "--index",
            action="store_true",
            help="the index half of the ring instead of the encryption half",
        )
        parser.add_argument(
            "--batch",
            type=_batch,
            default=500,
            metavar="N",
            help="rows per transaction, 1 to 10,000 [500]",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        half = Index() if options["index"] else Encryption()
        with writing(), _stopping_on_ctrl_c() as is_stopped:
            try:
                run = Rewrap(half, from_kid=options["from_kid"], batch=options["batch"])
            except EsdError as error:
                raise CommandError(error.message) from None
            try:
                run.run(self._progress(run), is_stopped)
            except EsdError as error:
                self._tell(run)
                raise CommandError(error.message) from None
            self._tell(run)
            left, chunks = run.left(), run.chunks_left()
            for kid, count in left.items():
                self.stdout.write(f"under key {kid} of {_setting(run)}: {count:,} license keys")
            for kid, count in chunks.items():
                self.stdout.write(
                    f"under key {kid} of {_setting(run)}: {count:,} chunks of imports"
                )
            if is_stopped():
                raise CommandError("Stopped; run it again to go on.")
            if left or chunks or run.refused:
                raise CommandError("Not everything was rewritten; the lines above say what stays.")
        self.stdout.write("Nothing is left to rewrite; esd_verify says which keys may be removed.")

    def _progress(self, run: Rewrap) -> Callable[[], None]:
        total = sum(run.left().values())
        began = told = time.monotonic()
        tell(self.stderr, f"{total:,} license keys to move to key {run.kid} of {_setting(run)}")

        def progress() -> None:
            nonlocal told
            if time.monotonic() - told < _TELL_EVERY or not run.done:
                return
            told = time.monotonic()
            rate = run.done / (told - began)
            seconds = max(0, total - run.done) / rate
            tell(
                self.stderr,
                f"{run.done:,} of {total:,}, {rate:,.0f} a second, {seconds:,.0f} s left",
            )

        return progress

    def _tell(self, run: Rewrap) -> None:
        for row_id, reason in run.refused.items():
            self.stdout.write(f"{row_id}: {reason}")
        self.stdout.write(
            f"{run.done:,} license keys are now under key {run.kid} of {_setting(run)}."
        )
        if run.chunks:
            self.stdout.write(f"{run.chunks:,} chunks of waiting imports are, too.")


def _setting(run: Rewrap) -> str:
    return {checks.ENC: "ESD_ENC_KEYS", checks.INDEX: "ESD_INDEX_KEYS"}[run.half.purpose]


@contextmanager
def _stopping_on_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Inside, SIGINT is only noted, so that a batch is never cut."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped.is_set
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: stopped.set())
    try:
        yield stopped.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _batch(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= _LARGEST_BATCH):
        raise ArgumentTypeError(f"1 to {_LARGEST_BATCH:,}, not “{text}”")
    return int(text)
