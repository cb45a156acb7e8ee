"""What holds for every text, whatever stands in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from medcheck.domain import FLAG_TIERS, Formulary, LineKind, PatientFacts, Review, Status, Vocabulary
from medcheck.errors import InputError
from medcheck.rendering.comma import as_csv
from medcheck.rendering.markdown import as_markdown
from medcheck.rendering.plain import as_dict
from medcheck.rendering.table import as_table
from medcheck.reviewing import review_text

SETTLED = settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
LINES = [
    "Zoloft 50 mg daily", "quetiapine 25 mg nocte",
    "quetiepine 25mg qhs", "Tylenol PM 2 tabs at bedtime prn", "Unisom", "gabapentin300mg tid",
    "Mirapex 0.25 mg qhs 2015-2017; 0.5 mg qhs since 2017",
    "stopped citalopram 2019", "consider pregabalin 75 mg", "Sinemet 25/100 tds",
    "hydralazine 25 mg bd", "qqzzvv forte 3 drops",
    "BP 120/70, weight 80 kg", "promethazine 25 mg prn itch", "mother takes lithium",
    "metoclopramide 10 mg tds, hold if drowsy", "Séroquel 1/2 tab", "amitriptyline 10-20 mg on", "denies Benadryl", "trial of mirtazapine",
    "oxycodone 5 mg q4-6h prn", "• ropinirole 2 mg @ 8 pm", "2) cetirizine 10mg od (OTC)",
]  # fmt: skip
HEADINGS = ["ALLERGIES:", "Past medications:", "MEDICATIONS", "On hold:", "Plan:", ""]
_LINE = st.sampled_from(LINES)
_LIST = st.lists(_LINE, min_size=1, max_size=8)
_ODD = st.text(
    st.one_of(st.characters(), st.sampled_from("  \n\t;:,.-()[]/|\"'=?!*#0123456789\u200b\u202e\ud800\0\x1b\u2028½→é")),
    min_size=0,
    max_size=60,
)
_PIECES = st.lists(
    st.one_of(_LINE, _ODD, st.sampled_from([*HEADINGS, "mg", "5", "stopped", "-", "\n\n", "; ", "(", "was on", "to"])), max_size=8
)
_ANY_TEXT = st.one_of(_ODD, _PIECES.map(" ".join), _PIECES.map("\n".join))


@pytest.fixture(scope="module")
def ask(formulary: Formulary, vocabulary: Vocabulary, as_of: date) -> Callable[[str], Review]:
    return lambda text: review_text(text, PatientFacts(), formulary, vocabulary, as_of)


def _flags(result: Review) -> set[tuple[str, bool]]:
    return {(f.ingredient, f.confirmed) for f in result.flags}


@given(text=_ANY_TEXT)
@example(text="sertraline " * 400)
@example(text="(" * 3000)
@example(text="1/2/3/4" * 700)
@example(text="\ud800")
@settings(SETTLED, max_examples=250)
def test_any_text_has_an_answer_or_is_empty(text: str, ask: Callable[[str], Review]) -> None:
    try:
        result = ask(text)
    except InputError:
        assert not any(c.isalnum() for c in text)
        return
    told = as_dict(result)
    assert json.loads(json.dumps(told)) == told
    assert as_table(result)
    assert as_markdown(result)
    assert as_csv(result)
    _check(result, text)


def _check(result: Review, text: str) -> None:
    for s in result.statements:
        dosage = s.dosage
        for low, high in (
            (dosage.dose_min, dosage.dose_max),
            (dosage.doses_per_day_min, dosage.doses_per_day_max),
            (dosage.daily_dose_mg_min, dosage.daily_dose_mg_max),
        ):
            assert low is None or high is None or low <= high
        assert 0 <= s.match.score <= 1
        assert 0 <= s.span[0] < s.span[1] <= len(text)
        assert s.line >= 1
        period = s.period
        for day in (period.started, period.stopped):
            assert day is None or day.earliest <= day.latest
    for e in result.exposures:
        assert e.daily_dose_mg_min is None or e.daily_dose_mg_max is None or e.daily_dose_mg_min <= e.daily_dose_mg_max
    for f in result.flags:
        assert f.tier in FLAG_TIERS
        assert f.statements
        assert f.days_to_onset is None or f.days_to_onset[0] <= f.days_to_onset[1]
    open_ = result.summary.unread or result.summary.to_confirm or result.flags or not result.statements
    open_status = (Status.ACTIVE, Status.UNKNOWN, Status.ON_HOLD)
    unexamined = bool(result.not_in_formulary) or any(e.status in open_status for e in result.exposures)
    unexamined = unexamined or (result.augmentation is not None and bool(result.augmentation.detection.signs))
    assert result.summary.all_clear is not (bool(open_) or unexamined)


_LINE_END = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")


@given(text=_ANY_TEXT)
@settings(SETTLED, max_examples=250)
def test_every_line_with_a_letter_is_accounted_for(text: str, ask: Callable[[str], Review]) -> None:
    if not any(c.isalnum() for c in text):
        return
    result = ask(text)
    told = {s.line for s in result.statements} | {r.line for r in result.remarks}
    beside = " ".join(s.text for s in result.statements)
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if re.search(r"[A-Za-z]", line):
            assert number in told or line.strip(" \t-*#>•,;|") in beside, (number, line)


def _answer(result: Review) -> list[str]:
    """What was read, whatever the layout: ingredients, status and daily dose of every statement, sorted."""
    return sorted(
        f"{s.match.ingredients} {s.status.value} {s.status_certain} {s.dosage.daily_dose_mg_min} {s.dosage.daily_dose_mg_max}"
        for s in result.statements
    )


def _uncovered(text: str, result: Review) -> str:
    """Letters and digits of a text that belong to no statement and no remark."""
    covered = bytearray(len(text))
    for start, end in [s.clause for s in result.statements] + [r.span for r in result.remarks]:
        covered[start:end] = b"\x01" * (end - start)
    return "".join(c for c, told in zip(text, covered, strict=True) if c.isalnum() and not told)


_TABLES = st.sampled_from(
    ["drug|dose|status", "Medication\tDose\tStart\tStop\tComment", "status,medication,sig,indication", "name;strength;still taking"]
)
_ROWS = st.sampled_from(
    ["Zoloft|50 mg|stopped", "Reglan\t10 mg\t2020-01-01\t\tmade \"legs\" jump", "active,\"Seroquel, XR\",50 mg qhs,sleep", "a;b", "no|x|y",
     "Start date: 2020-01-01", "Status: on hold", "Sig: one daily", "  take one at night", "Commonly known as: BENADRYL"]
)  # fmt: skip


@given(text=st.one_of(_ANY_TEXT, st.lists(st.one_of(_LINE, _TABLES, _ROWS, st.sampled_from(HEADINGS), _ODD), max_size=10).map("\n".join)))
@example(text="sertraline " + "very well " * 60 + "50 mg")
@example(text="Meds: Zoloft. ALLERGIES (2024): Reglan; codeine, Sig: x Status: stopped")
@example(text="zoloft 50 mg " + "x" * 6000)
@settings(SETTLED, max_examples=400)
def test_every_letter_and_digit_belongs_to_something(text: str, ask: Callable[[str], Review]) -> None:
    if any(c.isalnum() for c in text):
        result = ask(text)
        assert _uncovered(text, result) == ""
        for s in result.statements:
            assert 0 <= s.clause[0] <= s.span[0] < s.span[1] <= s.clause[1] <= len(text)
            assert text[s.span[0] : s.span[1]] == s.written or s.doubt


@given(lines=_LIST)
@SETTLED
def test_each_drug_written_is_found_on_its_line(lines: list[str], ask: Callable[[str], Review]) -> None:
    whole = ask("\n".join(lines))
    for number, line in enumerate(lines, start=1):
        alone = [(s.written, s.match.ingredients) for s in ask(line).statements]
        assert [(s.written, s.match.ingredients) for s in whole.statements if s.line == number] == alone


@given(lines=_LIST, change=st.sampled_from([str.upper, str.lower, str.title]))
@SETTLED
def test_case_does_not_change_the_answer(lines: list[str], change: Callable[[str], str], ask: Callable[[str], Review]) -> None:
    text = "\n".join(lines)
    assert _answer(ask(change(text))) == _answer(ask(text))


@given(lines=_LIST, end=st.sampled_from(["\r\n", "\r", "\n\n", "  \n", "\t\n", "\u2028"]))
@SETTLED
def test_line_ends_and_trailing_space_do_not_change_the_answer(lines: list[str], end: str, ask: Callable[[str], Review]) -> None:
    assert _answer(ask(end.join(lines) + end)) == _answer(ask("\n".join(lines)))


@given(lines=_LIST, heading=st.sampled_from(HEADINGS), space=st.sampled_from(["  ", "\u00a0", " \u2009", "   "]))
@SETTLED
def test_wider_spaces_do_not_change_the_answer(lines: list[str], heading: str, space: str, ask: Callable[[str], Review]) -> None:
    text = "\n".join([heading, *lines])
    assert _answer(ask(text.replace(" ", space))) == _answer(ask(text))


@given(lines=_LIST, heading=st.sampled_from(HEADINGS), mark=st.sampled_from(["- ", "* ", "• ", "1. ", "2) ", "[ ] ", "  "]))
@SETTLED
def test_bullets_do_not_change_the_answer(lines: list[str], heading: str, mark: str, ask: Callable[[str], Review]) -> None:
    lines = [line.removeprefix("• ").removeprefix("2) ") for line in lines]
    assert _answer(ask("\n".join([heading, *(f"{mark}{line}" for line in lines)]))) == _answer(ask("\n".join([heading, *lines])))


@given(lines=st.permutations(LINES))
@settings(SETTLED, max_examples=25)
def test_the_order_of_the_lines_does_not_change_the_answer(lines: list[str], ask: Callable[[str], Review]) -> None:
    assert _answer(ask("\n".join(lines))) == _answer(ask("\n".join(LINES)))


@given(lines=_LIST, more=st.lists(st.one_of(_LINE, _ODD.filter(lambda t: ":" not in t)), max_size=4))
@SETTLED
def test_lines_more_remove_no_flag(lines: list[str], more: list[str], ask: Callable[[str], Review]) -> None:
    before = {f.ingredient for f in ask("\n".join(lines)).flags}
    after = {f.ingredient for f in ask("\n".join([*lines, *(m.replace("\n", " ") for m in more)])).flags}
    assert before <= after


@given(heading=st.sampled_from(HEADINGS), lines=_LIST, below=_LIST)
@SETTLED
def test_a_section_never_reaches_back(heading: str, lines: list[str], below: list[str], ask: Callable[[str], Review]) -> None:
    text = "\n".join(lines)
    whole = ask(f"{text}\n{heading}\n" + "\n".join(below))
    last = len(lines)
    assert [s.status for s in whole.statements if s.line <= last] == [s.status for s in ask(text).statements]


@given(text=_ANY_TEXT)
@SETTLED
def test_remarks_are_told_in_order_and_say_why(text: str, ask: Callable[[str], Review]) -> None:
    if any(c.isalnum() for c in text):
        remarks = ask(text).remarks
        lines = [r.line for r in remarks if r.line]
        assert lines == sorted(lines)
        assert all(r.reason for r in remarks if r.kind is LineKind.UNRECOGNISED)
