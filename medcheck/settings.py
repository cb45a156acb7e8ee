"""Settings from MEDCHECK_* variables, read once into a frozen value; knows nothing of what the settings are used for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from medcheck.errors import InputError
from medcheck.value import Value

PREFIX: Final = "MEDCHECK_"
REGIONS: Final = ("us", "uk", "")
_PATHS: Final = ("cache_dir", "data_dir", "formulary_dir", "vocabulary")
_LIMITS: Final = ("max_line_chars", "max_mention_chars", "max_list_bytes", "max_list_lines")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Settings(Value):
    """Where things are and how much is read.

    `cache_dir` may be deleted at any time, `data_dir` holds what a site imported. `vocabulary` is an index to use instead of every
    other one, None for the usual order. `region` is us, uk or "" (not told). Limits are in characters, bytes and lines.
    """

    cache_dir: Path
    data_dir: Path
    formulary_dir: Path
    vocabulary: Path | None = None
    region: str = ""
    max_line_chars: int = 5000
    max_mention_chars: int = 300
    max_list_bytes: int = 1_048_576
    max_list_lines: int = 10_000


def read(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; an empty value counts as not given.

    Raises:
        InputError: for an unknown MEDCHECK_* variable or a malformed value; every one of them is named.

    >>> read({"HOME": "/home/anna", "MEDCHECK_REGION": "uk", "MEDCHECK_MAX_LIST_LINES": "500"}).max_list_lines
    500
    """
    given = {k.removeprefix(PREFIX).lower(): v.strip() for k, v in environ.items() if k.startswith(PREFIX)}
    problems: dict[str, list[str]] = {}
    for name in sorted(given.keys() - {*_PATHS, *_LIMITS, "region"}):
        known = ", ".join(PREFIX + n.upper() for n in (*_PATHS, "region", *_LIMITS))
        problems[PREFIX + name.upper()] = [f"is not a setting; the settings are {known}"]
    paths = {name: Path(given[name]).expanduser() for name in _PATHS if given.get(name)}
    limits: dict[str, int] = {}
    for name in _LIMITS:
        value = given.get(name, "")
        if value and value.isascii() and value.isdigit() and 0 < int(value[:12]) < 10**10:
            limits[name] = int(value)
        elif value:
            problems[PREFIX + name.upper()] = ["must be a whole number above 0"]
    region = given.get("region", "").lower()
    if region not in REGIONS:
        problems[PREFIX + "REGION"] = ["must be us, uk or empty"]
    if problems:
        raise InputError("; ".join(f"{k} {v[0]}" for k, v in problems.items()), problems)
    return Settings(
        cache_dir=paths.get("cache_dir") or _user_dir(environ, "XDG_CACHE_HOME", ".cache"),
        data_dir=paths.get("data_dir") or _user_dir(environ, "XDG_DATA_HOME", ".local/share"),
        formulary_dir=paths.get("formulary_dir") or default_formulary_dir(),
        vocabulary=paths.get("vocabulary"),
        region=region,
        **limits,
    )


def default_formulary_dir() -> Path:
    """The formulary shipped in the package, else the one beside it (an editable install or a checkout)."""
    package = Path(__file__).parent
    shipped = package / "_formulary"
    return shipped if shipped.is_dir() else package.parent / "formulary"


def _user_dir(environ: Mapping[str, str], xdg: str, below_home: str) -> Path:
    if sys.platform == "win32" and environ.get("LOCALAPPDATA"):  # pragma: no cover
        return Path(environ["LOCALAPPDATA"]) / "medcheck" / below_home.strip(".").replace("/", "-")
    if environ.get(xdg, "").startswith("/"):
        return Path(environ[xdg]) / "medcheck"
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return (Path(home) if home else Path.home()) / below_home / "medcheck"
