"""The speed that medcheck is to have, each figure beside its goal: clean and misspelt names, the worst line, the worst list, memory, lines.

Run: python benchmarks/limits.py [--few N] [--kinds]. Prints one table; with --kinds also the time of every kind of garbage. In one process
on one core, in processor time, which a busy machine changes less than the clock. Garbage is new text each time, so that no cache of
answers helps. Rates and single lines are measured three times and the median counts; lists are measured once.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from accuracy import AS_OF
from labelled import machine, peak_mb, table
from spelling import misspelt
from throughput import measure

import medcheck
from medcheck.domain import PatientFacts
from medcheck.reviewing import Limits, match_one, prepare, review_text

LINE: Final = Limits().max_line_chars
ROUNDS: Final = 3
LIST_LINES: Final = 200
SHORT: Final = 100  # characters of a line in a list of garbage as it may come from a damaged file
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_ODD: Final = "äöüßéèñçøåłžαβγδλμπабвгдежз薬剤错误中文अआइकखगعربﬁ①Ⅷ½µ°±™®€“”„‚‘’…–—−×÷≥≤ \u200b\u202e\u0301\u3000😀💊"
Fill = Callable[[random.Random, int], str]


# ---- what is read --------------------------------------------------------------------------------------------------------
def _words(rng: random.Random, size: int, short: int = 5, long: int = 14) -> str:
    out: list[str] = []
    while sum(map(len, out)) + len(out) < size:
        out.append("".join(rng.choices(_LETTERS, k=rng.randint(short, long))))
    return " ".join(out)[:size]


def _of(parts: str) -> Fill:
    """Characters of one kind in no order."""
    return lambda rng, size: "".join(rng.choices(parts, k=size))


def _repeated(*parts: str) -> Fill:
    """Pieces again and again, one of them chosen each time."""

    def fill(rng: random.Random, size: int) -> str:
        out = ""
        while len(out) < size:
            out += rng.choice(parts)
        return out[:size]

    return fill


def _near_names(rng: random.Random, size: int) -> str:
    """Names of the formulary with a letter or two wrong."""
    known = sorted(n for n in medcheck.load_formulary().names if n.isalpha() and len(n) > 5)
    return _repeated(*(f"{misspelt(rng.choice(known), rng)} " for _ in range(400)))(rng, size)


GARBAGE: Final[Mapping[str, Fill]] = {
    "unknown words": _words,
    "one unknown word": lambda rng, size: "".join(rng.choices(_LETTERS, k=size)),
    "words of one to four letters": lambda rng, size: _words(rng, size, 1, 4),
    "misspelt names": _near_names,
    "names": _repeated("sertraline ", "Zoloft, ", "quetiapine and ", "carbidopa/levodopa ", "no lithium "),
    "digits": _of("0123456789"),
    "digits apart": _of("0123456789 .,/-"),
    "doses": _repeated("5 mg ", "1-0-1 ", "q4-6h prn ", "50/", "1/2 tab ", "x 3 days then ", "every 2 weeks "),
    "dates": _repeated("01/02/2020 ", "since 2019 ", "2015-2017 ", "until March ", "d/c'd 3/2022 "),
    "brackets": _of("()[]{}<>"),
    "open brackets": _repeated("("),
    "quotes": _of("\"'`“”‘’"),
    "slashes": _of("/\\|"),
    "commas": _of(",;: "),
    "table marks": _repeated("| ", "|---", "|a ", ",\"x\""),
    "hyphens": _repeated("a-", "-b", "--"),
    "the letter a": _repeated("a "),
    "letters for figures": _of("0Oo1lI5S8B "),
    "status words": _repeated("stopped ", "no ", "not taking ", "was on ", "never ", "then ", "she takes ", "allergic to "),
    "headings": _repeated("ALLERGIES: ", "HOME MEDS: ", "STOP: ", "PRN: "),
    "phrases and separators": _repeated(
        "sertraline 50 mg daily, ", "stopped ", "a:", "medications ", "; ", "| ", "\t", "(", ")", '"', "0.5-", "and ", "-> ", "if ", "x",
        "quetiepine ", "l1l1", "é", "½", "Sig: ", "start date: 2020-01-01 ", ". ", "He ", "colon ", "every ", "(was ", "mother ", "now ",
    ),
    "short pieces": _repeated("x; ", "Ab. "),
    "unicode": _of(_ODD),
    "anything printable": _of("".join(map(chr, range(32, 127)))),
}  # fmt: skip


# ---- measuring -----------------------------------------------------------------------------------------------------------
def _names_per_s(names: list[str]) -> float:
    """Names a second through the matcher, prepared with other names, nothing answered yet."""
    prepare.cache_clear()
    index = prepare(medcheck.load_formulary(), medcheck.load_vocabulary()).index
    for text in ("sertralin", "no such name", "carbidopa/levodopa 25/100", *(f"{n} 5 mg" for n in names[:100])):
        match_one(text, index)
    started = time.process_time()
    for name in names[100:]:
        match_one(name, index)
    return (len(names) - 100) / (time.process_time() - started)


def clean_names(rng: random.Random, few: int | None) -> list[str]:
    """Distinct names that are known exactly, mixed."""
    known = [*medcheck.load_formulary().names, *(n for n in medcheck.load_vocabulary().names if n not in medcheck.load_formulary().names)]
    rng.shuffle(known)
    return known if few is None else known[: few + 100]


def misspelt_names(rng: random.Random, few: int | None) -> list[str]:
    """Distinct misspelt names, none of them a known name."""
    vocabulary = medcheck.load_vocabulary()
    known = medcheck.load_formulary().names.keys() | vocabulary.names.keys()
    plain = sorted(n for n in known if n.isalpha() and 5 <= len(n) <= 20)
    wrong: dict[str, None] = {}
    while len(wrong) < (few or 5000) + 100:
        word = misspelt(rng.choice(plain), rng)
        if word not in known and word not in vocabulary.words:
            wrong[word] = None
    return list(wrong)


def _review_s(text: str) -> float:
    started = time.process_time()
    review_text(text, PatientFacts(), medcheck.load_formulary(), medcheck.load_vocabulary(), AS_OF)
    return time.process_time() - started


def _line(fill: Fill, rng: random.Random, size: int) -> str:
    """One line of garbage; a drug in front, so that it is read and not passed over as no drug."""
    return ("Zoloft " + " ".join(fill(rng, size).splitlines()))[:size]


def _list(fills: Sequence[Fill], rng: random.Random, size: int, lines: int) -> str:
    """A list of garbage, its lines shortened where it would be over the limit of bytes."""
    made = [_line(fills[i % len(fills)], rng, size) for i in range(lines)]
    share = Limits().max_list_bytes / sum(len(line.encode()) + 1 for line in made)
    if share < 1:
        made = [line[: int(len(line) * share * 0.99)] for line in made]
    return "\n".join(made)


def lines_s(rng: random.Random, size: int) -> dict[str, float]:
    """Seconds for one line of each kind of garbage."""
    _review_s("Zoloft 50 mg daily\nqetiapine 25 mg")  # what is prepared once is prepared
    return {kind: statistics.median(_review_s(_line(fill, rng, size)) for _ in range(ROUNDS)) for kind, fill in GARBAGE.items()}


def lists_s(rng: random.Random, size: int, lines: int) -> dict[str, float]:
    """Seconds for one list of each kind of garbage, and of all kinds mixed."""
    out = {kind: _review_s(_list([fill], rng, size, lines)) for kind, fill in GARBAGE.items()}
    return out | {"all kinds mixed": _review_s(_list(list(GARBAGE.values()), rng, size, lines))}


def _worst(seconds: Mapping[str, float], unit: float, digits: int) -> str:
    kind = max(seconds, key=lambda k: seconds[k])
    return f"{seconds[kind] * unit:.{digits}f} ({kind}); median of the kinds {statistics.median(seconds.values()) * unit:.{digits}f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The speed that medcheck is to have, beside the goals.")
    parser.add_argument("--few", type=int, metavar="N", help="N names and lines, short garbage: to see that it runs")
    parser.add_argument("--kinds", action="store_true", help="also the time of every kind of garbage")
    chosen = parser.parse_args()
    rng = random.Random(1)  # noqa: S311 - not for secrets
    few: int | None = chosen.few
    title = machine()
    clean, wrong = clean_names(rng, few), misspelt_names(rng, few)
    clean_rates = sorted(_names_per_s(clean) for _ in range(ROUNDS))
    wrong_rates = sorted(_names_per_s(wrong) for _ in range(ROUNDS))
    line_rates = sorted(measure(few or 4000, 0.0) for _ in range(ROUNDS))
    long, lines = (LINE, LIST_LINES) if few is None else (200, 3)
    one = lines_s(rng, long)
    short_list = lists_s(rng, SHORT, lines)
    peak = peak_mb()
    long_list = lists_s(rng, long, lines)

    def rates(found: list[float]) -> str:
        return f"{statistics.median(found):,.0f} ({found[0]:,.0f} to {found[-1]:,.0f})"

    rows = [
        (f"clean names a second, {len(clean) - 100:,} distinct", "at least 100,000", rates(clean_rates)),
        (f"misspelt names a second, {len(wrong) - 100:,} distinct, cold", "at least 5,000", rates(wrong_rates)),
        ("whole clean lines a second, rules included", "at least 10,000", rates(line_rates)),
        (f"worst line of {long:,} characters, ms", "at most 50", _worst(one, 1000, 1)),
        (f"worst list of {lines} lines of {SHORT} characters, s", "at most 2", _worst(short_list, 1, 2)),
        (f"worst list of {lines} lines of {long:,} characters, s", "at most 2", _worst(long_list, 1, 2)),
        ("peak memory before the lists of long lines, MB", "under 150", f"{peak:.0f}"),
        ("peak memory with them, MB", "under 150", f"{peak_mb():.0f}"),
    ]
    print(title, end="\n\n")
    print(table(("what", "goal", "measured"), rows))
    if chosen.kinds:
        kinds = [(k, f"{one[k] * 1000:.1f}" if k in one else "-", f"{short_list[k]:.2f}", f"{long_list[k]:.2f}") for k in long_list]
        print("", table(("garbage", "line, ms", "list of short lines, s", "list of long lines, s"), kinds), sep="\n")


if __name__ == "__main__":
    main()
