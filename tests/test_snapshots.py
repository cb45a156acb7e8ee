"""Whole reviews of the examples, so that a change of the data shows its clinical effect; renew with `pytest --snapshot-update`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from medcheck.domain import Formulary, PartialDate, PatientFacts, Review, Vocabulary
from medcheck.rendering.markdown import as_markdown
from medcheck.rendering.plain import as_dict
from medcheck.rendering.table import as_table
from medcheck.reviewing import review_text

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").iterdir())
FACTS = PatientFacts(
    age=67, sex="female", ferritin_ug_per_l=38, tsat_percent=18, egfr=48, rls_diagnosed=True,
    symptom_onset=PartialDate(date(2026, 5, 1), date(2026, 5, 31), "2026-05"), conditions=("seizures",),
)  # fmt: skip
each_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)


@pytest.fixture(scope="module")
def reviews(formulary: Formulary, vocabulary: Vocabulary, as_of: date) -> dict[str, Review]:
    return {p.name: review_text(p.read_text(encoding="utf-8"), FACTS, formulary, vocabulary, as_of) for p in EXAMPLES}


def _stable(text: str, result: Review) -> str:
    """A page without the digest of the data, which changes with every comma of it."""
    return text.replace(result.formulary_sha256[:12], "<sha256>").replace(result.formulary_sha256[:8], "<sha256>")


def _reduced(told: dict[str, Any]) -> dict[str, Any]:
    """The dump without digests, references as keys, and of a flag only what decides: its sentences stand in the Markdown."""
    kept = {k: v for k, v in told.items() if k not in ("references", "vocabulary")}
    kept["formulary"] = {k: v for k, v in told["formulary"].items() if k != "sha256"}
    kept["statements"] = [{k: v for k, v in s.items() if k != "codings" or v} for s in told["statements"]]
    kept["references"] = [r["key"] for r in told["references"]]
    kept["flags"] = [{k: v for k, v in f.items() if k not in _SENTENCES} | {"alternatives": _options(f)} for f in told["flags"]]
    kept["mimics"] = [m["key"] for m in told["mimics"]]
    kept["points"] = [{k: v for k, v in p.items() if k not in ("text", "references")} for p in told["points"]]
    return kept


_SENTENCES = ("evidence", "class_evidence", "counter_evidence", "do_not_suggest", "summary", "references")


def _options(flag: dict[str, Any]) -> list[str]:
    """Each option as one line: its need, its drugs, and why it is withheld or what to mind."""
    return [
        " ".join(
            x for x in (a["need"], a["kind"], "/".join(a["ingredients"]), a["withheld"] and f"WITHHELD {a['withheld']}", a["caution"]) if x
        )
        for a in flag["alternatives"]
    ]


@each_example
def test_table(path: Path, reviews: dict[str, Review], snapshot: SnapshotAssertion) -> None:
    assert _stable(as_table(reviews[path.name]), reviews[path.name]) == snapshot


@each_example
def test_markdown(path: Path, reviews: dict[str, Review], snapshot: SnapshotAssertion) -> None:
    assert _stable(as_markdown(reviews[path.name]), reviews[path.name]) == snapshot


@each_example
def test_json(path: Path, reviews: dict[str, Review], snapshot: SnapshotAssertion) -> None:
    assert _reduced(as_dict(reviews[path.name])) == snapshot
