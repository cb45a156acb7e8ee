"""Build hook: compiles the vocabulary and the formulary into medcheck/_compiled, also for an editable install.

Any failure stops the build: a wheel without its data would only fail later, at a clinician's desk.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileData(BuildHookInterface):  # type: ignore[type-arg]
    """Writes medcheck/_compiled/vocabulary.idx and medcheck/_compiled/formulary.json."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files are collected; the same sources give the same bytes."""
        root = Path(self.root)
        sys.path.insert(0, str(root))
        try:
            from medcheck.formulary import compile_directory
            from medcheck.vocabulary import build_packaged_index
        finally:
            sys.path.remove(str(root))
        compiled = root / "medcheck" / "_compiled"
        compiled.mkdir(exist_ok=True)
        for name, content in (
            ("vocabulary.idx", build_packaged_index(root / "formulary")),
            ("formulary.json", compile_directory(root / "formulary")),
        ):
            (compiled / name).write_bytes(content)
            build_data["artifacts"].append(f"medcheck/_compiled/{name}")
