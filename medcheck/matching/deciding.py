"""Candidates for a word that is no exact name -> a match, a question or nothing, with the reason; knows no search and no text around it.

A similar spelling counts only with a clear margin to every different ingredient and to ordinary words. Where the nearest name lies a little
below the level but nothing else is anywhere near, it counts too: what matters is how much likelier one reading is than all the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from medcheck.domain import Match, Method, Outcome, Reading
from medcheck.matching.sounds import similarity, sound
from medcheck.value import Value

ACCEPT = 0.80  # score from which a spelling counts; set on labelled cases, see docs/how-it-decides.md
ACCEPT_SHORT = 0.85  # the same for words of up to six letters
ALONE = 0.74  # the same where no other ingredient is near
ALONE_SHORT = 0.78  # the same for words of up to seven letters
ALONE_MARGIN = 0.06  # how far every other ingredient must then be
ALONE_MARGIN_SHORT = 0.10
VAGUE_MARGIN = 0.06  # within which a medicine with known ingredients goes before an obscure name
RARE = 0.05  # taken from the score of a brand of neither the US nor the UK, and added to what it must reach: common goes over rare
OBSCURE = 0.06  # taken from the score of a name whose ingredients no reliable source tells
ASK = 0.77  # from here to the accept level the reader is asked
EQUAL_MARGIN = 0.08  # the margin to one that is no more edits away
MARGIN = 0.04  # a different ingredient within this margin makes it a question
LOOKALIKE_MARGIN = 0.18  # the margin to a name that the best is known to be confused with
CLEAR = 0.93  # from here ordinary words no longer veto
WORD_MARGIN = 0.02  # an ordinary word one edit away vetoes unless the best is this much more alike
SHORT = 6  # letters
MIDDLE = 7  # letters
_MOST_ASKED = 4  # rivals named in a question


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Candidate(Value):
    """A name near a word: how it reads, how many edits it is away, and what the name means when it stands there exactly."""

    reading: Reading
    edits: int
    match: Match


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Decision(Value):
    """What a word was read as (None: nothing), why, and the candidates that were weighed, best first.

    `verdict`: none, taken, alone, question_margin, question_level, question_lookalike, question_vague, veto_word, veto_unflagged.
    """

    match: Match | None
    verdict: str
    reason: str
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Surroundings:
    """What deciding asks about names and words: partners of a look-alike, names that few lists hold, what is flagged, words near."""

    lookalikes: Callable[[str], AbstractSet[str]]
    is_rare: Callable[[str], bool]
    is_flagged: Callable[[Iterable[str]], bool]
    near_words: Callable[[str], Sequence[str]]
    edits: Callable[[str, str], int]


def decide(word: str, candidates: Sequence[Candidate], about: Surroundings) -> Decision:
    """Decide what a word is.

    Args:
        word: a folded word that is neither an exact name nor an ordinary word.
        candidates: the names near it, best score first.
        about: what is known of names and words.
    """
    if not candidates:
        return Decision(None, "none", "no name is near enough")
    shown = tuple(candidates)
    best = candidates[0]
    if not best.reading.ingredients:  # an obscure name must not hide a medicine of the formulary that is nearly as alike
        better = next((c for c in candidates if c.reading.ingredients and _behind(best, c) < VAGUE_MARGIN and c.reading.score >= ASK), None)
        if better is not None and about.is_flagged(better.reading.ingredients):
            others = (better.reading, best.reading)
            reason = f"the nearest name, {best.reading.name}, tells no ingredient; {better.reading.name} is nearly as near"
            return Decision(_question(better, others), "question_vague", reason, shown)
        if better is not None:
            candidates = [better, *(c for c in candidates if c is not better and c.reading.ingredients)]
            best = better
    best = _firm(best, candidates)
    return _weigh(word, best, candidates, about, shown)


def _behind(a: Candidate, b: Candidate) -> float:
    return a.reading.score - b.reading.score


def _is_rival(best: Candidate, other: Candidate) -> bool:
    """Whether a candidate of another ingredient is too near to the best to be passed over."""
    behind = _behind(best, other)
    return behind < MARGIN or (behind < EQUAL_MARGIN and other.edits <= best.edits)


def _firm(best: Candidate, candidates: Sequence[Candidate]) -> Candidate:
    """The best, or a sure name of the same ingredients where the best is only claimed to be one."""
    if best.match.outcome is not Outcome.QUESTION or len(best.match.other_readings) != 1:
        return best
    same = set(best.reading.ingredients)
    firm = (c for c in candidates if set(c.reading.ingredients) == same and c.match.outcome is not Outcome.QUESTION)
    return next((c for c in firm if c.reading.score >= ASK), best)


def _weigh(word: str, best: Candidate, candidates: Sequence[Candidate], about: Surroundings, shown: tuple[Candidate, ...]) -> Decision:
    score, name = best.reading.score, best.reading.name
    same = set(best.reading.ingredients)
    others = [c for c in candidates if set(c.reading.ingredients) != same]
    rivals = tuple(c.reading for c in others if _is_rival(best, c))
    alone = not rivals and _is_alone(word, best, others, about)
    if score < ASK and not alone:
        return Decision(None, "none", f"the nearest name, {name}, has {score:.2f}, less than the {ASK} from which a reader is asked", shown)
    if score < CLEAR:
        ordinary = next((w for w in about.near_words(word) if similarity(word, w) > score - WORD_MARGIN), "")
        if ordinary:
            return Decision(None, "veto_word", f"the ordinary word {ordinary} is as near as {name}", shown)
    accept = (ACCEPT_SHORT if len(word) <= SHORT else ACCEPT) + (RARE if about.is_rare(name) else 0.0)
    if rivals or (score < accept and not alone):
        if not any(about.is_flagged(r.ingredients) for r in (best.reading, *rivals)):
            return Decision(None, "veto_unflagged", "not sure enough, and nothing that it could be is flagged", shown)
        verdict = "question_margin" if rivals else "question_level"
        reason = (
            f"{rivals[0].name}, a different ingredient, is nearly as near as {name}"
            if rivals
            else f"the nearest name, {name}, has {score:.2f}; from {accept:.2f} it counts"
        )
        return Decision(_question(best, (best.reading, *rivals[:_MOST_ASKED])), verdict, reason, shown)
    partners = about.lookalikes(name)
    if any(about.edits(word, p) <= best.edits + 1 and similarity(word, p) > score - LOOKALIKE_MARGIN for p in partners):
        asked = (best.reading, *(c.reading for c in candidates if c.reading.name in partners))
        return Decision(_question(best, asked), "question_lookalike", f"{name} has a look-alike nearly as near", shown)
    method = Method.MISSPELLING if sound(word) == sound(name) else Method.FUZZY
    verdict = "taken" if score >= accept else "alone"
    next_best = f"the next different ingredient {others[0].reading.score:.2f}" if others else "nothing else is near"
    reason = f"{name} has {score:.2f}, {next_best}"
    if best.match.outcome is Outcome.QUESTION:
        return Decision(replace(best.match, method=method, score=score), verdict, reason, shown)
    near = tuple(c.reading for c in others[:3])
    return Decision(replace(best.match, method=method, score=score, other_readings=near), verdict, reason, shown)


def _is_alone(word: str, best: Candidate, others: Sequence[Candidate], about: Surroundings) -> bool:
    """Whether a name is so much nearer than every other ingredient that less likeness will do."""
    short = len(word) <= MIDDLE
    name, score = best.reading.name, best.reading.score
    if score < (ALONE_SHORT if short else ALONE) or about.is_rare(name) or not best.reading.ingredients:
        return False
    if word[0] != name[0] and sound(word)[0] != sound(name)[0]:
        return False
    return all(_behind(best, c) >= (ALONE_MARGIN_SHORT if short else ALONE_MARGIN) for c in others)


def _question(best: Candidate, readings: tuple[Reading, ...]) -> Match:
    return Match(Outcome.QUESTION, (), Method.FUZZY, best.reading.score, best.reading.name, readings, ask(readings))


def ask(readings: Sequence[Reading]) -> str:
    """ "Is this a (x) or b?" for candidates, best first; each ingredient set once."""
    named: dict[tuple[str, ...], str] = {}
    for r in readings:
        told = ", ".join(r.ingredients)
        named.setdefault(r.ingredients or (r.name,), f"{r.name} ({told})" if told and told != r.name else r.name)
    names = list(named.values())
    return f"Is this {names[0] if len(names) == 1 else ', '.join(names[:-1]) + ' or ' + names[-1]}?"
