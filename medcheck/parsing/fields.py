"""What the head of a table column or the label of a field says its content is; knows no drug."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medcheck.text import lazy_pattern

# Longer phrases first where one holds another: the first that is found in the words decides.
_ROLES: tuple[tuple[str, str], ...] = (
    ("reason for stopping", "reason"), ("reason stopped", "reason"), ("reason for discontinuation", "reason"), ("stop reason", "reason"),
    ("still taking", "taking"), ("currently taking", "taking"), ("taking now", "taking"), ("taking", "taking"), ("current", "taking"),
    ("last filled", "seen"), ("last fill", "seen"), ("last issued", "seen"), ("last issue", "seen"), ("last dispensed", "seen"),
    ("last taken", "seen"), ("last dose", "seen"), ("last reviewed", "seen"), ("issue date", "seen"), ("issued", "seen"),
    ("filled", "seen"), ("dispensed", "seen"), ("review date", "seen"), ("reviewed", "seen"), ("authorised", "seen"), ("ordered", "seen"),
    ("start date", "start"), ("date started", "start"), ("started", "start"), ("start", "start"), ("since", "start"), ("begin", "start"),
    ("begin date", "start"), ("from", "start"), ("first taken", "start"), ("commenced", "start"),
    ("stop date", "stop"), ("end date", "stop"), ("date stopped", "stop"), ("date ended", "stop"), ("discontinued", "stop"),
    ("stopped", "stop"), ("stop", "stop"), ("ended", "stop"), ("end", "stop"), ("until", "stop"), ("to", "stop"), ("ceased", "stop"),
    ("status", "status"), ("state", "status"), ("active", "taking"),
    ("drug name", "medicine"), ("drugname", "medicine"), ("medication name", "medicine"), ("medication", "medicine"), ("drug", "medicine"),
    ("medications", "medicine"), ("medicine", "medicine"), ("medicines", "medicine"), ("med", "medicine"), ("name", "medicine"),
    ("product", "medicine"), ("preparation", "medicine"), ("generic", "medicine"), ("brand", "medicine"), ("description", "medicine"),
    ("item", "medicine"), ("ingredient", "medicine"), ("substance", "medicine"), ("allergen", "allergen"),
    ("allergy", "allergen"), ("meds", "medicine"), ("rx", "medicine"),
    ("dose mg", "mg"), ("strength mg", "mg"), ("mg", "mg"), ("dose mcg", "mcg"), ("times per day", "times"), ("times daily", "times"),
    ("times a day", "times"), ("per day", "times"), ("doses per day", "times"),
    ("dose", "dose"), ("dosage", "dose"), ("strength", "dose"), ("sig", "dose"), ("instructions", "dose"), ("directions", "dose"),
    ("frequency", "dose"), ("freq", "dose"), ("how often", "dose"), ("how much", "dose"), ("how taken", "dose"), ("when", "dose"),
    ("amount", "dose"), ("schedule", "dose"), ("timing", "dose"), ("unit", "dose"), ("units", "dose"), ("form", "dose"), ("route", "dose"),
    ("regimen", "dose"), ("prn", "dose"), ("times", "dose"), ("take", "dose"), ("how to take", "dose"), ("morning", "dose"),
    ("evening", "dose"), ("night", "dose"), ("noon", "dose"), ("bedtime", "dose"), ("use", "dose"), ("duration", "dose"),
    ("medicamento", "medicine"), ("medikament", "medicine"), ("medicament", "medicine"), ("wirkstoff", "medicine"), ("dosis", "dose"),
    ("dosierung", "dose"), ("posologie", "dose"), ("estado", "status"), ("statut", "status"),
    ("indication", "purpose"), ("reason", "purpose"), ("for", "purpose"), ("diagnosis", "purpose"), ("purpose", "purpose"),
    ("problem", "purpose"), ("used for", "purpose"), ("taken for", "purpose"), ("what for", "purpose"), ("condition", "purpose"),
    ("why", "purpose"),
    ("comment", "comment"), ("comments", "comment"), ("note", "comment"), ("notes", "comment"), ("remarks", "comment"),
    ("remark", "comment"), ("what changed", "comment"), ("effect", "comment"), ("response", "comment"), ("outcome", "comment"),
    ("reaction", "reaction"), ("reactions", "reaction"), ("severity", "other"),
    ("prescriber", "other"), ("provider", "other"), ("doctor", "other"), ("ordered by", "other"), ("prescribed by", "other"),
    ("pharmacy", "other"), ("qty", "other"), ("quantity", "other"), ("disp", "other"), ("dispense", "other"), ("refills", "other"),
    ("refill", "other"), ("rfl", "other"), ("ndc", "other"), ("rxcui", "other"), ("code", "other"), ("id", "other"), ("no", "other"),
    ("number", "other"), ("patient", "other"), ("source", "other"), ("class", "other"), ("last updated", "other"), ("date", "other"),
    ("supply", "other"), ("days supply", "other"), ("manufacturer", "other"), ("category", "other"), ("type", "other"),
)  # fmt: skip
_DATE_BEGINS = lazy_pattern(
    r"\W*(?:\d|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|early|late|about|approx|unknown|never|none|n/a))", re.I
)
ROLE_OF = {tuple(phrase.split()): role for phrase, role in _ROLES}
ROLE_WORDS = frozenset(word for phrase in ROLE_OF for word in phrase)
_LONGEST = max(len(phrase) for phrase in ROLE_OF)
_DATED_LABELS = frozenset({"start", "stop", "seen"})  # as labels these stand before a date; before a name they are headings
_LABELS = frozenset({"status", "dose", "purpose", "comment", "reason", "reaction", "other", "taking", *_DATED_LABELS})
_NO_LABEL = frozenset({("taking",), ("current",), ("active",), ("for",), ("to",), ("no",), ("patient",), ("prn",), ("class",),
                       ("morning",), ("evening",), ("night",), ("noon",), ("bedtime",), ("date",), ("note",), ("use",),
                       ("problem",), ("condition",), ("type",), ("category",), ("diagnosis",), ("id",), ("source",)})  # fmt: skip


def column_role(words: Sequence[str]) -> str:
    """What a column holds by the words of its head; "" when they do not tell.

    >>> column_role(["date", "stopped"]), column_role(["favourite", "colour"])
    ('stop', '')
    """
    if tuple(words) in ROLE_OF:
        return ROLE_OF[tuple(words)]
    for length in range(min(_LONGEST, len(words)), 0, -1):
        for k in range(len(words) - length + 1):
            role = ROLE_OF.get(tuple(words[k : k + length]))
            if role:
                return role
    return ""


def label_role(words: Sequence[str], content: str) -> str:
    """What a field "words: content" holds; "" when it is no field but a heading or nothing of the kind.

    >>> label_role(["stop", "date"], "2024-01-01"), label_role(["stop"], "Reglan"), label_role(["allergies"], "codeine")
    ('stop', '', '')
    """
    key = tuple(words)
    role = ROLE_OF.get(key, "")
    if role not in _LABELS or key in _NO_LABEL:
        return ""
    if role in _DATED_LABELS and len(key) == 1 and not _DATE_BEGINS.match(content):
        return ""
    return role
