"""An Assessment as JSON types and as lines of text; the wire names are those of medcheck/assessment.py (docs/json.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from enum import Enum
from typing import Any

from medcheck.assessment import POSITIVE, Assessment, CurvePoint, Risk, State
from medcheck.augmentation.doses import dose_words
from medcheck.domain import Exposure, Row
from medcheck.rendering.plain import exposure_as_dict, number
from medcheck.rendering.words import MARK_WORDS, Citations, marked
from medcheck.text import median_words, percent_words
from medcheck.value import Value

NOT_INDIVIDUAL = "Groups in published studies; not validated for individuals."
STATE_WORDS = {
    State.UNKNOWN: "cannot be told: the symptoms were not asked, or too much is open",
    State.NOT_SUGGESTED: "not suggested by the answers",
    State.POSSIBLE: "POSSIBLE",
    State.PROBABLE: "PROBABLE",
    State.MEETS_CRITERIA: "PATTERN LIKE THE MAX PLANCK CRITERIA",
}
KIND_WORDS = {"trial": "seen in studies", "derived": "worked out", "elicited": "judged"}
# What the leads of augmentation_lines mean, for a page without columns.
LEAD_WORDS = {
    "ask": "Ask",
    "what if": "What if",
    "!": "Red flag",
    "?": "Not known",
    "~": "To tell apart",
    "-": "Rule",
    "=": "Part of the figure",
    "*": "To discuss",
}
_SHOWN_POINTS = ("indication", "safety", "first_step", "iron", "management", "prevention", "renal", "pregnancy", "age")
_ALSO_IN_REVIEW = frozenset({"iron", "pregnancy", "age"})  # a review has points of its own for these
_WHEN_SUSPECTED = frozenset({"indication", "safety", "first_step", "management"})
_WHATEVER_FOR = frozenset({"indication", "safety", "renal", "pregnancy", "age"})  # hold whatever the medicine is taken for
_MOST_IN_REVIEW = 6
_MOST_IN_HISTORY = 20


# ---- JSON --------------------------------------------------------------------------------------------------------------
def assessment_as_dict(a: Assessment) -> dict[str, Any]:
    """The assessment as JSON types; percentages from 0 to 100, unknown is null."""
    out: dict[str, Any] = _plain(a)
    return out


def curve_as_dicts(points: Sequence[CurvePoint]) -> list[dict[str, Any]]:
    """The points of the curve as JSON types."""
    return [_plain(p) for p in points]


def _plain(value: Any) -> Any:
    if isinstance(value, Exposure):
        return exposure_as_dict(value)
    if isinstance(value, Value):
        return {name: _plain(getattr(value, name)) for name in value.__match_args__}
    if isinstance(value, Row):
        return {name: _plain(x) for name, x in vars(value).items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(x) for x in value]
    if isinstance(value, float):
        return number(value)
    return value


# ---- text --------------------------------------------------------------------------------------------------------------
def augmentation_lines(a: Assessment, cited: Citations, *, full: bool, alone: bool = False) -> list[tuple[str, str]]:
    """Pairs of a lead ("  * " for an item) and a text, in the order of reading.

    `full` gives every part, rule and look-alike; `alone` is for a page that shows nothing else: all points to discuss are then there.
    """
    lines: list[tuple[str, str]] = [("  ", _history(a))]
    for d in a.doses:
        lines.append(("  ", f"{_if(a)}{d.ingredient} {d.words}{MARK_WORDS[d.verified]}{cited.cite(d.references)}"))
    lines += [("  ", f"Note: {note}.") for note in a.notes]
    lines += _state(a, cited, full)
    lines += _figure(a)
    if full:
        lines += _parts(a, cited)
    elif a.factors and not a.withheld:
        counted = ", ".join(f"{f.label} ({KIND_WORDS[f.kind]})" for f in a.factors)
        lines.append(("  ", f"Made of: {counted}; --full shows each with its figure."))
    lines += _gaps(a)
    for w in a.what_if:
        lines.append(("  what if: ", f"{_if(a)}{w.text}: {w.band + ', ' if w.band else ''}{_about(w.risks[0])}. A comparison, not advice."))
    lines += _signs(a, cited)
    lines += _causes(a, cited, full)
    lines += _discuss(a, cited, full, alone)
    return lines


def plain_lead(lead: str) -> str:
    """A lead in words, "" for one that says nothing."""
    words = LEAD_WORDS.get(lead.strip(" :"), "")
    return f"{words}: " if words else ""


def _if(a: Assessment) -> str:
    """ "If taken for RLS: " while the indication is not known."""
    return f"{a.conditional[0].upper()}{a.conditional[1:]}: " if a.conditional else ""


def _history(a: Assessment) -> str:
    parts = []
    for e in a.history[:_MOST_IN_HISTORY]:
        dose = dose_words(e)
        began, ended = (x.text or x.earliest.isoformat() if x is not None else "" for x in (e.period.started, e.period.stopped))
        time = (
            f" {began or '?'} to {ended}"
            if ended and ended != began
            else f" since {began}"
            if began and e.current
            else f" {began or ended}"
        )
        status = "" if e.current else " (earlier)" if not ended else ""
        parts.append(
            f"{e.ingredient} {dose}{', as needed' if e.as_needed else ''}{time.rstrip() if time.strip() else ', start not known'}{status}"
        )
    if len(a.history) > len(parts):
        parts.append(f"and {len(a.history) - len(parts)} more")
    return f"History: {'; '.join(parts)}." if parts else "No dopaminergic medicine is on record: the figure is the background."


def _state(a: Assessment, cited: Citations, full: bool) -> list[tuple[str, str]]:
    d = a.detection
    if not a.doses and d.state is State.UNKNOWN and not d.ask:
        return []
    if a.indication in ("parkinson", "other"):
        return [("  ", "Is it there already? Not judged: the criteria are of restless legs treatment.")]
    out = [("  ", f"{_if(a)}Is it there already? {STATE_WORDS[d.state]}.")]
    shown = [r for r in d.rules if r.outcome] if not full else list(d.rules)
    for r in shown:
        word = {True: "met", False: "not met", None: "open"}[r.outcome]
        missing = f" (missing: {', '.join(r.missing)})" if r.missing else ""
        out.append(("      - ", f"{r.state.value}, {word}: {marked(r.text, r.verified)}{missing}{cited.cite(r.references)}"))
    if d.ask:
        out.append(("      ask: ", "; ".join(q.short for q in d.ask)))
    return out


def _figure(a: Assessment) -> list[tuple[str, str]]:
    if a.withheld:
        return [("  ", f"NO FIGURE: {a.withheld}{'' if a.withheld.endswith('.') else '.'}")]
    head = _if(a)
    words = a.frequency.removeprefix(f"{a.conditional}: ")
    frequency = f"{words[0].upper()}{words[1:]}"
    out: list[tuple[str, str]] = []
    if not a.doses:
        out.append(("  ", f"No dopaminergic is taken now, so this is the background: {a.frequency}. {NOT_INDIVIDUAL}"))
    elif a.detection.state in POSITIVE:
        out.append(
            ("  ", f"{head}AUGMENTATION SUSPECTED. This stands in the place of a band; the figures below are context for those without it.")
        )
        out.append(("  ", f"{head}{frequency}. {NOT_INDIVIDUAL}"))
    else:
        out.append(("  ", f"{head}{a.band_words}. {frequency}. {NOT_INDIVIDUAL}"))
    out += [("      ^ ", f"lifted: {text}") for text in a.lifted_by]
    if a.spread and a.doses:
        out.append(("  ", f"{a.spread[0].upper()}{a.spread[1:]}"))
    more = [f"{_time(r)} {_about(r)}{' (extrapolated)' if r.extrapolated else ''}" for r in a.ahead[1:]]
    if a.to_date is not None:
        more.insert(0, f"up to now, as history, {_about(a.to_date)}")
    if more:
        out.append(("  ", f"{head}Also: {'; '.join(more)}."))
    if not a.doses:
        return out
    if a.clinically_significant is not None:
        out.append(("  ", f"{head}Clinically significant in the next year: {_about(a.clinically_significant)}."))
    if a.background is not None:
        out.append(("  ", f"{head}Beside it, without a dopaminergic (placebo): {_about(a.background)} meet criteria within a year."))
    return out


def _time(r: Risk) -> str:
    return "up to now" if r.months is None else f"next {r.months} months" if r.months < 36 else f"next {r.months // 12} years"


def _about(r: Risk) -> str:
    return f"{median_words(r.median_least, r.median_most)} of 100 (studies {percent_words(r.low95)} to {percent_words(r.high95)})"


def _parts(a: Assessment, cited: Citations) -> list[tuple[str, str]]:
    if a.withheld:
        return []
    out = []
    for f in a.factors:
        ratio = f" x{f.ratio[0]:.2g} ({f.ratio[1]:.2g} to {f.ratio[2]:.2g})" if f.ratio is not None else ""
        out.append(("      = ", f"{f.label}{ratio}: {f.text} [{KIND_WORDS[f.kind]}{MARK_WORDS[f.verified]}]{cited.cite(f.references)}"))
    named = "; ".join(f"{n.text} ({n.direction}){cited.cite(n.references)}" for n in a.named)
    if named:
        out.append(("      ", f"Seen with augmentation, not counted: {named}."))
    return out


def _gaps(a: Assessment) -> list[tuple[str, str]]:
    if a.withheld:
        return []
    out = []
    for g in a.gaps:
        moved = ""
        if g.median_most is not None and g.median_least is not None:
            low, high = percent_words(g.median_least), percent_words(g.median_most)
            moved = f" ({low} to {high} of 100)" if low != high else f" (the figure stays at {low} of 100)"
        out.append(("      ? ", f"{g.text}{moved}"))
    return out


def _signs(a: Assessment, cited: Citations) -> list[tuple[str, str]]:
    return [("      ! ", f"{_if(a)}{marked(s.text, s.verified)}{_at(s.lines)}{cited.cite(s.references)}") for s in a.detection.signs]


def _at(lines: Iterable[int]) -> str:
    numbers = [n for n in lines if n]
    return f" (line {', '.join(str(n) for n in numbers)})" if numbers else ""


def _causes(a: Assessment, cited: Citations, full: bool) -> list[tuple[str, str]]:
    causes, head = a.causes, _if(a)
    out = []
    for c in causes:
        if c.known:
            out.append(("      ~ ", f"{head}{c.name}: {c.known}{_at(c.lines)}. {marked(c.pointer, c.verified)}{cited.cite(c.references)}"))
        elif full:
            out.append(("      ~ ", f"{head}{c.name}: {marked(c.pointer, c.verified)} Ask: {c.question}{cited.cite(c.references)}"))
    rest = [c.name for c in causes if not c.known]
    if rest and not full:
        out.append(("      ~ ", f"{head}{'Also' if head else 'also'} to tell apart: {', '.join(rest)} (--full says how)"))
    return out


def _discuss(a: Assessment, cited: Citations, full: bool, alone: bool) -> list[tuple[str, str]]:
    """The points in the order of their kinds.

    Beside the points of a whole review the same matters are not said twice, and only the first are told, in a sentence each; where
    augmentation is suspected all of its management is.
    """
    ordered = sorted(a.discuss, key=lambda p: _SHOWN_POINTS.index(p.kind))
    shown = ordered
    if not (full or alone):
        others = [p for p in ordered if p.kind not in _ALSO_IN_REVIEW]
        urgent = [p for p in others if p.kind in _WHEN_SUSPECTED]
        shown = urgent if a.detection.state in POSITIVE else others[:_MOST_IN_REVIEW]
    out = []
    for p in shown:
        source = f"{p.guideline}{f' {p.year}' if p.year else ''}, {p.strength}"
        text = p.text if full or alone else _first_sentence(p.text)
        against = f" Against: {p.conflicts}" if p.conflicts else ""
        head = "" if p.kind in _WHATEVER_FOR else _if(a)
        out.append(("  * ", f"[{source}] {head}{marked(text, p.verified)}{against}{cited.cite(p.references)}"))
    if len(shown) < len(ordered):
        out.append(("  * ", f"{len(ordered) - len(shown)} more points with --full or `medcheck augmentation`."))
    return out


def _first_sentence(text: str) -> str:
    head, dot, _ = text.partition(". ")
    return f"{head}. [...]" if dot else text
