"""Codes against text, and codes in a text: tests/cases/codes.csv is the specification of the second."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medcheck import load_formulary, load_vocabulary
from medcheck.codedtext import CodeReader, hide
from medcheck.codesystems import URI, has_check_digit, number_of
from medcheck.coding import NOTHING, Codes, codes_in, is_code_head
from medcheck.domain import (
    Coding,
    Dosage,
    Formulary,
    Match,
    MedicationStatement,
    Method,
    Outcome,
    PatientFacts,
    Reading,
    Review,
    Status,
    Vocabulary,
)
from medcheck.parsing import attach, segment
from medcheck.rendering.comma import as_csv
from medcheck.rendering.markdown import as_markdown
from medcheck.rendering.plain import as_dict
from medcheck.rendering.table import as_table
from medcheck.reviewing import Limits, Tools, match_text, prepare, read_text, review, review_text
from medcheck.schemas import ReviewSchema
from medcheck.vocabulary import packages
from medcheck.vocabulary.index import decode, encode

AS_OF = date(2026, 11, 22)
CASES = list(csv.DictReader((Path(__file__).parent / "cases" / "codes.csv").read_text(encoding="utf-8").splitlines()))


def _sctid(stem: int) -> str:
    digits = f"{stem}100000110"
    return next(digits + d for d in "0123456789" if has_check_digit(digits + d))


SNOMED_BOTH, SNOMED_LOCAL, SNOMED_UNKNOWN = _sctid(1), _sctid(2), _sctid(3)
TABLES = {
    "rxnorm": {
        308988: ("carbidopa", "levodopa"),
        5000: ("magnesium oxide",),
        5001: ("metformin",),
        5002: ("ferrous sulfate",),
        36437: ("quetiapine",),  # an import never changes what the formulary says of a code
    },
    "ndc": {number_of("ndc", "11111-2222"): ("sertraline",), number_of("ndc", "22222-0333"): ("diphenhydramine", "ibuprofen")},
    "snomed": {int(SNOMED_BOTH): ("codeine", "paracetamol"), int(SNOMED_LOCAL): ("@local", "doxepin")},
    "local": {number_of("http://hospital.example/drugs", "KH-1"): ("metoclopramide",)},
}


@pytest.fixture(scope="module")
def own(vocabulary: Vocabulary) -> Vocabulary:
    """The packaged names with a few codes of every system."""
    names = {n: vocabulary.entries[i] for n, i in vocabulary.names.items()}
    return decode(encode(names, vocabulary.words, vocabulary.sources, codes=TABLES), "test")


@pytest.fixture(scope="module")
def coded(formulary: Formulary, own: Vocabulary) -> Tools:
    return prepare(formulary, own)


@pytest.fixture(scope="module")
def codes(coded: Tools) -> Codes:
    return coded.codes


# ---- look-up -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "36437", ("sertraline",)),
        ("rxnorm", "308988", ("carbidopa", "levodopa")),
        ("rxnorm", "99999999", None),
        ("rxnorm", "x", None),
        ("http://hl7.org/fhir/sid/ndc", "11111-2222-33", ("sertraline",)),
        ("ndc", "11111222299", ("sertraline",)),
        ("ndc", "22222-333-01", ("diphenhydramine", "ibuprofen")),
        ("ndc", "2222233301", None),
        ("http://www.whocc.no/atc", "n06ab06", ("sertraline",)),
        ("atc", "N06AB", None),
        ("atc", "N02BF01", None),  # gabapentin and gabapentin enacarbil share it
        ("http://snomed.info/sct", SNOMED_BOTH, ("codeine", "paracetamol")),
        ("https://dmd.nhs.uk", SNOMED_LOCAL, ("doxepin",)),
        ("snomed", SNOMED_UNKNOWN, None),
        ("http://hospital.example/drugs", "kh-1", ("metoclopramide",)),
        ("http://other.example/drugs", "KH-1", None),
    ],
)
def test_lookup(system: str, code: str, expected: tuple[str, ...] | None, codes: Codes) -> None:
    assert codes.lookup(Coding(system, code)) == expected


def test_every_curated_code_leads_to_its_ingredient(formulary: Formulary, codes: Codes) -> None:
    for name, entry in formulary.ingredients.items():
        if entry.rxcui:
            assert codes.lookup(Coding("rxnorm", entry.rxcui)) == (name,)
        for atc in (a for a in entry.atc if len(a) == 7):
            understood = codes.read(Coding("atc", atc))
            assert (name,) in (understood.ingredients, *understood.others)


def test_a_code_that_is_not_known_says_why(codes: Codes) -> None:
    problems = {c: codes.read(Coding(s, c)).problem for s, c in (("rxnorm", "99999999"), ("ndc", "0049490066"), ("snomed", "15383014"))}
    assert problems["99999999"] == "code not known to this vocabulary"
    assert "three different" in problems["0049490066"]
    assert "check digit" in problems["15383014"]


# ---- code against text ---------------------------------------------------------------------------------------------------

SERTRALINE = Coding("rxnorm", "36437")
CO_CARELDOPA = Coding("rxnorm", "308988")
UNKNOWN = Coding("rxnorm", "99999999")


def _read(text: str, tools: Tools, *codings: Coding) -> Match:
    found = match_text(text, tools) if text else NOTHING
    return tools.codes.decide(codings, found, text)


@pytest.mark.parametrize(
    ("text", "codings", "ingredients", "note"),
    [
        ("", [SERTRALINE], ("sertraline",), ""),
        ("sertraline", [SERTRALINE], ("sertraline",), ""),
        ("Zoloft", [SERTRALINE], ("sertraline",), ""),  # brand and generic
        ("sertraline hydrochloride", [SERTRALINE], ("sertraline",), ""),  # salt
        ("sertralinum", [SERTRALINE], ("sertraline",), ""),
        ("setraline", [SERTRALINE], ("sertraline",), ""),  # the code decides a misspelling
        ("zzqwx", [SERTRALINE], ("sertraline",), ""),
        ("zzqwx", [UNKNOWN, SERTRALINE], ("sertraline",), ""),
        ("levodopa", [CO_CARELDOPA], ("carbidopa", "levodopa"), ""),  # the fuller of the two
        ("carbidopa/levodopa", [CO_CARELDOPA], ("carbidopa", "levodopa"), ""),
        ("Sinemet", [Coding("atc", "N04BA01")], ("carbidopa", "levodopa"), "the code names levodopa, the text says more"),
        ("magnesium", [Coding("rxnorm", "5000")], ("magnesium",), ""),  # a salt of what the text names, called as the formulary does
        ("ferrous sulfate", [Coding("rxnorm", "5002")], ("ferrous sulfate",), ""),
        ("Unisom", [Coding("rxnorm", "3498")], ("diphenhydramine",), ""),  # the code answers
        ("Advil PM", [Coding("ndc", "22222-0333")], ("diphenhydramine", "ibuprofen"), ""),
        ("gabapentin", [Coding("atc", "N02BF01")], ("gabapentin",), ""),
        ("stool softener", [Coding("rxnorm", "5001")], ("metformin",), 'of the name "stool softener" the ingredients are not told'),
        ("", [SERTRALINE, Coding("ndc", "11111-2222-33"), Coding("atc", "N06AB06")], ("sertraline",), ""),
        ("metformin", [Coding("rxnorm", "5001")], ("metformin",), ""),
        ("", [Coding("atc", "N02BF01"), Coding("rxnorm", "25480")], ("gabapentin",), ""),  # the second code answers the first
        ("gabapentin", [Coding("rxnorm", "25480"), Coding("atc", "N02BF01")], ("gabapentin",), ""),
        ("", [Coding("atc", "N04BA02"), CO_CARELDOPA], ("carbidopa", "levodopa"), ""),
    ],
)
def test_a_code_goes_before_its_text(text: str, codings: list[Coding], ingredients: tuple[str, ...], note: str, coded: Tools) -> None:
    match = _read(text, coded, *codings)
    assert (match.ingredients, match.method, match.score) == (ingredients, Method.CODE, 1.0)
    assert match.outcome is (Outcome.KNOWN_DRUG if ingredients == ("metformin",) else Outcome.INGREDIENT)
    assert match.note == note


@pytest.mark.parametrize(
    ("text", "codings", "readings", "common"),
    [
        ("trazodone", [SERTRALINE], [("sertraline",), ("trazodone",)], ()),
        ("quetiepine", [SERTRALINE], [("sertraline",), ("quetiapine",)], ()),  # also where the text was not read exactly
        ("metformin", [SERTRALINE], [("sertraline",), ("metformin",)], ()),
        ("escitalopram", [Coding("rxnorm", "2556")], [("citalopram",), ("escitalopram",)], ()),
        ("Madopar", [CO_CARELDOPA], [("carbidopa", "levodopa"), ("benserazide", "levodopa")], ("levodopa",)),
        ("", [SERTRALINE, Coding("rxnorm", "10737")], [("sertraline",), ("trazodone",)], ()),
        ("sertraline", [SERTRALINE, Coding("rxnorm", "10737")], [("sertraline",), ("trazodone",)], ()),
        ("", [Coding("atc", "N02BF01")], [("gabapentin",), ("gabapentin enacarbil",)], ()),
    ],
)
def test_a_contradiction_is_asked_and_shows_every_reading(
    text: str, codings: list[Coding], readings: list[tuple[str, ...]], common: tuple[str, ...], coded: Tools
) -> None:
    match = _read(text, coded, *codings)
    assert (match.outcome, match.method) == (Outcome.QUESTION, Method.CODE)
    assert [tuple(sorted(r.ingredients)) for r in match.other_readings] == [tuple(sorted(r)) for r in readings]
    assert match.ingredients == common
    assert match.question.endswith("?")
    for reading in readings:
        assert all(i in match.question for i in reading)


def test_nothing_that_a_text_may_mean_is_lost_in_a_conflict(coded: Tools) -> None:
    text = Match(
        Outcome.QUESTION, ("ibuprofen",), Method.EXACT, 0.5, "somebrand pm", (Reading("diphenhydramine", ("diphenhydramine",), 0.5),)
    )
    for coding in (SERTRALINE, Coding("rxnorm", "5640")):  # 5640 is ibuprofen in RxNorm: it is known of old, and not all
        match = coded.codes.decide([coding], text, "somebrand pm")
        named = {*match.ingredients, *(i for r in match.other_readings for i in r.ingredients)}
        assert {"ibuprofen", "diphenhydramine"} <= named
        assert match.outcome is Outcome.QUESTION


def test_a_code_that_names_a_part_answers_no_question(coded: Tools) -> None:
    readings = (Reading("a", ("carbidopa", "levodopa"), 1.0), Reading("b", ("benserazide", "levodopa"), 1.0))
    text = Match(Outcome.QUESTION, (), Method.EXACT, 1.0, "somebrand", readings, "Which?")
    match = coded.codes.decide([Coding("rxnorm", "6375")], text, "somebrand")
    assert (match.outcome, match.ingredients) == (Outcome.QUESTION, ("levodopa",))
    assert coded.codes.decide([CO_CARELDOPA], text).ingredients == ("carbidopa", "levodopa")


def test_what_a_guessed_spelling_adds_stays_a_guess(coded: Tools) -> None:
    text = Match(Outcome.INGREDIENT, ("carbidopa", "levodopa"), Method.FUZZY, 0.84, "sinemet")
    match = coded.codes.decide([Coding("rxnorm", "6375")], text, "sinimat")
    assert (match.ingredients, match.method, match.score) == (("carbidopa", "levodopa"), Method.FUZZY, 0.84)


def test_the_question_says_what_the_code_and_what_the_text_say(coded: Tools) -> None:
    assert _read("trazodone", coded, SERTRALINE).question == (
        'The code RxNorm 36437 says sertraline, the text "trazodone" says trazodone: which is taken?'
    )


def test_an_unknown_code_leaves_the_text_and_says_so(coded: Tools) -> None:
    match = _read("sertraline", coded, UNKNOWN, Coding("http://ehr.example/id", "77"))
    assert (match.ingredients, match.method) == (("sertraline",), Method.EXACT)
    assert match.note == "RxNorm 99999999: code not known to this vocabulary; read by its text"
    assert _read("zzqwx", coded, UNKNOWN).outcome is Outcome.UNRECOGNISED


# ---- statements with codes, as an EHR sends them ---------------------------------------------------------------------------


def _statement(text: str, *codings: Coding) -> MedicationStatement:
    return MedicationStatement(text, 1, (0, len(text)), text, Status.ACTIVE, True, Dosage(), NOTHING, codings=codings)


def _review(formulary: Formulary, own: Vocabulary, *statements: MedicationStatement) -> Review:
    return review(statements, PatientFacts(), formulary, own, AS_OF)


def test_a_match_that_is_given_is_held_against_the_code(formulary: Formulary, own: Vocabulary) -> None:
    given_match = Match(Outcome.INGREDIENT, ("quetiapine",), Method.EXACT, 1.0, "quetiapine")
    result = _review(formulary, own, replace(_statement("his usual tablet", SERTRALINE), match=given_match))
    assert result.statements[0].match.outcome is Outcome.QUESTION
    assert {f.ingredient for f in result.flags} == {"quetiapine", "sertraline"}


def test_a_conflict_raises_both_flags_unconfirmed(formulary: Formulary, own: Vocabulary) -> None:
    result = _review(formulary, own, _statement("quetiapine 25 mg", SERTRALINE))
    assert [(f.ingredient, f.confirmed) for f in result.flags] == [("quetiapine", False), ("sertraline", False)]
    assert result.summary.to_confirm == 1
    assert not result.summary.all_clear


def test_a_code_alone_is_enough(formulary: Formulary, own: Vocabulary) -> None:
    result = _review(formulary, own, _statement("", Coding(URI["rxnorm"], "36437", "Sertraline")))
    assert [(f.ingredient, f.confirmed) for f in result.flags] == [("sertraline", True)]
    assert result.statements[0].written == "Sertraline"


def test_what_the_code_is_said_to_display_is_held_against_it(formulary: Formulary, own: Vocabulary) -> None:
    result = _review(formulary, own, _statement("", Coding(URI["rxnorm"], "36437", "Trazodone 50 MG")))
    assert result.statements[0].match.outcome is Outcome.QUESTION


def test_a_reviewed_statement_can_be_reviewed_again(formulary: Formulary, own: Vocabulary) -> None:
    first = _review(formulary, own, _statement("trazodone", SERTRALINE), _statement("", SERTRALINE), _statement("levodopa", CO_CARELDOPA))
    again = _review(formulary, own, *first.statements)
    assert again == first


def test_an_unknown_code_is_no_all_clear(formulary: Formulary, own: Vocabulary) -> None:
    clear = _review(formulary, own, _statement("gabapentin 300 mg"))
    assert clear.summary.all_clear
    open_ = _review(formulary, own, _statement("gabapentin 300 mg", UNKNOWN))
    assert not open_.summary.all_clear
    assert open_.statements[0].codings[0].problem == "code not known to this vocabulary"
    ehr = _review(formulary, own, _statement("gabapentin 300 mg", Coding("http://ehr.example/id", "77")))
    assert ehr.summary.all_clear  # a number of the sender's own says nothing


def test_nothing_understood_is_not_recognised(formulary: Formulary, own: Vocabulary) -> None:
    result = _review(formulary, own, _statement("", UNKNOWN))
    assert [r.reason for r in result.unrecognised] == ["no drug was recognised here; RxNorm 99999999: code not known to this vocabulary"]
    assert not result.summary.all_clear


def test_a_product_for_local_use_raises_no_flag_by_its_code(formulary: Formulary, own: Vocabulary) -> None:
    result = _review(formulary, own, _statement("", Coding("dmd", SNOMED_LOCAL)))
    assert result.statements[0].dosage.route == "TOP"
    assert result.statements[0].match.ingredients == ("doxepin",)
    assert [f.ingredient for f in result.flags] == ([] if formulary.ingredients["doxepin"].systemic_only else ["doxepin"])


# ---- codes in a text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=[c["input"][:50] for c in CASES])
def test_codes_in_text(case: dict[str, str]) -> None:
    found = [
        f"{next(k for k, v in URI.items() if v == c.coding.system)} {c.coding.code}" for c in codes_in(case["input"].replace("\\n", "\n"))
    ]
    assert "; ".join(found) == case["codes"]


@given(st.text(st.sampled_from("RxCUI NDC-ATC snomed:36437|,;\n\"'()#0149N06AB dm+d"), max_size=200))
def test_codes_lie_in_the_text_and_never_overlap(text: str) -> None:
    found = codes_in(text)
    assert all(0 <= c.start < c.end <= len(text) for c in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(c.coding.code in text[c.start : c.end] for c in found)


def _told(text: str, formulary: Formulary, own: Vocabulary) -> list[tuple[str, tuple[str, ...], str, tuple[str, ...]]]:
    statements, _ = read_text(text, formulary, own, AS_OF)
    return [(s.written, s.match.ingredients, s.match.method.value, tuple(c.code for c in s.codings)) for s in statements]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RxCUI 36437", [("RxCUI 36437", ("sertraline",), "code", ("36437",))]),
        ("NDC: 11111-2222-33 1 tab daily", [("NDC: 11111-2222-33", ("sertraline",), "code", ("11111-2222-33",))]),
        ("sertraline 50 mg (ATC N06AB06)", [("sertraline", ("sertraline",), "code", ("N06AB06",))]),
        ("RxCUI 36437 sertraline 50 mg", [("sertraline", ("sertraline",), "code", ("36437",))]),
        (
            "RxCUI 36437 sertraline 50 mg, RxCUI 10737 trazodone 50 mg",
            [("sertraline", ("sertraline",), "code", ("36437",)), ("trazodone", ("trazodone",), "code", ("10737",))],
        ),
        (
            "sertraline 50 mg (rxcui 36437), trazodone 50 mg (rxcui 10737)",
            [("sertraline", ("sertraline",), "code", ("36437",)), ("trazodone", ("trazodone",), "code", ("10737",))],
        ),
        (
            "RxCUI 36437, RxCUI 10737",
            [("RxCUI 36437", ("sertraline",), "code", ("36437",)), ("RxCUI 10737", ("trazodone",), "code", ("10737",))],
        ),
        (
            "RxCUI 36437, metformin 500 mg (RxCUI 5001)",
            [("RxCUI 36437", ("sertraline",), "code", ("36437",)), ("metformin", ("metformin",), "code", ("5001",))],
        ),
        (
            "STOPPED: RxCUI 36437, penicillin (RxCUI 5001)",
            [("RxCUI 36437", ("sertraline",), "code", ("36437",)), ("penicillin", ("metformin",), "code", ("5001",))],
        ),
        ("sertraline 50 mg tablets,\ntake one daily (RxCUI 36437)", [("sertraline", ("sertraline",), "code", ("36437",))]),
        ("RxCUI 36437 / NDC 11111-2222-33", [("RxCUI 36437", ("sertraline",), "code", ("36437", "11111-2222-33"))]),
        ("sertraline 50 mg\n  NDC 11111-2222-33\n", [("sertraline", ("sertraline",), "code", ("11111-2222-33",))]),
        ("sertraline 50 mg\n  RxCUI 99999999\n", [("sertraline", ("sertraline",), "exact", ("99999999",))]),
        ("sertraline 50 mg\n  RxCUI 10737\n", [("sertraline", (), "code", ("10737",))]),  # set further in: it speaks of sertraline
        (
            "sertraline 50 mg\nRxCUI 10737\n",
            [("sertraline", ("sertraline",), "exact", ()), ("RxCUI 10737", ("trazodone",), "code", ("10737",))],
        ),
        (
            'Drug,RxCUI,Dose\n"sertraline, tablets",36437,50 mg daily\nmetformin,,500 mg bid\n',
            [("sertraline", ("sertraline",), "code", ("36437",)), ("metformin", ("metformin",), "exact", ())],
        ),
        (
            "RxCUI,Medication,Status\n36437,Sertraline,active\n10737,Trazodone,stopped\n10737,quetiapine,active\n",
            [
                ("Sertraline", ("sertraline",), "code", ("36437",)),
                ("Trazodone", ("trazodone",), "code", ("10737",)),
                ("quetiapine", (), "code", ("10737",)),
            ],
        ),
        ("Code: 36437 (RxNorm), Name: sertraline", [("sertraline", ("sertraline",), "code", ("36437",))]),
        ("Medication|NDC|Sig\nZoloft|11111-2222-33|1 daily\n", [("Zoloft", ("sertraline",), "code", ("11111-2222-33",))]),
        ("Drug\tSNOMED\nsomething\t" + SNOMED_BOTH + "\n", [(SNOMED_BOTH, ("codeine", "paracetamol"), "code", (SNOMED_BOTH,))]),
    ],
)
def test_codes_go_to_their_medicine(
    text: str, expected: list[tuple[str, tuple[str, ...], str, tuple[str, ...]]], formulary: Formulary, own: Vocabulary
) -> None:
    assert _told(text, formulary, own) == expected


@pytest.mark.parametrize(
    ("text", "remarks"),
    [
        ("RxCUI 99999999", [("RxCUI 99999999", "unrecognised", "code not known to this vocabulary")]),
        ("NDC 1-2 take daily", [("NDC 1-2 take daily", "unrecognised", "not a shape of an NDC (4-4-2, 5-3-2, 5-4-1 or 5-4-2)")]),
        ("Drug,RxCUI\nsertraline,36437\n", [("Drug,RxCUI", "heading", "")]),
        (
            "RxCUI 36437, RxCUI 99999999",
            [("RxCUI 99999999", "unrecognised", "code not known to this vocabulary")],
        ),
        (
            "zzqwxil RxCUI 36437 50 mg",
            [("zzqwxil", "unrecognised", "a word beside a read medicine was not understood")],
        ),
    ],
)
def test_what_is_said_of_codes_that_are_no_medicine(
    text: str, remarks: list[tuple[str, str, str]], formulary: Formulary, own: Vocabulary
) -> None:
    _, found = read_text(text, formulary, own, AS_OF)
    assert [(r.text, r.kind.value, r.reason) for r in found] == remarks


def test_a_code_is_no_dose_no_date_and_no_heading(formulary: Formulary, own: Vocabulary) -> None:
    text = "STOPPED:\nsertraline 50 mg daily NDC: 2019-2020-33\nNDC: 11111-2222-33\ntrazodone 50 mg nocte\n"
    statements, _ = read_text(text, formulary, own, AS_OF)
    assert [s.status.value for s in statements] == ["stopped"] * len(statements)
    assert statements[0].dosage.daily_dose_mg_max == 50
    assert statements[0].period.started is None


def test_a_code_column_has_the_status_of_its_row(formulary: Formulary, own: Vocabulary) -> None:
    text = "RxCUI,Medication,Status\n10737,Trazodone,stopped\n36437,,stopped\n"
    statements, _ = read_text(text, formulary, own, AS_OF)
    assert [(s.match.ingredients, s.status.value) for s in statements] == [(("trazodone",), "stopped"), (("sertraline",), "stopped")]


def test_the_words_of_a_statement_keep_their_codes(formulary: Formulary, own: Vocabulary) -> None:
    text = "1. sertraline (RxCUI 36437) 50 mg daily, NDC 11111-2222-33\n"
    (statement,), remarks = read_text(text, formulary, own, AS_OF)
    assert statement.text == "sertraline (RxCUI 36437) 50 mg daily, NDC 11111-2222-33"
    assert remarks == []
    assert text[statement.span[0] : statement.span[1]] == "sertraline"


LINES = st.lists(
    st.sampled_from(
        [
            "sertraline 50 mg",
            "RxCUI 36437",
            "  NDC 11111-2222-33",
            "quetiapine 25 mg (RxCUI 10737)",
            "ALLERGIES:",
            "",
            "RxCUI 99999999",
            "foo",
        ]
    ),
    min_size=1,
    max_size=6,
)


@given(LINES)
def test_every_code_of_a_text_is_in_a_statement_or_a_remark(lines: list[str]) -> None:
    text = "\n".join(lines)
    statements, remarks = read_text(text, load_formulary(), load_vocabulary(), AS_OF)
    shown = sorted(c.code for s in statements for c in s.codings)
    for c in codes_in(text):
        assert c.coding.code in shown or any(c.coding.code in r.text for r in remarks)


def test_the_end_of_a_line_that_is_too_long_is_shown_with_its_codes(formulary: Formulary, own: Vocabulary) -> None:
    text = "sertraline " + "daily " * 20 + "RxCUI 36437, RxCUI 10737"
    _, remarks = read_text(text, formulary, own, AS_OF, limits=Limits(max_line_chars=100))
    assert [r.text for r in remarks if "longer than" in r.reason] == [("daily " * 6 + "RxCUI 36437, RxCUI 10737")]


def test_a_piece_put_together_from_two_lines_keeps_its_codes(coded: Tools) -> None:
    text = "RxCUI 10737\nsertraline\n50 mg (RxCUI 36437) NDC 11111-2222-33 at night\n"
    hidden = hide(text, codes_in(text))
    first, second, third = segment(hidden.hidden, coded.headings, max_line_chars=500)[0]
    together = replace(second, text=f"{second.text} {third.text}")
    reader = CodeReader(hidden, coded.codes, coded.index.spot)
    spotted = [s for s in (reader.spotted(first), reader.spotted(together)) if s is not None]
    statements, remarks = reader.finish(attach(spotted, coded.readers, AS_OF)[0], [], lambda s: s)
    assert [tuple(c.code for c in s.codings) for s in statements] == [("10737",), ("36437", "11111-2222-33")]
    assert statements[1].text == "sertraline 50 mg (RxCUI 36437) NDC 11111-2222-33 at night"
    assert remarks == []


def test_codes_that_reach_no_piece_are_told(coded: Tools) -> None:
    text = "sertraline\nRxCUI 10737\n"
    hidden = hide(text, codes_in(text))
    reader = CodeReader(hidden, coded.codes, coded.index.spot)
    spotted = reader.spotted(segment(hidden.hidden, coded.headings, max_line_chars=500)[0][0])
    assert spotted is not None
    _, remarks = reader.finish(attach([spotted], coded.readers, AS_OF)[0], [], lambda s: s)
    assert [r.reason for r in remarks] == ["codes that could not be brought to a line and were not read: 1"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\u2028"], ids=repr)
def test_line_endings_change_nothing(ending: str, formulary: Formulary, own: Vocabulary) -> None:
    lines = [
        "1. sertraline 50 mg (RxCUI 36437). Take at night. NDC 11111-2222-33",
        "NDC: 11111-2222-33",
        "Drug,RxCUI",
        "metformin,5001",
        "",
    ]
    expected, _ = read_text("\n".join(lines), formulary, own, AS_OF)
    found, remarks = read_text(ending.join(lines), formulary, own, AS_OF)
    assert [(s.written, s.line, s.text, s.match, s.codings) for s in found] == [
        (s.written, s.line, s.text, s.match, s.codings) for s in expected
    ]
    assert "xxx" not in "".join(r.text for r in remarks) + "".join(s.text for s in found)


PIECES = st.lists(
    st.sampled_from(
        [
            *("sertraline", "50 mg daily", "RxCUI 36437", "RxCUI 99999999", "NDC", "0049-4900-66", "36437", "ATC N06AB", "stopped 2019"),
            *(
                "\n",
                "\r\n",
                "\n\n",
                ",",
                ";",
                "(",
                ")",
                "|",
                " | ",
                "\t",
                '"',
                "…",
                "é",
                "ALLERGIES:",
                "Drug,RxCUI",
                "Drug|NDC|Sig",
                "x" * 12,
            ),
        ]
    ),
    max_size=25,
)


@settings(deadline=None)
@given(PIECES)
def test_any_text_with_codes_is_read_and_keeps_its_places(pieces: list[str]) -> None:
    text = " ".join(pieces)
    statements, remarks = read_text(text, load_formulary(), load_vocabulary(), AS_OF)
    shown = [c.code for s in statements for c in s.codings]
    covered = bytearray(len(text))
    for start, end in [s.clause for s in statements] + [r.span for r in remarks]:
        covered[start:end] = b"\x01" * (end - start)
    assert "".join(c for c, told in zip(text, covered, strict=True) if c.isalnum() and not told) == ""
    for s in statements:
        if s.doubt.startswith("the drug is taken from"):  # a further course: the span is that of its own words
            continue
        assert s.written.strip() in text[s.span[0] : s.span[1]] or text[s.span[0] : s.span[1]] == s.written
    for c in codes_in(text):
        assert c.coding.code in shown or any(c.coding.code in r.text for r in remarks)


def test_a_code_and_its_own_label_seldom_differ(tools: Tools) -> None:
    """Every 60th listing of the FDA's directory: what its code says and what its generic name says."""
    with packages.find(packages.NDC).file.open(encoding="cp1252") as file:
        rows = [row for n, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)) if n % 60 == 0]
    asked = read = 0
    for row in rows:
        coding = Coding("ndc", row["PRODUCTNDC"])
        understood = tools.codes.read(coding)
        if not understood.problem and not understood.local:
            match = tools.codes.decide([coding], match_text(row["NONPROPRIETARYNAME"], tools), row["NONPROPRIETARYNAME"])
            read += 1
            asked += match.outcome is Outcome.QUESTION
    assert read > 900
    assert asked / read < 0.015  # 0.6 % of 6,029; docs/decisions/0009-codes.md says which


def test_adding_a_line_of_code_takes_no_flag_away(formulary: Formulary, own: Vocabulary) -> None:
    base = "sertraline 50 mg daily\nquetiapine 25 mg nocte\n"
    before = {f.ingredient for f in review_text(base, PatientFacts(), formulary, own, AS_OF).flags}
    for line in ("RxCUI 10737", "NDC 11111-2222-33", "RxCUI 99999999", "Drug,RxCUI\nmetformin,5001", "  RxCUI 308988"):
        after = {f.ingredient for f in review_text(base + line + "\n", PatientFacts(), formulary, own, AS_OF).flags}
        assert before <= after


def test_match_reads_codes_too(coded: Tools) -> None:
    assert match_text("RxCUI 36437", coded).ingredients == ("sertraline",)
    assert match_text("trazodone (RxCUI 36437)", coded).outcome is Outcome.QUESTION
    unknown = match_text("NDC 0049490066", coded)
    assert unknown.outcome is Outcome.UNRECOGNISED
    assert unknown.note.startswith("NDC 0049490066: ten digits")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Drug,RxCUI", True),
        ("NDC code;Medication;Sig", True),
        ("| Drug | SNOMED CT |", True),
        ("RxCUI", False),
        ("RxCUI,NDC", False),
        ("sertraline,RxCUI 36437", False),
        ("x" * 2000 + ",RxCUI", False),
        (",".join(["RxCUI"] * 100), False),
        ("50 mg sertraline, NDC", False),
    ],
)
def test_heads_of_tables_with_codes(line: str, expected: bool) -> None:
    assert is_code_head(line) is expected


# ---- what the reader sees ----------------------------------------------------------------------------------------------------


def test_every_layout_shows_codes_and_those_not_understood(formulary: Formulary, own: Vocabulary) -> None:
    text = "gabapentin 300 mg (RxCUI 99999999)\nRxCUI 25480\nsertraline 50 mg (RxCUI 10737)\n"
    result = review_text(text, PatientFacts(), formulary, own, AS_OF)
    page, note, rows = as_table(result, full=True), as_markdown(result), as_csv(result)
    assert "code not understood, read by the text beside it: line 1 RxNorm 99999999 (code not known to this vocabulary)" in page
    assert "read as gabapentin (code RxNorm 25480)" in page
    assert "The code RxNorm 10737 says trazodone" in page
    assert "code not understood, read by the text beside it: line 1 RxNorm 99999999" in note
    told = [row["codes"] for row in csv.DictReader(rows.splitlines())]
    assert told == ["RxNorm 99999999 (code not known to this vocabulary)", "RxNorm 25480", "RxNorm 10737"]
    assert as_dict(result)["statements"][0]["codings"] == [
        {"system": URI["rxnorm"], "code": "99999999", "display": "", "problem": "code not known to this vocabulary"}
    ]
    ReviewSchema().load(as_dict(result))


def test_the_headline_says_that_a_code_was_not_compared(formulary: Formulary, own: Vocabulary) -> None:
    result = review_text("gabapentin 300 mg (RxCUI 99999999)", PatientFacts(), formulary, own, AS_OF)
    assert "This is not an all-clear: 1 code not understood, so not compared with the text." in " ".join(as_table(result).split())
    assert not result.summary.all_clear


def test_what_the_code_says_less_is_noted(formulary: Formulary, own: Vocabulary) -> None:
    result = review_text("Sinemet 25/100 tid (RxCUI 6375)", PatientFacts(), formulary, own, AS_OF)
    assert "the code names levodopa, the text says more" in " ".join(as_table(result, full=True).split())
    assert result.exposures[0].ingredient == "levodopa"


@pytest.mark.parametrize(("line", "route"), [(f"dm+d {SNOMED_LOCAL} at night", "TOP"), (f"doxepin 10 mg po (dm+d {SNOMED_LOCAL})", "PO")])
def test_local_use_is_told_by_the_code_only_where_the_text_gives_no_route(
    line: str, route: str, formulary: Formulary, own: Vocabulary
) -> None:
    (statement,), _ = read_text(line, formulary, own, AS_OF)
    assert (statement.match.ingredients, statement.dosage.route) == (("doxepin",), route)


def test_a_table_that_ends_and_a_row_of_another_width(formulary: Formulary, own: Vocabulary) -> None:
    text = "Drug,RxCUI\nsertraline,36437\nsertraline 50 mg, at night, 36437, more\n\nquetiapine,10737\n"
    statements, _ = read_text(text, formulary, own, AS_OF)
    assert [(s.line, tuple(c.code for c in s.codings)) for s in statements] == [(2, ("36437",)), (3, ()), (5, ())]
