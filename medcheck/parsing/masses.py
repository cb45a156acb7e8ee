"""A mass in mg: a strength, a dose, a whole day, a concentration or a rate; knows no other amounts."""

from __future__ import annotations

from medcheck.parsing.clause import TWO_RATES, Amount
from medcheck.parsing.lexicon import Token
from medcheck.parsing.scan import Scan

_GRAM = 1000  # mg; "50 mg/5 g" is a strength of a gel or powder


def read_mass(scan: Scan, i: int, j: int, low: float, high: float) -> int:
    """Read a mass in mg at i, what is behind its unit at j."""
    told = scan.told
    role = ""
    if told[j].kind in ("/", "per", "in"):
        j, role, done = _read_denominator(scan, j, low, high)
        if done:
            return j
    j, role, total = _read_role(scan, i, j, role)
    c = scan.clause
    if scan.brackets and c.amounts and (k := _behind_equivalent(told, j)):
        return k
    if scan.product.figures and low == high and not role and (label := scan.labelled(low)) is not None and label != (low, high):
        return take_label(scan, j, label)
    formed = told[j].kind == "form"
    if scan.brackets and c.count is not None and told[j].kind == ")" and told[j + 1].kind == "form" and told[i - 2].kind == "number":
        j, formed, scan.brackets = j + 1, True, False  # "2 (25 mg) tablets"
    if scan.brackets and not role and not formed and c.count is not None and not c.amounts and not c.pair:
        role = "total" if not c.timed else ""
    if role == "day" and c.quantity and c.timed:
        scan.stated.append(high)
        return scan.skip_period(j)
    _take(scan, Amount(scan.least(low), high, role, scan.brackets), formed)
    if formed:
        scan.see_form(told[j].word)
        j += 1
    if role == "day":
        c = scan.clause
        c.divided = c.divided or total
        c.timed = c.generic = True
        return scan.skip_period(j)
    return j


def _behind_equivalent(told: list[Token], j: int) -> int:
    """The position behind the words that call an amount in brackets the same dose in other terms, else 0: "325 mg (65 mg iron)"."""
    k = j
    while told[k].kind == "word" and k < j + 3:
        k += 1
    if told[k].kind == "equivalent":
        return k + 1
    return k if k > j and told[k].kind == ")" else 0


def _take(scan: Scan, amount: Amount, formed: bool) -> None:
    """Give an amount to its clause."""
    link = scan.link
    c = scan.take_quantity()
    if link in ("and", "+") and scan.product.ingredients < 2 and len(c.amounts) == 1 and c.count is None and not c.timed:
        c.summed = c.summed or not c.amounts[0].formed or (formed and scan.product.ingredients == 1)
    if scan.changed:
        c.amounts.clear()
    amount.formed = formed
    c.amounts.append(amount)
    scan.strengths = True


def _read_denominator(scan: Scan, j: int, low: float, high: float) -> tuple[int, str, bool]:
    """Read "/5 mL", "per tablet", "/24 h", "/day" at j: the position behind, the role it gives, and whether the mass is done with."""
    told = scan.told
    kind = told[j].kind
    k, number = j + 1, 1.0
    if told[k].kind == "a":
        k += 1
    if told[k].kind == "number":
        number, k = told[k].value, k + 1
    unit = told[k]
    if unit.kind == "kg":
        scan.take_quantity().weight = True
        return k + 1, "", True
    if unit.kind == "unit" and unit.word.name == "mL":
        if number > 0:
            scan.take_quantity().concentration = high / (number * unit.word.high)
        return k + 1, "", True
    if unit.kind == "unit" and (unit.word.name != "mg" or unit.word.high == _GRAM):
        scan.imply_route(unit.word.route)
        return k + 1, "strength", False
    if unit.kind == "form":
        scan.see_form(unit.word)
        return k + 1, "strength", False
    if unit.kind == "period" and number > 0 and kind != "in":
        days = number * unit.word.high
        if unit.word.high < 1 or "patch" in scan.forms or any(map(_is_patch, told[k : k + 4])):
            _take_rate(scan, low / days, high / days)
            return k + 1, "", True
        return j, "day" if days == 1 else "", False
    return j, "", False


def _is_patch(token: Token) -> bool:
    return token.kind == "form" and token.word.name == "patch"


def _take_rate(scan: Scan, low: float, high: float) -> None:
    """Take a release in mg a day; of two patches worn together it is the sum."""
    together = scan.link in ("and", "+")
    c = scan.take_quantity()
    if together and c.rate is not None:
        c.rate = (None if c.rate[0] is None else c.rate[0] + low, c.rate[1] + high)
    else:
        if c.rate is not None and c.rate[1] != high:
            c.unclear = TWO_RATES
        c.rate = (low, high)


def _read_role(scan: Scan, i: int, j: int, role: str) -> tuple[int, str, bool]:
    """What the words around a mass call it: the position behind them, the role, and whether a total was said."""
    told = scan.told
    before = told[i - 1].kind if i else ""
    if before in ("of", "=", "is") and i > 1 and told[i - 2].kind == "total":
        before = "total"
    total = before == "total" or told[j].kind == "total"
    if total:
        text = told[i - 1].word.text if before == "total" else told[j].word.text
        role = "day" if role == "day" or "daily" in text or text == "tdd" or scan.is_day_at(j) else "total"
        if told[j].kind == "total":
            j += 1
    elif before == "=" or told[j].kind == "=":
        role = "total"
    if told[j].kind == "every" and told[j].word.text == "each":
        role, j = "strength", j + 1
    return j, role, total


def take_label(scan: Scan, j: int, label: tuple[float, float]) -> int:
    """Take the figure a product is named by as its strength: "Madopar 125"."""
    amount = Amount(label[0], label[1], "label", scan.brackets)
    scan.take_quantity().amounts.append(amount)
    scan.strengths = True
    if scan.told[j].kind == "form":
        amount.formed = True
        scan.see_form(scan.told[j].word)
        j += 1
    return j
