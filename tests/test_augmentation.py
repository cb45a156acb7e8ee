"""The risk of augmentation against a slow second computation, its invariants, published study arms, bands and overrides.

tests/cases/augmentation_arms.csv holds the 27 study arms of the fit: dose in mg per day ("" where the model has none for it), months under
observation, what was counted, and `observed` of `n` patients. tests/reference_risk.py is the second computation.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import medcheck
from medcheck.assessment import Assessment, AugmentationData, Coefficients, Known, Risk, State
from medcheck.augmentation import Change, assess, curve, predict_arm
from medcheck.augmentation.hazard import Factors
from medcheck.domain import (
    Answers,
    Dosage,
    Dosing,
    Exposure,
    Match,
    MedicationStatement,
    Method,
    Outcome,
    PartialDate,
    PatientFacts,
    Period,
    Status,
)
from medcheck.errors import InputError
from tests.reference_risk import Oracle, Percent, Taken

AS_OF = date(2026, 11, 22)
RLS = PatientFacts(indication="rls")
CASES = Path(__file__).parent / "cases" / "augmentation_arms.csv"
ARMS = list(csv.DictReader(CASES.read_text(encoding="utf-8").splitlines()))
FORMULARY = medcheck.load_formulary()
DATA = FORMULARY.augmentation()
CLASS_OF = {i: c.key for c in DATA.classes for i in c.ingredients}
DOSING: Mapping[str, Dosing] = {i: d for i in CLASS_OF if (d := FORMULARY.ingredients[i].dosing) is not None}
CEILINGS = {i: d.augmentation_ceiling_mg_per_day for i, d in DOSING.items() if d.augmentation_ceiling_mg_per_day}
few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def _partial(value: date | str | PartialDate | None) -> PartialDate | None:
    """A day, "2019" or "2019-02"."""
    if value is None or isinstance(value, PartialDate):
        return value
    if isinstance(value, date):
        return PartialDate(value, value)
    year, _, month = value.partition("-")
    if not month:
        return PartialDate(date(int(year), 1, 1), date(int(year), 12, 31), value)
    first = date(int(year), int(month), 1)
    return PartialDate(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), value)


def _on(
    ingredient: str,
    dose: float | tuple[float, float] | None,
    start: date | str | PartialDate | None = None,
    stop: date | str | PartialDate | None = None,
    *,
    line: int = 1,
    **more: object,
) -> Exposure:
    """An exposure; taken now unless it has a stop."""
    low, high = dose if isinstance(dose, tuple) else (dose, dose)
    status = Status.ACTIVE if stop is None else Status.STOPPED
    made = Exposure(ingredient, low, high, Period(_partial(start), _partial(stop)), status, line, current=stop is None)
    return replace(made, **more)  # type: ignore[arg-type]


def _assess(
    exposures: Sequence[Exposure],
    facts: PatientFacts = RLS,
    data: AugmentationData = DATA,
    known: Known | None = None,
    what_if: Sequence[Change] = (),
) -> Assessment:
    return assess(exposures, facts, DOSING, data, AS_OF, known=known, what_if=what_if)


def _next12(exposures: Sequence[Exposure], facts: PatientFacts = RLS) -> Risk:
    return _assess(exposures, facts).ahead[0]


def _to_date(exposures: Sequence[Exposure], facts: PatientFacts = RLS) -> Risk:
    found = _assess(exposures, facts).to_date
    assert found is not None
    return found


def _read(text: str, facts: PatientFacts = RLS) -> Assessment:
    found = medcheck.review_text(text, facts, as_of=AS_OF).augmentation
    assert found is not None
    return found


def _numbers(risk: Risk | None) -> tuple[float, ...]:
    assert risk is not None
    return risk.median_least, risk.median_most, risk.low95, risk.high95


def _figures(a: Assessment) -> list[float]:
    risks = [*a.ahead, a.clinically_significant, *([a.to_date] if a.to_date else [])]
    return [x for r in risks for x in _numbers(r)]


def _same(a: Assessment, b: Assessment, tolerance: float = 1e-9) -> bool:
    return _figures(a) == pytest.approx(_figures(b), abs=tolerance, rel=0)


# ---- the second computation --------------------------------------------------------------------------------------------
def _with_draws(count: int) -> AugmentationData:
    """The same data with the first draws only: a day-by-day sum over a thousand draws and twenty years takes half a minute."""
    kept = {name: values[:count] for name, values in DATA.coefficients.draws.items()}
    fitted = Coefficients(**{**vars(DATA.coefficients), "draws": kept, "sha256": f"{count} draws"})
    return AugmentationData(**{**vars(DATA), "coefficients": fitted})


def _oracle(data: AugmentationData) -> Oracle:
    return Oracle(data.coefficients.draws, dose_log2=(data.fit.dose_log2_from, data.fit.dose_log2_to), cap=data.cap_hazard_ratio)


def _taken(ingredient: str, dose_over_ceiling: float, start: date, stop: date | None = None, share: float = 1.0) -> Taken:
    return Taken(CLASS_OF[ingredient], dose_over_ceiling, start, stop or AS_OF + timedelta(days=1), share)


def _joined(least: Percent, most: Percent) -> tuple[float, ...]:
    medians = sorted((least.median, most.median))
    return medians[0], medians[1], min(least.low95, most.low95), max(least.high95, most.high95)


D = date
HISTORIES: dict[str, tuple[list[Exposure], list[Taken], list[Taken], float | None, bool | None]] = {
    # what is told, the least calendar, the most calendar ([]: the same), ferritin, augmentation before
    "one dose": (
        [_on("pramipexole", 0.5, D(2022, 3, 1))],
        [_taken("pramipexole", 1.0, D(2022, 3, 1))],
        [],
        None,
        None,
    ),
    "three steps": (
        [
            _on("pramipexole", 0.125, D(2020, 1, 1), D(2021, 6, 1)),
            _on("pramipexole", 0.25, D(2021, 6, 1), D(2024, 2, 29)),
            _on("pramipexole", 0.5, D(2024, 2, 29)),
        ],
        [
            _taken("pramipexole", 0.25, D(2020, 1, 1), D(2021, 6, 1)),
            _taken("pramipexole", 0.5, D(2021, 6, 1), D(2024, 2, 29)),
            _taken("pramipexole", 1.0, D(2024, 2, 29)),
        ],
        [],
        None,
        None,
    ),
    "a gap": (
        [_on("ropinirole", 2.0, D(2019, 1, 1), D(2020, 7, 1)), _on("pramipexole", 0.25, D(2023, 6, 1), line=2)],
        [_taken("ropinirole", 0.5, D(2019, 1, 1), D(2020, 7, 1)), _taken("pramipexole", 0.5, D(2023, 6, 1))],
        [],
        None,
        None,
    ),
    "an agonist and a patch overlap": (
        [_on("pramipexole", 0.5, D(2021, 1, 1), D(2025, 1, 1)), _on("rotigotine", 2.0, D(2023, 5, 5), line=2)],
        [_taken("pramipexole", 1.0, D(2021, 1, 1), D(2025, 1, 1)), _taken("rotigotine", 2 / 3, D(2023, 5, 5))],
        [],
        None,
        None,
    ),
    "levodopa over an agonist": (
        [_on("levodopa", 100.0, D(2025, 1, 15), line=2), _on("cabergoline", 1.0, D(2022, 1, 1))],
        [_taken("levodopa", 0.5, D(2025, 1, 15)), _taken("cabergoline", 0.5, D(2022, 1, 1))],
        [],
        55.0,
        None,
    ),
    "a switch on one day": (
        [_on("levodopa", 200.0, D(2020, 1, 1), D(2022, 1, 1)), _on("rotigotine", 3.0, D(2022, 1, 1), line=2)],
        [_taken("levodopa", 1.0, D(2020, 1, 1), D(2022, 1, 1)), _taken("rotigotine", 1.0, D(2022, 1, 1))],
        [],
        None,
        False,
    ),
    "stopped long ago": (
        [_on("pergolide", 0.25, D(2015, 3, 1), D(2017, 3, 1))],
        [_taken("pergolide", 0.5, D(2015, 3, 1), D(2017, 3, 1))],
        [],
        20.0,
        True,
    ),
    "as needed": (
        [_on("levodopa", 100.0, D(2023, 1, 1), as_needed=True)],
        [_taken("levodopa", 0.5, D(2023, 1, 1), share=0.14)],
        [_taken("levodopa", 0.5, D(2023, 1, 1))],
        None,
        None,
    ),
    "as needed on top of a daily one": (
        [_on("levodopa", 100.0, D(2023, 1, 1), as_needed=True), _on("pramipexole", 0.25, D(2024, 1, 1), line=2)],
        [_taken("levodopa", 0.5, D(2023, 1, 1), share=0.14), _taken("pramipexole", 0.5, D(2024, 1, 1))],
        [_taken("levodopa", 0.5, D(2023, 1, 1)), _taken("pramipexole", 0.5, D(2024, 1, 1))],
        60.0,
        None,
    ),
    "on three days a week": (
        [_on("ropinirole", 3 * 3 / 7, D(2023, 1, 1), doses_per_day=3 / 7)],
        [_taken("ropinirole", 0.75, D(2023, 1, 1), share=3 / 7)],
        [_taken("ropinirole", 0.75 * 3 / 7, D(2023, 1, 1))],
        None,
        None,
    ),
    "low ferritin": (
        [_on("ropinirole", 4.0, D(2024, 2, 29))],
        [_taken("ropinirole", 1.0, D(2024, 2, 29))],
        [],
        30.0,
        None,
    ),
    "ferritin below the least, augmented before, capped": (
        [_on("pramipexole", 0.75, D(2023, 1, 1))],
        [_taken("pramipexole", 1.5, D(2023, 1, 1))],
        [],
        4.0,
        True,
    ),
    "a range of doses": (
        [_on("pramipexole", (0.125, 0.25), D(2023, 1, 1))],
        [_taken("pramipexole", 0.25, D(2023, 1, 1))],
        [_taken("pramipexole", 0.5, D(2023, 1, 1))],
        None,
        None,
    ),
    "a dose that is not known": (
        [_on("rotigotine", None, D(2023, 1, 1))],
        [_taken("rotigotine", 0.25, D(2023, 1, 1))],
        [_taken("rotigotine", 2.0, D(2023, 1, 1))],
        None,
        None,
    ),
    "once or twice a day": (
        [_on("pramipexole", None, D(2023, 1, 1), intake_mg_min=0.25, intake_mg_max=0.25)],
        [_taken("pramipexole", 0.5, D(2023, 1, 1))],
        [_taken("pramipexole", 1.0, D(2023, 1, 1))],
        None,
        None,
    ),
    "a start that is not known": (
        [_on("pramipexole", 0.5)],
        [_taken("pramipexole", 1.0, _ago(29))],
        [_taken("pramipexole", 1.0, _ago(3652))],
        None,
        None,
    ),
    "a medicine without doses for restless legs": (
        [_on("bromocriptine", 5.0, D(2023, 1, 1))],
        [_taken("bromocriptine", 0.25, D(2023, 1, 1))],
        [_taken("bromocriptine", 4.0, D(2023, 1, 1))],
        None,
        None,
    ),
    "beyond the range of doses of the fit": (
        [_on("pramipexole", 8.0, D(2024, 1, 1))],
        [_taken("pramipexole", 8.0, D(2024, 1, 1))],
        [],
        None,
        None,
    ),
    "a start known by year": (
        [_on("pramipexole", 0.25, "2024")],
        [_taken("pramipexole", 0.5, D(2024, 12, 31))],
        [_taken("pramipexole", 0.5, D(2024, 1, 1))],
        None,
        None,
    ),
    "a rise known by year": (
        [_on("pramipexole", 0.25, D(2022, 5, 1), "2024", current=False), _on("pramipexole", 0.5, "2024")],
        [_taken("pramipexole", 0.5, D(2022, 5, 1), D(2024, 12, 31)), _taken("pramipexole", 1.0, D(2024, 12, 31))],
        [_taken("pramipexole", 0.5, D(2022, 5, 1), D(2024, 1, 1)), _taken("pramipexole", 1.0, D(2024, 1, 1))],
        None,
        None,
    ),
    "a cut known by year": (
        [_on("pramipexole", 0.5, D(2022, 5, 1), "2024", current=False), _on("pramipexole", 0.25, "2024")],
        [_taken("pramipexole", 1.0, D(2022, 5, 1), D(2024, 1, 1)), _taken("pramipexole", 0.5, D(2024, 1, 1))],
        [_taken("pramipexole", 1.0, D(2022, 5, 1), D(2024, 12, 31)), _taken("pramipexole", 0.5, D(2024, 12, 31))],
        None,
        None,
    ),
    "begun today": (
        [_on("ropinirole", 1.0, AS_OF)],
        [_taken("ropinirole", 0.25, AS_OF)],
        [],
        None,
        None,
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_day_by_day_sum_gives_the_same(name: str) -> None:
    told, least, most, ferritin, before = HISTORIES[name]
    data = _with_draws(81)
    oracle = _oracle(data)
    found = _assess(told, replace(RLS, ferritin_ug_per_l=ferritin, prior_augmentation=before), data)
    wanted = [oracle.to_date(taken, AS_OF, ferritin, bool(before)) for taken in (least, most or least)]
    assert _numbers(found.to_date) == pytest.approx(_joined(*wanted), rel=1e-6, abs=1e-9)
    for risk in found.ahead[:2]:
        wanted = [oracle.ahead(taken, AS_OF, risk.months or 0, ferritin, bool(before)) for taken in (least, most or least)]
        assert _numbers(risk) == pytest.approx(_joined(*wanted), rel=1e-6), risk.months


def test_a_day_by_day_sum_over_all_draws_and_horizons_gives_the_same() -> None:
    start = _ago(200)
    found = _assess([_on("pramipexole", 0.25, start)], replace(RLS, ferritin_ug_per_l=40.0))
    oracle, taken = _oracle(DATA), [_taken("pramipexole", 0.5, start)]
    assert oracle.count == DATA.fit.draws
    once = oracle.to_date(taken, AS_OF, 40.0)
    assert _numbers(found.to_date) == pytest.approx(_joined(once, once), rel=1e-6)
    assert [r.months for r in found.ahead] == [12, 24, 60]
    for risk in found.ahead:
        once = oracle.ahead(taken, AS_OF, risk.months or 0, 40.0)
        assert _numbers(risk) == pytest.approx(_joined(once, once), rel=1e-6)


def test_the_curve_ends_where_the_assessment_stands() -> None:
    told = HISTORIES["a gap"][0]
    points = curve(told, Factors(30.0, None), DOSING, DATA, AS_OF)
    found = _assess(told, replace(RLS, ferritin_ug_per_l=30.0))
    behind = [p for p in points if not p.ahead]
    ahead = {round((p.day - AS_OF).days / 365.25 * 12): p for p in points if p.ahead}
    assert found.to_date is not None
    assert (behind[0].day, behind[0].median, behind[-1].day) == (D(2019, 1, 1), 0.0, AS_OF)
    assert behind[-1].median == pytest.approx(found.to_date.median_most, rel=1e-9)
    assert [p.median for p in behind] == sorted(p.median for p in behind)
    for risk in found.ahead[:2]:
        assert ahead[risk.months or 0].median == pytest.approx(risk.median_most, rel=1e-9)


# ---- invariants --------------------------------------------------------------------------------------------------------
# The posterior of the dose effect reaches below none in 13 of 1000 draws. A step of at least a twentieth moves every other draw past
# these, so that a median never falls; the ends of an interval may, by a fraction of a point.
_factors = st.floats(1.05, 16)
_ENDS = 0.5
_ingredients = st.sampled_from(sorted(CEILINGS))


@st.composite
def _histories(draw: st.DrawFn, most: int = 3) -> list[Exposure]:
    """Some episodes of different medicines with known doses and days, the first of which begins first."""
    out = []
    start = draw(st.integers(60, 6000))
    for line, name in enumerate(draw(st.lists(_ingredients, min_size=1, max_size=most, unique=True)), start=1):
        dose = CEILINGS[name] * draw(st.floats(0.3, 6))
        length = draw(st.one_of(st.none(), st.integers(1, start)))
        out.append(_on(name, dose, _ago(start), None if length is None else _ago(start - length), line=line))
        start = draw(st.integers(1, start))
    return out


def _scaled(e: Exposure, factor: float) -> Exposure:
    assert e.daily_dose_mg_max is not None
    return replace(e, daily_dose_mg_min=e.daily_dose_mg_max * factor, daily_dose_mg_max=e.daily_dose_mg_max * factor)


def _never_falls(before: Risk, after: Risk, ends: float = 1e-9) -> None:
    assert after.median_least >= before.median_least - 1e-9
    assert after.median_most >= before.median_most - 1e-9
    assert after.low95 >= before.low95 - ends
    assert after.high95 >= before.high95 - ends


@given(history=_histories(), at=st.integers(0, 2), factor=_factors)
@few
def test_risk_never_falls_as_a_dose_rises(history: list[Exposure], at: int, factor: float) -> None:
    k = at % len(history)
    raised = [*history[:k], _scaled(history[k], factor), *history[k + 1 :]]
    _never_falls(_to_date(history), _to_date(raised), ends=_ENDS)
    for a, b in zip(_assess(history).ahead, _assess(raised).ahead, strict=True):
        _never_falls(a, b, ends=_ENDS)


@given(name=_ingredients, ratio=st.floats(0.05, 10), days=st.integers(1, 7000), more=st.integers(1, 3000))
@few
def test_risk_to_date_never_falls_as_the_time_grows(name: str, ratio: float, days: int, more: int) -> None:
    dose = CEILINGS[name] * ratio
    _never_falls(_to_date([_on(name, dose, _ago(days))]), _to_date([_on(name, dose, _ago(days + more))]))


@given(history=_histories(), at=st.integers(0, 2), days=st.integers(1, 2000))
@few
def test_risk_to_date_never_falls_as_an_episode_goes_on_for_longer(history: list[Exposure], at: int, days: int) -> None:
    k = at % len(history)
    stopped = history[k].period.stopped
    assume(stopped is not None)
    assert stopped is not None
    later = min(AS_OF, stopped.latest + timedelta(days=days))
    longer = replace(history[k], period=Period(history[k].period.started, _partial(later)))
    _never_falls(_to_date(history), _to_date([*history[:k], longer, *history[k + 1 :]]), ends=_ENDS)


@given(history=_histories(), ferritin=st.floats(0, 300), lower=st.floats(0, 1), before=st.sampled_from([None, False, True]))
@few
def test_risk_never_falls_as_ferritin_falls(history: list[Exposure], ferritin: float, lower: float, before: bool | None) -> None:
    high, low = (replace(RLS, ferritin_ug_per_l=x, prior_augmentation=before) for x in (ferritin, ferritin * lower))
    a, b = _assess(history, high), _assess(history, low)
    assert a.to_date is not None
    assert b.to_date is not None
    for x, y in zip((*a.ahead, a.to_date), (*b.ahead, b.to_date), strict=True):
        _never_falls(x, y)


@given(history=_histories())
@few
def test_ferritin_from_the_reference_on_and_below_the_least_changes_nothing_more(history: list[Exposure]) -> None:
    plain, full, least, none = (
        _assess(history, replace(RLS, ferritin_ug_per_l=x))
        for x in (None, DATA.ferritin.reference_ug_per_l, DATA.ferritin.least_ug_per_l, 0.0)
    )
    assert _figures(plain) == _figures(full)
    assert _figures(least) == _figures(none)


@given(history=_histories(), ferritin=st.one_of(st.none(), st.floats(0, 300)), before=st.sampled_from([None, True]))
@few
def test_horizons_are_nested_and_every_figure_is_a_percentage(history: list[Exposure], ferritin: float | None, before: bool | None) -> None:
    found = _assess(history, replace(RLS, ferritin_ug_per_l=ferritin, prior_augmentation=before))
    assert [(r.months, r.extrapolated) for r in found.ahead] == [(12, False), (24, False), (60, True)]
    for near, far in zip(found.ahead, found.ahead[1:], strict=False):
        assert all(x <= y for x, y in zip(_numbers(near), _numbers(far), strict=True))
    risks = [*found.ahead, found.to_date, found.clinically_significant, found.background]
    for risk in risks:
        least, most, low, high = _numbers(risk)
        assert 0 <= low <= least <= most <= high <= 100
    assert found.clinically_significant is not None
    assert found.clinically_significant.median_most <= found.ahead[0].median_most


@given(history=_histories(), at=st.integers(0, 2), share=st.floats(0, 1), as_line=st.booleans())
@few
def test_an_episode_told_in_two_parts_is_the_same(history: list[Exposure], at: int, share: float, as_line: bool) -> None:
    k = at % len(history)
    whole = history[k]
    started, stopped = whole.period.started, whole.period.stopped
    assert started is not None
    end = stopped.latest if stopped is not None else AS_OF
    cut = _partial(started.latest + timedelta(days=round(share * (end - started.latest).days)))
    first = replace(whole, period=Period(started, cut), current=False, status=Status.STOPPED if as_line else whole.status)
    second = replace(whole, period=Period(cut, stopped), line=whole.line + (20 if as_line else 0))
    assert _same(_assess(history), _assess([*history[:k], first, second, *history[k + 1 :]]))


@given(history=_histories())
@few
def test_the_order_of_the_lines_does_not_matter(history: list[Exposure]) -> None:
    wanted = _assess(history)
    for other in permutations(history):
        assert _same(wanted, _assess(other))
        assert _assess(other).band == wanted.band


@given(history=_histories(2), dose=st.floats(0.3, 8))
@few
def test_what_was_stopped_does_not_change_what_lies_ahead_but_by_time(history: list[Exposure], dose: float) -> None:
    past = _on("pramipexole", dose, _ago(6500), _ago(6100), line=9)
    other = _scaled(past, 3)
    assert _figures(_assess([past, *history]))[:16] == _figures(_assess([other, *history]))[:16]


@given(history=_histories(2), name=_ingredients, ratio=st.floats(0.3, 6), days=st.integers(0, 6000), length=st.integers(1, 6000))
@few
def test_an_exposure_within_the_time_of_others_never_lowers_the_risk_to_date(
    history: list[Exposure], name: str, ratio: float, days: int, length: int
) -> None:
    first = history[0].period.started
    assert first is not None
    start = max(first.earliest, _ago(days))
    assume(start < AS_OF)
    added = _on(name, CEILINGS[name] * ratio, start, min(AS_OF, start + timedelta(days=length)), line=9)
    # The least course may fall: of two doses of one medicine with starts of their own the later may have taken the place of the earlier.
    assert _to_date([*history, added]).median_most >= _to_date(history).median_most - 1e-9


def test_an_earlier_time_on_the_same_medicine_never_lowers_the_risk_to_date() -> None:
    """Of another class it may, a little: the clock runs from the first day, and a time exponent below 1 makes later years safer (docs)."""
    earlier = _on("pramipexole", 0.125, D(2015, 1, 1), D(2016, 1, 1))
    now = _on("pramipexole", 0.5, D(2020, 1, 1), line=2)
    assert _to_date([earlier, now]).median_most >= _to_date([now]).median_most


def test_without_a_dopaminergic_the_figure_is_exactly_the_background() -> None:
    found = _assess([])
    assert found.background is not None
    assert _numbers(found.ahead[0]) == _numbers(found.background)
    assert (found.to_date, found.started, found.band, found.conditional, found.factors) == (None, None, "low", "", ())
    helped = _assess([], replace(RLS, ferritin_ug_per_l=10.0, prior_augmentation=True))
    assert _figures(helped) == _figures(found), "nothing multiplies what is seen on placebo"
    for taken in ([_on("levodopa", 900.0, D(2020, 1, 1))], [_on("rotigotine", 0.1, "2024")]):
        assert _assess(taken).background == found.background


@given(history=_histories())
@few
def test_nothing_is_below_the_background(history: list[Exposure]) -> None:
    past = [replace(e, period=Period(e.period.started, _partial(AS_OF)), current=False, status=Status.STOPPED) for e in history]
    assert _next12(history).median_least >= _next12(past).median_least - 1e-9


# ---- what is not known -------------------------------------------------------------------------------------------------
def _holds(outer: Risk | None, inner: Risk | None, medians: float = 1e-9, ends: float = 1e-9) -> None:
    assert outer is not None
    assert inner is not None
    assert outer.median_least - medians <= inner.median_least
    assert inner.median_most <= outer.median_most + medians
    assert outer.low95 - ends <= inner.low95
    assert inner.high95 <= outer.high95 + ends


def _holds_all(outer: Assessment, inner: Assessment, medians: float = 1e-9, ends: float = 1e-9) -> None:
    """The range holds the figure; the medians up to now to the digit. `medians` (of what lies ahead) and `ends` are in points."""
    _holds(outer.to_date, inner.to_date, ends=ends)
    for a, b in zip((outer.clinically_significant, *outer.ahead), (inner.clinically_significant, *inner.ahead), strict=True):
        _holds(a, b, medians, ends)


# What lies ahead falls with a longer past in the draws with a time exponent below 1 and rises in the others: between the two ends of a
# range a median can lie a trifle, an end of an interval a point, outside. Nothing is shown finer than one in a hundred.
_MEDIANS_AHEAD = 0.1
_ENDS_AHEAD = 2.0


@given(name=_ingredients, at=st.floats(0, 1), days=st.integers(0, 4000))
@few
def test_a_dose_that_is_not_known_holds_every_plausible_dose(name: str, at: float, days: int) -> None:
    p = DATA.plausible
    ratio = p.dose_ratio_least + at * (p.dose_ratio_most - p.dose_ratio_least)
    _holds_all(_assess([_on(name, None, _ago(days))]), _assess([_on(name, CEILINGS[name] * ratio, _ago(days))]), ends=_ENDS)


@given(name=_ingredients, at=st.floats(0, 1), days=st.integers(0, 4000))
@few
def test_a_range_of_doses_holds_every_dose_in_it(name: str, at: float, days: int) -> None:
    low, high = 0.5 * CEILINGS[name], 1.5 * CEILINGS[name]
    _holds_all(_assess([_on(name, (low, high), _ago(days))]), _assess([_on(name, low + at * (high - low), _ago(days))]), ends=_ENDS)


@given(name=_ingredients, share=st.floats(0, 1), ratio=st.floats(0.3, 3))
@few
def test_a_start_that_is_not_known_holds_every_plausible_start(name: str, share: float, ratio: float) -> None:
    p = DATA.plausible
    days = round(365.25 * (p.start_years_least + share * (p.start_years_most - p.start_years_least)))
    assume(29 <= days <= 3652)
    dose = CEILINGS[name] * ratio
    _holds_all(_assess([_on(name, dose)]), _assess([_on(name, dose, _ago(days))]), _MEDIANS_AHEAD, _ENDS_AHEAD)


@pytest.mark.parametrize(("ratio", "days"), [(0.25, 29), (0.25, 3652), (2.0, 29), (2.0, 3652), (1.0, 1000)])
def test_neither_dose_nor_start_known_holds_every_plausible_pair(ratio: float, days: int) -> None:
    _holds_all(_assess([_on("pramipexole", None)]), _assess([_on("pramipexole", 0.5 * ratio, _ago(days))]), _MEDIANS_AHEAD, _ENDS_AHEAD)


@pytest.mark.parametrize(("dose", "start"), [(0.25, D(2024, 1, 1)), (0.25, D(2024, 12, 31)), (0.5, D(2024, 1, 1)), (0.5, D(2024, 12, 31))])
def test_a_range_of_doses_since_a_year_holds_every_pair(dose: float, start: date) -> None:
    _holds_all(_assess([_on("pramipexole", (0.25, 0.5), "2024")]), _assess([_on("pramipexole", dose, start)]), _MEDIANS_AHEAD, _ENDS_AHEAD)


@pytest.mark.parametrize("year", [2010, 2020, 2023, 2024, 2026])
@pytest.mark.parametrize("name", ["levodopa", "pramipexole"])
def test_a_start_known_by_year_holds_each_day_of_it(name: str, year: int) -> None:
    dose = CEILINGS[name]
    outer = _assess([_on(name, dose, str(year))])
    assert outer.started is not None
    for n in range(0, 366, 13):
        day = D(year, 1, 1) + timedelta(days=n)
        if day.year == year and day <= AS_OF:
            _holds_all(outer, _assess([_on(name, dose, day)]), _MEDIANS_AHEAD, _ENDS_AHEAD)


@pytest.mark.parametrize("day", [D(2021, 1, 1), D(2021, 2, 28), D(2021, 7, 4), D(2021, 12, 31)], ids=str)
def test_a_stop_and_a_switch_known_by_year_hold_each_day_of_it(day: date) -> None:
    stopped = _assess([_on("ropinirole", 2.0, D(2018, 5, 1), "2021")])
    _holds_all(stopped, _assess([_on("ropinirole", 2.0, D(2018, 5, 1), day)]))
    for low, high in ((0.25, 0.5), (0.5, 0.25)):
        changed = [_on("pramipexole", low, D(2018, 5, 1), "2021", current=False), _on("pramipexole", high, "2021")]
        exact = [_on("pramipexole", low, D(2018, 5, 1), day, current=False), _on("pramipexole", high, day)]
        _holds_all(_assess(changed), _assess(exact))


@pytest.mark.parametrize("first", [True, False], ids=["stop not told", "start not told"])
def test_half_a_period_holds_every_length(first: bool) -> None:
    told = _on("levodopa", 200.0, D(2020, 1, 1) if first else None, None if first else D(2021, 1, 1), current=False, status=Status.STOPPED)
    outer = _assess([told])
    for days in (30, 100, 366, 2000):
        begin = D(2020, 1, 1) if first else D(2021, 1, 1) - timedelta(days=days)
        end = min(AS_OF, D(2020, 1, 1) + timedelta(days=days)) if first else D(2021, 1, 1)
        inner = _assess([_on("levodopa", 200.0, begin, end)])
        _holds_all(outer, inner, _MEDIANS_AHEAD, _ENDS_AHEAD)


def test_as_needed_holds_one_day_in_seven_and_every_day() -> None:
    needed = _assess([_on("levodopa", 200.0, D(2023, 1, 1), as_needed=True)])
    for days_a_week in (1, 2, 4, 7):
        share = days_a_week / 7
        _holds_all(needed, _assess([_on("levodopa", 200.0 * share, D(2023, 1, 1), doses_per_day=share)]))
    assert any("as needed" in note for note in needed.notes)


def test_what_was_assumed_or_left_out_is_said() -> None:
    notes = _assess(
        [
            _on("pramipexole", None),
            _on("ropinirole", None, D(2020, 1, 1), intake_mg_min=1.0, intake_mg_max=1.0, line=2),
            _on("bromocriptine", 2.5, D(2020, 1, 1), line=3),
            _on("levodopa", 100.0, line=4, current=False, status=Status.STOPPED),
            _on("rotigotine", 2.0, D(2012, 1, 1), line=5, current=False, status=Status.STOPPED),
        ]
    ).notes
    text = "\n".join(notes)
    assert "levodopa (line 4) was taken earlier, when is not known: it is not in the figures" in text
    assert "pramipexole: the dose is not known" in text
    assert "pramipexole: the start is not known; between a month and 10 years were tried" in text
    assert "ropinirole: 1 mg, how often is not stated; once to 2 times a day were tried" in text
    assert "bromocriptine: no " in text
    assert "rotigotine: when it ended is not known; any day since its start was tried" in text
    assert len(notes) == len(set(notes))


def test_gaps_say_how_far_each_could_move_the_figure() -> None:
    told = [_on("pramipexole", None, D(2022, 1, 1))]
    gaps = {g.fact: g for g in _assess(told, PatientFacts()).gaps}
    assert set(gaps) == {"indication", "ferritin_ug_per_l", "prior_augmentation", "history", "answers"}
    low = _next12(told, replace(RLS, ferritin_ug_per_l=10.0))
    before = _next12(told, replace(RLS, prior_augmentation=True))
    assert gaps["ferritin_ug_per_l"].median_most == pytest.approx(low.median_most)
    assert gaps["prior_augmentation"].median_most == pytest.approx(before.median_most)
    full = replace(RLS, ferritin_ug_per_l=50.0, prior_augmentation=False, answers=Answers(earlier_hours=2.0))
    assert _assess([_on("pramipexole", 0.5, D(2022, 1, 1))], full).gaps == ()


# ---- days ---------------------------------------------------------------------------------------------------------------
def test_a_leap_day_counts_like_any_other() -> None:
    through = [_to_date([_on("pramipexole", 0.5, start, stop)]).median_most for start, stop in _around_leap_days()]
    assert through == sorted(through)
    assert len(set(through)) == len(through)
    parts = [_on("levodopa", 200.0, D(2024, 2, 1), D(2024, 2, 29)), _on("levodopa", 200.0, D(2024, 2, 29), D(2024, 3, 1), line=2)]
    assert _same(_assess(parts), _assess([_on("levodopa", 200.0, D(2024, 2, 1), D(2024, 3, 1))]))
    assert _assess([_on("levodopa", 200.0, D(2024, 2, 29))]).started == _partial(D(2024, 2, 29))


def _around_leap_days() -> list[tuple[date, date]]:
    return [(D(2024, 2, 1), D(2024, 2, 28) + timedelta(days=n)) for n in range(1, 4)]


def test_a_month_is_between_its_first_and_its_last_day() -> None:
    outer = _assess([_on("pramipexole", 0.5, "2024-02")])
    for day in (D(2024, 2, 1), D(2024, 2, 14), D(2024, 2, 29)):
        _holds_all(outer, _assess([_on("pramipexole", 0.5, day)]))
    ends = [_to_date([_on("pramipexole", 0.5, day)]) for day in (D(2024, 2, 29), D(2024, 2, 1))]
    assert (_to_date([_on("pramipexole", 0.5, "2024-02")]).median_least, outer.to_date and outer.to_date.median_most) == (
        ends[0].median_least,
        ends[1].median_most,
    )


def test_a_date_to_come_is_today() -> None:
    """The year of the review: the last day that a start can be is the day of the review."""
    this_year = _assess([_on("pramipexole", 0.5, "2026")])
    assert this_year.to_date is not None
    assert this_year.to_date.median_least == 0.0
    assert this_year.to_date.median_most == _to_date([_on("pramipexole", 0.5, D(2026, 1, 1))]).median_most


# ---- units -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pramipexole 0.088 mg", "pramipexole 0.125 mg"),
        ("pramipexole 0.18 mg", "pramipexole 0.25 mg"),
        ("pramipexole 0.35 mg", "pramipexole 0.5 mg"),
        ("pramipexole 0.7 mg", "pramipexole 1 mg"),
        ("Mirapexin 0.088 mg", "Mirapex 0.125 mg"),
        ("pramipexole 88 micrograms", "pramipexole 0.088 mg"),
        ("pramipexole 125 mcg", "pramipexole 0.125 mg"),
        ("pramipexole 250 mcg", "pramipexole 0.18 mg"),
        ("ropinirole 500 micrograms", "ropinirole 0.5 mg"),
        ("Requip 1000 mcg", "ropinirole 1 mg"),
    ],
)
def test_base_and_salt_milligrams_and_micrograms_are_one_dose(one: str, other: str) -> None:
    a, b = (_read(f"{name} at night since 2019-03-12") for name in (one, other))
    assert _same(a, b)
    assert (a.band, a.doses[0].daily_dose_mg_max) == (b.band, b.doses[0].daily_dose_mg_max)


@pytest.mark.parametrize(
    "text", ["Neupro 2 mg/24 h patch", "rotigotine 2 mg/24h", "Neupro 2mg patch daily", "rotigotine patch 2 mg per 24 hours"]
)
def test_a_patch_is_counted_by_what_it_gives_in_a_day(text: str) -> None:
    found = _read(f"{text} since 2019-03-12")
    assert found.doses[0].daily_dose_mg_max == 2
    assert _same(found, _assess([_on("rotigotine", 2.0, D(2019, 3, 12))]))


# ---- several lines -----------------------------------------------------------------------------------------------------
def test_the_same_dose_told_twice_may_be_one_or_two() -> None:
    twice = [_on("pramipexole", 0.25, D(2022, 1, 1), line=k) for k in (1, 2)]
    one, two = (_assess([_on("pramipexole", dose, D(2022, 1, 1))]) for dose in (0.25, 0.5))
    found = _assess(twice)
    for risk, least, most in zip(found.ahead, one.ahead, two.ahead, strict=True):
        assert (risk.median_least, risk.median_most) == pytest.approx((least.median_least, most.median_most), abs=1e-9)
    assert (found.to_date and found.to_date.median_least) == pytest.approx(one.to_date and one.to_date.median_least)
    assert (found.to_date and found.to_date.median_most) == pytest.approx(two.to_date and two.to_date.median_most)


@pytest.mark.parametrize(
    "lines",
    [
        [_on("pramipexole", 0.125, D(2022, 1, 1)), _on("pramipexole", 0.375, D(2022, 1, 1), line=2)],
        [_on("pramipexole", 0.25, D(2022, 1, 1), timing=("noon",)), _on("pramipexole", 0.25, D(2022, 1, 1), timing=("bedtime",), line=2)],
    ],
    ids=["other doses", "other hours"],
)
def test_two_lines_that_differ_are_added_up(lines: list[Exposure]) -> None:
    assert _same(_assess(lines), _assess([_on("pramipexole", 0.5, D(2022, 1, 1))]))


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("Problems: RLS on pramipexole.\npramipexole 0.25 mg nocte since 2020", 0.25, None),
        ("pramipexole 0.25 mg nocte since 2020\npramipexole 0.25 mg", 0.25, None),
        ("pramipexole 0.25 mg nocte since 2020\npramipexole 0.25 mg at bedtime", 0.25, 0.5),
        ("pramipexole 0.25 mg nocte since 2020\npramipexole 0.5 mg nocte", 0.25, 0.75),
        ("pramipexole 0.25 mg nocte since 2020\npramipexole 0.5 mg nocte since March 2020", 0.25, 0.75),
        ("pramipexole 0.25 mg nocte since 2020\npramipexole 0.5 mg nocte since 2023", 0.5, 0.75),
        ("pramipexole 0.25 mg at 2 pm since 2020\npramipexole 0.5 mg nocte since 2023", 0.75, 0.75),
        ("\n".join(f"pramipexole 0.25 mg nocte, issued since 1 {m} 2025" for m in ("Jan", "Feb", "Mar", "Apr", "May")), 0.25, 0.5),
    ],
    ids=["no dose", "no frequency", "night and bedtime", "one start unknown", "starts that overlap", "later", "other hours", "refills"],
)
def test_two_mentions_of_one_medicine_are_a_range(text: str, least: float, most: float | None) -> None:
    marks = _read(text).doses[0]
    assert (marks.daily_dose_mg_min, marks.daily_dose_mg_max) == (least, most)
    alone = [_read(line).ahead[0] for line in text.splitlines() if "mg" in line]
    both = _read(text).ahead[0]
    assert both.median_least >= min(r.median_least for r in alone) - 0.5  # half a point: the time behind may be longer
    assert both.median_most >= max(r.median_most for r in alone) - 0.5


@pytest.mark.parametrize("split", ["\n", "; "], ids=["two lines", "one line"])
def test_two_doses_that_meet_in_one_year_are_not_added_up(split: str) -> None:
    found = _read(f"pramipexole 0.25 mg nocte 2016-2019{split}pramipexole 1 mg nocte since 2019")
    assert {p.dose_ratio for p in curve(found.history, Factors(), DOSING, DATA, AS_OF)} == {0.5, 2.0}


@given(base=st.floats(0.05, 2.0), more=st.floats(0.05, 2.0), years=st.integers(0, 8))
@few
def test_what_is_taken_as_needed_on_top_never_lowers_the_figure(base: float, more: float, years: int) -> None:
    nightly = _on("pramipexole", base, D(2015, 1, 1), doses_per_day=1.0)
    extra = _on("pramipexole", more, D(2016 + years, 1, 1), line=2, as_needed=True)
    alone, both = _next12([nightly]), _next12([nightly, extra])
    assert both.median_least >= alone.median_least - 1e-9
    assert both.median_most >= alone.median_most - 1e-9


def test_an_empty_what_if_moves_no_band() -> None:
    for text in ("pramipexole 0.5 mg since 2020", "pramipexole since 2020", "ropinirole since 2020\nrotigotine 2 mg/24h patch since 2021"):
        found = _assess(_read(text).history, what_if=[Change("ferritin", 100.0)])
        assert found.what_if[0].band == found.band_words, text


def test_a_figure_that_is_withheld_is_nowhere() -> None:
    found = _read("Stalevo 100 tds since 2022", PatientFacts())
    assert found.withheld
    assert (found.factors, found.gaps, found.ahead, found.to_date, found.frequency) == ((), (), (), None, "")


def test_a_curve_of_a_range_has_the_figures_of_the_text() -> None:
    found = _read("pramipexole")
    points = curve(found.history, Factors(), DOSING, DATA, AS_OF)
    year = next(p for p in points if p.ahead and abs((p.day - AS_OF).days - 365) <= 1)
    assert (year.median_least, year.median, year.low95, year.high95) == pytest.approx(_numbers(found.ahead[0]), abs=1e-9)
    today = [p for p in points if not p.ahead][-1]
    assert (today.median_least, today.median, today.low95, today.high95) == pytest.approx(_numbers(found.to_date), abs=1e-9)
    known = _read("pramipexole 0.25 mg nocte since 2020-03-01")
    assert {p.median_least for p in curve(known.history, Factors(), DOSING, DATA, AS_OF)} == {None}


def test_as_needed_with_a_limit_is_taken_on_one_day_in_seven_at_the_least() -> None:
    free = _read("co-careldopa 25/100 one tablet prn since 2023").ahead[0]
    limited = _read("co-careldopa 25/100 prn up to 6 times a week since 2023").ahead[0]
    assert limited.median_least <= free.median_least


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("ropinirole 2 mg nocte since 2015, switched to rotigotine 2 mg/24h in 2020", [("2015", "2020"), ("2020", "")]),
        ("ropinirole 2 mg nocte since 2015, replaced by gabapentin 300 mg in 2020", [("2015", "2020")]),
        ("ropinirole 2 mg nocte since 2022, switched to gabapentin 300 mg in 2020", [("2022", "")]),
        ("switched from ropinirole 4 mg to pramipexole 0.5 mg in May 2024", [("", "May 2024"), ("May 2024", "")]),
        ("pramipexole 0.25 mg nocte since 2020 (patient not taking since Oct 2026)", [("2020", "Oct 2026")]),
        ("pramipexole 0.25 mg nocte, never taken", []),
    ],
    ids=["to another", "to something else", "dates that cannot be", "from", "not taking since", "never"],
)
def test_what_ended_has_its_end(text: str, times: list[tuple[str, str]]) -> None:
    found = medcheck.review_text(text, RLS, as_of=AS_OF).exposures
    ends = [tuple(x.text if x is not None else "" for x in (e.period.started, e.period.stopped)) for e in found]
    assert ends == times


@pytest.mark.parametrize("day", ["2040", "29.2.2023", "31/02/2020"])
def test_a_date_that_can_be_none_is_said(day: str) -> None:
    notes = _read(f"pramipexole 0.25 mg nocte since {day}").notes
    assert any(day in n and "the date was not used" in n for n in notes)


def test_a_patch_on_every_other_day_is_half_of_it() -> None:
    exposure = _read("Neupro 4 mg/24 h patch, apply one every other day since 2022").history[0]
    assert exposure.daily_dose_mg_max == pytest.approx(2.0)


def test_another_cause_is_said_beside_what_is_suspected() -> None:
    signs = Answers(earlier_hours=4.0, spread=True, stronger=True, other_cause=True, treatment_worked=False)
    found = _read("pramipexole 0.25 mg nocte since 2020", replace(RLS, answers=signs))
    assert any("another cause was named" in n for n in found.notes)
    assert any("never to have worked" in n for n in found.notes)


# ---- rows of a form or an EHR ------------------------------------------------------------------------------------------
def _row(dose: float, start: date | None, stop: date | None = None, status: Status = Status.ACTIVE) -> MedicationStatement:
    daily = {"daily_dose_mg_min": dose, "daily_dose_mg_max": dose}
    dosage = Dosage(dose_min=dose, dose_max=dose, unit="mg", doses_per_day_min=1.0, doses_per_day_max=1.0, **daily)
    period = Period(_partial(start), _partial(stop))
    nothing = Match(Outcome.UNRECOGNISED, (), Method.EXACT, 0.0)
    return MedicationStatement("pramipexole", 1, (0, 11), "pramipexole", status, True, dosage, nothing, period)


@pytest.mark.parametrize("dose", [-0.25, 0.0, float("nan"), float("inf")])
def test_a_dose_that_is_none_is_not_known(dose: float) -> None:
    found = medcheck.review([_row(dose, D(2020, 1, 1))], RLS, as_of=AS_OF).augmentation
    assert found is not None
    assert found.history[0].daily_dose_mg_max is None
    assert any("the dose is not known" in n for n in found.notes)


@pytest.mark.parametrize(
    ("row", "unread", "to_confirm", "note"),
    [
        (_row(0.25, D(2027, 1, 1)), 0, 1, "begins after 2026-11-22: it is not counted"),
        (_row(0.25, D(2020, 1, 1), D(2022, 1, 1)), 0, 1, "no all-clear"),
        (_row(0.25, D(2022, 1, 1), D(2020, 1, 1), Status.COMPLETED), 1, 0, "when is not known"),
    ],
    ids=["begins later", "ended, yet taken", "ended before it began"],
)
def test_dates_that_cannot_be_are_no_all_clear(row: MedicationStatement, unread: int, to_confirm: int, note: str) -> None:
    found = medcheck.review([row], RLS, as_of=AS_OF)
    assert found.augmentation is not None
    assert (found.summary.unread, found.summary.to_confirm, found.summary.all_clear) == (unread, to_confirm, False)
    assert found.augmentation.band == ""
    assert any(note in n for n in found.augmentation.notes)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (PatientFacts(indication="Parkinson"), "indication"),
        (PatientFacts(ferritin_ug_per_l=float("nan")), "ferritin_ug_per_l"),
        (PatientFacts(egfr=-3.0), "egfr"),
        (PatientFacts(answers=Answers(days_per_week=9.0)), "days_per_week"),
    ],
    ids=["indication", "not a number", "negative", "answer"],
)
def test_facts_that_cannot_be_are_refused(facts: PatientFacts, field: str) -> None:
    with pytest.raises(InputError) as caught:
        medcheck.review_text("pramipexole 0.25 mg nocte", facts, as_of=AS_OF)
    assert list(caught.value.messages) == [field]


@pytest.mark.parametrize("line", ["pramipexole 0.25 mg nocte, on hold", "pramipexole 0.25 mg nocte, stopped 2026-11-08"])
def test_a_dopaminergic_that_was_paused_or_stopped_lately_is_no_all_clear(line: str) -> None:
    assert medcheck.review_text(line, RLS, as_of=AS_OF).summary.all_clear is False


# ---- published arms ----------------------------------------------------------------------------------------------------
def _ratio(arm: Mapping[str, str]) -> float | None:
    ceiling = CEILINGS.get(arm["drug"])
    return float(arm["dose"]) / ceiling if ceiling and arm["dose"] else None


def _class(drug: str) -> str:
    return CLASS_OF.get(drug) or {"mixed": "oral_agonist", "placebo": "placebo"}[drug]


def test_the_cases_are_the_arms_of_the_fit() -> None:
    told = {
        (a.arm_id, a.drug, a.mean_dose_mg_per_day, a.effective_months, a.tier, a.n, a.n_augmented, a.reference)
        for a in DATA.arms
        if a.use == "fit"
    }
    cases = {
        (
            r["arm_id"],
            r["drug"],
            float(r["dose"]) if r["dose"] else None,
            float(r["months"]),
            r["definition"],
            int(r["n"]),
            int(r["observed"]),
            r["source"],
        )
        for r in ARMS
    }
    assert cases == told
    assert len(ARMS) == len(told) == 27
    assert all(r["source"] in FORMULARY.references for r in ARMS)


@pytest.mark.parametrize("arm", ARMS, ids=[r["arm_id"] for r in ARMS])
def test_a_published_arm_is_what_the_model_allows(arm: dict[str, str]) -> None:
    n, share = int(arm["n"]), 100 * int(arm["observed"]) / int(arm["n"])
    found = predict_arm(DATA, _class(arm["drug"]), _ratio(arm), float(arm["months"]), arm["definition"], n)
    low, high = found.interval95
    assert low - 1e-9 <= share <= high + 1e-9
    assert low <= found.interval80[0] <= found.interval80[1] <= high
    bare = predict_arm(DATA, _class(arm["drug"]), _ratio(arm), float(arm["months"]), arm["definition"])
    assert bare.median == found.median
    assert bare.interval95[0] <= bare.interval80[0] <= bare.median <= bare.interval80[1] <= bare.interval95[1]


_WITHIN = [r for r in ARMS if r["definition"] == "any" and (x := _ratio(r)) is not None and 0.25 <= x <= 8]


@pytest.mark.parametrize("arm", _WITHIN, ids=[r["arm_id"] for r in _WITHIN])
def test_a_patient_of_an_arm_has_the_risk_of_the_arm(arm: dict[str, str]) -> None:
    """Apart from the floor: no patient is below placebo, an arm of the fit can be; that lifts a median by up to a hundredth."""
    days = round(float(arm["months"]) / 12 * 365.25)
    found = _to_date([_on(arm["drug"], float(arm["dose"]), _ago(days))])
    wanted = predict_arm(DATA, _class(arm["drug"]), _ratio(arm), days / 365.25 * 12, "any").median
    assert found.median_least == found.median_most
    assert wanted - 1e-9 <= found.median_most <= wanted * 1.01


def test_an_arm_without_the_floor_is_a_patient_to_the_digit() -> None:
    found = _to_date([_on("levodopa", 311.0, _ago(145))])
    assert found.median_most == pytest.approx(predict_arm(DATA, "levodopa", 311 / 200, 145 / 365.25 * 12, "any").median, rel=1e-6)


def test_a_small_arm_is_wider_and_a_stricter_definition_lower() -> None:
    small, large = (predict_arm(DATA, "oral_agonist", 1.0, 12, "any", n).interval95 for n in (10, 5000))
    bare = predict_arm(DATA, "oral_agonist", 1.0, 12, "any").interval95
    assert small[0] < large[0] <= bare[0] + 0.5
    assert small[1] > large[1] >= bare[1] - 0.5
    medians = [predict_arm(DATA, "oral_agonist", 1.0, 12, tier).median for tier in ("any", "clinically_significant", "discontinued")]
    assert medians == sorted(medians, reverse=True)
    assert predict_arm(DATA, "placebo", None, 0.001, "any", 1).interval95 == (0.0, 0.0)
    assert predict_arm(DATA, "levodopa", 8.0, 600, "any", 3).interval95[1] == 100.0


@pytest.mark.parametrize("n", [None, 80])
def test_a_study_that_only_noted_it_finds_less(n: int | None) -> None:
    looked, unknown, noted = (
        predict_arm(DATA, "oral_agonist", 1.0, 12, "any", n, ascertainment=how) for how in ("looked_for", "unknown", "noted_only")
    )
    assert looked == predict_arm(DATA, "oral_agonist", 1.0, 12, "any", n)
    for a, b in ((noted, unknown), (unknown, looked)):
        assert a.median < b.median
        assert a.interval95[0] <= b.interval95[0]
        assert a.interval95[1] <= b.interval95[1]


# ---- bands and overrides -----------------------------------------------------------------------------------------------
BAND_NAMES = {b.key: b.name for b in DATA.bands}
ORDER = [b.key for b in DATA.bands]


def _by_figure(percent: float) -> str:
    return "very_high" if percent >= 30 else "high" if percent >= 12 else "moderate" if percent >= 5 else "low"


def test_bands_begin_at_0_5_12_and_30_percent() -> None:
    assert [(b.key, b.from_percent) for b in DATA.bands] == [("low", 0), ("moderate", 5), ("high", 12), ("very_high", 30)]


@given(ratio=st.floats(0.3, 1), ferritin=st.floats(5, 120), before=st.booleans(), name=st.sampled_from(["pramipexole", "rotigotine"]))
@few
def test_the_band_is_that_of_the_median_of_the_next_12_months(ratio: float, ferritin: float, before: bool, name: str) -> None:
    facts = replace(RLS, ferritin_ug_per_l=ferritin, prior_augmentation=before)
    found = _assess([_on(name, CEILINGS[name] * ratio, D(2024, 5, 1))], facts)
    assert found.lifted_by == ()
    assert found.band == found.band_from == _by_figure(found.ahead[0].median_most)
    assert found.band_words == BAND_NAMES[found.band]


@pytest.mark.parametrize(
    ("exposures", "ids", "least"),
    [
        ([_on("pramipexole", 0.5, D(2022, 1, 1))], [], "low"),
        ([_on("pramipexole", 0.625, D(2022, 1, 1))], ["above_maximum"], "high"),
        ([_on("pramipexole", 0.5, D(2022, 1, 1)), _on("pramipexole", 0.125, D(2022, 1, 1), line=2)], ["above_maximum"], "high"),
        ([_on("pramipexole", 1.0, D(2022, 1, 1))], ["above_maximum", "twice_maximum"], "very_high"),
        ([_on("ropinirole", 4.0, D(2022, 1, 1))], [], "low"),
        ([_on("ropinirole", 5.0, D(2022, 1, 1))], ["above_maximum"], "high"),
        ([_on("rotigotine", 6.0, D(2022, 1, 1))], ["above_maximum", "twice_maximum"], "very_high"),
        ([_on("levodopa", 50.0, _ago(3), doses_per_day=1.0)], ["daily_levodopa"], "very_high"),
        ([_on("levodopa", 400.0, D(2022, 1, 1), doses_per_day=2.0)], ["above_maximum", "daily_levodopa"], "very_high"),
        ([_on("levodopa", 100.0, D(2022, 1, 1), as_needed=True)], [], "low"),
        ([_on("levodopa", 100 * 2 / 7, D(2022, 1, 1), doses_per_day=2 / 7)], [], "low"),
        ([_on("pramipexole", 0.3, D(2022, 1, 1)), _on("ropinirole", 2.0, D(2022, 1, 1), line=2)], ["above_maximum"], "high"),
        ([_on("pramipexole", 0.5, D(2022, 1, 1)), _on("rotigotine", 3.0, D(2022, 1, 1))], ["above_maximum", "twice_maximum"], "very_high"),
        ([_on("pergolide", 0.6, D(2022, 1, 1))], ["above_maximum"], "high"),
        ([_on("pramipexole", 3.0, D(2019, 1, 1), D(2022, 1, 1)), _on("pramipexole", 0.25, D(2022, 1, 1))], [], "low"),
        ([_on("pramipexole", None, D(2022, 1, 1), intake_mg_min=0.75, intake_mg_max=0.75)], ["above_maximum"], "high"),
        ([_on("pramipexole", None, D(2022, 1, 1), intake_mg_min=1.0, intake_mg_max=1.0)], ["above_maximum", "twice_maximum"], "very_high"),
    ],
    ids=[
        "at the maximum",
        "above it",
        "above it in two lines",
        "twice it",
        "ropinirole at it",
        "ropinirole above it",
        "patch twice it",
        "levodopa daily",
        "levodopa daily and above",
        "levodopa as needed",
        "levodopa two days a week",
        "two together above it",
        "two together twice it",
        "above the ceiling where there is no maximum",
        "above it in the past only",
        "above it even once a day",
        "twice it even once a day",
    ],
)
def test_overrides(exposures: list[Exposure], ids: list[str], least: str) -> None:
    found = _assess(exposures)
    words = {o.id: o.text for o in DATA.overrides}
    assert list(found.lifted_by) == [words[i] for i in ids]
    by_figure = _by_figure(found.ahead[0].median_most)
    assert found.band == max(by_figure, least, key=ORDER.index)


def test_an_override_lifts_and_never_lowers() -> None:
    facts = replace(RLS, ferritin_ug_per_l=10.0, prior_augmentation=True)
    found = _assess([_on("pramipexole", 0.75, D(2026, 1, 1))], facts)
    assert found.ahead[0].median_most >= 30, "the case is one whose figure is above the override"
    assert found.band == "very_high"
    assert len(found.lifted_by) == 1


def test_a_history_known_as_a_range_has_a_range_of_bands() -> None:
    found = _assess([_on("rotigotine", None, D(2022, 1, 1))])
    assert (found.band_from, found.band, found.band_words) == ("moderate", "high", "MODERATE to HIGH")
    assert found.ahead[0].median_least < 12 <= found.ahead[0].median_most
    assert "to" in found.frequency


def test_an_override_that_only_may_hold_is_said_so_and_lifts_the_upper_end_only() -> None:
    found = _assess([_on("pramipexole", (0.25, 0.75), D(2022, 1, 1))])
    assert [t for t in found.lifted_by if t.startswith("it may be that ")] == list(found.lifted_by) != []
    assert found.doses[0].above_maximum is None
    assert (found.band_from, found.band) == ("moderate", "high")


@pytest.mark.parametrize(
    ("indication", "words", "parkinson"),
    [
        ("parkinson", "Parkinson's disease", True),
        ("both", "Parkinson's disease, also", True),
        ("other", "not taken for restless legs", False),
    ],
)
def test_another_indication_withholds_every_figure(indication: str, words: str, parkinson: bool) -> None:
    found = _assess([_on("pramipexole", 0.25, D(2022, 1, 1))], PatientFacts(indication=indication), what_if=[Change("dose", 0.125)])
    assert words in found.withheld
    _nothing_shown(found)
    assert ("parkinson" in {p.id for p in found.discuss}) is parkinson


def _nothing_shown(a: Assessment) -> None:
    assert (a.band, a.band_from, a.band_words, a.lifted_by, a.frequency, a.spread) == ("", "", "", (), "", "")
    assert (a.to_date, a.ahead, a.clinically_significant, a.what_if) == (None, (), None, ())
    assert a.background is not None


@pytest.mark.parametrize("name", sorted(DATA.parkinson.from_mg_per_day))
def test_a_dose_that_only_parkinsons_disease_explains_withholds_until_the_indication_is_given(name: str) -> None:
    dose = DATA.parkinson.from_mg_per_day[name]
    at, below = (_assess([_on(name, x, D(2022, 1, 1))], PatientFacts()) for x in (dose, dose * 0.99))
    assert name in at.withheld
    assert "no figure is given until then" in at.withheld
    _nothing_shown(at)
    assert (below.withheld, bool(below.ahead)) == ("", True)
    given_rls = _assess([_on(name, dose, D(2022, 1, 1))])
    assert (given_rls.withheld, bool(given_rls.ahead)) == ("", True)


@pytest.mark.parametrize("name", DATA.parkinson.with_ingredients)
def test_a_companion_that_only_parkinsons_disease_explains_withholds(name: str) -> None:
    taken = [_on("levodopa", 100.0, D(2022, 1, 1))]
    found = _assess(taken, PatientFacts(), known=Known(taken=frozenset({"levodopa", name})))
    assert name in found.withheld
    _nothing_shown(found)
    assert _assess(taken, RLS, known=Known(taken=frozenset({"levodopa", name}))).withheld == ""
    assert _assess([], PatientFacts(), known=Known(taken=frozenset({name}))).withheld == ""


@pytest.mark.parametrize(
    ("text", "withheld"),
    [
        ("Sinemet 25/100 1 tab tds since 2022\nrasagiline 1 mg daily", True),
        ("Sinemet 25/100 1 tab tds since 2022\nentacapone 200 mg tds", True),
        ("Stalevo 100 1 tab tds since 2022", True),
        ("apomorphine pump since 2022", True),
        ("ropinirole XL 4 mg daily since 2022", False),
        ("Mirapexin prolonged-release 0.26 mg once daily since 2022", False),
        ("pramipexole 1 mg tds since 2022", True),
        ("Sinemet 25/100 1 tab tds since 2022", False),
        ("pramipexole 1 mg tds 2015-2020\npramipexole 0.25 mg nightly since 2020", False),
        ("pramipexole 0.25 mg nightly since 2020\nstopped rasagiline in 2019", False),
        ("pramipexole 0.5 mg nightly since 2020\namantadine 100 mg bd", False),
    ],
)
def test_signs_of_parkinsons_disease_in_a_list(text: str, withheld: bool) -> None:
    assert bool(_read(text, PatientFacts()).withheld) is withheld


def test_a_high_dose_withheld_says_what_it_would_mean_in_restless_legs() -> None:
    found = _assess([_on("pramipexole", 3.0, D(2022, 1, 1))], PatientFacts())
    assert "If it is taken for restless legs, the dose alone makes the risk very high." in found.withheld
    assert "above_maximum" in {s.id for s in found.detection.signs}


@pytest.mark.parametrize(("indication", "words"), [(None, "if taken for RLS"), ("rls", "")])
def test_every_figure_is_conditional_while_the_indication_is_not_known(indication: str | None, words: str) -> None:
    found = _assess([_on("pramipexole", 0.25, D(2022, 1, 1))], PatientFacts(indication=indication))
    assert (found.conditional, found.indication) == (words, indication or "")
    assert ("indication" in {g.fact for g in found.gaps}) is (indication is None)
    assert _same(found, _assess([_on("pramipexole", 0.25, D(2022, 1, 1))]))


def test_a_diagnosis_of_restless_legs_is_not_taken_for_the_indication() -> None:
    found = _assess([_on("pramipexole", 0.25, D(2022, 1, 1))], PatientFacts(rls_diagnosed=True))
    assert found.conditional == "if taken for RLS"


@given(history=_histories(1), ferritin=st.one_of(st.none(), st.floats(5, 120)))
@few
def test_the_spread_is_said_when_the_interval_reaches_over_three_bands(history: list[Exposure], ferritin: float | None) -> None:
    found = _assess(history, replace(RLS, ferritin_ug_per_l=ferritin))
    low, high = (_by_figure(x) for x in (found.ahead[0].low95, found.ahead[0].high95))
    wide = ORDER.index(high) - ORDER.index(low) >= 2
    words = f"The studies differ so much that they cannot separate {low} from {high}.".replace("_", " ")
    assert found.spread == (words if wide and found.doses else "")


def test_the_spread_is_not_said_of_what_studies_agree_on() -> None:
    found = _assess([_on("levodopa", 1600.0, _ago(2))])
    assert _by_figure(found.ahead[0].low95) == "very_high"
    assert found.spread == ""


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        (Answers(earlier_hours=2.0), State.PROBABLE),
        (Answers(earlier_hours=4.0, days_per_week=7.0, other_cause=False, treatment_worked=True), State.MEETS_CRITERIA),
    ],
)
def test_a_positive_state_stands_in_the_place_of_the_band(answers: Answers, state: State) -> None:
    told = [_on("pramipexole", 1.0, D(2022, 1, 1))]
    found, plain = _assess(told, replace(RLS, answers=answers)), _assess(told)
    assert found.detection.state is state
    assert (found.band, found.band_from, found.band_words, found.lifted_by, found.spread) == ("", "", "augmentation suspected", (), "")
    assert _same(found, plain)
    assert found.frequency == plain.frequency != ""


def test_a_possible_state_leaves_the_band() -> None:
    found = _assess([_on("pramipexole", 0.25, D(2022, 1, 1))], replace(RLS, answers=Answers(stronger=True)))
    assert (found.detection.state, found.band) == (State.POSSIBLE, "moderate")


@pytest.mark.parametrize(
    ("exposures", "wanted"),
    [
        ([], " of 100 similar patients in the next year; studies ranged from "),
        ([_on("pramipexole", None, D(2022, 1, 1))], " to "),
        ([_on("levodopa", 1600.0, _ago(2))], "more than 99"),
    ],
)
def test_the_frequency_is_in_whole_people_and_never_0_or_100(exposures: list[Exposure], wanted: str) -> None:
    text = _assess(exposures).frequency
    assert wanted in text
    assert " 0 " not in text
    assert " 100 similar" in text
    assert "." not in text


# ---- what if -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("told", "change", "facts", "wanted"),
    [
        ([_on("pramipexole", 0.5, D(2022, 1, 1))], Change("ferritin", 20.0), replace(RLS, ferritin_ug_per_l=20.0), None),
        ([_on("pramipexole", 0.5, D(2022, 1, 1))], Change("prior_augmentation", 1.0), replace(RLS, prior_augmentation=True), None),
        ([_on("pramipexole", 0.5, D(2022, 1, 1))], Change("dose", 0.5), RLS, None),
        (
            [_on("pramipexole", 0.5, D(2022, 1, 1))],
            Change("dose", 0.25),
            RLS,
            [_on("pramipexole", 0.5, D(2022, 1, 1), AS_OF, current=False), _on("pramipexole", 0.25, AS_OF)],
        ),
        ([_on("pramipexole", 0.5, D(2022, 1, 1))], Change("dose", 0.0), RLS, [_on("pramipexole", 0.5, D(2022, 1, 1), AS_OF)]),
        (
            [_on("levodopa", 100.0, D(2022, 1, 1)), _on("rotigotine", 1.0, D(2023, 1, 1), line=2)],
            Change("dose", 0.0, "levodopa"),
            RLS,
            [_on("levodopa", 100.0, D(2022, 1, 1), AS_OF), _on("rotigotine", 1.0, D(2023, 1, 1), line=2)],
        ),
    ],
    ids=["ferritin", "augmented before", "the same dose", "a lower dose", "stopping", "stopping one of two"],
)
def test_what_if_is_what_the_changed_history_would_be(
    told: list[Exposure], change: Change, facts: PatientFacts, wanted: list[Exposure] | None
) -> None:
    (found,) = _assess(told, what_if=[change]).what_if
    other = _assess(wanted or told, facts)
    assert [_numbers(r) for r in found.risks] == [pytest.approx(_numbers(r), abs=1e-9) for r in other.ahead]
    assert found.band == (other.band_words if other.doses else found.band)


def test_several_changes_are_shown_alone_and_together() -> None:
    found = _assess([_on("pramipexole", 0.5, D(2022, 1, 1))], what_if=[Change("dose", 0.25), Change("ferritin", 20.0)]).what_if
    assert [w.text for w in found] == [
        "0.25 mg/day from today on",
        "ferritin 20 ug/L",
        "0.25 mg/day from today on and ferritin 20 ug/L",
    ]
    assert found[0].risks[0].median_most < found[2].risks[0].median_most < found[1].risks[0].median_most


@pytest.mark.parametrize(("dose", "band"), [(0.5, "MODERATE"), (0.75, "HIGH"), (1.0, "VERY HIGH"), (1.5, "VERY HIGH")])
def test_overrides_hold_for_what_if_too(dose: float, band: str) -> None:
    (found,) = _assess([_on("pramipexole", 0.5, D(2022, 1, 1))], what_if=[Change("dose", dose)]).what_if
    assert found.band == band == _assess([_on("pramipexole", dose, D(2022, 1, 1))]).band_words


def test_what_if_with_daily_levodopa_stays_very_high() -> None:
    (found,) = _assess([_on("levodopa", 50.0, D(2015, 1, 1))], what_if=[Change("ferritin", 100.0)]).what_if
    assert found.band == "VERY HIGH"


@pytest.mark.parametrize(
    ("told", "change", "words"),
    [
        ([_on("bromocriptine", 5.0, D(2020, 1, 1))], Change("dose", 2.5), "bromocriptine"),
        ([], Change("dose", 1.0), "none is"),
        ([_on("pramipexole", 0.5, D(2020, 1, 1), D(2022, 1, 1))], Change("dose", 0.25), "none is"),
        ([_on("pramipexole", 0.5, D(2020, 1, 1))], Change("dose", 1.0, "moonshine"), "pramipexole"),
        ([_on("pramipexole", 0.5, D(2020, 1, 1)), _on("rotigotine", 2.0, D(2020, 1, 1))], Change("dose", 1.0), "pramipexole, rotigotine"),
    ],
    ids=["no ceiling", "nothing taken", "nothing taken any more", "not taken", "of which"],
)
def test_a_dose_that_cannot_be_compared_is_an_error(told: list[Exposure], change: Change, words: str) -> None:
    with pytest.raises(InputError, match=words):
        _assess(told, what_if=[change])


# ---- parts -------------------------------------------------------------------------------------------------------------
def test_every_part_is_labelled_and_cited() -> None:
    facts = replace(RLS, ferritin_ug_per_l=30.0, prior_augmentation=True)
    found = _assess([_on("pramipexole", 0.25, D(2022, 1, 1)), _on("levodopa", 100.0, D(2022, 1, 1), line=2)], facts)
    assert [(f.id, f.kind) for f in found.factors] == [
        ("class", "trial"),
        ("class", "trial"),
        ("dose", "trial"),
        ("time", "trial"),
        ("ferritin", "derived"),
        ("prior_augmentation", "elicited"),
    ]
    assert all(f.references for f in found.factors)
    assert set(found.references) <= set(FORMULARY.references)
    for f in found.factors:
        assert f.ratio is None or f.ratio[1] <= f.ratio[0] <= f.ratio[2]
    other = _assess([_on("piribedil", 50.0, D(2022, 1, 1))]).factors[0]
    assert (other.kind, "no study arm" in other.text) == ("derived", True)


_AnyExposure = st.builds(
    Exposure,
    ingredient=st.sampled_from(sorted(DOSING)),
    daily_dose_mg_min=st.one_of(st.none(), st.floats(0, 5)),
    daily_dose_mg_max=st.one_of(st.none(), st.floats(5, 900)),
    period=st.builds(
        Period,
        st.one_of(st.none(), st.sampled_from(["2019", "2024-02", "2026"]).map(_partial)),
        st.one_of(st.none(), st.sampled_from(["2019", "2024-02", "2026", "2030"]).map(_partial)),
    ),
    status=st.sampled_from([s for s in Status if s not in (Status.ALLERGY, Status.FAMILY, Status.NOT_TAKEN, Status.INTENDED)]),
    line=st.integers(0, 3),
    as_needed=st.booleans(),
    doses_per_day=st.one_of(st.none(), st.floats(0.1, 6)),
    timing=st.sampled_from([(), ("morning",), ("noon", "bedtime")]),
    current=st.booleans(),
    intake_mg_min=st.sampled_from([None, 0.5]),
    intake_mg_max=st.sampled_from([None, 0.5, 4.0]),
)


@given(history=st.lists(_AnyExposure, max_size=4), indication=st.sampled_from([None, "rls", "parkinson", "both", "other"]))
@settings(max_examples=80, deadline=None)
def test_any_history_has_an_assessment(history: list[Exposure], indication: str | None) -> None:
    found = _assess(history, PatientFacts(indication=indication))
    for risk in (*found.ahead, *([found.to_date] if found.to_date else [])):
        least, most, low, high = _numbers(risk)
        assert 0 <= low <= least <= most <= high <= 100
    assert bool(found.withheld) == (not found.ahead)


@pytest.mark.parametrize(
    "text",
    [
        "drug,dose,status,start,stop\npramipexole,0.5 mg nightly,active,2015-01-01,2019-01-01\n",
        "pramipexole 0 mg nightly since 2019",
        "ropinirole 2 mg/24h 2015-2018 0 mg",
        "pramipexole 0.5 mg nightly since 2030",
        "pramipexole 0.5 mg nightly until 2030",
        "pramipexole 9999 mg nightly since 1900",
    ],
    ids=[
        "active, and stopped years ago",
        "a dose of nothing",
        "an end and a dose of nothing",
        "a start to come",
        "a stop to come",
        "beyond all measure",
    ],
)
def test_contradictions_have_an_assessment_too(text: str) -> None:
    found = _read(text)
    assert found.history
    assert found.withheld or len(found.ahead) == 3


# ---- bounds and slips ----------------------------------------------------------------------------------------------------
def test_more_doses_than_one_patient_has_get_no_figure() -> None:
    many = [_on("pramipexole", 0.125, D(2020, 1, 1) + timedelta(days=k), line=k + 1) for k in range(DATA.most_exposures + 1)]
    found = _assess(many)
    assert str(len(many)) in found.withheld
    assert (found.ahead, found.to_date, found.band, len(found.history)) == ((), None, "", len(many))
    assert _assess(many[:-1]).withheld == ""


@pytest.mark.parametrize(("dose", "told"), [(0.5, False), (2.0, False), (2.25, True), (250.0, True)])
def test_a_dose_far_above_restless_legs_is_questioned(dose: float, told: bool) -> None:
    found = _assess([_on("pramipexole", dose, D(2022, 1, 1))])
    assert any("check the dose that was read" in note for note in found.notes) is told
