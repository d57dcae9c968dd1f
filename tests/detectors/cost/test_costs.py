"""The cost detector on rows of a real store: what spends unusually, and why."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from kit.agent_rows import empty
from kit.checkpoints import reread
from kit.databases import opened, running_store
from kit.spending_fleet import HOUR, MINUTE, SECOND, SpendingFleet, stamp

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_detectors.alarms.allowance import FLEET
from fleetglass_detectors.cost.costs import Costs
from fleetglass_detectors.cost.ledger import Ledger
from fleetglass_detectors.signal import Signal


def number(signal: Signal, name: str) -> float:
    value = signal.evidence[name]
    assert isinstance(value, int | float)
    return value


def lines(signal: Signal, name: str) -> list[str]:
    value = signal.evidence[name]
    assert isinstance(value, list)
    return value


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("costs") / "data") as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store


@pytest.fixture(scope="module")
def known_fleet(database: Store) -> SpendingFleet:
    """Simulate three usual hours once; each test starts from a copy of this fleet."""
    fleet = SpendingFleet(database)
    assert fleet.pass_hours(3) == []
    return fleet


@pytest.fixture
def store(database: Store, known_fleet: SpendingFleet) -> Store:
    empty(database)
    database.command("TRUNCATE TABLE settled")
    database.command("TRUNCATE TABLE prices")
    return database


@pytest.fixture
def fleet(store: Store, known_fleet: SpendingFleet) -> SpendingFleet:
    return known_fleet.copy()


def test_an_agent_whose_runs_triple_is_the_one_cause(fleet: SpendingFleet, store: Store) -> None:
    began = fleet.now
    said = fleet.pass_hours(1, times=3.0)

    (id,) = {signal.id for signal in said if signal.family == "cost"}
    last = said[-1]
    assert last.id == id
    assert last.subject is not None
    assert (last.subject.about, last.subject.name) == ("agent", "refunds")
    assert last.kind == "rising cost"
    assert abs(last.first_ns - began) <= 30 * MINUTE
    assert last.harm is not None
    excess = number(last, "usd") - number(last, "usd_before")
    assert last.harm.cost == pytest.approx(excess)
    reasons = lines(last, "why")
    assert sum(float(line.split()[0].replace("$", "")) for line in reasons) == pytest.approx(
        excess, abs=0.011
    )
    assert {"model gpt-4o", "cohort eu"} & {*lines(last, "also")}
    # What a panel sums up of the same while, to the cent.
    panel = store.query(
        "SELECT sum(cost) FROM agent_minutes WHERE agent = 'refunds' "
        f"AND minute >= toDateTime({last.first_ns // SECOND}, 'UTC')",
        fmt="TSVRaw",
    )
    assert round(float(panel), 2) == round(number(last, "usd"), 2)


DRIVERS: list[tuple[str, dict[str, Any]]] = [
    ("fewer cache hits", {"cached": 0.1}),
    ("failing calls", {"failed": True}),
]


@pytest.mark.parametrize(("kind", "changed"), DRIVERS)
def test_the_driver_of_a_rise_is_found_before_the_rise(
    fleet: SpendingFleet, kind: str, changed: dict[str, Any]
) -> None:
    said = fleet.pass_hours(0.75, **changed)

    assert {signal.kind for signal in said} == {kind}
    assert {signal.subject.name for signal in said if signal.subject} == {"refunds"}


def test_a_run_that_costs_fifty_times_the_usual_is_found_while_it_runs(
    fleet: SpendingFleet,
) -> None:
    fleet.insert(fleet.run("search", fleet.now + MINUTE, usd=6.0, ended=False))
    (signal, *more) = fleet.pass_hours(0.25)

    said = {one.kind: one for one in (signal, *more)}
    assert {*said} == {"costly run", "large context"}
    assert "the run has cost $6.00 so far" in said["costly run"].summary
    assert {(one.run, one.family) for one in more} == {(signal.run, "excess")}


def test_new_tenants_outages_and_unpriced_models_raise_nothing(
    fleet: SpendingFleet, store: Store
) -> None:
    # A new tenant, with more expensive runs than anybody's, on a model that nobody used.
    fleet.insert(
        [
            row
            for n in range(30)
            for row in fleet.run("chat", fleet.now - n * SECOND, usd=3.0, tenant="b", model="new")
        ]
    )
    assert fleet.pass_hours(0.5) == []
    # An outage of the way in: nothing for an hour, and then all of it.
    held = [
        row
        for minute in range(60)
        for agent in ("refunds", "search", "triage")
        for row in fleet.run(agent, fleet.now + minute * MINUTE, usd=0.02)
    ]
    fleet.now += HOUR
    assert fleet.look() == []
    for row in held:
        row["segment"] = fleet.now + SECOND
    fleet.insert(held)
    # Runs whose model has no price yet cost nothing that is known.
    fleet.insert(
        [
            row
            for n in range(60)
            for row in fleet.run("triage", fleet.now + n * SECOND, usd=None, model="unheard of")
        ]
    )
    assert fleet.pass_hours(1) == []


def test_spans_that_come_late_bill_a_run_once(fleet: SpendingFleet) -> None:
    late = fleet.run("refunds", fleet.now, usd=0.03)
    fleet.insert(late)
    assert fleet.pass_hours(0.25) == []
    before = fleet.costs.state()["streams"]["creep"]["cost"]["usual"]["_seen"]
    again = dict(late[0], span_id="3", segment=fleet.now - 30 * SECOND)
    fleet.insert([again])
    fleet.now += MINUTE
    fleet.look()

    assert fleet.costs.state()["streams"]["creep"]["cost"]["usual"]["_seen"] == before


def test_a_corrected_price_raises_nothing(fleet: SpendingFleet, store: Store) -> None:
    def price(digest: str) -> None:
        row = {"provider": "openai", "model": "gpt-4o", "known": 1, "digest": digest}
        store.insert("prices", json.dumps(row | {"updated_at": stamp(fleet.now)[:26]}).encode())

    price("a")
    assert fleet.pass_hours(0.25) == []
    price("b")

    assert fleet.pass_hours(1, times=2.5) == []


def test_a_restart_loses_nothing(fleet: SpendingFleet, store: Store) -> None:
    fleet.pass_hours(0.25, times=3.0)
    again = Costs(Ledger(store), FLEET)
    again.restore(reread(fleet.costs.state()))
    assert again.state() == fleet.costs.state()

    fleet.costs = again
    said = fleet.pass_hours(0.5, times=3.0)
    assert {signal.subject.name for signal in said if signal.subject} == {"refunds"}


def test_an_empty_store_says_nothing(store: Store, tmp_path: Path) -> None:
    fleet = SpendingFleet(store)
    fleet.now += HOUR

    assert fleet.look() == []
    assert fleet.costs.keys() == 0


@pytest.mark.parametrize(("before", "usd"), [(20, 0.0085), (160, 0.002), (160, 0.0085)])
def test_a_tenfold_price_in_the_first_minutes_is_one_incident(
    store: Store, before: int, usd: float
) -> None:
    """Costs that do not vary at all, and too little history for the charts."""
    fleet = SpendingFleet(store)
    signals: list[Signal] = []
    for place in range(before + 60):
        price = usd * (10 if place >= before else 1)
        fleet.insert(fleet.run("new", fleet.now, usd=price))
        fleet.now += 4 * SECOND
        if place % 5 == 4:
            signals += fleet.look()
    fleet.now += 2 * MINUTE
    signals += fleet.look()

    assert {(one.kind, one.subject.name) for one in signals if one.subject} == {
        ("rising cost", "new")
    }
    assert "each run costs 10 times what it did" in signals[-1].summary
    assert len({one.run for one in signals if one.family == "cost"}) == 1
