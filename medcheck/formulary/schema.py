"""The one schema of the formulary's files (marshmallow); knows shapes, not clinical meaning."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

EFFECTS = ("worsens_rls", "plms", "akathisia_mimic", "neutral", "may_help")
STRENGTHS = ("strong", "moderate", "weak", "conflicting", "none")
TIERS = ("A", "B", "C", "N", "P", "silent", "augmentation")
ROLES = ("offender", "treatment", "dopaminergic", "neutral", "substance", "state")
MARKS = ("yes", "secondary", "no")
DIRECTIONS = ("for", "against", "context")
KINDS = (
    "trial",
    "cohort",
    "case_series",
    "case_report",
    "review",
    "guideline",
    "label",
    "survey",
    "registry",
    "database",
    "expert",
    "other",
)


class _Strict(Schema):
    class Meta:
        unknown = RAISE


def _text(*, required: bool = True, empty: bool = False) -> fields.String:
    checks = [] if empty else [validate.Length(min=1)]
    return fields.String(required=required, validate=checks)


def _texts(*, required: bool = False, minimum: int = 0) -> fields.List[str]:
    return fields.List(fields.String(validate=validate.Length(min=1)), required=required, validate=validate.Length(min=minimum))


def _one_of(*values: str, required: bool = True) -> fields.String:
    return fields.String(required=required, validate=validate.OneOf(values))


def _number(*, required: bool = False) -> fields.Float:
    return fields.Float(required=required, validate=validate.Range(min=0))


class ReviewSchema(_Strict):
    """Who wrote, who checked, when, and when next."""

    authored_by = _text()
    checked_by = fields.String(required=True)
    date_reviewed = fields.Raw(required=True, metadata={"type": "string", "format": "date"})
    next_review = fields.Raw(required=True, metadata={"type": "string", "format": "date"})


class EvidenceSchema(_Strict):
    """One statement with its figure, whose figure it is, and its sources."""

    statement = _text()
    figure = fields.String(load_default="")
    of = _one_of("drug", "class")
    direction = _one_of(*DIRECTIONS)
    references = _texts(required=True, minimum=1)
    verified = _one_of(*MARKS)


class ClassEvidenceSchema(_Strict):
    """Evidence that belongs to the class as a whole."""

    statement = _text()
    figure = fields.String(load_default="")
    direction = _one_of(*DIRECTIONS)
    references = _texts(required=True, minimum=1)
    verified = _one_of(*MARKS)


class BrandsSchema(_Strict):
    """Brand names by market."""

    us = _texts()
    uk = _texts()
    other = _texts()


class DosingSchema(_Strict):
    """RLS dose marks of a dopaminergic, mg per day."""

    rls_start_mg_per_day = _number()
    rls_usual_min_mg_per_day = _number()
    rls_usual_max_mg_per_day = _number()
    rls_maximum_us_mg_per_day = _number()
    rls_maximum_eu_mg_per_day = _number()
    augmentation_ceiling_mg_per_day = _number()
    levodopa_equivalent_per_mg = _number()
    base_to_salt = _number()
    strengths_base_mg = fields.List(fields.Float())
    base_strengths_as_salt_mg = fields.List(fields.Float())
    salt_strengths_mg = fields.List(fields.Float())
    parkinson_only_strengths_mg = fields.List(fields.Float())
    product_figures = fields.List(fields.Float())
    product_figures_min_mg = fields.List(fields.Float())
    product_figures_max_mg = fields.List(fields.Float())
    entacapone_product_figures = fields.List(fields.Float())
    licensed_for_rls = _texts()
    half_life_h = fields.String()
    note = fields.String()
    references = _texts(required=True)
    verified = _one_of(*MARKS)


class IngredientSchema(_Strict):
    """One ingredient (INN, lower case)."""

    class_ = fields.String(data_key="class", load_default="")
    subclass = fields.String(load_default="")
    rxcui = fields.String(required=True, validate=validate.Regexp(r"^\d*\Z"))
    atc = fields.List(fields.String(validate=validate.Regexp(r"^[A-Z]\d\d[A-Z]{2}(\d\d)?\Z")), required=True)
    effect = fields.List(_one_of(*EFFECTS), required=True, validate=validate.Length(min=1))
    strength = _one_of(*STRENGTHS)
    tier = _one_of(*TIERS)
    basis = _one_of("drug_specific", "class_inherited")
    verified = _one_of(*MARKS)
    summary = _text()
    onset = fields.String(load_default="")
    late_onset = fields.Boolean(load_default=False)
    no_abrupt_stop = fields.String(load_default="")
    systemic_only = fields.Boolean(load_default=False)
    withdrawn = fields.String(load_default="")
    spellings = _texts()
    brands = fields.Nested(BrandsSchema, load_default=dict)
    evidence = fields.List(fields.Nested(EvidenceSchema), required=True, validate=validate.Length(min=1))
    dosing = fields.Nested(DosingSchema)


class ClassSchema(_Strict):
    """What is true of a whole class."""

    key = _text()
    name = _text()
    full_name = _text()
    role = _one_of(*ROLES)
    mandated = fields.Boolean(load_default=False)
    summary = _text()
    mechanism = fields.String(load_default="")
    needs = _texts()
    no_abrupt_stop = fields.String(load_default="")
    mimics = _texts()
    references = _texts()


class ClassFileSchema(_Strict):
    """classes/*.toml and dopaminergic.toml."""

    class_ = fields.Nested(ClassSchema, data_key="class", required=True)
    review = fields.Nested(ReviewSchema, required=True)
    class_evidence = fields.List(fields.Nested(ClassEvidenceSchema), load_default=list)
    ingredient = fields.Dict(keys=fields.String(), values=fields.Nested(IngredientSchema), required=True)


class NeutralFileSchema(_Strict):
    """neutral.toml: several neutral classes in one file; each ingredient names its class."""

    review = fields.Nested(ReviewSchema, required=True)
    class_ = fields.Dict(keys=fields.String(), values=fields.Nested(ClassSchema), data_key="class", required=True)
    class_evidence = fields.List(fields.Nested(ClassEvidenceSchema), load_default=list)
    ingredient = fields.Dict(keys=fields.String(), values=fields.Nested(IngredientSchema), required=True)


class ProductSchema(_Strict):
    """A fixed combination or product."""

    names = _texts(required=True, minimum=1)
    ingredients = _texts(required=True, minimum=1)
    countries = _texts()
    source = _text()
    note = fields.String(load_default="")


class VariantSchema(_Strict):
    """One variant of a product line."""

    names = _texts(required=True, minimum=1)
    ingredients = _texts(required=True)


PLACES = ("word", "item", "dose", "shop")


class LineSchema(_Strict):
    """A brand whose variants differ. `place` says where names that are ordinary words count ("cold and flu")."""

    names = _texts(required=True, minimum=1)
    question = _text()
    source = _text()
    countries = _texts()
    note = fields.String(load_default="")
    place = fields.String(load_default="", validate=validate.OneOf(("", *PLACES[1:])))
    variant = fields.List(fields.Nested(VariantSchema), required=True, validate=validate.Length(min=1))


class CombinationsFileSchema(_Strict):
    """combinations.toml. `shops` are names that stand before what a shop sells as its own ("CVS allergy")."""

    shops = _texts()
    review = fields.Nested(ReviewSchema, required=True)
    product = fields.List(fields.Nested(ProductSchema), required=True)
    line = fields.List(fields.Nested(LineSchema), required=True)


class ReferenceSchema(_Strict):
    """One source; at least one of the identifiers must be there."""

    authors = fields.String(load_default="")
    title = _text()
    source = fields.String(load_default="")
    year = fields.Integer(allow_none=True, load_default=None)
    pmid = fields.String(load_default="", validate=validate.Regexp(r"^\d*\Z"))
    doi = fields.String(load_default="", validate=validate.Regexp(r"^(10\.\S+)?\Z"))
    pmcid = fields.String(load_default="", validate=validate.Regexp(r"^(PMC\d+)?\Z"))
    url = fields.String(load_default="")
    isbn = fields.String(load_default="")
    label_set_id = fields.String(load_default="")
    kind = _one_of(*KINDS)
    cited_for = _text()
    verified = _one_of(*MARKS)
    seen = fields.String(load_default="")


class OptionSchema(_Strict):
    """One thing to consider instead."""

    kind = _one_of("drug", "strategy", "nondrug")
    ingredients = _texts(required=True)
    text = _text()
    caveat = fields.String(required=True)
    strength = _one_of("strong", "moderate", "weak", "expert", "conflicting")
    excluded_conditions = _texts(required=True)
    caution_conditions = _texts(required=True)
    excluded_with_classes = _texts(required=True)
    excluded_with_ingredients = _texts(required=True)
    caution_with_classes = _texts(required=True)
    caution_with_ingredients = _texts(required=True)
    pregnancy = _one_of("exclude", "discuss", "ok", "")
    min_age = fields.Integer()
    max_age = fields.Integer()
    references = _texts(required=True)
    verified = _one_of(*MARKS)


class DoNotSuggestSchema(_Strict):
    """A drug not to be offered for a need."""

    ingredient = _text()
    reason = _text()
    references = _texts(required=True)


class NeedSchema(_Strict):
    """A clinical need."""

    name = _text()
    option = fields.List(fields.Nested(OptionSchema), required=True, validate=validate.Length(min=1))
    do_not_suggest = fields.List(fields.Nested(DoNotSuggestSchema), load_default=list)


class AlternativesFileSchema(_Strict):
    """alternatives.toml."""

    review = fields.Nested(ReviewSchema, required=True)
    need = fields.Dict(keys=fields.String(), values=fields.Nested(NeedSchema), required=True)


class ConditionSchema(_Strict):
    """A patient condition."""

    name = _text()
    words = _texts(required=True, minimum=1)


class IronRuleSchema(_Strict):
    """One guideline's iron threshold."""

    id = _text()
    guideline = _text()
    year = fields.Integer()
    population = _one_of("adult", "child", "dialysis", "any")
    ferritin_above_ug_per_l = _number()
    ferritin_max_ug_per_l = _number()
    ferritin_below_ug_per_l = _number()
    tsat_below_percent = _number()
    tsat_at_least_percent = _number()
    combine = _one_of("any", "all")
    effect = _one_of("suggests_iron", "no_iron", "iv_only")
    superseded = fields.Boolean(required=True)
    text = _text()
    references = _texts(required=True, minimum=1)
    verified = _one_of(*MARKS)


class _PointSchema(_Strict):
    id = _text()
    text = _text()
    references = _texts(required=True)
    verified = _one_of(*MARKS)


class IronCautionSchema(_PointSchema):
    """Why a ferritin may mislead."""

    conditions = _texts(required=True)


class RenalRuleSchema(_PointSchema):
    """A renal dose note."""

    ingredient = _text()
    egfr_from = _number(required=True)
    egfr_below = _number(required=True)
    dialysis = fields.Boolean(required=True)
    max_mg_per_day = _number()


class PregnancyRuleSchema(_PointSchema):
    """A pregnancy note."""

    classes = _texts(required=True)
    ingredients = _texts(required=True)


class AgeRuleSchema(_PointSchema):
    """An age note."""

    age_from = fields.Integer()
    age_below = fields.Integer()
    classes = _texts(required=True)
    ingredients = _texts(required=True)


WHEN = (
    "evening_dose",
    "dose_raised",
    "several_classes",
    "condition",
    "condition_and_class",
    "as_needed",
    "always",
    "pre_existing",
    "new_onset",
    "recovery",
    "dopaminergic_present",
)


class ContextRuleSchema(_PointSchema):
    """A point for the discussion and when it applies."""

    when = _one_of(*WHEN)
    classes = _texts(required=True)
    ingredients = _texts(required=True)
    conditions = _texts(required=True)


class SedativeGroupSchema(_Strict):
    """One side of a combination."""

    name = _text()
    classes = _texts(required=True)
    ingredients = _texts(required=True)


class SedativeRuleSchema(_PointSchema):
    """A combination that depresses breathing."""

    group = fields.List(fields.Nested(SedativeGroupSchema), required=True, validate=validate.Length(min=2))


class TimingSchema(_Strict):
    """Reading of the gap from start to onset."""

    plausible_days = fields.Integer(required=True)
    possible_days = fields.Integer(required=True)
    plausible_text = _text()
    possible_text = _text()
    unlikely_text = _text()
    late_onset_text = _text()
    unknown_text = _text()
    late_onset_ingredients = _texts(required=True)
    late_onset_classes = _texts(required=True)
    references = _texts(required=True)
    verified = _one_of(*MARKS)


class ModifiersFileSchema(_Strict):
    """modifiers.toml."""

    review = fields.Nested(ReviewSchema, required=True)
    condition = fields.Dict(keys=fields.String(), values=fields.Nested(ConditionSchema), required=True)
    iron_rule = fields.List(fields.Nested(IronRuleSchema), required=True)
    iron_caution = fields.List(fields.Nested(IronCautionSchema), required=True)
    renal_rule = fields.List(fields.Nested(RenalRuleSchema), required=True)
    pregnancy_rule = fields.List(fields.Nested(PregnancyRuleSchema), required=True)
    age_rule = fields.List(fields.Nested(AgeRuleSchema), required=True)
    context_rule = fields.List(fields.Nested(ContextRuleSchema), required=True)
    sedative_rule = fields.List(fields.Nested(SedativeRuleSchema), required=True)
    timing = fields.Nested(TimingSchema, required=True)


class MimicSchema(_Strict):
    """A look-alike condition."""

    name = _text()
    order = fields.Integer(required=True)
    shares = _text()
    distinguishing = _text()
    question = _text()
    linked_classes = _texts(required=True)
    linked_ingredients = _texts(required=True)
    references = _texts(required=True)
    verified = _one_of(*MARKS)


class MimicsFileSchema(_Strict):
    """mimics.toml."""

    review = fields.Nested(ReviewSchema, required=True)
    mimic = fields.Dict(keys=fields.String(), values=fields.Nested(MimicSchema), required=True)


class FormularyFileSchema(_Strict):
    """formulary.toml."""

    version = _text()
    released = fields.Raw(required=True, metadata={"type": "string", "format": "date"})
    licence = _text()
    scope = _text()


class ReferencesFileSchema(_Strict):
    """references.toml: one table per key at the top level."""

    references = fields.Dict(keys=fields.String(), values=fields.Nested(ReferenceSchema), required=True)


class SigTermSchema(_Strict):
    """A row of sig.csv."""

    text = _text()
    kind = _text()
    doses_per_day_min = fields.Float(allow_none=True)
    doses_per_day_max = fields.Float(allow_none=True)
    timing = fields.String(load_default="")
    route = fields.String(load_default="")
    value = fields.Float(allow_none=True)
    region = fields.String(load_default="")
    note = fields.String(load_default="")
    source = _text()


class FigureRuleSchema(_Strict):
    """A row of figures.csv."""

    ingredients = _text()
    kind = _one_of("intakes", "larger", "smaller")
    value_min = fields.Float(allow_none=True)
    value_max = fields.Float(allow_none=True)
    source = _text()


class LookAlikeSchema(_Strict):
    """A row of lookalikes.csv."""

    name_a = _text()
    ingredient_a = _text()
    name_b = _text()
    ingredient_b = _text()
    source = _text()
    rls_side = _one_of("a", "b", "both")


class AbbreviationSchema(_Strict):
    """A row of abbreviations.csv: one reading of an abbreviation; several that are meant make it a question."""

    text = _text()
    ingredients = fields.String(load_default="")
    meaning = _text()
    reading = _one_of("meant", "asked", "misread")
    place = _one_of(*PLACES)
    source = _text()


STATUSES = ("active", "on-hold", "stopped", "completed", "not-taken", "intended", "allergy", "family", "unknown")


class StatusCueSchema(_Strict):
    """A row of status_cues.csv."""

    phrase = _text()
    status = _one_of(*STATUSES, "reset")
    position = _one_of("before", "after", "both", "cell")
    reach = _one_of("list", "one")
    certain = fields.Boolean(required=True)
    source = _text()


class HeadingWordSchema(_Strict):
    """A row of headings.csv."""

    word = _text()
    status = _one_of(*STATUSES, "")
    source = _text()


FILE_SCHEMAS: dict[str, type[Schema]] = {
    "formulary.toml": FormularyFileSchema,
    "classes/*.toml": ClassFileSchema,
    "dopaminergic.toml": ClassFileSchema,
    "neutral.toml": NeutralFileSchema,
    "combinations.toml": CombinationsFileSchema,
    "alternatives.toml": AlternativesFileSchema,
    "modifiers.toml": ModifiersFileSchema,
    "mimics.toml": MimicsFileSchema,
    "references.toml": ReferencesFileSchema,
    "sig.csv": SigTermSchema,
    "figures.csv": FigureRuleSchema,
    "lookalikes.csv": LookAlikeSchema,
    "abbreviations.csv": AbbreviationSchema,
    "status_cues.csv": StatusCueSchema,
    "headings.csv": HeadingWordSchema,
}


def json_schema() -> dict[str, Any]:
    """The schema of every file as JSON Schema 2020-12, generated with apispec (OpenAPI 3.1 schemas are JSON Schemas)."""
    from apispec import APISpec
    from apispec.ext.marshmallow import MarshmallowPlugin

    spec = APISpec(title="medcheck formulary", version="1", openapi_version="3.1.0", plugins=[MarshmallowPlugin()])
    for schema in FILE_SCHEMAS.values():
        name = schema.__name__.removesuffix("Schema")
        if name not in spec.components.schemas:
            spec.components.schema(name, schema=schema)
    text = spec.to_dict()["components"]["schemas"]
    definitions = _closed(_moved_references(text))
    files = {pattern: {"$ref": f"#/$defs/{schema.__name__.removesuffix('Schema')}"} for pattern, schema in FILE_SCHEMAS.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "medcheck formulary files",
        "description": "Generated by `medcheck formulary schema`; never edited. `properties` maps each file pattern to its schema.",
        "type": "object",
        "properties": files,
        "$defs": definitions,
    }


def _moved_references(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            k: v.replace("#/components/schemas/", "#/$defs/") if k == "$ref" and isinstance(v, str) else _moved_references(v)
            for k, v in node.items()
        }
    if isinstance(node, list):
        return [_moved_references(x) for x in node]
    return node


def _closed(definitions: Any) -> Any:
    for definition in definitions.values():
        definition["additionalProperties"] = False
    return definitions
