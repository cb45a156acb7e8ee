"""The wire schemas: they accept exactly what the plain dump writes, and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

from medcheck.domain import Formulary, PartialDate, PatientFacts, Vocabulary
from medcheck.rendering.plain import FORMAT_VERSION, as_dict, dosage_as_dict, match_as_dict
from medcheck.reviewing import Tools, match_one, read_sig, review_text
from medcheck.schemas import DosageSchema, MatchSchema, PatientFactsSchema, ReviewSchema

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").iterdir())
FACTS = PatientFacts(
    age=71, sex="female", pregnant=False, ferritin_ug_per_l=38.5, ferritin_date=date(2026, 3, 1), tsat_percent=18, egfr=44.0,
    dialysis=False, rls_diagnosed=True, symptom_onset=PartialDate(date(2026, 5, 1), date(2026, 5, 31), "May 2026"),
    conditions=("seizures", "long_qt"),
)  # fmt: skip
ODD = "sertraline 12.5 mg qd\nUnisom\nqqzzvv 3 mg\nBP 120/70"


def _dump(text: str, facts: PatientFacts, formulary: Formulary, vocabulary: Vocabulary, as_of: date) -> dict[str, Any]:
    return as_dict(review_text(text, facts, formulary, vocabulary, as_of))


def _messages(error: ValidationError) -> dict[Any, Any]:
    assert isinstance(error.messages, dict)
    return error.messages


@pytest.fixture(scope="module")
def dump(formulary: Formulary, vocabulary: Vocabulary, as_of: date) -> dict[str, Any]:
    return _dump(EXAMPLES[0].read_text(encoding="utf-8"), FACTS, formulary, vocabulary, as_of)


# ---- the review --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("facts", [PatientFacts(), FACTS], ids=["no facts", "all facts"])
@pytest.mark.parametrize("text", [*(p.read_text(encoding="utf-8") for p in EXAMPLES), ODD], ids=[*(p.name for p in EXAMPLES), "odd"])
def test_load_accepts_the_dump_and_gives_it_back(
    text: str, facts: PatientFacts, formulary: Formulary, vocabulary: Vocabulary, as_of: date
) -> None:
    written = _dump(text, facts, formulary, vocabulary, as_of)
    sent = json.loads(json.dumps(written))
    loaded = ReviewSchema().load(sent)
    assert loaded == written
    again = ReviewSchema().dump(loaded)
    assert again == written
    assert json.dumps(again, sort_keys=True) == json.dumps(written, sort_keys=True)  # 2 stays 2 and 2.5 stays 2.5


def _paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key of a dump once, whatever the list position."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*at, key)
            yield from _paths(inner, (*at, key))
    elif isinstance(value, list) and value:
        yield from _paths(value[0], (*at, 0))


def _shortened(value: Any) -> Any:
    """A dump with at most one item in each list of objects."""
    if isinstance(value, dict):
        return {k: _shortened(v) for k, v in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_shortened(value[0])]
    return value


def test_each_key_is_required_and_no_other_is_allowed(dump: dict[str, Any]) -> None:
    small = _shortened(dump)
    ReviewSchema().load(small)
    paths = list(_paths(small))
    assert len(paths) > 150
    for path in paths:
        for change in ("drop", "add"):
            broken = copy.deepcopy(small)
            holder: Any = broken
            for step in path[:-1]:
                holder = holder[step]
            if change == "drop":
                del holder[path[-1]]
            else:
                holder[f"{path[-1]}_x"] = 1
            with pytest.raises(ValidationError):
                ReviewSchema().load(broken)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", FORMAT_VERSION + 1), ("format", "1"), ("format", True), ("as_of", "22/11/2026"), ("as_of", 20261122),
        ("statements", None), ("missing", "age"), ("not_taken", [1.5]), ("references", [{}]), ("flags", {"0": 1}),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused(dump: dict[str, Any], key: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        ReviewSchema().load({**dump, key: value})
    assert key in _messages(caught.value)


@pytest.mark.parametrize(
    ("key", "value"), [("status", "taken"), ("status_certain", "yes"), ("span", [1]), ("line", -1), ("line", "1"), ("written", None)]
)
def test_a_wrong_statement_is_refused_by_place(dump: dict[str, Any], key: str, value: Any) -> None:
    broken = copy.deepcopy(dump)
    broken["statements"][2][key] = value
    with pytest.raises(ValidationError) as caught:
        ReviewSchema().load(broken)
    assert list(_messages(caught.value)["statements"][2]) == [key]


@pytest.mark.parametrize("score", [True, "0.9", 1.2, -0.1, None, float("nan")])
def test_a_score_is_a_number_between_0_and_1(dump: dict[str, Any], score: Any) -> None:
    broken = copy.deepcopy(dump)
    broken["statements"][0]["match"]["score"] = score
    with pytest.raises(ValidationError):
        ReviewSchema().load(broken)


def test_the_format_is_versioned(dump: dict[str, Any]) -> None:
    assert dump["format"] == FORMAT_VERSION == 1


@pytest.mark.parametrize("text", ["Zoloft 100 mg", "Unisom", "qqzzvv", "quetiepine", "Stalevo"])
def test_a_line_of_match_has_the_shape_of_a_match(text: str, tools: Tools) -> None:
    shown = match_as_dict(match_one(text, tools.index))
    assert MatchSchema().load(shown) == shown


@pytest.mark.parametrize("text", ["50 mg bd", "1-2 tabs q4-6h prn", "", "0.125 mg qhs", "25/100 tid"])
def test_a_line_of_sig_has_the_shape_of_a_dosage(text: str, tools: Tools) -> None:
    shown = dosage_as_dict(read_sig(text, tools))
    assert DosageSchema().load(shown) == shown


# ---- facts of a request ------------------------------------------------------------------------------------------------
def test_no_facts_is_nothing_given() -> None:
    assert PatientFactsSchema().load({}) == PatientFacts()


def test_null_is_not_given() -> None:
    everything = {name: None for name in PatientFactsSchema().fields if name != "conditions"}
    assert PatientFactsSchema().load(everything) == PatientFacts()


def test_the_echoed_facts_can_be_sent_again(dump: dict[str, Any]) -> None:
    assert PatientFactsSchema().load(dump["facts"]) == FACTS


def test_facts_are_dumped_as_they_are_echoed(dump: dict[str, Any]) -> None:
    assert json.loads(json.dumps(PatientFactsSchema().dump(FACTS))) == dump["facts"]


def test_a_condition_given_twice_counts_once() -> None:
    assert PatientFactsSchema().load({"conditions": ["seizures", "long_qt", "seizures"]}).conditions == ("seizures", "long_qt")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("age", -1), ("age", 131), ("age", 40.5), ("age", "40"), ("age", True), ("sex", "f"), ("pregnant", "yes"), ("pregnant", 1.5),
        ("ferritin_ug_per_l", -0.1), ("ferritin_ug_per_l", 100_001), ("ferritin_ug_per_l", "38"), ("ferritin_ug_per_l", float("inf")),
        ("ferritin_date", "1 March 2026"), ("tsat_percent", 100.1), ("egfr", 301), ("dialysis", "no"), ("rls_diagnosed", "true"),
        ("symptom_onset", "2026-05"), ("symptom_onset", {"earliest": "2026-05-02", "latest": "2026-05-01"}), ("conditions", "seizures"),
        ("conditions", [""]), ("conditions", ["x" * 61]), ("conditions", ["x"] * 51), ("name", "Anna"),
    ],
)  # fmt: skip
def test_a_wrong_fact_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        PatientFactsSchema().load({key: value})
    assert list(_messages(caught.value)) == [key]


@pytest.mark.parametrize(
    ("key", "value"),
    [("age", 0), ("age", 130), ("ferritin_ug_per_l", 0), ("ferritin_ug_per_l", 100_000), ("tsat_percent", 100), ("egfr", 300.0)],
)
def test_the_ends_of_a_range_are_allowed(key: str, value: Any) -> None:
    assert getattr(PatientFactsSchema().load({key: value}), key) == value
