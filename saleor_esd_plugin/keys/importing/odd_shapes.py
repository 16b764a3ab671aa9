"""Which shapes are unlike their neighbours. The rules are told in docs/key-stock.md, “What is no key”."""

from __future__ import annotations

from collections import Counter
from typing import Dict, Iterable, Mapping, Set, Tuple

from .shapes import Kind, Shape

# Keys of so many shapes that none is odd.
FREE = Shape("", 0, Kind.KEY)
# Quotes and separators that a program left at one end of a key.
_LEFT_OVER = "\"',;|"
# Fewer rows than that cannot show that one of them is odd.
_ENOUGH = 20
# A shape of so many rows, or of a hundredth of them if that is less, is a family of its own.
_FAMILY = range(2, 21)


class Neighbours:
    """The shapes of rows to compare with, and how often each is met."""

    def __init__(self, counts: Mapping[Shape, int]) -> None:
        self.counts = counts
        self.total = sum(counts.values())
        self.of_skeleton: Counter = Counter()
        # Rows that read like words, by what stands between these; rows that do not, by skeleton.
        self._words: Counter = Counter()
        self._keys: Dict[str, Dict[int, int]] = {}
        for shape, count in counts.items():
            self.of_skeleton[shape.skeleton] += count
            if shape.kind is Kind.KEY:
                cases = self._keys.setdefault(shape.skeleton, Counter())
                cases[shape.case] += count
            else:
                self._words[shape.separators, shape.case] += count

    def keys_like(self, shape: Shape) -> int:
        """Rows of its skeleton that have its letters, and are no words."""
        cases = self._keys.get(shape.skeleton, {})
        return sum(count for case, count in cases.items() if case & shape.case == shape.case)

    def are_usual(self, shape: Shape) -> bool:
        """Whether such words are what keys look like here: most rows, or for letters alone a fourth of them."""
        alike = self._words[shape.separators, shape.case]
        if shape.kind is Kind.LETTERS:
            return alike == self.total or (alike > 2 and 4 * alike >= self.total)
        return alike > 2 and 3 * alike >= 2 * self.total


def has_left_over(shape: Shape) -> bool:
    """Whether it begins or ends with a quote or a separator."""
    return shape.skeleton.strip(_LEFT_OVER) != shape.skeleton


def reads_as_key(shape: Shape, compared: Iterable[Neighbours]) -> bool:
    """Whether a text of this shape may be a key; the first of `compared` are all neighbours there are."""
    everybody, *_ = compared = list(compared)
    if shape.kind is Kind.NO_KEY:
        return False
    if has_left_over(shape):
        bare = shape.skeleton.strip(_LEFT_OVER)
        # The same key without it is what the others look like.
        return everybody.of_skeleton[bare] <= everybody.of_skeleton[shape.skeleton]
    if shape.kind is Kind.KEY:
        return True
    vouching = 4.0 * everybody.keys_like(shape)
    if shape.kind is Kind.WORDS and not shape.separators:
        # Not often is a random key of both cases one word, the less the longer it is.
        vouching *= 2 * _is_one_word_by_chance(len(shape.skeleton))
    if vouching >= everybody.counts[shape]:
        return True
    return any(neighbours.are_usual(shape) for neighbours in compared)


def _is_one_word_by_chance(length: int) -> float:
    """How likely a random text of digits and letters of both cases has no digit, and capitals only where words have."""
    return (52 / 62) ** length / 2 ** (length - 2)


def odd_shapes(neighbours: Neighbours, *, ignores_case: bool) -> Set[Shape]:
    """Keys of a length, with separators or letters that the others lack, if these are much alike: at most 1 in 100 is odd."""
    total = neighbours.total
    if total <= _ENOUGH or FREE in neighbours.counts:
        return set()

    def case_of(shape: Shape) -> int:
        return 0 if ignores_case else shape.case

    sizes: Counter = Counter()
    for shape, count in neighbours.counts.items():
        sizes[shape.skeleton, case_of(shape)] += count
    least = min(max(total // 100, _FAMILY[0]), _FAMILY[-1])
    families = _Families(key for key, count in sizes.items() if count >= least)
    odd = {
        shape
        for shape in neighbours.counts
        if shape.kind is Kind.KEY and not families.know(shape, case_of(shape))
    }
    rows = sum(neighbours.counts[shape] for shape in odd)
    return odd if rows <= max(1, total // 100) else set()


class _Families:
    """What rows that are alike have in common: skeletons, lengths, separators, each with their letters."""

    def __init__(self, shapes: Iterable[Tuple[str, int]]) -> None:
        self._skeletons: Dict[str, int] = {}
        self._lengths: Dict[int, int] = {}
        self._separators: Dict[str, int] = {}
        self._sizes: Counter = Counter()
        for skeleton, case in shapes:
            separators = skeleton.replace("x", "")
            if skeleton not in self._skeletons:
                self._sizes[separators] += 1
            length = skeleton.count("x")
            self._skeletons[skeleton] = self._skeletons.get(skeleton, 0) | case
            self._lengths[length] = self._lengths.get(length, 0) | case
            self._separators[separators] = self._separators.get(separators, 0) | case

    def know(self, shape: Shape, case: int) -> bool:
        """Whether there is a family with these letters and this skeleton, this length or, if sizes differ, these separators."""
        separators = shape.separators
        found = [
            self._skeletons.get(shape.skeleton),
            self._lengths.get(shape.skeleton.count("x")),
        ]
        # Numbers are of any length: zeros in front get lost.
        if self._sizes[separators] > 1 or not (separators or self._separators.get("", 1)):
            found.append(self._separators.get(separators))
        return any(known is not None and known & case == case for known in found)
