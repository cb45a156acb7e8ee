"""Words within a few edits of a word, out of tens of thousands, in a tenth of a millisecond; knows letters only, no drug.

A name is cut into k + 1 parts with one letter left out between them. k edits (letters added, left out, changed, neighbours swapped) can
touch at most k of the parts, since a swap reaches over two neighbouring letters and the gap keeps it from touching two parts. So one part
stands unchanged in the word, near where it stood, and only names that share such a part need comparing. How far a part can have moved
follows from the edits left and right of it (Li, Deng, Wang, Feng: PASS-JOIN, PVLDB 5(3), 2011). Nothing is missed: the tests hold this
against comparing with every name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

_PAYS_FROM = 12  # searches through all names; a short list asks for few words, and cutting names into parts takes milliseconds


def edits_allowed(letters: int) -> int:
    """How many edits a word of so many letters may be away from a name: 1 up to 5 letters, 2 up to 11, 3 beyond.

    >>> edits_allowed(5), edits_allowed(8), edits_allowed(14)
    (1, 2, 3)
    """
    return 1 if letters <= 5 else 2 if letters <= 11 else 3


def parts_of(length: int, edits: int) -> tuple[tuple[int, int], ...]:
    """Where a name of this length is cut: edits + 1 half-open spans, one letter left out between each two, later ones the longer.

    >>> parts_of(10, 2)
    ((0, 2), (3, 6), (7, 10))
    """
    size, longer = divmod(max(0, length - edits), edits + 1)
    spans = []
    start = 0
    for part in range(edits + 1):
        end = start + size + (part >= edits + 1 - longer)
        spans.append((start, end))
        start = end + 1
    return tuple(spans)


class Nearby:
    """Finds the names within a few edits; names are indexed by length when one of that length is first asked for."""

    def __init__(self, of_length: Callable[[int], Sequence[str]]) -> None:
        """`of_length` gives the distinct names of a length, () for none."""
        self._of_length = of_length
        self._names: dict[int, Sequence[str]] = {}
        self._parts: dict[tuple[int, int], list[tuple[int, int, dict[str, list[str]]]]] = {}
        self._asked = 0

    def within(self, word: str, edits: int) -> list[tuple[str, int]]:
        """The names within so many edits (1 to 3) of a word, with their distances, nearest first, then by alphabet."""
        self._asked += 1
        pool = self._all(word, edits) if self._asked <= _PAYS_FROM else self._sharing(word, edits)
        found = process.extract(word, pool, scorer=OSA.distance, score_cutoff=edits, limit=None)
        return sorted({name: int(distance) for name, distance, _ in found}.items(), key=lambda item: (item[1], item[0]))

    def _lengths(self, letters: int, edits: int) -> range:
        return range(max(1, letters - edits), letters + edits + 1)

    def _length(self, length: int) -> Sequence[str]:
        names = self._names.get(length)
        if names is None:
            names = self._names[length] = self._of_length(length)
        return names

    def _all(self, word: str, edits: int) -> list[str]:
        return [name for length in self._lengths(len(word), edits) for name in self._length(length)]

    def _sharing(self, word: str, edits: int) -> list[str]:
        """The names that share an unchanged part with the word; some stand in it more than once."""
        pool: list[str] = []
        letters = len(word)
        for length in self._lengths(letters, edits):
            shift_all = letters - length
            for part, (start, end, index) in enumerate(self._cut(length, edits)):
                left = edits - part
                for shift in range(max(-part, shift_all - left), min(part, shift_all + left) + 1):
                    if start + shift >= 0:
                        names = index.get(word[start + shift : end + shift])
                        if names is not None:
                            pool += names
        return pool

    def _cut(self, length: int, edits: int) -> list[tuple[int, int, dict[str, list[str]]]]:
        """For each part of the names of a length: where it stands, and the names by what stands there."""
        made = self._parts.get((length, edits))
        if made is None:
            made = []
            names = self._length(length)
            for start, end in parts_of(length, edits) if names else ():
                index: dict[str, list[str]] = {}
                for name in names:
                    part = name[start:end]
                    if part in index:
                        index[part].append(name)
                    else:
                        index[part] = [name]
                made.append((start, end, index))
            self._parts[length, edits] = made
        return made
