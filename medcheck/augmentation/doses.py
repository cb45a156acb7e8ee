"""What is taken now -> its total daily dose beside the doses given for restless legs; knows no risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from medcheck.assessment import DoseMarks
from medcheck.augmentation.timeline import at_least, at_most, by_drug, is_taken_now
from medcheck.domain import Dosing, Exposure
from medcheck.text import daily_dose_words

ROUNDING: Final = 1.001  # a converted pack strength is a little off


def dose_marks(exposures: Sequence[Exposure], dosing: Mapping[str, Dosing]) -> tuple[DoseMarks, ...]:
    """One for each dopaminergic taken now; several lines of one medicine are added up, an as-needed one counts as written."""
    return tuple(_marks(name, own, dosing[name]) for name, own in by_drug(e for e in exposures if is_taken_now(e)).items())


def dose_words(e: Exposure) -> str:
    """The dose of an exposure in words, "dose not known" where it is not."""
    if e.daily_dose_mg_max is not None:
        return daily_dose_words(e.daily_dose_mg_min, e.daily_dose_mg_max)
    return "dose not known" if e.intake_mg_max is None else f"{e.intake_mg_max:g} mg a time"


def may_be_above(marks: DoseMarks) -> bool:
    """Whether a known dose is above the maximum, or a known range reaches over it; a dose that is not known is neither."""
    return marks.above_maximum is True or (marks.above_maximum is None and marks.daily_dose_mg_max is not None)


def maximum(dosing: Dosing) -> float | None:
    """The lower of the maximum doses for restless legs, else the ceiling that guidelines give; None when there is none."""
    known = [m for m in (dosing.rls_maximum_us_mg_per_day, dosing.rls_maximum_eu_mg_per_day) if m is not None]
    return min(known, default=dosing.augmentation_ceiling_mg_per_day)


def share_of_maximum(exposures: Sequence[Exposure], dosing: Mapping[str, Dosing]) -> tuple[float, float] | None:
    """Least and most sum over all dopaminergics taken now of dose over maximum; None when no dose and maximum are known."""
    low = high = 0.0
    known = False
    for name, own in by_drug(e for e in exposures if is_taken_now(e)).items():
        most = maximum(dosing[name])
        if most is None:
            continue
        sure = {id(e) for e in at_least(own)}
        for e in at_most(own):
            # Taken at least once a day where how often is not told.
            least = e.intake_mg_min if e.daily_dose_mg_max is None else e.daily_dose_mg_min or 0.0
            highest = e.intake_mg_max if e.daily_dose_mg_max is None else e.daily_dose_mg_max
            if highest is None:
                continue
            known = True
            low += (least or 0.0) / most if id(e) in sure and not e.as_needed else 0.0
            high += highest / most
    return (low, high) if known else None


def _marks(name: str, own: Sequence[Exposure], dosing: Dosing) -> DoseMarks:
    unknown = [e for e in own if e.daily_dose_mg_max is None]
    sure = at_least(own)
    low = sum(e.daily_dose_mg_min or 0.0 for e in sure)
    high = None if unknown else sum(e.daily_dose_mg_max or 0.0 for e in at_most(own))
    least = low if all(e.daily_dose_mg_min is not None for e in sure) else None
    above, words = _compared(least, high, low, own, dosing)
    return DoseMarks(
        ingredient=name,
        daily_dose_mg_min=least,
        daily_dose_mg_max=high,
        start_mg=dosing.rls_start_mg_per_day,
        usual_min_mg=dosing.rls_usual_min_mg_per_day,
        usual_max_mg=dosing.rls_usual_max_mg_per_day,
        maximum_us_mg=dosing.rls_maximum_us_mg_per_day,
        maximum_eu_mg=dosing.rls_maximum_eu_mg_per_day,
        ceiling_mg=dosing.augmentation_ceiling_mg_per_day,
        above_maximum=above,
        words=words,
        lines=tuple(sorted({e.line for e in own})),
        references=dosing.references,
        verified=dosing.verified,
    )


def _compared(
    least: float | None, high: float | None, known_part: float, own: Sequence[Exposure], dosing: Dosing
) -> tuple[bool | None, str]:
    """Whether the dose is above the lower maximum, and the comparison in words."""
    top = maximum(dosing)
    if high is None:
        part = f"at least {known_part:g} mg/day; beside it, " if known_part else ""
        once = sum(e.intake_mg_max or 0.0 for e in own if e.daily_dose_mg_max is None)
        if once and all(e.intake_mg_max is not None for e in own if e.daily_dose_mg_max is None):
            over_once = True if top is not None and known_part + once > top * ROUNDING else None
            above_it = ", above the maximum for restless legs if taken only once a day" if over_once else ""
            return over_once, f"{part}{once:g} mg a time, how often is not stated{above_it}; the daily dose decides the risk"
        reasons = "; ".join(dict.fromkeys(e.note for e in own if e.daily_dose_mg_max is None and e.note)) or "not stated"
        over_already = True if top is not None and known_part > top * ROUNDING else None
        return over_already, f"{part}{'a' if part else 'the'} daily dose is not known ({reasons}); it decides the risk"
    dose = daily_dose_words(least, high)
    notes = "; ".join(dict.fromkeys(e.note for e in own if e.note))
    if notes:
        dose += f" ({notes})"
    if any(e.as_needed for e in own):
        dose += ", as needed"
    if len(at_least(own)) < len(own):
        dose += " (told more than once: one dose may have taken the place of the other, or they add up)"
    marks = [
        (dosing.rls_maximum_us_mg_per_day, "the US maximum for restless legs"),
        (dosing.rls_maximum_eu_mg_per_day, "the EU maximum for restless legs"),
        (dosing.augmentation_ceiling_mg_per_day, "the ceiling used here for augmentation"),
    ]
    told = [(mark, label) for mark, label in marks if mark is not None]
    if not told or top is None:
        low, usual = dosing.rls_usual_min_mg_per_day, dosing.rls_usual_max_mg_per_day
        if low is None or usual is None:
            return False, f"{dose}; no dose for restless legs is on record"
        tried = f"{usual:g} mg" if low == usual else f"{low:g} to {usual:g} mg"
        return False, f"{dose}; trials in restless legs used {tried} a day, no maximum is on record"
    over = [f"{label} of {mark:g} mg" for mark, label in told if high > mark * ROUNDING]
    within = [f"{label} of {mark:g} mg" for mark, label in told if high <= mark * ROUNDING]
    if not over:
        usual = dosing.rls_usual_max_mg_per_day
        inside = "within the usual range" if usual is not None and high <= usual * ROUNDING else "not above the maximum"
        mark = "maximum" if len(told) > 1 else "ceiling used here"
        return False, f"{dose}; {inside} for restless legs ({mark} {top:g} mg)"
    sure = least is not None and least > top * ROUNDING
    text = f"{dose}; {'' if sure or least == high else 'may be '}above {' and '.join(over)}"
    if within:
        text += f", not above {' and '.join(within)}"
    above: bool | None = True if sure else (None if high > top * ROUNDING else False)
    return above, text
