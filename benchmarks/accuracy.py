"""How right medcheck is on the project's own labelled cases (benchmarks/cases): names, misspellings, near misses, lists, dose instructions.

Run: python benchmarks/accuracy.py [--few N] [--errors]. Prints one table; with --errors every case that was not read as labelled. Reads in
process through the same functions as `medcheck match`, `medcheck sig` and `medcheck review`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, TypeVar

from labelled import (
    PARTS,
    Answer,
    Case,
    DoseCase,
    ListCase,
    compare,
    doses,
    false_per_1000,
    few,
    is_false_alarm,
    lists,
    machine,
    matters,
    misspellings,
    names,
    nearmisses,
    ratio,
    share,
    spelling_result,
    spelling_results,
    table,
    told,
)

import medcheck
from medcheck.domain import TAKEN, Dosage, Outcome
from medcheck.reviewing import Tools, match_one, prepare, read_sig

AS_OF: Final = date(2026, 11, 22)
ORIGINS: Final = ("typed", "heard", "scanned")
C = TypeVar("C", Case, DoseCase, ListCase)
A = TypeVar("A")
Row = tuple[str, str, Callable[[str], str]]  # what, goal, the figure of a part ("" is all)


def answer(text: str, tools: Tools) -> Answer:
    """One drug text through the matcher."""
    found = match_one(text, tools.index)
    asked = found.outcome is Outcome.QUESTION
    return Answer(told(() if asked else found.ingredients), told(i for r in found.other_readings for i in r.ingredients), asked)


class Scores:
    """The cases with what medcheck said of them."""

    def __init__(self, count: int | None) -> None:
        self.tools = prepare(medcheck.load_formulary(), medcheck.load_vocabulary())
        self.names = self._answered(few(names(), count))
        self.misspellings = self._answered(few(misspellings(), count))
        self.nearmisses = self._answered(few(nearmisses(), count))
        self.doses = [(c, read_sig(c.text, self.tools)) for c in few(doses(), count)]
        self.lists = [(c, _taken(c)) for c in few(lists(), count)]

    def _answered(self, cases: Sequence[Case]) -> list[tuple[Case, Answer]]:
        return [(c, answer(c.text, self.tools)) for c in cases]


def _taken(case: ListCase) -> frozenset[str]:
    """What a review holds as taken: active, or not told."""
    statements = medcheck.review_text(case.text, as_of=AS_OF).statements
    return told(i for s in statements if s.status in TAKEN and s.match.outcome is not Outcome.QUESTION for i in s.match.ingredients)


# ---- figures -----------------------------------------------------------------------------------------------------------
def _of(rows: Sequence[tuple[C, A]], part: str) -> list[tuple[C, A]]:
    return [(c, a) for c, a in rows if not part or c.part == part]


def rows(scores: Scores) -> list[Row]:
    """Every line of the table."""
    return [*_name_rows(scores), *_spelling_rows(scores), *_near_rows(scores), *_list_rows(scores), *_dose_rows(scores)]


def _name_rows(scores: Scores) -> list[Row]:
    def found(part: str, only: frozenset[str] | None) -> tuple[float | None, float | None]:
        pairs = [(c.ingredients, a.ingredients) for c, a in _of(scores.names, part)]
        result = compare((c & only, a & only) for c, a in pairs) if only is not None else compare(pairs)
        return result.recall, result.precision

    def both(part: str, only: frozenset[str] | None) -> str:
        return " / ".join(share(v) for v in found(part, only))

    def exact(part: str) -> str:
        chosen = _of(scores.names, part)
        return share(ratio(sum(c.ingredients == a.ingredients for c, a in chosen), len(chosen)))

    def false(part: str) -> str:
        chosen = _of(scores.names, part)
        return share(false_per_1000([c for c, _ in chosen], [a for _, a in chosen]), 1)

    return [
        ("names", "", lambda part: str(len(_of(scores.names, part)))),
        ("names that matter: recall / precision", "0.985 / 0.998", lambda part: both(part, matters())),
        ("all names: recall / precision", "", lambda part: both(part, None)),
        ("names with exactly their ingredients", "", exact),
        ("names with a false medicine that matters, per 1,000", "at most 1.0", false),
        ("names asked about", "", lambda part: str(sum(a.asked for _, a in _of(scores.names, part)))),
    ]


def _spelling_rows(scores: Scores) -> list[Row]:
    def line(part: str, origin: str) -> str:
        chosen = [(c, a) for c, a in _of(scores.misspellings, part) if not origin or c.group == origin]
        results = spelling_results([c for c, _ in chosen], [a for _, a in chosen])
        parts = [share(ratio(results[k], len(chosen))) for k in ("right", "wrong", "asked")]
        return " / ".join([*parts, share(ratio(results["nothing"] + results["part"], len(chosen)))])

    def counted(origin: str) -> Row:
        return f"{origin}: right / wrong / asked / not or partly read", "", lambda part: line(part, origin)

    return [
        ("misspelt names", "", lambda part: str(len(_of(scores.misspellings, part)))),
        ("right / wrong / asked / not or partly read", "0.920 / 0.003", lambda part: line(part, "")),
        *(counted(o) for o in ORIGINS),
    ]


def _near_rows(scores: Scores) -> list[Row]:
    def alarms(part: str) -> str:
        chosen = _of(scores.nearmisses, part)
        wrong = sum(is_false_alarm(c, a) for c, a in chosen)
        return f"{wrong} ({share(ratio(wrong, len(chosen)))})"

    return [
        ("near misses", "", lambda part: str(len(_of(scores.nearmisses, part)))),
        ("taken for a medicine that matters", "at most 0.005", alarms),
        ("asked about", "", lambda part: str(sum(a.asked for _, a in _of(scores.nearmisses, part)))),
    ]


def _list_rows(scores: Scores) -> list[Row]:
    def f1(part: str, only: frozenset[str] | None) -> str:
        pairs = [(c.active, a - c.ignore) for c, a in _of(scores.lists, part)]
        return share((compare(pairs) if only is None else compare((c & only, a & only) for c, a in pairs)).f1)

    def whole(part: str) -> str:
        chosen = _of(scores.lists, part)
        return f"{sum(_is_right(c, a) for c, a in chosen)} of {len(chosen)}"

    def called(part: str) -> str:
        chosen = _of(scores.lists, part)
        wrong = sum(len(c.inactive & a & matters() - c.active) for c, a in chosen)
        return f"{wrong} of {sum(len(c.inactive & matters() - c.active) for c, _ in chosen)}"

    return [
        ("lists: F1 of what is taken and matters", "0.985", lambda part: f1(part, matters())),
        ("lists: F1 of all that is taken", "0.965", lambda part: f1(part, None)),
        ("lists with all that matters right", "96 %", whole),
        ("not taken, but called taken (that matter)", "at most 1 of 42", called),
    ]


def _is_right(case: ListCase, said: frozenset[str]) -> bool:
    return case.active & matters() == (said - case.ignore) & matters()


def _dose_rows(scores: Scores) -> list[Row]:
    def count(part: str, applies: Callable[[DoseCase], bool], is_right: Callable[[DoseCase, Dosage], bool]) -> str:
        chosen = [(c, d) for c, d in _of(scores.doses, part) if applies(c)]
        return f"{sum(is_right(c, d) for c, d in chosen)} of {len(chosen)}"

    def lines(applies: Callable[[DoseCase], bool], is_right: Callable[[DoseCase, Dosage], bool]) -> Callable[[str], str]:
        return lambda part: count(part, applies, is_right)

    return [
        ("mg per day right", "96 %", lines(lambda c: c.mg_per_day_max is not None, is_daily_dose_right)),
        ("mg per day wrong, not only missing", "", lines(lambda c: c.mg_per_day_max is not None, is_daily_dose_wrong)),
        ("mg per day invented", "0", lines(lambda c: c.mg_per_day_max is None, lambda _, d: d.daily_dose_mg_max is not None)),
        ("times per day right", "98 %", lines(lambda c: c.times_per_day is not None, are_times_right)),
        ("route right", "", lines(lambda c: bool(c.route), lambda c, d: (d.route or "") == c.route)),
        ("as needed right", "", lines(lambda c: c.as_needed is not None, lambda c, d: d.as_needed is c.as_needed)),
    ]


def _is_near(label: float | None, said: float | None) -> bool:
    """Within 2 %, so that a month of 30 or of 30.4 days is one answer."""
    return label is not None and said is not None and abs(label - said) <= 0.02 * max(abs(label), abs(said), 1e-9)


def is_daily_dose_right(case: DoseCase, said: Dosage) -> bool:
    least = case.mg_per_day_min is None or _is_near(case.mg_per_day_min, said.daily_dose_mg_min)
    return least and _is_near(case.mg_per_day_max, said.daily_dose_mg_max)


def is_daily_dose_wrong(case: DoseCase, said: Dosage) -> bool:
    return said.daily_dose_mg_max is not None and not is_daily_dose_right(case, said)


def are_times_right(case: DoseCase, said: Dosage) -> bool:
    return _is_near(case.times_per_day, said.doses_per_day_max)


# ---- errors ------------------------------------------------------------------------------------------------------------
def errors(scores: Scores) -> list[str]:
    """Every case that was not read as labelled, one line each."""

    def words(names_of: frozenset[str]) -> str:
        return ", ".join(sorted(names_of)) or "nothing"

    def reply(said: Answer) -> str:
        return f"asked: {words(said.offered)}" if said.asked else words(said.ingredients)

    out = [
        f"name  {c.text}  is {words(c.ingredients)}  read {reply(a)}" for c, a in scores.names if c.ingredients != a.ingredients or a.asked
    ]
    for c, a in scores.misspellings:
        result = spelling_result(c, a)
        if result != "right":
            out.append(f"misspelling ({c.group}, {result})  {c.text}  is {words(c.ingredients)}  read {reply(a)}")
    out += [f"near miss ({'false' if is_false_alarm(c, a) else 'asked'})  {c.text}  read {reply(a)}" for c, a in scores.nearmisses
            if is_false_alarm(c, a) or a.asked]  # fmt: skip
    for case, said in scores.lists:
        missing, extra = case.active - said, said - case.active - case.ignore
        if missing or extra:
            out.append(f"list  {case.name}  missing {words(missing)}  too much {words(extra)}")
    out += [_dose_error(c, d) for c, d in scores.doses if _dose_error(c, d)]
    return out


def _dose_error(case: DoseCase, said: Dosage) -> str:
    found = []
    if case.mg_per_day_max is None:
        if said.daily_dose_mg_max is not None:
            found.append(f"mg per day invented: {said.daily_dose_mg_min} to {said.daily_dose_mg_max}")
    elif not is_daily_dose_right(case, said):
        wanted = f"{case.mg_per_day_min} to {case.mg_per_day_max}"
        found.append(f"mg per day {wanted}, read {said.daily_dose_mg_min} to {said.daily_dose_mg_max} {said.reason}")
    if case.times_per_day is not None and not are_times_right(case, said):
        found.append(f"times {case.times_per_day}, read {said.doses_per_day_max}")
    if case.route and case.route != (said.route or ""):
        found.append(f"route {case.route}, read {said.route}")
    if case.as_needed is not None and case.as_needed is not said.as_needed:
        found.append(f"as needed {case.as_needed}, read {said.as_needed}")
    return f"dose  {case.text}  {'; '.join(found)}" if found else ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How right medcheck is on benchmarks/cases.")
    parser.add_argument("--few", type=int, metavar="N", help="at most N cases of each kind")
    parser.add_argument("--errors", action="store_true", help="name every case that was not read as labelled")
    chosen = parser.parse_args()
    scores = Scores(chosen.few)
    print(machine(), end="\n\n")
    head = ("what", "goal", *(f"part {p}" for p in PARTS), "all")
    print(table(head, [(what, goal, *(figure(p) for p in (*PARTS, ""))) for what, goal, figure in rows(scores)]))
    if chosen.errors:
        print("", *errors(scores), sep="\n")


if __name__ == "__main__":
    main()
