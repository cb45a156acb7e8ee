"""A slow and obvious second computation of the augmentation risk: an oracle for tests/test_augmentation.py.

It shares no code with medcheck.augmentation. It is told what was taken from which day to which (a calendar written by hand), and adds
up the hazard one day after the other for every posterior draw. The formula, from docs/augmentation.md:

    P(augmented after T years) = 1 - exp(-H);  H = sum over days of rate x (end^k - start^k) x exp(study)
    rate of a day = exp(class + d x log2(sum of doses over their ceilings, within bounds)) x patient factors, at least that of no medicine
    patient factors = exp(halvings of ferritin below 100 x b + augmentation before), at most the cap

Time runs in years of 365.25 days since the first dopaminergic day. Of two classes on one day the one with the higher rate counts. A day
without any dopaminergic has the rate of placebo, without patient factors. What is taken on a share of the days only counts on that share.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

DAYS_A_YEAR = 365.25


class Taken(NamedTuple):
    """A medicine from `start` up to the day before `stop`; `ratio` is the dose over its ceiling on a `share` of the days."""

    class_key: str
    ratio: float
    start: date
    stop: date
    share: float = 1.0


class Percent(NamedTuple):
    median: float
    low95: float
    high95: float


class Oracle:
    """The draws of a fit with the settings beside them, as plain numbers."""

    def __init__(self, draws: Mapping[str, Sequence[float]], *, dose_log2: tuple[float, float], cap: float) -> None:
        self.draws = draws
        self.count = len(draws["study"])
        self.dose_log2 = dose_log2
        self.cap = cap

    def to_date(self, taken: Sequence[Taken], as_of: date, ferritin: float | None = None, before: bool = False) -> Percent:
        """The risk from the first day up to `as_of`."""
        return self._percent([self._behind(d, taken, as_of, ferritin, before) for d in range(self.count)])

    def ahead(self, taken: Sequence[Taken], as_of: date, months: int, ferritin: float | None = None, before: bool = False) -> Percent:
        """The risk of the next months at what is taken on `as_of`, given none up to then."""
        return self._percent([self._ahead(d, taken, as_of, months, ferritin, before) for d in range(self.count)])

    def _behind(self, draw: int, taken: Sequence[Taken], as_of: date, ferritin: float | None, before: bool) -> float:
        first = min(t.start for t in taken)
        k = self.draws["time_exponent"][draw]
        rates: dict[tuple[Taken, ...], float] = {}
        total = 0.0
        power_before = 0.0
        for day in range((as_of - first).days):
            on = tuple(t for t in taken if t.start.toordinal() <= first.toordinal() + day < t.stop.toordinal())
            if on not in rates:
                rates[on] = self._rate(draw, on, ferritin, before)
            power = ((day + 1) / DAYS_A_YEAR) ** k
            total += rates[on] * (power - power_before)
            power_before = power
        return total * math.exp(self.draws["study"][draw])

    def _ahead(self, draw: int, taken: Sequence[Taken], as_of: date, months: int, ferritin: float | None, before: bool) -> float:
        begun = (as_of - min((t.start for t in taken), default=as_of)).days
        rate = self._rate(draw, [t for t in taken if t.start <= as_of < t.stop], ferritin, before)
        k = self.draws["time_exponent"][draw]
        total = 0.0
        left = months / 12 * DAYS_A_YEAR
        at = float(begun)
        while left > 1e-9:
            step = min(1.0, left)
            total += rate * (((at + step) / DAYS_A_YEAR) ** k - (at / DAYS_A_YEAR) ** k)
            at += step
            left -= step
        return total * math.exp(self.draws["study"][draw])

    def _rate(self, draw: int, on: Sequence[Taken], ferritin: float | None, before: bool) -> float:
        share = min((t.share for t in on), default=1.0)
        every_day = [t for t in on if t.share == 1.0]
        assert all(t.share in (share, 1.0) for t in on), "the oracle knows one share at a time"
        on_some = self._rate_of_a_day(draw, on, ferritin, before)
        return on_some if share == 1.0 else share * on_some + (1 - share) * self._rate_of_a_day(draw, every_day, ferritin, before)

    def _rate_of_a_day(self, draw: int, on: Sequence[Taken], ferritin: float | None, before: bool) -> float:
        none = math.exp(self.draws["placebo"][draw])
        if not on:
            return none
        low, high = self.dose_log2
        doublings = math.log2(sum(t.ratio for t in on))
        if doublings < low:
            doublings = low
        if doublings > high:
            doublings = high
        dose = self.draws["dose_per_doubling"][draw] * doublings
        rate = 0.0
        for t in on:
            rate = max(rate, math.exp(self.draws[t.class_key][draw] + dose))
        return max(none, rate * self._patient(draw, ferritin, before))

    def _patient(self, draw: int, ferritin: float | None, before: bool) -> float:
        log_ratio = 0.0
        if ferritin is not None and ferritin < 100:
            log_ratio += math.log2(100 / max(ferritin, 10)) * self.draws["ferritin"][draw]
        if before:
            log_ratio += self.draws["prior_augmentation"][draw]
        return min(self.cap, math.exp(log_ratio))

    def _percent(self, hazards: list[float]) -> Percent:
        hazards.sort()
        return Percent(*(100 * (1 - math.exp(-_quantile(hazards, q))) for q in (0.5, 0.025, 0.975)))


def _quantile(ordered: Sequence[float], q: float) -> float:
    """The value at the place q of the way along; between two places in proportion."""
    place = q * (len(ordered) - 1)
    below = math.floor(place)
    if below + 1 >= len(ordered):
        return ordered[-1]
    return ordered[below] * (below + 1 - place) + ordered[below + 1] * (place - below)
