"""The runs that have to be read: those with news, and once more when the news are a while ago."""

from collections.abc import Mapping
from typing import Any, cast

from fleetglass_detectors.detector import State

SECOND_NS = 1_000_000_000
IDLE_NS = 3600 * SECOND_NS
MOST_RUNS = 100_000
LONG = 500
"""A run with more actions than this rests after it was read, for so long an action."""
REST_NS = 10_000_000

Segments = Mapping[int, list[int]]
"""By run: the segments in which its spans arrived."""


class Pending:
    """Remembers the segments of each run until an hour after its last news."""

    def __init__(self, grace_ns: int) -> None:
        """`grace_ns`: how long after its last news a run is read once more; 0 for never."""
        self.grace_ns = grace_ns
        # When a run is read once more, 0 for never. In the order of their last news.
        self._open: dict[int, tuple[list[int], int]] = {}
        # The runs that are not read before a certain time.
        self._rests: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, run: int) -> bool:
        return run in self._open

    def add(self, news: Segments, now_ns: int) -> None:
        for run, segments in news.items():
            known, _ = self._open.pop(run, ([], 0))
            self._open[run] = sorted({*known, *segments}), now_ns + self.grace_ns
        if news:
            self._forget(now_ns)

    def wanted(self, news: Segments, now_ns: int) -> list[int]:
        """Return the runs to read now: those with news or whose grace is over.

        A long run is not read for each of its steps, or the reading would grow with its square.
        """
        due = self.due(now_ns)
        for run in {*news, *due}:
            if (until := self._rests.get(run, 0)) > now_ns:
                self.again(run, until)
        return sorted(run for run in {*news, *due} if self._rests.get(run, 0) <= now_ns)

    def was_read(self, run: int, actions: int, now_ns: int) -> None:
        """Let a run rest that has many actions."""
        if self.grace_ns and actions > LONG:
            self._rests[run] = now_ns + actions * REST_NS
        while len(self._rests) > MOST_RUNS:
            del self._rests[next(iter(self._rests))]

    def due(self, now_ns: int) -> set[int]:
        """Return the runs whose grace is over, or that have none."""
        return {run for run, (_, again_ns) in self._open.items() if 0 < again_ns <= now_ns}

    def segments(self, run: int) -> list[int]:
        return self._open[run][0]

    def again(self, run: int, at_ns: int) -> None:
        """Read a run once more at this time; 0 for never."""
        self._open[run] = self._open[run][0], at_ns

    def state(self) -> State:
        runs = {run: (list(segments), again) for run, (segments, again) in self._open.items()}
        return {"open": runs, "rests": self._rests.copy()}

    def restore(self, state: State) -> None:
        held = cast(dict[str, dict[int, Any]], state)
        runs = held["open"].items()
        self._open = {run: (list(segments), again) for run, (segments, again) in runs}
        self._rests = held["rests"].copy()

    def _forget(self, now_ns: int) -> None:
        while len(self._open) > MOST_RUNS:
            del self._open[next(iter(self._open))]
        for run, (segments, again_ns) in [*self._open.items()]:
            # A segment's number is the time at which it began.
            if again_ns or segments[-1] > now_ns - IDLE_NS:
                break
            del self._open[run]
