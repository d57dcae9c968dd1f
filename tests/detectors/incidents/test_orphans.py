"""An incident that the detectors have forgotten does not stay open for ever."""

from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_detectors.engine.engine import Shard, TrackedDatabase, Watch
from fleetglass_detectors.harm import Harm
from fleetglass_detectors.incidents.incident import Incident, Status, row
from fleetglass_detectors.incidents.orphans import orphans
from fleetglass_detectors.signal import Cycles, Level, Signal
from fleetglass_detectors.spans import SPAN, Batch
from fleetglass_detectors.subject import Subject

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    folder: Path = tmp_path_factory.mktemp("orphans") / "data"
    with running_store(folder) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store


def run_of(store: Store, trace: str) -> int:
    return int(store.query(f"SELECT sipHash64('default', '{trace}')", fmt="TSVRaw"))


def opened_incident(store: Store, trace: str) -> Incident:
    incident = Incident(
        family="loop",
        run=run_of(store, trace),
        subject=Subject(tenant="default", trace_id=trace, run_id=trace, agent="writer"),
        status=Status.OPEN,
        severity=Level.WARNING,
        first_ns=NOW - 100 * SECOND,
        opened_ns=NOW - 90 * SECOND,
        reopened_ns=NOW - 90 * SECOND,
        updated_ns=NOW - 80 * SECOND,
        signalled_ns=NOW - 80 * SECOND,
        detectors=("wording",),
        kinds=("exact",),
        finding="repeats the same step 8 times",
        source=("wording", "exact"),
        score=2.0,
        evidence={"period": 1},
        harm=Harm(spans=16, tokens=22_400, cost=0.5, seconds=60, last_step=16, first_step=2),
        change="opened",
    )
    store.insert("incidents_rows", row(incident))
    return incident


def state(store: Store, incident: Incident) -> Mapping[str, Any]:
    answer = store.query(f"SELECT state, opened FROM incidents WHERE id = {incident.id}", fmt="CSV")
    name, times = answer.decode().strip().split(",")
    return {"state": name.strip('"'), "opened": int(times)}


def a_signal(run: int) -> Signal:
    return Signal(
        family="loop",
        detector="wording",
        kind="exact",
        level=Level.WARNING,
        run=run,
        segment=1,
        last=2,
        at_ns=NOW,
        first_ns=NOW,
        score=3.0,
        summary="repeats the same step 20 times",
    )


def empty(now_ns: int) -> Batch:
    return Batch(rows=np.empty(0, SPAN), now_ns=now_ns)


def test_a_forgotten_incident_ends_after_ten_quiet_minutes(store: Store) -> None:
    incident = opened_incident(store, "a" * 32)
    watch = Watch(TrackedDatabase(store), [])
    assert watch.adopt(NOW) >= 1
    assert watch.adopt(NOW) == 0

    watch.look(empty(NOW + 60 * SECOND))
    assert state(store, incident)["state"] == "open"
    watch.look(empty(NOW + 601 * SECOND))
    assert state(store, incident)["state"] == "resolved"


def test_a_forgotten_incident_continues_with_a_new_signal(store: Store) -> None:
    incident = opened_incident(store, "b" * 32)
    watch = Watch(TrackedDatabase(store), [])
    watch.adopt(NOW)
    watch.book.add(a_signal(incident.run), None, NOW + 500 * SECOND)
    watch.look(empty(NOW + 700 * SECOND))

    assert state(store, incident) == {"state": "open", "opened": 1}
    (now,) = [one for one in watch.book if one.id == incident.id]
    assert now.finding == "repeats the same step 20 times"
    assert now.opened_ns == incident.opened_ns


def test_what_is_taken_up_is_what_was_written(store: Store) -> None:
    incident = opened_incident(store, "c" * 32)
    (again,) = [one for one in orphans(store, NOW) if one.id == incident.id]

    assert again.finding == incident.finding
    assert (again.harm.tokens, again.harm.cost) == (22_400, 0.5)
    assert again.summary == incident.summary
    assert again.signalled_ns == NOW


def test_what_is_taken_up_ends_when_its_period_does(store: Store) -> None:
    incident = opened_incident(store, "e" * 32)
    ends = {"period_ends": "2027-01-15T09:00:00Z"}
    later = replace(incident, evidence=ends, updated_ns=incident.updated_ns + 1)
    store.insert("incidents_rows", row(later))
    (again,) = [one for one in orphans(store, NOW) if one.id == incident.id]

    assert again.ends_ns == 1_800_003_600 * SECOND


def test_each_engine_takes_up_its_own_part(store: Store) -> None:
    incident = opened_incident(store, "d" * 32)
    parts = [Shard(index=index, of=3) for index in range(3)]

    assert sum(shard.has(incident) for shard in parts) == 1


class Lagging:
    """A replica that does not know the runs yet."""

    def __init__(self) -> None:
        self.inserted: list[str] = []

    def query(self, sql: str, **_: object) -> bytes:
        return b""

    def insert(self, table: str, rows: bytes, **_: object) -> None:
        self.inserted.append(table)


class Once:
    name, by = "once", "run"

    def __init__(self, signal: Signal) -> None:
        self._signals = [signal]

    def keys(self) -> int:
        return 0

    def update(self, batch: Batch) -> list[Signal]:
        return [self._signals.pop()] if self._signals else []

    def state(self) -> None: ...
    def restore(self, state: object) -> None: ...


def test_a_signal_that_waits_outlives_a_restart(store: Store) -> None:
    cycles = Cycles(first=(1, 2), last=(3, 4), every_s=0.5)
    waiting = replace(a_signal(run_of(store, "f" * 32)), cycles=cycles, evidence={"why": ["a"]})
    before = Watch(TrackedDatabase(Lagging()), [Once(waiting)])  # type: ignore[list-item]
    before.look(empty(NOW))
    database = Lagging()
    after = Watch(TrackedDatabase(database), [])
    after.restore(before.state())

    assert after.state()["waiting"] == before.state()["waiting"]
    after.look(empty(NOW + 59 * SECOND))
    assert database.inserted == []
    after.look(empty(NOW + 61 * SECOND))
    assert database.inserted[0] == "signals"


def test_a_signal_waits_until_its_run_is_known(store: Store) -> None:
    database = Lagging()
    watch = Watch(TrackedDatabase(database), [Once(a_signal(5))])  # type: ignore[list-item]
    for second in (0, 10, 59):
        watch.look(empty(NOW + second * SECOND))
        assert database.inserted == []
    # After a minute it is written as it is, so that it is not lost.
    watch.look(empty(NOW + 61 * SECOND))
    assert database.inserted[0] == "signals"
