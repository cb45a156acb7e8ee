"""Mentions and the words around them -> statements with dose, dates and status, and remarks for all that is no statement."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from medcheck.domain import Dosage, LineKind, MedicationStatement, Mention, Period, Remark, Status
from medcheck.parsing.dates import read_period
from medcheck.parsing.products import ProductFigures
from medcheck.parsing.segment import Segment, is_blank
from medcheck.parsing.sig import SigReader
from medcheck.parsing.status import StatusReader, StatusReading
from medcheck.text import Tokens, lazy_pattern
from medcheck.value import Value

_TRAILING_NUMBER = re.compile(r"[\s,;]+\(?\d{1,2}[.)]\s*\Z|[\s,;(]+\Z")
_AMOUNT = lazy_pattern(r"\d\s*(?:mg|mcg|µg|ug|microgram|g\b|ml\b|tab|cap|unit|puff|drop|patch|%|iu\b|meq|mmol)", re.I)
_MASS = lazy_pattern(r"\d\s*(?:mg|mcg|µg|ug|microgram|g\b)", re.I)
_FORMER = lazy_pattern(
    r"\((?:was|were|previously|formerly|up from|down from|from|before|old dose)\b[^()]{0,60}\)"
    r"|\([^()]{0,40}\b(?:before|previously)\)",
    re.I,
)
_REASON = lazy_pattern(
    r"(?:due to|because(?: of)?|caused|causing|reason\s*:?|secondary to|owing to|as it|gave (?:her|him|me))\s+([^.;|)\n]{2,80})", re.I
)
_ASIDE = lazy_pattern(r"\s*(?:[(\[]\s*|[-–:]+\s+)\"?([^()\[\]\";,]{2,60})")
_DOSE_FIRST = lazy_pattern(r"\b(?:take|takes|taking|on|use|uses|apply|inject|inhale|start|started|continue|give|having|x|of)\b", re.I)
_MEDICINE_WORDS = frozenset(
    """medicine medicines medication medications pill pills tablet tablets tab tabs capsule capsules drops cream creams ointment gel
    lotion patch patches inhaler injection injections syrup suspension softener softeners laxative laxatives antibiotic antibiotics
    painkiller painkillers
    antidepressant antidepressants antihistamine antihistamines vitamin vitamins supplement supplements insulin steroid steroids hormone
    agonist agonists ssri ssris snri snris tca tcas ppi ppis nsaid nsaids statin statins opioid opioids opiate opiates antipsychotic
    antipsychotics benzodiazepine benzodiazepines benzo benzos blocker blockers diuretic diuretics sedative sedatives
    hormones shot shots infusion spray lozenge remedy herbal tonic eyedrops sleeper sleepers""".split()
)
_FOR_REASON = lazy_pattern(r"\b(for|prn|p\.r\.n\.?|needed)\s+([a-z]{4,})\b", re.I)
_SAID = {"start": "started", "stop": "stopped", "seen": "last filled"}
_ENDING = frozenset({"stop", "stops", "stop date", "end date", "ends", "ended", "end", "discontinue"})
_BEGINNING = frozenset(
    {"start", "started", "add", "added", "new", "on", "begin", "began", "initiated", "commenced", "to", "given", "trial of"}
)
_SUPPLY_WORDS = frozenset({"disp", "dispense", "qty", "quantity", "refill", "refills", "supply", "repeats"})
_MEASURE_WORDS = frozenset(
    {"bp", "weight", "wt", "height", "ht", "bmi", "pulse", "hr", "temp", "sats", "spo", "inr", "egfr", "hba", "smoker", "dob"}
)
_MAX_CONTEXT = 300
_BREAK = lazy_pattern(r"[,;|\t]|\.\s|\band\b|\bor\b|\bplus\b|\bthen\b|\bbut\b", re.I)
_ANY_DIGIT = re.compile(r"\d")
_YEAR = lazy_pattern(r"(?:19|20)\d\d")
_LEADING_AMOUNT = lazy_pattern(r"\s*\d+\s*(?:x|tabs?|tablets?|caps?|capsules?)\b[^,;]*\Z", re.I)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Spotted(Value):
    """A segment with its tokens and the mentions found in it."""

    segment: Segment
    tokens: Tokens
    mentions: Sequence[Mention]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Readers(Value):
    """What reading needs besides the names: dose instructions, status cues, and which words are ordinary."""

    sig: SigReader
    status: StatusReader
    is_ordinary: Callable[[str], bool]
    products: ProductFigures
    max_context: int = _MAX_CONTEXT

    def read_dosage(self, instruction: str, ingredients: Sequence[str]) -> Dosage:
        """The dose of a known drug: its ingredients decide which figure of a pair such as 25/100 counts."""
        return self.sig.read(instruction, self.products.of(ingredients))


def attach(spotted: Sequence[Spotted], readers: Readers, as_of: date) -> tuple[list[MedicationStatement], list[Remark]]:
    """Give each mention its dose, dates and status; say of every other piece what it is.

    A line of dose only belongs to the mention before it; nothing of the input is dropped silently.
    """
    statements: list[MedicationStatement] = []
    remarks: list[Remark] = []
    for item in spotted:
        if item.mentions:
            new = _statements(item, readers, as_of)
            statements.extend(new)
            remarks.extend(_unread_beside(item, readers, " ".join(s.reason.lower() for s in new)))
        else:
            _without_mention(item, readers, as_of, statements, remarks)
    return statements, remarks


# ---- segments with mentions ------------------------------------------------------------------------------------------
def _regions(item: Spotted) -> list[tuple[int, int]]:
    """For each mention the character span of the words that speak of it."""
    text, mentions = item.segment.text, item.mentions
    first = item.segment.body
    if len(mentions) == 1:
        return [(first, len(text))]
    head = text[first : mentions[0].start]
    tail = text[mentions[-1].end :]
    dose_first = bool(_AMOUNT.search(head)) and not re.search(r"\d", tail)
    regions: list[tuple[int, int]] = []
    begin = first
    for k, mention in enumerate(mentions):
        if k + 1 == len(mentions):
            end = len(text)
        elif dose_first:
            end = mention.end
        else:
            between = text[mention.end : mentions[k + 1].start]
            end = mention.end + _split(between)
        regions.append((begin, end))
        begin = end
    return regions


def _split(between: str) -> int:
    """Where, in the words between two mentions, those of the second begin: at the last break after which no dose of the first follows."""
    cut = len(between)
    for m in _BREAK.finditer(between):
        rest = between[m.end() :]
        if not _ANY_DIGIT.search(rest) or _LEADING_AMOUNT.match(rest):
            if cut < len(between) and not between[cut : m.start()].strip(" ,;"):
                continue  # ", and": the comma already is the break
            cut = m.start()
    return cut


def _statements(item: Spotted, readers: Readers, as_of: date) -> list[MedicationStatement]:
    spans = [(m.first, m.last) for m in item.mentions]
    begin = _first_token(item)
    readings = readers.status.read(item.tokens, spans, begin)
    out = []
    for mention, region, reading in zip(item.mentions, _regions(item), readings, strict=True):
        out.append(_statement(item, mention, region, reading, readers, as_of))
    return out


def _first_token(item: Spotted) -> int:
    """The first token of the content, after a bullet, a number or a heading."""
    tokens, body = item.tokens, item.segment.body
    if not body:
        return 0
    if tokens.folded.offsets is None:
        return bisect_left(tokens.starts, body)
    return sum(1 for k in range(len(tokens.starts)) if tokens.folded.origin(tokens.starts[k], tokens.ends[k])[0] < body)


def _statement(
    item: Spotted, mention: Mention, region: tuple[int, int], reading: StatusReading | None, readers: Readers, as_of: date
) -> MedicationStatement:
    segment = item.segment
    text = segment.text
    a, b = region
    before = text[max(a, mention.start - readers.max_context) : mention.start]
    after = text[mention.end : min(b, mention.end + readers.max_context)]
    instruction = f"{before} {_TRAILING_NUMBER.sub('', after)}".strip()
    if "(" in instruction:
        instruction = _FORMER.sub(" ", instruction)  # "600 mg tds (was 300 mg)": what was is no dose of now
    for role, cell in segment.dated:  # a table: the head says what a date means
        instruction = instruction.replace(cell, f"{_SAID[role]} {cell}", 1)
    period, undated, later = _dates(instruction, as_of)
    if reading is not None and reading.status is Status.STOPPED and later and reading.cue in _ENDING:
        reading = None  # it ends after the day of the review
    dosage = readers.read_dosage(undated, mention.match.ingredients) if undated else Dosage(reason="no dose stated")
    if undated is not instruction:
        dosage = replace(dosage, text=instruction)
    status, certain = _decide(segment, reading, dosage, period, as_of)
    shown = text[a:b] if len(item.mentions) > 1 else text[segment.body :]
    shown = shown.strip(" \t,;|")
    return MedicationStatement(
        text=shown[: readers.max_context * 2],
        line=segment.line,
        span=(segment.start + mention.start, segment.start + mention.end),
        written=text[mention.start : mention.end],
        status=status,
        status_certain=certain,
        dosage=dosage,
        match=mention.match,
        period=period,
        reason=_reason(after, status),
    )


def _dates(instruction: str, as_of: date) -> tuple[Period, str, bool]:
    """When it was taken, the words without the dates ("since 2020 patch 2 mg" holds no dose of 2020), and whether one lies ahead."""
    if len(instruction) <= 8 and not _ANY_DIGIT.search(instruction):
        return Period(), instruction, False
    found = read_period(instruction, as_of)
    for start, end in found.spans:
        if _YEAR.search(instruction[start:end]):
            instruction = f"{instruction[:start]}{' ' * (end - start)}{instruction[end:]}"
    return found.period, instruction, any(": after " in doubt for doubt in found.doubts)


def _decide(segment: Segment, reading: StatusReading | None, dosage: Dosage, period: Period, as_of: date) -> tuple[Status, bool]:
    """Status of a mention from its own words first, then its dates, then its section. Doubt is active and uncertain."""
    section, certain = segment.section, segment.section_certain
    if reading is not None:
        if not reading.certain:
            return Status.ACTIVE, False
        if reading.status is Status.ACTIVE and section in (
            Status.STOPPED,
            Status.NOT_TAKEN,
            Status.ON_HOLD,
            Status.COMPLETED,
            Status.FAMILY,
        ):
            return (
                (section, True)
                if reading.cue in ("on", "to", "new", "add", "started", "given") and certain and section
                else (Status.ACTIVE, False)
            )
        if reading.status is Status.ACTIVE and section is Status.INTENDED and certain and reading.cue not in _BEGINNING:
            return Status.ACTIVE, True  # "Plan: continue sertraline"
        if reading.status is Status.ACTIVE and section is Status.ALLERGY:
            return (Status.ALLERGY, True) if certain and dosage.doses_per_day_max is None else (Status.ACTIVE, False)
        if reading.status is not Status.ACTIVE:
            spoken_of = section if section in (Status.ALLERGY, Status.FAMILY) and certain else reading.status
            return (reading.status if reading.status in (Status.ALLERGY, Status.FAMILY) else spoken_of), True
    by_date = _from_dates(period, as_of)
    if section is not None and section is not Status.ACTIVE:
        if not certain:
            return Status.ACTIVE, False
        if section in (Status.ALLERGY, Status.FAMILY) and dosage.doses_per_day_max is not None and dosage.dose_max is not None:
            return Status.ACTIVE, False  # a full dose instruction under ALLERGIES: the heading may not reach this line
        return section, True
    if by_date is not None:
        return by_date
    return Status.ACTIVE, True


def _from_dates(period: Period, as_of: date) -> tuple[Status, bool] | None:
    if period.stopped is not None:
        if period.stopped.latest < as_of:
            return Status.COMPLETED, True
        if period.stopped.earliest < as_of:
            return Status.ACTIVE, False
    return None


def _reason(after: str, status: Status) -> str:
    if status in (Status.ACTIVE, Status.INTENDED, Status.FAMILY):
        return ""
    m = _REASON.search(after)
    if m:
        return m.group(1).strip(" ,-")
    if status is Status.ALLERGY:
        m = _ASIDE.match(after)
        if m:
            return m.group(1).strip(" ,-")
    return ""


# ---- segments without mentions -----------------------------------------------------------------------------------------
def _without_mention(item: Spotted, readers: Readers, as_of: date, statements: list[MedicationStatement], remarks: list[Remark]) -> None:
    segment, tokens = item.segment, item.tokens
    content = segment.text[segment.body :].strip()
    shown = segment.text.strip()
    if is_blank(content):
        return
    unread = [k for k in _unread_words(item, readers) if tokens.words[k] not in _SUPPLY_WORDS]
    dosage = readers.sig.read(content[: readers.max_context]) if len(content) <= readers.max_context else Dosage()
    has_dose = dosage.dose_max is not None or dosage.doses_per_day_max is not None
    last = statements[-1] if statements else None
    # Only words of dose instructions may be taken as the rest of the line before: "HAL 5 bid" is another drug, unread.
    is_instruction = has_dose and not unread and readers.sig.knows_all(_without_reason(content, readers))
    if last is not None and is_instruction and segment.line - last.line <= 1:
        open_dose = last.dosage.dose_max is None or (last.dosage.doses_per_day_max is None and not _MASS.search(content))
        if open_dose:
            statements[-1] = _completed(last, content, readers, as_of)
            return
        if segment.continues and segment.line == last.line:
            if _AMOUNT.search(content):
                statements.append(_further_course(item, last, content, readers, as_of))
            else:
                statements[-1] = replace(last, text=f"{last.text} {content}")
            return
    if unread:
        remarks.append(Remark(shown, segment.line, LineKind.UNRECOGNISED, "no drug was recognised here"))
    elif any(w in _MEDICINE_WORDS for w in tokens.words) and not segment.continues and not _SUPPLY_WORDS & set(tokens.words):
        remarks.append(Remark(shown, segment.line, LineKind.UNRECOGNISED, "speaks of a medicine that is not named"))
    elif has_dose and not _SUPPLY_WORDS & set(tokens.words) and not _MEASURE_WORDS & set(tokens.words):
        remarks.append(Remark(shown, segment.line, LineKind.UNRECOGNISED, "a dose without a drug that was recognised"))
    else:
        remarks.append(Remark(shown, segment.line, LineKind.NO_DRUG))


def _without_reason(content: str, readers: Readers) -> str:
    """An instruction without what it is taken for, when that is an ordinary word ("prn pain")."""
    return _FOR_REASON.sub(lambda m: m.group(1) if readers.is_ordinary(m.group(2).lower()) else m.group(), content)


def _completed(last: MedicationStatement, content: str, readers: Readers, as_of: date) -> MedicationStatement:
    """A mention whose dose or frequency stands on the line or in the sentence after it."""
    instruction = f"{last.dosage.text} {content}".strip()
    period, undated, _ = _dates(instruction, as_of)
    dosage = replace(readers.read_dosage(undated, last.match.ingredients), text=instruction)
    status, certain = last.status, last.status_certain
    if status in (Status.ACTIVE, Status.COMPLETED):  # the added words may say more of the time
        status, certain = _from_dates(period, as_of) or (Status.ACTIVE, certain)
    return replace(last, dosage=dosage, period=period, text=f"{last.text} {content}", status=status, status_certain=certain)


def _further_course(item: Spotted, last: MedicationStatement, content: str, readers: Readers, as_of: date) -> MedicationStatement:
    """ "Mirapex 0.125 mg 2015-2017; 0.5 mg since 2017": the second course of the same drug."""
    period, undated, _ = _dates(content, as_of)
    dosage = replace(readers.read_dosage(undated, last.match.ingredients), text=content)
    reading = readers.status.read_alone(item.tokens, _first_token(item))
    segment = replace(item.segment, section=None if last.status is Status.COMPLETED else item.segment.section)
    status, certain = _decide(segment, reading, dosage, period, as_of)
    start = item.segment.start + item.segment.body
    return replace(
        last,
        text=content,
        span=(start, start + len(item.segment.text) - item.segment.body),
        dosage=dosage,
        period=period,
        status=status,
        status_certain=certain,
        reason="",
        doubt="the drug is taken from the words before",
    )


# ---- what was not read ---------------------------------------------------------------------------------------------------
def _unread_words(item: Spotted, readers: Readers) -> list[int]:
    words = item.tokens.words
    begin = _first_token(item)
    unread = [k for k, word in enumerate(words) if k >= begin and len(word) >= 4 and word[0] >= "a" and not readers.is_ordinary(word)]
    if not unread:
        return []
    spans = [(m.first, m.last) for m in item.mentions]
    spans += [(first, last) for first, last, _ in readers.status.find(item.tokens, spans)]  # "NKDA" is understood
    covered = {k for first, last in spans for k in range(first, last)}
    return [k for k in unread if k not in covered]


def _unread_beside(item: Spotted, readers: Readers, reasons: str) -> list[Remark]:
    """Words beside a mention that were not understood, each with the dose that follows it: it may be another drug."""
    # A word of the reason that is kept ("rash and akathisia") is read; it is no medicine.
    unread = [k for k in _unread_words(item, readers) if item.tokens.words[k] not in reasons]
    if not unread:
        return []
    text, tokens = item.segment.text, item.tokens
    out = []
    previous = -2
    for k in unread:
        if k == previous + 1:
            previous = k
            continue
        previous = k
        start = tokens.folded.origin(tokens.starts[k], tokens.ends[k])[0]
        stop = min([m.start for m in item.mentions if m.start > start] + [len(text), start + 60])
        shown = re.split(r"[,;|\n]", text[start:stop])[0].strip(" .()")
        out.append(Remark(shown, item.segment.line, LineKind.UNRECOGNISED, "a word beside a read medicine was not understood"))
    return out
