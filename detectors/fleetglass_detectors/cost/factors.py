"""A change of spend as a sum of the changes of its factors: LMDI-I (Ang, 2005), which is exact.

What a group, an agent say, costs is a chain of quotients, whose product telescopes:

    cost = R * runs/R * sound/runs * tokens/sound * weighted/tokens * equiv/weighted * cost/equiv
    name  runs  mix     tokens       retries        answers           cache            price

R are all runs, `sound` the tokens of calls that did not fail, `weighted` and `equiv` those of
`Usage`. With Lm(a, b) = (a - b) / (ln a - ln b) a factor's effect is Lm(C1, C0) * ln(x1 / x0), and
the effects add up to C1 - C0. The price of a group is a mean over models, p = sum(s_m * p_m) with
s_m a model's share of the token-equivalents; its effect is split, exactly as well, into
Lm(C1, C0) / Lm(p1, p0) * sum(ds_m * p_m) for the models and the same with sum(dp_m * s_m) for the
prices, p_m and s_m being means of before and after.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from fleetglass_detectors.cost.cents import PRECISION
from fleetglass_detectors.cost.usage import PICO, Usage

FACTORS = (
    "runs",
    "mix",
    "tokens",
    "retries",
    "answers",
    "cache",
    "model",
    "price",
    "new",
    "gone",
)
CHAIN = ("runs", "mix", "tokens", "retries", "answers", "cache", "price")

Effects = dict[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A group before or after: its models, its runs, and the runs of all."""

    models: Mapping[str, Usage]
    runs: float
    all_runs: float

    @property
    def whole(self) -> Usage:
        return sum(self.models.values(), Usage())

    @property
    def levels(self) -> tuple[float, ...]:
        """What the factors are quotients of, in the order of CHAIN."""
        whole = self.whole
        sound = whole.tokens - whole.failed_tokens
        measures = (sound, whole.tokens, whole.weighted, whole.equivalents, float(whole.cost))
        return (self.all_runs, self.runs, *measures)


def effects(before: Side, after: Side) -> Effects:
    """A group's change by factor; to the last of twelve decimals it is all there."""
    old, new = before.whole, after.whole
    with localcontext(prec=PRECISION):
        change = new.cost - old.cost
        if not change and old.cost <= 0:
            return {}
        if (is_new := old.is_none and before.runs <= 0) or (new.is_none and after.runs <= 0):
            return {"new" if is_new else "gone": change}
        if old.cost <= 0 or new.cost <= 0:
            first = _what_was_nothing(before, after)
            return {first or ("new" if change > 0 else "gone"): change}
        found = {name: Decimal(effect) for name, effect in _logarithmic(before, after)}
        return _exact(found, change)


def mean(a: float, b: float) -> float:
    """The logarithmic mean.

    >>> round(mean(2, 1), 4), mean(3, 3)
    (1.4427, 3)
    """
    part = (a - b) / b
    # Nearer than that the quotient loses more digits than the series leaves out.
    if abs(part) < 1e-5:
        return b * (1 + part / 2 - part * part / 12) if part else b
    return (a - b) / math.log(a / b)


def _logarithmic(before: Side, after: Side) -> Iterator[tuple[str, float]]:
    old, new = before.levels, after.levels
    weight = mean(new[-1], old[-1])
    last = 0.0
    for name, was, now in zip(CHAIN, old, new, strict=True):
        # What is not known on both sides is no level: the next factor then is the quotient of
        # those around it.
        if was <= 0 or now <= 0:
            continue
        at = math.log(now / was) if 0 < now / was < math.inf else math.log(now) - math.log(was)
        effect, last = weight * (at - last), at
        if name == "price":
            models = _of_models(before, after, weight)
            yield "model", models
            effect -= models
        yield name, effect


def _of_models(before: Side, after: Side, weight: float) -> float:
    """What it makes that other models did the work than before."""
    old, new = before.whole, after.whole
    if old.equivalents <= 0 or new.equivalents <= 0:
        return 0.0
    shift = 0.0
    for model in {**before.models, **after.models}:
        was, now = before.models.get(model, Usage()), after.models.get(model, Usage())
        prices = [float(one.cost) / one.equivalents for one in (was, now) if one.equivalents > 0]
        if prices:
            share = now.equivalents / new.equivalents - was.equivalents / old.equivalents
            shift += share * sum(prices) / len(prices)
    price = mean(float(new.cost) / new.equivalents, float(old.cost) / old.equivalents)
    effect = weight / price * shift if price else 0.0
    return effect if math.isfinite(effect) else 0.0


def _what_was_nothing(before: Side, after: Side) -> str:
    """The first factor that was nothing, or is, makes all of the change; '' for the runs."""
    pairs = zip(CHAIN, before.levels, after.levels, strict=True)
    nothing = [name for name, was, now in pairs if (was > 0) != (now > 0)]
    first = nothing[0] if nothing else "price"
    return "" if first in ("runs", "mix") else first


def _exact(found: Effects, change: Decimal) -> Effects:
    """Cut to what the store has decimals for; what that loses goes to the largest."""
    cut = {name: effect.quantize(PICO) for name, effect in found.items()}
    largest = max(cut, key=lambda name: abs(cut[name]))
    cut[largest] += change - sum(cut.values(), Decimal())
    return {name: effect for name, effect in cut.items() if effect}
