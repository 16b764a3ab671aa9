"""`python -m demo.sweeps`: what beat and a worker do for a shop, the sweep each minute, until it is ended."""

from __future__ import annotations

import sys
import time
import traceback

import django


def main() -> int:
    django.setup()
    from saleor_esd_plugin import tasks
    from saleor_esd_plugin.apps import SECONDS_BETWEEN_SWEEPS

    while True:
        try:
            tasks.reconcile_all()
        except Exception:
            # As in a shop, the next one may be luckier.
            traceback.print_exc()
        time.sleep(SECONDS_BETWEEN_SWEEPS)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
