"""Races that really commit: threads with connections of their own, where they meet, and what came of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event
from typing import Any, Callable, Iterator, List, Sequence

from django.db import connection, connections

from saleor_esd_plugin.host.db import writing

Job = Callable[[], Any]

# So long a thread waits for those it has to meet [s].
PATIENCE = 30


def together(jobs: Sequence[Job], threads: int = 0) -> List[Any]:
    """What each job answered or raised, in the order of the jobs; run by one thread each, or by so many.

    Each job has a connection of its own. None begins before all threads are there.
    """
    count = min(threads or len(jobs), len(jobs))
    with ThreadPoolExecutor(count, initializer=Barrier(count, timeout=PATIENCE).wait) as pool:
        return list(pool.map(_answer, jobs))


def _answer(job: Job) -> Any:
    try:
        with writing():
            return job()
    except Exception as error:
        return error
    finally:
        connections.close_all()


def failures(results: Sequence[Any]) -> List[Exception]:
    """What was raised, of what `together` gave."""
    return [one for one in results if isinstance(one, Exception)]


def failures_of(
    jobs: Sequence[Job], *, meanwhile: Sequence[Job], is_over: Event
) -> List[Exception]:
    """Run the jobs together, the others at the same time: `is_over` tells them that the jobs are through.

    Gives what anybody raised.
    """

    found: List[Exception] = []

    def work() -> None:
        try:
            found.extend(failures(together(jobs)))
        finally:
            is_over.set()

    return failures(together([work, *meanwhile])) + found


def meet(monkeypatch: Any, owner: Any, name: str, threads: int, *, is_before: bool = False) -> None:
    """From now on so many threads are through with `owner.name` before any of them goes on.

    With `is_before` so many have come to it before any of them begins.
    """
    barrier, original = Barrier(threads, timeout=PATIENCE), getattr(owner, name)

    def meets(*args: Any, **kwargs: Any) -> Any:
        if is_before:
            barrier.wait()
        answer = original(*args, **kwargs)
        if not is_before:
            barrier.wait()
        return answer

    monkeypatch.setattr(owner, name, meets)


def deadlocks() -> int:
    """So many were there in this database, as PostgreSQL counts them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


@contextmanager
def without_index(name: str, *, clean_up: Callable[[], Any]) -> Iterator[None]:
    """Inside, this index refuses nothing; then `clean_up` removes the rows it forbids, and it is as it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [name])
        (definition,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {name}")
    try:
        yield
    finally:
        clean_up()
        with connection.cursor() as cursor:
            cursor.execute(definition)
