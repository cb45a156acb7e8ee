"""Doses of a course in order of time: tests/cases/steps.csv is the specification.

`expected` has a step for each dose, parted by " | ": the daily dose in mg, "@", when it began, "..", and when it ended. The daily dose is
"0.25-0.5" for a range, and "?" with the amount of one intake when it cannot be known. A date is a year, a month or a day, "first/last" when
it is neither, and nothing when it is not told. "()": the words tell no steps. The drug is the first name of the formulary in the input.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medcheck
from medcheck.domain import DoseStep, Formulary, Vocabulary
from medcheck.parsing.steps import read_steps
from medcheck.reviewing import Tools, prepare, read_text
from medcheck.text import tokenise
from tests.written import written

AS_OF = date(2026, 11, 22)
ROWS = list(csv.DictReader((Path(__file__).parent / "cases" / "steps.csv").read_text(encoding="utf-8").splitlines()))
Reader = Callable[[str], tuple[DoseStep, ...]]


@pytest.fixture(scope="module")
def read(tools: Tools, formulary: Formulary) -> Reader:
    def _read(text: str) -> tuple[DoseStep, ...]:
        names = (formulary.names.get(word) for word in tokenise(text).words)
        ingredients = next((n.ingredients for n in names if n is not None and n.ingredients), ())
        return read_steps(text, ingredients, tools.readers, AS_OF)

    return _read


def _note(steps: tuple[DoseStep, ...]) -> str:
    return " | ".join(written(s.dosage, s.dosage.dose_max, s.period, AS_OF) for s in steps) or "()"


def _check(steps: tuple[DoseStep, ...]) -> None:
    """What holds for every reading."""
    for step in steps:
        started, stopped = step.period.started, step.period.stopped
        assert started is None or stopped is None or started.earliest <= stopped.latest
        assert step.dosage.daily_dose_mg_max is not None or step.dosage.reason
    for a, b in pairwise(steps):
        assert b.period.started is None or a.period.stopped is not None
        if a.period.started is not None and b.period.started is not None:
            assert a.period.started.earliest <= b.period.started.latest


@pytest.mark.parametrize("case", ROWS, ids=[r["input"][:70] for r in ROWS])
def test_case(case: dict[str, str], read: Reader) -> None:
    found = read(case["input"])
    assert _note(found) == case["expected"]
    _check(found)


def test_enough_cases_have_no_steps() -> None:
    assert len(ROWS) >= 60
    assert 3 * sum(r["expected"] == "()" for r in ROWS) >= len(ROWS)
    assert len({r["input"] for r in ROWS}) == len(ROWS)


@pytest.mark.parametrize("case", [r for r in ROWS if r["expected"] != "()"][:20], ids=lambda r: r["input"][:70])
def test_case_and_spacing_do_not_change_the_answer(case: dict[str, str], read: Reader) -> None:
    assert _note(read(case["input"].upper())) == case["expected"]
    assert _note(read(f"  {case['input']}  ")) == case["expected"]


@pytest.mark.parametrize(
    "text",
    ["pramipexole 0.125 -> 0.25 in 2019 -> 0.5 mg nocte since March 2022", "Sinemet 25/100 1 tab at bedtime since 2016, 2 tabs since 2019"],
)
def test_the_clause_of_a_statement_is_what_it_reads(
    text: str, read: Reader, formulary: Formulary, vocabulary: Vocabulary, tools: Tools
) -> None:
    (statement,) = read_text(text, formulary, vocabulary, AS_OF)[0]
    assert _note(read_steps(statement.text, statement.match.ingredients, tools.readers, AS_OF)) == _note(read(text)) != "()"


def test_a_step_keeps_its_own_words_and_unit(read: Reader) -> None:
    found = read("pramipexole 88 micrograms nocte in 2019 -> 0.5 mg nocte since 2022")
    assert [s.text for s in found] == ["pramipexole 88 micrograms nocte in 2019", "0.5 mg nocte since 2022"]
    assert [s.dosage.daily_dose_mg_max for s in found] == [0.088, 0.5]
    assert [s.dosage.doses_per_day_max for s in read("gabapentin 300 mg tds 2019, 600 mg bd 2021, 900 mg 2022")] == [3, 2, 2]


def test_without_a_frequency_none_is_assumed(read: Reader) -> None:
    found = read("pramipexole 0.25 mg 2016-2018, then 0.5 mg")
    assert [(s.dosage.dose_max, s.dosage.unit, s.dosage.daily_dose_mg_max) for s in found] == [(0.25, "mg", None), (0.5, "mg", None)]
    assert all("frequency" in s.dosage.reason for s in found)


_PARTS = (
    "0.25 mg|->|→|2019|since |increased to |1/|2 tabs |one |(|)|[|]|, |; |. | and |or |then |up to |up from |nocte |bd |0.5|was |from |to "
    "|to date|now |12/03/2020|2010-12|2015-17|3 years ago|until |stopped |\n|½|25/100|99999999|mg|>|x|for |after |6 months|é|at 5 pm |plus "
    "|will |doubled to 1 mg"
    "|previously|started on |ferritin 20 |max |/24h|31/02/2020|0000-00-00|February 30, 2020|10000 years ago|a few years later"
).split("|")
_TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from([*_PARTS, "|", " "]), max_size=25).map("".join))


@given(text=_TEXTS, ingredients=st.sampled_from([(), ("pramipexole",), ("carbidopa", "levodopa")]))
@settings(max_examples=400, deadline=None)
def test_reading_never_raises(text: str, ingredients: tuple[str, ...]) -> None:
    _check(read_steps(text, ingredients, prepare(medcheck.load_formulary(), medcheck.load_vocabulary()).readers, AS_OF))


@given(text=_TEXTS, day=st.sampled_from([date.min, date(1, 1, 31), date.max]))
@settings(max_examples=100, deadline=None)
def test_reading_never_raises_at_the_ends_of_the_calendar(text: str, day: date) -> None:
    read_steps(text, ("pramipexole",), prepare(medcheck.load_formulary(), medcheck.load_vocabulary()).readers, day)


@pytest.mark.parametrize(
    "part", ["0.25 mg -> ", "1 ", "1", "2019 ", "was 1 mg (", "a few 1 > ", "1/1/", "increased 1 to ", " ", "1 mg (was "]
)
def test_a_long_line_of_garbage_is_quick(part: str, read: Reader) -> None:
    text = (part * 5000)[:5000] + " 1 -> 2 mg"
    read("0.25 mg -> 0.5 mg")  # the pattern is compiled once
    begun = perf_counter()
    read(text)
    assert perf_counter() - begun < 1.0
