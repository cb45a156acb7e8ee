"""Opens the files of a release, zipped or not; knows nothing of what is in them."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Final

from medcheck.errors import InputError


@contextmanager
def open_release(path: Path, wanted: Sequence[str]) -> Iterator[dict[str, tuple[IO[bytes], str]]]:
    """Open the wanted files of a zip file or folder (at any depth), or the first of them given itself with the others beside it.

    Yields what is there: file name -> (file, how to name it in messages). The first of `wanted` is always there.

    Raises:
        InputError: the path or its first wanted file is missing or cannot be read, also while it is read.
    """
    with _said_plainly(path), ExitStack() as stack:
        yield _open(path, wanted, stack)


_Found = tuple[str, str, Callable[[], IO[bytes]]]
_LARGEST_INNER: Final = 1 << 31  # bytes of a zip file within a zip file


@contextmanager
def open_release_by_prefix(path: Path, wanted: Mapping[str, re.Pattern[str]]) -> Iterator[dict[str, tuple[IO[bytes], str]]]:
    """Open the files whose names fit, in a zip file (zip files in it too), a folder, or beside the file that is given.

    Yields what is there: key of `wanted` -> (file, how to name it in messages). The first of `wanted` is always there.

    Raises:
        InputError: as for `open_release`; also where two files fit one pattern, which of them is meant cannot be known.
    """
    with _said_plainly(path), ExitStack() as stack:
        found: dict[str, list[tuple[IO[bytes], str]]] = {}
        for name, where, opened in _all_files(path, stack):
            for key, pattern in wanted.items():
                if pattern.fullmatch(name):
                    found.setdefault(key, []).append((stack.enter_context(opened()), where))
        first = next(iter(wanted))
        if first not in found:
            raise InputError(f"{path.name}: no {first} file in it; take the release as its publisher gives it out")
        for files in found.values():
            if len(files) > 1:
                raise InputError(f"{path.name}: {files[0][1]} and {files[1][1]} are of two releases; give the one to import")
        yield {key: found[key][0] for key in wanted if key in found}


def _all_files(path: Path, stack: ExitStack) -> Iterator[_Found]:
    """Name, how to name it in messages, and how to open it, of each file of a zip file or a folder."""
    if path.suffix.lower() == ".zip":
        yield from _members(zipfile.ZipFile(stack.enter_context(path.open("rb"))), path.name, stack)
        return
    for file in sorted(path.rglob("*") if path.is_dir() else {path, *path.parent.glob("*.xml")}):
        if file.suffix.lower() == ".zip" and path.is_dir():
            yield from _members(zipfile.ZipFile(stack.enter_context(file.open("rb"))), file.name, stack)
        elif file.is_file() or file == path:
            yield file.name, file.name, partial(_open_binary, file)


def _open_binary(file: Path) -> IO[bytes]:
    return file.open("rb")


def _members(archive: zipfile.ZipFile, where: str, stack: ExitStack, inner: bool = False) -> Iterator[_Found]:
    stack.enter_context(archive)
    for member in archive.infolist():
        name = member.filename.split("/")[-1]
        if name.lower().endswith(".zip") and not inner:
            if member.file_size > _LARGEST_INNER:
                raise InputError(f"{where}: {name} in it is larger than {_LARGEST_INNER} bytes; unpack it and give the folder")
            copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
            with archive.open(member) as packed:
                shutil.copyfileobj(packed, copy)
            yield from _members(zipfile.ZipFile(copy), f"{where}:{name}", stack, inner=True)
        elif name:
            yield name, f"{where}:{member.filename}", partial(archive.open, member)


@contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    """What goes wrong in opening or reading becomes an InputError that names the file."""
    try:
        yield
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:  # RuntimeError: it wants a password
        raise InputError(f"{path.name}: not a readable zip file ({error})") from None
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({error.strerror or error})") from None


def _open(path: Path, wanted: Sequence[str], stack: ExitStack) -> dict[str, tuple[IO[bytes], str]]:
    if path.suffix.lower() == ".zip":
        archive = stack.enter_context(zipfile.ZipFile(path))
        inside = {n.split("/")[-1].lower(): n for n in sorted(archive.namelist(), key=len, reverse=True)}
        members = [(w, inside[w.lower()]) for w in wanted if w.lower() in inside]
        found: dict[str, tuple[IO[bytes], str]] = {w: (stack.enter_context(archive.open(m)), f"{path.name}:{m}") for w, m in members}
    else:
        files = {p.name.lower(): p for p in sorted(path.rglob("*"), reverse=True)} if path.is_dir() else {}
        if not path.is_dir():
            files = {w.lower(): path if w == wanted[0] else path.with_name(w) for w in wanted}
        present = [(w, files[w.lower()]) for w in wanted if w.lower() in files and (w == wanted[0] or files[w.lower()].is_file())]
        found = {w: (stack.enter_context(p.open("rb")), p.name) for w, p in present}
    if wanted[0] not in found:
        raise InputError(f"{path.name}: no {wanted[0]} in it; take the release as its publisher gives it out")
    return found
