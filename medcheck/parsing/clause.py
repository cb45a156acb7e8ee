"""One clause of a dose instruction: an amount with its frequency; knows no words."""

from __future__ import annotations

from typing import NamedTuple

Span = tuple[float | None, float]
LEVODOPA_RATIO = 4  # carbidopa or benserazide to levodopa, the least and the most
WIDEST_LEVODOPA_RATIO = 10
_LEAST_RATIO = 4  # "60/300" codeine and paracetamol
_QUANTITY_FIELDS = (
    "amounts", "count", "counted", "crossed", "other", "volume", "bare", "concentration", "rate", "pair", "scheme", "summed", "quantity",
)  # fmt: skip


HANDED_OUT = "so many at once: whether they are taken or were handed out is not said"
TWO_COUNTS = "two counts: which is taken is not said"
DAYS_OR_TABLETS = "a number behind x may be days or tablets"
TWO_RATES = "two patches: whether both are worn is not said"
UNCOUNTED = frozenset((HANDED_OUT, TWO_COUNTS, DAYS_OR_TABLETS, TWO_RATES))


class Product(NamedTuple):
    """What is known of the product an instruction is for.

    `larger_of_pair`: of "25/100" the larger figure counts (levodopa). `ingredients`: how many, 0 when not known; with one,
    "150 mg + 75 mg" is a sum, with several "6-25 mg" is no range. `figures`: the figures by which products are named, each with the
    least and most mg that count (Madopar 125 holds 100 mg of levodopa). `named_first`: which of two figures, "larger" or "smaller", is the
    dose of the first ingredient ("Suboxone 8/2", "co-codamol 8/500"). `intakes`: the least and most mg that one of several figures without
    a unit can be ("gabapentin 300/300/600").
    """

    larger_of_pair: bool = False
    ingredients: int = 0
    figures: tuple[tuple[float, float, float], ...] = ()
    named_first: str = ""
    intakes: tuple[float, float] = (0.0, 0.0)

    def is_intake(self, mg: float) -> bool:
        """Whether a figure without a unit can be the mg of one intake, or none of it."""
        return mg == 0 or self.intakes[0] <= mg <= self.intakes[1]


class Amount:
    """A mass in mg. `role`: "" as found, "strength" of one tablet, "label" of a product named by it, "total" of one intake, "day"."""

    __slots__ = ("bracketed", "formed", "high", "low", "role")

    def __init__(self, low: float | None, high: float, role: str, bracketed: bool) -> None:
        self.low, self.high, self.role, self.bracketed = low, high, role, bracketed
        self.formed = False  # a form stands right behind it


class Clause:
    """One amount and how often it is taken, as far as the words say. Frequencies are per day."""

    __slots__ = (
        "adds",
        "amounts",
        "bare",
        "bracketed",
        "concentration",
        "count",
        "counted",
        "crossed",
        "dated",
        "divided",
        "extra",
        "first",
        "fixed",
        "follows",
        "generic",
        "loose",
        "moments",
        "other",
        "pair",
        "patterns",
        "prn",
        "quantity",
        "rate",
        "repeat",
        "scheme",
        "single",
        "summed",
        "taken",
        "timed",
        "uk_days",
        "unclear",
        "volume",
        "weight",
    )  # fmt: skip

    def __init__(self) -> None:
        self.amounts: list[Amount] = []
        self.count: Span | None = None
        self.taken = False  # the count stands behind "take"
        self.counted = ""  # what is counted: tablet, patch
        self.bracketed = False  # the count stands in brackets behind an amount
        self.crossed = False  # "2 x 100 mg"
        self.other: tuple[float | None, float, str] | None = None  # units, puffs, drops
        self.volume: Span | None = None  # mL
        self.bare: Span | None = None  # an amount without a unit
        self.concentration: float | None = None  # mg per mL
        self.rate: Span | None = None  # mg per day
        self.pair: tuple[float, ...] = ()  # strengths of several ingredients
        self.scheme: tuple[tuple[float, ...], bool] | None = None  # amounts of one day, and whether they are mg
        self.summed = False  # "100 mg plus 25 mg"
        self.fixed: list[Span] = []
        self.generic = False  # "daily": once, unless moments say more
        self.patterns: list[Span] = []  # less than daily
        self.moments: list[list[str]] = []
        self.loose: Span | None = None  # "3 times" of a period not said
        self.extra = 0.0
        self.uk_days = 0.0  # "2/52": how long, or between two injections
        self.repeat = 0.0
        self.divided = self.prn = self.single = self.dated = self.weight = False
        self.follows = False  # a later course: "then ..."
        self.adds = False  # a further intake beside the one before: "now also ..."
        self.unclear = ""
        self.first = ""
        self.quantity = False
        self.timed = False


def levodopa_of(strengths: tuple[float, ...]) -> float:
    """Which of the strengths of a levodopa product is levodopa: the largest, and with entacapone (always the 200 of three) the next."""
    ordered = sorted(strengths, reverse=True)
    return ordered[1] if len(ordered) == 3 else ordered[0]


def first_of(strengths: tuple[float, ...], named_first: str) -> float:
    """Which of two strengths is that of the first ingredient; 0 when they do not look like those of such a product."""
    if len(strengths) != 2:
        return 0.0
    low, high = sorted(strengths)
    if named_first == "smaller" and low > 0 and high >= _LEAST_RATIO * low:
        return low
    return high if named_first == "larger" and high > low > 0 else 0.0


def fold(clauses: list[Clause], stated: list[float]) -> list[Clause]:
    """Fold what is no whole clause into its neighbours; amounts that are sums of the day go to `stated`."""
    kept: list[Clause] = []
    for c in clauses:
        before = kept[-1] if kept else None
        if before is None:
            kept.append(c)
        elif c.follows and (c.amounts or c.count is not None) and not c.timed and not c.prn and before.quantity and before.timed:
            inherit_frequency(c, before)  # "0.125 mg nocte x 3, then 0.25 mg"
            kept.append(c)
        elif not c.quantity:
            if c.follows and c.timed and before.quantity and before.timed:
                join_quantity(c, before)  # "300 mg daily, then bid"
                kept.append(c)
            else:
                _join_frequency(before, c)
        elif c.timed or not _fold_quantity(before, c, stated):
            kept.append(c)
    return kept


def _fold_quantity(before: Clause, c: Clause, stated: list[float]) -> bool:
    """Whether an amount without a frequency was explained by the clause before it (a strength, a restated or handed-out amount)."""
    if not before.quantity:
        join_quantity(before, c)
        return True
    if before.scheme is not None and not before.amounts and not before.pair and (c.amounts or c.pair):
        before.amounts, before.pair = c.amounts, c.pair
        return True
    if c.concentration is not None and before.concentration is None:
        before.concentration = c.concentration
        return c.volume is None and not c.amounts
    if c.amounts and not c.summed and len(c.amounts) == 1:
        amount = c.amounts[0]
        if amount.role == "day":
            stated.append(amount.high)
            return True
        if before.count is not None and not before.amounts and not before.pair:
            before.amounts.append(amount)
            if amount.bracketed and not amount.role and not amount.formed and before.count != (1.0, 1.0):
                before.unclear = "whether the amount is of one tablet or of the whole dose is not said"
            return True
        if c.count is not None and any(abs(a.high - c.count[1] * amount.high) < 1e-9 for a in before.amounts):
            return True  # "15 mg weekly (6 x 2.5 mg)"
        if amount.bracketed and before.count is not None and before.amounts:
            whole = before.count[1] * before.amounts[0].high
            if abs(amount.high - whole) < 1e-9:
                return True  # "2 mg 3 tablets nightly (6 mg)"
        return not c.prn and any(abs(a.high - amount.high) < 1e-9 for a in before.amounts)
    return not (c.amounts or c.rate or c.other or c.volume or c.scheme or c.prn or c.bare)


def inherit_frequency(into: Clause, c: Clause) -> None:
    """A later course that says only its amount is taken as often as the one before."""
    into.fixed, into.patterns, into.moments, into.generic, into.timed = list(c.fixed), list(c.patterns), list(c.moments), c.generic, c.timed


def _join_frequency(into: Clause, c: Clause) -> None:
    into.fixed += c.fixed
    into.patterns += c.patterns
    into.moments += c.moments
    into.generic = into.generic or c.generic
    into.timed = into.timed or c.timed
    into.prn = into.prn or c.prn
    into.dated = into.dated or c.dated
    into.single = into.single or c.single
    into.loose = into.loose or c.loose
    into.unclear = into.unclear or c.unclear


def join_quantity(into: Clause, c: Clause) -> None:
    """Give a clause the amount of another."""
    for name in _QUANTITY_FIELDS:
        setattr(into, name, getattr(c, name))
    into.prn = into.prn or c.prn
    into.dated = into.dated or c.dated
