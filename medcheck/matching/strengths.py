"""A strength behind a doubtful name: does it exist for one of the candidates only? Knows no dose instruction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from medcheck.domain import Match, Method, Outcome, Reading
from medcheck.matching.deciding import ACCEPT, ALONE, Decision
from medcheck.text import Tokens, lazy_pattern

_STRENGTH = lazy_pattern(
    r"[\s:,(-]{0,3}(?:(?:tab|tabs|tablet|tablets|cap|caps|capsule|capsules|xl|xr|er|sr|cr|hcl)\s+)?"
    r"(\d{1,5}(?:[.,]\d{1,3})?)\s?(mg|mgs|mcg|micrograms?|ug|g|gm)(?![a-z/])"
)
_IN_MG = {"mg": 1.0, "mgs": 1.0, "mcg": 0.001, "microgram": 0.001, "micrograms": 0.001, "ug": 0.001, "g": 1000.0, "gm": 1000.0}
_PARTS_AND_MULTIPLES = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)  # tablets that a dose may be made of
_DECIDES = frozenset({"question_margin", "question_level", "question_lookalike", "question_vague", "veto_word", "veto_unflagged"})


def strength_behind(tokens: Tokens, last: int) -> float | None:
    """The mass in mg right behind the token before `last`; None where there is none."""
    if last >= len(tokens.words):
        return None
    found = _STRENGTH.match(tokens.folded.text, tokens.ends[last - 1])
    if found is None:
        return None
    return float(found.group(1).replace(",", ".")) * _IN_MG[found.group(2)]


def decided_by_strength(decision: Decision, mg: float, known: Mapping[str, tuple[float, ...]]) -> Match | None:
    """The match of a doubtful word by the strength behind it, with a note that says so; None where that decides nothing.

    It decides only if it is a strength of one candidate and, for every other candidate, neither a strength nor what a part of a tablet or
    a few tablets would make. A candidate whose strengths are not known leaves the doubt.
    """
    if decision.verdict not in _DECIDES or not decision.candidates:
        return None
    asked = decision.match.other_readings if decision.match is not None else ()
    readings = asked or (decision.candidates[0].reading,)
    if decision.verdict in ("veto_word", "veto_unflagged") and readings[0].score < max(ACCEPT, ALONE):
        return None
    fitting = [r for r in readings if mg in _strengths(r, known)]
    others = [r for r in readings if r not in fitting]
    if len({frozenset(r.ingredients) for r in fitting}) != 1 or not all(_is_excluded(r, mg, known) for r in others):
        return None
    chosen = next((c for c in decision.candidates if c.reading.name == fitting[0].name), None)
    if chosen is None or chosen.match.outcome is Outcome.QUESTION:
        return None
    against = f", not of {', '.join(dict.fromkeys(r.name for r in others))}" if others else ""
    note = f"decided by the strength: {mg:g} mg is one of {fitting[0].name}{against}"
    near = tuple(r for r in readings if r.name != fitting[0].name)
    return replace(chosen.match, method=Method.FUZZY, score=chosen.reading.score, other_readings=near, note=note)


def _strengths(reading: Reading, known: Mapping[str, tuple[float, ...]]) -> Sequence[float]:
    """The strengths of a reading; a combination's are not known."""
    return known.get(reading.ingredients[0], ()) if len(reading.ingredients) == 1 else ()


def _is_excluded(reading: Reading, mg: float, known: Mapping[str, tuple[float, ...]]) -> bool:
    strengths = _strengths(reading, known)
    return bool(strengths) and not any(abs(mg - part * s) < 1e-6 * max(1.0, mg) for s in strengths for part in _PARTS_AND_MULTIPLES)
