"""Which reader reads which kind of word; runs them over one dose instruction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from medcheck.parsing import amounts, frequencies, qualifiers
from medcheck.parsing.clause import Clause, Product, fold, inherit_frequency, join_quantity
from medcheck.parsing.lexicon import AHEAD, Token
from medcheck.parsing.scan import Scan

_LEAST_DEPOT_DAYS = 7
_READERS: Final[dict[str, Callable[[Scan, int], int]]] = {
    "number": amounts.read_number,
    "form": amounts.read_form_word,
    "every": frequencies.read_every,
    "per": amounts.read_per,
    "a": amounts.read_per,
    "/": amounts.read_per,
    "in": amounts.read_per,
    "x": amounts.read_cross,
    "times": frequencies.read_times_word,
    "adverb": frequencies.read_adverb,
    "frequency": frequencies.read_frequency,
    "timing": frequencies.read_timing,
    "weekday": frequencies.read_weekday,
    "at": frequencies.read_at,
    "clock": frequencies.read_clock_time,
    "ambiguous": qualifiers.read_ambiguous,
    "route": qualifiers.read_route,
    "as_needed": qualifiers.read_as_needed,
    "for": qualifiers.read_for,
    "next": qualifiers.read_for,
    "since": qualifiers.read_since,
    "limit": qualifiers.read_limit,
    "upto": qualifiers.read_upto,
    "repeat": qualifiers.read_repeat,
    "once": qualifiers.read_once,
    "directed": qualifiers.read_directed,
    "divided": qualifiers.read_divided,
    "except": qualifiers.read_except,
    "adding": qualifiers.read_adding,
    "change": qualifiers.read_change,
    "step": qualifiers.read_step,
    "from": qualifiers.read_from,
    "present": qualifiers.read_present,
    "now": qualifiers.read_now,
    "start": qualifiers.read_start,
    "by": qualifiers.read_by,
    "doubtful": qualifiers.read_doubtful,
    "supply": qualifiers.read_supply,
    "(": qualifiers.read_bracket,
    ")": qualifiers.read_bracket,
    "and": qualifiers.read_link,
    "or": qualifiers.read_link,
    "to": qualifiers.read_link,
    "-": qualifiers.read_link,
    ",": qualifiers.read_link,
    "+": qualifiers.read_link,
}


def read_clauses(told: list[Token], product: Product) -> tuple[Scan, list[Clause]]:
    """Read the words of one instruction: its clauses, and what concerns them all."""
    scan = Scan(told, product)
    readers = _READERS
    i, end = 0, len(told) - AHEAD
    while i < end:
        reader = readers.get(told[i].kind)
        i = i + 1 if reader is None else reader(scan, i)
    if scan.present is not None:
        _continue_from(scan, *scan.present)
    if scan.route == "IM" or "injection" in scan.forms:
        _repeat_injections(scan)
    clauses = scan.clauses if len(scan.clauses) == 1 else fold(scan.clauses, scan.stated)
    for c in clauses:
        if c.count is not None and c.count[1] > amounts.MOST_TABLETS and not c.timed:
            c.count = None  # handed out, not taken
    return scan, clauses


def _repeat_injections(scan: Scan) -> None:
    """Take "200 mg im 2/52" for every two weeks: a depot without another frequency is not given for two weeks."""
    for c in scan.clauses:
        if c.uk_days >= _LEAST_DEPOT_DAYS and c.quantity and not (c.timed or c.prn or c.single):
            c.patterns.append((1 / c.uk_days, 1 / c.uk_days))
            c.timed, c.dated = True, False


def _continue_from(scan: Scan, last: Clause, timing: set[str]) -> None:
    """What the present dose leaves unsaid (how often, the strength of a tablet) holds on from the dose before it."""
    now = scan.clauses[0]
    timed, quantity = any(c.timed for c in scan.clauses), any(c.quantity for c in scan.clauses)
    if scan.retold and timed:
        scan.prn = any(c.prn for c in scan.clauses)  # the words before are not followed
    if not timed:
        inherit_frequency(now, last)
        scan.timing |= timing
    if not quantity and not timed:
        scan.clauses[:] = [last]
    elif not quantity:
        join_quantity(now, last)  # "300 mg daily, increased to tid"
    elif now.count is not None and not now.amounts and not now.pair:
        now.amounts, now.pair = last.amounts[:1], last.pair
