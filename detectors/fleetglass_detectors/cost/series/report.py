"""Reduces surprise to what is worth a report: its beginning, and less if there was much before.

    reported = max(0, s - 2 log(1 + c))    if s is above all surprise of the last 128 values, else 0
    c                                      reports so far, each counting exp(-age / 1000)

What goes on is no news: an anomaly is reported as it begins, and again only if it grows. And who
cries wolf is believed less: three reports in a row cost as much surprise as a factor of 16 in
probability, and a thousand quiet values pay it back.

Example: surprise that comes and stays, and more of it.
    >>> report = Report()
    >>> [round(report.of(nats), 1) for nats in (0.0, 20.0, 20.0, 8.0, 25.0)]
    [0.0, 20.0, 0.0, 0.0, 23.6]
"""

import math
from collections import deque

REST = 128
PENALTY = 2.0
MEMORY = 1000

ReportState = tuple[int, float, list[tuple[int, float]]]


class Report:
    """What was reported about one series."""

    def __init__(self) -> None:
        self._now = 0
        self._count = 0.0
        # Surprise that nothing later exceeded, so that the first is the largest of all.
        self._peaks: deque[tuple[int, float]] = deque()

    def of(self, surprise: float) -> float:
        self._now += 1
        self._count *= math.exp(-1 / MEMORY)
        while self._peaks and self._peaks[0][0] <= self._now - REST:
            self._peaks.popleft()
        if not surprise:
            return 0.0
        news = not self._peaks or surprise > self._peaks[0][1]
        while self._peaks and self._peaks[-1][1] <= surprise:
            self._peaks.pop()
        self._peaks.append((self._now, surprise))
        if not news:
            return 0.0
        reported = max(0.0, surprise - PENALTY * math.log1p(self._count))
        self._count += 1
        return reported

    def state(self) -> ReportState:
        return self._now, self._count, list(self._peaks)

    def restore(self, state: ReportState) -> None:
        self._now, self._count, peaks = state
        self._peaks = deque(peaks)
