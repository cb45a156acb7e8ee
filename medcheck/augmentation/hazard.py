"""Courses and posterior draws -> risks; the one place where the model is computed. Standard library only.

For each draw the hazard of a stretch is that of the worst class taken, at the sum of the dose ratios, times the patient factors; never
below that of no medicine. What is taken on some days only counts on those days. H of a time is the sum of hazard x (end^k - start^k), in
years since the first dopaminergic day, which another medicine does not set back. What lies ahead is conditional on there being no
augmentation yet. Source: docs/augmentation.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from operator import add, mul, sub
from typing import Final, NamedTuple

from medcheck.assessment import AugmentationData
from medcheck.augmentation.timeline import Course, Ratios, Regimen
from medcheck.value import Value

Draws = Sequence[float]
NONE: Final = "placebo"


class Summary(NamedTuple):
    """Percent: median and 95 % interval of the studies."""

    median: float
    low95: float
    high95: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Factors(Value):
    """What is counted of the patient: ferritin in ug/L (None: not known, no change), earlier augmentation (None or False: no change)."""

    ferritin_ug_per_l: float | None = None
    prior_augmentation: bool | None = None


class Model:
    """The draws of one fit, ready for use; made once for each set of coefficients."""

    def __init__(self, data: AugmentationData) -> None:
        draws = data.coefficients.draws
        self.data = data
        self.count = len(draws["study"])
        self.class_of: Mapping[str, str] = {i: c.key for c in data.classes for i in c.ingredients}
        self._rate = {c.key: [math.exp(a) for a in draws[c.key]] for c in data.classes}
        self._slope = draws["dose_per_doubling"]
        self._study = [math.exp(u) for u in draws["study"]]
        self._none = self._rate[NONE]
        self._k = draws["time_exponent"]
        self._definition = {tier: [math.exp(g) for g in draws[tier]] for tier in ("clinically_significant", "discontinued")}
        self.between = data.fit.dose_log2_from, data.fit.dose_log2_to
        self._of_ratios = lru_cache(maxsize=64)(self._compute)  # the same doses come again and again
        self._background: dict[float, Summary] = {}
        self._against_none: dict[str, tuple[float, float, float]] = {}
        self.per_doubling = spread([math.exp(d) for d in self._slope])
        self.time_exponent = spread(self._k)

    def patient(self, factors: Factors) -> list[float] | None:
        """The hazard ratio of the patient factors, one for each draw; None when nothing is counted."""
        parts = [p for p in (self.ferritin(factors.ferritin_ug_per_l), self.earlier(factors.prior_augmentation)) if p is not None]
        if not parts:
            return None
        both = parts[0] if len(parts) == 1 else map(add, *parts)
        return list(map(min, repeat(self.data.cap_hazard_ratio), map(math.exp, both)))

    def ferritin(self, value: float | None) -> list[float] | None:
        """The log hazard ratio of a ferritin, None when it is not known or does not count."""
        factor = self.data.ferritin
        if value is None or value >= factor.reference_ug_per_l:
            return None
        halvings = math.log2(factor.reference_ug_per_l / max(value, factor.least_ug_per_l))
        return [halvings * b for b in self.data.coefficients.draws["ferritin"]]

    def earlier(self, given: bool | None) -> Sequence[float] | None:
        """The log hazard ratio of augmentation on an earlier medicine."""
        return self.data.coefficients.draws["prior_augmentation"] if given else None

    def dose(self, ratio: float) -> tuple[float, float, float]:
        """The hazard ratio of a dose ratio against the ceiling: median and 95 % credible interval."""
        doublings = self._doublings(ratio)
        low, high = sorted((self.per_doubling[1] ** doublings, self.per_doubling[2] ** doublings))
        return self.per_doubling[0] ** doublings, low, high

    def against_none(self, key: str) -> tuple[float, float, float]:
        """The hazard ratio of a class at its ceiling dose against no dopaminergic: median and 95 % credible interval."""
        found = self._against_none.get(key)
        if found is None:
            found = self._against_none[key] = spread([a / b for a, b in zip(self._rate[key], self._none, strict=True)])
        return found

    def background(self, years: float) -> Summary:
        """The risk without any dopaminergic over the first `years`; computed once for each length."""
        found = self._background.get(years)
        if found is None:
            hazard = [r * s for r, s in zip(self._none, self.spans(0.0, [years])[0], strict=True)]
            found = self._background[years] = summary(hazard)
        return found

    def _doublings(self, ratio: float) -> float:
        low, high = self.between
        return min(high, max(low, math.log2(ratio)))

    def rates(self, regimen: Regimen, patient: Sequence[float] | None) -> list[float]:
        """The hazard of the first year at a regimen, one for each draw, the study effect left out; never below that of no medicine."""
        base = self._rates(regimen.daily, patient)
        if not regimen.occasional:
            return base
        with_all = self._rates((*regimen.daily, *regimen.occasional), patient)
        share = regimen.share
        return [share * a + (1 - share) * b for a, b in zip(with_all, base, strict=True)]

    def _rates(self, ratios: Ratios, patient: Sequence[float] | None) -> list[float]:
        if not ratios:
            return self._none
        own, floored = self._of_ratios(ratios)
        return floored if patient is None else list(map(max, self._none, map(mul, own, patient)))

    def _compute(self, ratios: Ratios) -> tuple[list[float], list[float]]:
        doublings = self._doublings(sum(r for _, r in ratios))
        keys = list(dict.fromkeys(self.class_of[i] for i, _ in ratios))
        worst: Iterable[float] = self._rate[keys[0]] if len(keys) == 1 else map(max, *(self._rate[k] for k in keys))
        own = list(map(mul, worst, map(math.exp, map(mul, self._slope, repeat(doublings)))))
        return own, list(map(max, self._none, own))

    def behind(self, course: Course, patient: Sequence[float] | None) -> list[float]:
        """Cumulative hazard up to now, one for each draw."""
        total = [0.0] * self.count
        before = total  # start^k of the next stretch
        for stretch in course.stretches:
            if stretch.end <= stretch.start:
                continue
            after = self._power(stretch.end)
            total = list(map(add, total, map(mul, self.rates(stretch.regimen, patient), map(sub, after, before))))
            before = after
        return list(map(mul, total, self._study))

    def spans(self, now: float, years: Sequence[float]) -> list[list[float]]:
        """What the rate at a regimen is multiplied with for each horizon from now on: the study effect and the course of time."""
        begun = self._power(now)
        return [list(map(mul, self._study, map(sub, self._power(now + y), begun))) for y in years]

    def ahead(self, rates: Sequence[float], span: Sequence[float]) -> list[float]:
        """Cumulative hazard from now on at the `rates` of a regimen over one of `spans`, one for each draw."""
        return list(map(mul, rates, span))

    def _power(self, years: float) -> list[float]:
        return list(map(pow, repeat(years), self._k)) if years > 0 else [0.0] * self.count

    def study_arm(self, key: str, ratio: float | None, years: float, tier: str) -> list[float]:
        """Cumulative hazard of a study arm of one class, one for each draw; `ratio` None is a dose at the ceiling."""
        doublings = 0.0 if ratio is None else self._doublings(ratio)
        wanted = self._definition.get(tier)
        rows = zip(self._rate[key], self._slope, self._k, self._study, wanted or [1.0] * self.count, strict=True)
        return [g * u * years**k * r * math.exp(d * doublings) for r, d, k, u, g in rows]

    def clinically_significant(self, hazard: Sequence[float]) -> list[float]:
        """The cumulative hazard of the clinically significant part."""
        return list(map(mul, hazard, self._definition["clinically_significant"]))


_made: dict[str, Model] = {}
_KEPT = 8


def model(data: AugmentationData) -> Model:
    """The model of these data, prepared once."""
    key = data.coefficients.sha256
    found = _made.get(key)
    if found is None or found.data is not data:
        if len(_made) >= _KEPT:
            _made.clear()
        found = _made[key] = Model(data)
    return found


def summary(hazard: Sequence[float]) -> Summary:
    """Percent from cumulative hazards: median and 95 % interval."""
    ordered = sorted(hazard)
    return Summary(*(-100 * math.expm1(-_quantile(ordered, q)) for q in (0.5, 0.025, 0.975)))


def median(hazard: Sequence[float]) -> float:
    """Percent from cumulative hazards: the median."""
    return -100 * math.expm1(-_quantile(sorted(hazard), 0.5))


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, 2.5 and 97.5 %."""
    middle, low, high = quantiles(values, (0.5, 0.025, 0.975))
    return middle, low, high


def quantiles(values: Sequence[float], levels: Sequence[float]) -> list[float]:
    """Quantiles with linear interpolation between neighbours."""
    ordered = sorted(values)
    return [_quantile(ordered, q) for q in levels]


def _quantile(ordered: Sequence[float], q: float) -> float:
    at = q * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)
