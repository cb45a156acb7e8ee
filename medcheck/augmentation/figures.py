"""Two courses -> risks between the least and the most that the words of a history allow; knows no words and no bands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from medcheck.assessment import Risk
from medcheck.augmentation.hazard import Factors, Model, median, summary
from medcheck.augmentation.timeline import Course, Regimen

_WIDE: Final = 4  # times


class Figures:
    """The risks of a history between its least and its most course; what is asked for twice is computed once."""

    def __init__(self, prepared: Model, least: Course, most: Course, factors: Factors, months: Sequence[int] = ()) -> None:
        self.model, self.least, self.most, self.factors = prepared, least, most, factors
        self.patient = prepared.patient(factors)
        self.months = tuple(months) or prepared.data.horizons_months
        years = [m / 12 for m in self.months]
        # What lies ahead depends on the dose now and on the time behind, and each may be a range: every pair of ends is looked at, and
        # of a wide range of time its middle too, since the draws do not all rise or fall with it.
        times = [least.now, most.now]
        if most.now > _WIDE * least.now > 0:
            times.append(math.sqrt(least.now * most.now))
        self._spans = [prepared.spans(now, years) for now in dict.fromkeys(times)]
        self.same = least == most
        self.low, self.high = (prepared.rates(c.current, self.patient) for c in (least, most))
        self.hazards = [self._ends(k) for k in range(len(self.months))]
        last = prepared.data.extrapolated_from_months
        self.ahead = [risk(m, ends, m >= last) for m, ends in zip(self.months, self.hazards, strict=True)]

    def _ends(self, k: int) -> list[list[float]]:
        """Cumulative hazards over one horizon at the ends of what is known, one where dose and time are known."""
        rates = [self.high] if self.low == self.high else [self.low, self.high]
        return [self.model.ahead(r, spans[k]) for r in rates for spans in self._spans]

    def to_date(self) -> Risk:
        """The risk up to now, as history."""
        either = [self.most] if self.same else [self.least, self.most]
        return risk(None, [self.model.behind(c, self.patient) for c in either], extrapolated=False)

    def clinically_significant(self) -> Risk:
        """The clinically significant part of the first horizon."""
        return risk(self.months[0], [self.model.clinically_significant(h) for h in self.hazards[0]], extrapolated=False)

    def highest(self, factors: Factors) -> float:
        """The highest median over the first horizon, under other patient factors."""
        rates = self.model.rates(self.most.current, self.model.patient(factors))
        return max(median(self.model.ahead(rates, spans[0])) for spans in self._spans)

    def changed(self, factors: Factors, least: Regimen, most: Regimen) -> Figures:
        """The figures with other factors, and other regimens from today on."""
        return Figures(self.model, self.least.going_on(least), self.most.going_on(most), factors)


def risk(months: int | None, ends: Sequence[Sequence[float]], extrapolated: bool) -> Risk:
    """From the cumulative hazards at the ends of what is known."""
    found = [summary(h) for h in ends]
    return Risk(
        months=months,
        median_least=min(f.median for f in found),
        median_most=max(f.median for f in found),
        low95=min(f.low95 for f in found),
        high95=max(f.high95 for f in found),
        extrapolated=extrapolated,
    )
