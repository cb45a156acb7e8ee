"""The doses of one course in order of time ("0.25 mg in 2019 -> 0.5 mg since 2022"); knows no drug, and guesses no order.

The words are cut into pieces with one dose each. Which piece came before which is told by arrows and words (then, increased to, was) and
by dates; unless that puts all of them in one order there are no steps. Two intakes of one day, ranges, limits and plans are no steps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from medcheck.domain import Dosage, DoseStep, PartialDate, Period
from medcheck.parsing.dates import read_period
from medcheck.parsing.statements import Readers
from medcheck.text import lazy_pattern

_MOST = 12  # doses; what tells more is a log or garbage
_FIGURE = r"(?:\d{1,4}(?:[.,·]\d{1,4})?|[.·]\d{1,4})"
_MASS = r"(?:mgs?|milligrams?|mcgs?|micrograms?|microgrammes?|[uµμ]g|gm?|grams?)"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?:19|20)\d\d"
_COUNTED = r"(?:½|1/2|\d{1,2}\s?½|(?:10|[1-9])(?:\.\d)?|one\sand\sa\shalf|half(?:\sa)?|one|two|three|four|five|six)"
_MANY = r"(?:\d{1,3}(?:\.5)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|(?:a\s)?couple\sof|(?:a\s)?few|several)"
_UNITS = r"(?:days?|weeks?|wks?|months?|mths?|mos|years?|yrs?)"

# Nothing that tells steps is without one of these; most lines are done after this look.
_ANY_DIGIT = re.compile(r"\d")
_AMOUNT_HINT = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))(?:\d[\d.,·]*|[½])|\b(?:one|two|three|four|five|six|half)\b", re.I)
_CHANGE_HINT = re.compile(
    r">|[→⇒➔➜➡⟶↑↓]|ed\b|\b(?:then|was|were|previous|prior|before|former|initial|original|now|current|up|down|cut|went|put|to|later"
    r"|until|till)"
    r"|(?:(?:19|20)\d\d|['’]\d\d|\d/\d\d|ago|last).{0,600}?(?:(?:19|20)\d\d|['’]\d\d|\d/\d\d|ago|last)",
    re.I | re.S,
)

_DATE = (
    rf"(?<![\d/.,-]){_YEAR}\s?[-–]\s?(?!0\d|1[0-2])\d\d(?!\d|[.,/-]\d|\s?{_MASS})"
    rf"|(?<![\d/.,-])\d{{4}}-(?:0\d|1[0-2])(?:-\d\d)?(?![\d-])"
    rf"|(?<![\d/.,])\d{{1,2}}(?P<mark>[/.-])\d{{1,2}}(?P=mark)(?:{_YEAR}|\d\d)(?!\d)"
    rf"|(?<![\d/.,])(?:\d{{1,2}}/|0\d\.|1[0-2]\.|0\d-|1[0-2]-){_YEAR}(?!\d)"
    rf"|(?<![a-z]){_MONTH}\s?(?:-|–|to)\s?{_MONTH}\s{_YEAR}(?!\d)"
    rf"|(?<![\d.,/a-z])(?:\d{{1,2}}(?:st|nd|rd|th)?[\s-]{{1,2}}(?:of\s)?)?(?<![a-z]){_MONTH}\.?"
    rf"(?:\s{{0,2}}\d{{1,2}}(?:st|nd|rd|th)?,\s?|[\s,/-]{{0,2}}(?:of\s)?)(?:{_YEAR}(?!\d)|['’]\d\d(?!\d)|(?<=-)\d\d(?!\d))"
    rf"|(?<![\w.])(?:about\s|around\s|approx\.?\s|~\s?)?{_MANY}\s{{0,2}}{_UNITS}\s(?:ago|back)(?![a-z])"
    r"|(?<![\w.])\d{1,2}/(?:7|52|12)\sago(?![a-z])"
    rf"|(?<![a-z])(?:for|over|in|during)\sthe\s(?:last|past)\s{_MANY}\s{_UNITS}(?![a-z])"
    r"|(?<![a-z])(?:last|this|past|previous)\s(?:week|month|year)(?![a-z])|(?<![a-z])(?:yesterday|today)(?![a-z])"
    rf"|(?<=\bin\s){_MONTH}(?![a-z])|(?<=\b(?:from|till)\s){_MONTH}(?![a-z])|(?<=\b(?:since|until)\s){_MONTH}(?![a-z])"
    rf"|(?<![\d.,·/])(?<![<>]\s)(?:{_YEAR})(?:s|ish)?(?!\d|[.,·]\d|\s?-?(?:{_MASS}|iu|units?|ml|kg|%)(?![a-z]))"
    r"|(?<!\w)['’]\d\d(?![\d\w])"
)
# In the order in which they are tried; the name of a group is the kind of the token.
_WORDS: Final = {
    "length": rf"(?:(?<![a-z])(?:for|x|×|after|over|within|another)\s{{0,2}}(?:about\s|a\sfurther\s|another\s|the\sfirst\s)?)?(?<![\w.])"
    rf"{_MANY}[\s-]{{0,2}}{_UNITS}(?![a-z])(?:\slater)?|(?<![a-z])(?:weeks?|days?|months?)\s\d{{1,2}}(?:\s?-\s?\d{{1,2}})?(?![\d.])"
    r"|(?<![\w.,/])(?:for\s|x\s?|after\s)?\d{1,2}/(?:7|52|12)(?![\d/.]|\s{0,2}mg)",
    "span": r"\b(?:between|over|during)(?=\s(?:19|20)\d\d)",
    "visit": r"\bat\s(?:(?:his|her|their|the|my|a|last|clinic|annual|our)\s){0,2}(?:review|clinic|visit|appointment|follow-?up)(?![a-z])",
    "rate": r"(?:/|\bper\s)\s?(?:24\s?(?:hours|hrs?|h)|day|d)(?![a-z])",
    "clock": r"(?<![\w.])\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m\b\.?|o'?clock|hrs?\b|h\b)|(?<![\w.])\d\d:\d\d(?!\d)",
    "lab_value": rf"{_FIGURE}\s{{0,2}}{_MASS}?\s?/\s?(?:dl|ml|l|kg|m2|cmm?)(?![a-z])|{_FIGURE}\s{{0,2}}(?:%|ng|nmol|mmol|kg|lbs?"
    rf"|bpm)(?![a-z])",
    "mass": rf"(?<![\w/.])(?:{_FIGURE}\s{{0,2}}{_MASS}?\s{{0,2}}(?:-|–|or)\s{{0,2}})?{_FIGURE}\s{{0,2}}-?{_MASS}(?![a-z])",
    "pair": r"(?<![\w/.,-])\d{1,3}(?:\.\d{1,2})?\s?/\s?\d{1,3}(?:\.\d{1,2})?(?:/\d{3})?(?:\s?mg)?(?![\w/]|[.,]\d)",
    "count": rf"(?<![\w/.,-])(?:{_COUNTED}\s{{0,2}}(?:-|–|to|or)\s{{0,2}})?{_COUNTED}(?:\s{{0,2}}(?:x\s)?(?:tab|cap|pill"
    rf"|patch)[a-z]{{0,5}}(?![a-z])"
    r"|(?=\s(?:at\s(?:night|bed)|nocte|on\b|mane|daily|every|once|each|in\sthe|nightly|bd\b|bid\b|od\b|qhs|tds|tid|qd\b|qpm|hs\b)))",
    "bare": rf"(?<![\w/.,·%-]){_FIGURE}(?![\w%/·:]|[.,]\d|-\d|\s?[x×]\s?\d|\s?(?:hours?|hrs?|min|times|more|other|of)\b)",
    "arrow": r"[-=~–]{0,3}>(?!=)|[→⇒➔➜➡⟶⟹↑↓]+",
    "ongoing": r"(?:\bto|\btill?|\buntil|[-–])\s{0,2}(?:date|present|now|current|the\spresent|today)\b|\bonwards?\b|\bongoing\b",
    "limit": r"\b(?:max(?:imum|imal)?\.?(?:\s(?:of|dose|daily|is|to)){0,3}|no\smore\sthan|not\s(?:to\s)?exceed(?:ing)?|at\smost"
    r"|as\smuch\sas|ceiling|limit(?:\sof)?"
    r"|highest|peak(?:ed)?(?:\sat|\sof|\sdose){0,2}|least|minimum|min)\b",
    "denied": r"\b(?:not|never|(?:did|does|do|could|would|has|was)n['’]?t|cannot|unable|declin(?:es|ed)|refus(?:es|ed)|tried|trial"
    r"|instead\sof|rather\sthan|equivalent|intoleran(?:t|ce)|poorly\stolerated)(?![a-z])",
    "hypo": r"\b(?:will|would|shall|plan(?:s|ned|ning)?|consider(?:ed|ing)?|if|unless|may\s(?:be|need|go|try|take|increase)|can"
    r"|could|should|might|aim(?:s|ing)?|target|goal|intend(?:s|ed)?|advis(?:e|ed|ing)|suggest(?:s|ed)?|recommend(?:s|ed|ation)?|discuss(?:ed)?"
    r"|propos(?:e|ed)"
    r"|option|try|next|tomorrow|to\sbe|needs?\sto|wants?|wish(?:es)?|hop(?:es|ing)|offer(?:ed)?|when\sneeded|pending|prefers?|request(?:s|ed)?|ask(?:s|ed)|in\sfuture"
    rf"|in\s{_MANY}\s{_UNITS}(?:['’]?\stime)?)(?![a-z])|\?(?=\s?\d|\s?[a-z])",
    "added": r"\b(?:add(?:ed|ing)?|extra|additional(?:ly)?|on\stop|as\swell|also|plus|top-?up|another|supplement(?:al|ary)"
    r"|alternat(?:e|es|ing))\b",
    "past_behind": r"\b(?:previously|before|formerly|originally|initially|at\sfirst|prior(?:\sto\s(?:that|this))?"
    r"|in\sthe\spast)(?=\s?[,;)\]]|\s?\Z|\s(?:and|but)\b|\.(?:\s|\Z))",
    "back_from": r"\b(?:up|down|increased|decreased|reduced|raised|titrated|changed|lowered|uptitrated|switched|doubled"
    r"|halved)(?:\s(?:up|down|gradually|slowly))?"
    r"\sfrom(?=\s{0,2}[\d.])",
    "back": r"\b(?:was|were|had\sbeen|used\sto(?:\s(?:be|take))?|previous(?:ly)?|prev\.?|formerly|prior(?:\sto\s(?:that"
    r"|this))?(?:\sdose)?|pre-?viously"
    r"|(?:and\s)?before(?=\s(?:that|this|then|increase)\b|:?\s?\d)(?!\s(?:19|20)\d\d)(?:\s(?:that|this|then|increase)\b)?|old\sdose)"
    r"(?:\s(?:on|taking|dose|dosed|at|of|as)\b){0,2}:?(?!\s(?:then|later|subsequently|increased|decreased|reduced|raised|titrated"
    r"|changed|lowered|doubled|halved"
    r"|upped|cut|up\sto|down\sto|put|taken|switched|stepped))",
    "initial": r"\b(?:initial(?:ly)?|original(?:ly)?|at\sfirst|first\s(?:on|at|dose|tried)|starting\sdose|starting(?:\s(?:at|on"
    r"|with|from))?)\b"
    rf"|\b(?:started|began|begun|commenced|initiated)\s(?:on|at|with|from)(?=\s{{0,2}}{_FIGURE}\s{{0,2}}{_MASS}?(?![\w/]))",
    "upto": r"\b(?:up|down)\s?to\b",
    "verb": r"\b(?:(?:up-?|down-?)?titrated|increased|raised|upped|doubled|tripled|trebled|quadrupled|halved|reduced|decreased"
    r"|lowered|dropped|tapered"
    r"|changed|switched|adjusted|escalated|stepped|bumped|went|gone|moved|brought|built|taken|put|restarted|re-started|resumed"
    r"|reintroduced|recommenced|weaned"
    r"|(?:cut|brought|came|come|coming|going)(?=\s(?:back|down|up|to))|inc(?:r)?['’.]?d?(?=\s(?:to|from))|decr?['’.]?d?(?=\s(?:to"
    r"|from)))"
    r"(?:\s(?:up|down|back|again|gradually|slowly|further)){0,2}(?![a-z])",
    "imper": r"\b(?:(?:increas|reduc|decreas|titrat|taper|wean|rais|lower)ing"
    r"|increase|raise|reduce|decrease|titrate|lower|taper|wean|change|switch|go|double|halve|continue|drop|start)(?![a-z])",
    "then": r"\b(?:then|thereafter|subsequently|followed\sby|afterwards|later|and\sfinally|finally|eventually)(?![a-z])",
    "now": r"\b(?:now|current(?:ly)?|at\spresent|presently|present\sdose|today['’]s|latest(?:ly)?|most\srecent(?:ly)?)(?![a-z])",
    "aside": r"\b(?:ferritin|h[ae]?emoglobin|hb|tsat|b12|egfr|creatinine|weight|bmi|irls|score|bp|level|diagnos[a-z]{1,5}|dx|seen"
    r"|review(?:ed)?|augmentation"
    r"|symptoms?|rls|onset|worse|worsening|dob|born|surgery|hospital|admitted|admission|clinic|letter|impulse|iron|transfusion"
    r"|recheck(?:ed)?|by(?=\s(?:19|20))"
    r"|relapsed?|flare|pregnan[a-z]{1,3}|aged?|mri|psg|sleep\sstudy)(?![a-z])",
    "until": r"\b(?:until|before(?=\s(?:19|20)\d\d)|till?|through|thru|stop(?:ped)?|end(?:ed|ing)?|discontinued|off|ceased|finished"
    r"|d/c['’]?d?|dc['’]?d)(?![a-z/])",
    "since": r"\b(?:since|began|begun|started|commenced|initiated|introduced|as\sof|effective)(?:\s(?:on|at|with))?(?![a-z])",
    "from": r"\bfrom(?![a-z])",
    "to": r"\bto(?![a-z])|(?<=\s)2(?=\s0\.\d)",
    "or": r"\bor(?![a-z])",
    "and": r"\band(?![a-z])|&|\+",
    "moment": r"\b(?:morning|noon|midday|lunch(?:time)?|afternoon|evening|eve|bedtime|night|nightly|nocte|mane|tea-?time|qhs|qam"
    r"|qpm|hs|a\.?m\b|p\.?m\b|breakfast|supper|dinner)(?![a-z])",
    "stop_sep": r";|\n|\||\.(?=\s|\Z)",
    "sep": r",(?!\d)|/|(?<=\s)[-–—](?=\s)|:(?=\s)",
    "open": r"[(\[{]",
    "close": r"[)\]}]",
}  # fmt: skip
_TOKEN = lazy_pattern(rf"(?P<date>{_DATE})|" + "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _WORDS.items()), re.I)
_DOSES = frozenset(("mass", "pair", "count", "bare"))
_SEPARATORS = frozenset(("sep", "stop_sep", "and"))
_FORWARD = frozenset(("arrow", "verb", "then", "imper", "upto"))
_BACKWARD = frozenset(("back", "back_from", "initial", "past_behind"))
_STRONG = frozenset((*_FORWARD, "back", "back_from", "past_behind", "hypo", "now", "stop_sep", "initial"))
_SPOKEN = frozenset(("arrow", "verb", "then", "dose", "stop_sep", "back", "back_from", "now", "sep"))  # end what was said aside
_RANGE = lazy_pattern(r"\s{0,3}(?:-|–|—|to|until|till?|through|thru|and|up to)\s{0,3}", re.I)
_NO_WORDS = frozenset(
    (
        "date", "length", "arrow", "ongoing", "back", "back_from", "past_behind", "initial", "upto", "verb", "imper", "then", "now",
        "until", "since", "from", "to", "stop_sep", "open", "close",
    )
)  # fmt: skip
_BEFORE_DATE = lazy_pattern(r"\b(?:in|on|since|from|around|about|circa|c\.|early|late|mid|end of|during|over|approx\.?)-?\s{0,2}\Z", re.I)
_FORMER = lazy_pattern(
    r"[(\[]\s?((?:was|were|previously|prev|formerly|prior|before|initially|originally|started|starting|(?:up|down|increased"
    r"|decreased|reduced|raised|titrated"
    r"|changed)[^()\[\]]{0,20}from)\b[^()\[\]]{0,120})[)\]]((?:(?!\dm|\d\sm|tab|mcg|micro)[^()\[\]>]){0,60})\Z",
    re.I,
)
_FACTORS: Final = {"doubled": 2.0, "halved": 0.5, "tripled": 3.0, "trebled": 3.0, "quadrupled": 4.0}
_MULTIPLIED = lazy_pattern(rf"\b({'|'.join(_FACTORS)})\sto\s({_FIGURE})(?=\s?{_MASS}(?![a-z]))", re.I)
_BY = lazy_pattern(r"\b(?:by|(?:steps|increments|multiples)\sof)\s{1,2}\Z", re.I)  # a dose behind it is a difference
_ANY_MASS = lazy_pattern(rf"\d\s{{0,2}}{_MASS}(?![a-z])", re.I)
_LAST_WORD = lazy_pattern(r"([a-z][a-z'-]{2,40})[\s:]{0,3}\Z", re.I)
_GLUE = frozenset(  # may stand between the words and a dose; any other word may be a drug
    "about around approx approximately taking takes took taken dose doses dosage strength only just using used on at the and but with then"
    " having has had total titrating tablet tablets tabs patch patches capsule capsules been were his her this that same for got reached"
    " stable maintained remained remains settled low lower higher high gave given prescribed starting until steady maintenance".split()
)
_LENGTH = lazy_pattern(rf"({_MANY})[\s-]{{0,2}}({_UNITS})|(\d{{1,2}})/(7|52|12)", re.I)
_NUMBERS: Final = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
}
_DAYS: Final = {"d": 1.0, "w": 7.0, "m": 30.44, "y": 365.25, "7": 1.0, "52": 7.0, "12": 30.44}
_NIGHT = frozenset(("bedtime", "night"))
_FORM = lazy_pattern(r"\s?(?:tab|cap|pill|patch)", re.I)
_TRAILING_FIGURE = lazy_pattern(r"[a-z][\s-]\d{2,3}(?:\.5)?(?:[-/]\d{2,3}){0,2}\Z", re.I)
_UNIT_BEHIND = lazy_pattern(rf"{_FIGURE}\s{{0,2}}-?({_MASS})\Z", re.I)


class _Token(NamedTuple):
    kind: str
    start: int
    end: int


class _Dose(NamedTuple):
    """The tokens [first, last] that together are one dose ("25/100 1 tab", "0.25-0.5 mg")."""

    first: int
    last: int


@dataclass(slots=True)
class _Piece:
    """One dose with the words that speak of it; `lead` are the kinds of the tokens before it, `trail` of those behind."""

    start: int
    end: int
    dose: tuple[int, int]
    tokens: list[_Token]
    lead: list[str]
    trail: list[str]
    started: PartialDate | None = None
    stopped: PartialDate | None = None
    later_days: float = 0.0  # so long after the step before
    course_days: float = 0.0  # taken for so long
    forward: bool = False
    back: bool = False
    changed_from: bool = False  # "up from": its date is the end of it
    ahead: bool = False  # a date of it lies after the day of the review
    unclear: bool = False
    kinds: frozenset[str] = frozenset()  # of the tokens of its dose
    strength: str = ""
    head: str = ""
    amount: str = ""
    tail: str = ""
    dosage: Dosage = field(default_factory=Dosage)

    @property
    def is_dated(self) -> bool:
        """Whether its own words say when."""
        return self.started is not None or self.stopped is not None

    @property
    def is_unsure(self) -> bool:
        """Whether its dates are unclear, or its words say that it came on top of another dose or was not taken on."""
        return self.unclear or bool({"added", "denied"} & {*self.lead, *self.trail})

    @property
    def is_plan(self) -> bool:
        """Whether it speaks of a dose that is not, or not yet, taken."""
        kinds = (*self.lead, *self.trail)
        return self.ahead or "hypo" in kinds or ("imper" in self.lead and not self.is_dated and "now" not in kinds)


_YEAR_ALONE = lazy_pattern(rf"(?<![\w/.,-])((?:19|20)\d\d)(?![\w/-]|[.,]\d|\s?{_MASS}(?![a-z])|\s?(?:iu|units?|ml)\b)", re.I)
_YEAR_FIRST = re.compile(r"\s{0,8}(?:[-*•]\s{0,3})?((?:19|20)\d\d)\s{0,2}(?::|-|–|—)\s{0,3}(?!\d)")


def year_of(line: str, clause: str, as_of: date) -> PartialDate | None:
    """The one year of a history line without a word that makes it a date: "2015: pramipexole 0.125 mg", "ropinirole 1 mg nocte 2021".

    None when there is none or several, when it may be a strength (2000), or when it lies ahead.
    """
    found = _YEAR_FIRST.match(line)
    years = [found[1]] if found is not None else _YEAR_ALONE.findall(clause)
    if len(years) != 1 or years[0] == "2000" or int(years[0]) > as_of.year:
        return None
    year = int(years[0])
    return PartialDate(date(year, 1, 1), min(date(year, 12, 31), as_of), years[0])


def read_steps(text: str, ingredients: Sequence[str], readers: Readers, as_of: date) -> tuple[DoseStep, ...]:
    """The doses of a course in order of time, from the words of one drug mention. Never raises for a str.

    Frequency, unit and strength told once hold for the steps that lack them, those of a later step first. A step without dates of its own
    begins when the one before was said to end, else its start is None. A "doubled to" without an earlier dose tells that one too.

    Returns:
        Two steps or more; one, perhaps a range, where the other is a plan, comes on top, or a change is going on; () when the words tell
        one dose only, or do not say which came first.

    >>> import medcheck
    >>> from medcheck.reviewing import prepare
    >>> readers = prepare(medcheck.load_formulary(), medcheck.load_vocabulary()).readers
    >>> steps = read_steps("ropinirole 1 mg nocte 2015, 2 mg 2017", ("ropinirole",), readers, date(2026, 1, 1))
    >>> [(step.dosage.daily_dose_mg_max, step.period.started.text) for step in steps]
    [(1.0, '2015'), (2.0, '2017')]
    """
    if not _may_tell(text):
        return ()
    text = _rewritten(text)
    tokens = _tokens(text, ingredients)
    doses = _doses(text, tokens)
    told_with_unit = any(tokens[k].kind != "bare" for d in doses for k in (d.first, d.last))
    if not 2 <= len(doses) <= _MOST or not told_with_unit or _names_another(text, tokens, doses, ingredients, readers):
        return ()
    told = _pieces(text, tokens, doses, as_of)
    if len(told) == 2 and {"imper", "from"} <= set(told[0].lead) and told[1].lead[:1] == ["to"]:
        return _beside_plans(text, told[0], told[1:], ingredients, readers)  # "reducing from 0.75 to 0.5 mg": how far it is, is not told
    pieces = [p for p in told if not p.is_plan]
    if len(told) == 2 and "added" in told[1].lead and not (told[0].is_unsure or any(p.is_plan for p in told)):
        return _with_added(text, told[0], told[1], ingredients, readers)
    if any(a.is_plan and not b.is_plan and not b.is_dated and not _is_now(b) for a, b in pairwise(told)):
        return ()  # what follows a plan may be its next part
    if any(p.is_plan and ((p.is_dated and not p.ahead) or "denied" in p.lead) for p in told) or any(p.is_unsure for p in pieces):
        return ()
    if len(pieces) == 1 < len(told):
        return _beside_plans(text, pieces[0], [p for p in told if p.is_plan], ingredients, readers)
    ordered = _ordered(pieces)
    if len(ordered) < 2 or not _set_periods(ordered):
        return ()
    _set_dosages(text, ordered, ingredients, readers)
    if any(_is_another_moment(a, b) for a, b in pairwise(ordered)):
        return ()
    return tuple(_as_step(text, p) for p in ordered)


def _as_step(text: str, piece: _Piece) -> DoseStep:
    return DoseStep(piece.dosage, Period(piece.started, piece.stopped), text[piece.start : piece.end].strip(" ,;/|-.()[]>=→\n\t"))


def _with_added(text: str, taken: _Piece, added: _Piece, ingredients: Sequence[str], readers: Readers) -> tuple[DoseStep, ...]:
    """A dose and one as needed on top of it ("plus 0.125 mg as needed since 2023"): from the first alone to both of them."""
    _set_dosages(text, [taken, added], ingredients, readers)
    step, more = _as_step(text, taken), added.dosage
    high = more.daily_dose_mg_max or (more.dose_max if more.unit == "mg" else None)
    as_needed = readers.read_dosage(text[added.start : added.end], ingredients).as_needed
    if step.dosage.daily_dose_mg_max is None or high is None or not as_needed:
        return ()  # two that are both regular are one instruction
    return (DoseStep(replace(step.dosage, daily_dose_mg_max=step.dosage.daily_dose_mg_max + high), step.period, step.text),)


def _beside_plans(text: str, taken: _Piece, plans: list[_Piece], ingredients: Sequence[str], readers: Readers) -> tuple[DoseStep, ...]:
    """The one dose that is taken. A plan with a day to come is not taken yet; of another it is not told: either dose may be the present."""
    _set_dosages(text, [taken, *plans], ingredients, readers)
    step = _as_step(text, taken)
    perhaps = [step.dosage, *(p.dosage for p in plans if not p.ahead)]
    lows, highs = ([getattr(d, name) for d in perhaps] for name in ("daily_dose_mg_min", "daily_dose_mg_max"))
    if any(x is None for x in highs):
        return (step,) if all(p.ahead for p in plans) else ()
    low = None if any(x is None for x in lows) else min(lows)
    return (DoseStep(replace(step.dosage, daily_dose_mg_min=low, daily_dose_mg_max=max(highs)), step.period, step.text),)


def _may_tell(text: str) -> bool:
    """Whether there can be two doses and a word, sign or dates that order them: a cheap look that never misses, before the costly one."""
    if not (_ANY_DIGIT.search(text) and _CHANGE_HINT.search(text)):
        return False
    amounts = _AMOUNT_HINT.finditer(text)
    return next(amounts, None) is not None and (next(amounts, None) is not None or _MULTIPLIED.search(text) is not None)


def _rewritten(text: str) -> str:
    """The words with what stands in brackets about the dose before put last, and with the dose that "doubled to" implies."""
    former = _FORMER.search(text) if "(" in text or "[" in text else None
    if former is not None:
        text = f"{text[: former.start()]}{former[2]}; {former[1]}"
    multiplied = _MULTIPLIED.search(text)
    if multiplied is not None and not _ANY_MASS.search(text[: multiplied.start()]):
        amount = float(re.sub("[,·]", ".", multiplied[2])) / _FACTORS[multiplied[1].lower()]
        text = f"{text[: multiplied.start()]}changed from {amount:g} to {text[multiplied.start(2) :]}"
    return text


# ---- tokens and doses ------------------------------------------------------------------------------------------------------
def _tokens(text: str, ingredients: Sequence[str]) -> list[_Token]:
    found = [_Token(m.lastgroup or "date", m.start(), m.end()) for m in _TOKEN.finditer(text)]
    has_pairs = len(ingredients) > 1 or "levodopa" in ingredients
    found = [t for t in found if t.kind != "pair" or has_pairs]
    kept: list[_Token] = []
    measured = False  # the last figure was none of a dose ("ferritin 20 -> 75")
    for k, t in enumerate(found):
        if t.kind == "bare" and (measured or not _is_dose(text, found, k)):
            measured = measured or (k > 0 and found[k - 1].kind == "aside")
            continue
        if t.kind in ("lab_value", "stop_sep", *_DOSES):
            measured = t.kind == "lab_value"
        kept.append(t)
    return kept


def _is_dose(text: str, tokens: list[_Token], k: int) -> bool:
    """Whether a figure without a unit is a dose: an arrow or a word that speaks of doses stands right beside it."""
    t = tokens[k]
    if re.fullmatch(_YEAR, text[t.start : t.end]):
        return False
    before = tokens[k - 1] if k else None
    behind = tokens[k + 1] if k + 1 < len(tokens) else None
    if before is not None and before.kind == "aside" and len(text[before.end : t.start].split()) < 3:
        return False
    if (
        before is not None
        and before.kind in ("arrow", "to", "upto", "back", "back_from", "from", "now", "then")
        and not text[before.end : t.start].strip()
    ):
        return True
    if behind is None or text[t.end : behind.start].strip() not in ("", "in", "(", "since", "-"):
        return False
    if before is not None and before.kind in _DOSES and not text[before.end : t.start].strip(" x×"):
        return False  # "0.25 mg x 2 -> ..."
    small = text[t.start : t.end].lstrip("0")[:1] in (".", ",", "·")
    if small and before is not None and before.kind == "sep" and k > 1 and tokens[k - 2].kind == "date":
        return True  # "2015: 0.125, 2017: 0.25"
    if behind.kind == "to":
        return k + 2 < len(tokens) and tokens[k + 2].kind in _DOSES and text[behind.end : tokens[k + 2].start].isspace()
    return behind.kind == "arrow" or (behind.kind in ("date", "open") and small)


def _doses(text: str, tokens: list[_Token]) -> list[_Dose]:
    """The doses, those that are one put together; a limit is none."""
    doses: list[_Dose] = []
    for k, t in enumerate(tokens):
        if t.kind not in _DOSES or _is_limit(text, tokens, k):
            continue
        if doses and _is_same_dose(text, tokens, doses[-1], k):
            doses[-1] = _Dose(doses[-1].first, k)
        else:
            doses.append(_Dose(k, k))
    return doses


def _is_limit(text: str, tokens: list[_Token], k: int) -> bool:
    if k == 0:
        return False
    before = tokens[k - 1]
    if before.kind == "limit":
        return not text[before.end : tokens[k].start].strip(" :=")
    if before.kind != "upto" or text[before.start] in "dD":
        return False
    spoken = k > 1 and tokens[k - 2].kind in ("verb", "then", "now", "arrow", "since", "date")
    for t in tokens[k + 1 : k + 5]:
        if t.kind in _DOSES or t.kind in _SEPARATORS:
            break
        spoken = spoken or t.kind in ("date", "now")
    return not spoken


def _is_same_dose(text: str, tokens: list[_Token], dose: _Dose, k: int) -> bool:
    """Whether the dose token at k belongs to the dose before it: a strength with its count, two intakes of one day, a range."""
    inner = [t.kind for t in tokens[dose.last + 1 : k]]
    gap = text[tokens[dose.last].end : tokens[k].start].strip()
    had = {_is_count(t) for t in tokens[dose.first : dose.last + 1] if t.kind in _DOSES}
    if _is_count(tokens[k]) not in had and set(inner) <= {"sep", "stop_sep", "open", "close", "moment"}:
        return True
    if "open" in inner and set(inner) <= {"open", "moment"} and k + 1 < len(tokens) and tokens[k + 1].kind == "close":
        return True  # "0.18 mg base (0.25 mg salt)"
    if gap in ("to", "or", "-", "–"):
        return gap != "to" or dose.first == 0 or tokens[dose.first - 1].kind not in ("from", "back_from", "to", "upto")
    core = set(inner) - {"moment", "clock"}
    if core <= {"and"} and "and" in inner:
        return True
    moments = _moments(text, tokens, dose.last), _moments(text, tokens, k)
    return core <= {"sep"} and bool(moments[0] and moments[1]) and not moments[0] & moments[1]


def _is_count(token: _Token) -> bool:
    return token.kind == "count"


def _moments(text: str, tokens: list[_Token], k: int) -> set[str]:
    """The moments of the day named behind a dose, as far as the next dose, date or break."""
    named: set[str] = set()
    for t in tokens[k + 1 : k + 6]:
        if t.kind in _DOSES or t.kind in ("date", "stop_sep", "sep"):
            break
        if t.kind in ("moment", "clock"):
            named.add(text[t.start : t.end].lower())
    return named


def _names_another(text: str, tokens: list[_Token], doses: list[_Dose], ingredients: Sequence[str], readers: Readers) -> bool:
    """Whether a dose behind the first has a word right before it that may be another drug, or a laboratory value."""
    first = tokens[doses[0].first].start
    own = {*text[:first].lower().split(), *(word for name in ingredients for word in name.lower().split())}
    for dose in doses[1:]:
        start = tokens[dose.first].start
        word = _LAST_WORD.search(text, max(0, start - 48), start)
        if word is None or any(t.start <= word.start(1) < t.end and t.kind != "aside" for t in tokens[max(0, dose.first - 2) : dose.first]):
            continue
        said = word[1].lower()
        if said not in _GLUE and said not in own and not readers.sig.knows_all(said):
            return True
    return False


# ---- pieces ----------------------------------------------------------------------------------------------------------------
def _pieces(text: str, tokens: list[_Token], doses: list[_Dose], as_of: date) -> list[_Piece]:
    leading = any(t.kind == "date" for t in tokens[: doses[0].first]) and not any(t.kind == "date" for t in tokens[doses[-1].last + 1 :])
    cuts = [0, *(_cut(tokens, a.last, b.first, leading) for a, b in pairwise(doses)), len(tokens)]
    pieces: list[_Piece] = []
    for k, dose in enumerate(doses):
        begin, end = cuts[k], cuts[k + 1]
        start = 0 if k == 0 else pieces[-1].end
        stop = len(text) if k + 1 == len(doses) else tokens[end].start
        if k + 1 < len(doses) and tokens[end].kind == "date":  # with its "in" or "since"
            lead = _BEFORE_DATE.search(text, tokens[dose.last].end, stop)
            stop = lead.start() if lead else stop
        piece = _Piece(
            start, stop, (tokens[dose.first].start, tokens[dose.last].end), tokens[begin:end],
            [t.kind for t in tokens[begin : dose.first]], [t.kind for t in tokens[dose.last + 1 : end]],
        )  # fmt: skip
        parts = [t for t in tokens[dose.first : dose.last + 1] if t.kind in _DOSES]
        piece.kinds = frozenset(t.kind for t in parts)
        piece.strength = next((text[t.start : t.end] for t in parts if t.kind in ("mass", "pair")), "")
        _read_dates(text, piece, as_of)
        pieces.append(piece)
    _read_relations(pieces)
    return pieces


def _cut(tokens: list[_Token], a: int, b: int, leading: bool) -> int:
    """The token with which the words of the second of two doses begin; the first ends with token a, the second begins with b."""
    begin = _behind_end(tokens, a, b)
    breaks = [k for k in range(begin, b) if tokens[k].kind in _SEPARATORS]
    bracket = next((k for k in range(b - 1, a, -1) if tokens[k].kind in ("open", "close")), None)
    if bracket is not None and tokens[bracket].kind == "open":
        return bracket
    for k in range(begin, b):
        kind = tokens[k].kind
        follows = k + 2 if k + 1 < b and tokens[k + 1].kind == "close" else k + 1
        if kind in ("now", "past_behind") and not any(s < k for s in breaks) and (follows in breaks or kind == "past_behind"):
            continue  # "0.5 mg now, 0.25 mg before"
        if kind in _STRONG:
            before = [s for s in breaks if s < k]
            dated = kind != "stop_sep" and bool(before) and any(t.kind == "date" for t in tokens[before[-1] : k])
            return before[-1] if dated else k
    dates = [k for k in range(a + 1, b) if tokens[k].kind == "date"]
    if breaks:
        return breaks[0] if leading and any(k > breaks[0] for k in dates) else breaks[-1]
    if not dates:
        return b if tokens[b - 1].kind != "to" else b - 1
    if not leading:
        return dates[-1] + 1
    return dates[0] - 1 if tokens[dates[0] - 1].kind in ("since", "from", "until") else dates[0]


def _behind_end(tokens: list[_Token], a: int, b: int) -> int:
    """Where to look for the cut: behind the words that end the first of two doses ("; stopped 2018; restarted ...")."""
    begin = a + 1
    for k in range(a + 1, b):
        if tokens[k].kind == "until":
            begin = next((m for m in range(k + 1, b) if tokens[m].kind in _SEPARATORS or tokens[m].kind in _STRONG), begin)
    return begin


def _read_dates(text: str, piece: _Piece, as_of: date) -> None:
    """When it began and ended by its own words. Two starts or two ends make it unclear."""
    aside = False
    starts: list[PartialDate] = []
    stops: list[PartialDate] = []
    tokens = piece.tokens
    for k, t in enumerate(tokens):
        if t.kind == "aside":
            aside = True
        elif t.kind in _SPOKEN or t.kind in _DOSES:
            aside = False
        if t.kind == "length" and not aside:
            _read_length(text[t.start : t.end], piece, t.end <= piece.dose[0])
        if t.kind != "date" or aside:
            continue
        period, ahead = _date(text[t.start : t.end], as_of)
        role = _role(text, tokens, k, bool(starts))
        if ahead and role != "stop":
            piece.ahead = True
        if period.started is not None:
            (stops if role == "stop" else starts).append(period.started)
        if period.stopped is not None:
            stops.append(period.stopped)
    gradual = bool(stops) and any(t.kind == "span" for t in tokens) and "verb" in piece.lead  # "titrated to 2 mg between 2015 and 2018"
    by = _BY.search(text, piece.start, piece.dose[0]) is not None or (piece.start > 0 and piece.lead[-1:] == ["aside"])
    piece.unclear = len(starts) > 1 or len(stops) > 1 or gradual or by
    piece.started = starts[0] if starts else None
    piece.stopped = stops[0] if stops else None


def _role(text: str, tokens: list[_Token], k: int, begun: bool) -> str:
    """Whether the date at k is a start or a stop: by the word before it, the range it ends, or "stopped" right behind."""
    t = tokens[k]
    before = [x for x in tokens[max(0, k - 3) : k] if x.kind not in ("to", "open", "moment", "sep")]
    if k and begun and before and before[-1].kind == "date" and _RANGE.fullmatch(text, before[-1].end, t.start):
        return "stop"
    if k and begun and tokens[k - 1].kind in ("to", "upto") and tokens[k - 2 : k - 1] and tokens[k - 2].kind in ("date", "from"):
        return "stop"
    if before and before[-1].kind == "until":
        return "stop"
    behind = tokens[k + 1] if k + 1 < len(tokens) else None
    if behind is None or behind.kind != "until" or text[t.end : behind.start].strip(" :-"):
        return "start"
    return "start" if text[behind.start : behind.end].lower() in ("until", "till", "til", "through", "thru") else "stop"


def _date(words: str, as_of: date) -> tuple[Period, bool]:
    """What a date, or two joined years, say, and whether it lies after the day of the review."""
    said = re.sub(r"ish\Z|\A~", "", words, flags=re.I)
    if (dashed := re.fullmatch(r"(\d\d)-(\d{4})", said)) is not None:
        said = f"{dashed[1]}/{dashed[2]}"
    elif (dashed := re.fullmatch(r"(\d\d(\d\d))-(\d\d)", said)) is not None and dashed[2] < dashed[3] < "13":
        said = dashed[1]  # "2010-12" is December 2010 or 2010 to 2012
    found = read_period(said if said[:3].lower() in ("for", "ove", "dur") else f"since {said}", as_of)
    return found.period, any(": after " in doubt for doubt in found.doubts)


def _read_length(words: str, piece: _Piece, before_dose: bool) -> None:
    m = _LENGTH.search(words)
    if m is None:
        return
    many = (m[1] or m[3]).lower()
    number = float(many) if many[0].isdigit() else float(_NUMBERS.get(many, 2 if "couple" in many else 3 if "few" in many else 1))
    days = number * _DAYS[m[4] or m[2][0].lower()]
    if re.match("after|another", words, re.I) or words.lower().endswith("later"):
        if "few" not in many and "several" not in many:
            piece.later_days = days
        piece.forward = before_dose
    elif not before_dose:
        piece.course_days = days


def _read_relations(pieces: list[_Piece]) -> None:
    """Which pieces say that they came after, or before, the others."""
    verb = False  # a word of change was met: a later "to" carries it on
    for k, p in enumerate(pieces):
        kinds = set(p.lead)
        verb = verb or "verb" in kinds
        last = p.lead[-1] if p.lead else ""
        p.back = bool(_BACKWARD & kinds) or "past_behind" in p.trail
        p.forward = p.forward or bool(_FORWARD & kinds) or (last == "to" and verb)
        p.changed_from = last == "back_from" or (last == "from" and bool({"verb", "arrow"} & kinds))
        follower = pieces[k + 1] if k + 1 < len(pieces) else None
        if follower is not None and _leads_to(p, last, follower, verb):
            verb = True
            p.forward = p.forward and k == 0
        elif p.changed_from:
            p.back, p.forward = True, False
        if follower is not None and follower.lead[:1] == ["verb"] and not follower.is_dated and _ends_in_bare_date(p):
            p.started = None  # "0.25 mg 2 years ago increased to 0.5 mg": which of them began then is not said
        if p.back and p.forward and k > 0:
            p.back = p.forward = False  # "previously increased to"


def _leads_to(piece: _Piece, last: str, follower: _Piece, verb: bool) -> bool:
    """Whether it is the first of "raised from 0.25 in 2020 to 0.5"; the date then is when the second began."""
    if "to" not in follower.lead or {"verb", "arrow", "then", "back", "back_from"} & set(follower.lead):
        return False
    told = verb or last == "back_from" or piece.is_dated or follower.is_dated  # else perhaps a range
    if last not in ("from", "back_from") or not told:
        return False
    follower.forward, piece.back, piece.changed_from = True, False, False
    if follower.started is None:
        follower.started, piece.started = piece.started, None
    return True


def _ends_in_bare_date(piece: _Piece) -> bool:
    return piece.trail[-1:] == ["date"] and piece.trail[-2:-1] not in (["since"], ["from"]) and piece.stopped is None


# ---- order -----------------------------------------------------------------------------------------------------------------
def _ordered(pieces: list[_Piece]) -> list[_Piece]:
    """The pieces in order of time; [] when the words do not put all of them in one order."""
    dated = any(p.is_dated for p in pieces)
    n = len(pieces)
    if n < 2 or (pieces[-1].trail and "verb" in pieces[-1].trail) or _is_instruction(pieces, dated):
        return []
    before = [[_is_before(pieces, i, j, dated) for j in range(n)] for i in range(n)]
    for m in range(n):
        for i in range(n):
            for j in range(n):
                before[i][j] = before[i][j] or (before[i][m] and before[m][j])
    if any(before[i][j] == before[j][i] for i in range(n) for j in range(i)):
        return []  # not told, or told both ways
    return [pieces[i] for i in sorted(range(n), key=lambda i: sum(before[j][i] for j in range(n)))]


def _is_instruction(pieces: list[_Piece], dated: bool) -> bool:
    """Whether lengths of days to months without a date make it the plan of a label ("0.125 mg for 7 days then 0.25 mg")."""
    short = [p for p in pieces if 0 < p.course_days < _DAYS["y"]]
    return bool(short) and not (dated and pieces[0].started is not None)


def _is_before(pieces: list[_Piece], i: int, j: int, dated: bool) -> bool:
    """Whether the words, or the dates, say that piece i came before piece j."""
    a, b = pieces[i], pieces[j]
    if j == i + 1 and b.forward and _is_told_forward(pieces, b, dated):
        return True
    if a.back and not b.back and (j < i or i == 0 or b.forward or _is_now(b)):
        return True
    if a.back and b.back and i == j + 1:
        return True
    if i != j and _is_now(b) and not _is_now(a):
        return True
    return _is_earlier(a, b)


def _is_told_forward(pieces: list[_Piece], b: _Piece, dated: bool) -> bool:
    """A mere "then" without any date or years may be an instruction."""
    kinds = set(b.lead)
    if kinds & {"arrow", "verb", "upto", "to"}:
        return True
    return (
        dated
        or any(p.course_days >= _DAYS["y"] for p in pieces)
        or bool({"now", "initial"} & {k for p in pieces for k in (*p.lead, *p.trail)})
    )


def _is_now(piece: _Piece) -> bool:
    return "now" in piece.lead or "now" in piece.trail or "ongoing" in piece.trail


def _is_earlier(a: _Piece, b: _Piece) -> bool:
    """Whether by its own dates a came before b."""
    if a.started is not None and b.started is not None:
        return a.started.latest < b.started.earliest
    if a.stopped is None:
        return False
    if b.started is not None:
        return a.stopped.latest <= b.started.latest and a.stopped.earliest <= b.started.earliest
    if b.stopped is not None:
        return a.stopped.latest < b.stopped.earliest
    return True  # one had an end, of the other none is told


# ---- periods ---------------------------------------------------------------------------------------------------------------
def _set_periods(ordered: list[_Piece]) -> bool:
    """Give each step the start of the next as its end, where it has none; False when two overlap."""
    for a, b in pairwise(ordered):
        if a.changed_from and b.started is None:
            b.started, a.started = a.started, None  # "up from 0.25 mg in 2021"
        if b.started is None and b.later_days:
            b.started = _shifted(a.started, b.later_days)
        elif b.started is None and a.course_days and a.stopped is None:
            b.started = _shifted(a.started, a.course_days)
        elif b.started is None:
            b.started = a.stopped
        if a.stopped is not None and b.started is not None and a.stopped.earliest > b.started.latest:
            return False
        a.stopped = a.stopped or b.started
    return not any(p.started is not None and p.stopped is not None and p.stopped.latest < p.started.earliest for p in ordered)


def _shifted(partial: PartialDate | None, days: float) -> PartialDate | None:
    if partial is None:
        return None
    try:
        gap = timedelta(days=round(days))
        return PartialDate(partial.earliest + gap, partial.latest + gap, partial.text)
    except OverflowError:
        return None


# ---- doses -----------------------------------------------------------------------------------------------------------------
def _set_dosages(text: str, ordered: list[_Piece], ingredients: Sequence[str], readers: Readers) -> None:
    """Read each step's own words, with what it lacks taken from the nearest later step that tells it, else from an earlier one."""
    for p in ordered:
        p.head = _cleaned(text, p, _behind_change(p), p.dose[0])
        p.amount = text[p.dose[0] : p.dose[1]]
        p.tail = _cleaned(text, p, p.dose[1], p.end)
    for k, p in enumerate(ordered):
        _take_unit(p, _others(ordered, k))
        _take_strength(p, _others(ordered, k))
    for p in ordered:
        p.dosage = readers.read_dosage(f"{p.head} {p.amount}{p.tail}".strip(), ingredients)
    told = [p.dosage.doses_per_day_max is not None or p.dosage.daily_dose_mg_min is not None for p in ordered]
    own = {id(p): has for p, has in zip(ordered, told, strict=True)}
    for k, p in enumerate(ordered):
        if not own[id(p)]:
            donors = [d for d in _others(ordered, k) if own[id(d)]]
            p.dosage = next((found for d in donors if (found := _as_often(p, d, ingredients, readers)) is not None), p.dosage)


def _behind_change(piece: _Piece) -> int:
    """Where the words of the dose begin: "increased weekly to" tells how fast it rose, not how often it is taken."""
    if piece.lead[-1:] in (["to"], ["upto"]) and {"verb", "imper"} & set(piece.lead):
        return max((t.end for t in piece.tokens if t.kind in ("to", "upto") and t.end <= piece.dose[0]), default=piece.start)
    return piece.start


def _others(ordered: list[_Piece], k: int) -> list[_Piece]:
    """The other steps in the order in which they are asked: later ones first, the nearest of each side first."""
    return [*ordered[k + 1 :], *reversed(ordered[:k])]


def _take_unit(piece: _Piece, others: list[_Piece]) -> None:
    if "bare" not in piece.kinds or _ANY_MASS.search(piece.amount):
        return
    unit = next((m[1] for o in others if (m := _UNIT_BEHIND.search(o.amount.strip())) is not None), "")
    piece.amount = f"{piece.amount} {unit}".rstrip()


def _take_strength(piece: _Piece, others: list[_Piece]) -> None:
    """Give a step that counts tablets the strength, or the product's figure, that another one tells."""
    if piece.kinds != {"count"}:
        return
    for o in others:
        if "mass" in o.kinds or "pair" in o.kinds:
            if "count" in o.kinds or _FORM.match(o.tail):
                piece.amount = f"{o.strength} {piece.amount}"
                return
        elif _TRAILING_FIGURE.search(o.head) is not None:
            piece.head = o.head  # "Madopar 125"
            return


def _as_often(piece: _Piece, donor: _Piece, ingredients: Sequence[str], readers: Readers) -> Dosage | None:
    """A step read with the frequency of another; None when that does not tell its daily dose, or changes the amount."""
    for words in (f"{piece.head} {piece.amount}{donor.tail}", f"{piece.head} {donor.head} {piece.amount}{donor.tail}"):
        found = readers.read_dosage(words.strip(), ingredients)
        if found.unit == "mg" and found.dose_max != piece.dosage.dose_max and piece.dosage.unit == "mg":
            continue
        if found.doses_per_day_max == donor.dosage.doses_per_day_max and (found.daily_dose_mg_max is not None or found.doses_per_day_max):
            return found
    return None


def _cleaned(text: str, piece: _Piece, start: int, end: int) -> str:
    """The words without dates, signs of change and words that only say when; what stands right behind a dose keeps its place."""
    out, behind = "", start
    for t in piece.tokens:
        if not start <= t.start < end or t.start < behind or t.kind not in _NO_WORDS:
            continue
        between = text[behind : t.start]
        out += (_BEFORE_DATE.sub(" ", between) if t.kind == "date" else between) + " "
        behind = t.end
    out = re.sub(r"\s+", " ", out + text[behind:end]).rstrip(" ,;:.-|/")
    return out.lstrip() if start < piece.dose[0] else out


def _is_another_moment(a: _Piece, b: _Piece) -> bool:
    """Whether two steps are taken at different moments and no word says that one took the place of the other."""
    moments = set(a.dosage.timing), set(b.dosage.timing)
    replaced = {*_FORWARD, "back", "back_from", "from"} & {*a.lead, *b.lead}
    return bool(moments[0] and moments[1]) and not moments[0] & moments[1] and not replaced and not moments[0] | moments[1] <= _NIGHT
