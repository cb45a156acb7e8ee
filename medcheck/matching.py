"""A text -> the drug mentions in it, each with its Match; the only importer of rapidfuzz; knows nothing of doses or status.

The order of trust: exact names (the formulary's, then the background vocabulary's), then similar spellings. A similar spelling
counts only with a clear margin to every different ingredient and to ordinary words; without it the answer is a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from medcheck.domain import FLAG_TIERS, Formulary, Match, Mention, Method, Name, Outcome, Reading, Vocabulary
from medcheck.text import Tokens, lazy_pattern, tokenise

LONGEST_NAME = 5  # words of a background name; curated names may be longer
ACCEPT = 0.80  # blended score from which a spelling counts; set on labelled cases, see docs/how-it-decides.md
ACCEPT_SHORT = 0.85  # the same for words of up to six letters
VAGUE_MARGIN = 0.12  # within which a medicine with known ingredients goes before an obscure name
RARE = 0.05  # taken from the score of a brand of neither the US nor the UK, and added to what it must reach: common goes over rare
ASK = 0.77  # from here to the accept level the reader is asked
EQUAL_MARGIN = 0.08  # the margin to one that is no more edits away
MARGIN = 0.04  # a different ingredient within this margin makes it a question
CLEAR = 0.93  # from here ordinary words no longer veto
SHORTEST = 5  # letters of a word that may be matched by similarity
LONGEST = 40

# Words that begin no drug name; skipping them early keeps reading fast. Structure words, not clinical data.
_SKIP = frozenset(
    """mg mcg ug g gm ml l mmol meq unit units iu kg po bid tid qid qd od bd tds qds qhs hs prn nocte mane daily once twice
    times day days week weeks month months year years each every other hour hours hourly h d am pm as needed required for the
    a an of to at in on by or and with without mouth tab tabs tablet tablets cap caps capsule capsules take takes taking
    taken night nightly bedtime morning evening noon one two three four half she he her his patient pt is was has been since
    from until start started stop stopped cannot cant couldnt didnt doesnt dont isnt wasnt hasnt wont shes hes""".split()
)
_SALTS = frozenset(
    """hydrochloride hcl dihydrochloride hydrobromide hbr maleate dimaleate fumarate hemifumarate succinate tartrate bitartrate
    mesylate mesilate besylate besilate citrate acetate phosphate sulfate sulphate carbonate bromide chloride sodium
    potassium pamoate embonate decanoate enanthate palmitate lauroxil oxalate monohydrate dihydrate anhydrous hydrate lactate
    teoclate theoclate polistirex hyclate""".split()
)
_JOINT = lazy_pattern(r"[\s)\]]*(?:[/\\+&]|\s-\s|-)[\s(\[]*\Z")
_AFTER_NOT_A_DRUG = frozenset({"deficiency", "deficient", "level", "levels", "overload", "toxicity", "studies", "panel"})
_NIGHT_WORDS = frozenset({"pm", "nighttime", "night", "nite", "sleep", "sleepaid", "sleeping"})
_NIGHT_BEFORE = frozenset(
    {
        "at",
        "every",
        "each",
        "per",
        "in",
        "during",
        "the",
        "for",
        "to",
        "of",
        "last",
        "by",
        "q",
        "poor",
        "restless",
        "no",
        "her",
        "his",
        "my",
    }
)
_PREFIXES = frozenset("es lev levo des dex dextro nor ar trans di".split())


class NameIndex:
    """Everything needed to find names, prepared once from a formulary and a vocabulary; spotting changes nothing but a cache."""

    def __init__(self, formulary: Formulary, vocabulary: Vocabulary) -> None:
        self._formulary = formulary
        self._names = formulary.names
        self._keys = frozenset(formulary.names)
        self._vocabulary = vocabulary
        self._background = vocabulary.names
        self._matches: dict[str, Match] = {}
        self._longest: dict[str, int] = {}  # words of the longest curated name that begins with a word
        for name in formulary.names:
            if " " in name:
                first, count = name[: name.index(" ")], name.count(" ") + 1
                if count > self._longest.get(first, 0):
                    self._longest[first] = count
        self._skip = _SKIP - self._longest.keys()  # "night" begins no name, but "night nurse" does
        self._lookalikes: dict[str, set[str]] = {}
        for pair in formulary.lookalikes:
            for a, b in ((pair.name_a, pair.name_b), (pair.name_b, pair.name_a)):
                self._lookalikes.setdefault(tokenise(a).words[0], set()).add(tokenise(b).words[0])
        self._similar = lru_cache(maxsize=50_000)(self._find_similar)

    @cached_property
    def _curated(self) -> list[list[str]]:
        """Single-word names of the formulary by length; made when the first word needs them."""
        by_length: list[list[str]] = [[] for _ in range(LONGEST + 4)]
        for name in self._names:
            if " " not in name and SHORTEST - 1 <= len(name) <= LONGEST and name.isalpha():
                by_length[len(name)].append(name)
        return by_length

    # ---- exact names ---------------------------------------------------------------------------------------------
    def _exact(self, key: str) -> Match | None:
        """The match of an exact name; the same value each time."""
        found = self._matches.get(key)
        if found is None:
            found = self._look_up(key)
            if found is not None:
                self._matches[key] = found
        return found

    def _look_up(self, key: str) -> Match | None:
        name = self._names.get(key)
        if name is not None:
            return self._curated_match(key, name)
        entry = self._background.get(key)
        if entry is None:
            return None
        ingredients = tuple(self._vocabulary.entries[entry])
        if ingredients and ingredients[0].startswith("?"):
            return self._claimed(key, tuple(i[1:] for i in ingredients))
        known = any(i in self._formulary.ingredients for i in ingredients)
        return Match(Outcome.INGREDIENT if known else Outcome.KNOWN_DRUG, ingredients, Method.EXACT, 1.0, key)

    def _claimed(self, key: str, ingredients: tuple[str, ...]) -> Match:
        """A name that a source says is a drug and, less reliably, which: asked when the formulary would speak of it."""
        named = " with ".join(ingredients)
        if any(i in self._formulary.ingredients for i in ingredients):
            reading = Reading(key, ingredients, 0.5)
            question = f"Is this a name of {named}? One source, not reliable on brands, says so: please confirm."
            return Match(Outcome.QUESTION, (), Method.EXACT, 0.5, key, (reading,), question)
        return Match(Outcome.KNOWN_DRUG, (), Method.EXACT, 1.0, key, note=f"one source, not reliable on brands, says that it is {named}")

    def _curated_match(self, key: str, name: Name) -> Match:
        if name.line is not None:
            line = self._formulary.lines[name.line]
            readings = tuple(Reading(v.names[0], v.ingredients, 1.0) for v in line.variants)
            return Match(Outcome.QUESTION, (), Method.EXACT, 1.0, line.names[0], readings, line.question)
        known = any(i in self._formulary.ingredients for i in name.ingredients)
        return Match(Outcome.INGREDIENT if known else Outcome.KNOWN_DRUG, name.ingredients, Method.EXACT, 1.0, key)

    def is_name(self, key: str) -> bool:
        """Whether a normalised name is known exactly."""
        return key in self._keys or key in self._background

    def is_ordinary(self, word: str) -> bool:
        """Whether a folded word is an ordinary English or product word, or one of a dose instruction."""
        return word in _SKIP or word in _SALTS or word in self._vocabulary.words

    def is_known_word(self, word: str) -> bool:
        """Whether a folded word is understood: an ordinary one, or an exact name that was seen and is no mention ("iron deficiency")."""
        return self.is_ordinary(word) or self.is_name(word)

    # ---- spotting ------------------------------------------------------------------------------------------------
    def spot(self, tokens: Tokens) -> list[Mention]:
        """Every drug mention of a text, in order, combinations joined, none overlapping."""
        words = tokens.words
        found: list[Mention] = []
        i = 0
        count = len(words)
        names, background, skip, longest = self._keys, self._background, self._skip, self._longest
        while i < count:
            word = words[i]
            if word in skip or (word[0] < "a" and word not in longest):
                i += 1
                continue
            used = 0
            match: Match | None = None
            for n in range(min(max(LONGEST_NAME, longest.get(word, 0)), count - i), 1, -1):
                key = " ".join(words[i : i + n])
                if key in names:
                    match, used = self._exact(key), n
                    break
                if key in background:
                    if words[i + n - 1].isdigit() and self.is_name(" ".join(words[i : i + n - 1])):
                        continue  # "ferrous fumarate 210": the number is the dose
                    match, used = self._exact(key), n
                    break
            if match is None and word[0] < "a":
                i += 1
                continue
            if match is None:
                if word in _PREFIXES and i + 1 < count and not self.is_name(word) and self.is_name(word + words[i + 1]):
                    match, used = self._exact(word + words[i + 1]), 2
                elif word in names or word in background:
                    match, used = self._exact(word), 1
                else:
                    match, used = self._inexact(words, i)
            if match is None:
                i += 1
                continue
            if i + used < count and words[i + used] in _AFTER_NOT_A_DRUG:
                i += used
                continue
            doubtful = tokens.folded.doubtful
            if doubtful and match.method is Method.EXACT and any(tokens.starts[i] <= p < tokens.ends[i + used - 1] for p in doubtful):
                match = replace(match, method=Method.MISSPELLING, score=0.95, note="a letter looked like another one and was read as it")
            match, used = self._with_night_suffix(match, words, i, used)
            start, end = tokens.folded.origin(tokens.starts[i], tokens.ends[i + used - 1])
            found.append(Mention(match, i, i + used, start, end))
            i += used
        return self._joined(self._night_products(found, tokens), tokens) if found else self._night_products(found, tokens)

    def _inexact(self, words: Sequence[str], i: int) -> tuple[Match | None, int]:
        word = words[i]
        if i + 1 < len(words) and words[i + 1].isalpha() and words[i + 1] not in _SKIP and words[i + 1] not in self._keys:
            joined = word + words[i + 1]
            if len(joined) > 7 and (joined in self._keys or (joined in self._background and not self.is_name(words[i + 1]))):
                exact = self._exact(joined)
                if exact is not None:
                    return replace(exact, method=Method.MISSPELLING, score=0.97, note="written as two words"), 2
        if not SHORTEST <= len(word) <= LONGEST or word in self._vocabulary.words or word in _SALTS or not word.isalpha():
            return None, 1
        match = self._similar(word)
        if match is None and i + 1 < len(words) and words[i + 1].isalpha() and not self.is_ordinary(words[i + 1]):
            joined = word + words[i + 1]
            if not self.is_name(words[i + 1]) and len(joined) <= LONGEST:
                match = self._similar(joined)
                if match is not None:
                    return match, 2
        return match, 1

    def _find_similar(self, word: str) -> Match | None:
        n = len(word)
        allowed = 1 if n <= 5 else 2 if n <= 8 else 3
        scored: dict[str, float] = {}
        background = self._vocabulary.buckets
        for length in range(max(SHORTEST - 1, n - min(allowed, 2)), n + min(allowed, 2) + 1):
            pools: list[Sequence[str]] = [self._curated[length]] if length < len(self._curated) else []
            if length < len(background):
                pools.append(background[length])
            for pool in pools:
                if pool:
                    for name, _, _ in process.extract(word, pool, scorer=OSA.distance, score_cutoff=allowed, limit=8):
                        if name not in scored:
                            scored[name] = similarity(word, name) - (RARE if self._is_rare(name) else 0.0)
        if not scored:
            return None
        ranked = sorted(scored.items(), key=lambda item: (-item[1], item[0]))
        readings = []
        for name, score in ranked:
            exact = self._exact(name)
            if exact is not None:
                what = exact.ingredients or tuple(dict.fromkeys(i for r in exact.other_readings for i in r.ingredients))
                readings.append((Reading(name, what, round(max(0.0, min(score, 0.99)), 3)), exact))
        best, exact = readings[0]
        if not best.ingredients:  # an obscure name must not hide a medicine of the formulary that is nearly as alike
            better = next((r for r in readings if r[0].ingredients and best.score - r[0].score < VAGUE_MARGIN and r[0].score >= ASK), None)
            if better is not None and self._is_flagged(better[0].ingredients):
                others: tuple[Reading, ...] = (better[0], best)
                return Match(Outcome.QUESTION, (), Method.FUZZY, better[0].score, better[0].name, others, _ask(others))
            if better is not None:
                readings = [better, *(r for r in readings if r is not better and r[0].ingredients)]
                best, exact = better
        if (
            exact.outcome is Outcome.QUESTION and len(exact.other_readings) == 1
        ):  # only claimed: a sure name of the same ingredients goes before
            firm = (r for r in readings[1:] if set(r[0].ingredients) == set(best.ingredients) and r[1].outcome is not Outcome.QUESTION)
            best, exact = next((r for r in firm if r[0].score >= ASK), (best, exact))
        accept = (ACCEPT_SHORT if n <= 6 else ACCEPT) + (RARE if self._is_rare(best.name) else 0.0)
        if best.score < ASK:
            return None
        off = OSA.distance(word, best.name)
        rivals = tuple(
            r
            for r, _ in readings[1:]
            if set(r.ingredients) != set(best.ingredients)
            and (best.score - r.score < MARGIN or (best.score - r.score < EQUAL_MARGIN and OSA.distance(word, r.name) <= off))
        )
        if best.score < CLEAR and self._is_near_word(word, off):
            return None
        relevant = any(self._is_flagged(r.ingredients) for r in (best, *rivals))
        if best.score < accept or rivals:
            if not relevant:
                return None
            others = (best, *rivals[:4])
            return Match(Outcome.QUESTION, (), Method.FUZZY, best.score, best.name, others, _ask(others))
        partners = self._lookalikes.get(best.name, set())
        if any(OSA.distance(word, p) <= off + 1 for p in partners):
            others = (best, *(r for r, _ in readings if r.name in partners))
            return Match(Outcome.QUESTION, (), Method.FUZZY, best.score, best.name, others, _ask(others))
        method = Method.MISSPELLING if sound(word) == sound(best.name) else Method.FUZZY
        near = tuple(r for r, _ in readings[1:4] if set(r.ingredients) != set(best.ingredients))
        if exact.outcome is Outcome.QUESTION:
            return replace(exact, method=method, score=best.score)
        return replace(exact, method=method, score=best.score, other_readings=near)

    def _is_near_word(self, word: str, distance: int) -> bool:
        """Whether an ordinary word lies at most as far away as the best drug name."""
        buckets = self._vocabulary.word_buckets
        for length in range(max(4, len(word) - 1), len(word) + 2):
            if length < len(buckets) and buckets[length]:
                near = process.extractOne(word, buckets[length], scorer=OSA.distance, score_cutoff=1)
                if near is not None and near[1] <= distance:
                    return True
        return False

    def _is_rare(self, key: str) -> bool:
        """Whether a name is a brand of neither the US nor the UK market."""
        name = self._names.get(key)
        return name is not None and name.kind == "brand" and not name.countries

    def _is_flagged(self, ingredients: Iterable[str]) -> bool:
        known = self._formulary.ingredients
        return any(i in known and known[i].tier in FLAG_TIERS for i in ingredients)

    # ---- products for the night ------------------------------------------------------------------------------------
    def _with_night_suffix(self, match: Match, words: Sequence[str], i: int, used: int) -> tuple[Match, int]:
        """A product whose PM form is not listed: it may hold a sedating antihistamine."""
        k = i + used
        if k < len(words) and words[k] == "pm" and match.outcome is Outcome.KNOWN_DRUG:  # "Seroquel PM" is a time of day
            return self._ask_label(match, " ".join(words[i : k + 1])), used + 1
        return match, used

    def _ask_label(self, match: Match | None, name: str) -> Match:
        readings = tuple(Reading(i, (i,), 0.5) for i in ("diphenhydramine", "doxylamine") if i in self._formulary.ingredients)
        known = match.ingredients if match else ()
        question = "May hold a sedating antihistamine: check the label."
        return Match(Outcome.QUESTION, known, match.method if match else Method.NONE, 0.5, name, readings, question)

    def _night_products(self, found: list[Mention], tokens: Tokens) -> list[Mention]:
        words = tokens.words
        if _NIGHT_WORDS.isdisjoint(words):
            return found
        covered = {k for m in found for k in range(m.first, m.last)}
        out = list(found)
        for k, word in enumerate(words):
            if k in covered or (word == "pm" and k - 1 in covered):  # behind a name that was read, pm is a product only where it was joined
                continue
            first, last = self._night_product_at(words, k, word)
            while first < last and first in covered:
                first += 1
            if last > first and not any(x in covered for x in range(first, last)):
                start, end = tokens.folded.origin(tokens.starts[first], tokens.ends[last - 1])
                out.append(Mention(self._ask_label(None, " ".join(words[first:last])), first, last, start, end))
                covered.update(range(first, last))
        out.sort(key=lambda m: m.first)
        return out

    def _night_product_at(self, words: Sequence[str], k: int, word: str) -> tuple[int, int]:
        """Token span of an unlisted night-time product around position k, or an empty span."""
        before = words[k - 1] if k else ""
        after = words[k + 1] if k + 1 < len(words) else ""
        if word == "pm" and before.isalpha() and before not in _SKIP and len(before) > 2:
            first = k - 1
            while first > 0 and words[first - 1].isalpha() and words[first - 1] not in _SKIP and k - first < 3:
                first -= 1
            return first, k + 1
        if word == "nighttime" or (word in ("night", "nite") and after == "time"):
            end = k + (2 if after == "time" else 1)
            product = {
                "cold",
                "flu",
                "sleep",
                "cough",
                "relief",
                "formula",
                "liquid",
                "multi",
                "severe",
                "aid",
                "caplets",
                "softgels",
                "pain",
                "sinus",
                "allergy",
            }
            near = {*words[max(0, k - 3) : k], *words[end : end + 4]} & product
            if near and before not in {"at", "in", "the", "during", "every"}:
                last = end
                while last < len(words) and words[last] in product and last - end < 3:
                    last += 1
                return k, last
        if word in ("sleep", "sleepaid") and before not in _NIGHT_BEFORE:
            if word == "sleepaid":
                return k, k + 1
            if after in {"aid", "aids", "tabs", "tablets", "caplets", "gels", "pill", "pills"}:
                return k, k + 2
        if word in ("sleeping",) and after in {"tablet", "tablets", "pill", "pills", "aid"}:
            return k, k + 2
        return k, k

    # ---- combinations ------------------------------------------------------------------------------------------------
    def _joined(self, found: list[Mention], tokens: Tokens) -> list[Mention]:
        """Join "a/b" into one combination, "generic (Brand)" into one mention, and a line with its named variant."""
        out: list[Mention] = []
        for mention in found:
            if out:
                merged = self._merge(out[-1], mention, tokens)
                if merged is not None:
                    out[-1] = merged
                    continue
            out.append(mention)
        return out

    def _merge(self, a: Mention, b: Mention, tokens: Tokens) -> Mention | None:
        between = tokens.folded.text[tokens.ends[a.last - 1] : tokens.starts[b.first]]
        inner = tokens.words[a.last : b.first]
        filler = all(w in _SALTS or w in ("mg", "mcg", "g") or not w.isalpha() for w in inner)
        same = bool(b.match.ingredients) and (
            set(b.match.ingredients) <= set(a.match.ingredients)
            or (bool(a.match.ingredients) and set(a.match.ingredients) <= set(b.match.ingredients))
        )
        answered = (
            a.match.outcome is Outcome.QUESTION
            and bool(b.match.ingredients)
            and any(set(b.match.ingredients) == set(r.ingredients) for r in a.match.other_readings)
        )
        aside = len(inner) <= 4 and filler and ("(" in between or "[" in between or between.strip() in ("", "/", "-", "=", ","))
        joint = filler and _JOINT.search(between) is not None
        if answered and aside:
            match = b.match
        elif same and (aside or joint):
            more = a.match if len(a.match.ingredients) >= len(b.match.ingredients) else b.match
            match = replace(more, score=max(a.match.score, b.match.score))
        elif joint and a.match.ingredients and b.match.ingredients and Outcome.QUESTION not in (a.match.outcome, b.match.outcome):
            both = tuple(dict.fromkeys((*a.match.ingredients, *b.match.ingredients)))
            outcome = Outcome.INGREDIENT if Outcome.INGREDIENT in (a.match.outcome, b.match.outcome) else Outcome.KNOWN_DRUG
            weaker = min((a.match, b.match), key=lambda m: m.score)
            name = f"{a.match.name}/{b.match.name}"
            match = Match(outcome, both, weaker.method, weaker.score, name, (*a.match.other_readings, *b.match.other_readings))
        else:
            return None
        return Mention(match, a.first, b.last, a.start, b.end)


def _ask(readings: Sequence[Reading]) -> str:
    """ "Is this a (x) or b?" for candidates, best first; each ingredient set once."""
    named: dict[tuple[str, ...], str] = {}
    for r in readings:
        told = ", ".join(r.ingredients)
        named.setdefault(r.ingredients or (r.name,), f"{r.name} ({told})" if told and told != r.name else r.name)
    names = list(named.values())
    return f"Is this {names[0] if len(names) == 1 else ', '.join(names[:-1]) + ' or ' + names[-1]}?"


_SOUNDS = (
    ("ph", "f"),
    ("th", "t"),
    ("rh", "r"),
    ("ck", "k"),
    ("sch", "s"),
    ("ch", "k"),
    ("qu", "k"),
    ("q", "k"),
    ("x", "ks"),
    ("y", "i"),
    ("z", "s"),
    ("v", "f"),
)
_SOFT_C = lazy_pattern(r"c(?=[eiy])")
_TWICE = lazy_pattern(r"(.)\1+")
_TAIL = lazy_pattern(r"(?:inum|ina|ine|in|en|ene|een|an|on|e)\Z")
_VOWELS = lazy_pattern(r"[aeiou]+")


@lru_cache(maxsize=100_000)
def sound(word: str) -> str:
    """A rough key of how a drug name sounds: spellings of one sound, doubled letters, vowels and the INN ending fall together.

    >>> sound("amitriptyline") == sound("amitryptilin")
    True
    """
    key = _SOFT_C.sub("s", word)
    for a, b in _SOUNDS:
        if a in key:
            key = key.replace(a, b)
    key = _TWICE.sub(r"\1", key.replace("c", "k"))
    if len(key) > 6:
        key = _TAIL.sub("n", key)
    return key[:1] + _VOWELS.sub("a", key[1:])


def similarity(word: str, name: str) -> float:
    """How alike a written word and a name are, about 0 to 1: letters weigh 0.62, sound 0.38, a wrong start or ending costs.

    >>> similarity("sertralin", "sertraline") > 0.9
    True
    """
    heard, said = sound(word), sound(name)
    score = 0.62 * OSA.normalized_similarity(word, name) + 0.38 * OSA.normalized_similarity(heard, said)
    if word[0] != name[0]:
        score -= 0.05 if heard[0] != said[0] else 0.01
    if len(word) > 6 and word[-3:] != name[-3:] and heard[-2:] != said[-2:]:
        score -= 0.02
    return score
