"""Where a command writes a file to, and how it says how far it is."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import BinaryIO, Iterator

from django.core.management.base import CommandError, OutputWrapper


@contextmanager
def opened_output(path: str) -> Iterator[BinaryIO]:
    """A new file of that name, for nobody else to read, or standard output ("-").

    A file that is there already is left alone (CommandError), and one that was not finished is deleted.
    """
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
    except BaseException:
        # A part would be taken for the whole.
        os.unlink(path)
        raise


def tell(stderr: OutputWrapper, text: str, ending: str = "\n") -> None:
    """`text` on standard error, which is not the command's answer; in no colour, since it is no error either."""
    stderr.write(text, style_func=str, ending=ending)
