"""The broad background list of drug names behind the formulary: "a real drug, not in the formulary"; knows nothing of RLS.

Built once from packages (build.py), kept as an index file (index.py) that loads in milliseconds, widened by a site with releases of RxNorm
and of the FDA's NDC directory. Decision record: docs/decisions/0002-background-vocabulary.md.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from medcheck import settings as settings_module
from medcheck.domain import Vocabulary, VocabularySource
from medcheck.errors import FormularyError, InputError, StorageError
from medcheck.files import write_atomically
from medcheck.settings import Settings
from medcheck.vocabulary.index import base_of, decode, digest_of

if TYPE_CHECKING:
    from medcheck.vocabulary.names import NameTable

# What builds and imports is imported inside the functions that do so: a review only loads an index.

__all__ = ["build_packaged_index", "import_release", "info", "keep_release", "load_vocabulary", "read_release"]

COMPILED: Final = Path(__file__).parent.parent / "_compiled" / "vocabulary.idx"
RELEASES: Final = ("rxnorm", "ndc")  # most trusted first


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
    if not site.is_file():
        return _base(settings)
    data = _read(site)
    if COMPILED.is_file() and base_of(data, str(site)) != _compiled_digest():
        data = _site_index(settings)
        _write(site, data)
    return decode(data, str(site))


def info(vocabulary: Vocabulary) -> dict[str, Any]:
    """What stands in a vocabulary: its digest, counts and sources, as plain values."""
    told = sum(1 for i in vocabulary.names.values() if vocabulary.entries[i] and not vocabulary.entries[i][0].startswith("?"))
    return {
        "sha256": vocabulary.sha256,
        "names": len(vocabulary.names),
        "names_with_ingredients": told,
        "ingredient_sets": len(vocabulary.entries) - 1,
        "words": len(vocabulary.words),
        "sources": [asdict(s) for s in vocabulary.sources],
    }


def import_release(kind: str, path: Path, settings: Settings) -> VocabularySource:
    """Read a release (kind rxnorm or ndc) and add its names to the site's index; an earlier release of the kind is replaced.

    Raises:
        InputError: an unknown kind, or a file that cannot be read as that kind; file and line are named.
        FormularyError: there is no vocabulary to add to.
        StorageError: the data directory cannot be written.
    """
    return keep_release(kind, read_release(kind, path, settings), settings)


def read_release(kind: str, path: Path, settings: Settings) -> NameTable:
    """Read a release without keeping it: its names, with counts of the rows left out and the first bad rows.

    Raises:
        InputError: as for `import_release`.
        FormularyError: a table of the formulary that says how names are read is missing or invalid.
    """
    from medcheck.vocabulary import packages
    from medcheck.vocabulary.ndc import import_ndc
    from medcheck.vocabulary.rxnorm import import_rxnorm

    importers = {"rxnorm": import_rxnorm, "ndc": import_ndc}
    if kind not in importers:
        raise InputError(f"{kind} is not a kind of release; it must be {' or '.join(RELEASES)}")
    return importers[kind](path, packages.read_terms(settings.formulary_dir))


def keep_release(kind: str, release: NameTable, settings: Settings) -> VocabularySource:
    """Add a release that was read to the site's index.

    Raises:
        FormularyError, StorageError: as for `import_release`.
    """
    record = {"source": asdict(release.source), "names": release.names, "words": sorted(release.words)}
    text = json.dumps(record, sort_keys=True, separators=(",", ":"))
    folder = settings.data_dir
    if not _write(folder / f"vocabulary-{kind}.json", text.encode("ascii")) or not _write(folder / "vocabulary.idx", _site_index(settings)):
        raise StorageError(f"{folder} cannot be written; set MEDCHECK_DATA_DIR to a directory that can")
    return release.source


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


def _site_index(settings: Settings) -> bytes:
    from medcheck.vocabulary import packages
    from medcheck.vocabulary.build import add_release
    from medcheck.vocabulary.names import NameTable

    releases = []
    for kind in RELEASES:
        file = settings.data_dir / f"vocabulary-{kind}.json"
        if not file.is_file():
            continue
        try:
            record = json.loads(_read(file))
            names = {n: tuple(i) for n, i in record["names"].items()}
            releases.append(NameTable(VocabularySource(**record["source"]), names, words=frozenset(record["words"])))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise FormularyError(f"{file}: damaged; import the {kind} release again") from None
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
