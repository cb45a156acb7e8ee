"""A Review as a page of plain text for a terminal or a pipe: what was not understood first, then flags, points, the rest."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from medcheck.domain import Alternative, Evidence, Flag, LineKind, Review
from medcheck.rendering.plain import NOT_REVIEWED, NOTICE
from medcheck.rendering.words import (
    EFFECT_WORDS,
    MARK_WORDS,
    STATE_WORDS,
    TIER_WORDS,
    Citations,
    clean,
    evidence_words,
    headline,
    how_read,
    marked,
    missing_words,
    reference_text,
    to_confirm,
    unknown_code_words,
    where,
)
from medcheck.text import daily_dose_words

_OPTIONS_SHOWN = 3


def as_table(review: Review, *, width: int = 110, references: bool = False, full: bool = False) -> str:
    """The review as plain text without colour codes.

    Args:
        review: what to show.
        width: columns to wrap at.
        references: whether to print the cited references in full at the end.
        full: whether to print all evidence and options of every flag, not only the first of each.
    """
    page = Page(width)
    cited = Citations(review.references)
    digest = review.formulary_sha256[:8]
    state = "clinically reviewed" if review.clinically_reviewed else "not yet clinically reviewed"
    page.line(
        f"medcheck {review.program_version} · formulary {review.formulary_version} ({digest}) · {state} · as of {review.as_of.isoformat()}"
    )
    page.line(NOTICE)
    page.line()
    page.wrapped(headline(review))
    confirm_section(page, review)
    unread_section(page, review)
    if full:
        _read(page, review)
    _flags(page, review, cited, full)
    _augmentation(page, review, cited, full)
    _points(page, review, cited)
    _mimics(page, review, cited)
    _rest(page, review)
    page.line()
    reference_section(page, cited, references=references)
    if not review.clinically_reviewed:
        page.wrapped(f"{NOT_REVIEWED} Confirm against the sources before acting.")
    return page.text()


def reference_section(page: Page, cited: Citations, *, references: bool) -> None:
    """The references cited so far in full, or how many they are."""
    listed = cited.listed()
    if references:
        page.line("REFERENCES")
        for number, reference in listed:
            page.wrapped(f"[{number}] {reference_text(reference)}", "  ", "      ")
    elif listed:
        page.line(f"References: {len(listed)} cited (--references prints them)")


class Page:
    """Lines of text, wrapped at `width` columns."""

    def __init__(self, width: int) -> None:
        """An empty page."""
        self._lines: list[str] = []
        self._width = width

    def line(self, text: str = "") -> None:
        """A line as it is."""
        self._lines.append(text.rstrip())

    def wrapped(self, text: str, first: str = "", rest: str | None = None) -> None:
        """A paragraph behind `first`, its further lines behind `rest`."""
        wrapped = textwrap.wrap(
            text, self._width, initial_indent=first, subsequent_indent=first if rest is None else rest, break_on_hyphens=False
        )
        self._lines.extend(wrapped or [first.rstrip()])

    def head(self, title: str) -> None:
        """The heading of a section."""
        self._lines.extend(("", title))

    def items(self, lines: Iterable[tuple[str, str]]) -> None:
        """Paragraphs, each behind its own lead."""
        for lead, text in lines:
            self.wrapped(clean(text), lead, " " * len(lead))

    def text(self) -> str:
        """The whole page."""
        return "\n".join(self._lines) + "\n"


def confirm_section(page: Page, review: Review) -> None:
    """What must be confirmed, when anything must."""
    rows = to_confirm(review)
    if not rows:
        return
    page.head("PLEASE CONFIRM WHAT WAS READ")
    for k, s in rows:
        words = how_read(s)
        if not s.status_certain:
            words += "; whether it is still taken is not clear: shown as taken"
        if s.doubt:
            words += f"; {s.doubt}"
        raised = [f"{f.ingredient} (tier {f.tier.value})" for f in review.flags if k in f.statements]
        if raised:
            words += f"  -> would flag {', '.join(raised)}" if s.match.outcome.value == "question" else f"  -> flags {', '.join(raised)}"
        page.wrapped(f'line {s.line:<3} "{clean(s.written)}"  {words}', "  ", "           ")


def _read(page: Page, review: Review) -> None:
    """Every mention: what was written, what it was read as and how surely, status and daily dose."""
    if not review.statements:
        return
    page.head("WHAT WAS READ")
    for s in review.statements:
        low, high = s.dosage.daily_dose_mg_min, s.dosage.daily_dose_mg_max
        dose = f"dose not known ({s.dosage.reason})" if high is None else daily_dose_words(low, high)
        needed = ", as needed" if s.dosage.as_needed else ""
        words = f'"{clean(s.written)}"  {how_read(s)}; {s.status.value}{"" if s.status_certain else " (not certain)"}; {dose}{needed}'
        page.wrapped(f"line {s.line:<3} {words}", "  ", "           ")


def unread_section(page: Page, review: Review) -> None:
    """What was not read, when anything was not."""
    if not review.unrecognised:
        return
    page.head("NOT RECOGNISED - NOTHING WAS CHECKED FOR THESE")
    for r in review.unrecognised:
        text = clean(r.text)
        shown = text if len(text) <= 100 else text[:97] + "..."
        page.wrapped(f'line {r.line:<3} "{shown}"  {r.reason}', "  ", "           ")


def _flags(page: Page, review: Review, cited: Citations, full: bool) -> None:
    if not review.flags:
        return
    page.head("WHAT MAY WORSEN OR IMITATE RESTLESS LEGS        action                        evidence for this drug")
    told: dict[str, str] = {}
    for f in review.flags:
        _flag(page, f, review, cited, told, full)
    wanted = list(dict.fromkeys(fact for f in review.flags for fact in f.would_change))
    if wanted:
        page.wrapped(f"Would change this advice, not given: {'; '.join(wanted)}.", "  ")


def _flag(page: Page, f: Flag, review: Review, cited: Citations, told: dict[str, str], full: bool) -> None:
    name = f"{f.ingredient}  ({where(f, review)})"
    action = f"{f.tier.value} {TIER_WORDS[f.tier]}"
    page.line(f"  {name:<46} {action:<29} {evidence_words(f)}{MARK_WORDS[f.verified]}")
    if not f.confirmed:
        page.wrapped(f"UNCONFIRMED: {f.unconfirmed_because}", "      ")
    effect = "; ".join(EFFECT_WORDS[e] for e in f.effect)
    page.wrapped(f"{f.class_name}: {effect}. {f.summary if full else _first_sentences(f.summary)}", "      ")
    own = f.evidence if full else _with_figure(f.evidence)
    for e in own:
        page.wrapped(_evidence(e, cited), "      + ", "        ")
    if not f.evidence or full:
        for e in f.class_evidence if full else _with_figure(f.class_evidence):
            page.wrapped(f"(class) {_evidence(e, cited)}", "      + ", "        ")
    for e in f.counter_evidence if full else f.counter_evidence[:1]:
        page.wrapped(f"against: {_evidence(e, cited)}", "      - ", "        ")
    if f.days_to_onset is not None:
        page.wrapped(f.timing, "      time: ", "            ")
    if f.onset and full:
        page.wrapped(f"reported onset: {f.onset}", "      ")
    _options(page, f, cited, told, full)
    if full and f.would_change:
        page.wrapped(f"would change this: {', '.join(f.would_change)}", "      ")
    page.line()


def _first_sentences(text: str, most: int = 150) -> str:
    """As many whole sentences as fit, at least one."""
    out = ""
    for sentence in text.replace("! ", ". ").split(". "):
        piece = sentence if sentence.endswith(".") else f"{sentence}."
        if out and len(out) + len(piece) > most:
            break
        out = f"{out} {piece}".strip()
    return out


def _with_figure(items: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The one item that says most: supporting, with a figure, best verified."""
    marks = {"yes": 0, "secondary": 1, "no": 2}
    ranked = sorted(items, key=lambda e: (e.direction != "for", not e.figure, marks[e.verified]))
    return tuple(ranked[:1])


def _options(page: Page, f: Flag, cited: Citations, told: dict[str, str], full: bool) -> None:
    """Options once per class: the second member of a class points to the first."""
    if f.class_key in told and not full:
        page.wrapped(f"Consider: as for {told[f.class_key]} above.", "      > ", "        ")
        return
    told.setdefault(f.class_key, f.ingredient)
    offered = [a for a in f.alternatives if not a.withheld]
    shown = offered if full else _first_of_each_need(offered)
    for a in shown:
        page.wrapped(_option(a, cited), "      > ", "        ")
    if len(offered) > len(shown):
        page.line(f"        ({len(offered) - len(shown)} more options with --full)")
    withheld = {", ".join(a.ingredients): a.withheld for a in f.alternatives if a.withheld and a.kind == "drug"}
    for names, reason in withheld.items():
        page.wrapped(f"not offered: {names} ({reason})", "      x ", "        ")
    if f.do_not_suggest:
        avoid = sorted(d.ingredient for d in f.do_not_suggest)
        more = f" and {len(avoid) - 8} more (--full)" if len(avoid) > 8 and not full else ""
        page.wrapped(f"not a replacement: {', '.join(avoid if full else avoid[:8])}{more}", "      x ", "        ")
    if f.no_abrupt_stop:
        page.wrapped(f.no_abrupt_stop if full else _first_sentences(f.no_abrupt_stop, 110), "      ! ", "        ")


def _first_of_each_need(offered: list[Alternative]) -> list[Alternative]:
    """The best option of each need, medicines before plans, at most a few in all."""
    best: dict[str, Alternative] = {}
    for a in offered:
        kept = best.get(a.need)
        if kept is None or (kept.kind != "drug" and a.kind == "drug"):
            best[a.need] = a
    return list(best.values())[:_OPTIONS_SHOWN]


def _option(a: Alternative, cited: Citations) -> str:
    caution = f" {a.caution[0].upper()}{a.caution[1:]}." if a.caution else ""
    caveat = f" ({a.caveat.rstrip('.')})" if a.caveat else ""
    return f"for {a.need_name}: {a.text.rstrip('.')}{caveat}.{caution}{cited.cite(a.references)}"


def _evidence(e: Evidence, cited: Citations) -> str:
    figure = f" ({e.figure})" if e.figure and e.figure not in e.statement else ""
    return f"{e.statement.rstrip('.')}{figure}{MARK_WORDS[e.verified]}{cited.cite(e.references)}"


def _augmentation(page: Page, review: Review, cited: Citations, full: bool) -> None:
    if review.augmentation is None:
        return
    from medcheck.rendering.augmentation import augmentation_lines

    page.head("AUGMENTATION BY DOPAMINERGIC TREATMENT")
    page.items(augmentation_lines(review.augmentation, cited, full=full))


def _points(page: Page, review: Review, cited: Citations) -> None:
    if not review.points:
        return
    page.head("POINTS TO DISCUSS")
    for p in review.points:
        at = f" (line {', '.join(str(n) for n in p.lines)})" if p.lines and len(p.lines) < 6 else ""
        page.wrapped(f"{marked(p.text, p.verified)}{at}{cited.cite(p.references)}", "  * ", "    ")


def _mimics(page: Page, review: Review, cited: Citations) -> None:
    if not review.mimics:
        return
    page.head("LOOK-ALIKES TO TELL APART")
    for m in review.mimics[:4]:
        page.wrapped(f"{m.name}: {m.distinguishing.rstrip('.')}. Ask: {m.question}{cited.cite(m.references)}", "  * ", "    ")
    if len(review.mimics) > 4:
        page.wrapped(f"also: {', '.join(m.name for m in review.mimics[4:])}", "  * ", "    ")


def _rest(page: Page, review: Review) -> None:
    examined = ", ".join(f"{name} ({STATE_WORDS.get(tier, tier)})" for name, tier in review.examined)
    lines = []
    if examined:
        lines.append(("examined, no flag: ", examined))
    if review.not_in_formulary:
        lines.append(("known drug, not in the formulary (not examined): ", ", ".join(review.not_in_formulary)))
    unknown = unknown_code_words(review)
    if unknown:
        more = f"; and {len(unknown) - 12} more" if len(unknown) > 12 else ""
        lines.append(("code not understood, read by the text beside it: ", "; ".join(unknown[:12]) + more))
    taken_not = []
    for k in review.not_taken:
        s = review.statements[k]
        names = ", ".join(s.match.ingredients) or s.match.name
        why = ", ".join(x for x in (s.status.value, clean(s.reason)) if x)
        when = s.period.stopped.text if s.period.stopped is not None else ""
        taken_not.append(f"{names} ({why}{' ' + when if when and when not in why else ''}, line {s.line})")
    if taken_not:
        lines.append(("not counted as taken: ", "; ".join(taken_not)))
    quiet = [f'line {r.line} "{clean(r.text)[:60]}"' for r in review.remarks if r.kind is LineKind.NO_DRUG]
    if quiet:
        lines.append(("no medicine in: ", "; ".join(quiet[:12]) + (f"; and {len(quiet) - 12} more" if len(quiet) > 12 else "")))
    if review.missing:
        lines.append(("not given and would matter: ", missing_words(review)))
    if lines:
        page.head("NO FLAG, NOT TAKEN, NOT GIVEN")
        for label, text in lines:
            page.wrapped(label + text, "  ", "    ")
