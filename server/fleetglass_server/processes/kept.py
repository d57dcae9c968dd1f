"""A file that a process keeps for its next start."""

from pathlib import Path

from fleetglass_collector import files

UNUSABLE = ".unusable"


class KeptFile:
    """Readable by its owner only: it may hold names of agents and tenants."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, *parts: bytes | memoryview) -> None:
        files.write(self._path, parts, mode=0o600)

    def load(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None

    def set_aside(self) -> None:
        """Rename the file, so that people can look at it and no start reads it."""
        self._path.replace(self._path.with_name(self._path.name + UNUSABLE))
