"""A segment with its mentions -> statements with dose, dates and status; knows no drug: names come as mentions."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from medcheck.domain import Dosage, LineKind, MedicationStatement, Mention, Period, Remark, Status
from medcheck.parsing.dates import read_period
from medcheck.parsing.decide import decide, reason_of
from medcheck.parsing.frames import LAST_TAKEN, OUTCOME
from medcheck.parsing.products import ProductFigures
from medcheck.parsing.regions import regions, without_other_names
from medcheck.parsing.segment import Segment
from medcheck.parsing.sig import SigReader
from medcheck.parsing.status import CELL, StatusReader, StatusReading
from medcheck.parsing.tables import Cell
from medcheck.parsing.tables import instruction as row_instruction
from medcheck.parsing.unnamed import unnamed
from medcheck.text import Tokens, lazy_pattern
from medcheck.value import Value

_TRAILING_NUMBER = re.compile(r"[\s,;]+\(?\d{1,2}[.)]\s*\Z|[\s,;(]+\Z")
_FORMER = lazy_pattern(
    r"\((?:was|were|previously|formerly|up from|down from|from|before|old dose)\b[^()]{0,60}\)"
    r"|\([^()]{0,40}\b(?:before|previously)\)",
    re.I,
)
_DIFFERENTLY = lazy_pattern(r"\(\s*patient taking differently:?\s*([^()]*\d[^()]*)\)", re.I)
_CHANGED_TO = lazy_pattern(
    r"\d[^;\n]{0,60}?(?:[-=]*>|→|⇒|↑|↓|\b(?:changed?|increased?|decreased?|reduced?|titrated?|up|down) to\b)\s*"
    r"(?=\d[\d.,]*\s*(?:mg|mcg|µg|ug|g|micrograms?)\b)",
    re.I,
)
_ENDING = frozenset({"stop", "stops", "stop date", "end date", "ends", "ended", "end", "discontinue"})
NOT_NAMED = "speaks of a medicine that is not named"
_MAX_CONTEXT = 300
_REMEMBERED = 32  # characters of an instruction
_ANY_DIGIT = re.compile(r"\d")
_YEAR = lazy_pattern(r"(?:19|20)\d\d")
_ISO_DAY = lazy_pattern(r"\d{4}-\d\d-\d\d")
_SILENT_ROLES = frozenset({"purpose", "other", "status", "taking", "start", "stop", "seen", "reaction"})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Spotted(Value):
    """A segment with its tokens and the mentions found in it."""

    segment: Segment
    tokens: Tokens
    mentions: Sequence[Mention]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Readers(Value):
    """What reading needs besides the names: dose instructions, status cues, and which words are ordinary."""

    sig: SigReader
    status: StatusReader
    is_ordinary: Callable[[str], bool]
    products: ProductFigures
    max_context: int = _MAX_CONTEXT

    def read_dosage(self, instruction: str, ingredients: Sequence[str]) -> Dosage:
        """The dose of a known drug: its ingredients decide which figure of a pair such as 25/100 counts."""
        return self.sig.read(instruction, self.products.of(ingredients))


def statements_of(item: Spotted, readers: Readers, as_of: date, *, past: bool = False) -> list[MedicationStatement]:
    """The statements of a segment, one for each mention; a second name of the same drug in brackets is no further one.

    `past` is True where the sentence before spoke of trials that are over.
    """
    mentions, again = without_other_names(item.segment.text, item.mentions) if len(item.mentions) > 1 else (list(item.mentions), [])
    readings = _outcomes(_readings(item, mentions, readers, as_of), past)
    out = []
    for mention, region, reading in zip(mentions, regions(item.segment, mentions), readings, strict=True):
        out.append(_statement(item, mention, region, again, reading, readers, as_of))
    return out


def first_token(item: Spotted) -> int:
    """The first token of the content, after a bullet, a number or a heading."""
    tokens, body = item.tokens, item.segment.body
    if not body:
        return 0
    if tokens.folded.offsets is None:
        return bisect_left(tokens.starts, body)
    return sum(1 for k in range(len(tokens.starts)) if tokens.folded.origin(tokens.starts[k], tokens.ends[k])[0] < body)


def _readings(item: Spotted, mentions: Sequence[Mention], readers: Readers, as_of: date) -> list[StatusReading | None]:
    """What the words say of each mention; in a table row the status column goes before the other words."""
    cells = item.segment.cells
    spans = [(m.first, m.last) for m in mentions]
    if not cells:
        return readers.status.read(item.tokens, spans, first_token(item))
    readings = readers.status.read(item.tokens, spans, 0, _silent_tokens(item))
    text = item.segment.text
    if cells[0].role.startswith("="):  # columns that are sections
        under = [next((c.role[1:] for c in cells if c.start <= m.start < c.end), "") for m in mentions]
        return [StatusReading(Status(s), True, CELL) if s else own for s, own in zip(under, readings, strict=True)]
    column: StatusReading | None = None
    for cell in cells:
        if cell.role in ("status", "taking"):
            column = readers.status.read_cell(text[cell.start : cell.end], yes_or_no=cell.role == "taking") or column
    if column is None and any(c.role == "allergen" for c in cells):
        column = StatusReading(Status.ALLERGY, True, CELL)
    if column is None:
        column = _not_begun(item, as_of)
    if column is None:
        return readings
    out: list[StatusReading | None] = []
    named = [c for c in cells if c.role in ("medicine", "allergen") and c.end > c.start]
    for mention, own in zip(mentions, readings, strict=True):
        if named and not any(c.start <= mention.start < c.end for c in named):
            out.append(own)
        elif column.status is Status.ACTIVE and own is not None and own.status is not Status.ACTIVE:
            out.append(StatusReading(Status.ACTIVE, False, CELL))  # the column says active, the comment says stopped
        else:
            out.append(column)
    return out


def _outcomes(readings: list[StatusReading | None], past: bool) -> list[StatusReading | None]:
    """What a drug did ("made her jittery") ends it for certain only among trials that are over."""
    if not any(r is not None and not r.certain for r in readings):
        return readings
    past = past or any(r is not None and r.certain and r.status is Status.STOPPED and OUTCOME.match(r.cue) for r in readings)
    if not past:
        return readings
    return [replace(r, certain=True) if r is not None and r.status is Status.STOPPED and OUTCOME.match(r.cue) else r for r in readings]


def _not_begun(item: Spotted, as_of: date) -> StatusReading | None:
    """A row whose start lies after the day of the review is intended."""
    for cell in item.segment.cells:
        if cell.role == "start" and _ISO_DAY.fullmatch(item.segment.text[cell.start : cell.end].strip()):
            day = item.segment.text[cell.start : cell.end].strip()
            if day > as_of.isoformat():
                return StatusReading(Status.INTENDED, True, CELL)
    return None


def _silent_tokens(item: Spotted) -> Set[int]:
    """Tokens of cells that say nothing of status: what it is for, who ordered it, its dates."""
    quiet = [(c.start, c.end) for c in item.segment.cells if c.role in _SILENT_ROLES]
    tokens = item.tokens
    out = set()
    for k in range(len(tokens.starts)):
        start = tokens.folded.origin(tokens.starts[k], tokens.ends[k])[0]
        if any(a <= start < b for a, b in quiet):
            out.add(k)
    return out


def _statement(
    item: Spotted,
    mention: Mention,
    region: tuple[int, int],
    again: Sequence[tuple[int, int]],
    reading: StatusReading | None,
    readers: Readers,
    as_of: date,
) -> MedicationStatement:
    segment = item.segment
    text = segment.text
    a, b = region
    after = text[mention.end : min(b, mention.end + readers.max_context)]
    if segment.cells:
        instruction = row_instruction(text, segment.cells, mention.start, mention.end)[: 2 * readers.max_context]
    else:
        if reading is not None and reading.cue == CELL:
            again = [*again, *((x, y + (text[y : y + 1] in (")", "]"))) for x, y in readers.status.cell_spans(item.tokens))]
        plain = _blanked(text, again) if again else text
        before = plain[max(a, mention.start - readers.max_context) : mention.start]
        behind = plain[mention.end : min(b, mention.end + readers.max_context)]
        instruction = f"{before} {_TRAILING_NUMBER.sub('', behind)}".strip()
    instruction = _of_now(instruction)
    period, undated, later = dates_of(instruction, as_of)
    if segment.cells:
        period = _with_comment(period, segment, as_of)
    if reading is not None and reading.status is Status.STOPPED and later and reading.cue in _ENDING:
        reading = None  # it ends after the day of the review
    if reading is not None and reading.cue in LAST_TAKEN and str(as_of.year) in after:
        reading = replace(reading, certain=False)  # last taken this year: perhaps still taken
    dosage = readers.read_dosage(undated, mention.match.ingredients) if undated else Dosage(reason="no dose stated")
    if undated is not instruction:
        dosage = replace(dosage, text=instruction)
    status, certain = decide(segment, reading, dosage, period, as_of)
    shown = text[a:b].strip(" \t,;|/")
    return MedicationStatement(
        text=shown[: readers.max_context * 2],
        line=segment.line,
        span=(segment.start + mention.start, segment.start + mention.end),
        written=text[mention.start : mention.end],
        status=status,
        status_certain=certain,
        dosage=dosage,
        match=mention.match,
        period=period,
        reason=_row_reason(text, segment.cells, status) if segment.cells else reason_of(after, status),
        clause=(segment.start + (0 if a == segment.body else a), segment.start + b),
    )


def _with_comment(period: Period, segment: Segment, as_of: date) -> Period:
    """The dates of a table row, those that no column gives from its comment ("since March 2022")."""
    said = " ".join(segment.text[c.start : c.end] for c in segment.cells if c.role == "comment")
    if not said:
        return period
    more, _, _ = dates_of(said, as_of)
    return Period(period.started or more.started, period.stopped or more.stopped)


def _row_reason(text: str, cells: Sequence[Cell], status: Status) -> str:
    """Why a drug of a table row was ended: the column for it, else the words of the comment."""
    said = {c.role: text[c.start : c.end].strip() for c in cells}
    if status not in (Status.ACTIVE, Status.INTENDED, Status.FAMILY) and (said.get("reason") or said.get("reaction")):
        return said.get("reason") or said["reaction"]
    return reason_of(said.get("comment", ""), status)


def _of_now(instruction: str) -> str:
    """An instruction without the dose that was: "600 mg tds (was 300 mg)", "0.5 mg nocte -> 1 mg nocte"."""
    if "(" in instruction:
        differently = _DIFFERENTLY.search(instruction)
        if differently is not None:
            return differently.group(1)
        instruction = _FORMER.sub(" ", instruction)
    if ">" in instruction or " to " in instruction or not instruction.isascii():
        instruction = _CHANGED_TO.sub(" ", instruction, count=1)
    return instruction


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def dates_of(instruction: str, as_of: date) -> tuple[Period, str, bool]:
    """When it was taken, the words without the dates ("since 2020 patch 2 mg" holds no dose of 2020), and whether one lies ahead."""
    if len(instruction) <= 8 and not _ANY_DIGIT.search(instruction):
        return Period(), instruction, False
    if len(instruction) > _REMEMBERED:
        return _dates_of(instruction, as_of)
    period, undated, later = _short_dates(instruction, as_of)
    return period, instruction if undated == instruction else undated, later


def _dates_of(instruction: str, as_of: date) -> tuple[Period, str, bool]:
    found = read_period(instruction, as_of)
    for start, end in found.spans:
        if _YEAR.search(instruction[start:end]):
            instruction = f"{instruction[:start]}{' ' * (end - start)}{instruction[end:]}"
    return found.period, instruction, any(": after " in doubt for doubt in found.doubts)


# Short instructions ("20 mg daily") stand on a list many times; what is longer may be a patient's own words and is not remembered.
_short_dates = lru_cache(maxsize=2048)(_dates_of)


def unread_words(item: Spotted, readers: Readers) -> list[int]:
    """Tokens of four letters or more that are neither ordinary words, nor part of a mention, nor of a status phrase."""
    words = item.tokens.words
    begin = first_token(item)
    unread = [k for k, word in enumerate(words) if k >= begin and len(word) >= 4 and word[0] >= "a" and not readers.is_ordinary(word)]
    foreign = {k for k in of_another_script(item) if k >= begin}
    unread = sorted({*unread, *foreign}) if foreign else unread
    if not unread:
        return []
    spans = [(m.first, m.last) for m in item.mentions]
    spans += [(first, last) for first, last, _ in readers.status.find(item.tokens, spans)]  # "NKDA" is understood
    covered = {k for first, last in spans for k in range(first, last)}
    return [k for k in unread if k not in covered and (k in foreign or not readers.sig.knows_all(words[k]))]


def of_another_script(item: Spotted) -> list[int]:
    """Tokens of two letters or more of another script: they may name a medicine, and no reader here can tell."""
    if item.tokens.folded.offsets is None:
        return []
    return [k for k, word in enumerate(item.tokens.words) if len(word) > 1 and not word.isascii()]


def unread_beside(item: Spotted, readers: Readers, reasons: str) -> list[Remark]:
    """Words beside a mention that were not understood, each with the dose that follows it: it may be another drug."""
    # A word of the reason that is kept ("rash and akathisia") is read; it is no medicine.
    unread = [k for k in unread_words(item, readers) if item.tokens.words[k] not in reasons]
    if not unread:
        return []
    text, tokens, base = item.segment.text, item.tokens, item.segment.start
    quiet = [(c.start, c.end) for c in item.segment.cells if c.role in ("other", "purpose", "reaction")]
    out = []
    previous = -2
    for k in unread:
        start = tokens.folded.origin(tokens.starts[k], tokens.ends[k])[0]
        if any(a <= start < b for a, b in quiet):
            continue  # a prescriber, a diagnosis
        if k == previous + 1:
            previous = k
            continue
        previous = k
        stop = min([m.start for m in item.mentions if m.start > start] + [len(text), start + 60])
        shown = re.split(r"[,;|\n]", text[start:stop])[0]
        span = (base + start, base + start + len(shown))
        reason = "a word beside a read medicine was not understood"
        out.append(Remark(shown.strip(" .()"), item.segment.line, LineKind.UNRECOGNISED, reason, span))
    return out


def unnamed_beside(item: Spotted) -> list[Remark]:
    """Words beside a mention that speak of another medicine without its name."""
    segment = item.segment
    out = []
    for start, end in unnamed(segment.text, segment.body):
        if all(end <= m.start or m.end <= start for m in item.mentions):
            span = (segment.start + start, segment.start + end)
            out.append(Remark(segment.text[start:end].strip(), segment.line, LineKind.UNRECOGNISED, NOT_NAMED, span))
    return out
