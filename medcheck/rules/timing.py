"""The gap from drug start to symptom onset, in days, and what it suggests; thresholds and sentences from modifiers.toml."""

from __future__ import annotations

from collections.abc import Sequence

from medcheck.domain import Ingredient, MedicationStatement, PartialDate, Timing


def days_between(statements: Sequence[MedicationStatement], onset: PartialDate | None) -> tuple[int, int] | None:
    """Least and most days from the start of the medicine to the onset; negative when it was started after. None when not known.

    With several courses the one whose start lies closest before the onset counts.
    """
    if onset is None:
        return None
    gaps = []
    for statement in statements:
        started = statement.period.started
        if started is not None:
            gaps.append(((onset.earliest - started.latest).days, (onset.latest - started.earliest).days))
    if not gaps:
        return None
    before = [g for g in gaps if g[1] >= 0]
    return min(before, key=lambda g: g[1]) if before else max(gaps)


def timing_text(entry: Ingredient, gap: tuple[int, int] | None, onset: PartialDate | None, timing: Timing) -> str:
    """One sentence on the order in time, "" when no onset is known."""
    if onset is None:
        return ""
    if gap is None:
        return timing.unknown_text
    least, most = gap
    if most < 0:
        return f"Started {_days(-most, -least)} after the symptoms: it did not begin them, but may have made them worse."
    if least < 0:
        return f"Started at about the time of the symptoms (from {-least} days after to {most} days before): the order is not certain."
    late = entry.late_onset or entry.name in timing.late_onset_ingredients or entry.class_key in timing.late_onset_classes
    head = f"Started {_days(least, most)} before the symptoms."
    if least <= timing.plausible_days:
        return f"{head} {timing.plausible_text}"
    if least <= timing.possible_days:
        return f"{head} {timing.possible_text}"
    return f"{head} {timing.late_onset_text if late else timing.unlikely_text}"


def _days(least: int, most: int) -> str:
    return f"{least} days" if least == most else f"{least} to {most} days"
