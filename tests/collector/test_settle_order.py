"""What is settled depends on the spans, and not on their order, requests, or our restarts."""

import os
import uuid
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from agent_fleets import FOUND, Arrival, arrivals, fleet
from agent_requests import request
from agent_rows import Row, ask, empty
from databases import opened, running_store, segment

from fleetglass_collector.config import Retention
from fleetglass_collector.prices.book import Book
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

# Many more by hand: FLEETGLASS_TEST_SEEDS=100-200.
SEEDS = [int(end) for end in os.environ.get("FLEETGLASS_TEST_SEEDS", "0-3").split("-")]
TRACES = 60

MINUTES = (
    "tenant, kind, agent, agent_version, cohort, environment, service, workflow, model, provider,"
    " prompt_version, tier, action, tool"
)
TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        for table in ("agent_spans_rows", "agent_minutes", "agent_runs"):
            store.command(f"SYSTEM STOP TTL MERGES {table}")
        yield store


class ShortBook(Book):
    """Begins with few names: a settler that starts looks all of them up, and here many start."""

    def seeds(self) -> Iterator[tuple[str, str]]:
        yield from (("", "gpt-4o-mini"), ("openai", "gpt-4o-mini"))


class Following:
    """Settlers one after another, on the same folder."""

    def __init__(self, store: Store, folder: Path, *, max_spans: int) -> None:
        self._store = store
        self._folder = folder
        self._max_spans = max_spans
        self._settler: Settler | None = None
        self.restart()

    def restart(self) -> None:
        self.close()
        self._settler = Settler(self._store, self._folder, ShortBook(), max_spans=self._max_spans)
        self._settler.start()

    def settle(self) -> None:
        if self._settler:
            self._settler.settle()

    def close(self) -> None:
        if self._settler:
            self._settler.close()


def settled(store: Store, arrived: Iterable[Arrival], *, max_spans: int = 500_000) -> list[Row]:
    empty(store)
    store.command(f"ALTER TABLE prices DELETE WHERE model IN {FOUND} SETTINGS mutations_sync = 1")
    store.command("SYSTEM RELOAD DICTIONARY prices_now")
    with TemporaryDirectory() as folder:
        following = Following(store, Path(folder), max_spans=max_spans)
        for arrival in arrived:
            store_one(store, arrival)
            if arrival.then == "restart":
                following.restart()
            if arrival.then:
                following.settle()
        following.settle()
        following.close()
    return ask(store, "SELECT * EXCEPT segment FROM agent_spans ORDER BY trace_id, span_id")


def store_one(store: Store, arrival: Arrival) -> None:
    half = len(arrival.spans) // 2
    bodies = [request(arrival.spans[:half]), request(arrival.spans[half:])]
    store.insert_segment(segment(bodies, number=arrival.number), uuid.uuid4().hex)


def minutes_of_rows() -> str:
    sums = ", ".join(f"toInt64(sum(s.{name}_tokens)) AS {name}_tokens" for name in TOKENS)
    return (
        f"SELECT toStartOfMinute(start_time) AS minute, {MINUTES}, toInt64(count()) AS spans,"
        " toInt64(sum(s.is_error)) AS errors, toInt64(countIf(isNull(s.cost))) AS unpriced,"
        f" {sums}, toInt64(sum(s.duration_ns)) AS duration_ns,"
        " sum(toDecimal128(ifNull(s.cost, 0), 12)) AS cost,"
        " sum(toDecimal128(ifNull(s.reported_cost, 0), 12)) AS reported_cost,"
        " toString(mapSort(sumMap(map(fleetglassBucket(s.duration_ns), 1::Int64)))) AS durations"
        " FROM agent_spans AS s GROUP BY ALL ORDER BY ALL"
    )


def minutes() -> str:
    sums = ", ".join(f"sum({name}_tokens) AS {name}_tokens" for name in TOKENS)
    return (
        f"SELECT minute, {MINUTES}, sum(m.spans) AS spans, sum(m.errors) AS errors,"
        f" sum(m.unpriced) AS unpriced, {sums}, sum(m.duration_ns) AS duration_ns,"
        " sum(m.cost) AS cost, sum(m.reported_cost) AS reported_cost,"
        " toString(mapSort(mapFilter((_, n) -> n != 0, sumMap(m.durations)))) AS durations"
        " FROM agent_minutes AS m GROUP BY ALL HAVING spans != 0 ORDER BY ALL"
    )


RUNS_OF_ROWS = """
    SELECT tenant, run_id, toDate(start_time) AS day, toInt64(count()) AS spans,
        toInt64(countIf(kind IN ('llm', 'tool', 'handoff'))) AS steps,
        toInt64(sum(s.is_error)) AS errors, toInt64(countIf(isNull(s.cost))) AS unpriced,
        toInt64(sum(s.input_tokens)) AS input_tokens,
        toInt64(sum(s.output_tokens)) AS output_tokens,
        sum(toDecimal128(ifNull(s.cost, 0), 12)) AS cost
    FROM agent_spans AS s GROUP BY ALL ORDER BY ALL"""
RUNS = """
    SELECT tenant, run_id, day, sum(r.spans) AS spans, sum(r.steps) AS steps,
        sum(r.errors) AS errors, sum(r.unpriced) AS unpriced,
        sum(r.input_tokens) AS input_tokens, sum(r.output_tokens) AS output_tokens,
        sum(r.cost) AS cost
    FROM agent_runs AS r GROUP BY ALL HAVING spans != 0 ORDER BY ALL"""


def assert_sums_are_right(store: Store) -> None:
    assert ask(store, minutes()) == ask(store, minutes_of_rows())
    assert ask(store, RUNS) == ask(store, RUNS_OF_ROWS)
    gone = "sum(m.errors), sum(m.unpriced), sum(m.input_tokens), sum(m.duration_ns), sum(m.cost)"
    left = ask(
        store,
        f"SELECT minute, {MINUTES}, {gone} FROM agent_minutes AS m GROUP BY ALL"
        f" HAVING sum(m.spans) = 0 AND ({gone}) != (0, 0, 0, 0, 0)",
    )
    assert left == []


@pytest.mark.parametrize("seed", range(SEEDS[0], SEEDS[1]))
def test_any_order_of_arrival_ends_in_the_same_rows(store: Store, seed: int) -> None:
    random = Random(seed)
    spans = fleet(random, traces=TRACES, size=9)
    wanted = settled(store, [Arrival(number=1, spans=spans, then="settle")])
    assert_sums_are_right(store)

    arrived = arrivals(random, spans, gap=random.choice((1, 300 * 10**9)))
    found = settled(store, arrived, max_spans=random.choice((1, TRACES, 500_000)))
    assert found == wanted
    assert_sums_are_right(store)
