"""A text -> the drug mentions in it, each with its Match; knows nothing of doses or status.

The order of trust: exact names (the formulary's, then the background vocabulary's), then similar spellings (deciding.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

from rapidfuzz.distance import OSA

from medcheck.domain import FLAG_TIERS, Formulary, Match, Mention, Method, Name, Outcome, Reading, Vocabulary
from medcheck.matching.combining import joined, one_of
from medcheck.matching.deciding import ACCEPT, OBSCURE, RARE, Candidate, Decision, Surroundings, ask, decide
from medcheck.matching.nearby import Nearby, edits_allowed
from medcheck.matching.night import ask_label, with_night_products
from medcheck.matching.sounds import similarity, sound
from medcheck.matching.words import AFTER_NOT_A_DRUG, FIGURES_FOR_LETTERS, GLUED, LOOKS_LIKE, MAKERS, PREFIXES, SALTS, SKIP
from medcheck.text import Tokens, tokenise

LONGEST_NAME = 5  # words of a background name; curated names may be longer
SHORTEST = 5  # letters of a word that may be matched by similarity
LONGEST = 40
_SHORTEST_NAME = 4  # letters of a name that a longer word may be a misspelling of
_SHORTEST_WORD = 4  # letters of an ordinary word that may stand between
_SHORTEST_JOINED = 8  # letters of a name that was written as two words
_SHORTEST_APART = 6  # letters of a curated one
_MOST_APART = 4  # words
_NUMBERS = ("", "one", "two", "three", "four")
_SPOKEN_SHORT = frozenset({"a", "an", "to", "or", "of", "in", "at", "she", "he", "ml", "h", "l", "g", "d"})
_HEADS_PAY_FROM = 40  # texts; a short list need not know which words begin a longer name
_UNRECOGNISED = Match(Outcome.UNRECOGNISED, (), Method.NONE, 0.0)


class NameIndex:
    """Everything needed to find names, prepared once from a formulary and a vocabulary; spotting changes nothing but caches."""

    def __init__(self, formulary: Formulary, vocabulary: Vocabulary) -> None:
        self._formulary = formulary
        self._names = formulary.names
        self._keys = frozenset(formulary.names)
        self._vocabulary = vocabulary
        self._background = vocabulary.names
        self._matches: dict[str, Match] = {}
        self._entries: dict[int, tuple[Outcome, tuple[str, ...]]] = {}
        self._longest: dict[str, int] = {}  # words of the longest curated name that begins with a word
        for name in formulary.names:
            if " " in name:
                first, count = name[: name.index(" ")], name.count(" ") + 1
                if count > self._longest.get(first, 0):
                    self._longest[first] = count
        self._skip = SKIP - self._longest.keys()  # "night" begins no name, but "night nurse" does
        self._texts = 0
        self._heads: dict[str, int] | None = None
        self._decided = lru_cache(maxsize=50_000)(self._decide)

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
            if _SHORTEST_NAME <= len(name) <= LONGEST + 3 and " " not in name and name.isalpha():
                by_length.setdefault(len(name), []).append(name)
        return by_length

    def _names_of_length(self, length: int) -> list[str]:
        if length < _SHORTEST_NAME:
            return []
        curated = self._curated.get(length, [])
        buckets = self._vocabulary.buckets
        more = buckets[length] if length < len(buckets) else ()
        return [*curated, *(n for n in more if n not in self._keys)] if curated else list(more)

    def _words_of_length(self, length: int) -> Sequence[str]:
        buckets = self._vocabulary.word_buckets
        return buckets[length] if _SHORTEST_WORD <= length < len(buckets) else ()

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

    def _find_heads(self) -> dict[str, int]:
        """For each word that begins a name of several words, the most words of such a name."""
        heads = dict(self._longest)
        for name in self._background:
            at = name.find(" ")
            if at > 0:
                count = name.count(" ") + 1
                first = name[:at]
                if count > heads.get(first, 0):
                    heads[first] = min(count, LONGEST_NAME)
        return heads

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
            known = any(i in self._formulary.ingredients for i in ingredients)
            told = self._entries[entry] = Outcome.INGREDIENT if known else Outcome.KNOWN_DRUG, ingredients
        outcome, ingredients = told
        if ingredients and ingredients[0].startswith("?"):
            return self._claimed(key, tuple(i[1:] for i in ingredients))
        return Match(outcome, ingredients, Method.EXACT, 1.0, key)

    def _claimed(self, key: str, ingredients: tuple[str, ...]) -> Match:
        """A name that a source says is a drug and, less reliably, which: asked when the formulary would speak of it."""
        named = " with ".join(ingredients)
        if any(i in self._formulary.ingredients for i in ingredients):
            reading = Reading(key, ingredients, 0.5)
            question = f"Is this a name of {named}? One source, not reliable on brands, says so: please confirm."
            return Match(Outcome.QUESTION, (), Method.EXACT, 0.5, key, (reading,), question)
        return Match(Outcome.KNOWN_DRUG, (), Method.EXACT, 1.0, key, note=f"one source, not reliable on brands, says that it is {named}")

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
            return Match(Outcome.QUESTION, (), Method.EXACT, 1.0, line.names[0], readings, line.question)
        known = any(i in self._formulary.ingredients for i in name.ingredients)
        return Match(Outcome.INGREDIENT if known else Outcome.KNOWN_DRUG, name.ingredients, Method.EXACT, 1.0, key)

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
        return self.is_ordinary(word) or self.is_name(word)

    # ---- spotting ------------------------------------------------------------------------------------------------
    def match(self, text: str) -> Match:
        """One drug text as one match: every ingredient it names, the weakest method and score among its mentions."""
        key = text.lower()
        if (key in self._keys or key in self._background) and key not in self._skip and key.isascii() and not key[-1].isdigit():
            found = self.exact(key)  # nothing but a name: no need to look for words in it
            if found is not None:
                return found
        tokens = tokenise(text)
        spans = self._spans(tokens)
        if len(spans) == 1 and "sleep" not in key and "night" not in key and "nite" not in key and "pm" not in key:
            return spans[0][0]
        mentions = self._mentions(spans, tokens)
        return one_of([m.match for m in mentions]) if mentions else _UNRECOGNISED

    def spot(self, tokens: Tokens) -> list[Mention]:
        """Every drug mention of a text, in order, combinations joined, none overlapping."""
        return self._mentions(self._spans(tokens), tokens)

    def _mentions(self, spans: Sequence[tuple[Match, int, int]], tokens: Tokens) -> list[Mention]:
        """The matches with their place in the text, products for the night added, combinations joined."""
        folded = tokens.folded
        found = [Mention(m, a, b, *folded.origin(tokens.starts[a], tokens.ends[b - 1])) for m, a, b in spans]
        found = with_night_products(found, tokens, self._formulary.ingredients)
        return joined(found, tokens) if len(found) > 1 else found

    def _spans(self, tokens: Tokens) -> list[tuple[Match, int, int]]:
        """Names from left to right, the longest first: each match with its token span."""
        words = tokens.words
        found: list[tuple[Match, int, int]] = []
        i = 0
        count = len(words)
        names, background, skip, ready = self._keys, self._background, self._skip, self._matches
        heads = self._heads
        if heads is None:
            self._texts += 1
            if self._texts > _HEADS_PAY_FROM:
                heads = self._heads = self._find_heads()
        doubtful = tokens.folded.doubtful
        while i < count:
            word = words[i]
            if word in skip:
                i += 1
                continue
            most = heads.get(word, 1) if heads is not None else max(LONGEST_NAME, self._longest.get(word, 0))
            if most == 1 and word[0] < "a":
                i += 1
                continue
            used, first = 0, i
            match: Match | None = None
            if most > 1:
                match, used = self._longest_at(words, i, min(most, count - i))
            if match is None:
                match = ready.get(word)
                used = 1
                if match is None:
                    if word in names or word in background:
                        match = self.exact(word)
                    elif word[0] >= "a":
                        match, used = self._inexact(words, i)
                        if match is None and i and words[i - 1] in FIGURES_FOR_LETTERS and tokens.ends[i - 1] == tokens.starts[i]:
                            match, first = self._with_letter(words[i - 1], word), i - 1
                if match is None:
                    i += 1
                    continue
            k = i + used
            if k < count:
                if words[k] in AFTER_NOT_A_DRUG:
                    i = k
                    continue
                if words[k] == "pm" and match.outcome is Outcome.KNOWN_DRUG:  # "Seroquel PM" is a time of day
                    k += 1
                    match = ask_label(match, " ".join(words[i:k]), self._formulary.ingredients)
            if doubtful and match.method is Method.EXACT and any(tokens.starts[i] <= p < tokens.ends[i + used - 1] for p in doubtful):
                match = replace(match, method=Method.MISSPELLING, score=0.95, note="a letter looked like another one and was read as it")
            found.append((match, first, k))
            i = k
        return found

    def _longest_at(self, words: Sequence[str], i: int, most: int) -> tuple[Match | None, int]:
        """The longest name of two words or more that begins at a word."""
        for n in range(most, 1, -1):
            key = " ".join(words[i : i + n])
            if key in self._keys:
                return self.exact(key), n
            if n <= LONGEST_NAME and key in self._background:
                if words[i + n - 1].isdigit() and self.is_name(" ".join(words[i : i + n - 1])):
                    continue  # "ferrous fumarate 210": the number is the dose
                return self.exact(key), n
        return None, 0

    def _inexact(self, words: Sequence[str], i: int) -> tuple[Match | None, int]:
        word = words[i]
        after = words[i + 1] if i + 1 < len(words) else ""
        if word in PREFIXES and after and self.is_name(word + after):
            return self.exact(word + after), 2
        match, used = self._written_apart(words, i)
        if match is not None:
            return match, used
        if not self.may_be_misspelt(word):
            return self._heard(words, i)
        match = self._unglued(word) or self._seen_wrong(word) or self.decision(word).match
        return (match, 1) if match is not None else self._heard(words, i)

    def _written_apart(self, words: Sequence[str], i: int) -> tuple[Match | None, int]:
        """A name written as two to four words: "diphen hydramine", "pro chlor perazine", "lex a pro"."""
        both = words[i]
        used = 1
        found: tuple[Match | None, int] = (None, 1)
        for after in words[i + 1 : i + _MOST_APART]:
            if not after.isalpha():
                break
            both += after
            used += 1
            if len(both) > LONGEST:
                break
            if both in self._keys:
                told = len(both) >= _SHORTEST_APART and (len(both) >= _SHORTEST_JOINED or after not in SKIP)
            else:
                told = len(both) >= _SHORTEST_JOINED and both in self._background and not self.is_name(after) and after not in SKIP
            exact = self.exact(both) if told else None
            if exact is not None:
                if used == 2 and words[i] in MAKERS and self.is_name(after):
                    return self._maker_or_name(words[i], after, exact), used
                found = replace(exact, method=Method.MISSPELLING, score=0.97, note=f"written as {_NUMBERS[used]} words"), used
        return found

    def _maker_or_name(self, maker: str, rest: str, whole: Match) -> Match:
        """ "apo morphine": apomorphine, or morphine made by Apotex."""
        other = self.exact(rest)
        if other is None or not other.ingredients or set(other.ingredients) == set(whole.ingredients):
            return replace(whole, method=Method.MISSPELLING, score=0.97, note="written as two words")
        readings = (Reading(whole.name, whole.ingredients, 0.5), Reading(f"{rest} ({maker}-)", other.ingredients, 0.5))
        return Match(Outcome.QUESTION, (), Method.MISSPELLING, 0.5, whole.name, readings, ask(readings))

    def _heard(self, words: Sequence[str], i: int) -> tuple[Match | None, int]:
        """Words that together sound like a name, as dictation writes them: "risper doll", "kwe tie a peen"."""
        both = words[i]
        if len(both) < 2:
            return None, 1
        strange = self._is_strange(both)
        for used, after in enumerate(words[i + 1 : i + _MOST_APART], start=2):
            if not after.isalpha() or self.is_name(after):
                break
            both += after
            strange = strange or self._is_strange(after)
            if after in SKIP and after not in _SPOKEN_SHORT:
                break
            if strange and _SHORTEST_JOINED <= len(both) <= LONGEST and after not in SKIP:
                match = self.decision(both).match
                if match is not None and match.outcome is not Outcome.QUESTION and match.score >= ACCEPT and match.ingredients:
                    return replace(match, note=f"heard from {_NUMBERS[used]} words"), used
        return None, 1

    def _with_letter(self, figure: str, word: str) -> Match | None:
        """A name whose first letter scanning took for a figure: "1ithium"."""
        exact = self.plain(FIGURES_FOR_LETTERS[figure] + word)
        if exact is None or _is_obscure(exact):
            return None
        return replace(exact, method=Method.MISSPELLING, score=0.95, note=f"{figure} was read as {FIGURES_FOR_LETTERS[figure]}")

    def _is_strange(self, word: str) -> bool:
        """Whether a word is no word of the language as far as that is known: the list of ordinary words begins at four letters."""
        return len(word) >= _SHORTEST_WORD and not self.is_ordinary(word)

    def _seen_wrong(self, word: str) -> Match | None:
        """A name with letters that scanning takes for one another: "sinernet", "clornipramine"."""
        for seen, meant in LOOKS_LIKE:
            if seen in word:
                exact = self.plain(word.replace(seen, meant))
                if exact is not None and not _is_obscure(exact):
                    return replace(exact, method=Method.MISSPELLING, score=0.95, note=f"{seen} was read as {meant}")
        return None

    def may_be_misspelt(self, word: str) -> bool:
        """Whether a word that is no name is compared with names: long enough, letters only, and no ordinary word."""
        return SHORTEST <= len(word) <= LONGEST and word.isalpha() and word not in self._vocabulary.words and word not in SALTS

    def _unglued(self, word: str) -> Match | None:
        """A name with its salt or form written to it: "sertralinehcl", "zolofttabs"."""
        for tail in GLUED:
            if word.endswith(tail) and len(word) - len(tail) >= SHORTEST and self.is_name(word[: -len(tail)]):
                exact = self.exact(word[: -len(tail)])
                if exact is not None and exact.method is Method.EXACT:
                    return replace(exact, method=Method.MISSPELLING, score=0.97, note=f"written as one word with {tail}")
        return None

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
                score = similarity(word, name, edits) - (RARE if self._is_rare(name) else OBSCURE if _is_obscure(exact) else 0.0)
                what = exact.ingredients or tuple(dict.fromkeys(i for r in exact.other_readings for i in r.ingredients))
                found.append((score, name, edits, what, exact))
        found.sort(key=lambda c: (-c[0], c[1]))
        return [Candidate(Reading(n, what, round(max(0.0, min(s, 0.99)), 3)), e, m) for s, n, e, what, m in found]

    def _is_rare(self, key: str) -> bool:
        """Whether a name is a brand of neither the US nor the UK market."""
        name = self._names.get(key)
        return name is not None and name.kind == "brand" and not name.countries

    def _is_flagged(self, ingredients: Iterable[str]) -> bool:
        known = self._formulary.ingredients
        return any(i in known and known[i].tier in FLAG_TIERS for i in ingredients)


def _is_claim(match: Match) -> bool:
    """Whether a match is the question about a name that one source claims to be a drug."""
    return match.outcome is Outcome.QUESTION and len(match.other_readings) == 1 and match.score < 1.0


def _is_obscure(match: Match) -> bool:
    """Whether no reliable source tells what a name is: nothing at all, or one claim."""
    return _is_claim(match) or (not match.ingredients and match.outcome is not Outcome.QUESTION)
