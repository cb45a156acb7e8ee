"""A Review as Markdown: a note for the chart that keeps its caveats; everything that was typed is escaped."""

from __future__ import annotations

import re

from medcheck.domain import Flag, MedicationStatement, Review
from medcheck.rendering.plain import NOT_REVIEWED, NOTICE
from medcheck.rendering.words import (
    EFFECT_WORDS,
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

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&])")


def escape(text: str) -> str:
    r"""Typed text that Markdown shows as it is.

    >>> escape("*stop* <b>")
    '\\*stop\\* \\<b\\>'
    """
    return _SPECIAL.sub(r"\\\1", clean(text))


def as_markdown(review: Review) -> str:
    """The review as a Markdown note with all references."""
    cited = Citations(review.references)
    state = "" if review.clinically_reviewed else f" **{NOT_REVIEWED}**"
    out = ["# Medication review for restless legs", ""]
    data = f"formulary {review.formulary_version} (`{review.formulary_sha256[:12]}`)"
    out += [f"As of {review.as_of.isoformat()} · medcheck {review.program_version} · {data}", ""]
    out += [f"{NOTICE}{state}", "", f"**{escape(headline(review))}**", ""]
    rows = to_confirm(review)
    if rows:
        out += ["## Please confirm what was read", ""]
        out += [f"- {_open(s)}" for _, s in rows]
        out.append("")
    if review.unrecognised:
        out += ["## Not recognised: nothing was checked for these", ""]
        out += [f"- line {r.line}: {escape(r.text[:200])} — {escape(r.reason)}" for r in review.unrecognised]
        out.append("")
    if review.flags:
        out += ["## What may worsen or imitate restless legs", ""]
        out += ["| Medicine | Where | Action | Evidence | Confirmed |", "|---|---|---|---|---|"]
        out += [_row(f, review) for f in review.flags]
        out.append("")
        for f in review.flags:
            out += _details(f, cited)
    if review.augmentation is not None:
        from medcheck.rendering.augmentation import augmentation_lines, plain_lead

        out += ["## Augmentation", ""]
        out += [f"- {escape(plain_lead(lead) + text)}" for lead, text in augmentation_lines(review.augmentation, cited, full=True)]
        out.append("")
    if review.points:
        out += ["## Points to discuss", ""]
        out += [f"- {escape(marked(p.text, p.verified))}{escape(cited.cite(p.references))}" for p in review.points]
        out.append("")
    if review.mimics:
        out += ["## Look-alikes to tell apart", ""]
        for m in review.mimics:
            out.append(f"- {escape(m.name)}: {escape(m.distinguishing)} Ask: {escape(m.question)}{escape(cited.cite(m.references))}")
        out.append("")
    out += ["## No flag, not taken, not given", ""]
    if review.examined:
        out.append(f"- examined, no flag: {', '.join(f'{n} ({STATE_WORDS.get(t, t)})' for n, t in review.examined)}")
    if review.not_in_formulary:
        out.append(f"- known drug, not in the formulary (not examined): {escape(', '.join(review.not_in_formulary))}")
    for words in unknown_code_words(review):
        out.append(f"- code not understood, read by the text beside it: {escape(words)}")
    for k in review.not_taken:
        s = review.statements[k]
        names = ", ".join(s.match.ingredients) or s.match.name
        reason = f", {escape(s.reason)}" if s.reason else ""
        out.append(f"- not counted as taken: {escape(names)} ({s.status.value}{reason}, line {s.line})")
    if review.missing:
        out.append(f"- not given and would matter: {escape(missing_words(review))}")
    listed = cited.listed()
    if listed:
        out += ["", "## References", ""]
        out += [f"{number}. {escape(reference_text(reference))}" for number, reference in listed]
    return "\n".join(out).rstrip() + "\n"


def _open(s: MedicationStatement) -> str:
    parts = [f"line {s.line}: {escape(s.written)}", escape(how_read(s))]
    parts += [] if s.status_certain else ["status not clear, shown as taken"]
    parts += [escape(s.doubt)] if s.doubt else []
    return " — ".join(parts)


def _row(f: Flag, review: Review) -> str:
    confirmed = "yes" if f.confirmed else f"no: {escape(f.unconfirmed_because)}"
    return f"| {f.ingredient} | {escape(where(f, review))} | {f.tier.value} {TIER_WORDS[f.tier]} | {evidence_words(f)} | {confirmed} |"


def _details(f: Flag, cited: Citations) -> list[str]:
    out = [f"### {f.ingredient} ({f.tier.value} {TIER_WORDS[f.tier]})", ""]
    out.append(f"{escape(f.class_name)}: {'; '.join(EFFECT_WORDS[e] for e in f.effect)}. {escape(f.summary)}")
    out.append("")
    for label, items in (("evidence", f.evidence), ("evidence of the class", f.class_evidence), ("against", f.counter_evidence)):
        for e in items:
            figure = f" ({e.figure})" if e.figure else ""
            out.append(f"- {label}: {escape(marked(e.statement + figure, e.verified))}{escape(cited.cite(e.references))}")
    if f.timing:
        out.append(f"- time: {escape(f.timing)}")
    for a in f.alternatives:
        caution = f" {a.caution}." if a.caution else ""
        if a.withheld:
            out.append(f"- not offered for {escape(a.need_name)}: {escape(', '.join(a.ingredients) or a.text)} ({escape(a.withheld)})")
        else:
            out.append(f"- for {escape(a.need_name)}: {escape(f'{a.text} {a.caveat}{caution}')}{escape(cited.cite(a.references))}")
    if f.do_not_suggest:
        out.append(f"- flagged themselves, so not offered in its place: {', '.join(sorted(d.ingredient for d in f.do_not_suggest))}")
    if f.no_abrupt_stop:
        out.append(f"- {escape(f.no_abrupt_stop)}")
    if f.would_change:
        out.append(f"- would change this: {escape(', '.join(f.would_change))}")
    out.append("")
    return out
