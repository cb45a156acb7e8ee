"""What the tests share: the real data loaded once, a fixed day, a way to run the command line, and no touch of the user's own files."""

from __future__ import annotations

import os
import shutil
import tempfile
import traceback
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import medcheck
from medcheck.cli import main
from medcheck.domain import Formulary, Vocabulary
from medcheck.reviewing import Tools, prepare

AS_OF = date(2026, 11, 22)
_USER_DIRS = ("XDG_CACHE_HOME", "XDG_DATA_HOME")


def pytest_configure(config: pytest.Config) -> None:
    """Move the user's directories and drop MEDCHECK_* before anything is loaded, also for the doctests of the package."""
    scratch = Path(tempfile.mkdtemp(prefix="medcheck-tests-"))
    patch = pytest.MonkeyPatch()
    for name in _USER_DIRS:
        patch.setenv(name, str(scratch / name.lower()))
    for name in [n for n in os.environ if n.startswith("MEDCHECK_") and n != "MEDCHECK_VENV"]:
        patch.delenv(name)
    config.add_cleanup(patch.undo)
    config.add_cleanup(lambda: shutil.rmtree(scratch, ignore_errors=True))


@pytest.fixture(scope="session")
def formulary() -> Formulary:
    """The formulary of this checkout."""
    return medcheck.load_formulary()


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """The background vocabulary of this checkout."""
    return medcheck.load_vocabulary()


@pytest.fixture(scope="session")
def tools(formulary: Formulary, vocabulary: Vocabulary) -> Tools:
    """The readers, prepared once."""
    return prepare(formulary, vocabulary)


@pytest.fixture(scope="session")
def as_of() -> date:
    """The day that "now" is."""
    return AS_OF


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run a command in process: `run("match", "--json", input="Zoloft\\n")`; an error that no interface handled fails the test."""

    def _run(*args: str, input: str | bytes | None = None, env: Mapping[str, str | None] | None = None) -> Result:  # noqa: A002
        result = CliRunner().invoke(main, list(args), input=input, env=env)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            pytest.fail("".join(traceback.format_exception(result.exception)), pytrace=False)
        assert "Traceback" not in result.output
        return result

    return _run
