"""The fitted model as the document that is committed: posterior draws, rounded, with what they were fitted to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from scipy import stats

from medcheck.assessment import Contrast, FerritinFactor, FitSettings, PriorFactor
from medcheck.fitting.posterior import CLASSES, MEAN, SLOPES, Array, Posterior

DIGITS: Final = 4


def coefficients(
    posterior: Posterior,
    settings: FitSettings,
    ferritin: FerritinFactor,
    prior_augmentation: PriorFactor,
    version: str,
    fitted_to_sha256: str,
) -> dict[str, Any]:
    """The document of coefficients.json: `draws` maps each parameter to its draws, all on the log scale and for one year.

    The study effect is drawn in equal layers of its distribution, so that a thousand draws hold its tails.
    """
    rng = np.random.default_rng(settings.seed)
    count = settings.draws
    drawn = posterior.draw(count, rng)
    layers = (np.arange(count) + 0.5) / count
    df = settings.study_effect_degrees_of_freedom
    study = drawn["study_spread"] * stats.t.ppf(rng.permutation(layers), df) + drawn["arm_spread"] * stats.norm.ppf(rng.permutation(layers))
    other = drawn[MEAN] + drawn["class_spread"] * stats.norm.ppf(rng.permutation(layers))
    mean, sd = pooled_ferritin(ferritin.contrasts)
    # Nothing suggests that low ferritin protects: the effect is cut off at none.
    low_ferritin = np.maximum(0.0, mean + sd * stats.norm.ppf(rng.permutation(layers)))
    prior_mean, prior_sd = prior_augmentation.log_hazard_ratio
    earlier = prior_mean + prior_sd * stats.norm.ppf(rng.permutation(layers))
    draws: dict[str, Array] = {name: drawn[name] for name in CLASSES}
    draws["other_agonist"] = other
    draws |= {name: drawn[name] for name in SLOPES}
    # A larger dose is never counted as safer: the few draws that say so count as no effect.
    draws["dose_per_doubling"] = np.maximum(0.0, drawn["dose_per_doubling"])
    draws |= {"study": study, "ferritin": low_ferritin, "prior_augmentation": earlier}
    rounded = {name: [_short(v) for v in values] for name, values in draws.items()}
    document: dict[str, Any] = {
        "version": version,
        "seed": settings.seed,
        "fitted_to_sha256": fitted_to_sha256,
        "draws": rounded,
    }
    return {"sha256": digest(document), **document}


def _short(value: float) -> float:
    return round(float(value), DIGITS) + 0.0  # no -0.0


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 over the document without its own digest, as canonical JSON."""
    plain = {k: v for k, v in document.items() if k != "sha256"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def as_text(document: Mapping[str, Any]) -> str:
    """The document as JSON with one line for each parameter, so that a change shows which."""
    head = {k: v for k, v in document.items() if k != "draws"}
    lines = [f" {json.dumps(k)}: {json.dumps(v)}," for k, v in head.items()]
    rows = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in document["draws"].items())
    return "{\n" + "\n".join(lines) + '\n "draws": {\n' + rows + "\n }\n}\n"


def pooled_ferritin(contrasts: Sequence[Contrast]) -> tuple[float, float]:
    """Log hazard ratio per halving of ferritin and its standard error, pooled over cohorts with random effects (DerSimonian and Laird).

    Each cohort's means and standard deviations are turned into log-normal ones; the log odds per unit of log ferritin is the difference
    of the two means over the common variance.
    """
    effects = [_per_halving(c) for c in contrasts]
    b = np.array([e for e, _ in effects])
    w = np.array([1 / s**2 for _, s in effects])
    fixed = float(np.sum(w * b) / np.sum(w))
    q = float(np.sum(w * (b - fixed) ** 2))
    between = max(0.0, (q - (len(b) - 1)) / float(np.sum(w) - np.sum(w**2) / np.sum(w))) if len(b) > 1 else 0.0
    w = 1 / (1 / w + between)
    return float(np.sum(w * b) / np.sum(w)), float(np.sqrt(1 / np.sum(w)))


def _per_halving(contrast: Contrast) -> tuple[float, float]:
    (mean1, sd1, n1), (mean0, sd0, n0) = contrast.augmented, contrast.others
    v1, v0 = np.log1p((sd1 / mean1) ** 2), np.log1p((sd0 / mean0) ** 2)
    variance = ((n1 - 1) * v1 + (n0 - 1) * v0) / (n1 + n0 - 2)
    difference = (np.log(mean1) - v1 / 2) - (np.log(mean0) - v0 / 2)
    return float(-difference / variance * np.log(2)), float(np.sqrt((1 / n1 + 1 / n0) / variance) * np.log(2))
