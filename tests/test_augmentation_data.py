"""The data of the augmentation model: sorted, sourced, marked as sure as its sources are, and fitted to what is committed."""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medcheck.assessment import AugmentationData
from medcheck.domain import Answers, Formulary
from medcheck.formulary import compile_directory, fit_inputs
from medcheck.formulary.augmentation_schema import AUGMENTATION_SCHEMAS, CIRCUMSTANCES, HISTORY_TERMS, PRIORS
from medcheck.formulary.load import source_files
from medcheck.settings import default_formulary_dir

DATA = default_formulary_dir()
FOLDER = DATA / "augmentation"
PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
USES = ("fit", "external", "context")


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def _arms() -> list[dict[str, str]]:
    with (FOLDER / "incidence.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


ARMS = _arms()
USED = [a for a in ARMS if a["use"] != "context"]
MODEL, CRITERIA, ADVICE = _toml("model.toml"), _toml("criteria.toml"), _toml("advice.toml")
TABLES = [(f"{part} of {name}", rows) for name, data in (("model", MODEL), ("criteria", CRITERIA), ("advice", ADVICE))
          for part, rows in data.items() if isinstance(rows, list)]  # fmt: skip


@pytest.fixture(scope="module")
def data(formulary: Formulary) -> AugmentationData:
    return formulary.augmentation()


# ---- incidence.csv -----------------------------------------------------------------------------------------------------
def test_arms_are_sorted_by_use_and_name() -> None:
    keys = [(USES.index(a["use"]), a["arm_id"]) for a in ARMS]
    assert keys == sorted(keys)


def test_arms_are_there_once() -> None:
    assert [arm for arm, count in Counter(a["arm_id"] for a in ARMS).items() if count > 1] == []


@pytest.mark.parametrize("arm", USED, ids=[a["arm_id"] for a in USED])
def test_year_of_a_study_is_that_of_its_reference(arm: dict[str, str], formulary: Formulary) -> None:
    found = re.search(r"\b(\d{4})\Z", arm["study"])
    year = formulary.references[arm["reference"]].year
    assert found is None or 1990 <= int(found[1]) <= 2026  # none was treated with a dopaminergic for it much earlier
    assert found is None or year is None or int(found[1]) == year


@pytest.mark.parametrize("arm", ARMS, ids=[a["arm_id"] for a in ARMS])
def test_mark_of_an_arm_is_no_surer_than_its_source(arm: dict[str, str], formulary: Formulary) -> None:
    if arm["verified"] == "yes":
        assert formulary.references[arm["reference"]].verified != "no"
        assert "assumed" not in (arm["count_mark"], arm["followup_mark"])  # a mean dose may be: it moves the figure least


@pytest.mark.parametrize("arm", USED, ids=[a["arm_id"] for a in USED])
def test_numbers_of_an_arm_say_where_they_come_from(arm: dict[str, str]) -> None:
    assert arm["count_mark"]
    assert arm["followup_mark"]
    assert bool(arm["mean_dose_mg_per_day"]) == bool(arm["dose_mark"])
    assert all(arm[k] for k in ("definition", "design", "setting", "note"))


@pytest.mark.parametrize("arm", USED, ids=[a["arm_id"] for a in USED])
def test_time_at_risk_is_within_the_follow_up(arm: dict[str, str]) -> None:
    assert 0 < float(arm["effective_months"]) <= float(arm["followup_months"])
    assert arm["mean_dose_mg_per_day"] == "" or float(arm["mean_dose_mg_per_day"]) > 0


def test_drug_of_an_arm_is_of_its_class(data: AugmentationData) -> None:
    members = {i: c.key for c in data.classes for i in c.ingredients} | {"placebo": "placebo"}
    assert [a["arm_id"] for a in ARMS if a["drug"] != "mixed" and members[a["drug"]] != a["class"]] == []


def test_what_is_left_out_says_why() -> None:
    assert [a["arm_id"] for a in ARMS if (a["use"] == "context") != a["note"].startswith("Left out: ")] == []


def test_arms_kept_apart_are_of_other_studies_than_those_fitted() -> None:
    fitted = {a["study"] for a in ARMS if a["use"] == "fit"}
    assert [a["arm_id"] for a in ARMS if a["use"] == "external" and a["study"] in fitted] == []


# ---- model.toml --------------------------------------------------------------------------------------------------------
def test_every_prior_has_one_reason() -> None:
    reasons = [r["prior"] for r in MODEL["fit"]["reason"]]
    assert sorted(reasons) == sorted(PRIORS)
    assert {name for name, value in MODEL["fit"]["prior"].items() if isinstance(value, list)} == set(PRIORS)


def test_only_what_was_elicited_rests_on_no_source() -> None:
    assert [r["prior"] for r in MODEL["fit"]["reason"] if r["kind"] != "elicited" and not r["references"]] == []


def test_what_each_cohort_of_ferritin_counts_is_plausible(data: AugmentationData) -> None:
    for contrast in data.ferritin.contrasts:
        assert contrast.augmented[0] < contrast.others[0], contrast.study
        assert contrast.augmented[2] < contrast.others[2], contrast.study


# ---- criteria.toml and advice.toml -------------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [rows for _, rows in TABLES], ids=[name for name, _ in TABLES])
def test_ids_are_there_once(rows: list[dict[str, Any]]) -> None:
    ids = [row.get("id", row.get("key")) for row in rows]
    assert None not in ids
    assert [i for i, count in Counter(ids).items() if count > 1] == []


def test_every_question_has_an_answer_of_the_patient_and_the_other_way() -> None:
    assert sorted(q["id"] for q in CRITERIA["question"]) == sorted(Answers.__match_args__)


def test_every_question_is_read_and_every_feature_counts() -> None:
    features = {f["id"]: f["answer"] for f in CRITERIA["feature"]}
    terms = {t for r in CRITERIA["rule"] for t in (*r["all"], *r["of"])}
    assert set(features) - terms == set()
    assert {*Answers.__match_args__, *HISTORY_TERMS} - set(features.values()) == set()


def test_every_circumstance_brings_advice() -> None:
    assert set(CIRCUMSTANCES) - {w for a in ADVICE["advice"] for w in a["when"]} == set()


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.:;?!]) ", text)


@pytest.mark.parametrize("advice", ADVICE["advice"], ids=[a["id"] for a in ADVICE["advice"]])
def test_advice_orders_nothing_and_names_no_dose(advice: dict[str, Any]) -> None:
    order = re.compile(
        r"(?:Stop|Must|Should|Discontinue|Start|Taper|Switch|Give|Reduce|Raise|Replace|Avoid|Keep|Take|Never|Do not)\b", re.I
    )
    for sentence in _sentences(advice["text"]) + _sentences(advice.get("conflicts", "")):
        assert not order.match(sentence), sentence
        if re.search(r"\d ?mg\b(?!/)", sentence):  # as a study's figure only
            assert re.search(r"\b(?:median|mean|average) dose was\b", sentence), sentence
            assert advice["references"]


def _marked(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if "verified" in node:
            yield f"{path} {node.get('id', '')}".strip(), node
        for key, value in node.items():
            yield from _marked(value, key)
    elif isinstance(node, list):
        for item in node:
            yield from _marked(item, path)


MARKED = [x for file in (MODEL, CRITERIA, ADVICE) for x in _marked(file)]


@pytest.mark.parametrize("row", [row for _, row in MARKED], ids=[path for path, _ in MARKED])
def test_what_is_marked_as_verified_cites_a_source_that_was_seen(row: dict[str, Any], formulary: Formulary) -> None:
    if row["verified"] == "yes":
        assert [k for k in row["references"] if formulary.references[k].verified != "no"]


# ---- coefficients.json and the package ---------------------------------------------------------------------------------
def test_coefficients_belong_to_the_data(data: AugmentationData) -> None:
    compile_directory(DATA)
    inputs = fit_inputs(DATA)
    fitted = data.coefficients
    assert (fitted.fitted_to_sha256, fitted.version, fitted.seed) == (inputs.fitted_to_sha256, inputs.version, inputs.settings.seed)
    assert {len(values) for values in fitted.draws.values()} == {inputs.settings.draws}


def test_every_file_is_part_of_the_digest_and_has_a_schema() -> None:
    digested = {p.relative_to(DATA).as_posix() for p in source_files(DATA)}
    assert {f"augmentation/{p.name}" for p in FOLDER.iterdir()} == set(AUGMENTATION_SCHEMAS)
    assert set(AUGMENTATION_SCHEMAS) <= digested


def test_the_package_holds_the_whole_folder() -> None:
    """The wheel is smoke-tested by scripts/smoke-wheel; here that nothing of the folder is left out on the way."""
    targets = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert targets["wheel"]["force-include"] == {"formulary": "medcheck/_formulary"}
    assert "exclude" not in targets["wheel"]
    assert "/formulary" in targets["sdist"]["include"]
    assert not any("formulary" in name for name in targets["sdist"]["exclude"])
