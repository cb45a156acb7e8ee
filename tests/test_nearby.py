"""The fast search for names near a word is held against comparing with every name by a textbook distance."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medcheck.domain import Formulary, Vocabulary
from medcheck.matching.nearby import Nearby, edits_allowed, parts_of

LETTERS = st.text("abcde", min_size=1, max_size=13)


def textbook(a: str, b: str) -> int:
    """Optimal string alignment, row by row: letters added, left out, changed, neighbours swapped."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, start=1):
        row = [i]
        for j, y in enumerate(b, start=1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def by_comparing_all(word: str, names: list[str], edits: int) -> list[tuple[str, int]]:
    found = [(n, textbook(word, n)) for n in names]
    return sorted((f for f in found if f[1] <= edits), key=lambda f: (f[1], f[0]))


def settled(names: list[str]) -> Nearby:
    """A search that is past its first words, which are compared with all names."""
    near = Nearby(lambda length: [n for n in names if len(n) == length])
    for _ in range(20):
        near.within("zzzzzz", 1)
    return near


@settings(max_examples=300, deadline=None)
@given(st.sets(LETTERS, max_size=60), LETTERS, st.sampled_from((1, 2, 3)))
def test_nothing_near_is_missed(names: set[str], word: str, edits: int) -> None:
    assert settled(sorted(names)).within(word, edits) == by_comparing_all(word, sorted(names), edits)


@settings(max_examples=200, deadline=None)
@given(
    LETTERS.filter(lambda w: len(w) > 4),
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from("xdts"), st.sampled_from("abcdez")), max_size=3),
)
def test_a_word_some_edits_away_is_found(name: str, edits: list[tuple[int, str, str]]) -> None:
    word = name
    for at, kind, letter in edits:
        k = at % len(word)
        if kind == "x":
            word = word[:k] + letter + word[k + 1 :]
        elif kind == "d" and len(word) > 1:
            word = word[:k] + word[k + 1 :]
        elif kind == "t" and k:
            word = word[: k - 1] + word[k] + word[k - 1] + word[k + 1 :]
        else:
            word = word[:k] + letter + word[k:]
    distance = textbook(word, name)
    if distance <= 3:
        assert settled([name]).within(word, max(1, distance)) == [(name, distance)]


@pytest.mark.parametrize("seed", range(3))
def test_real_names_are_found_as_by_comparing_all(seed: int, formulary: Formulary, vocabulary: Vocabulary) -> None:
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    everything = sorted({n for n in (*formulary.names, *vocabulary.names) if n.isalpha() and 4 <= len(n) <= 18})
    names = rng.sample(everything, 1500)
    near = settled(names)
    for name in rng.sample(names, 12):
        k = rng.randrange(1, len(name))
        for word in (name, name[:k] + name[k + 1 :], name[: k - 1] + name[k] + name[k - 1] + name[k + 1 :] + "e"):
            edits = edits_allowed(len(word))
            assert near.within(word, edits) == by_comparing_all(word, names, edits)


@pytest.mark.parametrize("length", range(1, 30))
@pytest.mark.parametrize("edits", [1, 2, 3])
def test_parts_lie_in_the_name_with_a_gap_between(length: int, edits: int) -> None:
    spans = parts_of(length, edits)
    assert len(spans) == edits + 1
    if length >= 2 * edits + 1:
        assert spans[0][0] == 0
        assert spans[-1][1] == length
        assert all(a < b for a, b in spans)
    assert all(spans[i][1] + 1 == spans[i + 1][0] for i in range(edits))
