"""The answer of `medcheck augmentation` for one history: the augmentation part with what was not read, as JSON types and text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medcheck.assessment import CurvePoint
from medcheck.domain import Review
from medcheck.rendering.augmentation import assessment_as_dict, augmentation_lines, curve_as_dicts
from medcheck.rendering.plain import FORMAT_VERSION, NOT_REVIEWED, NOTICE, as_dict
from medcheck.rendering.table import Page, confirm_section, reference_section, unread_section
from medcheck.rendering.words import Citations
from medcheck.text import median_words, percent_words

_KEPT = ("format", "as_of", "program", "formulary", "notice", "facts", "statements", "unrecognised")


def history_as_dict(review: Review, points: Sequence[CurvePoint]) -> dict[str, Any]:
    """The augmentation part as JSON types, with what it was read from; `curve` holds the numbers of the plot."""
    whole = as_dict(review)
    out = {key: whole[key] for key in _KEPT}
    out["augmentation"] = None if review.augmentation is None else assessment_as_dict(review.augmentation)
    out["curve"] = curve_as_dicts(points)
    cited = set(review.augmentation.references if review.augmentation is not None else ())
    out["references"] = [r for r in whole["references"] if r["key"] in cited]
    out["format"] = FORMAT_VERSION
    return out


def history_as_text(review: Review, points: Sequence[CurvePoint], *, width: int, full: bool, references: bool) -> str:
    """The augmentation part as plain text; with `points` the table of the plot follows."""
    page = Page(width)
    cited = Citations(review.references)
    state = "clinically reviewed" if review.clinically_reviewed else "not yet clinically reviewed"
    a = review.augmentation
    model = f" · model {a.model_version} ({a.model_sha256[:8]})" if a is not None else ""
    page.line(
        f"medcheck {review.program_version} · formulary {review.formulary_version} ({review.formulary_sha256[:8]}){model} · {state} · "
        f"as of {review.as_of.isoformat()}"
    )
    page.line(NOTICE)
    confirm_section(page, review)
    unread_section(page, review)
    if a is not None:
        page.head("AUGMENTATION BY DOPAMINERGIC TREATMENT")
        page.items(augmentation_lines(a, cited, full=full, alone=True))
    if points:
        page.head("CUMULATIVE RISK (percent: median, 95 % of studies)")
        page.wrapped(
            "Two medians where the history is only known as a range; the dose is the highest. What lies ahead counts from today.", "  "
        )
        for p in points:
            ahead = "ahead " if p.ahead else "behind"
            low, high = (percent_words(x) for x in (p.low95, p.high95))
            middle = median_words(p.lower_median, p.median)
            page.line(f"  {p.day.isoformat()}  {ahead}  dose {p.dose_ratio:>5.2f} x ceiling   {middle:>8}  ({low} to {high})")
    page.line()
    reference_section(page, cited, references=references)
    if not review.clinically_reviewed:
        page.wrapped(f"{NOT_REVIEWED} Confirm against the sources before acting.")
    return page.text()
