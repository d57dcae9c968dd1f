"""The ledger: how many spans ever left the journal, and for where."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from fleetglass_collector import files
from fleetglass_collector.errors import JournalError
from fleetglass_collector.journal.segment import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """`retired` names the segment that was taken off last.

    It tells, after a crash, a segment that is done but still there from one still to do.
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
            f"the journal's ledger {str(path)!r} is damaged: {error}. Nothing is lost by removing "
            "it: the segments are still replayed, only the counters start again at zero."
        ) from error


def write(path: Path, ledger: Ledger) -> None:
    files.write(path, [json.dumps(dataclasses.asdict(ledger)).encode()])
