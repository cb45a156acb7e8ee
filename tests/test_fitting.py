"""The fit: the same digits again, how well left-out studies are predicted, and what it refuses.

The figures asked of a fit are set here, not in the report: a refit that does worse does not pass.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from statistics import NormalDist, fmean
from typing import Any

import numpy as np
import pytest

from medcheck.assessment import Contrast, FitInputs, StudyArm
from medcheck.errors import InputError
from medcheck.fitting import Fitted, Posterior, Variant, baselines, coefficients, fit, predicted, run, score
from medcheck.fitting.coefficients import as_text, digest, pooled_ferritin
from medcheck.fitting.posterior import ARM_SPREADS, CLASS_SPREADS, CLASSES, FIXED, SLOPES, STUDY_SPREADS
from medcheck.formulary import fit_inputs, formulary_directory

DIRECTORY = formulary_directory()
COMMITTED = (DIRECTORY / "augmentation" / "coefficients.json").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def inputs() -> FitInputs:
    return fit_inputs(DIRECTORY)


@pytest.fixture(scope="module")
def arms(inputs: FitInputs) -> list[StudyArm]:
    return [a for a in inputs.arms if a.use == "fit"]


@pytest.fixture(scope="module")
def posterior(inputs: FitInputs, arms: list[StudyArm]) -> Posterior:
    return fit(arms, inputs.ceilings, inputs.settings)


@pytest.fixture(scope="module")
def fitted(inputs: FitInputs) -> Fitted:
    """A whole fit, every study predicted from the others: some seven seconds, once."""
    return run(inputs, with_report=False)


def _document(inputs: FitInputs, posterior: Posterior) -> dict[str, Any]:
    return coefficients(posterior, inputs.settings, inputs.ferritin, inputs.prior_augmentation, inputs.version, inputs.fitted_to_sha256)


def _changed(arm: StudyArm, **values: Any) -> StudyArm:
    return StudyArm(**{**vars(arm), **values})


# ---- the same again ----------------------------------------------------------------------------------------------------
def test_a_fit_gives_the_same_digits_again(inputs: FitInputs, arms: list[StudyArm], posterior: Posterior, fitted: Fitted) -> None:
    again = as_text(_document(inputs, fit(arms, inputs.ceilings, inputs.settings)))
    assert again == as_text(_document(inputs, posterior)) == fitted.text


def test_the_committed_coefficients_are_those_of_this_fit(fitted: Fitted) -> None:
    assert fitted.text == COMMITTED


def test_the_order_of_the_arms_does_not_matter(inputs: FitInputs, arms: list[StudyArm], posterior: Posterior) -> None:
    turned = fit(arms[::-1], inputs.ceilings, inputs.settings)
    assert np.allclose(turned.weights, posterior.weights, atol=1e-9)
    assert np.allclose(turned.cells[0].mode[: len(FIXED)], posterior.cells[0].mode[: len(FIXED)], atol=1e-7)


def test_the_document_says_what_it_was_fitted_to(inputs: FitInputs) -> None:
    document = json.loads(COMMITTED)
    assert document["sha256"] == digest(document)
    assert document["fitted_to_sha256"] == inputs.fitted_to_sha256
    assert (document["version"], document["seed"]) == (inputs.version, inputs.settings.seed)
    assert digest({**document, "seed": 1}) != document["sha256"]


def test_draws_are_complete_and_plausible(inputs: FitInputs) -> None:
    draws = json.loads(COMMITTED)["draws"]
    assert set(draws) == {*CLASSES, *SLOPES, "other_agonist", "study", "ferritin", "prior_augmentation"}
    assert {len(values) for values in draws.values()} == {inputs.settings.draws}
    assert all(math.isfinite(x) and round(x, 4) == x for values in draws.values() for x in values)
    assert min(draws["ferritin"]) >= 0, "low ferritin is never counted as a protection"
    assert min(draws["time_exponent"]) > 0
    assert abs(np.median(draws["study"])) < 0.05
    medians = {name: float(np.median(values)) for name, values in draws.items()}
    assert medians["placebo"] < medians["oral_agonist"] < medians["levodopa"]
    assert medians["discontinued"] < medians["clinically_significant"] < 0 < medians["dose_per_doubling"]


def test_as_many_draws_as_are_asked_for(posterior: Posterior) -> None:
    for count in (1, 7, 1000):
        found = posterior.draw(count, np.random.default_rng(1))
        assert {len(values) for values in found.values()} == {count}
    assert set(found) == {*FIXED, "agonist_mean", "study_spread", "arm_spread", "class_spread"}


# ---- the grid ----------------------------------------------------------------------------------------------------------
def test_weights_sum_to_one_over_the_whole_grid(posterior: Posterior) -> None:
    assert len(posterior.cells) == len(posterior.weights) == len(STUDY_SPREADS) * len(ARM_SPREADS) * len(CLASS_SPREADS)
    assert float(posterior.weights.sum()) == pytest.approx(1, abs=1e-12)
    assert float(posterior.weights.min()) >= 0


@pytest.mark.parametrize(
    ("spread", "grid"),
    [("study_spread", STUDY_SPREADS), ("arm_spread", ARM_SPREADS), ("class_spread", CLASS_SPREADS)],
)
def test_the_upper_end_of_a_grid_holds_next_to_nothing(spread: str, grid: Sequence[float], posterior: Posterior) -> None:
    at_end = sum(float(w) for c, w in zip(posterior.cells, posterior.weights, strict=True) if getattr(c, spread) == grid[-1])
    assert at_end < 0.01


def test_every_mode_is_a_maximum(posterior: Posterior) -> None:
    for cell in posterior.cells:
        assert np.all(np.isfinite(cell.mode))
        assert np.all(np.diag(cell.factor) > 0)


# ---- calibration -------------------------------------------------------------------------------------------------------
def test_left_out_studies_are_predicted_as_well_as_is_asked(fitted: Fitted) -> None:
    s = fitted.score
    assert s.arms == len(fitted.predictions) == 27
    assert s.in95 / s.arms >= 0.93
    assert s.in80 / s.arms >= 0.78
    assert s.mean_absolute_error <= 7.5
    assert s.mean_width95 <= 45


def test_it_beats_both_baselines(fitted: Fitted, arms: list[StudyArm], inputs: FitInputs) -> None:
    assert fitted.baselines == baselines(arms, inputs.baseline_name, inputs.baseline_percent)
    assert set(fitted.baselines) == {"one pooled rate", "class percentages of Liu 2016"}
    assert all(fitted.score.mean_absolute_error < value for value in fitted.baselines.values())


def test_the_score_is_that_of_its_predictions(fitted: Fitted) -> None:
    found, s = fitted.predictions, fitted.score
    assert s.in95 == sum(p.low95 - 1e-9 <= 100 * (p.arm.n_augmented or 0) / (p.arm.n or 1) <= p.high95 + 1e-9 for p in found)
    assert s.mean_absolute_error == pytest.approx(fmean(abs(p.median - p.observed) for p in found))
    assert s.mean_width95 == pytest.approx(fmean(p.high95 - p.low95 for p in found))
    assert s.bias == pytest.approx(fmean(p.median - p.observed for p in found))
    for p in found:
        assert 0 <= p.low95 <= p.low80 <= p.high80 <= p.high95 <= 100
        assert p.in95 or not p.in80
    assert score(found) == s


def test_a_study_is_predicted_without_itself(inputs: FitInputs, arms: list[StudyArm], fitted: Fitted, posterior: Posterior) -> None:
    own = {p.arm.arm_id: p for p in predicted(posterior, arms, inputs.ceilings, inputs.settings)}
    left = {p.arm.arm_id: p for p in fitted.predictions}
    assert list(left) == [a.arm_id for a in arms]
    nearer = sum(abs(own[k].median - own[k].observed) < abs(left[k].median - left[k].observed) for k in left)
    assert nearer > len(left) * 0.7
    study = [a for a in arms if a.study == "Godau 2011"]
    alone = fit([a for a in arms if a.study != "Godau 2011"], inputs.ceilings, inputs.settings)
    assert predicted(alone, study, inputs.ceilings, inputs.settings)[0].median == left["ROT_Godau2011"].median


def test_arms_kept_apart_are_predicted_and_never_fitted(fitted: Fitted, inputs: FitInputs) -> None:
    assert {p.arm.arm_id for p in fitted.external} == {a.arm_id for a in inputs.arms if a.use == "external"}
    assert not {p.arm.arm_id for p in fitted.external} & {p.arm.arm_id for p in fitted.predictions}


def test_the_summary_and_the_json_say_the_same(fitted: Fitted) -> None:
    told = fitted.as_dict()
    assert told["leave_one_study_out"]["in95"] == fitted.score.in95
    assert f"inside the 95 % interval {fitted.score.in95}" in fitted.summary
    assert [a["arm_id"] for a in told["arms"]] == [p.arm.arm_id for p in fitted.predictions]
    assert json.loads(json.dumps(told)) == told
    assert fitted.report == ""


# ---- the baselines by hand ---------------------------------------------------------------------------------------------
def test_baselines_by_hand(arms: list[StudyArm], inputs: FitInputs) -> None:
    some = [a for a in arms if a.arm_id in ("CAB_Benes2004", "ROT_Godau2011", "PPX_Winkelman2004")]
    data = {a.arm_id: (a.n_augmented or 0, a.n or 0, (a.effective_months or 0) / 12) for a in some}
    off = []
    for name, (cases, n, years) in data.items():
        rest = [data[k] for k in data if k != name]
        rate = sum(c for c, _, _ in rest) / sum(m * t for _, m, t in rest)
        off.append(abs(100 * cases / n - 100 * (1 - math.exp(-rate * years))))
    found = baselines(some, inputs.baseline_name, inputs.baseline_percent)
    assert found["one pooled rate"] == pytest.approx(fmean(off))
    liu = {"CAB_Benes2004": 6.0, "ROT_Godau2011": 1.7, "PPX_Winkelman2004": 6.0}
    assert found["class percentages of Liu 2016"] == pytest.approx(fmean(abs(100 * c / n - liu[k]) for k, (c, n, _) in data.items()))


# ---- ferritin ----------------------------------------------------------------------------------------------------------
def _log_normal(mean: float, sd: float) -> tuple[float, float]:
    """Mean and variance on the log scale of a log-normal variable with this mean and standard deviation."""
    variance = math.log(1 + sd * sd / (mean * mean))
    return math.log(mean) - variance / 2, variance


def test_the_ferritin_effect_by_hand(inputs: FitInputs) -> None:
    """Two cohorts, each as the difference of two log-normals over their common variance; pooled after DerSimonian and Laird."""
    cohorts = [((85.0, 59.0, 36), (118.0, 108.0, 302)), ((55.8, 43.6, 19), (100.6, 84.5, 221))]
    assert [(c.augmented, c.others) for c in inputs.ferritin.contrasts] == cohorts
    effects, weights = [], []
    for (mean1, sd1, n1), (mean0, sd0, n0) in cohorts:
        (m1, v1), (m0, v0) = _log_normal(mean1, sd1), _log_normal(mean0, sd0)
        common = ((n1 - 1) * v1 + (n0 - 1) * v0) / (n1 + n0 - 2)
        effects.append((m0 - m1) / common * math.log(2))
        weights.append(1 / ((1 / n1 + 1 / n0) / common * math.log(2) ** 2))
    fixed = (weights[0] * effects[0] + weights[1] * effects[1]) / (weights[0] + weights[1])
    q = weights[0] * (effects[0] - fixed) ** 2 + weights[1] * (effects[1] - fixed) ** 2
    total = weights[0] + weights[1]
    between = max(0.0, (q - 1) / (total - (weights[0] ** 2 + weights[1] ** 2) / total))
    final = [1 / (1 / w + between) for w in weights]
    wanted = (final[0] * effects[0] + final[1] * effects[1]) / (final[0] + final[1]), 1 / math.sqrt(final[0] + final[1])
    assert pooled_ferritin(inputs.ferritin.contrasts) == pytest.approx(wanted, rel=1e-12)
    assert wanted == pytest.approx((0.47, 0.236), abs=0.02), "each halving of ferritin about 1.6 times the hazard"


def test_the_ferritin_draws_are_that_effect_cut_off_at_none(inputs: FitInputs) -> None:
    mean, sd = pooled_ferritin(inputs.ferritin.contrasts)
    draws = sorted(json.loads(COMMITTED)["draws"]["ferritin"])
    wanted = [max(0.0, NormalDist(mean, sd).inv_cdf((k + 0.5) / len(draws))) for k in range(len(draws))]
    assert draws == pytest.approx(wanted, abs=6e-5)


def test_one_cohort_alone_is_its_own_effect() -> None:
    same = Contrast(study="x", augmented=(50.0, 30.0, 40), others=(50.0, 30.0, 40), reference="y")
    effect, error = pooled_ferritin([same])
    assert effect == pytest.approx(0, abs=1e-12)
    assert error > 0
    lower = Contrast(study="x", augmented=(40.0, 24.0, 40), others=(50.0, 30.0, 40), reference="y")
    assert pooled_ferritin([lower])[0] > 0
    assert pooled_ferritin([lower, lower])[1] < pooled_ferritin([lower])[1]


# ---- what a fit refuses ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("missing", ["n", "n_augmented", "effective_months"])
def test_an_arm_without_a_number_is_an_error_that_names_it(missing: str, inputs: FitInputs, arms: list[StudyArm]) -> None:
    broken = [_changed(a, **{missing: None}) if a.arm_id == "ROT_Godau2011" else a for a in arms]
    with pytest.raises(InputError, match="ROT_Godau2011"):
        fit(broken, inputs.ceilings, inputs.settings)


def test_an_arm_of_no_time_or_no_class_is_an_error_that_names_it(inputs: FitInputs, arms: list[StudyArm], posterior: Posterior) -> None:
    with pytest.raises(InputError, match="CAB_Benes2004"):
        predicted(posterior, [_changed(arms[0], effective_months=0.0)], inputs.ceilings, inputs.settings)
    with pytest.raises(InputError, match=r"CAB_Benes2004.*moonshine"):
        fit([_changed(arms[0], class_key="moonshine")], inputs.ceilings, inputs.settings)


# ---- directions --------------------------------------------------------------------------------------------------------
def test_more_cases_more_risk_and_only_in_that_class(inputs: FitInputs, arms: list[StudyArm], posterior: Posterior) -> None:
    more = [_changed(a, n_augmented=(a.n_augmented or 0) + 100) if a.arm_id == "ROT_Benes2012_OL_any" else a for a in arms]
    other = fit(more, inputs.ceilings, inputs.settings)
    before, after = (p.draw(4000, np.random.default_rng(3)) for p in (posterior, other))
    rise = {name: float(np.median(after[name]) - np.median(before[name])) for name in CLASSES}
    assert rise["patch_agonist"] > 0.1
    assert rise["patch_agonist"] > max(abs(rise["levodopa"]), abs(rise["placebo"]))


def test_a_variant_without_study_effect_is_narrower(inputs: FitInputs, arms: list[StudyArm], posterior: Posterior) -> None:
    bare = fit(arms, inputs.ceilings, inputs.settings, Variant("no study effect", study_effect=False))
    wide, narrow = (score(predicted(p, arms, inputs.ceilings, inputs.settings)) for p in (posterior, bare))
    assert narrow.mean_width95 < 0.6 * wide.mean_width95
    assert narrow.in95 < wide.in95
