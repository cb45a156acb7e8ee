"""Statements -> flags: one per ingredient, worst tier first, with evidence kept apart as the drug's own, the class's, and against."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from medcheck.domain import (
    FLAG_TIERS,
    DoNotSuggest,
    Evidence,
    Flag,
    Formulary,
    Ingredient,
    MedicationStatement,
    Outcome,
    Status,
)
from medcheck.rules.alternatives import Offered
from medcheck.rules.patient import Patient, doubt_of, is_taken, possible_ingredients, used_locally
from medcheck.rules.timing import days_between, timing_text

_STRENGTH_ORDER = {"strong": 0, "moderate": 1, "conflicting": 2, "weak": 3, "none": 4}
WITHDRAWAL = "opioid withdrawal"
_CONCERNS = frozenset({"worsens_rls", "plms", "akathisia_mimic"})


def flag(statements: Sequence[MedicationStatement], patient: Patient, formulary: Formulary, as_of: date) -> tuple[Flag, ...]:
    """Flags for everything taken (or not told) of tier A, B or C; a question raises the flags that it could mean, unconfirmed.

    A stopped or tapered opioid raises the state "opioid withdrawal".
    """
    offered = Offered(patient, formulary)
    found: dict[str, list[int]] = {}
    for k, statement in enumerate(statements):
        if not is_taken(statement):
            continue
        for name in possible_ingredients(statement):
            entry = formulary.ingredients.get(name)
            if entry is None or entry.tier not in FLAG_TIERS:
                continue
            if used_locally(statement, name, formulary):
                continue
            found.setdefault(name, []).append(k)
    flags = [_flag(formulary.ingredients[name], rows, statements, patient, offered, formulary) for name, rows in found.items()]
    withdrawal = _withdrawal(statements, formulary, as_of)
    if withdrawal:
        flags.append(_flag(formulary.ingredients[WITHDRAWAL], withdrawal, statements, patient, offered, formulary))
    flags.sort(key=lambda f: (f.tier.value, _STRENGTH_ORDER[f.strength], not f.confirmed, f.ingredient))
    return tuple(flags)


def _withdrawal(statements: Sequence[MedicationStatement], formulary: Formulary, as_of: date) -> list[int]:
    """Opioids that were stopped within the window of the timing rule, or without a date, or are being tapered."""
    if WITHDRAWAL not in formulary.ingredients:
        return []
    window = formulary.modifiers.timing.possible_days
    out = []
    for k, statement in enumerate(statements):
        if not any(i in formulary.ingredients and formulary.ingredients[i].class_key == "opioid" for i in statement.match.ingredients):
            continue
        stopped = statement.period.stopped
        recent = stopped is None or (as_of - stopped.latest).days <= window
        ended = statement.status in (Status.STOPPED, Status.ON_HOLD) or (statement.status is Status.COMPLETED and stopped is not None)
        tapering = is_taken(statement) and any(w in statement.text.lower() for w in ("taper", "weaning", "wean off", "reducing"))
        if (ended and recent) or tapering:
            out.append(k)
    return out


def _flag(
    entry: Ingredient, rows: list[int], statements: Sequence[MedicationStatement], patient: Patient, offered: Offered, formulary: Formulary
) -> Flag:
    drug_class = formulary.classes[entry.class_key]
    used = [statements[k] for k in rows]
    doubts = [_doubt(s, entry.name) for s in used]
    confirmed = any(not d for d in doubts)
    known = _evidence_of(formulary, entry.name)
    options = offered(drug_class.needs, entry.name)
    gap = days_between(used, patient.facts.symptom_onset)
    return Flag(
        ingredient=entry.name,
        class_key=drug_class.key,
        class_name=drug_class.name,
        tier=entry.tier,
        strength=entry.strength,
        basis=entry.basis,
        effect=entry.effect,
        summary=entry.summary,
        statements=tuple(rows),
        lines=tuple(sorted({s.line for s in used})),
        confirmed=confirmed,
        unconfirmed_because="" if confirmed else "; ".join(dict.fromkeys(d for d in doubts if d)),
        evidence=known.own,
        class_evidence=known.of_class,
        counter_evidence=known.against,
        alternatives=options,
        do_not_suggest=known.avoid,
        no_abrupt_stop=entry.no_abrupt_stop or drug_class.no_abrupt_stop,
        onset=entry.onset,
        timing=timing_text(entry, gap, patient.facts.symptom_onset, formulary.modifiers.timing),
        days_to_onset=gap,
        would_change=_would_change(entry, patient, used),
        mimics=drug_class.mimics,
        references=known.references,
        verified=entry.verified,
        clinically_reviewed=drug_class.clinically_reviewed,
    )


def _doubt(statement: MedicationStatement, ingredient: str) -> str:
    """Why a flag from this statement is not confirmed, "" when it is."""
    if ingredient == WITHDRAWAL:
        return "when and whether the opioid was stopped is to be confirmed" if statement.period.stopped is None else ""
    if statement.match.outcome is Outcome.QUESTION and ingredient in statement.match.ingredients:
        return ""
    return doubt_of(statement)


class _Evidence(NamedTuple):
    """What the formulary says of a flagged ingredient, whoever takes it."""

    own: tuple[Evidence, ...]
    of_class: tuple[Evidence, ...]
    against: tuple[Evidence, ...]
    avoid: tuple[DoNotSuggest, ...]
    references: tuple[str, ...]


@lru_cache(maxsize=512)
def _evidence_of(formulary: Formulary, name: str) -> _Evidence:
    """The evidence on an ingredient; worked out once for a formulary, which is the same value as long as it is loaded."""
    entry = formulary.ingredients[name]
    drug_class = formulary.classes[entry.class_key]
    # Evidence is kept relative to the stated effect: for a flagged drug whose effect is "neutral", what supports that speaks against
    # the flag.
    opposed = "against" if _CONCERNS & set(entry.effect) else "for"
    own = tuple(e for e in entry.evidence if e.of == "drug" and e.direction != opposed)
    of_class = tuple(e for e in entry.evidence if e.of == "class" and e.direction != opposed)
    against = (
        *(e for e in entry.evidence if e.direction == opposed),
        *(e for e in drug_class.evidence if e.direction == "against"),
    )
    of_class = tuple(dict.fromkeys((*of_class, *(e for e in drug_class.evidence if e.direction != "against"))))
    listed = [d for key in drug_class.needs for d in formulary.needs[key].do_not_suggest]
    avoid = tuple({d.ingredient: d for d in listed if d.ingredient != name}.values())
    keys = [k for e in (*own, *of_class, *against) for k in e.references]
    return _Evidence(own, of_class, against, avoid, tuple(dict.fromkeys((*keys, *drug_class.references))))


def _would_change(entry: Ingredient, patient: Patient, used: Sequence[MedicationStatement]) -> tuple[str, ...]:
    """Patient facts that are not given and would change what to discuss about this flag."""
    facts = patient.facts
    out = []
    if facts.rls_diagnosed is None:
        out.append("whether restless legs syndrome is diagnosed")
    if facts.symptom_onset is None:
        out.append("when the symptoms began or worsened")
    elif all(s.period.started is None for s in used):
        out.append("when this medicine was started or its dose last raised")
    out.append("why it is taken")
    if facts.ferritin_ug_per_l is None:
        out.append("ferritin and transferrin saturation")
    if facts.pregnant is None and facts.sex != "male" and (facts.age is None or 12 <= facts.age <= 55):
        out.append("pregnancy")
    return tuple(out)
