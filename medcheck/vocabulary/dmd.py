"""Reads an NHS dm+d release (XML; zip, zips in a zip, or folder) into UK names, SNOMED CT codes and ingredients; knows no other source.

Files, each found by the beginning of its name (f_vtm2_3010419.xml): vtm (therapeutic moieties), ingredient (substances), vmp (virtual
products and what they hold), amp (actual products of suppliers), vmpp and ampp (packs), lookup (names of routes). f_vmp2 must be there;
what the others would add is missing without them. Records marked INVALID keep their code (old lists hold it) and give no name.

Read as a stream, element by element. A document type definition is refused, and with it every entity: the release has none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from medcheck.codesystems import SNOMED, CodeError, number_of
from medcheck.domain import VocabularySource
from medcheck.errors import InputError
from medcheck.text import normalise_name
from medcheck.vocabulary.codes import CodeCollector
from medcheck.vocabulary.names import LOCAL_USE, MAX_TOKENS, NameTable, Terms, ingredient
from medcheck.vocabulary.releases import open_release_by_prefix

_FILES: Final = ("vmp", "vtm", "ingredient", "amp", "vmpp", "ampp", "lookup")  # the first must be there
_FEW: Final = 20
_BLOCK: Final = 1 << 16
_LONGEST_RECORD: Final = 200  # parts of an element; a real record has some thirty
_DEEPEST: Final = 8  # a real record's values lie at 4
_STAMP: Final = re.compile(r"(\d{2})(\d{2})(\d{2})\.xml$")  # f_vtm2_3010419.xml: week, then ddmmyy
_STRENGTH: Final = re.compile(r"[\s(]*(?<![A-Za-z-])\d.*$")
_LOCAL_ROUTES: Final = frozenset(
    "auricular cutaneous dental gingival intracameral intradermal intravitreal ocular ophthalmic periodontal subconjunctival topical "
    "urethral vaginal".split()
)


class _File:
    """One XML file: its records by name of element, with what was wrong with the others."""

    def __init__(self, file: IO[bytes], where: str) -> None:
        self._file = file
        self.where = where
        self.digest = sha256()
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []

    def records(self, *wanted: str, inside: str = "") -> Iterator[tuple[str, dict[str, str]]]:
        """Name of the element and its children's texts, of each wanted element (in `inside` only); the tree is emptied on the way.

        Raises:
            InputError: it is not well-formed XML, has a document type definition, or is not built like a file of dm+d.
        """
        path: list[Element] = []
        record: Element | None = None
        for event, element in self._events(XMLPullParser(("start", "end"))):
            if event == "start":
                if len(path) > _DEEPEST or (record is not None and len(path[-1]) > _LONGEST_RECORD):
                    raise InputError(f"{self.where}: {element.tag[:40]} lies deeper or has more parts than in a dm+d file; it is not read")
                if record is None and element.tag in wanted and (not inside or (path and path[-1].tag == inside)):
                    record = element
                path.append(element)
                continue
            path.pop()
            if element is record:
                self.counts["rows"] += 1
                yield element.tag, {child.tag: (child.text or "").strip() for child in element}
                record = None
            if path and record is None:
                path[-1].remove(element)

    def _events(self, parser: XMLPullParser[Any]) -> Iterator[tuple[str, Element]]:
        head = b""
        try:
            while block := self._file.read(_BLOCK):
                self.digest.update(block)
                # Before the parser sees it: an entity is expanded while it parses. The last bytes go along, a mark may be cut in two.
                if b"<!DOCTYPE" in head + block or b"<!ENTITY" in head + block or b"\0" in block:
                    raise InputError(f"{self.where}: has a document type definition or is not UTF-8; dm+d files have none, it is not read")
                head = block[-16:]
                parser.feed(block)
                yield from _parsed(parser)
            parser.close()
            yield from _parsed(parser)
        except ParseError as error:
            line, column = error.position
            raise InputError(f"{self.where} line {line}: not well-formed XML at column {column}; unpack the release again") from None

    def bad(self, what: str) -> None:
        """Count a record that cannot be used, and name the first ones."""
        self.counts["bad rows"] += 1
        if len(self.problems) < _FEW:
            self.problems.append(f"{self.where} record {self.counts['rows']}: {what}")


def _parsed(parser: XMLPullParser[Any]) -> Iterator[tuple[str, Element]]:
    yield from cast("Iterator[tuple[str, Element]]", parser.read_events())


class _Release:
    """What was read of a release, by SNOMED CT identifier."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.names: dict[str, set[tuple[str, ...]]] = {}
        self.codes = CodeCollector(SNOMED)
        self.substance: dict[str, str] = {}
        self.moiety: dict[str, tuple[str, ...]] = {}
        self.product: dict[str, tuple[str, ...]] = {}
        self.local: set[str] = set()
        self.counts: Counter[str] = Counter()

    def name(self, written: str, told: tuple[str, ...]) -> None:
        """Take a name."""
        key = normalise_name(written)
        if key and len(key.split()) <= MAX_TOKENS:
            self.names.setdefault(key, set()).add(told)

    def code(self, file: _File, code: str, told: tuple[str, ...], local: bool = False) -> bool:
        """Take a code; False, and the record is a bad one, where it is none."""
        try:
            number = number_of(SNOMED, code)
        except CodeError as error:
            file.bad(str(error))
            return False
        self.codes.add(number, (LOCAL_USE, *told) if local and told else told)
        return True

    def earlier(self, code: str, told: tuple[str, ...], local: bool = False) -> None:
        """Take the identifier that something had before: old lists hold it. One that is malformed or stands for two things is left out."""
        try:
            number = number_of(SNOMED, code)
        except CodeError:
            self.counts["earlier identifiers of another shape, left out"] += bool(code)
            return
        self.codes.add(number, (LOCAL_USE, *told) if local and told else told)


def import_dmd(path: Path, terms: Terms) -> NameTable:
    """Read a dm+d release.

    Raises:
        InputError: no such file, not a zip file, not well-formed, or no usable record; the file is named.
    """
    with open_release_by_prefix(path, {name: re.compile(rf"f_{name}\d?_.*\.xml", re.I) for name in _FILES}) as found:
        return _read({name: _File(*opened) for name, opened in found.items()}, terms)


def _read(files: Mapping[str, _File], terms: Terms) -> NameTable:
    release = _Release(terms)
    routes = _routes(files)
    _substances(files, release)
    _moieties(files, release)
    _virtual_products(files["vmp"], release, routes)
    _actual_products(files, release)
    if not release.codes.count and not release.names:
        raise InputError(
            f"{files['vmp'].where}: no usable record; this is not a dm+d release", {f.where: f.problems for f in files.values()}
        )
    counts = release.counts
    for file in files.values():
        counts.update(file.counts)
    release.codes.count_into(counts)
    names = {n: next(iter(told)) if len(told) == 1 else () for n, told in release.names.items()}
    counts["names"] = len(names)
    counts["names of several formulas"] = sum(len(told) > 1 for told in release.names.values())
    digest = sha256()
    for name in _FILES:
        if name in files:
            digest.update(files[name].digest.digest())
    released = _date_of(files["vmp"].where)
    return NameTable(
        source=VocabularySource("NHS dm+d", released or "unknown", released, len(names), digest.hexdigest(), release.codes.count),
        names=names,
        codes=release.codes.table(),
        counts={k: n for k, n in counts.items() if n},
        problems=tuple([p for file in files.values() for p in file.problems][:_FEW]),
    )


def _routes(files: Mapping[str, _File]) -> frozenset[str]:
    """Codes of the routes that do not reach the whole body; none where the look-up file is missing."""
    if "lookup" not in files:
        return frozenset()
    rows = (row for _, row in files["lookup"].records("INFO", inside="ROUTE"))
    return frozenset(r["CD"] for r in rows if r.get("CD") and r.get("DESC") and set(normalise_name(r["DESC"]).split()) <= _LOCAL_ROUTES)


def _substances(files: Mapping[str, _File], release: _Release) -> None:
    if "ingredient" not in files:
        return
    file = files["ingredient"]
    for _, row in file.records("ING"):
        name = row.get("NM", "")
        if not name or not row.get("ISID"):
            file.bad("an ingredient without its name or identifier")
            continue
        told = (ingredient(name, release.terms),)
        if not release.code(file, row["ISID"], told):
            continue
        release.substance[row["ISID"]] = told[0]
        release.earlier(row.get("ISIDPREV", ""), told)
        if row.get("INVALID") != "1":
            release.name(name, told)


def _moieties(files: Mapping[str, _File], release: _Release) -> None:
    if "vtm" not in files:
        return
    file = files["vtm"]
    for _, row in file.records("VTM"):
        name, code = row.get("NM", ""), row.get("VTMID", "")
        if not name or not code:
            file.bad("a moiety without its name or identifier")
            continue
        told = tuple(sorted({ingredient(part, release.terms) for part in name.split(" + ")}))
        if not release.code(file, code, told):
            continue
        release.moiety[code] = told
        release.earlier(row.get("VTMIDPREV", ""), told)
        if row.get("INVALID") == "1":
            release.counts["invalid records, no name taken"] += 1
            continue
        release.name(name, told)
        if row.get("ABBREVNM"):
            release.name(row["ABBREVNM"], told)


def _virtual_products(file: _File, release: _Release, local_routes: frozenset[str]) -> None:
    products: dict[str, tuple[str, str]] = {}
    holds: dict[str, set[str]] = {}
    unknown: set[str] = set()
    routes: dict[str, set[str]] = {}
    for kind, row in file.records("VMP", "VPI", "DROUTE"):
        code = row.get("VPID", "")
        if kind == "VMP" and code and row.get("NM"):
            products[code] = row.get("VTMID", ""), row.get("VPIDPREV", "")
        elif kind == "VPI" and code:
            substance = release.substance.get(row.get("ISID", ""))
            if substance is None:
                unknown.add(code)
            else:
                holds.setdefault(code, set()).add(substance)
        elif kind == "DROUTE" and code:
            routes.setdefault(code, set()).add(row.get("ROUTECD", ""))
        else:
            file.bad(f"a {kind} without its identifier or name")
    for code, (moiety, earlier) in products.items():
        told = tuple(sorted(holds.get(code, ()))) if code not in unknown else ()
        of_moiety = release.moiety.get(moiety, ())
        told = of_moiety if len(of_moiety) >= len(told) else told  # a moiety is named without its salt
        if not told:
            release.counts["products whose ingredients are not told"] += 1
        is_local = bool(routes.get(code)) and routes[code] <= local_routes
        if release.code(file, code, told, is_local):
            release.product[code] = told
            release.earlier(earlier, told, is_local)
            if is_local:
                release.local.add(code)


def _actual_products(files: Mapping[str, _File], release: _Release) -> None:
    """Products of suppliers: their codes, and as names what stands before the strength where that is no generic name."""
    of_actual: dict[str, str] = {}
    if "amp" in files:
        file = files["amp"]
        for _, row in file.records("AMP"):
            code, virtual, name = row.get("APID", ""), row.get("VPID", ""), row.get("NM", "")
            if not code or not name or virtual not in release.product:
                file.bad("a product without its identifier or name, or of no virtual product that was read")
                continue
            told = release.product[virtual]
            if not release.code(file, code, told, virtual in release.local):
                continue
            of_actual[code] = virtual
            if virtual in release.local:
                release.counts["names of products for local use, left out"] += 1
            elif row.get("INVALID") == "1":
                release.counts["invalid records, no name taken"] += 1
            elif told:
                _brand(name, told, release)
    _packs(files, release, of_actual)


def _brand(name: str, told: tuple[str, ...], release: _Release) -> None:
    """ "Adenocor 6mg/2ml solution for injection vials" names the brand Adenocor; a generic's product names no brand."""
    tokens = normalise_name(_STRENGTH.sub("", name)).split()
    while len(tokens) > 1 and tokens[-1] in release.terms.product_words:
        tokens.pop()
    brand = " ".join(tokens)
    if not brand or ingredient(brand, release.terms) in told or set(tokens) <= release.terms.product_words:
        return
    if not set(tokens).isdisjoint(" ".join(told).split()):
        return  # "Paracetamol Seven Seas": a generic with its supplier
    release.name(brand, told)


def _packs(files: Mapping[str, _File], release: _Release, of_actual: Mapping[str, str]) -> None:
    for name, element, of in (("vmpp", "VMPP", "VPID"), ("ampp", "AMPP", "APID")):
        if name not in files:
            continue
        file = files[name]
        for _, row in file.records(element):
            virtual = row.get(of, "") if of == "VPID" else of_actual.get(row.get(of, ""), "")
            if virtual in release.product:
                release.code(file, row.get(f"{element[0]}PPID", ""), release.product[virtual], virtual in release.local)
            else:
                file.bad("a pack of no product that was read")


def _date_of(where: str) -> str:
    """The release's date from the name of a file, "" where it is not told."""
    stamp = _STAMP.search(where)
    if stamp:
        day, month, year = (int(g) for g in stamp.groups())
        if 1 <= month <= 12 and 1 <= day <= 31:
            return f"20{year:02}-{month:02}-{day:02}"
    return ""
