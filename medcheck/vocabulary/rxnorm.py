"""Reads an RxNorm release (zip, folder or RXNCONSO.RRF) into names and ingredients; knows nothing of other sources.

RRF: UTF-8, one record a line, columns separated by "|" with one at the end, no heading, no quoting. Used: English, not suppressed names
of RxNorm itself with the term types IN (ingredient), PIN (its salt), MIN (several ingredients) and BN (brand); from RXNREL.RRF "brand
tradename_of ingredient" and "salt form_of ingredient". Without RXNREL.RRF a brand is a drug whose ingredients are not told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from medcheck.domain import VocabularySource
from medcheck.errors import InputError
from medcheck.text import normalise_name
from medcheck.vocabulary.names import MAX_TOKENS, NameTable, Terms, ingredient
from medcheck.vocabulary.releases import open_release

_TYPES: Final = frozenset({"IN", "PIN", "MIN", "BN"})
_COLUMNS: Final = {"RXNCONSO.RRF": 18, "RXNREL.RRF": 16}
_FEW: Final = 20
_STAMP: Final = re.compile(r"(\d{2})(\d{2})(20\d{2})")


class _Rows:
    """The records of one RRF file, with what was wrong with the others."""

    def __init__(self, file: IO[bytes], where: str, columns: int) -> None:
        self.file = file
        self.where = where
        self.columns = columns
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.digest = sha256()

    def __iter__(self) -> Iterator[list[str]]:
        for number, raw in enumerate(self.file, start=1):
            self.digest.update(raw)
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            if not text:
                continue
            self.counts["rows"] += 1
            row = text.split("|")
            if len(row) == self.columns + 1 and not row[-1] and "\ufffd" not in text:
                yield row
                continue
            self.counts["bad rows"] += 1
            if len(self.problems) < _FEW:
                why = "is not UTF-8" if "\ufffd" in text else f"{len(row) - 1} columns instead of {self.columns}"
                self.problems.append(f"{self.where} line {number}: {why}")


def import_rxnorm(path: Path, terms: Terms) -> NameTable:
    """Read an RxNorm release.

    Raises:
        InputError: no such file, not a zip file, or no usable row; file and line are named.
    """
    with open_release(path, tuple(_COLUMNS)) as files:
        return _read(path, files, terms)


def _read(path: Path, files: dict[str, tuple[IO[bytes], str]], terms: Terms) -> NameTable:
    concepts = _Rows(*files["RXNCONSO.RRF"], _COLUMNS["RXNCONSO.RRF"])
    counts: Counter[str] = Counter()
    found: dict[str, dict[str, str]] = {t: {} for t in _TYPES}  # by term type: RXCUI -> name
    for row in concepts:
        if row[1] == "ENG" and row[11] == "RXNORM" and row[12] in _TYPES and row[16] == "N":
            found[row[12]][row[0]] = row[14]
            counts[row[12]] += 1
    if not counts:
        raise InputError(f"{concepts.where}: none of {concepts.counts['rows']} rows is an RxNorm name", {concepts.where: concepts.problems})
    tradename: dict[str, set[str]] = {}
    form: dict[str, str] = {}
    problems = concepts.problems
    counts.update(concepts.counts)
    digest = concepts.digest
    if "RXNREL.RRF" in files:
        relations = _Rows(*files["RXNREL.RRF"], _COLUMNS["RXNREL.RRF"])
        tradename, form = _relations(relations, found)
        counts.update(relations.counts)
        problems = problems + relations.problems
        digest.update(relations.digest.digest())
    names = _names(found, tradename, form, terms)
    counts["names"] = len(names)
    released = _date_of(path)
    return NameTable(
        source=VocabularySource("RxNorm", released, released, len(names), digest.hexdigest()),
        names=names,
        counts=dict(counts),
        problems=tuple(problems[:_FEW]),
    )


def _relations(rows: _Rows, found: dict[str, dict[str, str]]) -> tuple[dict[str, set[str]], dict[str, str]]:
    """Brand -> its ingredients and salt -> its ingredient, by RXCUI; a record reads "RXCUI2 RELA RXCUI1"."""
    tradename: dict[str, set[str]] = {}
    form: dict[str, str] = {}
    for row in rows:
        left, right, relation = row[4], row[0], row[7]
        if relation in ("has_tradename", "has_form"):
            left, right = right, left
        if relation in ("tradename_of", "has_tradename") and left in found["BN"] and right in found["IN"]:
            tradename.setdefault(left, set()).add(right)
        elif relation in ("form_of", "has_form") and left in found["PIN"] and right in found["IN"]:
            form[left] = right
    return tradename, form


def _names(
    found: dict[str, dict[str, str]], tradename: dict[str, set[str]], form: dict[str, str], terms: Terms
) -> dict[str, tuple[str, ...]]:
    inn = {rxcui: ingredient(name, terms) for rxcui, name in found["IN"].items()}
    names: dict[str, tuple[str, ...]] = {}
    brands: dict[str, set[tuple[str, ...]]] = {}
    for rxcui, name in found["BN"].items():
        brands.setdefault(normalise_name(name), set()).add(tuple(sorted({inn[i] for i in tradename.get(rxcui, ())})))
    names.update({n: next(iter(f)) if len(f) == 1 else () for n, f in brands.items()})
    for name in found["MIN"].values():
        names[normalise_name(name)] = tuple(sorted({ingredient(part, terms) for part in name.split(" / ")}))
    for rxcui, name in found["PIN"].items():
        names[normalise_name(name)] = (inn[form[rxcui]],) if rxcui in form else (ingredient(name, terms),)
    for rxcui, name in found["IN"].items():
        names.update(dict.fromkeys((normalise_name(name), normalise_name(inn[rxcui])), (inn[rxcui],)))
    return {n: i for n, i in names.items() if 0 < len(n.split()) <= MAX_TOKENS}


def _date_of(path: Path) -> str:
    """The release's date: in its file name (MMDDYYYY), else the day the file was written."""
    stamp = _STAMP.search(path.name)
    if stamp:
        month, day, year = (int(g) for g in stamp.groups())
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            pass
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date().isoformat()
