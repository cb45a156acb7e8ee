"""The one schema of the formulary's files (marshmallow); knows shapes, not clinical meaning."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from medcheck.formulary.augmentation_schema import AUGMENTATION_SCHEMAS
from medcheck.formulary.schema_parts import MARKS, ReviewSchema, Strict, number, one_of, string, strings

EFFECTS = ("worsens_rls", "plms", "akathisia_mimic", "neutral", "may_help")
STRENGTHS = ("strong", "moderate", "weak", "conflicting", "none")
TIERS = ("A", "B", "C", "N", "P", "silent", "augmentation")
ROLES = ("offender", "treatment", "dopaminergic", "neutral", "substance", "state")
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


class EvidenceSchema(Strict):
    """One statement with its figure, whose figure it is, and its sources."""

    statement = string()
    figure = fields.String(load_default="")
    of = one_of("drug", "class")
    direction = one_of(*DIRECTIONS)
    references = strings(required=True, minimum=1)
    verified = one_of(*MARKS)


class ClassEvidenceSchema(Strict):
    """Evidence that belongs to the class as a whole."""

    statement = string()
    figure = fields.String(load_default="")
    direction = one_of(*DIRECTIONS)
    references = strings(required=True, minimum=1)
    verified = one_of(*MARKS)


class BrandsSchema(Strict):
    """Brand names by market."""

    us = strings()
    uk = strings()
    other = strings()


class DosingSchema(Strict):
    """RLS dose marks of a dopaminergic, mg per day."""

    rls_start_mg_per_day = number()
    rls_usual_min_mg_per_day = number()
    rls_usual_max_mg_per_day = number()
    rls_maximum_us_mg_per_day = number()
    rls_maximum_eu_mg_per_day = number()
    augmentation_ceiling_mg_per_day = number()
    levodopa_equivalent_per_mg = number()
    base_to_salt = number()
    strengths_base_mg = fields.List(fields.Float())
    base_strengths_as_salt_mg = fields.List(fields.Float())
    salt_strengths_mg = fields.List(fields.Float())
    parkinson_only_strengths_mg = fields.List(fields.Float())
    product_figures = fields.List(fields.Float())
    product_figures_min_mg = fields.List(fields.Float())
    product_figures_max_mg = fields.List(fields.Float())
    entacapone_product_figures = fields.List(fields.Float())
    licensed_for_rls = strings()
    half_life_h = fields.String()
    note = fields.String()
    references = strings(required=True)
    verified = one_of(*MARKS)


class IngredientSchema(Strict):
    """One ingredient (INN, lower case)."""

    class_ = fields.String(data_key="class", load_default="")
    subclass = fields.String(load_default="")
    rxcui = fields.String(required=True, validate=validate.Regexp(r"^\d*\Z"))
    atc = fields.List(fields.String(validate=validate.Regexp(r"^[A-Z]\d\d[A-Z]{2}(\d\d)?\Z")), required=True)
    effect = fields.List(one_of(*EFFECTS), required=True, validate=validate.Length(min=1))
    strength = one_of(*STRENGTHS)
    tier = one_of(*TIERS)
    basis = one_of("drug_specific", "class_inherited")
    verified = one_of(*MARKS)
    summary = string()
    onset = fields.String(load_default="")
    late_onset = fields.Boolean(load_default=False)
    no_abrupt_stop = fields.String(load_default="")
    systemic_only = fields.Boolean(load_default=False)
    withdrawn = fields.String(load_default="")
    spellings = strings()
    brands = fields.Nested(BrandsSchema, load_default=dict)
    evidence = fields.List(fields.Nested(EvidenceSchema), required=True, validate=validate.Length(min=1))
    dosing = fields.Nested(DosingSchema)


class ClassSchema(Strict):
    """What is true of a whole class."""

    key = string()
    name = string()
    full_name = string()
    role = one_of(*ROLES)
    mandated = fields.Boolean(load_default=False)
    summary = string()
    mechanism = fields.String(load_default="")
    needs = strings()
    no_abrupt_stop = fields.String(load_default="")
    mimics = strings()
    references = strings()


class ClassFileSchema(Strict):
    """classes/*.toml and dopaminergic.toml."""

    class_ = fields.Nested(ClassSchema, data_key="class", required=True)
    review = fields.Nested(ReviewSchema, required=True)
    class_evidence = fields.List(fields.Nested(ClassEvidenceSchema), load_default=list)
    ingredient = fields.Dict(keys=fields.String(), values=fields.Nested(IngredientSchema), required=True)


class NeutralFileSchema(Strict):
    """neutral.toml: several neutral classes in one file; each ingredient names its class."""

    review = fields.Nested(ReviewSchema, required=True)
    class_ = fields.Dict(keys=fields.String(), values=fields.Nested(ClassSchema), data_key="class", required=True)
    class_evidence = fields.List(fields.Nested(ClassEvidenceSchema), load_default=list)
    ingredient = fields.Dict(keys=fields.String(), values=fields.Nested(IngredientSchema), required=True)


class ProductSchema(Strict):
    """A fixed combination or product."""

    names = strings(required=True, minimum=1)
    ingredients = strings(required=True, minimum=1)
    countries = strings()
    source = string()
    note = fields.String(load_default="")


class VariantSchema(Strict):
    """One variant of a product line."""

    names = strings(required=True, minimum=1)
    ingredients = strings(required=True)


PLACES = ("word", "item", "dose", "shop")


class LineSchema(Strict):
    """A brand whose variants differ. `place` says where names that are ordinary words count ("cold and flu")."""

    names = strings(required=True, minimum=1)
    question = string()
    source = string()
    countries = strings()
    note = fields.String(load_default="")
    place = fields.String(load_default="", validate=validate.OneOf(("", *PLACES[1:])))
    variant = fields.List(fields.Nested(VariantSchema), required=True, validate=validate.Length(min=1))


class CombinationsFileSchema(Strict):
    """combinations.toml. `shops` are names that stand before what a shop sells as its own ("CVS allergy")."""

    shops = strings()
    review = fields.Nested(ReviewSchema, required=True)
    product = fields.List(fields.Nested(ProductSchema), required=True)
    line = fields.List(fields.Nested(LineSchema), required=True)


class ReferenceSchema(Strict):
    """One source; at least one of the identifiers must be there."""

    authors = fields.String(load_default="")
    title = string()
    source = fields.String(load_default="")
    year = fields.Integer(allow_none=True, load_default=None)
    pmid = fields.String(load_default="", validate=validate.Regexp(r"^\d*\Z"))
    doi = fields.String(load_default="", validate=validate.Regexp(r"^(10\.\S+)?\Z"))
    pmcid = fields.String(load_default="", validate=validate.Regexp(r"^(PMC\d+)?\Z"))
    url = fields.String(load_default="")
    isbn = fields.String(load_default="")
    label_set_id = fields.String(load_default="")
    kind = one_of(*KINDS)
    cited_for = string()
    verified = one_of(*MARKS)
    seen = fields.String(load_default="")


class OptionSchema(Strict):
    """One thing to consider instead."""

    kind = one_of("drug", "strategy", "nondrug")
    ingredients = strings(required=True)
    text = string()
    caveat = fields.String(required=True)
    strength = one_of("strong", "moderate", "weak", "expert", "conflicting")
    excluded_conditions = strings(required=True)
    caution_conditions = strings(required=True)
    excluded_with_classes = strings(required=True)
    excluded_with_ingredients = strings(required=True)
    caution_with_classes = strings(required=True)
    caution_with_ingredients = strings(required=True)
    pregnancy = one_of("exclude", "discuss", "ok", "")
    min_age = fields.Integer()
    max_age = fields.Integer()
    references = strings(required=True)
    verified = one_of(*MARKS)


class DoNotSuggestSchema(Strict):
    """A drug not to be offered for a need."""

    ingredient = string()
    reason = string()
    references = strings(required=True)


class NeedSchema(Strict):
    """A clinical need."""

    name = string()
    option = fields.List(fields.Nested(OptionSchema), required=True, validate=validate.Length(min=1))
    do_not_suggest = fields.List(fields.Nested(DoNotSuggestSchema), load_default=list)


class AlternativesFileSchema(Strict):
    """alternatives.toml."""

    review = fields.Nested(ReviewSchema, required=True)
    need = fields.Dict(keys=fields.String(), values=fields.Nested(NeedSchema), required=True)


class ConditionSchema(Strict):
    """A patient condition."""

    name = string()
    words = strings(required=True, minimum=1)


class IronRuleSchema(Strict):
    """One guideline's iron threshold."""

    id = string()
    guideline = string()
    year = fields.Integer()
    population = one_of("adult", "child", "dialysis", "any")
    ferritin_above_ug_per_l = number()
    ferritin_max_ug_per_l = number()
    ferritin_below_ug_per_l = number()
    tsat_below_percent = number()
    tsat_at_least_percent = number()
    combine = one_of("any", "all")
    effect = one_of("suggests_iron", "no_iron", "iv_only")
    superseded = fields.Boolean(required=True)
    text = string()
    references = strings(required=True, minimum=1)
    verified = one_of(*MARKS)


class _PointSchema(Strict):
    id = string()
    text = string()
    references = strings(required=True)
    verified = one_of(*MARKS)


class IronCautionSchema(_PointSchema):
    """Why a ferritin may mislead."""

    conditions = strings(required=True)


class RenalRuleSchema(_PointSchema):
    """A renal dose note."""

    ingredient = string()
    egfr_from = number(required=True)
    egfr_below = number(required=True)
    dialysis = fields.Boolean(required=True)
    max_mg_per_day = number()


class PregnancyRuleSchema(_PointSchema):
    """A pregnancy note."""

    classes = strings(required=True)
    ingredients = strings(required=True)


class AgeRuleSchema(_PointSchema):
    """An age note."""

    age_from = fields.Integer()
    age_below = fields.Integer()
    classes = strings(required=True)
    ingredients = strings(required=True)


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

    when = one_of(*WHEN)
    classes = strings(required=True)
    ingredients = strings(required=True)
    conditions = strings(required=True)


class SedativeGroupSchema(Strict):
    """One side of a combination."""

    name = string()
    classes = strings(required=True)
    ingredients = strings(required=True)


class SedativeRuleSchema(_PointSchema):
    """A combination that depresses breathing."""

    group = fields.List(fields.Nested(SedativeGroupSchema), required=True, validate=validate.Length(min=2))


class TimingSchema(Strict):
    """Reading of the gap from start to onset."""

    plausible_days = fields.Integer(required=True)
    possible_days = fields.Integer(required=True)
    plausible_text = string()
    possible_text = string()
    unlikely_text = string()
    late_onset_text = string()
    unknown_text = string()
    late_onset_ingredients = strings(required=True)
    late_onset_classes = strings(required=True)
    references = strings(required=True)
    verified = one_of(*MARKS)


class ModifiersFileSchema(Strict):
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


class MimicSchema(Strict):
    """A look-alike condition."""

    name = string()
    order = fields.Integer(required=True)
    shares = string()
    distinguishing = string()
    question = string()
    linked_classes = strings(required=True)
    linked_ingredients = strings(required=True)
    references = strings(required=True)
    verified = one_of(*MARKS)


class MimicsFileSchema(Strict):
    """mimics.toml."""

    review = fields.Nested(ReviewSchema, required=True)
    mimic = fields.Dict(keys=fields.String(), values=fields.Nested(MimicSchema), required=True)


class FormularyFileSchema(Strict):
    """formulary.toml."""

    version = string()
    released = fields.Raw(required=True, metadata={"type": "string", "format": "date"})
    licence = string()
    scope = string()


class ReferencesFileSchema(Strict):
    """references.toml: one table per key at the top level."""

    references = fields.Dict(keys=fields.String(), values=fields.Nested(ReferenceSchema), required=True)


class SigTermSchema(Strict):
    """A row of sig.csv."""

    text = string()
    kind = string()
    doses_per_day_min = fields.Float(allow_none=True)
    doses_per_day_max = fields.Float(allow_none=True)
    timing = fields.String(load_default="")
    route = fields.String(load_default="")
    value = fields.Float(allow_none=True)
    region = fields.String(load_default="")
    note = fields.String(load_default="")
    source = string()


class FigureRuleSchema(Strict):
    """A row of figures.csv."""

    ingredients = string()
    kind = one_of("intakes", "larger", "smaller")
    value_min = fields.Float(allow_none=True)
    value_max = fields.Float(allow_none=True)
    source = string()


class LookAlikeSchema(Strict):
    """A row of lookalikes.csv."""

    name_a = string()
    ingredient_a = string()
    name_b = string()
    ingredient_b = string()
    source = string()
    rls_side = one_of("a", "b", "both")


class AbbreviationSchema(Strict):
    """A row of abbreviations.csv: one reading of an abbreviation; several that are meant make it a question."""

    text = string()
    ingredients = fields.String(load_default="")
    meaning = string()
    reading = one_of("meant", "asked", "misread")
    place = one_of(*PLACES)
    source = string()


STATUSES = ("active", "on-hold", "stopped", "completed", "not-taken", "intended", "allergy", "family", "unknown")


class StatusCueSchema(Strict):
    """A row of status_cues.csv."""

    phrase = string()
    status = one_of(*STATUSES, "reset")
    position = one_of("before", "after", "both", "cell")
    reach = one_of("list", "one")
    certain = fields.Boolean(required=True)
    source = string()


class HeadingWordSchema(Strict):
    """A row of headings.csv."""

    word = string()
    status = one_of(*STATUSES, "")
    source = string()


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
    **AUGMENTATION_SCHEMAS,
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
    shapes = spec.to_dict()["components"]["schemas"]
    definitions = _closed(_moved_references(shapes))
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
