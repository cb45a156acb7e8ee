"""Dates and doses as the tables of tests/cases write them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from medcheck.domain import Dosage, Exposure, PartialDate, Period


def when(partial: PartialDate | None, as_of: date) -> str:
    """A year, a month, a day, "first/last" when it is neither, "" when it is not told; what reaches up to `as_of` is whole."""
    if partial is None:
        return ""
    first, last = partial.earliest, partial.latest
    if first == last:
        return first.isoformat()
    if (first.month, first.day) == (1, 1) and last == min(date(first.year, 12, 31), as_of):
        return str(first.year)
    if first.day == 1 and last == min(first.replace(day=monthrange(first.year, first.month)[1]), as_of):
        return f"{first:%Y-%m}"
    return f"{first}/{last}"


def written(dose: Dosage | Exposure, once: float | None, period: Period, as_of: date) -> str:
    """ "0.5@2019..": the daily dose in mg, "0.25-0.5" for a range, "?0.25" with the amount of one intake, or "?"; then from and to."""
    low, high = dose.daily_dose_mg_min, dose.daily_dose_mg_max
    if high is None:
        daily = "?" if once is None else f"?{once:g}"
    else:
        daily = f"{high:g}" if low == high else f"{'' if low is None else f'{low:g}'}-{high:g}"
    return f"{daily}@{when(period.started, as_of)}..{when(period.stopped, as_of)}"
