"""What runs cost, made by hand: one agent, a run each minute, dearer by ten from the third hour."""

from collections.abc import Iterable, Sequence

import numpy as np

from fleetglass_detectors.alarms.allowance import FLEET
from fleetglass_detectors.cost.costs import Costs
from fleetglass_detectors.cost.ledger import NUMBERS, Cell, Key, Ledger, Place, Told
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import Batch
from kit.fleet_rows import SECOND, START

MINUTE = 60 * SECOND
KEY = Key(tenant="default", about="agent", name="shop")


class Nothing:
    """A database without a row."""

    def query(self, sql: str, *, fmt: str = "JSONEachRow", parameters: object = None) -> bytes:
        return b""

    def insert(self, table: str, rows: bytes, *, fmt: str = "JSONEachRow", token: str = "") -> None:
        pass


class ScriptedLedger(Ledger):
    def __init__(self) -> None:
        super().__init__(Nothing())
        self.now_ns = START

    def settled(self) -> int:
        return self.now_ns

    def touched(self, after: int, up_to: int) -> Told:
        return _runs(range(max(after, START) // MINUTE + 1, up_to // MINUTE + 1))

    def left(self, after: int, up_to: int) -> Told:
        return _runs(())

    def begun(self, since_ns: int, until_ns: int) -> dict[int, dict[str, float]]:
        return {minute: {str(KEY): 1.0} for minute in range(since_ns, until_ns, MINUTE)}

    def cells(self, tenant: str, since_ns: int, until_ns: int) -> list[Cell]:
        return []

    def place(self, tenant: str, run: str) -> Place | None:
        number = int(run)
        return Place(
            run=number, trace_id=run, first_ns=number, last_ns=number, segment=number, span=number
        )

    def prices(self) -> dict[str, str]:
        return {}

    def users(self, models: Sequence[str], since_ns: int) -> list[str]:
        return []


class ClockedCosts(Costs):
    """Its ledger knows as much as has arrived."""

    def __init__(self) -> None:
        self.scripted = ScriptedLedger()
        super().__init__(self.scripted, FLEET)

    def update(self, batch: Batch) -> Iterable[Signal]:
        self.scripted.now_ns = max(START, min(batch.now_ns, START + 10**6 * MINUTE))
        return [*super().update(batch)]


def _runs(minutes: Iterable[int]) -> Told:
    numbers = [*minutes]
    cost = np.array([0.1 if n < START // MINUTE + 120 else 1.0 for n in numbers])
    given = {"cost": cost, "tokens": cost * 1e4, "calls": cost * 10, "ended": np.ones(len(cost))}
    columns = {name: given.get(name, np.zeros(len(cost))) for name in NUMBERS}
    return Told(
        numbers=numbers,
        keys=[str(KEY)] * len(numbers),
        runs=[str(number) for number in numbers],
        columns=columns,
    )
