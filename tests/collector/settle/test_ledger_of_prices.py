"""The table of prices follows the package, the configuration and the spans."""

import json
import uuid
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.databases import opened, running_store
from kit.priced_calls import Call, cost, costs, theirs

from fleetglass_collector.config import Retention
from fleetglass_collector.config.prices import ConfiguredPrice
from fleetglass_collector.prices.book import Book
from fleetglass_collector.settle import ledger
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

LISTED = Book()
MINE = ConfiguredPrice(model="mine-*", input=2.0, output=4.0)


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn:
        yield dsn


@pytest.fixture
def store(dsn: str) -> Generator[Store]:
    """A database of its own for each test, without prices."""
    with opened(dsn, database=f"test {uuid.uuid4().hex}") as store:
        migrate(store, cluster="", retention=Retention())
        yield store


@pytest.fixture
def filled(store: Store) -> Store:
    """With all prices of the package."""
    ledger.sync(store, LISTED)
    return store


def count(store: Store, where: str = "1") -> int:
    return int(store.query(f"SELECT count() FROM prices WHERE {where}", fmt="TSVRaw"))


def call(provider: str, model: str, response_model: str = "", tier: str = "") -> Call:
    return Call(
        provider=provider,
        model=model,
        response_model=response_model,
        service_tier=tier,
        input=1_000_000,
    )


def test_spans_of_well_known_models_are_priced_when_they_arrive(filled: Store) -> None:
    known = [
        call("openai", "gpt-4o-2024-08-06"),
        call("aws.bedrock", "amazon.nova-lite-v1:0"),
        call("gcp.gemini", "gemini-2.5-pro"),
        call("", "gpt-4o-mini"),
    ]

    assert costs(filled, known) == pytest.approx([theirs(call) for call in known], abs=1e-9)


def test_the_second_start_changes_nothing(filled: Store) -> None:
    before = count(filled)

    assert ledger.sync(filled, Book()) == set()
    assert count(filled) == before


def test_a_pair_that_spans_name_is_looked_up_once(store: Store) -> None:
    pairs = {("openai", "gpt-4o-mini-2099"), ("anthropic", "claude-3-5-sonnet-20990101")}
    before = cost(store, call("anthropic", "claude-3-5-sonnet-20990101"))
    learnt = ledger.learn(store, LISTED, pairs)

    assert before is None
    assert learnt == {("anthropic", "claude-3-5-sonnet-20990101")}
    assert cost(store, call("anthropic", "claude-3-5-sonnet-20990101")) == 3.0
    assert cost(store, call("openai", "gpt-4o-mini-2099")) is None
    assert ledger.learn(store, LISTED, pairs) == set()
    assert count(store, "NOT known AND model = 'gpt-4o-mini-2099'") == 1


def test_a_price_added_later_is_reported_and_counts(store: Store) -> None:
    ledger.sync(store, LISTED)
    ledger.learn(store, LISTED, {("openai", "mine-1"), ("", "yours")})

    assert ledger.sync(store, Book([MINE])) == {("openai", "mine-1")}
    assert cost(store, call("openai", "mine-1")) == 2.0
    assert ledger.sync(store, Book([MINE])) == set()


def test_a_removed_price_is_reported_too(store: Store) -> None:
    ledger.learn(store, Book([MINE]), {("openai", "mine-1")})
    assert cost(store, call("openai", "mine-1")) == 2.0

    assert ("openai", "mine-1") in ledger.sync(store, LISTED)
    assert cost(store, call("openai", "mine-1")) is None


def test_a_configured_price_ends_the_packages_tiers_and_back(store: Store) -> None:
    ledger.learn(store, LISTED, {("openai", "gpt-4o")})
    mine = Book([ConfiguredPrice(model="gpt-4o", input=7.0, output=8.0)])
    batch = call("openai", "gpt-4o", tier="batch")
    listed = cost(store, batch)

    assert ("openai", "gpt-4o") in ledger.sync(store, mine)
    assert cost(store, batch) == 7.0
    assert ("openai", "gpt-4o") in ledger.sync(store, LISTED)
    assert listed == 1.25 == cost(store, batch)


def test_the_model_that_answered_sets_the_price_if_it_has_one(store: Store) -> None:
    asked = [
        call("openai", "gpt-4o", "gpt-4o-mini"),
        call("openai", "gpt-4o", "fake-gpt"),
        call("openai", "fake-gpt", "gpt-4o-mini"),
        call("openai", "fake-gpt", "gpt-fake"),
        call("openai", "gpt-4o", "gpt-4o"),
        call("openai", "gpt-4o", ""),
        call("openai", "", ""),
    ]

    ledger.learn(store, LISTED, {("openai", "gpt-4o"), ("openai", "gpt-4o-mini")})

    assert costs(store, asked) == [0.15, 2.5, 0.15, None, 2.5, 2.5, None]


@pytest.mark.parametrize(
    ("tier", "dollars"),
    [("", 2.5), ("batch", 1.25), ("priority", 4.25), ("default", 2.5), ("scale", 2.5)],
)
def test_a_service_tier_without_prices_costs_as_any_call(
    store: Store, tier: str, dollars: float
) -> None:
    ledger.learn(store, LISTED, {("openai", "gpt-4o")})

    assert cost(store, call("openai", "gpt-4o", tier=tier)) == dollars


def test_a_configured_price_does_not_apply_before_its_day(store: Store) -> None:
    later = ConfiguredPrice(model="later", input=2.0, output=4.0, since=1_700_000_000)
    ledger.learn(store, Book([later]), {("", "later")})
    times = [Call(provider="", model="later", at=at, output=1_000_000) for at in (0, 1_800_000_000)]

    assert costs(store, times) == [None, 4.0]


def test_a_request_may_have_a_price(store: Store) -> None:
    price = ConfiguredPrice(
        model="r", input=1.0, output=1.0, cache_read=0.5, cache_write=2.0, request=3.0
    )
    ledger.learn(store, Book([price]), {("", "r")})
    spent = Call(provider="", model="r", input=1_000_000, cache_read=400_000, cache_write=100_000)

    assert cost(store, spent) == pytest.approx(0.5 + 0.2 + 0.2 + 0.003, abs=1e-12)


def test_invented_names_do_not_fill_the_memory(store: Store) -> None:
    invented = {("", f"invented {number}") for number in range(ledger.MAX_PAIRS + 50)}
    learnt = ledger.learn(store, LISTED, invented | {("", "o3-mini-high")})

    assert learnt == {("", "o3-mini-high")}
    assert ledger.learn(store, LISTED, {("", "gpt-4o"), ("", "one more")}) == set()
    assert count(store, "service_tier = ''") == ledger.MAX_PAIRS


def test_the_short_cost_function_equals_the_long_one_without_extras(store: Store) -> None:
    ledger.learn(store, LISTED, {("openai", "gpt-4o")})
    usage = "'openai', 'gpt-4o', '', now64(9), 1000, 100, 500, 0"
    found = store.query(f"SELECT fleetglassCost({usage})", fmt="JSONCompactEachRow")

    assert json.loads(found) == [pytest.approx((500 * 2.5 + 500 * 1.25 + 100 * 10) / 1e6)]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=20))
def test_any_names_can_be_learnt(store: Store, pairs: set[tuple[str, str]]) -> None:
    ledger.learn(store, LISTED, pairs)

    assert ledger.learn(store, LISTED, pairs) == set()


def test_stored_prices_survive_a_restart(tmp_path: Path) -> None:
    with running_store(tmp_path) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        ledger.learn(store, LISTED, {("openai", "gpt-4o")})
    with running_store(tmp_path) as dsn, opened(dsn) as store:
        assert cost(store, call("openai", "gpt-4o")) == 2.5
