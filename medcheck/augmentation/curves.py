"""An assessed history -> points of the cumulative risk over time, for a plot and its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from medcheck.assessment import AugmentationData, CurvePoint, Risk
from medcheck.augmentation.figures import Figures, risk
from medcheck.augmentation.hazard import Factors, model
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
        either = [prepared.behind(_cut(most, years), patient)]
        if least != most:
            either.append(prepared.behind(_cut(least, _scaled(years, most, least)), patient))
        day = most.first_day + timedelta(days=round(years * YEAR))
        points.append(_point(day, _total(most, years), risk(None, either, extrapolated=False)))
    for ahead in Figures(prepared, least, most, factors, _AHEAD_MONTHS).ahead:
        day = as_of + timedelta(days=round((ahead.months or 0) / 12 * YEAR))
        points.append(_point(day, most.current.total, ahead))
    return tuple(points)


def _point(day: date, dose_ratio: float, found: Risk) -> CurvePoint:
    other = found.median_least if found.median_least < found.median_most else None
    return CurvePoint(day, found.months is not None, dose_ratio, found.median_most, found.low95, found.high95, other)


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
