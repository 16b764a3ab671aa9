"""Where benchmarks run: the installed Saleor, a database of their own, the tests' builders.

Import it first; then Django is set up. `make bench ARGS=pf1` makes the database and calls the module.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [
    str(ROOT),
    str(ROOT / "tests"),
    *(str(ROOT / "tests" / each) for each in ("lanes", "support")),
]

import lane  # noqa: E402

os.environ["DJANGO_SETTINGS_MODULE"] = lane.settings_module()

import logging  # noqa: E402
import warnings  # noqa: E402

import django  # noqa: E402

# On Python 3.8 cryptography says at import that the next release will not support it.
warnings.filterwarnings("ignore", message="Python 3.8 is no longer supported")
django.setup()
# Saleor 3 tells of every task, and kombu that a broker in memory has no address.
logging.disable(logging.WARNING)

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

if hasattr(settings, "DATABASE_CONNECTION_REPLICA_NAME"):
    # One connection, so that the guard of the writer and the measuring of its backend see everything.
    for _connection in connections.all():
        _connection._allow_writer = True
