"""The layouts: nothing that was typed can act, hide or be lost, and no layout gives a plain all-clear while something is open."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from medcheck.domain import FLAG_TIERS, Alternative, Formulary, Match, Method, Outcome, PartialDate, PatientFacts, Review, Tier, Vocabulary
from medcheck.rendering.comma import as_csv
from medcheck.rendering.entry import entry_as_dict, entry_as_text
from medcheck.rendering.markdown import as_markdown, escape
from medcheck.rendering.plain import NOT_REVIEWED, NOTICE, as_dict, dosage_as_dict, match_as_dict
from medcheck.rendering.table import as_table
from medcheck.rendering.words import FACT_WORDS, Citations, clean, headline, reference_text
from medcheck.reviewing import review_text

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").iterdir())
LAYOUTS: dict[str, Callable[[Review], str]] = {
    "table": as_table,
    "full table": lambda r: as_table(r, full=True, references=True),
    "markdown": as_markdown,
    "csv": as_csv,
    "json": lambda r: json.dumps(as_dict(r), ensure_ascii=False),
}
FACTS = PatientFacts(age=70, ferritin_ug_per_l=38, tsat_percent=18, symptom_onset=PartialDate(date(2026, 5, 1), date(2026, 5, 31)))
each_layout = pytest.mark.parametrize("layout", LAYOUTS)


@pytest.fixture(scope="module")
def ask(formulary: Formulary, vocabulary: Vocabulary, as_of: date) -> Callable[..., Review]:
    def _ask(text: str, facts: PatientFacts = FACTS) -> Review:
        return review_text(text, facts, formulary, vocabulary, as_of)

    return _ask


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# ---- never a plain all-clear -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "gabapentin 300 mg tds\nqqzzvv 5 mg", "gabapentin 300 mg tds\nUnisom", "gabapentin\ntrial of bupropion", "gabapentn 300 mg",
        "BP 120/70", "qqzzvv", "gabapentin \ud800", "gabapentin 300 mg" + " well" * 1200,
    ],
)  # fmt: skip
@each_layout
def test_never_a_plain_all_clear_while_something_is_open(layout: str, text: str, ask: Callable[..., Review]) -> None:
    result = ask(text)
    shown = LAYOUTS[layout](result)
    assert "All lines were read" not in shown
    if layout == "csv":
        rows = _rows(shown)
        assert not rows or any(
            r["outcome"] in ("unrecognised", "question") or r["status_certain"] == "no" or r["method"] != "exact" for r in rows
        )
    elif layout == "json":
        assert json.loads(shown)["summary"]["all_clear"] is False
    else:
        words = " ".join(shown.split()).replace("\\", "")
        assert "This is not an all-clear" in words or "this says nothing about safety" in words


@each_layout
def test_an_all_clear_says_what_it_rests_on(layout: str, ask: Callable[..., Review]) -> None:
    shown = " ".join(LAYOUTS[layout](ask("gabapentin 300 mg tds")).split())
    if layout in ("table", "full table", "markdown"):
        assert "All lines were read and nothing on the list is flagged in this formulary" in shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("qqzzvv 5 mg\ngabapentin", "line 1 was not checked"),
        ("qqzzvv 5 mg\ngabapentin\nqqwwkk 3 mg", "lines 1, 3 were not checked"),
        ("\n".join(f"qqzzv{c} 3 mg" for c in "abcdefghik") + "\ngabapentin", "lines 1, 2, 3, 4, 5, 6, 7, 8 ... were not checked"),
        ("gabapentin \ud800", "some text was not checked"),
        ("Unisom", "1 reading must be confirmed"),
        ("Unisom\nquetiepine", "2 readings must be confirmed"),
        ("qqzzvv\nUnisom", "line 1 was not checked and 1 reading must be confirmed"),
        ("sertraline", "1 mention on 1 line: 1 read, 0 to confirm, 0 not recognised."),
        ("BP 120/70", "No medicine was read: this says nothing about safety."),
    ],
)
def test_headline(text: str, words: str, ask: Callable[..., Review]) -> None:
    assert words in headline(ask(text))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
@each_layout
def test_what_was_not_read_and_what_is_flagged_is_in_every_layout(layout: str, path: Path, ask: Callable[..., Review]) -> None:
    result = ask(path.read_text(encoding="utf-8"))
    shown = LAYOUTS[layout](result).replace("\\", "")
    for flag in result.flags:
        assert flag.ingredient in shown
    for remark in result.unrecognised:
        assert remark.text[:40] in shown


# ---- the state of the data ---------------------------------------------------------------------------------------------
@each_layout
def test_every_layout_says_that_the_data_is_not_clinically_reviewed(layout: str, ask: Callable[..., Review]) -> None:
    result = replace(ask("sertraline 50 mg"), clinically_reviewed=False)
    assert re.search(r"not (?:yet )?(?:been )?clinically reviewed", " ".join(LAYOUTS[layout](result).split()))


@each_layout
def test_reviewed_data_does_not_say_so(layout: str, ask: Callable[..., Review]) -> None:
    result = replace(ask("gabapentin"), clinically_reviewed=True)
    assert NOT_REVIEWED not in LAYOUTS[layout](result)


@pytest.mark.parametrize("layout", ["table", "markdown", "json"])
def test_it_informs_and_names_its_version(layout: str, ask: Callable[..., Review]) -> None:
    result = ask("sertraline 50 mg")
    shown = LAYOUTS[layout](result)
    assert NOTICE in shown
    assert result.formulary_sha256[:8] in shown
    assert result.formulary_version in shown
    assert "2026-11-22" in shown


# ---- what was typed cannot act -----------------------------------------------------------------------------------------
HOSTILE = [
    "=HYPERLINK(1) sertraline", "+sertraline 1", "@sertraline", "\tsertraline =1+1", "＝sertraline", "'=sertraline", '"=1+1" sertraline',
    "sertraline <script>alert(1)</script>", "[sertraline](http://x)", "![x](y) sertraline", "`sertraline` | **x** | # y",
    "sertraline\x1b[31mred",
    "sertraline \u202e gm 05", "sertraline\u2066x\u2069", "Unisom | evil | row", "qqzzvv | evil | row", "qqzzvv\x07\x08\u200b=1",
    "sertraline\u061c\ufeff",
    "Allergies: Reglan (=cmd|' /C calc'!A0)", "stopped sertraline because of <b>rash</b>", "- qqzzvv\u2028=1+1",
]  # fmt: skip


def _invisible(text: str) -> set[str]:
    return {f"{ord(c):04x}" for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("layout", ["table", "full table", "markdown", "csv"])
def test_no_control_or_direction_character_reaches_a_layout(layout: str, text: str, ask: Callable[..., Review]) -> None:
    assert _invisible(LAYOUTS[layout](ask(text))) == set()


@pytest.mark.parametrize("text", [*HOSTILE, *(p.read_text(encoding="utf-8") for p in EXAMPLES)])
def test_no_cell_starts_a_formula(text: str, ask: Callable[..., Review]) -> None:
    for row in csv.reader(io.StringIO(as_csv(ask(text)))):
        for cell in row:
            assert cell.lstrip(" \"'").lstrip()[:1] not in tuple("=+-@＝＋－＠") or cell.startswith("'"), cell


@pytest.mark.parametrize("text", HOSTILE)
def test_no_markup_reaches_markdown(text: str, ask: Callable[..., Review]) -> None:
    shown = as_markdown(ask(text))
    assert not re.search(r"(?<!\\)[<\[]\s*(?:script|b>|/|sertraline\]|x\])", shown)
    for line in shown.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 6, line


def test_a_formula_is_kept_behind_an_apostrophe(ask: Callable[..., Review]) -> None:
    (row,) = _rows(as_csv(ask("=1+1 qqzzvv 5 mg")))
    assert row["text"] == "'=1+1 qqzzvv 5 mg"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 薬", "plain é 薬"),
        ("a\tb\nc\rd", "a b c d"),
        ("a\x1bb", "a\\u001bb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb", "a\\u200bb"),
        ("a\ud800b", "a\\ud800b"),
        ("a\u2028b", "a\\u2028b"),
        ("a\u00a0b", "a\u00a0b"),
    ],
)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_escape_covers_every_character_that_markdown_reads() -> None:
    for c in "\\`*_{}[]()#+-.!|<>~&":
        assert escape(f"a{c}b") == f"a\\{c}b"


def test_json_keeps_what_was_typed(ask: Callable[..., Review]) -> None:
    shown = as_dict(ask("sertraline\x1b[31m \u202e50"))
    assert "\x1b" in shown["statements"][0]["text"]
    assert json.loads(json.dumps(shown)) == shown


# ---- CSV ---------------------------------------------------------------------------------------------------------------
def test_csv_has_a_row_for_each_statement_and_each_line_not_read(ask: Callable[..., Review]) -> None:
    result = ask((EXAMPLES[0]).read_text(encoding="utf-8"))
    rows = _rows(as_csv(result))
    assert len(rows) == len(result.statements) + len(result.unrecognised)
    assert [r["line"] for r in rows] == [*(str(s.line) for s in result.statements), *(str(r.line) for r in result.unrecognised)]
    assert {r["tier"] for r in rows} <= {"", "A", "B", "C"}


def test_csv_cells(ask: Callable[..., Review]) -> None:
    first, second, third = _rows(as_csv(ask("Zoloft 50-100 mg daily prn\nUnisom\nqqzzvv 5 mg")))
    assert (first["ingredients"], first["tier"], first["confirmed"], first["as_needed"]) == ("sertraline", "B", "yes", "yes")
    assert (second["outcome"], second["confirmed"], second["tier"]) == ("question", "no", "A")
    assert second["question"]
    assert (third["outcome"], third["written"], third["reason"]) == ("unrecognised", "qqzzvv 5 mg", "no drug was recognised here")


# ---- the table ---------------------------------------------------------------------------------------------------------
def test_what_was_not_understood_comes_first(ask: Callable[..., Review]) -> None:
    shown = as_table(ask(f"{EXAMPLES[0].read_text(encoding='utf-8')}\nqqzzvv 5 mg"))
    heads = [line for line in shown.splitlines() if line and not line.startswith(" ") and line.split("   ")[0].isupper()]
    starts = ["PLEASE CONFIRM", "NOT RECOGNISED", "WHAT MAY WORSEN", "AUGMENTATION", "POINTS TO DISCUSS", "LOOK-ALIKES", "NO FLAG"]
    assert [h[: len(s)] for h, s in zip(heads, starts, strict=True)] == starts


@pytest.mark.parametrize("width", [60, 110, 140])
def test_the_table_keeps_its_width(width: int, ask: Callable[..., Review]) -> None:
    result = ask(EXAMPLES[0].read_text(encoding="utf-8"))
    long = [line for line in as_table(result, width=width, full=True, references=True).splitlines() if len(line) > width]
    assert all(
        "http" in line or re.search(r" [ABC] (?:avoid|review|be)|evidence for|^medcheck ", line) or " " not in line.strip() for line in long
    )


def test_each_number_cited_is_listed_once(ask: Callable[..., Review]) -> None:
    for path in EXAMPLES:
        for shown in (as_table(ask(path.read_text(encoding="utf-8")), references=True, full=True, width=10_000),):
            body, _, listed = shown.partition("\nREFERENCES\n")
            cited = {int(n) for group in re.findall(r" \[([\d, ]+)\]", body) for n in group.split(",")}
            numbers = [int(n) for n in re.findall(r"^  \[(\d+)\]", listed, re.M)]
            assert numbers == list(range(1, len(numbers) + 1))
            assert cited == set(numbers)


def test_markdown_lists_what_it_cites(ask: Callable[..., Review]) -> None:
    shown = as_markdown(ask(EXAMPLES[0].read_text(encoding="utf-8")))
    body, _, listed = shown.partition("## References")
    cited = {int(n) for group in re.findall(r" \\\[([\d, ]+)\\\]", body) for n in group.split(",")}
    assert cited == {int(n) for n in re.findall(r"^(\d+)\. ", listed, re.M)}


def test_markdown_without_a_citation_has_no_references(ask: Callable[..., Review]) -> None:
    assert "References" not in as_markdown(ask("paracetamol 1 g qds", PatientFacts()))


def test_missing_facts_are_told_in_words(ask: Callable[..., Review]) -> None:
    result = ask("Zoloft 50 mg od\ngabapentin 300 mg nocte\npramipexole 0.25 mg nocte", PatientFacts())
    assert set(result.missing) == set(FACT_WORDS)
    for shown in (as_table(result, width=10_000), as_markdown(result).replace("\\", "")):
        assert f"not given and would matter: {', '.join(FACT_WORDS[m] for m in result.missing)}\n" in shown


def test_local_use_of_a_flagged_medicine_is_told(ask: Callable[..., Review]) -> None:
    result = ask("ketotifen eye drops 1 drop each eye bd\ndiphenhydramine 2% cream apply topically bd")
    assert not result.flags
    for shown in (as_table(result, width=10_000), as_markdown(result)):
        assert "diphenhydramine (local use, not flagged), ketotifen (local use, not flagged)" in shown


def test_why_a_reading_is_open_is_told(ask: Callable[..., Review]) -> None:
    result = ask("Mirapex 0.125 mg qhs; 0.5 mg qhs\ntrial of gabapentin")
    for shown in (as_table(result), as_markdown(result).replace("\\", "")):
        words = " ".join(shown.split())
        assert "the drug is taken from the words before" in words
        assert "not clear" in words
        assert "shown as taken" in words


def test_timing_is_shown_when_it_is_known(ask: Callable[..., Review]) -> None:
    result = ask("sertraline 50 mg started 20 Apr 2026")
    assert "time: Started 11 to 41 days before the symptoms." in as_table(result)
    assert "time: Started 11 to 41 days before the symptoms" in as_markdown(result).replace("\\", "")


def test_withheld_options_say_why(ask: Callable[..., Review]) -> None:
    result = ask("sertraline 50 mg\nAllergies: bupropion")
    for shown in (as_table(result), as_markdown(result).replace("\\", "")):
        assert re.search(r"not offered.*bupropion.*allergy or intolerance recorded \(line 2\)", " ".join(shown.split()))


def test_a_second_member_of_a_class_points_to_the_first(ask: Callable[..., Review]) -> None:
    shown = as_table(ask("sertraline 50 mg\nfluoxetine 20 mg"))
    assert re.search(r"Consider: as for (?:sertraline|fluoxetine) above", shown)
    assert "as for" not in as_table(ask("sertraline 50 mg\nfluoxetine 20 mg"), full=True)


def test_a_long_line_not_read_is_shortened_in_the_table_only(ask: Callable[..., Review]) -> None:
    text = "qqzzvv " + "x" * 200
    assert "..." in as_table(ask(text))
    assert "x" * 180 in as_csv(ask(text))


def test_many_quiet_lines_are_counted(ask: Callable[..., Review]) -> None:
    assert "and 3 more" in as_table(ask("gabapentin 300 mg tds\n" + "sleeps badly\n" * 15))


def test_nothing_taken_and_nothing_to_tell_has_no_section(ask: Callable[..., Review], formulary: Formulary) -> None:
    result = ask("sertraline 50 mg", PatientFacts())
    bare = replace(
        result,
        flags=(),
        points=(),
        mimics=(),
        statements=(),
        remarks=(),
        examined=(),
        not_in_formulary=(),
        not_taken=(),
        missing=(),
        references=(),
    )
    shown = as_table(bare)
    assert "POINTS" not in shown
    assert "NO FLAG" not in shown
    assert "cited" not in shown
    assert "## Points" not in as_markdown(bare)


def test_a_flag_that_no_fact_would_change(ask: Callable[..., Review]) -> None:
    result = ask("sertraline 50 mg")
    settled = replace(result, flags=(replace(result.flags[0], would_change=()),))
    for shown in (as_table(settled), as_table(settled, full=True), as_markdown(settled)):
        assert "ould change this" not in shown
    assert "ould change this" in as_table(result, full=True)


def test_an_option_without_caveat_and_a_sentence_without_caution(ask: Callable[..., Review]) -> None:
    result = ask("sertraline 50 mg")
    plain = Alternative("n", "this need", "drug", ("loratadine",), "Consider it", "", "", "", "weak", (), "no")
    shown = as_table(replace(result, flags=(replace(result.flags[0], alternatives=(plain,)),)), full=True)
    assert "> for this need: Consider it.\n" in shown


# ---- words -------------------------------------------------------------------------------------------------------------
def test_citations_number_in_order_of_use_and_skip_unknown_keys(formulary: Formulary) -> None:
    known = list(formulary.references.values())[:3]
    cited = Citations(known)
    assert cited.cite([known[2].key, "nobody_1900"]) == " [1]"
    assert cited.cite([known[0].key, known[2].key, known[0].key]) == " [2, 1]"
    assert cited.cite([]) == ""
    assert cited.cite(["nobody_1900"]) == ""
    assert [(n, r.key) for n, r in cited.listed()] == [(1, known[2].key), (2, known[0].key)]


def test_every_reference_reads_as_one_line_with_an_identifier_or_its_source(formulary: Formulary) -> None:
    for reference in formulary.references.values():
        shown = reference_text(reference)
        assert "\n" not in shown
        assert ".." not in shown.replace("...", "")
        assert reference.title.rstrip(".") in shown
        assert reference.verified == "yes" or "(" in shown


def test_an_unnamed_match_is_shown_by_name() -> None:
    shown = match_as_dict(Match(Outcome.KNOWN_DRUG, (), Method.EXACT, 0.98765, "syrup"))
    assert (shown["name"], shown["score"], shown["ingredients"]) == ("syrup", 0.988, [])


def test_numbers_are_whole_where_they_can_be(ask: Callable[..., Review]) -> None:
    shown = dosage_as_dict(ask("sertraline 50 mg daily").statements[0].dosage)
    assert (shown["daily_dose_mg_max"], type(shown["daily_dose_mg_max"])) == (50, int)
    assert dosage_as_dict(ask("pramipexole 0.125 mg daily").statements[0].dosage)["daily_dose_mg_max"] == 0.125


# ---- entries -----------------------------------------------------------------------------------------------------------
def test_every_entry_can_be_shown(formulary: Formulary) -> None:
    for name, entry in formulary.ingredients.items():
        told = entry_as_dict(name, formulary)
        shown = entry_as_text(name, formulary)
        assert json.loads(json.dumps(told)) == told
        assert shown.startswith(name)
        assert ("not yet clinically reviewed" in shown) is (not told["clinically_reviewed"])
        assert entry.tier not in FLAG_TIERS or f"  {entry.tier.value} " in shown
        assert _invisible(shown) == set()


def test_a_tier_without_a_flag_is_named_in_words(formulary: Formulary) -> None:
    silent = next(n for n, i in formulary.ingredients.items() if i.tier is Tier.SILENT)
    assert "nothing found" in entry_as_text(silent, formulary)
