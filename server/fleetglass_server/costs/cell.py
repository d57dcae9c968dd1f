"""What the store says of spend, in the smallest parts that a report is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

Pair = tuple[int, int]
"""Before, and later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What a key, an agent say, used of a model in one of the two periods."""

    later: bool
    key: str
    model: str
    cost: Decimal
    reported: Decimal = Decimal()
    unpriced: int = 0
    input: float = 0
    output: float = 0
    cached: float = 0
    calls: int = 0
    failed: int = 0
    failed_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Runs at work, each counted once: of each key, and in all."""

    total: Pair
    of: Mapping[str, Pair]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How many times a token of input one of output costs, and one that was read from a cache."""

    output: float
    cached: float
