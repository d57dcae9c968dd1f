"""Estimates what is normal with the bootstrap by session, which keeps sessions whole.

Spans of one session are alike. An estimate that treats them as independent is too narrow and gives
too many alarms. So whole sessions are drawn with replacement, never single spans. Three uses:

    mean       sum of the drawn sessions' sums / sum of their sizes, and its interval
    quantile   of one number a session (its maximum, its mean), and its interval
    paths      streams to calibrate a threshold on: drawn sessions, one after the other

Each result depends only on the arguments and the seed.

Parameters: `level` of the percentile interval; `resamples` of the sessions. Memory is that of
`resamples` times sessions, 16 MB at a time at most.

Example: eight sessions of 25 spans that agree within, and differ between, sessions.
    >>> import numpy as np
    >>> offsets = np.array([-0.3, 0.2, 0.1, -0.2, 0.3, -0.1, 0.0, 0.1])
    >>> spans = np.repeat(offsets, 25)
    >>> sessions = Sessions.of(spans, np.repeat(np.arange(8), 25))
    >>> by_session = mean(sessions, seed=1)
    >>> round(by_session.low, 2), round(by_session.high, 2)
    (-0.12, 0.15)
    >>> by_span = mean(Sessions.of(spans, np.arange(200)), seed=1)  # wrong: far too narrow
    >>> round(by_span.low, 2), round(by_span.high, 2)
    (-0.01, 0.04)

Reference:
    Efron, Tibshirani: An introduction to the bootstrap, chapter 8, on units that are not single.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import FloatArray, IntArray

MOST_DRAWN = 2_000_000
RESAMPLES = 1000
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sessions:
    """Values, one session after the other, each session in its own order."""

    values: FloatArray
    starts: IntArray
    """Where each session begins in `values`."""

    @classmethod
    def of(cls, values: npt.ArrayLike, sessions: npt.ArrayLike) -> Self:
        """Group values by session. NaN is no observation."""
        flat, names = np.asarray(values, dtype=np.float64), np.asarray(sessions)
        if flat.ndim != 1 or flat.shape != names.shape:
            raise ValueError(
                f"values of shape {flat.shape!r}, sessions of shape {names.shape!r}: "
                "give one session for each value"
            )
        known = ~np.isnan(flat)
        if not known.any():
            raise ValueError(f"no observation among {flat.size!r} values: nothing to learn from")
        _, which = np.unique(names[known], return_inverse=True)
        order = np.argsort(which, kind="stable")
        starts = np.searchsorted(which[order], np.arange(int(which.max()) + 1))
        return cls(values=flat[known][order], starts=starts.astype(np.int64))

    def __len__(self) -> int:
        return self.starts.size

    @property
    def sizes(self) -> IntArray:
        return np.diff(self.starts, append=self.values.size)

    def sums(self) -> FloatArray:
        return np.add.reduceat(self.values, self.starts)

    def maxima(self) -> FloatArray:
        return np.maximum.reduceat(self.values, self.starts)

    def means(self) -> FloatArray:
        return self.sums() / self.sizes


def mean(
    sessions: Sessions, *, seed: int, level: float = LEVEL, resamples: int = RESAMPLES
) -> Interval:
    """Return the mean over all values, and its interval with sessions as units."""
    sums, sizes = sessions.sums(), sessions.sizes

    def pooled(drawn: IntArray) -> FloatArray:
        means: FloatArray = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
        return means

    everyone = np.arange(len(sessions))[None]
    draws = _draws(len(sessions), resamples=resamples, seed=seed)
    return _interval(pooled, everyone, draws, level=level)


def quantile(
    by_session: npt.ArrayLike,
    probability: float,
    *,
    seed: int,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Interval:
    """Return a quantile of one number for each session: the least seen value not below it.

    It cannot be larger than the largest seen: for rarer things than one session in these many, see
    `tails`.
    """
    numbers = np.asarray(by_session, dtype=np.float64)
    if numbers.size == 0 or bool(np.isnan(numbers).any()):
        raise ValueError(f"by_session has {numbers.size!r} numbers: expected some, and none NaN")
    if not 0 <= probability <= 1:
        raise ValueError(f"probability={probability!r}: expected from 0 to 1")

    def quantiles(drawn: IntArray) -> FloatArray:
        return np.quantile(numbers[drawn], probability, axis=1, method="higher")

    everyone = np.arange(numbers.size)[None]
    draws = _draws(numbers.size, resamples=resamples, seed=seed)
    return _interval(quantiles, everyone, draws, level=level)


def paths(sessions: Sessions, *, length: int, count: int, seed: int) -> FloatArray:
    """Return streams without a change, (count, length): drawn sessions, one after the other."""
    if length < 1 or count < 1:
        raise ValueError(f"length={length!r}, count={count!r}: there must be at least one of each")
    rng = np.random.default_rng(seed)
    about = int(length / sessions.sizes.mean() * 1.2) + 4
    drawn = rng.integers(len(sessions), size=(count, about))
    while int(sessions.sizes[drawn].sum(axis=1).min()) < length:
        drawn = np.hstack([drawn, rng.integers(len(sessions), size=(count, about))])
    sizes = sessions.sizes[drawn]
    begun = np.cumsum(sizes, axis=1) - sizes
    taken = np.clip(length - begun, 0, sizes)  # (count, drawn): the last one is cut off
    # Where position t of a path lies in `values`: start of its session + t - where that began.
    shift = np.repeat((sessions.starts[drawn] - begun).ravel(), taken.ravel())
    return sessions.values[shift.reshape(count, length) + np.arange(length)]


def _draws(units: int, *, resamples: int, seed: int) -> Iterator[IntArray]:
    if resamples < 1:
        raise ValueError(f"resamples={resamples!r}: there must be at least one")
    rng = np.random.default_rng(seed)
    at_once = max(1, MOST_DRAWN // units)
    for done in range(0, resamples, at_once):
        yield rng.integers(units, size=(min(at_once, resamples - done), units))


def _interval(
    statistic: Callable[[IntArray], FloatArray],
    everyone: IntArray,
    draws: Iterator[IntArray],
    *,
    level: float,
) -> Interval:
    if not 0 < level < 1:
        raise ValueError(f"level={level!r}: expected between 0 and 1; 95 % is .95")
    spread = np.concatenate([statistic(drawn) for drawn in draws])
    low, high = np.quantile(spread, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value=float(statistic(everyone)[0]), low=float(low), high=float(high))
