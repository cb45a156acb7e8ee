"""Codes -> what they stand for, and a text -> the codes written in it; knows no file, no spelling, no dose and no status.

A code goes before the text beside it. Where the two do not fit, neither is believed: the answer is a question that shows both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final

from medcheck.codesystems import ATC, LOCAL, NDC, RXNORM, SNOMED, URI, CodeError, may_hold_codes, number_of, shown, system_of
from medcheck.domain import Coding, Formulary, Match, Method, Outcome, Reading, Vocabulary
from medcheck.text import lazy_pattern, normalise_name
from medcheck.value import Value

UNKNOWN: Final = "code not known to this vocabulary"
_LOCAL_USE: Final = "@local"  # as the vocabulary marks the codes of products for local use
NOTHING: Final = Match(Outcome.UNRECOGNISED, (), Method.NONE, 0.0)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Understood(Value):
    """What a code stands for: its ingredients, or several possible ones, or why it was not understood.

    `local` is True for a product that is only put on skin, eyes and the like.
    """

    ingredients: tuple[str, ...] = ()
    others: tuple[tuple[str, ...], ...] = ()
    local: bool = False
    problem: str = ""


class Codes:
    """Everything needed to understand codes, prepared once from a formulary and a vocabulary."""

    def __init__(self, formulary: Formulary, vocabulary: Vocabulary) -> None:
        self._formulary = formulary
        self._vocabulary = vocabulary
        self._canonical = lru_cache(maxsize=4096)(self._look_up_name)

    @cached_property
    def _curated(self) -> Mapping[str, Mapping[int, tuple[str, ...]]]:
        """The formulary's own codes: what each may stand for, made when the first code is asked for."""
        tables: dict[str, dict[int, tuple[str, ...]]] = {RXNORM: {}, ATC: {}}
        for name, entry in self._formulary.ingredients.items():
            for system, codes in ((RXNORM, (entry.rxcui,)), (ATC, entry.atc)):
                for code in codes:
                    try:
                        number = number_of(system, code)
                    except CodeError:  # a group of ATC, or no RxCUI: the data check knows which may be empty
                        continue
                    tables[system][number] = (*tables[system].get(number, ()), name)
        return tables

    def lookup(self, coding: Coding) -> tuple[str, ...] | None:
        """The ingredients a code stands for; None where it is not known, or can mean several medicines."""
        return self.read(coding).ingredients or None

    def read(self, coding: Coding) -> Understood:
        """What a code stands for, or why it is not understood."""
        table = system_of(coding.system)
        try:
            number = number_of(coding.system, coding.code)
        except CodeError as error:
            return Understood(problem=str(error))
        curated = self._curated.get(table, {}).get(number)
        if curated is not None:
            return Understood(curated) if len(curated) == 1 else Understood(others=tuple((i,) for i in curated))
        entry = self._vocabulary.codes.get(table, {}).get(number)
        told = tuple(self._vocabulary.entries[entry]) if entry is not None else ()
        if told and told[0] == _LOCAL_USE:
            return Understood(told[1:], local=True)
        return Understood(told) if told else Understood(problem=UNKNOWN)

    def is_read(self, coding: Coding) -> bool:
        """Whether the code is of a system that medcheck reads at all; an EHR sends codes of its own beside these."""
        return system_of(coding.system) != LOCAL

    def fits(self, coding: Coding, text: Match) -> bool:
        """Whether a code is understood and names what a text was read as; a name whose ingredients are not told fits no code."""
        told = text.ingredients or text.other_readings
        return bool(told) and not self.read(coding).problem and self.decide((coding,), text).outcome is not Outcome.QUESTION

    def with_problems(self, codings: Sequence[Coding]) -> tuple[Coding, ...]:
        """The codings, each with why it was not understood."""
        return tuple(replace(c, problem=self.read(c).problem) for c in codings)

    def is_local(self, codings: Sequence[Coding]) -> bool:
        """Whether the first code that is understood is of a product for local use only."""
        return next((u.local for u in map(self.read, codings) if not u.problem), False)

    # ---- code against text -------------------------------------------------------------------------------------------
    def decide(self, codings: Sequence[Coding], text: Match, written: str = "") -> Match:
        """The match of a statement: its first understood code, unless another code or the text beside it names something else.

        Args:
            codings: the codes, the most specific first.
            text: what the text alone was read as; UNRECOGNISED where there is none.
            written: the text, to be shown.
        """
        read = [(shown(c.system, c.code), u) for c, u in ((c, self.read(c)) for c in codings) if not u.problem]
        if not read:
            return self._by_text(codings, text)
        read.sort(key=lambda one: not one[1].ingredients)  # a code with several meanings says less than one with a single meaning
        name, first = read[0]
        told = first.ingredients or self._chosen(first.others, text)
        if not told:
            meanings = tuple(Reading(name, i, 1.0) for i in first.others)
            return Match(Outcome.QUESTION, (), Method.CODE, 1.0, name, meanings, f"{name} stands for {_either(meanings)}: which is it?")
        codes: list[Reading] = []
        for other, understood in read[1:]:
            meant = understood.others or (understood.ingredients,)
            fitting = [fuller for fuller, fits in (self._fuller(told, i) for i in meant) if fits]
            told = fitting[0] if fitting else told
            codes += [] if fitting else [Reading(other, i, 1.0) for i in meant]
        both, texts, note = self._beside(told, text, written)
        if codes or texts:
            return _conflict(Reading(name, told, 1.0), codes, texts)
        known = any(i in self._formulary.ingredients for i in both)
        # What only a guessed spelling adds is as sure as that guess.
        guessed = len(both) > len(told) and text.method in (Method.MISSPELLING, Method.FUZZY)
        method, score = (text.method, text.score) if guessed else (Method.CODE, 1.0)
        return Match(Outcome.INGREDIENT if known else Outcome.KNOWN_DRUG, both, method, score, name, note=note)

    def _beside(self, told: tuple[str, ...], text: Match, written: str) -> tuple[tuple[str, ...], tuple[Reading, ...], str]:
        """What code and text say together, what the text says against the code, and a note."""
        if text.outcome is Outcome.QUESTION:
            if any(self._within(r.ingredients, told) for r in text.other_readings):
                return told, (), ""  # the code answers; one that names a part of a reading does not
            sure = (Reading(written or text.name, text.ingredients, text.score),) if text.ingredients else ()
            return told, (*sure, *text.other_readings), ""
        if not text.ingredients:
            return told, (), f'of the name "{text.name}" the ingredients are not told' if text.outcome is Outcome.KNOWN_DRUG else ""
        fuller, fits = self._fuller(told, text.ingredients)
        if not fits:
            return told, (Reading(written or text.name, text.ingredients, text.score),), ""
        return fuller, (), f"the code names {' and '.join(told)}, the text says more" if len(fuller) > len(told) else ""

    def _by_text(self, codings: Sequence[Coding], text: Match) -> Match:
        unknown = [c for c in codings if self.is_read(c)]
        if not unknown or text.outcome is Outcome.UNRECOGNISED:
            return text
        said = "; ".join(f"{shown(c.system, c.code)}: {self.read(c).problem}" for c in unknown[:3])
        return replace(text, note="; ".join(x for x in (text.note, f"{said}; read by its text") if x))

    def _chosen(self, meanings: Sequence[tuple[str, ...]], text: Match) -> tuple[str, ...]:
        """Which of several meanings of a code the text names, () for none."""
        return next((m for m in meanings if set(text.ingredients) == set(m)), ())

    def _fuller(self, a: tuple[str, ...], b: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
        """Of two sets of ingredients the one that holds the other, and True; the first and False where neither does."""
        a_in_b, b_in_a = self._within(a, b), self._within(b, a)
        if a_in_b and b_in_a:  # the same; named as the formulary does
            known = self._formulary.ingredients
            return (b if sum(i in known for i in b) > sum(i in known for i in a) else a), True
        return (b, True) if a_in_b else (a, b_in_a)

    def _within(self, a: Sequence[str], b: Sequence[str]) -> bool:
        return bool(a) and all(any(self._alike(x, y) for y in b) for x in a)

    def _alike(self, x: str, y: str) -> bool:
        """Whether two names are of one ingredient: equal, called the same, or one with its salt or kind ("magnesium oxide").

        Two ingredients of the formulary are never one: gabapentin is not gabapentin enacarbil.
        """
        if x == y:
            return True
        x, y = self._canonical(x), self._canonical(y)
        if x == y:
            return True
        known = self._formulary.ingredients
        words, others = set(x.split()), set(y.split())
        return not (x in known and y in known) and (words <= others or others <= words)

    def _look_up_name(self, ingredient: str) -> str:
        key = normalise_name(ingredient)
        name = self._formulary.names.get(key)
        if name is not None and len(name.ingredients) == 1:
            return name.ingredients[0]
        entry = self._vocabulary.names.get(key)
        told = self._vocabulary.entries[entry] if entry is not None else ()
        return told[0] if len(told) == 1 and not told[0].startswith("?") else ingredient


def _conflict(own: Reading, codes: Sequence[Reading], texts: Sequence[Reading]) -> Match:
    """A question with all readings; what they have in common is sure."""
    others = (*codes, *texts)
    common = tuple(i for i in own.ingredients if all(i in r.ingredients for r in others))
    said = [f"the code {r.name} says {' and '.join(r.ingredients)}" for r in (own, *codes)]
    if texts:
        written = f' "{texts[0].name}"' if len(texts) == 1 else ""
        said.append(f"the text{written} says {_either(texts)}")
    question = f"T{', '.join(said)[1:]}: which is taken?"
    return Match(Outcome.QUESTION, common, Method.CODE, 1.0, own.name, (own, *others), question)


def _either(readings: Sequence[Reading]) -> str:
    return " or ".join(dict.fromkeys(" and ".join(r.ingredients) or r.name for r in readings))


# ---- codes in a text -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Coded(Value):
    """A code in a text, with the character offsets [start, end) of it and its label; `is_cell`: it stands in a column of a table."""

    coding: Coding
    start: int
    end: int
    is_cell: bool = False


_SEPARATOR: Final = r"[\"']?\s{0,3}[:#=|]?\s{0,3}[\"'(\[]?"
_LABELLED: Final = lazy_pattern(
    rf"""(?<![\w+-])(?:
      (?:rx\s?cui|rxnorm(?:\s(?:cui|code|id|rxcui))?){_SEPARATOR}(?P<rxnorm>\d+|[a-z]{{1,3}}\d{{3,8}})
    | ndc(?:s|\(s\))?(?:[\s-]?(?:code|no\.?|number|1[01](?![\d-])))?{_SEPARATOR}(?P<ndc>\d[\d-]*\d|[a-z]{{2,5}}-\d[\d-]*)
    | atc(?:\scode)?{_SEPARATOR}(?P<atc>[a-z]\d\d(?:[a-z]{{1,2}}(?:\d\d)?)?|[a-z0-9]\w\d[a-z0-9]{{3,4}})
    | (?:dm\+?d|vtm|vmp)(?:\s(?:code|id))?{_SEPARATOR}(?P<dmd>\d{{6,}})
    | (?:snomed(?:[\s-]?ct)?|sct(?:\s?id)?)(?:\s(?:code|id|concept|concept\sid))?{_SEPARATOR}(?P<snomed>\d{{6,}})
    )(?![\w-])[\"')\]]?""",
    re.IGNORECASE | re.VERBOSE,
)
_LABEL_BEHIND: Final = lazy_pattern(
    r"""(?<![\w.-])(?:
      (?P<rxnorm>\d{2,8})\s?[(\[]rx(?:norm|cui)[)\]]
    | (?P<ndc>\d{4,5}-\d{3,4}(?:-\d{1,2})?|\d{11})\s?[(\[]ndc[)\]]
    | (?P<atc>[a-z]\d\d[a-z]{2}\d\d)\s?[(\[](?:who\s)?atc[)\]]
    | (?P<dmd>\d{6,18})\s?[(\[]dm\+?d[)\]]
    | (?P<snomed>\d{6,18})\s?[(\[](?:snomed(?:[\s-]?ct)?|sct(?:id)?)[)\]]
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# More codes behind one label: "NDC 0049-4900-66, 0049-4910-66"; of RxNorm only where nothing but an end or a comma follows.
_MORE: Final[Mapping[str, re.Pattern[str]]] = {
    NDC: lazy_pattern(r"\s*(?:[,;/&]|and)\s*(\d{4,5}-\d{3,4}(?:-\d{1,2})?|\d{11})(?![\w-])", re.IGNORECASE),
    RXNORM: lazy_pattern(r"\s*(?:[,;/&]|and)\s*(\d{4,8})(?=\s*(?:[,;)\]\r\n]|\Z))", re.IGNORECASE),
}
_COLUMNS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("rxcui", "rx cui", "rxnorm", "rxnorm code", "rxnorm cui", "rxnorm id", "rxnorm rxcui", "rxcui code"), RXNORM),
    **dict.fromkeys(("ndc", "ndc code", "ndc number", "ndc no", "ndc11", "ndc 11", "ndc10", "ndc 10", "product ndc", "package ndc"), NDC),
    **dict.fromkeys(("atc", "atc code", "atc5", "atc 5"), ATC),
    **dict.fromkeys(
        ("snomed", "snomed ct", "snomed code", "snomed ct code", "snomed id", "snomed ct id", "sctid", "sct id", "sct"), SNOMED
    ),
    **dict.fromkeys(("dm+d", "dmd", "dm+d code", "dmd code", "dm+d id", "dmd id", "vtm", "vmp", "vtmid", "vpid", "apid"), "dmd"),
    **dict.fromkeys(("local code", "house code"), LOCAL),
}
_HEAD_WORDS: Final = lazy_pattern(r"[a-z0-9+]+")
_BREAK: Final = lazy_pattern(r"\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]|\Z")  # as parsing/segment.py cuts lines
_QUOTED: Final = '"'
_MOST_COLUMNS: Final = 60
_LONGEST_HEAD: Final = 1000
_LONGEST_CODE: Final = 40
_NO_CODE: Final = frozenset({"", "-", "--", "n/a", "na", "none", "null", "nil", "unknown", "?"})  # cells that say there is none


def codes_in(text: str) -> tuple[Coded, ...]:
    """Every labelled code of a text ("RxCUI 36437", "NDC 0049-4900-66") and every cell of a table's code columns, in order.

    A code that is none of its system is found too: it must be shown, not passed over.

    >>> [(c.coding.system, c.coding.code) for c in codes_in("sertraline 50 mg (ATC N06AB06)")]
    [('http://www.whocc.no/atc', 'N06AB06')]
    """
    if not may_hold_codes(text):
        return ()
    found = list(_in_columns(text))
    taken = {k for c in found for k in range(c.start, c.end)}
    for coded in _labelled(text):
        if coded.start not in taken and coded.end - 1 not in taken:
            found.append(coded)
            taken.update(range(coded.start, coded.end))
    found.sort(key=lambda c: c.start)
    return tuple(found)


def _labelled(text: str) -> Iterator[Coded]:
    for m in _LABELLED.finditer(text):
        system = m.lastgroup or ""
        yield Coded(Coding(URI[system], m[system]), m.start(), _end(m, system))
        more = _MORE[system].match(text, m.end()) if system in _MORE else None
        while more is not None:
            yield Coded(Coding(URI[system], more[1]), more.start(1), more.end(1))
            more = _MORE[system].match(text, more.end())
    for m in _LABEL_BEHIND.finditer(text):
        system = m.lastgroup or ""
        yield Coded(Coding(URI[system], m[system]), m.start(), m.end())


def _end(m: re.Match[str], system: str) -> int:
    """Where a labelled code ends: with a closing mark only if its opening one stands between label and code."""
    opening = {")": "(", "]": "[", '"': '"', "'": "'"}.get(m.group()[-1])
    if opening is not None and opening not in m.string[m.start() : m.start(system)]:
        return m.end(system)
    return m.end()


def is_code_head(line: str) -> bool:
    """Whether a line is the head of a table with a column of codes.

    >>> is_code_head("Drug,RxCUI"), is_code_head("sertraline, RxCUI 36437")
    (True, False)
    """
    return _head(line) is not None


def _head(line: str) -> tuple[str, dict[int, str], int] | None:
    """Delimiter, code system by column, and number of columns, of a table's head."""
    if len(line) > _LONGEST_HEAD:
        return None
    for delimiter in ("\t", "|", ",", ";"):
        cells = line.split(delimiter)
        if not 2 <= len(cells) <= _MOST_COLUMNS:
            continue
        names = [" ".join(_HEAD_WORDS.findall(cell.lower().replace("_", " "))) for cell in cells]
        if any(c.isdigit() for name in names if name not in _COLUMNS for c in name):
            continue
        systems = {k: _COLUMNS[name] for k, name in enumerate(names) if name in _COLUMNS}
        if systems and len(systems) < sum(bool(n) for n in names):
            return delimiter, systems, len(cells)
    return None


def _in_columns(text: str) -> Iterator[Coded]:
    table: tuple[str, dict[int, str], int] | None = None
    begin = 0
    for m in _BREAK.finditer(text):
        at, line = begin, text[begin : m.start()]
        begin = m.end()
        head = _head(line)
        if not line.strip():
            table = None  # a blank line ends a table
        elif head is not None:
            table = head
        elif table is not None:
            delimiter, systems, count = table
            cells = _cells(line, delimiter)
            if len(cells) != count:
                continue
            for column, system in systems.items():
                start, end = cells[column]
                code = line[start:end].strip().strip(_QUOTED).strip()
                if code.lower() not in _NO_CODE and any(c.isalnum() for c in code) and len(code) <= _LONGEST_CODE:
                    yield Coded(Coding(URI[system], code.removesuffix(".0")), at + start, at + end, is_cell=True)


def _cells(line: str, delimiter: str) -> list[tuple[int, int]]:
    """Spans of the cells of a line; a delimiter within quotation marks divides nothing."""
    spans: list[tuple[int, int]] = []
    start, quoted = 0, False
    for k, ch in enumerate(line):
        if ch == _QUOTED and delimiter != "\t":
            quoted = not quoted
        elif ch == delimiter and not quoted:
            spans.append((start, k))
            start = k + 1
    spans.append((start, len(line)))
    return spans
