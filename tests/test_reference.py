"""The fast matcher agrees with a slow and obvious one, on the cases and on made-up lines."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from medcheck.domain import Formulary, Vocabulary
from medcheck.matching.index import Allowance
from medcheck.reviewing import Tools
from medcheck.text import tokenise
from tests.reference_matcher import Read, ReferenceMatcher, likeness, sound_of

CASES = Path(__file__).parent / "cases"


@pytest.fixture(scope="module")
def reference(formulary: Formulary, vocabulary: Vocabulary) -> ReferenceMatcher:
    return ReferenceMatcher(formulary, vocabulary)


def _inputs(file: str) -> list[str]:
    with (CASES / file).open(newline="", encoding="utf-8") as handle:
        return [row["input"] for row in csv.DictReader(handle)]


def _fast(tools: Tools, text: str) -> list[Read]:
    return [Read(a, b, m.outcome.value, m.ingredients, round(m.score, 3)) for m, a, b in tools.index.names_in(tokenise(text), Allowance())]


def _slow(reference: ReferenceMatcher, text: str) -> list[Read]:
    return [Read(r.first, r.last, r.outcome, tuple(r.ingredients), round(r.score, 3)) for r in reference.names_in(text)]


@pytest.mark.parametrize("file", ["names.csv", "near_misses.csv", "status.csv", "sigs.csv", "abbreviations.csv"])
def test_the_cases_are_read_alike(file: str, tools: Tools, reference: ReferenceMatcher) -> None:
    different = [(t, _fast(tools, t), _slow(reference, t)) for t in _inputs(file) if _fast(tools, t) != _slow(reference, t)]
    assert different == []


@pytest.mark.parametrize("file", sorted(p.name for p in (CASES / "lists").glob("*.txt")))
def test_the_lists_are_read_alike(file: str, tools: Tools, reference: ReferenceMatcher) -> None:
    for line in (CASES / "lists" / file).read_text(encoding="utf-8").splitlines():
        assert _fast(tools, line) == _slow(reference, line)


def _edited(word: str, rng: random.Random) -> str:
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        k = rng.randrange(len(word))
        word = (
            rng.choice(
                (
                    word[:k] + word[k + 1 :] if len(word) > 2 else word,
                    word[:k] + rng.choice("aeiouylrsnmtc") + word[k:],
                    word[:k] + rng.choice("aeiouylrsnmtc") + word[k + 1 :],
                    word[: max(0, k - 1)] + word[k] + word[max(0, k - 1) : k] + word[k + 1 :],
                    word[:k] + " " + word[k:],
                )
            ).strip()
            or "x"
        )
    return word


def _made_up(rng: random.Random, names: list[str], words: list[str]) -> str:
    between = [
        "mg",
        "50",
        "pm",
        "hcl",
        "level",
        "a",
        "at",
        "es",
        "apo",
        "/",
        "-",
        ",",
        "1",
        "0",
        "0.1 mg",
        "10 mg",
        "20mg",
        "100 mg",
        "5 mg/mL",
        "tablets",
        "for",
        "night",
        "(",
        ")",
    ]
    pieces = []
    for _ in range(rng.randrange(1, 5)):
        pieces.append(_edited(rng.choice(names), rng))
        pieces += [rng.choice(between if rng.random() < 0.7 else words) for _ in range(rng.randrange(3))]
    return "".join(p + rng.choice((" ", " ", " ", "")) for p in pieces)


@pytest.mark.parametrize("seed", range(12))
def test_made_up_lines_are_read_alike(
    seed: int, tools: Tools, reference: ReferenceMatcher, formulary: Formulary, vocabulary: Vocabulary
) -> None:
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    names = sorted(formulary.names) if seed % 2 else sorted(vocabulary.names)
    words = sorted(vocabulary.words)
    for _ in range(25):
        text = _made_up(rng, names, words)
        assert _fast(tools, text) == _slow(reference, text), text


@pytest.mark.parametrize("seed", range(3))
def test_sounds_are_heard_alike(seed: int, formulary: Formulary) -> None:
    from medcheck.matching import similarity, sound

    rng = random.Random(seed)  # noqa: S311 - not for secrets
    names = [n for n in sorted(formulary.names) if n.isalpha()]
    for _ in range(300):
        word, name = _edited(rng.choice(names), rng).replace(" ", ""), rng.choice(names)
        assert sound(word) == sound_of(word)
        assert similarity(word, name) == pytest.approx(likeness(word, name))
