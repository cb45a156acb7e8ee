"""One clause of a dose instruction evaluated: dose, doses per day and mg per day, or the reason why not."""

from __future__ import annotations

from typing import NamedTuple

from medcheck.parsing.clause import (
    LEVODOPA_RATIO,
    UNCOUNTED,
    WIDEST_LEVODOPA_RATIO,
    Amount,
    Clause,
    Product,
    Span,
    first_of,
    levodopa_of,
)
from medcheck.parsing.scan import Scan

_DEVICE_UNITS = frozenset(("puff", "spray", "drop", "gram"))  # what reaches the patient is not the labelled mass
_PATCH_MG = 0.2  # a patch of fentanyl is named by up to 100 micrograms an hour
_MOST_COUNT = 8  # tablets; larger figures of a scheme are mg
_CLOSE = 0.02  # two figures that differ by less say the same dose


class Intake(NamedTuple):
    """One clause evaluated. Doses in `unit`, `daily_*` in mg per day."""

    dose: Span | None
    unit: str | None
    per_day: Span | None
    daily: Span | None
    reason: str


def times(low: float | None, high: float, span: Span) -> Span:
    """A span multiplied by a span; an unknown least stays unknown."""
    least = None if low is None or span[0] is None else low * span[0]
    return least, high * span[1]


def is_same(a: float, b: float) -> bool:
    """Whether two figures say the same dose."""
    return abs(a - b) <= _CLOSE * max(abs(a), abs(b))


def _frequency(c: Clause) -> tuple[Span | None, str]:
    """Doses per day of a clause, or why not."""
    fixed = c.fixed if len(c.fixed) < 2 else list(dict.fromkeys(c.fixed))
    moments = len(c.moments)
    base: Span | None = None
    if c.loose is not None and not fixed and (c.generic or moments):
        base = c.loose
    elif len(fixed) > 1:
        first = fixed[0]
        if not all(is_same(f[1], first[1]) for f in fixed):
            daily = [f for f in fixed if f[1] != 1]
            if len(set(daily)) != 1:
                return None, "two different frequencies"
            first = daily[0]
        base = first
    elif fixed:
        base = fixed[0]
        if base == (1.0, 1.0) and moments > 1:
            base = (1.0, float(moments))
    elif moments:
        base = (float(moments), float(moments))
    elif c.generic:
        base = (1.0, 1.0)
    if c.patterns:
        lows = [p[0] for p in c.patterns]
        pattern: Span = (None if None in lows else min(p for p in lows if p is not None), max(p[1] for p in c.patterns))
        base = pattern if base is None else times(pattern[0], pattern[1], base)
    if base is None:
        return None, _no_frequency(c)
    if c.extra or c.repeat:
        base = (None if base[0] is None else base[0] + c.extra, base[1] + c.extra + c.repeat)
    return base, ""


def _no_frequency(c: Clause) -> str:
    if c.unclear:
        return c.unclear
    if c.loose is not None:
        return "a number of times without its period"
    if c.single:
        return "a single dose"
    return "as needed without a maximum" if c.prn else "no frequency stated"


def _dose(c: Clause, product: Product) -> tuple[Span | None, str | None, str]:
    """The amount of one intake: (span, unit, reason why it is not in mg)."""
    count, larger_of_pair = c.count, product.larger_of_pair
    if c.weight:
        return None, None, "a dose by body weight or surface"
    if c.unclear in UNCOUNTED:
        return None, None, c.unclear
    if c.unclear and count is not None:
        return count, c.counted or "tablet", c.unclear
    if c.amounts and (c.other is None or c.other[2] not in _DEVICE_UNITS):
        return _mass_dose(c, larger_of_pair)
    if c.pair and c.other is None:
        if larger_of_pair:
            strength = levodopa_of(c.pair)
            return times(strength, strength, count or (1.0, 1.0)), "mg", ""
        if product.named_first and (first := first_of(c.pair, product.named_first)):
            return times(first, first, count or (1.0, 1.0)), "mg", ""
        return count, (c.counted or "tablet") if count else None, "two strengths: which part is not said"
    if c.volume is not None:
        volume = c.volume if count is None or c.volume[0] != c.volume[1] else times(c.volume[1], c.volume[1], count)
        if c.concentration is not None:
            return times(c.concentration, c.concentration, volume), "mg", ""
        return volume, "mL", "amount in mL without a concentration"
    if c.other is not None:
        return c.other[:2], c.other[2], f"amount in {_plural(c.other[2])}, not in mg"
    if count is not None:
        return count, c.counted or "tablet", f"amount in {_plural(c.counted or 'tablet')} without a strength"
    if c.bare is not None:
        return c.bare, None, "an amount without a unit"
    return None, None, "no dose stated"


def _plural(name: str) -> str:
    if name in ("mEq", "mmol"):
        return name
    return name[:-1] + "ies" if name.endswith("ry") else name + ("es" if name.endswith("ch") else "s")


def _mass_dose(c: Clause, larger_of_pair: bool) -> tuple[Span | None, str | None, str]:
    amounts, count = c.amounts, c.count
    first = amounts[0]
    if first.high == 0:
        return None, None, "an amount of nothing"
    if c.summed and len(amounts) == 2:
        second = amounts[1]
        low = None if first.low is None or second.low is None else first.low + second.low
        return (low, first.high + second.high), "mg", ""
    if len(amounts) > 1:
        different = [a for a in amounts if not is_same(a.high, first.high)]
        if different and larger_of_pair and len(different) == 1 and not first.formed and (pair := _levodopa_pair(first, different[0])):
            return times(pair, pair, count or (1.0, 1.0)), "mg", ""
        if different:
            return _dose_of_several(c)
        if count is None and first.formed:
            first = next((a for a in amounts if not a.formed and a.low != a.high), first)  # "25 mg tablet, 12.5-25 mg"
    if count is None or first.role in ("total", "day") or c.bracketed:
        return (first.low, first.high), "mg", ""
    if first.low is not None and first.low < first.high and first.role != "label":
        return None, None, "two strengths: which part is not said" if count != (1.0, 1.0) else "a range of strengths"
    return times(first.high if first.role != "label" else first.low, first.high, count), "mg", ""


def _levodopa_pair(a: Amount, b: Amount) -> float:
    """The levodopa of two amounts that can be an inhibitor and levodopa ("carbidopa 25 mg/levodopa 100 mg"), else 0."""
    low, high = sorted((a.high, b.high))
    return high if 0.98 * LEVODOPA_RATIO * low <= high <= WIDEST_LEVODOPA_RATIO * low and not (a.role or b.role) else 0.0


def _dose_of_several(c: Clause) -> tuple[Span | None, str | None, str]:
    """Two amounts in one clause: a strength and a dose when they agree with the count or when the words tell which is which."""
    amounts, count = c.amounts, c.count
    if count is not None:
        for strength in amounts:
            for whole in amounts:
                if whole is not strength and is_same(strength.high * count[1], whole.high):
                    return (whole.low, whole.high), "mg", ""
    totals = [a for a in amounts if a.role in ("total", "day")]
    if len(totals) == 1:
        return (totals[0].low, totals[0].high), "mg", ""
    plain = [a for a in amounts if not a.formed and a.role != "strength"]
    if len(plain) == 1 and count is None:
        return (plain[0].low, plain[0].high), "mg", ""
    return None, None, "two amounts: which is the dose is not said"


def evaluate(c: Clause, scan: Scan, strengths: tuple[float, ...]) -> Intake:
    """Evaluate one clause: its dose, frequency and mg per day, or why not."""
    if c.scheme is not None:
        return _scheme(c, scan.product)
    per_day, no_frequency = _frequency(c)
    if c.rate is not None and c.unclear in UNCOUNTED:
        return Intake(None, None, per_day, None, c.unclear)
    if c.rate is not None:
        patches = c.count or (1.0, 1.0)
        return Intake(
            patches if scan.forms & {"patch"} else None,
            "patch" if scan.forms & {"patch"} else None,
            per_day,
            times(c.rate[0], c.rate[1], patches),
            "",
        )
    dose, unit, reason = _dose(c, scan.product)
    if unit == "mg" and dose is not None and not c.pair and c.amounts and "day" in [a.role for a in c.amounts]:
        return _whole_day(c, dose, per_day)
    if c.crossed and per_day == (1.0, 1.0) and c.generic and c.count is not None and c.amounts:
        return _crossed(c, dose, unit, reason)
    if unit == "mg" and _is_worn(scan, dose) and per_day != (1.0, 1.0) and per_day is not None:
        reason = "the strength of a patch without its time (per hour or per 24 hours)"
    reasons = [r for r in (reason, no_frequency) if r]
    if reasons or dose is None or per_day is None:
        return Intake(dose, unit, per_day, None, "; ".join(reasons))
    return Intake(dose, unit, per_day, times(dose[0], dose[1], per_day), "")


def _is_worn(scan: Scan, dose: Span | None) -> bool:
    """Whether the amount is the strength of a patch, whose mg a day its time decides."""
    return "patch" in scan.forms or ("worn" in scan.forms and dose is not None and dose[1] <= _PATCH_MG)


def _whole_day(c: Clause, dose: Span, per_day: Span | None) -> Intake:
    """An amount said to be of the whole day, perhaps divided."""
    if c.fixed and per_day is not None and per_day[1] > 1:
        low = None if dose[0] is None else dose[0] / per_day[1]
        return Intake((low, dose[1] / (per_day[0] or per_day[1])), "mg", per_day, dose, "")
    divided = c.divided or not c.generic
    return Intake(None if divided else dose, "mg", None if divided else (1.0, 1.0), dose, "")


def _crossed(c: Clause, dose: Span | None, unit: str | None, reason: str) -> Intake:
    """Evaluate "20 mg x 2 daily": two tablets once or one tablet twice, the same for the day."""
    if dose is None or unit != "mg" or c.count is None:
        return Intake(dose, unit, None, None, reason)
    single = c.amounts[0]
    return Intake((single.low, dose[1]), unit, (1.0, c.count[1]), dose, "")


def _scheme(c: Clause, product: Product) -> Intake:
    """Evaluate "1-0-2" or "300/300/600 mg": the amounts of one day."""
    values, mass = c.scheme if c.scheme is not None else ((), False)
    taken = [v for v in values if v > 0]
    share = c.patterns[0][1] if c.patterns else 1.0
    per_day = (len(taken) * share, len(taken) * share)
    strength: float | None = 1.0 if mass else None
    unit: str | None = "mg"
    reason = ""
    if not mass:
        if c.pair and product.larger_of_pair:
            strength = levodopa_of(c.pair)
        elif c.pair:
            reason = "two strengths: which part is not said"
        elif c.amounts:
            strength = c.amounts[0].high
        elif product.intakes[1] and max(taken) > _MOST_COUNT and all(map(product.is_intake, values)):
            strength = 1.0  # "gabapentin 300/300/600"
        elif max(taken) > _MOST_COUNT:
            reason, unit = "an amount without a unit", None
        else:
            reason = "amount in tablets without a strength"
    if strength is None:
        return Intake((min(taken), max(taken)), "tablet" if unit else None, per_day, None, reason)
    daily = sum(taken) * strength * share
    return Intake((min(taken) * strength, max(taken) * strength), unit, per_day, (daily, daily), "")
