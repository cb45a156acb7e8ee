"""Dose instructions: tests/cases/sigs.csv is the specification."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medcheck
from medcheck.domain import Dosage, SigTerm
from medcheck.parsing.clause import Product
from medcheck.parsing.products import product_figures
from medcheck.parsing.sig import SigReader

HERE = Path(__file__).parent
COLUMNS = ["text", "kind", "doses_per_day_min", "doses_per_day_max", "timing", "route", "value", "region", "note", "source"]


def _number(text: str) -> float | None:
    return float(text) if text else None


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


TABLE = _rows(HERE.parent / "formulary" / "sig.csv")
FIGURES = product_figures(medcheck.load_formulary())
PRODUCTS = {
    "": Product(),
    "one": Product(ingredients=1),
    "two": Product(ingredients=2),
    "levodopa": FIGURES.of(("carbidopa", "levodopa")),
    "with entacapone": FIGURES.of(("carbidopa", "levodopa", "entacapone")),
}
CASES = _rows(HERE / "cases" / "sigs.csv")


@cache
def reader(region: str = "") -> SigReader:
    numbers = ("doses_per_day_min", "doses_per_day_max", "value")
    terms = [SigTerm(**{k: _number(v) if k in numbers else v for k, v in row.items()}) for row in TABLE]
    return SigReader(terms, region)


def _close(expected: str, found: float | None) -> bool:
    return found is None if expected == "" else found is not None and abs(found - float(expected)) <= 1e-4 * max(1.0, abs(found))


@pytest.mark.parametrize("case", CASES, ids=[f"{r['input'][:60]}|{r['region']}{r['product']}" for r in CASES])
def test_case(case: dict[str, str]) -> None:
    found = reader(case["region"]).read(case["input"], PRODUCTS[case["product"]])
    pairs = {
        "dose_min": found.dose_min, "dose_max": found.dose_max, "doses_per_day_min": found.doses_per_day_min,
        "doses_per_day_max": found.doses_per_day_max, "mg_day_min": found.daily_dose_mg_min, "mg_day_max": found.daily_dose_mg_max,
    }  # fmt: skip
    assert {k: case[k] for k, v in pairs.items() if not _close(case[k], v)} == {}, found
    assert (found.unit or "", found.route or "", str(int(found.as_needed)), " ".join(found.timing)) == (
        case["unit"], case["route"], case["as_needed"], case["timing"],
    ), found  # fmt: skip
    _check(found)


def _check(found: Dosage) -> None:
    """What holds for every reading."""
    for low, high in (
        (found.dose_min, found.dose_max),
        (found.doses_per_day_min, found.doses_per_day_max),
        (found.daily_dose_mg_min, found.daily_dose_mg_max),
    ):
        assert low is None or (high is not None and 0 <= low <= high)
    if found.daily_dose_mg_max is None or found.daily_dose_mg_min is None:
        assert found.reason
    else:
        assert not found.reason


# ---- invariants
PIECES = st.sampled_from(
    """1 2 25 0.5 1/2 300 mg mcg mL units tab tabs capsule patch bid qd q 6 h q.4-6h. every daily hours days week a per / - + to or and , ;
    ( ) prn as needed at bedtime nocte morning on am pm od x times twice once max up to total each of half one three hundred point 25/100
    1-0-1 then from increase by except Monday Mon for 10 mg/5 2mg/24h kg dose divided in repeat may 2019 since po iv pr td with meals = % #
    """.split()
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map(" ".join), st.lists(PIECES, max_size=10).map("".join))
CHANGING = ("then", "max", "total", "increase")
DOSES = st.sampled_from([c["input"] for c in CASES if c["mg_day_max"] and not any(w in c["input"].lower() for w in CHANGING)])


@settings(max_examples=600)
@given(TEXTS, st.sampled_from(list(PRODUCTS.values())), st.sampled_from(["", "us", "uk"]))
def test_any_text_is_read_without_error(text: str, product: Product, region: str) -> None:
    found = reader(region).read(text, product)
    assert found.text == text
    _check(found)


@given(DOSES, st.sampled_from([" x 3 days", " for 2 weeks", " for 10 days", " x7d", " x 5/7", " for one month"]))
def test_a_duration_behind_changes_no_dose(text: str, duration: str) -> None:
    plain, longer = reader().read(text), reader().read(text.rstrip(" .") + duration)
    assert (plain.daily_dose_mg_min, plain.daily_dose_mg_max) == (longer.daily_dose_mg_min, longer.daily_dose_mg_max)


@given(DOSES)
def test_case_and_spaces_change_nothing(text: str) -> None:
    if "ON" in text.split():
        return
    plain = reader().read(text)
    for other in (text.upper().replace("TÄGLICH", "täglich"), "  " + text.replace(" ", "   ")):
        found = reader().read(other)
        assert (found.daily_dose_mg_max, found.doses_per_day_max) == (plain.daily_dose_mg_max, plain.doses_per_day_max)


@given(
    st.integers(1, 40),
    st.sampled_from([("bid", 2), ("tds", 3), ("qid", 4), ("q8h", 3), ("nocte", 1), ("twice a day", 2), ("every 12 hours", 2)]),
)
def test_daily_dose_is_dose_times_frequency(tens: int, frequency: tuple[str, int]) -> None:
    words, times = frequency
    for text in (f"{tens * 5} mg {words}", f"drug {tens * 5}mg {words}", f"{words} {tens * 5} mg"):
        assert reader().read(text).daily_dose_mg_max == tens * 5 * times


def test_long_texts_end() -> None:
    for piece in ("1-", "20 mg bid, ", "one ", "( ", "1/2 ", "p.o.", "od ", "a "):
        _check(reader().read(piece * 20_000))
    assert "longer" in reader().read("5 mg bid " * 300).reason


def test_region_decides_what_an_abbreviation_means() -> None:
    assert reader("us").read("5 mg qd").doses_per_day_max == 1
    assert reader("uk").read("5 mg qd").doses_per_day_max == 4
    assert reader("uk").read("5 mg od").doses_per_day_max == reader("us").read("5 mg od").doses_per_day_max == 1


# ---- the table
KINDS = set(
    """frequency timing adverb period ordinal weekday times route as_needed directed once form unit number limit upto total divided repeat
    change step from present now equivalent except take ignore adding supply ambiguous""".split()
)
ROUTES = {"", "PO", "SL", "TD", "IM", "IV", "SC", "PR", "PV", "INH", "NAS", "TOP", "OPH", "OTIC", "PEG", "NG"}
MOMENTS = {"morning", "noon", "afternoon", "evening", "bedtime", "night"}


def test_table_is_sorted_and_without_doubles() -> None:
    keys = [(r["text"], r["region"]) for r in TABLE]
    assert keys == sorted(set(keys))
    assert list(TABLE[0]) == COLUMNS


@pytest.mark.parametrize("row", TABLE, ids=[f"{r['text']}|{r['region']}" for r in TABLE])
def test_row_is_well_formed(row: dict[str, str]) -> None:
    assert row["kind"] in KINDS
    assert row["text"] == row["text"].lower().strip()
    assert row["route"] in ROUTES
    assert row["region"] in ("", "us", "uk")
    assert row["source"].startswith("https://") or row["source"].startswith("http://") or row["source"] == "general usage, unverified"
    assert row["kind"] in ("form", "unit") or set(row["timing"].split()) <= MOMENTS
    if row["kind"] in ("frequency", "timing"):
        assert 0 < float(row["doses_per_day_min"]) <= float(row["doses_per_day_max"]) <= 24
    if row["kind"] in ("period", "adverb", "number", "ordinal", "weekday", "times"):
        assert float(row["value"]) >= 0
    if row["kind"] in ("form", "unit"):
        assert row["timing"]


@pytest.mark.parametrize("row", [r for r in TABLE if r["kind"] in ("frequency", "timing")], ids=lambda r: f"{r['text']}|{r['region']}")
def test_each_frequency_is_read_as_the_table_says(row: dict[str, str]) -> None:
    found = reader(row["region"]).read(f"5 mg {row['text']}")
    assert found.doses_per_day_max == pytest.approx(float(row["doses_per_day_max"]))
    assert found.doses_per_day_min == pytest.approx(float(row["doses_per_day_min"]))
