"""A Review as CSV: one row per line read and per line not read; cells are safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from medcheck.codesystems import shown
from medcheck.domain import Flag, Outcome, Review
from medcheck.rendering.words import clean

_COLUMNS = (
    "line", "written", "outcome", "ingredients", "method", "score", "other_readings", "question", "status", "status_certain",
    "daily_dose_mg_min", "daily_dose_mg_max", "as_needed", "tier", "flagged", "strength", "basis", "confirmed", "text",
    "reason", "codes", "formulary",
)  # fmt: skip


def as_csv(review: Review) -> str:
    """One row per statement, then one per line that was not read (outcome unrecognised). Text cells never start a formula.

    The last column says in each row which data spoke and whether clinicians have reviewed it: a table travels without its notice.
    """
    state = "clinically reviewed" if review.clinically_reviewed else "not yet clinically reviewed"
    source = f"{review.formulary_version} ({review.formulary_sha256[:12]}), {state}"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    raised: dict[int, list[Flag]] = {}
    for f in review.flags:
        for k in f.statements:
            raised.setdefault(k, []).append(f)
    for k, s in enumerate(review.statements):
        flags = raised.get(k, [])
        worst = flags[0] if flags else None
        others = "; ".join(f"{r.name} ({r.score:.2f})" for r in s.match.other_readings)
        writer.writerow(
            [
                s.line, _safe(s.written), s.match.outcome.value, "; ".join(s.match.ingredients), s.match.method.value,
                f"{s.match.score:.2f}", _safe(others), _safe(s.match.question), s.status.value, _yes(s.status_certain),
                _blank(s.dosage.daily_dose_mg_min),
                _blank(s.dosage.daily_dose_mg_max), _yes(s.dosage.as_needed), worst.tier.value if worst else "",
                "; ".join(f.ingredient for f in flags), worst.strength if worst else "", worst.basis if worst else "",
                _yes(worst.confirmed) if worst else "", _safe(s.text), _safe(s.reason or s.dosage.reason),
                _safe("; ".join(f"{shown(c.system, c.code)}{f' ({c.problem})' if c.problem else ''}" for c in s.codings)), source,
            ]
        )  # fmt: skip
    for r in review.unrecognised:
        row = [""] * len(_COLUMNS)
        row[0], row[1], row[2], row[-4:] = (
            str(r.line),
            _safe(r.text),
            Outcome.UNRECOGNISED.value,
            [_safe(r.text), _safe(r.reason), "", source],
        )
        writer.writerow(row)
    return out.getvalue()


def _safe(text: str) -> str:
    """Neutralise a cell that a spreadsheet would run as a formula; the text itself is kept behind an apostrophe."""
    shown = clean(text)
    return f"'{shown}" if shown.lstrip(" \"'")[:1] in ("=", "+", "-", "@", "\t", "＝", "＋", "－", "＠") else shown


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _blank(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
