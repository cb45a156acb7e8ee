"""The benchmarks run and their labelled cases are well formed; nothing here asserts a time."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from medcheck.domain import Formulary, Vocabulary

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "benchmarks"
CASES = FOLDER / "cases"
COLUMNS = {
    "names.csv": ["text", "ingredients", "kind", "part", "source"],
    "misspellings.csv": ["text", "ingredients", "origin", "part", "source"],
    "nearmisses.csv": ["text", "ingredients", "must_not", "part", "source"],
    "doses.csv": ["text", "mg_per_day_min", "mg_per_day_max", "times_per_day", "route", "as_needed", "note", "part", "source"],
}
LISTS = json.loads((CASES / "lists" / "gold.json").read_text(encoding="utf-8"))
NOT_INGREDIENTS = {"penicillin", "sulfonamide"}  # classes, as allergies are written


def _rows(name: str) -> list[dict[str, str]]:
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        assert reader.fieldnames == COLUMNS[name]
        return list(reader)


def _run(script: str, *words: str) -> str:
    done = subprocess.run([sys.executable, str(FOLDER / script), *words], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _table(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")]


# ---- cases -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", COLUMNS)
def test_cases_are_complete_and_none_stands_twice(name: str) -> None:
    rows = _rows(name)
    texts = [r["text"] for r in rows]
    assert len(texts) == len(set(texts))
    assert all(t and t == t.strip() for t in texts)
    assert {r["part"] for r in rows} == {"a", "b"}
    assert {r["source"] for r in rows} == {"invented for this project"}


def test_labels_are_written_as_the_formulary_or_the_vocabulary_writes_them(formulary: Formulary, vocabulary: Vocabulary) -> None:
    known = set(formulary.ingredients) | {i for e in set(vocabulary.names.values()) for i in vocabulary.entries[e]} | NOT_INGREDIENTS
    labels = {i for name in ("names.csv", "misspellings.csv", "nearmisses.csv") for r in _rows(name) for i in r["ingredients"].split("|")}
    labels |= {r["must_not"] for r in _rows("nearmisses.csv")}
    labels |= {i for g in LISTS for i in (*g["active"], *g["inactive"])}
    assert labels - {""} - known == set()


def test_every_name_and_misspelling_has_a_label() -> None:
    assert all(r["ingredients"] for name in ("names.csv", "misspellings.csv") for r in _rows(name))
    assert {r["origin"] for r in _rows("misspellings.csv")} == {"typed", "heard", "scanned"}


def test_dose_labels_are_figures_or_empty() -> None:
    for row in _rows("doses.csv"):
        least, most = row["mg_per_day_min"], row["mg_per_day_max"]
        assert not least or 0 < float(least) <= float(most), row
        assert not row["times_per_day"] or float(row["times_per_day"]) > 0, row
        assert row["as_needed"] in ("yes", "no", ""), row


def test_every_list_has_labels_and_no_label_is_both() -> None:
    assert [g["file"] for g in LISTS] == sorted(p.name for p in (CASES / "lists").glob("*.txt"))
    for gold in LISTS:
        assert gold["active"], gold["file"]
        assert not set(gold["active"]) & set(gold["inactive"]), gold["file"]


# ---- they run ----------------------------------------------------------------------------------------------------------
def test_accuracy_runs() -> None:
    rows = _table(_run("accuracy.py", "--few", "4", "--errors"))
    figures = {row[0]: row[-1] for row in rows}
    assert rows[0][0] == "what"
    assert figures["names"] == figures["misspelt names"] == figures["near misses"] == "4"
    assert figures["lists with all that matters right"].endswith("of 4")


def test_comparison_runs() -> None:
    rows = _table(_run("compare.py", "--few", "2", "--only", "medcheck", "rapidfuzz-wratio", "symspellpy", "drug-ner-exact"))
    assert [row[0].split(" (")[0] for row in rows[2:]] == [
        "medcheck",
        "rapidfuzz WRatio, cut 90",
        "symspellpy, 2 edits",
        "drug-named-entity-recognition, exact",
    ]
    assert {row[5] for row in rows[2:]} == {"6 of 6"}


def test_limits_run() -> None:
    rows = _table(_run("limits.py", "--few", "3"))
    assert rows[0] == ["what", "goal", "measured"]
    assert len(rows) > 5
    assert all(row[2] for row in rows)


def test_the_figures_in_the_docs_have_every_reader_and_a_date() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    for reader in ("medcheck", "drug-named-entity-recognition, fuzzy", "rapidfuzz WRatio", "thefuzz", "symspellpy"):
        assert f"| {reader}" in page, reader
    assert "2026-" in page
