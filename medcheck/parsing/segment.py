"""A pasted list -> segments (lines, sentences, table rows) with what their section says about status; knows no drug names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from medcheck.domain import LineKind, Remark, Status
from medcheck.parsing.fields import ROLE_OF
from medcheck.parsing.headings import HeadingReader
from medcheck.parsing.tables import Cell, Table, read_row
from medcheck.text import fold, lazy_pattern
from medcheck.value import Value

_LINE = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_SENTENCE = re.compile(
    r";|(?<=[A-Za-z)\]][a-z)\]])(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bincl)(?<!\bvs)\.(?=\s+[A-Z*\d-])|(?<=[A-Z]{4})\.(?=\s+[A-Z])|(?<=\d)\.(?=\s+(?:[A-Z][a-z]{2}|[A-Z]{3,}:))|(?<=[12]\d\d\d)\.(?=\s+\d)"
    r"|\s(?:period|full stop|new line|next line|new paragraph)\b(?! of)"
    r"|(?<=[.?!])\s+(?=(?:She|He|Patient|Pt|The|They|I|Wife|Husband|Mother|Father)\b)"
)
_MOST_PIECES = 120  # sentences of a line
_ENDS = (".", ";", "?", "!", " period", " full stop", " new ", " next line")  # one of them stands in whatever _SENTENCE finds
_BULLET = re.compile(r"\s*(?:[-*#>•·▪◦●○–—_~=+]+|\(?\d{1,3}[.)](?!\d)|\(?[a-zA-Z][.)](?=\s)|\[[ xX]?\])?\s*(?:[*_~]{1,3}|\[[ xX]?\]\s*)?")
_NUMBERED = re.compile(r"\s*(?:[-*•·▪◦●○+]\s|\(?\d{1,3}[.)](?!\d))")
_OPEN_END = lazy_pattern(
    r"(?:\b(?:by|take|takes|the|a|an|every|of|with|to|per|for|and|or|at|in|times|three|twice|once|one)|[,/(-])\s*\Z", re.I
)
_NONE = lazy_pattern(r"\W*(?:none|nil|nkda|nka|no known.*|not known|no allerg.*|no|n/a|denies.*)\W*(?:known|reported)?\W*\Z", re.I)
_ONE_MEDICINE = frozenset({"medication", "drug", "medicine", "name", "drug name", "medication name", "med", "rx", "product"})
_BLOCK_ENDING = frozenset(
    {Status.ALLERGY, Status.FAMILY, Status.STOPPED, Status.COMPLETED, Status.NOT_TAKEN, Status.ON_HOLD, Status.INTENDED}
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Segment(Value):
    """A line or sentence. `start` is its offset in the whole text; `body` where its content begins after a bullet, heading or label.

    `section` is the status its section gives it; `section_certain` is False where the section may have ended.
    `continues` is True for a later piece of the same line, `wraps` for a line that by its layout belongs to the one before.
    `cells` are those of a table row whose head is known. `label` is what a field holds ("start" for "Start date: ..."). `plain` is True for
    words about the list itself.
    """

    text: str
    line: int
    start: int
    body: int
    section: Status | None
    section_certain: bool
    continues: bool
    cells: tuple[Cell, ...] = ()
    label: str = ""
    wraps: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Line(Value):
    """One physical line: its number, where it starts, its text up to the limit."""

    number: int
    start: int
    text: str


def segment(text: str, headings: HeadingReader, *, max_line_chars: int) -> tuple[list[Segment], list[Remark]]:
    """Split a text into segments, and remarks for headings and for what is too long to read.

    Args:
        text: the whole input.
        headings: the heading words.
        max_line_chars: a longer line is read up to here; the rest is a remark of kind unrecognised.
    """
    splitter = _Splitter(headings, _is_double_spaced(text), _has_bare_headings(text, headings))
    start = 0
    for number, (end, after) in enumerate(_line_bounds(text), start=1):
        line = text[start:end]
        if len(line) > max_line_chars:
            cut = line.rfind(" ", 0, max_line_chars)
            cut = cut if cut > max_line_chars // 2 else max_line_chars
            splitter.remarks.append(_too_long(line, cut, number, start, max_line_chars))
            line = line[:cut]
        splitter.read(_Line(number, start, line))
        start = after
    return splitter.segments, sorted(splitter.remarks, key=lambda r: r.span)


def _too_long(line: str, cut: int, number: int, start: int, limit: int) -> Remark:
    rest = line[cut:].strip()
    shown = rest if len(rest) <= 200 else rest[:200] + "…"
    reason = f"the line is longer than {limit} characters: the last {len(line) - cut} were not read"
    return Remark(shown, number, LineKind.UNRECOGNISED, reason, (start + cut, start + len(line)))


class _Splitter:
    """One pass over the lines: the section they stand in, the table they belong to, and what was found so far."""

    def __init__(self, headings: HeadingReader, double_spaced: bool, bare_headings: bool) -> None:
        self.segments: list[Segment] = []
        self.remarks: list[Remark] = []
        self._headings = headings
        self._double_spaced = double_spaced
        self._bare_headings = bare_headings
        self._section: Status | None = None
        self._certain = True
        self._seen_content = False
        self._inline_indent: int | None = None  # of a heading that held its content itself: lines further in belong to it
        self._table: Table | None = None
        self._blank_above = True
        self._field_line = -1  # the last line that began with the label of a field
        self._entry: tuple[int, bool, str] = (0, False, "")  # of the entry above: its indent, whether it has a bullet, its last line

    def read(self, line: _Line) -> None:
        if not line.text.strip():
            self._end_block()
            return
        head = self._headings.table(line.text)
        if head is not None:
            self._table = head
            self._add_heading(line, 0, len(line.text))
        else:
            self._read_content(line)
        self._blank_above = False

    def _end_block(self) -> None:
        if self._blank_above or not self._double_spaced:
            if self._section in _BLOCK_ENDING and self._seen_content:
                self._certain = False
            self._table = None
        self._blank_above = True

    def _add_heading(self, line: _Line, start: int, end: int) -> None:
        shown = line.text[start:end].strip()
        self.remarks.append(Remark(shown, line.number, LineKind.HEADING, "", (line.start + start, line.start + end)))

    def _read_content(self, line: _Line) -> None:
        text = line.text
        bullet = _BULLET.match(text)
        body = bullet.end() if bullet else 0
        cells = read_row(text, self._table)
        wraps = not cells and self._wraps(text)
        section, certain = self._section, self._certain
        begin = 0
        if not cells and (not _has_label(text) or self._headings.label(text[body:]) is None):
            heading = self._headings.read(text[body:])
            bare = self._headings.bare(text[body:])
            if bare is not None and self.segments:
                heads = self._bare_headings and not wraps  # else it speaks of the drug above it
                heading = (bare[0], len(text) - body) if heads else None
            elif bare is not None:
                heading = heading or (bare[0], len(text) - body)
            if heading is not None:
                status, content = heading
                self._add_heading(line, 0, body + content)
                rest = text[body + content :].strip(" \t:-–—.,;*_=#~|")
                if not rest or self._headings.is_only_heading_words(rest):
                    self.remarks[-1] = replace(self.remarks[-1], text=text.strip(), span=(line.start, line.start + len(text)))
                    if (status is None and self._is_column_head(text)) or self._is_empty_field(line, text[body:]):
                        return
                    self._section, self._certain, self._seen_content, self._inline_indent = status, True, False, None
                    self._entry = (_indent(text), False, "")
                    return
                begin = body = body + content
                section, certain = self._open_inline(status, text, body)
            elif self._section in _BLOCK_ENDING and _indent(text) <= self._entry[0] and self._headings.may_head(text[body:]):
                self._certain = certain = False  # it may head something else
        elif self._inline_indent is not None and _indent(text) <= self._inline_indent and not wraps:
            self._inline_indent = None
        if begin == 0 and self._inline_indent is not None:
            certain = certain or _indent(text) > self._inline_indent
        self._seen_content = True
        self._entry = (self._entry[0], self._entry[1], text) if wraps else (_indent(text), body > 0 and bool(_NUMBERED.match(text)), text)
        if cells:
            self.segments.append(Segment(text, line.number, line.start, body, section, certain, False, cells))
            return
        self._add_pieces(line, begin, body, section, certain, wraps)

    def _is_empty_field(self, line: _Line, text: str) -> bool:
        """Whether "Stopped:" with nothing behind it is a field of the entry above, that other fields belong to, and no heading."""
        return self._field_line == line.number - 1 and ROLE_OF.get(tuple(_words(text))) in ("start", "stop", "seen")

    def _is_column_head(self, text: str) -> bool:
        """Whether a line right below a heading with a status only names columns ("Medication  Reason"): the section goes on."""
        below = self._section in _BLOCK_ENDING and not self._seen_content and ":" not in text
        return below and all((w,) in ROLE_OF for w in _words(text))

    def _open_inline(self, status: Status | None, text: str, body: int) -> tuple[Status | None, bool]:
        """A heading with its content on the same line; what follows without a heading of its own is doubtful."""
        title = text[:body].strip(" \t:-*_#").lower()
        if title in _ONE_MEDICINE and self._certain and self._section is not None:
            return self._section, True  # "Drug: sertraline", an entry of the section above
        self._section, self._certain, self._seen_content = status, status not in _BLOCK_ENDING, True
        self._inline_indent = _indent(text) if status in _BLOCK_ENDING else None
        if status in _BLOCK_ENDING and _NONE.match(text, body):
            self._section, self._certain, self._inline_indent = None, True, None  # "Allergies: none" ends with its line
        return status, True

    def _wraps(self, text: str) -> bool:
        """Whether a line goes on with the entry above: further in than it and without a bullet, or below words that break off."""
        if self._blank_above or not self.segments:
            return False
        indent, numbered, above = self._entry
        if _NUMBERED.match(text):
            return _indent(text) > indent + 1
        return _indent(text) > indent + (0 if numbered else 1) or _OPEN_END.search(above[-24:]) is not None

    def _add_pieces(self, line: _Line, begin: int, body: int, section: Status | None, certain: bool, wraps: bool) -> None:
        text = line.text
        for k, (a, b) in enumerate(_pieces(text, begin, body, self._headings)):
            content = max(0, body - a) if k == 0 else 0
            label = ""
            named = self._headings.label(text[a + content : b]) if _has_label(text) else None
            later = None
            if named is not None:
                label = named[0]
                content += named[1]
                self._field_line = line.number
            elif k and (":" in text[a:b] or " colon " in text[a:b]):
                later = self._headings.read(text[a:b])
            if later is not None:  # "Stopped: citalopram. Started: sertraline."
                section, certain, content = later[0], True, later[1]
                self._add_heading(line, a, a + content)
                if self._section is not None or section not in _BLOCK_ENDING:
                    self._section, self._certain = section, section not in _BLOCK_ENDING
                a, content = a + content, 0
            piece = text[a:b]
            plain = not label and self._headings.only_speaks_of_the_list(piece, content)
            self.segments.append(
                Segment(piece, line.number, line.start + a, content, section, certain, k > 0, (), label, wraps and k == 0, plain)
            )


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+|\d+", text.lower()) if len(text) <= 120 else []


def _has_label(text: str) -> bool:
    return ":" in text or "=" in text


def _indent(text: str) -> int:
    if text[:1] not in (" ", "\t"):
        return 0
    expanded = text.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _is_double_spaced(text: str) -> bool:
    """Whether nearly every line is followed by a blank one: then a blank line ends no section."""
    lines = [not part.strip() for part in _LINE.split(text)]
    filled = lines.count(False)
    followed = sum(1 for line, below in pairwise(lines) if not line and below)
    return filled >= 4 and followed >= 0.8 * (filled - 1)


def _has_bare_headings(text: str, headings: HeadingReader) -> bool:
    """Whether lines such as "Stopped" head what is below them: unless they follow the drugs they speak of, one after each."""
    lines = [part.strip(" \t-*#•_") for part in _LINE.split(text) if part.strip()]
    bare = [headings.bare(line) is not None for line in lines if len(line) < 200]
    one_after_each = (sum(bare) > 0.4 * len(bare) and not bare[0]) or (sum(bare) == 1 and bare[-1:] == [True])
    return any(bare) and not one_after_each


def _line_bounds(text: str) -> Iterable[tuple[int, int]]:
    for m in _LINE.finditer(text):
        yield m.start(), m.end()
    yield len(text), len(text)


def _pieces(line: str, begin: int, body: int, headings: HeadingReader) -> list[tuple[int, int]]:
    """The sentences of a line, parted also where a further heading or label begins."""
    rest = line[body:]  # most lines hold no mark that ends a sentence, and the pattern is slow to say so
    marked = any(mark in rest for mark in _ENDS)
    cuts = [m.end() for m in _SENTENCE.finditer(line, body)] if marked else []
    if ":" in line or " colon " in line:
        cuts = sorted({*cuts, *headings.inside(line, body)})
    bounds: list[tuple[int, int]] = []
    a = seen = begin
    for cut in cuts:
        if line[seen:cut].strip(" .,;"):
            bounds.append((a, cut))
            a = cut
            if len(bounds) == _MOST_PIECES:
                break  # no line that a person wrote has more; the rest is read as one piece
        seen = cut
    if line[a:].strip(" .,;") or not bounds:
        bounds.append((a, len(line)))
    return bounds


def is_blank(text: str) -> bool:
    """Whether a text holds nothing to read: no letter and no digit.

    >>> is_blank(" -- ")
    True
    """
    return not any(c.isalnum() for c in fold(text).text)
