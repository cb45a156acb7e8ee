"""How often: times a day, intervals, weekdays, moments and clock times of a dose instruction; knows no amounts."""

from __future__ import annotations

from typing import Final

from medcheck.parsing.scan import Scan

_DAY_HOURS = 24
_NOON = 12
_PATCH_HOURS = 72
SHORT_PERIODS: Final = {24.0: 1 / 24, 7.0: 1.0, 52.0: 7.0, 12.0: 30.0}  # days; UK shorthand for hours, days, weeks, months
_HOURS_UNSAID: Final = frozenset((2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 24.0, 48.0, 72.0))  # "q8" is every 8 hours


def take_times(scan: Scan, low: float, high: float, j: int) -> int:
    """So many times, then their period: "3 times a day", "twice weekly", "once"."""
    after = scan.period_at(j)
    if after is not None:
        days, j = after
        if days == 1 and high == 1 and scan.clause.crossed:
            scan.add_daily()
        else:
            scan.add_per_day(low / days, high / days)
        return j
    if high > 1 and scan.told[j].kind == "timing":
        scan.add_fixed(low, high)
    elif high > 1:
        scan.clause.loose = (None if scan.open else low, high)
    elif scan.told[j].kind in ("end", ",", "as_needed", ")", "for"):
        scan.clause.single = True
    return j


def read_times_word(scan: Scan, i: int) -> int:
    """Read "once", "twice", "once or twice" and their period."""
    told = scan.told
    low = high = told[i].word.high
    j = i + 1
    if told[j].kind in ("or", "to", "-") and told[j + 1].kind == "times":
        high, j = told[j + 1].word.high, j + 2
    elif told[j].kind in ("or", "to", "-") and told[j + 1].kind == "number" and told[j + 2].kind == "x":
        high, j = told[j + 1].value, j + 3
    return take_times(scan, low, high, j)


def read_every(scan: Scan, i: int) -> int:
    """Read what follows "every", "each" or "q"."""
    told = scan.told
    j = i + 1
    kind = told[j].kind
    if kind == "number":
        return read_every_number(scan, i, j)
    if kind == "ordinal":
        return read_every_nth(scan, j, told[j].word.high)
    if kind == "period":
        period = told[j].word.high
        if period == 1:
            scan.add_daily()
        else:
            scan.add_interval(period, period)
        return j + 1
    if kind == "ambiguous" and told[j].word.timing:
        scan.add_moment(told[j].word.timing, int(told[j].word.low))
        return j + 1
    return j


def read_every_nth(scan: Scan, j: int, nth: float) -> int:
    """Read "every other day", "every third night", "every 2nd Monday": j is at the ordinal."""
    told = scan.told
    after = told[j + 1]
    if nth <= 0:
        return j + 1
    if after.kind == "period":
        scan.add_interval(nth * after.word.high, nth * after.word.high)
    elif after.kind == "timing":
        scan.add_pattern(1 / nth, 1 / nth)
        scan.timing.update(after.word.timing)
    elif after.kind == "weekday":
        scan.add_pattern(1 / (7 * nth), 1 / (7 * nth))
    else:
        return j + 1
    return j + 2


def read_every_number(scan: Scan, i: int, j: int) -> int:
    """Read "q 6 h", "every 4 to 6 hours", "q4/24", "every 3rd day"."""
    told = scan.told
    start = j
    low, high, j = scan.number_range(j)
    if told[j].kind == "word" and told[j + 1].kind in ("period", "timing", "weekday") and low == high:
        return read_every_nth(scan, j, low)  # "every 3rd day"
    if low <= 0:
        return j
    kind = told[j].kind
    if kind == "ambiguous" and told[j].word.text in ("am", "pm") and low == high <= _NOON:
        half = told[j].word.text  # "q. 4 p.m."
        scan.add_clock(low % _NOON + (_NOON if half == "pm" else 0), half)
        return j + 1
    if kind in ("period", "adverb"):
        period = told[j].word.high
        if low == _PATCH_HOURS and period < 1:
            scan.forms.add("worn")  # hardly anything but a patch is given every 72 hours
        j += 1
        if told[j].kind in ("-", "to", "or") and told[j + 1].kind == "number" and told[j + 2].kind == "period":
            high, j = max(high, told[j + 1].value), j + 3  # "q4h-6h"
        scan.add_interval(low * period, high * period)
        return j
    if kind == "timing":
        scan.add_pattern(1 / high, 1 / low)
        scan.timing.update(told[j].word.timing)
        return j + 1
    if kind == "/" and told[j + 1].kind == "number" and told[j + 1].value in SHORT_PERIODS:
        days = SHORT_PERIODS[told[j + 1].value]
        scan.add_interval(low * days, high * days)  # "4/24", "every 2/52"
        return j + 2
    if told[i].word.text == "q" and low in _HOURS_UNSAID and high in _HOURS_UNSAID:
        scan.add_interval(low / _DAY_HOURS, high / _DAY_HOURS)
        return j
    return start + 1 if kind == "unit" else j


def read_adverb(scan: Scan, i: int) -> int:
    """Read "daily", "weekly", "hourly"."""
    period = scan.told[i].word.high
    if (
        scan.told[i + 1].kind == "x"
        and scan.told[i + 2].kind == "number"
        and period == 1
        and scan.told[i + 3].kind in ("end", ",", "x", "for", ")")
    ):
        scan.add_daily()
        return i + 3
    if period == 1:
        scan.add_daily()
    else:
        scan.add_interval(period, period)
    return i + 1


def read_frequency(scan: Scan, i: int) -> int:
    """Read "bid" and the like."""
    word = scan.told[i].word
    if word.text == "td" and "patch" in scan.forms:
        scan.route = "TD"  # a patch is never put on three times a day
        return i + 1
    scan.add_per_day(word.low, word.high)
    scan.timing.update(word.timing)
    return i + 1


def read_timing(scan: Scan, i: int) -> int:
    """Read "nocte" and the like."""
    word = scan.told[i].word
    scan.add_moment(word.timing, int(word.low))
    return i + 1


def read_weekday(scan: Scan, i: int) -> int:
    """Read a list or range of weekdays."""
    told = scan.told
    days: set[int] = set()
    first = i
    while True:
        day = int(told[i].word.high)
        days.add(day)
        i += 1
        link = i
        while told[i].kind in ("and", ",", "/", "-", "to", "+", "on"):
            i += 1
        if told[i].kind != "weekday":
            i = link
            break
        if told[link].kind in ("-", "to"):
            days.update((day + k - 1) % 7 + 1 for k in range((int(told[i].word.high) - day) % 7 + 1))
    share = len(days) / 7
    if first and (told[first - 1].kind == "except" or (first > 1 and told[first - 2].kind == "except")):
        share = 1 - share
    if share > 0:
        scan.add_pattern(share, share)
    return i


def read_at(scan: Scan, i: int) -> int:
    """Read a clock time after "at": "at 8", "at 2200"."""
    after = scan.told[i + 1]
    if after.kind == "number" and _is_hour(scan, i + 2):
        hour = after.value // 100 if after.value >= 100 else after.value
        if hour <= 24:
            scan.add_clock(hour)
            return i + 2
    return i + 1


def _is_hour(scan: Scan, j: int) -> bool:
    """Whether the number before j is an hour: not a dose, a count of times or a length of time."""
    kind = scan.told[j].kind
    return (kind == "x" and scan.is_course_at(j + 1)) or kind not in ("unit", "period", "x", "form", "ambiguous", "-")


def read_clock_time(scan: Scan, i: int) -> int:
    """Read "08:00" or "8:30 pm"."""
    told = scan.told
    hour = told[i].value
    j = i + 1
    half = ""
    if told[j].kind == "ambiguous" and told[j].word.text in ("am", "pm"):
        half = told[j].word.text
        hour = hour % 12 + (12 if half == "pm" else 0)
        j += 1
    if hour < _DAY_HOURS:
        scan.add_clock(hour, half)
    return j
