"""Costs equal those of genai-prices, for everything it lists."""

import itertools
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from genai_prices.types import (
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.databases import opened, running_store
from kit.priced_calls import Call, costs, listed, theirs

from fleetglass_collector.config import Retention
from fleetglass_collector.prices import package
from fleetglass_collector.prices.book import Book
from fleetglass_collector.settle import ledger
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

MODELS = list(listed())
NOW = 1_795_000_000
USAGES: tuple[dict[str, int], ...] = (
    {},
    {"input": 1},
    {"output": 1},
    {"input": 1234, "output": 567},
    {"input": 10_000, "output": 300, "cache_read": 9000},
    {"input": 10_000, "output": 300, "cache_write": 10_000},
    {"input": 10_000, "output": 300, "cache_read": 4000, "cache_write": 5000, "reasoning": 300},
    {"input": 900, "output": 800, "audio_input": 700, "audio_output": 600},
    {"input": 900, "output": 800, "cache_read": 300, "audio_input": 600, "audio_cache_read": 200},
    {"input": 10**9, "output": 10**9, "cache_read": 10**8, "cache_write": 10**8, "reasoning": 7},
)
PARTS = (
    "input",
    "output",
    "cache_read",
    "cache_write",
    "reasoning",
    "audio_input",
    "audio_output",
    "audio_cache_read",
)
TYPICAL = {"input": 8000, "output": 500, "cache_read": 2000, "cache_write": 1000}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        book = Book()
        ledger.sync(store, book)
        ledger.learn(store, book, {(provider, name) for provider, name, _ in MODELS})
        yield store


def prices(model: ModelInfo) -> list[ModelPrice]:
    usual = model.prices
    own = [usual] if isinstance(usual, ModelPrice) else [item.prices for item in usual]
    return own + [variant.prices for variant in model.price_variants or ()]


def keys(model: ModelInfo) -> set[str]:
    return {key for price in prices(model) for key, value in vars(price).items() if value}


def is_told(model: ModelInfo) -> bool:
    """Whether a model is free, or priced by something that a span reports."""
    return not keys(model) or bool(keys(model) & set(package.CLASSES.values()))


TOLD = [model for model in MODELS if is_told(model[2])]


def contexts(model: ModelInfo) -> Iterator[tuple[str, dict[str, str]]]:
    yield "", {}
    for variant in model.price_variants or ():
        if variant.when.keys() <= set(package.TIER_KEYS):
            yield "".join(variant.when.values()), variant.when


def thresholds(model: ModelInfo) -> set[int]:
    values = [value for price in prices(model) for value in vars(price).values()]
    return {
        tier.start for value in values if isinstance(value, TieredPrices) for tier in value.tiers
    }


def moments(model: ModelInfo) -> set[int]:
    """Yield moments around every date and time of day that a model's prices depend on."""
    usual = [] if isinstance(model.prices, ModelPrice) else model.prices
    limits = [item.constraint for item in (*usual, *(model.price_variants or ()))]
    days = {NOW}
    for limit in limits:
        if isinstance(limit, StartDateConstraint):
            days.add(int(datetime.combine(limit.start_date, time(), UTC).timestamp()))
    times = [
        moment.hour * 3600 + moment.minute * 60
        for limit in limits
        if isinstance(limit, TimeOfDateConstraint)
        for moment in (limit.start_time, limit.end_time)
    ]
    around = {day - day % 86400 + second for day in days for second in times}
    return {moment + step for moment in days | around for step in (-1, 0, 1)} | {5}


def calls(provider: str, name: str, model: ModelInfo) -> Iterator[tuple[Call, dict[str, str]]]:
    base = Call(provider=provider, model=name)
    yield from ((replace(base, **usage), {}) for usage in USAGES)
    long = [start + step for start in thresholds(model) for step in (-1, 0, 1, 2)]
    inputs = [TYPICAL["input"], *long]
    for (tier, context), at, total in itertools.product(contexts(model), moments(model), inputs):
        usage = TYPICAL | {"input": total}
        yield replace(base, **usage, service_tier=tier, at=at), context


def differs(ours: float | None, wanted: float) -> bool:
    return ours is None or abs(ours - wanted) > 1e-9


def test_every_model_costs_what_the_package_says(store: Store) -> None:
    asked = [call for model in TOLD for call in calls(*model)]
    found = costs(store, [call for call, _ in asked])

    pairs = zip(asked, found, strict=True)
    wrong = [
        (call, ours) for (call, context), ours in pairs if differs(ours, theirs(call, context))
    ]
    assert wrong == []
    assert len(asked) > 40_000


def test_a_model_priced_by_what_spans_do_not_report_is_unpriced_and_not_free(store: Store) -> None:
    untold = [
        replace(Call(provider=p, model=name), **TYPICAL) for p, name, m in MODELS if not is_told(m)
    ]

    assert set(costs(store, untold)) == {None}
    assert len(untold) < 30


def test_a_free_model_costs_nothing(store: Store) -> None:
    free = [
        replace(Call(provider=p, model=name), **TYPICAL) for p, name, m in MODELS if not keys(m)
    ]

    assert set(costs(store, free)) == {0}


tokens = st.one_of(st.integers(0, 300_000), st.integers(0, 10**9))


@st.composite
def sound_calls(draw: st.DrawFn) -> Call:
    """Make parts at most as large as their wholes, as genai-prices requires."""
    provider, name, _ = draw(st.sampled_from(TOLD))
    read, write, heard = draw(tokens), draw(tokens), draw(tokens)
    both = draw(st.integers(0, min(read, heard)))
    thought, spoken = draw(tokens), draw(tokens)
    return Call(
        provider=provider,
        model=name,
        at=draw(st.integers(1_500_000_000, 2_000_000_000)),
        input=read + write + heard - both + draw(tokens),
        output=thought + spoken + draw(tokens),
        cache_read=read,
        cache_write=write,
        reasoning=thought,
        audio_input=heard,
        audio_output=spoken,
        audio_cache_read=both,
    )


@settings(max_examples=15)
@given(st.lists(sound_calls(), min_size=20, max_size=60))
def test_any_usage_costs_what_the_package_says(store: Store, asked: list[Call]) -> None:
    found = costs(store, asked)

    pairs = zip(asked, found, strict=True)
    assert [(call, ours) for call, ours in pairs if differs(ours, theirs(call))] == []


@st.composite
def any_calls(draw: st.DrawFn, counts: st.SearchStrategy[int] = tokens) -> Call:
    provider, name, _ = draw(st.sampled_from(TOLD))
    usage = {key: draw(counts) for key in PARTS}
    return replace(Call(provider=provider, model=name), **usage)


@settings(max_examples=15)
@given(st.lists(any_calls(), min_size=20, max_size=60))
def test_inconsistent_usage_has_a_cost_too(store: Store, asked: list[Call]) -> None:
    for call, ours in zip(asked, costs(store, asked), strict=True):
        try:
            wanted = theirs(call)
        except ValueError:
            # More is cached than was sent, say: the package refuses.
            assert ours is not None
            assert 0 <= ours < 1e9
        else:
            assert not differs(ours, wanted), call


@settings(max_examples=15)
@given(st.lists(any_calls(st.integers(0, (1 << 64) - 1)), min_size=20, max_size=60))
def test_huge_counts_never_make_a_negative_cost(store: Store, asked: list[Call]) -> None:
    assert all(ours is not None and 0 <= ours < 1e30 for ours in costs(store, asked))


def test_only_the_parts_are_paid_if_they_exceed_the_whole(store: Store) -> None:
    base = Call(provider="anthropic", model="claude-sonnet-5", cache_read=300, cache_write=200)
    short, whole = costs(store, [replace(base, input=100), replace(base, input=500)])

    assert short == whole == pytest.approx(theirs(replace(base, input=500)), abs=1e-12)
