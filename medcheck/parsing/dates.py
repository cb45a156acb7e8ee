"""Dates and durations in words around a drug -> Period; knows no drug, no clock: today is the caller's `as_of`.

A date known to the month or year is the span it can lie in. A date whose day and month can be swapped covers both readings. A date
without a word that says otherwise is a start. What lies after `as_of` or cannot be ("31/02/2020") is left out and returned as a doubt.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from functools import cache
from typing import Final, NamedTuple

from medcheck.domain import PartialDate, Period
from medcheck.errors import InputError
from medcheck.text import lazy_pattern

_MONTH_NAMES = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBER_WORDS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "fifteen": 15, "twenty": 20, "a": 1, "an": 1, "couple of": 2, "a couple of": 2, "few": 3, "a few": 3, "several": 4,
}  # fmt: skip
_NUMBER = (  # no plain blanks: the pattern it goes into ignores them
    r"\d{1,2}(?:\s?½|\s1/2)|\d{1,3}(?:\.\d)?|(?:a\s)?couple\sof|(?:a\s)?few|several|half\san?|half|(?:one|two|three)\sand\sa\shalf"
    r"|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty"
)
_UNIT = r"mg|mcg|ug|µg|g|gm|grams?|ml|micrograms?|units?|iu|tabs?|tablets?|caps?|capsules?|%|international|puffs?|x|times"
# A figure before a unit is a dose and no year. Looked at after a match: within the pattern it would be compiled five times.
_DOSE_AFTER = lazy_pattern(rf"\d|[.,/]\d|\s{{0,2}}-?\s{{0,2}}(?:{_UNIT})(?![a-z])", re.I)
_ENDS_IN_YEAR = ("dmy_y", "my_y", "yy_b", "bt_b", "mon_y", "year", "sh_b", "ms_y")
_YEAR = r"(?:19|20|21)\d\d"
_FROM_TO = r"\s{0,3}(?:-|–|—|(?:up\s{1,2})?(?:to|until|till)|through|thru)\s{0,3}"
_ABOUT = r"(?:(?:about|around|approximately|approx\.?|nearly|almost|at\ least|only|up\ to|over|more\ than)\s{1,3}|>\s?)?"
# Nothing that the pattern of dates matches is without one of these: most lines are done after this look. Grouped by their first letters
# and looked for in small letters, because that is several times faster.
_FIGURES_HINT = re.compile(r"[\d'’‘](?:(?<=['’‘])\d\d|(?<=\d)(?:\d{3}|/\d|[.-]\d{1,2}[.-]\d))")
_WORDS_HINT = re.compile(
    r"ma[ry]|mo(?:nth|s|\b)|mth|j(?:an|un|ul)|week|wk|y(?:ea)?r|yesterday|da(?:ys|y\s+(?:ago|back|earlier|prev|prior))|dec|apr|aug|feb|sep|oct|nov"
    r"|today|spring|summer|autumn|(?:last|past|this)\s+(?:fall|winter|night)"
)


@cache
def _cue() -> re.Pattern[str]:
    """The pattern of words that make a date a start or a stop."""
    return re.compile(rf"(?<![a-z])(?:(?P<seen>{_SEEN})|(?P<start>{_START})|(?P<stop>{_STOP})|(?P<aside>{_ASIDE}))(?![a-z])", re.I)


# No figure goes before, but a range of days or months may ("1/2015-6/2015").
_FREE = r"(?:(?<![\d/.,-])|(?<=(?:19|20|21)\d\d-))"


@cache
def _atom() -> re.Pattern[str]:
    """The pattern of everything that is a date or a length; compiled (7 ms) when the first line needs it."""
    return re.compile(
        rf"""
          (?<!\w)['’‘](?P<sh_a>\d\d){_FROM_TO}['’‘]?(?P<sh_b>\d\d)(?![\d\w/%]|\s{{0,2}}(?:mg|mcg|tab|cap))
        | (?<![\d/.,-])(?P<iso>{_YEAR})-(?P<iso_m>0\d|1[0-2])(?:-(?P<iso_d>\d\d))?(?![\d-])
        | (?<![\d/.,-])(?P<ymd_y>{_YEAR})(?P<ymd_sep>[/.])(?P<ymd_m>0\d|1[0-2])(?P=ymd_sep)(?P<ymd_d>[0-3]\d)(?!\d)
        | {_FREE}(?P<dmy_a>\d{{1,2}})(?P<sep>[/.-])(?P<dmy_b>\d{{1,2}})(?P=sep)(?P<dmy_y>{_YEAR}|\d\d)
        | {_FREE}(?P<my_m>\d{{1,2}}/|0\d\.|1[0-2]\.)(?P<my_y>{_YEAR})
        | \bbetween\s{{1,3}}(?P<bt_a>{_YEAR})\s{{1,3}}and\s{{1,3}}(?P<bt_b>{_YEAR})(?![\d/-])
        | (?<![\w/.,-])(?P<yy_a>{_YEAR}){_FROM_TO}['’‘]?(?P<yy_b>{_YEAR}|\d\d(?!\d)|present|now|current|date|today)(?![\d/-])
        | (?<![a-z\d])(?:(?P<md>\d{{1,2}})(?:st|nd|rd|th)?[\s-]{{0,3}}(?:of\s{{1,3}})?)?(?P<mon>{_MONTH_NAMES})(?![a-z])\.?
              (?:[\s,]{{1,3}}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?=[\s,]{{1,3}}{_YEAR}))?(?:[\s,/'’-]{{0,3}}(?P<mon_y>{_YEAR}|(?<=['’])\d\d|(?<=-)\d\d(?!\d)))?
        | (?<![\w/.,-])(?P<or_a>{_YEAR})\s{{0,2}}(?:/|\bor\b)\s{{0,2}}(?P<or_b>{_YEAR}|\d\d)(?![\d/.-])
        | (?<!\w)['’‘](?P<short>\d\d)(?![\d\w])
        | (?:(?<![\w/.,-])|(?<=[a-z]-))(?P<year>{_YEAR})(?P<decade>s)?(?!-\d)
        | (?<![\w/.,])(?P<lead>(?:for|x|×|over|during|past|last|after|of)\s{{0,3}}{_ABOUT}(?:the\s{{1,3}})?
                  (?:(?:last|past|previous)\s{{1,3}})?)?
              (?P<n>{_NUMBER})(?:\s{{0,2}}(?:-|–|to|or)\s{{0,2}}(?P<n2>{_NUMBER}))?(?P<more>\+)?[\s-]{{0,3}}
              (?P<unit>days?|weeks?|wks?|months?|mths?|mos?|years?|yrs?|decades?)(?![a-z])(?P<and_half>\sand\sa\shalf)?
              (?P<ago>\s{{0,3}}(?:ago|back|earlier|previously|prior))?
        | (?<![\w/.,])(?P<lead_uk>(?:for|x|×)\s{{0,2}})?(?P<uk_last>(?:for\s{{1,2}})?(?:the\s{{1,2}})?(?:last|past)\s{{1,2}})?
              (?P<uk_n>\d{{1,2}})/(?P<uk_d>7|52|12)(?![\d/.,-])
              (?!\s{{0,2}}(?:mg|mcg|tab|cap))(?P<uk_ago>\s{{1,2}}ago)?
        | (?<![\w/.,-])(?P<ms_m>0?[1-9]|1[0-2])/(?P<ms_y>[0-3]\d)(?![\d/.,-])
        | \b(?P<season>(?:last|this|past)\s{{1,3}}(?:spring|summer|autumn|fall|winter))\b
        | \b(?P<rel>(?:last|this|past|previous)\s{{1,3}}(?:week|month|year)|yesterday|today|last\ night)\b
        """,
        re.I | re.X,
    )


_START = (
    r"since|start(?:ed|ing)?|from|began|begun|beginning|initiated|commenced|as\s+of|onset|introduced|restarted|resumed|added"
    r"|on\s+it\s+for|been\s+on|first\s+(?:issued|prescribed|dispensed|filled|taken|used|given)"
)
# What happened on one day of many: neither the start nor the end.
_SEEN = (
    r"last\s+(?:taken|dose|used|filled|issued|dispensed|reported|given|refill(?:ed)?|ordered|seen)|filled|issued|dispensed"
    r"|reported(?:\s+on)?|refilled|ran\s+out(?:\s+of)?|took|dob|date\s+of\s+birth|born|last\s+prescribed"
)
_ASIDE = r"diagnosed|seen|reviewed?|due(?!\s+to)|exp(?:ir(?:es|y))?"  # of the patient or the paper, unless the drug has a word of its own
_STOP = (
    r"stop(?:ped|ping|s)?|quit|discontinu(?:ed|e|ing)|d/c['’]?e?d?|dc['’]?e?d|ended|ending|until|till|til|through|thru|off|ceased|finished|completed"
    r"|up\s+to(?=\s{1,3}(?:and\s+including\s{1,3})?(?:(?:about|around|early|late|mid|the\s+end\s+of)[\s-]{1,3})?\Z)|weaned|withdrawn|expired|held|end\s+date|end(?=\s{0,2}:?\s{0,2}\Z)"
)
# "Off it since March" is an end.
_NOT_SINCE = lazy_pattern(
    r"(?:\boff(?:\s\w{1,12}){0,2}|(?:\bnot|n['’]t)(?:\s\w{1,12}){0,3}|\bnone|\bno\slonger(?:\s\w{1,12}){0,2}|\bstopped|\bdiscontinued|\bwithout(?:\s\w{1,12}){0,2})"
    r"\ssince\W{0,3}(?:(?:early|late|mid|about|around|approx\.?|the|end|start|beginning|summer|spring|autumn|fall|winter|of)\W{1,2}){0,3}\Z",
    re.I,
)
_COURSE_AFTER = lazy_pattern(
    r"\s{0,3},?\s{0,3}(?:(?:for|x)\s{0,3}(?:\d|an?\s|one\s|two\s|three\s|six\s)|(?:-|–|—)\s{0,3}(?:\Z|[,;)\]]))", re.I
)
_ENDED_RIGHT_BEFORE = lazy_pattern(r"(?:\bd/?c['’]?e?d?|\bstopped|\bdiscontinued|\bended|\bceased|\bd/c)\s{0,2}(?:on|in|:)?\s{0,2}\Z", re.I)
_OPEN_END = lazy_pattern(r"\s{0,3}(?:-|–|—)\s{0,3}(?:\Z|[,;)\]])")
_LAST_UNIT = lazy_pattern(r"\b(?:for|over|during|in|within)\s{1,3}the\s{1,3}\Z", re.I)
_RANGE = lazy_pattern(r"\s{0,3}(?:-|–|—|(?:up\s{1,2})?(?:to|until|till)|through|thru)\s{0,3}", re.I)
_TO_MONTH = lazy_pattern(r"\s{0,3}(?:-|–|—|to|until|till|through|thru)\s{0,3}(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.I)
_TO_MONTH_YEAR = lazy_pattern(
    rf"\s{{0,3}}(?:-|–|—|to|until|till|through|thru)\s{{0,3}}(?:\d{{1,2}}(?:st|nd|rd|th)?\s{{1,3}})?({_MONTH_NAMES})\.?[\s,]{{0,3}}({_YEAR})",
    re.I,
)
_NEAR = 60  # characters in which a word still speaks of a date
_POINT_CUE = lazy_pattern(
    r"(?:\bin|\bon|\baround|\babout|\bcirca|\bearly|\blate|\bmid|\bby|\bduring|\bdated?|\bthe|\bsummer|\bspring|\bautumn|\bfall|\bwinter|\bchristmas|\beaster|\bend|\bbeginning|\bmiddle|\bprescribed|\btried|\btrial|\bused|\bgiven"
    r"|\bapprox\.?|\bapproximately|[(:\[~?])\s{0,3}(?:of\s{1,3})?-?\Z",
    re.I,
)
_PARTIAL = lazy_pattern(rf"({_YEAR}|\d{{4}})(?:-(\d\d)(?:-(\d\d))?)?")
_MORE = lazy_pattern(r"over\s{1,3}\Z|more\sthan|>|at\sleast", re.I)
_MUCH_MORE = 1.5  # "more than 10 years" reaches back to 15
_UK_DAYS: Final = {"7": 1.0, "52": 7.0, "12": 30.44}
_DAYS_IN = {"d": 1.0, "w": 7.0, "m": 30.44, "y": 365.25}


class PeriodReading(NamedTuple):
    """What the words say of time: the period, where the words stand (half-open spans), and what could not be a date, in words."""

    period: Period
    spans: list[tuple[int, int]]
    doubts: list[str]


class _Found(NamedTuple):
    start: int
    end: int
    dates: PartialDate
    role: str  # start, stop, or "" when no word says


def read_period(text: str, as_of: date) -> PeriodReading:
    """Read when something was taken, seen from `as_of`. Never raises for a str.

    >>> read_period("stopped Jan 2020", date(2026, 1, 1)).period.stopped.latest
    datetime.date(2020, 1, 31)
    """
    found: list[_Found] = []
    spans: list[tuple[int, int]] = []
    doubts: list[str] = []
    if not (_FIGURES_HINT.search(text) or _WORDS_HINT.search(text.lower())):
        return PeriodReading(Period(), spans, doubts)
    course = 0.0  # days
    ongoing: re.Match[str] | None = None  # "for 2 years", as a history
    behind = 0
    for m in _atom().finditer(text):
        if any(m[g] is not None for g in _ENDS_IN_YEAR) and _DOSE_AFTER.match(text, m.end()):
            continue
        before = text[max(behind, m.start() - _NEAR) : m.start()]
        if m["n"] is not None and m["ago"] is None:
            history = _is_history(m, before)
            if history is None:
                continue
            if history:
                ongoing = m
            else:
                course = _lengths(m)[1]
            spans.append(m.span())
            continue
        if m["uk_last"] is not None:
            ongoing = m
            spans.append(m.span())
            continue
        if m["uk_d"] is not None and m["uk_ago"] is None:
            if m["lead_uk"] or m["uk_d"] != "12":
                course = _lengths(m)[1]
                spans.append(m.span())
            continue
        role = _role(text, before, m)
        if role == "seen":
            spans.append(m.span())
            continue
        try:
            cued = bool(role) or _is_cued(text, before, m)
            dates = _dates(m, as_of, cued, before, role)
        except ValueError:
            doubts.append(f"{m.group().strip()}: no such date")
            spans.append(m.span())
            continue
        if dates is None:
            continue
        spans.append(m.span())
        if m["year"] is not None and not role and _OPEN_END.match(text, m.end()) is not None:
            role = "start"
        for k, partial in enumerate(dates):
            if partial.earliest > as_of:
                doubts.append(f"{m.group().strip()}: after {as_of.isoformat()}")
                continue
            clipped = PartialDate(partial.earliest, min(partial.latest, as_of), partial.text)
            found.append(_Found(m.start(), m.end(), clipped, ("start", "stop")[k] if len(dates) == 2 else role))
        behind = m.end()
    return PeriodReading(_period(text, found, course, ongoing, as_of), spans, doubts)


def _is_cued(text: str, before: str, m: re.Match[str]) -> bool:
    """Whether the words or signs beside a figure make it a date; 2000 may be a strength, and needs more than a bracket."""
    doubtful = m["year"] == "2000"
    point = _POINT_CUE.search(before)
    if point is not None and not (doubtful and point.group()[:1] in "([:~?"):
        return True
    if _TO_MONTH.match(text, m.end()) is not None:
        return True
    return m["year"] is not None and not doubtful and _COURSE_AFTER.match(text, m.end()) is not None


def _period(text: str, found: list[_Found], course: float, ongoing: re.Match[str] | None, as_of: date) -> Period:
    started: PartialDate | None = None
    stopped: PartialDate | None = None
    for k, f in enumerate(found):
        role = f.role
        if k and _RANGE.fullmatch(text[found[k - 1].end : f.start]) and found[k - 1].role != "stop":
            role = "stop"
        if stopped is not None and role == "start" and f.dates.earliest >= stopped.earliest:
            stopped = None  # taken up again
        if role == "stop":
            stopped = stopped or f.dates
        elif started is None and (role == "start" or stopped is None):
            started = f.dates
    if ongoing is not None:
        low, high = _lengths(ongoing)
        words = ongoing.group().strip()
        without = _last_cue(text[max(0, ongoing.start() - _NEAR) : ongoing.start()]) == "stop"  # "off it for 2 years"
        if stopped is not None and started is None:
            started = PartialDate(_shift(stopped.earliest, -high), _shift(stopped.latest, -low), words)
        elif started is not None:
            course = course or (0.0 if without else high)
        elif without:
            stopped = _before(as_of, ongoing)
        else:
            started = _before(as_of, ongoing)
    if course and started is not None and stopped is None and not _is_open(text, found):
        stopped = PartialDate(min(_shift(started.earliest, course), as_of), min(_shift(started.latest, course), as_of), started.text)
    return Period(started, stopped)


def _is_open(text: str, found: list[_Found]) -> bool:
    """Whether the start was said with "since": then a length beside it is no end."""
    return any(re.search(r"since\W{0,3}(?:\w+\W{1,3})?\Z", text[max(0, f.start - 20) : f.start], re.I) is not None for f in found)


def _last_cue(before: str) -> str:
    role = aside = ""
    for cue in _cue().finditer(before):
        if cue.lastgroup == "aside":
            aside = "seen"
        else:
            role = cue.lastgroup or ""
    return role or aside


def _role(text: str, before: str, m: re.Match[str]) -> str:
    """What the words say of a date: the last of them before it, else one that follows ("2019: stopped")."""
    role = _last_cue(before)
    if role == "start" and _NOT_SINCE.search(before) is not None:
        return "stop"
    if role:
        return role
    behind = text[m.end() : m.end() + _NEAR]
    other = _atom().search(behind)
    cue = _cue().search(behind[: other.start()] if other else behind)
    if cue is None or cue["stop"] is None or (other is not None and cue.end() > other.start() - 12):
        return ""
    return "stop" if cue.group().lower() not in ("until", "till", "til", "through", "thru", "off") else ""


def _is_history(m: re.Match[str], before: str) -> bool | None:
    """Whether a length of time is a history ("for 2 years") rather than a course ("x 3 days"); None: neither."""
    lead = (m["lead"] or "").lower()
    if not lead:
        return None
    if "last" in lead or "past" in lead or "previous" in lead:
        return True
    long = _unit_days(m["unit"]) >= _DAYS_IN["m"]
    if lead.startswith("after"):
        return True if long and _last_cue(before) == "stop" else None
    return None if lead.startswith("of") else long


def _lengths(m: re.Match[str]) -> tuple[float, float]:
    """The least and most days of "2 years", "2-3 years", "10+ years" or "6/12"."""
    if m["uk_d"] is not None:
        days = float(m["uk_n"]) * _UK_DAYS[m["uk_d"]]
        return days, days
    unit = _unit_days(m["unit"])
    half = 0.5 if m["and_half"] else 0.0
    first = _number(m["n"]) + half
    second = _number(m["n2"]) + half if m["n2"] else first
    most = max(first, second) * (_MUCH_MORE if m["more"] or _MORE.search(m["lead"] or "") else 1.0)
    return min(first, second) * unit, most * unit


def _number(word: str) -> float:
    word = " ".join(word.lower().replace("½", " 1/2").split())
    if word.endswith(" 1/2") or word.endswith("and a half"):
        return _number(word.split()[0]) + 0.5
    return float(word) if word[0].isdigit() else float(_NUMBER_WORDS.get(word, 0.5 if word.startswith("half") else 1))


def _unit_days(unit: str) -> float:
    return 3652.5 if unit[:2].lower() == "de" else _DAYS_IN[unit[0].lower()]


def _shift(day: date, days: float) -> date:
    """A day so many days away, kept inside the calendar."""
    try:
        return day + timedelta(days=round(days))
    except OverflowError:
        return date.min if days < 0 else date.max


def _before(as_of: date, m: re.Match[str]) -> PartialDate:
    """So long before `as_of`, give or take half a unit (days are exact)."""
    low, high = _lengths(m)
    unit = _UK_DAYS[m["uk_d"]] if m["uk_d"] is not None else _unit_days(m["unit"])
    half = 0.0 if unit == 1 else min(unit, low) / 2
    return PartialDate(_shift(as_of, -high - half), min(_shift(as_of, half - low), as_of), m.group().strip())


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _full_year(year: str, as_of: date) -> int:
    if len(year) == 4:
        return int(year)
    return int(year) + (2000 if int(year) <= as_of.year % 100 else 1900)


def _span_of(year: int, month: int | None, day: int | None, text: str) -> PartialDate:
    """The days a year, month or day can be; ValueError when there is no such date."""
    if month is None:
        return PartialDate(date(year, 1, 1), date(year, 12, 31), text)
    if day is None:
        return PartialDate(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), text)
    return PartialDate(date(year, month, day), date(year, month, day), text)


def _dates(m: re.Match[str], as_of: date, cued: bool, before: str, role: str) -> list[PartialDate] | None:
    """The date or the two ends that a match is; None when it is none after all. ValueError: there is no such date."""
    text = m.group().strip()
    if m["iso"]:
        day = int(m["iso_d"]) if m["iso_d"] else None
        if day is None and not role and text[2:4] < m["iso_m"] and before.rstrip().endswith(("(", "[")):
            return [_span_of(int(m["iso"]), None, None, text)]  # "(2005-09)" is September 2005 or 2005 to 2009
        return [_span_of(int(m["iso"]), int(m["iso_m"]), day, text)]
    if m["dmy_a"]:
        return _swappable(int(m["dmy_a"]), int(m["dmy_b"]), m["dmy_y"], m["sep"], as_of, text)
    if m["ymd_y"]:
        return [_span_of(int(m["ymd_y"]), int(m["ymd_m"]), int(m["ymd_d"]), text)]
    if m["my_m"]:
        return [_span_of(int(m["my_y"]), int(m["my_m"][:-1]), None, text)]
    if m["bt_a"]:
        return _years(int(m["bt_a"]), int(m["bt_b"]), text)
    if m["yy_a"]:
        first = int(m["yy_a"])
        if m["yy_b"].isalpha():
            return [_span_of(first, None, None, text)]
        last = int(m["yy_b"]) if len(m["yy_b"]) == 4 else first // 100 * 100 + int(m["yy_b"])
        return _years(first, last, text)
    if m["mon"]:
        return _named_month(m, as_of, cued, text)
    if m["sh_a"]:
        first = _full_year(m["sh_a"], as_of)
        last = _full_year(m["sh_b"], as_of)
        return _years(first, last, text)
    if m["ms_m"]:
        return _month_or_day(m, before, as_of, text) if role == "stop" else None
    if m["season"]:  # its months differ by hemisphere, and "last" may be of this year or the one before
        return [PartialDate(date(max(as_of.year - 1, 1), 1, 1), as_of, text)] if role else None
    if m["or_a"]:
        first, last = int(m["or_a"]), int(m["or_b"]) % 100
        if not cued or last != (first + 1) % 100:
            return None
        return [PartialDate(date(first, 1, 1), date(first + 1, 12, 31), text)]
    if m["short"]:
        return [_span_of(_full_year(m["short"], as_of), None, None, text)] if role else None
    if m["year"]:
        if not cued:
            return None
        year = int(m["year"])
        if year == 2000 and before.rstrip().lower().endswith("up to"):
            return None  # "up to 2000 a day"
        return [PartialDate(date(year, 1, 1), date(year + 9, 12, 31), text)] if m["decade"] else [_span_of(year, None, None, text)]
    if m["rel"]:
        if _LAST_UNIT.search(before) and m["rel"][:4].lower() in ("last", "past", "prev"):  # "over the past year"
            unit = _unit_days(m["rel"].split()[1])
            return [PartialDate(_shift(as_of, -1.5 * unit), _shift(as_of, -0.5 * unit), text)]
        return [_relative(" ".join(m["rel"].lower().split()), as_of, text)]
    return [_before(as_of, m)]


def _month_or_day(m: re.Match[str], before: str, as_of: date, text: str) -> list[PartialDate] | None:
    """ "3/24" right behind a word that ends ("d/c'd 3/24"): March 2024 or the last 24 March; elsewhere it is no date."""
    if _ENDED_RIGHT_BEFORE.search(before) is None or m.string[m.end() : m.end() + 4].lstrip()[:3].lower() == "ago":
        return None
    month, figure = int(m["ms_m"]), int(m["ms_y"])
    readings: list[PartialDate] = []
    if figure <= as_of.year % 100:
        readings.append(_span_of(2000 + figure, month, None, text))
    for year in (as_of.year, as_of.year - 1):
        try:
            day = date(year, month, figure)
        except ValueError:
            continue
        if day <= as_of:
            readings.append(PartialDate(day, day, text))
            break
    past = [r for r in readings if r.earliest <= as_of]
    return [PartialDate(min(r.earliest for r in past), max(r.latest for r in past), text)] if past else None


def _years(first: int, last: int, text: str) -> list[PartialDate]:
    if last < first:
        raise ValueError("ends before it starts")
    return [_span_of(first, None, None, text), _span_of(last, None, None, text)]


def _swappable(a: int, b: int, year: str, sep: str, as_of: date, text: str) -> list[PartialDate] | None:
    if (len(year) == 2 and sep == "-") or a == 0 or b == 0 or a > 31 or b > 31 or (a > 12 and b > 12):
        if len(year) == 4 and sep != "-" and a and b:
            raise ValueError("no such date")
        return None
    full = _full_year(year, as_of)
    readings: list[date] = []
    for day, month in ((a, b), (b, a)):
        try:
            readings.append(date(full, month, day))
        except ValueError:
            continue
    if not readings:
        raise ValueError("no such date")
    past = [d for d in readings if d <= as_of] or readings
    return [PartialDate(min(past), max(past), text)]


def _named_month(m: re.Match[str], as_of: date, cued: bool, text: str) -> list[PartialDate] | None:
    month = _month(m["mon"])
    day = m["md"] or m["day"]
    if not m["mon_y"] and (later := _TO_MONTH_YEAR.match(m.string, m.end())) is not None:  # "March to June 2015"
        year = int(later[2]) - (month > _month(later[1]))
        return [_span_of(year, month, int(day) if day else None, text)]
    if m["mon_y"]:
        return [_span_of(_full_year(m["mon_y"], as_of), month, int(day) if day else None, text)]
    if not cued or m["mon"] in ("may", "mar", "march") or m.string[m.end() : m.end() + 1].isdigit():  # also words; "Jan20" may be a year
        return None
    year = as_of.year if month <= as_of.month else as_of.year - 1
    return [_span_of(year, month, int(day) if day else None, text)]


def _relative(words: str, as_of: date, text: str) -> PartialDate:
    if words == "today":
        return PartialDate(as_of, as_of, text)
    if words in ("yesterday", "last night"):
        return PartialDate(_shift(as_of, -1), _shift(as_of, -1), text)
    which, unit = words.split()
    if unit == "week":
        return PartialDate(_shift(as_of, -6), as_of, text) if which == "this" else PartialDate(_shift(as_of, -14), _shift(as_of, -1), text)
    if unit == "month":
        if which == "this":
            return PartialDate(as_of.replace(day=1), as_of, text)
        end = _shift(as_of.replace(day=1), -1)
        return PartialDate(end.replace(day=1), end, text)
    year = as_of.year if which == "this" else max(as_of.year - 1, 1)
    return PartialDate(date(year, 1, 1), min(date(year, 12, 31), as_of), text)


def read_partial_date(text: str) -> PartialDate:
    """Read "2025", "2025-06" or "2025-06-14", as options of the command line take them.

    Raises:
        InputError: the text is none of these, or there is no such day.

    >>> read_partial_date("2024-02").latest
    datetime.date(2024, 2, 29)
    """
    m = _PARTIAL.fullmatch(text.strip())
    if m is not None:
        try:
            return _span_of(int(m[1]), int(m[2]) if m[2] else None, int(m[3]) if m[3] else None, text.strip())
        except ValueError:
            pass
    raise InputError("A date is a year, a month or a day: 2025, 2025-06 or 2025-06-14.")
