"""Mentions with the words that belong to them: tests/cases/lists.csv says what whole lists come to (status "unread" is a line to check)."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from medcheck.domain import Dosage, Formulary, LineKind, MedicationStatement, PatientFacts, Remark, Status, Vocabulary
from medcheck.reviewing import Limits, read_text, review_text

CASES = Path(__file__).parent / "cases"
ROWS = list(csv.DictReader((CASES / "lists.csv").read_text(encoding="utf-8").splitlines()))
FILES = sorted({r["file"] for r in ROWS})


@pytest.fixture(scope="module")
def read(formulary: Formulary, vocabulary: Vocabulary, as_of: date):  # type: ignore[no-untyped-def]
    def _read(text: str, *, mention: int = 300) -> tuple[list[MedicationStatement], list[Remark]]:
        return read_text(text, formulary, vocabulary, as_of, limits=Limits(max_mention_chars=mention))

    return _read


def _daily(dosage: Dosage) -> str:
    low, high = dosage.daily_dose_mg_min, dosage.daily_dose_mg_max
    return "" if high is None else f"{high:g}" if low in (None, high) else f"{low:g}-{high:g}"


def _statuses(statements: list[MedicationStatement]) -> str:
    """ "sertraline active, pramipexole stopped?": the question mark is a status in doubt."""
    return ", ".join(f"{';'.join(s.match.ingredients)} {s.status.value}{'' if s.status_certain else '?'}" for s in statements)


@pytest.mark.parametrize("file", FILES)
def test_list(file: str, read) -> None:  # type: ignore[no-untyped-def]
    expected = [(int(r["line"]), r["ingredients"], r["status"], r["daily_dose_mg"]) for r in ROWS if r["file"] == file]
    statements, remarks = read((CASES / "lists" / file).read_text(encoding="utf-8"))
    found = [(s.line, ";".join(sorted(s.match.ingredients)) or s.match.name, s.status.value, _daily(s.dosage)) for s in statements]
    found += [(r.line, "", "unread", "") for r in remarks if r.kind is LineKind.UNRECOGNISED]
    assert sorted(found) == sorted(expected)


def test_there_are_enough_lists_and_each_file_is_used() -> None:
    assert len(FILES) >= 20
    assert {p.name for p in (CASES / "lists").iterdir()} == set(FILES)


# ---- which words belong to which mention -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "doses"),
    [
        ("sertraline 50 mg daily, gabapentin 300 mg tds", ["50", "900"]),
        ("sertraline 50 mg daily and gabapentin 300 mg tds", ["50", "900"]),
        ("sertraline 50 mg daily, and gabapentin 300 mg tds", ["50", "900"]),
        ("50 mg sertraline daily", ["50"]),
        ("sertraline, gabapentin 300 mg tds", ["", "900"]),
        ("20 mg of citalopram and 50 mg of sertraline", ["", ""]),
        ("sertraline 50 mg bd gabapentin 300 mg od", ["100", "300"]),
        ("since 2020 Neupro patch 2 mg daily", ["2"]),
        ("citalopram 20 mg daily from 2019 to 2021", ["20"]),
        ("sertraline", [""]),
    ],
)
def test_each_mention_has_its_own_dose(text: str, doses: list[str], read) -> None:  # type: ignore[no-untyped-def]
    statements, _ = read(text)
    assert [_daily(s.dosage) for s in statements] == doses


def test_a_dose_on_the_next_line_belongs_to_the_drug_before(read) -> None:  # type: ignore[no-untyped-def]
    statements, remarks = read("Sertraline\n50 mg daily since 2019")
    (found,) = statements
    assert (_daily(found.dosage), found.text, found.line) == ("50", "Sertraline 50 mg daily since 2019", 1)
    assert found.period.started is not None
    assert not remarks


def test_a_dose_two_lines_on_belongs_to_nothing(read) -> None:  # type: ignore[no-untyped-def]
    statements, remarks = read("Sertraline\n\n\n50 mg daily")
    assert _daily(statements[0].dosage) == ""
    assert [(r.line, r.kind) for r in remarks] == [(4, LineKind.UNRECOGNISED)]


def test_a_second_dose_on_the_next_line_is_not_taken_for_the_same_drug(read) -> None:  # type: ignore[no-untyped-def]
    statements, remarks = read("Sertraline 50 mg daily\n100 mg daily")
    assert [_daily(s.dosage) for s in statements] == ["50"]
    assert [(r.line, r.reason) for r in remarks] == [(2, "a dose without a drug that was recognised")]


def test_a_further_course_of_the_same_drug_says_so(read) -> None:  # type: ignore[no-untyped-def]
    statements, _ = read("Mirapex 0.125 mg qhs 2015-2017; 0.5 mg qhs since 2017; stopped 1 mg qhs")
    assert [(s.status.value, _daily(s.dosage)) for s in statements] == [("completed", "0.125"), ("active", "0.5"), ("stopped", "1")]
    assert [bool(s.doubt) for s in statements] == [False, True, True]
    assert {s.match.ingredients for s in statements} == {("pramipexole",)}


@pytest.mark.parametrize(
    ("text", "status", "certain"),
    [
        ("pramipexole 0.25 mg until Oct 2026", "completed", True),
        ("pramipexole 0.25 mg until Nov 2026", "active", False),
        ("pramipexole 0.25 mg until 2026", "active", False),
        ("pramipexole 0.25 mg until 22 Nov 2026", "active", True),
        ("pramipexole 0.25 mg\nnocte 2015-2017", "completed", True),
        ("pramipexole\n0.25 mg nocte since 2015", "active", True),
        ("stopped pramipexole\n0.25 mg nocte since 2015", "stopped", True),
    ],
)
def test_dates_say_whether_it_is_over(text: str, status: str, certain: bool, read) -> None:  # type: ignore[no-untyped-def]
    (found,) = read(text)[0]
    assert (found.status.value, found.status_certain) == (status, certain)


def test_a_second_course_under_a_section_stays_in_it(read) -> None:  # type: ignore[no-untyped-def]
    statements, _ = read("Stopped:\nropinirole 1 mg nocte; 2 mg nocte")
    assert [s.status.value for s in statements] == ["stopped", "stopped"]


def test_how_often_after_the_sentence_is_kept_with_it(read) -> None:  # type: ignore[no-untyped-def]
    statements, remarks = read("Sertraline 50 mg daily. Once in the morning")
    (found,) = statements
    assert found.text == "Sertraline 50 mg daily. Once in the morning"
    assert not [r for r in remarks if r.kind is LineKind.UNRECOGNISED]


def test_the_span_points_at_what_was_written(read) -> None:  # type: ignore[no-untyped-def]
    text = "Meds:\r\n- Zöloft 50 mg; Allergies: Reglan\r\nnow Séroquel"
    statements, _ = read(text)
    assert [text[a:b] for s in statements for a, b in [s.span]] == [s.written for s in statements]
    assert [s.written for s in statements][1:] == ["Reglan", "Séroquel"]


# ---- reasons -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("amitriptyline stopped because of dry mouth", "dry mouth"),
        ("amitriptyline stopped due to weight gain, now well", "weight gain, now well"),
        ("Allergies: Reglan (restless legs)", "restless legs"),
        ("Allergies: Reglan - twitching", "twitching"),
        ("Allergies: Reglan", ""),
        ("Allergies: Reglan, codeine", ""),
        ("amitriptyline stopped", ""),
        ("sertraline 50 mg because of low mood", ""),
        ("consider gabapentin because of pain", ""),
        ("mother took lithium because of mania", ""),
    ],
)
def test_reason(text: str, reason: str, read) -> None:  # type: ignore[no-untyped-def]
    assert read(text)[0][0].reason == reason


# ---- lines without a mention -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("BP 132/78, weight 81 kg", LineKind.NO_DRUG, ""),
        ("she sleeps badly", LineKind.NO_DRUG, ""),
        ("qqzzvv forte", LineKind.UNRECOGNISED, "no drug was recognised here"),
        ("qqzzvv 50 mg daily", LineKind.UNRECOGNISED, "no drug was recognised here"),
        ("some white tablets from Poland", LineKind.UNRECOGNISED, ""),
        ("one tablet at night", LineKind.UNRECOGNISED, "speaks of a medicine that is not named"),
        ("5 mg at night", LineKind.UNRECOGNISED, "a dose without a drug that was recognised"),
        ("ALLERGIES: NKDA", LineKind.NO_DRUG, ""),
    ],
)
def test_a_line_without_a_drug_says_what_it_is(text: str, kind: LineKind, reason: str, read) -> None:  # type: ignore[no-untyped-def]
    statements, remarks = read(text)
    assert not statements
    (found,) = [r for r in remarks if r.kind is not LineKind.HEADING]
    assert found.kind is kind
    assert reason in found.reason
    assert found.text in text


def test_a_blank_piece_is_nothing(read) -> None:  # type: ignore[no-untyped-def]
    assert read("--\n***\n") == ([], [])


def test_a_word_beside_a_medicine_that_was_not_understood_is_told(read) -> None:  # type: ignore[no-untyped-def]
    statements, remarks = read("sertraline 50 mg, qqzzvv 20 mg daily")
    assert [s.match.ingredients for s in statements] == [("sertraline",)]
    assert [(r.text, r.kind) for r in remarks] == [("qqzzvv 20 mg daily", LineKind.UNRECOGNISED)]


def test_two_such_words_together_are_told_once(read) -> None:  # type: ignore[no-untyped-def]
    _, remarks = read("qqzzvv wwkkxx 20 mg and sertraline 50 mg; sertraline, yyqqpp")
    assert [r.text for r in remarks] == ["qqzzvv wwkkxx 20 mg and", "yyqqpp"]


def test_words_far_away_do_not_reach_a_mention(read) -> None:  # type: ignore[no-untyped-def]
    near, _ = read(f"sertraline {'very well ' * 4}50 mg daily", mention=60)
    far, _ = read(f"sertraline {'very well ' * 40}50 mg daily", mention=60)
    assert (_daily(near[0].dosage), _daily(far[0].dosage)) == ("50", "")
    assert len(far[0].text) <= 120


def test_a_long_line_without_a_mention_is_not_searched_for_doses(read) -> None:  # type: ignore[no-untyped-def]
    _, remarks = read("well " * 80 + "5 mg")
    assert [r.kind for r in remarks] == [LineKind.NO_DRUG]


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("lisinopril 10mg\nXQL 5 bid", "XQL 5 bid"),
        ("aspirin 81\nDQH 25 mg hs", "DQH 25 mg hs"),
        ("lisinopril 10 mg\nTCA at night", "TCA at night"),
        ("lisinopril 10 mg\nthe blue one at night", "the blue one at night"),
        ("lisinopril 10 mg daily\nXMQ 10 nocte", "XMQ 10 nocte"),
        ("lisinopril 10 mg daily\nPPI daily", "PPI daily"),
        ("lisinopril 10 mg daily\n   PPI daily", "PPI daily"),
        ("1. lisinopril 10 mg\n   XQL at night", "XQL at night"),
        ("1. lisinopril 10 mg daily\n   XQL 5 bid", "XQL 5 bid"),
        ("sertraline 50 mg daily\n5 mg bid", "5 mg bid"),
    ],
    ids=lambda v: v.replace("\n", " / "),
)
def test_a_line_with_a_dose_is_never_lost(text: str, unread: str, formulary: Formulary, vocabulary: Vocabulary, as_of: date) -> None:
    result = review_text(text, PatientFacts(), formulary, vocabulary, as_of)
    assert [r.text for r in result.unrecognised] == [unread]
    assert not result.summary.all_clear
    alone = review_text(text.splitlines()[0], PatientFacts(), formulary, vocabulary, as_of)
    assert result.statements[0].dosage == alone.statements[0].dosage


@pytest.mark.parametrize(
    ("text", "daily"),
    [
        ("sertraline 50 mg\ntake one daily", 50),
        ("sertraline\n50 mg once daily since 2019", 50),
        ("gabapentin 300 mg\n1 tab po tid prn pain", 900),
        ("sertraline 50 mg daily\nDisp: 30 tablet", 50),
        ("sertraline 100 mg tablets. One to be taken each day", 100),
    ],
    ids=lambda v: str(v).replace("\n", " / "),
)
def test_a_line_of_dose_words_belongs_to_the_mention_before(
    text: str, daily: float, formulary: Formulary, vocabulary: Vocabulary, as_of: date
) -> None:
    result = review_text(text, PatientFacts(), formulary, vocabulary, as_of)
    assert [s.dosage.daily_dose_mg_max for s in result.statements] == [daily]
    assert not result.unrecognised


@pytest.mark.parametrize(
    ("text", "status", "started", "stopped"),
    [
        ("drug,dose,route,freq,start,end\nHaldol,5 mg,PO,BID,2024-05-01,2024-06-01", Status.COMPLETED, "2024-05-01", "2024-06-01"),
        ("Medication,Dose,Start Date,Stop Date\nZoloft,50 mg daily,2024-05-01,", Status.ACTIVE, "2024-05-01", None),
        ("name\tdose\tlast filled\nZyprexa\t5 mg daily\t05/20/2026", Status.ACTIVE, None, None),
    ],
    ids=["start and end", "no end yet", "last filled is no start"],
)
def test_the_head_of_a_table_says_what_its_dates_mean(
    text: str, status: Status, started: str | None, stopped: str | None, formulary: Formulary, vocabulary: Vocabulary, as_of: date
) -> None:
    (statement,) = review_text(text, PatientFacts(), formulary, vocabulary, as_of).statements
    period = statement.period
    assert statement.status is status
    assert (period.started.earliest.isoformat() if period.started else None) == started
    assert (period.stopped.latest.isoformat() if period.stopped else None) == stopped


def test_headings_of_a_discharge_sheet(formulary: Formulary, vocabulary: Vocabulary, as_of: date) -> None:
    text = "CONTINUE taking these medications:\nsertraline 50 mg daily\nSTOP taking these medications:\nPhenergan 25 mg\nReglan 10 mg"
    result = review_text(text, PatientFacts(), formulary, vocabulary, as_of)
    assert [s.status for s in result.statements] == [Status.ACTIVE, Status.STOPPED, Status.STOPPED]
    assert [f.ingredient for f in result.flags] == ["sertraline"]


# ---- lines and fields that speak of the drug above -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stopped; sertraline; 50 mg", "sertraline stopped"),
        ("sertraline 50 mg\nStatus:", "sertraline active"),
        ("sertraline 50 mg\nStatus: unheard of", "sertraline active"),
        ("sertraline 50 mg\nStatus: stopped\nReason: nausea", "sertraline stopped"),
        ("sertraline 50 mg\nStatus: stopped, restarted", "sertraline active?"),
        ("sertraline 50 mg\nStatus: ? stopped", "sertraline active?"),
        ("sertraline 50 mg\nComments: stopped in May", "sertraline stopped"),
        ("sertraline 50 mg\nStill taking: no", "sertraline not-taken"),
        ("sertraline 50 mg\nStart: 2020\nStopped:\nsertraline 25 mg", "sertraline active, sertraline active"),
        ("sertraline 50 mg\nSig: one daily", "sertraline active 50"),
        ("sertraline 50 mg daily\nSig: two daily", "sertraline active 50"),
        ("sertraline 50 mg. Both stopped", "sertraline stopped"),
        ("sertraline and citalopram daily. Both stopped", "sertraline stopped, citalopram stopped"),
        ("sertraline and citalopram daily. Stopped", "sertraline active, citalopram active?"),
        ("sertraline 50 mg daily. Stopped drinking", "sertraline active"),
        ("sertraline 50 mg daily. Stopped, restarted", "sertraline active?"),
        ("sertraline 50 mg daily. Her mood is stopped", "sertraline active"),
        ("sertraline 50 mg daily. Stopped smoking", "sertraline active"),
        ("sertraline 50 mg daily\n\nStopped in 2020", "sertraline active 50"),
        ("mother: sertraline. Stopped in 2020", "sertraline family"),
        ("1. sertraline 50 mg take one tablet by\n   mouth every day for mood", "sertraline active 50"),
        ("1. sertraline 50 mg\n   since 2019 - 2021", "sertraline completed"),
        ("sertraline 50 mg tablet\n  Commonly known as: Zoloft", "sertraline active"),
        ("sertraline 50 mg tablet\nAlso takes Zoloft", "sertraline active, sertraline active"),
        ("sertraline 50 mg tablet\nCommonly known as: Zoloft 100 mg", "sertraline active, sertraline active"),
        ("citalopram 20 mg tablet\nCommonly known as: Zoloft", "citalopram active, sertraline active"),
        ("setraline ODT (Zoloft)", "sertraline active"),
    ],
    ids=lambda v: str(v).replace("\n", " / "),
)
def test_what_stands_below_or_behind_a_drug(text: str, expected: str, read) -> None:  # type: ignore[no-untyped-def]
    statements, _ = read(text)
    found = [(";".join(s.match.ingredients), s.status.value + ("" if s.status_certain else "?"), _daily(s.dosage)) for s in statements]
    wanted = expected.split(", ")
    assert [" ".join(f[: len(w.split())]) for f, w in zip(found, wanted, strict=True)] == wanted


def test_the_reason_field_is_kept(read) -> None:  # type: ignore[no-untyped-def]
    (found,), _ = read("sertraline 50 mg\nStatus: stopped\nReason: nausea")
    assert found.reason == "nausea"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("drug,dose,status,comment\nZoloft,50 mg,active,stopped in May", [("sertraline", "active", False)]),
        (
            "drug,dose,status,comment\nZoloft,50 mg,stopped,replaced Paxil",
            [("sertraline", "stopped", True), ("paroxetine", "stopped", True)],
        ),
        ("drug,dose,status,end\nZoloft,50 mg,active,2020-01-01", [("sertraline", "active", False)]),
        ("drug,dose,status,provider\nZoloft,50 mg,active,Dr Qqzzvv", [("sertraline", "active", True)]),
        ("allergen,reaction,severity\nReglan,rash,mild", [("metoclopramide", "allergy", True)]),
        ("drug|taking|for\nZoloft|n|allergic rhinitis", [("sertraline", "not-taken", True)]),
        ("drug,dose,start\nZoloft,50 mg,2027-01-01", [("sertraline", "intended", True)]),
    ],
    ids=lambda v: str(v).replace("\n", " / "),
)
def test_rows_of_a_table(text: str, expected: list[tuple[str, str, bool]], read) -> None:  # type: ignore[no-untyped-def]
    statements, remarks = read(text)
    assert [(s.match.ingredients[0], s.status.value, s.status_certain) for s in statements] == expected
    assert not [r for r in remarks if r.kind is LineKind.UNRECOGNISED]


@pytest.mark.parametrize(
    ("text", "daily"),
    [
        ("sertraline 50 mg -> 100 mg daily", "100"),
        ("ropinirole 0.5 mg qhs - change to 1 mg qhs", "1"),
        ("ropinirole 1 mg nightly (Patient taking differently: Take 2 mg by mouth nightly.)", "2"),
        ("increase sertraline from 50 to 100 mg daily", "100"),
        ("drug,dose_mg,times per day\nsertraline,50,2", "100"),
    ],
)
def test_the_dose_of_now(text: str, daily: str, read) -> None:  # type: ignore[no-untyped-def]
    (found,), _ = read(text)
    assert _daily(found.dosage) == daily


def test_words_too_far_to_be_an_instruction_are_told(read) -> None:  # type: ignore[no-untyped-def]
    _, remarks = read("sertraline " + "very well " * 40 + "50 mg daily", mention=60)
    (found,) = [r for r in remarks if r.kind is LineKind.UNRECOGNISED]
    assert "more than 60 characters behind" in found.reason
    assert found.text.endswith("…")


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("Stopped:\nsertraline\nAnd what is good:\ncitalopram", ["stopped", "active?"]),
        ("Stopped:\nDrug: sertraline\nDose: 50 mg daily\nDrug: citalopram", ["stopped", "stopped"]),
        ("Allergies: Reglan\n  codeine\nsertraline", ["allergy", "allergy", "active?"]),
        ("Allergies: none\nsertraline", ["active"]),
        ("Stopped:\n\nsertraline\n\ncitalopram\n\nparoxetine\n\nfluoxetine\n", ["stopped"] * 4),
        ("Stopped:\n\nsertraline\n\ncitalopram\nparoxetine\nfluoxetine\n", ["stopped", "active?", "active?", "active?"]),
        ("All day allergy 10 mg\nsertraline", ["active", "active"]),
        ("ALL: codeine\n", ["allergy"]),
        ("Allergies (seasonal): Benadryl 25 mg", ["active"]),
        ("Current and past medications:\nsertraline", ["active"]),
        ("No known drug allergies\nsertraline", ["active"]),
    ],
    ids=lambda v: str(v).replace("\n", " / "),
)
def test_how_far_a_section_reaches(text: str, statuses: list[str], read) -> None:  # type: ignore[no-untyped-def]
    statements, _ = read(text)
    assert [s.status.value + ("" if s.status_certain else "?") for s in statements] == statuses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "PAST MEDICAL HISTORY\n1. Depression - on Zoloft 50 mg\n2. Migraine, takes Elavil 25 mg qhs\n"
            "3. Slow stomach, on Reglan 10 mg ac\nALLERGIES\nCodeine\nVITAL SIGNS\nBP 120/80\nASSESSMENT\nRLS, worse since Reglan.",
            "sertraline active, amitriptyline active, metoclopramide active, codeine allergy, metoclopramide active",
        ),
        (
            "Allergies: NKDA Medications: Zoloft 50 mg daily, Requip 1 mg qhs Past Surgical History: none",
            "sertraline active, ropinirole active",
        ),
        (
            "FAMILY HISTORY: Negative. SOCIAL HISTORY: No tobacco. MEDICATIONS: Remeron 15 mg, Flexeril 10 mg. ALLERGIES: Demerol.",
            "mirtazapine active, cyclobenzaprine active, pethidine allergy",
        ),
        ("Family history: negative\nZoloft 50 mg daily\nBenadryl 25 mg qhs", "sertraline active, diphenhydramine active"),
        (
            "Allergies: Penicillin, Sulfa\nZoloft 50mg QD\nRequip 1mg HS\nBenadryl",
            " allergy,  allergy, sertraline active, ropinirole active, diphenhydramine active?",
        ),
        ("Stopped meds: none\nZoloft\nBenadryl", "sertraline active, diphenhydramine active"),
        (
            "Hold parameters: hold metoprolol for HR<60\nMetoprolol 25 mg bid\nZoloft 50 mg daily",
            "metoprolol active, metoprolol active, sertraline active",
        ),
        ("Medications discontinued: none.\nMedications continued: Zoloft, Requip.", "sertraline active, ropinirole active"),
        ("Planned procedures: colonoscopy\nMedications: Zoloft 50 mg, Phenergan 25 mg prn", "sertraline active, promethazine active"),
        (
            "Problem list:\n Depression: sertraline 100 mg\n RLS: pramipexole 0.25 mg\n"
            " Allergic rhinitis: cetirizine 10 mg\n Nausea: previously Reglan, now ondansetron prn",
            "sertraline active, pramipexole active, cetirizine active, metoclopramide stopped, ondansetron active",
        ),
        (
            "Past 24 hours: received Haldol 2 mg IV x1, Benadryl 25 mg IV x1\nScheduled: Seroquel 50 mg bid",
            "haloperidol active, diphenhydramine active, quetiapine active",
        ),
        ("HISTORICAL PROVIDER: Smith\nZoloft 50 mg daily", "sertraline active"),
        ("Completed by: RN Jones\nZoloft 50 mg daily\nRequip 1 mg qhs", "sertraline active, ropinirole active"),
        ("Last updated: 11/20/2026\nRemoved duplicates\nZoloft 50 mg daily", "sertraline active"),
        ("On hold music played. Old records requested.\nMeds: Zoloft 50 mg.", "sertraline active"),
        ("Old town clinic\nMeds\nZoloft 50 mg", "sertraline active"),
        ("Plan of care reviewed\nZoloft 50 mg\nRequip 1 mg qhs", "sertraline active, ropinirole active"),
        ("Plan: continue current meds\nZoloft 50 mg", "sertraline active?"),
        ("Family notified.\nZoloft 50 mg", "sertraline active"),
        ("Patient's mother brought list:\nZoloft 50 mg\nRequip 1 mg", "sertraline active, ropinirole active"),
        ("Mother's list:\nZoloft 50 mg", "sertraline family"),
        ("Mom says he takes:\nZoloft 50 mg", "sertraline active"),
        ("Meds not on formulary:\nZoloft 50 mg daily", "sertraline active"),
        ("Medicines that must not be stopped:\nsertraline 50 mg daily", "sertraline active"),
        ("Do not crush:\nWellbutrin XL 300 mg daily", "bupropion active"),
        ("Stop date: none\nZoloft 50 mg", "sertraline active"),
        ("Take these until finished:\nKeflex 500 mg qid\nReglan 10 mg tid", "cefalexin active, metoclopramide active"),
        ("Medicines for after discharge:\nZoloft 50 mg daily", "sertraline active"),
        ("Previous visit meds (unchanged):\nZoloft 50 mg daily", "sertraline active"),
        ("Meds given in past 24h:\nHaldol 2 mg IM", "haloperidol active"),
        ("Never stop suddenly:\nZoloft 50 mg daily", "sertraline active"),
        ("Started or stopped since last visit:\nZoloft 50 mg daily", "sertraline active"),
    ],
    ids=lambda v: str(v)[:50].replace("\n", " / "),
)
def test_words_that_only_look_like_a_section(text: str, expected: str, read) -> None:  # type: ignore[no-untyped-def]
    statements, _ = read(text)
    assert _statuses(statements) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoloft 50 mg\nStopped\nReglan 10 mg\nSeroquel 25 mg", "sertraline active, metoclopramide stopped, quetiapine stopped"),
        ("Zoloft 50 mg\nActive\nSeroquel 25 mg\nStopped\nRequip 1 mg\nActive", "sertraline active, quetiapine stopped, ropinirole active"),
        (
            "Active\nZoloft 50 mg\nRequip 1 mg\nDiscontinued\nSeroquel 25 mg\nOn hold\nLithium 300 mg",
            "sertraline active, ropinirole active, quetiapine stopped, lithium on-hold",
        ),
        ("Hydroxyzine 25 mg\nDiscontinued", "hydroxyzine stopped"),
        (
            "Zoloft 50 mg daily\nRequip 1 mg qhs\nHydroxyzine 25 mg\n  stopped\nBenadryl 25 mg qhs",
            "sertraline active, ropinirole active, hydroxyzine stopped, diphenhydramine active",
        ),
        ("Meds\nZoloft\nRequip\nPast\nPaxil\nElavil", "sertraline active, ropinirole active, paroxetine stopped, amitriptyline stopped"),
        ("ZOLOFT 50 MG\nACTIVE\nSEROQUEL 25 MG\nSTOPPED\nREQUIP 1 MG\nACTIVE", "sertraline active, quetiapine stopped, ropinirole active"),
        ("Zoloft\nSTOPPED\nReglan", "sertraline active, metoclopramide stopped"),
        ("ALLERGIES\nCodeine\nMEDICATIONS\nZoloft\nSTOPPED\nReglan", "codeine allergy, sertraline active, metoclopramide stopped"),
        ("MEDS\nZoloft\nSTOPPED\nReglan\nALLERGIES\nCodeine", "sertraline active, metoclopramide stopped, codeine allergy"),
        (
            "Zoloft 50 mg\nRequip 1 mg\nOn hold\nLithium 300 mg\nStopped\nSeroquel 25 mg",
            "sertraline active, ropinirole active, lithium on-hold, quetiapine stopped",
        ),
    ],
    ids=lambda v: str(v)[:50].replace("\n", " / "),
)
def test_a_bare_status_heads_or_follows(text: str, expected: str, read) -> None:  # type: ignore[no-untyped-def]
    statements, _ = read(text)
    assert _statuses(statements) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # In one paragraph the later word about a drug counts for the earlier one.
        ("He was switched to Mirapex. Because of augmentation Mirapex was weaned off.", "pramipexole stopped, pramipexole stopped"),
        ("She has been on Reglan for years. I have stopped the Reglan.", "metoclopramide stopped, metoclopramide stopped"),
        # Elsewhere, or where the earlier one has a dose, it puts it in doubt.
        (
            "MEDICATIONS\nUltram 50 mg prn\n\nPLAN\nHe was told to hold his Ultram and he is currently holding it.",
            "tramadol active?, tramadol on-hold",
        ),
        ("Takes Zoloft 50 mg daily. Zoloft was stopped yesterday.", "sertraline active?, sertraline stopped"),
        # Another course, an end of long ago, a single dose and another drug change nothing.
        ("Zoloft 50 mg daily\nZoloft 100 mg was stopped", "sertraline active, sertraline stopped"),
        ("Zoloft 50 mg daily\nZoloft was stopped in 2015", "sertraline active, sertraline stopped"),
        ("Benadryl 25 mg qhs\nBenadryl was given once in the ER", "diphenhydramine active, diphenhydramine completed"),
        ("Zoloft 50 mg daily\nPaxil was stopped", "sertraline active, paroxetine stopped"),
        ("Zoloft 50 mg daily\nPast medications\nZoloft", "sertraline active, sertraline stopped"),
    ],
    ids=lambda v: str(v)[:50].replace("\n", " / "),
)
def test_a_later_word_about_a_drug_counts_for_the_earlier_one(text: str, expected: str, read) -> None:  # type: ignore[no-untyped-def]
    statements, _ = read(text)
    assert _statuses(statements) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She took Requip. It was stopped and Horizant was begun.", "ropinirole stopped, gabapentin enacarbil active"),
        ("Reglan was tried. It was stopped in favor of Zofran.", "metoclopramide stopped, ondansetron active"),
        ("Zoloft was stopped. It was restarted in March.", "sertraline active?"),
        ("Lexapro was held on admission. It will be resumed at home.", "escitalopram active?"),
        ("Lithium is held. To be resumed when the creatinine is normal.", "lithium on-hold"),
        ("Zoloft was stopped. It was not restarted.", "sertraline stopped"),
        ("Previous trials were unsuccessful. Requip worked for a while.", "ropinirole stopped"),
        ("Requip worked for a while.", "ropinirole active?"),
        ("He has failed physical therapy. Zoloft 50 mg daily. Requip worked for a while.", "sertraline active, ropinirole active?"),
        ("What have you tried before?\nRequip\nWhat do you take now?\nLyrica", "ropinirole stopped, pregabalin active"),
    ],
    ids=lambda v: str(v)[:50].replace("\n", " / "),
)
def test_a_sentence_speaks_of_the_one_before(text: str, expected: str, read) -> None:  # type: ignore[no-untyped-def]
    statements, _ = read(text)
    assert _statuses(statements) == expected
