"""The files of the detecting process: its checkpoint, and its metrics for the collector."""

import os
from collections.abc import Callable
from pathlib import Path


class CheckpointFile:
    """Keeps the detectors' last checkpoint in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def save(self, *parts: bytes) -> None:
        write(self._file, *parts)

    def load(self) -> bytes | None:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            return None

    def set_aside(self) -> None:
        self._file.replace(self._file.with_suffix(".unusable"))


def metrics_file(file: Path) -> Callable[[str], None]:
    """Return a function that replaces the file; the collector's /metrics repeats it."""

    def publish(exposition: str) -> None:
        write(file, exposition.encode(), mode=0o644)

    return publish


def write(path: Path, *parts: bytes, mode: int = 0o600) -> None:
    """Replace a file: readers see the old content or the new, and never a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as stream:
        os.fchmod(stream.fileno(), mode)
        stream.writelines(parts)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
