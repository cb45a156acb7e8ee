"""Dates around a drug: tests/cases/dates.csv is the specification, seen from 22 November 2026."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medcheck.domain import PartialDate
from medcheck.errors import InputError
from medcheck.parsing.dates import read_partial_date, read_period

AS_OF = date(2026, 11, 22)
with (Path(__file__).parent / "cases" / "dates.csv").open(newline="", encoding="utf-8") as handle:
    CASES = list(csv.DictReader(handle))


def _shown(partial: PartialDate | None) -> tuple[str, str]:
    return ("", "") if partial is None else (partial.earliest.isoformat(), partial.latest.isoformat())


@pytest.mark.parametrize("case", CASES, ids=[r["input"][:60] for r in CASES])
def test_case(case: dict[str, str]) -> None:
    period, spans, doubts = read_period(case["input"], AS_OF)
    assert _shown(period.started) == (case["started_earliest"], case["started_latest"])
    assert _shown(period.stopped) == (case["stopped_earliest"], case["stopped_latest"])
    assert len(doubts) == int(case["doubts"])
    assert all(case["input"][a:b].strip() for a, b in spans)


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2100-02", date(2100, 2, 1), date(2100, 2, 28)),
        (" 2025-06-14 ", date(2025, 6, 14), date(2025, 6, 14)),
    ],
)
def test_partial_date(text: str, earliest: date, latest: date) -> None:
    found = read_partial_date(text)
    assert (found.earliest, found.latest, found.text) == (earliest, latest, text.strip())


@pytest.mark.parametrize("text", ["", "yesterday", "2025-13", "2025-02-30", "14/06/2025", "25", "2025-6", "0000", "2025-06-14T00:00"])
def test_partial_date_refused(text: str) -> None:
    with pytest.raises(InputError, match="2025-06-14"):
        read_partial_date(text)


WORDS = st.sampled_from(
    [
        "since",
        "stopped",
        "for",
        "x",
        "until",
        "in",
        "ago",
        "2019",
        "3/2020",
        "12/05/2021",
        "5/7",
        "2",
        "years",
        "months",
        "a",
        "week",
        "(",
        ")",
        "-",
        "to",
        "Mar",
        "may",
        "31",
        "2103-01",
        "10",
        "mg",
        "last",
        "month",
        "2015-17",
        "decade",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=8).map(" ".join)), st.dates(date(1, 1, 1)))
def test_never_raises_and_stays_in_the_past(text: str, as_of: date) -> None:
    period, spans, _ = read_period(text, as_of)
    for partial in (period.started, period.stopped):
        assert partial is None or partial.earliest <= partial.latest <= as_of
    assert all(0 <= a < b <= len(text) for a, b in spans)


@given(st.dates(date(1990, 1, 1), AS_OF))
def test_iso_dates_are_read_back(day: date) -> None:
    assert _shown(read_period(f"since {day.isoformat()}", AS_OF).period.started) == (day.isoformat(), day.isoformat())


def test_long_texts_take_linear_time() -> None:
    for piece in ("2019-", "since ", "1/", "for ", " ", "may ", "3 "):
        read_period(piece * 20_000, AS_OF)


WORDS = st.sampled_from(
    """5 mg daily since for x 2 12 3/7 2/52 2019 '05 '09 - up to until last spring night week year 10 years ago days back Jan JUNE mar 3/24
    stopped d/c'd 12/05/2021 2022-03 of a few months past decade today yesterday more than wks 6/2020 03.2021 between and Sept this fall
    """.split()
)


@given(st.lists(WORDS, max_size=9).map(" ".join))
def test_the_quick_look_passes_over_no_date(text: str) -> None:
    # A figure that looks like a date lets the whole be read: then nothing but itself may be found.
    assert read_period(text, AS_OF).spans or not read_period(f"{text} ; aside 31/02/2020", AS_OF).spans[:-1]
