"""What the list and the facts say of this patient, looked up once: what is taken, refused, tried, and which conditions hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medcheck.domain import Formulary, MedicationStatement, Outcome, PatientFacts, Status

TAKEN = frozenset({Status.ACTIVE, Status.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Patient:
    """`taken`, `allergic`, `past` and `refused` map an ingredient to the line that says so; `classes` are the classes taken."""

    taken: dict[str, int]
    allergic: dict[str, int]
    past: dict[str, int]
    refused: dict[str, int]
    held: dict[str, int]
    classes: frozenset[str]
    conditions: frozenset[str]
    facts: PatientFacts


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
                groups[group].setdefault(ingredient, statement.line)
    classes = frozenset(formulary.ingredients[i].class_key for i in groups["taken"] if i in formulary.ingredients)
    conditions = set(facts.conditions)
    if facts.pregnant:
        conditions.add("pregnancy")
    if facts.dialysis:
        conditions.update(("dialysis", "renal_impairment"))
    if facts.egfr is not None and facts.egfr < 60:
        conditions.add("renal_impairment")
    return Patient(**groups, classes=classes, conditions=frozenset(conditions), facts=facts)


def is_taken(statement: MedicationStatement) -> bool:
    """Whether a statement counts as taken now: active, or not told."""
    return statement.status in TAKEN


def possible_ingredients(statement: MedicationStatement) -> tuple[str, ...]:
    """What a statement names, or, for a question, everything that it could name."""
    if statement.match.outcome is not Outcome.QUESTION:
        return statement.match.ingredients
    other = (i for reading in statement.match.other_readings for i in reading.ingredients)
    return tuple(dict.fromkeys((*statement.match.ingredients, *other)))
