"""Options of a need, held against this patient before they are shown; an offender is never offered for another."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from medcheck.domain import FLAG_TIERS, Alternative, Formulary, Need, Option
from medcheck.rules.patient import Patient


class _Known(NamedTuple):
    """An option held against a patient, what it must not be used beside, and what speaks against each of its ingredients."""

    option: Option
    common: Alternative
    partners: frozenset[str]
    reasons: list[str]


class Offered:
    """Options of needs for one patient; each is worked out once, and only what it must not be used beside again for another medicine."""

    def __init__(self, patient: Patient, formulary: Formulary) -> None:
        self._patient = patient
        self._formulary = formulary
        self._known: dict[str, list[_Known]] = {}

    def __call__(self, needs: tuple[str, ...], replacing: str) -> tuple[Alternative, ...]:
        """As `alternatives`."""
        out = []
        for key in needs:
            if key not in self._known:
                need = self._formulary.needs[key]
                self._known[key] = [self._option(need, option) for option in need.options]
            for known in self._known[key]:
                out.append(self._beside(known, replacing) if replacing in known.partners else known.common)
        return tuple(out)

    def _option(self, need: Need, option: Option) -> _Known:
        partners = _partners(option.caution_with_classes, option.caution_with_ingredients, "", self._patient)
        reasons = [_against(name, self._patient, self._formulary) for name in option.ingredients]
        return _Known(option, _hold(need, option, "", self._patient, self._formulary), frozenset(partners), reasons)

    def _beside(self, known: _Known, replacing: str) -> Alternative:
        """An option whose caution names the medicine to be replaced: the same, but for the caution."""
        return replace(known.common, caution=_caution(known.option, known.reasons, replacing, self._patient, self._formulary))


def alternatives(needs: tuple[str, ...], replacing: str, patient: Patient, formulary: Formulary) -> tuple[Alternative, ...]:
    """Every option of the needs, in order; those that do not suit this patient carry the reason in `withheld`.

    `replacing` is the ingredient that the option would stand in for: it does not speak against its own replacement, unless a monoamine
    oxidase inhibitor or another drug that must be gone first.
    """
    out: list[Alternative] = []
    for key in needs:
        need = formulary.needs[key]
        out.extend(_hold(need, option, replacing, patient, formulary) for option in need.options)
    return tuple(out)


def _hold(need: Need, option: Option, replacing: str, patient: Patient, formulary: Formulary) -> Alternative:
    reasons = [_against(name, patient, formulary) for name in option.ingredients]
    withheld = _excluded(option, patient, formulary)
    if option.kind == "drug" and option.ingredients and all(reasons):
        each = [f"{n}: {r}" for n, r in zip(option.ingredients, reasons, strict=True)]
        withheld = "; ".join([withheld, *each] if withheld else each)
    return Alternative(
        need=need.key,
        need_name=need.name,
        kind=option.kind,
        ingredients=option.ingredients,
        text=option.text,
        caveat=option.caveat,
        caution=_caution(option, reasons, replacing, patient, formulary),
        withheld=withheld,
        strength=option.strength,
        references=option.references,
        verified=option.verified,
    )


def _caution(option: Option, reasons: list[str], replacing: str, patient: Patient, formulary: Formulary) -> str:
    cautions = _cautions(option, replacing, patient, formulary)
    if option.kind == "drug" and option.ingredients and not all(reasons):
        cautions += [f"not {n}: {r}" for n, r in zip(option.ingredients, reasons, strict=True) if r]
    return "; ".join(cautions)


def _against(ingredient: str, patient: Patient, formulary: Formulary) -> str:
    """Why one drug does not suit this patient, "" when nothing is known against it."""
    for group, words in (
        (patient.allergic, "allergy or intolerance recorded"),
        (patient.taken, "already taken"),
        (patient.past, "stopped or tried before"),
        (patient.refused, "recorded as not to be taken"),
        (patient.held, "on hold"),
    ):
        if ingredient in group:
            return f"{words} (line {group[ingredient]})"
    entry = formulary.ingredients.get(ingredient)
    if entry is not None and entry.tier in FLAG_TIERS:
        return "is itself flagged"
    return ""


def _named(keys: list[str], formulary: Formulary) -> str:
    conditions = formulary.modifiers.conditions
    return ", ".join(conditions[k].name if k in conditions else k for k in keys)


def _excluded(option: Option, patient: Patient, formulary: Formulary) -> str:
    found = [k for k in option.excluded_conditions if k in patient.conditions]
    if found:
        return f"not with {_named(found, formulary)}"
    drugs = _partners(option.excluded_with_classes, option.excluded_with_ingredients, "", patient)
    if drugs:
        return f"not together with {', '.join(drugs)} on the list"
    if option.pregnancy == "exclude" and patient.facts.pregnant:
        return "not in pregnancy"
    age = patient.facts.age
    if age is not None and option.min_age is not None and age < option.min_age:
        return f"not below {option.min_age} years"
    if age is not None and option.max_age is not None and age > option.max_age:
        return f"not above {option.max_age} years"
    return ""


def _partners(classes: tuple[str, ...], ingredients: tuple[str, ...], replacing: str, patient: Patient) -> list[str]:
    """Ingredients on the list that are named or belong to one of the classes; `replacing` itself does not count."""
    named = [i for i in ingredients if i in patient.taken]
    members = [i for key in classes for i in patient.of_class.get(key, ())]
    return [i for i in dict.fromkeys((*members, *named)) if i != replacing]


def _cautions(option: Option, replacing: str, patient: Patient, formulary: Formulary) -> list[str]:
    out = []
    found = [k for k in option.caution_conditions if k in patient.conditions]
    if found:
        out.append(f"caution: {_named(found, formulary)}")
    drugs = _partners(option.caution_with_classes, option.caution_with_ingredients, replacing, patient)
    if drugs:
        out.append(f"caution with {', '.join(drugs)} on the list")
    if option.pregnancy == "discuss" and patient.facts.pregnant:
        out.append("pregnancy: to be discussed with the obstetric team first")
    return out
