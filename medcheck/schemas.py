"""The wire shapes as marshmallow schemas: the review JSON (rendering/plain.py writes it) and patient facts in requests; no rules, no text.

`ReviewSchema().load(as_dict(review))` accepts exactly what `as_dict` writes and gives the same values back; a key too many or too few is
an error. Clients and the API description are built on these; the command line never loads this module (it costs 70 ms).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from medcheck.domain import LineKind, Method, Outcome, PartialDate, PatientFacts, Status, Tier
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
    missing = _texts()
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


class PatientFactsSchema(_Strict):
    """Patient facts of a request body, the same as the options of `medcheck review`; each may be left out or null.

    Loads to a PatientFacts. Conditions are keys of the formulary; whether they exist is asked where a formulary is at hand.
    """

    age = _optional(fields.Integer, strict=True, validate=validate.Range(0, 130))
    sex = _optional(fields.String, validate=validate.OneOf(("female", "male")))
    pregnant = _optional(fields.Boolean, truthy={True}, falsy={False})
    ferritin_ug_per_l = _optional(_Number, validate=validate.Range(0, 100_000))
    ferritin_date = _optional(fields.Date)
    tsat_percent = _optional(_Number, validate=validate.Range(0, 100))
    egfr = _optional(_Number, validate=validate.Range(0, 300))
    dialysis = _optional(fields.Boolean, truthy={True}, falsy={False})
    rls_diagnosed = _optional(fields.Boolean, truthy={True}, falsy={False})
    symptom_onset = fields.Nested(SymptomOnsetSchema, load_default=None, allow_none=True)
    conditions = fields.List(fields.String(validate=validate.Length(1, 60)), load_default=list, validate=validate.Length(max=50))

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> PatientFacts:
        return PatientFacts(**{**data, "conditions": tuple(dict.fromkeys(data["conditions"]))})
