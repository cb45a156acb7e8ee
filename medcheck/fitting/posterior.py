"""The posterior of the augmentation model by Laplace's approximation over a grid of spreads; knows arrays, no files and no patients.

    P(augmented after T years) = 1 - exp(-H)
    log H = class + k log T + d log2(dose / ceiling) + definition + study + arm

Counts are binomial. Intercepts of the agonist classes are drawn towards one mean; levodopa, placebo and alpha-2-delta ligands have their
own. Study effects follow a Student t distribution, so that one study far off does not widen every prediction; arm effects (what is left
within a study: another ascertainment of the same patients, a rounded count) a normal one. For each combination of the three spreads
(class, study, arm) the mode is found by Newton steps; the combinations are weighted by their approximate evidence times their priors.

Source: the priors and why are in formulary/augmentation/model.toml; the method is checked in docs/augmentation.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from medcheck.assessment import FitSettings, StudyArm, Tier
from medcheck.errors import InputError

Array = NDArray[np.floating[Any]]

AGONISTS: Final = ("oral_agonist", "patch_agonist", "cabergoline", "pergolide")
CLASSES: Final = ("levodopa", *AGONISTS, "alpha2delta", "placebo")
SLOPES: Final = ("time_exponent", "dose_per_doubling", "clinically_significant", "discontinued")
FIXED: Final = (*CLASSES, *SLOPES)
MEAN: Final = "agonist_mean"

# Grid of the spreads on the log scale; the posterior mass at the upper ends is under one in a hundred (tests/test_fitting.py).
STUDY_SPREADS: Final = (0.1, 0.2, 0.3, 0.4, 0.55, 0.7, 0.85, 1.0, 1.25, 1.6)
ARM_SPREADS: Final = (0.05, 0.2, 0.35, 0.5, 0.7)
CLASS_SPREADS: Final = (0.1, 0.3, 0.6, 1.0, 1.5)
_TINY = 1e-12
_STEPS = 200


@dataclass(frozen=True, slots=True)
class Variant:
    """A change of the model for a sensitivity analysis; the defaults are the model itself."""

    name: str = "the model"
    use_dose: bool = True
    use_tier: bool = True
    constant_hazard: bool = False
    study_effect: bool = True
    normal_study_effect: bool = False
    levodopa_as_agonist: bool = False


class Design(NamedTuple):
    """Arms as arrays: one row for each arm. `x` has a column for each name of FIXED."""

    x: Array
    n: Array
    total: Array
    study: list[str]


class Cell(NamedTuple):
    """The mode at one combination of spreads; `factor` is the Cholesky factor of the negative Hessian there."""

    study_spread: float
    arm_spread: float
    class_spread: float
    mode: Array
    factor: Array


@dataclass(frozen=True, slots=True)
class Posterior:
    """Cells with their weights (summing to 1); `fixed` is how many leading entries of a mode are named by FIXED, then the mean."""

    cells: tuple[Cell, ...]
    weights: Array
    variant: Variant

    def draw(self, count: int, rng: np.random.Generator) -> dict[str, Array]:
        """`count` draws of each name of FIXED, of `agonist_mean`, and of the spreads `study_spread`, `arm_spread`, `class_spread`."""
        counts = rng.multinomial(count, self.weights)
        parts: list[Array] = []
        spreads: list[Array] = []
        for number, cell in zip(counts, self.cells, strict=True):
            if number:
                noise = rng.standard_normal((len(cell.mode), number))
                parts.append(cell.mode[:, None] + np.linalg.solve(cell.factor.T, noise))
                spreads.append(np.tile([[cell.study_spread], [cell.arm_spread], [cell.class_spread]], (1, number)))
        values = np.hstack(parts)
        shuffled = rng.permutation(count)
        spread = np.hstack(spreads)[:, shuffled]
        out = {name: values[k, shuffled] for k, name in enumerate((*FIXED, MEAN))}
        return out | {"study_spread": spread[0], "arm_spread": spread[1], "class_spread": spread[2]}


def design(arms: Sequence[StudyArm], ceilings: Mapping[str, float], settings: FitSettings, variant: Variant) -> Design:
    """The arms as arrays; an arm without a known dose stands at the ceiling (ratio 1), placebo and alpha-2-delta arms have no dose term.

    Raises:
        InputError: an arm for the fit lacks a number, or has a class or tier that the model does not know.
    """
    x = np.zeros((len(arms), len(FIXED)))
    n, total = np.zeros(len(arms)), np.zeros(len(arms))
    for i, arm in enumerate(arms):
        if arm.n is None or arm.n_augmented is None or not arm.effective_months:
            raise InputError(f"incidence.csv: {arm.arm_id}: an arm that is fitted or predicted needs n, n_augmented and effective_months")
        if arm.class_key not in CLASSES:
            raise InputError(f"incidence.csv: {arm.arm_id}: no class of the model: {arm.class_key}")
        x[i, FIXED.index(arm.class_key)] = 1.0
        x[i, FIXED.index("time_exponent")] = np.log(arm.effective_months / 12.0)
        ceiling = ceilings.get(arm.drug)
        if variant.use_dose and ceiling and arm.mean_dose_mg_per_day:
            ratio = np.log2(arm.mean_dose_mg_per_day / ceiling)
            x[i, FIXED.index("dose_per_doubling")] = np.clip(ratio, settings.dose_log2_from, settings.dose_log2_to)
        if variant.use_tier and arm.tier != Tier.ANY:
            x[i, FIXED.index(arm.tier)] = 1.0
        n[i], total[i] = arm.n_augmented, arm.n
    return Design(x, n, total, [arm.study for arm in arms])


def fit(arms: Sequence[StudyArm], ceilings: Mapping[str, float], settings: FitSettings, variant: Variant | None = None) -> Posterior:
    """The posterior given the arms.

    Raises:
        InputError: an arm cannot be used; the message names it.
    """
    variant = variant or Variant()
    data = design(arms, ceilings, settings, variant)
    problem = _Problem(data, settings, variant)
    cells: list[Cell] = []
    evidence: list[float] = []
    studies: Sequence[float] = STUDY_SPREADS if variant.study_effect else (1e-3,)
    arm_spreads: Sequence[float] = ARM_SPREADS if variant.study_effect else (1e-3,)
    widths = [_widths(grid) for grid in (studies, arm_spreads, CLASS_SPREADS)]
    for study, study_width in zip(studies, widths[0], strict=True):
        for arm, arm_width in zip(arm_spreads, widths[1], strict=True):
            for group, class_width in zip(CLASS_SPREADS, widths[2], strict=True):
                cell, value = problem.solve(study, arm, group)
                cells.append(cell)
                scales = settings.spread
                prior = -0.5 * ((study / scales["study"]) ** 2 + (arm / scales["arm"]) ** 2 + (group / scales["class"]) ** 2)
                evidence.append(value + prior + float(np.log(study_width * arm_width * class_width)))
    weights = np.exp(np.array(evidence) - max(evidence))
    return Posterior(tuple(cells), weights / weights.sum(), variant)


def _widths(grid: Sequence[float]) -> Array:
    """How much of the line each point of a grid stands for."""
    return np.ones(1) if len(grid) == 1 else np.gradient(np.array(grid))


class _Problem:
    """The log posterior at given spreads, and its mode. Parameters: FIXED, the agonist mean, study effects, arm effects."""

    def __init__(self, data: Design, settings: FitSettings, variant: Variant) -> None:
        studies = sorted(set(data.study))
        z = np.zeros((len(data.n), len(studies)))
        for i, study in enumerate(data.study):
            z[i, studies.index(study)] = 1.0
        self.mean = len(FIXED)
        self.d = np.hstack([data.x, np.zeros((len(data.n), 1)), z, np.eye(len(data.n))])
        self.n, self.total = data.n, data.total
        self.at_study = np.arange(self.mean + 1, self.mean + 1 + len(studies))
        self.at_arm = np.arange(self.mean + 1 + len(studies), self.d.shape[1])
        self.settings, self.variant = settings, variant
        self.df = 1e6 if variant.normal_study_effect or not variant.study_effect else settings.study_effect_degrees_of_freedom

    def _prior(self, arm: float, group: float) -> tuple[Array, Array, float]:
        """Precision, precision times mean, and constant of the normal part of the prior (all but the study effects)."""
        size = self.d.shape[1]
        precision, shift, constant = np.zeros((size, size)), np.zeros(size), 0.0

        def alone(at: int, mean: float, sd: float) -> None:
            nonlocal constant
            precision[at, at] += 1 / sd**2
            shift[at] += mean / sd**2
            constant += -float(np.log(sd)) - 0.5 * mean**2 / sd**2

        prior = self.settings.prior
        alone(self.mean, *prior[MEAN])
        pooled = ("levodopa", *AGONISTS) if self.variant.levodopa_as_agonist else AGONISTS
        for name in pooled:
            at = FIXED.index(name)
            precision[at, at] += 1 / group**2
            precision[self.mean, self.mean] += 1 / group**2
            precision[at, self.mean] -= 1 / group**2
            precision[self.mean, at] -= 1 / group**2
            constant -= float(np.log(group))
        if not self.variant.levodopa_as_agonist:
            alone(FIXED.index("levodopa"), *prior["levodopa"])
        for name in ("alpha2delta", "placebo"):
            alone(FIXED.index(name), *prior["background"])
        for name in SLOPES:
            mean, sd = prior[name]
            alone(FIXED.index(name), *((1.0, 1e-3) if name == "time_exponent" and self.variant.constant_hazard else (mean, sd)))
        for at in self.at_arm:
            alone(int(at), 0.0, arm)
        return precision, shift, constant

    def solve(self, study: float, arm: float, group: float) -> tuple[Cell, float]:
        """The mode with its curvature, and the log evidence up to a constant."""
        precision, shift, constant = self._prior(arm, group)
        df, at = self.df, self.at_study
        constant += len(at) * float(gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(df / 2) - np.log(study))
        scale = df * study**2
        start = np.zeros(len(shift))
        start[at] = 1 / study**2
        x = np.linalg.solve(precision + np.diag(start), shift)

        def log_posterior(x: Array) -> float:
            h = np.exp(np.clip(self.d @ x, -30, 20))
            p = np.clip(-np.expm1(-h), _TINY, 1)
            likelihood = np.sum(self.n * np.log(p) - (self.total - self.n) * h)
            tails = (df + 1) / 2 * np.sum(np.log1p(x[at] ** 2 / scale))
            return float(likelihood - 0.5 * x @ precision @ x + shift @ x - tails + constant)

        best = log_posterior(x)
        for _ in range(_STEPS):
            gradient, weight = self._likelihood(x)
            pull = np.zeros(len(x))
            pull[at] = (df + 1) / (scale + x[at] ** 2)
            curvature = self.d.T @ (weight[:, None] * self.d) + precision + np.diag(pull)
            step = np.linalg.solve(curvature, self.d.T @ gradient - precision @ x - pull * x + shift)
            length = 1.0
            while length > 1e-9 and (new := log_posterior(x + length * step)) < best - 1e-12:
                length /= 2
            x, best = x + length * step, new
            if np.max(np.abs(length * step)) < 1e-11:
                break
        _, weight = self._likelihood(x)
        bend = np.zeros(len(x))
        bend[at] = (df + 1) * (scale - x[at] ** 2) / (scale + x[at] ** 2) ** 2
        hessian = self.d.T @ (weight[:, None] * self.d) + precision
        try:
            factor = np.linalg.cholesky(hessian + np.diag(bend))
        except np.linalg.LinAlgError:  # far out in a tail the t density bends the other way: the scale-mixture weight is used there
            bend[at] = (df + 1) / (scale + x[at] ** 2)
            factor = np.linalg.cholesky(hessian + np.diag(bend))
        return Cell(study, arm, group, x, factor), best - float(np.sum(np.log(np.diag(factor))))

    def _likelihood(self, x: Array) -> tuple[Array, Array]:
        """Gradient by the linear predictor, and the expected information."""
        h = np.exp(self.d @ x)
        p = np.clip(-np.expm1(-h), _TINY, 1 - _TINY)
        return h * (self.n * (1 - p) / p - (self.total - self.n)), self.total * h * h * (1 - p) / p
