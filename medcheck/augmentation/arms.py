"""A new study arm -> the distribution of its result, so that anyone can hold the model against a paper."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from medcheck.assessment import AugmentationData
from medcheck.augmentation.hazard import model
from medcheck.value import Value

_LEVELS = (0.025, 0.1, 0.9, 0.975)
_GOLDEN = (math.sqrt(5) - 1) / 2
_REACH = 9.0  # standard deviations of a binomial that are summed


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ArmPrediction(Value):
    """Percent: the median of the share that would be counted, and its 80 and 95 % prediction intervals."""

    median: float
    interval80: tuple[float, float]
    interval95: tuple[float, float]
    class_key: str
    dose_ratio: float | None


def predict_arm(
    data: AugmentationData,
    class_key: str,
    dose_ratio: float | None,
    months: float,
    tier: str,
    n: int | None = None,
    *,
    ascertainment: str = "looked_for",
) -> ArmPrediction:
    """What a study not seen yet would find after `months` under observation.

    Args:
        data: the fitted model.
        class_key: a class of the model.
        dose_ratio: mean daily dose over the ceiling; None where the class has none, or for a dose that is not known (at the ceiling).
        months: mean time under observation; where patients drop out it is shorter than the length of the study.
        tier: any, clinically_significant or discontinued.
        n: patients in the arm; with it the intervals hold the play of chance of that many patients too.
        ascertainment: looked_for (as nearly all fitted studies), noted_only (only as an adverse event), or unknown (a mixture of the two).
    """
    hazards = model(data).study_arm(class_key, dose_ratio, months / 12, tier)
    chances = _mixture(hazards, data, ascertainment)
    middle = _weighted_quantiles(chances, [0.5])[0]
    low95, low80, high80, high95 = _weighted_quantiles(chances, _LEVELS) if n is None else _with_chance(chances, n)
    return ArmPrediction(100 * middle, (100 * low80, 100 * high80), (100 * low95, 100 * high95), class_key, dose_ratio)


def _mixture(hazards: Sequence[float], data: AugmentationData, ascertainment: str) -> list[tuple[float, float]]:
    """Pairs of a chance and its weight, the weights adding up to 1."""
    from statistics import NormalDist  # brings decimal and random, which no review needs

    share = {"looked_for": 0.0, "noted_only": 1.0, "unknown": data.ascertainment.noted_only_share}[ascertainment]
    mean, sd = data.ascertainment.noted_only_log_hazard_ratio
    count = len(hazards)
    out = []
    if share < 1:
        out += [(-math.expm1(-h), (1 - share) / count) for h in hazards]
    if share > 0:
        # Even layers of the normal distribution in an order that has nothing to do with that of the draws.
        layers = (NormalDist().inv_cdf((k * _GOLDEN + 0.5 / count) % 1 or 0.5) for k in range(1, count + 1))
        out += [(-math.expm1(-h * math.exp(mean + sd * z)), share / count) for h, z in zip(hazards, layers, strict=True)]
    return out


def _weighted_quantiles(chances: Sequence[tuple[float, float]], levels: Sequence[float]) -> list[float]:
    """Quantiles of a weighted sample, by linear interpolation between the middles of the weights."""
    ordered = sorted(chances)
    values, middles, total = [], [], 0.0
    for value, weight in ordered:
        values.append(value)
        middles.append(total + weight / 2)
        total += weight
    out = []
    for level in levels:
        k = bisect_left(middles, level)
        if k in (0, len(values)):
            out.append(values[min(k, len(values) - 1)])
        else:
            part = (level - middles[k - 1]) / (middles[k] - middles[k - 1])
            out.append(values[k - 1] + (values[k] - values[k - 1]) * part)
    return out


def _with_chance(chances: Sequence[tuple[float, float]], n: int) -> list[float]:
    """Quantiles of the share k/n, k binomial with each of the chances in turn: exact, no draws."""
    mass = [0.0] * (n + 1)
    for p, weight in chances:
        _add_binomial(mass, n, p, weight)
    out = []
    for level in _LEVELS:
        total = 0.0
        for k, m in enumerate(mass):
            total += m
            if total >= level - 1e-9:
                out.append(k / n)
                break
        else:
            out.append(1.0)
    return out


def _add_binomial(mass: list[float], n: int, p: float, weight: float) -> None:
    """Add the probabilities of 0..n successes times a weight, from the mode outwards until they are negligible."""
    if p <= 0 or p >= 1:
        mass[0 if p <= 0 else n] += weight
        return
    mode = min(n, int((n + 1) * p))
    reach = int(_REACH * math.sqrt(n * p * (1 - p))) + 12
    peak = weight * math.exp(
        math.lgamma(n + 1) - math.lgamma(mode + 1) - math.lgamma(n - mode + 1) + mode * math.log(p) + (n - mode) * math.log1p(-p)
    )
    odds = p / (1 - p)
    mass[mode] += peak
    chance = peak
    for k in range(mode, min(n, mode + reach)):
        chance *= (n - k) / (k + 1) * odds
        mass[k + 1] += chance
    chance = peak
    for k in range(mode, max(0, mode - reach), -1):
        chance *= k / (n - k + 1) / odds
        mass[k - 1] += chance
