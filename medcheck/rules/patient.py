"""What the list and the facts say of this patient, looked up once: what is taken, refused, tried, and which conditions hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from medcheck.domain import (
    ANSWER_BOUNDS,
    FACT_BOUNDS,
    INDICATIONS,
    TAKEN,
    Formulary,
    MedicationStatement,
    Method,
    Outcome,
    PatientFacts,
    Status,
)
from medcheck.errors import InputError
from medcheck.value import Value

LOCAL_ROUTES = frozenset({"OPH", "TOP", "NAS"})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Patient(Value):
    """`taken`, `allergic`, `past`, `refused` and `held` map an ingredient to the line that says so.

    `of_class` maps a class to its ingredients taken; `naming` and `naming_class` map an ingredient or class to the statements taken that
    name it, or could (a question), so that no rule has to walk the list.
    """

    taken: dict[str, int]
    allergic: dict[str, int]
    past: dict[str, int]
    refused: dict[str, int]
    held: dict[str, int]
    of_class: dict[str, list[str]]
    naming: dict[str, list[MedicationStatement]]
    naming_class: dict[str, list[MedicationStatement]]
    conditions: frozenset[str]
    facts: PatientFacts


def check_facts(facts: PatientFacts) -> None:
    """Refuse facts that can be none, whichever door they came through.

    Raises:
        InputError: a number that is not finite or outside of what is possible, or an indication that is not one of INDICATIONS.
    """
    problems: dict[str, list[str]] = {}
    for owner, bounds in ((facts, FACT_BOUNDS), (facts.answers, ANSWER_BOUNDS)):
        for name, (low, high) in bounds.items():
            value = getattr(owner, name)
            if value is not None and not low <= value <= high:  # nan is in no order
                problems[name] = [f"must lie from {low:g} to {high:g}"]
    if facts.indication is not None and facts.indication not in INDICATIONS:
        problems["indication"] = [f"must be one of {', '.join(INDICATIONS)}"]
    if problems:
        raise InputError("; ".join(f"{name} {' and '.join(said)}" for name, said in problems.items()), problems)


def describe(statements: Sequence[MedicationStatement], facts: PatientFacts, formulary: Formulary) -> Patient:
    """Gather what rules ask about. eGFR below 60 counts as renal impairment, dialysis and pregnancy as conditions of their own."""
    groups: dict[str, dict[str, int]] = {name: {} for name in ("taken", "allergic", "past", "refused", "held")}
    where = {
        Status.ACTIVE: "taken",
        Status.UNKNOWN: "taken",
        Status.ALLERGY: "allergic",
        Status.STOPPED: "past",
        Status.COMPLETED: "past",
        Status.NOT_TAKEN: "refused",
        Status.ON_HOLD: "held",
    }
    for statement in statements:
        group = where.get(statement.status)
        if group is not None:
            for ingredient in statement.match.ingredients:
                if not (statement.status in TAKEN and used_locally(statement, ingredient, formulary)):
                    groups[group].setdefault(ingredient, statement.line)
    known = formulary.ingredients
    of_class: dict[str, list[str]] = {}
    for ingredient in groups["taken"]:
        if ingredient in known:
            of_class.setdefault(known[ingredient].class_key, []).append(ingredient)
    naming: dict[str, list[MedicationStatement]] = {}
    naming_class: dict[str, list[MedicationStatement]] = {}
    for statement in statements:
        if statement.status in TAKEN:
            keys = set()
            for name in possible_ingredients(statement):
                if used_locally(statement, name, formulary):
                    continue
                naming.setdefault(name, []).append(statement)
                if name in known:
                    keys.add(known[name].class_key)
            for key in keys:
                naming_class.setdefault(key, []).append(statement)
    conditions = set(facts.conditions)
    if facts.pregnant:
        conditions.add("pregnancy")
    if facts.dialysis:
        conditions.update(("dialysis", "renal_impairment"))
    if facts.egfr is not None and facts.egfr < 60:
        conditions.add("renal_impairment")
    return Patient(
        **groups,
        of_class=of_class,
        naming=naming,
        naming_class=naming_class,
        conditions=frozenset(conditions),
        facts=facts,
    )


def is_taken(statement: MedicationStatement) -> bool:
    """Whether a statement counts as taken now: active, or not told."""
    return statement.status in TAKEN


def used_locally(statement: MedicationStatement, ingredient: str, formulary: Formulary) -> bool:
    """Whether the statement puts the ingredient on the skin, into the eye or nose only, where the formulary says that this is harmless."""
    if statement.dosage.route not in LOCAL_ROUTES:
        return False
    entry = formulary.ingredients.get(ingredient)
    return entry is not None and entry.systemic_only


def doubt_of(statement: MedicationStatement) -> str:
    """What must be confirmed before a statement is relied on, "" when nothing must: the name, whether it is taken, where it came from."""
    match = statement.match
    if match.outcome is Outcome.QUESTION:
        return match.question or "the name is ambiguous"
    if statement.status not in TAKEN:
        return ""
    if match.method is Method.FUZZY:
        return f"read from a similar spelling (score {match.score:.2f})"
    if match.method is Method.MISSPELLING:
        return f"read from another spelling (score {match.score:.2f})"
    if not statement.status_certain:
        return "whether it is still taken is not clear"
    return statement.doubt


def taking(patient: Patient, ingredients: Iterable[str], classes: Iterable[str]) -> list[MedicationStatement]:
    """Statements taken now that name, or could name, one of the ingredients or a member of one of the classes, in list order."""
    found: dict[int, MedicationStatement] = {}
    for key in ingredients:
        found.update((id(s), s) for s in patient.naming.get(key, ()))
    for key in classes:
        found.update((id(s), s) for s in patient.naming_class.get(key, ()))
    return sorted(found.values(), key=lambda s: (s.line, s.span))


def possible_ingredients(statement: MedicationStatement) -> tuple[str, ...]:
    """What a statement names, or, for a question, everything that it could name."""
    if statement.match.outcome is not Outcome.QUESTION:
        return statement.match.ingredients
    other = (i for reading in statement.match.other_readings for i in reading.ingredients)
    return tuple(dict.fromkeys((*statement.match.ingredients, *other)))
