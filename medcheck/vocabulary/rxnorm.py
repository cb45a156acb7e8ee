"""Reads an RxNorm release (zip, folder or RXNCONSO.RRF) into names, codes and ingredients; knows nothing of other sources.

RRF: UTF-8, one record a line, columns separated by "|" with one at the end, no heading, no quoting. The full release and the Prescribable
Content have the same files. Used, all without what is suppressed:

    RXNCONSO.RRF  English names of RxNorm itself. Names: IN (ingredient), PIN (its salt), MIN (several ingredients), BN (brand) and
                  the synonyms (SY, TMSY, PSN) of these that no other concept shares. Codes: those, clinical drugs (SCD, SBD),
                  packs (GPCK, BPCK) and dose form groups (SCDF, SCDG, SBDF, SBDG). A full release also brings codes of ATC and of
                  SNOMED CT for these concepts.
    RXNREL.RRF    what each concept is made of ("RXCUI2 RELA RXCUI1"), followed down to ingredients.
    RXNSAT.RRF    NDC of clinical drugs and packs.
    RXNCUI.RRF    retired codes and what they became: old lists hold them. Kept where all that one became has the same ingredients.

Without RXNREL.RRF a brand is a drug whose ingredients are not told, and only ingredients, their salts and combinations have codes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from medcheck.codesystems import ATC, NDC, RXNORM, SNOMED, CodeError, number_of
from medcheck.domain import VocabularySource
from medcheck.errors import InputError
from medcheck.text import normalise_name
from medcheck.vocabulary.codes import CodeCollector
from medcheck.vocabulary.names import LOCAL_USE, MAX_TOKENS, NameTable, Terms, ingredient
from medcheck.vocabulary.releases import open_release

_NAMED: Final = frozenset({"IN", "PIN", "MIN", "BN"})
_CODED: Final = _NAMED | {"SCD", "SBD", "GPCK", "BPCK", "SCDF", "SCDG", "SBDF", "SBDG"}
_TYPES: Final = _CODED | {"SCDC"}
_SYNONYMS: Final = frozenset({"SY", "TMSY", "PSN"})
_COLUMNS: Final = {"RXNCONSO.RRF": 18, "RXNREL.RRF": 16, "RXNSAT.RRF": 13, "RXNCUI.RRF": 5}
_FEW: Final = 20
_PACKED: Final = re.compile(r"\d \(")  # "{7 (this) / 21 (that) } Pack"
_INERT: Final = "inert ingredients"  # the tablets of a pack that hold nothing
_STAMP: Final = re.compile(r"(\d{2})(\d{2})(20\d{2})")
_LOCAL_FORM: Final = re.compile(r"\b(?:Topical|Ophthalmic|Otic|Vaginal|Medicated Shampoo|Mouthwash|Toothpaste|Irrigation)\b")

# RELA -> whether it is turned round: "left relation right" shall mean that left is made of right, or is a kind of it.
_MADE_OF: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("tradename_of", "form_of", "consists_of", "has_ingredient", "has_ingredients", "has_part", "contains"), False),
    **dict.fromkeys(("has_tradename", "has_form", "constitutes", "ingredient_of", "ingredients_of", "part_of", "contained_in"), True),
    "has_precise_ingredient": False,
    "precise_ingredient_of": True,
}
# For each type, what it is made of, the surest way first: all of one kind are taken together.
_WAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "PIN": ("IN",),
    "MIN": ("IN",),
    "BN": ("IN",),
    "SCDC": ("IN", "PIN"),
    "SCD": ("MIN", "SCDC"),
    "SBD": ("SCD",),
    "GPCK": ("SCD",),
    "BPCK": ("SCD SBD", "GPCK"),
    "SCDF": ("MIN", "IN"),
    "SCDG": ("MIN", "IN"),
    "SBDF": ("SCDF", "BN"),
    "SBDG": ("SCDG", "BN"),
}


class _Rows:
    """The records of one RRF file, with what was wrong with the others."""

    def __init__(self, file: IO[bytes], where: str, columns: int) -> None:
        self.file = file
        self.where = where
        self.columns = columns
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.digest = sha256()

    def having(self, *marks: bytes) -> Iterator[list[str]]:
        """The records that hold one of the marks; all are counted and have their columns counted (a full release has 15 million)."""
        rows = bad = 0
        columns = self.columns
        for number, raw in enumerate(self.file, start=1):
            self.digest.update(raw)
            if raw.isspace():
                continue
            rows += 1
            if raw.count(b"|") != columns or not raw.rstrip(b"\r\n").endswith(b"|"):
                bad += 1
                self.problem(number, f"{raw.count(b'|')} columns instead of {columns}")
            elif any(mark in raw for mark in marks):
                text = raw.decode("utf-8", "replace").rstrip("\r\n")
                if "\ufffd" in text:
                    bad += 1
                    self.problem(number, "is not UTF-8")
                else:
                    yield text.split("|")
        self.counts["rows"] += rows
        if bad:
            self.counts["bad rows"] += bad

    def problem(self, number: int, why: str) -> None:
        """Name a bad row, unless enough are named."""
        if len(self.problems) < _FEW:
            self.problems.append(f"{self.where} line {number}: {why}")


class _Concepts:
    """The concepts of a release: type, name and what each is made of, by RXCUI."""

    def __init__(self) -> None:
        self.kind: dict[str, str] = {}
        self.name: dict[str, str] = {}
        self.synonyms: dict[str, set[str]] = {}
        self.foreign: dict[str, set[tuple[str, str]]] = {}  # RXCUI -> (code system, code)
        self.parts: dict[str, set[str]] = {}
        self.several: set[str] = set()  # brands whose products differ in their ingredients
        self._found: dict[str, frozenset[str]] = {}

    def made_of(self, rxcui: str) -> frozenset[str]:
        """The RXCUIs of all ingredients; empty where the release does not tell them, or not all."""
        known = self._found.get(rxcui)
        if known is None:
            self._found[rxcui] = frozenset()  # a circle in the data ends here
            known = self._found[rxcui] = self._follow(rxcui)
        return known

    def _follow(self, rxcui: str) -> frozenset[str]:
        kind = self.kind[rxcui]
        if kind == "IN":
            return frozenset((rxcui,))
        parts = self.parts.get(rxcui, set())
        for way in _WAYS[kind]:
            through = [p for p in parts if self.kind[p] in way.split()]
            found = [self.made_of(p) for p in through]
            # One component without its ingredient would make the answer a part of the truth; so would a component that was lost.
            if through and all(found) and len(through) >= self._components(rxcui, way):
                return frozenset[str]().union(*found)
        return frozenset()

    def _components(self, rxcui: str, way: str) -> int:
        """How many parts the name of a concept says that it has, where they can be counted."""
        name = self.name[rxcui]
        if way == "SCDC" or (way == "IN" and self.kind[rxcui] in ("SCDF", "SCDG")):
            return name.count(" / ") + 1  # never fewer than its ingredients; docs/decisions/0009-codes.md
        return len(_PACKED.findall(name)) if self.kind[rxcui] in ("GPCK", "BPCK") and way != "GPCK" else 1


def import_rxnorm(path: Path, terms: Terms) -> NameTable:
    """Read an RxNorm release.

    Raises:
        InputError: no such file, not a zip file, or no usable row; file and line are named.
    """
    with open_release(path, tuple(_COLUMNS)) as files:
        return _read(path, files, terms)


def _read(path: Path, files: dict[str, tuple[IO[bytes], str]], terms: Terms) -> NameTable:
    read = {name: _Rows(*files[name], columns) for name, columns in _COLUMNS.items() if name in files}
    counts: Counter[str] = Counter()
    concepts = _concepts(read["RXNCONSO.RRF"], counts)
    if not concepts.kind:
        rows = read["RXNCONSO.RRF"]
        raise InputError(f"{rows.where}: none of {rows.counts['rows']} rows is an RxNorm name", {rows.where: rows.problems})
    if "RXNREL.RRF" in read:
        _relations(read["RXNREL.RRF"], concepts)
    inn = {rxcui: ingredient(concepts.name[rxcui], terms) for rxcui, kind in concepts.kind.items() if kind == "IN"}
    names = _names(concepts, inn, terms, counts)
    codes = _codes(concepts, inn, terms, counts)
    if "RXNSAT.RRF" in read:
        _packages(read["RXNSAT.RRF"], concepts, codes, counts)
    if "RXNCUI.RRF" in read:
        _retired(read["RXNCUI.RRF"], concepts, codes[RXNORM], counts)
    for rows in read.values():
        counts.update(rows.counts)
    for collector in codes.values():
        collector.count_into(counts)
    counts["names"] = len(names)
    digest = read["RXNCONSO.RRF"].digest
    for other in list(read.values())[1:]:
        digest.update(other.digest.digest())
    released = _date_of(path)
    problems = [p for rows in read.values() for p in rows.problems]
    return NameTable(
        source=VocabularySource("RxNorm", released, released, len(names), digest.hexdigest(), sum(c.count for c in codes.values())),
        names=names,
        codes={system: table for collector in codes.values() for system, table in collector.table().items()},
        counts={k: n for k, n in counts.items() if n},
        problems=tuple(problems[:_FEW]),
    )


def _concepts(rows: _Rows, counts: Counter[str]) -> _Concepts:
    out = _Concepts()
    for row in rows.having(b"|RXNORM|", b"|ATC|", b"|SNOMEDCT_US|"):
        rxcui, source, kind, code, name = row[0], row[11], row[12], row[13], row[14]
        if row[1] != "ENG":
            counts["other languages"] += 1
        elif row[16] != "N":
            counts["suppressed"] += 1
        elif source == "RXNORM" and kind in _TYPES:
            out.kind[rxcui] = kind
            out.name[rxcui] = name
            counts[kind] += 1
        elif source == "RXNORM" and kind in _SYNONYMS:
            out.synonyms.setdefault(rxcui, set()).add(name)
        elif source in ("ATC", "SNOMEDCT_US"):
            out.foreign.setdefault(rxcui, set()).add((ATC if source == "ATC" else SNOMED, code))
        else:
            counts["other sources and types"] += 1
    return out


def _relations(rows: _Rows, concepts: _Concepts) -> None:
    """Fill in what each concept is made of; a record reads "RXCUI2 RELA RXCUI1".

    A brand of which one product holds something else than the brand is said to must be read as neither, nor as both together.
    """
    kind, parts = concepts.kind, concepts.parts
    for row in rows.having(b"|RXNORM|"):
        turned = _MADE_OF.get(row[7])
        if turned is None or row[14] not in ("", "N"):
            continue
        left, right = (row[0], row[4]) if turned else (row[4], row[0])
        if left in kind and right in kind:
            parts.setdefault(left, set()).add(right)
    for rxcui in [r for r, k in kind.items() if k == "SBD"]:
        formula = concepts.made_of(rxcui)
        if formula:
            concepts.several.update(p for p in parts[rxcui] if kind[p] == "BN" and concepts.made_of(p) != formula)


def _ingredients(concepts: _Concepts, rxcui: str, inn: Mapping[str, str], terms: Terms) -> tuple[str, ...]:
    """The ingredients of a concept, from what it is made of; of a salt or a combination without relations from its name."""
    found = concepts.made_of(rxcui)
    kind = concepts.kind[rxcui]
    if rxcui in concepts.several:
        return ()
    if kind == "MIN":
        parts = {ingredient(part, terms) for part in concepts.name[rxcui].split(" / ")}
        told = {inn[i] for i in found}
        return tuple(sorted(told if len(told) >= len(parts) else parts))
    if not found and kind == "PIN":
        return (ingredient(concepts.name[rxcui], terms),)
    told = {inn[i] for i in found}
    return tuple(sorted(told - {_INERT} or told))


def _names(concepts: _Concepts, inn: Mapping[str, str], terms: Terms, counts: Counter[str]) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    brands: dict[str, set[tuple[str, ...]]] = {}
    of_kind: dict[str, list[str]] = {}
    for rxcui, kind in concepts.kind.items():
        of_kind.setdefault(kind, []).append(rxcui)
    for rxcui in of_kind.get("BN", ()):
        told = _ingredients(concepts, rxcui, inn, terms)
        brands.setdefault(normalise_name(concepts.name[rxcui]), set()).add(told)
    names.update({n: next(iter(f)) if len(f) == 1 else () for n, f in brands.items()})
    counts["brands of several formulas"] = len(concepts.several)
    for kind in ("MIN", "PIN"):
        names.update({normalise_name(concepts.name[r]): _ingredients(concepts, r, inn, terms) for r in of_kind.get(kind, ())})
    for rxcui in of_kind.get("IN", ()):
        names.update(dict.fromkeys((normalise_name(concepts.name[rxcui]), normalise_name(inn[rxcui])), (inn[rxcui],)))
    names.update(_synonyms(concepts, names, counts))
    return {n: i for n, i in names.items() if 0 < len(n.split()) <= MAX_TOKENS}


def _synonyms(concepts: _Concepts, names: Mapping[str, tuple[str, ...]], counts: Counter[str]) -> dict[str, tuple[str, ...]]:
    """Synonyms of named concepts that mean one thing only: not another concept's name, and not two concepts' synonym."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for rxcui, synonyms in concepts.synonyms.items():
        if concepts.kind.get(rxcui) in _NAMED:
            told = names.get(normalise_name(concepts.name[rxcui]), ())
            for synonym in synonyms:
                found.setdefault(normalise_name(synonym), set()).add(told)
    kept = {n: next(iter(told)) for n, told in found.items() if len(told) == 1 and n not in names}
    counts["synonyms"] = len(kept)
    counts["synonyms of several concepts, left out"] = sum(len(told) > 1 for told in found.values())
    return {n: told for n, told in kept.items() if told}


def _codes(concepts: _Concepts, inn: Mapping[str, str], terms: Terms, counts: Counter[str]) -> dict[str, CodeCollector]:
    codes = {system: CodeCollector(system) for system in (RXNORM, NDC, ATC, SNOMED)}
    for rxcui, kind in concepts.kind.items():
        if kind not in _CODED:
            continue
        told = _told(concepts, rxcui, inn, terms)
        if not told:
            counts["codes whose ingredients are not told, left out"] += 1
            continue
        _add(codes[RXNORM], RXNORM, rxcui, told, counts)
        for system, code in concepts.foreign.get(rxcui, ()):
            if system == SNOMED or len(code) == 7:  # a shorter ATC code is a group
                _add(codes[system], system, code, told, counts)
    return codes


def _told(concepts: _Concepts, rxcui: str, inn: Mapping[str, str], terms: Terms) -> tuple[str, ...]:
    told = _ingredients(concepts, rxcui, inn, terms)
    is_local = concepts.kind[rxcui] not in _NAMED and _LOCAL_FORM.search(concepts.name[rxcui])
    return (LOCAL_USE, *told) if told and is_local else told


def _add(collector: CodeCollector, system: str, code: str, told: Iterable[str], counts: Counter[str]) -> None:
    try:
        collector.add(number_of(system, code), tuple(told))
    except CodeError:
        counts[f"{system} codes of another shape, left out"] += 1


def _packages(rows: _Rows, concepts: _Concepts, codes: Mapping[str, CodeCollector], counts: Counter[str]) -> None:
    """NDC of clinical drugs and packs."""
    inn_of = codes[RXNORM].table().get(RXNORM, {})
    for row in rows.having(b"|NDC|RXNORM|"):
        if row[8] != "NDC" or row[11] not in ("", "N") or row[0] not in concepts.kind:
            continue
        told = inn_of.get(int(row[0])) if row[0].isdigit() else None
        if told:
            _add(codes[NDC], NDC, row[10], told, counts)


def _retired(rows: _Rows, concepts: _Concepts, codes: CodeCollector, counts: Counter[str]) -> None:
    """Codes that were retired, under what all the codes that they were moved or split to have in common (their number is stated)."""
    became: dict[str, tuple[str, set[str]]] = {}
    for row in rows.having(b"|"):
        if row[0] not in concepts.kind and row[0] != row[4]:
            became.setdefault(row[0], (row[3], set()))[1].add(row[4])
    current = codes.table().get(RXNORM, {})
    for old, (stated, new) in became.items():
        told = {current.get(int(n), ()) if n.isdigit() else () for n in new}
        if stated == str(len(new)) and len(told) == 1 and (formula := told.pop()):
            _add(codes, RXNORM, old, formula, counts)
            counts["retired codes"] += 1
        else:
            counts["retired codes that became nothing or several things, left out"] += 1


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
