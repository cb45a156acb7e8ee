"""Statements -> exposures to dopaminergics (drug, daily dose, from, to), ready for the augmentation part."""

from __future__ import annotations

from collections.abc import Sequence

from medcheck.domain import Dosage, Dosing, Exposure, Formulary, MedicationStatement, Status

_LEFT_OUT = frozenset({Status.ALLERGY, Status.FAMILY, Status.NOT_TAKEN, Status.INTENDED})
_TOLERANCE = 0.02


def exposures(statements: Sequence[MedicationStatement], formulary: Formulary) -> tuple[Exposure, ...]:
    """One exposure for each course of an agonist or levodopa. Pramipexole given as base is converted to salt, and the note says so."""
    out = []
    for statement in statements:
        if statement.status in _LEFT_OUT:
            continue
        for name in statement.match.ingredients:
            entry = formulary.ingredients.get(name)
            if entry is None or entry.dosing is None:
                continue
            factor, note = base_factor(statement.dosage, entry.dosing)
            low, high = statement.dosage.daily_dose_mg_min, statement.dosage.daily_dose_mg_max
            out.append(
                Exposure(
                    ingredient=name,
                    daily_dose_mg_min=None if low is None else round(low * factor, 4),
                    daily_dose_mg_max=None if high is None else round(high * factor, 4),
                    period=statement.period,
                    status=statement.status,
                    line=statement.line,
                    note=note or ("" if high is not None else statement.dosage.reason),
                )
            )
    return tuple(out)


def base_factor(dosage: Dosage, dosing: Dosing) -> tuple[float, str]:
    """The factor from the written strength to salt milligrams, with a note when it is not 1.

    A pack's base strength is rounded (0.18 mg base is 0.25 mg salt), so the strength itself is looked up, not multiplied.
    """
    if not dosing.base_to_salt:
        return 1.0, ""
    written = dosage.strengths_mg or tuple(x for x in (dosage.dose_min, dosage.dose_max) if x is not None and dosage.unit == "mg")
    if not written or not all(_is_one_of(x, dosing.strengths_base_mg) and not _is_one_of(x, dosing.salt_strengths_mg) for x in written):
        return 1.0, ""
    pairs = list(zip(dosing.strengths_base_mg, dosing.base_strengths_as_salt_mg, strict=True))
    factors = {salt / base for base, salt in (min(pairs, key=lambda pair: abs(x - pair[0])) for x in written)}
    return (factors.pop() if len(factors) == 1 else dosing.base_to_salt), "strength read as base and converted to salt"


def _is_one_of(value: float, strengths: tuple[float, ...]) -> bool:
    return any(abs(value - s) <= _TOLERANCE * s for s in strengths)
