"""What was used and paid for in a while: by one agent of one model, say."""

from dataclasses import dataclass, fields, replace
from decimal import Decimal, localcontext

from fleetglass_detectors.cost.cents import PRECISION

# A token of output costs four to eight times one of input, one that was read from a cache a tenth
# to a half. Weighted so, tokens of all sorts are "token-equivalents", whose price is the model's
# alone. Who knows a model's own ratios gives them: these stand for those of an unknown one, and
# what they are off counts as price.
OUTPUT_WEIGHT = 5.0
CACHED_WEIGHT = 0.1
PICO = Decimal("1e-12")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Sums. Where one is not known it stays 0, and its factor explains nothing."""

    runs: float = 0
    input_tokens: float = 0
    """All of the input, what was read from a cache included."""
    output_tokens: float = 0
    cache_read_tokens: float = 0
    failed_tokens: float = 0
    """Of both, what calls used that failed."""
    calls: float = 0
    failed_calls: float = 0
    cost: Decimal = Decimal()
    """Dollars."""
    output_weight: float = OUTPUT_WEIGHT
    """How many times a token of input one of output costs."""
    cached_weight: float = CACHED_WEIGHT
    """And one that was read from a cache."""

    @property
    def tokens(self) -> float:
        return self.input_tokens + self.output_tokens

    @property
    def weighted(self) -> float:
        """Tokens, output counting `output_weight`."""
        return self.input_tokens + self.output_weight * self.output_tokens

    @property
    def equivalents(self) -> float:
        """The same, with what was read from a cache counting `cached_weight`."""
        return self.weighted - (1 - self.cached_weight) * self._cached

    @property
    def _cached(self) -> float:
        return min(self.cache_read_tokens, self.input_tokens)

    @property
    def is_none(self) -> bool:
        return not (self.runs or self.tokens or self.calls or self.cost)

    def scaled(self, by: float) -> "Usage":
        """As if the while had been so much longer."""
        counts = {name: getattr(self, name) * by for name in _COUNTS}
        with localcontext(prec=PRECISION):
            return replace(self, **counts, cost=(self.cost * Decimal(by)).quantize(PICO))

    def __add__(self, other: "Usage") -> "Usage":
        counts = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        output = (self.output_weight, self.output_tokens, other.output_weight, other.output_tokens)
        cached = (self.cached_weight, self._cached, other.cached_weight, other._cached)
        with localcontext(prec=PRECISION):
            return Usage(
                **counts,
                cost=self.cost + other.cost,
                # So that token-equivalents add up as well.
                output_weight=_mean(*output),
                cached_weight=_mean(*cached),
            )


def _mean(weight: float, tokens: float, other: float, others: float) -> float:
    whole = tokens + others
    return (weight * tokens + other * others) / whole if whole else weight


_COUNTS = tuple(
    field.name
    for field in fields(Usage)
    if field.name not in ("cost", "output_weight", "cached_weight")
)
