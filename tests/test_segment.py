"""Lines, sentences and sections, before any drug is known."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medcheck.domain import HeadingWord, LineKind, Status
from medcheck.parsing import HeadingReader
from medcheck.parsing.segment import Segment, is_blank, segment
from medcheck.reviewing import Tools

WORDS = {
    "medications": "", "current": "", "list": "", "and": "", "drug": "", "dose": "", "status": "", "taking": "", "stop": "stopped",
    "not taking": "not-taken", "stop date": "", "date": "", "stopped": "stopped", "allergies": "allergy", "past": "stopped",
    "held": "on-hold",
    "family": "family", "history": "", "plan": "intended", "not": "", "ended": "stopped", "started": "", "acute": "",
}  # fmt: skip
HEADINGS = HeadingReader([HeadingWord(word=w, status=s) for w, s in WORDS.items()])
ALLERGY, STOPPED, NOT_TAKEN = Status.ALLERGY, Status.STOPPED, Status.NOT_TAKEN


def _segments(text: str, *, most: int = 5000) -> list[Segment]:
    return segment(text, HEADINGS, max_line_chars=most)[0]


def _content(part: Segment) -> str:
    return part.text[part.body :].strip(" .;")


# ---- headings ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MEDICATIONS", (None, 11)),
        ("Medications", (None, 11)),
        ("Medications:", (None, 12)),
        ("current medications list", (None, 24)),
        ("ALLERGIES", (ALLERGY, 9)),
        ("allergies: none", (ALLERGY, 10)),
        ("Allergies - none", (ALLERGY, 12)),
        ("Stopped (2020): xx", (STOPPED, 15)),
        ("Acute (ended): xx", (STOPPED, 14)),
        ("Medications (acute):", (None, 20)),
        ("NOT TAKING:", (NOT_TAKEN, 11)),
        ("not taking", (NOT_TAKEN, 10)),
        ("Not:", (None, 4)),
        ("stop date: 2020", (None, 10)),
        ("stop: xx", (STOPPED, 5)),
        ("Past medications and family history", (STOPPED, 35)),
        ("drug\tdose\tstatus", (None, 16)),
        ("| drug | dose | status |", (None, 24)),
        ("stopped\tstatus", (STOPPED, 8)),
        ("xx\tdose\tstatus", None),
        ("history of", None),
        ("history", None),
        ("and", None),
        ("HISTORY", (None, 7)),
        ("12", None),
        ("", None),
        ("xx 50 mg", None),
        ("Allergies to xx", None),
        (":", None),
        ("list " * 14 + ":", None),
        ("medications " * 13, None),
    ],
)
def test_heading(text: str, expected: tuple[Status | None, int] | None) -> None:
    assert HEADINGS.read(text) == expected


# ---- sections ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("xx", [("xx", None, True)]),
        ("Stopped:\nxx\nyy", [("xx", STOPPED, True), ("yy", STOPPED, True)]),
        ("Stopped:\n\nxx\nyy", [("xx", STOPPED, True), ("yy", STOPPED, True)]),
        ("Stopped:\nxx\n\nyy", [("xx", STOPPED, True), ("yy", STOPPED, False)]),
        ("Stopped:\nxx\n\nCurrent:\nyy", [("xx", STOPPED, True), ("yy", None, True)]),
        ("Current:\nxx\n\nyy", [("xx", None, True), ("yy", None, True)]),
        ("Allergies: xx\nyy", [("xx", ALLERGY, True), ("yy", ALLERGY, False)]),
        ("Current: xx\nyy", [("xx", None, True), ("yy", None, True)]),
        ("1. Allergies: xx", [("xx", ALLERGY, True)]),
        ("# Stopped\n- xx", [("xx", STOPPED, True)]),
        ("Stopped: xx. Started: yy.", [("xx", STOPPED, True), ("yy", None, True)]),
        ("Current: xx. Allergies: yy.", [("xx", None, True), ("yy", ALLERGY, True)]),
        ("Stopped: xx; yy", [("xx", STOPPED, True), ("yy", STOPPED, True)]),
    ],
)
def test_section(text: str, expected: list[tuple[str, Status | None, bool]]) -> None:
    assert [(_content(s), s.section, s.section_certain) for s in _segments(text)] == expected


def test_headings_are_remarks() -> None:
    _, remarks = segment("Current:\nxx\nAllergies: yy. Stopped: zz", HEADINGS, max_line_chars=5000)
    assert [(r.text, r.line, r.kind) for r in remarks] == [
        ("Current:", 1, LineKind.HEADING),
        ("Allergies:", 3, LineKind.HEADING),
        ("Stopped:", 3, LineKind.HEADING),
    ]


# ---- lines and sentences -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_every_line_end_counts(end: str) -> None:
    assert [(s.text, s.line) for s in _segments(f"xx{end}yy{end}")] == [("xx", 1), ("yy", 2)]


@pytest.mark.parametrize("bullet", ["", "- ", "* ", "# ", "> ", "• ", "1. ", "12) ", "(3) ", "a) ", "(b) ", "[x] ", "[ ] ", "– ", "   "])
def test_bullets_are_not_content(bullet: str) -> None:
    (found,) = _segments(f"{bullet}xx 5 mg")
    assert found.text[found.body :] == "xx 5 mg"


def test_a_decimal_is_no_bullet() -> None:
    (found,) = _segments("0.5 mg xx")
    assert found.text[found.body :] == "0.5 mg xx"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("takes xx. He is well", ["takes xx", "He is well"]),
        ("xx (stopped). Yy 5 mg", ["xx (stopped)", "Yy 5 mg"]),
        ("xx 5 mg; yy 2 mg", ["xx 5 mg", "yy 2 mg"]),
        ("xx 50. Daily", ["xx 50", "Daily"]),
        ("xx p.o. b.i.d. yy", ["xx p.o. b.i.d. yy"]),
        ("Is it xx? She says yy", ["Is it xx?", "She says yy"]),
        ("xx 2.5 mg", ["xx 2.5 mg"]),
        (";;; xx", [";;; xx"]),
        ("xx ;", ["xx"]),
        (";", [""]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    found = _segments(text)
    assert [s.text.strip(" .;") if ";;;" not in s.text else s.text for s in found] == expected
    assert [s.continues for s in found] == [False] + [True] * (len(found) - 1)


# ---- lengths -----------------------------------------------------------------------------------------------------------
def test_a_line_at_the_limit_is_read_whole() -> None:
    segments, remarks = segment("x" * 50, HEADINGS, max_line_chars=50)
    assert ([s.text for s in segments], remarks) == (["x" * 50], [])


def test_a_longer_line_is_cut_at_a_space_and_the_rest_is_told() -> None:
    text = "aa " * 20 + "end"
    segments, remarks = segment(text, HEADINGS, max_line_chars=50)
    (remark,) = remarks
    assert remark.kind is LineKind.UNRECOGNISED
    assert "longer than 50 characters" in remark.reason
    read = segments[0].text
    assert len(read) <= 50
    assert f"{read} {remark.text}" == text


def test_a_line_without_spaces_is_cut_at_the_limit() -> None:
    segments, remarks = segment("x" * 1000, HEADINGS, max_line_chars=50)
    assert segments[0].text == "x" * 50
    assert remarks[0].text == "x" * 200 + "…"
    assert "the last 950 were not read" in remarks[0].reason


# ---- for every text ----------------------------------------------------------------------------------------------------
_PIECES = st.sampled_from(
    ["xx", "Stopped:", "Allergies: ", "; ", ". ", "\n", "\r\n", "- ", "1. ", "5 mg", "He", "(", ")", "?", "\t", "é", "|"]
)


@given(st.lists(_PIECES, max_size=25).map("".join) | st.text(max_size=80))
@settings(max_examples=150, derandomize=True, deadline=None)
def test_segments_lie_where_they_say_and_lose_nothing(text: str) -> None:
    segments, remarks = segment(text, HEADINGS, max_line_chars=5000)
    for s in segments:
        assert text[s.start : s.start + len(s.text)] == s.text
        assert 0 <= s.body <= len(s.text)
    starts = [s.start for s in segments]
    assert starts == sorted(set(starts))
    kept = "".join(c for s in segments for c in s.text if c.isalnum()) + "".join(c for r in remarks for c in r.text if c.isalnum())
    for c in text:
        assert not c.isalnum() or c in kept


@pytest.mark.parametrize("text", ["", "  ", "--", "…", "\u200b", "- . ;"])
def test_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", "7", "- x", "é", "薬"])
def test_not_blank(text: str) -> None:
    assert not is_blank(text)


def test_the_real_headings_know_the_common_ones(tools: Tools) -> None:
    expected = {
        "ALLERGIES:": "allergy", "Drug intolerances": "allergy", "FH:": "family", "Past medications:": "stopped", "Stopped:": "stopped",
        "On hold:": "on-hold", "Not taking:": "not-taken", "Plan:": "intended", "Course completed": None, "Current medications": "",
        "Repeat medication:": "", "Discharge medications:": "", "PRN:": "", "OTC:": "", "Medicines to avoid:": "not-taken",
    }  # fmt: skip
    found = {text: tools.headings.read(text) for text in expected}
    assert {t: None if f is None else (f[0].value if f[0] else "") for t, f in found.items()} == expected
