"""Explains why spend changed: by factor and by group, adding up to the cent.

The caller gives what each (group, model) used before and after. A group is an agent, a tenant, a
cohort, or whatever is compared. `attribute` computes how much of the change each factor of each
group makes (`factors.py` has the formula), and `lines` puts it into sentences for people:

    change = attribute(before, after, runs=(Runs(total=120), Runs(total=180)))
    change.amount                 # Decimal: the sum of all effects, exactly
    lines(change)                 # ["+$12.40 more tokens per run (refunds on gpt-4o: ...)", ...]

If the two periods have different lengths, `scale` makes the first as long as the second.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from fleetglass_detectors.cost import phrases
from fleetglass_detectors.cost.cents import PRECISION, money, rounded
from fleetglass_detectors.cost.factors import FACTORS, Side, effects
from fleetglass_detectors.cost.usage import Usage

Key = tuple[str, str]
"""A group and a model; '' if there is none."""
LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """How many runs there were, each counted once."""

    total: float
    of: Mapping[str, float] = field(default_factory=dict[str, float])
    """Runs by group. A missing group has as many as its model with the most runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The part of the change that one factor of one group makes."""

    group: str
    factor: str
    """One of FACTORS."""
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    before: Decimal
    """Multiplied by `scale`."""
    after: Decimal
    effects: tuple[Effect, ...]
    """They add up to `amount`."""
    groups: Mapping[str, tuple[Side, Side]]

    @property
    def amount(self) -> Decimal:
        with localcontext(prec=PRECISION):
            return self.after - self.before

    def by_factor(self) -> dict[str, Decimal]:
        """The effects of each factor, largest first, whether up or down."""
        return _summed((effect.factor, effect.amount) for effect in self.effects)

    def by_group(self) -> dict[str, Decimal]:
        """The effects of each group, largest first, whether up or down."""
        return _summed((effect.group, effect.amount) for effect in self.effects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A line of the explanation; the rounded amounts of all lines add up to the rounded change."""

    factor: str
    amount: Decimal
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Foremost:
    """The one key that explains most of a change."""

    dimension: str
    key: str
    amount: Decimal
    share: float
    """Its share of the change; above 1 if other keys changed in the opposite direction."""


def attribute(
    before: Mapping[Key, Usage],
    after: Mapping[Key, Usage],
    *,
    runs: tuple[Runs, Runs] | None = None,
    scale: float = 1.0,
) -> Attribution:
    """Attribute the change between two periods to factors and groups.

    Args:
        before: What each group used of each model.
        after: The same, for the later period.
        runs: All runs before and after; a run with several agents or models is in several cells.
        scale: The length of the later period, divided by that of the earlier one. `before` is
            multiplied by it.
    """
    scaled = {key: usage.scaled(scale) for key, usage in before.items()} if scale != 1 else before
    runs_before, runs_after = runs or (None, None)
    old, new = _sides(scaled, runs_before, scale), _sides(after, runs_after, 1.0)
    all_effects: list[Effect] = []
    groups: dict[str, tuple[Side, Side]] = {}
    for group in {**old.groups, **new.groups}:
        sides = groups[group] = (old.side(group), new.side(group))
        by_factor = effects(*sides)
        all_effects += [
            Effect(group=group, factor=factor, amount=by_factor[factor])
            for factor in FACTORS
            if factor in by_factor
        ]
    return Attribution(
        before=_total(scaled), after=_total(after), effects=tuple(all_effects), groups=groups
    )


def parts(change: Attribution, *, limit: int = LINES, digits: int = 2) -> list[Part]:
    """The largest factors, and as the last part the rest of the change, if there is a rest."""
    amounts = change.by_factor()
    cents = dict(zip(amounts, rounded([*amounts.values()], digits=digits), strict=True))
    shown = [factor for factor in amounts if cents[factor]][:limit]
    largest = [
        Part(
            factor=factor,
            amount=cents[factor],
            words=phrases.phrase(factor, _of_groups(change, factor), change.groups),
        )
        for factor in shown
    ]
    with localcontext(prec=PRECISION):
        rest = sum((cents[factor] for factor in amounts if factor not in shown), Decimal())
    return [*largest, Part(factor="", amount=rest, words="all else")] if rest else largest


def lines(change: Attribution, *, limit: int = LINES, digits: int = 2) -> list[str]:
    """The parts as sentences, such as "+$3.10 more runs (120 -> 180)"; their amounts add up."""
    return [
        f"{money(part.amount, digits=digits, sign=True)} {part.words}"
        for part in parts(change, limit=limit, digits=digits)
    ]


def foremost(
    changes: Mapping[str, Mapping[str, tuple[Decimal, Decimal]]],
) -> Foremost | None:
    """The key that explains most of the change, among the keys of all dimensions.

    `changes` holds the cost of each key, such as {"agent": {"refunds": (before, after)}}. A
    dimension with only one key explains nothing. If keys explain equally much, the first dimension
    wins.
    """
    candidates: list[Foremost] = []
    for dimension, keys in changes.items():
        differences = {key: after - before for key, (before, after) in keys.items()}
        whole = sum(differences.values(), Decimal())
        if len(differences) < 2 or not whole:
            continue
        key = max(differences, key=lambda key: differences[key] / whole)
        amount = differences[key]
        share = float(amount / whole)
        candidates.append(Foremost(dimension=dimension, key=key, amount=amount, share=share))
    # A share of 1 is best: a key with twice the change explains it as badly as one with none of it.
    return min(candidates, key=lambda candidate: abs(1 - candidate.share), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    groups: Mapping[str, Mapping[str, Usage]]
    runs: Mapping[str, float]
    all_runs: float

    def side(self, group: str) -> Side:
        return Side(
            models=self.groups.get(group, {}),
            runs=self.runs.get(group, 0.0),
            all_runs=self.all_runs,
        )


def _sides(cells: Mapping[Key, Usage], runs: Runs | None, scale: float) -> _Sides:
    groups: dict[str, dict[str, Usage]] = defaultdict(dict)
    for (group, model), usage in cells.items():
        groups[group][model] = usage
    most = {group: max(u.runs for u in models.values()) for group, models in groups.items()}
    known = {group: count * scale for group, count in runs.of.items()} if runs else {}
    by_group = {group: known.get(group, count) for group, count in most.items()}
    total = runs.total * scale if runs else sum(by_group.values())
    return _Sides(groups=groups, runs=by_group, all_runs=total)


def _of_groups(change: Attribution, factor: str) -> dict[str, Decimal]:
    return {effect.group: effect.amount for effect in change.effects if effect.factor == factor}


def _summed(pairs: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    with localcontext(prec=PRECISION):
        for key, amount in pairs:
            sums[key] += amount
    return dict(sorted(sums.items(), key=lambda item: -abs(item[1])))


def _total(cells: Mapping[Key, Usage]) -> Decimal:
    with localcontext(prec=PRECISION):
        return sum((usage.cost for usage in cells.values()), Decimal())
