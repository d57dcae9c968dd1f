"""Detectors are kept apart from each other, and from a database that is away."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
import pytest
from kit.fleet_rows import batch, steps

from fleetglass_detectors.detector import State
from fleetglass_detectors.engine.engine import Shard, TrackedDatabase, Watch
from fleetglass_detectors.loops.lag import Lag
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import Batch


class Fails:
    name = "fails"
    by: Literal["run"] = "run"

    def update(self, batch: Batch) -> Iterable[Signal]:
        raise ZeroDivisionError("on purpose")

    def state(self) -> State:
        return None

    def restore(self, state: State) -> None:
        pass

    def keys(self) -> int:
        return 0


class Away(Exception):
    """A database that does not answer."""


class NoDatabase:
    def query(
        self, sql: str, *, fmt: str = "", parameters: Mapping[str, Any] | None = None
    ) -> bytes:
        raise Away

    def insert(self, table: str, rows: bytes, *, fmt: str = "", token: str = "") -> None:
        raise Away


class Asks(Fails):
    name = "asks"

    def __init__(self, database: TrackedDatabase) -> None:
        self._database = database

    def update(self, batch: Batch) -> Iterable[Signal]:
        self._database.query("SELECT 1")
        return ()


def test_one_that_fails_is_counted_and_the_others_go_on() -> None:
    lag = Lag()
    watch = Watch(TrackedDatabase(NoDatabase()), [Fails(), lag])
    watch.look(batch(steps("ab")))
    watch.look(batch(steps("c", begin=2)))

    assert watch.health.get("failures_total", detector="fails") == 2
    assert watch.health.get("failures_total", detector="lag") == 0
    assert lag.keys() == 1
    assert 'fleetglass_detect_failures_total{detector="fails"} 2' in watch.health.exposition()


def test_a_database_that_is_away_is_no_detectors_fault() -> None:
    database = TrackedDatabase(NoDatabase())
    watch = Watch(database, [Asks(database)])

    with pytest.raises(Away):
        watch.look(batch(steps("ab")))
    assert watch.health.get("failures_total", detector="asks") == 0


@pytest.mark.parametrize("of", [1, 2, 5])
def test_shards_share_the_fleet_and_each_run_has_one(of: int) -> None:
    whole = batch(*(steps("abc", run=run) for run in range(1, 60)))
    parts = [Shard(index=index, of=of).of_batch(whole, "run") for index in range(of)]

    runs = [set(part.rows["run"].tolist()) for part in parts]
    assert sum(len(part.rows) for part in parts) == len(whole.rows)
    assert set().union(*runs) == set(range(1, 60))
    assert sum(map(len, runs)) == 59


def test_a_watch_goes_on_where_another_was_stopped() -> None:
    rows = steps("ab")
    first, second = (Watch(TrackedDatabase(NoDatabase()), [Lag()]) for _ in range(2))
    first.look(batch(rows))
    second.restore(first.state())

    assert second.state() == first.state()
    assert np.array_equal(rows, batch(rows).rows)
