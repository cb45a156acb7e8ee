"""Opens the files of a release, zipped or not; knows nothing of what is in them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from medcheck.errors import InputError


@contextmanager
def open_release(path: Path, wanted: Sequence[str]) -> Iterator[dict[str, tuple[IO[bytes], str]]]:
    """Open the wanted files of a zip file or folder (at any depth), or the first of them given itself with the others beside it.

    Yields what is there: file name -> (file, how to name it in messages). The first of `wanted` is always there.

    Raises:
        InputError: the path or its first wanted file is missing or cannot be read, also while it is read.
    """
    try:
        with ExitStack() as stack:
            yield _open(path, wanted, stack)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
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
