"""Runs that are open and silent are found; an outage between them and us is one signal."""

from collections.abc import Iterable

import numpy as np
from kit.fleet_rows import SECOND, START, batch, row

from fleetglass_detectors.loops.silent import Silent
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import AGENT, HEARTBEAT_KIND, SPAN, TOOL, Batch, Rows


def beat(run: int, at_s: int) -> Rows:
    span = run * 10_000 + at_s
    start = START + at_s * SECOND
    return row(run=run, span=span, parent=run, kind=HEARTBEAT_KIND, start_ns=start, agent=9)


def step(run: int, at_s: int) -> Rows:
    end = START + at_s * SECOND
    return row(run=run, span=-at_s % 2**63, kind=TOOL, start_ns=end - SECOND, end_ns=end)


def end(run: int, at_s: int) -> Rows:
    return row(run=run, span=run, kind=AGENT, end_ns=START + at_s * SECOND, agent=9)


def at(silent: Silent, second: int, *rows: Rows) -> list[Signal]:
    together = np.concatenate(rows) if rows else np.empty(0, SPAN)
    return [*silent.update(Batch(rows=together, now_ns=START + second * SECOND))]


def kinds(signals: Iterable[Signal]) -> list[tuple[str, int]]:
    return [(signal.kind, signal.run) for signal in signals]


def test_a_run_whose_heartbeats_stop_is_silent_until_it_ends() -> None:
    silent = Silent()
    for second in range(0, 60, 10):
        assert at(silent, second, beat(1, second), beat(2, second)) == []
    assert at(silent, 105, beat(2, 100)) == []

    assert kinds(at(silent, 120, beat(2, 115))) == [("silent", 1)]
    assert kinds(at(silent, 130, beat(2, 130))) == [("silent", 1)]
    assert at(silent, 140, beat(2, 140), end(1, 50)) == []


def test_a_run_that_is_heard_again_is_not_silent() -> None:
    silent = Silent()
    at(silent, 0, beat(1, 0))
    assert kinds(at(silent, 100)) == [("silent", 1)]
    assert at(silent, 110, beat(1, 105)) == []


def test_slow_heartbeats_are_waited_for() -> None:
    silent = Silent()
    at(silent, 0, beat(1, 0))
    at(silent, 50, beat(1, 50))

    assert at(silent, 50 + 149) == []
    assert kinds(at(silent, 50 + 160)) == [("silent", 1)]


def test_a_heartbeat_that_comes_after_the_end_opens_nothing() -> None:
    silent = Silent()
    at(silent, 0, end(1, 0))
    at(silent, 1, beat(1, 0))

    assert at(silent, 1000) == []


def test_many_that_fall_silent_together_are_one_signal() -> None:
    silent = Silent()
    at(silent, 0, *(beat(run, 0) for run in range(1, 41)))

    signals = at(silent, 100)
    assert kinds(signals) == [("silent together", 1)]
    assert "40 of 40 open runs" in signals[0].summary
    assert kinds(at(silent, 110)) == [("silent together", 1)]
    assert at(silent, 120, *(beat(run, 120) for run in range(1, 41))) == []


def test_after_an_hour_the_dead_are_forgotten() -> None:
    silent = Silent()
    at(silent, 0, beat(1, 0))
    at(silent, 100)

    assert at(silent, 3700) == []
    assert silent.keys() == 0


def test_a_run_that_beats_and_does_nothing_is_stuck_once_its_kind_is_known() -> None:
    silent = Silent()
    for run in range(2, 22):
        at(silent, 0, beat(run, 0))
        at(silent, 30, step(run, 30), end(run, 31))
    at(silent, 40, beat(1, 40), step(1, 41))
    for second in range(45, 640, 10):
        assert at(silent, second, beat(1, second)) == []

    assert kinds(at(silent, 660, beat(1, 660))) == [("stuck", 1)]
    assert at(silent, 670, beat(1, 670), step(1, 668)) == []


def test_before_its_kind_is_known_a_slow_run_is_left_alone() -> None:
    silent = Silent()
    for second in range(0, 7200, 60):
        assert at(silent, second, beat(1, second)) == []


def test_what_was_silent_teaches_nothing() -> None:
    silent = Silent()
    for run in range(2, 22):
        at(silent, 0, beat(run, 0))
    at(silent, 4, *(beat(run, 4) for run in range(2, 22)))
    at(silent, 1000)
    at(silent, 1001, *(step(run, 1000) for run in range(2, 22)), batch(end(2, 1001)).rows)

    assert silent.state()["pauses"] == {}
