"""How much was spent at which time, within the scope of one budget."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    at: int
    """When it begins, in seconds since 1970."""
    cost: Decimal
    unpriced: int = 0
    """How many of its spans have no price; that does not mean that they were free."""


@dataclass(frozen=True, slots=True)
class Spending:
    """Buckets in time order. Recent ones are of a minute, older ones are longer."""

    buckets: Sequence[Bucket]

    def since(self, at: int) -> Decimal:
        """Return the cost of the buckets that began at that time or later."""
        return total(bucket for bucket in self.buckets if bucket.at >= at)

    def between(self, at: int, now: int) -> Decimal:
        """Return the cost until now, without spans from clocks that run ahead."""
        return total(bucket for bucket in self.buckets if at <= bucket.at <= now)

    def most_in_a_minute(self, at: int, now: int) -> Decimal:
        """Return the cost of the most expensive bucket in that time."""
        return max((b.cost for b in self.buckets if at <= b.at <= now), default=NOTHING)

    def unpriced(self, at: int) -> int:
        return sum(bucket.unpriced for bucket in self.buckets if bucket.at >= at)

    def reached(self, limit: Decimal, *, start: int) -> int:
        """Return when this much had been spent since the start; the last bucket, if never."""
        spent = NOTHING
        for bucket in self.buckets:
            spent += bucket.cost if bucket.at >= start else NOTHING
            if spent >= limit and bucket.at >= start:
                return bucket.at
        return self.buckets[-1].at if self.buckets else start


def total(buckets: Iterable[Bucket]) -> Decimal:
    return sum((bucket.cost for bucket in buckets), NOTHING)
