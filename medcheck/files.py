"""Writing a file so that no reader ever sees half of it; knows nothing of what is in it."""

from __future__ import annotations

from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside `path`, then put it in place at once, readable by all.

    Raises:
        OSError: the directory or the file cannot be written; nothing is left behind.
    """
    import tempfile  # late: a review writes no file

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(content)
            file.close()
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
