"""What a text looks like, apart from which letters and digits it has: is it a key, or words that people wrote?"""

from __future__ import annotations

import enum
import re
import string
from functools import lru_cache
from typing import NamedTuple

_SIGNS = (string.ascii_letters + string.digits).encode()
_TO_X = bytes.maketrans(_SIGNS, b"x" * len(_SIGNS))
# Of the longest words of German headings, with room; what is longer is no word.
_LONGEST_WORD = 32

_GROUPS = re.compile("[A-Za-z0-9]+")
_DIGIT = re.compile("[0-9]")
# “- AB12”, “# keys of May”, “1) AB12”, “Key 1: AB12”: a mark of a list or a label, and something behind it.
_MARKED = re.compile(r"(?:[0-9]{1,7}[.)]|[-*+#>]+|/{2,}) |[A-Za-z][^:]{0,40}: ")
# Words with single signs between them, and what may end a heading.
_JOINED = re.compile(r"[A-Za-z]+(?:[-_./][A-Za-z]+)*[:.,;!?]*")
# Product, product, PRODUCT, ProductKey; but not pRodUCt.
_WORD = re.compile("[A-Z]+|[A-Z]?[a-z]+(?:[A-Z][a-z]{2,})*")
_NATURAL_WORD = re.compile("[A-Z]?[a-z]{2,}")
_NOT_IN_SENTENCES = re.compile(r"[|^~`$\\]")
_SHORT_NUMBER = re.compile("[0-9]{1,4}")


class Kind(enum.IntEnum):
    """What a text reads like."""

    KEY = 0
    LETTERS = 1  # letters of one case, nothing else: a word as well as a key
    WORDS = 2
    NO_KEY = 3  # a ruler, or a mark or label with something behind it


class Shape(NamedTuple):
    """Its letters and digits as x, between them what stands there; whether it has lower (1) and upper case (2)."""

    skeleton: str
    case: int
    kind: Kind

    @property
    def separators(self) -> str:
        return self.skeleton.replace("x", "")


def skeleton_of(text: str) -> str:
    """`text` with an x for each letter and digit of ASCII."""
    # Of bytes, which is quicker by far; it leaves alone what other letters are made of.
    return text.encode().translate(_TO_X).decode()


def shape_of(text: str) -> Shape:
    """The shape of a key as it is shown, in printable ASCII."""
    case = 2 if text.isupper() else (text.upper() != text) + 2 * (text.lower() != text)
    # As most keys are; it is asked of each row of a million.
    if " " not in text and _DIGIT.search(text):
        return _shape_of_key(text.encode().translate(_TO_X), case)
    return Shape(skeleton_of(text), case, _kind_of(text))


@lru_cache(maxsize=1024)
def _shape_of_key(skeleton: bytes, case: int) -> Shape:
    return Shape(skeleton.decode(), case, Kind.KEY)


def _kind_of(text: str) -> Kind:
    """Of a text that has no digit, or a blank."""
    groups = _GROUPS.findall(text)
    if not groups or _MARKED.match(text):
        return Kind.NO_KEY
    is_mixed = text.upper() != text and text.lower() != text
    sizes = {len(group) for group in groups}
    if len(groups) > 2 and len(sizes) == 1 and not is_mixed:
        return Kind.KEY
    if " " in text:
        is_sentence = _are_words(groups) and not _NOT_IN_SENTENCES.search(text)
        return Kind.WORDS if is_sentence else Kind.KEY
    if not _JOINED.fullmatch(text) or max(sizes) > _LONGEST_WORD:
        return Kind.KEY
    if is_mixed and not all(map(_WORD.fullmatch, groups)):
        return Kind.KEY
    return Kind.WORDS if is_mixed or ":" in text else Kind.LETTERS


def _are_words(groups: list) -> bool:
    """Whether groups with blanks between them are a sentence: one is a word, or all are words and short numbers."""
    if any(len(group) > 2 and _NATURAL_WORD.fullmatch(group) for group in groups):
        return True
    return any(len(group) > 2 and group.isalpha() for group in groups) and all(
        group.isalpha() or _SHORT_NUMBER.fullmatch(group) for group in groups
    )
