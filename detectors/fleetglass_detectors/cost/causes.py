"""Of all keys that spend unlike themselves, which is the cause? One incident for one cause.

When an agent's runs cost more, so do those of its cohort, its model and its tenant. By cells of
agent, cohort and model, d = what each cost more than before: a key's excess E is the sum of its
cells' d, its growth what it costs now over what it cost before.

    cause     among the keys with 70 % of the largest excess the one that has grown most: what
              dilutes a change does not explain it; among equals the agent
    explained all keys of whose excess the cause's cells make half or more
    again     with what is left
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fleetglass_detectors.cost.ledger import Cell, Key
from fleetglass_detectors.cost.usage import Usage

ENOUGH = Decimal("0.7")
EXPLAINED = Decimal("0.5")
DIMENSIONS = ("agent", "cohort", "model", "tenant")
CellId = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A cell before and after."""

    cell: Cell
    before: Usage
    after: Usage

    @property
    def excess(self) -> Decimal:
        return self.after.cost - self.before.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    key: Key
    explains: tuple[Key, ...]
    """Other keys that have moved with it."""


def changes(before: Iterable[Cell], after: Iterable[Cell], *, scale: float = 1.0) -> list[Change]:
    """Each cell of the one or the other; what was before counts `scale` times."""
    old, new = _by_id(before), _by_id(after)
    return [
        Change(
            cell=new.get(id) or old[id],
            before=old[id].usage.scaled(scale) if id in old else Usage(),
            after=new[id].usage if id in new else Usage(),
        )
        for id in {**old, **new}
    ]


def causes(
    keys: Sequence[Key], cells: Sequence[Change], *, up: bool, told: Collection[Key] = ()
) -> list[Cause]:
    """The causes of a rise, or of a fall, that all of these keys of one tenant show.

    Of keys that explain it, one that was `told` before stays the cause.
    """
    sign = 1 if up else -1
    left: list[Key] = sorted(keys, key=lambda key: (DIMENSIONS.index(key.about), key.name))
    excess = {key: sign * _excess(key, cells) for key in left}
    found: list[Cause] = []
    while left:
        most = max(excess[key] for key in left)
        able: list[Key] = (
            [key for key in left if excess[key] >= ENOUGH * most] if most > 0 else left[:1]
        )
        known = [key for key in able if key in told] or able
        first = max(known, key=lambda key: sign * _growth(key, cells))
        own = [change for change in cells if first.has(change.cell)]
        explained = [
            key
            for key in left
            if key != first and excess[key] > 0
            if sign * _excess(key, own) >= EXPLAINED * excess[key]
        ]
        found.append(Cause(key=first, explains=tuple(explained)))
        left = [key for key in left if key != first and key not in explained]
    return found


def causes_of_shares(shifts: Mapping[Key, float], cells: Iterable[Change]) -> list[Cause]:
    """The causes where shares have shifted, by how much: that costs nothing much yet, or nothing.

    The furthest shift is the cause, and explains all keys that it is a part of.
    """
    # What calls no model has a cell of its own, and no shares.
    called = [change for change in cells if change.before.calls or change.after.calls]
    parts = {key: {id(change) for change in called if key.has(change.cell)} for key in shifts}
    left = sorted(shifts, key=lambda key: (-shifts[key], DIMENSIONS.index(key.about), key.name))
    found: list[Cause] = []
    while left:
        first, *others = left
        explained = [key for key in others if parts[first] <= parts[key]]
        found.append(Cause(key=first, explains=tuple(explained)))
        left = [key for key in others if key not in explained]
    return found


def of_key(key: Key, cells: Iterable[Change]) -> list[Change]:
    return [change for change in cells if key.has(change.cell)]


def _excess(key: Key, cells: Iterable[Change]) -> Decimal:
    return sum((change.excess for change in of_key(key, cells)), Decimal())


def _growth(key: Key, cells: Iterable[Change]) -> float:
    own = of_key(key, cells)
    before = float(sum((change.before.cost for change in own), Decimal()))
    after = float(sum((change.after.cost for change in own), Decimal()))
    return after / before if before > 0 else float("inf") if after > 0 else 1.0


def _by_id(cells: Iterable[Cell]) -> Mapping[CellId, Cell]:
    return {(cell.agent, cell.cohort, cell.model): cell for cell in cells}
