"""Facts and statements -> points to discuss (iron, kidney, pregnancy, age, combinations, doses), look-alikes, what is missing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from medcheck.domain import (
    TAKEN,
    Answers,
    ContextRule,
    Exposure,
    Flag,
    Formulary,
    IronRule,
    MedicationStatement,
    Mimic,
    Outcome,
    PatientFacts,
    Point,
    Status,
)
from medcheck.rules.patient import Patient, is_taken, possible_ingredients, taking, used_locally
from medcheck.text import lazy_pattern

_ADULT_FROM = 18
_NIGHT = frozenset({"evening", "bedtime", "night"})
_RAISED = lazy_pattern(r"increas|raised|titrat|went up", re.I)
_FROM_TO = lazy_pattern(r"(\d+(?:\.\d+)?)\s*(?:mg|mcg)?\s*(?:->|→|=>)\s*(\d+(?:\.\d+)?)")


def points(
    statements: Sequence[MedicationStatement],
    flags: Sequence[Flag],
    exposures: Sequence[Exposure],
    patient: Patient,
    formulary: Formulary,
    as_of: date,
) -> tuple[Point, ...]:
    """Everything to discuss, in the order a review reads: safety of combinations first, then iron, the patient, the context."""
    relevant = bool(flags) or bool(exposures)
    return (
        *_sedatives(patient, formulary),
        *_withdrawn_marks(statements, formulary),
        *_iron(patient, relevant, formulary, as_of),
        *_renal(patient, formulary),
        *_pregnancy_and_age(patient, formulary),
        *_several_classes(flags, formulary),
        *_duplicates(statements, formulary),
        *_context(statements, flags, exposures, patient, formulary),
    )


def _lines(statements: Iterable[MedicationStatement]) -> tuple[int, ...]:
    return tuple(sorted({s.line for s in statements}))


# ---- combinations ------------------------------------------------------------------------------------------------------
def _sedatives(patient: Patient, formulary: Formulary) -> list[Point]:
    out = []
    for rule in formulary.modifiers.sedative_rules:
        groups = [taking(patient, g.ingredients, g.classes) for g in rule.groups]
        if all(groups) and len({id(s) for g in groups for s in g}) >= len(groups):
            pairs = zip(rule.groups, groups, strict=True)
            named = [i for g, members in pairs for i in _names_in(members, g.ingredients, g.classes, formulary)]
            text = f"{' with '.join(dict.fromkeys(named))}: {rule.text}"
            out.append(Point(rule.id, "combination", text, _lines(s for g in groups for s in g), rule.references, rule.verified))
    return out


def _names_in(
    statements: Sequence[MedicationStatement], ingredients: Iterable[str], classes: Iterable[str], formulary: Formulary
) -> list[str]:
    wanted, groups = set(ingredients), set(classes)
    names = (n for s in statements for n in possible_ingredients(s))
    return [n for n in names if n in wanted or (n in formulary.ingredients and formulary.ingredients[n].class_key in groups)]


def _withdrawn_marks(statements: Sequence[MedicationStatement], formulary: Formulary) -> list[Point]:
    out = []
    for s in statements:
        for n in s.match.ingredients:
            entry = formulary.ingredients.get(n)
            if is_taken(s) and entry is not None and entry.withdrawn:
                text = f"{n} is withdrawn ({entry.withdrawn}): ask whether it is really taken and where it comes from."
                out.append(Point(f"withdrawn_{n}", "question", text, (s.line,), _own_references(n, formulary), entry.verified))
    return out


def _own_references(name: str, formulary: Formulary) -> tuple[str, ...]:
    entry = formulary.ingredients[name]
    return tuple(dict.fromkeys(k for e in entry.evidence for k in e.references))


def _several_classes(flags: Sequence[Flag], formulary: Formulary) -> list[Point]:
    groups: dict[str, list[str]] = defaultdict(list)
    for f in flags:
        if formulary.classes[f.class_key].role == "offender":
            groups[f.class_name].append(f.ingredient)
    if len(groups) < 2:
        return []
    named = "; ".join(f"{name}: {', '.join(members)}" for name, members in groups.items())
    lines = tuple(sorted({line for f in flags for line in f.lines}))
    rules = [r for r in formulary.modifiers.context_rules if r.when == "several_classes"]
    together = f"{len(groups)} classes that may worsen restless legs together ({named})."
    return [Point(r.id, "classes", f"{together} {r.text}", lines, r.references, r.verified) for r in rules]


def _duplicates(statements: Sequence[MedicationStatement], formulary: Formulary) -> list[Point]:
    where: dict[str, list[MedicationStatement]] = defaultdict(list)
    for s in statements:
        if is_taken(s) and s.match.outcome is not Outcome.QUESTION:
            for n in s.match.ingredients:
                if not used_locally(s, n, formulary):
                    where[n].append(s)
    out = []
    for n, used in where.items():
        if len(used) > 1:
            kinds = " and ".join(dict.fromkeys(f"{s.written!r}" for s in used))
            text = f"{n} is on the list {len(used)} times ({kinds}): ask whether that is meant; the dose adds up."
            out.append(Point(f"duplicate_{n}", "duplicate", text, _lines(used)))
    groups: dict[str, set[str]] = defaultdict(set)
    for n in where:
        entry = formulary.ingredients.get(n)
        if entry is not None and formulary.classes[entry.class_key].mandated:
            groups[entry.class_key].add(n)
    for key, names in groups.items():
        if len(names) > 1:
            text = f"Two or more of one class ({formulary.classes[key].name}: {', '.join(sorted(names))}): ask whether that is meant."
            out.append(Point(f"same_class_{key}", "duplicate", text, _lines(s for n in names for s in where[n])))
    return out


# ---- iron --------------------------------------------------------------------------------------------------------------
def _iron(patient: Patient, relevant: bool, formulary: Formulary, as_of: date) -> list[Point]:
    facts = patient.facts
    out = []
    if facts.ferritin_ug_per_l is None and facts.tsat_percent is None:
        if relevant or facts.rls_diagnosed:
            text = "Ferritin and transferrin saturation are not given: consider asking for both"
            text += " (morning, no iron product for 24 hours before)."
            refs = tuple(dict.fromkeys(k for r in formulary.modifiers.iron_rules if not r.superseded for k in r.references))
            out.append(Point("iron_missing", "iron", text, (), refs))
        return out
    population = "dialysis" if facts.dialysis else "child" if facts.age is not None and facts.age < _ADULT_FROM else "adult"
    values = _iron_values(facts)
    spoken = 0
    for rule in sorted(formulary.modifiers.iron_rules, key=lambda r: r.superseded):
        if rule.population not in (population, "any"):
            continue
        if _iron_applies(rule, facts):
            spoken += 1
            speaker = rule.guideline if rule.year is None or str(rule.year) in rule.guideline else f"{rule.guideline} ({rule.year})"
            head = f"Iron, {values}" if rule.guideline in rule.text else f"Iron, {values}, {speaker}"
            out.append(Point(rule.id, "iron", f"{head}: {rule.text}", (), rule.references, rule.verified))
    if not spoken:
        refs = tuple(dict.fromkeys(k for r in formulary.modifiers.iron_rules if r.population in (population, "any") for k in r.references))
        out.append(Point("iron_no_rule", "iron", f"No guideline threshold in the formulary is met by {values}.", (), refs))
    for value, name in ((facts.ferritin_ug_per_l, "ferritin"), (facts.tsat_percent, "transferrin saturation")):
        if value is None:
            out.append(Point(f"iron_missing_{name.split()[0]}", "iron", f"The {name} is not given and can decide between the options."))
    if facts.ferritin_ug_per_l is not None:
        if facts.ferritin_date is None:
            out.append(Point("iron_date", "iron", "When was ferritin measured? An old value may no longer hold."))
        elif (as_of - facts.ferritin_date).days > 365:
            days = (as_of - facts.ferritin_date).days
            out.append(Point("iron_date", "iron", f"The ferritin is {days} days old: consider a new one."))
        out += _iron_cautions(patient, formulary)
    return out


def _iron_cautions(patient: Patient, formulary: Formulary) -> list[Point]:
    """Why the ferritin may mislead: what is on record in full, what is not as one question."""
    out = []
    asked: list[str] = []
    references: list[str] = []
    conditions = formulary.modifiers.conditions
    for caution in formulary.modifiers.iron_cautions:
        known = [conditions[k].name for k in caution.conditions if k in patient.conditions]
        if known or not caution.conditions:
            text = f"{caution.text} On record here: {', '.join(known)}." if known else caution.text
            out.append(Point(caution.id, "iron", text, (), caution.references, caution.verified))
        else:
            asked += [conditions[k].name for k in caution.conditions]
            references += caution.references
    if asked:
        text = f"Ferritin can be falsely high or mean something else: ask about {', '.join(dict.fromkeys(asked))}."
        out.append(Point("iron_ask", "iron", text, (), tuple(dict.fromkeys(references))))
    return out


def _iron_values(facts: PatientFacts) -> str:
    parts = []
    if facts.ferritin_ug_per_l is not None:
        parts.append(f"ferritin {facts.ferritin_ug_per_l:g} ug/L")
    if facts.tsat_percent is not None:
        parts.append(f"transferrin saturation {facts.tsat_percent:g} %")
    return ", ".join(parts)


def _iron_applies(rule: IronRule, facts: PatientFacts) -> bool:
    """Whether a guideline's criteria are met: any known one suffices for "any"; for "all" each must be known and met."""
    met: list[bool | None] = []
    ferritin, tsat = facts.ferritin_ug_per_l, facts.tsat_percent
    bounds = (rule.ferritin_above_ug_per_l, rule.ferritin_max_ug_per_l, rule.ferritin_below_ug_per_l)
    if any(b is not None for b in bounds):
        above, most, below = bounds
        if ferritin is None:
            met.append(None)
        else:
            met.append((above is None or ferritin > above) and (most is None or ferritin <= most) and (below is None or ferritin < below))
    if rule.tsat_below_percent is not None:
        met.append(None if tsat is None else tsat < rule.tsat_below_percent)
    if rule.tsat_at_least_percent is not None:
        met.append(None if tsat is None else tsat >= rule.tsat_at_least_percent)
    return any(m is True for m in met) if rule.combine == "any" else bool(met) and all(m is True for m in met)


# ---- the patient -------------------------------------------------------------------------------------------------------
def _renal(patient: Patient, formulary: Formulary) -> list[Point]:
    facts = patient.facts
    out = []
    for rule in formulary.modifiers.renal_rules:
        used = taking(patient, [rule.ingredient], ())
        if not used:
            continue
        if rule.dialysis:
            applies = bool(facts.dialysis)
        else:
            applies = not facts.dialysis and facts.egfr is not None and rule.egfr_from <= facts.egfr < rule.egfr_below
        if not applies:
            continue
        text = f"{rule.ingredient}: {rule.text}"
        doses = [s.dosage.daily_dose_mg_max for s in used if s.dosage.daily_dose_mg_max is not None]
        if rule.max_mg_per_day is not None and doses:
            compared = "above" if sum(doses) > rule.max_mg_per_day else "not above"
            text += f" The list says {sum(doses):g} mg/day, {compared} the label's {rule.max_mg_per_day:g} mg/day for this renal function."
        out.append(Point(rule.id, "renal", text, _lines(used), rule.references, rule.verified))
    return out


def _pregnancy_and_age(patient: Patient, formulary: Formulary) -> list[Point]:
    facts = patient.facts
    out = []
    if facts.pregnant:
        out += [p for r in formulary.modifiers.pregnancy_rules if (p := _listed(r, "pregnancy", patient, formulary))]
    if facts.age is not None:
        for r in formulary.modifiers.age_rules:
            if (r.age_from or 0) <= facts.age < (r.age_below or 999) and (point := _listed(r, "age", patient, formulary)):
                out.append(point)
    return out


def _listed(rule: ContextRule, kind: str, patient: Patient, formulary: Formulary) -> Point | None:
    """The point of a rule when its classes or ingredients are taken, or when it names none."""
    if not rule.classes and not rule.ingredients:
        return Point(rule.id, kind, rule.text, (), rule.references, rule.verified)
    used = taking(patient, rule.ingredients, rule.classes)
    if not used:
        return None
    named = ", ".join(dict.fromkeys(_names_in(used, rule.ingredients, rule.classes, formulary)))
    return Point(rule.id, kind, f"{named}: {rule.text}", _lines(used), rule.references, rule.verified)


def _context(
    statements: Sequence[MedicationStatement],
    flags: Sequence[Flag],
    exposures: Sequence[Exposure],
    patient: Patient,
    formulary: Formulary,
) -> list[Point]:
    flagged = [statements[k] for f in flags for k in f.statements]
    out = []
    for rule in formulary.modifiers.context_rules:
        used: Sequence[MedicationStatement] = ()
        listed = bool(rule.classes or rule.ingredients)
        pool = taking(patient, rule.ingredients, rule.classes) if listed else flagged
        conditions = any(k in patient.conditions for k in rule.conditions)
        match rule.when:
            case "evening_dose":
                used = [s for s in pool if _NIGHT & set(s.dosage.timing)]
                applies = bool(used)
            case "as_needed":
                used = [s for s in pool if s.dosage.as_needed]
                applies = bool(used)
            case "dose_raised":
                used = [s for s in pool if _is_raised(s.text)]
                applies = bool(used)
            case "condition":
                applies = conditions
            case "condition_and_class":
                used = pool if listed else ()
                applies = conditions and bool(used)
            case "always":
                applies = bool(flags)
                if listed:
                    used = pool
                    applies = bool(used)
            case "pre_existing":
                applies = bool(flags) and patient.facts.rls_diagnosed is True
            case "new_onset":
                applies = bool(flags) and patient.facts.rls_diagnosed is False
            case "recovery":
                applies = bool(flags)
            case "dopaminergic_present":
                applies = bool(flags) and any(e.status in (Status.ACTIVE, Status.UNKNOWN) for e in exposures)
            case _:
                applies = False
        if applies:
            out.append(Point(rule.id, "context", rule.text, _lines(used), rule.references, rule.verified))
    return out


def _is_raised(text: str) -> bool:
    """Whether the words say that the dose went up; "up to three times a day" does not."""
    return bool(_RAISED.search(text)) or any(float(low) < float(high) for low, high in _FROM_TO.findall(text))


# ---- look-alikes and what is missing -----------------------------------------------------------------------------------
def linked_mimics(patient: Patient, flags: Sequence[Flag], formulary: Formulary) -> tuple[Mimic, ...]:
    """Look-alike conditions that a flag, or a medicine on the list, could be; akathisia first."""
    wanted = {key for f in flags for key in f.mimics}
    for mimic in formulary.mimics.values():
        if taking(patient, mimic.linked_ingredients, mimic.linked_classes):
            wanted.add(mimic.key)
    return tuple(sorted((formulary.mimics[k] for k in wanted), key=lambda m: (m.order, m.key)))


def missing_facts(patient: Patient, flags: Sequence[Flag], exposures: Sequence[Exposure], formulary: Formulary) -> tuple[str, ...]:
    """Facts that were not given and would matter for this list."""
    facts = patient.facts
    out = []
    if facts.rls_diagnosed is None:
        out.append("rls_diagnosed")
    if flags or exposures:
        if facts.symptom_onset is None:
            out.append("symptom_onset")
        if facts.ferritin_ug_per_l is None:
            out.append("ferritin_ug_per_l")
        if facts.tsat_percent is None:
            out.append("tsat_percent")
        if facts.age is None:
            out.append("age")
        if facts.pregnant is None and facts.sex != "male" and (facts.age is None or 12 <= facts.age <= 55):
            out.append("pregnant")
    renal = {r.ingredient for r in formulary.modifiers.renal_rules}
    if facts.egfr is None and not facts.dialysis and taking(patient, renal, ()):
        out.append("egfr")
    if any(e.current and e.status in TAKEN for e in exposures):
        out += [] if facts.indication is not None else ["indication"]
        out += [] if facts.prior_augmentation is not None else ["prior_augmentation"]
        out += [] if facts.answers != Answers() else ["answers"]
    return tuple(out)
