from __future__ import annotations

import enum


class ImportVerdict(str, enum.Enum):
    """What became of one row of an import."""

    OK = "OK"
    EMPTY = "EMPTY"
    TOO_WEAK = "TOO_WEAK"  # fewer than 8 characters: anybody could guess it
    INVALID_LENGTH = "INVALID_LENGTH"
    INVALID_CHARACTER = "INVALID_CHARACTER"
    SPREADSHEET_DAMAGE = "SPREADSHEET_DAMAGE"  # a number, a date, an error: no longer the key
    UNLIKE_THE_OTHERS = (
        "UNLIKE_THE_OTHERS"  # a heading, a trailer, a ruler … unless the caller says it is a key
    )
    SEVERAL_KEYS = "SEVERAL_KEYS"  # more than one in a line
    BAD_FORMAT = "BAD_FORMAT"  # the row is not like its header says, or its date is not a date
    DUPLICATE_IN_FILE = "DUPLICATE_IN_FILE"
    ALREADY_PRESENT = "ALREADY_PRESENT"
    EXISTS_ELSEWHERE = "EXISTS_ELSEWHERE"
    UNKNOWN_SKU = "UNKNOWN_SKU"  # no licensed variant has this SKU
    UNKNOWN_POOL = "UNKNOWN_POOL"  # no single pool of this name or id takes imported keys
