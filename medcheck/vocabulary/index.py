r"""The index file of the vocabulary: bytes <-> Vocabulary, made to load fast; knows nothing of where names come from.

    medcheck-vocabulary-1\n
    SHA-256 of all that follows, in hex\n
    header, one line of JSON: sources, sizes in bytes of the parts, slices of equal length\n
    names    one a line, fewest words first, then shortest, then by alphabet: names of one length are one slice
    ids      one little-endian unsigned 32-bit number per name, the line of `entries`
    entries  ingredients joined by "|", one entry a line; line 0 is empty: a drug, ingredients not told
    words    ordinary words, one a line, shortest first, then by alphabet

All text is ASCII, so the file is the same on every machine; nothing in it can run.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, overload

from medcheck.domain import Vocabulary, VocabularySource
from medcheck.errors import FormularyError

MAGIC: Final = b"medcheck-vocabulary-1\n"
_PARTS: Final = ("names", "ids", "entries", "words")


class Entries(Sequence[tuple[str, ...]]):
    """The entries, split only when one is asked for: a review looks at few of them."""

    __slots__ = ("_lines",)

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, index: int) -> tuple[str, ...]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[str, ...]]: ...
    def __getitem__(self, index: int | slice) -> tuple[str, ...] | Sequence[tuple[str, ...]]:
        if isinstance(index, slice):
            return Entries(self._lines[index])
        line = self._lines[index]
        return tuple(line.split("|")) if line else ()


class WordSet(Set[str]):
    """The ordinary words: looked up in their text at first, as a set once that pays (a short list asks for a few words only)."""

    __slots__ = ("_asked", "_set", "_text")
    _PAYS_FROM = 60  # look-ups of some 20 us, against 6 ms for the set

    def __init__(self, part: bytes) -> None:
        self._text = b"\n" + part + b"\n"
        self._asked = 0
        self._set: frozenset[str] | None = None

    @classmethod
    def _from_iterable(cls, it: Iterable[str]) -> frozenset[str]:  # type: ignore[override]
        return frozenset(it)  # what set operations give is a plain set

    def _all(self) -> frozenset[str]:
        if self._set is None:
            self._set = frozenset(_lines(self._text.strip(b"\n")))
        return self._set

    def __contains__(self, word: object) -> bool:
        if self._set is None and self._asked < self._PAYS_FROM:
            self._asked += 1
            return isinstance(word, str) and word.isascii() and "\n" not in word and b"\n" + word.encode() + b"\n" in self._text
        return word in self._all()

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class WordBuckets(Sequence[Sequence[str]]):
    """Ordinary words by length, split when the first length is asked for."""

    __slots__ = ("_made", "_part", "_slices")

    def __init__(self, part: bytes, slices: Sequence[Sequence[int]]) -> None:
        self._part = part
        self._slices = slices
        self._made: tuple[Sequence[str], ...] | None = None

    def _all(self) -> tuple[Sequence[str], ...]:
        if self._made is None:
            self._made = _buckets(_lines(self._part), self._slices)
        return self._made

    def __len__(self) -> int:
        return max(map(itemgetter(0), self._slices), default=-1) + 1

    @overload
    def __getitem__(self, index: int) -> Sequence[str]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sequence[str]]: ...
    def __getitem__(self, index: int | slice) -> Sequence[str] | Sequence[Sequence[str]]:
        return self._all()[index]


def encode(names: Mapping[str, tuple[str, ...]], words: Iterable[str], sources: Sequence[VocabularySource], base: str = "") -> bytes:
    """Write normalised names with their ingredients, and ordinary words, as an index; equal input gives equal bytes.

    `base` is the digest of the index that a site's imported names were added to, "" for an index of its own.
    """
    ordered = sorted(names, key=lambda n: (n.count(" "), len(n), n))
    entries = ["", *sorted({"|".join(i) for i in names.values()} - {""})]
    number = {entry: i for i, entry in enumerate(entries)}
    ids = array("I", (number["|".join(names[n])] for n in ordered))
    if sys.byteorder == "big":  # pragma: no cover
        ids.byteswap()
    plain = sorted(set(words), key=lambda w: (len(w), w))
    parts = ["\n".join(ordered).encode("ascii"), ids.tobytes(), "\n".join(entries).encode("ascii"), "\n".join(plain).encode("ascii")]
    header = {
        "sources": [asdict(s) for s in sources],
        "base": base,
        "parts": [len(p) for p in parts],
        "buckets": _slices(n for n in ordered if " " not in n),
        "word_buckets": _slices(plain),
    }
    rest = json.dumps(header, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n" + b"".join(parts)
    return MAGIC + sha256(rest).hexdigest().encode("ascii") + b"\n" + rest


def decode(data: bytes, where: str) -> Vocabulary:
    """Read an index; `where` names it in errors.

    Raises:
        FormularyError: it is not an index, of another version, or its digest does not fit.
    """
    digest, rest = _checked(data, where)
    end = rest.index(b"\n")
    header: dict[str, Any] = json.loads(rest[:end])
    parts: dict[str, bytes] = {}
    start = end + 1
    for name, size in zip(_PARTS, header["parts"], strict=True):
        parts[name] = rest[start : start + size]
        start += size
    names = _lines(parts["names"])
    ids = array("I")
    ids.frombytes(parts["ids"])
    if sys.byteorder == "big":  # pragma: no cover
        ids.byteswap()
    return Vocabulary(
        sha256=digest,
        sources=tuple(VocabularySource(**s) for s in header["sources"]),
        names=dict(zip(names, ids, strict=True)),
        entries=Entries(parts["entries"].decode("ascii").split("\n")),
        words=WordSet(parts["words"]),
        buckets=_buckets(names, header["buckets"]),
        word_buckets=WordBuckets(parts["words"], header["word_buckets"]),
    )


def base_of(data: bytes, where: str) -> str:
    """The digest of the index that this one was built on, "" for none.

    Raises:
        FormularyError: as for `decode`.
    """
    _, rest = _checked(data, where)
    return str(json.loads(rest[: rest.index(b"\n")])["base"])


def digest_of(data: bytes) -> str:
    """The digest an index states, unchecked."""
    return data[len(MAGIC) : len(MAGIC) + 64].decode("ascii")


def _checked(data: bytes, where: str) -> tuple[str, bytes]:
    if not data.startswith(MAGIC):
        raise FormularyError(f"{where}: not a vocabulary index of this version of medcheck; delete it to have it built again")
    rest = data[len(MAGIC) + 65 :]
    digest = sha256(rest).hexdigest()
    if digest.encode("ascii") != data[len(MAGIC) : len(MAGIC) + 64]:
        raise FormularyError(f"{where}: the digest of the vocabulary index does not fit its content; delete it to have it built again")
    return digest, rest


def _lines(part: bytes) -> list[str]:
    return part.decode("ascii").split("\n") if part else []


def _slices(ordered: Iterable[str]) -> list[list[int]]:
    """[length, start, end] for each run of equal length."""
    out = []
    for length, run in groupby(enumerate(ordered), key=lambda pair: len(pair[1])):
        at = [i for i, _ in run]
        out.append([length, at[0], at[-1] + 1])
    return out


def _buckets(ordered: Sequence[str], slices: Sequence[Sequence[int]]) -> tuple[Sequence[str], ...]:
    out: list[Sequence[str]] = [()] * (max(map(itemgetter(0), slices), default=-1) + 1)
    for length, start, end in slices:
        out[length] = ordered[start:end]
    return tuple(out)
