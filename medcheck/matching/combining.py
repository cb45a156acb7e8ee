"""Mentions that belong together -> one: "a/b" is a combination, "generic (Brand)" one drug, a line with its variant an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from medcheck.domain import Match, Mention, Method, Outcome
from medcheck.matching.words import SALTS
from medcheck.text import Tokens, lazy_pattern

_JOINT = lazy_pattern(r"[\s)\]]*(?:[/\\+]|\s-\s|-)[\s(\[]*\Z")  # "a & b" are two medicines
_UNITS = frozenset({"mg", "mcg", "g"})
_CLOSE = 4  # words between a name and the same drug's other name


def joined(found: Sequence[Mention], tokens: Tokens) -> list[Mention]:
    """Join "a/b" into one combination, "generic (Brand)" into one mention, and a line with its named variant."""
    out: list[Mention] = []
    for mention in found:
        if out:
            merged = _merge(out[-1], mention, tokens)
            if merged is not None:
                out[-1] = merged
                continue
        out.append(mention)
    return out


def _merge(a: Mention, b: Mention, tokens: Tokens) -> Mention | None:
    between = tokens.folded.text[tokens.ends[a.last - 1] : tokens.starts[b.first]]
    inner = tokens.words[a.last : b.first]
    filler = all(w in SALTS or w in _UNITS or not w.isalpha() for w in inner)
    same = bool(b.match.ingredients) and (
        set(b.match.ingredients) <= set(a.match.ingredients)
        or (bool(a.match.ingredients) and set(a.match.ingredients) <= set(b.match.ingredients))
    )
    answered = (
        a.match.outcome is Outcome.QUESTION
        and bool(b.match.ingredients)
        and any(set(b.match.ingredients) == set(r.ingredients) for r in a.match.other_readings)
    )
    named_before = (
        b.match.outcome is Outcome.QUESTION
        and b.match.method is Method.EXACT
        and bool(a.match.ingredients)
        and any(set(a.match.ingredients) == set(r.ingredients) for r in b.match.other_readings)
    )
    aside = len(inner) <= _CLOSE and filler and ("(" in between or "[" in between or between.strip() in ("", "/", "-", "=", ","))
    joint = filler and _JOINT.search(between) is not None
    # "Unisom, Benadryl" are two medicines; "Unisom (doxylamine)" and "Unisom doxylamine" answer the question.
    beside = aside and "," not in between
    if answered and beside:
        match = b.match
    elif named_before and aside and "(" in between:  # "zidovudine (AZT)": the abbreviation is told by the name before it
        match = a.match
    elif same and (aside or joint):
        more = a.match if len(a.match.ingredients) >= len(b.match.ingredients) else b.match
        match = replace(more, score=max(a.match.score, b.match.score))
    elif joint and a.match.ingredients and b.match.ingredients and Outcome.QUESTION not in (a.match.outcome, b.match.outcome):
        match = _both(a.match, b.match)
    else:
        return None
    return Mention(match, a.first, b.last, a.start, b.end)


def _both(a: Match, b: Match) -> Match:
    """A combination of two names."""
    outcome = Outcome.INGREDIENT if Outcome.INGREDIENT in (a.outcome, b.outcome) else Outcome.KNOWN_DRUG
    weaker = min((a, b), key=lambda m: m.score)
    ingredients = tuple(dict.fromkeys((*a.ingredients, *b.ingredients)))
    return Match(outcome, ingredients, weaker.method, weaker.score, f"{a.name}/{b.name}", (*a.other_readings, *b.other_readings))


def one_of(matches: Sequence[Match]) -> Match:
    """Several matches of one drug text as one: every ingredient it names, the weakest method and score among them."""
    if len(matches) == 1:
        return matches[0]
    weakest = min(matches, key=lambda m: m.score)
    outcomes = [m.outcome for m in matches]
    return Match(
        outcome=next(o for o in (Outcome.QUESTION, Outcome.INGREDIENT, Outcome.KNOWN_DRUG) if o in outcomes),
        ingredients=tuple(dict.fromkeys(i for m in matches for i in m.ingredients)),
        method=weakest.method,
        score=weakest.score,
        name=" + ".join(m.name for m in matches),
        other_readings=tuple(r for m in matches for r in m.other_readings),
        question=" ".join(m.question for m in matches if m.question),
    )
