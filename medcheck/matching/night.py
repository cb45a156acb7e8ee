"""Night-time products that no list holds: they may hold a sedating antihistamine, so the label is asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from medcheck.domain import Match, Mention, Method, Outcome, Reading
from medcheck.matching.words import SKIP
from medcheck.text import Tokens

_NIGHT_WORDS = frozenset({"pm", "nighttime", "night", "nite", "sleep", "sleepaid", "sleeping"})
_NOT_BEFORE = frozenset("at every each per in during the for to of last by q poor restless no her his my".split())
_PRODUCT = frozenset("cold flu sleep cough relief formula liquid multi severe aid caplets softgels pain sinus allergy".split())
_SOLD_AS = frozenset("aid aids tabs tablets caplets gels pill pills".split())
_SEDATING = ("diphenhydramine", "doxylamine")


def ask_label(match: Match | None, name: str, ingredients: Collection[str]) -> Match:
    """The question about a night-time product; `ingredients` are those of the formulary."""
    readings = tuple(Reading(i, (i,), 0.5) for i in _SEDATING if i in ingredients)
    known = match.ingredients if match else ()
    question = "May hold a sedating antihistamine: check the label."
    return Match(Outcome.QUESTION, known, match.method if match else Method.NONE, 0.5, name, readings, question)


def with_night_products(found: list[Mention], tokens: Tokens, ingredients: Collection[str]) -> list[Mention]:
    """The mentions, and a question for each night-time product that is none of them."""
    words = tokens.words
    if _NIGHT_WORDS.isdisjoint(words):
        return found
    covered = {k for m in found for k in range(m.first, m.last)}
    out = list(found)
    for k, word in enumerate(words):
        if k in covered or (word == "pm" and k - 1 in covered):  # behind a name that was read, pm is a product only where it was joined
            continue
        first, last = _product_at(words, k, word)
        while first < last and first in covered:
            first += 1
        if last > first and not any(x in covered for x in range(first, last)):
            start, end = tokens.folded.origin(tokens.starts[first], tokens.ends[last - 1])
            out.append(Mention(ask_label(None, " ".join(words[first:last]), ingredients), first, last, start, end))
            covered.update(range(first, last))
    out.sort(key=lambda m: m.first)
    return out


def _product_at(words: Sequence[str], k: int, word: str) -> tuple[int, int]:
    """Token span of an unlisted night-time product around position k, or an empty span."""
    before = words[k - 1] if k else ""
    after = words[k + 1] if k + 1 < len(words) else ""
    if word == "pm" and before.isalpha() and before not in SKIP and len(before) > 2:
        first = k - 1
        while first > 0 and words[first - 1].isalpha() and words[first - 1] not in SKIP and k - first < 3:
            first -= 1
        return first, k + 1
    if word == "nighttime" or (word in ("night", "nite") and after == "time"):
        end = k + (2 if after == "time" else 1)
        near = {*words[max(0, k - 3) : k], *words[end : end + 4]} & _PRODUCT
        if near and before not in {"at", "in", "the", "during", "every"}:
            last = end
            while last < len(words) and words[last] in _PRODUCT and last - end < 3:
                last += 1
            return k, last
    if word in ("sleep", "sleepaid") and before not in _NOT_BEFORE:
        if word == "sleepaid":
            return k, k + 1
        if after in _SOLD_AS:
            return k, k + 2
    if word == "sleeping" and after in {"tablet", "tablets", "pill", "pills", "aid"}:
        return k, k + 2
    return k, k
