"""One reader of drug names in a process of its own; started by compare.py, which scores what it says.

Run: python benchmarks/peers.py READER < JOB. A job is JSON: `names` (a file of {name: ingredients}; read only by readers that are given
names), `texts`, `seconds` (after which no further text is read). Out comes JSON: `answers`, one object per text that was read
(`ingredients`, and `asked` from medcheck), `crashes`, `load_s`, `seconds`, `peak_mb`, `version`; times are of the processor. Nothing but
the reader is imported, so that time and memory are its own.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

CUT: Final = 90  # of 100: the usual cut for these scorers
Read = Callable[[str], dict[str, Any]]
_WORDS: Final = re.compile(r"[^\W\d_][\w']*")
_PARTS: Final = re.compile(r"/|,|\band\b|\bwith\b", re.IGNORECASE)  # of a combination as drug-named-entity-recognition names it
_SHORTEST: Final = 5  # letters of a word that symspellpy may read with errors


def _told(ingredients: Sequence[str]) -> dict[str, Any]:
    return {"ingredients": list(dict.fromkeys(ingredients))}


def medcheck(names: Path) -> Read:
    """The matcher behind `medcheck match`."""
    import medcheck as package
    from medcheck.domain import Outcome
    from medcheck.reviewing import match_one, prepare

    index = prepare(package.load_formulary(), package.load_vocabulary()).index

    def read(text: str) -> dict[str, Any]:
        found = match_one(text, index)
        asked = found.outcome is Outcome.QUESTION
        return {"ingredients": [] if asked else list(found.ingredients), "asked": asked}

    return read


def _drug_ner(fuzzy: bool) -> Read:
    from drug_named_entity_recognition import find_drugs

    def read(text: str) -> dict[str, Any]:
        found = find_drugs(_WORDS.findall(text), is_fuzzy_match=fuzzy, is_ignore_case=True)
        return _told([part.strip() for drug, _, _ in found for part in _PARTS.split(drug["name"])])

    return read


def drug_ner_exact(names: Path) -> Read:
    """drug-named-entity-recognition with its own dictionary."""
    return _drug_ner(False)


def drug_ner_fuzzy(names: Path) -> Read:
    """The same with its matching of similar words."""
    return _drug_ner(True)


def _rapidfuzz(names: Path, scorer: str) -> Read:
    from rapidfuzz import fuzz, process, utils

    known: dict[str, list[str]] = json.loads(names.read_bytes())
    choices, chosen = list(known), getattr(fuzz, scorer)

    def read(text: str) -> dict[str, Any]:
        best = (
            process.extractOne(text, choices, scorer=chosen, processor=None, score_cutoff=CUT)
            if (text := utils.default_process(text))
            else None
        )
        return _told(known[best[0]] if best else ())

    return read


def rapidfuzz_wratio(names: Path) -> Read:
    """rapidfuzz: the name with the best WRatio."""
    return _rapidfuzz(names, "WRatio")


def rapidfuzz_token_set(names: Path) -> Read:
    """rapidfuzz: the name with the best token_set_ratio."""
    return _rapidfuzz(names, "token_set_ratio")


def thefuzz(names: Path) -> Read:
    """The name that thefuzz finds with its defaults (WRatio)."""
    from thefuzz import process

    known: dict[str, list[str]] = json.loads(names.read_bytes())
    choices = list(known)

    def read(text: str) -> dict[str, Any]:
        best = process.extractOne(text, choices, score_cutoff=CUT)
        return _told(known[best[0]] if best else ())

    return read


def symspellpy(names: Path) -> Read:
    """symspellpy: each word against the names of one word, exact or with up to two edits."""
    from symspellpy import SymSpell, Verbosity

    known: dict[str, list[str]] = json.loads(names.read_bytes())
    speller = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
    for name in known:
        if " " not in name:
            speller.create_dictionary_entry(name, 1)

    def read(text: str) -> dict[str, Any]:
        found: list[str] = []
        for word in _WORDS.findall(text.lower()):
            edits = 2 if len(word) >= _SHORTEST else 0
            for near in speller.lookup(word, Verbosity.TOP, max_edit_distance=edits):
                found += known[near.term]
        return _told(found)

    return read


READERS: Final[dict[str, tuple[Callable[[Path], Read], str]]] = {
    "medcheck": (medcheck, "medcheck"),
    "drug-ner-exact": (drug_ner_exact, "drug-named-entity-recognition"),
    "drug-ner-fuzzy": (drug_ner_fuzzy, "drug-named-entity-recognition"),
    "rapidfuzz-wratio": (rapidfuzz_wratio, "rapidfuzz"),
    "rapidfuzz-token-set": (rapidfuzz_token_set, "rapidfuzz"),
    "thefuzz": (thefuzz, "thefuzz"),
    "symspellpy": (symspellpy, "symspellpy"),
}


def _peak_mb() -> float | None:
    """Peak memory of this program alone; ru_maxrss would begin with what the parent held."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    return next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM:"))


def main() -> None:
    """Read a job, print what the reader says of it."""
    load, package = READERS[sys.argv[1]]
    job = json.load(sys.stdin)
    started = time.process_time()
    read = load(Path(job["names"]))
    loaded = time.process_time()
    answers: list[dict[str, Any]] = []
    crashes: list[str] = []
    for text in job["texts"]:
        try:
            answers.append(read(text))
        except Exception as error:  # a crash of a peer is counted and shown, and is no answer
            crashes.append(f"{text}: {type(error).__name__}: {error}")
            answers.append({"ingredients": []})
        if time.process_time() - loaded > job["seconds"]:
            break
    out = {
        "answers": answers,
        "crashes": crashes,
        "load_s": loaded - started,
        "seconds": time.process_time() - loaded,
        "peak_mb": _peak_mb(),
        "version": importlib.metadata.version(package),
    }
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main()
