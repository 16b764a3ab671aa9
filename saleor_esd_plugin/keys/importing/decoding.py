"""The lines of a file while it is read: UTF-8, or UTF-16 with a byte order mark; memory stays flat.

Blank lines are skipped many at once: of 32 MiB of them each would cost as much as a row.
"""

from __future__ import annotations

import codecs
import io
import re
from typing import BinaryIO, Iterator, Tuple

from .errors import BadEncoding, FileTooLarge
from .headers import refuse_documents

_BLOCK = 64 * 1024
# No key and no row is that long; an endless line would otherwise fill the memory.
LONGEST_LINE = 1024 * 1024
# Not str.splitlines(): that also splits at U+0085 and U+2028, which no spreadsheet does.
# A line, and the blank ones behind it; separators alone are the empty rows of a table.
_LINE = re.compile("([^\r\n]*(?:\r\n|\n|\r))([\\s,;|]*[\r\n])?")
_IS_BLANK = re.compile("[\\s,;|]*")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)


def lines(file: BinaryIO) -> Iterator[Tuple[int, str]]:
    """Each line that is not blank, with its number (from 1) and its end (CRLF, LF or CR).

    Raises BadEncoding, FileTooLarge for an endless line, Invalid for what is no text at all.
    """
    pending, number = "", 1
    for text in _texts(file):
        pending += text
        # Not beyond the last end: without one the search would begin anew at every character.
        end = max(pending.rfind("\n"), pending.rfind("\r")) + 1
        for line, blank in _LINE.findall(pending[:end]):
            if line[0].isalnum() or not _IS_BLANK.fullmatch(line):
                yield number, line
            number += 1 + _count_ends(blank) if blank else 1
        pending = pending[end:]
        if len(pending) > LONGEST_LINE:
            raise FileTooLarge(LONGEST_LINE, "characters in one line")
    if not _IS_BLANK.fullmatch(pending):
        yield number, pending


def most_lines(file: BinaryIO) -> int:
    """How many lines the file has at most, counted as bytes whatever its encoding; reads it to its end."""
    blocks = iter(lambda: file.read(_BLOCK), b"")
    return 1 + sum(block.count(b"\n") + block.count(b"\r") for block in blocks)


def _count_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _texts(file: BinaryIO) -> Iterator[str]:
    block = file.read(_BLOCK)
    refuse_documents(block)
    mark, encoding, name = _encoding(block)
    decoder = codecs.getincrementaldecoder(encoding)()
    # A CR at the end of a block may be half of a CRLF.
    ends = io.IncrementalNewlineDecoder(None, translate=False)
    offset, block = len(mark), block[len(mark) :]
    while True:
        following = file.read(_BLOCK)
        kept = len(decoder.getstate()[0])
        wrong = -1
        try:
            text = decoder.decode(block, not following)
        except UnicodeDecodeError as error:
            wrong = offset - kept + error.start
        # Raised out here, because the error of Python carries a part of the file along.
        if wrong >= 0:
            raise BadEncoding(name, wrong)
        yield ends.decode(text, not following)
        if not following:
            return
        offset, block = offset + len(block), following


def _encoding(start: bytes) -> Tuple[bytes, str, str]:
    for mark, encoding, name in _MARKS:
        if start.startswith(mark):
            return mark, encoding, name
    return b"", "utf-8", "UTF-8"
