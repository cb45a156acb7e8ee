"""The vocabulary of medcheck: frozen values and enums; knows no files, clock, network or library.

What flows through the steps is a frozen dataclass (see value.py). Rows of the formulary are a lighter kind of frozen value (Row): making
24 more dataclasses would cost 18 ms at every start of the command line (benchmarks/start.py).

Terms follow FHIR, RxNorm and CDS Hooks (docs/glossary.md). Doses are in milligrams, ferritin in micrograms per litre,
spans are half-open character offsets into the text they belong to, lines count from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn, dataclass_transform

from medcheck.value import Value

if TYPE_CHECKING:  # the augmentation part is loaded only where a dopaminergic is on the list
    from medcheck.assessment import Assessment, AugmentationData


class Status(StrEnum):
    """What the text says of a mention: FHIR MedicationStatement status, widened by allergy and family."""

    ACTIVE = "active"
    ON_HOLD = "on-hold"
    STOPPED = "stopped"
    COMPLETED = "completed"
    NOT_TAKEN = "not-taken"
    INTENDED = "intended"
    ALLERGY = "allergy"
    FAMILY = "family"
    UNKNOWN = "unknown"


class Method(StrEnum):
    """How a mention was read: an exact or coded name, a known misspelling form, a similar spelling, or not at all."""

    CODE = "code"
    EXACT = "exact"
    MISSPELLING = "misspelling"
    FUZZY = "fuzzy"
    NONE = "none"


class Outcome(StrEnum):
    """What reading one mention came to; the three answers without a flag are never mixed up."""

    INGREDIENT = "ingredient"  # in the formulary
    KNOWN_DRUG = "known_drug"  # a real drug, not in the formulary
    QUESTION = "question"  # ambiguous: the reader must ask
    UNRECOGNISED = "unrecognised"


class Tier(StrEnum):
    """Tier of action. A avoid if possible, B review if symptoms fit, C be aware, N neutral, P preferred alternative."""

    A = "A"
    B = "B"
    C = "C"
    N = "N"
    P = "P"
    SILENT = "silent"
    AUGMENTATION = "augmentation"


TAKEN = frozenset({Status.ACTIVE, Status.UNKNOWN})  # taken now, or not told
FLAG_TIERS: tuple[Tier, ...] = (Tier.A, Tier.B, Tier.C)
MATTERS = frozenset({*FLAG_TIERS, Tier.AUGMENTATION})  # what is worth a question where a name is in doubt


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Row:
    """Base of formulary rows: made by keyword, never changed, equal by value. Defaults are class attributes."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *(v for v in self.__dict__.values() if not isinstance(v, dict))))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.__dict__.items())})"


class Reference(Row):
    """One source. Whichever of pmid, doi, pmcid and url is known is given; `verified` is yes, secondary or no."""

    key: str
    authors: str
    title: str
    source: str
    year: int | None
    kind: str
    cited_for: str
    verified: str
    seen: str
    pmid: str = ""
    doi: str = ""
    pmcid: str = ""
    url: str = ""
    isbn: str = ""
    label_set_id: str = ""


class Evidence(Row):
    """One statement with its figure and sources. `of` says whose figure it is: the drug's own or its class's."""

    statement: str
    figure: str
    of: str
    direction: str
    references: tuple[str, ...]
    verified: str


class DrugClass(Row):
    """A class of the formulary and what is true of all its members."""

    key: str
    name: str
    full_name: str
    role: str
    mandated: bool
    summary: str
    mechanism: str
    needs: tuple[str, ...]
    no_abrupt_stop: str
    mimics: tuple[str, ...]
    references: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    clinically_reviewed: bool


class Dosing(Row):
    """RLS dose marks of a dopaminergic in mg per day; None where not known. Source: the ingredient's dosing references."""

    rls_start_mg_per_day: float | None = None
    rls_usual_min_mg_per_day: float | None = None
    rls_usual_max_mg_per_day: float | None = None
    rls_maximum_us_mg_per_day: float | None = None
    rls_maximum_eu_mg_per_day: float | None = None
    augmentation_ceiling_mg_per_day: float | None = None
    base_to_salt: float | None = None
    strengths_base_mg: tuple[float, ...] = ()
    base_strengths_as_salt_mg: tuple[float, ...] = ()
    salt_strengths_mg: tuple[float, ...] = ()
    parkinson_only_strengths_mg: tuple[float, ...] = ()
    product_figures: tuple[float, ...] = ()  # how products with an inhibitor are named ("Madopar 125"), and the mg of this drug in each
    product_figures_min_mg: tuple[float, ...] = ()
    product_figures_max_mg: tuple[float, ...] = ()
    entacapone_product_figures: tuple[float, ...] = ()  # of products that hold entacapone too; the figure is this drug's
    licensed_for_rls: tuple[str, ...] = ()
    half_life_h: str = ""
    references: tuple[str, ...] = ()
    verified: str = "no"


class Ingredient(Row):
    """One active ingredient (INN, lower case) with its two separate axes: strength of evidence and tier of action."""

    name: str
    class_key: str
    subclass: str
    rxcui: str
    atc: tuple[str, ...]
    effect: tuple[str, ...]
    strength: str
    tier: Tier
    basis: str
    verified: str
    summary: str
    onset: str
    late_onset: bool
    no_abrupt_stop: str
    systemic_only: bool
    withdrawn: str
    evidence: tuple[Evidence, ...]
    brands: Mapping[str, tuple[str, ...]]
    spellings: tuple[str, ...]
    dosing: Dosing | None = None


class Variant(Row):
    """One variant of a product line."""

    names: tuple[str, ...]
    ingredients: tuple[str, ...]


class ProductLine(Row):
    """A brand whose variants differ in what they hold: the answer is to ask which one."""

    names: tuple[str, ...]
    question: str
    variants: tuple[Variant, ...]
    source: str


class Name(Row):
    """What one exact name stands for: ingredients (several for a combination), or a product line to ask about."""

    ingredients: tuple[str, ...]
    kind: str  # ingredient, spelling, brand, product, variant, line, abbreviation
    countries: tuple[str, ...] = ()
    line: int | None = None  # index into Formulary.lines when it must be asked
    note: str = ""  # what to know about an abbreviation: what it has been misread as


class Option(Row):
    """One thing to consider instead, with what must be held against the patient before it is shown."""

    kind: str  # drug, strategy, nondrug
    ingredients: tuple[str, ...]
    text: str
    caveat: str
    strength: str
    excluded_conditions: tuple[str, ...]
    caution_conditions: tuple[str, ...]
    excluded_with_classes: tuple[str, ...]
    excluded_with_ingredients: tuple[str, ...]
    caution_with_classes: tuple[str, ...]
    caution_with_ingredients: tuple[str, ...]
    pregnancy: str
    references: tuple[str, ...]
    verified: str
    min_age: int | None = None
    max_age: int | None = None


class DoNotSuggest(Row):
    """A drug that must not be offered for a need, with the reason."""

    ingredient: str
    reason: str
    references: tuple[str, ...]


class Need(Row):
    """A clinical need with its options, best first, and what not to suggest for it."""

    key: str
    name: str
    options: tuple[Option, ...]
    do_not_suggest: tuple[DoNotSuggest, ...]


class Mimic(Row):
    """A condition that looks like restless legs, and what tells it apart."""

    key: str
    name: str
    order: int
    shares: str
    distinguishing: str
    question: str
    linked_classes: tuple[str, ...]
    linked_ingredients: tuple[str, ...]
    references: tuple[str, ...]
    verified: str


class Condition(Row):
    """A patient condition that changes advice, with the words users name it by."""

    key: str
    name: str
    words: tuple[str, ...]


class IronRule(Row):
    """What one guideline says at which iron values. The ferritin bounds together are one criterion; ug/L and percent."""

    id: str
    guideline: str
    population: str
    combine: str
    effect: str
    superseded: bool
    text: str
    references: tuple[str, ...]
    verified: str
    year: int | None = None
    ferritin_above_ug_per_l: float | None = None
    ferritin_max_ug_per_l: float | None = None
    ferritin_below_ug_per_l: float | None = None
    tsat_below_percent: float | None = None
    tsat_at_least_percent: float | None = None


class RenalRule(Row):
    """Renal dose note of one ingredient for a range of eGFR (the label's creatinine clearance, mL/min) or for dialysis."""

    id: str
    ingredient: str
    egfr_from: float
    egfr_below: float
    dialysis: bool
    text: str
    references: tuple[str, ...]
    verified: str
    max_mg_per_day: float | None = None


class ContextRule(Row):
    """A point for the discussion with the circumstances in which it applies; empty lists mean "any"."""

    id: str
    when: str
    classes: tuple[str, ...]
    ingredients: tuple[str, ...]
    conditions: tuple[str, ...]
    text: str
    references: tuple[str, ...]
    verified: str
    age_from: int | None = None
    age_below: int | None = None


class SedativeGroup(Row):
    """One side of a combination that adds up."""

    name: str
    classes: tuple[str, ...]
    ingredients: tuple[str, ...]


class SedativeRule(Row):
    """A combination that depresses breathing: fires when every group has its own ingredient on the list."""

    id: str
    groups: tuple[SedativeGroup, ...]
    text: str
    references: tuple[str, ...]
    verified: str


class Timing(Row):
    """How the gap in days from drug start to symptom onset is read."""

    plausible_days: int
    possible_days: int
    plausible_text: str
    possible_text: str
    unlikely_text: str
    late_onset_text: str
    unknown_text: str
    late_onset_ingredients: tuple[str, ...]
    late_onset_classes: tuple[str, ...]
    references: tuple[str, ...]
    verified: str


class Modifiers(Row):
    """Patient facts that change advice: iron, kidney, pregnancy, age, timing, combinations."""

    conditions: Mapping[str, Condition]
    iron_rules: tuple[IronRule, ...]
    iron_cautions: tuple[ContextRule, ...]
    renal_rules: tuple[RenalRule, ...]
    pregnancy_rules: tuple[ContextRule, ...]
    age_rules: tuple[ContextRule, ...]
    context_rules: tuple[ContextRule, ...]
    sedative_rules: tuple[SedativeRule, ...]
    timing: Timing


class LookAlike(Row):
    """Two names that must never be taken for one another, with the source that lists them."""

    name_a: str
    ingredient_a: str
    name_b: str
    ingredient_b: str
    source: str


class FigureRule(Row):
    """What figures without a unit mean in the dose instructions of one product, as formulary/figures.csv has it.

    `kind`: "larger" or "smaller", which of two figures is the dose of the first ingredient named; "intakes", when "300/300/600" are the
    amounts of one day: `value_min` and `value_max` are the mg that one intake can be.
    """

    ingredients: str  # joined by " + "
    kind: str
    value_min: float | None = None
    value_max: float | None = None


class SigTerm(Row):
    """One abbreviation or phrase of dose instructions, as formulary/sig.csv has it.

    `kind`: frequency, timing, route, as_needed, form, number or ambiguous. Doses per day are None where they do not apply.
    """

    text: str
    kind: str
    doses_per_day_min: float | None = None
    doses_per_day_max: float | None = None
    timing: str = ""
    route: str = ""
    value: float | None = None
    region: str = ""
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PartialDate(Value):
    """A date known to the year, month or day: the earliest and latest day it can be."""

    earliest: date
    latest: date
    text: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Period(Value):
    """When something was taken, as far as the words say; None is "not stated"."""

    started: PartialDate | None = None
    stopped: PartialDate | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dosage(Value):
    """A dose instruction as read.

    `dose_min`/`dose_max` are amounts per intake in `unit` (tablets when no strength is known). `strengths_mg` are strengths per
    tablet, patch or mL as written. `daily_dose_mg_*` are None when they cannot be known; `reason` then says why.
    `doses_per_day_max` is the most that the words allow. Routes: PO SL TD IM IV PR INH NAS TOP OPH.
    """

    text: str = ""
    dose_min: float | None = None
    dose_max: float | None = None
    unit: str | None = None
    strengths_mg: tuple[float, ...] = ()
    doses_per_day_min: float | None = None
    doses_per_day_max: float | None = None
    route: str | None = None
    as_needed: bool = False
    timing: tuple[str, ...] = ()  # morning noon afternoon evening bedtime night
    daily_dose_mg_min: float | None = None
    daily_dose_mg_max: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reading(Value):
    """One candidate for what a name may be, with its score in [0, 1]."""

    name: str
    ingredients: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Match(Value):
    """What one mention was read as.

    `ingredients` is empty for a question and for an unrecognised text; `other_readings` then holds the candidates, best first.
    `score` is 1.0 for exact names. `question` is what to ask, in words.
    """

    outcome: Outcome
    ingredients: tuple[str, ...]
    method: Method
    score: float
    name: str = ""
    other_readings: tuple[Reading, ...] = ()
    question: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mention(Value):
    """A drug mention: its match, its token span [first, last) and its character offsets [start, end) in the segment it was found in."""

    match: Match
    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Coding(Value):
    """A code as an EHR sends it. `problem` says why the code could not be used, "" while it was not looked up or was understood."""

    system: str
    code: str
    display: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MedicationStatement(Value):
    """One drug mention with what the text says around it.

    `text` is the clause it was read from, `written` the name as written, `span` the offsets of `written` in the whole input, `clause`
    those of all that belongs to it. `clause` is (0, 0) where it did not come from a text.
    """

    text: str
    line: int
    span: tuple[int, int]
    written: str
    status: Status
    status_certain: bool
    dosage: Dosage
    match: Match
    period: Period = Period()
    reason: str = ""
    codings: tuple[Coding, ...] = ()
    doubt: str = ""
    clause: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DoseStep(Value):
    """One dose of a course that a line tells in steps ("0.25 mg in 2019 -> 0.5 mg since 2022"), in the order of time.

    `dosage` is that step's own; `period` when it began and ended, as far as told: the end of one step is the start of the next.
    """

    dosage: Dosage
    period: Period
    text: str = ""


class LineKind(StrEnum):
    """What an input line came to when it holds no statement."""

    HEADING = "heading"
    NO_DRUG = "no_drug"
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Remark(Value):
    """A piece of the input that is no statement: a heading, plainly no drug, or not recognised (with the reason).

    `span` are its offsets in the whole input, (0, 0) where it did not come from one place of a text.
    """

    text: str
    line: int
    kind: LineKind
    reason: str = ""
    span: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Answers(Value):
    """Answers about the symptoms on treatment (formulary/augmentation/criteria.toml has the questions); None is "not answered"."""

    earlier_hours: float | None = None
    quicker_at_rest: bool | None = None
    stronger: bool | None = None
    spread: bool | None = None
    shorter_relief: bool | None = None
    needs_more: bool | None = None
    paradoxical: bool | None = None
    days_per_week: float | None = None
    other_cause: bool | None = None
    treatment_worked: bool | None = None
    asrs_total: float | None = None


FACT_BOUNDS: Mapping[str, tuple[float, float]] = {
    "age": (0, 130),
    "ferritin_ug_per_l": (0, 100_000),
    "tsat_percent": (0, 100),
    "egfr": (0, 300),
}
ANSWER_BOUNDS: Mapping[str, tuple[float, float]] = {"earlier_hours": (0, 24), "days_per_week": (0, 7), "asrs_total": (0, 100)}
INDICATIONS: tuple[str, ...] = ("rls", "parkinson", "both", "other")  # what a dopaminergic is taken for


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PatientFacts(Value):
    """What the caller knows of the patient; None is "not given", never "no". Ferritin in ug/L (= ng/mL), eGFR in mL/min/1.73 m2.

    `indication` is what the dopaminergic is taken for (INDICATIONS); `prior_augmentation` whether there was augmentation on an earlier one.
    """

    age: int | None = None
    sex: str | None = None
    pregnant: bool | None = None
    ferritin_ug_per_l: float | None = None
    ferritin_date: date | None = None
    tsat_percent: float | None = None
    egfr: float | None = None
    dialysis: bool | None = None
    rls_diagnosed: bool | None = None
    symptom_onset: PartialDate | None = None
    conditions: tuple[str, ...] = ()
    indication: str | None = None
    prior_augmentation: bool | None = None
    answers: Answers = Answers()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Exposure(Value):
    """A time on one dopaminergic at one daily dose (mg of salt for pramipexole); None where not known.

    A line that tells a dose in steps gives one exposure for each; `current` is False for its earlier ones and for what is no longer taken.
    `doses_per_day` is the most that the words allow, `timing` the moments of the day; `extended` marks a prolonged-release product,
    `parkinson_strength` a strength or form that is only made for Parkinson's disease.
    """

    ingredient: str
    daily_dose_mg_min: float | None
    daily_dose_mg_max: float | None
    period: Period
    status: Status
    line: int
    note: str = ""
    as_needed: bool = False
    doses_per_day: float | None = None
    timing: tuple[str, ...] = ()
    current: bool = True
    extended: bool = False
    parkinson_strength: bool = False
    intake_mg_min: float | None = None  # one dose where how often it is taken is not told
    intake_mg_max: float | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VocabularySource(Value):
    """Where names of the background vocabulary come from. `kind` is what a site imported it as, "" for what medcheck brings."""

    name: str
    version: str
    date: str
    names: int
    sha256: str
    codes: int = 0
    kind: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Vocabulary:
    """The broad list of drug names and of ordinary words that stand behind the formulary.

    `names` maps a normalised name (text.normalise_name) to an index into `entries`; an entry is the ingredients as far as a source tells
    them, () for "a drug, ingredients not told", and "?name" for what an unreliable source claims: good for asking only. `words` are
    ordinary English and product words. `buckets[n]` lists the single-word names of n letters, sorted, for fuzzy search; `word_buckets[n]`
    the frequent ones of the ordinary words: a fuzzy match near one of them is doubted. `strengths` are those in mg that one tablet,
    capsule or patch of an ingredient has, as far as a source tells. `codes` maps a code system (rxnorm, ndc, atc, snomed,
    local) and a code as a number (vocabulary/codes.py and coding.py make it) to an index into `entries`.
    """

    sha256: str
    sources: tuple[VocabularySource, ...]
    names: Mapping[str, int]
    entries: Sequence[tuple[str, ...]]
    words: Set[str]
    buckets: Sequence[Sequence[str]] = field(default=())
    word_buckets: Sequence[Sequence[str]] = field(default=())
    codes: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    strengths: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


class StatusCue(Row):
    """A phrase that says the status of a drug near it (formulary/status_cues.csv).

    `position`: before (it precedes what it speaks of), after, both, or cell (it stands on its own in a cell or bracket). `reach`: list
    (holds on through "and", "or" and commas) or one.
    """

    phrase: str
    status: str  # a Status value, or "reset": what was said before no longer holds
    position: str
    reach: str
    certain: bool


class HeadingWord(Row):
    """A word that section headings are made of; `status` is "" for a word that only fills (medications, list)."""

    word: str
    status: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Formulary:
    """The curated data as one value. `names` is keyed by text.normalise_name; `sha256` is over the source files.

    `places` holds the names that are too short or too ordinary to count wherever they stand, with where they do: `word` (an abbreviation
    that counts anywhere and is never compared by likeness), `item` (only as an entry of a list or with a dose), `dose` (only with a
    dose) or `shop` (only behind the name of a shop). `shops` sell products of their own under their name and ordinary words.
    """

    version: str
    released: date
    licence: str
    scope: str
    sha256: str
    clinically_reviewed: bool
    classes: Mapping[str, DrugClass]
    ingredients: Mapping[str, Ingredient]
    names: Mapping[str, Name]
    places: Mapping[str, str]
    shops: Set[str]
    lines: tuple[ProductLine, ...]
    references: Mapping[str, Reference]
    needs: Mapping[str, Need]
    mimics: Mapping[str, Mimic]
    augmentation: Callable[[], AugmentationData]  # decoded at the first call
    modifiers: Modifiers
    sig_terms: tuple[SigTerm, ...]
    figure_rules: tuple[FigureRule, ...]
    lookalikes: tuple[LookAlike, ...]
    status_cues: tuple[StatusCue, ...]
    heading_words: tuple[HeadingWord, ...]
    reviews_due: tuple[tuple[str, date], ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Alternative(Value):
    """An option held against this patient. `withheld` says why it is not offered ("" when it is); `caution` what to mind first."""

    need: str
    need_name: str
    kind: str
    ingredients: tuple[str, ...]
    text: str
    caveat: str
    caution: str
    withheld: str
    strength: str
    references: tuple[str, ...]
    verified: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Flag(Value):
    """One ingredient that may worsen or imitate restless legs in this patient (FHIR DetectedIssue).

    `confirmed` is False when it rests on a question, a guessed spelling or a doubtful status; `unconfirmed_because` says which.
    `statements` are indices into Review.statements. Evidence is split into the drug's own, the class's, and what speaks against.
    """

    ingredient: str
    class_key: str
    class_name: str
    tier: Tier
    strength: str
    basis: str
    effect: tuple[str, ...]
    summary: str
    statements: tuple[int, ...]
    lines: tuple[int, ...]
    confirmed: bool
    unconfirmed_because: str
    evidence: tuple[Evidence, ...]
    class_evidence: tuple[Evidence, ...]
    counter_evidence: tuple[Evidence, ...]
    alternatives: tuple[Alternative, ...]
    do_not_suggest: tuple[DoNotSuggest, ...]
    no_abrupt_stop: str
    onset: str
    timing: str
    days_to_onset: tuple[int, int] | None
    would_change: tuple[str, ...]
    mimics: tuple[str, ...]
    references: tuple[str, ...]
    verified: str
    clinically_reviewed: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Point(Value):
    """A point to discuss. `kind`: iron, renal, pregnancy, age, timing, duplicate, combination, classes, dopaminergic, context, question."""

    id: str
    kind: str
    text: str
    lines: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
    verified: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Summary(Value):
    """Counts for the head of a review. `all_clear` is True only when all was read and examined and nothing is open or flagged."""

    lines: int
    statements: int
    read: int
    to_confirm: int
    unread: int
    flags: int
    all_clear: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Review(Value):
    """The answer of medcheck for one list: what was read, what it means for restless legs, and what could not be read."""

    as_of: date
    program_version: str
    formulary_version: str
    formulary_sha256: str
    formulary_released: date
    clinically_reviewed: bool
    vocabulary_sha256: str
    vocabulary_sources: tuple[VocabularySource, ...]
    facts: PatientFacts
    summary: Summary
    statements: tuple[MedicationStatement, ...]
    remarks: tuple[Remark, ...]
    flags: tuple[Flag, ...]
    examined: tuple[tuple[str, str], ...]  # ingredient and tier: in the formulary, not flagged
    not_in_formulary: tuple[str, ...]
    not_taken: tuple[int, ...]  # indices of statements that are not active
    points: tuple[Point, ...]
    mimics: tuple[Mimic, ...]
    exposures: tuple[Exposure, ...]
    missing: tuple[str, ...]
    references: tuple[Reference, ...]
    augmentation: Assessment | None = None  # None when no dopaminergic is on the list

    @property
    def unrecognised(self) -> tuple[Remark, ...]:
        """What could not be read."""
        return tuple(r for r in self.remarks if r.kind is LineKind.UNRECOGNISED)
