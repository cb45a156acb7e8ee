"""Names -> matches: exact names, and decisions on words that are none; knows nothing of the text around a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

from rapidfuzz.distance import OSA

from medcheck.domain import MATTERS, Formulary, Match, Method, Name, Outcome, Reading, Vocabulary
from medcheck.matching.deciding import ACCEPT, OBSCURE, RARE, Candidate, Decision, Surroundings, decide
from medcheck.matching.nearby import Nearby, edits_allowed
from medcheck.matching.sounds import similarity, sound
from medcheck.matching.words import SALTS, SKIP
from medcheck.text import tokenise

SHORTEST = 5  # letters of a word that may be matched by similarity
LONGEST = 40
SHORTEST_WORD = 4  # letters of an ordinary word that may stand between
_CLAIMED = "one source, not reliable on brands, says that it is"
_SHORTEST_NAME = 4  # letters of a name that a longer word may be a misspelling of


class Names:
    """The names of a formulary and a vocabulary; looking one up changes nothing but caches."""

    def __init__(self, formulary: Formulary, vocabulary: Vocabulary) -> None:
        self._formulary = formulary
        self._names = formulary.names
        self._keys = frozenset(formulary.names)
        self._examined = frozenset(formulary.ingredients)
        self._vocabulary = vocabulary
        self._background = vocabulary.names
        self._matches: dict[str, Match] = {}
        self._entries: dict[int, tuple[Outcome, tuple[str, ...]]] = {}
        self._decided = lru_cache(maxsize=50_000)(self._decide)
        self._known = lru_cache(maxsize=20_000)(lambda word: self.is_ordinary(word) or self.is_name(word))
        self._longer = lru_cache(maxsize=5_000)(self._find_longer)

    # ---- what is prepared when it is first needed -----------------------------------------------------------------
    @cached_property
    def _lookalikes(self) -> dict[str, set[str]]:
        pairs: dict[str, set[str]] = {}
        for pair in self._formulary.lookalikes:
            for a, b in ((pair.name_a, pair.name_b), (pair.name_b, pair.name_a)):
                pairs.setdefault(tokenise(a).words[0], set()).add(tokenise(b).words[0])
        return pairs

    @cached_property
    def _curated(self) -> dict[int, list[str]]:
        """Single-word names of the formulary by length."""
        by_length: dict[int, list[str]] = {}
        for name in self._names:
            if _SHORTEST_NAME <= len(name) <= LONGEST + 3 and " " not in name and name.isalpha() and name not in self._formulary.places:
                by_length.setdefault(len(name), []).append(name)
        return by_length

    def _names_of_length(self, length: int) -> list[str]:
        if length < _SHORTEST_NAME:
            return []
        curated = self._curated.get(length, [])
        buckets = self._vocabulary.buckets
        more = buckets[length] if length < len(buckets) else ()
        return [*curated, *(n for n in more if n not in self._keys)] if curated else list(more)

    @cached_property
    def _list_words(self) -> dict[int, set[str]]:
        """The words of instructions, headings and status phrases by length: they are what lists misspell besides names."""
        formulary = self._formulary
        texts = (t.text for t in formulary.sig_terms), (c.phrase for c in formulary.status_cues), (h.word for h in formulary.heading_words)
        by_length: dict[int, set[str]] = {}
        for word in {w for group in texts for text in group for w in text.split()}:
            if word.isalpha() and word.isascii() and not self.is_name(word):
                by_length.setdefault(len(word), set()).add(word)
        return by_length

    def _words_of_length(self, length: int) -> Sequence[str]:
        buckets = self._vocabulary.word_buckets
        if length < SHORTEST_WORD:
            return ()
        frequent = buckets[length] if length < len(buckets) else ()
        return sorted({*(w for w in frequent if not self.is_name(w)), *self._list_words.get(length, ())})

    @cached_property
    def _near_names(self) -> Nearby:
        return Nearby(self._names_of_length)

    @cached_property
    def _near_words(self) -> Nearby:
        return Nearby(self._words_of_length)

    @cached_property
    def about(self) -> Surroundings:
        """What deciding asks about names and words."""
        partners = self._lookalikes
        nobody: frozenset[str] = frozenset()
        return Surroundings(
            lookalikes=lambda name: partners.get(name, nobody),
            is_rare=self._is_rare,
            is_flagged=self._is_flagged,
            near_words=lambda word: [name for name, _ in self._near_words.within(word, 1)],
            edits=lambda a, b: int(OSA.distance(a, b)),
        )

    # ---- exact names ---------------------------------------------------------------------------------------------
    def exact(self, key: str) -> Match | None:
        """The match of an exact name by its key (text.normalise_name); the same value each time. None: no such name."""
        found = self._matches.get(key)
        if found is None:
            found = self.plain(key)
            if found is None:
                return None
            if found.score < 1.0 and " " not in key and _is_claim(found):
                found = self._spelt_like(key, found)
            self._matches[key] = found
        return found

    def plain(self, key: str) -> Match | None:
        """As `exact`, but a name that one source claims to be a drug stays a question, however it is spelt."""
        if key in self._keys:
            return self._curated_match(key, self._names[key])
        entry = self._background.get(key)
        if entry is None:
            return None
        told = self._entries.get(entry)
        if told is None:
            ingredients = tuple(self._vocabulary.entries[entry])
            known = not self._examined.isdisjoint(ingredients)
            told = self._entries[entry] = Outcome.INGREDIENT if known else Outcome.KNOWN_DRUG, ingredients
        outcome, ingredients = told
        if ingredients and ingredients[0].startswith("?"):
            return self._claimed(key, tuple(i[1:] for i in ingredients))
        return Match(outcome, ingredients, Method.EXACT, 1.0, key)

    def _claimed(self, key: str, ingredients: tuple[str, ...]) -> Match:
        """A name that a source says is a drug and, less reliably, which: asked when the formulary would speak of it."""
        named = " with ".join(ingredients)
        if not self._examined.isdisjoint(ingredients):
            reading = Reading(key, ingredients, 0.5)
            question = f"Is this a name of {named}? One source, not reliable on brands, says so: please confirm."
            return Match(Outcome.QUESTION, (), Method.EXACT, 0.5, key, (reading,), question)
        return Match(Outcome.KNOWN_DRUG, ingredients, Method.EXACT, 1.0, key, note=f"{_CLAIMED} {named}")

    def _spelt_like(self, key: str, claim: Match) -> Match:
        """A claim that the spelling bears out: two hints that do not depend on one another ("amantidine": claimed, and like amantadine)."""
        claimed = set(claim.other_readings[0].ingredients)
        for candidate in self.candidates(key):
            reading = candidate.reading
            if set(reading.ingredients) == claimed and not _is_claim(candidate.match) and reading.score >= ACCEPT:
                method = Method.MISSPELLING if sound(key) == sound(reading.name) else Method.FUZZY
                note = f"spelt like {reading.name}, and one source names it so"
                return replace(candidate.match, method=method, score=reading.score, note=note)
        return claim

    def _curated_match(self, key: str, name: Name) -> Match:
        if name.line is not None:
            line = self._formulary.lines[name.line]
            readings = tuple(Reading(v.names[0], v.ingredients, 1.0) for v in line.variants)
            return Match(Outcome.QUESTION, (), Method.EXACT, 1.0, line.names[0], readings, line.question, name.note)
        known = not self._examined.isdisjoint(name.ingredients)
        return Match(Outcome.INGREDIENT if known else Outcome.KNOWN_DRUG, name.ingredients, Method.EXACT, 1.0, key, note=name.note)

    def source_of(self, key: str) -> str:
        """Where an exact name comes from, in words; "" for none."""
        name = self._names.get(key)
        if name is not None:
            where = f" ({', '.join(name.countries)})" if name.countries else ""
            return f"{name.kind} of the formulary{where}"
        return "the background vocabulary" if key in self._background else ""

    def is_name(self, key: str) -> bool:
        """Whether a normalised name is known exactly."""
        return key in self._keys or key in self._background

    def is_ordinary(self, word: str) -> bool:
        """Whether a folded word is an ordinary English or product word, or one of a dose instruction."""
        return word in SKIP or word in SALTS or word in self._vocabulary.words

    def is_known_word(self, word: str) -> bool:
        """Whether a folded word is understood: an ordinary one, or an exact name that was seen and is no mention ("iron deficiency")."""
        return self._known(word)

    def longer_names(self, tail: str) -> tuple[str, ...]:
        """The names of two to six letters more that end in a name and are another medicine; remembered."""
        return self._longer(tail)

    def _find_longer(self, tail: str) -> tuple[str, ...]:
        own = self.plain(tail)
        found: list[str] = []
        if len(tail) < SHORTEST:
            return ()
        for length in range(len(tail) + 2, len(tail) + 7):
            for name in self._names_of_length(length):
                if name.endswith(tail):
                    longer = self.plain(name)
                    if longer is not None and longer.ingredients and (own is None or set(own.ingredients) != set(longer.ingredients)):
                        found.append(name)
        return tuple(found)

    def may_be_misspelt(self, word: str) -> bool:
        """Whether a word that is no name is compared with names: long enough, letters only, and no ordinary word."""
        if not SHORTEST <= len(word) <= LONGEST or not word.isalpha() or not word.isascii() or word in SALTS:
            return False
        return word not in self._vocabulary.words and self._formulary.places.get(word, "word") == "word"

    # ---- similar spellings -----------------------------------------------------------------------------------------
    def decision(self, word: str) -> Decision:
        """What a folded word that is no exact name is read as, and why; remembered."""
        return self._decided(word)

    def _decide(self, word: str) -> Decision:
        return decide(word, self.candidates(word), self.about)

    def candidates(self, word: str) -> list[Candidate]:
        """The names within reach of a word, best score first, then by alphabet."""
        found = []
        for name, edits in self._near_names.within(word, edits_allowed(len(word))):
            exact = self.plain(name)
            if exact is not None:
                score = similarity(word, name, edits) - (RARE if self._is_rare(name) else OBSCURE if is_obscure(exact) else 0.0)
                sure = () if exact.note.startswith(_CLAIMED) else exact.ingredients  # a claim is as vague as none where likeness decides
                what = sure or tuple(dict.fromkeys(i for r in exact.other_readings for i in r.ingredients))
                found.append((score, name, edits, what, exact))
        found.sort(key=lambda c: (-c[0], c[1]))
        return [Candidate(Reading(n, what, round(max(0.0, min(s, 0.99)), 3)), e, m) for s, n, e, what, m in found]

    def _is_rare(self, key: str) -> bool:
        """Whether a name is a brand of neither the US nor the UK market."""
        name = self._names.get(key)
        return name is not None and name.kind == "brand" and not name.countries

    def _is_flagged(self, ingredients: Iterable[str]) -> bool:
        known = self._formulary.ingredients
        return any(i in known and known[i].tier in MATTERS for i in ingredients)


def _is_claim(match: Match) -> bool:
    """Whether a match is the question about a name that one source claims to be a drug."""
    return match.outcome is Outcome.QUESTION and len(match.other_readings) == 1 and match.score < 1.0


def is_obscure(match: Match) -> bool:
    """Whether no reliable source tells what a name is: nothing at all, or one claim."""
    untold = not match.ingredients or match.note.startswith(_CLAIMED)
    return _is_claim(match) or (untold and match.outcome is not Outcome.QUESTION)
