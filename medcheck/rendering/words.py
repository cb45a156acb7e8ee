"""Words that every layout shares: tiers, strengths, counts, evidence lines, safe display of what was typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from medcheck.codesystems import shown
from medcheck.domain import TAKEN, Flag, MedicationStatement, Method, Outcome, Reference, Review, Tier
from medcheck.reviewing import needs_confirming, unknown_codes

TIER_WORDS = {Tier.A: "avoid if possible", Tier.B: "review if symptoms fit", Tier.C: "be aware"}
EFFECT_WORDS = {
    "worsens_rls": "may worsen restless legs",
    "plms": "may raise leg movements in sleep",
    "akathisia_mimic": "may cause akathisia, which looks like restless legs",
    "neutral": "reported as neutral for restless legs",
    "may_help": "may also help restless legs",
}
STATE_WORDS = {
    "P": "preferred",
    "N": "neutral",
    "silent": "nothing found",
    "augmentation": "see augmentation",
    **dict.fromkeys(("A", "B", "C"), "local use, not flagged"),
}
FACT_WORDS = {
    "rls_diagnosed": "whether restless legs syndrome is diagnosed",
    "symptom_onset": "when the symptoms began",
    "ferritin_ug_per_l": "ferritin",
    "tsat_percent": "transferrin saturation",
    "age": "age",
    "pregnant": "pregnancy",
    "egfr": "kidney function (eGFR)",
    "indication": "what the dopaminergic is taken for",
    "prior_augmentation": "augmentation on an earlier medicine",
    "answers": "the answers about augmentation",
}
MARK_WORDS = {"yes": "", "secondary": ", source seen only through another document", "no": ", not verified"}


def marked(text: str, verified: str) -> str:
    """A sentence with the mark of how its source was seen.

    >>> marked("It may accumulate.", "no")
    'It may accumulate. (not verified)'
    """
    mark = MARK_WORDS.get(verified, "")
    return f"{text} ({mark[2:]})" if mark else text


_ACTING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # categories of characters that could hide, redraw or break a line


def clean(text: str) -> str:
    """Typed text for display: control and direction-changing characters become visible, so that nothing can hide or redraw."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else " " if c in "\t\n\r" else f"\\u{ord(c):04x}" if unicodedata.category(c) in _ACTING else c for c in text
    )


def counted(number: int, noun: str, plural: str = "") -> str:
    """A count with its noun.

    >>> counted(1, "line"), counted(2, "line")
    ('1 line', '2 lines')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def headline(review: Review) -> str:
    """What was read and what was not, in one or two sentences; never a plain all-clear while anything is open."""
    s = review.summary
    head = f"{counted(s.statements, 'mention')} on {counted(s.lines, 'line')}: "
    head += f"{s.read} read, {s.to_confirm} to confirm, {s.unread} not recognised."
    if not s.statements:
        return f"{head} No medicine was read: this says nothing about safety."
    open_parts = []
    if s.unread:
        lines = sorted({r.line for r in review.unrecognised if r.line})
        shown = ", ".join(str(n) for n in lines[:8]) + (" ..." if len(lines) > 8 else "")
        open_parts.append(
            f"line {shown} was not checked"
            if len(lines) == 1
            else f"lines {shown} were not checked"
            if lines
            else "some text was not checked"
        )
    if s.to_confirm:
        open_parts.append(f"{counted(s.to_confirm, 'reading')} must be confirmed")
    if open_parts:
        return f"{head} This is not an all-clear: {' and '.join(open_parts)}."
    if not s.flags:
        clear = f"{head} All lines were read and nothing on the list is flagged in this formulary."
        if review.not_in_formulary:
            number = len(review.not_in_formulary)
            clear += f" Not in the formulary and not examined: {counted(number, 'medicine')}."
        unknown = len(unknown_codes(review.statements))
        if unknown:
            clear += f" This is not an all-clear: {counted(unknown, 'code')} not understood, so not compared with the text."
        if any(e.status in TAKEN for e in review.exposures):
            clear += " A dopaminergic medicine is on the list: see augmentation."
        elif not s.all_clear and review.exposures:
            clear += " This is not an all-clear: a dopaminergic medicine was paused, or stopped lately: see augmentation."
        return clear
    return head


def how_read(s: MedicationStatement) -> str:
    """How a statement was read and how sure, with other readings."""
    m = s.match
    if m.outcome is Outcome.QUESTION:
        return m.question
    if m.method is Method.CODE:
        return f"read as {', '.join(m.ingredients)} (code {clean(m.name)})" + (f"; {m.note}" if m.note else "")
    why = f"; {clean(m.note)}" if m.note else ""
    words = f"read as {', '.join(m.ingredients) or m.name} ({m.score:.2f}, {METHOD_WORDS[m.method]}{why})"
    others = ", ".join(f"{r.name} {r.score:.2f}" for r in m.other_readings[:3])
    return f"{words}; other readings: {others}" if others else f"{words}; other readings: none near"


METHOD_WORDS = {
    Method.CODE: "code",
    Method.EXACT: "exact name",
    Method.MISSPELLING: "spelling",
    Method.FUZZY: "similar spelling",
    Method.NONE: "not read",
}


def unknown_code_words(review: Review) -> list[str]:
    """Codes that were not understood, each with its line and why; their statements were read by their text."""
    return [f"line {s.line} {clean(shown(c.system, c.code))} ({c.problem})" for s, c in unknown_codes(review.statements)]


def missing_words(review: Review) -> str:
    """The facts that were not given and would matter, in words."""
    return ", ".join(FACT_WORDS.get(m, m) for m in review.missing)


def to_confirm(review: Review) -> list[tuple[int, MedicationStatement]]:
    """Statements that the reader must confirm, with their index."""
    return [(k, s) for k, s in enumerate(review.statements) if needs_confirming(s)]


class Citations:
    """Numbers references in the order in which they are first cited."""

    def __init__(self, references: Sequence[Reference]) -> None:
        self._known = {r.key: r for r in references}
        self._numbers: dict[str, int] = {}

    def cite(self, keys: Sequence[str]) -> str:
        """ "[1, 2]" for known keys, "" for none."""
        numbers = [self._numbers.setdefault(k, len(self._numbers) + 1) for k in keys if k in self._known]
        return f" [{', '.join(str(n) for n in dict.fromkeys(numbers))}]" if numbers else ""

    def listed(self) -> list[tuple[int, Reference]]:
        """Number and reference of everything cited so far."""
        return [(n, self._known[k]) for k, n in self._numbers.items()]


def reference_text(r: Reference) -> str:
    """One reference as a line, with an identifier and its verification mark."""
    ids = [f"PMID {r.pmid}" if r.pmid else "", f"doi {r.doi}" if r.doi else "", r.pmcid, r.url]
    ids += [f"label set id {r.label_set_id}" if r.label_set_id else "", f"ISBN {r.isbn}" if r.isbn else ""]
    mark = {"yes": "", "secondary": " (seen through another document)", "no": " (not verified)"}[r.verified]
    source = ", ".join(x for x in (r.source, str(r.year) if r.year else "") if x)
    parts = [x.rstrip(".") for x in (r.authors, r.title, source) if x]
    found = next((i for i in ids if i), "")
    return f"{'. '.join(parts)}.{' ' + found + '.' if found else ''}{mark}"


def evidence_words(f: Flag) -> str:
    """Strength and basis, as two words that are never mixed with the tier."""
    return f"{f.strength}, {'drug-specific' if f.basis == 'drug_specific' else 'class-inherited'}"


def where(f: Flag, review: Review) -> str:
    """ "line 3 Tylenol PM": where a flag was written."""
    seen = dict.fromkeys((review.statements[k].line, clean(review.statements[k].written)) for k in f.statements)
    return "; ".join(f"line {line} {written}" for line, written in seen)
