"""What was spent when, as far as one budget is concerned."""

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
    """Spans in it that have no price; unpriced is not free."""


@dataclass(frozen=True, slots=True)
class Spending:
    """Buckets in the order of time, each of a minute or, long ago, of more."""

    buckets: Sequence[Bucket]

    def since(self, at: int) -> Decimal:
        """Spent in what began then or later."""
        return total(bucket for bucket in self.buckets if bucket.at >= at)

    def between(self, at: int, now: int) -> Decimal:
        """The same without what clocks that are fast say of the future."""
        return total(bucket for bucket in self.buckets if at <= bucket.at <= now)

    def most_in_a_minute(self, at: int, now: int) -> Decimal:
        """Return the cost of the most expensive bucket in that time."""
        return max((b.cost for b in self.buckets if at <= b.at <= now), default=NOTHING)

    def unpriced(self, at: int) -> int:
        return sum(bucket.unpriced for bucket in self.buckets if bucket.at >= at)

    def reached(self, limit: Decimal, *, start: int) -> int:
        """When so much had been spent from the start on; now, where it has not."""
        spent = NOTHING
        for bucket in self.buckets:
            spent += bucket.cost if bucket.at >= start else NOTHING
            if spent >= limit and bucket.at >= start:
                return bucket.at
        return self.buckets[-1].at if self.buckets else start


def total(buckets: Iterable[Bucket]) -> Decimal:
    return sum((bucket.cost for bucket in buckets), NOTHING)
