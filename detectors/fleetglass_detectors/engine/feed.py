"""Gives spans to the detectors: from the database, segment by segment, or from a recording."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

from fleetglass.following import Following, Kept
from fleetglass_detectors.database import Database
from fleetglass_detectors.detector import State
from fleetglass_detectors.engine.recent import Recent
from fleetglass_detectors.spans import Batch, Rows, read

BATCH_SPANS = 50_000
FIRST_NS = 3_600_000_000_000


class Feed:
    """Reads each segment once, in order, as soon as it is stored, and each span once.

    A late segment is read late. The feed does not wait until spans are settled, which takes
    seconds. So the agent of a span may be known only as far as the span itself names it.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._following = Following(batch_spans=BATCH_SPANS)
        self._is_started = False
        self._recent = Recent()

    @property
    def watermark(self) -> int:
        """The number of the last segment that was read: the nanosecond at which it was begun."""
        return self._following.watermark

    def next(self) -> Batch | None:
        if not self._is_started:
            self._start()
        segments = self._following.new(self._ask, self._clock())
        if not segments:
            return None
        where = f"segment IN ({', '.join(map(str, segments))})"
        rows = self._recent.new(read(self._database, where))
        self._following.read(segments)
        return Batch(rows=rows, now_ns=self.watermark)

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
        kept = self._following.state()
        return {
            "watermark": kept.watermark if self._is_started else -1,
            "looked_s": kept.looked_s,
            "seen": kept.seen,
            "recent": self._recent.state(),
        }

    def restore(self, state: State) -> None:
        held = cast(dict[str, Any], state)
        self._is_started = held["watermark"] >= 0
        # A checkpoint of an earlier version has no time.
        looked_s = held.get("looked_s", 0)
        watermark = max(0, held["watermark"])
        self._following.restore(Kept(watermark=watermark, looked_s=looked_s, seen=held["seen"]))
        self._recent.restore(held["recent"])

    def _start(self) -> None:
        """At the first start, only the spans of the last hour are read."""
        answer = self._ask("SELECT max(segment), toUnixTimestamp(now()) FROM agent_spans_rows")
        newest, now_s = map(int, json.loads(answer))
        watermark = max(0, newest - FIRST_NS)
        self._following.start(self._ask, watermark=watermark, looked_s=now_s, read_s=now_s)
        self._is_started = True

    def _ask(self, sql: str) -> bytes:
        return self._database.query(sql, fmt="JSONCompactEachRow")


def recorded(database: Database, *, size: int = BATCH_SPANS) -> Iterator[Batch]:
    """Yield all stored spans in the order in which they ended, as they would have arrived."""
    rows = read(database, "1", order="end_ns, segment, trace_id, span_id")
    for start in range(0, len(rows), size):
        part: Rows = rows[start : start + size]
        yield Batch(rows=part, now_ns=int(part["end_ns"][-1]))
