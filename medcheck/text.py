"""Normalising and tokenising, shared by reading and matching; knows nothing of drugs.

Every folded form keeps the offsets of the text it came from, so that a finding can always be shown where it was written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, cast

from medcheck.value import Value

# Letters of other scripts that look like Latin ones; folding them is a guess, so the token is marked as doubtful.
_CONFUSABLE = str.maketrans(
    "абвгдеіјкмнорстухѕԁɡαβεικνορτυχ",
    "a6brdeijkmhopctyxsdgabeiknoptux",
)
_OCR_INSIDE = re.compile(r"(?<=[a-z])[01|5](?=[a-z])|(?<=[a-z]{4})[01|](?![a-z0-9.,/|%])")
_OCR_DIGIT = re.compile(r"(?<=[a-z])[015](?=[a-z])|(?<=[a-z]{4})[01](?![a-z0-9.,/|%])")
_OCR_LETTER = str.maketrans({"0": "o", "1": "l", "5": "s", "|": "l"})
# Letters that no folding makes Latin are words too: what is written in another script must not vanish.
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*|[0-9]+|[^\W\d_a-z]+")
_MIXED = re.compile(r"\w*[a-z]\w*")


class _LazyPattern:
    """A regular expression that is compiled when it is first used; afterwards its methods are the compiled one's own."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._given = pattern, flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(*self._given)
        for method in ("search", "match", "fullmatch", "sub", "split", "findall", "finditer"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def lazy_pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """As re.compile, for patterns that most lists never need: compiling one takes up to a millisecond of the start.

    >>> lazy_pattern("b+").sub("c", "abba")
    'aca'
    """
    return cast("re.Pattern[str]", _LazyPattern(pattern, flags))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Folded(Value):
    """A text in lower-case ASCII as far as it goes; `offsets[i]` is where character i came from (None: offsets are equal).

    `doubtful` holds folded positions that were guessed (look-alike letters of another script, digits read as letters).
    """

    text: str
    offsets: list[int] | None
    doubtful: frozenset[int]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original text of the folded half-open span."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1 if end > start else self.offsets[start]


_NOTHING: frozenset[int] = frozenset()


def fold(text: str) -> Folded:
    """Fold to lower-case ASCII where possible, keeping track of offsets.

    Accents and invisible format characters go, compatibility forms (full width, ligatures) become plain, look-alike letters of
    other scripts inside Latin words, and digits inside words, become the letters they imitate and are marked doubtful.

    >>> fold("Séroquel").text
    'seroquel'
    """
    offsets: list[int] | None = None
    doubtful: set[int] = set()
    if text.isascii():
        folded = text.lower()
    else:
        pieces: list[str] = []
        offsets = []
        for i, ch in enumerate(text):
            if ch < "\x80":
                pieces.append(ch.lower())
                offsets.append(i)
                continue
            plain = _fold_character(ch)
            for c in plain:
                pieces.append(c)
                offsets.append(i)
        folded = "".join(pieces)
        if not folded.isascii():
            latin = _MIXED.sub(lambda m: m.group().translate(_CONFUSABLE), folded)
            if latin != folded:
                doubtful.update(i for i, (a, b) in enumerate(zip(folded, latin, strict=True)) if a != b)
                folded = latin
    # Looking for the figures first: most texts have none inside a word, and the pattern is slow to say so.
    if "0" in folded or "1" in folded or "5" in folded or "|" in folded:
        # Several bars part the cells of a table; a single one can be a letter read wrongly.
        misread = _OCR_INSIDE if folded.count("|") < 2 else _OCR_DIGIT

        def _letter(m: re.Match[str]) -> str:
            doubtful.add(m.start())
            return m.group().translate(_OCR_LETTER)

        if misread.search(folded):
            folded = misread.sub(_letter, folded)
    return Folded(folded, offsets, frozenset(doubtful) if doubtful else _NOTHING)


_SPECIAL = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "µ": "mc",
    "μ": "mc",
    "’": "'",
    "‘": "'",
    "´": "'",
    "ʼ": "'",
    "–": "-",
    "—": "-",
    "‐": "-",
    "‑": "-",
    "−": "-",
    "½": " 1/2",
    "¼": " 1/4",
    "¾": " 3/4",
    "→": ">",
    "⇒": ">",
    "™": "",  # a mark behind a brand is no part of it
    "℠": "",
    "ª": "",
    "ᵀ": "",
    "ᴹ": "",
    "®": "",
    "•": "*",
    "·": "*",
}


def _fold_character(ch: str) -> str:
    special = _SPECIAL.get(ch.lower())
    if special is not None:
        return special
    if unicodedata.category(ch) == "Cf":
        return ""
    out = []
    for c in unicodedata.normalize("NFKD", ch)[:8]:  # a compatibility form may unfold into many: cap it
        if not unicodedata.combining(c):
            low = c.lower()
            out.append(_SPECIAL.get(low, low))
    return "".join(out)[:8]


class Tokens:
    """Words and numbers of a folded text, as parallel lists: the folded token and its half-open span in the folded text.

    The spans are found when they are first asked for: a text without a drug in it, or one that is nothing but a name, needs none.
    """

    __slots__ = ("_ends", "_starts", "folded", "words")

    def __init__(self, words: list[str], folded: Folded) -> None:
        """`words` are the tokens of `folded`, in order."""
        self.words = words
        self.folded = folded
        self._starts: list[int] | None = None
        self._ends: list[int] = []

    @property
    def starts(self) -> list[int]:
        """Where each token starts."""
        return self._starts if self._starts is not None else self._place()

    @property
    def ends(self) -> list[int]:
        """Where each token ends."""
        if self._starts is None:
            self._place()
        return self._ends

    def _place(self) -> list[int]:
        spans = [m.span() for m in _WORD.finditer(self.folded.text)]
        self._ends = [end for _, end in spans]
        self._starts = [start for start, _ in spans]
        return self._starts


def tokenise(text: str) -> Tokens:
    """Split into words and numbers; hyphens, slashes and letter/digit borders separate, apostrophes vanish.

    >>> tokenise("Co-codamol 8/500mg").words
    ['co', 'codamol', '8', '500', 'mg']
    """
    folded = fold(text)
    words = _WORD.findall(folded.text)
    if "'" in folded.text:
        words = [w.replace("'", "") for w in words]
    return Tokens(words, folded)


def normalise_name(name: str) -> str:
    """The key under which a name is looked up: its tokens joined by single spaces, in ASCII.

    Greek and Cyrillic letters become the Latin ones they look like ("interferon β": "interferon b"); words of other scripts are left out.

    >>> normalise_name("St. John's-wort")
    'st johns wort'
    """
    words = tokenise(name).words
    if all(w.isascii() for w in words):
        return " ".join(words)
    return " ".join(w for w in (word.translate(_CONFUSABLE) for word in words) if w.isascii())


def percent_words(value: float) -> str:
    """A percentage without decimals, never 0 or 100.

    >>> percent_words(0.4), percent_words(12.4), percent_words(99.6)
    ('<1', '12', '>99')
    """
    return "<1" if value < 1 else ">99" if value > 99 else f"{value:.0f}"


def median_words(least: float, most: float) -> str:
    """One or two medians in percent: "10", or "5 to 20"."""
    low, high = percent_words(least), percent_words(most)
    return low if low == high else f"{low} to {high}"


def daily_dose_words(low: float | None, high: float) -> str:
    """A daily dose in milligrams, as one figure or as a range.

    >>> daily_dose_words(None, 0.5), daily_dose_words(0.5, 0.5), daily_dose_words(0.25, 0.5)
    ('0.5 mg/day', '0.5 mg/day', '0.25 to 0.5 mg/day')
    """
    return f"{high:g} mg/day" if low is None or low == high else f"{low:g} to {high:g} mg/day"
