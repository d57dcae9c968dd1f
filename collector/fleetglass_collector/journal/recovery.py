"""When the collector starts, it repairs what a crash left in the journal's folder."""

import fcntl
import os
from pathlib import Path

from fleetglass_collector import files
from fleetglass_collector.errors import JournalError
from fleetglass_collector.journal.ledger import Ledger
from fleetglass_collector.journal.record import Damage, Record, walk
from fleetglass_collector.journal.segment import OPEN, Segment, sealed


def lock(folder: Path) -> int:
    """Lock the folder for this process; the lock ends when the returned descriptor is closed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise JournalError(
            f"cannot use the journal folder {str(folder)!r}: {error.strerror}. "
            "Choose another with --data."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise JournalError(
            f"the journal {str(folder)!r} is in use by the collector with process id {holder}. "
            "Stop that collector, or start this one with another --data folder."
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def recover(folder: Path, ledger: Ledger) -> tuple[list[Segment], int]:
    """Return the segments that are not inserted yet, and how many torn bytes were cut off."""
    for leftover in folder.glob(f"*{files.DRAFT}"):
        leftover.unlink()
    torn = sum(_seal_leftover(path) for path in sorted(folder.glob(f"*{OPEN}")))
    segments = _without_duplicates(folder, sealed(folder), ledger)
    files.sync_folder(folder)
    return segments, torn


def _seal_leftover(path: Path) -> int:
    """Seal the segment that a crash left open, and return how many torn bytes were cut off.

    Damage in the middle stays: the shipper quarantines it when it reads the segment.
    """
    data = memoryview(path.read_bytes())
    items = list(walk(data))
    torn = 0
    if items and isinstance(items[-1], Damage) and items[-1].torn:
        torn = len(data) - items.pop().start
        os.truncate(path, len(data) - torn)
    if not items:
        path.unlink()
        return torn
    identity, start = (int(part) for part in path.stem.split("-"))
    records = [item for item in items if isinstance(item, Record)]
    end = records[-1].offset + records[-1].spans if records else start
    segment = Segment(id=identity, start=start, spans=end - start, size=len(data) - torn)
    os.rename(path, segment.path(path.parent))
    return torn


def _without_duplicates(folder: Path, segments: list[Segment], ledger: Ledger) -> list[Segment]:
    """Delete what a crash left twice on disk.

    That is a segment that is done, or the pieces of a segment that is still to do.
    """
    done = [segment for segment in segments if segment.name == ledger.retired]
    left = [segment for segment in segments if segment.name != ledger.retired]
    pieces = [piece for piece in left if any(whole.holds(piece) for whole in left)]
    for segment in (*done, *pieces):
        segment.path(folder).unlink()
    return [segment for segment in left if segment not in pieces]


def identity(folder: Path) -> str:
    """Return this journal's random name, which is part of every deduplication token."""
    path = folder / "id"
    if not path.exists():
        files.write(path, [os.urandom(8).hex().encode()])
    return path.read_text().strip()
