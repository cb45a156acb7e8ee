"""What the words around a drug say of it: tests/cases/status.csv is the specification ("\\n" in an input is a new line)."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from medcheck.domain import Formulary, Status, StatusCue, Vocabulary
from medcheck.parsing.status import StatusReader, StatusReading
from medcheck.reviewing import read_text
from medcheck.text import tokenise

CASES = list(csv.DictReader((Path(__file__).parent / "cases" / "status.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("case", CASES, ids=[f"{r['drug']}: {r['input'][:60]}" for r in CASES])
def test_case(case: dict[str, str], formulary: Formulary, vocabulary: Vocabulary, as_of: date) -> None:
    statements, _ = read_text(case["input"].replace("\\n", "\n"), formulary, vocabulary, as_of)
    said = [(s.status.value, s.status_certain) for s in statements if case["drug"] in (*s.match.ingredients, s.match.name)]
    assert said == [(case["status"], case["certain"] == "1")], case["why"]


def test_the_cases_cover_every_status_that_words_can_give() -> None:
    counts = Counter(r["status"] for r in CASES)
    assert len(CASES) >= 150
    assert set(counts) == {s.value for s in Status} - {
        Status.UNKNOWN.value
    }  # unknown comes from an EHR; words that leave it open are doubt
    assert min(counts.values()) >= 8


def test_a_doubt_is_always_active() -> None:
    assert {r["status"] for r in CASES if r["certain"] == "0"} == {"active"}


# ---- the reader alone --------------------------------------------------------------------------------------------------
def _cue(phrase: str, status: str, position: str = "before", reach: str = "list", *, certain: bool = True) -> StatusCue:
    return StatusCue(phrase=phrase, status=status, position=position, reach=reach, certain=certain)


CUES = [
    _cue("stopped", "stopped", "both"),
    _cue("took", "stopped"),
    _cue("mother", "family"),
    _cue("takes", "active"),
    _cue("on", "active", reach="one"),
    _cue("no allergies", "reset"),
    _cue("stop smoking", "reset", "both"),
    _cue("changed to", "active", reach="one"),
    _cue("changed to", "stopped", "after"),
    _cue("plan to", "intended"),
    _cue("start", "active"),
    _cue("allergic to", "allergy"),
    _cue("rash", "allergy", "after"),
    _cue("fine", "active", "after"),
    _cue("trial of", "active", certain=False),
]


def _read(text: str, *drugs: str, begin: int = 0) -> list[str]:
    """The reading of each drug word of a text, as "status" with "?" for doubt, "-" for nothing said."""
    tokens = tokenise(text)
    spans = [(k, k + 1) for k, word in enumerate(tokens.words) if word in drugs]
    return [_shown(r) for r in StatusReader(CUES).read(tokens, spans, begin)]


def _shown(reading: StatusReading | None) -> str:
    return "-" if reading is None else f"{reading.status.value}{'' if reading.certain else '?'}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aa and bb", ["-", "-"]),
        ("took aa and bb", ["stopped", "stopped"]),
        ("took aa, bb or cc", ["stopped", "stopped", "stopped"]),
        ("took aa. bb", ["stopped", "-"]),
        ("took aa 5 mg, bb 2 mg", ["stopped", "stopped?"]),
        ("took aa 5 mg and bb 2 mg", ["stopped", "stopped"]),
        ("aa stopped, bb", ["stopped", "-"]),
        ("aa, stopped bb", ["-", "stopped"]),
        ("aa stopped, bb fine", ["stopped", "active"]),
        ("aa and stopped bb", ["-", "stopped"]),
        ("aa stopped bb", ["stopped", "-"]),
        ("aa was slowly stopped bb", ["-", "stopped"]),
        ("aa stopped then, fine", ["active?"]),
        ("mother takes aa", ["family"]),
        ("mother takes aa, takes bb", ["family", "family"]),
        ("allergic to aa, takes bb", ["allergy", "active"]),
        ("allergic to aa, took bb", ["allergy", "allergy"]),
        ("no allergies, takes aa", ["active"]),
        ("took aa, no allergies, bb", ["stopped", "-"]),
        ("plan to start aa", ["intended"]),
        ("on aa, bb", ["active", "active"]),
        ("on many things: aa", ["-"]),
        ("aa to stop smoking", ["-"]),
        ("stop smoking aa", ["-"]),
        ("aa changed to bb", ["stopped", "active"]),
        ("aa changed to 20 mg", ["-"]),
        ("aa changed to 20 mg, then bb", ["-", "-"]),
        ("changed to aa", ["active"]),
        ("took aa fine", ["active?"]),
        ("mother aa fine", ["family"]),
        ("took aa rash", ["allergy"]),
        ("allergic to aa fine", ["allergy"]),
        ("? stopped aa", ["stopped?"]),
        ("aa ?stopped", ["stopped?"]),
        ("trial of aa", ["active?"]),
        ("trial of, takes aa", ["active?"]),
        ("rash and aa", ["-"]),
        ("aa took", ["-"]),
    ],
)
def test_reader(text: str, expected: list[str]) -> None:
    assert _read(text, "aa", "bb", "cc") == expected


def test_a_cue_inside_a_drug_name_is_none() -> None:
    tokens = tokenise("mother stopped aa")
    assert StatusReader(CUES).find(tokens, [(0, 1)]) == [(1, 2, (CUES[0],))]


def test_words_before_the_content_do_not_count() -> None:
    assert _read("stopped aa", "aa", begin=1) == ["-"]


@pytest.mark.parametrize(
    ("text", "expected"), [("5 mg", "-"), ("stopped 5 mg", "stopped"), ("took, then takes", "active"), ("took, no allergies", "-")]
)
def test_read_alone(text: str, expected: str) -> None:
    assert _shown(StatusReader(CUES).read_alone(tokenise(text))) == expected


def test_read_alone_from_the_content_on() -> None:
    assert StatusReader(CUES).read_alone(tokenise("stopped 5 mg"), begin=1) is None
