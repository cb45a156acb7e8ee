"""Reads a site's own names and house codes (CSV) and checks every line; knows no source but the file and what it may not contradict.

    name,ingredients,code,system,note,source
    Wundertropfen,metoclopramide,,,compounded here,pharmacy list 2026
    house mix,diphenhydramine|paracetamol,KH-0815,,,
    studydrug x,,,,a drug, ingredients not told,

Columns: `name`, `ingredients` (joined by "|"; empty for a drug whose ingredients are not told) and, each optional, `code` and `system` (a
house code, or a code of RxNorm, NDC, ATC or SNOMED CT), `note`, `source`. A line needs a name, or a code with ingredients.

A site's name goes before the background vocabulary. It may never change a name or a code of the curated formulary: such a line is refused.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from medcheck.codesystems import ATC, RXNORM, CodeError, number_of, system_of
from medcheck.domain import Formulary, Vocabulary, VocabularySource
from medcheck.errors import InputError
from medcheck.text import normalise_name
from medcheck.vocabulary.names import MAX_CHARS, MAX_TOKENS, NameTable, is_claim

_COLUMNS: Final = ("name", "ingredients", "code", "system", "note", "source")
_LARGEST: Final = 20 << 20
_SHORTEST: Final = 2


@dataclass(frozen=True, slots=True)
class Known:
    """What a site's names are held against: curated names and codes, words that lists are made of, and how an ingredient is called.

    `names` maps a normalised curated name to its ingredients, () for one that must be asked about; `codes` likewise by code system.
    `ingredients` maps what an ingredient may be written as to its INN. `words` are ordinary words and words of dose instructions.
    """

    names: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Mapping[int, tuple[str, ...]]]
    ingredients: Mapping[str, str]
    words: AbstractSet[str]


def known_to(formulary: Formulary, base: Vocabulary) -> Known:
    """Gather what a formulary and the vocabulary without a site's imports know."""
    ingredients = {n: told[0] for n, i in base.names.items() if len(told := base.entries[i]) == 1 and not is_claim(told)}
    for name, entry in formulary.names.items():
        if len(entry.ingredients) == 1:
            ingredients[name] = entry.ingredients[0]
    ingredients |= {normalise_name(i): i for i in formulary.ingredients}
    # What is itself an ingredient of a combination only ("carbidopa") is one too.
    for entry in formulary.names.values():
        for ingredient in entry.ingredients:
            ingredients.setdefault(normalise_name(ingredient), ingredient)
    codes: dict[str, dict[int, tuple[str, ...]]] = {RXNORM: {}, ATC: {}}
    for name, drug in formulary.ingredients.items():
        if drug.rxcui:
            codes[RXNORM][number_of(RXNORM, drug.rxcui)] = (name,)
        for atc in (a for a in drug.atc if len(a) == 7):
            number = number_of(ATC, atc)
            codes[ATC][number] = (*codes[ATC].get(number, ()), name)
    words = {w for term in formulary.sig_terms for w in normalise_name(term.text).split() if w.isalpha()}
    headings = {w.word for w in formulary.heading_words}
    names = {n: entry.ingredients if entry.line is None else () for n, entry in formulary.names.items()}
    return Known(names, codes, ingredients, frozenset(words | headings | set(base.words)))


def import_aliases(path: Path, known: Known) -> NameTable:
    """Read a site's alias file.

    Raises:
        InputError: it cannot be read, or a line is wrong; `messages` names every wrong line, and nothing is taken from the file.
    """
    raw = _bytes(path)
    rows, head = _rows(raw, path.name)
    reader = _Reader(known, {normalise_name(r[1].get("name", "")) for r in rows})
    for line, row in rows:
        reader.take(line, row)
    if reader.problems:
        first = next(iter(reader.problems))
        count = sum(len(m) for m in reader.problems.values())
        more = f" ({count} problems in all)" if count > 1 else ""
        raise InputError(f"{path.name} {first}: {reader.problems[first][0]}{more}; nothing was imported", reader.problems)
    if not reader.names and not reader.codes:
        raise InputError(f"{path.name}: no line under the heading {','.join(head)} gives a name or a code")
    day = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date().isoformat()
    counts = {"lines": len(rows), "names": len(reader.names), "codes": sum(map(len, reader.codes.values())), **reader.counts}
    return NameTable(
        source=VocabularySource("site aliases", day, day, len(reader.names), sha256(raw).hexdigest(), counts["codes"]),
        names=reader.names,
        codes=reader.codes,
        counts=counts,
        by_hand=True,
    )


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({error.strerror or error})") from None
    if len(raw) > _LARGEST:
        raise InputError(f"{path.name}: larger than {_LARGEST >> 20} MB; this is no list of names of one site")
    return raw


def _rows(raw: bytes, where: str) -> tuple[list[tuple[int, dict[str, str]]], Sequence[str]]:
    """Line number and cells by column of each line that is not empty, and the heading."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where} line {raw[: error.start].count(10) + 1}: not UTF-8; save the file as CSV in UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    head: list[str] = []
    try:
        for cells in reader:
            if not any(c.strip() for c in cells):
                continue
            if not head:
                head = [c.strip().lower() for c in cells]
                wrong = [c for c in head if c not in _COLUMNS]
                if wrong or len(set(head)) < len(head) or not {"name", "ingredients"} <= set(head):
                    raise InputError(f"{where} line 1: the heading must be made of {','.join(_COLUMNS)}, with name and ingredients")
                continue
            if len(cells) > len(head) and any(c.strip() for c in cells[len(head) :]):
                rows.append((reader.line_num, {"excess": "yes"}))
            else:
                rows.append((reader.line_num, dict(zip(head, (c.strip() for c in cells), strict=False))))
    except csv.Error as error:
        raise InputError(f"{where} line {reader.line_num}: not CSV ({error})") from None
    return rows, head or _COLUMNS


class _Reader:
    """Takes lines, keeps what is good and says what is wrong with the others."""

    def __init__(self, known: Known, own: AbstractSet[str]) -> None:
        self._known = known
        self._own = own
        self.names: dict[str, tuple[str, ...]] = {}
        self.codes: dict[str, dict[int, tuple[str, ...]]] = {}
        self.problems: dict[str, list[str]] = {}
        self.counts: dict[str, int] = {}
        self._lines: dict[str, int] = {}

    def take(self, line: int, row: Mapping[str, str]) -> None:
        """Read one line."""
        if "excess" in row:
            self._wrong(line, "has more cells than the heading; a comma within a cell needs quotation marks around the cell")
            return
        name = normalise_name(row.get("name", ""))
        told = self._ingredients(line, row.get("ingredients", ""), name)
        code = row.get("code", "")
        if not row.get("name") and not code:
            self._wrong(line, "has neither a name nor a code")
        if row.get("system") and not code:
            self._wrong(line, "names a code system but no code")
        if row.get("name"):
            self._name(line, name, told)
        if code:
            self._code(line, row.get("system", ""), code, told)

    def _wrong(self, line: int, what: str) -> None:
        self.problems.setdefault(f"line {line}", []).append(what)

    def _ingredients(self, line: int, text: str, name: str) -> tuple[str, ...]:
        told = []
        for part in (p.strip() for p in text.split("|")) if text else ():
            written = normalise_name(part)
            found = self._known.ingredients.get(written)
            if found is not None:
                told.append(found)
            elif written and written == name and written not in self._known.names:
                told.append(written)  # a line that names a new ingredient after itself makes it known
            elif written and written in self._new():
                told.append(written)
            elif not written:
                self._wrong(line, "an empty ingredient between bars")
            else:
                self._wrong(line, f"{part!r} is no ingredient known here: check its spelling, or name a new one after itself in a line")
        return tuple(sorted(set(told)))

    def _new(self) -> AbstractSet[str]:
        return self._own - self._known.names.keys()

    def _name(self, line: int, name: str, told: tuple[str, ...]) -> None:
        words = name.split()
        if not name or name[0] < "a" or len(name) < _SHORTEST:
            self._wrong(line, f"a name begins with a letter from a to z and has at least {_SHORTEST} characters")
        elif len(words) > MAX_TOKENS or len(name) > MAX_CHARS:
            self._wrong(line, f"a name has at most {MAX_TOKENS} words and {MAX_CHARS} characters")
        elif all(w in self._known.words or w.isdigit() for w in words):
            self._wrong(line, "the name is made of ordinary words of lists: it would be read where no medicine is meant")
        elif name in self._known.names:
            if set(self._known.names[name]) == set(told) and told:
                self.counts["names that the formulary holds already"] = self.counts.get("names that the formulary holds already", 0) + 1
            else:
                curated = " and ".join(self._known.names[name]) or "a name to ask about"
                self._wrong(line, f"the formulary says of this name: {curated}; a site cannot change it")
        elif self.names.get(name, told) != told:
            self._wrong(line, f"line {self._lines[name]} says something else of the same name")
        else:
            self.names[name] = told
            self._lines.setdefault(name, line)

    def _code(self, line: int, system: str, code: str, told: tuple[str, ...]) -> None:
        system = system or "local"
        try:
            number = number_of(system, code)
        except CodeError as error:
            self._wrong(line, f"the code: {error}")
            return
        table = system_of(system)
        curated = self._known.codes.get(table, {}).get(number)
        codes = self.codes.setdefault(table, {})
        if not told:
            self._wrong(line, "a code needs the ingredients it stands for")
        elif curated is not None and not set(told) <= set(curated):
            self._wrong(line, f"the formulary says of this code: {' or '.join(curated)}; a site cannot change it")
        elif codes.get(number, told) != told:
            self._wrong(line, "another line says something else of the same code")
        else:
            codes[number] = told
