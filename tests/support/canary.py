"""Watches where clear keys must not be: logs at DEBUG, statements and parameters, arguments of tasks, answers."""

from __future__ import annotations

import base64
import io
import logging
import re
from contextlib import contextmanager

from celery.signals import task_prerun
from django.db import connection


def forms_of(key):
    """How a clear key may look when it leaks."""
    plain = [key, key.replace("-", "")]
    plain += [text.lower() for text in plain] + [text[::-1] for text in plain]
    encoded = [base64.b64encode(text.encode()).decode().rstrip("=")[:-1] for text in plain[:2]]
    return plain + encoded + [text.encode().hex() for text in plain[:2]]


class Watch:
    """Begin with `with watch.on():`; `answers` are for the test to fill."""

    def __init__(self, keys):
        forms = [re.escape(form) for key in keys for form in forms_of(key)]
        self._wanted = re.compile("|".join(forms))
        self.logged, self.statements, self.arguments, self.answers = io.StringIO(), [], [], []

    def leaks(self):
        """The names of the places where a key was seen."""
        places = {
            "log": self.logged.getvalue(),
            "sql": "\n".join(self.statements),
            "task": "\n".join(self.arguments),
            "answer": "\n".join(self.answers),
        }
        return [name for name, text in places.items() if self.is_in(text)]

    def is_in(self, text):
        """Whether one of the keys is in the text, in any of its forms."""
        return self._wanted.search(text) is not None

    def tables(self):
        """The tables of the whole database that hold a clear key in some column."""
        found = []
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
            )
            for (table,) in cursor.fetchall():
                cursor.execute(f"SELECT t::text FROM {table} t")
                if any(self.is_in(text) for (text,) in cursor):
                    found.append(table)
        return found

    @contextmanager
    def on(self):
        connection.force_debug_cursor = True
        task_prerun.connect(self.note_task)
        try:
            with _every_logger(self.logged), connection.execute_wrapper(self._note_statement):
                yield self
        finally:
            task_prerun.disconnect(self.note_task)
            connection.force_debug_cursor = False

    def note_task(self, sender=None, args=None, kwargs=None, **signal):
        self.arguments.append(f"{sender.name} {args!r} {kwargs!r}")

    def _note_statement(self, execute, sql, params, many, context):
        self.statements.append(f"{sql} {_readable(params)}")
        return execute(sql, params, many, context)


@contextmanager
def _every_logger(stream):
    """All that is logged goes to `stream` too, at DEBUG: also by loggers that were set to be quiet."""
    handler = logging.StreamHandler(stream)
    # The test's own mail server gets mails with keys, which is right.
    names = [name for name in logging.root.manager.loggerDict if name != "mail.log"]
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger, logger.level, logger.propagate, logger.disabled) for logger in loggers]
    root_level = logging.root.level
    for logger in loggers:
        logger.propagate, logger.disabled = True, False
        logger.setLevel(logging.DEBUG)
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logging.root.setLevel(root_level)
        logging.root.removeHandler(handler)
        for logger, level, propagate, disabled in before:
            logger.propagate, logger.disabled = propagate, disabled
            logger.setLevel(level)


def _readable(value):
    """Parameters as text; bytes as they would be read by somebody who looks for a key in them."""
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("latin-1") + " " + bytes(value).hex()
    if isinstance(value, dict):
        return " ".join(_readable(each) for each in value.values())
    if isinstance(value, (list, tuple)):
        return " ".join(_readable(each) for each in value)
    # Drivers wrap bytes and JSON.
    return f"{value!s} {getattr(value, 'adapted', '')!s} {getattr(value, 'obj', '')!s}"
