"""The schema of formulary/augmentation (marshmallow); knows shapes, not clinical meaning."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, fields, validate

from medcheck.formulary.schema_parts import MARKS, ReviewSchema, Strict, number, one_of, string, strings

SOURCE_KINDS: Final = ("trial", "derived", "elicited")
TIERS: Final = ("any", "clinically_significant", "discontinued")
STATES: Final = ("possible", "probable", "meets_mpi_type_criteria")
SEEN: Final = ("seen", "derived", "assumed")
ADVICE_KINDS: Final = ("safety", "first_step", "iron", "prevention", "management", "renal", "pregnancy", "age", "indication")
PRIORS: Final = (
    "agonist_mean",
    "levodopa",
    "background",
    "time_exponent",
    "dose_per_doubling",
    "clinically_significant",
    "discontinued",
)
OVERRIDES: Final = ("above_maximum", "twice_maximum", "daily_levodopa")
HISTORY_TERMS: Final = ("history.raised_lately", "history.moved_or_split", "history.second_added")
# What the code can tell or ask; the words for each are data.
QUESTIONS: Final = (
    "earlier_hours",
    "quicker_at_rest",
    "stronger",
    "spread",
    "shorter_relief",
    "needs_more",
    "paradoxical",
    "days_per_week",
    "other_cause",
    "treatment_worked",
    "asrs_total",
)
RED_FLAGS: Final = (
    "above_maximum",
    "daily_levodopa",
    "two_agents",
    "raised_in_steps",
    "raised_lately",
    "moved_earlier",
    "split",
    "split_now",
    "second_added",
    "parkinson_strength",
    "iron_low",
    "recent_cut",
)
CAUSES: Final = (
    "tolerance",
    "rebound",
    "progression",
    "iron_loss",
    "new_offender",
    "akathisia",
    "withdrawal",
    "fluctuation",
    "other_conditions",
)
QUESTION_KINDS: Final = {"yes_no", "hours", "days", "total"}
# Circumstances that advice can ask for; medcheck/augmentation/advice.py says when each holds.
CIRCUMSTANCES: Final = (
    "taken",
    "for_rls",
    "positive",
    "not_positive",
    "suspected",
    "agonist",
    "levodopa",
    "pramipexole",
    "ergot",
    "listed_by_aasm",
    "no_rotigotine",
    "no_alpha2delta",
    "above_maximum",
    "iron_low",
    "iron_unknown",
    "renal_impairment",
    "egfr_unknown",
    "pregnant",
    "older",
    "parkinson",
    "recent_cut",
)


def _pair() -> fields.List[float]:
    return fields.List(fields.Float(), required=True, validate=validate.Length(equal=2))


def _triple() -> fields.List[float]:
    return fields.List(fields.Float(), required=True, validate=validate.Length(equal=3))


class ArmSchema(Strict):
    """A row of incidence.csv: one arm of a published study."""

    arm_id = string()
    study = string()
    reference = string()
    drug = string()
    class_ = fields.String(data_key="class", required=True)
    mean_dose_mg_per_day = number(allow_none=True)
    dose_mark = fields.String(load_default="", validate=validate.OneOf(("", *SEEN)))
    followup_months = number(allow_none=True)
    effective_months = number(allow_none=True)
    followup_mark = fields.String(load_default="", validate=validate.OneOf(("", *SEEN)))
    n = fields.Integer(allow_none=True, validate=validate.Range(min=1))
    n_augmented = fields.Integer(allow_none=True, validate=validate.Range(min=0))
    count_mark = fields.String(load_default="", validate=validate.OneOf(("", *SEEN)))
    definition = fields.String(load_default="")
    tier = one_of(*TIERS)
    design = fields.String(load_default="")
    setting = fields.String(load_default="")
    use = one_of("fit", "external", "context")
    verified = one_of(*MARKS)
    note = fields.String(load_default="")


class PriorsSchema(Strict):
    """Priors of the fit: mean and standard deviation on the log scale, and half-normal scales of the spreads."""

    agonist_mean = _pair()
    levodopa = _pair()
    background = _pair()
    time_exponent = _pair()
    dose_per_doubling = _pair()
    clinically_significant = _pair()
    discontinued = _pair()
    class_spread = number(required=True)
    study_spread = number(required=True)
    arm_spread = number(required=True)


class ReasonSchema(Strict):
    """What a prior rests on."""

    prior = one_of(*PRIORS)
    kind = one_of(*SOURCE_KINDS)
    text = string()
    references = strings(required=True)


class FitSchema(Strict):
    """How the model is fitted."""

    seed = fields.Integer(required=True)
    draws = fields.Integer(required=True, validate=validate.Range(min=100, max=10_000))
    predictive_draws = fields.Integer(required=True, validate=validate.Range(min=1000))
    study_effect_degrees_of_freedom = fields.Float(required=True, validate=validate.Range(min=2, min_inclusive=False))
    dose_log2_from = fields.Float(required=True)
    dose_log2_to = fields.Float(required=True)
    prior = fields.Nested(PriorsSchema, required=True)
    reason = fields.List(fields.Nested(ReasonSchema), required=True)


class ModelClassSchema(Strict):
    """A group of medicines with one intercept."""

    key = string()
    name = string()
    ingredients = strings(required=True)


class ContrastSchema(Strict):
    """Ferritin of the augmented and of others in one cohort: mean, standard deviation, number."""

    study = string()
    augmented = _triple()
    others = _triple()
    reference = string()


class BaselineSchema(Strict):
    """Published percentages by class that the fit is held against."""

    name = string()
    references = strings(required=True)
    percent = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)


class AscertainmentSchema(Strict):
    """How often a study only notes augmentation instead of looking for it, and what that does to its count."""

    noted_only_share = fields.Float(required=True, validate=validate.Range(min=0, max=1))
    noted_only_log_hazard_ratio = _pair()
    kind = one_of(*SOURCE_KINDS)
    text = string()
    references = strings(required=True)
    verified = one_of(*MARKS)


class FerritinSchema(Strict):
    """The effect of low ferritin."""

    reference_ug_per_l = number(required=True)
    least_ug_per_l = number(required=True)
    kind = one_of(*SOURCE_KINDS)
    text = string()
    references = strings(required=True, minimum=1)
    verified = one_of(*MARKS)
    contrast = fields.List(fields.Nested(ContrastSchema), required=True, validate=validate.Length(min=1))


class PriorAugmentationSchema(Strict):
    """The effect of augmentation on an earlier dopaminergic."""

    log_hazard_ratio = _pair()
    kind = one_of(*SOURCE_KINDS)
    text = string()
    references = strings(required=True, minimum=1)
    verified = one_of(*MARKS)


class CapSchema(Strict):
    """The most that patient factors count together."""

    hazard_ratio = number(required=True)
    kind = one_of(*SOURCE_KINDS)
    text = string()


class PlausibleSchema(Strict):
    """Ranges where something is not known."""

    kind = one_of(*SOURCE_KINDS)
    start_years_least = number(required=True)
    start_years_most = number(required=True)
    as_needed_least_share = number(required=True)
    as_needed_text = string()
    unstated_times_a_day_most = number(required=True)
    dose_ratio_least = number(required=True)
    dose_ratio_most = number(required=True)
    no_ceiling_ratio_least = number(required=True)
    no_ceiling_ratio_most = number(required=True)


class ParkinsonSchema(Strict):
    """What only Parkinson's disease explains."""

    kind = one_of(*SOURCE_KINDS)
    text = string()
    references = strings(required=True)
    once_daily_ingredients = strings(required=True)
    with_ingredients = strings(required=True)
    extended_words = strings(required=True)
    extended_ingredients = strings(required=True)
    from_mg_per_day = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)


class DisplaySchema(Strict):
    """What is shown."""

    horizons_months = fields.List(fields.Integer(), required=True, validate=validate.Length(min=1))
    extrapolated_from_months = fields.Integer(required=True)
    least_percent = number(required=True)
    most_exposures = fields.Integer(required=True, validate=validate.Range(min=1))
    most_percent = number(required=True)


class BandSchema(Strict):
    """A band word."""

    key = string()
    name = string()
    from_percent = number(required=True)
    text = string()


class OverrideSchema(Strict):
    """A circumstance that lifts the band."""

    id = string()
    when = one_of(*OVERRIDES)
    band = string()
    text = string()
    references = strings(required=True)
    verified = one_of(*MARKS)


class NamedSchema(Strict):
    """A finding that is named and not counted."""

    id = string()
    text = string()
    direction = string()
    references = strings(required=True, minimum=1)
    verified = one_of(*MARKS)


class ModelFileSchema(Strict):
    """augmentation/model.toml."""

    version = string()
    basis = string()
    review = fields.Nested(ReviewSchema, required=True)
    fit = fields.Nested(FitSchema, required=True)
    class_ = fields.List(fields.Nested(ModelClassSchema), data_key="class", required=True)
    baseline = fields.Nested(BaselineSchema, required=True)
    ascertainment = fields.Nested(AscertainmentSchema, required=True)
    ferritin = fields.Nested(FerritinSchema, required=True)
    prior_augmentation = fields.Nested(PriorAugmentationSchema, required=True)
    cap = fields.Nested(CapSchema, required=True)
    plausible = fields.Nested(PlausibleSchema, required=True)
    parkinson = fields.Nested(ParkinsonSchema, required=True)
    display = fields.Nested(DisplaySchema, required=True)
    band = fields.List(fields.Nested(BandSchema), required=True, validate=validate.Length(min=2))
    override = fields.List(fields.Nested(OverrideSchema), required=True)
    named = fields.List(fields.Nested(NamedSchema), required=True)


class QuestionSchema(Strict):
    """A question about symptoms."""

    id = string()
    kind = one_of(*sorted(QUESTION_KINDS))
    text = string()
    short = string()


class FeatureSchema(Strict):
    """A term of the rules."""

    id = string()
    answer = string()
    least = fields.Float(load_default=None, allow_none=True)
    wanted = fields.Boolean(load_default=True)
    text = string()


class StateRuleSchema(Strict):
    """A rule of detection."""

    id = string()
    state = one_of(*STATES)
    text = string()
    all = strings(required=True)
    of = strings(required=True)
    at_least = fields.Integer(required=True, validate=validate.Range(min=0))
    needs_one = strings(load_default=list)
    references = strings(required=True)
    verified = one_of(*MARKS)


class RedFlagSchema(Strict):
    """A red flag."""

    id = string()
    text = string()
    references = strings(required=True)
    verified = one_of(*MARKS)


class CauseSchema(Strict):
    """What else could explain worse restless legs."""

    id = string()
    name = string()
    pointer = string()
    question = string()
    conditions = strings(load_default=list)
    references = strings(required=True)
    verified = one_of(*MARKS)


class HistorySchema(Strict):
    """How the history is read, in days."""

    lately_days = fields.Integer(required=True)
    titration_days = fields.Integer(required=True)
    recent_cut_days = fields.Integer(required=True)
    offender_before_days = fields.Integer(required=True)


class CriteriaFileSchema(Strict):
    """augmentation/criteria.toml."""

    review = fields.Nested(ReviewSchema, required=True)
    history = fields.Nested(HistorySchema, required=True)
    question = fields.List(fields.Nested(QuestionSchema), required=True)
    feature = fields.List(fields.Nested(FeatureSchema), required=True)
    rule = fields.List(fields.Nested(StateRuleSchema), required=True)
    red_flag = fields.List(fields.Nested(RedFlagSchema), required=True)
    cause = fields.List(fields.Nested(CauseSchema), required=True)


class AdviceSchema(Strict):
    """A point to discuss."""

    id = string()
    kind = one_of(*ADVICE_KINDS)
    when = fields.List(one_of(*CIRCUMSTANCES), required=True, validate=validate.Length(min=1))
    guideline = string()
    year = fields.Integer(load_default=None, allow_none=True)
    strength = string()
    text = string()
    conflicts = fields.String(load_default="")
    references = strings(required=True, minimum=1)
    verified = one_of(*MARKS)


class TakingSchema(Strict):
    """Medicines of which one is taken."""

    agonist = strings(required=True)
    ergot = strings(required=True)
    levodopa = strings(required=True)
    listed_by_aasm = strings(required=True)
    pramipexole = strings(required=True)


class NotTakingSchema(Strict):
    """Medicines of which none is taken."""

    no_alpha2delta = strings(required=True)
    no_rotigotine = strings(required=True)


class CircumstancesSchema(Strict):
    """Circumstances that are made of data."""

    older_from_years = fields.Integer(required=True)
    renal_impairment_below_egfr = fields.Integer(required=True)
    taking = fields.Nested(TakingSchema, required=True)
    not_taking = fields.Nested(NotTakingSchema, required=True)


class AdviceFileSchema(Strict):
    """augmentation/advice.toml."""

    review = fields.Nested(ReviewSchema, required=True)
    circumstances = fields.Nested(CircumstancesSchema, required=True)
    advice = fields.List(fields.Nested(AdviceSchema), required=True)


class CoefficientsFileSchema(Strict):
    """augmentation/coefficients.json: generated by `medcheck augmentation fit`, never edited."""

    version = string()
    sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}\Z"))
    fitted_to_sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}\Z"))
    seed = fields.Integer(required=True)
    draws = fields.Dict(keys=fields.String(), values=fields.List(fields.Float()), required=True)


AUGMENTATION_SCHEMAS: dict[str, type[Schema]] = {
    "augmentation/incidence.csv": ArmSchema,
    "augmentation/model.toml": ModelFileSchema,
    "augmentation/criteria.toml": CriteriaFileSchema,
    "augmentation/advice.toml": AdviceFileSchema,
    "augmentation/coefficients.json": CoefficientsFileSchema,
}
