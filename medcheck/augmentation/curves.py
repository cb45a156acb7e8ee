"""An assessed history -> points of the cumulative risk over time, for a plot and its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from medcheck.assessment import AugmentationData, CurvePoint, Risk
from medcheck.augmentation.figures import Figures
from medcheck.augmentation.hazard import Factors, model, summary
from medcheck.augmentation.timeline import YEAR, Course, Stretch, courses
from medcheck.domain import Dosing, Exposure

_DAY = 1 / YEAR
_STEPS = 24  # points of the whole time behind; the steps of the dose are always among them
_AHEAD_MONTHS = (3, 6, 9, 12, 15, 18, 21, 24)


def curve(
    exposures: Sequence[Exposure], factors: Factors, dosing: Mapping[str, Dosing], data: AugmentationData, as_of: date
) -> tuple[CurvePoint, ...]:
    """Cumulative risk since the first day up to now, and from now on for two years (given none up to now).

    Where the history is only known as a range there are two medians, the figures of the text, and the interval reaches over both courses;
    the dose is that of the most course. Empty without a history.
    """
    prepared = model(data)
    patient = prepared.patient(factors)
    least, most, _ = courses(exposures, dosing, data.plausible, as_of)
    if most.first_day is None:
        return ()
    points = []
    for years in _times(most):
        high = summary(prepared.behind(_cut(most, years), patient))
        low = high if least == most else summary(prepared.behind(_cut(least, _scaled(years, most, least)), patient))
        day = most.first_day + timedelta(days=round(years * YEAR))
        middle = (min(low.median, high.median), max(low.median, high.median))
        low95, high95 = min(low.low95, high.low95), max(low.high95, high.high95)
        points.append(CurvePoint(day, False, _total(most, years), middle[1], low95, high95, middle[0] if middle[0] < middle[1] else None))
    for risk in Figures(prepared, least, most, factors, _AHEAD_MONTHS).ahead:
        day = as_of + timedelta(days=round((risk.months or 0) / 12 * YEAR))
        points.append(CurvePoint(day, True, most.current.total, risk.median_most, risk.low95, risk.high95, _other(risk)))
    return tuple(points)


def _other(risk: Risk) -> float | None:
    return risk.median_least if risk.median_least < risk.median_most else None


def _times(course: Course) -> list[float]:
    regular = [course.now * k / _STEPS for k in range(_STEPS + 1)]
    steps = [x for s in course.stretches for x in (s.start, s.end)]
    return sorted({*steps, *(t for t in regular if all(abs(t - s) > _DAY for s in steps))})


def _scaled(years: float, most: Course, least: Course) -> float:
    """The same day on the calendar of the least course, which begins later."""
    return max(0.0, years - (most.now - least.now))


def _cut(course: Course, years: float) -> Course:
    """The course up to a time."""
    kept = tuple(Stretch(s.start, min(s.end, years), s.regimen) for s in course.stretches if s.start < years)
    return Course(kept, years, course.first_day)


def _total(course: Course, years: float) -> float:
    """The sum of the dose ratios at a time."""
    at = next((s for s in reversed(course.stretches) if s.start <= years), None)
    return at.regimen.total if at is not None else 0.0
