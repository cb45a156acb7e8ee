"""medcheck beside other readers of drug names, on the project's own labelled cases: how right, how fast, how large.

Run: python benchmarks/compare.py [--few N] [--seconds S] [--only READER ...] [--crashes]. Needs `pip install -e '.[bench]'`. Prints one
table.

Each reader runs in a process of its own on one core, one after the other, over the same strings in the same mixed order, each string once,
so that nothing is answered from a cache of answers. Those that are given names get every name that medcheck knows; a name whose ingredients
no reliable source tells is a drug without ingredients. A reader that is not through after S seconds is scored on what it has read, and the
table says how many. Times are processor time, which a busy machine changes less than the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from labelled import (
    Answer,
    Case,
    compare,
    false_per_1000,
    few,
    is_false_alarm,
    machine,
    matters,
    misspellings,
    names,
    nearmisses,
    ratio,
    share,
    spelling_results,
    table,
    told,
)

import medcheck
from medcheck.vocabulary.names import is_claim

# Reader of peers.py: what the table calls it, and the module that must be there.
READERS: Final[dict[str, tuple[str, str]]] = {
    "medcheck": ("medcheck", "medcheck"),
    "drug-ner-exact": ("drug-named-entity-recognition, exact", "drug_named_entity_recognition"),
    "drug-ner-fuzzy": ("drug-named-entity-recognition, fuzzy", "drug_named_entity_recognition"),
    "rapidfuzz-wratio": ("rapidfuzz WRatio, cut 90", "rapidfuzz"),
    "rapidfuzz-token-set": ("rapidfuzz token_set_ratio, cut 90", "rapidfuzz"),
    "thefuzz": ("thefuzz, cut 90", "thefuzz"),
    "symspellpy": ("symspellpy, 2 edits", "symspellpy"),
}
HEAD: Final = (
    "reader",
    "names that matter: recall / precision",
    "false, per 1,000 names",
    "misspelt: right / wrong / asked",
    "near misses taken falsely",
    "strings read",
    "crashes",
    "strings/s",
    "load, s",
    "peak, MB",
)


@dataclass(frozen=True, slots=True)
class Item:
    """A case and the set that it is from."""

    of: str
    case: Case


def known_names() -> dict[str, tuple[str, ...]]:
    """Every name that medcheck knows with its ingredients; () where they are not told or only claimed."""
    formulary, vocabulary = medcheck.load_formulary(), medcheck.load_vocabulary()
    known: dict[str, tuple[str, ...]] = {}
    for name, entry in vocabulary.names.items():
        ingredients = tuple(vocabulary.entries[entry])
        known[name] = () if is_claim(ingredients) else ingredients
    return known | {name: tuple(entry.ingredients) for name, entry in formulary.names.items()}


def items(count: int | None) -> list[Item]:
    """The cases of all three sets, mixed, so that a reader that runs out of time has read some of each."""
    sets = {"names": names(), "misspellings": misspellings(), "nearmisses": nearmisses()}
    mixed = [Item(of, case) for of, cases in sets.items() for case in few(cases, count)]
    random.Random(1).shuffle(mixed)  # noqa: S311 - not for secrets
    return mixed


def run(reader: str, texts: Sequence[str], names_file: Path, seconds: float) -> dict[str, Any]:
    """What a reader says of the texts, from a process of its own."""
    job = json.dumps({"names": str(names_file), "texts": list(texts), "seconds": seconds})
    command = [sys.executable, str(Path(__file__).with_name("peers.py")), reader]
    same_each_time = {**os.environ, "PYTHONHASHSEED": "0"}  # drug-named-entity-recognition chooses among equals by the order of a set
    done = subprocess.run(command, input=job, capture_output=True, text=True, env=same_each_time, check=False)
    if done.returncode:
        raise SystemExit(f"{reader} ended with {done.returncode}:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def row(title: str, mixed: Sequence[Item], result: dict[str, Any]) -> tuple[str, ...]:
    """One line of the table."""
    answers = [Answer(told(a["ingredients"]), asked=a.get("asked", False)) for a in result["answers"]]
    read: dict[str, tuple[list[Case], list[Answer]]] = {of: ([], []) for of in ("names", "misspellings", "nearmisses")}
    for item, answer in zip(mixed, answers, strict=False):  # a reader that ran out of time has fewer answers
        read[item.of][0].append(item.case)
        read[item.of][1].append(answer)
    only = matters()
    found = compare((c.ingredients & only, a.ingredients & only) for c, a in zip(*read["names"], strict=True))
    spelt = spelling_results(*read["misspellings"])
    near = list(zip(*read["nearmisses"], strict=True))
    rates = [share(ratio(spelt[k], len(read["misspellings"][0]))) for k in ("right", "wrong", "asked")]
    alarms = sum(is_false_alarm(c, a) for c, a in near)
    peak = result["peak_mb"]
    return (
        f"{title} ({result['version']})",
        f"{share(found.recall)} / {share(found.precision)}",
        share(false_per_1000(*read["names"]), 1),
        " / ".join(rates),
        f"{alarms} of {len(near)}",
        f"{len(answers)} of {len(mixed)}",
        str(len(result["crashes"])),
        f"{len(answers) / result['seconds']:,.0f}",
        f"{result['load_s']:.2f}",
        "-" if peak is None else f"{peak:.0f}",
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="medcheck beside other readers of drug names.")
    parser.add_argument("--few", type=int, metavar="N", help="at most N cases of each kind")
    parser.add_argument("--seconds", type=float, default=240.0, metavar="S", help="the most that one reader may read for (%(default)s)")
    parser.add_argument("--only", nargs="+", choices=READERS, default=list(READERS), metavar="READER", help=f"among {', '.join(READERS)}")
    parser.add_argument("--crashes", action="store_true", help="show each string on which a reader crashed")
    chosen = parser.parse_args()
    absent = [r for r in chosen.only if find_spec(READERS[r][1]) is None]
    if absent:
        raise SystemExit(f"not installed: {', '.join(absent)}; pip install -e '.[bench]', or name others with --only")
    mixed, known = items(chosen.few), known_names()
    title, rows, crashes = machine(), [], []
    with tempfile.TemporaryDirectory() as folder:
        names_file = Path(folder) / "names.json"
        names_file.write_text(json.dumps(known), encoding="utf-8")
        for reader in chosen.only:
            result = run(reader, [i.case.text for i in mixed], names_file, chosen.seconds)
            rows.append(row(READERS[reader][0], mixed, result))
            crashes += [f"{reader}: {c}" for c in result["crashes"]]
    print(title, f"{len(mixed)} strings, {len(known):,} names", sep="; ", end="\n\n")
    print(table(HEAD, rows))
    if chosen.crashes:
        print("", *crashes, sep="\n")


if __name__ == "__main__":
    main()
