"""Counts how many streams share the allowance while streams come and go.

If that were the present number of streams, someone who starts a thousand agents would raise the
threshold of every other agent. So each stream has a count of its own, K_i:

    on entering     K_i = K, the number of all streams, new ones included
    from then on    log K_i moves towards log K, by at most `rise` or `fall` a day

So new streams have high thresholds, and those of older streams hardly change. The allowance still
holds, but for a logarithm: the i-th present stream to enter has K_i >= i, so that

    sum_i 1 / K_i <= 1 + 1/2 + ... + 1/K <= 1 + ln K

at every moment, and about 1 if no stream comes or goes for some days.

Parameters: `rise` is ln 2 a day, so the counts follow a tenfold fleet within 3.3 days. `fall` is
ln 2 a week. Times are days since any fixed beginning. A key takes 8 bytes.

Example: 10 streams, then 990 more at once.
    >>> census = Census(1000, day=0.0)
    >>> census.enter(range(10))
    >>> census.enter(range(10, 1000))
    >>> census.counts([0, 999]).round(1).tolist()
    [10.0, 1000.0]
    >>> census.advance(day=1.0)
    >>> census.counts([0, 999]).round(1).tolist()
    [20.0, 1000.0]
"""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import FloatArray, places

RISE = math.log(2)
FALL = math.log(2) / 7


class Census:
    """The count that the threshold of each slot's stream uses.

    Args:
        slots: How many streams there is room for.
        day: The time now, in days.
        rise: The most that the log of a count goes up in a day.
        fall: The most that it goes down.
    """

    def __init__(self, slots: int, *, day: float, rise: float = RISE, fall: float = FALL) -> None:
        if slots < 1:
            raise ValueError(f"slots={slots!r}: there must be at least one")
        if not (0 <= rise < math.inf and 0 <= fall < math.inf):
            raise ValueError(f"rise={rise!r}, fall={fall!r}: expected 0 or more, a day")
        self._log_count = np.full(slots, np.nan)
        self._day = day
        self._rise, self._fall = rise, fall

    @property
    def bytes_per_key(self) -> int:
        return self._log_count.itemsize

    @property
    def streams(self) -> int:
        return int(np.count_nonzero(~np.isnan(self._log_count)))

    def enter(self, slots: npt.ArrayLike) -> None:
        """Count new streams in these slots."""
        where = places(slots, room=self._log_count.size)
        self._log_count[where] = 0.0
        if where.size:
            self._log_count[where] = math.log(self.streams)

    def leave(self, slots: npt.ArrayLike) -> None:
        self._log_count[places(slots, room=self._log_count.size)] = np.nan

    def advance(self, *, day: float) -> None:
        """Move all counts towards the present number; a clock that goes back moves nothing."""
        elapsed = day - self._day
        if not elapsed > 0:
            return
        self._day = day
        off = math.log(max(1, self.streams)) - self._log_count
        self._log_count += np.clip(off, -self._fall * elapsed, self._rise * elapsed)

    def counts(self, slots: npt.ArrayLike) -> FloatArray:
        """Return the counts of these slots; NaN for slots without a stream."""
        counts: FloatArray = np.exp(self._log_count[places(slots, room=self._log_count.size)])
        return counts

    def state(self) -> dict[str, FloatArray]:
        return {"log_count": self._log_count.copy(), "day": np.array([self._day])}

    def restore(self, state: Mapping[str, FloatArray]) -> None:
        """Continue from a `state()` as if nothing had stopped."""
        log_count = np.asarray(state["log_count"], dtype=np.float64)
        if log_count.shape != self._log_count.shape:
            raise ValueError(
                f"state is for {log_count.size!r} slots, this census has "
                f"{self._log_count.size!r}: restore into one of the same size"
            )
        self._log_count = log_count.copy()
        self._day = float(state["day"][0])
