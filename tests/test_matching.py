"""Names: tests/cases/names.csv and near_misses.csv are the specification; then what holds for every text."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from medcheck.domain import FLAG_TIERS, Formulary, Match, Mention, Method, Outcome, Vocabulary
from medcheck.matching import NameIndex, similarity, sound
from medcheck.reviewing import Tools, match_one
from medcheck.text import tokenise

CASES = Path(__file__).parent / "cases"


def _rows(name: str) -> list[dict[str, str]]:
    with (CASES / name).open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


NAMES = [r for f in ("names.csv", "abbreviations.csv", "common_drugs.csv", "otc.csv", "languages.csv", "brands.csv") for r in _rows(f)]
NEAR_MISSES = _rows("near_misses.csv")
LIVELY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _split(cell: str) -> set[str]:
    return set(filter(None, cell.split(";")))


def _candidates(match: Match) -> set[str]:
    """Every ingredient that a match may raise a flag for: what it says, and for a question what it asks about."""
    asked = {i for r in match.other_readings for i in r.ingredients} if match.outcome is Outcome.QUESTION else set()
    return {*match.ingredients, *asked}


def _spot(index: NameIndex, text: str) -> list[Mention]:
    return index.spot(tokenise(text))


# ---- the cases ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", NAMES, ids=[f"{r['why']}: {r['input']!a}" for r in NAMES])
def test_name(case: dict[str, str], tools: Tools) -> None:
    found = match_one(case["input"], tools.index)
    expected = _split(case["ingredients"])
    assert found.outcome.value == case["outcome"], found
    if found.outcome is Outcome.QUESTION:
        assert expected <= _candidates(found), found
        assert found.question
    else:
        assert set(found.ingredients) == expected, found
        assert len(found.ingredients) == len(expected)
        assert not found.question


@pytest.mark.parametrize("case", NEAR_MISSES, ids=[f"{r['input']}, not {r['not_ingredient']}" for r in NEAR_MISSES])
def test_near_miss(case: dict[str, str], tools: Tools, formulary: Formulary) -> None:
    found = match_one(case["input"], tools.index)
    known = formulary.ingredients
    assert known[case["not_ingredient"]].class_key == case["class"]
    assert [i for i in _candidates(found) if i in known and known[i].class_key == case["class"]] == [], found


@pytest.mark.parametrize("prose", ["the patient has {} today", "her {} was discussed", "{} since 2015 in the family", "no known {} here"])
def test_a_name_with_a_place_is_nothing_in_prose(prose: str, formulary: Formulary, tools: Tools) -> None:
    """ "pt has MS" is no medicine: a short name counts only where a medicine stands."""
    single = [key for key, place in formulary.places.items() if place != "word"]
    assert len(single) > 100
    found = {key: [m.match.name for m in _spot(tools.index, prose.format(key))] for key in single}
    assert {key: names for key, names in found.items() if any(n.lower() == key for n in names)} == {}


@given(st.text(alphabet="ms .,:;()/-0159gLtab\n", max_size=30), st.text(alphabet="ms .,:;()/-0159gLtab\n", max_size=30))
@LIVELY
def test_an_abbreviation_between_anything_is_found_where_it_stands(tools: Tools, before: str, after: str) -> None:
    text = f"{before} MSO4 {after}"
    for mention in _spot(tools.index, text):
        assert 0 <= mention.start < mention.end <= len(text)
        if mention.match.name == "MSO4":
            assert "MSO4" in text[mention.start : mention.end]


def test_cases_are_enough_and_written_once() -> None:
    assert len(NAMES) >= 250
    for rows, columns in ((NAMES, ("input",)), (NEAR_MISSES, ("input", "not_ingredient"))):
        keys = [tuple(r[c] for c in columns) for r in rows]
        assert len(keys) == len(set(keys))
    assert all(r["why"] for r in (*NAMES, *NEAR_MISSES))
    assert all(r["source"] for r in NAMES)
    assert {r["outcome"] for r in NAMES} == {o.value for o in Outcome}


def test_every_class_has_a_near_miss(formulary: Formulary) -> None:
    assert set(formulary.classes) - {r["class"] for r in NEAR_MISSES} == set()


def test_every_lookalike_keeps_to_its_own_side(formulary: Formulary, tools: Tools) -> None:
    wrong = []
    for pair in formulary.lookalikes:
        for name, other in ((pair.name_a, pair.ingredient_b), (pair.name_b, pair.ingredient_a)):
            if other in match_one(name, tools.index).ingredients:
                wrong.append((name, other))
    assert wrong == []


# ---- how it was read ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "method", "ingredients"),
    [
        ("sertraline", Method.EXACT, ("sertraline",)),
        ("sertralin", Method.EXACT, ("sertraline",)),  # the INN of another language is a name
        ("sertra line", Method.MISSPELLING, ("sertraline",)),
        ("zоloft", Method.MISSPELLING, ("sertraline",)),  # Cyrillic o
        ("z0loft", Method.MISSPELLING, ("sertraline",)),
        ("mirtazipine", Method.MISSPELLING, ("mirtazapine",)),  # sounds the same
        ("gabepentinn", Method.MISSPELLING, ("gabapentin",)),
        ("metoclopramiqe", Method.FUZZY, ("metoclopramide",)),
    ],
)
def test_method(text: str, method: Method, ingredients: tuple[str, ...], tools: Tools) -> None:
    found = match_one(text, tools.index)
    assert (found.method, found.ingredients) == (method, ingredients), found
    assert found.score == 1.0 if method is Method.EXACT else 0.5 < found.score < 1.0


@pytest.mark.parametrize(
    ("text", "ingredients", "note"),
    [
        ("pro chlor perazine 5 mg tds", ("prochlorperazine",), "written as three words"),
        ("lex a pro", ("escitalopram",), "written as three words"),
        ("chlor promazine", ("chlorpromazine",), "written as two words"),
        ("risper doll 2 mg", ("risperidone",), "heard from two words"),
        ("mert azapine", ("mirtazapine",), "heard from two words"),
        ("sertralinehcl 50mg", ("sertraline",), "written as one word with hcl"),
        ("clornipramine", ("clomipramine",), "rn was read as m"),
        ("1ithium 400 mg", ("lithium",), "1 was read as l"),
        ("amantidine", ("amantadine",), "spelt like amantadine, and one source names it so"),
        ("ropinerole", ("ropinirole",), ""),
    ],
)
def test_what_was_read_into_it_is_told(text: str, ingredients: tuple[str, ...], note: str, tools: Tools) -> None:
    found = match_one(text, tools.index)
    assert (found.ingredients, found.note) == (ingredients, note), found
    assert found.method in (Method.MISSPELLING, Method.FUZZY)
    assert found.score < 1.0


@pytest.mark.parametrize("text", ["there can be", "no control of it", "could act on it", "permit it", "is an ex smoker", "pro and con"])
def test_ordinary_words_are_not_heard_as_a_name(text: str, tools: Tools) -> None:
    assert _spot(tools.index, text) == []


def test_a_maker_before_a_name_that_makes_another_name_is_asked(tools: Tools) -> None:
    found = match_one("apo-morphine 10 mg", tools.index)
    assert found.outcome is Outcome.QUESTION
    assert {"apomorphine", "morphine"} <= _candidates(found)
    assert match_one("apo-sertraline", tools.index).ingredients == ("sertraline",)


@pytest.mark.parametrize(
    ("text", "ingredients"),
    [
        ("clozidine 0.1 mg tid", ("clonidine",)),
        ("clozidine 100 mg", ("clozapine",)),
        ("hydraxyzine 12.5 mg", ()),  # half a tablet of either
        ("hydraxyzine 50 mg", ()),  # a strength of both
        ("clozidine 35 mg", ()),  # a strength of neither
        ("clozidine 0.1 mg/mL", ()),  # a concentration
        ("clozidine", ()),
        ("medacine 50 mg", ()),  # a word that lists misspell
    ],
)
def test_a_strength_of_one_candidate_decides_and_is_told(text: str, ingredients: tuple[str, ...], tools: Tools) -> None:
    found = match_one(text, tools.index)
    assert found.ingredients == ingredients, found
    assert found.note.startswith("decided by the strength") == bool(ingredients)
    if ingredients and found.other_readings:
        assert found.note.endswith(", not of clozapine.".rstrip(".") if ingredients == ("clonidine",) else ", not of clonidine")


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("byoo propion 150 mg", {"bupropion"}),
        ("flew oxetine 20 mg", {"fluoxetine", "paroxetine"}),
        ("zoo clopenthixol depot", {"zuclopenthixol", "clopenthixol"}),
    ],
)
def test_the_tail_of_a_dictated_name_is_not_taken_for_another_drug(text: str, readings: set[str], tools: Tools) -> None:
    assert readings <= _candidates(match_one(text, tools.index))
    assert match_one(text, tools.index).outcome is Outcome.QUESTION or len(readings) == 1


@pytest.mark.parametrize(
    "text",
    [
        "lisinopril 10 mg plus CPZ at bedtime",
        "Also CPZ for nausea.",
        "pt takes HCTZ, lisinopril and CPZ at night",
        "AZT and CPZ given",
        "started on CPZ last week",
        "PRN CPZ",
        "Meds: lisinopril, CPZ, metformin",
    ],
)
def test_an_abbreviation_in_a_sentence_about_taking_is_asked(text: str, tools: Tools) -> None:
    assert {"chlorpromazine", "prochlorperazine"} <= {i for m in _spot(tools.index, text) for i in _candidates(m.match)}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Meds: lisinopril, MS, metformin", True),
        ("takes MS", True),
        ("PMH: DM, MS, HTN", False),
        ("pt has MS", False),
        ("woman with MS and fatigue", False),
        ("MS 2015", False),
        ("MS Excel", False),
    ],
)
def test_ms_is_asked_among_medicines_only(text: str, asked: bool, tools: Tools) -> None:
    assert any("morphine" in _candidates(m.match) for m in _spot(tools.index, text)) is asked


@pytest.mark.parametrize("text", ["Unisom, Benadryl 25 mg", "CPZ, Compazine", "ZzzQuil, Tylenol PM"])
def test_another_name_behind_a_comma_answers_no_question(text: str, tools: Tools) -> None:
    first = _spot(tools.index, text)[0].match
    assert first.outcome is Outcome.QUESTION


@pytest.mark.parametrize("brand", ["Haldol", "Paxil", "Requip", "Reglan", "Covera", "Dilacor"])
@pytest.mark.parametrize("mark", ["™", "®", "℠", "ª", "ᵀᴹ"])
def test_a_mark_behind_a_brand_changes_nothing(brand: str, mark: str, tools: Tools) -> None:
    assert match_one(f"{brand}{mark} 2 mg", tools.index) == match_one(f"{brand} 2 mg", tools.index)


def test_a_guessed_letter_is_told(tools: Tools) -> None:
    assert "looked like another" in match_one("zоloft", tools.index).note
    assert match_one("zoloft", tools.index).note == ""


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1) Zoloft 50 mg daily, then Reglan", ["Zoloft", "Reglan"]),
        ("Requip (ropinirole) 2 mg", ["Requip (ropinirole"]),
        ("carbidopa/levodopa 25-100 and Ｐaxil", ["carbidopa/levodopa", "Ｐaxil"]),
        ("takes Tylenol PM for sleep; Séroquel too", ["Tylenol PM", "Séroquel"]),
        ("sertra line and zоloft", ["sertra line", "zоloft"]),
        ("iron deficiency, lithium level, quetiapine", ["quetiapine"]),
        ("takes her Bramwell Relief PM", ["Bramwell Relief PM"]),
        ("a sleeping pill", ["sleeping pill"]),
    ],
)
def test_mentions_are_shown_where_they_were_written(text: str, written: list[str], tools: Tools) -> None:
    assert [text[m.start : m.end] for m in _spot(tools.index, text)][: len(written)] == written


@pytest.mark.parametrize(
    "text", ["iron deficiency", "lithium level 0.8", "iron studies", "iron overload", "digoxin toxicity", "digoxin levels"]
)
def test_a_laboratory_word_after_it_makes_it_no_drug(text: str, tools: Tools) -> None:
    assert _spot(tools.index, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "quetiapine at 9 pm",
        "one tablet each night",
        "during the night",
        "helps her sleep",
        "poor sleep",
        "at night time",
        "11 pm",
        "a pm dose",
        "sleep study",
    ],
)
def test_words_of_the_night_are_no_product(text: str, tools: Tools) -> None:
    assert [m.match for m in _spot(tools.index, text) if m.match.outcome is Outcome.QUESTION] == []


@pytest.mark.parametrize(
    "text",
    [
        "Bramwell PM",
        "Bramwell Headache Relief PM",
        "paracetamol PM",
        "dipyrone PM",
        "Bramwell sleepaid",
        "Bramwell sleep aid",
        "Bramwell sleep tabs",
        "Bramwell sleep gels",
        "herbal sleeping pills",
        "Bramwell nighttime cold formula",
        "Bramwell night time flu liquid",
        "Bramwell nite time cough",
    ],
)
def test_an_unlisted_product_for_the_night_is_asked_about_or_named(text: str, tools: Tools, formulary: Formulary) -> None:
    found = match_one(text, tools.index)
    tiers = {formulary.ingredients[i].tier for i in _candidates(found) if i in formulary.ingredients}
    assert tiers & set(FLAG_TIERS), found


@pytest.mark.parametrize(
    ("text", "either", "other"),
    [
        ("clozidine", "clonidine", "clozapine"),
        ("chlorpropazine", "chlorpromazine", "chlorpropamide"),
        ("hydraxyzine", "hydroxyzine", "hydralazine"),
        ("zartec", "cetirizine", "ranitidine"),
    ],
)
def test_between_two_look_alikes_the_answer_is_a_question(text: str, either: str, other: str, tools: Tools) -> None:
    found = match_one(text, tools.index)
    assert (found.outcome, found.ingredients) == (Outcome.QUESTION, ())
    assert {either, other} <= _candidates(found)
    assert found.question.startswith("Is this ")
    assert " or " in found.question


@pytest.mark.parametrize(("text", "ingredient"), [("chlorproazine", "chlorpromazine"), ("halcdol", "haloperidol"), ("zolof", "sertraline")])
def test_a_look_alike_far_away_raises_no_question(text: str, ingredient: str, tools: Tools) -> None:
    assert match_one(text, tools.index).ingredients == (ingredient,)


@pytest.mark.parametrize(("text", "ingredient"), [("reserin", "reserpine"), ("mirnel", "mirtazapine"), ("pheneline", "phenelzine")])
def test_an_obscure_name_does_not_hide_a_medicine_that_is_flagged(text: str, ingredient: str, tools: Tools) -> None:
    found = match_one(text, tools.index)
    assert found.outcome is Outcome.QUESTION, found
    assert ingredient in _candidates(found)


@pytest.mark.parametrize("text", ["toymuline", "suautex", "xanaxx", "advilx", "quinorones"])
def test_a_doubt_between_drugs_that_are_not_flagged_raises_no_question(text: str, tools: Tools) -> None:
    assert match_one(text, tools.index).outcome is not Outcome.QUESTION


def test_product_line_with_a_misspelt_name_is_asked(tools: Tools) -> None:
    found = match_one("Theraflue", tools.index)
    assert found.outcome is Outcome.QUESTION
    assert found.method is not Method.EXACT
    assert "diphenhydramine" in _candidates(found)


def test_one_answer_for_a_text_with_several_drugs(tools: Tools) -> None:
    found = match_one("sertraline 50, metformin 500, zolloft", tools.index)
    assert found.ingredients == ("sertraline", "metformin")
    assert found.outcome is Outcome.INGREDIENT
    assert found.score < 1.0  # the weakest of them
    both = match_one("Unisom, sertraline", tools.index)
    assert both.outcome is Outcome.QUESTION
    assert "sertraline" in both.ingredients
    assert match_one("", tools.index) == Match(Outcome.UNRECOGNISED, (), Method.NONE, 0.0)


@pytest.mark.parametrize(
    ("word", "ordinary"),
    [("tablet", True), ("hydrochloride", True), ("evening", True), ("sertraline", False), ("xqzvbn", False)],
)
def test_ordinary_words(word: str, ordinary: bool, tools: Tools) -> None:
    assert tools.index.is_ordinary(word) is ordinary


@pytest.mark.parametrize(
    ("key", "known"), [("zoloft", True), ("metformin", True), ("co careldopa", True), ("Zoloft", False), ("xqzvbn", False)]
)
def test_exact_names(key: str, known: bool, tools: Tools) -> None:
    assert tools.index.is_name(key) is known


@pytest.mark.parametrize(("word", "known"), [("iron", True), ("tablet", True), ("xqzvbn", False)])
def test_words_that_are_understood(word: str, known: bool, tools: Tools) -> None:
    assert tools.index.is_known_word(word) is known


# ---- scores ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("amitriptyline", "amitryptilin"),
        ("phenytoin", "fenitoin"),
        ("quetiapine", "kuetiapin"),
        ("citalopram", "sitalopram"),
        ("ropinirole", "roppinirole"),
        ("olanzapine", "olansapin"),
    ],
)
def test_spellings_of_one_sound(a: str, b: str) -> None:
    assert sound(a) == sound(b)


@pytest.mark.parametrize(("a", "b"), [("clonidine", "clonazepam"), ("hydralazine", "hydroxyzine"), ("lofepramine", "loperamide")])
def test_other_drugs_sound_different(a: str, b: str) -> None:
    assert sound(a) != sound(b)
    assert similarity(a, b) < 0.8


def test_a_wrong_start_or_ending_costs() -> None:
    inside = similarity("sertrxline", "sertraline")
    assert similarity("dertraline", "sertraline") < inside
    assert similarity("certraline", "sertraline") > similarity("dertraline", "sertraline")
    assert similarity("olanzapixx", "olanzapine") < similarity("olaxxapine", "olanzapine")
    assert similarity("zoloft", "zoloft") == pytest.approx(1.0)


WORDS = st.text(st.sampled_from("aeioucdklmnprstxyz"), min_size=1, max_size=14)


@given(WORDS, WORDS)
def test_similarity_is_a_score(a: str, b: str) -> None:
    assert -0.2 <= similarity(a, b) <= 1.0
    assert similarity(a, a) == pytest.approx(1.0)


# ---- an obvious oracle beside the fast search --------------------------------------------------------------------------
MISSPELT = "mirtazipine olanzipne quetiapyne gabapenten ropinerole metoclopromyde prochlorperizine amytriptyline duloxatine"


@pytest.mark.parametrize("word", MISSPELT.split())
def test_the_best_reading_is_that_of_a_search_through_every_name(
    word: str, tools: Tools, formulary: Formulary, vocabulary: Vocabulary
) -> None:
    found = match_one(word, tools.index)
    near = [n for n in {*formulary.names, *vocabulary.names} if n.isalpha() and OSA.distance(word, n, score_cutoff=3) <= 3]
    best = max(similarity(word, n) for n in near)
    readings = {found.name, *(r.name for r in found.other_readings)}
    assert any(similarity(word, n) == best for n in readings if n), (found, best)


# ---- what holds for every text -----------------------------------------------------------------------------------------
WRITTEN = """
    Zoloft sertraline quetiepine Tylenol PM p.m. Unisom SleepGels carbidopa levodopa co-careldopa hydralazine metformin cold flu relief
    sleep aid night nite time ( ) [ ] / + - , and mg 25 50mg hcl at des es lev citalopram iron deficiency level sertra line zоloft
    xqzvbn Ｐaxil
"""
PIECES = st.sampled_from([*WRITTEN.split(), "\n"])
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map(" ".join), st.lists(PIECES, max_size=12).map("".join))


@LIVELY
@given(TEXTS)
def test_mentions_lie_in_order_and_never_overlap(tools: Tools, text: str) -> None:
    tokens = tokenise(text)
    token, offset = 0, 0
    for m in tools.index.spot(tokens):
        assert token <= m.first < m.last <= len(tokens.words)
        assert offset <= m.start < m.end <= len(text)
        token, offset = m.last, m.end
        assert 0.0 <= m.match.score <= 1.0
        assert m.match.outcome is not Outcome.UNRECOGNISED
        assert (m.match.outcome is Outcome.QUESTION) == bool(m.match.question)
        if m.match.outcome is Outcome.INGREDIENT:
            assert m.match.ingredients


@LIVELY
@given(st.lists(PIECES, max_size=10))
def test_case_and_spacing_do_not_change_the_answer(tools: Tools, pieces: list[str]) -> None:
    text = " ".join(pieces)
    answers = [[m.match for m in _spot(tools.index, t)] for t in (text, text.upper(), f"  {text}\t", "   ".join(pieces))]
    assert answers[1:] == answers[:1] * 3


@LIVELY
@given(st.lists(st.sampled_from(["Zoloft", "metformin", "quetiepine", "Reglan", "Unisom", "hydralazine"]), min_size=1, max_size=5))
def test_order_does_not_change_what_is_found(tools: Tools, names: list[str]) -> None:
    def found(order: list[str]) -> set[str]:
        return set().union(*(_candidates(m.match) for m in _spot(tools.index, "; ".join(order))))

    assert found(names) == found(sorted(names)) == set().union(*(found([n]) for n in names))


@LIVELY
@given(TEXTS)
def test_the_same_text_has_the_same_answer_in_a_fresh_index(tools: Tools, formulary: Formulary, vocabulary: Vocabulary, text: str) -> None:
    assert _spot(tools.index, text) == _spot(NameIndex(formulary, vocabulary), text)


@pytest.mark.parametrize(
    "text",
    ["a" * 20_000, "sertraline; " * 2_000, "qwrtzp " * 500, "(" * 5_000, "zоloft" * 200],
    ids=["letters", "names", "nonsense", "signs", "joined"],
)
def test_long_texts_are_read(text: str, tools: Tools) -> None:
    found = _spot(tools.index, text)
    assert len(found) == (2_000 if text.startswith("sertraline") else 0)


def test_a_word_before_a_name_is_not_its_head(tools: Tools) -> None:
    for text in ("Name: sertraline", "continue citalopram", "restart morphine", "his oxybate", "same codeine"):
        found = _spot(tools.index, text)
        assert [m.match.method for m in found] in ([Method.EXACT], []), text
