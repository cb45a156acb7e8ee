"""The curated data itself: complete, sourced, sorted, consistent on its two axes, and reachable by the names it lists."""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from medcheck.domain import FLAG_TIERS, Evidence, Formulary, Method, Outcome, Tier
from medcheck.reviewing import Tools, match_one
from medcheck.settings import default_formulary_dir
from medcheck.text import normalise_name

CASES = Path(__file__).parent / "cases"
DATA = default_formulary_dir()
MANDATED = ("antiemetic", "antihistamine_first_generation", "antipsychotic_atypical", "antipsychotic_typical", "snri", "ssri", "tca")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def _toml(name: str) -> dict[str, dict[str, dict[str, str]]]:
    with (DATA / name).open("rb") as handle:
        return tomllib.load(handle)


MEMBERS = _rows(CASES / "mandated_members.csv")
TIERS = _rows(CASES / "tiers.csv")
INGREDIENT_FILES = sorted([f"classes/{p.name}" for p in (DATA / "classes").glob("*.toml")] + ["dopaminergic.toml", "neutral.toml"])
AUGMENTATION_FILES = [f"augmentation/{name}.toml" for name in ("advice", "criteria", "model")]
REVIEWED_FILES = sorted([*INGREDIENT_FILES, *AUGMENTATION_FILES, "alternatives.toml", "combinations.toml", "mimics.toml", "modifiers.toml"])


# ---- membership and tiers ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("member", MEMBERS, ids=[r["ingredient"] for r in MEMBERS])
def test_member_of_a_mandated_class(member: dict[str, str], formulary: Formulary) -> None:
    entry = formulary.ingredients[member["ingredient"]]
    assert entry.class_key == member["class"]
    assert formulary.classes[entry.class_key].mandated
    assert entry.tier in FLAG_TIERS
    assert entry.rxcui == member["rxcui"]
    assert not member["atc"] or member["atc"] in entry.atc


def test_the_mandated_classes_are_the_six_of_the_brief(formulary: Formulary) -> None:
    assert sorted(k for k, c in formulary.classes.items() if c.mandated) == list(MANDATED)
    assert {m["class"] for m in MEMBERS} == set(MANDATED)


@pytest.mark.parametrize("row", TIERS, ids=[r["ingredient"] for r in TIERS])
def test_tier_is_that_of_the_evidence(row: dict[str, str], formulary: Formulary) -> None:
    assert formulary.ingredients[row["ingredient"]].tier.value == row["tier"]


def test_calcium_antagonists_count_only_on_dialysis(formulary: Formulary) -> None:
    """The one survey behind tier C of the class was in dialysis patients: silent by itself, named when dialysis is."""
    silent = {n for n, i in formulary.ingredients.items() if i.class_key == "calcium_antagonist"} - {"flunarizine"}
    assert silent
    assert {formulary.ingredients[n].tier for n in silent} == {Tier.SILENT}
    rules = [r for r in formulary.modifiers.context_rules if "calcium_antagonist" in r.classes or silent <= set(r.ingredients)]
    assert any("dialysis" in r.conditions for r in rules)


@pytest.mark.parametrize(("name", "at_least"), [("nortriptyline", "C"), ("doxepin", "C"), ("cetirizine", "C"), ("mirtazapine", "A")])
def test_conflicting_evidence_never_clears(name: str, at_least: str, formulary: Formulary) -> None:
    assert formulary.ingredients[name].tier.value <= at_least


def test_dopaminergics_are_judged_by_augmentation_alone(formulary: Formulary) -> None:
    for name, entry in formulary.ingredients.items():
        assert (entry.tier is Tier.AUGMENTATION) == (entry.class_key == "dopaminergic"), name


def test_role_fits_tier(formulary: Formulary) -> None:
    """A class of treatments or neutral drugs may hold a member that is flagged, never only flagged ones."""
    for key, cls in formulary.classes.items():
        tiers = [i.tier for i in formulary.ingredients.values() if i.class_key == key]
        assert tiers, f"{key} has no member"
        if cls.role in ("neutral", "treatment"):
            assert any(t not in FLAG_TIERS for t in tiers), key


# ---- evidence ----------------------------------------------------------------------------------------------------------
def _all_evidence(formulary: Formulary) -> Iterator[tuple[str, Evidence]]:
    for name, entry in formulary.ingredients.items():
        yield from ((name, e) for e in entry.evidence)
    for key, cls in formulary.classes.items():
        yield from ((f"class {key}", e) for e in cls.evidence)


def test_every_ingredient_has_evidence_with_a_source(formulary: Formulary) -> None:
    for name, entry in formulary.ingredients.items():
        assert entry.evidence, name
        assert all(e.references for e in entry.evidence), name


def test_every_cited_reference_exists(formulary: Formulary) -> None:
    assert [(n, k) for n, e in _all_evidence(formulary) for k in e.references if k not in formulary.references] == []


def test_every_reference_can_be_found_by_a_reader(formulary: Formulary) -> None:
    for key, r in formulary.references.items():
        assert any((r.pmid, r.doi, r.pmcid, r.url, r.isbn, r.label_set_id)) or (r.source and r.year), key
        assert not r.pmid or re.fullmatch(r"[1-9]\d{0,7}", r.pmid), key
        assert not r.doi or re.fullmatch(r"10\.\d{4,9}/\S+", r.doi), key
        assert not r.pmcid or re.fullmatch(r"PMC\d+", r.pmcid), key
        assert not r.url or re.fullmatch(r"https?://[^\s/]+\.[^\s/]+(/\S*)?", r.url), key
        assert not r.label_set_id or re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r.label_set_id), key
        assert r.year is None or 1945 <= r.year <= 2026, key


def test_one_source_has_one_key(formulary: Formulary) -> None:
    for field in ("pmid", "doi", "pmcid"):
        seen = Counter(getattr(r, field).lower() for r in formulary.references.values() if getattr(r, field))
        assert [value for value, count in seen.items() if count > 1] == []


def test_every_reference_is_used(formulary: Formulary) -> None:
    text = "\n".join(p.read_text(encoding="utf-8") for p in DATA.rglob("*.toml") if p.name != "references.toml")
    arms = {r["reference"] for r in _rows(DATA / "augmentation" / "incidence.csv")}
    assert [k for k in formulary.references if k not in arms and f'"{k}"' not in text] == []


def test_the_highest_strength_was_verified(formulary: Formulary) -> None:
    assert [n for n, i in formulary.ingredients.items() if i.strength == "strong" and i.verified != "yes"] == []


def test_a_class_figure_is_never_the_drugs_own(formulary: Formulary) -> None:
    inherited = {n: i for n, i in formulary.ingredients.items() if i.basis == "class_inherited"}
    assert inherited
    assert [n for n, i in inherited.items() if any(e.of == "drug" and e.figure and e.direction == "for" for e in i.evidence)] == []
    assert [n for n, i in inherited.items() if i.strength == "strong"] == []


def test_drug_specific_rests_on_evidence_of_the_drug(formulary: Formulary) -> None:
    specific = {n: i for n, i in formulary.ingredients.items() if i.basis == "drug_specific"}
    assert [n for n, i in specific.items() if not any(e.of == "drug" for e in i.evidence)] == []


def test_conflicting_shows_both_sides(formulary: Formulary) -> None:
    """Counter-evidence stands beside evidence, the drug's own or its class's."""
    wrong = []
    for name, entry in formulary.ingredients.items():
        if entry.strength == "conflicting" and entry.tier in FLAG_TIERS:
            sides = {e.direction for e in (*entry.evidence, *formulary.classes[entry.class_key].evidence)}
            if not {"for", "against"} <= sides:
                wrong.append(name)
    assert wrong == []


def test_texts_have_no_loose_ends(formulary: Formulary) -> None:
    for name, e in _all_evidence(formulary):
        for text in (e.statement, e.figure):
            assert text == text.strip(), name
            assert not re.search(r"TODO|FIXME|XXX|\?\?|  ", text), (name, text)
    for name, entry in formulary.ingredients.items():
        assert entry.summary == entry.summary.strip(), name
        assert entry.summary.endswith((".", ")")), name


# ---- review state ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", REVIEWED_FILES)
def test_what_nobody_checked_is_not_called_reviewed(name: str, formulary: Formulary) -> None:
    review = _toml(name)["review"]
    if review["checked_by"] == "":
        assert formulary.clinically_reviewed is False
    for key, cls in formulary.classes.items():
        if name == f"classes/{key}.toml" or (name == "dopaminergic.toml" and key == "dopaminergic"):
            assert cls.clinically_reviewed is (review["checked_by"] != "")
    assert review["authored_by"] != review["checked_by"]
    assert review["date_reviewed"] < review["next_review"]
    assert name in dict(formulary.reviews_due)


# ---- tables ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", INGREDIENT_FILES)
def test_ingredients_are_sorted(name: str) -> None:
    names = list(_toml(name)["ingredient"])
    assert names == sorted(names)
    assert all(n == n.lower() for n in names)


def test_references_are_sorted() -> None:
    assert list(_toml("references.toml")) == sorted(_toml("references.toml"))


@pytest.mark.parametrize(
    ("table", "columns"),
    [("sig.csv", ("text",)), ("status_cues.csv", ("phrase",)), ("headings.csv", ("word",)), ("lookalikes.csv", ("name_a", "name_b"))],
)
def test_table_is_sorted_and_sourced(table: str, columns: tuple[str, ...]) -> None:
    rows = _rows(DATA / table)
    keys = [tuple(r[c].lower() for c in columns) for r in rows]
    assert keys == sorted(keys)
    assert [r for r in rows if not r["source"].strip()] == []


@pytest.mark.parametrize("table", ["mandated_members.csv", "tiers.csv"])
def test_case_tables_are_sorted(table: str) -> None:
    names = [r["ingredient"] for r in _rows(CASES / table)]
    assert names == sorted(set(names))


def test_codes_are_well_formed(formulary: Formulary) -> None:
    for name, entry in formulary.ingredients.items():
        assert re.fullmatch(r"([1-9]\d{0,7})?", entry.rxcui), name
        assert all(re.fullmatch(r"[ABCDGHJLMNPRSV]\d\d[A-Z]{2}(\d\d)?", code) for code in entry.atc), name
        assert len(set(entry.atc)) == len(entry.atc), name


def test_a_code_belongs_to_one_ingredient(formulary: Formulary) -> None:
    seen = Counter(i.rxcui for i in formulary.ingredients.values() if i.rxcui)
    assert [c for c, n in seen.items() if n > 1] == []


# ---- alternatives ------------------------------------------------------------------------------------------------------
def test_no_offender_is_suggested_for_another(formulary: Formulary) -> None:
    for key, need in formulary.needs.items():
        barred = {d.ingredient for d in need.do_not_suggest}
        for option in need.options:
            if option.kind == "drug":
                assert option.ingredients, key
                assert option.references, (key, option.text)
                for name in option.ingredients:
                    assert formulary.ingredients[name].tier in (Tier.N, Tier.P), (key, name)
                    assert name not in barred, (key, name)


def test_every_class_that_is_flagged_names_a_need(formulary: Formulary) -> None:
    flagged = {i.class_key for i in formulary.ingredients.values() if i.tier in FLAG_TIERS}
    mandated = [k for k in flagged if formulary.classes[k].mandated]
    assert [k for k in mandated if not formulary.classes[k].needs] == []


# ---- names reach what they stand for, through the real index -----------------------------------------------------------
def _names_of(formulary: Formulary, field: str) -> list[tuple[str, str]]:
    if field == "spellings":
        return [(name, s) for name, i in formulary.ingredients.items() for s in i.spellings]
    if field == "ingredients":
        return [(name, name) for name, i in formulary.ingredients.items() if i.class_key != "opioid_withdrawal"]
    return [(name, brand) for name, i in formulary.ingredients.items() for brand in i.brands[field]]


@pytest.mark.parametrize("field", ["ingredients", "spellings", "us", "uk", "other"])
def test_every_name_is_read_exactly_as_its_own_ingredient(field: str, formulary: Formulary, tools: Tools) -> None:
    wrong = []
    names = _names_of(formulary, field)
    assert len(names) > 300
    for name, written in names:
        found = match_one(written, tools.index)
        if (found.ingredients, found.method, found.outcome) != ((name,), Method.EXACT, Outcome.INGREDIENT):
            wrong.append(f"{written} of {name}: {found.outcome} {found.ingredients}")
    assert wrong == []


@pytest.mark.parametrize("kind", ["product", "variant"])
def test_every_combination_gives_all_its_ingredients(kind: str, formulary: Formulary, tools: Tools) -> None:
    wrong = []
    names = {k: n for k, n in formulary.names.items() if n.kind == kind and n.ingredients}
    assert len(names) > 200
    for key, name in names.items():
        found = match_one(key, tools.index)
        if set(found.ingredients) != set(name.ingredients):
            wrong.append(f"{key}: {found.outcome} {', '.join(found.ingredients)} instead of {', '.join(name.ingredients)}")
    assert wrong == []


def test_every_product_line_asks_with_all_its_variants(formulary: Formulary, tools: Tools) -> None:
    for line in formulary.lines:
        for name in line.names:
            shop = "CVS " if formulary.places.get(normalise_name(name)) == "shop" else ""
            found = match_one(shop + name, tools.index)
            single = formulary.names[normalise_name(name)].kind == "abbreviation"  # "is this short for ...?"
            assert found.outcome is Outcome.QUESTION, name
            assert found.question == line.question, name
            assert [r.ingredients for r in found.other_readings] == [v.ingredients for v in line.variants], name
        assert single or len({frozenset(v.ingredients) for v in line.variants}) > 1, f"{line.names[0]}: the variants do not differ"


def _named_outside(formulary: Formulary) -> set[str]:
    """Drugs that the data names without holding them."""
    named = {i for n in formulary.names.values() for i in n.ingredients}
    for need in formulary.needs.values():
        named |= {d.ingredient for d in need.do_not_suggest}
        named |= {i for o in need.options for i in (*o.ingredients, *o.excluded_with_ingredients, *o.caution_with_ingredients)}
    named |= {i for r in formulary.modifiers.sedative_rules for g in r.groups for i in g.ingredients}
    return named - set(formulary.ingredients)


def test_a_drug_outside_the_formulary_has_the_name_that_reading_gives_it(formulary: Formulary, tools: Tools) -> None:
    """Else a rule, a duplicate or an interaction would never meet it."""
    read = {name: match_one(name, tools.index).ingredients for name in _named_outside(formulary)}
    assert {n: i for n, i in read.items() if i and i != (n,)} == {}


def test_lookalikes_name_the_ingredient_that_reading_gives(formulary: Formulary, tools: Tools) -> None:
    wrong = []
    for pair in formulary.lookalikes:
        for name, ingredient in ((pair.name_a, pair.ingredient_a), (pair.name_b, pair.ingredient_b)):
            found = match_one(name, tools.index)
            if found.ingredients and ingredient not in found.ingredients:
                wrong.append((name, ingredient, found.ingredients))
    assert wrong == []


def test_no_brand_is_an_ordinary_word_unless_a_person_chose_it(formulary: Formulary) -> None:
    """A brand of one short word is a risk in sentences: each is a drug name of at least three letters."""
    assert [k for k, n in formulary.names.items() if n.kind == "brand" and len(k) < 3] == []
    for name in formulary.ingredients:
        assert normalise_name(name), name


def test_base_strengths_and_their_salt_go_together(formulary: Formulary) -> None:
    for name, dosing in ((n, i.dosing) for n, i in formulary.ingredients.items() if i.dosing is not None):
        if not dosing.strengths_base_mg:
            continue
        assert len(dosing.strengths_base_mg) == len(dosing.base_strengths_as_salt_mg), name
        assert dosing.base_to_salt is not None
        for base, salt in zip(dosing.strengths_base_mg, dosing.base_strengths_as_salt_mg, strict=True):
            assert salt in dosing.salt_strengths_mg, name
            assert salt == pytest.approx(base * dosing.base_to_salt, rel=0.05), name  # labels round both


def test_product_figures_go_together(formulary: Formulary) -> None:
    dosing = formulary.ingredients["levodopa"].dosing
    assert dosing is not None
    assert list(dosing.product_figures) == sorted(set(dosing.product_figures))
    for figure, least, most in zip(dosing.product_figures, dosing.product_figures_min_mg, dosing.product_figures_max_mg, strict=True):
        assert 0 < least <= most <= figure  # the sum with the inhibitor, or levodopa alone
        assert figure <= 1.25 * most  # an inhibitor is at most a quarter of levodopa
    assert all(i.dosing is None or not i.dosing.product_figures for n, i in formulary.ingredients.items() if n != "levodopa")


def test_no_sentence_orders(formulary: Formulary) -> None:
    order = re.compile(r"(?:^|[.:] )(?:Stop|Start|Keep|Taper|Never (?!offenders)|Do not|Switch|Give|Reduce|Replace|Avoid) ?\b")
    texts = [t for i in formulary.ingredients.values() for t in (i.summary, i.no_abrupt_stop)]
    texts += [t for c in formulary.classes.values() for t in (c.summary, c.no_abrupt_stop)]
    texts += [t for n in formulary.needs.values() for o in n.options for t in (o.text, o.caveat)]
    texts += [r.text for r in formulary.modifiers.context_rules]
    assert [t for t in texts if order.search(t)] == []
