"""The lines of a file while it is read: UTF-8, or UTF-16 with a byte order mark; memory stays flat."""

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
_LINE = re.compile("[^\r\n]*(?:\r\n|\n|\r)")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)


def lines(file: BinaryIO) -> Iterator[str]:
    """Each line with its end (CRLF, LF or CR).

    Raises BadEncoding, FileTooLarge for an endless line, Invalid for what is no text at all.
    """
    pending = ""
    for text in _texts(file):
        pending += text
        # Not beyond the last end: without one the search would begin anew at every character.
        end = max(pending.rfind("\n"), pending.rfind("\r")) + 1
        yield from _LINE.findall(pending[:end])
        pending = pending[end:]
        if len(pending) > LONGEST_LINE:
            raise FileTooLarge(LONGEST_LINE, "characters in one line")
    if pending:
        yield pending


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
