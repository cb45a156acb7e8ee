r"""The index file of the vocabulary: bytes <-> Vocabulary, made to load fast; knows nothing of where names come from.

    medcheck-vocabulary-3\n
    SHA-256 of the header and the six parts after it, in hex\n
    their size in bytes\n
    header, one line of JSON: sources, sizes in bytes of the parts, slices of equal length, tables of codes and their SHA-256\n
    names    one a line, fewest words first, then shortest, then by alphabet: names of one length are one slice
    ids      one little-endian unsigned 32-bit number per name, the line of `entries`
    entries  ingredients joined by "|", one entry a line; line 0 is empty: a drug, ingredients not told
    words    ordinary words, one a line, shortest first, then by alphabet
    frequent the frequent ones of these, in the same way
    strengths  one ingredient a line, a tab, and the strengths in mg that one tablet, capsule or patch has, by spaces; sorted
    codes    for each code system the codes as sorted little-endian unsigned numbers of 4 or 8 bytes, then as many lines of `entries`

The codes are checked against their digest when the first one is asked for: most lists hold none, and a start should not pay for them.
All text is ASCII, so the file is the same on every machine; nothing in it can run.
"""

from __future__ import annotations

import json
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, overload

from medcheck.domain import Vocabulary, VocabularySource
from medcheck.errors import FormularyError

MAGIC: Final = b"medcheck-vocabulary-3\n"
_PARTS: Final = ("names", "ids", "entries", "words", "frequent", "strengths")


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


class Strengths(Mapping[str, tuple[float, ...]]):
    """Strengths in mg by ingredient; split when the first one is asked for, which is where a doubtful name stands before a dose."""

    __slots__ = ("_made", "_part")

    def __init__(self, part: bytes) -> None:
        self._part = part
        self._made: dict[str, tuple[float, ...]] | None = None

    def _all(self) -> dict[str, tuple[float, ...]]:
        if self._made is None:
            rows = (line.split("\t") for line in _lines(self._part))
            self._made = {name: tuple(float(mg) for mg in known.split()) for name, known in rows}
        return self._made

    def __getitem__(self, ingredient: str) -> tuple[float, ...]:
        return self._all()[ingredient]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class CodeBytes:
    """The tables of codes as bytes, checked against their digest once, when the first code is asked for."""

    __slots__ = ("_checked", "_data", "_sha256", "_where")

    def __init__(self, data: memoryview, digest: str, where: str) -> None:
        self._data = data
        self._sha256 = digest
        self._where = where
        self._checked = False

    def numbers(self, start: int, count: int, size: int) -> array[int]:
        """`count` numbers of `size` bytes each.

        Raises:
            FormularyError: the digest does not fit.
        """
        if not self._checked:
            if sha256(self._data).hexdigest() != self._sha256:
                raise FormularyError(f"{self._where}: {_DAMAGED}")
            self._checked = True
        return _array(bytes(self._data[start : start + count * size]), size)


class CodeTable(Mapping[int, int]):
    """Code -> line of `entries`, for one code system; two arrays that are read when the first code is asked for."""

    __slots__ = ("_arrays", "_bytes", "_count", "_sizes", "_start")

    def __init__(self, data: CodeBytes, start: int, count: int, sizes: tuple[int, int]) -> None:
        self._bytes = data
        self._start = start
        self._count = count
        self._sizes = sizes
        self._arrays: tuple[array[int], array[int]] | None = None

    def _read(self) -> tuple[array[int], array[int]]:
        if self._arrays is None:
            wide, narrow = self._sizes
            keys = self._bytes.numbers(self._start, self._count, wide)
            self._arrays = keys, self._bytes.numbers(self._start + self._count * wide, self._count, narrow)
        return self._arrays

    def __getitem__(self, code: int) -> int:
        keys, ids = self._read()
        at = bisect_left(keys, code)
        if at == len(keys) or keys[at] != code:
            raise KeyError(code)
        return ids[at]

    def __iter__(self) -> Iterator[int]:
        return iter(self._read()[0])

    def __len__(self) -> int:
        return self._count


def encode(
    names: Mapping[str, tuple[str, ...]],
    words: Iterable[str],
    sources: Sequence[VocabularySource],
    base: str = "",
    codes: Mapping[str, Mapping[int, tuple[str, ...]]] | None = None,
    frequent: Iterable[str] = (),
    strengths: Mapping[str, Iterable[float]] | None = None,
) -> bytes:
    """Write normalised names with their ingredients, ordinary words and codes as an index; equal input gives equal bytes.

    `base` is the digest of the index that a site's imported names were added to, "" for an index of its own. `codes` maps code systems to
    codes (as numbers) with their ingredients, `strengths` ingredients to strengths in mg; `frequent` are those of the words that stand
    between a misspelling and a name.
    """
    codes = codes or {}
    ordered = sorted(names, key=lambda n: (n.count(" "), len(n), n))
    told = {"|".join(i) for i in names.values()}.union(*({"|".join(i) for i in table.values()} for table in codes.values()))
    entries = ["", *sorted(told - {""})]
    number = {entry: i for i, entry in enumerate(entries)}
    ids = _little(number["|".join(names[n])] for n in ordered)
    tables, coded = _encode_codes(codes, number)
    plain = sorted(set(words), key=lambda w: (len(w), w))
    often = sorted(set(frequent), key=lambda w: (len(w), w))
    measured = (f"{name}\t{' '.join(f'{mg:g}' for mg in sorted(set(known)))}" for name, known in sorted((strengths or {}).items()))
    texts = ["\n".join(lines).encode("ascii") for lines in (ordered, entries, plain, often, measured)]
    parts = [texts[0], ids, *texts[1:]]
    header = {
        "sources": [asdict(s) for s in sources],
        "base": base,
        "parts": [len(p) for p in parts],
        "buckets": _slices(n for n in ordered if " " not in n),
        "word_buckets": _slices(often),
        "codes": tables,
        "codes_sha256": sha256(coded).hexdigest(),
    }
    rest = json.dumps(header, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n" + b"".join(parts)
    return MAGIC + f"{sha256(rest).hexdigest()}\n{len(rest)}\n".encode("ascii") + rest + coded


def _encode_codes(codes: Mapping[str, Mapping[int, tuple[str, ...]]], number: Mapping[str, int]) -> tuple[list[list[Any]], bytes]:
    """[system, count, bytes of a code, bytes of an entry] of each table, and the tables themselves one after another."""
    tables: list[list[Any]] = []
    parts: list[bytes] = []
    for system in sorted(codes):
        table = codes[system]
        keys = sorted(table)
        sizes = 4 if not keys or keys[-1] < 1 << 32 else 8, 2 if len(number) <= 1 << 16 else 4
        parts += _little(keys, sizes[0]), _little((number["|".join(table[k])] for k in keys), sizes[1])
        tables.append([system, len(keys), *sizes])
    return tables, b"".join(parts)


def decode(data: bytes, where: str) -> Vocabulary:
    """Read an index; `where` names it in errors.

    Raises:
        FormularyError: it is not an index, of another version, or its digest does not fit.
    """
    digest, rest, coded = _checked(data, where)
    end = rest.index(b"\n")
    header: dict[str, Any] = json.loads(rest[:end])
    parts: dict[str, bytes] = {}
    start = end + 1
    for name, size in zip(_PARTS, header["parts"], strict=True):
        parts[name] = rest[start : start + size]
        start += size
    names = _lines(parts["names"])
    return Vocabulary(
        sha256=digest,
        sources=tuple(VocabularySource(**s) for s in header["sources"]),
        names=dict(zip(names, _array(parts["ids"], 4), strict=True)),
        entries=Entries(parts["entries"].decode("ascii").split("\n")),
        words=WordSet(parts["words"]),
        buckets=_buckets(names, header["buckets"]),
        word_buckets=WordBuckets(parts["frequent"], header["word_buckets"]),
        strengths=Strengths(parts["strengths"]),
        codes=_code_tables(header, coded, where),
    )


def _code_tables(header: Mapping[str, Any], coded: memoryview, where: str) -> dict[str, CodeTable]:
    data = CodeBytes(coded, header["codes_sha256"], where)
    tables = {}
    start = 0
    for system, count, wide, narrow in header["codes"]:
        tables[system] = CodeTable(data, start, count, (wide, narrow))
        start += count * (wide + narrow)
    if start != len(coded):
        raise FormularyError(f"{where}: {_DAMAGED}")
    return tables


def base_of(data: bytes, where: str) -> str:
    """The digest of the index that this one was built on, "" for none.

    Raises:
        FormularyError: as for `decode`.
    """
    _, rest, _ = _checked(data, where)
    return str(json.loads(rest[: rest.index(b"\n")])["base"])


def is_of_this_version(data: bytes) -> bool:
    """Whether the file is an index as this version of medcheck writes it (its digest is not looked at)."""
    return data.startswith(MAGIC)


def digest_of(data: bytes) -> str:
    """The digest an index states, unchecked."""
    return data[len(MAGIC) : len(MAGIC) + 64].decode("ascii")


_DAMAGED: Final = "the digest of the vocabulary index does not fit its content; delete it to have it built again"
_TYPES: Final = {2: "H", 4: "I", 8: "Q"}  # sizes that array gives these types everywhere


def _checked(data: bytes, where: str) -> tuple[str, bytes, memoryview]:
    """The digest, what it is over, and the codes behind that."""
    if not data.startswith(MAGIC):
        raise FormularyError(f"{where}: not a vocabulary index of this version of medcheck; delete it to have it built again")
    stated = data[len(MAGIC) : len(MAGIC) + 64]
    begin = data.find(b"\n", len(MAGIC) + 65) + 1
    size = data[len(MAGIC) + 65 : begin - 1]
    end = begin + int(size) if begin and len(size) < 16 and size.isdigit() else len(data)
    rest = data[begin:end]
    digest = sha256(rest).hexdigest()
    if digest.encode("ascii") != stated:
        raise FormularyError(f"{where}: {_DAMAGED}")
    return digest, rest, memoryview(data)[end:]


def _array(data: bytes, size: int) -> array[int]:
    numbers = array(_TYPES[size])
    numbers.frombytes(data)
    if sys.byteorder == "big":  # pragma: no cover
        numbers.byteswap()
    return numbers


def _little(numbers: Iterable[int], size: int = 4) -> bytes:
    out = array(_TYPES[size], numbers)
    if sys.byteorder == "big":  # pragma: no cover
        out.byteswap()
    return out.tobytes()


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
