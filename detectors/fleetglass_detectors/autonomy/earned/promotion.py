"""The evidence that an agent is better than a promised rate of success: an e-process.

    E_n = mean over j of product over i <= n of (1 + l_j (x_i - p0)),    l_j in {.1 ... .97} / p0

Here x_i is 1 for a task that went well and 0 for one that did not, and p0 is the rate that must be
exceeded. If the true rate is p0 or less, E_n is a bet that wins nothing on average, so it reaches
1 / alpha with a probability of at most alpha, however often one looks (Ville's inequality). A rule
such as "20 tasks, 95 % good", looked at after each task, promotes nearly every agent in the end.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

BETS = np.array([0.1, 0.25, 0.5, 0.75, 0.9, 0.97])
ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """The evidence so far.

    >>> one = Promotion.of(0.95).after([1] * 78)
    >>> one.is_earned, one.after([1]).is_earned
    (False, True)
    """

    p0: float
    log_wealth: tuple[float, ...]
    """The logarithm of each bet's wealth."""
    alpha: float = ALPHA

    @classmethod
    def of(cls, p0: float, alpha: float = ALPHA) -> "Promotion":
        if not 0 < p0 < 1:
            raise ValueError(f"the rate to exceed must be between 0 and 1: {p0}")
        return cls(p0=p0, log_wealth=(0.0,) * len(BETS), alpha=alpha)

    def after(self, outcomes: Iterable[float]) -> "Promotion":
        """Return the evidence after more outcomes, each from 0 (bad) to 1 (good)."""
        x = np.fromiter(outcomes, np.float64)
        if not len(x):
            return self
        steps = np.log1p(np.outer(x - self.p0, BETS / self.p0))
        grown = np.array(self.log_wealth) + steps.sum(axis=0)
        return Promotion(p0=self.p0, log_wealth=tuple(grown.tolist()), alpha=self.alpha)

    @property
    def log_e(self) -> float:
        return log_mean(np.array(self.log_wealth))

    @property
    def needed(self) -> float:
        return math.log(1 / self.alpha)

    @property
    def is_earned(self) -> bool:
        # The last bit of a long product of floats must not decide.
        return self.log_e >= self.needed - 1e-9

    @property
    def progress(self) -> float:
        """From 0 to 1: how much of the evidence there is."""
        return min(1.0, max(0.0, self.log_e / self.needed))

    def tasks_left(self, rate: float) -> int | None:
        """Return how many tasks are missing if this rate goes on; None if it never will do."""
        if self.is_earned:
            return 0
        factors = np.array([[1 - self.p0], [-self.p0]]) * BETS / self.p0
        growth = rate * np.log1p(factors[0]) + (1 - rate) * np.log1p(factors[1])
        if growth.max() <= 0:
            return None
        wealth = np.array(self.log_wealth)
        low, high = 0, 1
        while log_mean(wealth + high * growth) < self.needed:
            low, high = high, high * 2
            if high > 10_000_000:
                return None
        while high - low > 1:
            middle = (low + high) // 2
            enough = log_mean(wealth + middle * growth) >= self.needed
            low, high = (low, middle) if enough else (middle, high)
        return high


def log_mean(logs: NDArray[np.float64]) -> float:
    """Return the logarithm of the mean of numbers that are given as logarithms."""
    top = float(logs.max())
    return top + math.log(float(np.exp(logs - top).mean()))


def e_values(outcomes: ArrayLike, p0: float) -> NDArray[np.float64]:
    """Return the logarithm of the evidence after each outcome."""
    wealth = np.log1p(np.outer(np.asarray(outcomes, np.float64) - p0, BETS / p0)).cumsum(axis=0)
    top = wealth.max(axis=1, keepdims=True)
    log_e: NDArray[np.float64] = top[:, 0] + np.log(np.exp(wealth - top).mean(axis=1))
    return log_e
