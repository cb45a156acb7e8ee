"""The compiled augmentation part -> AugmentationData; imported only when it is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from medcheck.assessment import (
    Advice,
    Ascertainment,
    AugmentationData,
    Band,
    Circumstances,
    Coefficients,
    Contrast,
    Feature,
    FerritinFactor,
    FitInputs,
    FitSettings,
    FlagText,
    HistoryDays,
    LookAlikeCause,
    ModelClass,
    NamedFlag,
    Override,
    ParkinsonSigns,
    Plausible,
    PriorFactor,
    Question,
    StateRule,
    StudyArm,
)
from medcheck.domain import Row

R = TypeVar("R", bound=Row)


def augmentation_data(rows: Mapping[str, bytes]) -> AugmentationData:
    """All of it, from the rows `rules`, `arms` and `coefficients`."""
    rules = json.loads(rows["rules"])
    fitted = json.loads(rows["coefficients"])
    display = rules["display"]
    return AugmentationData(
        version=rules["version"],
        basis=rules["basis"],
        clinically_reviewed=rules["clinically_reviewed"],
        fit=fit_settings(rules),
        classes=_rows(ModelClass, rules["classes"]),
        ferritin=ferritin_factor(rules),
        prior_augmentation=prior_factor(rules),
        cap_hazard_ratio=rules["cap"]["hazard_ratio"],
        ascertainment=_rows(Ascertainment, [rules["ascertainment"]])[0],
        plausible=Plausible(**{k: v for k, v in rules["plausible"].items() if k != "kind"}),
        parkinson=_rows(ParkinsonSigns, [{k: v for k, v in rules["parkinson"].items() if k != "kind"}])[0],
        horizons_months=tuple(display["horizons_months"]),
        extrapolated_from_months=display["extrapolated_from_months"],
        least_percent=display["least_percent"],
        most_percent=display["most_percent"],
        most_exposures=display["most_exposures"],
        bands=_rows(Band, rules["band"]),
        overrides=_rows(Override, rules["override"]),
        named=_rows(NamedFlag, rules["named"]),
        history=HistoryDays(**rules["history"]),
        questions=_rows(Question, rules["questions"]),
        features=_rows(Feature, rules["features"]),
        rules=_rows(StateRule, rules["rules"]),
        red_flags=_rows(FlagText, rules["red_flags"]),
        causes=_rows(LookAlikeCause, rules["causes"]),
        advice=_rows(Advice, rules["advice"]),
        circumstances=_circumstances(rules["circumstances"]),
        coefficients=Coefficients(**{**fitted, "draws": {k: tuple(v) for k, v in fitted["draws"].items()}}),
        arms=study_arms(json.loads(rows["arms"])),
    )


def fit_inputs(document: Mapping[str, Any]) -> FitInputs:
    """What a fit reads, from the checked document of compile_augmentation."""
    rules = document["rules"]
    return FitInputs(
        arms=study_arms(document["arms"]),
        settings=fit_settings(rules),
        ferritin=ferritin_factor(rules),
        prior_augmentation=prior_factor(rules),
        ceilings=document["ceilings"],
        version=rules["version"],
        fitted_to_sha256=document["fitted_to_sha256"],
        baseline_name=rules["baseline"]["name"],
        baseline_percent=rules["baseline"]["percent"],
        noted_only=(rules["ascertainment"]["noted_only_share"], *rules["ascertainment"]["noted_only_log_hazard_ratio"]),
    )


def _rows(kind: type[R], items: Sequence[Mapping[str, Any]]) -> tuple[R, ...]:
    return tuple(kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in item.items()}) for item in items)


def _circumstances(item: Mapping[str, Any]) -> Circumstances:
    return Circumstances(
        older_from_years=item["older_from_years"],
        renal_impairment_below_egfr=item["renal_impairment_below_egfr"],
        taking={k: tuple(v) for k, v in item["taking"].items()},
        not_taking={k: tuple(v) for k, v in item["not_taking"].items()},
    )


def study_arms(rows: Sequence[Mapping[str, Any]]) -> tuple[StudyArm, ...]:
    """The study arms of checked rows."""
    return _rows(StudyArm, rows)


def fit_settings(rules: Mapping[str, Any]) -> FitSettings:
    """How the model is fitted."""
    fit = rules["fit"]
    prior = {k: (float(v[0]), float(v[1])) for k, v in fit["prior"].items() if isinstance(v, list)}
    spread = {k.removesuffix("_spread"): float(v) for k, v in fit["prior"].items() if k.endswith("_spread")}
    dose = tuple(k for r in fit["reason"] if r["prior"] == "dose_per_doubling" for k in r["references"])
    return FitSettings(**{k: v for k, v in fit.items() if k not in ("prior", "reason")}, prior=prior, spread=spread, dose_references=dose)


def ferritin_factor(rules: Mapping[str, Any]) -> FerritinFactor:
    """The effect of ferritin with the cohorts it is worked out from."""
    item = rules["ferritin"]
    return FerritinFactor(
        reference_ug_per_l=item["reference_ug_per_l"],
        least_ug_per_l=item["least_ug_per_l"],
        kind=item["kind"],
        text=item["text"],
        references=tuple(item["references"]),
        verified=item["verified"],
        contrasts=_rows(Contrast, item["contrast"]),
    )


def prior_factor(rules: Mapping[str, Any]) -> PriorFactor:
    """The effect of earlier augmentation."""
    return _rows(PriorFactor, [rules["prior_augmentation"]])[0]
