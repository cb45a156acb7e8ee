"""The dose history -> what changed in it: raised, moved to an earlier hour, split, a second medicine added, cut; knows no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from medcheck.assessment import HistoryDays
from medcheck.augmentation.doses import ROUNDING, dose_words
from medcheck.augmentation.timeline import MOMENTS, by_drug, is_taken_now
from medcheck.domain import Exposure, PartialDate
from medcheck.value import Value

Signs = Mapping[str, tuple[str, tuple[int, ...]]]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Changes(Value):
    """What the history shows; None is "cannot be told". `signs` maps a red flag to words of its own and lines; `cut` is a recent one."""

    raised_lately: bool | None = None
    moved_or_split: bool | None = None
    second_added: bool | None = None
    signs: Signs = field(default_factory=dict)
    cut: str = ""
    cut_lines: tuple[int, ...] = ()


def changes(exposures: Sequence[Exposure], days: HistoryDays, as_of: date, levodopa: Set[str]) -> Changes:
    """Read the exposures, one medicine at a time in the order of time; `levodopa` are the ingredients that count as levodopa."""
    signs = _Signs()
    own_of = by_drug(exposures)
    raised_lately: list[bool | None] = []
    moved: list[bool | None] = []
    cuts: list[tuple[str, int]] = []
    for name, own in own_of.items():
        steps = in_time(own)
        rises = _rises(steps, days)
        if rises:
            words = " -> ".join(dose_words(e) for e in _distinct(steps))
            signs.add("raised_in_steps", f"{name}: {words}", *(e.line for e in steps))
        lately = _lately(rises, steps, days, as_of)
        raised_lately.append(lately)
        if lately:
            last = rises[-1]
            since = last.period.started.text if last.period.started is not None else ""
            signs.add("raised_lately", f"{name} to {dose_words(last)}{', ' + since if since else ''}", last.line)
        moved.append(_moved(name, steps, signs))
        cuts += _cuts(name, steps, days, as_of)
    now = [e for e in exposures if is_taken_now(e)]
    for e in now:
        if (e.doses_per_day or 0) > 1 and "split" not in signs.told:
            signs.add("split_now", f"{e.ingredient}, {e.doses_per_day:g} times a day", e.line)
        if e.parkinson_strength:
            signs.add("parkinson_strength", e.ingredient, e.line)
        if e.ingredient in levodopa and is_daily(e):
            signs.add("daily_levodopa", "", e.line)
    second = _second(now, own_of, signs)
    if cuts:
        signs.add("recent_cut", "; ".join(words for words, _ in cuts), *(line for _, line in cuts))
    return Changes(
        raised_lately=_any(raised_lately),
        moved_or_split=_any(moved),
        second_added=second,
        signs=signs.told,
        cut="; ".join(words for words, _ in cuts),
        cut_lines=tuple(line for _, line in cuts),
    )


class _Signs:
    """Red flags as they are found; what several medicines show is told of each."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[str, tuple[int, ...]]] = {}

    def add(self, sign: str, words: str, *lines: int) -> None:
        before, at = self.told.get(sign, ("", ()))
        self.told[sign] = ("; ".join(x for x in (before, words) if x), tuple(dict.fromkeys((*at, *lines))))


def is_daily(e: Exposure) -> bool | None:
    """Whether a medicine is taken every day: not as needed, and not on some days of the week only; None when how often is not told."""
    if e.as_needed:
        return False
    return None if e.doses_per_day is None else e.doses_per_day >= 1


def in_time(exposures: Sequence[Exposure]) -> list[Exposure]:
    """Exposures of one medicine in the order of time; those of one line keep their order, what is taken now comes last."""
    return sorted(exposures, key=lambda e: (is_taken_now(e), _begin(e)))


def _begin(e: Exposure) -> date:
    for day in (e.period.started, e.period.stopped):
        if day is not None:
            return day.earliest
    return date.min


def _distinct(steps: Sequence[Exposure]) -> list[Exposure]:
    out: list[Exposure] = []
    for e in steps:
        if not out or dose_words(out[-1]) != dose_words(e):
            out.append(e)
    return out


def _changed(steps: Sequence[Exposure]) -> list[tuple[Exposure, Exposure]]:
    """Pairs of which the second took the place of the first; two that are both taken now are one regimen and no change."""
    return [(before, after) for before, after in pairwise(steps) if not is_taken_now(before)]


def _is_above(a: Exposure, b: Exposure) -> bool:
    """Whether the whole of one dose lies above the other; doses without a frequency are held against each other as they are."""
    low = a.daily_dose_mg_min if a.daily_dose_mg_max is not None else a.intake_mg_min
    high = b.daily_dose_mg_max if b.daily_dose_mg_max is not None else b.intake_mg_max
    return low is not None and high is not None and low > high * ROUNDING


def _rises(steps: Sequence[Exposure], days: HistoryDays) -> list[Exposure]:
    """Exposures at a higher dose than the one before; not those within the first weeks, when a dose is being found."""
    out = []
    first = next((e.period.started for e in steps if e.period.started is not None), None)
    for before, after in _changed(steps):
        if not _is_above(after, before):
            continue
        begun = after.period.started or before.period.stopped
        if first is not None and begun is not None and first != begun and (begun.latest - first.earliest).days <= days.titration_days:
            continue
        out.append(after)
    return out


def _lately(rises: Sequence[Exposure], steps: Sequence[Exposure], days: HistoryDays, as_of: date) -> bool | None:
    starts: list[PartialDate | None] = [e.period.started for e in rises]
    if any(s is not None and (as_of - s.latest).days <= days.lately_days for s in starts):
        return True
    if any(s is None for s in starts):
        return None
    last = steps[-1].period.started
    return None if last is None else False


def _moved(name: str, steps: Sequence[Exposure], signs: _Signs) -> bool | None:
    told = False
    found = False
    for before, after in _changed(steps):
        if before.timing and after.timing:
            told = True
            if min(MOMENTS[t] for t in after.timing) < min(MOMENTS[t] for t in before.timing):
                words = f"{name}: from {' and '.join(before.timing)} to {' and '.join(after.timing)}"
                signs.add("moved_earlier", words, before.line, after.line)
                found = True
        if before.doses_per_day is not None and after.doses_per_day is not None:
            told = True
            if before.doses_per_day <= 1 < after.doses_per_day:
                signs.add("split", f"{name}: {after.doses_per_day:g} times a day", after.line)
                found = True
    return True if found else False if told else None


def _second(now: Sequence[Exposure], own_of: Mapping[str, Sequence[Exposure]], signs: _Signs) -> bool | None:
    names = list(dict.fromkeys(e.ingredient for e in now))
    if len(names) < 2:
        return False if names else None
    lines = tuple(e.line for e in now)
    signs.add("two_agents", " and ".join(names), *lines)
    begun = {n: min((s.period.started.earliest for s in own_of[n] if s.period.started is not None), default=None) for n in names}
    if any(day is None for day in begun.values()):
        return None
    if len(set(begun.values())) < 2:
        return False
    last = max(names, key=lambda n: begun[n] or date.min)
    signs.add("second_added", last, *lines)
    return True


def _cuts(name: str, steps: Sequence[Exposure], days: HistoryDays, as_of: date) -> list[tuple[str, int]]:
    """Stops and lower doses of the last weeks."""
    out = []
    for before, after in _changed(steps):
        begun = after.period.started or before.period.stopped
        if _is_above(before, after) and begun is not None and 0 <= (as_of - begun.latest).days <= days.recent_cut_days:
            out.append((f"{name} lowered from {dose_words(before)} to {dose_words(after)}", after.line))
    last = steps[-1]
    stopped = last.period.stopped
    if not is_taken_now(last) and stopped is not None and 0 <= (as_of - stopped.latest).days <= days.recent_cut_days:
        out.append((f"{name} stopped, {stopped.text or stopped.latest.isoformat()}", last.line))
    return out


def _any(values: Sequence[bool | None]) -> bool | None:
    if any(v is True for v in values):
        return True
    return None if not values or any(v is None for v in values) else False
