"""Cells of table rows and what the heads of their columns say, before any drug is known."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medcheck.parsing.fields import column_role, label_role
from medcheck.parsing.tables import Cell, Table, cell_spans, instruction, read_head, read_row

KNOWN = frozenset("drug medication dose status start stop date comment for notes frequency still taking mg times per day strength".split())


def _head(line: str) -> Table | None:
    return read_head(line, KNOWN.__contains__, {"colour", "yours"}.__contains__)


@pytest.mark.parametrize(
    ("line", "delimiter", "cells"),
    [
        ("a,b,c", ",", ["a", "b", "c"]),
        ('"a, b",c', ",", ["a, b", "c"]),
        ('"a ""b, c""",d', ",", ['a ""b, c', "d"]),
        ('a "b, c', ",", ['a "b', "c"]),
        ('say "a", b', ",", ['say "a', "b"]),
        ("| a | b |", "|", ["a", "b"]),
        ("a | b", "|", ["a", "b"]),
        ("|", "|", [""]),
        ("a\t\tb", "\t", ["a", "", "b"]),
        ("", ",", [""]),
    ],
)
def test_cells(line: str, delimiter: str, cells: list[str]) -> None:
    assert [line[a:b] for a, b in cell_spans(line, delimiter)] == cells


@given(st.lists(st.text(st.sampled_from('ab ,;"|x'), max_size=6), min_size=1, max_size=6))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_cells_written_by_the_csv_module_are_found(cells: list[str]) -> None:
    from io import StringIO

    out = StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="").writerow(cells)
    line = out.getvalue()
    found = [line[a:b] for a, b in cell_spans(line, ",")]
    assert [c.replace('"', "").strip() for c in found] == [c.replace('"', "").strip() for c in cells]


@given(st.text(st.sampled_from('ab,;"|\t '), max_size=40), st.sampled_from(",;|\t"))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_cells_lie_in_order_within_the_line(line: str, delimiter: str) -> None:
    end = 0
    for a, b in cell_spans(line, delimiter):
        assert end <= a <= b <= max(len(line), end)
        end = b


@pytest.mark.parametrize(
    ("line", "roles"),
    [
        ("drug,dose,status", ("medicine", "dose", "status")),
        ("status;drug;for;start date", ("status", "medicine", "purpose", "start")),
        ("drug|still taking|comment", ("medicine", "taking", "dose")),
        ("drug|dose|comment", ("medicine", "dose", "comment")),
        ("drug|dose mg|times per day", ("medicine", "mg", "times")),
        ("drug,dose,colour", ("medicine", "dose", "")),
        ("drug,yours,colour", None),
        ("dose,status,start", None),
        ("drug,dose", None),
        ("drug,dose,zoloft", None),
        ("drug,dose 2,status", None),
        (f"drug,dose,{'status ' * 8}", None),
    ],
)
def test_heads(line: str, roles: tuple[str, ...] | None) -> None:
    found = _head(line)
    assert (found.roles if found else None) == roles


def test_a_line_of_very_many_cells_is_no_head() -> None:
    assert _head("drug," + "dose," * 80) is None


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("x,5 mg,active", 3),
        ("x,5 mg,", 3),
        ("x,5 mg", 0),
        ("x,5 mg,active,more", 0),
        ("x", 0),
    ],
)
def test_rows_of_another_width_are_plain_lines(line: str, cells: int) -> None:
    assert len(read_row(line, _head("drug,dose,status"))) == cells


def test_a_tabbed_row_may_lack_its_last_cells() -> None:
    assert [c.role for c in read_row("x\t5 mg", _head("drug\tdose\tstatus"))] == ["medicine", "dose"]


def test_without_a_head_there_are_no_cells() -> None:
    assert read_row("x,5 mg,active", None) == ()


def test_the_instruction_of_a_row() -> None:
    text = "xx 5 mg;bd;pain;2020;2"
    spans = cell_spans(text, ";")
    cells = [Cell(role, a, b) for role, (a, b) in zip(("medicine", "dose", "purpose", "start", "times"), spans, strict=True)]
    assert instruction(text, cells, 0, 2) == "5 mg bd 2 times a day started 2020"


@pytest.mark.parametrize(
    ("words", "role"),
    [
        ("date stopped", "stop"),
        ("last filled", "seen"),
        ("reason for stopping", "reason"),
        ("drug name", "medicine"),
        ("your medication", "medicine"),
        ("still taking it", "taking"),
        ("favourite colour", ""),
        ("", ""),
    ],
)
def test_column_roles(words: str, role: str) -> None:
    assert column_role(words.split()) == role


@pytest.mark.parametrize(
    ("words", "content", "role"),
    [
        ("status", "stopped", "status"),
        ("stop", "2020-01-01", "stop"),
        ("stop", "March 2020", "stop"),
        ("stop", "xx 5 mg", ""),
        ("stopped", "", ""),
        ("start date", "", "start"),
        ("medication", "xx", ""),
        ("sig", "one daily", "dose"),
        ("night", "xx", ""),
        ("allergies", "xx", ""),
    ],
)
def test_labels(words: str, content: str, role: str) -> None:
    assert label_role(words.split(), content) == role
