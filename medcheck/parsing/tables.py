"""Rows of tables: where their cells lie and what each holds by the head of its column; knows no drug."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medcheck.parsing.fields import column_role
from medcheck.text import lazy_pattern, tokenise
from medcheck.value import Value

DELIMITERS = ("\t", "|", ";", ",")
_MOST_COLUMNS = 60
_LONGEST_HEAD = 40  # characters of one head cell


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Cell(Value):
    """A cell of a row: what its column holds (fields.py) and its half-open span in the line."""

    role: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table(Value):
    """The head of a table: its delimiter and what each column holds ("" when the head does not tell)."""

    delimiter: str
    roles: tuple[str, ...]


def cell_spans(line: str, delimiter: str) -> list[tuple[int, int]]:
    """The cells of a line without the quotes around them; a delimiter inside double quotes does not part.

    >>> [line[a:b] for line in ['"a, b",c'] for a, b in cell_spans(line, ",")]
    ['a, b', 'c']
    """
    start, end = 0, len(line)
    if delimiter == "|":
        stripped = line.strip()
        start = len(line) - len(line.lstrip()) + stripped.startswith("|")
        end = len(line.rstrip()) - (len(stripped) > 1 and stripped.endswith("|"))
    spans: list[tuple[int, int]] = []
    quoted = False
    begin = start
    closing = line.rfind('"')
    k = start
    while k < end:
        if line[k] == '"':
            if quoted and line[k + 1 : k + 2] == '"':
                k += 1  # a doubled quote inside quotes is a quote
            elif quoted or (k < closing and not line[begin:k].strip()):
                quoted = not quoted
        elif line[k] == delimiter and not quoted:
            spans.append(_trimmed(line, begin, k))
            begin = k + 1
        k += 1
    spans.append(_trimmed(line, begin, max(begin, end)))
    return spans


def _trimmed(line: str, start: int, end: int) -> tuple[int, int]:
    cell = line[start:end]
    start += len(cell) - len(cell.lstrip(' \t"'))
    return start, max(start, start + len(cell.strip(' \t"')))


def read_head(line: str, is_heading_word: Callable[[str], bool], is_ordinary: Callable[[str], bool]) -> Table | None:
    """The head of a table: at least three cells without a digit, one of them for the medicine and one more that is understood.

    A cell may hold other words only if they are ordinary: a line of drug names is no head.
    """
    if any(c.isdigit() for c in line):
        return None
    for delimiter in DELIMITERS:
        if not 2 <= line.count(delimiter) <= _MOST_COLUMNS:
            continue
        cells = [line[a:b] for a, b in cell_spans(line, delimiter)]
        words = [tokenise(c).words for c in cells if len(c) <= _LONGEST_HEAD]
        if len(cells) < 3 or len(words) < len(cells):
            continue
        if any(not is_heading_word(w) and not is_ordinary(w) for cell in words for w in cell):
            continue
        roles = tuple(column_role(cell) for cell in words)
        known = sum(1 for role in roles if role)
        if {"medicine", "allergen"} & set(roles) and known >= 2 and 2 * known >= len(roles):
            return Table(delimiter, _without_repeats(roles))
    return None


def _without_repeats(roles: tuple[str, ...]) -> tuple[str, ...]:
    """A second column that names the product ("generic", "brand") stays one; notes are the instruction when no column is for it."""
    if not {"dose", *_UNITS} & set(roles) and roles.count("comment") == 1:
        return tuple("dose" if role == "comment" else role for role in roles)
    return roles


def read_row(line: str, table: Table | None) -> tuple[Cell, ...]:
    """The cells of a row with their roles; () for a line of another width, which is read as a plain line."""
    if table is None or table.delimiter not in line:
        return ()
    spans = cell_spans(line, table.delimiter)
    if len(spans) > len(table.roles) or (len(spans) < len(table.roles) and table.delimiter == "," and len(spans) < 3):
        return ()
    return tuple(Cell(role, a, b) for role, (a, b) in zip(table.roles, spans, strict=False))


def instruction(text: str, cells: Sequence[Cell], start: int, end: int) -> str:
    """The dose instruction of a row for the mention at [start, end): its own cell without the name, the dose cells, the dates."""
    parts = []
    for cell in cells:
        if cell.start <= start and end <= cell.end:
            parts.append(f"{text[cell.start : start]} {text[end : cell.end]}")
        elif cell.role in ("dose", *_UNITS):
            said = text[cell.start : cell.end]
            parts.append(f"{said} {_UNITS[cell.role]}" if cell.role in _UNITS and _NUMBER.fullmatch(said.strip()) else said)
    parts += [f"{_SAID[c.role]} {text[c.start : c.end]}" for c in cells if c.role in _SAID and _has_digit(text[c.start : c.end])]
    return " ".join(p.strip() for p in parts if p.strip())


# The head tells the unit: "dose_mg", "times per day".
_UNITS = {"mg": "mg", "mcg": "mcg", "times": "times a day"}
_NUMBER = lazy_pattern(r"\d+(?:\.\d+)?")
_SAID = {"start": "started", "stop": "stopped", "seen": "last filled"}


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)
