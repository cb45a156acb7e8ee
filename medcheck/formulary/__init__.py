"""The curated data: reading, checking, compiling and loading it. Steps never import this: they receive a Formulary value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medcheck.formulary.load import formulary_directory, load_formulary, source_digest

if TYPE_CHECKING:
    from pathlib import Path

    from medcheck.assessment import FitInputs

__all__ = ["compile_directory", "fit_inputs", "formulary_directory", "load_formulary", "source_digest"]


def compile_directory(directory: Path) -> bytes:
    """As compile.compile_directory; its imports are paid for only here.

    Raises:
        FormularyError: anything is missing or invalid; `problems` lists every finding with file and path.
    """
    from medcheck.formulary.compile import compile_directory as run

    return run(directory)


def fit_inputs(directory: Path) -> FitInputs:
    """As compile.fit_inputs; its imports are paid for only here.

    Raises:
        FormularyError: anything but the fitted coefficients is missing or invalid.
    """
    from medcheck.formulary.compile import fit_inputs as run

    return run(directory)
