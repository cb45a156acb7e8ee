"""Numbers in dose instructions: figures, fractions and spoken numbers; knows nothing of units or of drugs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import product

from medcheck.text import lazy_pattern

# Dotted abbreviations; letter-and-figure names (B12, D3, omega-3), which are no amounts; clock times and dates with dots; figures;
# words; signs.
_TOKEN = re.compile(
    r"(?!omega [369])[a-z]{2,}+(?!['0-9-])|[0-9]++(?=[ a-z])"  # what most are, first
    r"|(?:[a-z]\.){2,}[a-z]?(?![a-z])|(?<![a-z0-9.])[a-z]\.[a-z](?![a-z0-9.])"
    r"|(?<![a-z0-9.])(?:[bdekt]-?|co-?q[ -]?)[0-9]{1,2}(?![0-9a-z.,/-])"
    r"|[a-z]{3,}+-[0-9](?![0-9a-z.,/-])"
    r"|omega [369](?![0-9a-z.,])"
    r"|[0-9]{1,2}:[0-9]{2}"
    r"|[0-9]+(?:[.,][0-9]+)*|(?<!q)\.[0-9]+"
    r"|[a-z]++(?:'[a-z]++)*+"
    r"|[-/+,;:()=&@#<>%^\ufffd\n]"
)
# A letter among the figures of an amount, as optical reading leaves it ("5O mg", "l00 mg", "O.5 mg"): not read, but told.
_GARBLED = lazy_pattern(  # one character first, then what stands before it: a pattern that begins with a set is found faster
    r"[lios0-9](?<![a-z0-9.].)(?:(?<=[a-z])[lios.]{0,3}[0-9][0-9lios.]{0,6}|(?<=[0-9])[0-9.]{0,5}[lios]{1,3}[0-9.]{0,4})(?=\s?(?:mgs?|mcg|ug|milligram|microgram)(?![a-z]))"
)
# A decimal with a blank in it ("0. 5 mg", "12 .5 mg"); "2 .5 mg tablets" may be a count.
_BROKEN = lazy_pattern(
    r"(?<![0-9.a-z-])(?:0[.,] +[0-9]+|(?:[5-9]|[1-9][0-9]+) +\.[0-9]+)(?=\s?(?:mgs?|mcg|ug|milligram|microgram)(?![a-z]))"
)
# What is left of such a figure as a word of its own: letters that imitate digits, perhaps with the unit.
_SUSPECT = frozenset(
    "".join(letters) + unit for length in (1, 2, 3) for letters in product("lios", repeat=length) for unit in ("", "mg", "mgs", "mcg", "ug")
)
_PLAIN = str.maketrans(
    {
        "µ": "u",
        "μ": "u",
        "–": "-",
        "—": "-",
        "‐": "-",
        "‑": "-",
        "−": "-",
        "×": "x",
        "✕": "x",
        "’": "'",
        "½": " 1/2",
        "¼": " 1/4",
        "¾": " 3/4",
        "⅓": " 1/3",
        "⅔": " 2/3",
        "→": " -> ",
        "➔": " -> ",
        "⇒": " -> ",
    }
)
_RAISED_POINT = lazy_pattern(r"(?<=[0-9])[·‧∙](?=[0-9])")
_THOUSANDS = lazy_pattern(r"[1-9][0-9]{0,2}\.[0-9]00")
_DIGITS = frozenset("0123456789.")
_LONGEST_FIGURE = 12  # characters; longer ones are no dose but an identifier
_DENOMINATORS = {"2": 2.0, "3": 3.0, "4": 4.0}
_MOST_BEFORE_FRACTION = 4  # tablets
_NAMED_THIRDS = {("one", "third"): 1 / 3, ("two", "thirds"): 2 / 3}
_NAMED_PARTS = {"half": 0.5, "quarter": 0.25}


def tokens(text: str) -> list[str]:
    """Split a dose instruction into lower-case words, figures and signs; dots of abbreviations vanish later.

    >>> tokens("Reglan 2.5mg p.o. q.4-6h.")
    ['reglan', '2.5', 'mg', 'p.o.', 'q', '4', '-', '6', 'h']
    """
    text = text.lower()
    if not text.isascii():
        text = _RAISED_POINT.sub(".", text)
        text = "".join(c for c in unicodedata.normalize("NFKD", text.translate(_PLAIN)) if not unicodedata.combining(c)).translate(_PLAIN)
    if "[" in text:
        text = text.replace("[", "(").replace("]", ")")
    if " ." in text or "0. " in text:
        text = _BROKEN.sub(" \ufffd ", text)
    words: list[str] = _TOKEN.findall(text)
    return words if _SUSPECT.isdisjoint(words) else _TOKEN.findall(_GARBLED.sub(" \ufffd ", text))


def figure(token: str) -> float | None:
    """The value of a figure such as "1,000", "0,5" or ".25"; None when the token is none or is too long to be an amount."""
    if token[0] not in _DIGITS or len(token) > _LONGEST_FIGURE or ":" in token:
        return None
    if "." in token and token.endswith("00") and _THOUSANDS.fullmatch(token):
        return None  # "1.000 mg" is one or one thousand
    if "," in token:
        head, *groups = token.split(",")
        thousands = all(len(g) == 3 for g in groups) and 1 <= len(head) <= 3 and head[0] != "0"
        token = head + "".join(groups) if thousands else token.replace(",", ".")
    return float(token) if token.count(".") <= 1 else None


def _fraction(words: Sequence[str], i: int) -> float | None:
    """The fraction "1/2" at i, unless it goes on as a date or a list ("1/2/2020")."""
    if i + 2 < len(words) and words[i + 1] == "/" and words[i + 2] in _DENOMINATORS and words[i] in ("1", "2", "3"):
        if i + 4 < len(words) and words[i + 3] == "/" and words[i + 4][:1] in _DIGITS:
            return None
        value = float(words[i]) / _DENOMINATORS[words[i + 2]]
        return value if value < 1 else None
    return None


def read_figure(
    words: Sequence[str], i: int, n: int, spoken: Mapping[str, float], masses: Mapping[str, object]
) -> tuple[float | None, int]:
    """Read the number that starts with a figure at i, of n words: "3", "1/2", "1 1/2", "1-1/2", "2 and a half", "3 hundred".

    Returns the value (None: not an amount) and the position behind it. "7 1/2" is one number only before a word of `masses`;
    otherwise a large figure before a fraction is a strength: "20 1/2 tab".
    """
    value = _fraction(words, i)
    if value is not None:
        return value, i + 3
    value = figure(words[i])
    i += 1
    if value is None or i >= n:
        return value, i
    if words[i] in ("hundred", "thousand"):
        return value * spoken.get(words[i], 1.0), i + 1
    if value.is_integer():
        part = _and_a_part(words, i)
        if part is not None and (value <= _MOST_BEFORE_FRACTION or (part[1] < len(words) and words[part[1]] in masses)):
            return value + part[0], part[1]
    return value, i


def _and_a_part(words: Sequence[str], i: int) -> tuple[float, int] | None:
    """The fraction that goes on a whole number: " 1/2", "-1/2", " and a half", "& one quarter"; its value and the position behind."""
    j = i + 1 if words[i] in ("-", "and", "&") else i
    if j >= len(words):
        return None
    part = _fraction(words, j)
    if part is not None:
        return part, j + 3
    if j == i or words[i] == "-":
        return None
    if words[j] in ("a", "one") and j + 1 < len(words):
        j += 1
        if words[j] == "-" and j + 1 < len(words):
            j += 1  # "one and one-half"
    named = _NAMED_PARTS.get(words[j])
    return None if named is None else (named, j + 1)


def read_spoken(words: Sequence[str], i: int, n: int, spoken: Mapping[str, float], masses: Mapping[str, object]) -> tuple[float, int]:
    """Read the spoken number at i, of n words: "three hundred and fifty", "one and a half", "two point five", "one twenty five milligrams".

    `spoken` gives the value of each number word. "One fifty" is 150 only right before a word of `masses`.
    """
    total, current, last = 0.0, -1.0, -1.0
    third = _NAMED_THIRDS.get((words[i], words[i + 1])) if i + 1 < n else None
    if third is not None:
        return third, i + 2
    if i + 2 < n and words[i + 1] == "-" and (words[i], words[i + 2]) in _NAMED_THIRDS:
        return _NAMED_THIRDS[words[i], words[i + 2]], i + 3
    while i < n:
        word = words[i]
        value = spoken.get(word)
        if value is None:
            if word == "and" and i + 1 < n and last >= 100 and 1 <= spoken.get(words[i + 1], 0) < 100:
                i += 1
                continue
            if word == "-" and i + 1 < n and _is_joined(last, spoken.get(words[i + 1], 0)):
                i += 1
                continue
            if word == "point" and i + 1 < n and words[i + 1] in spoken:
                decimals, i = _decimals(words, i + 1, spoken)
                return total + max(current, 0) + decimals, i
            break
        if value in (100, 1000):
            if value == 100:
                current = max(current, 1) * 100
            else:
                total, current = total + max(current, 1) * 1000, 0
        elif value < 1 and value > 0:
            if current < 0:
                return value, i + 1
            return total + current * value, i + 1
        elif last >= 100 and value < 10 and words[i - 1] != "and" and not _leads_to_mass(words, i, spoken, masses):
            break  # "one hundred three times a day"
        elif current < 0 or (last >= 20 and last % 10 == 0 and value < (10 if last < 100 else 100)):
            current = max(current, 0) + value
        elif 1 <= current < 10 and value >= 10 and _leads_to_mass(words, i, spoken, masses):
            current = current * 100 + value
        else:
            break
        last = value
        i += 1
    value = total + max(current, 0)
    part = _and_a_part(words, i) if i < n else None
    return (value, i) if part is None else (value + part[0], part[1])


def _is_joined(last: float, following: float) -> bool:
    """Whether a hyphen joins two number words: "twenty-five", "one-half"."""
    return (20 <= last < 100 and last % 10 == 0 and 1 <= following < 10) or (last in (1, 3) and 0 < following < 1)


def _decimals(words: Sequence[str], i: int, spoken: Mapping[str, float]) -> tuple[float, int]:
    scale, value = 0.1, 0.0
    while i < len(words) and 0 <= spoken.get(words[i], -1) < 100 and spoken[words[i]] == int(spoken[words[i]]):
        figure_value = spoken[words[i]]
        value += figure_value * scale * (0.1 if figure_value >= 10 else 1)
        scale *= 0.1
        i += 1
    return round(value, 9), i


def _leads_to_mass(words: Sequence[str], i: int, spoken: Mapping[str, float], masses: Mapping[str, object]) -> bool:
    for j in range(i, min(i + 3, len(words))):
        if words[j] in masses:
            return True
        if words[j] not in spoken:
            return False
    return False
