"""The state of one pass over the words of a dose instruction; knows which clause a new amount or frequency belongs to."""

from __future__ import annotations

from typing import Final

from medcheck.parsing.clause import Clause, Product
from medcheck.parsing.lexicon import Token, Word

_NIGHT: Final = frozenset(("evening", "bedtime", "night"))
_HOUR = 0.99 / 24  # days
NIGHTS: Final = frozenset(("night", "nights", "mornings", "evenings"))
_MEALS: Final = frozenset(("morning", "noon", "evening"))
_FILL: Final = frozenset(("/", "per", "a", "in", "every"))


def _is_meals(moments: list[list[str]]) -> bool:
    return {m[0] for m in moments} == _MEALS


class Scan:
    """The state of one pass: the clauses found so far and what concerns them all. Frequencies are per day."""

    __slots__ = (
        "alternating", "brackets", "changed", "changes", "clause", "clauses", "count_caps", "directed", "dose_caps", "excepted", "eye",
        "forms", "larger", "link", "mass_caps", "open", "open_dose", "phased", "present", "prn", "product", "quantities", "reason",
        "retold", "route", "route_implied", "said_hour", "stated", "step", "strengths", "timing", "told", "why",
    )  # fmt: skip

    def __init__(self, told: list[Token], product: Product) -> None:
        self.told = told
        self.product = product
        self.larger = product.larger_of_pair
        self.clause = Clause()
        self.clauses = [self.clause]
        self.link = ""
        self.brackets = False
        self.open = self.open_dose = False  # "up to" waits for its frequency or amount
        self.why = False  # inside the reason ("for pain 7-10")
        self.alternating = self.changed = self.phased = self.step = self.prn = self.directed = self.eye = self.excepted = False
        self.route = self.route_implied = ""
        self.said_hour = ""  # the moment guessed from a clock time without am or pm
        self.reason = ""  # why the amount is not read at all
        self.present: tuple[Clause, set[str]] | None = None  # what stood before "then continue at"
        self.retold = False  # "taking differently": the whole instruction anew
        self.strengths = self.quantities = False  # some mass, some amount was read
        self.forms: set[str] = set()
        self.timing: set[str] = set()
        self.changes: set[str] = set()  # the words that said a change
        self.mass_caps: list[float] = []
        self.count_caps: list[float] = []
        self.dose_caps: list[float] = []
        self.stated: list[float] = []

    def begin(self) -> None:
        """Begin a further clause."""
        self.clause = Clause()
        self.clauses.append(self.clause)

    def take_quantity(self, counted: bool = False) -> Clause:
        """The clause a new amount belongs to: a new one when the present one has its amount and frequency."""
        c = self.clause
        if self.changed and self.link == "to" and c.quantity:
            self.changed = False
            c = self.clause = self.clauses[-1] = Clause()  # "from 3 mg nocte to 1 mg nocte"
        elif c.amounts and c.dated and not c.timed and not counted and self.link == ",":
            self.begin()  # "25 mg for 2 weeks, 50 mg for 2 weeks"
            c = self.clause
        elif c.quantity and c.timed and (c.first == "quantity" or (c.count is not None if counted else bool(c.amounts or c.other))):
            self.begin()
            c = self.clause
        if not c.quantity:
            c.quantity = self.quantities = True
            c.first = c.first or "quantity"
        self.link = ""
        self.why = False
        return c

    def take_frequency(self) -> Clause:
        """The clause a new frequency belongs to; after "AM: 300 mg" the next moment begins a new one."""
        c = self.clause
        if c.first == "frequency" and c.quantity:
            self.begin()
            c = self.clause
        if not c.timed:
            c.timed = True
            c.first = c.first or "frequency"
        self.why = False
        return c

    def least(self, low: float) -> float | None:
        """The least of an amount: None after "up to"."""
        if self.open_dose:
            self.open_dose = False
            return None
        return low

    def labelled(self, figure: float) -> tuple[float, float] | None:
        """The mg that count in a product named by a figure, unless its strengths were said before."""
        if any(c.pair or c.amounts for c in self.clauses):
            return None
        return next(((least, most) for named, least, most in self.product.figures if named == figure), None)

    def see_form(self, word: Word) -> None:
        """Remember a form and the route it implies."""
        self.forms.add(word.name)
        self.imply_route(word.route)

    def imply_route(self, route: str) -> None:
        """A form or unit implies a route, the first one counts."""
        if route and not self.route_implied:
            self.route_implied = route
            self.eye = self.eye or route == "OPH"

    def number_range(self, i: int) -> tuple[float, float, int]:
        """The number or range of numbers without units at i, and the position behind."""
        told = self.told
        low = high = told[i].value
        i += 1
        while told[i].kind in ("-", "to", "or") and told[i + 1].kind == "number":
            high = told[i + 1].value
            i += 2
        return min(low, high), max(low, high), i

    def add_fixed(self, low: float, high: float) -> None:
        """So many times a day."""
        c = self.take_frequency()
        least: float | None = None if self.open else low
        self.open = False
        if self.link in ("to", "or", "-", "/") and c.fixed:
            last = c.fixed.pop()
            c.fixed.append((None if last[0] is None or least is None else min(last[0], least), max(last[1], high)))
        else:
            c.fixed.append((least, high))
        self.link = ""

    def add_pattern(self, low: float, high: float) -> None:
        """Less often than daily."""
        c = self.take_frequency()
        c.patterns.append((None if self.open else low, high))
        self.open = False
        self.link = ""

    def add_per_day(self, low: float, high: float) -> None:
        """So many times a day, be it less than once."""
        if high >= 1:
            self.add_fixed(low, high)
        else:
            self.add_pattern(low, high)

    def add_interval(self, days_low: float, days_high: float) -> None:
        """Once in so many days; what is repeated within the hour has no number of doses of a day."""
        if days_low < _HOUR:
            self.take_frequency().unclear = "repeated within the hour: how often a day is not said"
            return
        self.add_per_day(round(1 / days_high, 9), round(1 / days_low, 9))

    def add_daily(self) -> None:
        """Add "Daily": once, unless moments say more."""
        self.take_frequency().generic = True
        self.link = ""

    def add_moment(self, names: tuple[str, ...], times: int = 1) -> None:
        """Add one or more moments of the day; a moment said twice is one ("every night at bedtime")."""
        c = self.take_frequency()
        self.timing.update(names)
        link, self.link = self.link, ""
        if c.moments and times == 1:
            last = c.moments[-1]
            name = names[0]
            if not link and self.said_hour and last[0].isdigit():  # "at 9 at night"
                if self.said_hour not in names:
                    self.timing.discard(self.said_hour)
                last[0], self.said_hour = name, ""
                return
            if (
                name == last[0]
                or (name in _NIGHT and last[0] in _NIGHT and ((not link and len(c.moments) == 1) or "evening" not in (name, last[0])))
                or link == "or"
            ):
                if link != "or" and last[0] != name and last[0] in self.timing and sum(last[0] in m for m in c.moments) == 1:
                    self.timing.discard(last[0])
                last[0] = name
                return
        if link == "and" and c.fixed and times == 1 and (not c.moments or (c.fixed[0][1] <= len(c.moments) == 3 and _is_meals(c.moments))):
            c.extra += 1  # "tid and at bedtime", "ac tid and hs"
            return
        c.moments.extend([n] for n in (names if len(names) == times else names * times))

    def add_clock(self, hour: float, half: str = "") -> None:
        """Add a clock time, in hours; `half` is am or pm where it was said."""
        c = self.take_frequency()
        name = (
            "night"
            if hour < 4 or hour >= 21
            else "morning"
            if hour < 11
            else "noon"
            if hour < 14
            else "afternoon"
            if hour < 17
            else "evening"
        )
        key = f"{hour:g}"
        if c.moments and not self.link and not c.moments[-1][0][0].isdigit():
            c.moments[-1].append(key)
        else:
            c.moments.append([key])
            self.said_hour = "" if half or name in self.timing or hour > 12 else name
            self.timing.add(name)
        self.link = ""

    def period_at(self, j: int) -> tuple[float, int] | None:
        """The period at j ("a day", "/week", "every 2 days", "daily") in days, and the position behind."""
        told = self.told
        start = j
        while told[j].kind in _FILL and j < start + 3:
            j += 1
        kind = told[j].kind
        if kind == "adverb":
            return told[j].word.high, j + 1
        if kind == "frequency" and told[j].word.high < 1:
            return 1 / told[j].word.high, j + 1
        if j == start and kind != "period":
            return None
        if kind == "period":
            return told[j].word.high, j + 1
        if told[j + 1].kind == "period" and kind in ("number", "ordinal"):
            days = (told[j].value if kind == "number" else told[j].word.high) * told[j + 1].word.high
            return (days, j + 2) if days > 0 else None
        return None

    def is_course_at(self, j: int) -> bool:
        """Whether a length of time stands at j: "3 days", "5/7"."""
        told = self.told
        if told[j].kind != "number":
            return False
        return told[j + 1].kind == "period" or (
            told[j + 1].kind == "/" and told[j + 2].kind == "number" and told[j + 2].value in (7, 12, 52)
        )

    def skip_period(self, j: int) -> int:
        """The position behind a period at j, if there is one."""
        after = self.period_at(j)
        return j if after is None else after[1]

    def is_day_at(self, j: int) -> bool:
        """Whether "a day" or the like stands at j."""
        after = self.period_at(j + 1 if self.told[j].kind == "total" else j)
        return after is not None and after[0] == 1
