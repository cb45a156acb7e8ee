"""Explanations of readings -> lines of words and JSON types; layout only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from medcheck.matching import Candidate, NameIndex
from medcheck.matching.explaining import Explained, explain

_MOST_SHOWN = 5
_SILENT = ("number", "structure", "ordinary")


def explained_lines(text: str, index: NameIndex) -> list[str]:
    """A line for each piece that matters; figures and ordinary words together on the last."""
    pieces = explain(text, index)
    lines = [_line(p) for p in pieces if p.how not in _SILENT]
    passed = ", ".join(dict.fromkeys(p.text for p in pieces if p.how in _SILENT))
    return [*lines, f"passed over: {passed}"] if passed else lines


def _line(piece: Explained) -> str:
    read = f" -> {', '.join(piece.match.ingredients) or piece.match.name}" if piece.match is not None else ""
    near = candidates_in_words(piece.candidates)
    return f'"{piece.text}"{read}: {piece.how}, {piece.reason}' + (f" [{near}]" if near else "")


def explained_as_dicts(text: str, index: NameIndex) -> list[dict[str, Any]]:
    """Every piece of a text as JSON types, all candidates with it."""
    return [
        {
            "text": p.text,
            "span": [p.start, p.end],
            "how": p.how,
            "reason": p.reason,
            "ingredients": list(p.match.ingredients) if p.match is not None else [],
            "candidates": candidates_as_dicts(p.candidates),
        }
        for p in explain(text, index)
    ]


def candidates_as_dicts(candidates: Iterable[Candidate]) -> list[dict[str, Any]]:
    """Names that were weighed, best first, as JSON types."""
    return [
        {"name": c.reading.name, "ingredients": list(c.reading.ingredients), "score": round(c.reading.score, 3), "edits": c.edits}
        for c in candidates
    ]


def candidates_in_words(candidates: Sequence[Candidate]) -> str:
    """The best candidates with their scores and edits."""
    shown = [f"{c.reading.name} {c.reading.score:.2f} ({c.edits})" for c in candidates[:_MOST_SHOWN]]
    more = len(candidates) - len(shown)
    return "; ".join(shown) + (f"; {more} more" if more > 0 else "")
