"""Dose instructions: tests/cases/sigs.csv is the specification."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
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
    named = case["product"]
    product = PRODUCTS[named] if named in PRODUCTS else FIGURES.of(tuple(named.split("+")))
    found = reader(case["region"]).read(case["input"], product)
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


# ---- instructions put together from parts mean what their parts say
STRENGTHS = {
    "25 mg": 25, "12.5mg": 12.5, ".5 mg": 0.5, "0,25 mg": 0.25, "1,000 mg": 1000, "1 g": 1000, "100 mcg": 0.1, "88 micrograms": 0.088,
    "300 mgs": 300, "2 milligrams": 2,
}  # fmt: skip
COUNTS = {
    "1": (1, 1), "two": (2, 2), "1/2": (0.5, 0.5), "1 1/2": (1.5, 1.5), "one and a half": (1.5, 1.5), "½": (0.5, 0.5), "1-2": (1, 2),
    "one to two": (1, 2), "1 or 2": (1, 2), "2 (two)": (2, 2), "one, two or three": (1, 3),
}  # fmt: skip
FREQUENCIES = {
    "daily": (1, 1), "q.d.": (1, 1), "od": (1, 1), "BD": (2, 2), "b.i.d.": (2, 2), "TDS": (3, 3), "three times a day": (3, 3),
    "3x/day": (3, 3), "q.d.s.": (4, 4), "q6h": (4, 4), "q.12h.": (2, 2), "8-hourly": (3, 3), "qhs": (1, 1), "nocte": (1, 1),
    "every night at bedtime": (1, 1), "in the morning": (1, 1), "every other day": (0.5, 0.5), "q4-6h": (4, 6), "2-3 times a day": (2, 3),
    "with meals": (3, 3), "twice daily with meals": (2, 2), "at 9 pm": (1, 1), "1-2 hours before bed": (1, 1), "qam and qhs": (2, 2),
}  # fmt: skip
NEEDS = ["", "prn", "p.r.n.", "as needed for sleep", "when required", "PRN anxiety"]
REST = [
    "", ", #30", "x 10 days", "for 2 weeks", "since 2019", "x 3 years", "for insomnia", "(started 3/2021)", ", Disp: 90, Rfl: 3", "5/7",
    "for the last six months", "with food", "as directed", ". Take with water.", ", 90 day supply", "per Dr. Smith",
]  # fmt: skip
NAMES = ["", "sertraline", "Wellbutrin SR", "vitamin B6", "vitamin B12", "Tylenol PM", "CoQ10", "omega-3", "co-codamol"]


@settings(max_examples=500)
@given(
    st.sampled_from(NAMES), st.sampled_from(list(STRENGTHS)), st.sampled_from(["", *COUNTS]), st.sampled_from(["tab", "caps", "tablet(s)"]),
    st.sampled_from(["", "po", "by mouth", "p.o."]), st.sampled_from(list(FREQUENCIES)), st.sampled_from(NEEDS), st.sampled_from(REST),
    st.sampled_from([str, str.upper, str.lower]),
)  # fmt: skip
def test_the_whole_is_its_parts(
    name: str, strength: str, count: str, form: str, route: str, frequency: str, need: str, rest: str, case: Callable[[str], str]
) -> None:
    counted = [count, form] if count else []
    found = reader().read(case(" ".join(w for w in (name, strength, *counted, route, frequency, need, rest) if w)))
    least, most = (STRENGTHS[strength] * c * f for c, f in zip(COUNTS.get(count, (1, 1)), FREQUENCIES[frequency], strict=True))
    assert found.daily_dose_mg_min == pytest.approx(least)
    assert found.daily_dose_mg_max == pytest.approx(most)
    assert found.doses_per_day_max == FREQUENCIES[frequency][1]
    assert found.as_needed is bool(need)
    assert found.route == ("PO" if route else None)


MORNING, EVENING = ["in the morning", "qam", "mane", "with breakfast", "at 8 am"], ["at bedtime", "nocte", "before bed", "at 10 pm"]


@given(
    st.sampled_from(list(STRENGTHS)), st.sampled_from(list(STRENGTHS)), st.sampled_from(MORNING), st.sampled_from(EVENING),
    st.sampled_from([", ", " and ", "; ", " & ", " then ", " plus ", " + ", "/"]), st.sampled_from(REST),
)  # fmt: skip
def test_amounts_of_one_day_are_added(first: str, second: str, morning: str, evening: str, link: str, rest: str) -> None:
    found = reader().read(f"gabapentin {first} {morning}{link}{second} {evening} {rest}")
    assert found.daily_dose_mg_max == pytest.approx(STRENGTHS[first] + STRENGTHS[second])
    assert found.doses_per_day_max == 2


NUMBERED = [
    "B12",
    "vitamin D3",
    "OneTouch Ultra 2",
    "omega 3",
    "Omega-3",
    "CoQ10",
    "Co-Q 10",
    "Tylenol #3",
    "Adcal-D3",
    "Humulin N",
    "PEG 3350",
]


@given(st.sampled_from(NUMBERED), st.sampled_from([*FREQUENCIES, "1000 IU daily", "2 tabs bid", "use as directed", "test strips bd", ""]))
def test_a_number_in_a_name_is_no_dose(name: str, words: str) -> None:
    found = reader().read(f"{name} {words}")
    assert found.daily_dose_mg_max is None
    assert found.reason


@given(st.sampled_from(list("lioLIOsS")), st.integers(1, 99), st.sampled_from(["mg", " mg", "mcg", " MG"]), st.booleans())
def test_a_letter_among_the_digits_is_not_guessed(letter: str, digits: int, unit: str, leads: bool) -> None:
    figure = f"{letter}{digits}" if leads else f"{digits}{letter}"
    found = reader().read(f"sertraline {figure}{unit} bd")
    assert (found.dose_max, found.daily_dose_mg_max, found.doses_per_day_max) == (None, None, 2)
    assert "figure" in found.reason


def test_long_texts_end() -> None:
    for piece in ("1-", "20 mg bid, ", "one ", "( ", "1/2 ", "p.o.", "od ", "a "):
        _check(reader().read(piece * 20_000))
    assert "longer" in reader().read("5 mg bid " * 300).reason


def test_region_decides_what_an_abbreviation_means() -> None:
    assert reader("us").read("5 mg qd").doses_per_day_max == 1
    assert reader("uk").read("5 mg qd").doses_per_day_max == 4
    assert reader("uk").read("5 mg od").doses_per_day_max == reader("us").read("5 mg od").doses_per_day_max == 1


def test_ingredients_decide_what_a_figure_means() -> None:
    assert FIGURES.of(()) == Product()
    assert FIGURES.of(("sertraline",)) == Product(ingredients=1)
    assert FIGURES.of(("olanzapine", "fluoxetine")) == Product(ingredients=2)
    assert FIGURES.of(("levodopa",)) == Product(larger_of_pair=True, ingredients=1)  # alone a figure is levodopa, whatever it is
    assert {f: (a, b) for f, a, b in FIGURES.of(("levodopa", "benserazide")).figures}[125.0] == (100.0, 100.0)
    assert {f: (a, b) for f, a, b in FIGURES.of(("levodopa", "carbidopa", "entacapone")).figures}[125.0] == (125.0, 125.0)
    without = replace(medcheck.load_formulary(), ingredients={})
    assert product_figures(without).of(("levodopa", "carbidopa")).figures == ()


# ---- the tables
RULES = _rows(HERE.parent / "formulary" / "figures.csv")


def test_rules_of_figures_are_sorted_and_of_known_ingredients() -> None:
    assert [r["ingredients"] for r in RULES] == sorted({r["ingredients"] for r in RULES})
    formulary, vocabulary = medcheck.load_formulary(), medcheck.load_vocabulary()
    for name in {n for r in RULES for n in r["ingredients"].split(" + ")}:
        assert name in formulary.ingredients or name in vocabulary.names, name


@pytest.mark.parametrize("rule", RULES, ids=[r["ingredients"] for r in RULES])
def test_each_rule_of_figures_is_followed(rule: dict[str, str]) -> None:
    assert rule["source"].startswith("https://") or rule["source"] == "general usage, unverified"
    product = FIGURES.of(tuple(reversed(rule["ingredients"].split(" + "))))
    if rule["kind"] == "intakes":
        assert " + " not in rule["ingredients"]
        least, most = float(rule["value_min"]), float(rule["value_max"])
        assert 8 < least < most
        assert reader().read(f"drug {most:g}-0-{most:g}", product).daily_dose_mg_max == pytest.approx(2 * most)
        assert reader().read(f"drug {2 * most:g}-0-{most:g}", product).daily_dose_mg_max is None
        assert reader().read("drug 1-0-1", product).daily_dose_mg_max is None
    else:
        counted = 10 if rule["kind"] == "smaller" else 50
        for pair in ("10/50", "50/10", "10-50 mg"):
            assert reader().read(f"drug {pair} 2 bd", product).daily_dose_mg_max == pytest.approx(4 * counted)
        assert reader().read("drug 10/10 2 bd", product).daily_dose_mg_max is None


def test_what_was_handed_out_is_no_dose() -> None:
    for count in (28, 30, 56, 84, 90, 100):
        for form in ("{} tablets", "{} x", "x {}", "#{}", "disp {}", "qty {} tab", "({} tablets)"):
            words = form.format(count)
            for text in (f"10 mg tablets {words}, take one nocte", f"{words} 10 mg tablets, one nocte"):
                assert reader().read(text).daily_dose_mg_max == 10, text


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
