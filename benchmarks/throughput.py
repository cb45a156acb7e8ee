"""Lines reviewed a second in one process on one core: reading, dose instructions, matching and rules included, similarity cache cold.

Run: python benchmarks/throughput.py [LINES]. Clean lines name medicines of the formulary and of the background vocabulary; in the second
run one name in five has an edit or two. Lists of 200 lines, because that is what a long real list is.
"""

from __future__ import annotations

import os
import platform
import random
import resource
import sys
import time
from datetime import date

import medcheck
from medcheck.domain import PatientFacts
from medcheck.reviewing import prepare, review_text

SIGS = (
    "50 mg daily", "10 mg po bid", "1 tab at bedtime", "25 mg three times a day as needed", "0.5 mg qhs since 2019", "20 mg od",
    "100 mg nocte",
    "5 mg/day", "75 mg twice daily with food", "2 puffs q4h prn", "1000 mg q8h", "40 mg every other day", "1-2 tabs q6h prn pain",
)  # fmt: skip


def lines(count: int, misspelt: float, seed: int) -> list[str]:
    """Numbered list lines with real names, a share of them misspelt."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    formulary, vocabulary = medcheck.load_formulary(), medcheck.load_vocabulary()
    ours = [n for n in formulary.names if n.isalpha() and len(n) > 5]
    others = [n for n in vocabulary.names if n.isalpha() and len(n) > 6 and vocabulary.entries[vocabulary.names[n]]]
    out = []
    for i in range(count):
        name = rng.choice(ours if rng.random() < 0.5 else others)
        if rng.random() < misspelt:
            for _ in range(rng.choice((1, 1, 2))):
                at = rng.randrange(1, len(name))
                name = rng.choice(
                    (
                        name[:at] + name[at + 1 :],
                        name[:at] + rng.choice("aeiouylrsn") + name[at:],
                        name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :],
                    )
                )
        out.append(f"{i % 200 + 1}. {name.capitalize()} {rng.choice(SIGS)}")
    return out


def measure(count: int, misspelt: float) -> float:
    """Lines a second of processor time, which a busy machine changes less than the clock."""
    formulary, vocabulary = medcheck.load_formulary(), medcheck.load_vocabulary()
    texts = lines(count, misspelt, seed=7)
    prepare.cache_clear()
    prepare(formulary, vocabulary, "", 300)
    started = time.process_time()
    for at in range(0, count, 200):
        review_text("\n".join(texts[at : at + 200]), PatientFacts(), formulary, vocabulary, date(2026, 11, 22))
    return count / (time.process_time() - started)


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(
        f"{date.today().isoformat()}  {platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, {count} lines"
    )
    for label, share in (("clean", 0.0), ("one in five misspelt", 0.2)):
        print(f"{label:22} {measure(count, share):8.0f} lines/s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
