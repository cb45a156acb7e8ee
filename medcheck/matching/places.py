"""Names that count only where a medicine stands: abbreviations and product names of ordinary words; knows which words say so."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from medcheck.domain import Formulary
from medcheck.text import Tokens, lazy_pattern

_ENTRY_BEGINS = lazy_pattern(r"(?:\A|[,;:|/+&(\[\n\t*>]|\s-|\A\s*\d{1,3}[.)])[\s\"'-]*\Z")
_ENTRY_ENDS = lazy_pattern(r"\s*(?:[,;|/+&()\]\n\t]|\.?\s*\Z)")
_AMOUNT = lazy_pattern(r"[\s:=(-]*(\d[\d.,/-]*|)\s?([a-z]*)")
_YEAR = lazy_pattern(r"(?:19|20)\d\d")
_LEVEL = lazy_pattern(r"\s?/\s?(?:d?l|100)(?![a-z])")  # "0.8 mmol/L" is a laboratory value
_TIME_UNITS = frozenset("y yr yrs year years mo mos month months wk wks week weeks day days hour hours hr hrs h ago".split())
_TAKING = frozenset("on takes take taking took given started start stopped stop continue continued added add uses using prn also".split())
_BEFORE_A_NAME = _TAKING | {"and", "with", "plus", "or"}
_GOES_ON = lazy_pattern(r"\s*(?:(?:for|at|given|last|helped|helps|was|again|and|or|prn|but|until)\b|[.;,)]|\Z)")
_INSTRUCTIONS = frozenset({"unit", "form", "route", "frequency", "adverb", "as_needed", "once", "timing"})  # kinds of sig.csv
_SEEN = 40  # characters of the text on either side


class Places:
    """Where such names count; prepared once from a formulary."""

    def __init__(self, formulary: Formulary, is_name: Callable[[str], bool]) -> None:
        """`is_name` says whether a normalised name is known: an abbreviation between two of them is an entry of a list of medicines."""
        self._formulary = formulary
        self._is_name = is_name
        self.of = {key: place for key, place in formulary.places.items() if place != "word"}

    @cached_property
    def _dose_words(self) -> frozenset[str]:
        """Single words that a dose instruction has behind a name: units, forms, routes, frequencies."""
        return frozenset(t.text for t in self._formulary.sig_terms if t.kind in _INSTRUCTIONS and t.text.isalpha())

    @cached_property
    def _units(self) -> frozenset[str]:
        return frozenset(t.text for t in self._formulary.sig_terms if t.kind in ("unit", "form") and t.text.isalpha())

    def allow(self, key: str, tokens: Tokens, first: int, last: int) -> bool:
        """Whether a name counts where it stands: the token span [first, last)."""
        place = self.of.get(key)
        return place is None or self._stands_in_place(tokens, first, last, place)

    def _stands_in_place(self, tokens: Tokens, first: int, last: int, place: str) -> bool:
        """Whether the words stand where an abbreviation or a name of ordinary words is a medicine.

        That is: alone in the text, with an amount or a dose word behind them, and for `item` also as one entry of a list. So "MS 15 mg" is
        a medicine, and "pt with MS", "MS Excel" and "MS 2015" are none.
        """
        text = tokens.folded.text
        begin = self._shop_before(tokens, first)
        if place == "shop":
            return begin < first
        first = begin
        before = text[max(0, tokens.starts[first] - _SEEN) : tokens.starts[first]]
        after = text[tokens.ends[last - 1] : tokens.ends[last - 1] + _SEEN]
        begins = _ENTRY_BEGINS.search(before) is not None or (first > 0 and tokens.words[first - 1] in _BEFORE_A_NAME)
        behind = _AMOUNT.match(after)
        if behind is not None:
            amount, word = behind.group(1), behind.group(2)
            if amount and _LEVEL.match(after, behind.end()) is not None:
                return False
            dosed = amount != "" and word in self._units
            begun = word in self._dose_words or (place == "item" and amount != "" and not word)
            if (dosed or (begins and begun)) and not _YEAR.fullmatch(amount) and word not in _TIME_UNITS:
                return True
        taken = first > 0 and tokens.words[first - 1] in _TAKING
        if _GOES_ON.match(after) is not None and (taken or (place == "item" and begins)):
            return True
        if begins and _ENTRY_ENDS.match(after) is not None and self._is_among_names(tokens, first, last):
            return True
        alone = first < 3 and not any(w.isalpha() for w in tokens.words[:first]) and not any(c.isalnum() for c in after)
        return alone or (place == "item" and begins and _ENTRY_ENDS.match(after) is not None)

    def _is_among_names(self, tokens: Tokens, first: int, last: int) -> bool:
        """Whether the word before or behind is a medicine's name: "lisinopril, MS, metformin"."""
        beside = (tokens.words[first - 1] if first else "", tokens.words[last] if last < len(tokens.words) else "")
        return any(word and word not in self.of and self._is_name(word) for word in beside)

    def _shop_before(self, tokens: Tokens, first: int) -> int:
        """Where the name of a shop directly before a word begins; the word itself when there is none."""
        for n in range(min(3, first), 0, -1):
            if " ".join(tokens.words[first - n : first]) in self._formulary.shops:
                between = tokens.folded.text[tokens.ends[first - 1] : tokens.starts[first]]
                return first - n if not between.strip(" -") else first
        return first
