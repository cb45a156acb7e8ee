"""How often a misspelling is read right, asked about, missed or read wrong, on made-up errors over every name medcheck knows.

Run: python benchmarks/spelling.py [COUNT] [SEED] [EXAMPLES]. Three questions that no list of cases answers, because the cases were seen by
those who set the levels: misspelt names of medicines that are flagged; misspelt names of other medicines (none may become a flagged one);
and names that the vocabulary does not know, for which every known name that is not flagged is hidden in turn and then looked for.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

import medcheck
from medcheck.domain import FLAG_TIERS, Outcome
from medcheck.matching.deciding import decide
from medcheck.matching.index import NameIndex

_VOWELS: Final = "aeiou"
_SOUNDS: Final = tuple(
    tuple(pair.split("/")) for pair in "ph/f f/ph c/k k/c y/i i/y z/s s/z x/ks qu/kw th/t t/th c/s s/c ch/k v/f m/n n/m b/p d/t".split()
)
_KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEXT: Final = {c: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in _KEYS for i, c in enumerate(row)}


def misspelt(name: str, rng: random.Random) -> str:
    """A name with one to three errors of the kinds people make: vowels, sounds, doubled, lost and swapped letters, neighbouring keys."""
    errors = rng.choices((1, 2, 3), (65, 30, 5 if len(name) >= 9 else 0))[0]
    word = name
    for _ in range(errors):
        word = _with_error(word, rng)
    return word


def _with_error(word: str, rng: random.Random) -> str:
    kind = rng.choices(("vowel", "lost", "doubled", "swapped", "sound", "key", "added"), (28, 20, 12, 10, 16, 8, 6))[0]
    at = rng.randrange(1, len(word)) if rng.random() < 0.95 else 0
    if kind == "vowel":
        places = [i for i, c in enumerate(word) if c in _VOWELS]
        if places:
            at = rng.choice(places)
            return word[:at] + rng.choice([v for v in _VOWELS if v != word[at]]) + word[at + 1 :]
    if kind == "sound":
        fits = [(a, b) for a, b in _SOUNDS if a in word]
        if fits:
            a, b = rng.choice(fits)
            at = rng.choice([i for i in range(len(word)) if word.startswith(a, i)])
            return word[:at] + b + word[at + len(a) :]
    if kind == "doubled":
        twins = [i for i in range(1, len(word)) if word[i] == word[i - 1]]
        if twins and rng.random() < 0.7:
            at = rng.choice(twins)
            return word[:at] + word[at + 1 :]
        return word[:at] + word[at] + word[at:]
    if kind == "swapped" and at:
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    if kind == "key" and _NEXT.get(word[at]):
        return word[:at] + rng.choice(_NEXT[word[at]]) + word[at + 1 :]
    if kind == "added":
        return word[:at] + rng.choice("aeilnrst") + word[at:]
    return word[:at] + word[at + 1 :] if len(word) > 5 else word + word[-1]


class Bench:
    """The names by what they are, and what a word came to."""

    def __init__(self) -> None:
        self.formulary, self.vocabulary = medcheck.load_formulary(), medcheck.load_vocabulary()
        self.index = NameIndex(self.formulary, self.vocabulary)
        everything = {n for n in (*self.formulary.names, *self.vocabulary.names) if n.isalpha() and 5 <= len(n) <= 20}
        told = {n: self._told(n) for n in sorted(everything)}
        self.flagged = [n for n, what in told.items() if self._flags(what) and self._is_common(n)]
        self.others = [n for n, what in told.items() if what and not self._flags(what)]
        self.unflagged = [n for n, what in told.items() if not self._flags(what)]
        self.told = told

    def _told(self, name: str) -> frozenset[str]:
        found = self.index.exact(name)
        return frozenset() if found is None else frozenset((*found.ingredients, *(i for r in found.other_readings for i in r.ingredients)))

    def _flags(self, ingredients: frozenset[str]) -> bool:
        known = self.formulary.ingredients
        return any(i in known and known[i].tier in FLAG_TIERS for i in ingredients)

    def _is_common(self, name: str) -> bool:
        entry = self.formulary.names.get(name)
        return entry is not None and (entry.kind in ("ingredient", "product", "line") or (entry.kind == "brand" and bool(entry.countries)))

    def typos(self, names: Sequence[str], count: int, rng: random.Random) -> tuple[Counter[str], list[str]]:
        """What misspelt names came to: right, asked, missed, wrong (another ingredient), false (another one, and flagged)."""
        seen: Counter[str] = Counter()
        shown: list[str] = []
        for name in (rng.choice(names) for _ in range(count)):
            word = misspelt(name, rng)
            found = self.index.match(word)
            said, meant = frozenset(found.ingredients), self.told[name]
            if self.index.is_name(word) or self.index.is_ordinary(word):
                continue  # by chance another name or a word: no misspelling any more
            if found.outcome is Outcome.QUESTION:
                result = "asked"
            elif not said:
                result = "missed"
            elif said & meant or not meant:
                result = "right"
            else:
                result = "false" if self._flags(said) else "wrong"
            seen[result] += 1
            if result in ("false", "wrong"):
                shown.append(f"{name} -> {word} -> {', '.join(sorted(said))} ({found.score:.2f})")
        return seen, shown

    def unknown(self) -> tuple[Counter[str], list[str]]:
        """What names came to that are hidden from the vocabulary: missed, asked, another drug, or falsely flagged."""
        seen: Counter[str] = Counter()
        shown: list[str] = []
        for name in self.unflagged:
            around = [c for c in self.index.candidates(name) if c.reading.name != name]
            decision = decide(name, around, self.index.about)
            match = decision.match
            if match is None:
                result = "missed"
            elif match.outcome is Outcome.QUESTION:
                result = "asked"
            else:
                result = "false" if self._flags(frozenset(match.ingredients)) else "other drug"
            seen[result] += 1
            if result == "false" and match is not None:
                shown.append(f"{name} -> {match.name} {decision.verdict} ({match.score:.2f})")
        return seen, shown


def _print(title: str, seen: Counter[str], shown: Sequence[str], seconds: float, examples: int) -> None:
    total = sum(seen.values()) or 1
    rates = "  ".join(f"{k} {n / total:.4f}" for k, n in sorted(seen.items()))
    print(f"{title:34} {total:6}  {rates}   {total / seconds:.0f}/s")
    for line in shown[:examples]:
        print(f"      {line}")


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)  # noqa: S311 - not for secrets
    examples = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    bench = Bench()
    for title, names in (("misspelt flagged medicines", bench.flagged), ("misspelt other medicines", bench.others)):
        started = time.perf_counter()
        seen, shown = bench.typos(names, count, rng)
        _print(title, seen, shown, time.perf_counter() - started, examples)
    started = time.perf_counter()
    seen, shown = bench.unknown()
    _print("names hidden from the vocabulary", seen, shown, time.perf_counter() - started, examples)


if __name__ == "__main__":
    main()
