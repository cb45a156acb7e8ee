"""What words, dates and section say -> the status of a statement, and why it ended; knows no drug."""

from __future__ import annotations

import re
from datetime import date

from medcheck.domain import Dosage, Period, Status
from medcheck.parsing.segment import Segment
from medcheck.parsing.status import CELL, StatusReading
from medcheck.text import lazy_pattern

_REASON = lazy_pattern(
    r"(?:due to|because(?: of)?|caused|causing|reason\s*:?|secondary to|owing to|as it|gave (?:her|him|me))\s+([^.;|)\n]{2,80})", re.I
)
_ASIDE = lazy_pattern(r"\s*(?:[(\[]\s*|[-–:]+\s+)\"?([^()\[\]\";,]{2,60})")
_BEGINNING = frozenset(
    {"start", "started", "add", "added", "new", "on", "begin", "began", "initiated", "commenced", "to", "given", "trial of"}
)
_WEAK = frozenset({"on", "to", "new", "add", "started", "given", "prescribed"})
_NOT_NOW = frozenset({Status.STOPPED, Status.NOT_TAKEN, Status.ON_HOLD, Status.COMPLETED, Status.FAMILY})


def decide(segment: Segment, reading: StatusReading | None, dosage: Dosage, period: Period, as_of: date) -> tuple[Status, bool]:
    """Status of a mention from its own words first, then its section, then its dates. Doubt is active and uncertain."""
    by_date = from_dates(period, as_of)
    if reading is not None:
        if not reading.certain and reading.status in _NOT_NOW and by_date is not None and by_date[1]:
            return by_date
        said = _from_words(segment, reading, dosage)
        if said is not None:
            return said
    section, certain = segment.section, segment.section_certain
    if section is not None and section is not Status.ACTIVE:
        has_instruction = dosage.doses_per_day_max is not None and dosage.dose_max is not None
        if not certain:
            return Status.ACTIVE, section in (Status.ALLERGY, Status.FAMILY) and has_instruction
        if section in (Status.ALLERGY, Status.FAMILY) and has_instruction:
            return Status.ACTIVE, False  # a full dose instruction under ALLERGIES: the heading may not reach this line
        return section, True
    if by_date is not None and reading is not None and reading.cue == CELL:
        return Status.ACTIVE, False  # the column says active, the dates say over
    return by_date or (Status.ACTIVE, True)


def _from_words(segment: Segment, reading: StatusReading, dosage: Dosage) -> tuple[Status, bool] | None:
    section, certain = segment.section, segment.section_certain
    if not reading.certain:
        settled = reading.status in _NOT_NOW and section in _NOT_NOW and certain and section is not None
        return (section, True) if settled and section else (Status.ACTIVE, False)
    if reading.status is Status.ACTIVE:
        if section in _NOT_NOW and section is not None:
            if reading.cue in _WEAK:
                return (section, True) if certain else (Status.ACTIVE, False)
            return Status.ACTIVE, not certain  # where the section may have ended, the words decide
        if section is Status.INTENDED and certain and reading.cue not in _BEGINNING:
            return Status.ACTIVE, True  # "Plan: continue sertraline"
        if section is Status.ALLERGY:
            return (Status.ALLERGY, True) if certain and dosage.doses_per_day_max is None else (Status.ACTIVE, False)
        return None
    if reading.status is Status.ALLERGY and reading.cue in ("allergy", "allergies") and dosage.doses_per_day_max and dosage.dose_max:
        return Status.ACTIVE, reading.cue == "allergies"  # "10 mg daily, allergies": what it is taken for
    if reading.status in (Status.ALLERGY, Status.FAMILY):
        return reading.status, True
    return (section, True) if section in (Status.ALLERGY, Status.FAMILY) and certain and section else (reading.status, True)


def from_dates(period: Period, as_of: date) -> tuple[Status, bool] | None:
    """What an end before the day of the review says; None when no end is stated or it lies ahead."""
    if period.stopped is not None:
        if period.stopped.latest < as_of:
            return Status.COMPLETED, True
        if period.stopped.earliest < as_of:
            return Status.ACTIVE, False
    return None


def reason_of(after: str, status: Status) -> str:
    """Why it was stopped, or what an allergy did, from the words behind the name; "" when they do not say."""
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
