"""Scores how unusual the latest value of a series is, with no other knowledge of the series.

    z = (x - c) / r                c the least of the first 200 values, r their range
    s = surprise(z)                nats, from ten views of the series: `views`
    u = report(s)                  its beginnings, less the more there were: `report`
    score = u / (u + 9)

so that the score is in [0, 1], and at `THRESHOLD`, one half, 9 nats are left. That takes at least
two views, since one alone has 6.9 to give, or a series that has stopped moving. One pass, no look
at what comes later, nothing to set: the range is that of what was seen so far, and grows and
shrinks with the series.

For the first 200 values all scores are 0, and for as long as all values are one and the same, which
is no range; the first other value is then the news. NaN is no observation: its score is 0. What
lies further off than a million ranges counts as little further, infinity included.

Some 5 kB a series and at most 12 kB; 35 us a value.

Example: a day that repeats itself, and a spike.
    >>> import math
    >>> scorer = SeriesScorer()
    >>> day = [math.sin(place / 12 * math.pi) for place in range(2000)]
    >>> max(scorer.score(3600.0 * hour, value) for hour, value in enumerate(day)) < THRESHOLD
    True
    >>> scorer.score(3600.0 * 2000, 4.0) >= THRESHOLD
    True
"""

import math
from datetime import datetime
from typing import TypeAlias

from fleetglass_detectors.cost.series.report import Report, ReportState
from fleetglass_detectors.cost.series.views import Views, ViewsState

THRESHOLD = 0.5
"""A score from here on is an anomaly."""
BAR = 9.0
"""The surprise in nats at this score."""
WARM_UP = 200
FAR = 1e6
LARGEST = 1e300
"""Differences of two such numbers are still finite."""

SeriesState: TypeAlias = tuple[list[float], int, float, float, ViewsState | None, ReportState]


class SeriesScorer:
    """Scores one series, value by value."""

    def __init__(self) -> None:
        self._first: list[float] = []
        self._same = 0
        self._origin, self._range = 0.0, 1.0
        self._views: Views | None = None
        self._report = Report()

    def score(self, timestamp: datetime | float, value: float) -> float:
        """Return how unusual this value is after all earlier ones.

        Values are in the order of their time; how much time passed between them does not matter.
        """
        if math.isnan(value):
            return 0.0
        value = min(max(value, -LARGEST), LARGEST)
        if self._views is None and not self._ready(value):
            return 0.0
        reported = self._report.of(self._viewed().surprise(self._scaled(value)))
        return reported / (reported + BAR)

    def _ready(self, value: float) -> bool:
        """Return whether this value can be scored. The first values are only learned."""
        if len(self._first) < WARM_UP:
            self._first.append(value)
            low, high = min(self._first), max(self._first)
            if len(self._first) == WARM_UP and low < high:
                self._begin(low, high)
            return False
        same = self._first[0]
        if value == same:
            self._same += 1
            return False
        self._begin(*sorted((same, value)))
        self._viewed().quiet(self._same)
        return True

    def _begin(self, low: float, high: float) -> None:
        self._origin, self._range = low, high - low
        self._views = Views([self._scaled(first) for first in self._first])
        self._first = []

    def _viewed(self) -> Views:
        assert self._views is not None
        return self._views

    def _scaled(self, value: float) -> float:
        scaled = (value - self._origin) / self._range
        off = abs(scaled)
        if off <= FAR:
            return scaled
        return math.copysign(FAR * (1 + math.log(min(off, LARGEST) / FAR)), scaled)

    def state(self) -> SeriesState:
        views = self._views.state() if self._views else None
        own = (self._first.copy(), self._same, self._origin, self._range)
        return *own, views, self._report.state()

    def restore(self, state: SeriesState) -> None:
        """Continue from a `state()` as if nothing had stopped."""
        first, self._same, self._origin, self._range, views, reported = state
        self._first = first.copy()
        self._report.restore(reported)
        self._views = None
        if views:
            self._views = Views([0.0])
            self._views.restore(views)
