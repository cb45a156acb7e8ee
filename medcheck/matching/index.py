"""A text -> the drug mentions in it, each with its Match; knows nothing of doses or status.

The order of trust: exact names (the formulary's, then the background vocabulary's), names written apart or glued, then similar spellings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz.distance import OSA

from medcheck.domain import Formulary, Match, Mention, Method, Outcome, Reading, Vocabulary
from medcheck.matching.combining import joined, one_of
from medcheck.matching.deciding import ACCEPT, ask
from medcheck.matching.lookup import LONGEST, SHORTEST, SHORTEST_WORD, Names, is_obscure
from medcheck.matching.night import ask_label, with_night_products
from medcheck.matching.places import Places
from medcheck.matching.sounds import similarity, sound
from medcheck.matching.strengths import decided_by_strength, strength_behind
from medcheck.matching.words import AFTER_NOT_A_DRUG, FIGURES_FOR_LETTERS, GLUED, LOOKS_LIKE, MAKERS, PREFIXES, SKIP
from medcheck.text import Tokens, lazy_pattern, tokenise

LONGEST_NAME = 5  # words of a background name; curated names may be longer
_SHORTEST_JOINED = 8  # letters of a name that was written as two words
_SHORTEST_APART = 6  # letters of a curated one
_MOST_APART = 4  # words
_NUMBERS = ("", "one", "two", "three", "four")
_SPOKEN_SHORT = frozenset({"a", "an", "to", "or", "of", "in", "at", "she", "he", "ml", "h", "l", "g", "d"})
_GLUED_SALT = lazy_pattern(
    r"(?<=[a-z]{5})(?:di)?(?:hydrochlorid|hydrobromid|hydrogenmaleat|maleat|fumarat|succinat|tartrat|mesilat|besilat|citrat|decanoat)e?\Z"
)
_HEADS_PAY_FROM = 40  # texts; a short list need not know which words begin a longer name
_UNRECOGNISED = Match(Outcome.UNRECOGNISED, (), Method.NONE, 0.0)


class Allowance:
    """How many words may still be compared with all names; one for a whole list, and within it so many for each line.

    Real lists hold few words that are neither names nor ordinary. What is over the allowance stays unread, and the caller says so: a page
    of garbage must not hold up a service.
    """

    __slots__ = ("_line", "_of_line", "left", "refused")

    def __init__(self, of_list: int = 3000, of_line: int = 100) -> None:
        """`of_list` words of a whole list, `of_line` of one line."""
        self.left = of_list
        self._of_line = of_line
        self._line = of_line
        self.refused = 0

    def next_line(self) -> None:
        """Begin a line."""
        self._line = self._of_line

    def take(self) -> bool:
        """Whether one more word may be compared."""
        if self._line > 0 and self.left > 0:
            self._line -= 1
            self.left -= 1
            return True
        self.refused += 1
        return False


class NameIndex(Names):
    """Everything needed to find names in a text, prepared once; spotting changes nothing but caches."""

    def __init__(self, formulary: Formulary, vocabulary: Vocabulary) -> None:
        super().__init__(formulary, vocabulary)
        self._longest: dict[str, int] = {}  # words of the longest curated name that begins with a word
        for name in formulary.names:
            if " " in name:
                first, count = name[: name.index(" ")], name.count(" ") + 1
                if count > self._longest.get(first, 0):
                    self._longest[first] = count
        self._places = Places(formulary, self.is_name)
        self._skip = SKIP - self._longest.keys()  # "night" begins no name, but "night nurse" does
        self._texts = 0
        self._heads: dict[str, int] | None = None

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

    def match(self, text: str) -> Match:
        """One drug text as one match: every ingredient it names, the weakest method and score among its mentions."""
        key = text.lower()
        if (
            (key in self._keys or key in self._background)
            and key not in self._skip
            and key not in self._places.of
            and key.isascii()
            and not key[-1].isdigit()
        ):
            found = self.exact(key)  # nothing but a name: no need to look for words in it
            if found is not None:
                return found
        tokens = tokenise(text)
        spans = self.names_in(tokens, Allowance())
        if len(spans) == 1 and "sleep" not in key and "night" not in key and "nite" not in key and "pm" not in key:
            return spans[0][0]
        mentions = self._mentions(spans, tokens)
        return one_of([m.match for m in mentions]) if mentions else _UNRECOGNISED

    def spot(self, tokens: Tokens, allowance: Allowance | None = None) -> list[Mention]:
        """Every drug mention of a text, in order, combinations joined, none overlapping; by default as one line of its own."""
        return self._mentions(self.names_in(tokens, allowance or Allowance()), tokens)

    def _mentions(self, spans: Sequence[tuple[Match, int, int]], tokens: Tokens) -> list[Mention]:
        """The matches with their place in the text, products for the night added, combinations joined."""
        folded = tokens.folded
        found = [Mention(m, a, b, *folded.origin(tokens.starts[a], tokens.ends[b - 1])) for m, a, b in spans]
        found = with_night_products(found, tokens, self._formulary.ingredients)
        return joined(found, tokens) if len(found) > 1 else found

    def names_in(self, tokens: Tokens, allowance: Allowance) -> list[tuple[Match, int, int]]:
        """Names from left to right, the longest first: each match with its token span."""
        words = tokens.words
        found: list[tuple[Match, int, int]] = []
        i = 0
        count = len(words)
        names, background, skip, ready = self._keys, self._background, self._skip, self._matches
        places = self._places.of
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
                match, used = self._longest_at(tokens, i, min(most, count - i))
            if match is None:
                match = ready.get(word)
                used = 1
                if word in places:
                    # An abbreviation may be the beginning of a name that dictation took apart: "amox a pine".
                    apart, n = self._written_apart(words, i)
                    if apart is not None:
                        match, used = apart, n
                    elif not self._places.allow(word, tokens, i, i + 1):
                        match, used = self._inexact(words, i, allowance)
                    elif match is None:
                        match = self.exact(word)
                elif match is None:
                    if word in names or word in background:
                        match = self.exact(word)
                    elif word[0] >= "a":
                        if i and words[i - 1] in FIGURES_FOR_LETTERS and tokens.ends[i - 1] == tokens.starts[i]:
                            match, first = self._with_letter(words[i - 1], word), i - 1
                        if match is None:
                            match, used = self._inexact(words, i, allowance)
                            first = i
                        if match is None and i + 1 < count and words[i + 1].isdigit() and self.may_be_misspelt(word) and allowance.take():
                            match, used = self._by_strength(tokens, i), 1
                if match is None:
                    i += 1
                    continue
            k = i + used
            if k < count:
                if used == 1 and match.outcome is Outcome.QUESTION and match.method in (Method.FUZZY, Method.MISSPELLING):
                    match = self._by_strength(tokens, i) or match
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

    def _by_strength(self, tokens: Tokens, i: int) -> Match | None:
        """The match of a doubtful word by the strength behind it."""
        mg = strength_behind(tokens, i + 1)
        if mg is None or self.is_name(tokens.words[i]):
            return None
        return decided_by_strength(self.decision(tokens.words[i]), mg, self._vocabulary.strengths)

    def _longest_at(self, tokens: Tokens, i: int, most: int) -> tuple[Match | None, int]:
        """The longest name of two words or more that begins at a word."""
        words = tokens.words
        for n in range(most, 1, -1):
            key = " ".join(words[i : i + n])
            if key in self._keys:
                if key in self._places.of and not self._places.allow(key, tokens, i, i + n):
                    continue
                return self.exact(key), n
            if n <= LONGEST_NAME and key in self._background:
                if words[i + n - 1].isdigit() and self.is_name(" ".join(words[i : i + n - 1])):
                    continue  # "ferrous fumarate 210": the number is the dose
                return self.exact(key), n
        return None, 0

    def _inexact(self, words: Sequence[str], i: int, allowance: Allowance) -> tuple[Match | None, int]:
        word = words[i]
        after = words[i + 1] if i + 1 < len(words) else ""
        if word in PREFIXES and after and self.is_name(word + after):
            return self.exact(word + after), 2
        match, used = self._written_apart(words, i)
        if match is not None:
            return match, used
        if not self.may_be_misspelt(word):
            return self._heard(words, i, allowance)
        salt = _GLUED_SALT.search(word)
        if salt is not None and self.is_name(word[: salt.start()]) and word[: salt.start()] not in self._formulary.places:
            return self.exact(word[: salt.start()]), 1  # "Promethazinhydrochlorid": a German name carries its salt
        match = self._unglued(word) or self._seen_wrong(word)
        if match is None and allowance.take():
            match = self.decision(word).match
        if match is not None and match.outcome is not Outcome.QUESTION:
            return match, 1
        heard, used = self._heard(words, i, allowance)
        return (heard, used) if heard is not None else (match, 1)

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
                told = (
                    both not in self._formulary.places
                    and len(both) >= _SHORTEST_APART
                    and (len(both) >= _SHORTEST_JOINED or after not in SKIP)
                )
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

    def _heard(self, words: Sequence[str], i: int, allowance: Allowance) -> tuple[Match | None, int]:
        """Words that together sound like a name, as dictation writes them: "risper doll", "kwe tie a peen"."""
        both = words[i]
        if len(both) < 2:
            return None, 1
        strange = self._is_strange(both)
        for used, after in enumerate(words[i + 1 : i + _MOST_APART], start=2):
            if not after.isalpha():
                break
            if self.is_name(after):
                return self._with_head(both, after) if used == 2 else (None, 1)
            both += after
            strange = strange or self._is_strange(after)
            if after in SKIP and after not in _SPOKEN_SHORT:
                break
            if strange and _SHORTEST_JOINED <= len(both) <= LONGEST and after not in SKIP and allowance.take():
                match = self.decision(both).match
                if match is not None and match.outcome is not Outcome.QUESTION and match.score >= ACCEPT and match.ingredients:
                    return replace(match, note=f"heard from {_NUMBERS[used]} words"), used
        return None, 1

    def _with_head(self, head: str, tail: str) -> tuple[Match | None, int]:
        """A word before a name that is also the tail of a longer one: "byoo propion" is no propion."""
        both = head + tail
        names = (n for n in self.longer_names(tail) if n in self._keys and _sounds_like(head, n.removesuffix(tail)))
        alike = max(((similarity(both, name), name) for name in names), default=(0.0, ""))
        exact = self.exact(alike[1]) if alike[0] >= ACCEPT else None
        if exact is None or not exact.ingredients or exact.method is not Method.EXACT:
            return None, 1
        score = round(min(alike[0], 0.99), 3)
        if self._is_strange(head):
            return replace(exact, method=Method.FUZZY, score=score, note=f"heard from {_NUMBERS[2]} words"), 2
        short = self.exact(tail)
        readings = (Reading(exact.name, exact.ingredients, score), Reading(tail, short.ingredients if short else (), 0.5))
        return Match(Outcome.QUESTION, (), Method.FUZZY, score, exact.name, readings, ask(readings)), 2

    def _with_letter(self, figure: str, word: str) -> Match | None:
        """A name whose first letter scanning took for a figure: "1ithium"."""
        exact = self.plain(FIGURES_FOR_LETTERS[figure] + word)
        if exact is None or is_obscure(exact):
            return None
        return replace(exact, method=Method.MISSPELLING, score=0.95, note=f"{figure} was read as {FIGURES_FOR_LETTERS[figure]}")

    def _is_strange(self, word: str) -> bool:
        """Whether a word is no word of the language as far as that is known: the list of ordinary words begins at four letters."""
        return len(word) >= SHORTEST_WORD and not self.is_ordinary(word)

    def _seen_wrong(self, word: str) -> Match | None:
        """A name with letters that scanning takes for one another: "sinernet", "clornipramine"."""
        for seen, meant in LOOKS_LIKE:
            if seen in word:
                exact = self.plain(word.replace(seen, meant))
                if exact is not None and not is_obscure(exact):
                    return replace(exact, method=Method.MISSPELLING, score=0.95, note=f"{seen} was read as {meant}")
        return None

    def _unglued(self, word: str) -> Match | None:
        """A name with its salt or form written to it: "sertralinehcl", "zolofttabs"."""
        for tail in GLUED if word.endswith(GLUED) else ():
            if word.endswith(tail) and len(word) - len(tail) >= SHORTEST and self.is_name(word[: -len(tail)]):
                exact = self.exact(word[: -len(tail)])
                if exact is not None and exact.method is Method.EXACT:
                    return replace(exact, method=Method.MISSPELLING, score=0.97, note=f"written as one word with {tail}")
        return None


def _sounds_like(heard: str, said: str) -> bool:
    """Whether two beginnings of a name sound the same, or nearly so where they have three letters or more."""
    a, b = sound(heard), sound(said)
    return a == b or (a[0] == b[0] and min(len(a), len(b)) >= 3 and OSA.distance(a, b) <= 1)
