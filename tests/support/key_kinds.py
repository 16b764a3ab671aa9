"""Random keys of many kinds, as vendors have them in one file; the same ones in every run."""

from __future__ import annotations

import random
import string
from uuid import UUID

RNG = random.Random(11)
UPPER, LOWER, DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits


def some(count, alphabet, *sizes, join="-"):
    return [
        join.join("".join(RNG.choices(alphabet, k=size)) for size in sizes) for _ in range(count)
    ]


def hexes(count):
    return [str(UUID(int=RNG.getrandbits(128))) for _ in range(count)]


def tokens(count):
    alphabet = string.ascii_letters + DIGITS + "-_"
    return [
        ".".join("eyJ" + "".join(RNG.choices(alphabet, k=RNG.randint(20, 60))) for _ in "abc")
        for _ in range(count)
    ]


def mails(count):
    return [
        f"{name}@{host}.example" for name, host in zip(some(count, LOWER, 7), some(count, LOWER, 5))
    ]


def various(count, alphabet, shortest, longest):
    return [key for _ in range(count) for key in some(1, alphabet, RNG.randint(shortest, longest))]


BASE = UPPER + DIGITS
GOOD = {
    "two products, as often": some(20, BASE, 5, 5, 5) + some(20, BASE, 4, 4, 4, 4),
    "one product rarely": some(200, BASE, 5, 5, 5) + some(3, BASE, 8, 8),
    "three products, one key each": [*some(1, BASE, 5, 5, 5), *some(1, DIGITS, 16), *hexes(1)],
    "one key of another product": some(8, BASE, 5, 5, 5) + hexes(1),
    "several lengths": some(10, BASE, 12) + some(10, BASE, 16) + some(10, BASE, 20),
    "several alphabets": some(9, UPPER, 5, 5) + some(9, LOWER, 5, 5) + some(9, DIGITS, 5, 5),
    "letters alone": some(12, "BCDFGHJKLMNPQ", 16) + some(12, BASE, 4, 4, 4),
    "letters alone, several lengths": various(12, UPPER, 9, 16) + some(12, DIGITS, 10),
    "one key": some(1, BASE, 5, 5, 5),
    "one key of letters": some(1, UPPER, 14),
    "two keys unlike each other": some(1, BASE, 9) + some(1, DIGITS, 4, 4, 4),
    "groups of different sizes": [
        key for size in range(2, 9) for key in some(3, BASE, size, 10 - size, 5)
    ],
    "numbers of various lengths": various(40, DIGITS, 8, 14),
    "numbers that grow": [str(number) for number in range(99_999_960, 100_000_001)],
    "addresses": mails(15),
    "addresses among others": mails(6) + some(14, BASE, 5, 5, 5),
    "tokens": tokens(25),
    "tokens among others": tokens(5) + some(30, BASE, 5, 5, 5),
    "hex with and without dashes": hexes(12) + [each.replace("-", "") for each in hexes(12)],
    "one hex without dashes": hexes(30) + [hexes(1)[0].replace("-", "")],
    "groups with blanks": some(30, LOWER + DIGITS, 4, 4, 4, join=" "),
    "groups with blanks, of different sizes": some(30, LOWER + DIGITS, 3, 5, 4, 2, join=" "),
    "words": ["-".join(some(4, LOWER, RNG.randint(3, 7))) for _ in range(12)],
    "words with blanks": [" ".join(some(4, LOWER, 5)) for _ in range(12)],
    "mixed case": some(60, string.ascii_letters + DIGITS, 10),
    "mixed case in small groups": some(60, string.ascii_letters + DIGITS, 2, 2, 2, 2),
    "every sign": some(60, string.ascii_letters + DIGITS + "!$%&()*+,-./:;<=>?@[]^_{|}~", 16),
    "numbers with letters before": [
        f"{name}{number}" for name in ("AB", "XYZ") for number in range(1000000, 1000012)
    ],
}
