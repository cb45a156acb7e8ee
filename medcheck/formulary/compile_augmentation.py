"""formulary/augmentation -> the part of the compiled document that the augmentation model needs, with its cross-file checks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from medcheck.formulary.augmentation_schema import CAUSES, HISTORY_TERMS, QUESTIONS, RED_FLAGS

FOLDER: Final = "augmentation"
_FITTED_CLASSES: Final = frozenset({"levodopa", "oral_agonist", "patch_agonist", "cabergoline", "pergolide", "alpha2delta", "placebo"})
_PARAMETERS: Final = (*sorted(_FITTED_CLASSES), "other_agonist", "time_exponent", "dose_per_doubling", "clinically_significant",
                      "discontinued", "study", "ferritin", "prior_augmentation")  # fmt: skip
_NOT_A_DRUG: Final = frozenset({"mixed", "placebo"})


class Reader(Protocol):
    """What reads files and collects their problems (compile._Compiler)."""

    directory: Path

    def problem(self, file: str, path: str, message: str) -> None:
        """Note a problem."""

    def read_toml(self, path: Path) -> dict[str, Any] | None:
        """A TOML file, None with a problem noted when it cannot be read."""

    def csv_rows(self, name: str) -> list[dict[str, Any]]:
        """The good rows of a table."""

    def load(self, pattern: str, file: str, data: Any) -> Any:
        """The data as its schema reads them, None with the problems noted when they do not fit."""

    def review(self, file: str, data: dict[str, Any] | None) -> bool:
        """Note when the file is due, and whether a clinician has checked it."""


def add_augmentation(
    reader: Reader,
    ingredients: Mapping[str, Any],
    references: Collection[str],
    conditions: Collection[str],
    *,
    with_coefficients: bool = True,
) -> dict[str, Any]:
    """The document `{"rules", "arms", "coefficients"}`; a part that is missing or wrong is noted as a problem and left out.

    Without `with_coefficients` the fitted file is neither read nor asked for: that is how a new fit begins.
    """
    model = _toml(reader, "model.toml")
    criteria = _toml(reader, "criteria.toml")
    advice = _toml(reader, "advice.toml")
    arms = [{"class_key": a.pop("class_"), **a} for a in reader.csv_rows(f"{FOLDER}/incidence.csv")]
    _check_arms(reader, arms, ingredients, references)
    for name, data in (("model.toml", model), ("criteria.toml", criteria), ("advice.toml", advice)):
        _check_references(reader, f"{FOLDER}/{name}", data, references)
    if model is None or criteria is None or advice is None:
        return {}
    _check_model(reader, model, ingredients)
    _check_unique(reader, f"{FOLDER}/advice.toml", advice, ("advice",))
    groups = advice["circumstances"]
    for name in (i for part in ("taking", "not_taking") for members in groups[part].values() for i in members):
        if name not in ingredients:
            reader.problem(f"{FOLDER}/advice.toml", "circumstances", f"unknown ingredient {name!r}")
    _check_criteria(reader, criteria, conditions)
    ceilings = ceilings_of(ingredients)
    wanted = fit_digest(arms, model, ceilings)
    out: dict[str, Any] = {"arms": arms, "rules": _rules(model, criteria, advice), "fitted_to_sha256": wanted, "ceilings": ceilings}
    if with_coefficients:
        out["coefficients"] = _coefficients(reader, model, wanted)
    return out


def ceilings_of(ingredients: Mapping[str, Any]) -> dict[str, float]:
    """The dose in mg per day that guidelines ask not to exceed, by ingredient, where there is one."""
    found = {}
    for name, entry in ingredients.items():
        ceiling = (entry.get("dosing") or {}).get("augmentation_ceiling_mg_per_day")
        if ceiling:
            found[name] = ceiling
    return found


def fit_digest(arms: list[dict[str, Any]], model: Mapping[str, Any], ceilings: Mapping[str, float]) -> str:
    """SHA-256 of everything that the fit depends on; words and marks that it does not read are left out."""
    read = ("study", "drug", "class_key", "mean_dose_mg_per_day", "effective_months", "n", "n_augmented", "tier")
    used = [{k: a[k] for k in read} for a in arms if a["use"] == "fit"]
    fit = {k: v for k, v in model["fit"].items() if k not in ("reason", "predictive_draws")}
    basis = {
        "version": model["version"],
        "arms": used,
        "fit": fit,
        "ferritin": [(c["augmented"], c["others"]) for c in model["ferritin"]["contrast"]],
        "prior_augmentation": model["prior_augmentation"]["log_hazard_ratio"],
        "ceilings": {a["drug"]: ceilings[a["drug"]] for a in used if a["drug"] in ceilings},
    }
    return hashlib.sha256(json.dumps(basis, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _toml(reader: Reader, name: str) -> dict[str, Any] | None:
    file = f"{FOLDER}/{name}"
    data = reader.read_toml(reader.directory / FOLDER / name)
    loaded = None if data is None else reader.load(file, file, data)
    reader.review(file, loaded)
    return dict(loaded) if loaded is not None else None


def _rules(model: dict[str, Any], criteria: dict[str, Any], advice: dict[str, Any]) -> dict[str, Any]:
    plain = {k: v for k, v in model.items() if k not in ("review", "class_")}
    data = (model, criteria, advice)
    return {
        **plain,
        "classes": model["class_"],
        "history": criteria["history"],
        "questions": criteria["question"],
        "features": criteria["feature"],
        "rules": criteria["rule"],
        "red_flags": criteria["red_flag"],
        "causes": criteria["cause"],
        "advice": advice["advice"],
        "circumstances": advice["circumstances"],
        "clinically_reviewed": all(bool(d["review"]["checked_by"]) for d in data),
    }


def _coefficients(reader: Reader, model: Mapping[str, Any], wanted: str) -> dict[str, Any]:
    file = f"{FOLDER}/coefficients.json"
    try:
        written = json.loads((reader.directory / FOLDER / "coefficients.json").read_text(encoding="utf-8"))
        data = reader.load(file, file, written)
    except FileNotFoundError:
        reader.problem(file, "", "the file is missing: run `medcheck augmentation fit --write`")
        return {}
    except (ValueError, RecursionError) as error:
        reader.problem(file, "", f"not valid JSON: {error}")
        return {}
    if data is None:
        return {}
    plain = {k: v for k, v in written.items() if k != "sha256"}
    if hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest() != data["sha256"]:
        reader.problem(file, "sha256", "does not fit: the file was edited; run `medcheck augmentation fit --write`")
    elif data["fitted_to_sha256"] != wanted or data["version"] != model["version"]:
        reader.problem(file, "fitted_to_sha256", "fitted to other data than these: run `medcheck augmentation fit --write`")
    count = model["fit"]["draws"]
    if set(data["draws"]) != set(_PARAMETERS) or any(len(values) != count for values in data["draws"].values()):
        reader.problem(file, "draws", f"must hold {count} draws of each of: {', '.join(_PARAMETERS)}")
    return dict(data)


# ---- checks ------------------------------------------------------------------------------------------------------------
def _check_arms(reader: Reader, arms: list[dict[str, Any]], ingredients: Mapping[str, Any], references: Collection[str]) -> None:
    file = f"{FOLDER}/incidence.csv"
    seen: set[str] = set()
    for arm in arms:
        name = arm["arm_id"]
        if name in seen:
            reader.problem(file, name, "this arm is there twice")
        seen.add(name)
        if arm["reference"] not in references:
            reader.problem(file, name, f"unknown reference {arm['reference']!r}")
        if arm["class_key"] not in _FITTED_CLASSES:
            reader.problem(file, name, f"class must be one of {', '.join(sorted(_FITTED_CLASSES))}")
        if arm["drug"] not in _NOT_A_DRUG and arm["drug"] not in ingredients:
            reader.problem(file, name, f"unknown ingredient {arm['drug']!r}")
        if arm["use"] != "context":
            missing = [k for k in ("effective_months", "n", "n_augmented") if arm[k] is None or (not arm[k] and k != "n_augmented")]
            if missing:
                reader.problem(file, name, f"an arm that is fitted or predicted needs {', '.join(missing)}")
        if arm["mean_dose_mg_per_day"] == 0:
            reader.problem(file, name, "a mean dose of 0 is none: leave the cell empty where it is not known")
        if arm["effective_months"] and arm["followup_months"] and arm["effective_months"] > arm["followup_months"]:
            reader.problem(file, name, "effective_months lie above followup_months")
        if arm["n"] is not None and (arm["n_augmented"] or 0) > arm["n"]:
            reader.problem(file, name, "more augmented than there are")


def _check_references(reader: Reader, file: str, node: Any, references: Collection[str], path: str = "") -> None:
    """Every list under a key `references`, and every `reference`, anywhere in the file."""
    if isinstance(node, dict):
        for key, value in node.items():
            keys = value if key == "references" else [value] if key == "reference" else None
            if keys is None:
                _check_references(reader, file, value, references, f"{path}.{key}" if path else key)
                continue
            for wrong in (k for k in keys if k not in references):
                reader.problem(file, path, f"unknown reference {wrong!r}")
    elif isinstance(node, list):
        for k, item in enumerate(node):
            named = item.get("id", item.get("key", k)) if isinstance(item, dict) else k
            _check_references(reader, file, item, references, f"{path}.{named}")


def _check_unique(reader: Reader, file: str, data: Mapping[str, Any], tables: Collection[str]) -> None:
    """No id or key twice within a table: the second would hide the first."""
    for table in tables:
        ids = [row.get("id", row.get("key")) for row in data[table]]
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            reader.problem(file, table.rstrip("_"), f"{twice!r} is there twice")


def _check_model(reader: Reader, model: dict[str, Any], ingredients: Mapping[str, Any]) -> None:
    file = f"{FOLDER}/model.toml"
    _check_unique(reader, file, model, ("class_", "band", "override", "named"))
    priors = model["fit"]["prior"]
    for name, value in priors.items():
        if (value[1] if isinstance(value, list) else value) <= 0:
            reader.problem(file, f"fit.prior.{name}", "a standard deviation or scale must be above 0")
    without = sorted(k for k, v in priors.items() if isinstance(v, list) and k not in {r["prior"] for r in model["fit"]["reason"]})
    if without:
        reader.problem(file, "fit.reason", f"no reason is given for {', '.join(without)}")
    for contrast in model["ferritin"]["contrast"]:
        if min(*contrast["augmented"], *contrast["others"]) <= 0:
            reader.problem(file, f"ferritin.contrast {contrast['study']}", "means, standard deviations and numbers must be above 0")
    horizons = model["display"]["horizons_months"]
    if horizons != sorted(set(horizons)) or horizons[0] <= 0:
        reader.problem(file, "display.horizons_months", "must be above 0 and rise")
    plausible = model["plausible"]
    for low in (k for k in plausible if k.endswith("_least") and f"{k.removesuffix('_least')}_most" in plausible):
        if plausible[low] > plausible[f"{low.removesuffix('_least')}_most"]:
            reader.problem(file, f"plausible.{low}", "lies above the most")
    keys = [c["key"] for c in model["class_"]]
    if set(keys) != _FITTED_CLASSES | {"other_agonist"}:
        reader.problem(file, "class", f"the classes must be {', '.join(sorted(_FITTED_CLASSES | {'other_agonist'}))}")
    members = [i for c in model["class_"] for i in c["ingredients"]]
    for name in members:
        if name not in ingredients:
            reader.problem(file, "class", f"unknown ingredient {name!r}")
        if members.count(name) > 1:
            reader.problem(file, "class", f"{name} is in two classes")
    for name, entry in ingredients.items():
        if entry["class_key"] == "dopaminergic" and entry.get("dosing") and name not in members:
            reader.problem(file, "class", f"{name} has doses and is in no class of the model")
    if set(model["baseline"]["percent"]) != _FITTED_CLASSES:
        reader.problem(file, "baseline.percent", f"must have one for each of {', '.join(sorted(_FITTED_CLASSES))}")
    park = model["parkinson"]
    for name in (*park["with_ingredients"], *park["once_daily_ingredients"], *park["extended_ingredients"], *park["from_mg_per_day"]):
        if name not in ingredients:
            reader.problem(file, "parkinson", f"unknown ingredient {name!r}")
    starts = [b["from_percent"] for b in model["band"]]
    if starts != sorted(set(starts)) or starts[0] != 0:
        reader.problem(file, "band", "from_percent must begin at 0 and rise")
    for override in model["override"]:
        if override["band"] not in [b["key"] for b in model["band"]]:
            reader.problem(file, f"override.{override['id']}", f"unknown band {override['band']!r}")


def _check_criteria(reader: Reader, criteria: dict[str, Any], conditions: Collection[str]) -> None:
    file = f"{FOLDER}/criteria.toml"
    _check_unique(reader, file, criteria, ("question", "feature", "rule", "red_flag", "cause"))
    for part, wanted in (("red_flag", RED_FLAGS), ("cause", CAUSES)):
        ids = {x["id"] for x in criteria[part]}
        if ids != set(wanted):
            reader.problem(file, part, f"the ids must be {', '.join(sorted(wanted))}")
    for cause in criteria["cause"]:
        for key in cause["conditions"]:
            if key not in conditions:
                reader.problem(file, f"cause.{cause['id']}.conditions", f"unknown condition {key!r}")
    if {q["id"] for q in criteria["question"]} != set(QUESTIONS):
        reader.problem(file, "question", f"the ids must be {', '.join(QUESTIONS)}")
    kinds = {q["id"]: q["kind"] for q in criteria["question"]}
    features = {f["id"] for f in criteria["feature"]}
    for feature in criteria["feature"]:
        answer = feature["answer"]
        if answer not in kinds and answer not in HISTORY_TERMS:
            reader.problem(file, f"feature.{feature['id']}", f"{answer!r} is neither a question nor one of {', '.join(HISTORY_TERMS)}")
        elif (feature["least"] is None) != (kinds.get(answer, "yes_no") == "yes_no"):
            reader.problem(file, f"feature.{feature['id']}", "`least` is for answers that are numbers, and needed there")
        elif feature["least"] is not None and not feature["wanted"]:
            reader.problem(file, f"feature.{feature['id']}", "`wanted = false` is for answers that are yes or no")
    for rule in criteria["rule"]:
        for term in (*rule["all"], *rule["of"], *rule["needs_one"]):
            if term not in features:
                reader.problem(file, f"rule.{rule['id']}", f"unknown feature {term!r}")
        if rule["at_least"] > len(rule["of"]) or not (rule["all"] or rule["at_least"]):
            reader.problem(file, f"rule.{rule['id']}", "asks for nothing, or for more than it names")
