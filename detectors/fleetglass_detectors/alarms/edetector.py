"""Has the mean of a bounded score risen above zero? An e-detector with a mixture of bets.

    L_t^(j) = 1 + lambda_j (f_t - margin),    f_t in [-1, 1],    E[f_t | past] <= margin

Two-sided, every bet is also made on `-f`, and the mean over all of them taken. The evidence,
its forms and their promises are those of `evidence`: in the form `roberts`, an alarm at
`log M >= log A` comes after A observations or more on average as long as nothing has changed.

What must hold for that is the line above: the score's mean *given the past* is at most the
margin. It does not hold for the spans of one session, which are alike; give one score a session
(its mean, its maximum against a quantile) and it does.

Parameters worth knowing: scores outside [-1, 1] are clipped, infinite ones too, and the promise
is about what is left; NaN is no observation. 40 bytes a key, 80 two-sided.

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
"""Small bets find small changes, large ones find large changes soon."""


class EDetector:
    """Evidence, by slot, that a score's mean is above the margin (or below minus the margin).

    Args:
        slots: How many streams there is room for.
        form: `roberts`, `cusum` or `wealth`, see `evidence`.
        two_sided: Whether to watch for falls too.
        margin: What the mean may be without being a change.
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
        """Observe scores, in order; log M of its slot after each."""
        scores = np.clip(np.asarray(f, dtype=np.float64), -1.0, 1.0)
        where = self._evidence.checked(slots)
        if scores.shape != where.shape:
            raise ValueError(f"{where.size!r} slots, scores of shape {scores.shape!r}: give pairs")
        factors = scores[:, None] * self._bets - self._price  # (observations, bets)
        return self._evidence.advance(where, np.log1p(factors))

    def read(self, slots: npt.ArrayLike) -> FloatArray:
        """Log M of these slots now; -inf where nothing was ever observed."""
        return self._evidence.read(slots)

    def rising(self, slots: npt.ArrayLike) -> BoolArray:
        """Whether the bet that has won most was on a rise: what to tell people."""
        best = self._evidence.by_bet(slots).argmax(axis=1)
        rising: BoolArray = self._bets[best] > 0
        return rising

    def reset(self, slots: npt.ArrayLike) -> None:
        self._evidence.reset(slots)

    def state(self) -> dict[str, FloatArray]:
        return self._evidence.state()

    def restore(self, state: Mapping[str, FloatArray]) -> None:
        self._evidence.restore(state)
