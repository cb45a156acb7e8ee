"""The order of the steps, nothing else: text or statements in, a Review out; the one door that every interface goes through.

(Not named review.py: importing it would hide the public function `medcheck.review` behind the module.)
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from medcheck.codesystems import LOCAL, may_hold_codes, shown, system_of
from medcheck.domain import (
    FLAG_TIERS,
    TAKEN,
    Coding,
    Dosage,
    DoseStep,
    Exposure,
    Flag,
    Formulary,
    LineKind,
    Match,
    MedicationStatement,
    Method,
    Outcome,
    PatientFacts,
    Period,
    Remark,
    Review,
    Status,
    Summary,
    Vocabulary,
)
from medcheck.errors import InputError
from medcheck.matching import Allowance, NameIndex
from medcheck.parsing import (
    NO_DRUG_HERE,
    HeadingReader,
    Readers,
    Segment,
    SigReader,
    Spotted,
    StatusReader,
    attach,
    product_figures,
    read_period,
    segment,
)
from medcheck.rules import check_facts, describe, doubt_of, exposures, flag, is_continued, linked_mimics, missing_facts, points
from medcheck.text import tokenise
from medcheck.value import Value
from medcheck.version import VERSION

if TYPE_CHECKING:
    from medcheck.assessment import Assessment
    from medcheck.augmentation import Change
    from medcheck.coding import Coded, Codes
    from medcheck.domain import Point
    from medcheck.rules.patient import Patient

# What reads codes (coding.py, codedtext.py) is imported where the first code is met, the augmentation part where the first dopaminergic is:
# most lists hold neither.


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Limits(Value):
    """How much is read: characters of a line, characters around one mention, lines and bytes (UTF-8) of a list."""

    max_line_chars: int = 5000
    max_mention_chars: int = 300
    max_list_lines: int = 10_000
    max_list_bytes: int = 1_048_576


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tools:
    """Readers prepared once from a formulary and a vocabulary."""

    index: NameIndex
    headings: HeadingReader
    readers: Readers
    formulary: Formulary
    vocabulary: Vocabulary

    @property
    def codes(self) -> Codes:
        """What codes stand for, prepared when the first is met."""
        return _codes(self.formulary, self.vocabulary)


@lru_cache(maxsize=8)
def _codes(formulary: Formulary, vocabulary: Vocabulary) -> Codes:
    from medcheck.coding import Codes

    return Codes(formulary, vocabulary)


@lru_cache(maxsize=8)
def prepare(formulary: Formulary, vocabulary: Vocabulary, region: str = "", max_mention_chars: int = 300) -> Tools:
    """Prepare the readers; `region` is us, uk or "" and decides regional abbreviations."""
    index = NameIndex(formulary, vocabulary)
    sig = SigReader(formulary.sig_terms, region)
    readers = Readers(sig, StatusReader(formulary.status_cues), index.is_known_word, product_figures(formulary), max_mention_chars)
    return Tools(index, HeadingReader(formulary.heading_words, index.is_ordinary), readers, formulary, vocabulary)


def review_text(
    text: str,
    facts: PatientFacts,
    formulary: Formulary,
    vocabulary: Vocabulary,
    as_of: date,
    *,
    limits: Limits | None = None,
    region: str = "",
    what_if: Sequence[Change] = (),
    always: bool = False,
) -> Review:
    """Review a medication list as people write it.

    `what_if` are changes that the augmentation part compares with; with `always` it is there without a dopaminergic too, as the background.

    Raises:
        InputError: the text is empty or over the limits of a whole list; a line over its limit is a remark, not an error.
    """
    limits = limits or Limits()
    text, broken = _readable(text, limits)
    statements, remarks = read_text(text, formulary, vocabulary, as_of, limits=limits, region=region)
    if broken:
        remarks.append(Remark("", 0, LineKind.UNRECOGNISED, f"{broken} characters are no valid text and were replaced"))
    tools = prepare(formulary, vocabulary, region, limits.max_mention_chars)
    return _assemble(statements, remarks, facts, tools, as_of, what_if, text=text, always=always)


def read_text(
    text: str, formulary: Formulary, vocabulary: Vocabulary, as_of: date, *, limits: Limits | None = None, region: str = ""
) -> tuple[list[MedicationStatement], list[Remark]]:
    """The reading alone: statements and remarks of a text, without any judgement."""
    limits = limits or Limits()
    tools = prepare(formulary, vocabulary, region, limits.max_mention_chars)
    if may_hold_codes(text):
        from medcheck.coding import codes_in

        codes = codes_in(text)
        if codes:
            return _read_coded(text, codes, tools, as_of, limits)
    segments, remarks = segment(text, tools.headings, max_line_chars=limits.max_line_chars)
    allowance = Allowance()

    def spotted(piece: Segment) -> Spotted:
        tokens = tokenise(piece.text)
        return Spotted(piece, tokens, [m for m in tools.index.spot(tokens, allowance) if m.start >= piece.body])

    statements, more = attach(_by_line(segments, spotted, allowance), tools.readers, as_of)
    return statements, sorted([*remarks, *more, *_not_compared(allowance)], key=lambda r: r.line)


def _by_line(segments: Sequence[Segment], spot: Callable[[Segment], Spotted | None], allowance: Allowance) -> list[Spotted]:
    """The pieces with their mentions, each line within its allowance."""
    out = []
    line = 0
    for piece in segments:
        if piece.line != line:
            line = piece.line
            allowance.next_line()
        found = spot(piece)
        if found is not None:
            out.append(found)
    return out


def _not_compared(allowance: Allowance) -> list[Remark]:
    """What is said of a list with more unknown words than are compared with names."""
    if not allowance.refused:
        return []
    reason = f"more words than can be compared are no known names: {allowance.refused} of them were not compared with similar names"
    return [Remark("", 0, LineKind.UNRECOGNISED, reason)]


def _read_coded(
    text: str, codes: tuple[Coded, ...], tools: Tools, as_of: date, limits: Limits
) -> tuple[list[MedicationStatement], list[Remark]]:
    """As `read_text`, of a text with codes in it: each goes to its medicine, before the text is believed."""
    from medcheck.codedtext import CodeReader, hide

    coded = hide(text, codes)
    allowance = Allowance()
    reader = CodeReader(coded, tools.codes, lambda tokens: tools.index.spot(tokens, allowance))
    segments, remarks = segment(coded.hidden, tools.headings, max_line_chars=limits.max_line_chars)
    statements, more = attach(_by_line(segments, reader.spotted, allowance), tools.readers, as_of)
    statements, remarks = reader.finish(statements, [*remarks, *more], lambda s: _by_code(s, s.match, tools))
    return statements, sorted([*remarks, *_not_compared(allowance)], key=lambda r: r.line)


def _by_code(statement: MedicationStatement, text: Match, tools: Tools) -> MedicationStatement:
    """A statement whose codes go before what its text alone was read as."""
    from medcheck.coding import NOTHING

    if text.method is Method.CODE:
        text = NOTHING
    match = tools.codes.decide(statement.codings, text, statement.written)
    dosage = statement.dosage
    if dosage.route is None and match.method is Method.CODE and tools.codes.is_local(statement.codings):
        dosage = replace(dosage, route="TOP")  # the code is of a product for local use
    return replace(statement, match=match, dosage=dosage, codings=tools.codes.with_problems(statement.codings))


def _by_text_and_code(statement: MedicationStatement, tools: Tools) -> MedicationStatement:
    """The match of a statement from a form or an EHR: its codes, and its text where it has none that is understood."""
    if statement.match.outcome is not Outcome.UNRECOGNISED and statement.match.method is not Method.CODE:
        text = statement.match
    else:
        display = next((c.display for c in statement.codings if c.display), "")
        statement = replace(statement, written=statement.written or ("" if statement.text else display))
        text = match_one(statement.written or statement.text, tools.index)
    return _by_code(statement, text, tools) if statement.codings else replace(statement, match=text)


def review(
    statements: Sequence[MedicationStatement],
    facts: PatientFacts,
    formulary: Formulary,
    vocabulary: Vocabulary,
    as_of: date,
    *,
    region: str = "",
    what_if: Sequence[Change] = (),
) -> Review:
    """Review statements that are already apart (from a form or an EHR); those not matched yet are matched by what was written."""
    tools = prepare(formulary, vocabulary, region)
    matched = [s if s.match.outcome is not Outcome.UNRECOGNISED and not s.codings else _by_text_and_code(s, tools) for s in statements]
    remarks = [
        Remark(s.written or s.text, s.line, LineKind.UNRECOGNISED, _why_unread(s))
        for s in matched
        if s.match.outcome is Outcome.UNRECOGNISED
    ]
    known = []
    for s in matched:
        if s.match.outcome is not Outcome.UNRECOGNISED:
            s, problem = _with_possible_dates(s, as_of)
            known.append(s)
            if problem:
                remarks.append(Remark(s.written or s.text, s.line, LineKind.UNRECOGNISED, problem))
    return _assemble(known, remarks, facts, tools, as_of, what_if)


def _with_possible_dates(statement: MedicationStatement, as_of: date) -> tuple[MedicationStatement, str]:
    """A statement whose dates can be, and what is wrong with those it had ("" for nothing); reading a text asks the same of its words."""
    started, stopped = statement.period.started, statement.period.stopped
    if started is not None and stopped is not None and stopped.latest < started.earliest:
        return replace(statement, period=Period()), "its end lies before its start: neither date was used"
    doubt = ""
    if statement.status in TAKEN and stopped is not None and stopped.latest < as_of:
        doubt = "it is given as taken, but its end lies before the day of the review"
    elif statement.status in TAKEN and started is not None and started.earliest > as_of:
        doubt = "it is given as taken, but its start lies after the day of the review"
    return replace(statement, doubt=statement.doubt or doubt) if doubt else statement, ""


def _why_unread(statement: MedicationStatement) -> str:
    problems = dict.fromkeys(f"{shown(c.system, c.code)}: {c.problem}" for c in statement.codings if c.problem)
    return "; ".join(("no drug was recognised here", *problems))


def match_text(text: str, tools: Tools) -> Match:
    """One drug text as one match; a code in it goes before its words.

    A code that is not known is said in the note, so that it is never passed over.
    """
    if not may_hold_codes(text):
        return match_one(text, tools.index)
    from medcheck.codedtext import blanked
    from medcheck.coding import codes_in

    codes = codes_in(text)
    if not codes:
        return match_one(text, tools.index)
    codings = [c.coding for c in codes]
    match = tools.codes.decide(codings, match_one(blanked(text, codes), tools.index))
    if match.outcome is Outcome.UNRECOGNISED:
        return replace(match, note="; ".join(f"{shown(c.system, c.code)}: {c.problem}" for c in tools.codes.with_problems(codings)))
    return match


def match_one(text: str, index: NameIndex) -> Match:
    """One drug text as one match: every ingredient it names, the weakest method and score among its mentions."""
    return index.match(text)


def _readable(text: str, limits: Limits) -> tuple[str, int]:
    """The text within its limits, lone surrogates replaced and counted."""
    if not any(c.isalnum() for c in text):
        raise InputError("the list is empty: nothing to read", {"text": ["holds no letter or digit"]})
    lines = text.count("\n") + (not text.endswith("\n"))
    if lines > limits.max_list_lines:
        raise InputError(
            f"the list has {lines} lines, more than the {limits.max_list_lines} that are read at once; split it",
            {"text": [f"more than {limits.max_list_lines} lines"]},
        )
    broken = sum(1 for c in text if "\ud800" <= c <= "\udfff") if not text.isascii() else 0
    if broken:
        text = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    size = len(text.encode())
    if size > limits.max_list_bytes:
        raise InputError(
            f"the list has {size} bytes, more than the {limits.max_list_bytes} that are read at once; split it",
            {"text": [f"more than {limits.max_list_bytes} bytes"]},
        )
    return text, broken


def _assemble(
    statements: Sequence[MedicationStatement],
    remarks: Sequence[Remark],
    facts: PatientFacts,
    tools: Tools,
    as_of: date,
    what_if: Sequence[Change],
    *,
    text: str = "",
    always: bool = False,
) -> Review:
    formulary, vocabulary = tools.formulary, tools.vocabulary
    check_facts(facts)
    patient = describe(statements, facts, formulary)
    flags = flag(statements, patient, formulary, as_of)
    reader = _Steps(text, statements, tools, as_of)
    courses = exposures(statements, formulary, reader.read)
    remarks = [replace(r, kind=LineKind.NO_DRUG, reason=FURTHER_DOSE) if reader.has_read(r) else r for r in remarks]
    found = points(statements, flags, courses, patient, formulary, as_of)
    mimics = linked_mimics(patient, flags, formulary)
    keys = [k for f in flags for k in f.references]
    keys += [k for f in flags for a in f.alternatives for k in a.references]
    keys += [k for p in found for k in p.references]
    keys += [k for m in mimics for k in m.references]
    keys += list(formulary.modifiers.timing.references) if facts.symptom_onset is not None and flags else []
    unread = any(r.kind is LineKind.UNRECOGNISED for r in remarks) or any(needs_confirming(s) for s in statements)
    augmentation = None
    if courses or always:
        augmentation = _augmentation(statements, courses, flags, found, patient, tools, as_of, what_if, unread=unread)
    keys += augmentation.references if augmentation is not None else ()
    taken = [s for s in statements if s.status in TAKEN]
    outside = _outside(taken, formulary)
    named = dict.fromkeys(i for s in taken if s.match.outcome is not Outcome.QUESTION for i in s.match.ingredients)
    flagged = {f.ingredient for f in flags}
    return Review(
        as_of=as_of,
        program_version=VERSION,
        formulary_version=formulary.version,
        formulary_sha256=formulary.sha256,
        formulary_released=formulary.released,
        clinically_reviewed=formulary.clinically_reviewed,
        vocabulary_sha256=vocabulary.sha256,
        vocabulary_sources=vocabulary.sources,
        facts=facts,
        summary=_summarise(statements, remarks, flags, outside, [c for c in courses if c.status in _OPEN], augmentation),
        statements=tuple(statements),
        remarks=tuple(remarks),
        flags=flags,
        examined=tuple(sorted((i, formulary.ingredients[i].tier.value) for i in named if i in formulary.ingredients and i not in flagged)),
        not_in_formulary=outside,
        not_taken=tuple(k for k, s in enumerate(statements) if s.status not in TAKEN),
        points=found,
        mimics=mimics,
        exposures=courses,
        missing=missing_facts(patient, flags, courses, formulary),
        references=tuple(formulary.references[k] for k in dict.fromkeys(keys) if k in formulary.references),
        augmentation=augmentation,
    )


_OPEN = TAKEN | {Status.ON_HOLD}
FURTHER_DOSE = "a further dose of the medicine before it"


class _Steps:
    """Reads the doses of a course that a line tells in steps; asked only where a dopaminergic is on the list.

    A course told in several sentences of one line ("... 0.25 mg 2015. Increased to 0.5 mg in 2018.") goes on up to the next medicine.
    """

    def __init__(self, text: str, statements: Sequence[MedicationStatement], tools: Tools, as_of: date) -> None:
        self._text, self._tools, self._as_of = text, tools, as_of
        self._starts = sorted(s.clause[0] for s in statements if s.clause != (0, 0) and not is_continued(s))
        self._read: list[tuple[int, int, str]] = []

    def read(self, statement: MedicationStatement) -> Sequence[DoseStep]:
        """The doses in order of time, () where the words tell one."""
        from medcheck.parsing.steps import read_steps, year_of

        start = statement.clause[0]
        line_end = self._text.find("\n", start)
        following = bisect_right(self._starts, statement.span[0])
        ends = (line_end if line_end >= 0 else len(self._text), *self._starts[following : following + 1])
        end = min(ends)
        further = self._text[start:end] if statement.clause != (0, 0) else ""
        for words in dict.fromkeys((further, statement.text)):
            steps = read_steps(words, statement.match.ingredients, self._tools.readers, self._as_of) if words else ()
            if steps:
                self._read += [(start, end, step.text) for step in steps if words is further]
                return steps
        if statement.clause != (0, 0) and statement.period == Period():
            line = self._text[self._text.rfind("\n", 0, start + 1) + 1 :].partition("\n")[0]
            year = year_of(line, statement.text, self._as_of)
            return (DoseStep(statement.dosage, Period(year)),) if year is not None else ()
        return ()

    def has_read(self, remark: Remark) -> bool:
        """Whether a piece that was taken for a dose without a drug became a step of a course after all."""
        if remark.reason != NO_DRUG_HERE:
            return False
        words = remark.text.strip(" .;,")
        inside = (text.strip(" .;,") for start, end, text in self._read if start <= remark.span[0] and remark.span[1] <= end)
        return any(words in text or (text in words and len(text) * 2 > len(words)) for text in inside if text)


def _augmentation(
    statements: Sequence[MedicationStatement],
    courses: Sequence[Exposure],
    flags: Sequence[Flag],
    found: Sequence[Point],
    patient: Patient,
    tools: Tools,
    as_of: date,
    what_if: Sequence[Change],
    *,
    unread: bool,
) -> Assessment:
    """The augmentation part, with what the rest of the review knows."""
    from medcheck.assessment import Known, Offender
    from medcheck.augmentation import assess

    formulary = tools.formulary
    offenders = []
    for f in flags:
        started = [s.period.started for k in f.statements if (s := statements[k]).period.started is not None]
        line = f.lines[0] if f.lines else 0
        offenders.append(Offender(f.ingredient, line, started[0] if started else None, "akathisia_mimic" in f.effect))
    suggesting = {r.id for r in formulary.modifiers.iron_rules if r.effect == "suggests_iron" and not r.superseded}
    known = Known(
        taken=frozenset(patient.taken),
        offenders=tuple(offenders),
        conditions=patient.conditions,
        iron_low=any(p.id in suggesting for p in found),
        unread=unread,
        date_doubts=_date_doubts(statements, courses, as_of),
    )
    dosing = {i: entry.dosing for i in {e.ingredient for e in courses} if (entry := formulary.ingredients[i]).dosing is not None}
    return assess(courses, patient.facts, dosing, formulary.augmentation(), as_of, known=known, what_if=what_if)


def _date_doubts(statements: Sequence[MedicationStatement], courses: Sequence[Exposure], as_of: date) -> tuple[str, ...]:
    """Dates in the words of a dopaminergic without a start that can be none ("since 2040", "29.2.2023"): they are not passed over."""
    lines = {c.line: c.ingredient for c in courses if c.period.started is None}
    out = []
    for s in statements:
        if s.line in lines and lines[s.line] in s.match.ingredients:
            out += [f"{lines[s.line]} (line {s.line}): {doubt}; the date was not used" for doubt in read_period(s.text, as_of).doubts]
    return tuple(dict.fromkeys(out))


def _outside(taken: Sequence[MedicationStatement], formulary: Formulary) -> tuple[str, ...]:
    """Real drugs on the list that the formulary does not hold, by ingredient where it is known, else by the name read."""
    names: dict[str, None] = {}
    for s in taken:
        if s.match.outcome is Outcome.KNOWN_DRUG and not s.match.ingredients:
            names[s.match.name] = None
        elif s.match.outcome is not Outcome.QUESTION:
            names.update(dict.fromkeys(i for i in s.match.ingredients if i not in formulary.ingredients))
    return tuple(sorted(names))


def unknown_codes(statements: Sequence[MedicationStatement]) -> list[tuple[MedicationStatement, Coding]]:
    """Codes of the systems medcheck reads that were not understood, each with its statement."""
    return [(s, c) for s in statements for c in s.codings if c.problem and system_of(c.system) != LOCAL]


def needs_confirming(statement: MedicationStatement) -> bool:
    """Whether the reader must confirm a statement: a question, a name that was not read exactly, or a doubtful status."""
    return bool(doubt_of(statement))


def _summarise(
    statements: Sequence[MedicationStatement],
    remarks: Sequence[Remark],
    flags: Sequence[Flag],
    outside: Sequence[str],
    courses: Sequence[Exposure],
    augmentation: Assessment | None,
) -> Summary:
    unread = sum(1 for r in remarks if r.kind is LineKind.UNRECOGNISED)
    confirm = sum(1 for s in statements if needs_confirming(s))
    lines = {s.line for s in statements} | {r.line for r in remarks if r.line}
    flagged = [f for f in flags if f.tier in FLAG_TIERS]
    signs = augmentation.detection.signs if augmentation is not None else ()
    return Summary(
        lines=len(lines),
        statements=len(statements),
        read=len(statements) - confirm,
        to_confirm=confirm,
        unread=unread,
        flags=len(flagged),
        # Nothing is clear while a medicine was never examined, a code is not understood, one is on the list that the augmentation
        # questions are for, or its history shows a red flag.
        all_clear=bool(statements) and not (unread or confirm or flagged or outside or courses or signs or unknown_codes(statements)),
    )


def read_sig(text: str, tools: Tools) -> Dosage:
    """One dose instruction, with the drug's name in it or not."""
    return tools.readers.read_dosage(text, match_one(text, tools.index).ingredients)
