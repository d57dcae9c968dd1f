"""What a tree of processes costs."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    except OSError:
        return []
    return [root, *(pid for child in children for pid in tree(int(child)))]


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of processes that still live."""
    total = 0
    for pid in pids:
        # The name in parentheses may hold spaces; the fields that follow do not.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_bytes(pids: list[int]) -> int:
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE for pid in pids)


@dataclass
class Meter:
    """CPU seconds that processes have used since it was made."""

    pids: list[int]

    def __post_init__(self) -> None:
        self._start = cpu_seconds(self.pids)

    def read(self) -> float:
        return cpu_seconds(self.pids) - self._start
