"""The vocabulary of the augmentation part: rows of formulary/augmentation and what an assessment holds; knows no files and no arithmetic.

Loaded only where a dopaminergic is on the list or the data are asked for. Doses are mg per day (of salt for pramipexole), risks are
percent from 0 to 100, times are years unless the name says months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from medcheck.domain import Exposure, PartialDate, Row
from medcheck.value import Value


class Tier(StrEnum):
    """What a study counted as augmentation."""

    ANY = "any"  # any that meets criteria
    CLINICALLY_SIGNIFICANT = "clinically_significant"
    DISCONTINUED = "discontinued"  # stopped because of it


class State(StrEnum):
    """What the answers about symptoms say, the weakest first."""

    UNKNOWN = "unknown"  # not asked, or too much is open
    NOT_SUGGESTED = "not_suggested"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    MEETS_CRITERIA = "meets_mpi_type_criteria"


POSITIVE = frozenset({State.PROBABLE, State.MEETS_CRITERIA})


# ---- rows of the data --------------------------------------------------------------------------------------------------
class StudyArm(Row):
    """One arm of a published study. `use` is fit, external (kept apart) or context; marks are seen, derived or assumed."""

    arm_id: str
    study: str
    reference: str
    drug: str
    class_key: str
    mean_dose_mg_per_day: float | None
    dose_mark: str
    followup_months: float | None
    effective_months: float | None
    followup_mark: str
    n: int | None
    n_augmented: int | None
    count_mark: str
    definition: str
    tier: str
    design: str
    setting: str
    use: str
    verified: str
    note: str


class FitSettings(Row):
    """How the model is fitted: priors as (mean, standard deviation) on the log scale, half-normal scales of the spreads, seed."""

    seed: int
    draws: int
    predictive_draws: int
    study_effect_degrees_of_freedom: float
    dose_log2_from: float
    dose_log2_to: float
    prior: Mapping[str, tuple[float, float]]
    spread: Mapping[str, float]
    dose_references: tuple[str, ...]  # what the prior of the dose effect rests on


class ModelClass(Row):
    """A group of medicines with one intercept."""

    key: str
    name: str
    ingredients: tuple[str, ...]


class Contrast(Row):
    """Ferritin of the augmented and of others in one cohort: mean, standard deviation, number."""

    study: str
    augmented: tuple[float, float, float]
    others: tuple[float, float, float]
    reference: str


class FerritinFactor(Row):
    """The effect of low ferritin, ug/L."""

    reference_ug_per_l: float
    least_ug_per_l: float
    kind: str
    text: str
    references: tuple[str, ...]
    verified: str
    contrasts: tuple[Contrast, ...]


class PriorFactor(Row):
    """The effect of augmentation on an earlier dopaminergic: mean and standard deviation of the log hazard ratio."""

    log_hazard_ratio: tuple[float, float]
    kind: str
    text: str
    references: tuple[str, ...]
    verified: str


class Ascertainment(Row):
    """How often a study only notes augmentation instead of looking for it; mean and standard deviation of the log hazard ratio then."""

    noted_only_share: float
    noted_only_log_hazard_ratio: tuple[float, float]
    kind: str
    text: str
    references: tuple[str, ...]
    verified: str


class Plausible(Row):
    """What is assumed where something is not known: always a range."""

    start_years_least: float
    start_years_most: float
    as_needed_least_share: float
    as_needed_text: str
    unstated_times_a_day_most: float
    dose_ratio_least: float
    dose_ratio_most: float
    no_ceiling_ratio_least: float
    no_ceiling_ratio_most: float


class ParkinsonSigns(Row):
    """What only Parkinson's disease explains: a dose from so much on (mg per day) or a companion; and forms that are noticed."""

    text: str
    references: tuple[str, ...]
    once_daily_ingredients: tuple[str, ...]
    with_ingredients: tuple[str, ...]
    extended_words: tuple[str, ...]
    extended_ingredients: tuple[str, ...]
    from_mg_per_day: Mapping[str, float]


class Band(Row):
    """A band word from a median 12-month risk (percent) on."""

    key: str
    name: str
    from_percent: float
    text: str


class Override(Row):
    """A circumstance that lifts the band."""

    id: str
    when: str
    band: str
    text: str
    references: tuple[str, ...]
    verified: str


class NamedFlag(Row):
    """Something seen with augmentation that is named and not counted."""

    id: str
    text: str
    direction: str
    references: tuple[str, ...]
    verified: str


class HistoryDays(Row):
    """How the history is read, in days."""

    lately_days: int
    titration_days: int
    recent_cut_days: int
    offender_before_days: int


class Question(Row):
    """A question about symptoms; `kind` is yes_no, hours, days or total."""

    id: str
    kind: str
    text: str
    short: str


class StateRule(Row):
    """A rule of detection: all of `all`, at least `at_least` of `of`, and one of `needs_one` are true. Terms are features."""

    id: str
    state: str
    text: str
    all: tuple[str, ...]
    of: tuple[str, ...]
    at_least: int
    needs_one: tuple[str, ...]
    references: tuple[str, ...]
    verified: str


class Feature(Row):
    """A term of the rules: an answer, or an answer of at least so much, or something read from the history."""

    id: str
    answer: str
    least: float | None
    wanted: bool
    text: str


class FlagText(Row):
    """Words of a red flag or a remark, by its id."""

    id: str
    text: str
    references: tuple[str, ...]
    verified: str


class LookAlikeCause(Row):
    """Something else that could explain worse restless legs, with what tells it apart and what to ask; `conditions` speak for it."""

    id: str
    name: str
    pointer: str
    question: str
    conditions: tuple[str, ...]
    references: tuple[str, ...]
    verified: str


class Advice(Row):
    """A point to discuss. `when`: circumstances that must all hold; `kind` groups them; `conflicts` names what another source says."""

    id: str
    kind: str
    when: tuple[str, ...]
    guideline: str
    year: int | None
    strength: str
    text: str
    conflicts: str
    references: tuple[str, ...]
    verified: str


class Circumstances(Row):
    """Circumstances of advice that are made of data: medicines of which one, or none, is taken; age in years, eGFR in mL/min/1.73 m2."""

    older_from_years: int
    renal_impairment_below_egfr: int
    taking: Mapping[str, tuple[str, ...]]
    not_taking: Mapping[str, tuple[str, ...]]


class Coefficients(Row):
    """Posterior draws of the fitted model, one tuple of equal length for each parameter (docs/augmentation.md).

    Log intercepts per year for each class, `time_exponent`, `dose_per_doubling`, `clinically_significant`, `discontinued`, `study`
    (the effect of a new study, all between-study variation in it), `ferritin` and `prior_augmentation`.
    """

    version: str
    sha256: str
    fitted_to_sha256: str
    seed: int
    draws: Mapping[str, tuple[float, ...]]


class FitInputs(Row):
    """What a fit reads; `ceilings` are mg per day by ingredient."""

    arms: tuple[StudyArm, ...]
    settings: FitSettings
    ferritin: FerritinFactor
    prior_augmentation: PriorFactor
    ceilings: Mapping[str, float]
    version: str
    fitted_to_sha256: str
    baseline_name: str
    baseline_percent: Mapping[str, float]
    noted_only: tuple[float, float, float]  # share, mean and standard deviation of the log hazard ratio


class AugmentationData(Row):
    """formulary/augmentation as one value."""

    version: str
    basis: str
    clinically_reviewed: bool
    fit: FitSettings
    classes: tuple[ModelClass, ...]
    ferritin: FerritinFactor
    prior_augmentation: PriorFactor
    cap_hazard_ratio: float
    ascertainment: Ascertainment
    plausible: Plausible
    parkinson: ParkinsonSigns
    horizons_months: tuple[int, ...]
    extrapolated_from_months: int
    least_percent: float
    most_percent: float
    most_exposures: int  # more than one patient's history holds; they would take long to compare
    bands: tuple[Band, ...]
    overrides: tuple[Override, ...]
    named: tuple[NamedFlag, ...]
    history: HistoryDays
    questions: tuple[Question, ...]
    features: tuple[Feature, ...]
    rules: tuple[StateRule, ...]
    red_flags: tuple[FlagText, ...]
    causes: tuple[LookAlikeCause, ...]
    advice: tuple[Advice, ...]
    circumstances: Circumstances
    coefficients: Coefficients
    arms: tuple[StudyArm, ...]


# ---- what the rest of a review knows -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Offender(Value):
    """A flagged medicine that is taken, with its start and whether it can cause akathisia."""

    ingredient: str
    line: int
    started: PartialDate | None
    akathisia: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Known(Value):
    """What the rest of the review knows: ingredients taken, medicines flagged, conditions by key, and whether iron is low."""

    taken: frozenset[str] = frozenset()
    offenders: tuple[Offender, ...] = ()
    conditions: frozenset[str] = frozenset()
    iron_low: bool = False
    unread: bool = False  # something on the list was not read or must be confirmed
    date_doubts: tuple[str, ...] = ()  # dates of dopaminergics that can be none, in words


# ---- the assessment ----------------------------------------------------------------------------------------------------
class Risk(Row):
    """A risk in percent. The medians differ where dose or dates are only known as a range; the interval is that of studies, 95 %.

    `months` is None for the time up to now.
    """

    months: int | None
    median_least: float
    median_most: float
    low95: float
    high95: float
    extrapolated: bool


class DoseMarks(Row):
    """The total daily dose of one dopaminergic taken now beside the doses given for restless legs; None where there is none.

    `above_maximum`: whether it is above the lower of the maxima; None when the dose is not known, or only as a range that holds both.
    """

    ingredient: str
    daily_dose_mg_min: float | None
    daily_dose_mg_max: float | None
    start_mg: float | None
    usual_min_mg: float | None
    usual_max_mg: float | None
    maximum_us_mg: float | None
    maximum_eu_mg: float | None
    ceiling_mg: float | None
    above_maximum: bool | None
    words: str
    lines: tuple[int, ...]
    references: tuple[str, ...]
    verified: str


class Factor(Row):
    """One labelled part of the figure. `kind` is trial, derived or elicited; `ratio` the hazard ratio here (median, 2.5 %, 97.5 %)."""

    id: str
    label: str
    kind: str
    text: str
    ratio: tuple[float, float, float] | None
    references: tuple[str, ...]
    verified: str


class Gap(Row):
    """What is not known, and between which medians (percent, 12 months) it could move the answer."""

    fact: str
    text: str
    median_least: float | None
    median_most: float | None


class RuleOutcome(Row):
    """A rule of detection with its outcome: true, false, or None while answers are missing (`missing` names them)."""

    id: str
    state: State
    text: str
    outcome: bool | None
    missing: tuple[str, ...]
    references: tuple[str, ...]
    verified: str


class Sign(Row):
    """A red flag read from the history, the doses or the facts."""

    id: str
    text: str
    lines: tuple[int, ...]
    references: tuple[str, ...]
    verified: str


class Detection(Row):
    """Whether augmentation is there already, by the answers; `ask` are the questions that are still open."""

    state: State
    rules: tuple[RuleOutcome, ...]
    signs: tuple[Sign, ...]
    ask: tuple[Question, ...]


class Cause(Row):
    """Another explanation, with what the review knows of it ("" when nothing) and the lines it rests on."""

    id: str
    name: str
    pointer: str
    question: str
    known: str
    lines: tuple[int, ...]
    references: tuple[str, ...]
    verified: str


class Discussion(Row):
    """One point to discuss with its guideline, year and strength."""

    id: str
    kind: str
    text: str
    guideline: str
    year: int | None
    strength: str
    conflicts: str
    references: tuple[str, ...]
    verified: str


class WhatIf(Row):
    """The figures under another dose or fact."""

    text: str
    band: str
    risks: tuple[Risk, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CurvePoint(Value):
    """A day of the curve: the dose there as a multiple of the ceiling, and the cumulative risk in percent.

    `ahead` is True for a day to come: the risk is then counted from now on, given none up to now. Where the history is only known as a
    range, `median` is the higher and `median_least` the lower one; else it is None.
    """

    day: date
    ahead: bool
    dose_ratio: float
    median: float
    low95: float
    high95: float
    median_least: float | None = None

    @property
    def lower_median(self) -> float:
        """The lower median; the only one where the history is no range."""
        return self.median if self.median_least is None else self.median_least


class Assessment(Row):
    """What medcheck says of augmentation for one history.

    `band` is the key of the band, "" when it is withheld (`withheld` says why) or when a positive state stands in its place; `band_from`
    is the lower end where the history is only known as a range. `conditional` is "if taken for RLS" while the indication is not known.
    """

    model_version: str
    model_sha256: str
    basis: str
    as_of: date
    indication: str
    conditional: str
    withheld: str
    band: str
    band_from: str
    band_words: str
    lifted_by: tuple[str, ...]
    frequency: str
    spread: str
    history: tuple[Exposure, ...]
    started: PartialDate | None
    doses: tuple[DoseMarks, ...]
    to_date: Risk | None
    ahead: tuple[Risk, ...]
    clinically_significant: Risk | None
    background: Risk | None
    factors: tuple[Factor, ...]
    named: tuple[NamedFlag, ...]
    gaps: tuple[Gap, ...]
    detection: Detection
    causes: tuple[Cause, ...]
    discuss: tuple[Discussion, ...]
    what_if: tuple[WhatIf, ...]
    notes: tuple[str, ...]
    references: tuple[str, ...]
    clinically_reviewed: bool
