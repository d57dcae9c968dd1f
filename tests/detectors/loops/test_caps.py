"""A run is held against the runs of its own agent."""

from dataclasses import replace

import numpy as np
from kit.fleet_rows import START, batch, row, steps

from fleetglass_detectors.alarms.allowance import FLEET
from fleetglass_detectors.loops.caps import Caps
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import AGENT, Rows


def run_of(length: int, *, run: int, agent: int = 7, tokens: float = 100.0) -> Rows:
    rows = steps([f"w{n}" for n in range(length)], run=run)
    rows["agent"], rows["tokens"] = agent, tokens
    return rows


def end(run: int, agent: int = 7) -> Rows:
    return row(run=run, span=run, kind=AGENT, agent=agent, start_ns=START)


def taught(runs: int = 60, *, length: int = 10, pages: float = 1.0) -> Caps:
    caps = Caps(replace(FLEET, pages_per_week=pages))
    rng = np.random.default_rng(3)
    for run in range(1, runs + 1):
        rows = run_of(length + int(rng.integers(0, 5)), run=run)
        assert [*caps.update(batch(rows, end(run)))] == []
    return caps


def said(caps: Caps, *rows: Rows) -> list[Signal]:
    return [*caps.update(batch(*rows))]


def test_a_run_far_beyond_its_kind_is_said_while_it_is_open() -> None:
    (signal,) = said(taught(), run_of(200, run=900))

    assert signal.kind == "many steps"
    assert signal.family == "excess"
    assert "200 steps" in signal.summary


def test_an_agent_is_held_against_its_own_kind() -> None:
    assert said(taught(), run_of(200, run=900, agent=8)) == []


def test_costly_runs_are_found_by_their_tokens() -> None:
    (signal,) = said(taught(), run_of(10, run=900, tokens=50_000))

    assert signal.kind == "many tokens"


def test_a_little_longer_is_nothing() -> None:
    assert said(taught(), run_of(22, run=900)) == []


def test_who_allows_fewer_false_pages_gets_higher_caps() -> None:
    run = run_of(45, run=900)

    assert said(taught(pages=1e6), run)
    assert not said(taught(pages=1e-6), run)


def test_until_enough_runs_have_ended_nothing_is_said() -> None:
    assert said(taught(runs=49), run_of(5000, run=900)) == []


def test_what_is_flagged_teaches_nothing() -> None:
    caps = taught()
    before = caps.state()["past"]
    said(caps, run_of(500, run=900), end(900))

    assert caps.state()["past"] == before


def test_tokens_that_are_no_numbers_do_no_harm() -> None:
    caps = taught()
    hostile = run_of(10, run=900)
    hostile["tokens"] = [np.nan, np.inf, -np.inf, -5, 0, 1, 2, 3, 4, 5]

    assert [s.kind for s in said(caps, hostile)] == ["many tokens"]
