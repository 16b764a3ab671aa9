"""`manage.py esd_stripe_reconcile --since 7d`: take in what Stripe told while nobody listened."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections import Counter
from datetime import timedelta
from typing import Any
from typing import Counter as Counts

from django.core.management.base import BaseCommand, CommandError

from ...conf import STRIPE_MODES, settings
from ...host import shop
from ...host.db import now, writing
from ...webhooks.stripe.api import NoAnswer, listed_events
from ...webhooks.stripe.backfill import OtherMode, Told, Verdict, catch_up
from ..output import tell

KEPT_BY_STRIPE = timedelta(days=30)
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_SINCE = re.compile(r"([1-9][0-9]{0,3})([hdw])\Z")
_NEW = (Verdict.MISSING, Verdict.TAKEN, Verdict.MISMATCH, Verdict.FAILED)


class Command(BaseCommand):
    help = (
        "Asks Stripe for the messages of the last hours, days or weeks and takes in those that never "
        "arrived: after an outage of more than three days. Doing it twice does nothing twice. Exits 1 if "
        "Stripe does not answer, or if a message could not be taken in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", required=True, help="12h, 7d or 4w ago; at most 30d")
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what would be taken in"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since = _duration(options["since"])
        api_key = _api_key()
        counts: Counts[Verdict] = Counter()
        with writing():
            if not shop.plugin_settings().is_active:
                raise CommandError("The plugin is switched off; nothing was asked or taken in.")
            pages = listed_events(now() - since, api_key=api_key, account=settings.stripe_account)
            try:
                for page in pages:
                    for told in catch_up(page, is_dry_run=options["dry_run"]):
                        counts[told.verdict] += 1
                        self._report(told)
                    tell(self.stderr, f"{sum(counts.values()):,} asked")
            except NoAnswer as error:
                if counts:
                    self._sum_up(counts)
                raise CommandError(str(error)) from None
            except OtherMode:
                raise CommandError(_other_mode()) from None
        self._sum_up(counts)
        if options["dry_run"]:
            self.stdout.write("Nothing was written.")
        if counts[Verdict.FAILED]:
            raise CommandError(
                f"{counts[Verdict.FAILED]:,} messages were not taken in; run it again."
            )

    def _report(self, told: Told) -> None:
        if told.verdict == Verdict.MISSING:
            order = f"order {told.order}" if told.order else "no order of ours yet"
            self.stdout.write(f"{told.id}  {told.type}  {order}")
        elif told.problem:
            self.stdout.write(f"{told.id}  {told.type}  {told.verdict.value}: {told.problem}")

    def _sum_up(self, counts: Counts[Verdict]) -> None:
        self.stdout.write(f"{'asked':>18} {sum(counts.values()):,}")
        self.stdout.write(f"{'new':>18} {sum(counts[verdict] for verdict in _NEW):,}")
        for verdict in Verdict:
            if counts[verdict] or verdict in (Verdict.TAKEN, Verdict.KNOWN, Verdict.FAILED):
                self.stdout.write(f"{verdict.value:>18} {counts[verdict]:,}")


def _duration(text: str) -> timedelta:
    found = _SINCE.match(text)
    if not found:
        raise CommandError(f"--since is hours, days or weeks, such as 12h, 7d or 4w; not “{text}”.")
    since = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if since > KEPT_BY_STRIPE:
        raise CommandError("Stripe keeps its messages for 30 days; --since is 30d at most.")
    return since


def _api_key() -> str:
    if settings.stripe_mode not in STRIPE_MODES:
        raise CommandError('ESD_STRIPE_MODE is neither "live" nor "test"; correct it.')
    try:
        api_key = settings.stripe_api_key
    except (OSError, UnicodeError):
        raise CommandError("The file of ESD_STRIPE_API_KEY_FILE cannot be read.") from None
    if not api_key:
        raise CommandError(
            "Set ESD_STRIPE_API_KEY to a key of Stripe's that may read events, or ESD_STRIPE_API_KEY_FILE "
            "to the path of a file with it."
        )
    return api_key


def _other_mode() -> str:
    mode = settings.stripe_mode
    other = "test" if mode == "live" else "live"
    return (
        f'ESD_STRIPE_API_KEY is of Stripe\'s {other} mode, and ESD_STRIPE_MODE is "{mode}"; nothing was '
        "taken in."
    )
