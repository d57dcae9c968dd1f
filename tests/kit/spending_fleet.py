"""Runs and what they cost, as rows of a store, in a time of their own."""

import json
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from fleetglass_collector.store.client import Store
from fleetglass_detectors.alarms.allowance import FLEET
from fleetglass_detectors.cost.costs import Costs
from fleetglass_detectors.cost.ledger import Ledger
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import SPAN, Batch
from kit.checkpoints import reread

SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
# Yesterday at six in the morning, UTC: what is long ago is not kept.
START = (time.time_ns() // DAY - 1) * DAY + 6 * HOUR
STEP = 15 * MINUTE
AGENTS = {"refunds": "eu", "search": "eu", "triage": "us"}


class SpendingFleet:
    """Some agents with a run a minute each; `look` is what the detector says of it."""

    def __init__(self, store: Store, *, seed: int = 1) -> None:
        self._store = store
        self.rng = np.random.default_rng(seed)
        self.costs = Costs(Ledger(store), FLEET)
        self.now = START
        self._count = 0
        self._inserted: list[dict[str, Any]] = []
        self.look()

    def copy(self) -> "SpendingFleet":
        """Return a fleet with the same past in the same store, which was emptied since."""
        other = SpendingFleet(self._store)
        other.insert(self._inserted)
        other.rng.bit_generator.state = self.rng.bit_generator.state
        other.costs.restore(reread(self.costs.state()))
        other.now, other._count = self.now, self._count
        return other

    def pass_hours(
        self,
        hours: float,
        *,
        times: float = 1.0,
        agents: Iterable[str] = AGENTS,
        tenant: str = "acme",
        model: str = "gpt-4o",
        cached: float = 0.7,
        failed: bool = False,
    ) -> list[Signal]:
        """Let time pass; `times` as much is paid for the runs of the first agent.

        So much of its input is read from a cache, and its calls may fail.
        """
        said: list[Signal] = []
        changed = next(iter(AGENTS))
        for _ in range(int(hours * HOUR / STEP)):
            rows = [
                row
                for minute in range(STEP // MINUTE)
                for agent in agents
                for row in self.run(
                    agent,
                    self.now + minute * MINUTE,
                    usd=0.02
                    * float(np.exp(self.rng.normal(0, 0.6)))
                    * (times if agent == changed else 1.0),
                    tenant=tenant,
                    model=model,
                    cached=cached if agent == changed else 0.7,
                    failed=failed and agent == changed,
                )
            ]
            self.insert(rows)
            self.now += STEP
            said += self.look()
        return said

    def run(
        self,
        agent: str,
        at_ns: int,
        *,
        usd: float | None,
        tenant: str = "acme",
        model: str = "gpt-4o",
        cached: float = 0.7,
        failed: bool = False,
        ended: bool = True,
    ) -> list[dict[str, Any]]:
        """The rows of a run of one call."""
        self._count += 1
        tokens = int((usd or 0.02) * 2e5)
        share = float(np.clip(self.rng.normal(cached, 0.1), 0, 1))
        call = {"kind": "llm", "model": model, "input_tokens": tokens, "cost": usd}
        call |= {"cache_read_tokens": int(share * tokens), "is_error": int(failed)}
        whole = {"kind": "agent", "cost": 0.0}
        told = {
            "sign": 1,
            "tenant": tenant,
            "segment": at_ns + 10 * SECOND,
            "trace_id": f"trace-{self._count}",
            "run_id": f"run-{self._count}",
            "agent": agent,
            "cohort": AGENTS.get(agent, "new"),
            "start_time": stamp(at_ns),
            "duration_ns": 5 * SECOND,
        }
        rows = [told | call | {"span_id": "2", "parent_span_id": "1"}]
        return [*rows, told | whole | {"span_id": "1"}] if ended else rows

    def insert(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._inserted += rows
            self._store.insert("agent_spans_in", "\n".join(map(json.dumps, rows)).encode())

    def look(self) -> list[Signal]:
        """Settle what has come, and ask the detector."""
        settled = {"segment": self.now - 20 * SECOND, "holder": "a", "at": stamp(self.now)[:23]}
        self._store.insert("settled", json.dumps(settled).encode())
        return [*self.costs.update(Batch(rows=np.empty(0, SPAN), now_ns=self.now))]


def stamp(ns: int) -> str:
    return str(np.datetime64(ns, "ns")).replace("T", " ")
