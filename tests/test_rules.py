"""Flags, alternatives, points, look-alikes and exposures from statements made by hand; the clinical numbers are those of formulary/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from medcheck.domain import (
    FLAG_TIERS,
    Alternative,
    Dosage,
    Flag,
    Formulary,
    Match,
    MedicationStatement,
    Method,
    Outcome,
    PartialDate,
    PatientFacts,
    Period,
    Point,
    Reading,
    Status,
    Tier,
    Vocabulary,
)
from medcheck.reviewing import read_text
from medcheck.rules import exposures, flag, linked_mimics, missing_facts, points
from medcheck.rules.alternatives import Offered, alternatives
from medcheck.rules.flags import WITHDRAWAL
from medcheck.rules.patient import describe

AS_OF = date(2026, 11, 22)
NOTHING = PatientFacts()


def _day(value: date) -> PartialDate:
    return PartialDate(value, value)


def _said(
    *ingredients: str, line: int = 1, status: Status = Status.ACTIVE, certain: bool = True, method: Method = Method.EXACT, **more: object
) -> MedicationStatement:
    """A statement as reading would make it."""
    name = " ".join(ingredients)
    match = Match(Outcome.INGREDIENT, ingredients, method, 1.0 if method is Method.EXACT else 0.93, name)
    made = MedicationStatement(name, line, (0, len(name)), name, status, certain, Dosage(), match)
    return replace(made, **more)  # type: ignore[arg-type]


def _question(*possible: str, line: int = 1, words: str = "Which one?", sure: tuple[str, ...] = ()) -> MedicationStatement:
    readings = tuple(Reading(i, (i,), 0.9) for i in possible)
    match = Match(Outcome.QUESTION, sure, Method.EXACT, 1.0, "brand", readings, words)
    return replace(_said(line=line), match=match, written="brand")


def _flags(formulary: Formulary, *statements: MedicationStatement, facts: PatientFacts = NOTHING) -> tuple[Flag, ...]:
    return flag(statements, describe(statements, facts, formulary), formulary, AS_OF)


def _points(formulary: Formulary, *statements: MedicationStatement, facts: PatientFacts = NOTHING) -> dict[str, Point]:
    flags = flag(statements, describe(statements, facts, formulary), formulary, AS_OF)
    found = points(statements, flags, exposures(statements, formulary), describe(statements, facts, formulary), formulary, AS_OF)
    assert len({p.id for p in found}) == len(found), "a point is made once"
    return {p.id: p for p in found}


# ---- flags -------------------------------------------------------------------------------------------------------------
def test_worst_tier_first_then_strength_then_confirmed_then_name(formulary: Formulary) -> None:
    names = [i.name for i in formulary.ingredients.values() if i.tier in FLAG_TIERS and i.name != WITHDRAWAL][::7]
    statements = [_said(n, line=k, certain=k % 3 > 0) for k, n in enumerate(reversed(names), start=1)]
    found = _flags(formulary, *statements)
    strengths = ["strong", "moderate", "conflicting", "weak", "none"]
    order = [(f.tier.value, strengths.index(f.strength), not f.confirmed, f.ingredient) for f in found]
    assert order == sorted(order)
    assert {f.ingredient for f in found} == set(names)


@pytest.mark.parametrize("status", list(Status))
def test_only_what_is_taken_or_not_told_is_flagged(status: Status, formulary: Formulary) -> None:
    found = [f.ingredient for f in _flags(formulary, _said("quetiapine", status=status))]
    assert found == (["quetiapine"] if status in (Status.ACTIVE, Status.UNKNOWN) else [])


def test_a_drug_on_two_lines_is_one_flag(formulary: Formulary) -> None:
    (found,) = _flags(formulary, _said("sertraline", line=4), _said("bupropion", line=2), _said("sertraline", line=1))
    assert (found.statements, found.lines) == ((0, 2), (1, 4))


def test_each_ingredient_of_a_combination_is_looked_at(formulary: Formulary) -> None:
    assert [f.ingredient for f in _flags(formulary, _said("paracetamol", "diphenhydramine"))] == ["diphenhydramine"]


@pytest.mark.parametrize("name", ["bupropion", "loratadine", "pramipexole", "gabapentin", "hydralazine", "lisinopril"])
def test_what_is_not_of_a_flag_tier_is_not_flagged(name: str, formulary: Formulary) -> None:
    assert _flags(formulary, _said(name)) == ()


@pytest.mark.parametrize(("route", "flagged"), [("OPH", False), ("TOP", False), ("NAS", False), ("PO", True), ("IM", True), (None, True)])
def test_a_local_route_does_not_count_where_only_systemic_use_does(route: str | None, flagged: bool, formulary: Formulary) -> None:
    assert bool(_flags(formulary, _said("doxepin", dosage=Dosage(route=route)))) is flagged
    assert _flags(formulary, _said("metoclopramide", dosage=Dosage(route=route)))


def test_what_is_used_locally_counts_in_no_point(formulary: Formulary) -> None:
    oral, cream = _said("diphenhydramine"), _said("diphenhydramine", line=2, dosage=Dosage(route="TOP"))
    drops, tablet = _said("ketotifen", line=3, dosage=Dosage(route="OPH")), _said("ketotifen", line=3)

    def told(*statements: MedicationStatement) -> set[str]:
        return {p.id for p in points(statements, (), (), describe(statements, NOTHING, formulary), formulary, AS_OF)}

    assert "duplicate_diphenhydramine" in told(oral, replace(oral, line=2))
    assert "duplicate_diphenhydramine" not in told(oral, cream)
    same_class = f"same_class_{formulary.ingredients['ketotifen'].class_key}"
    assert same_class in told(oral, tablet)
    assert same_class not in told(oral, drops)


def test_a_flag_carries_its_evidence_apart_and_all_of_its_references(formulary: Formulary) -> None:
    for name, entry in formulary.ingredients.items():
        if entry.tier not in FLAG_TIERS or name == WITHDRAWAL:
            continue
        (found,) = _flags(formulary, _said(name))
        concerns = {"worsens_rls", "plms", "akathisia_mimic"} & set(entry.effect)
        opposed = "against" if concerns else "for"  # what supports "neutral" speaks against the flag
        assert {e for e in entry.evidence if e.direction == opposed} <= set(found.counter_evidence)
        assert set(found.evidence) == {e for e in entry.evidence if e.direction != opposed and e.of == "drug"}
        assert {e for e in entry.evidence if e.direction != opposed and e.of == "class"} <= set(found.class_evidence)
        assert not set(found.evidence + found.class_evidence) & set(found.counter_evidence)
        cited = {k for e in (*found.evidence, *found.class_evidence, *found.counter_evidence) for k in e.references}
        assert cited <= set(found.references) <= set(formulary.references)
        assert found.references
        assert found.tier is entry.tier
        assert found.evidence or found.class_evidence or found.counter_evidence


@pytest.mark.parametrize(
    ("statement", "because"),
    [
        (_said("quetiapine", method=Method.FUZZY), "similar spelling (score 0.93)"),
        (_said("quetiapine", method=Method.MISSPELLING), "another spelling (score 0.93)"),
        (_said("quetiapine", doubt="taken from the words before"), "taken from the words before"),
        (_said("quetiapine", certain=False), "still taken is not clear"),
        (_question("quetiapine"), "Which one?"),
        (_question("quetiapine", words=""), "the name is ambiguous"),
    ],
)
def test_unconfirmed_says_why(statement: MedicationStatement, because: str, formulary: Formulary) -> None:
    (found,) = _flags(formulary, statement)
    assert not found.confirmed
    assert because in found.unconfirmed_because


@pytest.mark.parametrize("statement", [_said("quetiapine"), _said("quetiapine", method=Method.CODE)])
def test_confirmed_says_nothing(statement: MedicationStatement, formulary: Formulary) -> None:
    (found,) = _flags(formulary, statement)
    assert (found.confirmed, found.unconfirmed_because) == (True, "")


def test_one_sure_reading_confirms(formulary: Formulary) -> None:
    (found,) = _flags(formulary, _said("quetiapine", certain=False), _said("quetiapine", line=2))
    assert found.confirmed


def test_a_question_raises_everything_it_could_be_and_what_is_sure_is_confirmed(formulary: Formulary) -> None:
    found = _flags(formulary, _question("doxylamine", "loratadine", sure=("diphenhydramine",)))
    assert {f.ingredient: f.confirmed for f in found} == {"diphenhydramine": True, "doxylamine": False}


# ---- opioid withdrawal -------------------------------------------------------------------------------------------------
def _ended(days_ago: int) -> Period:
    return Period(None, _day(AS_OF - timedelta(days=days_ago)))


@pytest.mark.parametrize(
    ("statement", "raised"),
    [
        (_said("oxycodone"), False),
        (_said("oxycodone", status=Status.STOPPED), True),
        (_said("oxycodone", status=Status.ON_HOLD), True),
        (_said("oxycodone", status=Status.STOPPED, period=_ended(90)), True),
        (_said("oxycodone", status=Status.STOPPED, period=_ended(91)), False),
        (_said("oxycodone", status=Status.COMPLETED, period=_ended(10)), True),
        (_said("oxycodone", status=Status.COMPLETED), False),
        (_said("oxycodone", status=Status.ALLERGY), False),
        (_said("oxycodone", status=Status.FAMILY), False),
        (_said("oxycodone", text="tapering oxycodone"), True),
        (_said("oxycodone", text="weaning off oxycodone"), True),
        (_said("sertraline", status=Status.STOPPED), False),
        (_said("hydralazine", status=Status.STOPPED), False),
    ],
)
def test_opioid_withdrawal(statement: MedicationStatement, raised: bool, formulary: Formulary) -> None:
    assert (WITHDRAWAL in [f.ingredient for f in _flags(formulary, statement)]) is raised


def test_withdrawal_without_a_date_is_to_be_confirmed(formulary: Formulary) -> None:
    (asked,) = _flags(formulary, _said("codeine", status=Status.STOPPED))
    (known,) = _flags(formulary, _said("codeine", status=Status.STOPPED, period=_ended(5)))
    assert "is to be confirmed" in asked.unconfirmed_because
    assert known.confirmed


def test_a_formulary_without_the_state_does_not_raise_it(formulary: Formulary) -> None:
    values = {k: v for k, v in formulary.ingredients.items() if k != WITHDRAWAL}
    without = replace(formulary, ingredients=values)
    statements = [_said("codeine", status=Status.STOPPED)]
    assert flag(statements, describe(statements, NOTHING, without), without, AS_OF) == ()


# ---- timing ------------------------------------------------------------------------------------------------------------
ONSET = date(2026, 6, 1)
PLAUSIBLE, POSSIBLE, UNLIKELY, LATE = "a link is plausible", "a link is possible", "a link is unlikely", "is on record"


@pytest.mark.parametrize(
    ("name", "before", "words"),
    [
        ("sertraline", 0, PLAUSIBLE),
        ("sertraline", 28, PLAUSIBLE),
        ("sertraline", 29, POSSIBLE),
        ("sertraline", 90, POSSIBLE),
        ("sertraline", 91, UNLIKELY),
        ("lithium", 28, PLAUSIBLE),
        ("lithium", 91, LATE),
        ("omeprazole", 91, LATE),
        ("cinnarizine", 91, LATE),
        ("sertraline", -1, "Started 1 days after the symptoms: it did not begin them"),
        ("sertraline", -200, "Started 200 days after the symptoms"),
    ],
)
def test_days_from_start_to_onset(name: str, before: int, words: str, formulary: Formulary) -> None:
    statement = _said(name, period=Period(_day(ONSET - timedelta(days=before))))
    (found,) = _flags(formulary, statement, facts=PatientFacts(symptom_onset=_day(ONSET)))
    assert found.days_to_onset == (before, before)
    assert words in found.timing
    assert str(abs(before)) in found.timing


def test_a_start_known_to_the_month_gives_a_range(formulary: Formulary) -> None:
    statement = _said("sertraline", period=Period(PartialDate(date(2026, 4, 1), date(2026, 4, 30))))
    (found,) = _flags(formulary, statement, facts=PatientFacts(symptom_onset=_day(ONSET)))
    assert found.days_to_onset == (32, 61)
    assert found.timing.startswith("Started 32 to 61 days before the symptoms.")


def test_an_order_that_is_not_certain_says_so(formulary: Formulary) -> None:
    statement = _said("sertraline", period=Period(PartialDate(date(2026, 1, 1), date(2026, 12, 31))))
    (found,) = _flags(formulary, statement, facts=PatientFacts(symptom_onset=_day(ONSET)))
    assert found.days_to_onset == (-213, 151)
    assert "(from 213 days after to 151 days before): the order is not certain" in found.timing


def test_started_after_in_a_range(formulary: Formulary) -> None:
    statement = _said("sertraline", period=Period(PartialDate(date(2026, 7, 1), date(2026, 7, 31))))
    (found,) = _flags(formulary, statement, facts=PatientFacts(symptom_onset=_day(ONSET)))
    assert found.timing.startswith("Started 30 to 60 days after the symptoms")


def test_without_onset_there_is_no_timing_and_without_start_a_question(formulary: Formulary) -> None:
    dated = _said("sertraline", period=Period(_day(ONSET)))
    (found,) = _flags(formulary, dated)
    assert (found.days_to_onset, found.timing) == (None, "")
    (found,) = _flags(formulary, _said("sertraline"), facts=PatientFacts(symptom_onset=_day(ONSET)))
    assert found.days_to_onset is None
    assert "ask for both" in found.timing
    assert "when this medicine was started or its dose last raised" in found.would_change


def test_of_several_courses_the_one_closest_before_the_onset_counts(formulary: Formulary) -> None:
    courses = [_said("sertraline", period=Period(_day(ONSET - timedelta(days=d)))) for d in (400, 20, -30)]
    facts = PatientFacts(symptom_onset=_day(ONSET))
    assert _flags(formulary, *courses, facts=facts)[0].days_to_onset == (20, 20)
    later = [_said("sertraline", period=Period(_day(ONSET + timedelta(days=d)))) for d in (90, 30)]
    assert _flags(formulary, *later, facts=facts)[0].days_to_onset == (-30, -30)


# ---- what would change a flag ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        (PatientFacts(), True),
        (PatientFacts(sex="male"), False),
        (PatientFacts(pregnant=False), False),
        (PatientFacts(age=11), False),
        (PatientFacts(age=12), True),
        (PatientFacts(age=55), True),
        (PatientFacts(age=56), False),
    ],
)
def test_pregnancy_is_asked_only_where_it_can_be(facts: PatientFacts, asked: bool, formulary: Formulary) -> None:
    statements = [_said("sertraline")]
    flags = flag(statements, describe(statements, facts, formulary), formulary, AS_OF)
    assert ("pregnancy" in flags[0].would_change) is asked
    assert ("pregnant" in missing_facts(describe(statements, facts, formulary), flags, (), formulary)) is asked


def test_given_facts_are_not_asked_again(formulary: Formulary) -> None:
    facts = PatientFacts(age=70, ferritin_ug_per_l=60, tsat_percent=20, egfr=80, rls_diagnosed=True, symptom_onset=_day(ONSET))
    statements = [_said("sertraline", period=Period(_day(ONSET))), _said("gabapentin")]
    flags = flag(statements, describe(statements, facts, formulary), formulary, AS_OF)
    assert flags[0].would_change == ("why it is taken",)
    assert missing_facts(describe(statements, facts, formulary), flags, (), formulary) == ()


@pytest.mark.parametrize(
    ("statements", "facts", "missing"),
    [
        ([_said("hydralazine")], PatientFacts(), ("rls_diagnosed",)),
        ([_said("hydralazine")], PatientFacts(rls_diagnosed=False), ()),
        ([_said("gabapentin")], PatientFacts(rls_diagnosed=True), ("egfr",)),
        ([_said("gabapentin")], PatientFacts(rls_diagnosed=True, dialysis=True), ()),
        ([_said("gabapentin")], PatientFacts(rls_diagnosed=True, egfr=90), ()),
        (
            [_said("rotigotine")],
            PatientFacts(sex="male"),
            ("rls_diagnosed", "symptom_onset", "ferritin_ug_per_l", "tsat_percent", "age", "indication", "prior_augmentation", "answers"),
        ),
        (
            [_said("rotigotine", status=Status.STOPPED)],
            PatientFacts(sex="male"),
            ("rls_diagnosed", "symptom_onset", "ferritin_ug_per_l", "tsat_percent", "age"),
        ),
    ],
)
def test_missing_facts(
    statements: Sequence[MedicationStatement], facts: PatientFacts, missing: tuple[str, ...], formulary: Formulary
) -> None:
    flags = flag(statements, describe(statements, facts, formulary), formulary, AS_OF)
    assert missing_facts(describe(statements, facts, formulary), flags, exposures(statements, formulary), formulary) == missing


# ---- alternatives ------------------------------------------------------------------------------------------------------
def _option(formulary: Formulary, flagged: str, offered: str, *others: MedicationStatement, facts: PatientFacts = NOTHING) -> Alternative:
    """The first option of a flag that names a drug, held against the patient."""
    found = next(f for f in _flags(formulary, _said(flagged), *others, facts=facts) if f.ingredient == flagged)
    return next(a for a in found.alternatives if offered in a.ingredients)


def _facts(*conditions: str, **known: object) -> PatientFacts:
    return PatientFacts(conditions=conditions, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("flagged", "offered", "others", "facts", "why"),
    [
        ("sertraline", "bupropion", [], NOTHING, ""),
        ("sertraline", "bupropion", [_said("bupropion", line=7, status=Status.ALLERGY)], NOTHING, "intolerance recorded (line 7)"),
        ("sertraline", "bupropion", [_said("bupropion", line=7)], NOTHING, "already taken (line 7)"),
        ("sertraline", "bupropion", [_said("bupropion", status=Status.UNKNOWN)], NOTHING, "already taken"),
        ("sertraline", "bupropion", [_said("bupropion", line=7, status=Status.STOPPED)], NOTHING, "stopped or tried before (line 7)"),
        ("sertraline", "bupropion", [_said("bupropion", status=Status.COMPLETED)], NOTHING, "stopped or tried before"),
        ("sertraline", "bupropion", [_said("bupropion", line=7, status=Status.NOT_TAKEN)], NOTHING, "recorded as not to be taken (line 7)"),
        ("sertraline", "bupropion", [_said("bupropion", line=7, status=Status.ON_HOLD)], NOTHING, "on hold (line 7)"),
        ("sertraline", "bupropion", [_said("bupropion", status=Status.FAMILY)], NOTHING, ""),
        ("sertraline", "bupropion", [_said("bupropion", status=Status.INTENDED)], NOTHING, ""),
        ("sertraline", "bupropion", [], _facts("seizures"), "not with seizures"),
        ("sertraline", "bupropion", [], _facts("eating_disorder"), "not with eating disorder"),
        ("sertraline", "bupropion", [_said("phenelzine")], NOTHING, "not together with phenelzine on the list"),
        ("sertraline", "bupropion", [_said("selegiline")], NOTHING, "not together with selegiline on the list"),
        ("sertraline", "bupropion", [_said("selegiline", status=Status.STOPPED)], NOTHING, ""),
        ("phenelzine", "bupropion", [], NOTHING, "not together with phenelzine on the list"),
        ("sertraline", "bupropion", [], _facts(age=17), "not below 18 years"),
        ("sertraline", "bupropion", [], _facts(age=18), ""),
        ("sertraline", "trazodone", [], _facts("long_qt"), "not with long QT"),
        ("metoclopramide", "ondansetron", [], _facts("long_qt"), "not with long QT"),
        ("metoclopramide", "ondansetron", [_said("apomorphine")], NOTHING, "not together with apomorphine on the list"),
        ("metoclopramide", "ondansetron", [], NOTHING, ""),
    ],
)  # fmt: skip
def test_an_option_is_withheld_for(
    flagged: str, offered: str, others: list[MedicationStatement], facts: PatientFacts, why: str, formulary: Formulary
) -> None:
    found = _option(formulary, flagged, offered, *others, facts=facts)
    assert why in found.withheld
    assert bool(found.withheld) is bool(why)


@pytest.mark.parametrize(
    ("flagged", "offered", "others", "facts", "caution"),
    [
        ("sertraline", "bupropion", [], NOTHING, ""),
        ("sertraline", "bupropion", [_said("tramadol")], NOTHING, "caution with tramadol on the list"),
        ("sertraline", "trazodone", [], NOTHING, ""),
        ("sertraline", "trazodone", [_said("citalopram")], NOTHING, "caution with citalopram on the list"),
        ("sertraline", "bupropion", [], _facts(pregnant=True), "obstetric team first"),
        ("sertraline", "bupropion", [], _facts(egfr=59.9), "caution: kidney impairment"),
        ("sertraline", "bupropion", [], _facts(egfr=60.0), ""),
        ("sertraline", "bupropion", [], _facts(dialysis=True), "caution: kidney impairment, dialysis"),
        ("sertraline", "bupropion", [], _facts("hypertension"), "caution: high blood pressure"),
        ("hydroxyzine", "loratadine", [_said("desloratadine", line=5)], NOTHING, "not desloratadine: already taken (line 5)"),
    ],
)
def test_an_option_is_offered_with_caution(
    flagged: str, offered: str, others: list[MedicationStatement], facts: PatientFacts, caution: str, formulary: Formulary
) -> None:
    found = _option(formulary, flagged, offered, *others, facts=facts)
    assert not found.withheld
    assert caution in found.caution
    assert bool(found.caution) is bool(caution), found.caution


def test_an_option_of_two_drugs_goes_when_both_go_and_says_why_for_each(formulary: Formulary) -> None:
    found = _option(formulary, "hydroxyzine", "loratadine", _said("loratadine", status=Status.ALLERGY), _said("desloratadine"))
    assert found.withheld == "loratadine: allergy or intolerance recorded (line 1); desloratadine: already taken (line 1)"


def _with_option(formulary: Formulary, **change: object) -> Formulary:
    """The formulary with the first option for depression changed."""
    need = formulary.needs["depression"]
    first = type(need.options[0])(**{**need.options[0].__dict__, **change})
    changed = type(need)(**{**need.__dict__, "options": (first, *need.options[1:])})
    return replace(formulary, needs={**formulary.needs, "depression": changed})


@pytest.mark.parametrize(
    ("change", "facts", "why"),
    [
        ({"pregnancy": "exclude"}, _facts(pregnant=True), "not in pregnancy"),
        ({"pregnancy": "exclude"}, _facts(pregnant=False), ""),
        ({"max_age": 65}, _facts(age=66), "not above 65 years"),
        ({"max_age": 65}, _facts(age=65), ""),
        ({"excluded_conditions": ("dialysis",)}, _facts(dialysis=True), "not with dialysis"),
        ({"excluded_conditions": ("something_else",)}, _facts("something_else"), "not with something_else"),
        ({"ingredients": ("mirtazapine",)}, NOTHING, "mirtazapine: is itself flagged"),
    ],
)
def test_an_option_is_withheld_by_data_that_may_come(
    change: dict[str, object], facts: PatientFacts, why: str, formulary: Formulary
) -> None:
    (found,) = _flags(_with_option(formulary, **change), _said("sertraline"), facts=facts)
    assert found.alternatives[0].withheld == why


@pytest.mark.parametrize(
    "others", [[], ["tramadol", "citalopram", "quetiapine", "codeine"], ["phenelzine", "selegiline"], ["bupropion", "loratadine"]]
)
def test_the_quick_way_to_the_options_agrees_with_the_slow_one(others: list[str], formulary: Formulary) -> None:
    for name, entry in formulary.ingredients.items():
        statements = [_said(n, line=k) for k, n in enumerate([name, *others], start=1)]
        patient = describe(statements, NOTHING, formulary)
        needs = formulary.classes[entry.class_key].needs
        assert Offered(patient, formulary)(needs, name) == alternatives(needs, name, patient, formulary)


def test_no_offender_is_ever_offered_for_another(formulary: Formulary) -> None:
    checked = 0
    for name, entry in formulary.ingredients.items():
        if entry.tier not in FLAG_TIERS or name == WITHDRAWAL:
            continue
        (found,) = _flags(formulary, _said(name))
        assert name not in [d.ingredient for d in found.do_not_suggest]
        for option in found.alternatives:
            checked += 1
            if not option.withheld:
                tiers = {formulary.ingredients[i].tier for i in option.ingredients}
                assert tiers <= {Tier.N, Tier.P, Tier.SILENT, Tier.AUGMENTATION}, (name, option.ingredients)
    assert checked > 1000


def test_every_offender_of_a_mandated_class_has_something_to_consider_and_something_not_to_suggest(formulary: Formulary) -> None:
    for name, entry in formulary.ingredients.items():
        if entry.tier in FLAG_TIERS and formulary.classes[entry.class_key].mandated:
            (found,) = _flags(formulary, _said(name))
            assert [a for a in found.alternatives if not a.withheld], name
            assert found.do_not_suggest, name
            assert not {i for a in found.alternatives if not a.withheld for i in a.ingredients} & {
                d.ingredient for d in found.do_not_suggest
            }


# ---- iron --------------------------------------------------------------------------------------------------------------
def _iron(formulary: Formulary, facts: PatientFacts, *statements: MedicationStatement) -> dict[str, Point]:
    found = _points(formulary, *(statements or (_said("sertraline"),)), facts=facts)
    return {k: p for k, p in found.items() if p.kind == "iron"}


def _rules(formulary: Formulary, facts: PatientFacts) -> set[str]:
    return {r.id for r in formulary.modifiers.iron_rules} & set(_iron(formulary, facts))


AT_75 = {"aasm_2025_low", "mayo_2021_oral", "irlssg_2018_oral", "irlssg_2018_fcm", "aan_2016_oral"}


@pytest.mark.parametrize(
    ("ferritin", "tsat", "expected"),
    [
        (75.0, 30.0, AT_75),
        (75.1, 30.0, {"aasm_2025_band", "irlssg_2018_fcm"}),
        (100.0, 30.0, {"aasm_2025_band", "irlssg_2018_fcm"}),
        (100.1, 30.0, {"irlssg_2018_fcm"}),
        (299.9, 30.0, {"irlssg_2018_fcm"}),
        (300.0, 30.0, set()),
        (49.9, 30.0, AT_75 | {"old_50"}),
        (50.0, 30.0, AT_75),
        (200.0, 19.9, {"aasm_2025_low", "irlssg_2018_fcm"}),
        (200.0, 20.0, {"irlssg_2018_fcm"}),
        (60.0, 44.9, AT_75),
        (60.0, 45.0, AT_75 - {"mayo_2021_oral"} | {"mayo_2021_overload"}),
        (75.0, None, AT_75 - {"mayo_2021_oral"}),
        (None, 19.9, {"aasm_2025_low"}),
        (None, 20.0, set()),
        (None, 45.0, {"mayo_2021_overload"}),
    ],
)
def test_adult_iron(ferritin: float | None, tsat: float | None, expected: set[str], formulary: Formulary) -> None:
    assert _rules(formulary, PatientFacts(ferritin_ug_per_l=ferritin, tsat_percent=tsat, age=40)) == expected
    assert _rules(formulary, PatientFacts(ferritin_ug_per_l=ferritin, tsat_percent=tsat)) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (_facts(age=17, ferritin_ug_per_l=49.9), {"child_50"}),
        (_facts(age=17, ferritin_ug_per_l=50.0), set()),
        (_facts(age=18, ferritin_ug_per_l=50.0, tsat_percent=30.0), AT_75),
        (_facts(dialysis=True, ferritin_ug_per_l=199.9, tsat_percent=19.9), {"dialysis_esrd"}),
        (_facts(dialysis=True, ferritin_ug_per_l=199.9, tsat_percent=20.0), set()),
        (_facts(dialysis=True, ferritin_ug_per_l=200.0, tsat_percent=19.9), set()),
        (_facts(dialysis=True, ferritin_ug_per_l=100.0), set()),
    ],
)
def test_iron_of_a_child_and_on_dialysis(facts: PatientFacts, expected: set[str], formulary: Formulary) -> None:
    assert _rules(formulary, facts) == expected


def test_iron_names_who_speaks_and_the_values(formulary: Formulary) -> None:
    found = _iron(formulary, PatientFacts(ferritin_ug_per_l=38, tsat_percent=18))
    by_guideline = {r.id: r for r in formulary.modifiers.iron_rules}
    for key, point in found.items():
        if key in by_guideline:
            assert point.text.startswith("Iron, ferritin 38 ug/L, transferrin saturation 18 %")
            assert by_guideline[key].guideline in point.text or str(by_guideline[key].year) in point.text
            assert point.references


def test_a_superseded_rule_comes_last(formulary: Formulary) -> None:
    found = list(_iron(formulary, PatientFacts(ferritin_ug_per_l=30, tsat_percent=18)))
    assert found.index("old_50") > max(found.index(k) for k in AT_75)


def test_a_value_that_no_rule_speaks_of_says_so(formulary: Formulary) -> None:
    point = _iron(formulary, PatientFacts(ferritin_ug_per_l=500, tsat_percent=30))["iron_no_rule"]
    assert "ferritin 500 ug/L" in point.text
    assert point.references


@pytest.mark.parametrize(
    ("statements", "facts", "asked"),
    [
        ([_said("sertraline")], NOTHING, True),
        ([_said("pramipexole")], NOTHING, True),
        ([_said("hydralazine")], NOTHING, False),
        ([_said("hydralazine")], PatientFacts(rls_diagnosed=True), True),
        ([_said("hydralazine")], PatientFacts(rls_diagnosed=False), False),
    ],
)
def test_missing_iron_is_asked_when_it_matters(
    statements: list[MedicationStatement], facts: PatientFacts, asked: bool, formulary: Formulary
) -> None:
    assert ("iron_missing" in _iron(formulary, facts, *statements)) is asked


def test_the_value_that_is_missing_is_asked_for(formulary: Formulary) -> None:
    assert "iron_missing_transferrin" in _iron(formulary, PatientFacts(ferritin_ug_per_l=60))
    only_tsat = _iron(formulary, PatientFacts(tsat_percent=25))
    assert "iron_missing_ferritin" in only_tsat
    assert not {"iron_date", "sampling", "iron_ask"} & set(only_tsat)


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (None, "When was ferritin measured?"),
        (AS_OF - timedelta(days=366), "The ferritin is 366 days old"),
        (AS_OF - timedelta(days=365), None),
        (AS_OF, None),
    ],
)
def test_the_date_of_the_ferritin(measured: date | None, words: str | None, formulary: Formulary) -> None:
    found = _iron(formulary, PatientFacts(ferritin_ug_per_l=60, tsat_percent=20, ferritin_date=measured)).get("iron_date")
    assert (found is None) is (words is None)
    assert found is None or (words is not None and words in found.text)


def test_reasons_for_a_false_ferritin_are_told_when_known_and_asked_when_not(formulary: Formulary) -> None:
    found = _iron(formulary, PatientFacts(ferritin_ug_per_l=60, tsat_percent=20, conditions=("inflammation",)))
    assert "On record here: inflammation." in found["inflammation"].text
    assert "sampling" in found
    assert "liver disease" in found["iron_ask"].text
    assert "inflammation" not in found["iron_ask"].text
    every = tuple(formulary.modifiers.conditions)
    assert "iron_ask" not in _iron(formulary, PatientFacts(ferritin_ug_per_l=60, conditions=every))


# ---- kidney, pregnancy, age --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (_facts(egfr=60), None),
        (_facts(egfr=59.9), "gabapentin_60"),
        (_facts(egfr=30), "gabapentin_60"),
        (_facts(egfr=29.9), "gabapentin_30"),
        (_facts(egfr=15), "gabapentin_30"),
        (_facts(egfr=14.9), "gabapentin_15"),
        (_facts(egfr=0), "gabapentin_15"),
        (_facts(egfr=14.9, dialysis=True), "gabapentin_dialysis"),
        (_facts(dialysis=True), "gabapentin_dialysis"),
        (_facts(dialysis=False), None),
        (NOTHING, None),
    ],
)
def test_renal_rule(facts: PatientFacts, expected: str | None, formulary: Formulary) -> None:
    found = [k for k, p in _points(formulary, _said("gabapentin"), facts=facts).items() if p.kind == "renal"]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("doses", "words"),
    [
        ((1800.0,), "The list says 1800 mg/day, above the label's 1400 mg/day"),
        ((700.0, 700.0), "The list says 1400 mg/day, not above the label's 1400 mg/day"),
        ((), ""),
    ],
)
def test_a_renal_rule_compares_the_dose(doses: tuple[float, ...], words: str, formulary: Formulary) -> None:
    statements = [_said("gabapentin", line=k, dosage=Dosage(daily_dose_mg_max=d)) for k, d in enumerate(doses)] or [_said("gabapentin")]
    text = _points(formulary, *statements, facts=_facts(egfr=40))["gabapentin_60"].text
    assert words in text
    assert bool(words) is ("The list says" in text)


@pytest.mark.parametrize("status", [Status.STOPPED, Status.ALLERGY, Status.FAMILY])
def test_a_drug_that_is_not_taken_makes_no_renal_point(status: Status, formulary: Formulary) -> None:
    assert not [p for p in _points(formulary, _said("gabapentin", status=status), facts=_facts(egfr=20)).values() if p.kind == "renal"]


def test_pregnancy(formulary: Formulary) -> None:
    statements = [_said("doxylamine", line=1), _said("pramipexole", line=2), _said("gabapentin", line=3), _said("sertraline", line=4)]
    found = {k: p for k, p in _points(formulary, *statements, facts=_facts(pregnant=True)).items() if p.kind == "pregnancy"}
    assert set(found) == {
        "any_pregnancy", "pregnancy_antihistamine_antiemetic", "pregnancy_dopaminergic", "pregnancy_alpha2delta",
        "pregnancy_antidepressant",
    }  # fmt: skip
    assert found["pregnancy_dopaminergic"].text.startswith("pramipexole: ")
    assert found["pregnancy_dopaminergic"].lines == (2,)
    for facts in (NOTHING, _facts(pregnant=False)):
        assert not [p for p in _points(formulary, *statements, facts=facts).values() if p.kind == "pregnancy"]


@pytest.mark.parametrize(
    ("name", "age", "expected"),
    [
        ("diphenhydramine", 64, set()),
        ("diphenhydramine", 65, {"older_sedating_antihistamine"}),
        ("amitriptyline", 65, {"older_tca"}),
        ("olanzapine", 80, {"older_antipsychotic"}),
        ("metoclopramide", 65, {"older_metoclopramide"}),
        ("hydralazine", 65, set()),
        ("hydralazine", 17, {"child"}),
        ("hydralazine", 18, set()),
        ("levodopa", 24, {"young_levodopa"}),
        ("levodopa", 25, set()),
        ("levodopa", None, set()),
    ],
)
def test_age(name: str, age: int | None, expected: set[str], formulary: Formulary) -> None:
    assert {k for k, p in _points(formulary, _said(name), facts=PatientFacts(age=age)).items() if p.kind == "age"} == expected


# ---- together ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["gabapentin", "oxycodone"], {"alpha2delta_opioid"}),
        (["pregabalin", "diazepam"], {"alpha2delta_benzodiazepine"}),
        (["pregabalin", "zopiclone"], {"alpha2delta_benzodiazepine"}),
        (["gabapentin", "diphenhydramine"], {"alpha2delta_antihistamine"}),
        (["codeine", "lorazepam"], {"opioid_benzodiazepine"}),
        (["gabapentin", "codeine", "lorazepam"], {"alpha2delta_opioid", "alpha2delta_benzodiazepine", "opioid_benzodiazepine"}),
        (["gabapentin", "pregabalin"], set()),
        (["gabapentin"], set()),
    ],
)
def test_sedatives_together(names: list[str], expected: set[str], formulary: Formulary) -> None:
    statements = [_said(n, line=k) for k, n in enumerate(names, start=1)]
    found = {k: p for k, p in _points(formulary, *statements).items() if p.kind == "combination"}
    assert set(found) == expected
    assert all(n in p.text for p in found.values() for n in p.text.split(":")[0].split(" with "))


def test_a_stopped_opioid_does_not_add_up(formulary: Formulary) -> None:
    assert not [
        p for p in _points(formulary, _said("gabapentin"), _said("codeine", status=Status.STOPPED)).values() if p.kind == "combination"
    ]


def test_several_classes_are_added_up_once(formulary: Formulary) -> None:
    statements = [_said("sertraline", line=1), _said("citalopram", line=2), _said("quetiapine", line=3)]
    point = _points(formulary, *statements)["several_classes"]
    assert point.text.startswith(
        "2 classes that may worsen restless legs together (Atypical antipsychotic: quetiapine; SSRI: citalopram, sertraline)"
    )
    assert point.lines == (1, 2, 3)
    assert "several_classes" not in _points(formulary, *statements[:2])


def test_the_withdrawal_state_is_no_class(formulary: Formulary) -> None:
    assert "several_classes" not in _points(formulary, _said("sertraline"), _said("codeine", status=Status.STOPPED))


def test_duplicates(formulary: Formulary) -> None:
    found = _points(
        formulary, _said("sertraline", line=2, written="Zoloft"), _said("sertraline", line=5), _said("hydralazine"), _said("hydralazine")
    )
    assert found["duplicate_sertraline"].text.startswith("sertraline is on the list 2 times ('Zoloft' and 'sertraline')")
    assert found["duplicate_sertraline"].lines == (2, 5)
    assert "duplicate_hydralazine" in found


@pytest.mark.parametrize(
    "second", [_said("sertraline", status=Status.STOPPED), _said("sertraline", status=Status.FAMILY), _question("sertraline")]
)
def test_what_is_not_surely_taken_is_no_duplicate(second: MedicationStatement, formulary: Formulary) -> None:
    assert not [k for k in _points(formulary, _said("sertraline"), second) if k.startswith("duplicate")]


def test_two_of_one_mandated_class(formulary: Formulary) -> None:
    found = _points(formulary, _said("citalopram", line=1), _said("sertraline", line=2), _said("gabapentin"), _said("pregabalin"))
    assert "citalopram, sertraline" in found["same_class_ssri"].text
    assert "same_class_alpha2delta" not in found


def test_a_withdrawn_drug_is_asked_about(formulary: Formulary) -> None:
    found = _points(formulary, _said("ranitidine", line=3))["withdrawn_ranitidine"]
    assert found.lines == (3,)
    assert "ask whether it is really taken" in found.text
    assert "withdrawn_ranitidine" not in _points(formulary, _said("ranitidine", status=Status.STOPPED))


# ---- context -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("statement", "facts", "expected"),
    [
        (_said("quetiapine", dosage=Dosage(timing=("bedtime",))), NOTHING, {"evening_dose", "evening_dose_quetiapine"}),
        (_said("quetiapine", dosage=Dosage(timing=("morning",))), NOTHING, set()),
        (_said("sertraline", dosage=Dosage(timing=("evening",))), NOTHING, {"activating_antidepressant_evening"}),
        (_said("promethazine", dosage=Dosage(as_needed=True)), NOTHING, {"as_needed"}),
        (_said("quetiapine", text="quetiapine increased to 50 mg"), NOTHING, {"dose_raised"}),
        (_said("quetiapine", text="quetiapine 25 -> 50 mg"), NOTHING, {"dose_raised"}),
        (_said("quetiapine", text="quetiapine 50 -> 25 mg"), NOTHING, set()),
        (_said("quetiapine", text="quetiapine up to three times a day"), NOTHING, set()),
        (_said("gabapentin", text="gabapentin increased to 600 mg"), NOTHING, set()),
        (_said("sertraline"), _facts("sleep_apnoea"), {"sleep_apnoea", "sleep_apnoea_ssri"}),
        (_said("quetiapine"), _facts("sleep_apnoea"), {"sleep_apnoea"}),
        (_said("hydralazine"), _facts("diabetes"), {"neuropathy"}),
        (_said("hydralazine"), _facts(dialysis=True), {"dialysis", "kidney_disease"}),
        (_said("hydralazine"), _facts(egfr=59), {"kidney_disease"}),
        (_said("pramipexole"), _facts("parkinsons_disease"), {"parkinsons_disease"}),
        (_said("sertraline"), _facts("parkinsons_disease"), set()),
        (_said("sertraline"), _facts(rls_diagnosed=True), {"pre_existing"}),
        (_said("sertraline"), _facts(rls_diagnosed=False), {"new_onset"}),
        (_said("hydralazine"), _facts(rls_diagnosed=True), set()),
    ],
)
def test_context(statement: MedicationStatement, facts: PatientFacts, expected: set[str], formulary: Formulary) -> None:
    always = {"over_the_counter", "lifestyle", "recovery"}
    found = {k for k, p in _points(formulary, statement, facts=facts).items() if p.kind == "context"}
    assert found - always == expected
    flagged = bool(_flags(formulary, statement, facts=facts))
    assert found & always == (always if flagged else set())


def test_a_dopaminergic_beside_an_offender(formulary: Formulary) -> None:
    assert "dopaminergic_present" in _points(formulary, _said("sertraline"), _said("ropinirole"))
    assert "dopaminergic_present" not in _points(formulary, _said("sertraline"), _said("ropinirole", status=Status.STOPPED))
    assert "dopaminergic_present" not in _points(formulary, _said("ropinirole"))


def test_a_kind_of_rule_that_is_not_known_never_applies(formulary: Formulary) -> None:
    rule = formulary.modifiers.context_rules[0]
    odd = type(rule)(**{**rule.__dict__, "id": "odd", "when": "full_moon"})
    listed = type(rule)(**{**rule.__dict__, "id": "listed", "when": "always", "classes": ("ssri",)})
    modifiers = type(formulary.modifiers)(**{**formulary.modifiers.__dict__, "context_rules": (odd, listed)})
    changed = replace(formulary, modifiers=modifiers)
    assert [k for k, p in _points(changed, _said("sertraline")).items() if p.kind == "context"] == ["listed"]
    assert [k for k, p in _points(changed, _said("quetiapine")).items() if p.kind == "context"] == []


# ---- exposures and dopaminergics ---------------------------------------------------------------------------------------
def _mg(
    *strengths: float, low: float | None = None, high: float | None = None, unit: str | None = "mg", dose: float | None = None
) -> Dosage:
    return Dosage(
        dose_min=dose,
        dose_max=dose,
        unit=unit,
        strengths_mg=strengths,
        daily_dose_mg_min=low,
        daily_dose_mg_max=high,
        reason="" if high else "why",
    )


@pytest.mark.parametrize(
    ("name", "dosage", "daily", "note"),
    [
        ("pramipexole", _mg(0.088, low=0.264, high=0.264), 0.375, "converted to salt"),
        ("pramipexole", _mg(0.125, low=0.125, high=0.125), 0.125, ""),
        ("pramipexole", _mg(0.18, low=0.54, high=0.54), 0.75, "converted to salt"),
        ("pramipexole", _mg(0.7, 0.125, low=0.7, high=0.7), 0.7, ""),
        ("pramipexole", _mg(low=0.54, high=0.54, dose=0.54), 0.75, "converted to salt"),
        ("pramipexole", _mg(low=0.264, high=0.264, dose=0.264), 0.375, "converted to salt"),
        ("pramipexole", _mg(0.26, low=0.26, high=0.26), 0.375, "converted to salt"),
        ("pramipexole", _mg(low=0.35, high=0.35, dose=0.35), 0.5, "converted to salt"),
        ("pramipexole", _mg(low=0.25, high=0.25, dose=0.25), 0.25, ""),
        ("pramipexole", _mg(low=3, high=3, dose=3, unit="tablet"), 3, ""),
        ("pramipexole", Dosage(reason="why"), None, "why"),
        ("ropinirole", _mg(0.5, low=1, high=1), 1, ""),
    ],
)
def test_exposure(name: str, dosage: Dosage, daily: float | None, note: str, formulary: Formulary) -> None:
    (found,) = exposures([_said(name, dosage=dosage)], formulary)
    assert found.daily_dose_mg_max == daily
    assert found.daily_dose_mg_min == daily
    assert note in found.note
    assert bool(found.note) is bool(note)


def test_pramipexole_base_as_written_in_the_uk(formulary: Formulary, vocabulary: Vocabulary) -> None:
    statements, _ = read_text("Pramipexole 88micrograms tablets - take 3 nocte", formulary, vocabulary, AS_OF)
    (found,) = exposures(statements, formulary)
    assert found.daily_dose_mg_max == pytest.approx(0.375, abs=0.001)


@pytest.mark.parametrize(
    ("text", "daily"),
    [
        ("Sinemet 25/100 tds", 300),
        ("co-careldopa 12.5mg/50mg tablets - 1 tds", 150),
        ("Madopar 125 mg bd", 200),
        ("Madopar 62.5 1 nocte", 50),
        ("Madopar 250 bd", 500),
        ("Sinemet 275 tds", 750),
        ("Sinemet CR 50/200 bid", 400),
        ("Rytary 23.75/95 2 caps tid", 570),
        ("Rytary 145 mg 3 caps tid", 1305),
        ("co-beneldopa 50/12.5 1 on", 50),
        ("carbidopa 25 mg/levodopa 100 mg 1 tab tid", 300),
        ("Stalevo 100/25/200 tds", 300),
        ("Stalevo 125 qid", 500),
    ],
)
def test_levodopa_products(text: str, daily: float, formulary: Formulary, vocabulary: Vocabulary) -> None:
    statements, _ = read_text(text, formulary, vocabulary, AS_OF)
    found = [e for e in exposures(statements, formulary) if e.ingredient == "levodopa"]
    assert [e.daily_dose_mg_max for e in found] == [daily]


@pytest.mark.parametrize(
    ("status", "counts"), [(s, s in (Status.ACTIVE, Status.UNKNOWN, Status.STOPPED, Status.COMPLETED, Status.ON_HOLD)) for s in Status]
)
def test_exposures_are_what_was_once_taken(status: Status, counts: bool, formulary: Formulary) -> None:
    assert bool(exposures([_said("ropinirole", status=status)], formulary)) is counts


def test_other_drugs_are_no_exposure(formulary: Formulary) -> None:
    assert exposures([_said("gabapentin"), _said("hydralazine"), _said("carbidopa")], formulary) == ()


@pytest.mark.parametrize(
    ("dosage", "above", "words"),
    [
        (_mg(0.25, low=0.5, high=0.5), False, "0.5 mg/day; within the usual range for restless legs (maximum 0.5 mg)"),
        (_mg(0.25, low=0.75, high=0.75), True, "above the US maximum for restless legs of 0.5 mg and the ceiling used here"),
        (_mg(0.5, low=0.5, high=1.0), None, "0.5 to 1 mg/day; may be above the US maximum for restless legs of 0.5 mg and the EU maximum"),
        (_mg(0.088, low=0.264, high=0.264), False, "(strength read as base and converted to salt)"),
        (Dosage(reason="no dose stated"), None, "the daily dose is not known (no dose stated)"),
        (Dosage(), None, "the daily dose is not known (not stated)"),
        (_mg(dose=0.25), None, "0.25 mg a time, how often is not stated; the daily dose decides the risk"),
        (_mg(dose=1.0), True, "1 mg a time, how often is not stated, above the maximum for restless legs if taken only once a day"),
    ],
)
def test_the_dose_of_a_dopaminergic_is_held_against_the_marks(dosage: Dosage, above: bool | None, words: str, formulary: Formulary) -> None:
    from medcheck.augmentation.doses import dose_marks

    dosing = formulary.ingredients["pramipexole"].dosing
    assert dosing is not None
    (found,) = dose_marks(exposures([_said("pramipexole", dosage=dosage)], formulary), {"pramipexole": dosing})
    assert words in found.words
    assert found.above_maximum is above


@pytest.mark.parametrize("status", [Status.STOPPED, Status.COMPLETED])
def test_a_past_course_is_not_held_against_them(status: Status, formulary: Formulary) -> None:
    from medcheck.augmentation.doses import dose_marks

    dosing = formulary.ingredients["pramipexole"].dosing
    assert dosing is not None
    assert dose_marks(exposures([_said("pramipexole", status=status)], formulary), {"pramipexole": dosing}) == ()


# ---- look-alikes -------------------------------------------------------------------------------------------------------
def _mimics(formulary: Formulary, *statements: MedicationStatement) -> list[str]:
    patient = describe(statements, NOTHING, formulary)
    return [m.key for m in linked_mimics(patient, flag(statements, patient, formulary, AS_OF), formulary)]


def test_akathisia_comes_first_with_a_dopamine_blocker(formulary: Formulary) -> None:
    for name, entry in formulary.ingredients.items():
        if entry.class_key in ("antiemetic", "antipsychotic_typical", "antipsychotic_atypical") and entry.tier in FLAG_TIERS:
            assert _mimics(formulary, _said("pramipexole"), _said(name))[0] == "akathisia", name


def test_look_alikes_come_in_their_order(formulary: Formulary) -> None:
    found = _mimics(formulary, _said("pramipexole"), _said("quetiapine"), _said("sertraline"), _said("codeine"))
    assert found == sorted(found, key=lambda k: (formulary.mimics[k].order, k))
    assert len(found) == len(set(found)) > 4


def test_augmentation_is_a_look_alike_without_any_flag(formulary: Formulary) -> None:
    assert "augmentation" in _mimics(formulary, _said("pramipexole"))
    assert _mimics(formulary, _said("hydralazine")) == []
    assert _mimics(formulary, _said("pramipexole", status=Status.STOPPED)) == []
