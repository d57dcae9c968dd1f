"""Questions that come one after the other, each answered at once: which are discoveries? e-LOND.

    discovery if e_t >= 1 / alpha_t,    alpha_t = alpha * gamma_t * (discoveries before t + 1)
    gamma_t = 1 / (t (t + 1)), which sums to 1

The expected share of false ones among all discoveries is at most alpha, at every moment and however
the questions depend on one another. For releases, gaps between evaluation and production, and other
things that are asked once; streams that are watched for ever are the business of `ebh`.

The evidence is an e-value: at most 1 on average if there is nothing, for instance the `wealth` of
an e-detector. Each discovery makes the next one easier; a long time without one makes it harder.

Example:
    >>> questions = ELond(alpha=0.1)
    >>> [questions.ask(log_e) for log_e in (1.0, 5.0, 4.5, 4.0)]
    [False, True, True, False]

Reference:
    Xu, Ramdas: Online multiple testing with e-values (2024).
"""

import math
from collections.abc import Mapping


class ELond:
    """Decides questions in the order in which they come.

    Args:
        alpha: The share of false discoveries that is put up with.
    """

    def __init__(self, *, alpha: float) -> None:
        if not 0 < alpha < 1:
            raise ValueError(f"alpha={alpha!r}: expected a share between 0 and 1")
        self._alpha = alpha
        self.asked = 0
        self.discoveries = 0

    @property
    def log_bar(self) -> float:
        """What the next question's log e must reach."""
        turn = self.asked + 1
        return math.log(turn * (turn + 1) / (self._alpha * (self.discoveries + 1)))

    def ask(self, log_e: float) -> bool:
        """Whether this is a discovery; NaN is not, and has had its turn."""
        found = log_e >= self.log_bar
        self.asked += 1
        self.discoveries += found
        return found

    def state(self) -> dict[str, int]:
        return {"asked": self.asked, "discoveries": self.discoveries}

    def restore(self, state: Mapping[str, int]) -> None:
        """Go on from a `state()` exactly as if nothing had stopped."""
        if not 0 <= state["discoveries"] <= state["asked"]:
            raise ValueError(f"state {dict(state)!r}: expected 0 <= discoveries <= asked")
        self.asked, self.discoveries = state["asked"], state["discoveries"]
