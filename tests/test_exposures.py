"""Dose histories as people write them: tests/cases/augmentation_histories.csv is the specification, read through the public door.

`expected` has an exposure for each dose, parted by " | ": ingredient, daily dose in mg, "@", when it began, "..", and when it ended; then
"past" for what is not taken now, "prn" as needed, "x2" twice a day, "er" prolonged release, "pd" another strength made for Parkinson's
disease only. The daily dose is "0.25-0.5" for a range and "?0.25" with the amount of one intake, or "?", when it cannot be known. A date is
a year, a month or a day, "first/last" when it is neither, nothing when it is not told. "()": no exposure.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medcheck
from medcheck.domain import Exposure, LineKind, Review, Status
from tests.written import when, written

AS_OF = date(2026, 11, 22)
with (Path(__file__).parent / "cases" / "augmentation_histories.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
NOTHING = [r for r in ROWS if r["expected"] == "()"]


def _review(text: str) -> Review:
    return medcheck.review_text(text, as_of=AS_OF)


def _note(exposures: Sequence[Exposure]) -> str:
    out = []
    for e in exposures:
        marks = ["" if e.current else "past", "prn" if e.as_needed else "", f"x{e.doses_per_day:g}" if (e.doses_per_day or 0) > 1 else ""]
        marks.append("er" if e.extended else "pd" if e.parkinson_strength else "")
        out.append(" ".join([e.ingredient, written(e, e.intake_mg_max, e.period, AS_OF), *(m for m in marks if m)]))
    return " | ".join(out) or "()"


@pytest.mark.parametrize("case", ROWS, ids=[r["input"].replace("\n", " / ")[:70] for r in ROWS])
def test_case(case: dict[str, str]) -> None:
    assert _note(_review(case["input"]).exposures) == case["expected"]


def test_the_table_is_broad() -> None:
    assert len(ROWS) >= 60
    assert len({r["input"] for r in ROWS}) == len(ROWS)
    assert len(NOTHING) >= 6
    assert all(r["why"] and r["source"] for r in ROWS)
    assert sum("\n" in r["input"] for r in ROWS) >= 8


@pytest.mark.parametrize("case", [r for r in ROWS if "," not in r["input"].partition("\n")[0]][::4], ids=lambda r: r["input"][:50])
def test_case_spacing_and_an_unrelated_line_change_nothing(case: dict[str, str]) -> None:
    wanted = _note(_review(case["input"]).exposures)
    assert _note(_review(case["input"].upper()).exposures) == wanted
    assert _note(_review(f"\n  {case['input']}  \n\nBP 120/70\n").exposures) == wanted


@pytest.mark.parametrize("case", ROWS, ids=[r["input"].replace("\n", " / ")[:70] for r in ROWS])
def test_an_exposure_stands_where_it_was_read(case: dict[str, str]) -> None:
    found = _review(case["input"])
    lines = case["input"].split("\n")
    for e in found.exposures:
        assert 1 <= e.line <= len(lines)
        assert e.status not in (Status.ALLERGY, Status.FAMILY, Status.NOT_TAKEN, Status.INTENDED)
        assert e.daily_dose_mg_max is not None or e.note, "why a dose is not known is said"
        assert (e.period.stopped is None) or (e.period.started is None) or e.period.started.earliest <= e.period.stopped.latest
    assert (found.augmentation is None) is (case["expected"] == "()")
    assert found.augmentation is None or found.augmentation.history == found.exposures


@pytest.mark.parametrize(
    "text",
    [
        "Started pramipexole 0.125 mg qHS in 2012. Increased to 0.25 mg in 2014. Increased to 0.5 mg in 2017.",
        "She has taken pramipexole 0.25 mg at night since 2019; in 2023 it was raised to 0.5 mg.",
        "ropinirole 0.5mg 1hr before bed since 2016; increased 2018 to 1mg; 2020 2mg",
    ],
)
def test_what_became_an_exposure_is_not_called_unread(text: str) -> None:
    found = _review(text)
    assert len(found.exposures) >= 2
    assert [r.text for r in found.remarks if r.kind is LineKind.UNRECOGNISED] == []


def test_lines_in_another_order_are_the_same_history() -> None:
    lines = ["ropinirole 2 mg nightly 2015-2018", "pramipexole 0.25 mg nightly 2018-2021", "Neupro 2 mg/24h since 2021"]
    notes = {frozenset(_note(_review("\n".join(order)).exposures).split(" | ")) for order in (lines, lines[::-1], lines[1:] + lines[:1])}
    assert len(notes) == 1


def test_a_base_strength_says_that_it_was_converted() -> None:
    base, salt = (_review(f"pramipexole {x} mg nightly since 2020").exposures[0] for x in ("0.18", "0.25"))
    assert (base.note, salt.note) == ("strength read as base and converted to salt", "")
    assert base.daily_dose_mg_max == salt.daily_dose_mg_max == 0.25


def test_several_prescriptions_of_one_medicine_keep_their_own_times() -> None:
    rows = ["drug,dose,status,start,stop"]
    rows += [f"pramipexole,{dose} mg nightly,completed,{y}-01-01,{y + 1}-01-01" for y, dose in ((2015, 0.125), (2016, 0.25), (2017, 0.5))]
    found = _review("\n".join(rows)).exposures
    assert [(e.daily_dose_mg_max, when(e.period.started, AS_OF), when(e.period.stopped, AS_OF), e.current, e.line) for e in found] == [
        (0.125, "2015-01-01", "2016-01-01", False, 2),
        (0.25, "2016-01-01", "2017-01-01", False, 3),
        (0.5, "2017-01-01", "2018-01-01", False, 4),
    ]


_PIECES = st.sampled_from(
    "pramipexole|Neupro|Sinemet 25/100|0.25 mg|2 mg/24h|nightly|bd|prn|since 2019|2015-2018|until 2020|stopped|now|then|->|increased to|XL|"
    "1 tab|as needed|in March 2022|on hold|, |. |; |\n|for 3 years|was|99999|0 mg|weekly|;".split("|")
)


@given(text=st.lists(_PIECES, min_size=1, max_size=14).map(" ".join))
@settings(max_examples=120, deadline=None)
def test_any_writing_has_a_review(text: str) -> None:
    found = medcheck.review_text(f"ropinirole {text}", as_of=AS_OF)
    for e in found.exposures:
        assert e.daily_dose_mg_max is None or e.daily_dose_mg_max >= (e.daily_dose_mg_min or 0)
    if found.augmentation is not None:
        assert bool(found.augmentation.withheld) == (not found.augmentation.ahead)
