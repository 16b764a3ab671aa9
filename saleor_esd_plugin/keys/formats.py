"""What keys look like: named formats, one canonical form for import, search and validation, masks.

The order of the steps is part of the design: unfamiliar characters are refused
*before* anything is upper-cased, since `"ı".upper()` is "I" and "ß" becomes "SS".
"""

from __future__ import annotations

import math
import os
import re
import string
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Dict, Optional, Tuple

from ..errors import Invalid
from .errors import KeyFormatError
from .secret import SecretKey
from .verdicts import ImportVerdict

LONGEST = 512
SHORTEST = 8
INSENSITIVE, EXACT = "I", "X"
BOTH_MODES = (EXACT, INSENSITIVE)
BULLET = "•"

# Listed, not asked for: which characters count as spaces depends on the interpreter's Unicode.
_SPACES = [0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]
_INVISIBLE = [*range(0x200B, 0x2010), 0x2060, 0xFEFF, 0x00AD]
_DASHES = [*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D]

# What a character is read as; None is nothing at all.
_READ: Dict[int, Any] = {code: None for code in _SPACES + _INVISIBLE}
_READ.update({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})
_READ.update({code: "-" for code in _DASHES})
_SHOW = {code: read for code, read in _READ.items() if code != ord(" ")}
_LINE_ENDS = " \t\r\n"
_UNPRINTABLE = re.compile("[^\x21-\x7e]")


@dataclass(frozen=True)
class Format:
    """A named format. `mode` I ignores case, dashes and spaces, X does not ignore case and dashes.

    `alphabet` and `groups` (5, 5 = two groups of five) describe a fixed pattern, in which keys can be
    generated; without them a key is 8 to 512 printable ASCII characters as the supplier wrote them.
    """

    name: str
    mode: str
    alphabet: str = ""
    groups: tuple = ()

    @property
    def bits(self) -> Optional[int]:
        """The strength of a random key of this format, None if that depends on the supplier."""
        return int(sum(self.groups) * math.log2(len(self.alphabet))) if self.groups else None

    def canonicalize(self, text: str) -> str:
        """The one form that keys are compared in. Raises KeyFormatError."""
        canonical = canonical_form(text, self.mode)
        if not self.groups:
            if len(canonical) < SHORTEST:
                raise KeyFormatError(ImportVerdict.TOO_WEAK)
            return canonical
        # Stripped of the alphabet, only a stranger and what is between two of them is left.
        if canonical.strip(self.alphabet):
            raise KeyFormatError(ImportVerdict.INVALID_CHARACTER, self._position_of_stranger(text))
        if len(canonical) != sum(self.groups):
            raise KeyFormatError(ImportVerdict.INVALID_LENGTH)
        return canonical

    def display(self, text: str) -> str:
        """The key as its buyer gets it, which is what is encrypted. Raises KeyFormatError."""
        return self.shown(text, self.canonicalize(text))

    def shown(self, text: str, canonical: str) -> str:
        """As `display`, of a text whose canonical form is known."""
        if not self.groups:
            return text.strip(_LINE_ENDS).translate(_SHOW).strip()
        return self._grouped(canonical)

    def generate(self) -> SecretKey:
        """A new random key as it is displayed. Raises Invalid if the format has no generator."""
        if not self.groups:
            raise Invalid(f"Keys of the format {self.name} cannot be generated.", field="format")
        return SecretKey(self._grouped(random_text(self.alphabet, sum(self.groups))))

    def mask(self, suffix: str) -> str:
        """How a key is shown without opening it; `suffix` is all that is known of it."""
        if not self.groups:
            return BULLET * SHORTEST + suffix
        return self._grouped(BULLET * (sum(self.groups) - len(suffix)) + suffix)

    def suffix_of(self, canonical: str) -> str:
        """The last characters that may be shown: at most 5, and only if 64 bits stay hidden."""
        length = len(canonical)
        count = min(5, length // 5)
        hidden = (length - count) * math.log2(len(self.alphabet) or _alphabet_size(canonical))
        return canonical[length - count :] if hidden >= 64 else ""

    def _grouped(self, text: str) -> str:
        parts, start = [], 0
        for size in self.groups:
            parts.append(text[start : start + size])
            start += size
        return "-".join(parts)

    def _position_of_stranger(self, text: str) -> Optional[int]:
        allowed = set(self.alphabet) | {"", "-"}
        return _first_position(text, lambda read: read.upper() not in allowed)


FORMATS: Dict[str, Format] = {
    format.name: format
    for format in (
        # M01: 25 characters, none of which looks like another.
        Format("5X5_25", INSENSITIVE, "BCDFGHJKMNPQRTVWXY2346789", (5, 5, 5, 5, 5)),
        Format("GENERIC", EXACT),
        Format("GENERIC_INSENSITIVE", INSENSITIVE),
    )
}


def find_format(name: str) -> Format:
    """The format of this name. Raises Invalid, naming those there are."""
    if name not in FORMATS:
        raise Invalid("The format is one of " + ", ".join(sorted(FORMATS)) + ".", field="format")
    return FORMATS[name]


def canonical_form(text: str, mode: str) -> str:
    """`text` as keys of `mode` are compared, whatever their format. Raises KeyFormatError."""
    if len(text) > LONGEST:
        raise KeyFormatError(ImportVerdict.INVALID_LENGTH)
    read = text.strip(_LINE_ENDS)
    # What most keys are made of is read as it is.
    if _UNPRINTABLE.search(read):
        read = read.translate(_READ)
    if not read:
        raise KeyFormatError(ImportVerdict.EMPTY)
    if _UNPRINTABLE.search(read):
        raise KeyFormatError(
            ImportVerdict.INVALID_CHARACTER, _first_position(text, _UNPRINTABLE.search)
        )
    if mode == EXACT:
        return read
    canonical = read.upper().replace("-", "")
    if not canonical:
        raise KeyFormatError(ImportVerdict.EMPTY)
    return canonical


def canonicalize(text: str, format: str) -> str:
    """`text` in the canonical form of the named format. Raises KeyFormatError."""
    return find_format(format).canonicalize(text)


def suffix_of(canonical: str, format: str) -> str:
    """The characters of a canonical key that may be shown in lists."""
    return find_format(format).suffix_of(canonical)


def mask(format: str, suffix: str) -> str:
    """A key of the named format as lists show it."""
    return find_format(format).mask(suffix)


def masked(license_key: Any) -> str:
    """The key of this row as lists show it; opens nothing. Fetch its `pool` along."""
    return mask(license_key.pool.format, license_key.suffix)


def random_text(alphabet: str, count: int) -> str:
    """`count` characters of `alphabet`, each as likely as any other, from the system's generator."""
    table, dropped = _byte_table(alphabet)
    text = b""
    while len(text) < count:
        text += os.urandom(2 * count).translate(table, dropped)
    return text[:count].decode("ascii")


@lru_cache(maxsize=None)
def _byte_table(alphabet: str) -> Tuple[bytes, bytes]:
    """The character of each random byte, and the bytes past the last full round of the alphabet.

    Those are dropped: they would favour its beginning.
    """
    characters = alphabet.encode("ascii")
    table = bytes(characters[byte % len(characters)] for byte in range(256))
    return table, bytes(range(256 - 256 % len(characters), 256))


def _first_position(text: str, is_wrong: Any) -> Optional[int]:
    """Where the first wrong character stands, from 1; line ends around the key do not count as its own."""
    start = len(text) - len(text.lstrip(_LINE_ENDS))
    for position, character in enumerate(text.strip(_LINE_ENDS), start + 1):
        if is_wrong(character.translate(_READ)):
            return position
    return None


def _alphabet_size(text: str) -> int:
    """How many characters a supplier with keys like this one seems to choose from."""
    classes = (string.digits, string.ascii_uppercase, string.ascii_lowercase, string.punctuation)
    return sum(len(each) for each in classes if set(each) & set(text))
