"""`manage.py esd_dashboard install|sync|remove`: our pages in Saleor's Dashboard."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...host.dashboard import HAS_DASHBOARD_APPS
from ...host.db import writing
from ...ui import registration


class Command(BaseCommand):
    help = "Puts the plugin's pages into Saleor's Dashboard, brings them up to date there, or takes them out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "step",
            choices=["install", "sync", "remove"],
            help="sync: after another version of the plugin, or another public address of the shop",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not HAS_DASHBOARD_APPS:
            raise CommandError(
                "The Dashboard of Saleor 2.10 shows no apps; staff's pages are at /plugins/global/esd/staff."
            )
        with writing():
            self.stdout.write(getattr(self, f"_{options['step']}")())

    def _install(self) -> str:
        registration.install()
        return f"In the Dashboard: {registration.wanted_app().url}"

    def _sync(self) -> str:
        if not registration.sync():
            raise CommandError("Not in the Dashboard, or removed there. `install` puts it there.")
        return f"Up to date: {registration.wanted_app().url}"

    def _remove(self) -> str:
        return "Taken out." if registration.remove() else "It was not there."
