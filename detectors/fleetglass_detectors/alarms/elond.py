"""Decides questions that come one after the other, each at once: the e-LOND procedure.

    discovery if e_t >= 1 / alpha_t,    alpha_t = alpha * gamma_t * (discoveries before t + 1)
    gamma_t = 1 / (t (t + 1)), which sums to 1

At every moment, the expected share of false discoveries among all of them is at most alpha, even if
the questions depend on one another. It is for questions that are asked once, such as whether a
release is worse. For streams that are watched for ever, use `ebh`.

The evidence is an e-value: its mean is at most 1 if there is nothing to discover. The `wealth` of
an e-detector is one. Each discovery makes the next one easier. A long time without one makes the
next one harder.

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
        alpha: The accepted share of false discoveries.
    """

    def __init__(self, *, alpha: float) -> None:
        if not 0 < alpha < 1:
            raise ValueError(f"alpha={alpha!r}: expected a share between 0 and 1")
        self._alpha = alpha
        self.asked = 0
        self.discoveries = 0

    @property
    def log_bar(self) -> float:
        """Return what the log e of the next question must reach."""
        turn = self.asked + 1
        return math.log(turn * (turn + 1) / (self._alpha * (self.discoveries + 1)))

    def ask(self, log_e: float) -> bool:
        """Return whether this is a discovery. NaN is none, but counts as a question."""
        is_discovery = log_e >= self.log_bar
        self.asked += 1
        self.discoveries += is_discovery
        return is_discovery

    def state(self) -> dict[str, int]:
        return {"asked": self.asked, "discoveries": self.discoveries}

    def restore(self, state: Mapping[str, int]) -> None:
        """Continue from a `state()` as if nothing had stopped."""
        if not 0 <= state["discoveries"] <= state["asked"]:
            raise ValueError(f"state {dict(state)!r}: expected 0 <= discoveries <= asked")
        self.asked, self.discoveries = state["asked"], state["discoveries"]
