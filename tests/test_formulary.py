"""Compiling and loading the formulary: every problem is found and told with its place; a cache is never trusted, and never needed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medcheck.domain import Formulary, Tier
from medcheck.errors import FormularyError
from medcheck.formulary import compile_directory, formulary_directory, load, load_formulary, source_digest
from medcheck.formulary.schema import FILE_SCHEMAS, json_schema
from medcheck.settings import default_formulary_dir

REAL = default_formulary_dir()

# A whole formulary in little: every kind of row once, so that one broken row can be compiled in milliseconds.
REVIEW = '[review]\nauthored_by = "a"\nchecked_by = ""\ndate_reviewed = 2026-11-22\nnext_review = 2027-05-22\n'
EVIDENCE = 'statement = "s"\nfigure = ""\nof = "class"\ndirection = "for"\nreferences = ["r_one"]\nverified = "yes"\n'
FACTS = 'rxcui = "1"\natc = ["N06AB06"]\neffect = ["worsens_rls"]\nstrength = "weak"\nbasis = "class_inherited"\nverified = "yes"\nsummary = "s"\n'
CLASS = 'name = "n"\nfull_name = "f"\nsummary = "s"\n'
POINT = 'text = "t"\nreferences = ["r_one"]\nverified = "yes"\n'
OPTION = (
    'kind = "drug"\ningredients = ["helpin"]\ntext = "t"\ncaveat = ""\nstrength = "weak"\nexcluded_conditions = ["gout"]\ncaution_conditions = []\n'
    'excluded_with_classes = ["ssri"]\nexcluded_with_ingredients = []\ncaution_with_classes = []\ncaution_with_ingredients = []\n'
    'pregnancy = ""\nreferences = ["r_one"]\nverified = "yes"\n'
)
SMALL: Mapping[str, str] = {
    "formulary.toml": 'version = "9"\nreleased = 2026-11-22\nlicence = "MIT"\nscope = "all"\n',
    "references.toml": '[r_one]\ntitle = "t"\nyear = 2000\npmid = "1"\nkind = "trial"\ncited_for = "c"\nverified = "yes"\n'
    '[r_two]\ntitle = "t"\nsource = "J 1:2"\nyear = 2001\nkind = "trial"\ncited_for = "c"\nverified = "no"\n',
    "classes/ssri.toml": f'[class]\nkey = "ssri"\n{CLASS}role = "offender"\nmandated = true\nneeds = ["mood"]\nmimics = ["ache"]\nreferences = ["r_one"]\n'
    f'{REVIEW}[[class_evidence]]\nstatement = "s"\ndirection = "for"\nreferences = ["r_one"]\nverified = "yes"\n'
    f'[ingredient.alphin]\n{FACTS}tier = "B"\n[ingredient.alphin.brands]\nus = ["Alphix"]\n[[ingredient.alphin.evidence]]\n{EVIDENCE}'
    f'[ingredient.betin]\n{FACTS}tier = "A"\nspellings = ["betina"]\n[ingredient.betin.brands]\nother = ["Betix"]\n[[ingredient.betin.evidence]]\n{EVIDENCE}',
    "dopaminergic.toml": f'[class]\nkey = "dopaminergic"\n{CLASS}role = "dopaminergic"\n{REVIEW}[ingredient.dopin]\n{FACTS}tier = "augmentation"\n'
    f'[[ingredient.dopin.evidence]]\n{EVIDENCE}[ingredient.dopin.dosing]\nrls_start_mg_per_day = 0.5\nnote = "n"\nreferences = ["r_one"]\nverified = "yes"\n',
    "neutral.toml": f'{REVIEW}[class.calm]\nkey = "calm"\n{CLASS}role = "neutral"\n[ingredient.helpin]\nclass = "calm"\n{FACTS}tier = "P"\n'
    f'[[ingredient.helpin.evidence]]\n{EVIDENCE}',
    "combinations.toml": f'{REVIEW}[[product]]\nnames = ["Bothix PM"]\ningredients = ["alphin", "helpin"]\ncountries = ["us"]\nsource = "s"\n'
    '[[line]]\nnames = ["Linix"]\nquestion = "Which?"\nsource = "s"\n[[line.variant]]\nnames = ["Linix Day"]\ningredients = []\n'
    '[[line.variant]]\nnames = ["Linix Night"]\ningredients = ["betin"]\n',
    "alternatives.toml": f'{REVIEW}[need.mood]\nname = "mood"\n[[need.mood.option]]\n{OPTION}[[need.mood.do_not_suggest]]\ningredient = "betin"\nreason = "r"\nreferences = ["r_one"]\n',
    "modifiers.toml": f'{REVIEW}[condition.gout]\nname = "gout"\nwords = ["gout"]\n'
    f'[[iron_rule]]\nid = "i"\nguideline = "g"\npopulation = "adult"\ncombine = "any"\neffect = "no_iron"\nsuperseded = false\n{POINT}'
    f'[[iron_caution]]\nid = "c"\nconditions = ["gout"]\n{POINT}'
    f'[[renal_rule]]\nid = "k"\ningredient = "alphin"\negfr_from = 0\negfr_below = 30\ndialysis = false\n{POINT}'
    f'[[pregnancy_rule]]\nid = "p"\nclasses = ["ssri"]\ningredients = []\n{POINT}[[age_rule]]\nid = "a"\nage_from = 65\nclasses = []\ningredients = ["betin"]\n{POINT}'
    f'[[context_rule]]\nid = "x"\nwhen = "always"\nclasses = []\ningredients = []\nconditions = ["gout"]\n{POINT}'
    f'[[sedative_rule]]\nid = "s"\n{POINT}[[sedative_rule.group]]\nname = "g"\nclasses = ["calm"]\ningredients = ["outsidin"]\n'
    '[[sedative_rule.group]]\nname = "h"\nclasses = []\ningredients = []\n'
    '[timing]\nplausible_days = 60\npossible_days = 365\nplausible_text = "a"\npossible_text = "b"\nunlikely_text = "c"\nlate_onset_text = "d"\n'
    'unknown_text = "e"\nlate_onset_ingredients = ["betin"]\nlate_onset_classes = ["ssri"]\nreferences = ["r_one"]\nverified = "yes"\n',
    "mimics.toml": f'{REVIEW}[mimic.ache]\nname = "ache"\norder = 1\nshares = "s"\ndistinguishing = "d"\nquestion = "q"\nlinked_classes = ["ssri"]\n'
    'linked_ingredients = ["alphin"]\nreferences = ["r_one"]\nverified = "yes"\n',
    "sig.csv": "text,kind,doses_per_day_min,doses_per_day_max,timing,route,value,region,note,source\nbd,frequency,2,2,,,,,,own\npo,route,,,,PO,,,,own\n",
    "lookalikes.csv": "name_a,ingredient_a,name_b,ingredient_b,source,rls_side\nAlphix,alphin,Alphax,alphaxin,own,a\n",
    "status_cues.csv": "phrase,status,position,reach,certain,source\nD/C'd,stopped,after,one,true,own\n",
    "headings.csv": "word,status,source\nallergies,allergy,own\n",
}


def _write(directory: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return _write(tmp_path / "formulary", SMALL)


def _problems(directory: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(FormularyError) as caught:
        compile_directory(directory)
    assert caught.value.exit_code == 3
    return list(caught.value.problems)


# ---- what it comes to --------------------------------------------------------------------------------------------------
def test_a_small_formulary_compiles(small: Path) -> None:
    found = load.parse(compile_directory(small))
    assert (found.version, found.released, found.licence, found.scope) == ("9", date(2026, 11, 22), "MIT", "all")
    assert found.sha256 == source_digest(small)
    assert found.clinically_reviewed is False
    assert list(found.ingredients) == ["alphin", "betin", "dopin", "helpin"]
    assert found.ingredients["alphin"].class_key == "ssri"
    assert found.ingredients["alphin"].brands == {"us": ("Alphix",), "uk": (), "other": ()}
    assert found.ingredients["betin"].tier is Tier.A
    assert found.ingredients["betin"].evidence[0].references == ("r_one",)
    assert found.ingredients["betin"].dosing is None
    dosing = found.ingredients["dopin"].dosing
    assert dosing is not None
    assert (dosing.rls_start_mg_per_day, dosing.verified) == (0.5, "yes")
    assert not hasattr(dosing, "note")  # a curator's note is not for the program
    assert found.classes["ssri"].evidence[0].of == "class"
    assert found.needs["mood"].options[0].excluded_conditions == ("gout",)
    assert found.needs["mood"].do_not_suggest[0].ingredient == "betin"
    assert found.mimics["ache"].linked_ingredients == ("alphin",)
    assert found.references["r_two"].year == 2001
    assert found.modifiers.conditions["gout"].words == ("gout",)
    assert found.modifiers.sedative_rules[0].groups[0].classes == ("calm",)
    assert found.modifiers.renal_rules[0].egfr_below == 30.0
    assert found.sig_terms[0].doses_per_day_max == 2.0
    assert found.sig_terms[1].doses_per_day_max is None
    assert found.status_cues[0].phrase == "d cd"
    assert found.heading_words[0].status == "allergy"
    assert found.lookalikes[0].ingredient_b == "alphaxin"
    assert [f for f, _ in found.reviews_due] == sorted(["classes/ssri.toml", *(n for n in SMALL if n.endswith(".toml") and "[review]" in SMALL[n] and "/" not in n)])
    assert {due for _, due in found.reviews_due} == {date(2027, 5, 22)}


def test_every_name_stands_for_its_ingredients(small: Path) -> None:
    names = load.parse(compile_directory(small)).names
    assert {k: (n.ingredients, n.kind, n.countries, n.line) for k, n in names.items()} == {
        "alphin": (("alphin",), "ingredient", (), None),
        "alphix": (("alphin",), "brand", ("us",), None),
        "betin": (("betin",), "ingredient", (), None),
        "betina": (("betin",), "spelling", (), None),
        "betix": (("betin",), "brand", (), None),
        "bothix p m": (("alphin", "helpin"), "product", ("us",), None),
        "bothix pm": (("alphin", "helpin"), "product", ("us",), None),
        "dopin": (("dopin",), "ingredient", (), None),
        "helpin": (("helpin",), "ingredient", (), None),
        "linix": (("betin",), "line", (), 0),
        "linix day": ((), "variant", (), None),
        "linix night": (("betin",), "variant", (), None),
    }


def test_a_state_is_never_found_by_its_name(small: Path) -> None:
    text = SMALL["classes/ssri.toml"].replace('"ssri"', '"opioid_withdrawal"')
    _write(small, {"classes/opioid_withdrawal.toml": text.replace("alphin", "stopping").replace("betin", "tapering").replace("Alphix", "Stopix").replace("Betix", "Tapix")})
    names = load.parse(compile_directory(small)).names
    assert "stopping" not in names
    assert "stopix" in names


def test_one_name_of_one_ingredient_in_two_markets_is_one_name(small: Path) -> None:
    _write(small, {"classes/ssri.toml": SMALL["classes/ssri.toml"].replace('us = ["Alphix"]', 'us = ["Alphix"]\nuk = ["ALPHIX"]')})
    assert load.parse(compile_directory(small)).names["alphix"].countries == ("uk", "us")


def test_it_is_clinically_reviewed_only_when_every_file_is(small: Path) -> None:
    _write(small, {n: t.replace('checked_by = ""', 'checked_by = "b"') for n, t in SMALL.items()})
    found = load.parse(compile_directory(small))
    assert found.clinically_reviewed is True
    assert all(c.clinically_reviewed for c in found.classes.values())
    _write(small, {"mimics.toml": SMALL["mimics.toml"]})
    found = load.parse(compile_directory(small))
    assert found.clinically_reviewed is False
    assert found.classes["ssri"].clinically_reviewed is True


# ---- every kind of problem is told with its place ----------------------------------------------------------------------
SSRI = "classes/ssri.toml"
TWO_REFERENCES = SMALL["references.toml"].partition("[r_two]")
BROKEN = [
    # shape
    pytest.param("formulary.toml", "version", "verzion", "formulary.toml", "verzion", "Unknown field", id="unknown-key"),
    pytest.param("formulary.toml", 'version = "9"\n', "", "formulary.toml", "version", "Missing data", id="missing-key"),
    pytest.param("formulary.toml", 'scope = "all"', 'scope = ""', "formulary.toml", "scope", "Shorter than minimum", id="empty-text"),
    pytest.param("mimics.toml", "order = 1", "order =", "mimics.toml", "", "not valid TOML", id="not-toml"),
    pytest.param(SSRI, "[class]", "[class]]", SSRI, "", "not valid TOML", id="class-file-not-toml"),
    pytest.param(SSRI, 'strength = "weak"', 'strength = "huge"', SSRI, "ingredient.alphin.strength", "Must be one of", id="unknown-strength"),
    pytest.param(SSRI, 'tier = "B"', 'tier = "Z"', SSRI, "ingredient.alphin.tier", "Must be one of", id="unknown-tier"),
    pytest.param(SSRI, 'atc = ["N06AB06"]', 'atc = ["N6AB06"]', SSRI, "ingredient.alphin.atc.0", "String does not match", id="malformed-atc"),
    pytest.param(SSRI, 'rxcui = "1"', 'rxcui = "x1"', SSRI, "ingredient.alphin.rxcui", "String does not match", id="malformed-rxcui"),
    pytest.param(SSRI, 'of = "class"\ndirection = "for"\nreferences = ["r_one"]', 'of = "class"\ndirection = "for"\nreferences = []', SSRI, "ingredient.alphin.evidence.0.references", "Shorter than minimum", id="evidence-without-reference"),
    pytest.param("references.toml", 'kind = "trial"', 'kind = "blog"', "references.toml", "references.r_one.kind", "Must be one of", id="unknown-kind-of-reference"),
    pytest.param("references.toml", 'pmid = "1"', 'pmid = "1"\ndoi = "11.1/x"', "references.toml", "references.r_one.doi", "String does not match", id="malformed-doi"),
    pytest.param("combinations.toml", "[[line.variant]]\n", "[[line.variants]]\n", "combinations.toml", "line.0.variants", "Unknown field", id="unknown-key-in-a-list"),
    # review fields
    pytest.param("neutral.toml", "date_reviewed = 2026-11-22", 'date_reviewed = "soon"', "neutral.toml", "review.date_reviewed", "not a date", id="not-a-date"),
    pytest.param("mimics.toml", 'checked_by = ""', 'checked_by = "a"', "mimics.toml", "review.checked_by", "must differ", id="author-checks-himself"),
    # references
    pytest.param("references.toml", "[r_two]", "[r_Two]", "references.toml", "", "must be sorted", id="references-unsorted"),
    pytest.param("references.toml", 'source = "J 1:2"\n', "", "references.toml", "r_two", "cannot be resolved", id="reference-without-identifier"),
    pytest.param(SSRI, 'mimics = ["ache"]\nreferences = ["r_one"]', 'mimics = ["ache"]\nreferences = ["r_no"]', "class ssri", "references", "unknown reference 'r_no'", id="class-reference"),
    pytest.param(SSRI, 'statement = "s"\ndirection = "for"\nreferences = ["r_one"]', 'statement = "s"\ndirection = "for"\nreferences = ["r_no"]', "class ssri", "class_evidence", "unknown reference 'r_no'", id="class-evidence-reference"),
    pytest.param(SSRI, 'of = "class"\ndirection = "for"\nreferences = ["r_one"]', 'of = "class"\ndirection = "for"\nreferences = ["r_no"]', "ingredient alphin", "evidence", "unknown reference 'r_no'", id="ingredient-reference"),
    pytest.param("dopaminergic.toml", 'note = "n"\nreferences = ["r_one"]', 'note = "n"\nreferences = ["r_no"]', "ingredient dopin", "dosing", "unknown reference 'r_no'", id="dosing-reference"),
    pytest.param("alternatives.toml", 'pregnancy = ""\nreferences = ["r_one"]', 'pregnancy = ""\nreferences = ["r_no"]', "alternatives.toml", "need.mood.option.0", "unknown reference 'r_no'", id="option-reference"),
    pytest.param("alternatives.toml", 'reason = "r"\nreferences = ["r_one"]', 'reason = "r"\nreferences = ["r_no"]', "alternatives.toml", "need.mood.do_not_suggest.0", "unknown reference 'r_no'", id="do-not-suggest-reference"),
    pytest.param("mimics.toml", '["r_one"]', '["r_no"]', "mimics.toml", "mimic.ache", "unknown reference 'r_no'", id="mimic-reference"),
    pytest.param("modifiers.toml", 'late_onset_classes = ["ssri"]\nreferences = ["r_one"]', 'late_onset_classes = ["ssri"]\nreferences = ["r_no"]', "modifiers.toml", "timing", "unknown reference 'r_no'", id="timing-reference"),
    pytest.param("modifiers.toml", f'superseded = false\n{POINT}', 'superseded = false\ntext = "t"\nreferences = ["r_no"]\nverified = "yes"\n', "modifiers.toml", "iron_rules i", "unknown reference 'r_no'", id="rule-reference"),
    # keys of other files
    pytest.param(SSRI, 'needs = ["mood"]', 'needs = ["food"]', "class ssri", "needs", "unknown need 'food'", id="need"),
    pytest.param(SSRI, 'mimics = ["ache"]', 'mimics = ["cake"]', "class ssri", "mimics", "unknown mimic 'cake'", id="mimic"),
    pytest.param("neutral.toml", 'class = "calm"', 'class = "storm"', "ingredient helpin", "class", "unknown class 'storm'", id="class"),
    pytest.param("alternatives.toml", 'excluded_with_classes = ["ssri"]', 'excluded_with_classes = ["sri"]', "alternatives.toml", "need.mood.option.0", "unknown class 'sri'", id="option-class"),
    pytest.param("alternatives.toml", 'excluded_conditions = ["gout"]', 'excluded_conditions = ["gut"]', "alternatives.toml", "need.mood.option.0", "unknown condition 'gut'", id="option-condition"),
    pytest.param("mimics.toml", 'linked_classes = ["ssri"]', 'linked_classes = ["sri"]', "mimics.toml", "mimic.ache", "unknown class 'sri'", id="mimic-class"),
    pytest.param("mimics.toml", 'linked_ingredients = ["alphin"]', 'linked_ingredients = ["alfin"]', "mimics.toml", "mimic.ache", "unknown ingredient 'alfin'", id="mimic-ingredient"),
    pytest.param("modifiers.toml", 'ingredient = "alphin"', 'ingredient = "alfin"', "modifiers.toml", "renal_rules k", "unknown ingredient 'alfin'", id="renal-ingredient"),
    pytest.param("modifiers.toml", 'late_onset_ingredients = ["betin"]', 'late_onset_ingredients = ["bettin"]', "modifiers.toml", "timing", "unknown ingredient 'bettin'", id="timing-ingredient"),
    pytest.param("modifiers.toml", 'late_onset_classes = ["ssri"]', 'late_onset_classes = ["sri"]', "modifiers.toml", "timing", "unknown class 'sri'", id="timing-class"),
    pytest.param("modifiers.toml", 'id = "p"\nclasses = ["ssri"]', 'id = "p"\nclasses = ["sri"]', "modifiers.toml", "pregnancy_rules p", "unknown class 'sri'", id="rule-class"),
    pytest.param("modifiers.toml", 'conditions = ["gout"]', 'conditions = ["gut"]', "modifiers.toml", "iron_cautions c", "unknown condition 'gut'", id="rule-condition"),
    pytest.param("modifiers.toml", 'classes = ["calm"]', 'classes = ["clam"]', "modifiers.toml", "sedative_rules s", "unknown class 'clam'", id="sedative-class"),
    # classes and ingredients
    pytest.param(SSRI, 'key = "ssri"', 'key = "sri"', SSRI, "class.key", "must be the file's name, 'ssri'", id="class-key-is-not-the-file-name"),
    pytest.param("neutral.toml", 'key = "calm"', 'key = "clam"', "neutral.toml", "class.calm.key", "must equal the table's name", id="neutral-class-key"),
    pytest.param("neutral.toml", '[class.calm]\nkey = "calm"', '[class.ssri]\nkey = "ssri"', "neutral.toml", "class.ssri", "defined twice", id="class-twice"),
    pytest.param("neutral.toml", "ingredient.helpin", "ingredient.alphin", "neutral.toml", "ingredient.alphin", "defined twice", id="ingredient-twice"),
    pytest.param(SSRI, "ingredient.betin", "ingredient.aaron", SSRI, "ingredient.alphin", "must be sorted", id="ingredients-unsorted"),
    pytest.param(SSRI, "ingredient.betin", "ingredient.Betin", SSRI, "ingredient.Betin", "INN in lower case", id="upper-case-key"),
    pytest.param("dopaminergic.toml", 'strength = "weak"\nbasis = "class_inherited"\nverified = "yes"', 'strength = "strong"\nbasis = "class_inherited"\nverified = "no"', "dopaminergic.toml", "ingredient.dopin", "needs verified = yes", id="strong-but-not-verified"),
    pytest.param("dopaminergic.toml", 'figure = ""\nof = "class"', 'figure = "5 %"\nof = "drug"', "dopaminergic.toml", "ingredient.dopin", "must not carry a figure", id="inherited-with-own-figure"),
    pytest.param(SSRI, 'tier = "B"', 'tier = "N"', "ingredient alphin", "tier", "stays at tier C or above", id="mandated-but-neutral"),
    # names
    pytest.param(SSRI, '"Betix"', '"Alphix"', SSRI, "ingredient.betin.brands.other", "belongs to classes/ssri.toml ingredient.alphin.brands.us already", id="brand-of-two-ingredients"),
    pytest.param(SSRI, '"betina"', '"ALPHIN"', SSRI, "ingredient.betin.spellings", "belongs to classes/ssri.toml ingredient.alphin already", id="spelling-of-another-ingredient"),
    pytest.param(SSRI, '"Alphix"', '"--"', SSRI, "ingredient.alphin.brands.us", "holds no letter or digit", id="name-without-letters"),
    pytest.param("combinations.toml", '"Bothix PM"', '"Alphix"', "combinations.toml", "product.0 Alphix", "belongs to", id="product-named-like-a-brand"),
    pytest.param("combinations.toml", '"Linix Day"', '"Linix"', "combinations.toml", "line.0 variant Linix", "belongs to", id="variant-named-like-its-line"),
    pytest.param("combinations.toml", "[[line]]", '[[product]]\nnames = ["Azurix"]\ningredients = ["alphin"]\nsource = "s"\n[[line]]', "combinations.toml", "product bothix pm", "must be sorted", id="products-unsorted"),
    # alternatives
    pytest.param("alternatives.toml", 'ingredients = ["helpin"]', 'ingredients = ["alphin"]', "alternatives.toml", "need.mood.option.0", "alphin is itself flagged", id="an-offender-suggested"),
    pytest.param("alternatives.toml", 'ingredient = "betin"', 'ingredient = "helpin"', "alternatives.toml", "need.mood.option.0", "do-not-suggest list", id="suggested-and-not"),
    # tables
    pytest.param("sig.csv", "bd,frequency,2,2,,,,,,own", "bd,frequency,2,2,own", "sig.csv", "line 2", "number of columns", id="too-few-columns"),
    pytest.param("sig.csv", "own\npo", "own,more\npo", "sig.csv", "line 2", "number of columns", id="too-many-columns"),
    pytest.param("sig.csv", "po,route,,", "po,route,x,", "sig.csv", "line 3: doses_per_day_min", "Not a valid number", id="not-a-number"),
    pytest.param("headings.csv", "allergies,allergy", "allergies,allergic", "headings.csv", "line 2: status", "Must be one of", id="unknown-status"),
    pytest.param("status_cues.csv", "one,true", "one,perhaps", "status_cues.csv", "line 2: certain", "Not a valid boolean", id="not-a-boolean"),
    pytest.param("lookalikes.csv", "own,a", "own,c", "lookalikes.csv", "line 2: rls_side", "Must be one of", id="unknown-side"),
]  # fmt: skip


@pytest.mark.parametrize(("edited", "old", "new", "file", "path", "message"), BROKEN)
def test_problem_is_told_with_file_and_path(small: Path, edited: str, old: str, new: str, file: str, path: str, message: str) -> None:
    assert old in SMALL[edited], "the case no longer breaks anything"
    _write(small, {edited: SMALL[edited].replace(old, new, 1) if "ingredient." not in old else SMALL[edited].replace(old, new)})
    problems = _problems(small)
    assert any(f == file and p == path and message in m for f, p, m in problems), problems


def test_line_of_a_table_is_counted_after_a_row_that_was_left_out(small: Path) -> None:
    head, _, rows = SMALL["sig.csv"].partition("\n")
    _write(small, {"sig.csv": f"{head}\nshort\n{rows.replace('po,route,,', 'po,route,x,')}"})
    assert [p for f, p, _ in _problems(small) if f == "sig.csv"] == ["line 2", "line 4: doses_per_day_min"]


def test_every_field_of_a_bad_row_is_told_with_its_line(small: Path) -> None:
    _write(small, {"status_cues.csv": SMALL["status_cues.csv"].replace("stopped,after,one,true", "gone,after,ten,perhaps")})
    assert sorted(p for f, p, _ in _problems(small) if f == "status_cues.csv") == ["line 2: certain", "line 2: reach", "line 2: status"]


@pytest.mark.parametrize("name", sorted(SMALL))
def test_missing_file_is_told(small: Path, name: str) -> None:
    (small / name).unlink()
    problems = _problems(small)
    place = "classes/" if name.startswith("classes/") else name
    assert any(f == place and ("missing" in m or "cannot be read" in m or "no class file" in m) for f, _, m in problems), problems


@pytest.mark.parametrize("name", ["mimics.toml", "sig.csv", SSRI])
def test_file_that_is_not_utf8_is_told(small: Path, name: str) -> None:
    (small / name).write_bytes(b"\xff\xfe\x00broken")
    problems = _problems(small)
    assert any(f == name and ("not valid TOML" in m or "cannot be read" in m) for f, _, m in problems), problems


@pytest.mark.parametrize("name", [n for n in sorted(SMALL) if n.endswith(".toml")])
def test_empty_file_is_told(small: Path, name: str) -> None:
    (small / name).write_text("", encoding="utf-8")
    assert [p for p in _problems(small) if p[0] == name]


@pytest.mark.parametrize("key", ["date_reviewed", "next_review"])
@pytest.mark.parametrize("name", [SSRI, "dopaminergic.toml", "neutral.toml", "combinations.toml", "alternatives.toml", "modifiers.toml", "mimics.toml"])
def test_review_dates_are_checked_in_every_file(small: Path, name: str, key: str) -> None:
    _write(small, {name: re.sub(rf"{key} = .*", f'{key} = "soon"', SMALL[name])})
    assert (name, f"review.{key}", "not a date") in _problems(small)


def test_release_that_is_no_date_is_told(small: Path) -> None:
    _write(small, {"formulary.toml": SMALL["formulary.toml"].replace("2026-11-22", '"soon"')})
    assert any(f == "formulary.toml" and p == "released" for f, p, _ in _problems(small))


def test_all_problems_of_a_broken_copy_of_the_real_data_are_collected(tmp_path: Path) -> None:
    copy = tmp_path / "formulary"
    shutil.copytree(REAL, copy)
    edits = [
        (SSRI, '[ingredient.sertraline]\nsubclass = ""', '[ingredient.sertraline]\nsubclas = ""'),
        ("classes/snri.toml", 'tier = "B"', 'tier = "N"'),
        ("modifiers.toml", '[condition.adhd]\nname = "', '[condition.adhd]\nnom = "'),
        ("headings.csv", "word,status,source\n", "word,status,source\nthree,columns\n"),
        ("references.toml", "[aggarwal_2010]", "[zzz_aggarwal_2010]"),
    ]
    for name, old, new in edits:
        text = (copy / name).read_text(encoding="utf-8")
        assert old in text, name
        _write(copy, {name: text.replace(old, new, 1)})
    problems = _problems(copy)
    files = {f for f, _, _ in problems}
    assert {SSRI, "modifiers.toml", "headings.csv", "references.toml"} <= files
    assert any("stays at tier C" in m for _, _, m in problems)
    assert any("aggarwal_2010" in m for _, _, m in problems)
    with pytest.raises(FormularyError, match=rf"{len(problems)} problem\(s\)"):
        compile_directory(copy)


def test_a_long_list_of_problems_is_cut_in_the_message_only(small: Path) -> None:
    rows = "\n".join(f"t{i},route,x,,,PO,,,,own" for i in range(80))
    _write(small, {"sig.csv": SMALL["sig.csv"] + rows + "\n"})
    with pytest.raises(FormularyError, match=r"80 problem\(s\)") as caught:
        compile_directory(small)
    assert len(caught.value.problems) == 80
    assert "and 30 more" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 52


# ---- digest ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "same"),
    [
        pytest.param(lambda d: (d / "mimics.toml").write_bytes((d / "mimics.toml").read_bytes().replace(b"\n", b"\r\n")), True, id="line-endings"),
        pytest.param(lambda d: (d / "schema.json").write_text("{}"), True, id="generated-schema"),
        pytest.param(lambda d: (d / "notes.txt").write_text("x"), True, id="other-files"),
        pytest.param(lambda d: (d / "sub.csv").mkdir(), True, id="folder-named-like-a-table"),
        pytest.param(lambda d: (d / "mimics.toml").write_text("# " + (d / "mimics.toml").read_text()), False, id="a-comment"),
        pytest.param(lambda d: (d / "more.csv").write_text(""), False, id="a-new-empty-table"),
        pytest.param(lambda d: (d / "sig.csv").rename(d / "sic.csv"), False, id="another-name"),
    ],
)
def test_digest_is_over_names_and_contents(small: Path, change: Callable[[Path], object], same: bool) -> None:
    before = source_digest(small)
    change(small)
    assert (source_digest(small) == before) is same
    assert re.fullmatch(r"[0-9a-f]{64}", before)


def test_digest_does_not_depend_on_the_place(small: Path, tmp_path: Path) -> None:
    shutil.copytree(small, tmp_path / "elsewhere")
    assert source_digest(tmp_path / "elsewhere") == source_digest(small)


def test_compiling_twice_gives_the_same_bytes(small: Path) -> None:
    assert compile_directory(small) == compile_directory(small)


# ---- loading and the cache ---------------------------------------------------------------------------------------------
def _cached(cache: Path) -> list[Path]:
    return sorted(cache.iterdir()) if cache.is_dir() else []


def test_the_compiled_form_is_kept_and_used(small: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = load_formulary(small, cache)
    (file,) = _cached(cache)
    assert file.name == f"formulary-{load.FORMAT}-{first.sha256}.json"
    marked = file.read_bytes().partition(b"\n")[2].replace(b'"scope":"all"', b'"scope":"from the cache"')
    file.write_bytes(hashlib.sha256(marked).hexdigest().encode() + b"\n" + marked)
    assert load_formulary(small, cache).scope == "from the cache"


def test_a_changed_source_is_compiled_anew(small: Path, tmp_path: Path) -> None:
    load_formulary(small, tmp_path / "cache")
    _write(small, {"formulary.toml": SMALL["formulary.toml"].replace('"9"', '"10"')})
    assert load_formulary(small, tmp_path / "cache").version == "10"
    assert len(_cached(tmp_path / "cache")) == 2


def _resealed(payload: bytes) -> bytes:
    return hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda b: b[: len(b) // 2], id="cut-short"),
        pytest.param(lambda b: b.replace(b"alphin", b"alphon"), id="changed"),
        pytest.param(lambda b: _resealed(b.partition(b"\n")[2].replace(b'"format":3', b'"format":2', 1)), id="another-format"),
        pytest.param(lambda b: _resealed(b.partition(b"\n")[2].replace(b'"sha256":"', b'"sha256":"f', 1)), id="of-another-source"),
    ],
)
def test_a_damaged_cache_is_built_again(small: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    cache = tmp_path / "cache"
    load_formulary(small, cache)
    (file,) = _cached(cache)
    good = file.read_bytes()
    broken = damage(good)
    assert broken != good
    file.write_bytes(broken)
    assert load_formulary(small, cache).version == "9"
    assert file.read_bytes() == good


@pytest.mark.parametrize("kind", ["a-file", "below-a-file", "target-is-a-folder"])
def test_a_cache_that_cannot_be_written_is_done_without(small: Path, tmp_path: Path, kind: str) -> None:
    cache = tmp_path / "cache"
    if kind == "target-is-a-folder":
        (cache / f"formulary-{load.FORMAT}-{source_digest(small)}.json" / "x").mkdir(parents=True)
    else:
        cache.write_text("in the way")
        cache = cache / "deeper" if kind == "below-a-file" else cache
    assert load_formulary(small, cache).version == "9"
    assert [p.name for p in tmp_path.rglob("tmp*")] == []  # no half-written file is left


def test_no_cache_directory_is_needed(small: Path) -> None:
    assert load_formulary(small, None).version == "9"


def test_an_invalid_formulary_is_never_kept(small: Path, tmp_path: Path) -> None:
    (small / "mimics.toml").unlink()
    with pytest.raises(FormularyError):
        load_formulary(small, tmp_path / "cache")
    assert _cached(tmp_path / "cache") == []


def test_where_the_data_is_looked_for(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert formulary_directory(small) == small
    with pytest.raises(FormularyError, match="MEDCHECK_FORMULARY_DIR names no directory"):
        formulary_directory(tmp_path / "nowhere")
    monkeypatch.setattr(load, "PACKAGED", tmp_path / "packaged")
    monkeypatch.setattr(load, "CHECKOUT", tmp_path / "checkout")
    with pytest.raises(FormularyError, match="reinstall medcheck"):
        formulary_directory()
    _write(tmp_path / "checkout", SMALL)
    assert formulary_directory() == tmp_path / "checkout"
    _write(tmp_path / "packaged", SMALL)
    assert formulary_directory() == tmp_path / "packaged"  # a wheel's own data before a folder that happens to lie beside it


def test_what_is_loaded_first(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel's compiled form is used as it is; a checkout's only when it fits; a directory of one's own never."""
    compiled = tmp_path / "compiled.json"
    shipped = compile_directory(small).partition(b"\n")[2].replace(b'"scope":"all"', b'"scope":"compiled"')
    compiled.write_bytes(_resealed(shipped))
    monkeypatch.setattr(load, "COMPILED", compiled)
    monkeypatch.setattr(load, "PACKAGED", small)
    assert load_formulary().scope == "compiled"
    _write(small, {"formulary.toml": SMALL["formulary.toml"].replace('"9"', '"10"')})
    assert load_formulary().version == "9"  # not looked at
    monkeypatch.setattr(load, "PACKAGED", tmp_path / "none")
    monkeypatch.setattr(load, "CHECKOUT", small)
    assert load_formulary().version == "10"  # the compiled form no longer fits
    _write(small, SMALL)
    assert load_formulary().scope == "compiled"
    monkeypatch.setattr(load, "CHECKOUT", tmp_path / "none")
    assert load_formulary(small).scope == "all"
    monkeypatch.setattr(load, "PACKAGED", small)
    compiled.unlink()
    assert load_formulary().scope == "all"  # a wheel without it is compiled


def test_a_damaged_compiled_form_of_a_wheel_is_an_error(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = tmp_path / "compiled.json"
    compiled.write_bytes(compile_directory(small)[:-5])
    monkeypatch.setattr(load, "COMPILED", compiled)
    monkeypatch.setattr(load, "PACKAGED", small)
    with pytest.raises(FormularyError, match="damaged"):
        load_formulary()


def test_another_format_is_told(small: Path) -> None:
    payload = compile_directory(small).partition(b"\n")[2].replace(f'"format":{load.FORMAT}'.encode(), b'"format":99', 1)
    with pytest.raises(FormularyError, match="has format 99, this program reads"):
        load.parse(_resealed(payload))


def test_a_file_is_replaced_at_once_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file"
    load.write_atomically(target, b"one")
    load.write_atomically(target, b"two")
    assert target.read_bytes() == b"two"
    blocked = tmp_path / "blocked"
    (blocked / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        load.write_atomically(blocked, b"x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["blocked", "deep"]


# ---- rows that are made when asked for ---------------------------------------------------------------------------------
def test_rows_are_made_once_and_only_when_asked_for() -> None:
    made: list[str] = []

    def make(key: str, text: str) -> str:
        made.append(key)
        return text.upper()

    rows = load.Rows({"a": "x", "b": "y"}, make)
    assert (len(rows), list(rows), "a" in rows, "c" in rows, 1 in rows) == (2, ["a", "b"], True, False, False)
    assert made == []
    assert [rows["b"], rows["b"], rows.get("b"), rows.get("c")] == ["Y", "Y", "Y", None]
    assert made == ["b"]
    with pytest.raises(KeyError):
        rows["c"]
    assert dict(rows) == {"a": "X", "b": "Y"}


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=8))
def test_rows_are_a_mapping_like_any_other(plain: dict[str, str]) -> None:
    assert dict(load.Rows(dict(plain), lambda _, text: text)) == plain


def test_rows_of_the_formulary_are_frozen_values(formulary: Formulary) -> None:
    row = formulary.references["bliwise_2014"]
    again = load.parse(compile_directory(REAL)).references["bliwise_2014"]
    assert row == again
    assert hash(row) == hash(again)
    assert row != formulary.names["zoloft"]
    assert repr(row).startswith("Reference(key='bliwise_2014', ")
    with pytest.raises(AttributeError, match="Reference is frozen"):
        row.title = "x"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="Reference is frozen"):
        del row.title


# ---- the generated schema ----------------------------------------------------------------------------------------------
def test_the_committed_schema_is_the_generated_one() -> None:
    assert json.loads((REAL / "schema.json").read_text(encoding="utf-8")) == json.loads(json.dumps(json_schema()))


def _objects(node: object) -> Iterator[dict[str, object]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from _objects(value)


def test_the_committed_schema_is_closed_and_resolves() -> None:
    schema = json.loads((REAL / "schema.json").read_text(encoding="utf-8"))
    assert set(schema["properties"]) == set(FILE_SCHEMAS)
    assert all(d["additionalProperties"] is False for d in schema["$defs"].values())
    targets = {str(o["$ref"]) for o in _objects(schema) if "$ref" in o}
    assert targets
    assert {t.removeprefix("#/$defs/") for t in targets} <= set(schema["$defs"])
    assert schema["$defs"]["Ingredient"]["properties"]["tier"]["enum"] == ["A", "B", "C", "N", "P", "silent", "augmentation"]
