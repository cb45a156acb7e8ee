"""A Review as a plain dict of JSON types: the wire shape, versioned, documented in docs/json.md and mirrored by schemas.py."""

from __future__ import annotations

from typing import Any

from medcheck.domain import (
    Alternative,
    Answers,
    Dosage,
    Evidence,
    Exposure,
    Flag,
    Match,
    MedicationStatement,
    Mimic,
    PartialDate,
    PatientFacts,
    Period,
    Point,
    Reference,
    Remark,
    Review,
)

FORMAT_VERSION = 1


def as_dict(review: Review) -> dict[str, Any]:
    """The review as JSON types. Dates are ISO strings, unknown is null, lines count from 1."""
    return {
        "format": FORMAT_VERSION,
        "as_of": review.as_of.isoformat(),
        "program": {"name": "medcheck", "version": review.program_version},
        "formulary": {
            "version": review.formulary_version,
            "released": review.formulary_released.isoformat(),
            "sha256": review.formulary_sha256,
            "clinically_reviewed": review.clinically_reviewed,
        },
        "vocabulary": {
            "sha256": review.vocabulary_sha256,
            "sources": [{"name": s.name, "version": s.version, "date": s.date} for s in review.vocabulary_sources],
        },
        "notice": NOTICE if review.clinically_reviewed else f"{NOTICE} {NOT_REVIEWED}",
        "facts": facts_as_dict(review.facts),
        "summary": {
            "lines": review.summary.lines,
            "statements": review.summary.statements,
            "read": review.summary.read,
            "to_confirm": review.summary.to_confirm,
            "unread": review.summary.unread,
            "flags": review.summary.flags,
            "all_clear": review.summary.all_clear,
        },
        "statements": [_statement(s) for s in review.statements],
        "flags": [_flag(f) for f in review.flags],
        "unrecognised": [_remark(r) for r in review.unrecognised],
        "other_lines": [_remark(r) for r in review.remarks if r not in review.unrecognised],
        "examined": [{"ingredient": name, "tier": tier} for name, tier in review.examined],
        "not_in_formulary": list(review.not_in_formulary),
        "not_taken": list(review.not_taken),
        "points": [_point(p) for p in review.points],
        "mimics": [_mimic(m) for m in review.mimics],
        "exposures": [exposure_as_dict(e) for e in review.exposures],
        "augmentation": _augmentation(review),
        "missing": list(review.missing),
        "references": [_reference(r) for r in review.references],
    }


def _augmentation(review: Review) -> dict[str, Any] | None:
    if review.augmentation is None:
        return None
    from medcheck.rendering.augmentation import assessment_as_dict

    return assessment_as_dict(review.augmentation)


NOTICE = "For professionals: it informs, it does not order."
NOT_REVIEWED = "The formulary has not been clinically reviewed yet."


def match_as_dict(match: Match) -> dict[str, Any]:
    """A match as JSON types."""
    return {
        "outcome": match.outcome.value,
        "ingredients": list(match.ingredients),
        "method": match.method.value,
        "score": round(match.score, 3),
        "name": match.name,
        "other_readings": [{"name": r.name, "ingredients": list(r.ingredients), "score": round(r.score, 3)} for r in match.other_readings],
        "question": match.question,
        "note": match.note,
    }


def dosage_as_dict(dosage: Dosage) -> dict[str, Any]:
    """A dose instruction as JSON types; null where not stated. `doses_per_day` is the most that the words allow."""
    return {
        "dose_min": number(dosage.dose_min),
        "dose_max": number(dosage.dose_max),
        "unit": dosage.unit,
        "strengths_mg": [number(x) for x in dosage.strengths_mg],
        "doses_per_day": number(dosage.doses_per_day_max),
        "doses_per_day_min": number(dosage.doses_per_day_min),
        "route": dosage.route,
        "as_needed": dosage.as_needed,
        "timing": list(dosage.timing),
        "daily_dose_mg_min": number(dosage.daily_dose_mg_min),
        "daily_dose_mg_max": number(dosage.daily_dose_mg_max),
        "reason": dosage.reason,
    }


def number(value: float | None) -> float | int | None:
    """A number as JSON writes it: whole where it is whole, four decimals at most."""
    if value is None:
        return None
    rounded = round(value, 4)
    return int(rounded) if rounded == int(rounded) else rounded


def _date(value: PartialDate | None) -> dict[str, str] | None:
    if value is None:
        return None
    return {"earliest": value.earliest.isoformat(), "latest": value.latest.isoformat(), "text": value.text}


def _period(period: Period) -> dict[str, Any]:
    return {"started": _date(period.started), "stopped": _date(period.stopped)}


def facts_as_dict(facts: PatientFacts) -> dict[str, Any]:
    """The facts given, as JSON types."""
    return {
        "age": facts.age,
        "sex": facts.sex,
        "pregnant": facts.pregnant,
        "ferritin_ug_per_l": facts.ferritin_ug_per_l,
        "ferritin_date": facts.ferritin_date.isoformat() if facts.ferritin_date else None,
        "tsat_percent": facts.tsat_percent,
        "egfr": facts.egfr,
        "dialysis": facts.dialysis,
        "rls_diagnosed": facts.rls_diagnosed,
        "symptom_onset": _date(facts.symptom_onset),
        "conditions": list(facts.conditions),
        "indication": facts.indication,
        "prior_augmentation": facts.prior_augmentation,
        "answers": {name: _answer(getattr(facts.answers, name)) for name in Answers.__match_args__},
    }


def _answer(value: bool | float | None) -> bool | float | int | None:
    return value if isinstance(value, bool) else number(value)


def _statement(s: MedicationStatement) -> dict[str, Any]:
    return {
        "line": s.line,
        "text": s.text,
        "written": s.written,
        "span": list(s.span),
        "clause": list(s.clause),
        "status": s.status.value,
        "status_certain": s.status_certain,
        "as_needed": s.dosage.as_needed,
        "match": match_as_dict(s.match),
        "dosage": dosage_as_dict(s.dosage),
        "period": _period(s.period),
        "reason": s.reason,
        "doubt": s.doubt,
        "codings": [{"system": c.system, "code": c.code, "display": c.display, "problem": c.problem} for c in s.codings],
    }


def evidence_as_dict(e: Evidence) -> dict[str, Any]:
    """One piece of evidence as JSON types."""
    return {
        "statement": e.statement,
        "figure": e.figure,
        "of": e.of,
        "direction": e.direction,
        "references": list(e.references),
        "verified": e.verified,
    }


def _alternative(a: Alternative) -> dict[str, Any]:
    return {
        "need": a.need,
        "need_name": a.need_name,
        "kind": a.kind,
        "ingredients": list(a.ingredients),
        "text": a.text,
        "caveat": a.caveat,
        "caution": a.caution,
        "withheld": a.withheld,
        "strength": a.strength,
        "references": list(a.references),
        "verified": a.verified,
    }


def _flag(f: Flag) -> dict[str, Any]:
    return {
        "ingredient": f.ingredient,
        "class": f.class_key,
        "class_name": f.class_name,
        "tier": f.tier.value,
        "strength": f.strength,
        "basis": f.basis,
        "effect": list(f.effect),
        "summary": f.summary,
        "statements": list(f.statements),
        "lines": list(f.lines),
        "confirmed": f.confirmed,
        "unconfirmed_because": f.unconfirmed_because,
        "evidence": [evidence_as_dict(e) for e in f.evidence],
        "class_evidence": [evidence_as_dict(e) for e in f.class_evidence],
        "counter_evidence": [evidence_as_dict(e) for e in f.counter_evidence],
        "alternatives": [_alternative(a) for a in f.alternatives],
        "do_not_suggest": [{"ingredient": d.ingredient, "reason": d.reason, "references": list(d.references)} for d in f.do_not_suggest],
        "no_abrupt_stop": f.no_abrupt_stop,
        "onset": f.onset,
        "timing": f.timing,
        "days_to_onset": list(f.days_to_onset) if f.days_to_onset else None,
        "would_change": list(f.would_change),
        "mimics": list(f.mimics),
        "references": list(f.references),
        "verified": f.verified,
        "clinically_reviewed": f.clinically_reviewed,
    }


def _remark(r: Remark) -> dict[str, Any]:
    return {"line": r.line, "text": r.text, "span": list(r.span), "kind": r.kind.value, "reason": r.reason}


def _point(p: Point) -> dict[str, Any]:
    return {"id": p.id, "kind": p.kind, "text": p.text, "lines": list(p.lines), "references": list(p.references), "verified": p.verified}


def _mimic(m: Mimic) -> dict[str, Any]:
    return {
        "key": m.key,
        "name": m.name,
        "shares": m.shares,
        "distinguishing": m.distinguishing,
        "question": m.question,
        "references": list(m.references),
        "verified": m.verified,
    }


def exposure_as_dict(e: Exposure) -> dict[str, Any]:
    """One exposure as JSON types."""
    return {
        "ingredient": e.ingredient,
        "daily_dose_mg_min": number(e.daily_dose_mg_min),
        "daily_dose_mg_max": number(e.daily_dose_mg_max),
        "period": _period(e.period),
        "status": e.status.value,
        "line": e.line,
        "note": e.note,
        "as_needed": e.as_needed,
        "doses_per_day": number(e.doses_per_day),
        "timing": list(e.timing),
        "current": e.current,
        "extended": e.extended,
        "parkinson_strength": e.parkinson_strength,
        "intake_mg_min": number(e.intake_mg_min),
        "intake_mg_max": number(e.intake_mg_max),
    }


def _reference(r: Reference) -> dict[str, Any]:
    return {
        "key": r.key,
        "authors": r.authors,
        "title": r.title,
        "source": r.source,
        "year": r.year,
        "pmid": r.pmid,
        "doi": r.doi,
        "pmcid": r.pmcid,
        "url": r.url,
        "isbn": r.isbn,
        "label_set_id": r.label_set_id,
        "kind": r.kind,
        "verified": r.verified,
    }
