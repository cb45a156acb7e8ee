"""The project's own labelled cases and how an answer to them is counted; knows no reader, medcheck included.

Used by accuracy.py and compare.py. Ingredients are compared as the formulary writes them: every answer and every label goes through the
tables of formulary/ that say how names are read (salts stripped, USAN and BAN to INN), then through `SAME`.
"""

from __future__ import annotations

import csv
import json
import os
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

import medcheck
from medcheck.domain import Tier
from medcheck.settings import read
from medcheck.vocabulary import packages
from medcheck.vocabulary.names import Terms, ingredient

CASES: Final = Path(__file__).parent / "cases"
T = TypeVar("T")
PARTS: Final = ("a", "b")
# Prodrugs, parts and wordings that are one answer to the question which medicine this is; salts and USAN names need no line.
SAME: Final[Mapping[str, str]] = {
    "alpha tocopherol": "tocopherol",
    "gabapentin enacarbil": "gabapentin",
    "human insulin": "insulin",
    "hyoscine": "scopolamine",
    "insulin human": "insulin",
    "potassium": "potassium chloride",
    "vilanterol trifenatate": "vilanterol",
    "vitamin d": "colecalciferol",
}
MATTER_TIERS: Final = frozenset({Tier.A, Tier.B, Tier.C, Tier.P, Tier.AUGMENTATION})


@dataclass(frozen=True, slots=True)
class Case:
    """One string and the ingredients it names; `group` is the kind, the origin of the error or the near miss's `must_not`."""

    text: str
    ingredients: frozenset[str]
    group: str
    part: str


@dataclass(frozen=True, slots=True)
class DoseCase:
    """One dose instruction; None is "not stated", and `as_needed` None "either answer will do"."""

    text: str
    mg_per_day_min: float | None
    mg_per_day_max: float | None
    times_per_day: float | None
    route: str
    as_needed: bool | None
    part: str


@dataclass(frozen=True, slots=True)
class ListCase:
    """One whole list and what it says is taken and is not taken; what is in `ignore` may be called either."""

    name: str
    text: str
    active: frozenset[str]
    inactive: frozenset[str]
    ignore: frozenset[str]
    kind: str
    part: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader said: ingredients, or a question with the ingredients it offers."""

    ingredients: frozenset[str] = frozenset()
    offered: frozenset[str] = frozenset()
    asked: bool = False


# ---- what is compared --------------------------------------------------------------------------------------------------
@cache
def _terms() -> Terms:
    return packages.read_terms(read(os.environ).formulary_dir)


@cache
def canonical(name: str) -> str:
    """An ingredient as the formulary writes it.

    >>> canonical("Acetaminophen"), canonical("sertraline hydrochloride")
    ('paracetamol', 'sertraline')
    """
    plain = name.strip().lower()
    if plain not in medcheck.load_formulary().ingredients:
        plain = ingredient(plain, _terms())
    return SAME.get(plain, plain)


def told(names: Iterable[str]) -> frozenset[str]:
    return frozenset(canonical(n) for n in names if n.strip())


@cache
def matters() -> frozenset[str]:
    """The medicines that matter to restless legs: what the formulary flags (tiers A, B, C), dopaminergics, and what is preferred (P)."""
    return frozenset(canonical(n) for n, i in medcheck.load_formulary().ingredients.items() if i.tier in MATTER_TIERS)


# ---- cases -------------------------------------------------------------------------------------------------------------
def _rows(name: str) -> Iterator[dict[str, str]]:
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _cases(name: str, group: str) -> list[Case]:
    return [Case(r["text"], told(r["ingredients"].split("|")), r[group], r["part"]) for r in _rows(name)]


def names() -> list[Case]:
    return _cases("names.csv", "kind")


def misspellings() -> list[Case]:
    return _cases("misspellings.csv", "origin")


def nearmisses() -> list[Case]:
    return _cases("nearmisses.csv", "must_not")


def doses() -> list[DoseCase]:
    def figure(text: str) -> float | None:
        return float(text) if text else None

    return [
        DoseCase(
            r["text"],
            figure(r["mg_per_day_min"]),
            figure(r["mg_per_day_max"]),
            figure(r["times_per_day"]),
            r["route"],
            {"yes": True, "no": False, "": None}[r["as_needed"]],
            r["part"],
        )
        for r in _rows("doses.csv")
    ]


def lists() -> list[ListCase]:
    folder = CASES / "lists"
    return [
        ListCase(
            g["file"],
            (folder / g["file"]).read_text(encoding="utf-8"),
            told(g["active"]),
            told(g["inactive"]),
            told(g["ignore"]),
            g["kind"],
            g["part"],
        )
        for g in json.loads((folder / "gold.json").read_text(encoding="utf-8"))
    ]


def few(cases: Sequence[T], count: int | None) -> Sequence[T]:
    """At most `count` of them, spread over the whole; None is all."""
    return cases if count is None or count >= len(cases) else [cases[i * len(cases) // count] for i in range(count)]


# ---- counting ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Found:
    """How many ingredients were found rightly, found falsely and missed."""

    right: int = 0
    false: int = 0
    missed: int = 0

    @property
    def recall(self) -> float | None:
        """Of what is there, how much was found."""
        return ratio(self.right, self.right + self.missed)

    @property
    def precision(self) -> float | None:
        """Of what was said, how much is there."""
        return ratio(self.right, self.right + self.false)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of the two."""
        return ratio(2 * self.right, 2 * self.right + self.false + self.missed)


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def compare(pairs: Iterable[tuple[frozenset[str], frozenset[str]]]) -> Found:
    """Labels against answers, ingredient by ingredient."""
    right = false = missed = 0
    for label, said in pairs:
        right += len(label & said)
        false += len(said - label)
        missed += len(label - said)
    return Found(right, false, missed)


def false_per_1000(cases: Sequence[Case], answers: Sequence[Answer]) -> float | None:
    """Of 1,000 names, those for which a medicine that matters is said that is not there."""
    wrong = sum(bool((a.ingredients - c.ingredients) & matters()) for c, a in zip(cases, answers, strict=True))
    return ratio(1000 * wrong, len(cases))


def spelling_result(case: Case, answer: Answer) -> str:
    """What a misspelt name came to: right, part (of a combination), wrong (an ingredient that is not in it), asked or nothing."""
    if answer.asked and not answer.ingredients:
        return "asked"
    if not answer.ingredients:
        return "nothing"
    if answer.ingredients - case.ingredients:
        return "wrong"
    return "right" if answer.ingredients == case.ingredients else "part"


def spelling_results(cases: Sequence[Case], answers: Sequence[Answer]) -> Counter[str]:
    return Counter(spelling_result(c, a) for c, a in zip(cases, answers, strict=True))


def is_false_alarm(case: Case, answer: Answer) -> bool:
    """Whether a near miss was taken for the medicine it resembles, or for another that matters."""
    said = answer.ingredients - case.ingredients
    return bool(said & matters()) or canonical(case.group) in said


# ---- printing ----------------------------------------------------------------------------------------------------------
def share(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def machine() -> str:
    """The day, the processor, how busy it is, and the versions that the figures depend on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names_of = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names_of[0] if names_of else model
    load = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    formulary = medcheck.load_formulary()
    return (
        f"{date.today().isoformat()}, {model}, {os.cpu_count()} cores (load {load} at the start), {python}, "
        f"medcheck {medcheck.__version__}, formulary {formulary.version}"
    )


def peak_mb() -> float:
    """Peak memory of this process in MB; of this program alone where the system tells it (ru_maxrss is inherited from the parent)."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    import resource

    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1024 * 1024 if platform.system() == "Darwin" else 1024)
