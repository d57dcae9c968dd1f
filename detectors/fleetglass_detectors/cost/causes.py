"""Finds the cause among all keys whose spend is unusual, so that one cause makes one incident.

When an agent's runs cost more, so do those of its cohort, its model and its tenant. For each cell
(agent, cohort, model), d is what the cell costs more than before. A key's excess E is the sum of
its cells' d, and its growth is its cost now divided by its cost before.

    cause     of the keys with at least 70 % of the largest excess, the one that has grown most:
              a key that dilutes the change does not explain it; among equals the agent
    explained all keys whose excess comes by half or more from the cause's cells
    again     with the keys that are left
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
    """Other keys that have changed with it."""


def changes(before: Iterable[Cell], after: Iterable[Cell], *, scale: float = 1.0) -> list[Change]:
    """Each cell that is in either of them; the usage before is multiplied by `scale`."""
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
    keys: Sequence[Key], cells: Sequence[Change], *, up: bool, known: Collection[Key] = ()
) -> list[Cause]:
    """The causes of a rise, or of a fall, that all of these keys of one tenant show.

    If several keys can be the cause, one of the `known` causes stays the cause.
    """
    sign = 1 if up else -1
    left: list[Key] = sorted(keys, key=lambda key: (DIMENSIONS.index(key.about), key.name))
    excess = {key: sign * _excess(key, cells) for key in left}
    result: list[Cause] = []
    while left:
        most = max(excess[key] for key in left)
        candidates: list[Key] = (
            [key for key in left if excess[key] >= ENOUGH * most] if most > 0 else left[:1]
        )
        candidates = [key for key in candidates if key in known] or candidates
        first = max(candidates, key=lambda key: sign * _growth(key, cells))
        own = [change for change in cells if first.has(change.cell)]
        explained = [
            key
            for key in left
            if key != first and excess[key] > 0
            if sign * _excess(key, own) >= EXPLAINED * excess[key]
        ]
        result.append(Cause(key=first, explains=tuple(explained)))
        left = [key for key in left if key != first and key not in explained]
    return result


def causes_of_shares(shifts: Mapping[Key, float], cells: Iterable[Change]) -> list[Cause]:
    """The causes of shifts in shares, which cost little or nothing yet.

    The key with the largest shift is the cause. It explains all keys that contain all its cells.
    """
    # Work without model calls has a cell of its own, but no shares.
    called = [change for change in cells if change.before.calls or change.after.calls]
    parts = {key: {id(change) for change in called if key.has(change.cell)} for key in shifts}
    left = sorted(shifts, key=lambda key: (-shifts[key], DIMENSIONS.index(key.about), key.name))
    result: list[Cause] = []
    while left:
        first, *others = left
        explained = [key for key in others if parts[first] <= parts[key]]
        result.append(Cause(key=first, explains=tuple(explained)))
        left = [key for key in others if key not in explained]
    return result


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
