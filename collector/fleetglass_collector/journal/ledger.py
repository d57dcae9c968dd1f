"""The ledger counts the spans that left the journal, as stored or as quarantined."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from fleetglass_collector import files
from fleetglass_collector.errors import JournalError
from fleetglass_collector.journal.segment import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The counts, and the name of the segment that was retired last.

    After a crash, `retired` shows which segment is done although its file is still there.
    """

    accepted: int = 0
    stored: int = 0
    quarantined: int = 0
    retired: str = ""

    def retire(self, segment: Segment, *, stored: int, quarantined: int) -> "Ledger":
        return Ledger(
            accepted=max(self.accepted, segment.end),
            stored=self.stored + stored,
            quarantined=self.quarantined + quarantined,
            retired=segment.name,
        )


def read(path: Path) -> Ledger:
    try:
        return Ledger(**json.loads(path.read_text()))
    except FileNotFoundError:
        return Ledger()
    except (TypeError, ValueError) as error:
        raise JournalError(
            f"the journal's ledger {str(path)!r} is damaged: {error}. You can remove it without "
            "losing data: the segments are still shipped, only the counters start at zero again."
        ) from error


def write(path: Path, ledger: Ledger) -> None:
    files.write(path, [json.dumps(dataclasses.asdict(ledger)).encode()])
