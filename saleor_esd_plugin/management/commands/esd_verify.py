"""Checks the invariants of the data and names each violation."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any, Iterable

from django.core.management.base import BaseCommand, CommandError

from ...accounts import invariants as accounts
from ...emails import invariants as emails
from ...events import invariants as events
from ...host.db import writing
from ...keys import invariants as keys
from ...keys.errors import KeyringLocked
from ...keys.ring.keyring import load_keyring
from ...keys.ring.sampling import unreadable_keys
from ...keys.ring.usage import ring_use
from ...licenses import invariants as licenses
from ...orders import invariants as orders

ROOMS = (
    ("events", events),
    ("keys", keys),
    ("accounts", accounts),
    ("licenses", licenses),
    ("orders", orders),
    ("emails", emails),
)


class Command(BaseCommand):
    help = "Checks the invariants of all license data, changes nothing, exits 1 if one is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sample",
            type=_number,
            default=0,
            metavar="N",
            help="also open N random keys, and some of each key of the ring, showing none",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with writing():
            self._tell_of_the_ring()
            found = sum(self._report(name, room.violations()) for name, room in ROOMS)
            if options["sample"]:
                name = f"sample of {options['sample']} keys"
                found += self._report(name, unreadable_keys(options["sample"]))
        if found:
            raise CommandError(f"{found} violations of the invariants.")
        self.stdout.write("Every invariant holds.")

    def _tell_of_the_ring(self) -> None:
        """For whoever rotates or restores: the check values against the ring, and who needs which key."""
        try:
            ring = load_keyring()
        except KeyringLocked:
            # Why is told with the other violations.
            ring = None
        for use in ring_use(ring):
            self.stdout.write(str(use))

    def _report(self, name: str, found: Iterable[str]) -> int:
        """Print what is wrong in one room; how much that is."""
        self.stdout.write(f"{name} … ", ending="")
        violations = list(found)
        self.stdout.write("ok" if not violations else f"{len(violations)} violations")
        for violation in violations:
            # Some rooms begin with the number of the invariant, "3: order …".
            prefix = "invariant " if violation[:1].isdigit() else ""
            self.stdout.write(f"  {prefix}{violation}")
        return len(violations)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"how many keys, not “{text}”")
    return int(text)
