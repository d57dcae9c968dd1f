"""What was used and paid for in a period, for example by one agent with one model."""

from dataclasses import dataclass, fields, replace
from decimal import Decimal, localcontext

from fleetglass_detectors.cost.cents import PRECISION

# A token of output costs four to eight times as much as a token of input, and a token that was read
# from a cache a tenth to a half. With such weights, tokens of all kinds become "token-equivalents",
# whose price depends on the model alone. The price list gives the ratios of known models. These
# ratios stand for unknown models, and their error counts as price.
OUTPUT_WEIGHT = 5.0
CACHED_WEIGHT = 0.1
PICO = Decimal("1e-12")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Sums. A sum that is not known stays 0, and its factor then explains nothing."""

    runs: float = 0
    input_tokens: float = 0
    """All of the input, including the part that was read from a cache."""
    output_tokens: float = 0
    cache_read_tokens: float = 0
    failed_tokens: float = 0
    """Input and output of calls that failed."""
    calls: float = 0
    failed_calls: float = 0
    cost: Decimal = Decimal()
    """Dollars."""
    output_weight: float = OUTPUT_WEIGHT
    """The price of a token of output, in tokens of input."""
    cached_weight: float = CACHED_WEIGHT
    """The price of a token that was read from a cache, in tokens of input."""

    @property
    def tokens(self) -> float:
        return self.input_tokens + self.output_tokens

    @property
    def weighted(self) -> float:
        """The tokens, with each token of output counted `output_weight` times."""
        return self.input_tokens + self.output_weight * self.output_tokens

    @property
    def equivalents(self) -> float:
        """The same, with each token from a cache counted `cached_weight` times."""
        return self.weighted - (1 - self.cached_weight) * self._cached

    @property
    def _cached(self) -> float:
        return min(self.cache_read_tokens, self.input_tokens)

    @property
    def is_none(self) -> bool:
        return not (self.runs or self.tokens or self.calls or self.cost)

    def scaled(self, by: float) -> "Usage":
        """Return the usage of a period that is longer by this factor."""
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
                # The weights are averaged, so that token-equivalents add up as well.
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
