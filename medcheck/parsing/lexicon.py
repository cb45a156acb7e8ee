"""The table of dose instructions prepared for look-up, and the words of a text told by kind; knows no arithmetic of doses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from medcheck.domain import SigTerm
from medcheck.parsing.quantity import read_figure, read_spoken, tokens

# Words and signs of the grammar itself; everything a prescriber abbreviates is in formulary/sig.csv.
GRAMMAR: Final = {
    "every": "every", "q": "every", "each": "every", "alle": "every", "per": "per", "a": "a", "an": "a", "/": "/", "in": "in",
    "within": "in", "times": "x", "time": "x", "x": "x", "mal": "x", "and": "and", "&": "and", "plus": "and", "und": "and", "+": "+",
    "or": "or", "to": "to", "-": "-", "through": "-", "for": "for", "over": "for", "during": "for", "of": "of", "(": "(", ")": ")",
    ",": ",", ";": ",", "\n": ",", "=": "=", "at": "at", "@": "at", "%": "%", "\ufffd": "doubtful", "slash": "/", "by": "by",
    "<": "<", ">": "<", "kg": "kg", "m": "kg", "lb": "kg",
    "#": "supply", "since": "since", "started": "since", "until": "since", "till": "since", "stopped": "since", "last": "since",
    "from": "since", "point": "point", "next": "next", "past": "next", "stop": "stop", "start": "start",
    "before": "before", "prior": "before", "after": "before",
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
    """Look-up by word: single words, and the phrases each begins, by their second word, longest first, as (further words, Token)."""

    singles: dict[str, Token]
    phrases: dict[str, dict[str, list[tuple[list[str], Token]]]]
    spoken: dict[str, float]
    masses: dict[str, object]

    def tell(self, text: str) -> list[Token]:
        """Tell the words of a text by kind, numbers read; AHEAD times END at the end, so that readers may look ahead."""
        words = tokens(text)
        n = len(words)
        words.append("")
        singles, phrases = self.singles, self.phrases
        if "." in text:
            for k, word in enumerate(words):
                if len(word) > 2 and word[1] == "." and (plain := word.replace(".", "")) in singles:
                    words[k] = plain  # "p.m."
        told: list[Token] = []
        add, make = told.append, tuple.__new__
        i = 0
        while i < n:
            word = words[i]
            if word[0] in "0123456789.":
                following = words[i + 1]
                if (
                    following not in _GO_ON
                    and word.isdigit()
                    and word[0] != "0"
                    and len(word) <= _PLAIN_FIGURE
                    and following[:1] not in _DIGITS
                ):
                    add(make(Token, ("number", float(word), _NONE)))
                    i += 1
                else:
                    i = self._figure(words, i, n, told)
                continue
            further = phrases.get(word)
            token = None
            if further is not None:
                for tail, phrase in further.get(words[i + 1], ()):
                    if words[i + 1 : i + 1 + len(tail)] == tail:
                        token = phrase
                        i += 1 + len(tail)
                        break
            if token is not None:
                if token.kind != "ignore":
                    add(token)
                continue
            token = singles.get(word)
            if token is None:
                i = self._unknown(words, i, told)
                continue
            kind = token.kind
            if kind == "number" or (kind == "point" and words[i + 1] in self.spoken):
                i = self._worded(words, i, n, told)
                continue
            i += 1
            if kind == "ignore" or (kind == "a" and words[i] in _GREAT):
                continue  # "fifty to a hundred"
            if kind == ")" and len(told) > 2 and told[-1].kind == "number" and told[-2].kind == "(" and told[-3][:2] == told[-1][:2]:
                del told[-2:]  # "2 (two) times", "one (1) tablet"
                continue
            if len(word) == 1 and word >= "a" and len(words[i]) == 1:
                spelled = self._spelled(words, i - 1)
                if spelled is not None:
                    token, i = spelled
            add(token)
        told += _ENDS
        return told

    def _figure(self, words: list[str], i: int, n: int, told: list[Token]) -> int:
        """Tell a figure that is more than a plain whole number: a clock time, a decimal, a fraction."""
        word = words[i]
        if ":" in word:
            hours, _, minutes = word.partition(":")
            told.append(Token("clock", int(hours) + int(minutes) / 60, _NONE))
            return i + 1
        if len(word) == 4 and word[0] == "0" and word.isdigit() and word < "1000" and word[2] < "6":
            told.append(Token("clock", float(word[:2]), _NONE))  # "0800"
            return i + 1
        value, i = read_figure(words, i, n, self.spoken, self.masses)
        if value is not None:
            told.append(Token("number", value, _NONE))
        else:
            told.append(_DOUBTFUL if word[-2:] == "00" and len(word) <= 7 else _UNREAD)
        return i

    def _worded(self, words: list[str], i: int, n: int, told: list[Token]) -> int:
        """Tell a number in words, a Roman one, or an abbreviation that begins like one ("i d")."""
        if words[i] == "i" and not self._begins_dose(words[i + 1]):
            told.append(_UNREAD)
            return i + 1
        spelled = self._spelled(words, i)
        if spelled is not None:
            told.append(spelled[0])
            return spelled[1]
        value, i = read_spoken(words, i, n, self.spoken, self.masses)
        told.append(Token("number", value, _WORDED))
        return i

    def knows_all(self, text: str) -> bool:
        """Whether every word of a text is a figure, a month or a word of the table."""
        return all(token is not _UNREAD and token.kind not in _NOT_OF_DOSE for token in self.tell(_TIME_WORDS.sub(" ", text)))

    def _begins_dose(self, word: str) -> bool:
        """Whether a word is a form, a frequency or a route: then the "i" before it is a Roman one."""
        known = self.singles.get(word)
        return known is not None and known.kind in ("form", "frequency", "timing", "route", "ambiguous")

    def _spelled(self, words: Sequence[str], i: int) -> tuple[Token, int] | None:
        """An abbreviation spelled letter by letter at i: "p r n", "b. i. d."; the longest that is in the table."""
        end = i
        while end < i + 4 and len(words[end]) == 1 and words[end].isalpha() and (end == i or words[end + 1] != "/"):  # "24 h s/c"
            end += 1
        for stop in range(end, i + 1, -1):
            known = self.singles.get("".join(words[i:stop]))
            if known is not None and known.kind in _SPELLED:
                return known, stop
        return None

    def _unknown(self, words: Sequence[str], i: int, told: list[Token]) -> int:
        word = words[i]
        if "." in word:
            plain = word.replace(".", "")
            for cut in (len(plain), 2, 3):  # "p.o.b.i.d." is two abbreviations
                parts = [self.singles.get(p) for p in (plain[:cut], plain[cut:]) if p]
                if None not in parts:
                    told.extend(p for p in parts if p is not None)
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
        """Whether a word behind a number is a unit or form and what follows it ("50mgbd", "1tabnocte"): then both are told."""
        for cut in range(len(word) - 1, 0, -1):
            head, tail = self.singles.get(word[:cut]), self.singles.get(word[cut:])
            if (
                head is not None
                and tail is not None
                and (head.kind in ("unit", "x") or (head.kind == "form" and cut > 1))
                and tail.kind in (_GLUED if cut > 1 else _CERTAIN)
            ):
                told += (head, tail)
                return True
        return False


_TIME_WORDS = re.compile(r"\b(?:ago|started|stopped|ended|until|till|about|around|approximately|now|then|and|so far)\b", re.I)
_NOT_OF_DOSE = frozenset(("equivalent", "stop", "start"))
_UNREAD = Token("word", 0.0, _NONE)
_MONTH = Token("month", 0.0, _NONE)
_WORDED = Word("number", 0.0, 0.0, "", (), "", "worded")
_DOUBTFUL = Token("doubtful", 0.0, _NONE)
_SPELLED = frozenset(("frequency", "timing", "route", "as_needed", "ambiguous"))
_GLUED = _SPELLED | {"x"}
_CERTAIN = frozenset(("frequency", "timing", "period", "adverb"))
_DIGITS = frozenset("0123456789")
_GO_ON = frozenset(("/", "-", "and", "&", "hundred", "thousand"))  # what can carry a figure on
_PLAIN_FIGURE = 6  # digits
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
    singles = {text: Token(kind, 0.0, Word(kind, 0.0, 0.0, "", (), "", text)) for text, kind in GRAMMAR.items()}
    phrases: dict[str, dict[str, list[tuple[list[str], Token]]]] = {}
    spoken: dict[str, float] = {}
    masses: dict[str, object] = {}
    for term in chosen.values():
        text, kind = term.text, term.kind
        word = _word(term)
        token = Token(kind, 0.0, word)
        tail: list[str] = []
        if not text.isalpha():
            text, *tail = text.split() if text.replace(" ", "").isalpha() else tokens(text)
        if tail:
            phrases.setdefault(text, {}).setdefault(tail[0], []).append((tail, token))
            continue
        singles[text] = token
        if kind == "number":
            spoken[text] = term.value or 0.0
        elif kind == "unit" and word.name == "mg":
            masses[text] = word
    for further in phrases.values():
        for same in further.values():
            if len(same) > 1:
                same.sort(key=lambda p: -len(p[0]))
    return Lexicon(singles, phrases, spoken, masses)


def _word(term: SigTerm) -> Word:
    value, kind, timing = term.value or 0.0, term.kind, term.timing
    if 0 < value < 1 and kind in ("period", "adverb"):
        value = 1 / round(1 / value)  # an hour is written as 0.0416667 days
    low = value if term.doses_per_day_min is None else term.doses_per_day_min
    high = value if term.doses_per_day_max is None else term.doses_per_day_max
    if not timing or kind in ("form", "unit"):
        return Word(kind, low, high, timing, (), term.route, term.text)
    return Word(kind, low, high, "", tuple(timing.split()), term.route, term.text)
