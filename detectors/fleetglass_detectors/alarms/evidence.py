"""Evidence against "nothing has changed", by slot, in logarithms.

A slot is the place of one stream. Its evidence is a mixture over bets j with equal weights,

    M_t = mean_j M_t^(j),    log M^(j) <- grow(log M^(j)) + log L_t^(j),

where each factor `L >= 0` has mean at most 1 given the past as long as nothing has changed, and
`grow` depends on the form:

    roberts   M <- (M + 1) L       finds a change at any time; E[M_t] <= t
    cusum     M <- max(M, 1) L     the same, but never larger, and falls at once if all is well
    wealth    M <- M L             one question, asked from the start; E[M_t] <= 1

By optional stopping, `M >= A` (for the first two forms) happens after A observations or more on
average. `M >= 1 / alpha` (for the third) happens at any time with a probability of at most alpha.
Both hold even if the observations depend on one another, and for any number of observations.

The state is one array of (slots, bets), with 8 bytes a bet. Every operation also exists in torch
(`softplus`, `logsumexp`, `where`, `index_put`).

Example:
    >>> import numpy as np
    >>> evidence = Evidence(2, bets=1)
    >>> fair_coin = np.log(np.array([[1.5], [1.5], [0.5]]))
    >>> np.exp(evidence.advance([0, 0, 1], fair_coin)).round(2).tolist()
    [1.5, 3.75, 0.5]

Reference:
    Shin, Ramdas, Rinaldo: E-detectors, a nonparametric framework for sequential change detection.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Form = Literal["roberts", "cusum", "wealth"]

CEILING = 40.0
"""The highest log M, far above any threshold, so that it can fall again after years. Small bets
still need thousands of good observations for that, so `reset` a stream after its page."""


def _add_one(log_m: FloatArray) -> FloatArray:
    # log(M + 1). Six times as fast as np.logaddexp(log_m, 0), which is the same.
    return np.maximum(log_m, 0.0) + np.log1p(np.exp(-np.abs(log_m)))


def _at_least_one(log_m: FloatArray) -> FloatArray:
    return np.maximum(log_m, 0.0)


def _as_it_is(log_m: FloatArray) -> FloatArray:
    return log_m


GROW: Mapping[Form, Callable[[FloatArray], FloatArray]] = {
    "roberts": _add_one,
    "cusum": _at_least_one,
    "wealth": _as_it_is,
}


def mix(log_m: FloatArray) -> FloatArray:
    """Return the logarithm of the mean over the last axis."""
    top = np.maximum(log_m.max(axis=-1), -1e300)  # -inf - -inf would be NaN
    with np.errstate(divide="ignore"):
        mean: FloatArray = np.log(np.exp(log_m - top[..., None]).mean(axis=-1))
    mixed: FloatArray = top + mean
    return mixed


def turns(slots: IntArray) -> Iterator[IntArray]:
    """Positions in groups that hold each slot at most once; group k has every slot's k-th."""
    order = np.argsort(slots, kind="stable")
    grouped = slots[order]
    first = np.ones(slots.size, dtype=bool)
    first[1:] = grouped[1:] != grouped[:-1]
    starts = np.flatnonzero(first)
    if starts.size == slots.size:
        yield np.arange(slots.size)
        return
    turn = np.arange(slots.size) - starts[np.cumsum(first) - 1]
    by_turn = np.argsort(turn, kind="stable")
    yield from np.split(order[by_turn], np.cumsum(np.bincount(turn))[:-1])


def places(slots: npt.ArrayLike, *, room: int) -> IntArray:
    """The slots as integers, or an error if one of them does not exist."""
    where = np.asarray(slots)
    if where.size == 0:
        return np.empty(0, dtype=np.int64)
    if where.ndim != 1 or where.dtype.kind not in "iu":
        raise ValueError(
            f"slots are {where.dtype!r} of shape {where.shape!r}: give a flat list of integers"
        )
    if where.min() < 0 or where.max() >= room:
        raise ValueError(
            f"slots {int(where.min())!r} to {int(where.max())!r} were named, but there are "
            f"{room!r}: make it larger, or claim slots by key"
        )
    return where.astype(np.int64)


class Evidence:
    """The state of many streams.

    Args:
        slots: How many streams there is room for.
        bets: How many bets are mixed.
        form: `roberts`, `cusum` or `wealth`, as above.
    """

    def __init__(self, slots: int, *, bets: int, form: Form = "roberts") -> None:
        if slots < 1 or bets < 1:
            raise ValueError(f"slots={slots!r}, bets={bets!r}: there must be at least one of each")
        if form not in GROW:
            raise ValueError(f"form={form!r} is not known; take one of {', '.join(GROW)}")
        self._grow = GROW[form]
        self._start = 0.0 if form == "wealth" else -np.inf
        self._log_m = np.full((slots, bets), self._start)

    @property
    def bytes_per_key(self) -> int:
        return self._log_m.shape[1] * self._log_m.itemsize

    def advance(self, slots: npt.ArrayLike, log_factors: FloatArray) -> FloatArray:
        """Apply one row of log factors to each named slot, in order; log M after each.

        A slot may be named several times. A row with a NaN changes nothing.
        """
        where = self.checked(slots)
        after = np.empty(where.size)
        for turn in turns(where):
            rows = self._log_m[where[turn]]  # (turn, bets)
            moved = np.minimum(self._grow(rows) + log_factors[turn], CEILING)
            unknown = np.isnan(moved).any(axis=1, keepdims=True)
            rows = np.where(unknown, rows, moved)
            self._log_m[where[turn]] = rows
            after[turn] = mix(rows)
        return after

    def read(self, slots: npt.ArrayLike) -> FloatArray:
        """Log M of these slots now; -inf where nothing was ever observed."""
        return mix(self.by_bet(slots))

    def by_bet(self, slots: npt.ArrayLike) -> FloatArray:
        """Log M of each bet: (slots named, bets)."""
        return self._log_m[self.checked(slots)]

    def reset(self, slots: npt.ArrayLike) -> None:
        """Forget what these slots have seen: new stream, new reference, page sent."""
        self._log_m[self.checked(slots)] = self._start

    def state(self) -> dict[str, FloatArray]:
        return {"log_m": self._log_m.copy()}

    def restore(self, state: Mapping[str, FloatArray]) -> None:
        """Go on from a `state()` exactly as if nothing had stopped."""
        log_m = np.asarray(state["log_m"], dtype=np.float64)
        if log_m.shape != self._log_m.shape:
            raise ValueError(
                f"state is for (slots, bets) {log_m.shape!r}, expected {self._log_m.shape!r}: "
                "restore into a detector built with the same arguments"
            )
        self._log_m = log_m.copy()

    def checked(self, slots: npt.ArrayLike) -> IntArray:
        """The slots as integers, or an error if one of them does not exist."""
        return places(slots, room=len(self._log_m))
