"""Time the slowest inputs: `python benchmarks/garbage.py [SECONDS]`. Exits 1 if a line takes over 50 ms or a list of 200 lines over 2 s.

The inputs are built to hurt: separators in a row, headings without end, brackets that never close, words that look like drugs.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import date

import medcheck
from medcheck.reviewing import prepare, read_text

LINE_CHARS = 5000
LINES = 200
LINE_BUDGET_S = 0.05
LIST_BUDGET_S = 2.0
PIECES = (
    "sertraline 50 mg daily, ", "stopped ", "a:", "medications ", "allergies: ", "; ", "| ", "\t", "(", ")", '"', ",", "  ",
    "1/2 ", "0.5-", "mg ", "and ", "to ", "-> ", "if ", "12 ", "x", "serotonine ", "quetiepine ", "l1l1l1", "é", "½", "Sig: ",
    "start date: 2020-01-01 ", "not ", ". ", "He ", "colon ", "period ", "3 times a day ", "every ", "(was ", "since 2019 ",
    "until ", "mother ", "now ", "1-0-1 ", "q4-6h prn ",
)  # fmt: skip


def lines() -> dict[str, str]:
    """Lines of the longest length that is read, each of another kind."""
    rng = random.Random(7)  # noqa: S311 - not for secrets
    made = {f"only {p!r}": (p * LINE_CHARS)[:LINE_CHARS] for p in PIECES}
    for k in range(40):
        few = rng.sample(PIECES, rng.randint(2, 6))
        made[f"mixed {k}"] = "".join(rng.choice(few) for _ in range(LINE_CHARS))[:LINE_CHARS]
    letters = "abcdefghijklmnopqrstuvwxyz  ,.:;0123456789"
    for k in range(10):
        made[f"letters {k}"] = "".join(rng.choice(letters) for _ in range(LINE_CHARS))
    made["words like drugs"] = " ".join(f"{rng.choice('sqrz')}ert{rng.choice('aeiou')}ali{rng.choice('nm')}e" for _ in range(600))[
        :LINE_CHARS
    ]
    return made


def main() -> int:
    """Print the slowest lines and lists; 1 when one is over its budget."""
    formulary, vocabulary, as_of = medcheck.load_formulary(), medcheck.load_vocabulary(), date(2026, 11, 22)
    prepare(formulary, vocabulary)
    read_text("sertraline 50 mg", formulary, vocabulary, as_of)
    found = []
    for kind, line in lines().items():
        begin = time.perf_counter()
        read_text(f"{line}a1", formulary, vocabulary, as_of)
        found.append((time.perf_counter() - begin, kind, line))
    found.sort(reverse=True)
    for seconds, kind, _ in found[:12]:
        print(f"{seconds * 1000:8.1f} ms  line of {LINE_CHARS}: {kind}")
    worst = 0.0
    for _, kind, line in found[:5]:
        text = "\n".join(f"{k} {line[: LINE_CHARS - 5]}" for k in range(LINES))
        begin = time.perf_counter()
        read_text(text, formulary, vocabulary, as_of)
        seconds = time.perf_counter() - begin
        worst = max(worst, seconds)
        print(f"{seconds:8.2f} s   list of {LINES} such lines: {kind}")
    return int(found[0][0] > LINE_BUDGET_S or worst > LIST_BUDGET_S)


if __name__ == "__main__":
    sys.exit(main())
