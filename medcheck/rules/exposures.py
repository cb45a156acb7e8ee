"""Statements -> exposures to dopaminergics (drug, daily dose, from, to), one for each dose of a course; knows no risk."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from medcheck.domain import TAKEN, Dosage, DoseStep, Dosing, Exposure, Formulary, MedicationStatement, PartialDate, Period, Status
from medcheck.text import lazy_pattern

if TYPE_CHECKING:
    from medcheck.assessment import ParkinsonSigns

_LEFT_OUT = frozenset({Status.ALLERGY, Status.FAMILY, Status.NOT_TAKEN, Status.INTENDED})
_TOLERANCE = 0.02
_WORD = re.compile(r"[a-z]+")
_RELEASE = lazy_pattern(r"\b(?:extended|prolonged|modified|sustained|controlled|slow)[ -]release\b", re.I)
_BESIDE = lazy_pattern(
    r"[\s(-]{0,3}(?:\d[\d.,]*\s?(?:mg|mcg|micrograms?)?[\s-]{0,2})?(?:tab(?:let)?s?|cap(?:sule)?s?)?[\s-]{0,2}([a-z]{2,6})\b", re.I
)
_SWITCHED = lazy_pattern(r"\b(?:switch|chang|convert|mov|rotat)(?:ed|ing)?\s(?:over\s)?from\b", re.I)
_SWITCHED_TO = lazy_pattern(r"\b(?:switch|chang|convert|mov|rotat)(?:ed|ing)?\s(?:over\s)?to\b|\breplaced\s(?:by|with)\b", re.I)
# The day behind these words is an end, where reading the list took it for a start.
_SINCE_ENDED = lazy_pattern(r"\b(?:on\shold|off|held|paused|stopped|without)\b[^;]{0,60}?\bsince\b", re.I)

StepsOf = Callable[[MedicationStatement], Sequence[DoseStep]]


def _no_steps(_: MedicationStatement) -> Sequence[DoseStep]:
    return ()


def exposures(statements: Sequence[MedicationStatement], formulary: Formulary, steps_of: StepsOf = _no_steps) -> tuple[Exposure, ...]:
    """One exposure for each dose of each course of an agonist or levodopa, in the order of the list, a course in the order of time.

    `steps_of` gives the doses of a course whose line tells several. Pramipexole given as base is converted to salt, and the note says so.
    """
    out: list[Exposure] = []
    told: set[int] = set()
    for at, statement in enumerate(statements):
        if statement.status is Status.NOT_TAKEN and statement.period.stopped is not None:
            statement = replace(statement, status=Status.STOPPED)  # "not taking since October": it was taken until then
        if at in told or statement.status in _LEFT_OUT:
            continue
        dosed = [(n, e.dosing) for n in statement.match.ingredients if (e := formulary.ingredients.get(n)) is not None and e.dosing]
        if not dosed:
            continue
        if _closes(statement, out):
            continue
        steps = tuple(steps_of(statement))
        if steps:
            further = _further(statements, at)
            told.update(further)
            last = statements[further[-1]] if further else statement
        else:
            steps, last = (DoseStep(statement.dosage, statement.period),), statement
        signs = formulary.augmentation().parkinson
        steps = tuple(_ended(step, statement) for step in steps)
        ended = _end_by_switch(statements, at, steps[-1].period)
        if ended is not None:
            steps = (*steps[:-1], DoseStep(steps[-1].dosage, Period(steps[-1].period.started, ended), steps[-1].text))
        for name, dosing in dosed:
            for step in steps[:-1]:
                out.append(_exposure(name, dosing, step.dosage, step.period, statement, statement.status, signs, current=False))
            period, status = _last(steps[-1].period, last)
            current = status not in (Status.STOPPED, Status.COMPLETED, Status.ON_HOLD)
            out.append(_exposure(name, dosing, steps[-1].dosage, period, statement, status, signs, current=current))
    return tuple(out)


def _ended(step: DoseStep, statement: MedicationStatement) -> DoseStep:
    """ "On hold since May": what was read as the start is the end. "For six years" of what is over says neither when."""
    period = step.period
    if statement.status in TAKEN or period.started is None or period.stopped is not None:
        return step
    if period.started.text.lower().startswith("for "):
        return DoseStep(step.dosage, Period(), step.text)
    if _SINCE_ENDED.search(statement.text):
        return DoseStep(step.dosage, Period(None, period.started), step.text)
    return step


def is_continued(statement: MedicationStatement) -> bool:
    """Whether a statement goes on about the medicine before it without naming it ("Increased to 0.5 mg in 2018.")."""
    return statement.span == statement.clause != (0, 0)


def _further(statements: Sequence[MedicationStatement], at: int) -> list[int]:
    """The statements right behind one that go on about it."""
    first = statements[at]
    out = []
    for k in range(at + 1, len(statements)):
        s = statements[k]
        if not is_continued(s) or s.line != first.line or s.match.ingredients != first.match.ingredients:
            break
        out.append(k)
    return out


def _end_by_switch(statements: Sequence[MedicationStatement], at: int, period: Period) -> PartialDate | None:
    """When the medicine named next on the line was begun, where the words say that it took the place of this one.

    "Switched from A to B in May 2024", "A since 2015, switched to B in 2020"; None where they do not, or the end is told otherwise.
    """
    statement = statements[at]
    following = statements[at + 1] if at + 1 < len(statements) else None
    if following is None or following.line != statement.line or statement.status is not Status.STOPPED or period.stopped is not None:
        return None
    from_it = period == Period() and _SWITCHED.search(statement.text) is not None
    begun = following.period.started
    if begun is None or not (from_it or _SWITCHED_TO.search(f"{statement.text} {following.text}") is not None):
        return None
    return begun if period.started is None or period.started.earliest <= begun.latest else None


def _closes(statement: MedicationStatement, out: list[Exposure]) -> bool:
    """Whether a statement only says when a course told before it on the same line ended; the course is then ended there."""
    period = statement.period
    if (
        statement.status is not Status.STOPPED
        or period.stopped is None
        or period.started is not None
        or statement.dosage.dose_max is not None
    ):
        return False
    found = False
    for name in statement.match.ingredients:
        own = [k for k, e in enumerate(out) if e.ingredient == name and e.line == statement.line]
        if own and out[own[-1]].period.stopped is None:
            e = out[own[-1]]
            out[own[-1]] = replace(e, period=Period(e.period.started, period.stopped), status=Status.STOPPED, current=False)
            found = True
    return found


def _last(own: Period, statement: MedicationStatement) -> tuple[Period, Status]:
    """The time and status of the last dose of a course: it ends when the course does.

    "0.25 mg 2016-2018, then 0.5 mg": what the words end is the dose before; whether the last is still taken is then not told.
    """
    stopped = statement.period.stopped
    if own.stopped is not None or stopped is None:
        return own, statement.status
    if own.started is not None and stopped.earliest <= own.started.earliest:
        return own, Status.UNKNOWN if statement.status is Status.COMPLETED else statement.status
    return Period(own.started, stopped), statement.status


def _exposure(
    name: str,
    dosing: Dosing,
    dosage: Dosage,
    period: Period,
    statement: MedicationStatement,
    status: Status,
    signs: ParkinsonSigns,
    *,
    current: bool,
) -> Exposure:
    factor, note = base_factor(dosage, dosing)
    low, high = dosage.daily_dose_mg_min, dosage.daily_dose_mg_max
    if dosage.unit == "patch" and high is not None and dosage.doses_per_day_max is not None and dosage.doses_per_day_max < 1:
        low, high = None if low is None else low * dosage.doses_per_day_max, high * dosage.doses_per_day_max  # on some days only
    if any(x is not None and not 0 < x < math.inf for x in (low, high)):
        low, high, note = None, None, "the dose that was read is none"
    extended = name in signs.extended_ingredients and _is_extended(statement, signs)
    written = dosage.strengths_mg or _in_mg(dosage)
    intake = _in_mg(dosage) if high is None and dosage.doses_per_day_max is None else ()
    if intake and (extended or name in signs.once_daily_ingredients):
        low, high, intake, note = min(intake), max(intake), (), note or "how often is not stated: a form for once a day"
    return Exposure(
        ingredient=name,
        daily_dose_mg_min=None if low is None else round(low * factor, 4),
        daily_dose_mg_max=None if high is None else round(high * factor, 4),
        period=period,
        status=status,
        line=statement.line,
        note=note or ("" if high is not None else dosage.reason),
        as_needed=dosage.as_needed,
        doses_per_day=dosage.doses_per_day_max,
        timing=dosage.timing,
        current=current,
        extended=extended,
        parkinson_strength=extended or any(_is_one_of(x * factor, dosing.parkinson_only_strengths_mg) for x in written),
        intake_mg_min=round(min(intake) * factor, 4) if intake else None,
        intake_mg_max=round(max(intake) * factor, 4) if intake else None,
    )


def _is_extended(statement: MedicationStatement, signs: ParkinsonSigns) -> bool:
    """Whether the words beside the name or its strength say prolonged release; "seen in ER" does not."""
    if _RELEASE.search(statement.text):
        return True
    name = statement.match.name or statement.written
    if not set(_WORD.findall(f"{statement.written} {name}".lower())).isdisjoint(signs.extended_words):
        return True
    at = statement.text.lower().find(statement.written.lower())
    behind = statement.text[at + len(statement.written) :] if at >= 0 else statement.text
    beside = _BESIDE.match(behind)
    return beside is not None and beside[1].lower() in signs.extended_words


def _in_mg(dosage: Dosage) -> tuple[float, ...]:
    return tuple(x for x in (dosage.dose_min, dosage.dose_max) if x is not None and dosage.unit == "mg" and 0 < x < math.inf)


def base_factor(dosage: Dosage, dosing: Dosing) -> tuple[float, str]:
    """The factor from the written strength to salt milligrams, with a note when it is not 1.

    A pack's base strength is rounded (0.18 mg base is 0.25 mg salt), so the strength itself is looked up, not multiplied.
    """
    if not dosing.base_to_salt:
        return 1.0, ""
    written = dosage.strengths_mg or _in_mg(dosage)
    if not written or not all(_is_one_of(x, dosing.strengths_base_mg) and not _is_one_of(x, dosing.salt_strengths_mg) for x in written):
        return 1.0, ""
    pairs = list(zip(dosing.strengths_base_mg, dosing.base_strengths_as_salt_mg, strict=True))
    factors = {salt / base for base, salt in (min(pairs, key=lambda pair: abs(x - pair[0])) for x in written)}
    return (factors.pop() if len(factors) == 1 else dosing.base_to_salt), "strength read as base and converted to salt"


def _is_one_of(value: float, strengths: tuple[float, ...]) -> bool:
    return any(abs(value - s) <= _TOLERANCE * s for s in strengths)
