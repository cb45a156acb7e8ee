"""How much: numbers with units, tablets, strengths, ranges, schemes of a day; knows no drug and no totals."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from medcheck.parsing.clause import DAYS_OR_TABLETS, HANDED_OUT, LEVODOPA_RATIO, TWO_COUNTS, WIDEST_LEVODOPA_RATIO, Clause, Product
from medcheck.parsing.frequencies import SHORT_PERIODS, take_times
from medcheck.parsing.lexicon import Token, Word
from medcheck.parsing.masses import read_mass, take_label
from medcheck.parsing.scan import NIGHTS, Scan

_DAY_HOURS = 24
_GRAM = 1000  # mg
_LEAST_CLOCK = 100  # 24-hour clock without a colon
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_MOST_CROSSED = 4  # "500 mg x 7 tds" is seven days or seven capsules
MOST_TABLETS = 12  # a larger number of tablets is what was handed out
_SMALL_COUNT = 8  # a bare whole number up to this is taken for tablets, a larger one for an amount without a unit
_WIDEST_RANGE = 5  # "5-325 mg" is two ingredients, "25-100 mg" can be a range
_WIDEST_SPLIT = 3  # "300/300/600" is a split day, "100/25/200" is three ingredients
_INJECTED: Final = frozenset(("IM", "SC", "IV"))
_SEPARATORS: Final = frozenset(("-", "/", "+", "to", "or"))
_SUPPLIED: Final = frozenset(("tablet", "capsule", "patch", "film", "lozenge", "sachet", "suppository", "ampoule"))
_HOW_OFTEN: Final = frozenset(("adverb", "frequency", "timing", "times", "every"))
_ONCE_SAID: Final = frozenset(("frequency", "timing", "times", "ambiguous"))
_BEFORE_RELEASE: Final = frozenset(("unit", "form", ",", "("))
_RELEASE_HOURS: Final = frozenset((8.0, 12.0, 24.0, 72.0))
_BEFORE_PERIOD: Final = frozenset(("number", "every", "a", "per", "/", "ordinal", "in", "times"))
_DOSE_FOLLOWS: Final = frozenset((
    "frequency", "timing", "route", "as_needed", "every", "times", "adverb", "per", "directed", "once", "weekday", "at", "upto", "limit",
    "clock", "repeat", "total", "ordinal", "ambiguous",
))  # fmt: skip
_BASE: Final = {name: Word("unit", 1.0, 1.0, name, (), "", name) for name in ("mg", "mL")}


def read_number(scan: Scan, i: int) -> int:
    """Read the numbers at i with their units, and what they are by the words behind them."""
    told = scan.told
    if (
        i
        and told[i - 1].kind == "period"
        and told[i - 1].word.high >= 1
        and len(told[i - 1].word.text) > 2
        and (i == 1 or told[i - 2].kind not in _BEFORE_PERIOD)
    ):
        scan.clause.dated = True  # "days 1-5"
        return scan.number_range(i)[2]
    figures: list[tuple[float, Word | None]] = []
    separators: list[str] = []
    j = i
    while True:
        value = told[j].value
        j += 1
        unit = None
        if value < 1 and told[j].kind in ("a", "of"):
            j = _before_unit(told, j)  # "half a milligram"
        if told[j].kind == "unit":
            unit = told[j].word
            j += 1
        figures.append((value, unit))
        separator = told[j].kind
        if separator == "," and unit is None and value <= _WIDEST_SPLIT and is_listed(told, j):
            separator = "or"  # "one, two or three"
        follower = told[j + 2]
        if separator == "and" and unit is None and value > _SMALL_COUNT and follower.kind == "unit" and told[i - 1].kind != "at":
            separator = "+"  # "75 and 37.5 mg"
        if separator not in _SEPARATORS or told[j + 1].kind != "number":
            break
        if unit is not None and (
            (separator == "/" and (follower.kind == "period" or (follower.kind == "unit" and follower.word.name == "mL")))
            or follower.kind in ("form", "x")
            or (follower.kind not in ("unit", "/", "-") and told[j + 1].value <= 4)
        ):
            break
        if separator == "-" and follower.kind == "x" and _SMALL_COUNT < value < _FIRST_YEAR:
            break
        separators.append(separator)
        j += 1
    if not separators:
        return read_one(scan, i, j, figures[0][0], figures[0][0], figures[0][1])
    return read_several(scan, i, j, figures, separators)


def _before_unit(told: list[Token], j: int) -> int:
    """The position of the unit in "a milligram", "of a milligram" at j, else j."""
    k = j + (told[j].kind == "of")
    return k + 1 if told[k].kind == "a" and told[k + 1].kind == "unit" else j


def is_listed(told: list[Token], j: int) -> bool:
    """Whether the comma at j stands in a list of small counts that ends in "or": "one, two or three"."""
    while told[j].kind == "," and told[j + 1].kind == "number" and told[j + 1].value <= _SMALL_COUNT:
        j += 2
    return told[j].kind == "or" and told[j + 1].kind == "number" and told[j + 1].value <= _SMALL_COUNT


def read_several(scan: Scan, i: int, j: int, figures: list[tuple[float, Word | None]], separators: list[str]) -> int:
    """Several numbers joined by signs: a range, two ingredients, the doses of a day, a duration, a date."""
    unit = next((u for _, u in reversed(figures) if u is not None), None)
    values = [v for v, _ in figures]
    if unit is None and any(_FIRST_YEAR <= v <= _LAST_YEAR for v in values):
        scan.clause.dated = True
        return j
    if unit is not None:
        values = [v * ((u or unit).high if (u or unit).name in ("mg", "mL") else 1.0) for v, u in figures]
        if unit.name in ("mg", "mL"):
            unit = _BASE[unit.name]
    low, high = min(values), max(values)
    if all(s in ("to", "or", "-") for s in separators) and (len(values) == 2 or "-" not in separators):
        if scan.changed:
            scan.changed = False
            return read_one(scan, i, j, values[-1], values[-1], unit)
        mass = unit is not None or low > _SMALL_COUNT
        wide = (
            high > _WIDEST_RANGE * low
            or scan.product.ingredients > 1
            or (scan.larger and high >= LEVODOPA_RATIO * low)
            or values[0] > values[-1]
        )
        if "-" in separators and mass and wide and not (unit is not None and unit.name != "mg"):
            return take_pair(scan, j, values)
        if "-" in separators and unit is not None and unit.name == "mg" and scan.told[j].kind == "form" and count_follows(scan, j + 1):
            return take_pair(scan, j, values)
        return read_one(scan, i, j, low, high, unit)
    if unit is not None and unit.name == "mg" and scan.product.ingredients == 1 and set(separators) == {"+"}:
        return read_one(scan, i, j, sum(values), sum(values), unit)  # "150 mg + 75 mg" of one drug
    if len(values) == 2 and separators[0] == "/" and unit is None:
        if values[1] in (7, 52, 12) and scan.told[j].kind != "form":
            scan.clause.dated = True
            scan.clause.uk_days = values[0] * SHORT_PERIODS[values[1]]
            return j
        if values[1] == _DAY_HOURS and 0 < values[0] <= 12 and scan.quantities:
            scan.add_interval(values[0] / _DAY_HOURS, values[0] / _DAY_HOURS)
            return j
    if len(values) in (3, 4) and len(set(separators)) == 1 and is_scheme(values, unit, separators[0], scan.product):
        c = scan.take_quantity()
        c.scheme = (tuple(values), unit is not None)
        c.timed = True
        moments = ("morning", "noon", "evening", "bedtime")
        scan.timing.update(m for m, v in zip(moments, values, strict=False) if v > 0)
        return j
    return take_pair(scan, j, values)


def is_scheme(values: list[float], unit: Word | None, separator: str, product: Product) -> bool:
    """Whether three or four joined numbers are the doses of one day."""
    if unit is not None and unit.name != "mg":
        return False
    low, high = min(values), max(values)
    if unit is None and separator == "/" and (high <= 31 or low == 0):
        return False  # looks like a date
    if low > 0 and product.intakes[1] and all(map(product.is_intake, values)):
        return True  # "quetiapine 25-25-100"
    return high > 0 if low == 0 else high <= _WIDEST_SPLIT * low


def count_follows(scan: Scan, j: int) -> bool:
    """Whether a count of tablets comes before the frequency: then a range before it is a strength of two parts."""
    told = scan.told
    return any(told[k].kind == "number" and told[k + 1].kind == "form" for k in range(j, min(j + 4, len(told) - 1)))


def take_pair(scan: Scan, j: int, values: list[float]) -> int:
    """Take the numbers as the strengths of several ingredients."""
    c = scan.clause
    if c.amounts or c.count:
        c = scan.take_quantity()
    elif c.pair and c.timed:
        scan.begin()  # "25/100 tid and CR 50/200 nocte"
        c = scan.take_quantity()
    c.pair = c.pair or tuple(values)
    scan.strengths = True
    if not c.quantity and not c.timed:
        c.first = "quantity"
    if scan.told[j].kind == "form":
        scan.see_form(scan.told[j].word)
        j += 1
    return j


def read_one(scan: Scan, i: int, j: int, low: float, high: float, unit: Word | None) -> int:
    """One amount or range of amounts, `unit` as written."""
    if unit is not None:
        if unit.name == "mg" and not (unit.high == _GRAM and any(map(_is_topical, scan.told))):
            return read_mass(scan, i, j, low * unit.high, high * unit.high)
        return _read_other_unit(scan, j, low, high, unit)
    told = scan.told
    kind = told[j].kind
    if scan.product.figures and low == high and kind != "period" and (label := scan.labelled(low)) is not None:
        return take_label(scan, j, label)
    if kind == "in" and told[j + 1].kind == "number" and _is_nights(told[j + 2]) and low < told[j + 1].value:
        scan.add_pattern(low / told[j + 1].value, high / told[j + 1].value)
        scan.timing.update(told[j + 2].word.timing)
        return j + 3  # "one in three nights"
    if low < 1 and kind == "a" and told[j + 1].kind == "period":
        return read_number_period(scan, i, j + 1, low, high)  # "half an hour before bed"
    if kind == "-" and (told[j + 1].kind == "adverb" or (told[j + 1].kind == "form" and told[i].word.text == "worded")):
        if told[j + 1].kind == "adverb":
            return read_interval(scan, j + 1, low, high)  # "8-hourly", "4-weekly"
        j, kind = j + 1, "form"  # "half-tablet"
    elif kind in ("a", "of", "every") and told[j + 1].kind == "form":
        j, kind = j + 1, "form"
    elif kind == "of" and told[j + 1].kind == "a" and told[j + 2].kind == "form":
        j, kind = j + 2, "form"
    reader = _AFTER_NUMBER.get(kind)
    return read_bare(scan, i, j, low, high) if reader is None else reader(scan, i, j, low, high)


def _is_nights(token: Token) -> bool:
    return (token.kind == "timing" and token.word.text in NIGHTS) or (token.kind == "period" and token.word.high == 1)


def _is_topical(token: Token) -> bool:
    """Whether a word says that grams are of a cream: its form, "apply", a percentage."""
    return token.kind == "%" or (token.kind == "form" and token.word.name == "cream") or token.word.text == "apply"


def _read_other_unit(scan: Scan, j: int, low: float, high: float, unit: Word) -> int:
    """An amount that is no mass of the drug: mL, puffs, units, grams of a gel."""
    c = scan.take_quantity()
    least = scan.least(low)
    if unit.name == "mL":
        c.volume = (None if least is None else low * unit.high, high * unit.high)
    else:
        c.other = (least, high, "gram" if unit.name == "mg" else unit.name)
        scan.imply_route(unit.route)
        scan.eye = scan.eye or unit.name == "drop"
    return j


def read_counted(scan: Scan, i: int, j: int, low: float, high: float) -> int:
    """A number before a form: tablets, patches. Doses are no amount: "x 2 doses"."""
    word = scan.told[j].word
    j += 1
    if word.name == "dose":
        if low == high == 1 and not scan.clause.timed:
            scan.clause.single = True
        return j
    if word.name in ("liquid", "cream", "inhaler"):
        scan.see_form(word)
        return j
    c = scan.clause
    if c.count is not None and not c.timed and scan.brackets:
        return j  # "600 mg (2 capsules)" said once already
    taken = scan.told[i - 1].kind == "take"
    if low == high > MOST_TABLETS and word.name in _SUPPLIED:
        return _read_handed_out(scan, j, word, high, taken)
    if c.count is not None and not c.timed and c.taken and not taken and c.amounts:
        return j  # "take 2 tablets, 7 tablets"
    least_before = c.count if scan.link in ("to", "or", "-") and not c.timed else None
    c = scan.take_quantity(counted=True)
    c.taken = taken
    if least_before is not None and least_before[0] is not None and least_before[1] < low:
        low = least_before[0]  # "half a tablet to 1 tablet"
    c.bracketed = scan.brackets and bool(c.amounts) and not c.amounts[-1].formed
    j, part = and_a_part(scan.told, j) if low == high and high >= 1 else (j, 0.0)
    c.count, c.counted = (scan.least(low + part), high + part), word.name
    scan.see_form(word)
    return j


def _read_handed_out(scan: Scan, j: int, word: Word, count: float, taken: bool) -> int:
    """More tablets than anyone takes at once: what was handed out, or not to be understood where the words call them the dose."""
    scan.see_form(word)
    if taken or scan.told[j].kind in _HOW_OFTEN:
        c = scan.take_quantity(counted=True)
        c.count, c.counted = (count, count), word.name
        c.unclear = HANDED_OUT
    if scan.told[j].kind == "number" and scan.told[j + 1].kind in ("end", ","):
        return j + 1  # "30 tablet 3" is the column of refills
    return j


def and_a_part(told: list[Token], j: int) -> tuple[int, float]:
    """The position behind "and a half" at j and its value: "a tablet and a half"."""
    if told[j].kind != "and":
        return j, 0.0
    k = j + 1 + (told[j + 1].kind == "a")
    if told[k].kind == "number" and 0 < told[k].value < 1 and told[k + 1].kind not in ("form", "unit", "a", "of"):
        return k + 1, told[k].value
    return j, 0.0


def _is_before(token: Token) -> bool:
    return token.kind == "before" or token.word.text in ("ac", "pc") or token.word.text.startswith(("before", "prior", "after "))


def _read_before_event(scan: Scan, j: int) -> int:
    """So long before or after what stands at j: timing, and no further intake ("in the evening, 1 to 3 hours before bedtime")."""
    c, told = scan.clause, scan.told
    if scan.link == ",":
        scan.link = ""
    j += told[j].kind == "before"
    if told[j].kind == "timing" and not scan.link and c.moments and c.moments[-1][0][0].isdigit():
        return j + 1  # "at 8 pm, 2 hours before bed"
    return j


def _is_release(scan: Scan, i: int, j: int, low: float, high: float) -> bool:
    """Whether "24 HR" is how long a product releases its drug: before a form or behind a word ("Extended Release 12 hour")."""
    told = scan.told
    if not (low == high and low in _RELEASE_HOURS and told[j].word.high < 1 / 2 and 1 / told[j].word.high == _DAY_HOURS):
        return False
    after = told[j + 1].kind
    if after == "form":
        return told[j + 1].word.name != "patch"  # "2 mg 24 hours patch" is a rate
    return (bool(i) and told[i - 1].kind == "word") or (after == "word" and bool(i) and told[i - 1].kind in _BEFORE_RELEASE)


def read_number_period(scan: Scan, i: int, j: int, low: float, high: float) -> int:
    """A number before hours, days or weeks that is no interval: a duration, or "3 days a week"."""
    told = scan.told
    period = told[j].word.high
    after = told[j + 1]
    if _is_before(after):
        return _read_before_event(scan, j + 1)
    if _is_release(scan, i, j, low, high):
        return j + 1
    if period == 1 and high <= 7:
        if (k := _read_share(scan, j + 1, low, high)) > 0:
            return k  # "one day in three"
        of_week = scan.period_at(j + 1)
        if of_week is not None and of_week[0] == 7:
            scan.add_pattern(low / 7, high / 7)
            return of_week[1]
    if period * high == 1 and period < 1:
        scan.add_daily()  # "8 mg 24 hours" written without its slash
    elif 1 / period == _DAY_HOURS and low == high and is_clock(low):
        scan.add_clock(low // 100)  # "at 2200 hrs"
    else:
        scan.clause.dated = True
    return j + 1


def read_number_timing(scan: Scan, i: int, j: int, low: float, high: float) -> int:
    """Read "5 nights a week"; before another moment a number counts tablets."""
    word = scan.told[j].word
    if word.text in NIGHTS and high <= 7 and (k := _read_share(scan, j + 1, low, high)) > 0:
        scan.timing.update(word.timing)  # "one night in three"
        return k
    after = scan.period_at(j + 1) if word.text in NIGHTS and high <= 7 else None
    if after is None or after[0] != 7:
        if word.text in NIGHTS and word.text.endswith("s") and low > 1:
            scan.clause.dated = True  # "3 nights" is how long
            return j
        return read_bare(scan, i, j, low, high)
    scan.add_pattern(low / 7, high / 7)
    scan.timing.update(word.timing)
    return after[1]


def _read_share(scan: Scan, j: int, low: float, high: float) -> int:
    """Read "in three" behind a number of days or nights: the position behind it, 0 when it is not there."""
    told = scan.told
    if told[j].kind != "in" or told[j + 1].kind != "number" or told[j + 2].kind in ("unit", "form", "period"):
        return 0
    if told[j + 2].kind == "x" and not scan.is_course_at(j + 3):
        return 0
    if not high < told[j + 1].value <= 31:
        return 0
    scan.add_pattern(low / told[j + 1].value, high / told[j + 1].value)
    return j + 2


def read_number_adverb(scan: Scan, i: int, j: int, low: float, high: float) -> int:
    """Read "6 hourly"; before another adverb a number counts tablets."""
    period = scan.told[j].word.high
    if period < 1 / 2:
        return read_interval(scan, j, low, high)
    c = scan.clause
    injected = c.quantity and period > 1 and (scan.route in _INJECTED or any(_is_injected(t) for t in scan.told))
    if period > 1 and high > 1 and scan.told[i - 1].kind != "take" and (injected or not (c.amounts and c.amounts[-1].formed)):
        if c.count is not None or injected:
            return read_interval(scan, j, low, high)  # "100 mg IM 4 weekly"
        if c.amounts:
            c.unclear = "so many a week or once in so many weeks: which is not said"
            return j + 1
    return read_bare(scan, i, j, low, high)


def read_interval(scan: Scan, j: int, low: float, high: float) -> int:
    """So many hours, weeks or months between two doses; the adverb is at j."""
    period = scan.told[j].word.high
    if low > 0:
        scan.add_interval(low * period, high * period)
    return j + 1


def _is_injected(token: Token) -> bool:
    return (token.kind == "route" and token.word.route in _INJECTED) or (
        token.kind == "form" and token.word.name in ("injection", "ampoule")
    )


def is_clock(value: float) -> bool:
    """Whether a number can be a time of the day in four figures."""
    return _LEAST_CLOCK <= value <= 100 * _DAY_HOURS and value % 100 < 60


def read_number_am_pm(scan: Scan, i: int, j: int, low: float, high: float) -> int:
    """A number before "am" or "pm": a clock time, or a count where nothing else was counted ("1 am 2 pm")."""
    told = scan.told
    text = told[j].word.text
    if text in ("am", "pm") and high <= 12 and (low.is_integer() or low < high):
        c = scan.clause
        if text == "am" and high <= 3 and told[i - 1].kind != "at" and low == high:
            return read_bare(scan, i, j, low, high)  # "300 mg 1 am": nobody takes it at one at night
        given = bool(c.amounts and not c.amounts[-1].formed) or c.count is not None or c.other is not None
        before = told[i - 1].kind
        if (given and not c.timed) or before == "at" or (before in ("and", ",") and c.quantity) or high > 3 or _follows_clock(c):
            if before != "at" and high <= 3 and c.count is not None and not _is_hourly(told):
                c.unclear = "a number before pm may be a time or a count"
            scan.add_clock(high % 12 + (12 if text == "pm" else 0), text)
            return j + 1
    return read_bare(scan, i, j, low, high)


def _follows_clock(c: Clause) -> bool:
    """Whether the last moment said, behind a number of times a day, is a time: "5x/day (6am 9am 3pm)"."""
    return bool(c.fixed) and _ends_in_clock(c)


def _ends_in_clock(c: Clause) -> bool:
    return bool(c.moments) and c.moments[-1][0][0].isdigit()


def _is_hourly(told: list[Token]) -> bool:
    """Whether some other number can only be a time of the day: "10 am"."""
    return any(t.kind == "clock" or (t.kind == "number" and t.value > 3 and u.word.text in ("am", "pm")) for t, u in pairwise(told))


def read_bare(scan: Scan, i: int, j: int, low: float, high: float) -> int:
    """A number with nothing that says what it counts."""
    told = scan.told
    kind = told[j].kind
    before = told[i - 1].kind if i else ""
    whole = low == high
    clocks = before in ("and", ",", "clock") or _is_clock_before(told, i)
    if clocks and whole and _LEAST_CLOCK <= low <= 2400 and _ends_in_clock(scan.clause):
        scan.add_clock(low // 100)  # "at 0900 and 2100"
        return j
    if kind in ("month", "%") or before in ("month", "supply", "<", "since") or (whole and _FIRST_YEAR <= low <= _LAST_YEAR):
        if kind != "%" and before not in ("supply", "<"):
            scan.clause.dated = True
        return j + 1 if kind in ("month", "%") else j
    k = j
    while told[k].kind in ("of", "a"):
        k += 1
    if (
        told[k].kind == "number"
        and told[k + 1].kind == "unit"
        and told[k + 1].word.name in ("mg", "mL")
        and (k > j or high < 1 or told[k + 2].kind == "form")
    ):
        c = scan.take_quantity(counted=True)
        c.count = (scan.least(low), high)  # "two 75 mg tablets"
        return k
    if low == high < 1 and k > j and told[k].kind in ("word", "number"):
        c = scan.take_quantity(counted=True)
        c.count = (low, high)  # "half a Sinemet 25/100"
        return k
    worded = told[i].word.text == "worded"
    if kind == "(" and high <= _SMALL_COUNT and is_mass_in_brackets(told, j):
        c = scan.take_quantity(counted=True)
        c.count = (scan.least(low), high)  # "2 (25 mg) tablets"
        return j
    if kind == "number" and scan.larger and whole and is_pair_apart(told, i, j, low):
        return take_pair(scan, j + 1, [low, told[j].value])
    said = (
        kind in _DOSE_FOLLOWS
        or (kind in ("a", "/") and told[k if kind == "a" else j + 1].kind in ("period", "form"))
        or before in ("take", "form")
    )
    if kind == "-" and told[j + 1].kind == "number" and told[j + 2].kind == "x":
        said = True  # "300 - 3 times a day"
    if (kind == "(" and worded) or (kind == "number" and told[j + 1].kind == "x"):
        said = True  # "two (tablets)", "one three times a day"
    if scan.why and kind == "/" and told[j + 1].kind == "period" and scan.clause.quantity:
        return take_times(scan, low, high, j)  # "5 mg prn 1-2/week"
    if not said or scan.why:
        return j
    strengths = scan.strengths
    if high <= _SMALL_COUNT and (worded or strengths or (float(low).is_integer() and float(high).is_integer())) and high > 0:
        _take_bare_count(scan, low, high, before == "take")
    elif high > 0:
        c = scan.take_quantity()
        c.bare = (scan.least(low), high)
    return j


def _is_clock_before(told: list[Token], i: int) -> bool:
    """Whether the number before i is a time of the day in four figures: "0800 1200 1600"."""
    return i > 1 and told[i - 1].kind == "number" and told[i - 1].value >= _LEAST_CLOCK and told[i - 2].kind in ("clock", "number")


def _take_bare_count(scan: Scan, low: float, high: float, taken: bool) -> None:
    """Take a number as tablets; of two different counts the one behind "take" is taken, the other was handed out."""
    c = scan.take_quantity(counted=True)
    least = scan.least(low)
    if c.count is None or (taken and not c.taken):
        c.count, c.taken = (least, high), taken
    elif c.count != (least, high) and not c.taken and c.counted and not c.timed:
        c.unclear = TWO_COUNTS


def is_mass_in_brackets(told: list[Token], j: int) -> bool:
    """Whether "(25 mg) tablets" stands at j."""
    return [t.kind for t in told[j + 1 : j + 5]] == ["number", "unit", ")", "form"]


def is_pair_apart(told: list[Token], i: int, j: int, low: float) -> bool:
    """Whether the numbers at i and j are the two strengths of a levodopa product said without a sign: "twenty five one hundred"."""
    high = told[j].value
    return told[i].value == low >= _SMALL_COUNT and LEVODOPA_RATIO * low <= high <= WIDEST_LEVODOPA_RATIO * low


def read_form_word(scan: Scan, i: int) -> int:
    """Read a form without a number: the amount before it is of one of them."""
    c = scan.clause
    if c.amounts and not c.timed and c.count is None and scan.told[i].word.name not in ("liquid", "cream", "dose"):
        c.amounts[-1].formed = True
    scan.see_form(scan.told[i].word)
    return i + 1


def read_number_x(scan: Scan, i: int, j: int, low: float, high: float) -> int:
    """A number before "x" or "times": times a day, or "2 x 100 mg"."""
    told = scan.told
    k = j + 1
    times = told[j].word.text.startswith("time")
    if not times and scan.is_course_at(k):
        return read_bare(scan, i, j, low, high)  # "and 2100 x 3 days", "2017-2020 x 3 days"
    if scan.open and told[i - 1].kind != "upto":
        scan.open = False
    if told[k].kind == "number" and told[k + 1].kind == "unit" and not times:
        if low == high > MOST_TABLETS:
            return k  # "28 x 10 mg tablets": handed out
        link = scan.link
        c = scan.take_quantity(counted=True)
        scan.link = link if c.rate is not None else ""  # "1 x 4 mg/24h patch + 1 x 2 mg/24h patch"
        c.count, c.crossed = (low, high), told[k + 2].kind != "form"  # "2 x 5 mg daily" may be 5 mg twice
        return k
    if not times and told[k].kind == "number" and told[k].value <= _SMALL_COUNT and high <= _SMALL_COUNT and scan.period_at(j) is None:
        c = scan.take_quantity(counted=True)
        c.count = (told[k].value, told[k].value)  # "3x1": three times one tablet
        scan.add_fixed(low, high)
        k += 1
        if told[k].kind == "form":
            scan.see_form(told[k].word)
            k += 1
        return scan.skip_period(k)
    if told[k].kind == "number" and told[k].value > MOST_TABLETS and low == high and not times and scan.period_at(k) is None:
        return k + 1 + (told[k + 1].kind == "form")  # "2 x 28 tablets": packs
    if told[k].kind == "form":
        return read_counted(scan, i, k, low, high)
    if low == high > MOST_TABLETS and scan.period_at(k) is None:
        return k  # "28 x, take one"
    return take_times(scan, low, high, k)


def read_cross(scan: Scan, i: int) -> int:
    """An "x" before a number: a duration, a count of tablets, or times a day."""
    told = scan.told
    if told[i + 1].kind != "number":
        return i + 1
    low, high, j = scan.number_range(i + 1)
    kind = told[j].kind
    c = scan.clause
    if kind == "period" or (kind == "form" and told[j].word.name == "dose"):
        c.dated = True
        return j + 1
    if kind == "timing" and told[j].word.text == "nights":  # "0.25 mg x 3 nights": how long, and when
        c.dated = True
        return j
    if kind == "/" and told[j + 1].kind == "number" and told[j + 1].value in (7, 12, 52):
        c.dated = True
        return j + 2
    if kind == "form":
        return read_counted(scan, i, j, low, high)
    if kind == "adverb" and c.amounts and c.count is None and not c.timed and told[j].word.high == 1:
        c.count, c.crossed = (low, high), True  # "20 mg x 2 daily": two tablets or twice
        return j
    if kind == "x" and told[j].word.text.startswith("time"):
        j, kind = j + 1, told[j + 1].kind  # "x 3 times a day"
    if kind in ("adverb", "/", "per", "a", "every") and scan.period_at(j) is not None:
        return take_times(scan, low, high, j)
    if (c.amounts or c.pair) and c.count is None and not c.timed and not low == high > MOST_TABLETS:
        c.count = (low, high)
        if high > _MOST_CROSSED and kind in _ONCE_SAID:
            c.unclear = DAYS_OR_TABLETS
    return j


def read_per(scan: Scan, i: int) -> int:
    """A sign or word that may begin a period: "/day", "per week", "a day", "in 24 hours"; "a tablet" is one."""
    told = scan.told
    kind = told[i].kind
    after = told[i + 1]
    if kind == "a" and after.kind == "form":
        return read_counted(scan, i, i + 1, 1.0, 1.0) if scan.clause.count is None or scan.clause.timed else i + 1
    if kind == "a" and after.kind == "period" and _is_before(told[i + 2]):
        return _read_before_event(scan, i + 2)  # "an hour before bed"
    if kind == "a" and after.kind == "ordinal" and after.word.high > 2 and told[i + 2].kind == "of":
        k = i + 3 + (told[i + 3].kind == "a")
        if told[k].kind == "form":  # "a third of a tablet"
            return read_counted(scan, i, k, 1 / after.word.high, 1 / after.word.high)
        if told[k].kind == "number" and told[k + 1].kind == "unit" and scan.clause.count is None:
            c = scan.take_quantity(counted=True)
            c.count = (1 / after.word.high, 1 / after.word.high)  # "a third of a 15 mg tablet"
            return k
    if kind == "a" and after.kind == "number" and told[i + 2].kind == "unit" and told[i + 3].kind == "form" and scan.clause.count is None:
        c = scan.take_quantity(counted=True)
        c.count = (1.0, 1.0)  # "a 25 mg tablet"
        return i + 1
    if kind in ("/", "per", "a", "in") and after.kind in ("period", "number"):
        period = scan.period_at(i)
        if period is not None and (kind != "in" or period[0] == 1) and period[0] >= 1:
            if period[0] == 1:
                scan.add_daily()
            else:
                scan.add_pattern(1 / period[0], 1 / period[0])
            return period[1]
        if period is not None and kind == "in":
            return period[1]
    if kind == "/":
        scan.link = "/"
    return i + 1


_AFTER_NUMBER: Final[dict[str, Callable[[Scan, int, int, float, float], int]]] = {
    "form": read_counted, "timing": read_number_timing, "x": read_number_x,
    "period": read_number_period, "adverb": read_number_adverb, "ambiguous": read_number_am_pm,
}  # fmt: skip
