"""The broad background list of drug names behind the formulary: "a real drug, not in the formulary"; knows nothing of RLS.

Built once from packages (build.py), kept as an index file (index.py) that loads in milliseconds, widened by a site with releases of RxNorm,
of the FDA's NDC directory and of the NHS dm+d, and with names of its own. Decision records: docs/decisions/0002-background-vocabulary.md,
0009-codes.md and 0010-site-aliases.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from medcheck import settings as settings_module
from medcheck.domain import Formulary, Vocabulary, VocabularySource
from medcheck.errors import FormularyError, InputError, StorageError
from medcheck.files import write_atomically
from medcheck.settings import Settings
from medcheck.vocabulary.index import base_of, decode, digest_of, is_of_this_version

if TYPE_CHECKING:
    from medcheck.vocabulary.names import NameTable

# What builds and imports is imported inside the functions that do so: a review only loads an index.

__all__ = [
    "IMPORTS",
    "build_packaged_index",
    "import_release",
    "info",
    "keep_release",
    "load_vocabulary",
    "overruled_aliases",
    "read_release",
    "remove_release",
]

COMPILED: Final = Path(__file__).parent.parent / "_compiled" / "vocabulary.idx"
IMPORTS: Final = ("aliases", "rxnorm", "ndc", "dmd")  # kinds, most trusted first: what a site says of its own names goes before releases


def load_vocabulary(settings: Settings | None = None, path: Path | None = None) -> Vocabulary:
    """Load the vocabulary: `path`, else MEDCHECK_VOCABULARY, the site's index, the packaged one, else one built from installed packages.

    What is built is kept in the cache directory where that can be written. Takes about 20 ms, some 5 s when it must be built.

    Raises:
        FormularyError: the index is damaged, or there is none and it cannot be built; says what to delete or to install.
        InputError: a MEDCHECK_* variable is wrong.
    """
    settings = settings or settings_module.read(os.environ)
    chosen = path or settings.vocabulary
    if chosen is not None:
        return decode(_read(chosen), str(chosen))
    site = settings.data_dir / "vocabulary.idx"
    imported = _imported(settings)
    if not site.is_file() and not imported:
        return _base(settings)
    data = _read(site) if site.is_file() else b""
    current = is_of_this_version(data) or not imported  # else written by an earlier medcheck, or deleted
    if not current or (COMPILED.is_file() and base_of(data, str(site)) != _compiled_digest()):
        data = _site_index(settings)
        _write(site, data)
    return decode(data, str(site))


def info(vocabulary: Vocabulary, overruled: Sequence[str] = ()) -> dict[str, Any]:
    """What stands in a vocabulary: its digest, counts and sources, as plain values; `overruled` as `overruled_aliases` tells it."""
    told = sum(1 for i in vocabulary.names.values() if vocabulary.entries[i] and not vocabulary.entries[i][0].startswith("?"))
    return {
        "sha256": vocabulary.sha256,
        "names": len(vocabulary.names),
        "names_with_ingredients": told,
        "ingredient_sets": len(vocabulary.entries) - 1,
        "words": len(vocabulary.words),
        "codes": {system: len(table) for system, table in vocabulary.codes.items()},
        "overruled_aliases": list(overruled),
        "sources": [asdict(s) for s in vocabulary.sources],
    }


def overruled_aliases(settings: Settings, formulary: Formulary) -> tuple[str, ...]:
    """Names of a site's alias file that the formulary has come to read otherwise since the import: the formulary's reading counts.

    Raises:
        FormularyError: the import is damaged.
    """
    if "aliases" not in _imported(settings):
        return ()
    return tuple(n for n, told in sorted(_release("aliases", settings).names.items()) if _reads_otherwise(n, told, formulary))


def _reads_otherwise(name: str, told: tuple[str, ...], formulary: Formulary) -> bool:
    curated = formulary.names.get(name)
    return curated is not None and (curated.line is not None or set(curated.ingredients) != set(told))


def import_release(kind: str, path: Path, settings: Settings, formulary: Formulary | None = None) -> VocabularySource:
    """Read a release (one of `IMPORTS`) and add its names and codes to the site's index; an earlier one of the kind is replaced.

    Args:
        kind: aliases, rxnorm, ndc or dmd.
        path: the release as its publisher gives it out, or the alias file.
        settings: where the site keeps its data.
        formulary: what a site's aliases are held against; needed for these only.

    Raises:
        InputError: an unknown kind, or a file that cannot be read as that kind; file and line are named.
        FormularyError: there is no vocabulary to add to.
        StorageError: the data directory cannot be written.
    """
    return keep_release(kind, read_release(kind, path, settings, formulary), settings)


def read_release(kind: str, path: Path, settings: Settings, formulary: Formulary | None = None) -> NameTable:
    """Read a release without keeping it: its names, with counts of the rows left out and the first bad rows.

    Raises:
        InputError: as for `import_release`.
        FormularyError: a table of the formulary that says how names are read is missing or invalid.
    """
    from medcheck.vocabulary import packages
    from medcheck.vocabulary.aliases import import_aliases, known_to
    from medcheck.vocabulary.dmd import import_dmd
    from medcheck.vocabulary.ndc import import_ndc
    from medcheck.vocabulary.rxnorm import import_rxnorm

    _check_kind(kind)
    if kind == "aliases":
        if formulary is None:
            raise InputError("a site's aliases are held against the formulary, and none was given")
        return import_aliases(path, known_to(formulary, _base(settings)))
    importers = {"rxnorm": import_rxnorm, "ndc": import_ndc, "dmd": import_dmd}
    return importers[kind](path, packages.read_terms(settings.formulary_dir))


def keep_release(kind: str, release: NameTable, settings: Settings) -> VocabularySource:
    """Add a release that was read to the site's index.

    Raises:
        FormularyError, StorageError: as for `import_release`.
    """
    _check_kind(kind)
    release = replace(release, source=replace(release.source, kind=kind))
    file = _file_of(kind, settings)
    index = _site_index(settings, instead={kind: release})
    if not _write(file, _packed(release)) or not _write(settings.data_dir / "vocabulary.idx", index):
        raise StorageError(f"{settings.data_dir} cannot be written; set MEDCHECK_DATA_DIR to a directory that can")
    return release.source


def remove_release(kind: str, settings: Settings) -> VocabularySource:
    """Take an import back; the site's index is made again from the others.

    Raises:
        InputError: an unknown kind, or nothing of that kind was imported.
        FormularyError: there is no vocabulary to go back to, or another import is damaged.
        StorageError: the data directory cannot be written.
    """
    _check_kind(kind)
    imported = _imported(settings)
    if kind not in imported:
        raise InputError(f"no {kind} was imported here; imported are: {', '.join(imported) or 'none'}")
    source = _release(kind, settings).source
    site = settings.data_dir / "vocabulary.idx"
    try:
        if len(imported) == 1:
            site.unlink(missing_ok=True)
        elif not _write(site, _site_index(settings, without=kind)):
            raise OSError
        _file_of(kind, settings).unlink()
    except OSError:
        raise StorageError(f"{settings.data_dir} cannot be written; {kind} was not removed") from None
    return source


def build_packaged_index(formulary_dir: Path) -> bytes:
    """Build the index from the installed source packages, as the wheel does.

    Raises:
        FormularyError: a package is missing or another version (says what to install), or a table is invalid.
    """
    from medcheck.vocabulary.build import build_from_packages

    return build_from_packages(formulary_dir)


def _base(settings: Settings) -> Vocabulary:
    """The vocabulary without what the site imported."""
    if COMPILED.is_file():
        return decode(_read(COMPILED), str(COMPILED))
    from medcheck.vocabulary.build import build_from_packages, source_digest

    cached = settings.cache_dir / f"vocabulary-{source_digest(settings.formulary_dir)[:16]}.idx"
    if cached.is_file():
        try:
            return decode(_read(cached), str(cached))
        except FormularyError:  # a damaged cache is built again
            pass
    data = build_from_packages(settings.formulary_dir)
    _write(cached, data)
    return decode(data, str(cached))


def _check_kind(kind: str) -> None:
    if kind not in IMPORTS:
        raise InputError(f"{kind} is not a kind of import; it must be {', '.join(IMPORTS[:-1])} or {IMPORTS[-1]}")


def _file_of(kind: str, settings: Settings) -> Path:
    return settings.data_dir / f"vocabulary-{kind}.json"


def _imported(settings: Settings) -> tuple[str, ...]:
    """The kinds that this site imported, most trusted first."""
    return tuple(k for k in IMPORTS if _file_of(k, settings).is_file())


def _packed(release: NameTable) -> bytes:
    """A release as it is kept: codes under their ingredients, so that these are written once."""
    codes: dict[str, dict[str, list[int]]] = {}
    for system, table in release.codes.items():
        grouped = codes.setdefault(system, {})
        for code in sorted(table):
            grouped.setdefault("|".join(table[code]), []).append(code)
    record = {
        "source": asdict(release.source),
        "names": release.names,
        "words": sorted(release.words),
        "codes": codes,
        "strengths": {name: sorted(known) for name, known in release.strengths.items()},
    }
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode("ascii")


def _release(kind: str, settings: Settings) -> NameTable:
    """A release as it was kept.

    Raises:
        FormularyError: the file is damaged.
    """
    from medcheck.vocabulary.names import NameTable

    file = _file_of(kind, settings)
    try:
        record = json.loads(_read(file))
        return NameTable(
            source=VocabularySource(**{"kind": kind, **record["source"]}),
            names={n: tuple(i) for n, i in record["names"].items()},
            words=frozenset(record["words"]),
            codes={s: {c: tuple(i.split("|")) for i, codes in t.items() for c in codes} for s, t in record.get("codes", {}).items()},
            by_hand=kind == "aliases",
            strengths={name: frozenset(known) for name, known in record.get("strengths", {}).items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FormularyError(f"{file}: damaged; import the {kind} release again") from None


def _site_index(settings: Settings, instead: Mapping[str, NameTable] | None = None, without: str = "") -> bytes:
    """The index of everything imported; `instead` are releases that are not kept yet, `without` one that is not to be kept."""
    from medcheck.vocabulary import packages
    from medcheck.vocabulary.build import add_release

    new = instead or {}
    kinds = [k for k in IMPORTS if k != without and (k in new or _file_of(k, settings).is_file())]
    releases = [new[k] if k in new else _release(k, settings) for k in kinds]
    return add_release(_base(settings), releases, packages.read_terms(settings.formulary_dir))


def _compiled_digest() -> str:
    with COMPILED.open("rb") as file:
        return digest_of(file.read(200))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FormularyError(f"{path}: the vocabulary cannot be read ({error.strerror or 'unknown reason'})") from None


def _write(path: Path, data: bytes) -> bool:
    """Put a file in place; False where that is not possible."""
    try:
        write_atomically(path, data)
    except OSError:
        return False
    return True
