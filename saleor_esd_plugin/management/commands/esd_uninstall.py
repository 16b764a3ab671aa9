"""`manage.py esd_uninstall --yes`: remove what would break the shop once the plugin is gone."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ...host.db import remove_permissions, writing
from ...ui import registration

EXPLANATION = """\
This removes the plugin's four permissions, together with everything that grants them: from permission
groups, from users and from apps, and its pages from the Dashboard. Run it before you take the plugin out of the settings: as long as
somebody holds a permission that Saleor no longer knows, Saleor's own lists of permissions fail.

Tables, keys and licenses stay as they are. If the plugin is to be used again, `manage.py migrate` makes
the permissions anew; who holds them has to be set anew as well.
"""


class Command(BaseCommand):
    help = "Removes the plugin's permissions and their grants. To be run before uninstalling the plugin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do it, instead of explaining it")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"]:
            self.stdout.write(EXPLANATION)
            raise CommandError("Nothing was changed. Add --yes to do it.")
        with writing(), transaction.atomic():
            registration.remove()
            count = remove_permissions()
        self.stdout.write(f"Removed {count} permissions and everything that granted them.")
