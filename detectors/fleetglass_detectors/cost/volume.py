"""Finds keys of which more runs begin than usual at this hour of this kind of day.

Each minute and key has a likelihood ratio:

    mu_t        the key's runs a minute at this hour, on a weekday or a weekend: the most of this
                hour and its two neighbours (clocks are put forward and back), times 1 + 1.5 s,
                where s is by how much hours of one kind differ
    rho         1.3, 1.8 and 3 times as many
    log L       n log(rho) - mu (rho - 1), Poisson
    log M       <- max(log M, 0) + log L, the mean over all rho: alarms/evidence.py

An hour is learned from only when it is over and was not flagged. A rise is learned sooner than a
fall, so that a holiday does not make the next working day unusual. Minutes in which the whole fleet
was silent are not learned from, because they are an outage. A key raises no alarm in its first day.
A key takes 520 bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import Evidence, FloatArray, IntArray

MINUTE_NS = 60_000_000_000
HOUR_NS, DAY_NS = 60 * MINUTE_NS, 1440 * MINUTE_NS
HOURS = 24
RHOS: FloatArray = np.array([1.3, 1.8, 3.0])
ROOM = 1.5
# How quickly the runs of an hour become the usual number for such an hour.
UP, DOWN = 0.4, 0.15
SPREAD, SPREAD_RATE, SPREAD_LEAST, SPREAD_MOST = 0.25, 0.05, 0.05, 0.6
# Hours with fewer runs than this count less for the spread.
SPREAD_RUNS = 20.0
# The first weekend is compared with weekdays, times this factor.
UNKNOWN_DAY = 1.5
BEGUN, OVER = 2.0, 0.3
# Fewer runs than this in all raise no alarm.
LEAST_RUNS = 10.0
ACCEPT_NS = DAY_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Flooded:
    """Keys with more new runs than usual, by slot."""

    slots: IntArray
    score: FloatArray
    """The evidence, in thresholds."""
    ratio: FloatArray
    """How many times the usual number, since it began."""
    runs: FloatArray
    since_ns: npt.NDArray[np.int64]


class Volume:
    def __init__(self, slots: int) -> None:
        self._profile = np.full((slots, 2, HOURS), np.nan, np.float32)
        self._spread = np.full(slots, SPREAD)
        self._hour = np.zeros(slots)
        self._minutes = 0
        self._evidence = Evidence(slots, bets=RHOS.size, form="cusum")
        self._log_m = np.full(slots, -np.inf)
        self._began_ns = np.zeros(slots, np.int64)
        self._quiet_ns = np.zeros(slots, np.int64)
        self._runs = np.zeros(slots)
        self._expected = np.zeros(slots)
        self._alarm_ns = np.zeros(slots, np.int64)
        self._flagged = np.zeros(slots, np.bool_)

    def update(self, counts: FloatArray, now_ns: int) -> None:
        """Take in the runs of a minute, for all slots in use; `now_ns` is when it began."""
        slots = np.arange(len(counts))
        if not counts.any():
            return
        fresh = slots[self._began_ns[slots] == 0]
        self._began_ns[fresh] = self._quiet_ns[fresh] = now_ns
        usual = self._usual(slots, now_ns)
        factors = counts[:, None] * np.log(RHOS) - usual[:, None] * (RHOS - 1)
        # Where nothing is known yet there is no bet.
        self._log_m[slots] = self._evidence.advance(slots, factors)
        self._runs[slots] += counts
        self._expected[slots] += np.nan_to_num(usual / (1 + ROOM * self._spread[slots]))
        calm = slots[self._log_m[slots] < BEGUN]
        self._quiet_ns[calm] = now_ns
        self._runs[calm] = self._expected[calm] = 0.0
        self._hour[slots] += counts
        self._minutes += 1

    def flooded(self, slots: IntArray, log_a: FloatArray, now_ns: int) -> Flooded:
        """Return which of these slots are in alarm; each has a threshold of its own."""
        over = (self._log_m[slots] >= log_a) & (self._runs[slots] >= LEAST_RUNS)
        going = (self._alarm_ns[slots] > 0) & (self._log_m[slots] >= OVER * log_a)
        stands = over | going
        which = slots[stands]
        self._alarm_ns[slots[~stands]] = 0
        self._alarm_ns[which[self._alarm_ns[which] == 0]] = now_ns
        self._flagged[which] = True
        return Flooded(
            slots=which,
            score=self._log_m[which] / log_a[stands],
            ratio=self._runs[which] / np.maximum(self._expected[which], 1e-9),
            runs=self._runs[which],
            since_ns=self._quiet_ns[which],
        )

    def end_hour(self, used: int, now_ns: int) -> None:
        """Learn from an hour that is over; `now_ns` lies in it."""
        minutes, self._minutes = self._minutes, 0
        slots = np.arange(used)
        seen = self._hour[slots].copy()
        self._hour[:] = 0.0
        lasting = slots[(self._alarm_ns[slots] > 0) & (now_ns - self._alarm_ns[slots] >= ACCEPT_NS)]
        self._flagged[lasting] = False
        taught = slots[(self._began_ns[slots] > 0) & ~self._flagged[slots]]
        self._flagged[:] = self._alarm_ns > 0
        if minutes >= 30:
            self._learn(taught, seen[taught] / minutes, minutes, now_ns)
        self.calm(lasting, now_ns)

    def calm(self, slots: IntArray, now_ns: int) -> None:
        """Forget the evidence, not the profile."""
        self._evidence.reset(slots)
        self._log_m[slots] = -np.inf
        self._alarm_ns[slots] = 0
        self._quiet_ns[slots] = now_ns
        self._runs[slots] = self._expected[slots] = 0.0

    def reset(self, slots: IntArray) -> None:
        self.calm(slots, 0)
        self._profile[slots] = np.nan
        self._spread[slots] = SPREAD
        self._hour[slots] = 0.0
        self._began_ns[slots] = 0
        self._flagged[slots] = False

    def state(self, used: int) -> dict[str, Any]:
        arrays = {name: getattr(self, name)[:used].tobytes() for name in ARRAYS}
        evidence = self._evidence.state()["log_m"][:used].tobytes()
        return {**arrays, "evidence": evidence, "minutes": self._minutes}

    def restore(self, state: Mapping[str, Any], used: int) -> None:
        for name in ARRAYS:
            held: npt.NDArray[Any] = getattr(self, name)
            held[:used] = np.frombuffer(state[name], held.dtype).reshape(used, *held.shape[1:])
        log_m = self._evidence.state()["log_m"]
        log_m[:used] = np.frombuffer(state["evidence"]).reshape(used, log_m.shape[1])
        self._evidence.restore({"log_m": log_m})
        self._minutes = state["minutes"]

    def _usual(self, slots: IntArray, now_ns: int) -> FloatArray:
        """Return the usual runs a minute, with room for chance; NaN while too little is known."""
        kind, hour = _of_week(now_ns)
        around = [(hour - 1) % HOURS, hour, (hour + 1) % HOURS]
        mine = _most(self._profile[slots, kind][:, around])
        others = _most(self._profile[slots, 1 - kind][:, around]) * UNKNOWN_DAY
        usual = np.where(np.isnan(mine), others, mine)
        usual[now_ns - self._began_ns[slots] < DAY_NS] = np.nan
        room: FloatArray = usual * (1 + ROOM * self._spread[slots])
        return room

    def _learn(self, slots: IntArray, rate: FloatArray, minutes: int, now_ns: int) -> None:
        kind, hour = _of_week(now_ns)
        before = self._profile[slots, kind, hour].astype(np.float64)
        is_new = np.isnan(before)
        old = np.where(is_new, rate, before)
        # By how much this hour differed, beyond what chance alone makes of two hours.
        runs = np.maximum(old * minutes, 0.1)
        off = np.clip((rate / np.maximum(old, 0.1 / minutes) - 1) ** 2 - 1.5 / runs, -1.0, 1.0)
        weight = SPREAD_RATE * runs / (runs + SPREAD_RUNS) * ~is_new
        spread = self._spread[slots] ** 2 + weight * (off - self._spread[slots] ** 2)
        self._spread[slots] = np.sqrt(np.clip(spread, SPREAD_LEAST**2, SPREAD_MOST**2))
        weight = np.where(rate > old, UP, DOWN)
        self._profile[slots, kind, hour] = np.where(is_new, rate, old + weight * (rate - old))


ARRAYS = (
    "_profile",
    "_spread",
    "_hour",
    "_log_m",
    "_began_ns",
    "_quiet_ns",
    "_runs",
    "_expected",
    "_alarm_ns",
    "_flagged",
)


def _of_week(now_ns: int) -> tuple[int, int]:
    """Return whether it is a weekend (0 or 1), and the hour, in UTC."""
    day = (now_ns // DAY_NS + 3) % 7  # 1970 began on a Thursday; Monday is 0
    return int(day >= 5), now_ns // HOUR_NS % HOURS


def _most(rates: npt.NDArray[np.float32]) -> FloatArray:
    """Return the highest of the known rates."""
    known = np.where(np.isnan(rates), np.float32(-np.inf), rates)
    most: FloatArray = known.max(axis=1).astype(np.float64)
    return np.where(np.isneginf(most), np.nan, most)
