"""Puts name tables together into one index: which source is believed, what is junk, which words are ordinary."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from medcheck.domain import Vocabulary, VocabularySource
from medcheck.vocabulary import packages
from medcheck.vocabulary.index import encode
from medcheck.vocabulary.names import NameTable, Terms, inn_names, is_claim, junk_reason
from medcheck.vocabulary.ndc import import_ndc

COMMON_WORDS: Final = 40_000  # English words that are no misspelt drug names
FREQUENT_WORDS: Final = 6_000  # of these, the ones whose misspellings are met on medication lists
BUILDER: Final = "4"  # raised whenever the rules change, so that no cached index of old rules is used


def build_index(tables: Sequence[NameTable], english: Mapping[str, int], terms: Terms, sources: Sequence[VocabularySource] = ()) -> bytes:
    """Build an index from name tables, most trusted first, and English words with their rank.

    `sources` are named in the index beside those of the tables (the word list).
    """
    names = combine(tables, english, terms)
    common = {w for w, rank in english.items() if rank < COMMON_WORDS}
    left_out = {w for t in tables for w in t.names if w in english}
    product = terms.product_words.union(*(t.words for t in tables))
    words = {w for w in common | left_out | product | terms.words if len(w) >= 4 and w.isascii() and w.isalpha() and w not in names}
    frequent = words & ({w for w, rank in english.items() if rank < FREQUENT_WORDS} | product)
    sources = [*(t.source for t in tables), *sources]
    strengths = combine_strengths(t.strengths for t in tables)
    return encode(names, words, sources, codes=combine_codes(t.codes for t in tables), frequent=frequent, strengths=strengths)


def combine_strengths(tables: Iterable[Mapping[str, Iterable[float]]]) -> dict[str, set[float]]:
    """All strengths of each ingredient."""
    found: dict[str, set[float]] = {}
    for table in tables:
        for name, known in table.items():
            found.setdefault(name, set()).update(known)
    return found


def combine_codes(tables: Iterable[Mapping[str, Mapping[int, tuple[str, ...]]]]) -> dict[str, dict[int, tuple[str, ...]]]:
    """One table for each code system; the first that tells of a code is believed."""
    out: dict[str, dict[int, tuple[str, ...]]] = {}
    for table in tables:
        for system, codes in table.items():
            out[system] = {**codes, **out.get(system, {})}
    return out


def combine(tables: Sequence[NameTable], english: Collection[str], terms: Terms) -> dict[str, tuple[str, ...]]:
    """One map of names: facts by hand first, then for each name the first table that tells its ingredients, else ().

    Single words are judged first: a word that is a medicine's name ("tylenol") is then no ordinary word of a longer name.
    """
    found: dict[str, tuple[str, ...]] = {}
    for table in tables:
        for name, ingredients in table.names.items():
            if not found.get(name) or (is_claim(found[name]) and ingredients and not is_claim(ingredients)):
                found[name] = ingredients
    sure = frozenset[str]().union(*(t.sure for t in tables))
    names: dict[str, tuple[str, ...]] = {n: i for n, i in terms.aliases.items() if " " not in n}
    for longer in (False, True):
        ordinary = {w for w in english if w not in names} if longer else english
        for name, ingredients in found.items():
            if (" " in name) is longer and not junk_reason(name, ingredients, name in sure, ordinary, terms):
                names.setdefault(name, ingredients)
    # Reading takes the longest name it finds, so a long name that tells nothing could only hide a shorter one that does.
    return {n: i for n, i in names.items() if i or " " not in n} | dict(terms.aliases)


def build_from_packages(formulary_dir: Path) -> bytes:
    """Build the index from the installed source packages and the tables in the formulary.

    Raises:
        FormularyError: a package is missing or another version (says what to install), or a table is invalid.
        InputError: the NDC file cannot be read.
    """
    terms = packages.read_terms(formulary_dir)
    dictionary, ndc, english = (packages.find(p) for p in (packages.DICTIONARY, packages.NDC, packages.ENGLISH))
    words = packages.read_english(english.file)
    tables = [
        inn_names(terms),
        import_ndc(ndc.file, terms),
        packages.dictionary_names(packages.read_dictionary(dictionary.file), dictionary.version, terms),
    ]
    digest = sha256(english.file.read_bytes()).hexdigest()
    return build_index(tables, words, terms, [VocabularySource(f"{english.name} English words", english.version, "", len(words), digest)])


def source_digest(formulary_dir: Path) -> str:
    """Under what an index built from the installed packages is cached: it changes with every one of its sources.

    Raises:
        FormularyError: a package is missing or another version, or a table is missing.
    """
    digest = sha256(BUILDER.encode())
    for package in (packages.DICTIONARY, packages.NDC, packages.ENGLISH):
        found = packages.find(package)
        digest.update(f"{found.name} {found.version} {found.file.stat().st_size}\n".encode())
    for table in packages.TABLES:
        file = formulary_dir / table
        digest.update(file.read_bytes() if file.is_file() else b"-")
    return digest.hexdigest()


def add_release(base: Vocabulary, releases: Sequence[NameTable], terms: Terms) -> bytes:
    """An index of `base` with the names of releases added; releases come first, because a site imported them on purpose."""
    known = {n: base.entries[i] for n, i in base.names.items()}
    everything = NameTable(VocabularySource("", "", "", 0, ""), known, sure=frozenset(known))
    own = [r for r in releases if r.by_hand]
    by_hand = replace(terms, aliases={**terms.aliases, **{n: i for r in own for n, i in r.names.items()}})
    names = combine([*releases, everything], base.words, by_hand)
    product = {w for t in releases for w in t.words}
    words = {w for w in base.words | product if w not in names}
    codes = combine_codes([*(r.codes for r in releases), {s: {c: base.entries[i] for c, i in t.items()} for s, t in base.codes.items()}])
    frequent = {w for bucket in base.word_buckets for w in bucket} & words | (words & product)
    strengths = combine_strengths([*(r.strengths for r in releases), base.strengths])
    sources = [*base.sources, *(r.source for r in releases)]
    return encode(names, words, sources, base=base.sha256, codes=codes, frequent=frequent, strengths=strengths)
