"""Predictions of arms that were left out, and how well they did; the baselines they are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from medcheck.assessment import FitSettings, StudyArm
from medcheck.fitting.posterior import FIXED, Array, Posterior, Variant, design, fit


@dataclass(frozen=True, slots=True)
class Prediction:
    """One arm predicted without its study; percent. Intervals are those of the observed share, the binomial noise in them."""

    arm: StudyArm
    observed: float
    median: float
    low95: float
    low80: float
    high80: float
    high95: float
    log_score: float

    @property
    def in95(self) -> bool:
        """Whether the observed share lies inside the 95 % interval."""
        return self.low95 - 1e-9 <= self.observed <= self.high95 + 1e-9

    @property
    def in80(self) -> bool:
        """Whether the observed share lies inside the 80 % interval."""
        return self.low80 - 1e-9 <= self.observed <= self.high80 + 1e-9


@dataclass(frozen=True, slots=True)
class Score:
    """How a set of predictions did: counts inside the intervals, mean absolute error and mean width in points, fold error, bias."""

    arms: int
    in95: int
    in80: int
    mean_absolute_error: float
    median_absolute_error: float
    mean_width95: float
    fold_error: float
    within_twofold: int
    bias: float
    rank_correlation: float
    mean_log_score: float


NotedOnly = tuple[float, float, float]


def predicted(
    posterior: Posterior,
    arms: Sequence[StudyArm],
    ceilings: Mapping[str, float],
    settings: FitSettings,
    noted_only: NotedOnly | None = None,
) -> list[Prediction]:
    """Each arm as a new study would be predicted, with `settings.predictive_draws` draws.

    `noted_only` (share, mean and standard deviation of a log hazard ratio) mixes in studies that only noted augmentation.
    """
    rng = np.random.default_rng(settings.seed)
    count = settings.predictive_draws
    draws = posterior.draw(count, rng)
    beta = np.stack([draws[name] for name in FIXED])
    spread = study_effect(draws, settings, posterior.variant, rng)
    if noted_only is not None:
        share, mean, sd = noted_only
        spread = spread + (rng.random(count) < share) * (mean + sd * rng.standard_normal(count))
    data = design(arms, ceilings, settings, posterior.variant)
    out = []
    for arm, row, n, total in zip(arms, data.x, data.n, data.total, strict=True):
        p = -np.expm1(-np.exp(row @ beta + spread))
        shares = 100 * rng.binomial(int(total), p) / total
        low95, low80, high80, high95 = (float(q) for q in np.quantile(shares, [0.025, 0.1, 0.9, 0.975]))
        out.append(
            Prediction(arm, 100 * float(n / total), 100 * float(np.median(p)), low95, low80, high80, high95, _log_score(n, total, p))
        )
    return out


def study_effect(draws: Mapping[str, Array], settings: FitSettings, variant: Variant, rng: np.random.Generator) -> Array:
    """The effect of a study and arm that were not seen, one for each draw."""
    count = len(draws["study_spread"])
    if not variant.study_effect:
        return np.zeros(count)
    tails = rng.standard_normal(count) if variant.normal_study_effect else rng.standard_t(settings.study_effect_degrees_of_freedom, count)
    return np.asarray(draws["study_spread"] * tails + draws["arm_spread"] * rng.standard_normal(count))


def _log_score(n: float, total: float, p: Array) -> float:
    ways = gammaln(total + 1) - gammaln(n + 1) - gammaln(total - n + 1)
    each = ways + n * np.log(np.clip(p, 1e-9, 1)) + (total - n) * np.log1p(-np.clip(p, 0, 1 - 1e-9))
    return float(np.logaddexp.reduce(each) - np.log(len(p)))


def leave_one_study_out(
    arms: Sequence[StudyArm],
    ceilings: Mapping[str, float],
    settings: FitSettings,
    variant: Variant | None = None,
    noted_only: NotedOnly | None = None,
) -> list[Prediction]:
    """Each study predicted from a fit to all the others, in the order of the arms."""
    found: dict[str, Prediction] = {}
    for study in sorted({arm.study for arm in arms}):
        left = [arm for arm in arms if arm.study == study]
        posterior = fit([arm for arm in arms if arm.study != study], ceilings, settings, variant)
        found.update((p.arm.arm_id, p) for p in predicted(posterior, left, ceilings, settings, noted_only))
    return [found[arm.arm_id] for arm in arms]


def score(predictions: Sequence[Prediction]) -> Score:
    """The summary of some predictions."""
    observed = np.array([p.observed for p in predictions])
    median = np.array([p.median for p in predictions])
    off = np.abs(observed - median)
    folds = np.abs(np.log((observed + 0.5) / (median + 0.5)))
    return Score(
        arms=len(predictions),
        in95=sum(p.in95 for p in predictions),
        in80=sum(p.in80 for p in predictions),
        mean_absolute_error=float(off.mean()),
        median_absolute_error=float(np.median(off)),
        mean_width95=float(np.mean([p.high95 - p.low95 for p in predictions])),
        fold_error=float(np.exp(folds.mean())),
        within_twofold=int((folds < np.log(2)).sum()),
        bias=float((median - observed).mean()),
        rank_correlation=float(np.corrcoef(_ranks(observed), _ranks(median))[0, 1]) if len(predictions) > 2 else float("nan"),
        mean_log_score=float(np.mean([p.log_score for p in predictions])),
    )


def _ranks(values: Array) -> Array:
    """Ranks from 0; equal values share theirs."""
    return np.array([(np.sum(values < v) + np.sum(values <= v) - 1) / 2 for v in values])


def baselines(arms: Sequence[StudyArm], name: str, percent: Mapping[str, float]) -> dict[str, float]:
    """Mean absolute error in points of two simple predictions: one pooled rate of the other studies, and published class percentages."""
    pooled, published = [], []
    for arm in arms:
        others = [a for a in arms if a.study != arm.study]
        rate = sum(a.n_augmented or 0 for a in others) / sum((a.n or 0) * (a.effective_months or 0) / 12 for a in others)
        observed = 100 * (arm.n_augmented or 0) / (arm.n or 1)
        pooled.append(abs(observed - 100 * float(-np.expm1(-rate * (arm.effective_months or 0) / 12))))
        published.append(abs(observed - percent[arm.class_key]))
    return {"one pooled rate": float(np.mean(pooled)), name: float(np.mean(published))}
