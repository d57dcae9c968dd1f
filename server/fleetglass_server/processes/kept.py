"""A file that a process keeps for its next start."""

from collections.abc import Iterable
from pathlib import Path

from fleetglass_collector import files

UNUSABLE = ".unusable"


class KeptFile:
    """Readable by its owner only: it may hold names of agents and tenants."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, pieces: Iterable[bytes]) -> None:
        files.write(self._path, pieces, mode=0o600)

    def set_aside(self) -> None:
        self._path.replace(self._path.with_name(self._path.name + UNUSABLE))
