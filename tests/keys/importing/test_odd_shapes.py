"""Of keys that are random no shape is odd."""

from __future__ import annotations

import random
import string
from collections import Counter

import pytest
from key_kinds import BASE, DIGITS, LOWER, UPPER
from repetitions import repetitions

from saleor_esd_plugin.keys.importing.odd_shapes import Neighbours, odd_shapes, reads_as_key
from saleor_esd_plugin.keys.importing.shapes import shape_of


@pytest.mark.parametrize("seed", range(repetitions(1)))
def test_of_thousands_of_random_keys_none_is_unlike_the_others(seed):
    """By chance some consist of letters alone, or of one case."""
    rng = random.Random(seed)
    for alphabet in (BASE, string.ascii_letters + DIGITS, LOWER + DIGITS, UPPER):
        for sizes, join in (((8,), ""), ((4, 4), "-"), ((3, 5, 2), " "), ((5, 5, 5), "-")):
            shapes = Counter(
                shape_of(join.join("".join(rng.choices(alphabet, k=size)) for size in sizes))
                for _ in range(2000)
            )
            everybody = Neighbours(shapes)
            unlike_others = odd_shapes(everybody, ignores_case=False) | {
                shape for shape in shapes if not reads_as_key(shape, [everybody])
            }
            assert unlike_others == set(), (alphabet, sizes)
