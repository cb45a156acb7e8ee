"""One fit from its inputs: coefficients, calibration, report. Knows no files: texts in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from medcheck.assessment import FitInputs, StudyArm
from medcheck.fitting.calibration import Prediction, Score, baselines, leave_one_study_out, predicted, score
from medcheck.fitting.coefficients import as_text, coefficients
from medcheck.fitting.posterior import FIXED, Variant, fit
from medcheck.fitting.report import report

VARIANTS = (
    Variant("no dose effect", use_dose=False),
    Variant("no definition effect", use_tier=False),
    Variant("steady risk (exponent 1)", constant_hazard=True),
    Variant("no study effect", study_effect=False),
    Variant("normal study effect instead of Student t", normal_study_effect=True),
    Variant("levodopa drawn towards the agonists", levodopa_as_agonist=True),
)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit came to. `text` is the content of coefficients.json, `report` "" unless variants were asked for."""

    text: str
    score: Score
    predictions: tuple[Prediction, ...]
    external: tuple[Prediction, ...]
    baselines: Mapping[str, float]
    report: str

    @property
    def summary(self) -> str:
        """The calibration in a few lines."""
        s = self.score
        base = ", ".join(f"{name} {value:.1f}" for name, value in self.baselines.items())
        inside = sum(p.in95 for p in self.external)
        return (
            f"{s.arms} arms, each study predicted from the others: inside the 95 % interval {s.in95} ({100 * s.in95 / s.arms:.1f} %), "
            f"inside the 80 % interval {s.in80} ({100 * s.in80 / s.arms:.1f} %)\n"
            f"mean absolute error {s.mean_absolute_error:.2f} points ({base}); "
            f"mean width of the 95 % interval {s.mean_width95:.1f} points\n"
            f"{len(self.external)} arms kept apart: {inside} inside the 95 % interval\n"
        )

    def as_dict(self) -> dict[str, Any]:
        """The calibration as JSON types."""
        return {
            "format": 1,
            "leave_one_study_out": asdict(self.score),
            "baselines_mean_absolute_error": dict(self.baselines),
            "arms": [_prediction(p) for p in self.predictions],
            "external": [_prediction(p) for p in self.external],
        }


def _prediction(p: Prediction) -> dict[str, Any]:
    return {
        "arm_id": p.arm.arm_id,
        "definition": p.arm.tier,
        "n": p.arm.n,
        "observed": round(p.observed, 2),
        "median": round(p.median, 2),
        "interval80": [round(p.low80, 2), round(p.high80, 2)],
        "interval95": [round(p.low95, 2), round(p.high95, 2)],
        "in80": p.in80,
        "in95": p.in95,
    }


def run(inputs: FitInputs, *, with_report: bool) -> Fitted:
    """Fit, predict every study from the others and the arms kept apart, and write the report where it is asked for (slower).

    Raises:
        InputError: an arm cannot be used; the message names it.
    """
    arms = [a for a in inputs.arms if a.use == "fit"]
    apart = [a for a in inputs.arms if a.use == "external"]
    posterior = fit(arms, inputs.ceilings, inputs.settings)
    document = coefficients(posterior, inputs.settings, inputs.ferritin, inputs.prior_augmentation, inputs.version, inputs.fitted_to_sha256)
    left_out = leave_one_study_out(arms, inputs.ceilings, inputs.settings)
    outside = predicted(posterior, apart, inputs.ceilings, inputs.settings) if apart else []
    simple = baselines(arms, inputs.baseline_name, inputs.baseline_percent)
    text = ""
    if with_report:
        others = _variants(arms, inputs)
        text = report(inputs, posterior, FIXED, left_out, outside, simple, others, document)
    return Fitted(as_text(document), score(left_out), tuple(left_out), tuple(outside), simple, text)


def _variants(arms: Sequence[StudyArm], inputs: FitInputs) -> dict[str, Score]:
    """The calibration of the model's variants, and of the model on parts of the data."""
    found = {v.name: score(leave_one_study_out(arms, inputs.ceilings, inputs.settings, v)) for v in VARIANTS}
    mixed = leave_one_study_out(arms, inputs.ceilings, inputs.settings, None, inputs.noted_only)
    found["the model, not told whether a study looked for it (`arm` without --ascertainment)"] = score(mixed)
    sure = [a for a in arms if a.verified == "yes"]
    parts = {
        "only arms whose numbers were seen in the source": sure,
        "without the 36 per cent arm of Oertel 2011 (second-hand)": [a for a in arms if a.arm_id != "ROT_Oertel2011_any"],
        "Allen & Earley 1996 at two months instead of six": [_shorter(a) if a.arm_id == "LD_AllenEarley1996" else a for a in arms],
    }
    return found | {name: score(leave_one_study_out(some, inputs.ceilings, inputs.settings)) for name, some in parts.items()}


def _shorter(arm: StudyArm) -> StudyArm:
    return StudyArm(**{**vars(arm), "effective_months": 2.0})
