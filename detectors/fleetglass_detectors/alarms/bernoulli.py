"""Finds rates that have left the interval of their reference: an e-detector for yes or no.

    up    L^(j) = 1 + lambda_j (x - high),    lambda_j = min(bet_j, .9 / high)
    down  L^(j) = 1 + lambda_j (low - x),     lambda_j = min(bet_j, .9 / (1 - low))

with x = 1 if it happened (refusal, retry, bad format) and 0 if not, and [low, high] the Jeffreys
interval of the reference's rate (`jeffreys`). Each factor has a mean of at most 1 while the rate is
inside. So the guarantees of `evidence` hold if the interval contains the true rate. With the usual
90 % bounds it does for nine of ten references, and misses it by little for the tenth.

Give one x for each session, because spans of one session fail together. x may also be a share in
[0, 1]. NaN is no observation. A key takes 24 bytes, or 48 if both sides are watched.

Example: refusals were 6 in 300; now one in five is one.
    >>> import numpy as np
    >>> from fleetglass_detectors.alarms.jeffreys import jeffreys
    >>> bounds = jeffreys(6, 300)
    >>> detector = RateDetector(1)
    >>> refused = np.tile([0, 0, 0, 0, 1], 20)
    >>> log_m = detector.update(np.zeros(100, dtype=int), refused, low=bounds.low, high=bounds.high)
    >>> int(np.argmax(log_m >= np.log(1000))) + 1  # sessions until an ARL of 1000 is passed
    30

Reference:
    Shin, Ramdas, Rinaldo: E-detectors; Waudby-Smith, Ramdas: Estimating means by betting.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import BoolArray, Evidence, FloatArray, Form

BETS = (0.5, 2.0, 6.0)
"""Bets per unit of rate. Rare events need large bets."""

MOST = 0.9
"""The share of its wealth that a bet may lose on one observation; at 1 it could not come back."""

Side = Literal["up", "down", "both"]


class RateDetector:
    """Evidence, by slot, that a rate is above `high` or below `low`.

    Args:
        slots: How many streams there is room for.
        side: `up`, `down` or `both`.
        form: `roberts`, `cusum` or `wealth`, see `evidence`.
        bets: The lambdas before they are capped.
    """

    def __init__(
        self,
        slots: int,
        *,
        side: Side = "both",
        form: Form = "roberts",
        bets: Sequence[float] = BETS,
    ) -> None:
        if side not in ("up", "down", "both"):
            raise ValueError(f"side={side!r} is not known; take 'up', 'down' or 'both'")
        if not bets or not all(0 < bet < np.inf for bet in bets):
            raise ValueError(f"bets={tuple(bets)!r}: each must be a finite number above 0")
        self._bets = np.array(bets, dtype=np.float64)
        self._ways = [way for way in ("up", "down") if side in (way, "both")]
        self._evidence = Evidence(slots, bets=len(bets) * len(self._ways), form=form)

    @property
    def bytes_per_key(self) -> int:
        return self._evidence.bytes_per_key

    def update(
        self, slots: npt.ArrayLike, x: npt.ArrayLike, *, low: npt.ArrayLike, high: npt.ArrayLike
    ) -> FloatArray:
        """Take in observations in order; return log M of the slot after each.

        `low` and `high` are one bound for all observations, or one for each. If a bound is NaN,
        there is no reference, and so no evidence.
        """
        where = self._evidence.checked(slots)
        happened = np.clip(np.asarray(x, dtype=np.float64), 0.0, 1.0)
        if happened.shape != where.shape:
            raise ValueError(f"{where.size!r} slots, x of shape {happened.shape!r}: give pairs")
        least = _bound(low, name="low", shape=where.shape)
        most = _bound(high, name="high", shape=where.shape)
        gains = {"up": self._gain(happened, most), "down": self._gain(1 - happened, 1 - least)}
        return self._evidence.advance(where, np.hstack([gains[way] for way in self._ways]))

    def read(self, slots: npt.ArrayLike) -> FloatArray:
        """Return log M of these slots now; -inf for slots without observations."""
        return self._evidence.read(slots)

    def rising(self, slots: npt.ArrayLike) -> BoolArray:
        """Return whether the bet that has won most was on a rise."""
        best = self._evidence.by_bet(slots).argmax(axis=1)
        rising: BoolArray = best < (self._bets.size if self._ways[0] == "up" else 0)
        return rising

    def reset(self, slots: npt.ArrayLike) -> None:
        self._evidence.reset(slots)

    def state(self) -> dict[str, FloatArray]:
        return self._evidence.state()

    def restore(self, state: Mapping[str, FloatArray]) -> None:
        self._evidence.restore(state)

    def _gain(self, happened: FloatArray, bound: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            bets = np.minimum(self._bets, MOST / bound[:, None])  # (observations, bets)
        return np.log1p(bets * (happened - bound)[:, None])


def _bound(bound: npt.ArrayLike, *, name: str, shape: tuple[int, ...]) -> FloatArray:
    array = np.broadcast_to(np.asarray(bound, dtype=np.float64), shape)
    if bool(np.any((array < 0) | (array > 1))):
        raise ValueError(f"{name}={bound!r}: a rate is from 0 to 1; give a share, not per cent")
    return array
