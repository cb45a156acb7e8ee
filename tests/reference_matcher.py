"""A slow, obvious matcher: every name compared with every word, rules as in docs/how-it-decides.md, nothing prepared or remembered.

It shares with the program the data, the constants and the wording of questions, not the search, the scoring or the order of steps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from medcheck.domain import MATTERS, Formulary, Outcome, Vocabulary
from medcheck.matching import deciding as level
from medcheck.matching import words as lists
from medcheck.matching.places import Places
from medcheck.text import Tokens, tokenise

GERMAN_SALTS = "hydrochlorid hydrobromid hydrogenmaleat maleat fumarat succinat tartrat mesilat besilat citrat decanoat".split()
TAILS = ("inum", "ina", "ine", "in", "en", "ene", "een", "an", "on", "e")
SOUNDS = [p.split("/") for p in "kw/k ph/f th/t rh/r ck/k sch/s ch/k qu/k q/k x/ks y/i z/s v/f".split()]


@dataclass(frozen=True)
class Read:
    """What a piece was read as: token span, outcome, ingredients, score to three places."""

    first: int
    last: int
    outcome: str
    ingredients: tuple[str, ...]
    score: float


def sound_of(word: str) -> str:
    key = "".join("s" if c == "c" and word[i + 1 : i + 2] in ("e", "i", "y") else c for i, c in enumerate(word))
    if key.startswith("x"):
        key = "s" + key[1:]
    if key.startswith(("ps", "pn")):
        key = key[1:]
    for a, b in SOUNDS:
        key = key.replace(a, b)
    key = key.replace("c", "k")
    once = ""
    for c in key:
        if not once or once[-1] != c:
            once += c
    if len(once) > 6:
        ends = [t for t in TAILS if once.endswith(t)]
        if ends:
            once = once[: -len(max(ends, key=len))] + "n"
    return once[:1] + re.sub("[aeiou]+", "a", once[1:])


def strength(text: str) -> float | None:
    """The mass in mg that a text begins with, behind at most one word of the product."""
    forms = "tab|tabs|tablet|tablets|cap|caps|capsule|capsules|xl|xr|er|sr|cr|hcl"
    m = re.match(rf"[\s:,(-]{{0,3}}(?:(?:{forms})\s+)?(\d{{1,5}}(?:[.,]\d{{1,3}})?)\s?([a-z]+)(?!/)", text)
    units = {"mg": 1.0, "mgs": 1.0, "mcg": 0.001, "microgram": 0.001, "micrograms": 0.001, "ug": 0.001, "g": 1000.0, "gm": 1000.0}
    return float(m.group(1).replace(",", ".")) * units[m.group(2)] if m and m.group(2) in units else None


def likeness(word: str, name: str) -> float:
    heard, said = sound_of(word), sound_of(name)
    score = 0.62 * (1 - OSA.distance(word, name) / max(len(word), len(name))) + 0.38 * (
        1 - OSA.distance(heard, said) / max(len(heard), len(said))
    )
    if word[0] != name[0]:
        score -= 0.05 if heard[0] != said[0] else 0.01
    if len(word) > 6 and word[-3:] != name[-3:] and heard[-2:] != said[-2:]:
        score -= 0.02
    return score


class ReferenceMatcher:
    """Looks everything up in plain dictionaries made once; searches by going through all of them."""

    def __init__(self, formulary: Formulary, vocabulary: Vocabulary) -> None:
        self.formulary = formulary
        self.words = frozenset(vocabulary.words)
        self.strengths = dict(vocabulary.strengths)
        phrases = [t.text for t in formulary.sig_terms] + [c.phrase for c in formulary.status_cues]
        self.met = {w for bucket in vocabulary.word_buckets for w in bucket}  # words that lists hold and misspell
        self.met |= {w for p in (*phrases, *(h.word for h in formulary.heading_words)) for w in p.split() if w.isalpha() and w.isascii()}
        self.names: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.claims: dict[str, tuple[str, ...]] = {}
        self.asked: dict[str, tuple[str, ...]] = {}
        self.vague: set[str] = set()  # known drugs whose ingredients one source claims
        self.curated = set(formulary.names)
        self.places = Places(formulary, lambda name: name in self.names)
        for key, number in vocabulary.names.items():
            what = tuple(vocabulary.entries[number])
            if what and what[0].startswith("?"):
                claimed = tuple(i[1:] for i in what)
                if any(i in formulary.ingredients for i in claimed):
                    self.claims[key] = claimed
                    self.names[key] = "question", ()
                else:
                    self.names[key] = "known_drug", claimed
                    self.vague.add(key)
            else:
                known = any(i in formulary.ingredients for i in what)
                self.names[key] = ("ingredient" if known else "known_drug"), what
        for key, name in formulary.names.items():
            self.claims.pop(key, None)
            self.vague.discard(key)
            if name.line is not None:
                self.names[key] = "question", ()
                variants = formulary.lines[name.line].variants
                self.asked[key] = tuple(dict.fromkeys(i for v in variants for i in v.ingredients))
            else:
                known = any(i in formulary.ingredients for i in name.ingredients)
                self.names[key] = ("ingredient" if known else "known_drug"), name.ingredients
        self.single = [n for n in self.names if n.isalpha() and 4 <= len(n) <= 43 and n not in formulary.places]
        self.partners: dict[str, set[str]] = {}
        for pair in formulary.lookalikes:
            for a, b in ((pair.name_a, pair.name_b), (pair.name_b, pair.name_a)):
                self.partners.setdefault(tokenise(a).words[0], set()).add(tokenise(b).words[0])

    # ---- one name -------------------------------------------------------------------------------------------------
    def is_flagged(self, ingredients: tuple[str, ...]) -> bool:
        known = self.formulary.ingredients
        return any(i in known and known[i].tier in MATTERS for i in ingredients)

    def is_rare(self, name: str) -> bool:
        entry = self.formulary.names.get(name)
        return entry is not None and entry.kind == "brand" and not entry.countries

    def is_ordinary(self, word: str) -> bool:
        return word in lists.SKIP or word in lists.SALTS or word in self.words

    def may_be_misspelt(self, word: str) -> bool:
        plain = 5 <= len(word) <= 40 and word.isalpha() and word.isascii() and word not in self.words and word not in lists.SALTS
        return plain and self.formulary.places.get(word, "word") == "word"

    def means(self, name: str) -> tuple[str, ...]:
        """The ingredients that a name has or asks about."""
        if name in self.vague:
            return ()
        return self.claims.get(name) or self.asked.get(name) or self.names[name][1]

    def exact(self, name: str) -> tuple[str, tuple[str, ...], float] | None:
        if name not in self.names:
            return None
        if name in self.claims and " " not in name:
            for score, other, _ in self.near(name):
                if set(self.means(other)) == set(self.claims[name]) and other not in self.claims and score >= level.ACCEPT:
                    return (*self.names[other], score)
        return (*self.names[name], 0.5 if name in self.claims else 1.0)

    def near(self, word: str) -> list[tuple[float, str, int]]:
        """Every name within reach: score, name, edits; best first."""
        reach = 1 if len(word) <= 5 else 2 if len(word) <= 11 else 3
        found = []
        for name in self.single:
            if abs(len(name) - len(word)) <= reach and OSA.distance(word, name) <= reach:
                taken = level.RARE if self.is_rare(name) else 0.0
                if not taken and (name in self.claims or (not self.means(name) and self.names[name][0] != "question")):
                    taken = level.OBSCURE
                found.append((likeness(word, name) - taken, name, OSA.distance(word, name)))
        found.sort(key=lambda f: (-f[0], f[1]))
        return [(round(max(0.0, min(s, 0.99)), 3), n, e) for s, n, e in found]

    def decide(self, word: str) -> tuple[str, tuple[str, ...], float] | None:
        """What a word that is no name is: outcome, ingredients and score, or None."""
        return self.weigh(word)[0]

    def weigh(self, word: str) -> tuple[tuple[str, tuple[str, ...], float] | None, list[tuple[float, str, int]]]:
        """What a word is, and the candidates between which a strength behind it could decide."""
        around = self.near(word)
        if not around:
            return None, []
        best = first = around[0]
        if not self.means(best[1]):
            better = [c for c in around if self.means(c[1]) and best[0] - c[0] < level.VAGUE_MARGIN and c[0] >= level.ASK]
            if better:
                if self.is_flagged(self.means(better[0][1])):
                    return ("question", (), better[0][0]), [better[0], best]
                best = better[0]
                around = [best] + [c for c in around if c != best and self.means(c[1])]
        if best[1] in self.claims:
            same = [
                c
                for c in around
                if set(self.means(c[1])) == set(self.means(best[1])) and self.names[c[1]][0] != "question" and c[0] >= level.ASK
            ]
            best = same[0] if same else best
        score, name, edits = best
        others = [c for c in around if c != best and set(self.means(c[1])) != set(self.means(name))]
        rivals = [c for c in others if score - c[0] < level.MARGIN or (score - c[0] < level.EQUAL_MARGIN and c[2] <= edits)]
        short = len(word) <= 7
        alone = (
            not rivals
            and score >= (level.ALONE_SHORT if short else level.ALONE)
            and not self.is_rare(name)
            and bool(self.means(name))
            and (word[0] == name[0] or sound_of(word)[0] == sound_of(name)[0])
            and all(score - c[0] >= (level.ALONE_MARGIN_SHORT if short else level.ALONE_MARGIN) for c in others)
        )
        if score < level.ASK and not alone:
            return None, []
        vetoed = [first] if first[0] >= level.ACCEPT else []
        if score < level.CLEAR:
            for w in self.met - self.names.keys():
                if (
                    len(w) >= 4
                    and abs(len(w) - len(word)) <= 1
                    and OSA.distance(w, word) <= 1
                    and likeness(word, w) > score - level.WORD_MARGIN
                ):
                    return None, vetoed
        accept = (level.ACCEPT_SHORT if len(word) <= 6 else level.ACCEPT) + (level.RARE if self.is_rare(name) else 0.0)
        if rivals or (score < accept and not alone):
            if any(self.is_flagged(self.means(c[1])) for c in (best, *rivals)):
                return ("question", (), score), [best, *rivals[:4]]
            return None, vetoed
        partners = self.partners.get(name, set())
        for partner in partners:
            if OSA.distance(word, partner) <= edits + 1 and likeness(word, partner) > score - level.LOOKALIKE_MARGIN:
                return ("question", (), score), [best, *(c for c in around if c[1] in partners)]
        return (*self.names[name], score), []

    def by_strength(self, text: str, word: str, end: int) -> tuple[str, tuple[str, ...], float, int] | None:
        """What a doubtful word is by the strength behind it."""
        mg = strength(text[end:])
        told, weighed = self.weigh(word)
        if mg is None or not weighed or (told is not None and told[0] != "question"):
            return None
        known = {n: self.strengths.get(self.means(n)[0], ()) if len(self.means(n)) == 1 else () for _, n, _ in weighed}
        fitting = [c for c in weighed if mg in known[c[1]]]
        if len({frozenset(self.means(c[1])) for c in fitting}) != 1 or self.names[fitting[0][1]][0] == "question":
            return None
        for other in weighed:
            if other not in fitting:
                made = {round(part * s, 6) for s in known[other[1]] for part in (0.25, 0.5, 1, 1.5, 2, 3, 4)}
                if not made or round(mg, 6) in made:
                    return None
        return (*self.names[fitting[0][1]], fitting[0][0], 1)

    # ---- a text ---------------------------------------------------------------------------------------------------
    def names_in(self, text: str) -> list[Read]:
        tokens = tokenise(text)
        words = tokens.words
        out: list[Read] = []
        i = 0
        while i < len(words):
            first = i
            found = None
            exact = self.exact_at(tokens, i)
            if exact is None and i and words[i][0] >= "a" and words[i] not in lists.SKIP:
                touching = tokens.ends[i - 1] == tokens.starts[i]
                letter = {"0": "o", "1": "l", "5": "s"}.get(words[i - 1]) if touching else None
                if letter and self.is_plain(letter + words[i]):
                    found, first = (*self.names[letter + words[i]], 0.95, 1), i - 1
            found = found or exact or self.inexact_at(tokens, i)
            doubtful = found is None or (found[0] == "question" and found[3] == 1 and found[2] not in (1.0, 0.5, 0.95, 0.97))
            if doubtful and words[i] not in self.names and self.may_be_misspelt(words[i]):
                found = self.by_strength(tokens.folded.text, words[i], tokens.ends[i]) or found
            if found is None:
                i += 1
                continue
            outcome, ingredients, score, used = found
            if i + used < len(words) and words[i + used] in lists.AFTER_NOT_A_DRUG:
                i += used
                continue
            if i + used < len(words) and words[i + used] == "pm" and outcome == "known_drug":
                outcome, score, used = "question", 0.5, used + 1
            elif score == 1.0 and any(tokens.starts[i] <= p < tokens.ends[i + used - 1] for p in tokens.folded.doubtful):
                score = 0.95
            out.append(Read(first, i + used, outcome, ingredients, score))
            i += used
        return out

    def is_plain(self, name: str) -> bool:
        """A name that is no mere claim and tells what it is."""
        return (
            name in self.names
            and name not in self.claims
            and name not in self.vague
            and (bool(self.names[name][1]) or self.names[name][0] == "question")
        )

    def exact_at(self, tokens: Tokens, i: int) -> tuple[str, tuple[str, ...], float, int] | None:
        """The exact name that begins at word i: outcome, ingredients, score, words used."""
        words = tokens.words
        word = words[i]
        if word in lists.SKIP and not any(n.startswith(word + " ") for n in self.curated):
            return None
        for n in range(min(len(words) - i, 12), 1, -1):
            key = " ".join(words[i : i + n])
            if key in self.curated or (key in self.names and n <= 5):
                if key not in self.curated and words[i + n - 1].isdigit() and " ".join(words[i : i + n - 1]) in self.names:
                    continue
                if not self.places.allow(key, tokens, i, i + n):
                    continue
                told = self.exact(key)
                assert told is not None
                return (*told, n)
        if word in self.places.of:
            apart = self.apart(words, i)
            if apart is not None:
                return apart
        if word in self.names and self.places.allow(word, tokens, i, i + 1):
            told = self.exact(word)
            assert told is not None
            return (*told, 1)
        return None

    def inexact_at(self, tokens: Tokens, i: int) -> tuple[str, tuple[str, ...], float, int] | None:
        """What begins at word i that is no exact name."""
        words = tokens.words
        word = words[i]
        if word[0] < "a" or (word in lists.SKIP and not any(n.startswith(word + " ") for n in self.curated)):
            return None
        after = words[i + 1] if i + 1 < len(words) else ""
        if word in lists.PREFIXES and after and word + after in self.names:
            told = self.exact(word + after)
            assert told is not None
            return (*told, 2)
        apart = self.apart(words, i)
        alike = apart or self.alike(word)
        if alike is not None and alike[0] != Outcome.QUESTION.value:
            return alike
        return apart or self.heard(words, i) or alike

    def apart(self, words: list[str], i: int) -> tuple[str, tuple[str, ...], float, int] | None:
        best = None
        for n in (2, 3, 4):
            piece = words[i : i + n]
            both = "".join(piece)
            if len(piece) < n or len(both) > 40 or not all(w.isalpha() for w in piece[1:]) or both not in self.names:
                continue
            after = piece[-1]
            curated = (
                both in self.curated
                and both not in self.formulary.places
                and len(both) >= 6
                and (len(both) >= 8 or after not in lists.SKIP)
            )
            if not curated and (both in self.curated or len(both) < 8 or after in self.names or after in lists.SKIP):
                continue
            told = self.exact(both)
            assert told is not None
            if n == 2 and piece[0] in lists.MAKERS and after in self.names:
                other = self.exact(after)
                if other and other[1] and set(other[1]) != set(told[1]):
                    return "question", (), 0.5, 2
                return told[0], told[1], 0.97, 2
            best = (told[0], told[1], 0.97, n)
        return best

    def alike(self, word: str) -> tuple[str, tuple[str, ...], float, int] | None:
        if not self.may_be_misspelt(word):
            return None
        for salt in GERMAN_SALTS:
            for tail in (salt, salt + "e", "di" + salt, "di" + salt + "e"):
                stem = word[: -len(tail)]
                if word.endswith(tail) and len(stem) >= 5 and stem in self.names and stem not in self.formulary.places:
                    told = self.exact(stem)
                    assert told is not None
                    return (*told, 1)
        for tail in lists.GLUED:
            stem = word[: -len(tail)]
            if word.endswith(tail) and len(stem) >= 5 and stem in self.names and stem not in self.claims:
                return (*self.names[stem], 0.97, 1)
        for seen, meant in lists.LOOKS_LIKE:
            if seen in word and self.is_plain(word.replace(seen, meant)):
                return (*self.names[word.replace(seen, meant)], 0.95, 1)
        told = self.decide(word)
        return None if told is None else (*told, 1)

    def heard(self, words: list[str], i: int) -> tuple[str, tuple[str, ...], float, int] | None:
        for n in (2, 3, 4):
            piece = words[i : i + n]
            if n == 2 and len(piece) == 2 and len(piece[0]) > 1 and piece[1].isalpha() and piece[1] in self.names:
                return self.with_head(*piece)
            if len(piece) < n or len(piece[0]) < 2 or not all(w.isalpha() and w not in self.names for w in piece[1:]):
                return None
            spoken = {"a", "an", "to", "or", "of", "in", "at", "she", "he", "ml", "h", "l", "g", "d"}
            if any(w in lists.SKIP and w not in spoken for w in piece[1:]):
                return None
            both = "".join(piece)
            strange = any(len(w) >= 4 and not self.is_ordinary(w) for w in piece)
            if strange and 8 <= len(both) <= 40 and piece[-1] not in lists.SKIP:
                told = self.decide(both)
                if told is not None and told[0] != Outcome.QUESTION.value and told[2] >= level.ACCEPT and told[1]:
                    return (*told, n)
        return None

    def with_head(self, head: str, tail: str) -> tuple[str, tuple[str, ...], float, int] | None:
        if len(tail) < 5:
            return None
        longer = [
            n
            for n in self.single
            if n in self.curated and n.endswith(tail) and 2 <= len(n) - len(tail) <= 6 and self.names[n][1] and n not in self.claims
        ]
        longer = [n for n in longer if set(self.names[n][1]) != set(self.names[tail][1])]
        heads = {n: (sound_of(head), sound_of(n[: -len(tail)])) for n in longer}
        longer = [n for n, (a, b) in heads.items() if a == b or (a[0] == b[0] and len(a) > 2 and len(b) > 2 and OSA.distance(a, b) <= 1)]
        alike = max(((likeness(head + tail, n), n) for n in longer), default=(0.0, ""))
        if alike[0] < level.ACCEPT:
            return None
        score = round(min(alike[0], 0.99), 3)
        if len(head) >= 4 and not self.is_ordinary(head):
            return (*self.names[alike[1]], score, 2)
        return "question", (), score, 2
