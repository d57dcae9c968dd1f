"""Why spend changed, as the detectors explain it, for the commands that show costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fleetglass_detectors.cost import cents
from fleetglass_detectors.cost.attribution import Foremost, Key, Runs, attribute, foremost, parts
from fleetglass_detectors.cost.usage import CACHED_WEIGHT, OUTPUT_WEIGHT, Usage
from fleetglass_server.costs.cell import Cell, Counted, Weights

USUAL = Weights(output=OUTPUT_WEIGHT, cached=CACHED_WEIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A line of the explanation; they add up to the change."""

    factor: str
    amount: Decimal
    words: str


def reasons(
    cells: Sequence[Cell],
    runs: Counted,
    weights: Mapping[str, Weights],
    *,
    limit: int,
    digits: int,
) -> list[Reason]:
    """The largest first, by what each key of the cells used of each model before and later."""
    before, later = (
        _usages((cell for cell in cells if cell.later is at), weights) for at in (False, True)
    )
    change = attribute(before, later, runs=(_runs(runs, 0), _runs(runs, 1)))
    return [
        Reason(factor=part.factor, amount=part.amount, words=part.words)
        for part in parts(change, limit=limit, digits=digits)
    ]


def main_key(
    changes: Mapping[str, Mapping[str, tuple[Decimal, Decimal]]],
) -> tuple[str, str, float] | None:
    """What explains most of the change by itself: dimension, key, and its share of the change."""
    found: Foremost | None = foremost(changes)
    return (found.dimension, found.key, found.share) if found else None


def rounded(amounts: Sequence[Decimal], *, digits: int) -> list[Decimal]:
    """Rounded such that they add up to their rounded sum."""
    return cents.rounded(amounts, digits=digits)


def money(amount: Decimal, *, digits: int = 2, sign: bool = False) -> str:
    return cents.money(amount, digits=digits, sign=sign)


def _usages(cells: Iterable[Cell], weights: Mapping[str, Weights]) -> dict[Key, Usage]:
    return {
        (cell.key, cell.model): Usage(
            input_tokens=cell.input,
            output_tokens=cell.output,
            cache_read_tokens=cell.cached,
            failed_tokens=cell.failed_tokens,
            calls=cell.calls,
            failed_calls=cell.failed,
            cost=cell.cost,
            output_weight=(weights.get(cell.model) or USUAL).output,
            cached_weight=(weights.get(cell.model) or USUAL).cached,
        )
        for cell in cells
    }


def _runs(runs: Counted, at: int) -> Runs:
    return Runs(total=runs.total[at], of={key: pair[at] for key, pair in runs.of.items()})
