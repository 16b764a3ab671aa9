"""Checks the invariants of the data and names each violation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...accounts import invariants as accounts
from ...emails import invariants as emails
from ...host.db import writing
from ...keys import invariants as keys
from ...licenses import invariants as licenses
from ...orders import invariants as orders

ROOMS = (
    ("keys", keys),
    ("accounts", accounts),
    ("licenses", licenses),
    ("orders", orders),
    ("emails", emails),
)


class Command(BaseCommand):
    help = "Checks the invariants of all license data, changes nothing, exits 1 if one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        with writing():
            for name, room in ROOMS:
                self.stdout.write(f"{name} … ", ending="")
                violations = list(room.violations())
                self.stdout.write("ok" if not violations else f"{len(violations)} violations")
                for violation in violations:
                    # Some rooms begin with the number of the invariant, "3: order …".
                    prefix = "invariant " if violation[:1].isdigit() else ""
                    self.stdout.write(f"  {prefix}{violation}")
                found += len(violations)
        if found:
            raise CommandError(f"{found} violations of the invariants.")
        self.stdout.write("Every invariant holds.")
