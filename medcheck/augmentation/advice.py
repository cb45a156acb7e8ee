"""Circumstances -> points to discuss from formulary/augmentation/advice.toml; never a dose, never an order."""

from __future__ import annotations

from collections.abc import Sequence

from medcheck.assessment import POSITIVE, AugmentationData, Discussion, DoseMarks, Known, State
from medcheck.augmentation.doses import may_be_above
from medcheck.domain import PatientFacts


def circumstances(
    data: AugmentationData,
    facts: PatientFacts,
    doses: Sequence[DoseMarks],
    state: State,
    known: Known,
    *,
    taken: bool,
    for_rls: bool,
    parkinson: bool,
    cut: bool,
) -> frozenset[str]:
    """Which circumstances of advice.toml hold. What is not known is a circumstance of its own and never counts as no."""
    names = {d.ingredient for d in doses}
    groups = data.circumstances
    impaired = facts.egfr is not None and facts.egfr < groups.renal_impairment_below_egfr
    holds = {
        "taken": taken,
        "for_rls": for_rls,
        "positive": state in POSITIVE,
        "not_positive": state not in POSITIVE,
        "suspected": state in POSITIVE or state is State.POSSIBLE,
        **{key: not names.isdisjoint(members) for key, members in groups.taking.items()},
        **{key: known.taken.isdisjoint(members) and names.isdisjoint(members) for key, members in groups.not_taking.items()},
        "above_maximum": any(may_be_above(d) for d in doses),
        "iron_low": known.iron_low,
        "iron_unknown": facts.ferritin_ug_per_l is None and facts.tsat_percent is None,
        "renal_impairment": bool(facts.dialysis) or impaired or "renal_impairment" in known.conditions,
        "egfr_unknown": facts.egfr is None and not facts.dialysis,
        "pregnant": bool(facts.pregnant),
        "older": facts.age is not None and facts.age >= groups.older_from_years,
        "parkinson": parkinson,
        "recent_cut": cut,
    }
    return frozenset(name for name, value in holds.items() if value)


def discuss(data: AugmentationData, holding: frozenset[str]) -> tuple[Discussion, ...]:
    """The points whose circumstances all hold, in the order of the data."""
    return tuple(Discussion(**{k: v for k, v in vars(a).items() if k != "when"}) for a in data.advice if holding.issuperset(a.when))
