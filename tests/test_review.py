"""The one door: limits, honesty about what was not read, and the same answer whatever the way in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import medcheck
from medcheck.domain import (
    Formulary,
    LineKind,
    Match,
    MedicationStatement,
    Method,
    Outcome,
    PartialDate,
    PatientFacts,
    Review,
    Status,
    Vocabulary,
)
from medcheck.errors import InputError, MedcheckError
from medcheck.rendering.plain import as_dict
from medcheck.reviewing import Limits, Tools, match_one, needs_confirming, prepare, read_sig, review, review_text

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").iterdir())
NOTHING = PatientFacts()
CANARY = "Qzyxwv Canary 4711"


@pytest.fixture(scope="module")
def ask(formulary: Formulary, vocabulary: Vocabulary, as_of: date) -> Callable[..., Review]:
    def _ask(text: str, facts: PatientFacts = NOTHING, limits: Limits | None = None, region: str = "", day: date = as_of) -> Review:
        return review_text(text, facts, formulary, vocabulary, day, limits=limits, region=region)

    return _ask


def _names(result: Review) -> list[str]:
    return [f.ingredient for f in result.flags]


# ---- one door ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_statements_and_text_come_to_the_same(
    path: Path, ask: Callable[..., Review], formulary: Formulary, vocabulary: Vocabulary, as_of: date
) -> None:
    facts = PatientFacts(
        age=70, ferritin_ug_per_l=40, symptom_onset=PartialDate(date(2026, 5, 1), date(2026, 5, 31)), conditions=("seizures",)
    )
    whole = ask(path.read_text(encoding="utf-8"), facts)
    again = review(whole.statements, facts, formulary, vocabulary, as_of)
    assert again == replace(whole, remarks=again.remarks, summary=again.summary)
    assert again.summary.flags == whole.summary.flags


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_statements_without_a_match_are_matched_by_what_was_written(
    path: Path, ask: Callable[..., Review], formulary: Formulary, vocabulary: Vocabulary, as_of: date
) -> None:
    whole = ask(path.read_text(encoding="utf-8"))
    raw = [replace(s, match=Match(Outcome.UNRECOGNISED, (), Method.NONE, 0.0)) for s in whole.statements]
    again = review(raw, NOTHING, formulary, vocabulary, as_of)
    assert [(f.ingredient, f.lines) for f in again.flags] == [(f.ingredient, f.lines) for f in whole.flags]


def test_a_statement_that_is_not_recognised_is_told(
    formulary: Formulary, vocabulary: Vocabulary, as_of: date, ask: Callable[..., Review]
) -> None:
    known = ask("sertraline 50 mg").statements[0]
    odd = replace(known, written="", text="qqzzvv", line=2, match=Match(Outcome.UNRECOGNISED, (), Method.NONE, 0.0))
    found = review([known, odd], NOTHING, formulary, vocabulary, as_of)
    assert _names(found) == ["sertraline"]
    assert [(r.text, r.line) for r in found.unrecognised] == [("qqzzvv", 2)]
    assert (found.summary.unread, found.summary.all_clear) == (1, False)


def test_no_statements_are_no_all_clear(formulary: Formulary, vocabulary: Vocabulary, as_of: date) -> None:
    found = review([], NOTHING, formulary, vocabulary, as_of)
    assert (found.flags, found.summary.lines, found.summary.all_clear) == ((), 0, False)


def test_the_public_names_fill_in_what_is_not_given(as_of: date) -> None:
    found = medcheck.review_text("Zoloft 50 mg", as_of=as_of)
    assert _names(found) == ["sertraline"]
    assert medcheck.review(found.statements, as_of=as_of) == found
    assert medcheck.review_text("Zoloft 50 mg").as_of == medcheck.review(found.statements).as_of
    assert isinstance(found, medcheck.Review)
    assert isinstance(medcheck.load_formulary(), medcheck.Formulary)
    assert issubclass(InputError, medcheck.MedcheckError)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        medcheck.nothing_like_it  # noqa: B018


# ---- the answer --------------------------------------------------------------------------------------------------------
def test_the_three_answers_without_a_flag_are_kept_apart(ask: Callable[..., Review]) -> None:
    found = ask("bupropion 150 mg\nhydralazine 25 mg\nqqzzvv 5 mg\nTylenol 500 mg")
    assert ("bupropion", "P") in found.examined
    assert {"hydralazine", "paracetamol"} <= set(found.not_in_formulary)
    assert [r.text for r in found.unrecognised] == ["qqzzvv 5 mg"]
    assert found.flags == ()
    assert not found.summary.all_clear


@pytest.mark.parametrize(
    ("text", "clear"),
    [
        ("gabapentin 300 mg tds", True),
        ("gabapentin 300 mg tds\nBP 120/70", True),
        ("gabapentin 300 mg tds\nsertraline 50 mg", False),
        ("gabapentin 300 mg tds\nqqzzvv", False),
        ("gabapentin 300 mg tds\nUnisom", False),
        ("gabapentine 300 mg tds\ngabapentn", False),
        ("? taking gabapentin", False),
        ("trial of gabapentin", False),
        ("BP 120/70", False),
        ("stopped sertraline in 2020", True),
    ],
)
def test_all_clear_only_when_all_was_read_and_nothing_is_open(text: str, clear: bool, ask: Callable[..., Review]) -> None:
    assert ask(text).summary.all_clear is clear


def test_the_counts_add_up(ask: Callable[..., Review]) -> None:
    for path in EXAMPLES:
        found = ask(path.read_text(encoding="utf-8"))
        s = found.summary
        assert s.read + s.to_confirm == s.statements == len(found.statements)
        assert s.unread == len(found.unrecognised)
        assert s.flags == len(found.flags)
        assert set(found.not_taken) == {k for k, x in enumerate(found.statements) if x.status not in (Status.ACTIVE, Status.UNKNOWN)}
        assert {k for f in found.flags for k in f.references} <= {r.key for r in found.references}
        assert {k for p in found.points for k in p.references} <= {r.key for r in found.references}
        assert len({r.key for r in found.references}) == len(found.references)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sertraline", False),
        ("quetiepine", True),
        ("Unisom", True),
        ("stopped Unisom", True),
        ("stopped quetiepine", False),
        ("trial of sertraline", True),
    ],
)
def test_what_must_be_confirmed(text: str, expected: bool, ask: Callable[..., Review]) -> None:
    (found,) = ask(text).statements
    assert needs_confirming(found) is expected


def test_a_question_is_neither_examined_nor_outside(ask: Callable[..., Review]) -> None:
    found = ask("Unisom at night")
    assert set(_names(found)) == {"diphenhydramine", "doxylamine"}
    assert all(not f.confirmed for f in found.flags)
    assert (found.examined, found.not_in_formulary) == ((), ())


def test_a_drug_of_unknown_content_is_named_as_written(ask: Callable[..., Review], formulary: Formulary) -> None:
    found = ask("sertraline 50 mg")
    statement = replace(found.statements[0], match=Match(Outcome.KNOWN_DRUG, (), Method.EXACT, 1.0, "some syrup"))
    again = review([statement], NOTHING, formulary, medcheck.load_vocabulary(), found.as_of)
    assert again.not_in_formulary == ("some syrup",)


@pytest.mark.parametrize(
    "more", ["gabapentin 300 mg tds", "qqzzvv 5 mg", "quetiapine 25 mg", "BP 120/70", "mother takes lithium", "", "Zoloft 50 mg"]
)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_a_line_more_at_the_top_removes_no_flag(path: Path, more: str, ask: Callable[..., Review]) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(_names(ask(text))) <= set(_names(ask(f"{more}\n{text}")))


def test_the_same_question_has_the_same_answer(ask: Callable[..., Review]) -> None:
    for path in EXAMPLES:
        text = path.read_text(encoding="utf-8")
        assert ask(text) == ask(text)
        assert as_dict(ask(text)) == as_dict(ask(text))


def test_as_of_decides_what_is_over_and_nothing_else_is_the_clock(ask: Callable[..., Review]) -> None:
    text = "Mirapex 0.25 mg qhs Jan 2015 - Mar 2021"
    assert [s.status for s in ask(text).statements] == [Status.COMPLETED]
    assert [s.status for s in ask(text, day=date(2020, 6, 1)).statements] == [Status.ACTIVE]
    assert ask(text, day=date(2020, 6, 1)).as_of == date(2020, 6, 1)


def test_the_region_decides_what_is_ambiguous(formulary: Formulary, vocabulary: Vocabulary) -> None:
    us, uk = (prepare(formulary, vocabulary, r) for r in ("us", "uk"))
    assert read_sig("10 mg on", uk).doses_per_day_max == 1
    assert us is not uk
    assert prepare(formulary, vocabulary, "us") is us


def test_the_sig_of_a_pair_knows_its_drug(tools: Tools) -> None:
    assert read_sig("Sinemet 25/100 tid", tools).daily_dose_mg_max == 300


# ---- several names as one match ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "outcome", "ingredients"),
    [
        ("nothing here", Outcome.UNRECOGNISED, ()),
        ("Zoloft", Outcome.INGREDIENT, ("sertraline",)),
        ("sertraline and hydralazine", Outcome.INGREDIENT, ("sertraline", "hydralazine")),
        ("sertraline, sertraline", Outcome.INGREDIENT, ("sertraline",)),
        ("hydralazine with enalapril and Unisom", Outcome.QUESTION, ("hydralazine", "enalapril")),
    ],
)
def test_match_one(text: str, outcome: Outcome, ingredients: tuple[str, ...], tools: Tools) -> None:
    found = match_one(text, tools.index)
    assert (found.outcome, found.ingredients) == (outcome, ingredients)


def test_match_one_is_as_sure_as_its_weakest_part(tools: Tools) -> None:
    weak = match_one("quetiepine", tools.index)
    found = match_one("sertraline quetiepine", tools.index)
    assert (found.method, found.score) == (weak.method, weak.score)
    assert found.score < 1


# ---- limits ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["", " ", "\n\n", "---", "\u200b\u200e", "…!?", "\0"])
def test_an_empty_list_is_an_error(text: str, ask: Callable[..., Review]) -> None:
    with pytest.raises(InputError, match="empty") as caught:
        ask(text)
    assert caught.value.messages == {"text": ["holds no letter or digit"]}


def test_lines_up_to_the_limit(ask: Callable[..., Review]) -> None:
    limits = Limits(max_list_lines=5)
    assert ask("sertraline\n" * 4 + "gabapentin", limits=limits).summary.lines == 5
    with pytest.raises(InputError, match="has 6 lines, more than the 5"):
        ask("sertraline\n" * 5 + "gabapentin", limits=limits)


def test_bytes_up_to_the_limit(ask: Callable[..., Review]) -> None:
    limits = Limits(max_list_bytes=20)
    assert ask("sertraline é 12345 x"[:-1], limits=limits).statements
    with pytest.raises(InputError, match="has 21 bytes, more than the 20"):
        ask("sertraline é 12345 x", limits=limits)


def test_a_line_over_its_limit_is_a_remark_not_an_error(ask: Callable[..., Review]) -> None:
    found = ask("sertraline 50 mg " + "well " * 2000)
    assert _names(found) == ["sertraline"]
    assert "longer than 5000 characters" in found.unrecognised[0].reason
    assert not found.summary.all_clear


def test_lone_surrogates_are_replaced_and_told(ask: Callable[..., Review]) -> None:
    found = ask("gabapentin 300 mg tds \ud800\udfff")
    assert [s.match.ingredients for s in found.statements] == [("gabapentin",)]
    assert "2 characters are no valid text" in found.unrecognised[-1].reason
    assert not found.summary.all_clear
    assert "\ud800" not in str(as_dict(found))


@pytest.mark.parametrize(
    "text",
    [
        "sertraline\0 50 mg",
        "ser\u200btraline 50 mg",
        "\u202esertraline 50 mg",
        "\ufeffsertraline 50 mg",
        "SERTRALINE\t50",
        "sertraline\x1b[31m 50 mg",
        "ｓｅｒｔｒａｌｉｎｅ 50",
    ],
)
def test_odd_characters_do_not_hide_a_drug(text: str, ask: Callable[..., Review]) -> None:
    assert _names(ask(text)) == ["sertraline"]


@pytest.mark.parametrize(
    ("text", "limits"),
    [(f"{CANARY}\n" * 9, Limits(max_list_lines=3)), (CANARY, Limits(max_list_bytes=3))],
)
def test_what_was_typed_never_stands_in_an_error(text: str, limits: Limits, ask: Callable[..., Review]) -> None:
    with pytest.raises(MedcheckError) as caught:
        ask(text, limits=limits)
    told = f"{caught.value} {caught.value.args} {getattr(caught.value, 'messages', '')}"
    assert not any(word in told for word in CANARY.split())


def test_a_heading_is_no_statement_and_no_doubt(ask: Callable[..., Review]) -> None:
    found = ask("MEDICATIONS\ngabapentin 300 mg tds")
    assert [r.kind for r in found.remarks] == [LineKind.HEADING]
    assert found.summary.all_clear


def test_a_statement_with_a_code_already_matched_is_left_alone(formulary: Formulary, vocabulary: Vocabulary, as_of: date) -> None:
    match = Match(Outcome.INGREDIENT, ("quetiapine",), Method.CODE, 1.0, "quetiapine")
    made = MedicationStatement("x", 1, (0, 1), "sertraline", Status.ACTIVE, True, medcheck.domain.Dosage(), match)
    assert _names(review([made], NOTHING, formulary, vocabulary, as_of)) == ["quetiapine"]
