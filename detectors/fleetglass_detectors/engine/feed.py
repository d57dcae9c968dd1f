"""Gives spans to the detectors: from the database, segment by segment, or from a recording."""

import json
import time
from collections.abc import Callable, Iterator
from typing import cast

from fleetglass_detectors.database import Database
from fleetglass_detectors.detector import State
from fleetglass_detectors.engine.recent import Recent
from fleetglass_detectors.spans import Batch, Rows, read

BATCH_SPANS = 50_000
# A query lists them, and the database limits the size of a query.
BATCH_SEGMENTS = 2_000
# Segments of another collector may become visible late. So each look goes back two minutes, and one
# look a minute goes back an hour.
OVERLAP_NS = 120_000_000_000
FURTHER_NS = 3_600_000_000_000
FURTHER_EVERY_S = 60.0


class Feed:
    """Reads each segment once, in order, as soon as it is stored, and each span once.

    A late segment is read late. The feed does not wait until spans are settled, which takes
    seconds. So the agent of a span may be known only as far as the span itself names it.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._watermark = -1
        self._seen: dict[int, int] = {}
        self._recent = Recent()
        self._further_at = 0.0

    @property
    def watermark(self) -> int:
        """The number of the last segment that was read: the nanosecond at which it was begun."""
        return max(0, self._watermark)

    def next(self) -> Batch | None:
        if self._watermark < 0:
            # At the first start, only the spans of the last hour are read.
            newest = self._number("SELECT max(segment) FROM agent_spans_rows")
            self._watermark = max(0, newest - FURTHER_NS)
        segments = self._arrived()
        if not segments:
            return None
        where = f"segment IN ({', '.join(map(str, segments))})"
        rows = self._recent.new(read(self._database, where))
        self._seen |= segments
        self._watermark = max(self._watermark, *segments)
        since = self._watermark - FURTHER_NS
        self._seen = {segment: n for segment, n in self._seen.items() if segment > since}
        return Batch(rows=rows, now_ns=self._watermark)

    def waiting(self) -> tuple[int, int]:
        """Return how many stored spans were not read, and the segment of the first of them."""
        answer = self._database.query(
            "SELECT count(), min(segment) FROM agent_spans_rows "
            f"WHERE version = 0 AND segment > {self.watermark}",
            fmt="JSONCompactEachRow",
        )
        count, first = map(int, json.loads(answer))
        return count, first

    def state(self) -> State:
        return {
            "watermark": self._watermark,
            "seen": self._seen.copy(),
            "recent": self._recent.state(),
        }

    def restore(self, state: State) -> None:
        held = cast(dict[str, State], state)
        self._watermark = cast(int, held["watermark"])
        self._seen = cast(dict[int, int], held["seen"]).copy()
        self._recent.restore(held["recent"])

    def _arrived(self) -> dict[int, int]:
        """Return the next segments, and how many spans each has."""
        now, back = self._clock(), OVERLAP_NS
        if now >= self._further_at:
            self._further_at, back = now + FURTHER_EVERY_S, FURTHER_NS
        rows = self._database.query(
            "SELECT segment, countIf(version = 0) FROM agent_spans_rows "
            f"WHERE segment > {max(0, self._watermark - back)} "
            f"GROUP BY segment ORDER BY segment LIMIT {len(self._seen) + BATCH_SEGMENTS}",
            fmt="JSONCompactEachRow",
        )
        segments: dict[int, int] = {}
        for segment, count in (map(int, json.loads(row)) for row in rows.splitlines()):
            if count > self._seen.get(segment, -1):
                segments[segment] = count
            if sum(segments.values()) >= BATCH_SPANS or len(segments) == BATCH_SEGMENTS:
                break
        return segments

    def _number(self, sql: str) -> int:
        return int(self._database.query(sql, fmt="TSVRaw") or 0)


def recorded(database: Database, *, size: int = BATCH_SPANS) -> Iterator[Batch]:
    """Yield all stored spans in the order in which they ended, as they would have arrived."""
    rows = read(database, "1", order="end_ns, segment, trace_id, span_id")
    for start in range(0, len(rows), size):
        part: Rows = rows[start : start + size]
        yield Batch(rows=part, now_ns=int(part["end_ns"][-1]))
