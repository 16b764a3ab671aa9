from __future__ import annotations

import base64
import os
from typing import Any

from django.core.management.base import BaseCommand

from ..output import tell


class Command(BaseCommand):
    help = "Print a new key ring, ready for the environment of web servers and workers."
    # A shop without a key ring has to be able to make one.
    requires_system_checks: Any = []

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("ENC", "INDEX"):
            self.stdout.write(f"ESD_{name}_KEYS=1:{base64.b64encode(os.urandom(32)).decode()}")
            self.stdout.write(f"ESD_{name}_ACTIVE=1")
        tell(
            self.stderr,
            "Keep these lines apart from the database and its backups: without them no license key"
            " can be opened again, with them all can.",
        )
