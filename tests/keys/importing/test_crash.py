"""C14, T-CON-14: imports that die by `kill -9`, that meet, and that run while keys are sold; really committed.

ESD_IMPORT_ROWS=1000000 makes the killed import a large one, with ESD_RACES it is killed 20 times, not 8.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time

import factories as make
import pytest
from django.db import connection, connections
from import_files import DefectiveFile, import_file
from racing import failures, together
from repetitions import IS_LONG

from saleor_esd_plugin.keys.importing import loading, progress, staging
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch, KeyImport
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.stock.pools import create_key_pool
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.supply.allocation import fill_backorders

ROWS = int(os.environ.get("ESD_IMPORT_ROWS", "1000"))
KILLS = 20 if IS_LONG else 8

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")


@pytest.fixture(autouse=True)
def in_the_background(monkeypatch):
    """Every import counts as large: each test says itself when its chunks are loaded."""
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")


def new_pool(name, format="5X5_25"):
    return create_key_pool(name=name, format=format, kind="PRODUCT_KEY", actor=make.STAFF)


def take(pool, text):
    return import_file(pool, text, skip_invalid=True)


def killed(work, statements):
    """Do the work in a process of its own that is killed soon after so many statements; was it?"""
    for each in connections.all():
        each.close()
    sys.stdout.flush()
    heard, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            left = [statements]

            def count(execute, *arguments):
                left[0] -= 1
                if left[0] == 0:
                    os.write(told, b".")
                return execute(*arguments)

            with connection.execute_wrapper(count):
                work()
        finally:
            # Never back into pytest, whatever happened.
            os._exit(1)
    os.close(told)
    was_told = os.read(heard, 1)
    os.close(heard)
    if was_told:
        time.sleep(random.uniform(0, 0.01))
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def test_however_often_it_is_killed_it_ends_with_the_same_stock_and_report(
    live_db, monkeypatch, random_keys
):
    """T-CON-14: while it is read it leaves nothing, afterwards whole chunks."""
    chunk = max(ROWS // (KILLS * 3 // 2), 1)
    monkeypatch.setattr(staging, "CHUNK", chunk)
    pool, other = new_pool(live_db("pool"), "GENERIC_INSENSITIVE"), new_pool(live_db("pool"))
    need = DefectiveFile.of_each(ROWS)
    present, elsewhere = random_keys(need), random_keys(need)
    make.add_keys(pool, present)
    make.add_keys(other, elsewhere)
    file = DefectiveFile(ROWS, present, elsewhere)
    kills = killed(lambda: take(pool, file.text), random.randint(3, 20))
    assert kills and not KeyImport.objects.filter(pool=pool).exists()
    taken = take(pool, file.text)

    while kills < KILLS:
        assert killed(lambda: loading.run_import(taken.pk), random.randint(1, 14))
        kills += 1
        on_sale = AvailableKey.objects.filter(key__batch__key_import=taken).count()
        accepted = progress.progress_of(taken).accepted
        batch = KeyBatch.objects.filter(key_import=taken).first()
        assert on_sale == accepted == (batch.accepted if batch else 0)
    assert not KeyImport.objects.get(pk=taken.pk).finished_at
    report = progress.report_of(loading.run_import(taken.pk, waits=True))

    assert [row.verdict.value for row in report.rows] == file.expected
    assert [row.row for row in report.rows] == file.numbers
    assert report.imported == len(file.good) == report.batch.keys.count()
    assert AvailableKey.objects.filter(key__batch=report.batch).count() == len(file.good)
    rows = report.batch.keys.order_by("pk")
    if ROWS <= 20_000:
        assert [vault.decrypt(row).reveal() for row in rows] == file.good
    again = take(pool, file.text)
    assert (again.outcome, progress.report_of(again).rows) == ("REPEATED", report.rows)


def test_the_same_large_file_at_once_is_imported_once(live_db, monkeypatch, random_keys):
    """T-IMP-F11: both get the same report, one of them as a repetition."""
    monkeypatch.setattr(staging, "CHUNK", 40)
    pool, keys = new_pool(live_db("pool")), random_keys(200)

    def work():
        taken = take(pool, "\n".join(keys))
        return progress.report_of(loading.run_import(taken.pk, waits=True))

    reports = together([work] * 3)

    assert failures(reports) == []
    assert {report.batch.pk for report in reports} == {KeyBatch.objects.get(pool=pool).pk}
    assert pool.keys.count() == 200
    done = [progress.report_of(each) for each in KeyImport.objects.filter(pool=pool)]
    assert all(verdict.value == "OK" for report in done for _, verdict in report.rows)
    assert sum(report.imported for report in done if not report.is_repeat) == 200


def test_two_workers_take_turns_and_load_each_chunk_once(live_db, monkeypatch, random_keys):
    """One worker per import; the control without the lock fails."""
    monkeypatch.setattr(staging, "CHUNK", 40)

    def load_twice():
        pool, keys = new_pool(live_db("pool")), random_keys(200)
        taken = take(pool, "\n".join(keys))

        def work():
            return loading.run_import(taken.pk, waits=True)

        errors = failures(together([work] * 3))
        report = progress.report_of(KeyImport.objects.get(pk=taken.pk))
        return errors, (report.imported, report.refused, pool.keys.count())

    assert load_twice() == ([], (200, 0, 200))

    monkeypatch.setattr(loading, "try_lock", lambda *which: True)
    errors, found = load_twice()
    assert errors or found != (200, 0, 200)


def test_backorders_fill_in_order_while_the_import_runs(live_db, monkeypatch, random_keys):
    """T-CON-04b: first come, first served, chunk by chunk; nobody gets a key twice."""
    monkeypatch.setattr(staging, "CHUNK", 25)
    pool = new_pool(live_db("pool"))
    policy = make.make_policy(pool)
    orders = [make.make_license_order(30, policy=policy) for _ in range(4)]
    taken = take(pool, "\n".join(random_keys(150)))
    seen = []

    def fill():
        together([lambda: fill_backorders(pool.pk)] * 3)
        seen.append([License.objects.filter(order_line__order=each).count() for each in orders])

    loading.run_import(taken.pk, fill)

    assert seen[:5] == [
        [25, 0, 0, 0],
        [30, 20, 0, 0],
        [30, 30, 15, 0],
        [30, 30, 30, 10],
        [30, 30, 30, 30],
    ]
    assert License.objects.filter(key__pool=pool).values("key").distinct().count() == 120
    assert AvailableKey.objects.filter(pool=pool).count() == 30
