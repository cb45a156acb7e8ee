"""What else a dose instruction says: route, need, limits, changes, durations, and abbreviations that depend on their place."""

from __future__ import annotations

from typing import Final

from medcheck.parsing.lexicon import END, Token
from medcheck.parsing.scan import NIGHTS, Scan

_LONGEST_FORMER = 9  # words
_COUNTED_BEFORE: Final = frozenset(("refill", "refills", "repeats", "rf"))
_CHANGING: Final = frozenset(("change", "step", "from", "by"))
_DOSE_BEGINS: Final = frozenset(("number", "frequency", "times", "timing"))
_FORMER_ENDS: Final = frozenset(("to", ")", ",", "end", "change", "present", "now", "since"))
_BEHIND_SUPPLY: Final = frozenset(("form", "x", "period", "end", ",", ")"))  # "15 mg on 28 tabs", yet not "on 12 May"
_CLAUSE_ENDS: Final = frozenset((
    "end", ",", ")", "(", "as_needed", "for", "x", "and", "number", "directed", "limit", "upto", "since", "+", "supply", "change",
))  # fmt: skip


def read_ambiguous(scan: Scan, i: int) -> int:
    """Read an abbreviation that means something only in its place."""
    word, told = scan.told[i].word, scan.told
    text, c = word.text, scan.clause
    if text in ("am", "pm"):
        if c.timed and i and told[i - 1].kind == "word":
            return i + 1  # "qhs 25 mg Tylenol PM" is a name
        if c.quantity or i == 0 or scan.quantities or told[i - 1].kind in ("/", "and", ","):
            scan.add_moment(word.timing)
    elif text == "on":
        if (
            c.quantity
            and told[i + 1].kind in _CLAUSE_ENDS
            and told[i - 1].kind not in ("period", "adverb", "since")
            and (told[i + 1].kind != "number" or told[i + 2].kind in _BEHIND_SUPPLY)
        ):
            scan.add_moment(word.timing)
    elif text in ("ac", "pc"):
        if told[i + 1].kind != "timing":  # "ac breakfast"
            scan.add_moment(word.timing, 3)
    elif text == "od":
        if (scan.eye and c.concentration is None) or any(t.word.route == "OPH" and t.kind != "ambiguous" for t in told):
            scan.route = "OPH"
        else:
            scan.add_fixed(1, 1)
    elif text == "td":
        if "patch" in scan.forms or any(t.kind == "form" and t.word.name == "patch" for t in told[i:]):
            scan.route = "TD"
        elif c.quantity:
            c.unclear = "td may mean three times a day or through the skin"
    elif text == "pr":
        if c.quantity and c.amounts and not scan.forms & {"tablet", "capsule"} and told[i + 1].kind != "form":
            scan.route = scan.route or "PR"
    elif text in ("os", "ou"):
        if scan.eye:
            scan.route = "OPH"
    elif text == "peg":
        if c.quantity and told[i + 1].kind != "number":
            scan.route = scan.route or "PEG"
    elif word.high > 0:
        scan.add_pattern(word.low, word.high)
        scan.timing.update(word.timing)
    return i + 1


def read_route(scan: Scan, i: int) -> int:
    """The first route said counts."""
    scan.route = scan.route or scan.told[i].word.route
    scan.eye = scan.eye or scan.told[i].word.route == "OPH"
    return i + 1


def read_as_needed(scan: Scan, i: int) -> int:
    """Remember "as needed"; what follows is its reason."""
    scan.clause.prn = scan.prn = True
    scan.why = True
    return i + 1


def read_for(scan: Scan, i: int) -> int:
    """Read a duration ("for 2 weeks"), else begin the reason ("for pain 7-10")."""
    told = scan.told
    j = i + 1
    while told[j].kind in ("a", "next", "upto"):
        j += 1
    if told[j].kind == "number":
        _, _, k = scan.number_range(j)
        if told[k].kind == "period" or (told[k].kind == "timing" and told[k].word.text in NIGHTS):
            scan.clause.dated = True
            return k + 1
        if told[k].kind == "form" and told[k].word.name == "dose":
            return k + 1
        if told[k].kind == "/" and told[k + 1].kind == "number":
            scan.clause.dated = True
            return k + 2
    elif told[j].kind == "period" and j > i + 1:
        scan.clause.dated = True
        return j + 1
    elif told[i].word.text == "for":
        scan.why = True
    return i + 1


def read_since(scan: Scan, i: int) -> int:
    """Pass over "since 2019"; "from 20 to 40 mg" is a change."""
    told = scan.told
    j = i + 1
    if told[j].kind == "number" and told[j + 1].kind in ("unit", "to", "form"):
        return read_from(scan, i) if told[i].word.text == "from" else j
    while told[j].kind in ("month", "weekday") or (told[j].kind == "number" and told[j + 1].kind != "unit"):
        scan.clause.dated = True
        j += 1
        if told[j].kind in ("/", "-") and told[j + 1].kind == "number":
            j += 1
    return j


def read_limit(scan: Scan, i: int) -> int:
    """Read the most of a day in mg, tablets or doses."""
    told = scan.told
    j = i + 1
    while told[j].kind in ("of", "a", "=", "total", "take", "adverb") or (told[j].kind == "word" and j < i + 3):
        j += 1
    if told[j].kind in ("times", "frequency") and not scan.clause.timed:  # "max twice a day", "max bd"
        high, after = told[j].word.high, scan.period_at(j + 1)
        if after is not None:
            high, j = high / after[0], after[1] - 1
        scan.dose_caps.append(high)
        return j + 1
    if told[j].kind in ("times", "frequency"):
        scan.open = True  # "at night, max twice weekly"
        return j
    if told[j].kind != "number":
        return i + 1
    number = j
    _, high, j = scan.number_range(j)
    kind, name = told[j].kind, told[j].word.name
    if (kind == "period" or (kind == "timing" and told[j].word.text in NIGHTS)) and scan.period_at(j + 1) is not None:
        scan.open = True  # "max 3 nights a week"
        return number
    caps = scan.count_caps
    if kind == "unit":
        if name == "mg":
            caps, high = scan.mass_caps, high * told[j].word.high
        else:
            caps = []
        j += 1
    elif kind == "x" or (kind == "form" and name == "dose"):
        caps, j = scan.dose_caps, j + 1
    elif kind == "form":
        j += 1
    after = scan.period_at(j)
    if after is not None:
        if after[0] > 0:
            high /= after[0]
        j = after[1]
    if high > 0:
        caps.append(high)
    return j


def read_upto(scan: Scan, i: int) -> int:
    """Read "up to": the least of what follows is not known, or a maximum."""
    told = scan.told
    j = i + 1
    if told[j].kind == "number":
        _, _, k = scan.number_range(j)
        if told[k].kind == "period":
            scan.clause.dated = True
            return k + 1
        if told[k].kind == "x":
            if scan.clause.timed and scan.clause.fixed:
                return read_limit(scan, i)
            scan.open = True
        elif scan.clause.quantity:
            return read_limit(scan, i)
        else:
            scan.open_dose = True
    elif told[j].kind in ("frequency", "every", "times", "adverb", "ambiguous"):
        scan.open = True
    return j


def read_repeat(scan: Scan, i: int) -> int:
    """Read "may repeat x1"."""
    told, c = scan.told, scan.clause
    j = i + 1
    if told[j].kind == "every" or not c.quantity:  # "Repeat: ..." is a heading
        return j
    c.repeat = 1.0
    while told[j].kind in ("x", "number", "times", "in", "period", "word", "after", "before", "form") and j < i + 7:
        if told[j].kind == "x" and scan.is_course_at(j + 1):
            break
        if told[j].kind == "x" and told[j + 1].kind == "number":
            c.repeat = told[j + 1].value
        elif told[j].kind == "times":
            c.repeat = told[j].word.high
        j += 1
    return j


def read_once(scan: Scan, i: int) -> int:
    """Remember that a single dose was said."""
    scan.clause.single = True
    return i + 1


def read_start(scan: Scan, i: int) -> int:
    """Read "start": behind "stop" with its dose, what follows is the present one."""
    if any(t.kind == "stop" for t in scan.told[:i]):
        return read_present(scan, i)
    return i + 1


def read_directed(scan: Scan, i: int) -> int:
    """Remember "as directed"."""
    scan.directed = True
    return i + 1


def read_divided(scan: Scan, i: int) -> int:
    """Read "in 3 divided doses": the amount is of the whole day."""
    c, told = scan.clause, scan.told
    c.divided = True
    for amount in c.amounts:
        amount.role = amount.role or "day"
    near = told[i - 1] if i else END
    j = i + 1
    if told[j].kind in ("in", "to") and told[j + 1].kind == "number":  # "divided in 3 doses"
        near, j = told[j + 1], j + 2
    if near.kind == "number" and near.value > 0 and not c.fixed:
        scan.add_fixed(near.value, near.value)
    return j


def read_change(scan: Scan, i: int) -> int:
    """Read "then", "increase to": a later course begins."""
    if scan.clause.quantity:
        scan.phased = True
        scan.changes.add(scan.told[i].word.text)
        scan.alternating = scan.told[i].word.text.startswith("alternat")
        scan.begin()
        scan.clause.follows = True
    told = scan.told
    for k in (i + 2, i + 3, i + 4):  # "increasing weekly to", "increase every 3 days to": the pace is no frequency
        if told[i + 1].kind in ("adverb", "every") and told[k].kind == "to":
            return k
    return i + 1


def read_adding(scan: Scan, i: int) -> int:
    """Read "also": what follows comes on top of what stands before, even when that has a date."""
    if scan.clause.quantity:
        scan.begin()
        scan.clause.adds = True
    return i + 1


def read_except(scan: Scan, i: int) -> int:
    """Read "except Sundays"; other exceptions are remembered."""
    told = scan.told
    if i and told[i - 1].kind == "period":
        return i + 1  # "4 hours apart from iron"
    j = i + 1 + (told[i + 1].kind == "ambiguous")  # "except on Mondays"
    if told[j].kind == "weekday":
        return j
    scan.excepted = True
    return j


def read_step(scan: Scan, i: int) -> int:
    """Remember that the dose goes in steps."""
    scan.step = True
    return i + 1


def read_from(scan: Scan, i: int) -> int:
    """Remember that the figure after "to" is the present one; a former dose that no "to" follows is passed over."""
    told = scan.told
    k = i + 1
    while k < i + _LONGEST_FORMER and told[k].kind not in _FORMER_ENDS:
        k += 1
    if told[i + 1].kind in _DOSE_BEGINS and told[k].kind != "to":
        if told[i + 1].kind == "number" and scan.clause.quantity and not scan.clause.timed:  # "50 mg from 100 mg daily"
            _, _, k = scan.number_range(i + 1)
            while told[k].kind in ("unit", "form"):
                k += 1
        return k
    scan.changed = True
    return i + 1


def read_present(scan: Scan, i: int) -> int:
    """Read "then continue at", "increased to": what follows is the present dose, what stands before is past."""
    if scan.clause.quantity:
        last = scan.clause
        if not last.timed and len(scan.clauses) > 1:
            last = next((c for c in reversed(scan.clauses) if c.timed), last)
        scan.present = (last, set(scan.timing))
        scan.retold = "differently" in scan.told[i].word.text
        scan.timing.clear()
        scan.phased = scan.step = False
        scan.clauses.clear()
        scan.begin()
    return i + 1


def read_by(scan: Scan, i: int) -> int:
    """Read "by 10 mg every week" after "taper", "reduce" or the like: the dose goes in steps."""
    told = scan.told
    if told[i + 1].kind == "number" and any(t.kind in ("change", "from") for t in told[:i]):
        scan.step = True
    return i + 1


def read_now(scan: Scan, i: int) -> int:
    """Read "now 60 mg" behind a former dose; elsewhere "now" says nothing."""
    if scan.told[i + 1].kind == "number" and scan.clause.timed:
        return read_present(scan, i)
    return i + 1


def read_doubtful(scan: Scan, i: int) -> int:
    """Remember that a figure could not be read for certain."""
    if scan.told[i + 1].kind == "unit":
        scan.reason = "a figure of the amount is not clear: a letter among the digits, or a point that may part thousands"
    return i + 1


def read_supply(scan: Scan, i: int) -> int:
    """Pass over what was dispensed: the number behind the word, or the one before it ("7 day supply", "3 refills")."""
    told = scan.told
    j = i + 1
    if i and _is_behind_its_number(told, i):
        return j
    while told[j].kind in ("word", "=", "-") and j < i + 3:
        j += 1
    if told[j].kind == "number" and told[j + 1].kind != "unit":
        j += 1
        if told[j].kind == "form":
            j += 1
    return j


def _is_behind_its_number(told: list[Token], i: int) -> bool:
    """Whether the word at i follows what it counts: "7 day supply", "3 refills"; "disp 60 refills 3" goes the other way."""
    if told[i - 1].kind == "period":
        return told[i].word.text == "supply"
    if told[i - 1].kind != "number" or told[i].word.text not in _COUNTED_BEFORE:
        return False
    return all(t.kind != "supply" for t in told[max(0, i - 3) : i - 1])


def read_bracket(scan: Scan, i: int) -> int:
    """Remember whether this is inside brackets."""
    scan.brackets = scan.told[i].kind == "("
    return i + 1


def read_link(scan: Scan, i: int) -> int:
    """Remember what joins this to the next."""
    scan.link = kind = scan.told[i].kind
    scan.why = False
    if kind == "to" and scan.clause.quantity and scan.clause.timed and _is_change(scan, i):
        return read_present(scan, i)  # "0.25 mg nocte to 0.5 mg nocte"
    return i + 1


def _is_change(scan: Scan, i: int) -> bool:
    """Whether a "to" at i stands before an amount with its unit and no word before it said how the dose moves."""
    told = scan.told
    return (
        told[i + 1].kind == "number" and told[i + 2].kind == "unit" and not scan.changed and not any(t.kind in _CHANGING for t in told[:i])
    )
