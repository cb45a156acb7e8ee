"""Gathers the codes of a release with their ingredients; a code that is given twice with different ingredients is left out, not guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class CodeCollector:
    """The codes of one code system, as numbers (codesystems.py), each with its ingredients."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._codes: dict[int, tuple[str, ...]] = {}
        self._contradicted: set[int] = set()

    def add(self, code: int, ingredients: tuple[str, ...]) -> None:
        """Take a code; nothing is taken where the ingredients are not told."""
        if ingredients and self._codes.setdefault(code, ingredients) != ingredients:
            self._contradicted.add(code)

    @property
    def count(self) -> int:
        """How many codes can be relied on."""
        return len(self._codes) - len(self._contradicted)

    def table(self) -> Mapping[str, Mapping[int, tuple[str, ...]]]:
        """The codes by system, without those that were contradicted; no system without a code."""
        kept = {c: i for c, i in self._codes.items() if c not in self._contradicted}
        return {self._system: kept} if kept else {}

    def count_into(self, counts: Counter[str]) -> None:
        """Add how many codes were kept and left out."""
        counts[f"{self._system} codes"] = self.count
        if self._contradicted:
            counts[f"{self._system} codes with several formulas, left out"] = len(self._contradicted)
