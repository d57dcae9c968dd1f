"""Files that are there whole or not at all, whenever the process or the machine stops."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

DRAFT = ".tmp"
"""How the name of a file ends while it is written. After a crash such a file can be deleted."""

Pieces = Iterable[bytes | memoryview]


def write(path: Path, pieces: Pieces, *, mode: int = 0o644, durable: bool = True) -> None:
    """Write a file and replace the one that was there.

    When this returns, the file and its name are on disk, unless it need not be durable.
    """
    draft = path.with_name(path.name + DRAFT)
    _draft(draft, pieces, mode, os.O_TRUNC, durable)
    draft.replace(path)
    if durable:
        sync_folder(path.parent)


def create(path: Path, pieces: Pieces, *, mode: int = 0o644) -> bool:
    """Write a file unless there is one; False if there is one.

    Of several processes that create the same file at once, one succeeds.
    """
    draft = path.with_name(f"{path.name}.{os.urandom(8).hex()}{DRAFT}")
    _draft(draft, pieces, mode, os.O_EXCL, durable=True)
    try:
        # Unlike a rename, a link never replaces a file.
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _draft(path: Path, pieces: Pieces, mode: int, flag: int, durable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flag, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            # A leftover of a crash keeps its mode, and the umask may take bits away.
            os.fchmod(descriptor, mode)
            for piece in pieces:
                file.write(piece)
            file.flush()
            if durable:
                os.fsync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
