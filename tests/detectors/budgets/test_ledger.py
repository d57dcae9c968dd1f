"""What the database says a budget has spent is what its panels say, to the last digit."""

import json
import uuid
from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from kit.agent_fleets import fleet
from kit.agent_requests import START_NS, Sent, request
from kit.agent_rows import ask, empty
from kit.budget_ledgers import HALT, SECOND_NS, budget
from kit.databases import opened, running_store, segment

from fleetglass_collector.config import Retention
from fleetglass_collector.control.directives import Directive, add, in_force
from fleetglass_collector.control.directives import Scope as TheirScope
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_detectors.audit.log import Log
from fleetglass_detectors.budgets.declared import Hard, Per, Scope
from fleetglass_detectors.budgets.directives import Directives, Order, decide
from fleetglass_detectors.budgets.ledger import FINE_S, DatabaseLedger
from fleetglass_detectors.budgets.period import period_of
from fleetglass_detectors.budgets.spending import Spending
from fleetglass_server.processes.kept import KeptFile

NOW = START_NS // SECOND_NS
DAY = period_of(Per.DAY, NOW, UTC)
EVERYTHING = Scope()
REFUNDS = Scope(tenant="default", agent="refunds")
ORDER = Order(
    scope=REFUNDS, by="fleetglass budget b", hard=HALT, until=2**32 - 86_400, reason="spent"
)
EXACT = "SELECT toString(sum(toDecimal128(ifNull(cost, 0), 12))) AS usd FROM {} WHERE {}"
SUM = "SELECT toString(sum(cost)) AS usd FROM {} WHERE {}"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store


@pytest.fixture
def store(database: Store) -> Store:
    empty(database)
    database.command("TRUNCATE TABLE directives")
    return database


def send(store: Store, *segments: Sequence[Sent], tenants: Sequence[str] = ()) -> None:
    for number, spans in enumerate(segments, 1):
        tenant = tenants[number - 1] if tenants else "default"
        body = segment([request(spans)], number=number, tenant=tenant)
        store.insert_segment(body, uuid.uuid4().hex)
    with Settler.open(store) as settler:
        settler.settle()


def call(id: str, usd: float, *, agent: str = "refunds", at_s: int = 0, run: str = "r") -> Sent:
    return Sent(
        id=id,
        trace=f"{run} {id}",
        at_ms=1000 * at_s,
        facts={
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.agent.name": agent,
            "fleetglass.run.id": run,
            # At $2.50 a million.
            "gen_ai.usage.input_tokens": round(usd * 400_000),
        },
    )


def spent(store: Store, scope: Scope = EVERYTHING, *, now: int = NOW) -> Spending:
    return DatabaseLedger(store).spending(scope, DAY, now)


def total(store: Store, **scope: str) -> Decimal:
    return spent(store, Scope(**scope)).since(DAY.start)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_sum_of_the_panels_and_of_the_spans(store: Store, seed: int) -> None:
    """Whatever arrives, twice and late and from agents inside agents, is billed once."""
    random = Random(seed)
    spans = fleet(random, traces=30, size=12)
    send(store, spans, random.sample(spans, len(spans) // 3))
    for where in ("1", *(f"agent = '{agent}'" for agent in ("planner", "writer", "critic"))):
        scope = {"agent": where.split("'")[1]} if "'" in where else {}
        (panel,) = ask(store, SUM.format("agent_minutes", where))
        (rows,) = ask(store, EXACT.format("agent_spans", where))

        assert total(store, **scope) == Decimal(panel["usd"]) == Decimal(rows["usd"])


def test_whose_spending_it_is(store: Store) -> None:
    ours = [call("1", 0.1), call("2", 0.2, agent="billing")]
    send(store, ours, [call("3", 0.7)], tenants=["default", "acme"])

    assert total(store) == 1
    assert total(store, agent="refunds") == Decimal("0.8")
    assert total(store, agent="refunds", tenant="acme") == Decimal("0.7")
    assert total(store, agent="it's \\ not") == 0
    ledger = DatabaseLedger(store)
    assert ledger.tenants(Scope(agent="refunds"), DAY) == ["acme", "default"]
    assert ledger.tenants(Scope(agent="billing"), DAY) == ["default"]


def test_a_span_that_is_late_or_comes_again_is_in_its_own_minute_once(store: Store) -> None:
    first = call("1", 0.25, at_s=3600)
    send(store, [first], [first, call("2", 0.5, at_s=-7200)])

    assert [(b.at, b.cost) for b in spent(store, now=NOW + 3600).buckets] == [
        ((NOW - 7200) // 300 * 300, Decimal("0.5")),
        ((NOW + 3600) // 60 * 60, Decimal("0.25")),
    ]


def test_a_price_that_is_corrected_counts_from_the_start(store: Store) -> None:
    store.command(
        "INSERT INTO agent_minutes (tenant, minute, kind, agent, spans, cost) VALUES"
        f" ('default', toDateTime({NOW}), 'llm', 'refunds', 1, 40),"
        f" ('default', toDateTime({NOW}), 'llm', 'refunds', -1, -40),"
        f" ('default', toDateTime({NOW}), 'llm', 'refunds', 1, 7.123456789012)"
    )

    assert total(store) == Decimal("7.123456789012")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "Australia/Lord_Howe"])
@pytest.mark.parametrize("per", [Per.HOUR, Per.DAY, Per.MONTH])
def test_what_is_of_the_period_is_counted_and_nothing_else(
    store: Store, per: Per, zone: str
) -> None:
    period = period_of(per, NOW, ZoneInfo(zone))
    inside = (period.start, NOW // 60 * 60 - FINE_S[per] // 2, period.end - 60)
    outside = (period.start - 60, period.end)
    values = ", ".join(
        f"('t', toDateTime({at}), 'llm', 1, {usd})"
        for usd, moments in ((1, inside), (100, outside))
        for at in moments
        if usd == 100 or period.start <= at < period.end
    )
    store.command(f"INSERT INTO agent_minutes (tenant, minute, kind, spans, cost) VALUES {values}")
    found = DatabaseLedger(store).spending(Scope(), period, NOW)

    assert found.since(period.start) == sum(period.start <= at < period.end for at in inside)


def test_what_has_no_price_is_known(store: Store) -> None:
    free = call("1", 0.25)
    ours = replace(free, facts={**free.facts, "gen_ai.request.model": "our-own"})
    send(store, [ours, call("2", 0.5)])
    found = spent(store)

    assert (found.since(DAY.start), found.unpriced(DAY.start)) == (Decimal("0.5"), 1)


def test_runs_are_ordered_by_what_the_scope_spent_in_them(store: Store) -> None:
    calls = [call(f"{run} {n}", 0.1 * (run + 1), run=f"r{run}") for run in range(3) for n in (0, 1)]
    send(store, [*calls, call("x", 9, agent="billing", run="r0")])
    ledger = DatabaseLedger(store)
    found = ledger.runs(Scope(agent="refunds"), NOW - 60, NOW + 60, Decimal("0.4"))

    assert [(run.run_id, run.cost) for run in found] == [
        ("r2", Decimal("0.6")),
        ("r1", Decimal("0.4")),
    ]
    assert ledger.runs(Scope(), NOW - 60, NOW + 60, Decimal(0), most=1)[0].run_id == "r0"
    assert ledger.runs(Scope(), NOW + 3600, NOW + 7200, Decimal(0)) == []


def test_days_before_are_read_with_the_point_that_is_the_same(store: Store) -> None:
    noon = DAY.start + 43_200
    values = ", ".join(
        f"('t', toDateTime({noon - 86_400 * day + after}), 'llm', 'a', 1, {usd})"
        for day in range(1, 20)
        for after, usd in ((-7200, 2 * day), (7200, day))
    )
    store.command(
        f"INSERT INTO agent_minutes (tenant, minute, kind, agent, spans, cost) VALUES {values}"
    )
    ledger = DatabaseLedger(store)
    paths = ledger.paths(budget(50, agent="a"), DAY, noon)
    again = ledger.paths(budget(50, agent="a"), DAY, noon + 10_000)

    # Weekdays are like weekdays; the first day with any spending may have begun in its middle.
    assert datetime.fromtimestamp(noon, UTC).weekday() < 5
    assert len(paths) == 12
    assert {one.rest / one.before for one in paths} == {0.5}
    assert {one.rest for one in again} == {0.0}


def test_directives_are_written_as_guards_read_them(store: Store) -> None:
    directives = Directives(store)
    directives.give([ORDER, replace(ORDER, scope=Scope(tenant="acme"), hard=Hard(action="halt"))])

    acme, default = in_force(store)
    assert (default.scope, default.action, default.by, default.until) == (
        TheirScope(tenant="default", agent="refunds"),
        "halt",
        "fleetglass budget b",
        ORDER.until,
    )
    assert (acme.scope, acme.reason) == (TheirScope(tenant="acme"), "spent")
    assert decide([ORDER], directives.past(), directives.now()).in_force == (ORDER,)


def test_what_a_budget_orders_is_logged(store: Store, tmp_path: Path) -> None:
    log = Log("detect", lambda: KeptFile(tmp_path / "detect"))
    directives = Directives(store, log)
    directives.give([ORDER])
    directives.lift(directives.past())

    entries = ask(store, "SELECT by, tenant, body FROM audit_log ORDER BY number")
    bodies = [json.loads(entry["body"]) for entry in entries]
    assert {(entry["by"], entry["tenant"]) for entry in entries} == {
        ("fleetglass budget b", "default")
    }
    assert [body["action"] for body in bodies] == ["halt", "resume"]
    assert bodies[0]["agent"] == "refunds"


def test_a_directive_that_a_person_lifts_is_overruled(store: Store) -> None:
    directives = Directives(store)
    directives.give([ORDER])
    add(store, [Directive(scope=in_force(store)[0].scope, action="resume", by="ann")])
    outcome = decide([ORDER], directives.past(), directives.now())

    assert outcome.overruled == ((ORDER, "ann"),)
    assert (outcome.new, outcome.in_force) == ((), ())


def test_of_what_has_ended_the_last_word_is_known(store: Store) -> None:
    """Nothing holds for a scope whose last directive has ended, whatever was said before it."""
    directives = Directives(store)
    slow = replace(ORDER, hard=Hard(action="throttle", every_s=5))
    over = replace(ORDER, by="fleetglass budget hour", until=directives.now() - 60)
    directives.give([slow])
    directives.give([over])

    assert in_force(store) == []
    assert decide([slow], directives.past(), directives.now()).new == (slow,)


def test_what_is_for_nothing_is_lifted(store: Store) -> None:
    directives = Directives(store)
    directives.give([ORDER])
    directives.lift(directives.past())

    assert in_force(store) == []
    assert decide([ORDER], directives.past(), directives.now()).new == (ORDER,)
