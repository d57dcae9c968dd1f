"""Describes the effect of a factor: "more tokens per run (refunds on gpt-4o: 3,100 -> 9,800)"."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from fleetglass_detectors.cost.factors import Side
from fleetglass_detectors.cost.usage import Usage

Groups = Mapping[str, tuple[Side, Side]]

# The words for a factor that raised the cost, and for one that lowered it.
WORDS = {
    "runs": ("more runs", "fewer runs"),
    "mix": ("a larger share of expensive runs", "a larger share of cheap runs"),
    "tokens": ("more tokens per run", "fewer tokens per run"),
    "retries": ("more tokens in calls that failed", "fewer tokens in calls that failed"),
    "answers": ("longer answers", "shorter answers"),
    "cache": ("fewer cache hits", "more cache hits"),
    "model": ("more expensive model", "cheaper model"),
    "price": ("higher price", "lower price"),
    "new": ("new", "new"),
    "gone": ("no longer there", "no longer there"),
}
# A group is named if it makes at least this part of a factor's effect.
MOST = Decimal("0.6")
NAMED = 2


class _Detail(NamedTuple):
    rise: float
    words: str


def phrase(factor: str, amounts: Mapping[str, Decimal], groups: Groups) -> str:
    """Return the words for a factor; `amounts` are its effects by group."""
    words = WORDS[factor][sum(amounts.values()) < 0]
    if factor in ("new", "gone"):
        return f"{words}: {_named(amounts)}"
    main = _main(amounts)
    described = [main] if main is not None else [*groups]
    before, after = (_joined([groups[group][at] for group in described]) for at in (0, 1))
    detail = _DETAILS[factor](before, after)
    if factor == "runs":
        # All groups share these.
        return f"{words} ({detail.words})"
    # The mean of all groups may move in the other direction than the sum of their effects.
    costlier = (detail.rise > 0) != (factor == "cache")
    agrees = costlier == (sum(amounts.values()) > 0) and factor not in ("mix", "model")
    if not detail.words or (main is None and not agrees):
        return words
    where = f"{_title(main, groups[main])}: " if main is not None and len(groups) > 1 else ""
    return f"{words} ({where}{detail.words})"


def _main(amounts: Mapping[str, Decimal]) -> str | None:
    """Return the group with the largest effect in the direction of the sum."""
    sign = -1 if sum(amounts.values(), Decimal()) < 0 else 1
    along = {group: sign * amount for group, amount in amounts.items() if sign * amount > 0}
    group = max(along, key=lambda group: along[group])
    return group if along[group] >= MOST * sum(along.values(), Decimal()) else None


def _named(amounts: Mapping[str, Decimal]) -> str:
    names = sorted(amounts, key=lambda group: -abs(amounts[group]))
    rest = len(names) - NAMED
    shown = [name or "(none)" for name in names[:NAMED]]
    return ", ".join([*shown, f"{rest} more"] if rest > 0 else shown)


def _title(group: str, sides: Sequence[Side]) -> str:
    models = {
        model
        for side in sides
        for model, usage in side.models.items()
        if model and (usage.tokens or usage.cost)
    }
    name = group or "(none)"
    return f"{name} on {models.pop()}" if len(models) == 1 and models != {group} else name


def _joined(sides: Sequence[Side]) -> Side:
    models: dict[str, Usage] = {}
    for side in sides:
        for model, usage in side.models.items():
            models[model] = models.get(model, Usage()) + usage
    runs = sides[0].runs if len(sides) == 1 else sides[0].all_runs
    return Side(models=models, runs=runs, all_runs=sides[0].all_runs)


def _of_runs(before: Side, after: Side) -> _Detail:
    was, now = before.all_runs, after.all_runs
    return _Detail(now - was, f"{count(was)} -> {count(now)}")


def _of_mix(before: Side, after: Side) -> _Detail:
    return _shares([(side.runs, side.all_runs) for side in (before, after)], "of the runs")


def _of_tokens(before: Side, after: Side) -> _Detail:
    each = [_over(side.whole.tokens, side.runs) for side in (before, after)]
    calls = [_over(side.whole.calls, side.runs) for side in (before, after)]
    text = f"{count(each[0])} -> {count(each[1])}"
    if min(calls) > 0 and not 0.9 <= calls[1] / calls[0] <= 1.1:
        text += f"; calls {count(calls[0])} -> {count(calls[1])}"
        failed = [_over(side.whole.failed_calls, side.whole.calls) for side in (before, after)]
        if failed[1] > failed[0] + 0.02:
            text += f", failed {_percent(failed[0])} -> {_percent(failed[1])}"
    return _Detail(each[1] - each[0], text)


def _of_retries(before: Side, after: Side) -> _Detail:
    pairs = [(side.whole.failed_tokens, side.whole.tokens) for side in (before, after)]
    return _shares(pairs, "of the tokens")


def _of_answers(before: Side, after: Side) -> _Detail:
    pairs = [(side.whole.output_tokens, side.whole.tokens) for side in (before, after)]
    return _shares(pairs, "of the tokens are output")


def _of_cache(before: Side, after: Side) -> _Detail:
    pairs = [(side.whole.cache_read_tokens, side.whole.input_tokens) for side in (before, after)]
    return _shares(pairs, "of the input")


def _of_models(before: Side, after: Side) -> _Detail:
    """The model that does most more of the work than before."""
    old, new = before.whole.equivalents, after.whole.equivalents
    shares = {
        model: (
            _over(before.models.get(model, Usage()).equivalents, old),
            _over(after.models.get(model, Usage()).equivalents, new),
        )
        for model in {**before.models, **after.models}
    }
    model = max(shares, key=lambda model: shares[model][1] - shares[model][0])
    was, now = shares[model]
    return _Detail(now - was, f"{model or '(none)'} {_percent(was)} -> {_percent(now)}")


def _of_price(before: Side, after: Side) -> _Detail:
    """Of a million tokens, weighted by their sorts."""
    was, now = (
        _over(float(side.whole.cost) * 1e6, side.whole.equivalents) for side in (before, after)
    )
    words = f"${was:,.3g} -> ${now:,.3g} a million weighted tokens" if min(was, now) > 0 else ""
    return _Detail(now - was, words)


_DETAILS: Mapping[str, Callable[[Side, Side], _Detail]] = {
    "runs": _of_runs,
    "mix": _of_mix,
    "tokens": _of_tokens,
    "retries": _of_retries,
    "answers": _of_answers,
    "cache": _of_cache,
    "model": _of_models,
    "price": _of_price,
}


def count(number: float) -> str:
    """As many digits as say something.

    >>> count(3100.4), count(2.345), count(0)
    ('3,100', '2.3', '0')
    """
    return f"{number:,.1f}" if 0 < number < 10 and number % 1 else f"{number:,.0f}"


def _shares(pairs: Sequence[tuple[float, float]], what: str) -> _Detail:
    was, now = (_over(part, whole) for part, whole in pairs)
    return _Detail(now - was, f"{_percent(was)} -> {_percent(now)} {what}")


def _over(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _percent(share: float) -> str:
    return f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"
