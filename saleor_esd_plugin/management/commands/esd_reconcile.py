"""Finds and repairs whatever hooks, workers or the broker missed; for cron, and for after an outage."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import sweep
from ...host.db import now, writing
from ...orders.reconcile import record_missed

_MOST_DAYS = 36_500


class Command(BaseCommand):
    help = (
        "Records orders that were missed, allocates, releases, returns, sends what is due. "
        "The beat entry does the same every minute; run it from cron where there is no beat. "
        "Exits 1 if a step failed; the others are done all the same."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since-days",
            type=_days,
            metavar="N",
            help="look N days back for orders that were never recorded [90]",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        days, steps = options["since_days"], sweep.STEPS
        if days is not None:
            back = timedelta(days=days)
            steps = (("recorded", lambda: record_missed(now() - back)), *steps)
        with writing():
            swept = sweep.run(steps)
        if not swept.done:
            self.stdout.write("The plugin is switched off; nothing was done.")
        for what, count in swept.done.items():
            self.stdout.write(f"{what:>10} {count}")
        if swept.failed:
            failed = ", ".join(f"{step} ({error})" for step, error in swept.failed.items())
            raise CommandError(f"Failed, in whole or in part: {failed}.")


def _days(text: str) -> int:
    if not (text.isdecimal() and int(text) <= _MOST_DAYS):
        raise ArgumentTypeError(f"a number of days, not “{text}”")
    return int(text)
