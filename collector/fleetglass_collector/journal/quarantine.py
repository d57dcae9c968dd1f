"""The quarantine keeps what could not be stored, with the reason, for inspection and replay.

`NAME.pb` is a length-delimited sequence of requests, which `fleetglass replay` can read.
`NAME.txt` says why it is here. `NAME.damaged` holds damaged bytes, which are not valid requests.
"""

from collections.abc import Iterable
from pathlib import Path

from fleetglass_collector import files
from fleetglass_collector.journal.record import Damage, Record, walk
from fleetglass_collector.journal.segment import Segment


class Quarantine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep_refused(self, segment: Segment, data: memoryview, *, reason: str) -> None:
        self._keep(segment.name, ".pb", [data], reason=reason)

    def keep_damaged(self, segment: Segment, data: memoryview, damages: Iterable[Damage]) -> None:
        pieces = [data[damage.start : damage.end] for damage in damages]
        self._keep(segment.name, ".damaged", pieces, reason="does not match its checksum")

    def files(self) -> int:
        return sum(1 for _ in self.folder.glob("*.txt"))

    def _keep(self, name: str, suffix: str, pieces: list[memoryview], *, reason: str) -> None:
        files.write(self.folder / f"{name}{suffix}", pieces)
        files.write(self.folder / f"{name}.txt", [f"{reason}\n".encode()])


def inspect(data: memoryview) -> tuple[list[Record], list[Damage]]:
    """Return the whole records of a segment, and the damage between them."""
    items = list(walk(data))
    records = [item for item in items if isinstance(item, Record)]
    damages = [item for item in items if isinstance(item, Damage)]
    return records, damages
