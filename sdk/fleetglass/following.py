"""Which segments of spans are new? For the settler and the detectors: both read each one once.

A segment's number is the nanosecond at which its collector began it. Most segments become visible
in that order, within seconds. But a collector may be offline for days, or its clock be wrong. So
there are two looks. The near one, each time, is by number: the last two minutes and all that
follows. The far one, each minute, is by the time at which rows came into the database: it finds
segments of any age. On five million rows in 500,000 segments each takes 10 ms.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# A query names them all, and the database limits the size of a query.
BATCH_SEGMENTS = 2_000
OVERLAP_NS = 120_000_000_000
FAR_EVERY_S = 60.0
# How long after it came into the database a row may become visible: the insert was slow, or a
# replica lags. What becomes visible later than this is passed over.
VISIBLE_S = 3600
ROWS = "agent_spans_rows"
COUNTED = f"SELECT segment, countIf(version = 0), toUnixTimestamp(now()) FROM {ROWS}"

Counts = dict[int, int]
"""By segment, how many spans it has."""
Ask = Callable[[str], bytes]
"""Sends a query; returns the answer as JSONCompactEachRow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept over a restart."""

    watermark: int
    looked_s: int
    seen: Counts


class Following:
    def __init__(self, *, batch_spans: int) -> None:
        self.watermark = 0
        """The greatest segment that was read."""
        self.looked_s = 0
        """All that came into the database until then was visible to a far look, or is late."""
        self._batch_spans = batch_spans
        self._seen: Counts = {}
        self._far_at = 0.0
        self._was_far = False

    def start(self, ask: Ask, *, watermark: int, looked_s: int, read_s: int) -> None:
        """Begin after a segment.

        Of the earlier ones, those are taken as read whose rows all came until `read_s`, in seconds.
        """
        self.watermark, self.looked_s = watermark, looked_s
        is_read = f"countIf(version = 0 AND arrived <= {read_s})"
        came = f"segment GLOBAL IN (SELECT segment FROM {ROWS} WHERE {self._came})"
        self._seen, _ = _counts(
            ask(
                f"SELECT segment, {is_read}, 0 FROM {ROWS} WHERE segment <= {watermark} "
                f"AND (segment > {self._near_since} OR {came}) GROUP BY segment"
            )
        )

    def new(self, ask: Ask, now: float) -> Counts:
        """Return the next segments to read, in order. When they are read, call `read`.

        Late ones and the others take turns, so that neither has to wait for many of the other.
        """
        looks = (self._near, self._far) if self._was_far else (self._far, self._near)
        for look in looks:
            if found := look(ask, now):
                self._was_far = look == self._far
                return found
        return {}

    def read(self, segments: Mapping[int, int]) -> None:
        self._seen |= segments
        self.watermark = max(self.watermark, *segments)

    def state(self) -> Kept:
        return Kept(watermark=self.watermark, looked_s=self.looked_s, seen=self._seen.copy())

    def restore(self, kept: Kept) -> None:
        self.watermark, self.looked_s = kept.watermark, kept.looked_s
        self._seen = kept.seen.copy()

    @property
    def _near_since(self) -> int:
        return max(0, self.watermark - OVERLAP_NS)

    @property
    def _came(self) -> str:
        return f"arrived > {max(0, self.looked_s - VISIBLE_S)} AND segment <= {self.watermark}"

    def _near(self, ask: Ask, now: float) -> Counts:
        rows, _ = _counts(ask(self._sql(f"segment > {self._near_since}")))
        return self._unread(rows)

    def _far(self, ask: Ask, now: float) -> Counts:
        if now < self._far_at:
            return {}
        rows, asked_s = _counts(ask(self._far_sql()))
        if late := self._unread(rows):
            # There may be more of them.
            return late
        self._far_at = now + FAR_EVERY_S
        self.looked_s = max(self.looked_s, asked_s)
        # No others can come again. Of replicas, one may know less than another.
        near = {segment: n for segment, n in self._seen.items() if segment > self._near_since}
        self._seen = near | {at: max(n, self._seen.get(at, n)) for at, n in rows.items()}
        return {}

    def _far_sql(self) -> str:
        came = f"SELECT segment FROM {ROWS} WHERE {self._came}"
        return self._sql(f"segment <= {self._near_since} AND segment GLOBAL IN ({came})")

    def _sql(self, where: str) -> str:
        most = len(self._seen) + BATCH_SEGMENTS
        return f"{COUNTED} WHERE {where} GROUP BY segment ORDER BY segment LIMIT {most}"

    def _unread(self, counts: Counts) -> Counts:
        batch: Counts = {}
        spans = 0
        for segment, count in counts.items():
            if count > self._seen.get(segment, -1):
                batch[segment] = count
                spans += count
            if spans >= self._batch_spans or len(batch) == BATCH_SEGMENTS:
                break
        return batch


def _counts(answer: bytes) -> tuple[Counts, int]:
    """Return the counts, and the time of the database in seconds."""
    rows = [tuple(map(int, json.loads(line))) for line in answer.splitlines()]
    return {segment: count for segment, count, _ in rows}, rows[0][2] if rows else 0
