"""The wire shapes as marshmallow schemas: the review JSON (rendering/plain.py writes it) and patient facts in requests; no rules, no text.

`ReviewSchema().load(as_dict(review))` accepts exactly what `as_dict` writes and gives the same values back; a key too many or too few is
an error. Clients and the API description are built on these; the command line never loads this module (it costs 70 ms).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from medcheck.assessment import State
from medcheck.domain import (
    ANSWER_BOUNDS,
    FACT_BOUNDS,
    INDICATIONS,
    Answers,
    LineKind,
    Method,
    Outcome,
    PartialDate,
    PatientFacts,
    Status,
    Tier,
)
from medcheck.rendering.plain import FORMAT_VERSION


class _Strict(Schema):
    class Meta:
        """An unknown key is an error."""

        unknown = RAISE


class _Number(fields.Float):
    """A number that keeps its type: a whole number on the wire stays whole, and true is no number."""

    def _validated(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        checked = super()._validated(value)
        return value if isinstance(value, int) else checked

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value


def _text() -> fields.String:
    return fields.String(required=True)


def _maybe_text() -> fields.String:
    return fields.String(required=True, allow_none=True)


def _texts() -> fields.List[Any]:
    return fields.List(fields.String(), required=True)


def _truth() -> fields.Boolean:
    return fields.Boolean(required=True, truthy={True}, falsy={False})


def _maybe_truth() -> fields.Boolean:
    return fields.Boolean(required=True, allow_none=True, truthy={True}, falsy={False})


def _whole(least: int = 0) -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(min=least))


def _wholes() -> fields.List[Any]:
    return fields.List(fields.Integer(strict=True), required=True)


def _maybe_number() -> _Number:
    return _Number(required=True, allow_none=True)


def _percent() -> _Number:
    return _Number(required=True, validate=validate.Range(0, 100))


def _one_of(*choices: str) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(choices))


def _nested(schema: type[Schema]) -> fields.Nested:
    return fields.Nested(schema, required=True)


def _many(schema: type[Schema]) -> fields.List[Any]:
    return fields.List(fields.Nested(schema), required=True)


def _iso() -> fields.String:
    return fields.String(required=True, validate=_is_iso)


def _is_iso(value: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise ValidationError("Not a date of the form yyyy-mm-dd.") from error


# ---- the review --------------------------------------------------------------------------------------------------------
class PartialDateSchema(_Strict):
    """A date known to the year, month or day: the earliest and latest day it can be."""

    earliest = _iso()
    latest = _iso()
    text = _text()


class PeriodSchema(_Strict):
    """When something was taken; null is "not stated"."""

    started = fields.Nested(PartialDateSchema, required=True, allow_none=True)
    stopped = fields.Nested(PartialDateSchema, required=True, allow_none=True)


class ReadingSchema(_Strict):
    """One other reading of a name."""

    name = _text()
    ingredients = _texts()
    score = _Number(required=True, validate=validate.Range(0, 1))


class MatchSchema(_Strict):
    """What a mention was read as; also one line of `medcheck match --json` (with `note`)."""

    outcome = _one_of(*Outcome)
    ingredients = _texts()
    method = _one_of(*Method)
    score = _Number(required=True, validate=validate.Range(0, 1))
    name = _text()
    other_readings = _many(ReadingSchema)
    question = _text()
    note = _text()


class DosageSchema(_Strict):
    """A dose instruction; also one line of `medcheck sig --json`. Null where not stated."""

    dose_min = _maybe_number()
    dose_max = _maybe_number()
    unit = _maybe_text()
    strengths_mg = fields.List(_Number(), required=True)
    doses_per_day = _maybe_number()
    doses_per_day_min = _maybe_number()
    route = _maybe_text()
    as_needed = _truth()
    timing = _texts()
    daily_dose_mg_min = _maybe_number()
    daily_dose_mg_max = _maybe_number()
    reason = _text()


class CodingSchema(_Strict):
    """A code of a statement; `problem` says why it was not understood."""

    system = _text()
    code = _text()
    display = _text()
    problem = _text()


class StatementSchema(_Strict):
    """One drug mention with what the text says around it."""

    line = _whole()
    text = _text()
    written = _text()
    span = fields.List(fields.Integer(strict=True), required=True, validate=validate.Length(equal=2))
    clause = fields.List(fields.Integer(strict=True), required=True, validate=validate.Length(equal=2))
    status = _one_of(*Status)
    status_certain = _truth()
    as_needed = _truth()
    match = _nested(MatchSchema)
    dosage = _nested(DosageSchema)
    period = _nested(PeriodSchema)
    reason = _text()
    doubt = _text()
    codings = _many(CodingSchema)


class EvidenceSchema(_Strict):
    """One statement with its figure and sources."""

    statement = _text()
    figure = _text()
    of = _one_of("drug", "class")
    direction = _one_of("for", "against", "context")
    references = _texts()
    verified = _text()


class AlternativeSchema(_Strict):
    """An option held against this patient; `withheld` says why it is not offered."""

    need = _text()
    need_name = _text()
    kind = _one_of("drug", "strategy", "nondrug")
    ingredients = _texts()
    text = _text()
    caveat = _text()
    caution = _text()
    withheld = _text()
    strength = _text()
    references = _texts()
    verified = _text()


class DoNotSuggestSchema(_Strict):
    """A drug that must not be offered instead."""

    ingredient = _text()
    reason = _text()
    references = _texts()


_FlagBase = _Strict.from_dict({"class": _text()}, name="_FlagBase")  # "class" cannot be an attribute


class FlagSchema(_FlagBase):  # type: ignore[valid-type,misc]
    """One ingredient that may worsen or imitate restless legs in this patient."""

    ingredient = _text()
    class_name = _text()
    tier = _one_of(*Tier)
    strength = _text()
    basis = _text()
    effect = _texts()
    summary = _text()
    statements = _wholes()
    lines = _wholes()
    confirmed = _truth()
    unconfirmed_because = _text()
    evidence = _many(EvidenceSchema)
    class_evidence = _many(EvidenceSchema)
    counter_evidence = _many(EvidenceSchema)
    alternatives = _many(AlternativeSchema)
    do_not_suggest = _many(DoNotSuggestSchema)
    no_abrupt_stop = _text()
    onset = _text()
    timing = _text()
    days_to_onset = fields.List(fields.Integer(strict=True), required=True, allow_none=True, validate=validate.Length(equal=2))
    would_change = _texts()
    mimics = _texts()
    references = _texts()
    verified = _text()
    clinically_reviewed = _truth()


class RemarkSchema(_Strict):
    """A piece of the input that is no statement."""

    line = _whole()
    text = _text()
    span = fields.List(fields.Integer(strict=True), required=True, validate=validate.Length(equal=2))
    kind = _one_of(*LineKind)
    reason = _text()


class ExaminedSchema(_Strict):
    """An ingredient of the formulary that raised no flag."""

    ingredient = _text()
    tier = _one_of(*Tier)


class PointSchema(_Strict):
    """A point to discuss."""

    id = _text()
    kind = _text()
    text = _text()
    lines = _wholes()
    references = _texts()
    verified = _text()


class MimicSchema(_Strict):
    """A condition that looks like restless legs."""

    key = _text()
    name = _text()
    shares = _text()
    distinguishing = _text()
    question = _text()
    references = _texts()
    verified = _text()


class ExposureSchema(_Strict):
    """A time on one dopaminergic at one daily dose."""

    ingredient = _text()
    daily_dose_mg_min = _maybe_number()
    daily_dose_mg_max = _maybe_number()
    period = _nested(PeriodSchema)
    status = _one_of(*Status)
    line = _whole()
    note = _text()
    as_needed = _truth()
    doses_per_day = _maybe_number()
    timing = _texts()
    current = _truth()
    extended = _truth()
    parkinson_strength = _truth()
    intake_mg_min = _maybe_number()
    intake_mg_max = _maybe_number()


# ---- augmentation ------------------------------------------------------------------------------------------------------
_SOURCE_KINDS = ("trial", "derived", "elicited")


class RiskSchema(_Strict):
    """A risk in percent: medians of the least and the most course, 95 % interval of the studies; months null is up to now."""

    months = fields.Integer(required=True, strict=True, allow_none=True)
    median_least = _percent()
    median_most = _percent()
    low95 = _percent()
    high95 = _percent()
    extrapolated = _truth()


class DoseMarksSchema(_Strict):
    """The total daily dose of a dopaminergic taken now beside the doses given for restless legs."""

    ingredient = _text()
    daily_dose_mg_min = _maybe_number()
    daily_dose_mg_max = _maybe_number()
    start_mg = _maybe_number()
    usual_min_mg = _maybe_number()
    usual_max_mg = _maybe_number()
    maximum_us_mg = _maybe_number()
    maximum_eu_mg = _maybe_number()
    ceiling_mg = _maybe_number()
    above_maximum = _maybe_truth()
    words = _text()
    lines = _wholes()
    references = _texts()
    verified = _text()


class FactorSchema(_Strict):
    """One labelled part of the figure; `ratio` is median, 2.5 and 97.5 % of its hazard ratio."""

    id = _text()
    label = _text()
    kind = _one_of(*_SOURCE_KINDS)
    text = _text()
    ratio = fields.List(_Number(), required=True, allow_none=True, validate=validate.Length(equal=3))
    references = _texts()
    verified = _text()


class NamedFlagSchema(_Strict):
    """A finding that goes with augmentation and is not counted."""

    id = _text()
    text = _text()
    direction = _text()
    references = _texts()
    verified = _text()


class GapSchema(_Strict):
    """What is not known, and between which 12-month medians it could move the answer."""

    fact = _text()
    text = _text()
    median_least = _maybe_number()
    median_most = _maybe_number()


class RuleOutcomeSchema(_Strict):
    """A rule of detection; outcome null while answers are missing."""

    id = _text()
    state = _one_of(*State)
    text = _text()
    outcome = _maybe_truth()
    missing = _texts()
    references = _texts()
    verified = _text()


class SignSchema(_Strict):
    """A red flag."""

    id = _text()
    text = _text()
    lines = _wholes()
    references = _texts()
    verified = _text()


class QuestionSchema(_Strict):
    """A question that is still open."""

    id = _text()
    kind = _one_of("yes_no", "hours", "days", "total")
    text = _text()
    short = _text()


class DetectionSchema(_Strict):
    """Whether augmentation is there already, by the answers."""

    state = _one_of(*State)
    rules = _many(RuleOutcomeSchema)
    signs = _many(SignSchema)
    ask = _many(QuestionSchema)


class CauseSchema(_Strict):
    """Another explanation, with what is known of it."""

    id = _text()
    name = _text()
    pointer = _text()
    question = _text()
    known = _text()
    lines = _wholes()
    references = _texts()
    verified = _text()


class DiscussionSchema(_Strict):
    """A point to discuss with its guideline."""

    id = _text()
    kind = _text()
    text = _text()
    guideline = _text()
    year = fields.Integer(required=True, strict=True, allow_none=True)
    strength = _text()
    conflicts = _text()
    references = _texts()
    verified = _text()


class WhatIfSchema(_Strict):
    """The figures under another dose or fact."""

    text = _text()
    band = _text()
    risks = _many(RiskSchema)


class AugmentationSchema(_Strict):
    """The augmentation part of a review."""

    model_version = _text()
    model_sha256 = _text()
    basis = _text()
    as_of = _iso()
    indication = _text()
    conditional = _text()
    withheld = _text()
    band = _text()
    band_from = _text()
    band_words = _text()
    lifted_by = _texts()
    frequency = _text()
    spread = _text()
    history = _many(ExposureSchema)
    started = fields.Nested(PartialDateSchema, required=True, allow_none=True)
    doses = _many(DoseMarksSchema)
    to_date = fields.Nested(RiskSchema, required=True, allow_none=True)
    ahead = _many(RiskSchema)
    clinically_significant = fields.Nested(RiskSchema, required=True, allow_none=True)
    background = fields.Nested(RiskSchema, required=True, allow_none=True)
    factors = _many(FactorSchema)
    named = _many(NamedFlagSchema)
    gaps = _many(GapSchema)
    detection = _nested(DetectionSchema)
    causes = _many(CauseSchema)
    discuss = _many(DiscussionSchema)
    what_if = _many(WhatIfSchema)
    notes = _texts()
    references = _texts()
    clinically_reviewed = _truth()


class CurvePointSchema(_Strict):
    """A day of the curve of cumulative risk; percent, dose as a multiple of the ceiling."""

    day = _iso()
    ahead = _truth()
    dose_ratio = _Number(required=True, validate=validate.Range(0))
    median = _percent()
    low95 = _percent()
    high95 = _percent()
    median_least = _maybe_number()


class ReferenceSchema(_Strict):
    """One source."""

    key = _text()
    authors = _text()
    title = _text()
    source = _text()
    year = fields.Integer(required=True, strict=True, allow_none=True)
    pmid = _text()
    doi = _text()
    pmcid = _text()
    url = _text()
    isbn = _text()
    label_set_id = _text()
    kind = _text()
    verified = _text()


class SummarySchema(_Strict):
    """Counts for the head of a review."""

    lines = _whole()
    statements = _whole()
    read = _whole()
    to_confirm = _whole()
    unread = _whole()
    flags = _whole()
    all_clear = _truth()


class ProgramSchema(_Strict):
    """What made the review."""

    name = _text()
    version = _text()


class FormularyStateSchema(_Strict):
    """The curated data the review was made with."""

    version = _text()
    released = _iso()
    sha256 = _text()
    clinically_reviewed = _truth()


class VocabularySourceSchema(_Strict):
    """Where background names come from."""

    name = _text()
    version = _text()
    date = _text()


class VocabularyStateSchema(_Strict):
    """The background vocabulary the review was made with."""

    sha256 = _text()
    sources = _many(VocabularySourceSchema)


class AnswersSchema(_Strict):
    """The answers about symptoms on treatment, echoed; null is "not answered"."""

    earlier_hours = _maybe_number()
    quicker_at_rest = _maybe_truth()
    stronger = _maybe_truth()
    spread = _maybe_truth()
    shorter_relief = _maybe_truth()
    needs_more = _maybe_truth()
    paradoxical = _maybe_truth()
    days_per_week = _maybe_number()
    other_cause = _maybe_truth()
    treatment_worked = _maybe_truth()
    asrs_total = _maybe_number()


class FactsSchema(_Strict):
    """The facts that the review was made for, echoed; null is "not given"."""

    age = fields.Integer(required=True, strict=True, allow_none=True)
    sex = _maybe_text()
    pregnant = _maybe_truth()
    ferritin_ug_per_l = _maybe_number()
    ferritin_date = fields.String(required=True, allow_none=True, validate=_is_iso)
    tsat_percent = _maybe_number()
    egfr = _maybe_number()
    dialysis = _maybe_truth()
    rls_diagnosed = _maybe_truth()
    symptom_onset = fields.Nested(PartialDateSchema, required=True, allow_none=True)
    conditions = _texts()
    indication = _maybe_text()
    prior_augmentation = _maybe_truth()
    answers = _nested(AnswersSchema)


class ReviewSchema(_Strict):
    """A whole review as `medcheck review --format json` prints it."""

    format = fields.Integer(required=True, strict=True, validate=validate.Equal(FORMAT_VERSION))
    as_of = _iso()
    program = _nested(ProgramSchema)
    formulary = _nested(FormularyStateSchema)
    vocabulary = _nested(VocabularyStateSchema)
    notice = _text()
    facts = _nested(FactsSchema)
    summary = _nested(SummarySchema)
    statements = _many(StatementSchema)
    flags = _many(FlagSchema)
    unrecognised = _many(RemarkSchema)
    other_lines = _many(RemarkSchema)
    examined = _many(ExaminedSchema)
    not_in_formulary = _texts()
    not_taken = _wholes()
    points = _many(PointSchema)
    mimics = _many(MimicSchema)
    exposures = _many(ExposureSchema)
    augmentation = fields.Nested(AugmentationSchema, required=True, allow_none=True)
    missing = _texts()
    references = _many(ReferenceSchema)


class HistorySchema(_Strict):
    """The answer of `medcheck augmentation --format json`."""

    format = fields.Integer(required=True, strict=True, validate=validate.Equal(FORMAT_VERSION))
    as_of = _iso()
    program = _nested(ProgramSchema)
    formulary = _nested(FormularyStateSchema)
    notice = _text()
    facts = _nested(FactsSchema)
    statements = _many(StatementSchema)
    unrecognised = _many(RemarkSchema)
    augmentation = fields.Nested(AugmentationSchema, required=True, allow_none=True)
    curve = _many(CurvePointSchema)
    references = _many(ReferenceSchema)


# ---- requests ----------------------------------------------------------------------------------------------------------
class SymptomOnsetSchema(_Strict):
    """A date known to the year, month or day, as the two days between which it lies; equal for a known day."""

    earliest = fields.Date(required=True)
    latest = fields.Date(required=True)
    text = fields.String(load_default="", validate=validate.Length(max=60))

    @validates_schema
    def _in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["earliest"] > data["latest"]:
            raise ValidationError("earliest lies after latest", "earliest")

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> PartialDate:
        return PartialDate(**data)


def _optional(field: type[fields.Field[Any]], **kwargs: Any) -> Any:
    return field(load_default=None, allow_none=True, **kwargs)


class SymptomAnswersSchema(_Strict):
    """Answers about symptoms in a request body; each may be left out or null, which is "not answered". Loads to Answers."""

    earlier_hours = _optional(_Number, validate=validate.Range(*ANSWER_BOUNDS["earlier_hours"]))
    quicker_at_rest = _optional(fields.Boolean, truthy={True}, falsy={False})
    stronger = _optional(fields.Boolean, truthy={True}, falsy={False})
    spread = _optional(fields.Boolean, truthy={True}, falsy={False})
    shorter_relief = _optional(fields.Boolean, truthy={True}, falsy={False})
    needs_more = _optional(fields.Boolean, truthy={True}, falsy={False})
    paradoxical = _optional(fields.Boolean, truthy={True}, falsy={False})
    days_per_week = _optional(_Number, validate=validate.Range(*ANSWER_BOUNDS["days_per_week"]))
    other_cause = _optional(fields.Boolean, truthy={True}, falsy={False})
    treatment_worked = _optional(fields.Boolean, truthy={True}, falsy={False})
    asrs_total = _optional(_Number, validate=validate.Range(*ANSWER_BOUNDS["asrs_total"]))

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> Answers:
        return Answers(**data)


class PatientFactsSchema(_Strict):
    """Patient facts of a request body, the same as the options of `medcheck review`; each may be left out or null.

    Loads to a PatientFacts. Conditions are keys of the formulary; whether they exist is asked where a formulary is at hand.
    """

    age = _optional(fields.Integer, strict=True, validate=validate.Range(*FACT_BOUNDS["age"]))
    sex = _optional(fields.String, validate=validate.OneOf(("female", "male")))
    pregnant = _optional(fields.Boolean, truthy={True}, falsy={False})
    ferritin_ug_per_l = _optional(_Number, validate=validate.Range(*FACT_BOUNDS["ferritin_ug_per_l"]))
    ferritin_date = _optional(fields.Date)
    tsat_percent = _optional(_Number, validate=validate.Range(*FACT_BOUNDS["tsat_percent"]))
    egfr = _optional(_Number, validate=validate.Range(*FACT_BOUNDS["egfr"]))
    dialysis = _optional(fields.Boolean, truthy={True}, falsy={False})
    rls_diagnosed = _optional(fields.Boolean, truthy={True}, falsy={False})
    symptom_onset = fields.Nested(SymptomOnsetSchema, load_default=None, allow_none=True)
    conditions = fields.List(fields.String(validate=validate.Length(1, 60)), load_default=list, validate=validate.Length(max=50))
    indication = _optional(fields.String, validate=validate.OneOf(INDICATIONS))
    prior_augmentation = _optional(fields.Boolean, truthy={True}, falsy={False})
    answers = fields.Nested(SymptomAnswersSchema, load_default=None, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> PatientFacts:
        conditions = tuple(dict.fromkeys(data["conditions"]))
        return PatientFacts(**{**data, "conditions": conditions, "answers": data["answers"] or Answers()})
