"""A pasted list -> segments (lines and sentences) with what their section says about status; knows no drug names."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from medcheck.domain import HeadingWord, LineKind, Remark, Status
from medcheck.text import fold, lazy_pattern, tokenise
from medcheck.value import Value

_LINE = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_SENTENCE = re.compile(
    r";|(?<=[A-Za-z)\]][a-z)\]])\.(?=\s+[A-Z*\d-])|(?<=\d)\.(?=\s+[A-Z][a-z]{2})|(?<=[12]\d\d\d)\.(?=\s+\d)|(?<=[.?!])\s+(?=(?:She|He|Patient|Pt|The|They|I|Wife|Husband|Mother|Father)\b)"
)
_BULLET = re.compile(r"\s*(?:[-*#>•·▪◦●○–—]+|\(?\d{1,3}[.)](?!\d)|\(?[a-zA-Z][.)](?=\s)|\[[ xX]?\])?\s*")
_HEADING = lazy_pattern(r"([^:\t|]{1,70}?)\s*(?::|\s[-–]\s|\t|\Z)")
_COLUMN = lazy_pattern(r"[\t|]+")
_FIRST_WORD = re.compile(r"[A-Za-z][A-Za-z0-9']*|[^\x00-\x7f]+")
_ASIDE = lazy_pattern(r"[(\[][^()\[\]]*[)\]]")
_BLOCK_ENDING = frozenset(
    {Status.ALLERGY, Status.FAMILY, Status.STOPPED, Status.COMPLETED, Status.NOT_TAKEN, Status.ON_HOLD, Status.INTENDED}
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Segment(Value):
    """A line or sentence. `start` is its offset in the whole text; `body` where its content begins after a bullet or heading.

    `section` is the status its section gives it; `section_certain` is False where the section may have ended.
    `continues` is True for a later sentence of the same line. `dated` are the date cells of a table row: what the column says (start,
    stop, or seen for neither) and the cell.
    """

    text: str
    line: int
    start: int
    body: int
    section: Status | None
    section_certain: bool
    continues: bool
    dated: tuple[tuple[str, str], ...] = ()


class HeadingReader:
    """Recognises section headings from the words they are made of (formulary/headings.csv)."""

    def __init__(self, words: Iterable[HeadingWord]) -> None:
        self._status: Mapping[str, str] = {w.word: w.status for w in words}

    def read(self, text: str) -> tuple[Status | None, int] | None:
        """The section status of a heading at the start of `text` and where its content begins; None when there is no heading.

        A heading is made of heading words only; the status is None for a neutral one ("MEDICATIONS:").
        """
        columns = _COLUMN.split(text.strip(" |\t"))
        if len(columns) > 2 and all(t in self._status for t in tokenise(text).words):
            return None, len(text)  # the head of a table
        begin = _FIRST_WORD.search(text)
        if begin is None:
            return None
        word = begin.group().lower()
        if word not in self._status and ((word.isalpha() and word.isascii()) or fold(word).text not in self._status):
            return None  # most lines end here: they begin with a drug
        m = _HEADING.match(text)
        if m is None:
            return None
        title = _ASIDE.sub(" ", m.group(1))
        if ". " in title:
            return None  # a sentence ends before the colon: "No known drug allergies. Current: ..."
        tokens = tokenise(title).words
        aside = [t for t in tokenise(" ".join(_ASIDE.findall(m.group(1)))).words if self._status.get(t)]
        if not tokens or len(tokens) > 9 or any(t not in self._status and not t.isdigit() for t in tokens):
            return None
        said = [self._status[w] for w in (*self._phrases(tokens), *aside) if self._status.get(w)]
        if tokens[0] == "for":
            said = []  # "for allergies: hydroxyzine": what it is taken for
        whole = m.end() >= len(text.rstrip())
        if whole and ":" not in text and len(said) == len(aside) and not _looks_like_title(title):
            return None
        return (Status(said[0]) if said else None), m.end()

    def table(self, text: str) -> tuple[str, tuple[str, ...]] | None:
        """The delimiter of a table head and what each column's dates mean ("start", "stop", "seen" or ""); None for another line.

        A head has at least three cells of heading words, one of them for the medicine.
        """
        for delimiter in ("\t", "|", ",", ";"):
            cells = [tokenise(c).words for c in text.strip("|").split(delimiter)]
            if len(cells) < 3 or any(t not in self._status for cell in cells for t in cell):
                continue
            if any(_MEDICINE_COLUMN & set(cell) for cell in cells):
                return delimiter, tuple(_column_role(set(cell)) for cell in cells)
        return None

    def _phrases(self, words: list[str]) -> list[str]:
        """The words, a known pair as one: "not taking" says more than "not" and "taking"."""
        out: list[str] = []
        k = 0
        while k < len(words):
            pair = " ".join(words[k : k + 2])
            out.append(pair if pair in self._status else words[k])
            k += 2 if pair in self._status and k + 1 < len(words) else 1
        return out


_MEDICINE_COLUMN = frozenset({"drug", "drugname", "medication", "medications", "medicine", "name", "med"})
_SEEN_COLUMN = frozenset({"last", "filled", "issued", "issue", "dispensed", "reviewed", "review"})


def _column_role(words: set[str]) -> str:
    if words & _SEEN_COLUMN:
        return "seen"
    if words & {"start", "started", "begin", "from"}:
        return "start"
    return "stop" if words & {"end", "ended", "stop", "stopped", "until", "discontinued"} else ""


def _cells(line: str, table: tuple[str, tuple[str, ...]] | None) -> tuple[tuple[str, str], ...]:
    """The dated cells of a table row with what their column says of them; () for a line of another width."""
    if table is None:
        return ()
    delimiter, roles = table
    cells = next(csv.reader([line.strip("|")], delimiter=delimiter), [])
    if len(cells) != len(roles):
        return ()
    return tuple((role, cell.strip()) for role, cell in zip(roles, cells, strict=True) if role and any(c.isdigit() for c in cell))


def _looks_like_title(text: str) -> bool:
    words = re.findall(r"[A-Za-z]+", text)
    medicine = {
        "medication",
        "medications",
        "meds",
        "medicines",
        "drugs",
        "prescriptions",
        "repeat",
        "repeats",
        "supplements",
        "vitamins",
        "otc",
    }
    return bool(words) and (text.isupper() or any(w.lower() in medicine for w in words)) and len(words) <= 6


def segment(text: str, headings: HeadingReader, *, max_line_chars: int) -> tuple[list[Segment], list[Remark]]:
    """Split a text into segments, and remarks for headings and for what is too long to read.

    Args:
        text: the whole input.
        headings: the heading words.
        max_line_chars: a longer line is read up to here; the rest is a remark of kind unrecognised.
    """
    segments: list[Segment] = []
    remarks: list[Remark] = []
    section: Status | None = None
    certain = True
    seen_content = False
    table: tuple[str, tuple[str, ...]] | None = None
    start = 0
    number = 0
    for end, after in _line_bounds(text):
        number += 1
        line = text[start:end]
        if not line.strip():
            if section in _BLOCK_ENDING and seen_content:
                certain = False
            table = None
            start = after
            continue
        head = headings.table(line) if not any(c.isdigit() for c in line) else None
        if head is not None:
            table = head
            remarks.append(Remark(line.strip(), number, LineKind.HEADING))
            start = after
            continue
        if len(line) > max_line_chars:
            cut = line.rfind(" ", 0, max_line_chars)
            cut = cut if cut > max_line_chars // 2 else max_line_chars
            rest = line[cut:].strip()
            shown = rest if len(rest) <= 200 else rest[:200] + "…"
            reason = f"the line is longer than {max_line_chars} characters: the last {len(line) - cut} were not read"
            remarks.append(Remark(shown, number, LineKind.UNRECOGNISED, reason))
            line = line[:cut]
        bullet = _BULLET.match(line)
        body = bullet.end() if bullet else 0
        heading = headings.read(line[body:])
        inline: Status | None = None
        if heading is not None:
            status, content = heading
            rest = line[body + content :].strip(" \t:-–—.,;*_=#")
            if not rest:
                section, certain, seen_content = status, True, False
                remarks.append(Remark(line.strip(), number, LineKind.HEADING))
                start = after
                continue
            remarks.append(Remark(line[: body + content].strip(), number, LineKind.HEADING))
            body += content
            inline = status
            # "Allergies: penicillin" speaks of its own line; what follows without a heading of its own is doubtful.
            section, certain, seen_content = status, status not in _BLOCK_ENDING, True
            if status in _BLOCK_ENDING:
                certain = False
            own_certain = True
        else:
            own_certain = certain
            inline = section
        seen_content = True
        dated = _cells(line, table)
        for k, (a, b) in enumerate(_sentences(line, body)):
            content = max(0, body - a) if k == 0 else 0
            later = headings.read(line[a:b]) if k and ":" in line[a:b] else None
            if later is not None:  # "Stopped: citalopram. Started: sertraline."
                inline, own_certain, content = later[0], True, later[1]
                remarks.append(Remark(line[a : a + content].strip(), number, LineKind.HEADING))
            segments.append(Segment(line[a:b], number, start + a, content, inline, own_certain, k > 0, dated))
        start = after
    return segments, remarks


def _line_bounds(text: str) -> Iterable[tuple[int, int]]:
    for m in _LINE.finditer(text):
        yield m.start(), m.end()
    yield len(text), len(text)


def _sentences(line: str, body: int) -> list[tuple[int, int]]:
    bounds: list[tuple[int, int]] = []
    a = 0
    for m in _SENTENCE.finditer(line, body):
        if line[a : m.start()].strip(" .,;"):
            bounds.append((a, m.end()))
            a = m.end()
    if line[a:].strip(" .,;") or not bounds:
        bounds.append((a, len(line)))
    return bounds


def is_blank(text: str) -> bool:
    """Whether a text holds nothing to read: no letter and no digit.

    >>> is_blank(" -- ")
    True
    """
    return not any(c.isalnum() for c in fold(text).text)
