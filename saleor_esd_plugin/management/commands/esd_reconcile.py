"""Finds and repairs whatever hooks, workers or the broker missed; for cron, and for after an outage."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from ... import tasks
from ...host.db import now, writing
from ...orders.reconcile import reconcile_orders

_MOST_DAYS = 36_500


class Command(BaseCommand):
    help = (
        "Records orders that were missed, allocates, releases, returns, sends what is due. "
        "The beat entry does the same every minute; run it from cron where there is no beat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since-days",
            type=_days,
            metavar="N",
            help="look N days back for orders that were never recorded [90]",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["since_days"]
        if days is not None:
            with writing():
                reconcile_orders(since=now() - timedelta(days=days))
        done = tasks.reconcile_all()
        if not done:
            self.stdout.write("The plugin is switched off; nothing was done.")
        for what, count in done.items():
            self.stdout.write(f"{what:>10} {count}")


def _days(text: str) -> int:
    if not (text.isdecimal() and int(text) <= _MOST_DAYS):
        raise ArgumentTypeError(f"a number of days, not “{text}”")
    return int(text)
