"""The evidence that an agent fails more often than it may: a Shiryaev-Roberts e-detector.

    M_j <- (M_j + 1) (1 + l_j (y - y_ok)),    M = mean over j of M_j,    l_j in {.5, 2, 6}

Here y is 1 for a failure and y_ok is the rate of failures that is tolerated. While the agent keeps
to that rate, M grows by one a task at most, so it takes THRESHOLD tasks on average until it is
reached by chance. After a fall it is reached within a few tasks: 7 at 50 % failures.
"""

from collections.abc import Iterable
from dataclasses import dataclass

BETS = (0.5, 2.0, 6.0)
THRESHOLD = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demotion:
    tolerated: float
    """The share of failures that is allowed, from 0 to 1."""
    levels: tuple[float, ...] = (0.0,) * len(BETS)

    def after(self, failures: Iterable[float]) -> "Demotion":
        """Return the evidence after more tasks, each 1 if it failed and 0 if not."""
        levels = list(self.levels)
        for y in failures:
            for j, bet in enumerate(BETS):
                levels[j] = (levels[j] + 1) * max(0.0, 1 + bet * (y - self.tolerated))
        return Demotion(tolerated=self.tolerated, levels=tuple(levels))

    @property
    def level(self) -> float:
        return sum(self.levels) / len(self.levels)

    @property
    def is_due(self) -> bool:
        return self.level >= THRESHOLD
