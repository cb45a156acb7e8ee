"""The table of dose instructions prepared for look-up, and the words of a text told by kind; knows no arithmetic of doses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from medcheck.domain import SigTerm
from medcheck.parsing.quantity import read_figure, read_spoken, tokens

# Words and signs of the grammar itself; everything a prescriber abbreviates is in formulary/sig.csv.
GRAMMAR: Final = {
    "every": "every", "q": "every", "each": "every", "alle": "every", "per": "per", "a": "a", "an": "a", "/": "/", "in": "in",
    "within": "in", "times": "x", "time": "x", "x": "x", "mal": "x", "and": "and", "&": "and", "plus": "and", "und": "and", "+": "+",
    "or": "or", "to": "to", "-": "-", "through": "-", "for": "for", "over": "for", "during": "for", "of": "of", "(": "(", ")": ")",
    ",": ",", ";": ",", "\n": ",", "=": "=", "at": "at", "@": "at", "%": "%", "\ufffd": "doubtful", "slash": "/", "by": "by", "<": "<", ">": "<", "kg": "kg", "m": "kg", "lb": "kg",
    "#": "supply", "since": "since", "started": "since", "until": "since", "till": "since", "stopped": "since", "last": "since",
    "from": "since", "point": "point", "next": "next", "past": "next", "before": "before", "prior": "before", "after": "before",
}  # fmt: skip
MONTHS: Final = frozenset((
    "jan", "january", "feb", "february", "mar", "march", "apr", "april", "may", "jun", "june", "jul", "july", "aug", "august", "sep",
    "sept", "september", "oct", "october", "nov", "november", "dec", "december",
))  # fmt: skip


class Word(NamedTuple):
    """What a term of the table stands for, ready for use. `low` and `high` are per day, or a value (see `kind`)."""

    kind: str
    low: float
    high: float
    name: str
    timing: tuple[str, ...]
    route: str
    text: str


class Token(NamedTuple):
    """One word of a text by kind; `value` is the number of kind "number"."""

    kind: str
    value: float
    word: Word


_NONE = Word("word", 0.0, 0.0, "", (), "", "")
END: Final = Token("end", 0.0, _NONE)
AHEAD: Final = 8
_ENDS: Final = [END] * AHEAD


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Look-up by first word: for each, the phrases it begins, longest first, as (further words, Token)."""

    phrases: dict[str, list[tuple[list[str], Token]]]
    spoken: dict[str, float]
    masses: dict[str, object]
    _words: dict[str, Token] = field(default_factory=dict)

    def tell(self, text: str) -> list[Token]:
        """Tell the words of a text by kind, numbers read; AHEAD times END at the end, so that readers may look ahead."""
        words = tokens(text)
        n = len(words)
        phrases, spoken, masses = self.phrases, self.spoken, self.masses
        told: list[Token] = []
        add = told.append
        i = 0
        while i < n:
            word = words[i]
            if word[0] in "0123456789.":
                if ":" in word:
                    hours, _, minutes = word.partition(":")
                    add(Token("clock", int(hours) + int(minutes) / 60, _NONE))
                    i += 1
                    continue
                if len(word) == 4 and word[0] == "0" and word.isdigit() and word < "1000" and word[2] < "6":
                    add(Token("clock", float(word[:2]), _NONE))  # "0800"
                    i += 1
                    continue
                value, i = read_figure(words, i, spoken, masses)
                if value is not None:
                    add(Token("number", value, _NONE))
                else:
                    add(_DOUBTFUL if word[-2:] == "00" and len(word) <= 7 else _UNREAD)
                continue
            known = phrases.get(word)
            if known is None:
                i = self._unknown(words, i, told)
                continue
            for tail, token in known:  # noqa: B007 - used behind the loop
                if not tail or words[i + 1 : i + 1 + len(tail)] == tail:
                    break
            else:
                i = self._unknown(words, i, told)
                continue
            kind = token.kind
            if kind == "a" and i + 1 < n and words[i + 1] in _GREAT:
                i += 1  # "fifty to a hundred"
                continue
            if kind == "number" or (kind == "point" and i + 1 < n and words[i + 1] in spoken):
                if word == "i" and not self._begins_dose(words, i + 1):
                    add(_UNREAD)
                    i += 1
                    continue
                spelled = self._spelled(words, i)
                if spelled is not None:
                    add(spelled[0])
                    i = spelled[1]
                    continue
                value, i = read_spoken(words, i, spoken, masses)
                add(Token("number", value, _WORDED))
                continue
            i += 1 + len(tail)
            if kind == ")" and len(told) > 2 and told[-1].kind == "number" and told[-2].kind == "(" and told[-3][:2] == told[-1][:2]:
                del told[-2:]  # "2 (two) times", "one (1) tablet"
            elif kind != "ignore":
                if len(word) == 1 and not tail:
                    spelled = self._spelled(words, i - 1)
                    if spelled is not None:
                        token, i = spelled
                add(token)
        told += _ENDS
        return told

    def knows_all(self, text: str) -> bool:
        """Whether every word of a text is a figure, a month or a word of the table."""
        return all(token is not _UNREAD and token.kind != "equivalent" for token in self.tell(_TIME_WORDS.sub(" ", text)))

    def _begins_dose(self, words: Sequence[str], i: int) -> bool:
        """Whether word i is a form, a frequency or a route: then the "i" before it is a Roman one."""
        known = self.phrases.get(words[i]) if i < len(words) else None
        return known is not None and known[-1][1].kind in ("form", "frequency", "timing", "route", "ambiguous")

    def _spelled(self, words: Sequence[str], i: int) -> tuple[Token, int] | None:
        """An abbreviation spelled letter by letter at i: "p r n", "b. i. d."; the longest that is in the table."""
        end = i
        while end < len(words) and end < i + 4 and len(words[end]) == 1 and words[end].isalpha():
            end += 1
        for stop in range(end, i + 1, -1):
            known = self.phrases.get("".join(words[i:stop]))
            if known is not None and not known[-1][0] and known[-1][1].kind in _SPELLED:
                return known[-1][1], stop
        return None

    def _unknown(self, words: Sequence[str], i: int, told: list[Token]) -> int:
        word = words[i]
        if "." in word:
            plain = word.replace(".", "")
            for cut in (len(plain), 2, 3):  # "p.o.b.i.d." is two abbreviations
                parts = [self.phrases.get(p) for p in (plain[:cut], plain[cut:]) if p]
                if all(p is not None and not p[-1][0] for p in parts):
                    told.extend(p[-1][1] for p in parts if p is not None)
                    return i + 1
        elif len(word) == 1:
            spelled = self._spelled(words, i)
            if spelled is not None:
                told.append(spelled[0])
                return spelled[1]
        elif told and told[-1].kind == "number" and len(word) <= _LONGEST_GLUED and self._glued(word, told):
            return i + 1
        told.append(_MONTH if word in MONTHS else _UNREAD)
        return i + 1

    def _glued(self, word: str, told: list[Token]) -> bool:
        """Whether a word behind a number is a unit or form and what follows it without a space ("50mgbd", "1tabnocte"): then both are told."""
        for cut in range(len(word) - 1, 0, -1):
            head, tail = self.phrases.get(word[:cut]), self.phrases.get(word[cut:])
            if (
                head is not None
                and tail is not None
                and not head[-1][0]
                and not tail[-1][0]
                and (head[-1][1].kind in ("unit", "x") or (head[-1][1].kind == "form" and cut > 1))
                and tail[-1][1].kind in (_GLUED if cut > 1 else _CERTAIN)
            ):
                told += (head[-1][1], tail[-1][1])
                return True
        return False


_TIME_WORDS = re.compile(r"\b(?:ago|started|stopped|ended|until|till|about|around|approximately|now|then|and|so far)\b", re.I)
_UNREAD = Token("word", 0.0, _NONE)
_MONTH = Token("month", 0.0, _NONE)
_WORDED = Word("number", 0.0, 0.0, "", (), "", "worded")
_DOUBTFUL = Token("doubtful", 0.0, _NONE)
_SPELLED = frozenset(("frequency", "timing", "route", "as_needed", "ambiguous"))
_GLUED = _SPELLED | {"x"}
_CERTAIN = frozenset(("frequency", "timing", "period", "adverb"))
_GREAT = frozenset(("hundred", "thousand"))
_LONGEST_GLUED = 14  # letters


def prepare(terms: Iterable[SigTerm], region: str = "") -> Lexicon:
    """Prepare the table for look-up.

    A row of the reader's region goes before one without a region; without a region, regional rows count only for texts that
    have no other.
    """
    chosen: dict[str, SigTerm] = {}
    for term in terms:
        if region and term.region not in ("", region):
            continue
        kept = chosen.get(term.text)
        if kept is None or (term.region == region and kept.region != region):
            chosen[term.text] = term
    phrases: dict[str, list[tuple[list[str], Token]]] = {}
    spoken: dict[str, float] = {}
    masses: dict[str, object] = {}
    for text, kind in GRAMMAR.items():
        phrases[text] = [([], Token(kind, 0.0, Word(kind, 0.0, 0.0, "", (), "", text)))]
    for term in chosen.values():
        first, *tail = term.text.split() if term.text.replace(" ", "").isalpha() else tokens(term.text)
        word = _word(term)
        if term.kind == "number" and not tail:
            spoken[first] = term.value or 0.0
        if term.kind == "unit" and word.name == "mg" and not tail:
            masses[first] = word
        same = phrases.setdefault(first, [])
        same[:] = [p for p in same if p[0] != tail]
        same.append((tail, Token(term.kind, 0.0, word)))
    for same in phrases.values():
        same.sort(key=lambda p: -len(p[0]))
    return Lexicon(phrases, spoken, masses)


def _word(term: SigTerm) -> Word:
    value = term.value or 0.0
    if term.kind in ("period", "adverb") and 0 < value < 1:
        value = 1 / round(1 / value)  # an hour is written as 0.0416667 days
    low = value if term.doses_per_day_min is None else term.doses_per_day_min
    high = value if term.doses_per_day_max is None else term.doses_per_day_max
    named = term.kind in ("form", "unit")
    timing = () if named else tuple(term.timing.split())
    return Word(term.kind, low, high, term.timing if named else "", timing, term.route, term.text)
