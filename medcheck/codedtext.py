"""Codes written in a text, brought to the medicines they stand beside; reads no code itself (coding.py does) and no dose.

Before a text is cut into pieces its codes are hidden under letters, so that no code is taken for a heading, a dose or a date; afterwards
each piece gets its own words back. A code belongs to the name before it, or to the name after it where the codes come first; one that
has no name beside it stands for a medicine by itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from operator import attrgetter

from medcheck.coding import NOTHING, Coded, Codes, is_code_head
from medcheck.domain import LineKind, MedicationStatement, Mention, Outcome, Remark
from medcheck.parsing import Segment, Spotted
from medcheck.text import Tokens, lazy_pattern, tokenise
from medcheck.value import Value

_HIDDEN = "x"
_APART = lazy_pattern(r"[,;/&+]|\band\b", 2)  # between a code and a name: the code is no part of the name


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CodedText(Value):
    """A text with the codes in it; `hidden` is the text to cut into pieces, of the same length."""

    text: str
    codes: tuple[Coded, ...]
    hidden: str

    def of(self, piece: Segment) -> tuple[tuple[Coded, ...], str]:
        """The codes that lie in a piece, placed as if it were a slice of the text, and its words with them.

        A piece that was put together from two lines is none; its codes are found by what hides them, in their order.
        """
        end = piece.start + len(piece.text)
        first = bisect_left(self.codes, piece.start, key=attrgetter("start"))
        ahead = self.codes[first : first + len(piece.text)]
        if self.hidden[piece.start : end] == piece.text:
            return tuple(takewhile(lambda c: c.end <= end, ahead)), self.text[piece.start : end]
        found: list[Coded] = []
        parts: list[str] = []
        at = 0
        for c in ahead:
            k = piece.text.find(_HIDDEN * (c.end - c.start), at)
            if k < 0:
                break
            parts += piece.text[at:k], self.text[c.start : c.end]
            at = k + c.end - c.start
            found.append(replace(c, start=piece.start + k, end=piece.start + at))
        return tuple(found), "".join((*parts, piece.text[at:]))


def hide(text: str, codes: tuple[Coded, ...]) -> CodedText:
    """A text with its codes hidden.

    >>> from medcheck.domain import Coding
    >>> hide("a NDC 1 b", (Coded(Coding("ndc", "1"), 2, 7),)).hidden
    'a xxxxx b'
    """
    return CodedText(text, codes, _covered(text, codes, 0, _HIDDEN))


def blanked(text: str, codes: Sequence[Coded], offset: int = 0) -> str:
    """A text with spaces where its codes are; `offset` is where in the codes' text it begins."""
    return _covered(text, codes, offset, " ")


def _covered(text: str, codes: Sequence[Coded], offset: int, letter: str) -> str:
    parts: list[str] = []
    at = 0
    for c in codes:
        start, end = c.start - offset, c.end - offset
        # A bar before a space may be read as the letter that it looks like ("metformin|"); before a comma it is a border.
        first = "," if letter == " " and start and text[start - 1] == "|" else letter
        parts += text[at:start], first, letter * (end - start - 1)
        at = end
    return "".join((*parts, text[at:]))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Piece(Value):
    """A piece with codes: its words, those with the codes blanked, the codes by where their medicine begins, and if all of it is codes."""

    segment: Segment
    blank: str
    codes: tuple[Coded, ...]
    owned: tuple[tuple[int, tuple[Coded, ...]], ...]
    bare: bool


class CodeReader:
    """Reads the pieces of one coded text."""

    def __init__(self, coded: CodedText, codes: Codes, spot: Callable[[Tokens], list[Mention]]) -> None:
        self._coded = coded
        self._codes = codes
        self._spot = spot
        self._pieces: list[_Piece] = []
        self._unknown: list[tuple[_Piece, Remark]] = []
        self._placed = 0
        self._later: dict[int, tuple[Coded, ...]] = {}  # codes on the line after the medicine that they fit, by where that begins
        self._last: tuple[int, Mention] | None = None  # line and last mention of the piece before, placed in the whole text
        self._lines: dict[int, int] = {}  # where the first piece of a line begins

    def spotted(self, piece: Segment) -> Spotted | None:
        """A piece with its mentions, a code that stands for itself among them; None where it holds nothing but codes that are not known."""
        self._lines.setdefault(piece.line, piece.start)
        own, words = self._coded.of(piece)
        if not own:
            tokens = tokenise(piece.text)
            return self._after(piece, Spotted(piece, tokens, self._mentions(tokens, piece)), coded=False)
        self._placed += len(own)
        written = replace(piece, text=words)
        blank = blanked(written.text, own, piece.start)
        tokens = tokenise(blank)
        mentions = self._mentions(tokens, piece)
        groups = self._groups(own, mentions, written, blank)
        standing = [g for at, g in groups if at is None]
        known = [g for g in standing if not all(self._codes.read(c.coding).problem for c in g)]
        owned = [(piece.start + at, g) for at, g in groups if at is not None]
        owned += [(max(g[0].start, piece.start + piece.body), g) for g in known]
        bare = not any(c.isalnum() for c in blank[piece.body :])
        found = _Piece(written, blank, own, tuple(owned), bare)
        for g in standing:
            if g not in known:
                self._unknown.append((found, self._remark(g, written, whole=not owned)))
        if not owned:
            return None
        if not mentions and not bare and len(known) == len(groups) == 1 and self._fits_before(known[0], piece):
            self._pieces.append(replace(found, owned=()))
            return Spotted(replace(piece, text=blank), tokens, [])
        self._pieces.append(found)
        return self._after(piece, self._with_standing(found, mentions, known), coded=True)

    def _after(self, piece: Segment, spotted: Spotted, *, coded: bool) -> Spotted:
        """Remember the last medicine of a piece, if it has no code yet."""
        if spotted.mentions:
            last = spotted.mentions[-1]
            self._last = None if coded else (piece.line, replace(last, start=piece.start + last.start))
        return spotted

    def _fits_before(self, group: tuple[Coded, ...], piece: Segment) -> bool:
        """Whether "take one daily (RxCUI 36437)" goes on from the medicine on the line before; its codes are then that one's."""
        if self._last is None or piece.line - self._last[0] > 1 or not self._codes.fits(group[0].coding, self._last[1].match):
            return False
        self._later[self._last[1].start] = group
        self._last = None
        return True

    def _mentions(self, tokens: Tokens, piece: Segment) -> list[Mention]:
        return [m for m in self._spot(tokens) if m.start >= piece.body]

    def _groups(
        self, own: Sequence[Coded], mentions: Sequence[Mention], piece: Segment, blank: str
    ) -> list[tuple[int | None, tuple[Coded, ...]]]:
        """The codes of each mention (by its start), and those that stand for themselves (None)."""
        codes_first = bool(mentions) and self._comes_first(own[0], mentions[0], piece, blank)
        groups: list[tuple[int | None, list[Coded]]] = []
        for c in own:
            at = c.start - piece.start
            before = [m.start for m in mentions if m.start < at]
            after = [m.start for m in mentions if m.start > at]
            start = (after[:1] or before[-1:]) if codes_first else before[-1:]
            within = [m.start for m in mentions if m.start < at < m.end]  # "sertraline RxCUI 36437 (Zoloft)"
            start = within or start
            last = next((g for s, g in reversed(groups) if s == (start[0] if start else None)), None)
            if last is not None and (within or self._go_together(last, c)):
                last.append(c)
            else:
                groups.append((start[0] if start and last is None else None, [c]))
        return [(start, tuple(g)) for start, g in groups]

    def _comes_first(self, code: Coded, name: Mention, piece: Segment, blank: str) -> bool:
        """Whether a code before the first name belongs to it: in one row of a table, with nothing between them, or because they fit."""
        end = code.end - piece.start
        if end > name.start:
            return False
        return code.is_cell or not _APART.search(blank, end, name.start) or self._codes.fits(code.coding, name.match)

    def _go_together(self, group: Sequence[Coded], code: Coded) -> bool:
        """Whether a code can speak of the medicine of other codes: of another system, or of the same ingredients."""
        if all(c.coding.system != code.coding.system for c in group):
            return True
        told = self._codes.lookup(code.coding)
        return told is not None and any(self._codes.lookup(c.coding) == told for c in group)

    def _remark(self, group: Sequence[Coded], piece: Segment, *, whole: bool) -> Remark:
        text = piece.text if whole else piece.text[group[0].start - piece.start : group[-1].end - piece.start]
        problems = dict.fromkeys(c.problem for c in self._codes.with_problems([c.coding for c in group]))
        start = piece.start if whole else group[0].start
        span = (start + len(text) - len(text.lstrip()), start + len(text.rstrip()))
        return Remark(text.strip(), piece.line, LineKind.UNRECOGNISED, "; ".join(problems), span)

    def _with_standing(self, piece: _Piece, mentions: Sequence[Mention], standing: Sequence[tuple[Coded, ...]]) -> Spotted:
        """The piece with the first code of each group that stands for itself as a mention of its own."""
        segment = piece.segment
        shown = {g[0] for g in standing}
        text = blanked(segment.text, [c for c in piece.codes if c not in shown], segment.start)
        tokens = tokenise(text)
        spans = [tokens.folded.origin(a, b) for a, b in zip(tokens.starts, tokens.ends, strict=True)]

        def _placed(mention: Mention) -> Mention:
            within = [k for k, (a, b) in enumerate(spans) if a >= mention.start and b <= mention.end]
            return replace(mention, first=within[0], last=within[-1] + 1)

        of_codes = [
            Mention(self._codes.decide([c.coding for c in g], NOTHING), 0, 0, max(g[0].start - segment.start, segment.body), end)
            for g in standing
            for end in (g[0].end - segment.start,)
        ]
        together = [_placed(m) for m in sorted((*mentions, *of_codes), key=lambda m: m.start)]
        return Spotted(replace(segment, text=text), tokens, together)

    def finish(
        self,
        statements: Sequence[MedicationStatement],
        remarks: Sequence[Remark],
        decide: Callable[[MedicationStatement], MedicationStatement],
    ) -> tuple[list[MedicationStatement], list[Remark]]:
        """Give statements their codes and their words back, and say of every code that is not known that it is not.

        Args:
            statements: as read from the pieces.
            remarks: as read from the pieces.
            decide: a statement with codes -> the same with the match that they lead to.
        """
        out = list(statements)
        starts = [s.span[0] for s in out]  # they are in the order of the text
        owned = dict(self._later)
        for piece in self._pieces:
            owned |= dict(piece.owned)
        for start, codes in self._later.items():
            k = bisect_left(starts, start)
            if k < len(out) and starts[k] == start:
                out[k] = _with_codes(out[k], codes)
        for piece in self._pieces:
            begin, end = piece.segment.start, piece.segment.start + len(piece.segment.text)
            for k in range(bisect_left(starts, begin), bisect_left(starts, end)):
                out[k] = _with_words(_with_codes(out[k], owned.get(starts[k], ())), piece)
        told = [self._said(r) for r in remarks] + self._lost(remarks)
        for piece, remark in self._unknown:
            before = bisect_left(starts, piece.segment.start) - 1
            if before < 0 or not _is_of(piece, out[before], self._coded.text):
                told.append(remark)
            else:
                out[before] = _with_codes(out[before], piece.codes)
        return self._joined([decide(s) if s.codings else s for s in out]), told

    def _lost(self, remarks: Sequence[Remark]) -> list[Remark]:
        """A remark for codes that are in no piece, unless they lie at the end of a line that was too long to read."""
        beyond = sum(r.text.count(_HIDDEN * 3) > 0 or r.text.endswith("…") for r in remarks)
        if self._placed >= len(self._coded.codes) or beyond:
            return []
        lost = len(self._coded.codes) - self._placed
        return [Remark("", 0, LineKind.UNRECOGNISED, f"codes that could not be brought to a line and were not read: {lost}")]

    def _joined(self, statements: Sequence[MedicationStatement]) -> list[MedicationStatement]:
        """A line of nothing but codes, put together with the medicine on the line before where they fit."""
        bare = {start: p for p in self._pieces if p.bare for start, _ in p.owned}
        out: list[MedicationStatement] = []
        for s in statements:
            piece = bare.get(s.span[0])
            if piece is not None and out and _is_of(piece, out[-1], self._coded.text):
                before = out[-1]
                together = self._codes.decide(s.codings, before.match, before.written)
                fits = together.outcome is not Outcome.QUESTION or before.match.outcome is Outcome.QUESTION
                if fits or self._is_below(s, before):
                    clause = (before.clause[0], max(before.clause[1], s.clause[1]))
                    out[-1] = replace(before, match=together, codings=s.codings, clause=clause)
                    continue
            out.append(s)
        return out

    def _said(self, remark: Remark) -> Remark:
        """A remark in the words of the text; the head of a table with a column of codes is a heading."""
        words = remark.text.removesuffix("…")
        if _HIDDEN * 3 in words:  # the end of a line that is too long
            at = self._coded.hidden.find(words, self._lines.get(remark.line, 0))
            if at >= 0:
                remark = replace(remark, text=self._coded.text[at : at + len(words)] + remark.text[len(words) :])
        if remark.kind is not LineKind.HEADING and is_code_head(remark.text):
            return replace(remark, kind=LineKind.HEADING, reason="")
        return remark

    def _is_below(self, code: MedicationStatement, name: MedicationStatement) -> bool:
        """Whether the line of codes is set further in than the line before: then it speaks of that line's medicine."""
        text = self._coded.text
        first, second = (s.span[0] - (text.rfind("\n", 0, s.span[0]) + 1) for s in (name, code))
        indents = [len(line) - len(line.lstrip()) for line in (text[name.span[0] - first :], text[code.span[0] - second :])]
        return indents[1] > indents[0]


def _with_codes(statement: MedicationStatement, codes: Sequence[Coded]) -> MedicationStatement:
    """The statement with its codes, which then belong to its clause."""
    if not codes:
        return statement
    clause = (min(statement.clause[0], codes[0].start), max(statement.clause[1], codes[-1].end))
    return replace(statement, codings=tuple(c.coding for c in codes), clause=clause)


def _with_words(statement: MedicationStatement, piece: _Piece) -> MedicationStatement:
    """The statement's words with the codes among them and at their end."""
    first, last = (x - piece.segment.start for x in statement.span)
    if piece.blank[first:last] == statement.written:
        statement = replace(statement, written=piece.segment.text[first:last])
    at = piece.blank.find(statement.text) if statement.text else -1
    if at < 0:
        return statement
    end = at + len(statement.text)
    for c in piece.codes:
        stop = c.end - piece.segment.start
        if stop > end and not any(x.isalnum() for x in piece.blank[end:stop]):
            end = stop
    clause = (statement.clause[0], max(statement.clause[1], piece.segment.start + end))
    return replace(statement, text=piece.segment.text[at:end].strip(" \t,;|"), clause=clause)


def _is_of(piece: _Piece, before: MedicationStatement, text: str) -> bool:
    """Whether a line of nothing but codes belongs to the statement before it: one that ends on the line before, without a code yet."""
    if not piece.bare or before.codings:
        return False
    end = before.clause[1]
    below = 0 < end <= piece.segment.start and text.count("\n", end, piece.segment.start) <= 1
    return below or before.line in (piece.segment.line - 1, piece.segment.line)
