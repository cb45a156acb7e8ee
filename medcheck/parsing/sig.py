"""Dose instructions ("sig") as people write them -> Dosage; knows no drug: the caller says what is known of the product.

The words come from formulary/sig.csv (domain.SigTerm), by kind:

| kind | what it is | value and doses_per_day |
|---|---|---|
| frequency | bid, qod | doses per day, least and most |
| timing | nocte, with meals | doses per day where nothing else tells; `timing` the moments |
| adverb | daily, weekly, hourly | value: the period in days |
| period | h, day, week | value: days |
| ordinal, weekday, times | other, monday, twice | value: the number |
| route | po, peg tube | `route` |
| as_needed, directed, once | prn, as directed, stat | |
| form, unit | tablet, mg, puff | `timing` holds its name, value the mg or mL in one, `route` what it implies |
| number | three, half | value |
| limit, upto, total, divided, repeat | max, up to | words before or after a number |
| change, step, from, except | then, increase by | the dose is not one |
| present, now | then continue at, increased to | what follows is the present dose |
| equivalent | elemental, salt | behind an amount in brackets: the same dose in other terms |
| adding | also | what follows comes on top |
| take, ignore, supply | take, to be taken, disp | supply: the number that follows is no dose |
| ambiguous | on, am, od, pr, td | read only where the words around it allow; qualifiers.py says where |

Reading rules that a clinician may want to know:
as needed with a frequency counts at that frequency; "up to" leaves the least unknown (None); q4-6h is 4 to 6 a day;
amounts at several times of a day are added; amounts of successive courses ("40 mg x 3 days then 20 mg") are a range, a later one
without its frequency is taken as often as the one before; "then continue at", "increased to" name the present dose;
strengths and masses are in mg; a rate (mcg/h, mg/24 h) is a daily dose whatever the patch change; an amount without a unit, two
strengths, a count without a strength, a dose by weight give None with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from medcheck.domain import Dosage, SigTerm
from medcheck.parsing.clause import Clause, Product, Span, levodopa_of
from medcheck.parsing.grammar import read_clauses
from medcheck.parsing.intake import Intake, evaluate, is_same, times
from medcheck.parsing.lexicon import prepare
from medcheck.parsing.scan import Scan

_LONGEST = 600  # words
_ORDER = {name: i for i, name in enumerate(("morning", "noon", "afternoon", "evening", "bedtime", "night"))}


_MERELY_THEN = frozenset(("then", "followed by"))
_REMEMBERED = 32  # characters
_UNKNOWN = Product()


class SigReader:
    """Reads dose instructions with a table prepared once; never raises for a str.

    Short instructions are remembered, because a list says "20 mg daily" many times; what is longer may be a patient's own words and is not.

    >>> bid = SigTerm(text="bid", kind="frequency", doses_per_day_min=2, doses_per_day_max=2)
    >>> mg = SigTerm(text="mg", kind="unit", timing="mg", value=1)
    >>> SigReader([bid, mg]).read("Pepcid 20 mg b.i.d.").daily_dose_mg_max
    40.0
    """

    def __init__(self, terms: Sequence[SigTerm], region: str = "") -> None:
        """Prepare the table. `region` is "us", "uk" or "" (not known); it decides what qd, td and od can mean."""
        self._lexicon = prepare(terms, region)
        self._short = lru_cache(maxsize=2048)(self._read)

    def read(self, text: str, product: Product = _UNKNOWN) -> Dosage:
        """Read one instruction, the drug's name still in it or not.

        What is known of the product decides what a pair such as 25/100 and a figure alone mean; else they are a reason for None.
        """
        return self._short(text, product) if len(text) <= _REMEMBERED else self._read(text, product)

    def knows_all(self, text: str) -> bool:
        """Whether a text is made of words of dose instructions, numbers and dates only, so that no drug can hide in it."""
        return self._lexicon.knows_all(text)

    def _read(self, text: str, product: Product) -> Dosage:
        told = self._lexicon.tell(text)
        if len(told) > _LONGEST:
            return Dosage(text, reason=f"longer than a dose instruction ({_LONGEST} words)")
        scan, clauses = read_clauses(told, product)
        strengths = _share_strengths(clauses, product.larger_of_pair)
        courses = len(clauses) > 1 and (scan.phased or all(c.dated and c.quantity for c in clauses))
        if courses:
            for c in clauses:
                if (
                    (c.dated or scan.alternating or (c.follows and clauses[0].timed) or (c.single and c is not clauses[-1]))
                    and c.quantity
                    and not (c.timed or c.prn)
                ):
                    c.timed = c.generic = True  # "500 mg stat then 250 mg daily", "40 mg x 3 days, 30 mg x 3 days"
        if len(clauses) == 1:
            intake = evaluate(clauses[0], scan, strengths)
        else:
            intakes = [evaluate(c, scan, strengths) for c in clauses]
            if clauses[-1].prn and not clauses[-1].timed and not scan.phased:
                intakes[-1] = _capped(intakes[-1], scan, strengths)  # "tid, and 0.5 mg as needed, at most 2 a day"
                scan.mass_caps, scan.count_caps, scan.dose_caps = [], [], []
            intake = _combine(clauses, intakes, scan)
            if scan.step:  # the period of a step ("by 10 mg every week") is no frequency
                intake = intake._replace(per_day=intakes[0].per_day)
        return _dosage(text, scan, _capped(intake, scan, strengths), strengths)


def _share_strengths(clauses: list[Clause], larger_of_pair: bool) -> tuple[float, ...]:
    """The strengths written, in mg; a clause that counts tablets without one takes that of its neighbours."""
    found: list[float] = []
    for c in clauses:
        if c.pair and not c.amounts:
            if larger_of_pair:
                found.append(levodopa_of(c.pair))
            else:
                found.extend(c.pair)
        for a in c.amounts:
            if (
                (c.count is not None or a.formed or a.role in ("strength", "label"))
                and a.role not in ("total", "day")
                and a.high not in found
            ):
                found.append(a.high)
        if c.rate is not None:
            found.append(c.rate[1])
        if c.concentration is not None:
            found.append(c.concentration)
    if len(clauses) > 1:
        pair = next((c.pair for c in clauses if c.pair), ())
        concentration = next((c.concentration for c in clauses if c.concentration is not None), None)
        carrier = next((c for c in clauses if c.amounts), None)
        for c in clauses:
            c.pair = c.pair or (pair if not c.amounts else ())
            c.concentration = concentration if c.concentration is None else c.concentration
            if c.count is not None and not c.amounts and not c.pair and carrier is not None:
                c.amounts = [a for a in carrier.amounts if a.role not in ("total", "day")][:1]
    return tuple(found)


def _combine(clauses: list[Clause], intakes: list[Intake], scan: Scan) -> Intake:
    """Several clauses: amounts of one day are added, successive courses give a range."""
    phases = scan.phased or any(c.dated and not later.adds for c, later in pairwise(clauses))
    if scan.changes and scan.changes <= _MERELY_THEN and _is_one_day(clauses):
        phases = False  # "50 mg in the morning then 25 mg at bedtime"
    if scan.alternating and all(i.per_day is not None and i.per_day[1] < 1 for i in intakes):
        phases = False  # "10 mg every other day alternating with 5 mg every other day"
    if scan.excepted:
        if len(intakes) != 2 or intakes[0].per_day is None or intakes[1].per_day is None or intakes[1].per_day[1] >= 1:
            return intakes[0]._replace(daily=None, reason="exceptions on some days")
        rest = 1 - intakes[1].per_day[1]
        daily = intakes[0].daily
        intakes[0] = intakes[0]._replace(per_day=times(rest, rest, intakes[0].per_day), daily=daily and times(rest, rest, daily))
    if not phases and _is_said_twice(clauses):
        clauses, intakes, told = clauses[1:], intakes[1:], intakes[0]
        again = _combine(clauses, intakes, scan)
        if again.daily is not None and told.daily is not None and told.daily != again.daily:
            return again._replace(daily=None, reason="the times of the day and the number of them give different amounts")
        return again
    doses = [i.dose for i in intakes if i.dose is not None]
    units = {i.unit for i in intakes if i.dose is not None}
    unit = units.pop() if len(units) == 1 else None
    dose = _hull(doses) if doses and (unit or not units) else None
    frequencies = [i.per_day for i in intakes if i.per_day is not None]
    complete = len(frequencies) == len(intakes)
    per_day = (_hull(frequencies) if phases else _sum(frequencies)) if complete or (phases and frequencies) else None
    reasons = list(dict.fromkeys(i.reason for i in intakes if i.reason))
    daily = None
    if not reasons:
        parts = [i.daily for i in intakes if i.daily is not None]
        daily = (_hull(parts) if phases else _sum(parts)) if len(parts) == len(intakes) else None
    return Intake(dose, unit, per_day, daily, "; ".join(reasons))


def _is_said_twice(clauses: list[Clause]) -> bool:
    """Whether the clauses behind the first name as many moments as it has doses: "300 mg bid: 300 mg in the morning, 600 mg at night"."""
    first, rest = clauses[0], clauses[1:]
    if len(first.fixed) != 1 or first.moments or first.patterns or first.prn or first.fixed[0][1] < 2 or len(rest) < 2:
        return False
    if any(c.fixed or c.patterns or c.prn or c.adds or not c.amounts for c in rest):
        return False
    return sum(len(c.moments) for c in rest) == first.fixed[0][1] == first.fixed[0][0]


def _is_one_day(clauses: list[Clause]) -> bool:
    """Whether each clause has its own moments of one day and nothing else that says how often."""
    named = [{name for m in c.moments for name in m} for c in clauses]
    if any(c.dated for c in clauses[:-1]) or any(c.fixed or c.patterns or c.generic for c in clauses):
        return False
    return all(named) and sum(map(len, named)) == len(set().union(*named))


def _hull(spans: list[Span]) -> Span:
    lows = [s[0] for s in spans]
    return None if None in lows else min(low for low in lows if low is not None), max(s[1] for s in spans)


def _sum(spans: list[Span]) -> Span:
    lows = [s[0] for s in spans]
    return None if None in lows else sum(low for low in lows if low is not None), sum(s[1] for s in spans)


def _capped(intake: Intake, scan: Scan, strengths: tuple[float, ...]) -> Intake:
    """Apply what the text gives as the most of a day, and what it gives as the sum."""
    if scan.excepted and len(scan.clauses) == 1:
        return intake._replace(daily=None, reason="exceptions on some days")
    if scan.reason:
        return intake._replace(dose=None, unit=None, daily=None, reason=scan.reason)
    if scan.step:
        return intake._replace(daily=None, reason="the dose goes up or down in steps")
    if scan.stated:
        stated = scan.stated[0]
        if intake.daily is not None and not is_same(intake.daily[1], stated):
            return intake._replace(daily=None, reason="the stated total of the day differs from its parts")
        if intake.daily is None and intake.unit in (None, "tablet", "capsule"):
            intake = intake._replace(daily=(stated, stated), reason="")
    if not (scan.mass_caps or scan.count_caps or scan.dose_caps):
        return intake
    if scan.dose_caps and (intake.per_day is None or scan.dose_caps[0] < intake.per_day[1]):
        most = scan.dose_caps[0]
        low = None if intake.per_day is None else _least(intake.per_day[0], most)
        intake = intake._replace(per_day=(low, most))
        if intake.dose is not None and intake.unit == "mg":
            intake = intake._replace(
                daily=(None if low is None or intake.dose[0] is None else low * intake.dose[0], most * intake.dose[1]), reason=""
            )
    if scan.count_caps and intake.per_day is None and intake.dose is not None:
        intake = intake._replace(per_day=(None, scan.count_caps[0] / (_tablets(intake, strengths) or 1)))
    caps = list(scan.mass_caps)
    if scan.count_caps and intake.unit == "mg" and len(strengths) == 1:
        caps.append(scan.count_caps[0] * strengths[0])
    elif scan.count_caps and intake.unit == "mg" and not strengths and intake.dose is not None:
        caps.append(scan.count_caps[0] * intake.dose[1])
    if caps and intake.unit in ("mg", None):
        most = min(caps)
        if intake.daily is None and intake.unit == "mg" and (not intake.per_day or intake.per_day[0] is None):
            return intake._replace(daily=(None, most), reason="")
        if intake.daily is not None and most < intake.daily[1]:
            return intake._replace(daily=(_least(intake.daily[0], most), most))
    return intake


def _tablets(intake: Intake, strengths: tuple[float, ...]) -> float:
    """The fewest tablets of one intake."""
    if intake.dose is None or not intake.dose[0]:
        return 1.0
    return intake.dose[0] / (strengths[0] if intake.unit == "mg" and strengths else intake.dose[0] if intake.unit == "mg" else 1.0)


def _least(low: float | None, most: float) -> float | None:
    return None if low is None else min(low, most)


def _ends(span: Span | None) -> tuple[float | None, float | None]:
    """Both ends without the dust of floating point."""
    if span is None:
        return None, None
    if span[0] == span[1]:
        both = round(span[1], 9)
        return both, both
    return None if span[0] is None else round(span[0], 9), round(span[1], 9)


def _dosage(text: str, scan: Scan, intake: Intake, strengths: tuple[float, ...]) -> Dosage:
    dose, per_day, daily = intake.dose, intake.per_day, intake.daily
    reason = intake.reason
    if per_day is None and scan.directed:
        reason = reason.replace("no frequency stated", "as directed, no frequency stated")
    if not reason and daily is not None and daily[0] is None:
        reason = "up to: the least is not said"
    dose_min, dose_max = _ends(dose)
    per_day_min, per_day_max = _ends(per_day)
    daily_min, daily_max = _ends(daily)
    route = scan.route or scan.route_implied or None
    if route == "TOP" and "patch" in scan.forms:
        route = "TD"  # a patch "on the skin" acts through it
    moments = tuple(sorted(scan.timing, key=_ORDER.__getitem__)) if scan.timing else ()
    return Dosage(
        text, dose_min, dose_max, intake.unit, strengths, per_day_min, per_day_max, route, scan.prn, moments, daily_min, daily_max, reason
    )
