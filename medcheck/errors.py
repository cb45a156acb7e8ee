"""The errors medcheck raises, each with its exit code and HTTP status; knows nothing else of the program.

    MedcheckError
    ├── InputError        the caller's text, JSON or file cannot be used    exit 2, HTTP 422
    ├── FormularyError    a data file is missing or invalid                 exit 3, HTTP 503
    └── StorageError      what was to be kept could not be kept             exit 4, HTTP 503

Messages say what, where and what to do, and never contain patient text. Clinical content (no match, no dose, an
impossible dose) is never an error: it is a value in the Review.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class MedcheckError(Exception):
    """Base of every error that a caller of medcheck can meet."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500


class InputError(MedcheckError):
    """The caller's input cannot be used.

    `messages` maps a field or place ("line 3", "ferritin_ug_per_l") to its messages; all are collected, none is lost.
    """

    exit_code = 2
    http_status = 422

    def __init__(self, message: str, messages: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.messages: dict[str, list[str]] = {k: list(v) for k, v in (messages or {}).items()}


class FormularyError(MedcheckError):
    """A formulary or vocabulary file is missing or invalid.

    `problems` lists (file, path within the file, message), every problem found, not only the first.
    """

    exit_code = 3
    http_status = 503

    def __init__(self, message: str, problems: Sequence[tuple[str, str, str]] = ()) -> None:
        super().__init__(message)
        self.problems: tuple[tuple[str, str, str], ...] = tuple(problems)


class StorageError(MedcheckError):
    """The review could not be confirmed as kept; the review itself is still answered."""

    exit_code = 4
    http_status = 503
