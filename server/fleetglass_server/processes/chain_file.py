"""The file in which a process keeps the end of its chain of the audit log."""

import fcntl
import itertools
import os
from pathlib import Path

from fleetglass_detectors.audit.log import Log
from fleetglass_server.processes.kept import KeptFile


class ChainFile(KeptFile):
    """A kept file that no other running process has, because it is locked."""

    def __init__(self, path: Path, lock: int) -> None:
        super().__init__(path)
        # An open file: the lock ends with the process, at the latest.
        self._lock = lock

    def close(self) -> None:
        os.close(self._lock)


def audit_log(folder: Path, writer: str) -> Log:
    """Return the audit log for a process; its chain begins with the writer's name."""
    return Log(writer, lambda: chain_file(folder / "audit", writer))


def chain_file(folder: Path, writer: str) -> ChainFile:
    """Return the file of a writer; a second one that runs at the same time gets `NAME-2`."""
    folder.mkdir(parents=True, exist_ok=True)
    names = itertools.chain([writer], (f"{writer}-{number}" for number in itertools.count(2)))
    return next(file for name in names if (file := _taken(folder / name)))


def _taken(path: Path) -> ChainFile | None:
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return ChainFile(path, lock)
