"""The charts of all keys: what each chart measures, and which keys are unusual at the moment.

    cost      log of what a run cost; of its tokens, where it has no price    creep, extreme, step
    uncached  the share of input that came from no cache                      creep, up
    failed    the share of calls that failed                                  creep, up
    context   log of the largest input of one call                            extreme
    volume    runs that begin in a minute                                     volume

Thresholds follow from the number of false pages that the fleet allows a week (alarms/allowance.py).
The family `cost` may make a quarter of them. Single runs get three quarters of that, because the
bounds of the charts are loose. There are 100,000 keys at most.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from fleetglass_detectors.alarms.allowance import LEAST_RUN_LENGTH, Allowance
from fleetglass_detectors.alarms.evidence import FloatArray, IntArray
from fleetglass_detectors.alarms.slots import Slots
from fleetglass_detectors.cost.creep import Creep
from fleetglass_detectors.cost.extreme import COSTLY, LARGE, Extreme, extremes, worth
from fleetglass_detectors.cost.ledger import Key, RunRows
from fleetglass_detectors.cost.step import RATIO, Step
from fleetglass_detectors.cost.usual import DAY_NS, Usual
from fleetglass_detectors.cost.volume import Volume
from fleetglass_detectors.detector import State

CAPACITY = 100_000
FAMILY = "cost"
MINUTES_A_DAY = 1440.0
# The part of the false pages that single runs may make, and the part of those for large contexts.
RUNS_PART, CONTEXT_PART = 3 / 4, 1 / 4
MOVES = {
    ("cost", True): "rising cost",
    ("cost", False): "falling cost",
    ("uncached", True): "fewer cache hits",
    ("failed", True): "failing calls",
}
MORE = "more runs than usual"
SHARES = ("fewer cache hits", "failing calls")
DOLLARS, TOKENS = 1, 2
STREAMS_A_KEY = len(MOVES) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A key whose spend has changed, or a driver of its spend."""

    key: Key
    kind: str
    up: bool
    score: float
    shift: float
    since_ns: int
    words: str


class Streams:
    def __init__(self, allowance: Allowance, *, capacity: int = CAPACITY) -> None:
        self._allowance = allowance
        self._slots = Slots(capacity)
        self._usual = {
            "cost": Usual(capacity, floor=0.1, least=float(np.log(1.02))),
            "uncached": Usual(capacity, floor=0.05, least=0.02),
            "failed": Usual(capacity, floor=0.05, least=0.02),
            "context": Usual(capacity, floor=0.1, least=0.0),
        }
        self._creep = {
            "cost": Creep(capacity, self._usual["cost"]),
            # Of shares the least shift is in points.
            "uncached": Creep(capacity, self._usual["uncached"], least=(0.2, 0.1)),
            "failed": Creep(capacity, self._usual["failed"], least=(0.2, 0.1)),
        }
        self._volume = Volume(capacity)
        self._step = Step()
        # Whether the runs of a key are measured in dollars, or in tokens without a price.
        self._basis = np.zeros(capacity, np.int8)
        self._runs = (0, 0, 0)

    def __len__(self) -> int:
        return len(self._slots)

    def extremes(self, rows: RunRows) -> Iterator[Extreme]:
        """Yield runs, open or over, that cost or read more than all earlier runs of their agent."""
        runs, first_ns, last_ns = self._runs
        days = max((last_ns - first_ns) / DAY_NS, 1 / 24)
        each = self._allowance.per_run(FAMILY, runs_per_day=max(runs, 1) / days)
        slots = self._slots.find(rows.keys)
        risen = np.maximum(self._creep["cost"].risen(slots), self._step.risen(slots))
        for kind, measure, values, part in (
            (COSTLY, "cost", worth(rows), 1 - CONTEXT_PART),
            (LARGE, "context", rows.columns["largest_input"], CONTEXT_PART),
        ):
            exceeded = RUNS_PART * part * each
            usual = self._usual[measure]
            yield from extremes(
                rows, slots, values, usual, kind=kind, exceeded=exceeded, risen=risen
            )

    def mark(self, rows: RunRows, now_ns: int) -> None:
        """Compare the cost of runs that are over with what is usual, and learn from it."""
        slots = self._claim(rows.keys)
        column = rows.columns
        spent = self._in_one_measure(slots, rows)
        self._creep["cost"].update(slots[spent > 0], np.log(spent[spent > 0]), now_ns)
        self._step_up(rows, slots, spent, now_ns)
        reads = column["input_tokens"] > 0
        cached = column["cache_read_tokens"][reads] / column["input_tokens"][reads]
        self._creep["uncached"].update(slots[reads], 1.0 - np.minimum(cached, 1.0), now_ns)
        context = np.log(np.maximum(column["largest_input"][reads], 1.0))
        self._usual["context"].observe(slots[reads], context, now_ns)
        calls = column["calls"] > 0
        failed = column["failed_calls"][calls] / column["calls"][calls]
        self._creep["failed"].update(slots[calls], np.minimum(failed, 1.0), now_ns)
        runs, first_ns, _ = self._runs
        self._runs = (runs + len(set(rows.numbers)), first_ns or now_ns, now_ns)

    def mark_flagged(self, rows: RunRows, now_ns: int) -> None:
        """Count runs that were flagged one by one: many of them are a step of their agent."""
        slots = self._slots.find(rows.keys)
        self._step_up(rows, slots, worth(rows), now_ns)

    def _step_up(self, rows: RunRows, slots: IntArray, spent: FloatArray, now_ns: int) -> None:
        # Others than agents are a mixture: the first run of another agent would be a step.
        is_agent = np.array(["\0agent\0" in key for key in rows.keys], np.bool_)
        which = is_agent & (slots >= 0) & (spent > 0)
        young = self._usual["cost"].is_warming(slots[which], now_ns)
        self._step.update(slots[which], np.log(spent[which]), now_ns, young=young)

    def minute(self, begun: Mapping[str, float], minute_ns: int) -> None:
        slots = self._claim([*begun])
        counts = np.zeros(len(self._slots))
        counts[slots] = [*begun.values()]
        self._volume.update(counts, minute_ns)

    def end_hour(self, minute_ns: int, now_ns: int) -> None:
        """Learn from an hour that is over."""
        self._volume.end_hour(len(self._slots), minute_ns)
        nobody = np.zeros(self._slots.capacity, np.bool_)
        self._usual["context"].settle(now_ns, held=nobody)
        for creep in self._creep.values():
            creep.settle(now_ns)

    def settle(self, now_ns: int) -> None:
        for creep in self._creep.values():
            creep.settle(now_ns)

    def found(self, now_ns: int) -> Iterator[Finding]:
        names = [str(name) for name in self._slots.state()["keys"]]
        slots = self._slots.find(names)
        by_slot = dict(zip(slots.tolist(), names, strict=True))
        for (measure, up), kind in MOVES.items():
            rates = self._usual[measure].rate(slots, now_ns)
            moved = self._creep[measure].moved(slots, self._log_a(rates), now_ns, up=up)
            for n, slot in enumerate(moved.slots.tolist()):
                yield Finding(
                    key=Key.of(by_slot[slot]),
                    kind=kind,
                    up=up,
                    score=float(moved.score[n]),
                    shift=float(moved.shift[n]),
                    since_ns=int(moved.since_ns[n]),
                    words=_moved(measure, float(moved.shift[n]), int(moved.marks[n])),
                )
        yield from self._stepped(by_slot)
        log_a = self._log_a(np.full(len(slots), MINUTES_A_DAY))
        flooded = self._volume.flooded(slots, log_a, now_ns)
        for n, slot in enumerate(flooded.slots.tolist()):
            yield Finding(
                key=Key.of(by_slot[slot]),
                kind=MORE,
                up=True,
                score=float(flooded.score[n]),
                shift=float(np.log(flooded.ratio[n])),
                since_ns=int(flooded.since_ns[n]),
                words=f"{flooded.ratio[n]:.3g} times as many runs as usual at this hour",
            )

    def _stepped(self, by_slot: Mapping[int, str]) -> Iterator[Finding]:
        for slot, risen in self._step.moved():
            if slot in by_slot:
                yield Finding(
                    key=Key.of(by_slot[slot]),
                    kind=MOVES["cost", True],
                    up=True,
                    score=risen.shift / RATIO,
                    shift=risen.shift,
                    since_ns=risen.since_ns,
                    words=_moved("cost", risen.shift, risen.count),
                )

    def reprice(self, keys: Iterable[str]) -> None:
        """Begin anew for keys whose prices were corrected: the runs themselves did not change."""
        slots = self._slots.find([*keys])
        self._creep["cost"].reset(slots[slots >= 0])
        self._step.reset(slots[slots >= 0])

    def state(self) -> State:
        used = len(self._slots)
        return {
            "slots": self._slots.state(),
            "runs": self._runs,
            "basis": self._basis[:used].tobytes(),
            "creep": {name: creep.state(used) for name, creep in self._creep.items()},
            "context": self._usual["context"].state(used),
            "volume": self._volume.state(used),
            "step": self._step.state(),
        }

    def restore(self, state: State) -> None:
        held = cast(dict[str, Any], state)
        self._slots.restore(held["slots"])
        used = len(self._slots)
        self._runs = held["runs"]
        self._basis[:used] = np.frombuffer(held["basis"], np.int8)
        for name, creep in self._creep.items():
            creep.restore(held["creep"][name], used)
        self._usual["context"].restore(held["context"], used)
        self._volume.restore(held["volume"], used)
        self._step.restore(held["step"])

    def _claim(self, keys: Sequence[str]) -> IntArray:
        claim = self._slots.claim(keys)
        for creep in self._creep.values():
            creep.reset(claim.fresh)
        self._usual["context"].reset(claim.fresh)
        self._volume.reset(claim.fresh)
        self._step.reset(claim.fresh)
        self._basis[claim.fresh] = 0
        return claim.slots

    def _in_one_measure(self, slots: IntArray, rows: RunRows) -> FloatArray:
        """Return the worth of runs: in dollars, or in tokens while no run of the key had a price.

        A key whose first price becomes known begins anew.
        """
        spent, is_priced = worth(rows), rows.columns["cost"] > 0
        priced = np.unique(slots[(spent > 0) & is_priced])
        self._creep["cost"].reset(priced[self._basis[priced] == TOKENS])
        self._step.reset(priced[self._basis[priced] == TOKENS])
        self._basis[priced] = DOLLARS
        unpriced = slots[(spent > 0) & ~is_priced]
        self._basis[unpriced[self._basis[unpriced] == 0]] = TOKENS
        return np.where(is_priced | (self._basis[slots] == TOKENS), spent, 0.0)

    def _log_a(self, rates: FloatArray) -> FloatArray:
        streams = len(self._slots) * STREAMS_A_KEY
        part = (1 - RUNS_PART) * self._allowance.per_day(FAMILY)
        return np.log(np.maximum(streams * rates / part, LEAST_RUN_LENGTH))


def _moved(measure: str, shift: float, marks: int) -> str:
    if measure == "cost":
        return f"each run costs {np.exp(shift):.3g} times what it did, over the last {marks:,} runs"
    what = "of input not read from a cache" if measure == "uncached" else "of calls that failed"
    return f"{100 * shift:+.3g} percentage points {what}, over the last {marks:,} runs"
