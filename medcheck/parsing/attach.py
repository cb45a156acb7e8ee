"""Segments in order -> statements, and remarks for all that is no statement: lines of dose, status or dates go to the drug above them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from medcheck.domain import Dosage, LineKind, MedicationStatement, Period, Remark, Status
from medcheck.parsing.decide import decide, from_dates, reason_of
from medcheck.parsing.frames import TAKEN_AGAIN
from medcheck.parsing.regions import AMOUNT, is_known_as
from medcheck.parsing.segment import is_blank
from medcheck.parsing.statements import (
    NOT_NAMED,
    Readers,
    Spotted,
    dates_of,
    first_token,
    of_another_script,
    statements_of,
    unnamed_beside,
    unread_beside,
    unread_words,
)
from medcheck.parsing.status import StatusReading
from medcheck.parsing.unnamed import unnamed
from medcheck.text import lazy_pattern

_LONGEST_ADDITION = 12  # words of a line of its own that may still speak of the drug above it
_MASS = lazy_pattern(r"\d\s*(?:mg|mcg|µg|ug|microgram|g\b)", re.I)
_DIRECTION = lazy_pattern(r"\W*(?:take|takes|use|inject|inhale|apply|place|give|one|two|\d+ (?:tab|cap|pill))\w*\b", re.I)
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
_SUPPLY_WORDS = frozenset({"disp", "dispense", "qty", "quantity", "refill", "refills", "supply", "repeats", "rfl"})
_MEASURE_WORDS = frozenset(
    {"bp", "weight", "wt", "height", "ht", "bmi", "pulse", "hr", "temp", "sats", "spo", "inr", "egfr", "hba", "smoker", "dob"}
)
_DATE_WORDS = frozenset(
    """started start since from until till to in on end ended stop stopped date dates last first filled taken about around approx early mid
    late years year months month weeks week days day ago for the past over x now present current currently between and jan january feb
    february mar march apr april may jun june jul july aug august sep sept september oct october nov november dec december spring summer
    autumn fall winter st nd rd th of""".split()
)
_ALL_OF_THEM = frozenset({"both", "all", "these", "those", "them", "they", "were"})
_LABELLED_DATE = {"start": "started", "stop": "stopped", "seen": "last filled"}


def attach(spotted: Sequence[Spotted], readers: Readers, as_of: date) -> tuple[list[MedicationStatement], list[Remark]]:
    """Give each mention its dose, dates and status; say of every other piece what it is.

    A line of dose only belongs to the mention before it; nothing of the input is dropped silently.
    """
    collector = _Collector(readers, as_of)
    for item in spotted:
        if not item.mentions:
            collector.take_piece(item)
        elif not collector.take_other_name(item):
            collector.take_mentions(item)
    return collector.statements, collector.remarks


_ENDED = frozenset({Status.STOPPED, Status.ON_HOLD, Status.NOT_TAKEN})
_LONG_AGO_DAYS = 365
_TRIALS = lazy_pattern(
    r"\b(?:(?<!clinical )trials?|failures?|has failed|had failed|(?:has|have|had) (?:previously )?tried|previously tried"
    r"|(?:was|were) tried"
    r"|(?:past|previous|prior|earlier) (?:\w+ )?(?:medications?|treatments?|antidepressants?|agents?|drugs?|therap(?:y|ies)))\b",
    re.I,
)

NO_DRUG_HERE = "a dose without a drug that was recognised"


class _Collector:
    """One pass over the segments: the statements and remarks so far, and what the next piece may belong to."""

    def __init__(self, readers: Readers, as_of: date) -> None:
        self.statements: list[MedicationStatement] = []
        self.remarks: list[Remark] = []
        self._readers = readers
        self._as_of = as_of
        self._group = 0  # how many statements the last segment with mentions gave
        self._tail = 0  # the last line that belongs to the last statement
        self._tail_end = 0
        self._waiting: StatusReading | None = None  # a status that stands before the drug on its line ("stopped; sertraline")
        self._waiting_line = 0
        self._by_drug: dict[frozenset[str], list[int]] = {}
        self._sorted = 0  # statements that stand in it
        self._past_line = -1  # the line whose last sentence spoke of trials that are over

    # ---- segments with mentions ----------------------------------------------------------------------------------------
    def take_mentions(self, item: Spotted) -> None:
        if item.segment.continues and self.statements and self._group == 1:
            said = self._readers.status.read_opening(item.tokens, first_token(item), item.mentions[0].first)
            if said is not None and self._last_near(item) is not None:
                self._change_status(1, said, "")
        past = self._past_line == item.segment.line or (item.segment.wraps and self._past_line == item.segment.line - 1)
        new = statements_of(item, self._readers, self._as_of, past=past)
        if any(s.status is Status.ACTIVE and s.status_certain for s in new):
            self._past_line = -1
        elif past or any(s.status is Status.STOPPED for s in new):
            self._past_line = item.segment.line
        if self._waiting is not None and self._waiting_line == item.segment.line:
            new = [self._with_status(s, self._waiting) if s.status is Status.ACTIVE else s for s in new]
        self._waiting = None
        if item.segment.section not in _ENDED:
            for s in new:
                self._supersede(item, s)
        self.statements.extend(new)
        self.remarks.extend(unread_beside(item, self._readers, " ".join(s.reason.lower() for s in new)))
        self.remarks.extend(unnamed_beside(item))
        self._tell_far_words(item, new)
        self._group = len(new)
        self._tail, self._tail_end = item.segment.line, item.segment.start + len(item.segment.text)

    def _supersede(self, item: Spotted, later: MedicationStatement) -> None:
        """What is told later of a drug counts for what was told before: in the same paragraph it ends it, elsewhere it puts it in doubt.

        Not where it ended long ago, and not where it has a dose of its own: then it is another course.
        """
        if later.status not in _ENDED or not later.status_certain or not later.match.ingredients or item.segment.cells:
            return
        ended = later.period.stopped
        if later.dosage.dose_max is not None or (ended is not None and (self._as_of - ended.latest).days > _LONG_AGO_DAYS):
            return
        left = []
        for k in self._told_of(frozenset(later.match.ingredients)):
            s = self.statements[k]
            if s.status is not Status.ACTIVE:
                continue
            again = ended is not None and s.period.started is not None and s.period.started.earliest > ended.latest
            if s.line == later.line and s.dosage.dose_max is None and not again:
                self.statements[k] = replace(s, status=later.status, status_certain=True)
            else:
                self.statements[k] = replace(s, status_certain=False)
                if s.line == later.line:
                    left.append(k)
        self._by_drug[frozenset(later.match.ingredients)] = left  # those of lines above are in doubt already, once and for all

    def _told_of(self, ingredients: frozenset[str]) -> list[int]:
        """The statements so far that name just these ingredients and may still be taken, by their place."""
        for k in range(self._sorted, len(self.statements)):
            self._by_drug.setdefault(frozenset(self.statements[k].match.ingredients), []).append(k)
        self._sorted = len(self.statements)
        return self._by_drug.get(ingredients, [])

    def take_other_name(self, item: Spotted) -> bool:
        """Whether a line only names the drug above it again ("Commonly known as: BENADRYL")."""
        mention = item.mentions[0]
        if mention.start - item.segment.body < 3 or len(item.mentions) != 1:
            return False
        last = self._last_near(item)
        if last is None or not last.match.ingredients:
            return False
        text = item.segment.text
        if set(mention.match.ingredients) != set(last.match.ingredients) or not is_known_as(text[: mention.start]):
            return False
        if not is_blank(text[mention.end :]):
            return False
        self._add_to_last(item, last)
        return True

    def _tell_far_words(self, item: Spotted, new: Sequence[MedicationStatement]) -> None:
        """Words too far from their mention to be read as its instruction, if they could be one."""
        limit = self._readers.max_context
        if len(item.segment.text) <= limit:
            return
        for s in new:
            start, end = s.span[1] + limit, s.clause[1]
            words = item.segment.text[start - item.segment.start : end - item.segment.start]
            if start < end and any(c.isdigit() for c in words):
                shown = words.strip()
                shown = shown if len(shown) <= 200 else f"{shown[:200]}…"
                reason = f"more than {limit} characters behind the medicine: not read as its instruction"
                self.remarks.append(Remark(shown, item.segment.line, LineKind.UNRECOGNISED, reason, (start, end)))

    # ---- segments without mentions -------------------------------------------------------------------------------------
    def take_piece(self, item: Spotted) -> None:
        segment = item.segment
        content = segment.text[segment.body :].strip()
        if is_blank(segment.text):
            return
        if is_blank(content):
            self._remark(item, LineKind.HEADING if segment.label else LineKind.NO_DRUG)
            return
        if of_another_script(item):  # it may name a medicine of its own: it adds nothing to the one before
            self._tell(item, content)
            return
        if _TRIALS.search(content):
            self._past_line = segment.line
        last = self._last_near(item)
        if segment.label and last is not None and self._take_field(item, content, last):
            return
        if last is not None and self._take_status(item, content, last):
            return
        if last is None or not self._take_instruction(item, content, last):
            self._tell(item, content)

    def _last_near(self, item: Spotted) -> MedicationStatement | None:
        """The last statement, if the piece stands on its line or right below it."""
        near = bool(self.statements) and item.segment.line - self._tail <= 1
        return self.statements[-1] if near else None

    def _take_field(self, item: Spotted, content: str, last: MedicationStatement) -> bool:
        """A field of the entry above: "Status: discontinued", "Start date: 2020-01-01", "Indication: depression"."""
        label = item.segment.label
        if label in ("status", "taking", "comment"):
            reading = self._readers.status.read_cell(content, yes_or_no=label == "taking")
            if reading is not None:
                self._change_status(1, reading, content)
            elif label != "comment":
                return False
        elif label in _LABELLED_DATE:
            if any(c.isdigit() for c in content):
                self.statements[-1] = self._completed(last, f"{_LABELLED_DATE[label]} {content}")
        elif label == "dose":
            if not self._is_instruction(item, content) or not self._is_open(last, content):
                return False
            self.statements[-1] = self._completed(last, content)
        elif "reason" in item.segment.text[: item.segment.body].lower() and last.status not in (Status.ACTIVE, Status.UNKNOWN):
            self.statements[-1] = replace(last, reason=content[:80].strip(" .,"))
        if label in ("other", "purpose", "comment", "reaction", "reason"):
            self._remark(item, LineKind.NO_DRUG)
        self._add_to_last(item, self.statements[-1])
        return True

    def _take_status(self, item: Spotted, content: str, last: MedicationStatement) -> bool:
        """A sentence or line that says of the drug before it that it was stopped, held, never taken."""
        if self._is_resumed(item, last):
            self._change_status(1, StatusReading(Status.ACTIVE, False, "resumed"), content)
            self._add_to_last(item, self.statements[-1])
            return True
        reading = self._readers.status.read_piece(item.tokens, first_token(item))
        if reading is None or (reading.status is Status.INTENDED and not reading.certain):
            return False
        segment = item.segment
        if AMOUNT.search(content) and self._is_instruction(item, content):
            return False  # "stopped 1 mg qhs": a further course
        count = self._group if _ALL_OF_THEM & set(item.tokens.words) else 1
        own_line = not segment.continues and not segment.wraps
        if own_line and reading.status is not Status.INTENDED and len(item.tokens.words) > _LONGEST_ADDITION:
            return False
        if count == 1 and self._group > 1 and segment.continues and "latter" not in item.tokens.words:
            reading = StatusReading(reading.status, False, reading.cue)  # of two drugs, which one?
        self._change_status(count, reading, content)
        self._add_to_last(item, self.statements[-1])
        return True

    def _is_resumed(self, item: Spotted, last: MedicationStatement) -> bool:
        """Whether a sentence says that a drug which was stopped or held is taken again: "It was restarted in March"."""
        joined = item.segment.continues or item.segment.wraps
        over = last.status in _ENDED or last.status is Status.COMPLETED
        return joined and over and TAKEN_AGAIN.search(item.tokens.folded.text) is not None

    def _change_status(self, count: int, reading: StatusReading, content: str) -> None:
        for k in range(len(self.statements) - count, len(self.statements)):
            s = self._with_status(self.statements[k], reading)
            self.statements[k] = replace(s, text=f"{s.text} {content}", reason=s.reason or reason_of(content, s.status))

    def _with_status(self, s: MedicationStatement, reading: StatusReading) -> MedicationStatement:
        if s.status in (Status.ALLERGY, Status.FAMILY):
            return s
        if not reading.certain or (reading.status is Status.ACTIVE and s.status is not Status.ACTIVE):
            return replace(s, status=Status.ACTIVE, status_certain=False)
        if s.status is not Status.ACTIVE and reading.status is not Status.ACTIVE:
            return s
        return replace(s, status=reading.status, status_certain=True)

    def _take_instruction(self, item: Spotted, content: str, last: MedicationStatement) -> bool:
        """A piece made of dose words or dates, as the rest of the statement before it or as a further course of its drug."""
        segment = item.segment
        if segment.plain or segment.cells:
            return False
        if self._is_instruction(item, content):
            if self._is_open(last, content) or (segment.wraps and last.dosage.doses_per_day_max is None):
                self.statements[-1] = self._completed(last, content)
            elif segment.continues and segment.line == last.line:
                if AMOUNT.search(content):
                    self.statements.append(self._further_course(item, last, content))
                    return True
                self.statements[-1] = replace(last, text=f"{last.text} {content}")
            elif segment.wraps and not AMOUNT.search(content):
                self.statements[-1] = self._completed(last, content)
            else:
                return False
        elif (segment.wraps and self._completes(item, content, last)) or (
            (segment.wraps or segment.continues) and self._is_only_dates(item, content)
        ):
            self.statements[-1] = self._completed(last, content)
        else:
            return False
        self._add_to_last(item, self.statements[-1])
        return True

    def _is_instruction(self, item: Spotted, content: str) -> bool:
        """Whether a piece holds only words of dose instructions: "HAL 5 bid" is another drug, unread."""
        readers = self._readers
        if len(content) > readers.max_context or self._unread(item):
            return False
        dosage = readers.sig.read(content)
        has_dose = dosage.dose_max is not None or dosage.doses_per_day_max is not None
        return has_dose and readers.sig.knows_all(_without_reason(content, readers))

    def _completes(self, item: Spotted, content: str, last: MedicationStatement) -> bool:
        """Whether a wrapped line ends the instruction above: "... TAKE ONE TABLET BY / MOUTH EVERY DAY FOR MOOD"."""
        if len(content) > self._readers.max_context or self._unread(item):
            return False
        words = _without_reason(f"{' '.join(last.dosage.text.split()[-3:])} {content}", self._readers)
        if self._readers.sig.knows_all(_without_reason(words, self._readers)):
            return True
        # "for mood and sleep" may go on; "PPI daily" or "HAL at night" is another drug.
        own = [w for w in item.tokens.words[first_token(item) :] if w[0] >= "a" and not self._readers.sig.knows_all(w)]
        return (
            not AMOUNT.search(content) and all(len(w) < 3 or self._readers.is_ordinary(w) for w in own) and not _MEDICINE_WORDS & set(own)
        )

    def _is_only_dates(self, item: Spotted, content: str) -> bool:
        words = item.tokens.words[first_token(item) :]
        if len(content) > 60 or any(w[0] >= "a" and w not in _DATE_WORDS for w in words):
            return False
        period, _, _ = dates_of(content, self._as_of)
        return period != Period()

    def _is_open(self, last: MedicationStatement, content: str) -> bool:
        """Whether a statement still lacks a dose or how often, so that words of dose can be its own."""
        return last.dosage.dose_max is None or (
            last.dosage.doses_per_day_max is None and (not _MASS.search(content) or _DIRECTION.match(content) is not None)
        )

    def _unread(self, item: Spotted) -> list[int]:
        return [k for k in unread_words(item, self._readers) if item.tokens.words[k] not in _SUPPLY_WORDS]

    def _completed(self, last: MedicationStatement, content: str) -> MedicationStatement:
        """A mention whose dose or frequency stands on the line or in the sentence after it."""
        instruction = f"{last.dosage.text} {content}".strip()
        period, undated, _ = dates_of(instruction, self._as_of)
        dosage = replace(self._readers.read_dosage(undated, last.match.ingredients), text=instruction)
        status, certain = last.status, last.status_certain
        if status in (Status.ACTIVE, Status.COMPLETED):  # the added words may say more of the time
            status, certain = from_dates(period, self._as_of) or (Status.ACTIVE, certain)
        return replace(last, dosage=dosage, period=period, text=f"{last.text} {content}", status=status, status_certain=certain)

    def _further_course(self, item: Spotted, last: MedicationStatement, content: str) -> MedicationStatement:
        """ "Mirapex 0.125 mg 2015-2017; 0.5 mg since 2017": the second course of the same drug."""
        readers = self._readers
        period, undated, _ = dates_of(content, self._as_of)
        dosage = replace(readers.read_dosage(undated, last.match.ingredients), text=content)
        reading = readers.status.read_alone(item.tokens, first_token(item))
        segment = replace(item.segment, section=None if last.status is Status.COMPLETED else item.segment.section)
        status, certain = decide(segment, reading, dosage, period, self._as_of)
        start = item.segment.start + item.segment.body
        end = item.segment.start + len(item.segment.text)
        return replace(
            last,
            text=content,
            span=(start, end),
            clause=(item.segment.start, end),
            dosage=dosage,
            period=period,
            status=status,
            status_certain=certain,
            reason="",
            doubt="the drug is taken from the words before",
        )

    def _add_to_last(self, item: Spotted, last: MedicationStatement) -> None:
        """Let the last statement reach to the end of a piece."""
        end = item.segment.start + len(item.segment.text)
        self.statements[-1] = replace(last, clause=(last.clause[0], end))
        self._tail = item.segment.line

    def _tell(self, item: Spotted, content: str) -> None:
        """What a piece is that belongs to no statement."""
        segment, words = item.segment, set(item.tokens.words)
        reading = self._readers.status.read_piece(item.tokens, first_token(item)) if not segment.continues else None
        if reading is not None and len(words) <= 3 and segment.text.rstrip().endswith(";"):
            self._waiting, self._waiting_line = reading, segment.line
        if segment.plain or (segment.label in ("purpose", "other", "reaction") and not AMOUNT.search(content)):
            self._remark(item, LineKind.NO_DRUG)
        elif self._unread(item):
            self._remark(item, LineKind.UNRECOGNISED, "no drug was recognised here")
        elif (words & _MEDICINE_WORDS and not segment.continues and not _SUPPLY_WORDS & words and not self._is_denied(item)) or unnamed(
            content
        ):
            self._remark(item, LineKind.UNRECOGNISED, NOT_NAMED)
        elif self._has_dose(content) and not _SUPPLY_WORDS & words and not _MEASURE_WORDS & words:
            self._remark(item, LineKind.UNRECOGNISED, NO_DRUG_HERE)
        else:
            self._remark(item, LineKind.NO_DRUG)

    def _is_denied(self, item: Spotted) -> bool:
        """Whether a sentence only says that something is not taken ("Denies use of antihistamines")."""
        found = self._readers.status.find(item.tokens, ())
        return bool(found) and found[0][0] <= first_token(item) + 1 and all(c.status == Status.NOT_TAKEN for f in found for c in f[2])

    def _has_dose(self, content: str) -> bool:
        dosage = self._readers.sig.read(content) if len(content) <= self._readers.max_context else Dosage()
        return dosage.dose_max is not None or dosage.doses_per_day_max is not None

    def _remark(self, item: Spotted, kind: LineKind, reason: str = "") -> None:
        segment = item.segment
        span = (segment.start, segment.start + len(segment.text))
        self.remarks.append(Remark(segment.text.strip(), segment.line, kind, reason, span))


def _without_reason(content: str, readers: Readers) -> str:
    """An instruction without what it is taken for, when that is an ordinary word ("prn pain")."""
    return _FOR_REASON.sub(lambda m: m.group(1) if readers.is_ordinary(m.group(2).lower()) else m.group(), content)
