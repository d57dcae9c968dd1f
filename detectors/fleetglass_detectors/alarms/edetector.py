"""Finds bounded scores whose mean has risen above zero: an e-detector with a mixture of bets.

    L_t^(j) = 1 + lambda_j (f_t - margin),    f_t in [-1, 1],    E[f_t | past] <= margin

If both sides are watched, every bet is also made on `-f`, and the evidence is the mean over all
bets. The forms of evidence and their guarantees are those of `evidence`: in the form `roberts`, an
alarm at `log M >= log A` comes after A observations or more on average while nothing has changed.

This holds only if the line above holds: the mean of the score, *given the past*, is at most the
margin. It does not hold for the spans of one session, because they are alike. So give one score for
each session, such as its mean, or its maximum against a quantile.

Scores outside [-1, 1] are clipped, infinite ones too. The guarantee is about the clipped scores.
NaN is no observation. A key takes 40 bytes, or 80 if both sides are watched.

Example: a score whose mean was at most 0 is now .5.
    >>> import numpy as np
    >>> detector = EDetector(1)
    >>> log_m = detector.update(np.zeros(40, dtype=int), np.full(40, 0.5))
    >>> int(np.argmax(log_m >= np.log(3000))) + 1  # observations until an ARL of 3000 is passed
    28
    >>> detector.read([0]).round(2).tolist()
    [11.76]

Reference:
    Shin, Ramdas, Rinaldo: E-detectors, a nonparametric framework for sequential change detection.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import BoolArray, Evidence, FloatArray, Form

BETS = (0.05, 0.1, 0.2, 0.4, 0.7)
"""Small bets find small changes. Large bets find large changes soon."""


class EDetector:
    """Evidence, by slot, that a score's mean is above the margin (or below minus the margin).

    Args:
        slots: How many streams there is room for.
        form: `roberts`, `cusum` or `wealth`, see `evidence`.
        two_sided: Whether to watch for falls too.
        margin: A mean up to this is no change.
        bets: The lambdas; each times (1 + margin) must stay below 1.
    """

    def __init__(
        self,
        slots: int,
        *,
        form: Form = "roberts",
        two_sided: bool = False,
        margin: float = 0.0,
        bets: Sequence[float] = BETS,
    ) -> None:
        if not 0 <= margin < 1:
            raise ValueError(f"margin={margin!r}: expected 0 or more, and below 1")
        if not bets or not all(0 < bet * (1 + margin) < 1 for bet in bets):
            raise ValueError(
                f"bets={tuple(bets)!r} with margin={margin!r}: each bet must be above 0, and "
                "below 1 / (1 + margin), or one bad score would end it"
            )
        signed = [*bets, *(-bet for bet in bets)] if two_sided else list(bets)
        self._bets = np.array(signed, dtype=np.float64)
        self._price = np.abs(self._bets) * margin
        self._evidence = Evidence(slots, bets=len(signed), form=form)

    @property
    def bytes_per_key(self) -> int:
        return self._evidence.bytes_per_key

    def update(self, slots: npt.ArrayLike, f: npt.ArrayLike) -> FloatArray:
        """Take in scores in order; return log M of the slot after each."""
        scores = np.clip(np.asarray(f, dtype=np.float64), -1.0, 1.0)
        where = self._evidence.checked(slots)
        if scores.shape != where.shape:
            raise ValueError(f"{where.size!r} slots, scores of shape {scores.shape!r}: give pairs")
        factors = scores[:, None] * self._bets - self._price  # (observations, bets)
        return self._evidence.advance(where, np.log1p(factors))

    def read(self, slots: npt.ArrayLike) -> FloatArray:
        """Return log M of these slots now; -inf for slots without observations."""
        return self._evidence.read(slots)

    def rising(self, slots: npt.ArrayLike) -> BoolArray:
        """Return whether the bet that has won most was on a rise."""
        best = self._evidence.by_bet(slots).argmax(axis=1)
        rising: BoolArray = self._bets[best] > 0
        return rising

    def reset(self, slots: npt.ArrayLike) -> None:
        self._evidence.reset(slots)

    def state(self) -> dict[str, FloatArray]:
        return self._evidence.state()

    def restore(self, state: Mapping[str, FloatArray]) -> None:
        self._evidence.restore(state)
