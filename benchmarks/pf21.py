"""PF21: time to the first row of staff's list of 1,000,000 licenses / the bare GraphQL request that the list makes."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import json
import os
import statistics
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator
from uuid import uuid4

import build
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from benchmarks.many_licenses import fill
from benchmarks.measure import BROWSER, not_here, report

LICENSES = int(os.environ.get("ESD_BENCH_ROWS", "1000000"))
DRIVER = Path(__file__).with_name("first_row.py")


def main() -> None:
    title = f"PF21  the first row of the list of {LICENSES:,} licenses in a browser / its bare GraphQL request"
    python, chromium = json.loads(os.environ[BROWSER])
    if not chromium:
        not_here(title, "no Chromium here")
        return
    fill(LICENSES)
    password = uuid4().hex
    staff = build.make_user("list@shop.example", is_staff=True, is_superuser=True)
    staff.set_password(password)
    staff.save()
    with _served() as address:
        command = [python, str(DRIVER), address, chromium, staff.email]
        told = subprocess.run(
            command, input=password, stdout=subprocess.PIPE, text=True, check=True
        )
    ratios = []
    for row, bare in json.loads(told.stdout):
        ratios.append(row / bare)
        print(f"{len(ratios)}: {row:.0f} ms / {bare:.0f} ms", flush=True)
    report(title, [("", statistics.median(ratios), 2.0, 1.5)])


@contextmanager
def _served() -> Iterator[str]:
    """The shop of this process, to whoever asks by HTTP; its address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


if __name__ == "__main__":
    main()
