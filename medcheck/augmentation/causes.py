"""What else could explain worse restless legs, filled from what the review knows; knows no risk figure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from medcheck.assessment import AugmentationData, Cause, Known, Offender
from medcheck.augmentation.changes import Changes
from medcheck.domain import Answers, PartialDate, PatientFacts

Told = tuple[str, tuple[int, ...]]
_NOTHING: Told = ("", ())


def causes(
    data: AugmentationData, facts: PatientFacts, changes: Changes, known: Known, onset: PartialDate | None, as_of: date
) -> tuple[Cause, ...]:
    """All of them, those that something is known of first; the order of the data otherwise."""
    told = {
        "tolerance": _tolerance(facts.answers),
        "iron_loss": _iron(facts, known),
        "new_offender": _offenders(known.offenders, onset, data.history.offender_before_days, as_of),
        "akathisia": _akathisia(known.offenders),
        "withdrawal": (changes.cut, changes.cut_lines),
    }
    found = []
    for cause in data.causes:
        words, lines = told.get(cause.id, _NOTHING)
        words = "; ".join(x for x in (words, *(c.replace("_", " ") for c in cause.conditions if c in known.conditions)) if x)
        found.append(
            Cause(
                id=cause.id,
                name=cause.name,
                pointer=cause.pointer,
                question=cause.question,
                known=words,
                lines=lines,
                references=cause.references,
                verified=cause.verified,
            )
        )
    return tuple(sorted(found, key=lambda c: not c.known))


def _tolerance(answers: Answers) -> Told:
    weaker = answers.needs_more is True or answers.shorter_relief is True
    elsewhere = (answers.earlier_hours or 0) > 0 or answers.spread is True or answers.stronger is True
    told = answers.earlier_hours is not None and answers.spread is not None and answers.stronger is not None
    return ("more is needed, and it is neither earlier, nor stronger, nor elsewhere", ()) if weaker and told and not elsewhere else _NOTHING


def _iron(facts: PatientFacts, known: Known) -> Told:
    parts = []
    if facts.ferritin_ug_per_l is not None:
        parts.append(f"ferritin {facts.ferritin_ug_per_l:g} ug/L")
    if facts.tsat_percent is not None:
        parts.append(f"transferrin saturation {facts.tsat_percent:g} %")
    if facts.pregnant:
        parts.append("pregnant")
    if facts.dialysis:
        parts.append("on dialysis")
    return (f"{', '.join(parts)}{': low' if known.iron_low else ''}", ()) if parts else _NOTHING


def _offenders(offenders: Sequence[Offender], onset: PartialDate | None, before: int, as_of: date) -> Told:
    """Flagged medicines, with how their start lies to the worsening where both are known."""
    out, lines = [], []
    for o in offenders:
        lines.append(o.line)
        since = f" since {o.started.text or o.started.earliest.isoformat()}" if o.started is not None else ", start not known"
        if o.started is not None and onset is not None:
            reach = timedelta(days=before)
            if o.started.earliest <= onset.latest and onset.earliest - reach <= o.started.latest:
                since += f", in the {before} days before the symptoms"
            elif o.started.latest < onset.earliest - reach:
                since += ", long before the symptoms"
            else:
                since += ", after the symptoms began"
        elif o.started is not None and (as_of - o.started.latest).days <= before:
            since += f", in the last {before} days"
        out.append(f"{o.ingredient}{since}")
    return "; ".join(out), tuple(lines)


def _akathisia(offenders: Sequence[Offender]) -> Told:
    own = [o for o in offenders if o.akathisia]
    return ", ".join(o.ingredient for o in own), tuple(o.line for o in own)
