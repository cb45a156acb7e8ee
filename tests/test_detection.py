"""Whether augmentation is there already: answers to states, red flags from histories, look-alikes, and the points that follow.

All of it goes through the public door with lists as people write them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medcheck
from medcheck.assessment import Assessment, State
from medcheck.domain import Answers, PartialDate, PatientFacts

AS_OF = date(2026, 11, 22)
RLS = PatientFacts(indication="rls")
STEADY = "pramipexole 0.25 mg nightly since 2019"
DATA = medcheck.load_formulary().augmentation()
SIGNS = ("quicker_at_rest", "stronger", "spread", "shorter_relief", "needs_more", "paradoxical")
ALL_NO: dict[str, Any] = {"earlier_hours": 0.0, **dict.fromkeys(SIGNS, False), "days_per_week": 0.0}
A: dict[str, Any] = {"days_per_week": 5.0, "other_cause": False, "treatment_worked": True}


def _read(text: str = STEADY, facts: PatientFacts = RLS, **answers: Any) -> Assessment:
    found = medcheck.review_text(text, replace(facts, answers=Answers(**answers)), as_of=AS_OF).augmentation
    assert found is not None
    return found


def _rules(a: Assessment) -> dict[str, bool | None]:
    return {r.id: r.outcome for r in a.detection.rules}


def _signs(text: str, facts: PatientFacts = RLS) -> dict[str, str]:
    return {s.id: s.text for s in _read(text, facts).detection.signs}


def _causes(text: str, facts: PatientFacts = RLS, **answers: Any) -> dict[str, str]:
    return {c.id: c.known for c in _read(text, facts, **answers).causes if c.known}


def _points(text: str, facts: PatientFacts = RLS, **answers: Any) -> set[str]:
    return {p.id for p in _read(text, facts, **answers).discuss}


# ---- answers to states -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({}, State.UNKNOWN),
        ({"stronger": False}, State.UNKNOWN),
        ({k: v for k, v in ALL_NO.items() if k != "spread"}, State.UNKNOWN),
        (ALL_NO, State.NOT_SUGGESTED),
        ({**ALL_NO, "asrs_total": 0.0}, State.NOT_SUGGESTED),
        ({**ALL_NO, "asrs_total": 4.0}, State.NOT_SUGGESTED),
        ({**ALL_NO, "other_cause": True, "treatment_worked": True, "days_per_week": 7.0}, State.NOT_SUGGESTED),
        *[({s: True}, State.POSSIBLE) for s in SIGNS],
        *[({**ALL_NO, s: True}, State.POSSIBLE) for s in SIGNS],
        ({"earlier_hours": 0.25}, State.POSSIBLE),
        ({"earlier_hours": 0.2}, State.UNKNOWN),
        ({"earlier_hours": 1.9}, State.POSSIBLE),
        ({"earlier_hours": 2.0}, State.PROBABLE),
        ({**ALL_NO, "earlier_hours": 2.0}, State.PROBABLE),
        ({"earlier_hours": 1.0, "spread": True}, State.PROBABLE),
        ({"stronger": True, "spread": True}, State.PROBABLE),
        ({**ALL_NO, "needs_more": True, "shorter_relief": True}, State.POSSIBLE),
        ({"asrs_total": 5.0}, State.PROBABLE),
        ({"asrs_total": 4.9}, State.UNKNOWN),
        (A, State.UNKNOWN),
        ({**A, "paradoxical": True}, State.MEETS_CRITERIA),
        ({**A, "earlier_hours": 4.0}, State.MEETS_CRITERIA),
        *[
            ({**A, "earlier_hours": 2.0, s: True}, State.MEETS_CRITERIA)
            for s in ("quicker_at_rest", "spread", "stronger", "shorter_relief")
        ],
        ({**A, "earlier_hours": 2.0, "needs_more": True}, State.PROBABLE),
        ({**A, "earlier_hours": 2.0}, State.PROBABLE),
        ({**A, "earlier_hours": 3.9}, State.PROBABLE),
        ({**A, "earlier_hours": 1.9, "spread": True}, State.PROBABLE),
    ],
    ids=str,
)
def test_answers_lead_to_a_state(answers: dict[str, Any], state: State) -> None:
    assert _read(**answers).detection.state is state


MINIMAL = [
    ("mpi_paradoxical", {**A, "paradoxical": True}),
    ("mpi_four_hours", {**A, "earlier_hours": 4.0}),
    *[("mpi_two_hours", {**A, "earlier_hours": 2.0, s: True}) for s in ("quicker_at_rest", "spread", "stronger", "shorter_relief")],
]
CONTRARY: dict[str, Any] = {"days_per_week": 4.0, "other_cause": True, "treatment_worked": False, "earlier_hours": 1.0}


@pytest.mark.parametrize(("rule", "answers"), MINIMAL, ids=lambda x: x if isinstance(x, str) else "+".join(x))
def test_the_criteria_need_each_of_their_answers(rule: str, answers: dict[str, Any]) -> None:
    met = _read(**answers)
    assert _rules(met)[rule] is True
    for name in answers:
        missing = _read(**{k: v for k, v in answers.items() if k != name})
        assert _rules(missing)[rule] is None, name
        (outcome,) = (r for r in missing.detection.rules if r.id == rule)
        assert name in outcome.missing
        assert missing.detection.state is not State.MEETS_CRITERIA
        contrary = _read(**{**answers, name: CONTRARY.get(name, False)})
        assert _rules(contrary)[rule] in ((False,) if name in (*A, "earlier_hours", "paradoxical") else (None,)), name
        assert contrary.detection.state is not State.MEETS_CRITERIA


def test_the_further_sign_of_the_two_hours_is_open_until_all_four_are_answered() -> None:
    none = dict.fromkeys(("quicker_at_rest", "spread", "stronger", "shorter_relief"), False)
    assert _rules(_read(**{**A, "earlier_hours": 2.0, **none}))["mpi_two_hours"] is False
    none.pop("spread")
    assert _rules(_read(**{**A, "earlier_hours": 2.0, **none}))["mpi_two_hours"] is None


_ANSWERS = st.fixed_dictionaries(
    {
        "earlier_hours": st.sampled_from([None, 0.0, 1.0, 2.0, 4.0]),
        **{s: st.sampled_from([None, False, True]) for s in SIGNS},
        "days_per_week": st.sampled_from([None, 0.0, 4.0, 5.0, 7.0]),
        "other_cause": st.sampled_from([None, False, True]),
        "treatment_worked": st.sampled_from([None, False, True]),
        "asrs_total": st.sampled_from([None, 0.0, 5.0]),
    }
)
ORDER = list(State)


@given(answers=_ANSWERS, name=st.sampled_from(["earlier_hours", *SIGNS]))
@settings(max_examples=60, deadline=None)
def test_a_yes_never_makes_it_less_likely_and_an_answer_never_takes_back_what_is_met(answers: dict[str, Any], name: str) -> None:
    found = _read(**answers).detection
    more = _read(**{**answers, name: 4.0 if name == "earlier_hours" else True}).detection
    assert ORDER.index(more.state) >= ORDER.index(found.state) or found.state is State.UNKNOWN
    less = _read(**{**answers, name: None}).detection
    assert found.state is not State.NOT_SUGGESTED or less.state in (State.UNKNOWN, State.NOT_SUGGESTED)
    for rule in found.rules:
        assert (rule.outcome is None) == bool(rule.missing)
        assert all(m.startswith("history.") or answers[m] is None for m in rule.missing)


@given(answers=_ANSWERS)
@settings(max_examples=40, deadline=None)
def test_what_is_asked_is_what_could_still_change_the_state(answers: dict[str, Any]) -> None:
    found = _read(**answers).detection
    assert all(answers[q.id] is None for q in found.ask)
    assert "asrs_total" not in {q.id for q in found.ask}
    for q in found.ask:
        yes = {"hours": 4.0, "days": 7.0}.get(q.kind, q.id != "other_cause")
        assert any(q.id in r.missing for r in found.rules), (q.id, yes)
    if found.state is State.MEETS_CRITERIA:
        assert found.ask == ()


def test_nothing_is_asked_of_who_takes_no_dopaminergic() -> None:
    found = _read("pramipexole 0.25 mg nightly 2015-2018", stronger=True, spread=True)
    assert (found.detection.state, found.detection.ask) == (State.UNKNOWN, ())


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("pramipexole 0.25 mg nightly since 2019, increased to 0.5 mg in March 2026", State.POSSIBLE),
        ("pramipexole 0.25 mg nightly since 2019, increased to 0.5 mg in March 2024", State.NOT_SUGGESTED),
        ("ropinirole 1 mg at night 2019-2022\nropinirole 0.5 mg bd since 2022", State.POSSIBLE),
        ("pramipexole 0.25 mg nightly since 2019\nrotigotine 1 mg/24h since 2022", State.POSSIBLE),
        ("pramipexole 0.25 mg nightly", State.NOT_SUGGESTED),
    ],
)
def test_the_history_alone_can_make_it_possible_and_never_holds_an_answer_open(text: str, state: State) -> None:
    assert _read(text, **ALL_NO).detection.state is state


def test_every_rule_is_cited_and_marked() -> None:
    for rule in _read().detection.rules:
        assert rule.references
        assert rule.verified in ("yes", "secondary", "no")
        if rule.state is State.MEETS_CRITERIA:
            assert rule.verified == "no", "the criteria were set down from memory"


# ---- red flags ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "signs"),
    [
        (STEADY, set()),
        ("pramipexole 0.125 mg nightly from 2020-01-01, increased to 0.25 mg on 2020-04-01", {"raised_in_steps"}),
        ("pramipexole 0.125 mg nightly from 2020-01-01, increased to 0.25 mg on 2020-02-01", set()),
        ("pramipexole 0.125 mg nightly from 2020-01-01, increased to 0.25 mg on 2020-02-26", set()),
        ("pramipexole 0.125 mg nightly from 2020-01-01, increased to 0.25 mg on 2020-02-27", {"raised_in_steps"}),
        ("pramipexole 0.125 mg nightly 2018 / 0.25mg 2019 / 0.5mg 2021", {"raised_in_steps"}),
        ("pramipexole 0.25 mg nightly since 2019, increased to 0.5 mg in March 2026", {"raised_in_steps", "raised_lately"}),
        ("pramipexole 0.25 mg nightly since 2019, increased to 0.5 mg in March 2025", {"raised_in_steps"}),
        ("pramipexole 0.25 mg nightly 2015-2019\npramipexole 0.5 mg nightly since 2019", {"raised_in_steps"}),
        ("pramipexole 0.25 mg at bedtime 2019-2022\npramipexole 0.25 mg at 5 pm since 2022", {"moved_earlier"}),
        ("pramipexole 0.25 mg at 5 pm 2019-2022\npramipexole 0.25 mg at bedtime since 2022", set()),
        ("ropinirole 1 mg at night 2019-2022\nropinirole 0.5 mg bd since 2022", {"split"}),
        ("ropinirole 0.5 mg bd since 2022", {"split_now"}),
        ("ropinirole 0.5 mg bd 2015-2020\nropinirole 1 mg nightly since 2020", set()),
        (f"{STEADY}\nSinemet 25/100 1 tab nightly since 2022", {"daily_levodopa", "two_agents", "second_added"}),
        (f"{STEADY}\nrotigotine 2 mg/24h since 2019", {"two_agents"}),
        ("pramipexole 0.25 mg nightly\nrotigotine 2 mg/24h", {"two_agents"}),
        ("pramipexole 0.25 mg nightly 2015-2017\nropinirole 2 mg nightly since 2017", set()),
        ("pramipexole 1.5 mg nightly since 2020", {"above_maximum", "parkinson_strength"}),
        ("pramipexole 0.75 mg nightly since 2020", {"above_maximum"}),
        ("ropinirole XL 4 mg daily since 2018", {"parkinson_strength"}),
        ("ropinirole 4 mg daily since 2018", set()),
        ("rotigotine 4 mg/24h since 2018", {"above_maximum", "parkinson_strength"}),
        ("Sinemet 25/100 1 tab at bedtime since 2019", {"daily_levodopa"}),
        ("Sinemet 25/100 1 tab at bedtime prn since 2019", set()),
        ("Sinemet 25/100 1 tab twice weekly since 2019", set()),
        ("pramipexole 0.5 mg nightly since 2019, reduced to 0.25 mg on 2026-11-01", {"recent_cut"}),
        ("pramipexole 0.5 mg nightly since 2019, reduced to 0.25 mg on 2026-09-27", {"recent_cut"}),
        ("pramipexole 0.5 mg nightly since 2019, reduced to 0.25 mg on 2026-09-26", set()),
        ("stopped ropinirole 4 mg nightly on 2026-10-30", {"recent_cut"}),
        ("stopped ropinirole 4 mg nightly on 2026-05-30", set()),
        ("ropinirole 4 mg nightly stopped 2026-11-01\npramipexole 0.25 mg nightly since 2026-11-01", {"recent_cut"}),
        ("pramipexole 0.125 mg at noon since 2019\npramipexole 0.25 mg at bedtime since 2019", set()),
        ("pramipexole 0.25 mg at bedtime since 2019\npramipexole 0.125 mg at noon since 2019", set()),
        ("pramipexole 0.25 mg at bedtime\npramipexole 0.125 mg at noon", set()),
        ("pramipexole 0.125 mg nightly since 2019\npramipexole 0.25 mg at noon since 2019", set()),
        ("pramipexole since 2019", set()),
        ("pramipexole 0.125 mg since 2019", set()),
        ("pramipexole 1 mg since 2019", {"above_maximum", "parkinson_strength"}),
    ],
    ids=lambda x: x.replace("\n", " / ")[:70] if isinstance(x, str) else "+".join(sorted(x)) or "none",
)
def test_red_flags(text: str, signs: set[str]) -> None:
    """Two lines of one medicine that are both taken now are no change over time; a dose that is not known is not above the maximum."""
    assert set(_signs(text)) - {"split_now"} == signs - {"split_now"}
    assert "split_now" not in signs or "split_now" in _signs(text)


def test_low_iron_is_a_red_flag() -> None:
    assert "iron_low" in _signs(STEADY, replace(RLS, ferritin_ug_per_l=75.0))
    assert "iron_low" in _signs(STEADY, replace(RLS, tsat_percent=19.0))
    assert "iron_low" not in _signs(STEADY, replace(RLS, ferritin_ug_per_l=110.0, tsat_percent=30.0))
    assert "iron_low" not in _signs(STEADY)


def test_a_red_flag_says_what_it_saw_and_where() -> None:
    found = _read("ferritin 20\npramipexole 0.25 mg nightly 2015-2019\npramipexole 0.5 mg nightly since March 2026").detection.signs
    by_id = {s.id: s for s in found}
    assert "0.25 mg/day -> 0.5 mg/day" in by_id["raised_in_steps"].text
    assert "March 2026" in by_id["raised_lately"].text
    assert (by_id["raised_in_steps"].lines, by_id["raised_lately"].lines) == ((2, 3), (3,))
    assert [s.id for s in found] == [f.id for f in DATA.red_flags if f.id in by_id], "in the order of the data"
    assert all(s.references for s in found)


def test_a_rise_of_two_medicines_is_told_of_both() -> None:
    text = "pramipexole 0.125 mg nightly 2015-2019\npramipexole 0.25 mg nightly since 2019\n"
    text += "rotigotine 1 mg/24h 2015-2019\nrotigotine 2 mg/24h since 2019"
    words = _signs(text)["raised_in_steps"].lower()
    assert "pramipexole" in words
    assert "rotigotine" in words


def test_the_order_of_the_lines_changes_no_red_flag() -> None:
    lines = ["ropinirole 1 mg at night 2015-2019", "ropinirole 2 mg at 5 pm 2019-2022", "ropinirole 1 mg bd since 2022"]
    assert len({frozenset(_signs("\n".join(order))) for order in permutations(lines)}) == 1


# ---- what else it could be ---------------------------------------------------------------------------------------------
ONSET = replace(RLS, symptom_onset=PartialDate(date(2026, 9, 1), date(2026, 9, 30), "2026-09"))


@pytest.mark.parametrize(
    ("line", "facts", "words"),
    [
        ("sertraline 50 mg daily since 2026-08-10", ONSET, "sertraline since 2026-08-10, in the 92 days before the symptoms"),
        ("sertraline 50 mg daily since 2026-09-05", ONSET, "in the 92 days before the symptoms"),
        ("sertraline 50 mg daily since 2020", ONSET, "sertraline since 2020, long before the symptoms"),
        ("sertraline 50 mg daily since 2026-11-01", ONSET, "sertraline since 2026-11-01, after the symptoms began"),
        ("sertraline 50 mg daily", ONSET, "sertraline, start not known"),
        ("sertraline 50 mg daily since 2026-10-10", RLS, "sertraline since 2026-10-10, in the last 92 days"),
        ("sertraline 50 mg daily since 2020", RLS, "sertraline since 2020"),
        (
            "mirtazapine 15 mg nightly since 2026-08-10\nquetiapine 25 mg nightly since 2020",
            ONSET,
            "mirtazapine since 2026-08-10, in the 92",
        ),
    ],
)
def test_an_offender_stands_with_its_start_against_the_worsening(line: str, facts: PatientFacts, words: str) -> None:
    assert words in _causes(f"{STEADY}\n{line}", facts)["new_offender"]


def test_no_offender_is_told_where_none_is_taken() -> None:
    assert "new_offender" not in _causes(f"{STEADY}\nsertraline 50 mg daily 2015-2018\ngabapentin 300 mg nightly", ONSET)


@pytest.mark.parametrize(
    ("line", "facts", "cause", "words"),
    [
        ("metoclopramide 10 mg tds since 2026-08-10", RLS, "akathisia", "metoclopramide"),
        ("haloperidol 1 mg nightly", RLS, "akathisia", "haloperidol"),
        ("", replace(RLS, ferritin_ug_per_l=40.0), "iron_loss", "ferritin 40 ug/L: low"),
        ("", replace(RLS, ferritin_ug_per_l=180.0), "iron_loss", "ferritin 180 ug/L"),
        ("", replace(RLS, tsat_percent=15.0), "iron_loss", "transferrin saturation 15 %: low"),
        ("", replace(RLS, sex="female", age=33, pregnant=True), "iron_loss", "pregnant"),
        ("", replace(RLS, dialysis=True), "iron_loss", "on dialysis"),
        ("ropinirole 4 mg nightly stopped 2026-11-01", RLS, "withdrawal", "ropinirole stopped, 2026-11-01"),
        ("", replace(RLS, conditions=("sleep_apnoea",)), "other_conditions", "sleep apnoea"),
        ("", replace(RLS, conditions=("neuropathy", "sleep_apnoea")), "other_conditions", "sleep apnoea; neuropathy"),
    ],
)
def test_a_look_alike_is_filled_from_what_is_known(line: str, facts: PatientFacts, cause: str, words: str) -> None:
    found = _causes(f"{STEADY}\n{line}", facts)
    assert found[cause] == words
    assert cause not in _causes(STEADY)


def test_ferritin_is_only_called_low_when_a_guideline_does() -> None:
    assert ": low" not in _causes(STEADY, replace(RLS, ferritin_ug_per_l=180.0))["iron_loss"]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({**ALL_NO, "needs_more": True}, True),
        ({**ALL_NO, "shorter_relief": True}, True),
        ({**ALL_NO, "needs_more": True, "spread": True}, False),
        ({**ALL_NO, "needs_more": True, "earlier_hours": 1.0}, False),
        ({**ALL_NO, "needs_more": True, "stronger": True}, False),
        ({"needs_more": True}, False),
        ({"needs_more": True, "stronger": False, "spread": False}, False),
        (ALL_NO, False),
    ],
)
def test_tolerance_needs_the_noes_to_be_told(answers: dict[str, Any], told: bool) -> None:
    assert ("tolerance" in _causes(STEADY, **answers)) is told


def test_what_is_known_comes_first_and_none_is_left_out() -> None:
    found = _read(f"{STEADY}\nhaloperidol 1 mg nightly", replace(RLS, ferritin_ug_per_l=30.0)).causes
    known = [bool(c.known) for c in found]
    assert known == sorted(known, reverse=True)
    assert sorted(c.id for c in found) == sorted(c.id for c in DATA.causes)
    assert next(c for c in found if c.id == "akathisia").lines == (2,)


def test_nothing_is_told_apart_without_a_dopaminergic_but_after_a_stop_it_is() -> None:
    assert _read("pramipexole 0.25 mg nightly 2015-2018").causes == ()
    assert "withdrawal" in _causes("stopped pramipexole 0.5 mg nightly on 2026-11-10")


# ---- what there is to discuss ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "facts", "there", "not_there"),
    [
        (STEADY, RLS, {"not_abruptly", "daws", "impulse_control", "sleepiness", "lowest_dose", "aasm_against", "alpha2delta_first"}, set()),
        (STEADY, RLS, {"iron_unknown", "review_every_visit"}, {"iron_low", "pregnancy", "older", "ergot", "levodopa_daily", "mild_2016"}),
        (STEADY, replace(RLS, ferritin_ug_per_l=40.0), {"iron_low"}, {"iron_unknown"}),
        (STEADY, replace(RLS, ferritin_ug_per_l=180.0), set(), {"iron_unknown", "iron_low"}),
        (STEADY, replace(RLS, tsat_percent=30.0), set(), {"iron_unknown", "iron_low"}),
        (STEADY, replace(RLS, sex="female", pregnant=True), {"pregnancy"}, set()),
        (STEADY, replace(RLS, sex="female", pregnant=False), set(), {"pregnancy"}),
        (STEADY, replace(RLS, age=65), {"older"}, set()),
        (STEADY, replace(RLS, age=64), set(), {"older"}),
        (STEADY, replace(RLS, egfr=59.0), {"renal_pramipexole"}, set()),
        (STEADY, replace(RLS, egfr=60.0), set(), {"renal_pramipexole"}),
        (STEADY, replace(RLS, dialysis=True), {"renal_pramipexole"}, set()),
        (STEADY, replace(RLS, conditions=("renal_impairment",)), {"renal_pramipexole"}, set()),
        ("ropinirole 1 mg nightly since 2020", replace(RLS, egfr=20.0), set(), {"renal_pramipexole"}),
        (f"{STEADY}\ngabapentin 300 mg nightly", RLS, set(), {"alpha2delta_first"}),
        (f"{STEADY}\nHorizant 600 mg daily", RLS, set(), {"alpha2delta_first"}),
        (f"{STEADY}\npregabalin 75 mg nightly 2015-2018", RLS, {"alpha2delta_first"}, set()),
        ("cabergoline 1 mg nightly since 2015", RLS, {"ergot", "daws"}, {"aasm_against", "levodopa_daily"}),
        ("pergolide 0.1 mg nightly since 2015", RLS, {"ergot"}, set()),
        ("Sinemet 25/100 1 tab nightly since 2022", RLS, {"levodopa_daily", "not_abruptly", "aasm_against"}, {"daws", "ergot"}),
        ("pramipexole 0.75 mg nightly since 2020", RLS, {"above_maximum"}, set()),
        ("pramipexole 0.5 mg nightly since 2020", RLS, set(), {"above_maximum"}),
        ("pramipexole since 2020", RLS, set(), {"above_maximum"}),
        ("pramipexole 0.125 mg since 2020", RLS, set(), {"above_maximum"}),
        (STEADY, PatientFacts(indication="parkinson"), {"parkinson", "not_abruptly"}, set()),
        ("pramipexole 0.25 mg nightly 2015-2018", RLS, set(), {"daws", "lowest_dose", "impulse_control", "iron_unknown"}),
    ],
)
def test_points_follow_the_circumstances(text: str, facts: PatientFacts, there: set[str], not_there: set[str]) -> None:
    found = _points(text, facts)
    assert there <= found
    assert not not_there & found


@pytest.mark.parametrize(
    ("answers", "there", "not_there"),
    [
        ({}, {"lowest_dose"}, {"extrinsic", "mild_2016", "leave_dopaminergics"}),
        ({"stronger": True}, {"extrinsic", "renal_unknown", "lowest_dose"}, {"mild_2016", "leave_dopaminergics"}),
        (
            {"stronger": True, "spread": True},
            {"extrinsic", "mild_2016", "severe_2016", "leave_dopaminergics", "rotigotine_switch", "opioid_evidence"},
            {"lowest_dose", "review_every_visit"},
        ),
        ({**A, "paradoxical": True}, {"mild_2016", "leave_dopaminergics"}, {"lowest_dose"}),
        (ALL_NO, {"lowest_dose"}, {"extrinsic", "mild_2016"}),
    ],
)
def test_management_follows_the_state(answers: dict[str, Any], there: set[str], not_there: set[str]) -> None:
    found = _points(STEADY, **answers)
    assert there <= found
    assert not not_there & found


def test_kidney_function_is_asked_for_or_counted_once_it_is_suspected() -> None:
    assert "renal_alpha2delta" in _points(STEADY, replace(RLS, egfr=40.0), spread=True)
    known = _points(STEADY, replace(RLS, egfr=90.0), spread=True)
    assert not {"renal_alpha2delta", "renal_unknown"} & known


def test_a_switch_to_rotigotine_is_not_offered_to_who_has_it() -> None:
    assert "rotigotine_switch" not in _points("Neupro 2 mg/24h since 2020", stronger=True, spread=True)


@pytest.mark.parametrize("state", [{}, {"stronger": True}, {**A, "paradoxical": True}, ALL_NO])
@pytest.mark.parametrize(
    "text", [STEADY, "Sinemet 25/100 1 tab prn", "cabergoline 1 mg", "apomorphine pump since 2020", "pramipexole 1 mg tds", "Neupro"]
)
@pytest.mark.parametrize("indication", [None, "rls", "parkinson", "other"])
def test_not_abruptly_is_always_said_of_what_is_taken(text: str, state: dict[str, Any], indication: str | None) -> None:
    assert "not_abruptly" in _points(text, PatientFacts(indication=indication), **state)


def test_points_stand_in_the_order_of_the_data_with_guideline_and_strength() -> None:
    found = _read(STEADY, stronger=True, spread=True).discuss
    order = [a.id for a in DATA.advice]
    assert [p.id for p in found] == sorted((p.id for p in found), key=order.index)
    for p in found:
        assert p.guideline
        assert p.strength
        assert p.references
    both = {p.id: p.conflicts for p in found}
    assert both["mild_2016"], "where guidelines differ both are shown"
    assert both["leave_dopaminergics"]
