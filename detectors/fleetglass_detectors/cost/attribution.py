"""Why spend changed: by factor and by key, adding up to the cent.

Give what each (group, model) used before and after; a group is an agent, a tenant, a cohort, or
whatever is compared. `attribute` says how much of the change each factor makes, of each group
(`factors.py` has the formula), and `lines` says it to people:

    change = attribute(before, after, runs=(Runs(total=120), Runs(total=180)))
    change.amount                 # Decimal: the sum of all effects, exactly
    lines(change)                 # ["+$12.40 more tokens per run (refunds on gpt-4o: ...)", ...]

Where the whiles compared have unequal lengths, `scale` makes the former as long as the latter.
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
"""A group and a model; '' where there is none."""
LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """How many runs there were, each counted once."""

    total: float
    of: Mapping[str, float] = field(default_factory=dict[str, float])
    """By group; without it, the most that one of its models has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one factor of one group makes of the change."""

    group: str
    factor: str
    """One of FACTORS."""
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    before: Decimal
    """Scaled, if that was asked for."""
    after: Decimal
    effects: tuple[Effect, ...]
    """They add up to `amount`."""
    groups: Mapping[str, tuple[Side, Side]]

    @property
    def amount(self) -> Decimal:
        with localcontext(prec=PRECISION):
            return self.after - self.before

    def by_factor(self) -> dict[str, Decimal]:
        """Largest first, whichever way it goes."""
        return _summed((effect.factor, effect.amount) for effect in self.effects)

    def by_group(self) -> dict[str, Decimal]:
        """Largest first, whichever way it goes."""
        return _summed((effect.group, effect.amount) for effect in self.effects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A line of the explanation: amounts are rounded, and add up to the rounded change."""

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
    """Of the change; above 1 where others went the other way."""


def attribute(
    before: Mapping[Key, Usage],
    after: Mapping[Key, Usage],
    *,
    runs: tuple[Runs, Runs] | None = None,
    scale: float = 1.0,
) -> Attribution:
    """Attribute the change between two whiles to factors and groups.

    Args:
        before: What each group used of each model.
        after: The same, later.
        runs: All runs before and after; a run with several agents or models is in several cells.
        scale: How many times as long the later while was: what was before counts as often.
    """
    scaled = {key: usage.scaled(scale) for key, usage in before.items()} if scale != 1 else before
    given = runs or (None, None)
    old, new = _sides(scaled, given[0], scale), _sides(after, given[1], 1.0)
    found: list[Effect] = []
    groups: dict[str, tuple[Side, Side]] = {}
    for group in {**old.groups, **new.groups}:
        sides = groups[group] = (old.side(group), new.side(group))
        told = effects(*sides)
        found += [
            Effect(group=group, factor=factor, amount=told[factor])
            for factor in FACTORS
            if factor in told
        ]
    return Attribution(
        before=_total(scaled), after=_total(after), effects=tuple(found), groups=groups
    )


def parts(change: Attribution, *, limit: int = LINES, digits: int = 2) -> list[Part]:
    """The largest factors, and last what is left of the change, if anything is."""
    every = change.by_factor()
    cents = dict(zip(every, rounded([*every.values()], digits=digits), strict=True))
    shown = [factor for factor in every if cents[factor]][:limit]
    found = [
        Part(
            factor=factor,
            amount=cents[factor],
            words=phrases.phrase(factor, _of_groups(change, factor), change.groups),
        )
        for factor in shown
    ]
    with localcontext(prec=PRECISION):
        rest = sum((cents[factor] for factor in every if factor not in shown), Decimal())
    return [*found, Part(factor="", amount=rest, words="all else")] if rest else found


def lines(change: Attribution, *, limit: int = LINES, digits: int = 2) -> list[str]:
    """The same as sentences: "+$3.10 more runs (120 -> 180)"; their amounts add up."""
    return [
        f"{money(part.amount, digits=digits, sign=True)} {part.words}"
        for part in parts(change, limit=limit, digits=digits)
    ]


def foremost(
    changes: Mapping[str, Mapping[str, tuple[Decimal, Decimal]]],
) -> Foremost | None:
    """The key of all dimensions that explains most: {"agent": {"refunds": (before, after)}}.

    A dimension with one key only explains nothing; among equals the first dimension goes first.
    """
    found: list[Foremost] = []
    for dimension, keys in changes.items():
        moved = {key: after - before for key, (before, after) in keys.items()}
        whole = sum(moved.values(), Decimal())
        if len(moved) < 2 or not whole:
            continue
        key = max(moved, key=lambda key: moved[key] / whole)
        share = float(moved[key] / whole)
        found.append(Foremost(dimension=dimension, key=key, amount=moved[key], share=share))
    # The nearest to all of it: twice the change is explained by one key as badly as none.
    return min(found, key=lambda one: abs(1 - one.share), default=None)


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
    told = {group: count * scale for group, count in runs.of.items()} if runs else {}
    counted = {group: told.get(group, count) for group, count in most.items()}
    total = runs.total * scale if runs else sum(counted.values())
    return _Sides(groups=groups, runs=counted, all_runs=total)


def _of_groups(change: Attribution, factor: str) -> dict[str, Decimal]:
    return {one.group: one.amount for one in change.effects if one.factor == factor}


def _summed(pairs: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    with localcontext(prec=PRECISION):
        for key, amount in pairs:
            sums[key] += amount
    return dict(sorted(sums.items(), key=lambda item: -abs(item[1])))


def _total(cells: Mapping[Key, Usage]) -> Decimal:
    with localcontext(prec=PRECISION):
        return sum((usage.cost for usage in cells.values()), Decimal())
