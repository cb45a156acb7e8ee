"""Exposures -> two courses on the calendar, the least and the most that the words allow; knows no risk.

Where a dose, a start or a stop is only known as a range, or not at all, the truth lies between the two courses. Nothing is filled in
with one value: what is not known takes the lowest plausible value in one course and the highest in the other (model.toml).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from medcheck.assessment import Plausible
from medcheck.domain import TAKEN, Dosing, Exposure, PartialDate
from medcheck.value import Value

YEAR: Final = 365.25  # days


Ratios = tuple[tuple[str, float], ...]


class Regimen(NamedTuple):
    """What is taken: `daily` maps ingredient to dose over its ceiling; `occasional` is taken on top on a `share` of the days only."""

    daily: Ratios = ()
    occasional: Ratios = ()
    share: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        """The ingredients, each once."""
        return tuple(dict.fromkeys(name for name, _ in (*self.daily, *self.occasional)))

    @property
    def total(self) -> float:
        """The sum of the dose ratios on a day with all of it."""
        return sum(ratio for _, ratio in (*self.daily, *self.occasional))


NOTHING: Final = Regimen()


class Stretch(NamedTuple):
    """A time at one regimen, in years since the first dopaminergic day."""

    start: float
    end: float
    regimen: Regimen


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Course(Value):
    """A whole history: stretches in order, without gaps (no medicine is a stretch with nothing), up to now; `now` in years."""

    stretches: tuple[Stretch, ...]
    now: float
    first_day: date | None

    @property
    def current(self) -> Regimen:
        """The regimen on the day of the review."""
        return self.stretches[-1].regimen if self.stretches else NOTHING

    def going_on(self, regimen: Regimen) -> Course:
        """The same history with another regimen from now on."""
        return Course((*self.stretches, Stretch(self.now, self.now, regimen)), self.now, self.first_day)


class _Episode(NamedTuple):
    ingredient: str
    start: date
    stop: date  # the first day without
    ratio: float
    share: float  # of the days on which it is taken
    exposure: Exposure


def courses(
    exposures: Sequence[Exposure], dosing: Mapping[str, Dosing], plausible: Plausible, as_of: date
) -> tuple[Course, Course, tuple[str, ...]]:
    """The least and the most, and what was assumed or left out, in words."""
    notes: dict[str, None] = {}
    placed = [e for e in exposures if _is_placed(e, notes)]
    least = _course(placed, dosing, plausible, as_of, most=False)
    most = _course(placed, dosing, plausible, as_of, most=True)
    for e in placed:
        notes.update(dict.fromkeys(_assumptions(e, dosing, plausible)))
    return least, most, tuple(notes)


def as_seen_from(exposures: Sequence[Exposure], as_of: date) -> tuple[Exposure, ...]:
    """The exposures with what ended before `as_of` no longer taken, whatever its status says."""
    return tuple(
        replace(e, current=False) if e.current and e.period.stopped is not None and e.period.stopped.latest < as_of else e
        for e in exposures
    )


def begins_later(e: Exposure, as_of: date) -> bool:
    """Whether an exposure begins only after the day of the review: a plan, or a slip of the pen."""
    return e.period.started is not None and e.period.started.earliest > as_of


def _is_placed(e: Exposure, notes: dict[str, None]) -> bool:
    if e.status in TAKEN and e.current:
        return True
    if e.period.started is None and e.period.stopped is None:
        notes[f"{e.ingredient} (line {e.line}) was taken earlier, when is not known: it is not in the figures"] = None
        return False
    return True


def _assumptions(e: Exposure, dosing: Mapping[str, Dosing], plausible: Plausible) -> list[str]:
    out = []
    if e.daily_dose_mg_max is None and e.intake_mg_max is not None:
        times = f"once to {plausible.unstated_times_a_day_most:g} times"
        out.append(f"{e.ingredient}: {e.intake_mg_max:g} mg, how often is not stated; {times} a day were tried")
    elif e.daily_dose_mg_max is None:
        out.append(f"{e.ingredient}: the dose is not known ({e.note or 'not stated'}); low and high doses for restless legs were tried")
    elif not dosing[e.ingredient].augmentation_ceiling_mg_per_day:
        out.append(f"{e.ingredient}: no ceiling for restless legs is on record; low and high doses were tried")
    if e.as_needed:
        some = f", at most on {7 * e.doses_per_day:.2g} days a week" if e.doses_per_day is not None and e.doses_per_day < 1 else ""
        out.append(f"{e.ingredient}: {plausible.as_needed_text}{some}")
    if e.period.started is None:
        out.append(f"{e.ingredient}: the start is not known; between a month and {plausible.start_years_most:g} years were tried")
    elif e.period.stopped is None and not (e.status in TAKEN and e.current):
        out.append(f"{e.ingredient}: when it ended is not known; any day since its start was tried")
    return out


def _course(exposures: Sequence[Exposure], dosing: Mapping[str, Dosing], plausible: Plausible, as_of: date, *, most: bool) -> Course:
    episodes = []
    for k, e in enumerate(exposures):
        ratio, share = _ratio(e, dosing[e.ingredient], plausible, most=most)
        start = _start(e, exposures, k, plausible, as_of, most=most)
        stop = _stop(e, exposures, k, start, as_of, most=most)
        if stop > start and ratio > 0:
            episodes.append(_Episode(e.ingredient, start, stop, ratio, share, e))
    if not episodes:
        return Course((), 0.0, None)
    first = min(e.start for e in episodes)
    days = sorted({first, as_of, *(d for e in episodes for d in (e.start, e.stop) if first <= d <= as_of)})
    stretches: list[Stretch] = []
    for begin, end in pairwise(days):
        regimen = _regimen([e for e in episodes if e.start <= begin < e.stop], most=most)
        start_year, end_year = (begin - first).days / YEAR, (end - first).days / YEAR
        if stretches and stretches[-1].regimen == regimen:
            stretches[-1] = stretches[-1]._replace(end=end_year)
        else:
            stretches.append(Stretch(start_year, end_year, regimen))
    now = _regimen([e for e in episodes if e.start <= as_of < e.stop], most=most)
    if not stretches or stretches[-1].regimen != now:  # begun or ended on the day of the review
        at = stretches[-1].end if stretches else 0.0
        stretches.append(Stretch(at, at, now))
    return Course(tuple(stretches), (as_of - first).days / YEAR, first)


# Moments of the day in their order; bedtime and night are one.
MOMENTS: Final = {"morning": 0, "noon": 1, "afternoon": 2, "evening": 3, "bedtime": 4, "night": 4}
_MOST_ALIKE = 2  # exposures to one dose that are added up: refills of it are no further doses


def at_least(exposures: Sequence[Exposure]) -> list[Exposure]:
    """Those of some exposures that are taken for certain, where all are said to be taken.

    Two regular doses of one medicine may be one told twice, or one that took the place of the other; then the lower counts, or the later
    where their starts tell it. At other moments of the day both count, and what is taken as needed comes on top of what is regular.
    """
    kept: list[Exposure] = []
    for e in sorted(exposures, key=_lower_first):
        rivals = [k for k in kept if _may_be_one(e, k)]
        if not rivals or all(_begins_later(e, k) for k in rivals):
            kept = [k for k in kept if not any(k is r for r in rivals)] + [e]
    return kept


def at_most(exposures: Sequence[Exposure]) -> list[Exposure]:
    """All of them, but of one dose that is told again and again with later starts (refills) two only."""
    kept: list[Exposure] = []
    for e in exposures:
        alike = [k for k in kept if _dose_of(k) == _dose_of(e) and _may_be_one(e, k) and (_begins_later(e, k) or _begins_later(k, e))]
        if len(alike) < _MOST_ALIKE:
            kept.append(e)
    return kept


def _lower_first(e: Exposure) -> tuple[bool, float]:
    """A dose that is not known never stands for one that is: it is the last to be taken for the one that counts."""
    dose = e.daily_dose_mg_min if e.daily_dose_mg_max is not None else e.intake_mg_min
    return e.daily_dose_mg_max is None and e.intake_mg_max is None, dose or 0.0


def _dose_of(e: Exposure) -> tuple[float | None, float | None]:
    return e.daily_dose_mg_max, e.intake_mg_max


def _may_be_one(a: Exposure, b: Exposure) -> bool:
    if a.ingredient != b.ingredient or a.as_needed != b.as_needed:
        return False
    if _dose_of(a) != _dose_of(b) and a.period.started == b.period.started and _is_one_day(a.period.started):
        return False  # two strengths begun together make up one dose
    moments = [{MOMENTS[t] for t in e.timing} for e in (a, b)]
    return not all(moments) or not moments[0].isdisjoint(moments[1])


def _is_one_day(day: PartialDate | None) -> bool:
    return day is not None and day.earliest == day.latest


def _begins_later(a: Exposure, b: Exposure) -> bool:
    x, y = a.period.started, b.period.started
    return x is not None and y is not None and x.earliest > y.latest


def _regimen(episodes: Sequence[_Episode], *, most: bool) -> Regimen:
    """What is taken together; in the least course only what is taken for certain."""
    sure = {id(e) for e in (at_most if most else at_least)([e.exposure for e in episodes])}
    kept = [e for e in episodes if id(e.exposure) in sure]
    occasional = [e for e in kept if e.share < 1]
    share = max((e.share for e in occasional), default=1.0)
    return Regimen(_summed([e for e in kept if e.share >= 1]), _summed(occasional), share)


def _summed(episodes: Sequence[_Episode]) -> Ratios:
    found: dict[str, float] = {}
    for e in episodes:
        found[e.ingredient] = found.get(e.ingredient, 0.0) + e.ratio
    return tuple(sorted(found.items()))


def _ratio(e: Exposure, dosing: Dosing, plausible: Plausible, *, most: bool) -> tuple[float, float]:
    """Dose over ceiling, and the share of days on which it is taken.

    What is taken on some days only (as needed, twice a week) counts in the least course on those days, in the most by its average.
    """
    ceiling = dosing.augmentation_ceiling_mg_per_day
    share = 1.0
    if not most and e.doses_per_day is not None and 0 < e.doses_per_day < 1:
        share = e.doses_per_day
    if not most and e.as_needed:
        share = min(share, plausible.as_needed_least_share)
    if not ceiling:
        return (plausible.no_ceiling_ratio_most if most else plausible.no_ceiling_ratio_least), share
    dose = e.daily_dose_mg_max if most else e.daily_dose_mg_min
    if e.daily_dose_mg_max is None and e.intake_mg_max is not None and e.intake_mg_min is not None:
        dose = e.intake_mg_max * plausible.unstated_times_a_day_most if most else e.intake_mg_min
    if dose is None and not most and e.daily_dose_mg_max is not None:
        dose = min(e.daily_dose_mg_max, dosing.rls_start_mg_per_day or plausible.dose_ratio_least * ceiling)
    if dose is None:
        return (plausible.dose_ratio_most if most else plausible.dose_ratio_least), share
    if not most and e.daily_dose_mg_min is not None and e.doses_per_day is not None and 0 < e.doses_per_day < 1:
        dose /= e.doses_per_day  # the daily dose is an average over the days
    return dose / ceiling, share


def _start(e: Exposure, all_of: Sequence[Exposure], k: int, plausible: Plausible, as_of: date, *, most: bool) -> date:
    started = e.period.started
    if started is None:
        earlier = e.period.stopped.earliest if e.period.stopped is not None else as_of
        return earlier - timedelta(days=round(YEAR * (plausible.start_years_most if most else plausible.start_years_least)))
    before = next((b for b in reversed(all_of[:k]) if b.ingredient == e.ingredient and _is_same_time(b.period.stopped, started)), None)
    if before is not None:
        return _boundary(before, e, started, most=most)
    return min(started.earliest if most else started.latest, as_of)


def _stop(e: Exposure, all_of: Sequence[Exposure], k: int, start: date, as_of: date, *, most: bool) -> date:
    stopped = e.period.stopped
    if stopped is None:
        if e.status in TAKEN and e.current:
            return as_of + timedelta(days=1)
        return as_of if most else start + timedelta(days=1)
    after = next((a for a in all_of[k + 1 :] if a.ingredient == e.ingredient and _is_same_time(a.period.started, stopped)), None)
    if after is not None:
        return _boundary(e, after, stopped, most=most)
    if e.status in TAKEN and e.current and stopped.latest >= as_of:
        return as_of + timedelta(days=1)
    return min(stopped.latest if most else stopped.earliest, as_of)


def _is_same_time(a: PartialDate | None, b: PartialDate | None) -> bool:
    return a is not None and b is not None and (a.earliest, a.latest) == (b.earliest, b.latest)


def _boundary(before: Exposure, after: Exposure, day: PartialDate, *, most: bool) -> date:
    """The one day on which a dose became the next: for the least course the lower of the two doses lasts as long as it can."""
    rises = _most_of(after) >= _most_of(before)
    return day.earliest if rises == most else day.latest


def _most_of(e: Exposure) -> float:
    return e.daily_dose_mg_max or e.intake_mg_max or 0.0


def by_drug(exposures: Iterable[Exposure]) -> dict[str, list[Exposure]]:
    """Ingredient -> its exposures, in the order given."""
    found: dict[str, list[Exposure]] = {}
    for e in exposures:
        found.setdefault(e.ingredient, []).append(e)
    return found


def is_taken_now(e: Exposure) -> bool:
    """Whether an exposure is part of the present regimen."""
    return e.status in TAKEN and e.current
