"""Compiling and loading the formulary: every problem is found and told with its place; a cache is never trusted, and never needed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medcheck.domain import Formulary, Tier
from medcheck.errors import FormularyError
from medcheck.fitting.coefficients import as_text, digest
from medcheck.formulary import compile_directory, fit_inputs, formulary_directory, load, load_formulary, source_digest
from medcheck.formulary.augmentation_schema import CAUSES, PRIORS, QUESTIONS, RED_FLAGS
from medcheck.formulary.compile_augmentation import FOLDER
from medcheck.formulary.schema import FILE_SCHEMAS, json_schema
from medcheck.settings import default_formulary_dir

REAL = default_formulary_dir()

# A whole formulary in little: every kind of row once, each citing a key of its own, so that one broken row compiles in milliseconds.
REVIEW = """
[review]
authored_by = "a"
checked_by = ""
date_reviewed = 2026-11-22
next_review = 2027-05-22
"""
FACTS = """
rxcui = "1"
atc = ["N06AB06"]
effect = ["worsens_rls"]
strength = "weak"
basis = "class_inherited"
verified = "yes"
summary = "s"
"""
EVIDENCE = """
statement = "s"
figure = ""
of = "class"
direction = "for"
references = ["r_evidence"]
verified = "yes"
"""
CLASS = """
name = "n"
full_name = "f"
summary = "s"
"""
POINT = """
text = "t"
references = ["r_rule"]
verified = "yes"
"""

# What the augmentation model must hold is made from the lists that the program checks it against.
QUESTION_KINDS = {"earlier_hours": "hours", "days_per_week": "days", "asrs_total": "total"}
MODEL_CLASSES = {
    "levodopa": "",
    "oral_agonist": '"dopin"',
    "patch_agonist": "",
    "cabergoline": "",
    "pergolide": "",
    "other_agonist": "",
    "alpha2delta": '"helpin"',
    "placebo": "",
}
MODEL_CLASS_ROWS = "".join(f'[[class]]\nkey = "{k}"\nname = "n"\ningredients = [{i}]\n' for k, i in MODEL_CLASSES.items())
BASELINE = "".join(f"{k} = 1.0\n" for k in MODEL_CLASSES if k != "other_agonist")
MODEL_PRIORS = "".join(f"{name} = [0.0, 1.0]\n" for name in PRIORS)
QUESTION_ROWS = "".join(
    f'[[question]]\nid = "{q}"\nkind = "{QUESTION_KINDS.get(q, "yes_no")}"\ntext = "t"\nshort = "s"\n' for q in QUESTIONS
)
RED_FLAG_ROWS = "".join(f'[[red_flag]]\nid = "{f}"\ntext = "t"\nreferences = ["r_red_flag"]\nverified = "yes"\n' for f in RED_FLAGS)
CAUSE_ROWS = "".join(
    f'[[cause]]\nid = "{c}"\nname = "n"\npointer = "p"\nquestion = "q"\nreferences = ["r_cause"]\nverified = "yes"\n' for c in CAUSES
)
REASON_ROWS = "".join(f'[[fit.reason]]\nprior = "{p}"\nkind = "elicited"\ntext = "t"\nreferences = ["r_prior"]\n' for p in PRIORS)
SLOPES = ("time_exponent", "dose_per_doubling", "clinically_significant", "discontinued", "study", "ferritin", "prior_augmentation")
DRAWS = 100
AUGMENTATION: Mapping[str, str] = {
    f"{FOLDER}/incidence.csv": """arm_id,study,reference,drug,class,mean_dose_mg_per_day,dose_mark,followup_months,effective_months,\
followup_mark,n,n_augmented,count_mark,definition,tier,design,setting,use,verified,note
D_fit,Doe 2001,r_arm,dopin,oral_agonist,0.5,seen,6,5,derived,10,2,seen,own,any,open,clinic,fit,yes,
D_apart,Poe 2002,r_arm,placebo,placebo,,,6,5,seen,20,1,seen,own,discontinued,open,clinic,external,secondary,
D_seen,Roe 2003,r_arm,mixed,oral_agonist,,,,,,,,,own,any,,,context,no,left out
""",
    f"{FOLDER}/model.toml": f"""
version = "m"
basis = "b"
{REVIEW}
[fit]
seed = 7
draws = {DRAWS}
predictive_draws = 1000
study_effect_degrees_of_freedom = 4.0
dose_log2_from = -2.0
dose_log2_to = 3.0
[fit.prior]
{MODEL_PRIORS}
class_spread = 0.7
study_spread = 1.0
arm_spread = 0.5
{REASON_ROWS}
{MODEL_CLASS_ROWS}
[baseline]
name = "n"
references = ["r_baseline"]
[baseline.percent]
{BASELINE}
[ascertainment]
noted_only_share = 0.1
noted_only_log_hazard_ratio = [-2.0, 1.0]
kind = "elicited"
text = "t"
references = ["r_ascertainment"]
verified = "yes"
[ferritin]
reference_ug_per_l = 100.0
least_ug_per_l = 10.0
kind = "derived"
text = "t"
references = ["r_ferritin"]
verified = "yes"
[[ferritin.contrast]]
study = "Doe 2001"
augmented = [50.0, 40.0, 10]
others = [90.0, 80.0, 20]
reference = "r_contrast"
[prior_augmentation]
log_hazard_ratio = [0.4, 0.3]
kind = "elicited"
text = "t"
references = ["r_earlier"]
verified = "yes"
[cap]
hazard_ratio = 3.0
kind = "elicited"
text = "t"
[plausible]
kind = "elicited"
start_years_least = 0.1
start_years_most = 10.0
as_needed_least_share = 0.1
as_needed_text = "t"
unstated_times_a_day_most = 2.0
dose_ratio_least = 0.25
dose_ratio_most = 2.0
no_ceiling_ratio_least = 0.25
no_ceiling_ratio_most = 4.0
[parkinson]
kind = "elicited"
text = "t"
references = ["r_parkinson"]
once_daily_ingredients = ["dopin"]
with_ingredients = ["betin"]
extended_words = ["xr"]
extended_ingredients = ["dopin"]
[parkinson.from_mg_per_day]
dopin = 5.0
[display]
horizons_months = [12, 24]
extrapolated_from_months = 24
least_percent = 1.0
most_exposures = 50
most_percent = 99.0
[[band]]
key = "low"
name = "LOW"
from_percent = 0.0
text = "t"
[[band]]
key = "high"
name = "HIGH"
from_percent = 10.0
text = "t"
[[override]]
id = "o"
when = "above_maximum"
band = "high"
text = "t"
references = ["r_override"]
verified = "yes"
[[named]]
id = "m"
text = "t"
direction = "up"
references = ["r_named"]
verified = "yes"
""",
    f"{FOLDER}/criteria.toml": f"""
{REVIEW}
[history]
lately_days = 365
titration_days = 56
recent_cut_days = 56
offender_before_days = 92
{QUESTION_ROWS}
[[feature]]
id = "earlier"
answer = "earlier_hours"
least = 2.0
text = "t"
[[feature]]
id = "unexplained"
answer = "other_cause"
wanted = false
text = "t"
[[feature]]
id = "added"
answer = "history.second_added"
text = "t"
[[rule]]
id = "d"
state = "probable"
text = "t"
all = ["earlier"]
of = ["unexplained", "added"]
at_least = 1
references = ["r_detection"]
verified = "yes"
{RED_FLAG_ROWS}
{CAUSE_ROWS}
""",
    f"{FOLDER}/advice.toml": f"""
{REVIEW}
[circumstances]
older_from_years = 65
renal_impairment_below_egfr = 60
[circumstances.taking]
agonist = ["dopin"]
ergot = []
levodopa = []
listed_by_aasm = []
pramipexole = []
[circumstances.not_taking]
no_alpha2delta = ["helpin"]
no_rotigotine = []
[[advice]]
id = "v"
kind = "safety"
when = ["taken", "agonist"]
guideline = "g"
year = 2016
strength = "s"
text = "t"
conflicts = "c"
references = ["r_advice"]
verified = "yes"
""",
}
KEYS = (
    "r_advice",
    "r_arm",
    "r_ascertainment",
    "r_avoid",
    "r_baseline",
    "r_cause",
    "r_class",
    "r_class_evidence",
    "r_contrast",
    "r_detection",
    "r_dosing",
    "r_earlier",
    "r_evidence",
    "r_ferritin",
    "r_mimic",
    "r_named",
    "r_option",
    "r_override",
    "r_parkinson",
    "r_prior",
    "r_red_flag",
    "r_rule",
    "r_timing",
)
UNFITTED: Mapping[str, str] = {
    "formulary.toml": 'version = "9"\nreleased = 2026-11-22\nlicence = "MIT"\nscope = "all"\n',
    "references.toml": "".join(f'[{k}]\ntitle = "t"\npmid = "1"\nkind = "trial"\ncited_for = "c"\nverified = "yes"\n' for k in KEYS)
    + '[r_unnumbered]\ntitle = "t"\nsource = "J 1:2"\nyear = 2001\nkind = "trial"\ncited_for = "c"\nverified = "no"\n',
    "classes/ssri.toml": f"""
[class]
key = "ssri"
{CLASS}
role = "offender"
mandated = true
needs = ["mood"]
mimics = ["ache"]
references = ["r_class"]
{REVIEW}
[[class_evidence]]
statement = "s"
direction = "for"
references = ["r_class_evidence"]
verified = "yes"
[ingredient.alphin]
tier = "B"
{FACTS}
[ingredient.alphin.brands]
us = ["Alphix"]
[[ingredient.alphin.evidence]]
{EVIDENCE}
[ingredient.betin]
tier = "A"
spellings = ["betina"]
{FACTS}
[ingredient.betin.brands]
other = ["Betix"]
[[ingredient.betin.evidence]]
{EVIDENCE}
""",
    "dopaminergic.toml": f"""
[class]
key = "dopaminergic"
{CLASS}
role = "dopaminergic"
{REVIEW}
[ingredient.dopin]
tier = "augmentation"
{FACTS}
[[ingredient.dopin.evidence]]
{EVIDENCE}
[ingredient.dopin.dosing]
rls_start_mg_per_day = 0.5
augmentation_ceiling_mg_per_day = 0.75
note = "n"
references = ["r_dosing"]
verified = "yes"
""",
    "neutral.toml": f"""
{REVIEW}
[class.calm]
key = "calm"
{CLASS}
role = "neutral"
[ingredient.helpin]
class = "calm"
tier = "P"
{FACTS}
[[ingredient.helpin.evidence]]
{EVIDENCE}
""",
    "combinations.toml": f"""
{REVIEW}
[[product]]
names = ["Bothix PM"]
ingredients = ["alphin", "helpin"]
countries = ["us"]
source = "s"
[[line]]
names = ["Linix"]
question = "Which?"
source = "s"
[[line.variant]]
names = ["Linix Day"]
ingredients = []
[[line.variant]]
names = ["Linix Night"]
ingredients = ["betin"]
""",
    "alternatives.toml": f"""
{REVIEW}
[need.mood]
name = "mood"
[[need.mood.option]]
kind = "drug"
ingredients = ["helpin"]
text = "t"
caveat = ""
strength = "weak"
excluded_conditions = ["gout"]
caution_conditions = []
excluded_with_classes = ["ssri"]
excluded_with_ingredients = []
caution_with_classes = []
caution_with_ingredients = []
pregnancy = ""
references = ["r_option"]
verified = "yes"
[[need.mood.do_not_suggest]]
ingredient = "betin"
reason = "r"
references = ["r_avoid"]
""",
    "modifiers.toml": f"""
{REVIEW}
[condition.gout]
name = "gout"
words = ["gout"]
[[iron_rule]]
id = "i"
guideline = "g"
population = "adult"
combine = "any"
effect = "no_iron"
superseded = false
{POINT}
[[iron_caution]]
id = "c"
conditions = ["gout"]
{POINT}
[[renal_rule]]
id = "k"
ingredient = "alphin"
egfr_from = 0
egfr_below = 30
dialysis = false
{POINT}
[[pregnancy_rule]]
id = "p"
classes = ["ssri"]
ingredients = []
{POINT}
[[age_rule]]
id = "a"
age_from = 65
classes = []
ingredients = ["betin"]
{POINT}
[[context_rule]]
id = "x"
when = "always"
classes = []
ingredients = []
conditions = ["gout"]
{POINT}
[[sedative_rule]]
id = "s"
{POINT}
[[sedative_rule.group]]
name = "g"
classes = ["calm"]
ingredients = ["outsidin"]
[[sedative_rule.group]]
name = "h"
classes = []
ingredients = []
[timing]
plausible_days = 60
possible_days = 365
plausible_text = "a"
possible_text = "b"
unlikely_text = "c"
late_onset_text = "d"
unknown_text = "e"
late_onset_ingredients = ["betin"]
late_onset_classes = ["ssri"]
references = ["r_timing"]
verified = "yes"
""",
    "mimics.toml": f"""
{REVIEW}
[mimic.ache]
name = "ache"
order = 1
shares = "s"
distinguishing = "d"
question = "q"
linked_classes = ["ssri"]
linked_ingredients = ["alphin"]
references = ["r_mimic"]
verified = "yes"
""",
    "sig.csv": """text,kind,doses_per_day_min,doses_per_day_max,timing,route,value,region,note,source
bd,frequency,2,2,,,,,,own
po,route,,,,PO,,,,own
""",
    "figures.csv": "ingredients,kind,value_min,value_max,source\nalphin,intakes,100,1200,own\n",
    "lookalikes.csv": "name_a,ingredient_a,name_b,ingredient_b,source,rls_side\nAlphix,alphin,Alphax,alphaxin,own,a\n",
    "abbreviations.csv": """text,ingredients,meaning,reading,place,source
AB,alphin,alphin,meant,item,own
AB,betin,betin,meant,item,own
DP,dopin,dopin,asked,dose,own
HP,helpin,helpin salt,meant,word,own
HP,alphin,alphin,misread,word,own
""",
    "status_cues.csv": "phrase,status,position,reach,certain,source\nD/C'd,stopped,after,one,true,own\n",
    "headings.csv": "word,status,source\nallergies,allergy,own\n",
    **AUGMENTATION,
}


def _write(directory: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory


def _fitted(files: Mapping[str, str]) -> str:
    """A coefficients.json that belongs to the other files; each draw is 0.5."""
    with tempfile.TemporaryDirectory() as folder:
        inputs = fit_inputs(_write(Path(folder), files))
    document = {
        "version": inputs.version,
        "seed": inputs.settings.seed,
        "fitted_to_sha256": inputs.fitted_to_sha256,
        "draws": {name: [0.5] * inputs.settings.draws for name in (*MODEL_CLASSES, *SLOPES)},
    }
    return as_text({"sha256": digest(document), **document})


FITTED = f"{FOLDER}/coefficients.json"
SMALL: Mapping[str, str] = {**UNFITTED, FITTED: _fitted(UNFITTED)}


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
    assert found.ingredients["betin"].evidence[0].references == ("r_evidence",)
    assert found.ingredients["betin"].dosing is None
    dosing = found.ingredients["dopin"].dosing
    assert dosing is not None
    assert (dosing.rls_start_mg_per_day, dosing.verified) == (0.5, "yes")
    assert not hasattr(dosing, "note")  # a curator's note is not for the program
    assert found.classes["ssri"].evidence[0].of == "class"
    assert found.needs["mood"].options[0].excluded_conditions == ("gout",)
    assert found.needs["mood"].do_not_suggest[0].ingredient == "betin"
    assert found.mimics["ache"].linked_ingredients == ("alphin",)
    assert found.references["r_unnumbered"].year == 2001
    assert found.modifiers.conditions["gout"].words == ("gout",)
    assert found.modifiers.sedative_rules[0].groups[0].classes == ("calm",)
    assert found.modifiers.renal_rules[0].egfr_below == 30.0
    assert found.sig_terms[0].doses_per_day_max == 2.0
    assert found.sig_terms[1].doses_per_day_max is None
    assert found.status_cues[0].phrase == "d cd"
    assert found.heading_words[0].status == "allergy"
    assert found.lookalikes[0].ingredient_b == "alphaxin"
    assert [f for f, _ in found.reviews_due] == sorted(n for n, text in SMALL.items() if "[review]" in text)
    assert {due for _, due in found.reviews_due} == {date(2027, 5, 22)}


def test_the_augmentation_part_is_read(small: Path) -> None:
    found = load.parse(compile_directory(small)).augmentation()
    assert (found.version, found.clinically_reviewed, found.cap_hazard_ratio) == ("m", False, 3.0)
    assert {c.key: c.ingredients for c in found.classes if c.ingredients} == {"oral_agonist": ("dopin",), "alpha2delta": ("helpin",)}
    assert found.fit.prior == dict.fromkeys(PRIORS, (0.0, 1.0))
    assert found.fit.spread == {"class": 0.7, "study": 1.0, "arm": 0.5}
    assert [(a.arm_id, a.use, a.n, a.mean_dose_mg_per_day) for a in found.arms] == [
        ("D_fit", "fit", 10, 0.5),
        ("D_apart", "external", 20, None),
        ("D_seen", "context", None, None),
    ]
    assert [q.kind for q in found.questions if q.id == "asrs_total"] == ["total"]
    assert [(f.least, f.wanted) for f in found.features] == [(2.0, True), (None, False), (None, True)]
    assert (found.rules[0].all, found.rules[0].of, found.rules[0].at_least) == (("earlier",), ("unexplained", "added"), 1)
    assert tuple(f.id for f in found.red_flags) == RED_FLAGS
    assert tuple(c.id for c in found.causes) == CAUSES
    assert (found.advice[0].when, found.advice[0].year) == (("taken", "agonist"), 2016)
    assert found.circumstances.taking["agonist"] == ("dopin",)
    assert found.circumstances.not_taking == {"no_alpha2delta": ("helpin",), "no_rotigotine": ()}
    assert found.ferritin.contrasts[0].augmented == (50.0, 40.0, 10.0)
    assert found.parkinson.from_mg_per_day == {"dopin": 5.0}
    assert [(b.key, b.from_percent) for b in found.bands] == [("low", 0.0), ("high", 10.0)]
    assert {name: set(values) for name, values in found.coefficients.draws.items()} == {name: {0.5} for name in (*MODEL_CLASSES, *SLOPES)}
    assert {len(values) for values in found.coefficients.draws.values()} == {DRAWS}


def test_a_fit_begins_without_coefficients(small: Path) -> None:
    before = fit_inputs(small)
    (small / FITTED).unlink()
    assert fit_inputs(small) == before
    assert (before.version, before.ceilings, len(before.arms)) == ("m", {"dopin": 0.75}, 3)
    assert before.fitted_to_sha256 == json.loads(SMALL[FITTED])["fitted_to_sha256"]
    (small / FOLDER / "model.toml").unlink()
    with pytest.raises(FormularyError) as caught:
        fit_inputs(small)
    assert list(caught.value.problems) == [(f"{FOLDER}/model.toml", "", "the file is missing")]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("incidence.csv", ",clinic,fit,yes,", ",hospital,fit,no,a remark", id="words-and-mark-of-an-arm"),
        pytest.param("incidence.csv", "seen,20,1,", "seen,30,2,", id="arm-kept-apart"),
        pytest.param("model.toml", 'kind = "elicited"', 'kind = "trial"', id="reason"),
        pytest.param("model.toml", "from_percent = 10.0", "from_percent = 20.0", id="band"),
        pytest.param("model.toml", "predictive_draws = 1000", "predictive_draws = 2000", id="draws-of-the-calibration"),
        pytest.param("advice.toml", 'text = "t"', 'text = "other"', id="advice"),
    ],
)
def test_what_a_fit_does_not_read_asks_for_no_new_fit(small: Path, name: str, old: str, new: str) -> None:
    text = SMALL[f"{FOLDER}/{name}"]
    assert old in text
    _write(small, {f"{FOLDER}/{name}": text.replace(old, new, 1)})
    compile_directory(small)


def test_every_name_stands_for_its_ingredients(small: Path) -> None:
    names = load.parse(compile_directory(small)).names
    assert {k: (n.ingredients, n.kind, n.countries, n.line) for k, n in names.items()} == {
        "ab": (("alphin", "betin"), "abbreviation", (), 1),
        "alphin": (("alphin",), "ingredient", (), None),
        "alphix": (("alphin",), "brand", ("us",), None),
        "betin": (("betin",), "ingredient", (), None),
        "betina": (("betin",), "spelling", (), None),
        "betix": (("betin",), "brand", (), None),
        "bothix p m": (("alphin", "helpin"), "product", ("us",), None),
        "bothix pm": (("alphin", "helpin"), "product", ("us",), None),
        "dopin": (("dopin",), "ingredient", (), None),
        "dp": (("dopin",), "abbreviation", (), 2),
        "helpin": (("helpin",), "ingredient", (), None),
        "hp": (("helpin",), "abbreviation", (), None),
        "linix": (("betin",), "line", (), 0),
        "linix day": ((), "variant", (), None),
        "linix night": (("betin",), "variant", (), None),
    }


def test_an_abbreviation_of_several_readings_is_asked(small: Path) -> None:
    found = load.parse(compile_directory(small))
    several, one = found.lines[1], found.lines[2]
    assert several.question == "What is AB short for: alphin or betin?"
    assert [(v.names, v.ingredients) for v in several.variants] == [(("alphin",), ("alphin",)), (("betin",), ("betin",))]
    assert one.question == "Is DP short for dopin? It is no settled abbreviation: please confirm."
    assert found.names["hp"].note == "HP has been misread as alphin"
    assert found.names["ab"].note == ""
    assert found.places == {"ab": "item", "dp": "dose", "hp": "word"}


def test_a_line_of_ordinary_words_counts_in_its_place(small: Path) -> None:
    text = SMALL["combinations.toml"].replace('names = ["Linix"]', 'names = ["Cold and Flu"]\nplace = "item"')
    _write(small, {"combinations.toml": text})
    places = load.parse(compile_directory(small)).places
    assert places["cold and flu"] == places["cold flu"] == "item"


def test_a_state_is_never_found_by_its_name(small: Path) -> None:
    text = SMALL["classes/ssri.toml"].replace('"ssri"', '"opioid_withdrawal"')
    for old, new in (("alphin", "stopping"), ("betin", "tapering"), ("Alphix", "Stopix"), ("Betix", "Tapix")):
        text = text.replace(old, new)
    _write(small, {"classes/opioid_withdrawal.toml": text})
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
    assert found.augmentation().clinically_reviewed is True
    _write(small, {"mimics.toml": SMALL["mimics.toml"]})
    found = load.parse(compile_directory(small))
    assert found.clinically_reviewed is False
    assert found.classes["ssri"].clinically_reviewed is True
    assert found.augmentation().clinically_reviewed is True
    _write(small, {f"{FOLDER}/criteria.toml": SMALL[f"{FOLDER}/criteria.toml"]})
    assert load.parse(compile_directory(small)).augmentation().clinically_reviewed is False


# ---- every kind of problem is told with its place ----------------------------------------------------------------------
SSRI = "classes/ssri.toml"

# Columns: id | file | its text => what stands there instead | file, path and message of the problem
BROKEN = r"""
unknown key | formulary.toml | version => verzion | formulary.toml | verzion | Unknown field
missing key | formulary.toml | version = "9" => | formulary.toml | version | Missing data
empty text | formulary.toml | scope = "all" => scope = "" | formulary.toml | scope | Shorter than minimum
not TOML | mimics.toml | order = 1 => order = | mimics.toml | | not valid TOML
class file not TOML | classes/ssri.toml | [class] => [class]] | classes/ssri.toml | | not valid TOML
strength | classes/ssri.toml | "weak" => "huge" | classes/ssri.toml | ingredient.alphin.strength | Must be one of
tier | classes/ssri.toml | "B" => "Z" | classes/ssri.toml | ingredient.alphin.tier | Must be one of
ATC | classes/ssri.toml | N06AB06 => N6AB06 | classes/ssri.toml | ingredient.alphin.atc.0 | String does not match
RxCUI | classes/ssri.toml | rxcui = "1" => rxcui = "x1" | classes/ssri.toml | ingredient.alphin.rxcui | String does not match
evidence without source | classes/ssri.toml | ["r_evidence"] => [] | classes/ssri.toml | ingredient.alphin.evidence.0.references | Shorter
kind of source | references.toml | "trial" => "blog" | references.toml | references.r_advice.kind | Must be one of
DOI | references.toml | pmid = "1" => doi = "11.1/x" | references.toml | references.r_advice.doi | String does not match
key in a list | combinations.toml | question => qestion | combinations.toml | line.0.qestion | Unknown field
author checks himself | mimics.toml | checked_by = "" => checked_by = "a" | mimics.toml | review.checked_by | must differ
references unsorted | references.toml | [r_avoid] => [r_z] | references.toml | | must be sorted
reference without identifier | references.toml | source = "J 1:2" => | references.toml | r_unnumbered | cannot be resolved
reference of a class | classes/ssri.toml | r_class" => r_no" | class ssri | references | unknown reference 'r_no'
reference of class evidence | classes/ssri.toml | r_class_evidence => r_no | class ssri | class_evidence | unknown reference 'r_no'
reference of evidence | classes/ssri.toml | r_evidence => r_no | ingredient alphin | evidence | unknown reference 'r_no'
reference of dosing | dopaminergic.toml | r_dosing => r_no | ingredient dopin | dosing | unknown reference 'r_no'
reference of an option | alternatives.toml | r_option => r_no | alternatives.toml | need.mood.option.0 | unknown reference 'r_no'
reference of a bar | alternatives.toml | r_avoid => r_no | alternatives.toml | need.mood.do_not_suggest.0 | unknown reference 'r_no'
reference of a mimic | mimics.toml | r_mimic => r_no | mimics.toml | mimic.ache | unknown reference 'r_no'
reference of timing | modifiers.toml | r_timing => r_no | modifiers.toml | timing | unknown reference 'r_no'
reference of a rule | modifiers.toml | r_rule => r_no | modifiers.toml | iron_rules i | unknown reference 'r_no'
need | classes/ssri.toml | "mood" => "food" | class ssri | needs | unknown need 'food'
mimic | classes/ssri.toml | "ache" => "cake" | class ssri | mimics | unknown mimic 'cake'
class of an ingredient | neutral.toml | class = "calm" => class = "storm" | ingredient helpin | class | unknown class 'storm'
class of an option | alternatives.toml | "ssri" => "sri" | alternatives.toml | need.mood.option.0 | unknown class 'sri'
condition of an option | alternatives.toml | "gout" => "gut" | alternatives.toml | need.mood.option.0 | unknown condition 'gut'
class of a mimic | mimics.toml | "ssri" => "sri" | mimics.toml | mimic.ache | unknown class 'sri'
ingredient of a mimic | mimics.toml | "alphin" => "alfin" | mimics.toml | mimic.ache | unknown ingredient 'alfin'
ingredient of a renal rule | modifiers.toml | "alphin" => "alfin" | modifiers.toml | renal_rules k | unknown ingredient 'alfin'
ingredient of a rule | modifiers.toml | "betin" => "beton" | modifiers.toml | age_rules a | unknown ingredient 'beton'
late ingredient | modifiers.toml | late_onset_ingredients = ["betin => late_onset_ingredients = ["beton | modifiers.toml | timing | 'beton'
late class | modifiers.toml | late_onset_classes = ["ssri => late_onset_classes = ["sri | modifiers.toml | timing | unknown class 'sri'
class of a rule | modifiers.toml | "ssri" => "sri" | modifiers.toml | pregnancy_rules p | unknown class 'sri'
condition of a rule | modifiers.toml | conditions = ["gout => conditions = ["gut | modifiers.toml | iron_cautions c | unknown condition 'gut'
class of a sedative | modifiers.toml | "calm" => "clam" | modifiers.toml | sedative_rules s | unknown class 'clam'
class key and file name | classes/ssri.toml | key = "ssri" => key = "sri" | classes/ssri.toml | class.key | must be the file's name, 'ssri'
class key and table | neutral.toml | key = "calm" => key = "clam" | neutral.toml | class.calm.key | must equal the table's name
class twice | neutral.toml | calm => ssri | neutral.toml | class.ssri | defined twice
ingredient twice | neutral.toml | helpin => alphin | neutral.toml | ingredient.alphin | defined twice
ingredients unsorted | classes/ssri.toml | .betin => .aaron | classes/ssri.toml | ingredient.alphin | must be sorted
upper-case key | classes/ssri.toml | .betin => .Betin | classes/ssri.toml | ingredient.Betin | INN in lower case
strong but unverified | dopaminergic.toml | "weak"\nbasis = "class_inherited"\nverified = "yes" => "strong"\nbasis = "drug_specific"\nverified = "no" | dopaminergic.toml | ingredient.dopin | needs verified = yes
inherited with a figure | dopaminergic.toml | ""\nof = "class" => "5 %"\nof = "drug" | dopaminergic.toml | ingredient.dopin | must not carry a figure
mandated but neutral | classes/ssri.toml | "B" => "N" | ingredient alphin | tier | stays at tier C or above
brand of two | classes/ssri.toml | Betix => Alphix | classes/ssri.toml | ingredient.betin.brands.other | ingredient.alphin.brands.us already
spelling of another | classes/ssri.toml | betina => ALPHIN | classes/ssri.toml | ingredient.betin.spellings | ingredient.alphin already
name without letters | classes/ssri.toml | Alphix => -- | classes/ssri.toml | ingredient.alphin.brands.us | holds no letter or digit
product like a brand | combinations.toml | Bothix PM => Alphix | combinations.toml | product.0 Alphix | belongs to classes/ssri.toml
variant like its line | combinations.toml | Linix Day => Linix | combinations.toml | line.0 variant Linix | belongs to combinations.toml
products unsorted | combinations.toml | [[line]] => [[product]]\nnames = ["A"]\ningredients = ["b"]\nsource = "s"\n[[line]] | combinations.toml | product bothix pm | sorted
offender suggested | alternatives.toml | "helpin" => "alphin" | alternatives.toml | need.mood.option.0 | alphin is itself flagged
suggested and barred | alternatives.toml | "betin" => "helpin" | alternatives.toml | need.mood.option.0 | do-not-suggest list
too few columns | sig.csv | bd,frequency,2,2,,,,,,own => bd,frequency,2,2,own | sig.csv | line 2 | number of columns
too many columns | sig.csv | own\npo => own,more\npo | sig.csv | line 2 | number of columns
not a number | sig.csv | po,route,, => po,route,x, | sig.csv | line 3: doses_per_day_min | Not a valid number
status | headings.csv | ,allergy => ,allergic | headings.csv | line 2: status | Must be one of
not a boolean | status_cues.csv | true => perhaps | status_cues.csv | line 2: certain | Not a valid boolean
abbreviation without a reading | abbreviations.csv | salt,meant => salt,misread | abbreviations.csv | abbreviation HP | needs a reading
abbreviations unsorted | abbreviations.csv | DP, => AA, | abbreviations.csv | abbreviation AA | sorted by text
places differ | abbreviations.csv | betin,meant,item => betin,meant,word | abbreviations.csv | abbreviation AB | differ in place
meaning twice | abbreviations.csv | betin,betin => betin,alphin | abbreviations.csv | abbreviation AB | the same meaning twice
abbreviation like a brand | abbreviations.csv | DP, => Dopin, | abbreviations.csv | abbreviation Dopin | dopaminergic.toml
place | abbreviations.csv | dopin,asked,dose => dopin,asked,here | abbreviations.csv | line 4: place | Must be one of
side | lookalikes.csv | own,a => own,c | lookalikes.csv | line 2: rls_side | Must be one of
unknown column | augmentation/incidence.csv | setting => settin | augmentation/incidence.csv | line 2: settin | Unknown field
unknown key of the model | augmentation/model.toml | seed => sead | augmentation/model.toml | fit.sead | Unknown field
unknown key of the criteria | augmentation/criteria.toml | wanted => want | augmentation/criteria.toml | feature.1.want | Unknown field
unknown key of the advice | augmentation/advice.toml | conflicts => conflict | augmentation/advice.toml | advice.0.conflict | Unknown field
unknown key of the coefficients | augmentation/coefficients.json | "seed" => "sead" | augmentation/coefficients.json | sead | Unknown field
augmentation file not TOML | augmentation/model.toml | seed = 7 => seed = | augmentation/model.toml | | not valid TOML
augmentation author checks himself | augmentation/advice.toml | checked_by = "" => checked_by = "a" | augmentation/advice.toml | review.checked_by | must differ
reference of an arm | augmentation/incidence.csv | r_arm => r_no | augmentation/incidence.csv | D_fit | unknown reference 'r_no'
reference of a prior | augmentation/model.toml | r_prior => r_no | augmentation/model.toml | fit.reason.0 | unknown reference 'r_no'
reference of ascertainment | augmentation/model.toml | r_ascertainment => r_no | augmentation/model.toml | ascertainment | unknown reference 'r_no'
reference of the baseline | augmentation/model.toml | r_baseline => r_no | augmentation/model.toml | baseline | unknown reference 'r_no'
baseline without a class | augmentation/model.toml | placebo = 1.0 => nothing = 1.0 | augmentation/model.toml | baseline.percent | must have one for each of
reference of ferritin | augmentation/model.toml | r_ferritin => r_no | augmentation/model.toml | ferritin | unknown reference 'r_no'
reference of a contrast | augmentation/model.toml | r_contrast => r_no | augmentation/model.toml | ferritin.contrast.0 | unknown reference 'r_no'
reference of earlier augmentation | augmentation/model.toml | r_earlier => r_no | augmentation/model.toml | prior_augmentation | unknown reference 'r_no'
reference of Parkinson's | augmentation/model.toml | r_parkinson => r_no | augmentation/model.toml | parkinson | unknown reference 'r_no'
reference of an override | augmentation/model.toml | r_override => r_no | augmentation/model.toml | override.o | unknown reference 'r_no'
reference of a named flag | augmentation/model.toml | r_named => r_no | augmentation/model.toml | named.m | unknown reference 'r_no'
reference of detection | augmentation/criteria.toml | r_detection => r_no | augmentation/criteria.toml | rule.d | unknown reference 'r_no'
reference of a red flag | augmentation/criteria.toml | r_red_flag => r_no | augmentation/criteria.toml | red_flag.above_maximum | unknown reference 'r_no'
condition of a cause | augmentation/criteria.toml | references = ["r_cause"] => references = ["r_cause"]\nconditions = ["no_such"] | augmentation/criteria.toml | cause.tolerance.conditions | unknown condition 'no_such'
reference of a cause | augmentation/criteria.toml | "r_cause" => "r_no" | augmentation/criteria.toml | cause.tolerance | unknown reference 'r_no'
reference of advice | augmentation/advice.toml | r_advice => r_no | augmentation/advice.toml | advice.v | unknown reference 'r_no'
advice without source | augmentation/advice.toml | ["r_advice"] => [] | augmentation/advice.toml | advice.0.references | Shorter
arm twice | augmentation/incidence.csv | D_apart => D_fit | augmentation/incidence.csv | D_fit | there twice
drug of an arm | augmentation/incidence.csv | dopin => doping | augmentation/incidence.csv | D_fit | unknown ingredient 'doping'
class of an arm | augmentation/incidence.csv | oral_agonist => other_agonist | augmentation/incidence.csv | D_fit | class must be one of
use of an arm | augmentation/incidence.csv | ,fit,yes => ,fitted,yes | augmentation/incidence.csv | line 2: use | Must be one of
arm without patients | augmentation/incidence.csv | derived,10,2 => derived,0,0 | augmentation/incidence.csv | line 2: n | greater than or equal to 1
fitted arm without n | augmentation/incidence.csv | derived,10,2 => derived,,2 | augmentation/incidence.csv | D_fit | fitted or predicted needs n
fitted arm without time | augmentation/incidence.csv | 6,5,derived => 6,,derived | augmentation/incidence.csv | D_fit | needs effective_months
fitted arm without cases | augmentation/incidence.csv | derived,10,2 => derived,10, | augmentation/incidence.csv | D_fit | needs n_augmented
fitted arm of no time | augmentation/incidence.csv | 6,5,derived => 6,0,derived | augmentation/incidence.csv | D_fit | needs effective_months
arm at no dose | augmentation/incidence.csv | oral_agonist,0.5 => oral_agonist,0 | augmentation/incidence.csv | D_fit | a mean dose of 0 is none
arm longer than its study | augmentation/incidence.csv | 6,5,derived => 6,7,derived | augmentation/incidence.csv | D_fit | lie above followup_months
prior without a reason | augmentation/model.toml | prior = "levodopa" => prior = "background" | augmentation/model.toml | fit.reason | no reason is given for levodopa
spread of nothing | augmentation/model.toml | arm_spread = 0.5 => arm_spread = 0.0 | augmentation/model.toml | fit.prior.arm_spread | must be above 0
contrast of nobody | augmentation/model.toml | [90.0, 80.0, 20] => [90.0, 80.0, 0] | augmentation/model.toml | ferritin.contrast Doe 2001 | must be above 0
horizons not rising | augmentation/model.toml | [12, 24] => [24, 12] | augmentation/model.toml | display.horizons_months | must be above 0 and rise
least above the most | augmentation/model.toml | dose_ratio_least = 0.25 => dose_ratio_least = 3.0 | augmentation/model.toml | plausible.dose_ratio_least | lies above the most
band twice | augmentation/model.toml | key = "high" => key = "low" | augmentation/model.toml | band | 'low' is there twice
feature twice | augmentation/criteria.toml | id = "added" => id = "earlier" | augmentation/criteria.toml | feature | 'earlier' is there twice
number that is not wanted | augmentation/criteria.toml | least = 2.0 => least = 2.0\nwanted = false | augmentation/criteria.toml | feature.earlier | is for answers that are yes or no
arm kept apart without time and n | augmentation/incidence.csv | 6,5,seen,20 => 6,,seen, | augmentation/incidence.csv | D_apart | needs effective_months, n
more augmented than n | augmentation/incidence.csv | derived,10,2 => derived,10,11 | augmentation/incidence.csv | D_fit | more augmented than there are
too few columns of an arm | augmentation/incidence.csv | ,left out => | augmentation/incidence.csv | line 4 | number of columns
ingredient of a model class | augmentation/model.toml | "dopin"]\n[[class => "doping"]\n[[class | augmentation/model.toml | class | unknown ingredient 'doping'
dosed ingredient in no class | augmentation/model.toml | ["dopin"]\n[[class => []\n[[class | augmentation/model.toml | class | dopin has doses and is in no class
ingredient in two classes | augmentation/model.toml | ["helpin"] => ["helpin", "dopin"] | augmentation/model.toml | class | dopin is in two classes
unknown model class | augmentation/model.toml | "placebo" => "nothing" | augmentation/model.toml | class | the classes must be
ingredient of Parkinson's | augmentation/model.toml | dopin = 5.0 => doping = 5.0 | augmentation/model.toml | parkinson | unknown ingredient 'doping'
companion in Parkinson's | augmentation/model.toml | ["betin"] => ["beton"] | augmentation/model.toml | parkinson | unknown ingredient 'beton'
bands not rising | augmentation/model.toml | from_percent = 10.0 => from_percent = 0.0 | augmentation/model.toml | band | begin at 0 and rise
bands not from 0 | augmentation/model.toml | from_percent = 0.0 => from_percent = 1.0 | augmentation/model.toml | band | begin at 0 and rise
band of an override | augmentation/model.toml | band = "high" => band = "higher" | augmentation/model.toml | override.o | unknown band 'higher'
circumstance of an override | augmentation/model.toml | when = "above_maximum" => when = "above" | augmentation/model.toml | override.0.when | Must be one of
prior of a reason | augmentation/model.toml | prior = "levodopa" => prior = "dopa" | augmentation/model.toml | fit.reason.1.prior | Must be one of
prior that is no pair | augmentation/model.toml | levodopa = [0.0, 1.0] => levodopa = [0.0] | augmentation/model.toml | fit.prior.levodopa | Length must be 2
too few draws wanted | augmentation/model.toml | draws = 100 => draws = 99 | augmentation/model.toml | fit.draws | greater than or equal to 100
answer of a feature | augmentation/criteria.toml | answer = "other_cause" => answer = "cause" | augmentation/criteria.toml | feature.unexplained | 'cause' is neither a question nor one of
history of a feature | augmentation/criteria.toml | "history.second_added" => "history.third_added" | augmentation/criteria.toml | feature.added | is neither a question nor
least of a yes or no | augmentation/criteria.toml | wanted = false => least = 1.0 | augmentation/criteria.toml | feature.unexplained | `least` is for answers that are numbers
least of the history | augmentation/criteria.toml | second_added"\ntext => second_added"\nleast = 1.0\ntext | augmentation/criteria.toml | feature.added | `least` is for answers that are numbers
no least of a number | augmentation/criteria.toml | least = 2.0 => | augmentation/criteria.toml | feature.earlier | `least` is for answers that are numbers, and needed there
feature of a rule | augmentation/criteria.toml | all = ["earlier"] => all = ["early"] | augmentation/criteria.toml | rule.d | unknown feature 'early'
feature among several | augmentation/criteria.toml | of = ["unexplained" => of = ["explained" | augmentation/criteria.toml | rule.d | unknown feature 'explained'
rule that asks for nothing | augmentation/criteria.toml | all = ["earlier"]\nof = ["unexplained", "added"]\nat_least = 1 => all = []\nof = ["added"]\nat_least = 0 | augmentation/criteria.toml | rule.d | asks for nothing
rule that asks for too much | augmentation/criteria.toml | at_least = 1 => at_least = 3 | augmentation/criteria.toml | rule.d | more than it names
state of a rule | augmentation/criteria.toml | "probable" => "certain" | augmentation/criteria.toml | rule.0.state | Must be one of
missing red flag | augmentation/criteria.toml | id = "iron_low" => id = "iron" | augmentation/criteria.toml | red_flag | the ids must be above_maximum,
missing cause | augmentation/criteria.toml | id = "akathisia" => id = "restless" | augmentation/criteria.toml | cause | the ids must be akathisia,
missing question | augmentation/criteria.toml | id = "spread" => id = "wide" | augmentation/criteria.toml | question | the ids must be earlier_hours,
kind of a question | augmentation/criteria.toml | "total" => "sum" | augmentation/criteria.toml | question.10.kind | Must be one of
circumstance of advice | augmentation/advice.toml | "taken" => "drunk" | augmentation/advice.toml | advice.0.when.0 | Must be one of
advice for no circumstance | augmentation/advice.toml | ["taken", "agonist"] => [] | augmentation/advice.toml | advice.0.when | Shorter than minimum
kind of advice | augmentation/advice.toml | "safety" => "danger" | augmentation/advice.toml | advice.0.kind | Must be one of
ingredient of a circumstance | augmentation/advice.toml | agonist = ["dopin => agonist = ["doping | augmentation/advice.toml | circumstances | unknown ingredient 'doping'
ingredient not taken | augmentation/advice.toml | ["helpin"] => ["helping"] | augmentation/advice.toml | circumstances | unknown ingredient 'helping'
coefficients not JSON | augmentation/coefficients.json | "seed": 7 => "seed" 7 | augmentation/coefficients.json | | not valid JSON
coefficients edited | augmentation/coefficients.json | [0.5, => [0.6, | augmentation/coefficients.json | sha256 | the file was edited
coefficients of other counts | augmentation/incidence.csv | derived,10,2 => derived,10,3 | augmentation/coefficients.json | fitted_to_sha256 | fitted to other data
coefficients of another prior | augmentation/model.toml | discontinued = [0.0 => discontinued = [0.1 | augmentation/coefficients.json | fitted_to_sha256 | fitted to other data
coefficients of another ceiling | dopaminergic.toml | per_day = 0.75 => per_day = 0.5 | augmentation/coefficients.json | fitted_to_sha256 | fitted to other data
coefficients of another version | augmentation/model.toml | version = "m" => version = "n" | augmentation/coefficients.json | fitted_to_sha256 | fitted to other data
too few draws | augmentation/coefficients.json | [0.5, => [ | augmentation/coefficients.json | draws | must hold 100 draws of each of
parameter without draws | augmentation/coefficients.json | "study" => "studies" | augmentation/coefficients.json | draws | must hold 100 draws of each of
draw that is no number | augmentation/coefficients.json | [0.5, => ["x", | augmentation/coefficients.json | draws.levodopa.0 | Not a valid number
draw that is not finite | augmentation/coefficients.json | [0.5, => [NaN, | augmentation/coefficients.json | draws.levodopa.0 | not permitted
"""  # noqa: E501 - one case a line
CASES = [[cell.strip().replace("\\n", "\n") for cell in line.split(" | ")] for line in BROKEN.replace("| |", "|  |").strip().splitlines()]


@pytest.mark.parametrize(("edited", "edit", "file", "path", "message"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_problem_is_told_with_file_and_path(small: Path, edited: str, edit: str, file: str, path: str, message: str) -> None:
    old, _, new = (part.strip(" ") for part in edit.partition("=>"))
    assert old in SMALL[edited], "the case no longer breaks anything"
    everywhere = old in (".betin", "helpin", "calm")  # a key that its own tables repeat
    _write(small, {edited: SMALL[edited].replace(old, new, -1 if everywhere else 1)})
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


@pytest.mark.parametrize("name", ["mimics.toml", "sig.csv", SSRI, f"{FOLDER}/model.toml", f"{FOLDER}/incidence.csv", FITTED])
def test_file_that_is_not_utf8_is_told(small: Path, name: str) -> None:
    (small / name).write_bytes(b"\xff\xfe\x00broken")
    problems = _problems(small)
    assert any(f == name and ("not valid" in m or "cannot be read" in m) for f, _, m in problems), problems


@pytest.mark.parametrize("name", [n for n in sorted(SMALL) if n.endswith(".toml")])
def test_empty_file_is_told(small: Path, name: str) -> None:
    (small / name).write_text("", encoding="utf-8")
    assert [p for p in _problems(small) if p[0] == name]


@pytest.mark.parametrize("key", ["date_reviewed", "next_review"])
@pytest.mark.parametrize("name", sorted(n for n, text in SMALL.items() if "[review]" in text))
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
    assert len({m for _, _, m in problems}) >= len(edits)


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
        pytest.param(lambda d: (d / "sig.csv").write_bytes(SMALL["sig.csv"].replace("\n", "\r\n").encode()), True, id="line-endings"),
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
def _edited(compiled: bytes, old: bytes, new: bytes) -> bytes:
    """The compiled form with another text in it and its own digest put right, so that only the text differs."""
    head, _, payload = compiled.partition(b"\n")
    assert old in payload
    payload = payload.replace(old, new, 1)
    before, space, _ = head.rpartition(b" ")
    return before + space + hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload


def _cached(cache: Path) -> list[Path]:
    return sorted(cache.iterdir()) if cache.is_dir() else []


def test_the_compiled_form_is_kept_and_used(small: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = load_formulary(small, cache)
    (file,) = _cached(cache)
    assert file.name == f"formulary-{load.FORMAT}-{first.sha256}.json"
    file.write_bytes(_edited(file.read_bytes(), b'"scope":"all"', b'"scope":"from the cache"'))
    assert load_formulary(small, cache).scope == "from the cache"


def test_a_changed_source_is_compiled_anew(small: Path, tmp_path: Path) -> None:
    load_formulary(small, tmp_path / "cache")
    _write(small, {"formulary.toml": SMALL["formulary.toml"].replace('"9"', '"10"')})
    assert load_formulary(small, tmp_path / "cache").version == "10"
    assert len(_cached(tmp_path / "cache")) == 2


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda b: b[: len(b) // 2], id="cut-short"),
        pytest.param(lambda b: b.replace(b"alphin", b"alphon"), id="changed"),
        pytest.param(lambda b: _edited(b, f'"format":{load.FORMAT}'.encode(), b'"format":0'), id="another-format"),
        pytest.param(lambda b: b"0" * 64 + b[64:], id="of-another-source"),
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
    assert formulary_directory(small) == small.resolve()
    with pytest.raises(FormularyError, match=r"nowhere.*MEDCHECK_FORMULARY_DIR"):
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
    compiled.write_bytes(_edited(compile_directory(small), b'"scope":"all"', b'"scope":"compiled"'))
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
    other = _edited(compile_directory(small), f'"format":{load.FORMAT}'.encode(), b'"format":99')
    with pytest.raises(FormularyError, match="has format 99, this program reads"):
        load.parse(other)


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
