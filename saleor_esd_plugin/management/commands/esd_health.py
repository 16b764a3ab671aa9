"""Tells whether the plugin works, for monitoring: exits 1 if there is something to correct."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, Dict

from django.core.management.base import BaseCommand, CommandError

from ... import __version__
from ...health import Health, examine
from ...host.db import writing
from ...orders.blockers import orders_waiting_by_reason


class Command(BaseCommand):
    help = (
        "Tells whether the plugin works, as licenseHealth does; changes nothing, exits 1 if operators have "
        "something to correct. Orders that wait are told and are no reason for that."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one object, named as the fields of licenseHealth"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with writing():
            health = examine()
            waiting = {reason: n for reason, n in orders_waiting_by_reason().items() if n}
        report = _report(health, waiting)
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            for name, value in report.items():
                if name != "problems":
                    self.stdout.write(f"{name:>18} {_words(value)}")
            for problem in health.problems:
                self.stdout.write(problem)
        if health.problems:
            count = len(health.problems)
            raise CommandError("1 problem." if count == 1 else f"{count} problems.")


def _report(health: Health, waiting: Dict[str, int]) -> Dict[str, Any]:
    moments = {
        "sweptAt": health.swept_at,
        "mailsFailingSince": health.mails_failing_since,
        "brokerDownSince": health.broker_down_since,
    }
    return {
        "isActive": health.is_active,
        "isUnlocked": health.is_unlocked,
        "isSweepLate": health.is_sweep_late,
        "failingSteps": [
            {
                "step": failing.step,
                "since": failing.since.isoformat(),
                "times": failing.times,
                "error": failing.error,
            }
            for failing in health.failing_steps
        ],
        "brokerAnswers": health.broker_answers,
        **{name: moment and moment.isoformat() for name, moment in moments.items()},
        "waitingOrders": waiting,
        "version": __version__,
        "problems": list(health.problems),
    }


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count} {reason}" for reason, count in value.items()) or "-"
    if isinstance(value, list):
        return ", ".join(f"{each['step']} ({each['error']})" for each in value) or "-"
    return {True: "yes", False: "no", None: "-"}.get(value, str(value))
