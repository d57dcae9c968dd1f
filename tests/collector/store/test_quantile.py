"""Quantiles of durations from the counts of buckets."""

import math
from collections.abc import Generator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.agent_rows import ask
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

LONGEST = 8_640_000_000_000_000
# A bucket's width is this share of a microsecond and its duration together.
WIDTH = 2 ** (1 / 8) - 1
MICROSECOND = 1000
durations = st.lists(
    st.one_of(st.integers(0, 5000), st.integers(0, LONGEST), st.sampled_from([0, 1, LONGEST])),
    min_size=1,
    max_size=60,
)
shares = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.5, 0.95, 0.99, 1.0]))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store


def quantile(store: Store, values: list[int], share: float) -> float:
    bucket = "map(fleetglassBucket(d), toInt64(1))"
    sql = (
        f"SELECT fleetglassQuantile(sumMap({bucket}), {share!r}) AS q "
        f"FROM (SELECT arrayJoin({values}::Array(UInt64)) AS d)"
    )
    return float(ask(store, sql)[0]["q"])


@given(values=durations, share=shares)
@settings(max_examples=150)
def test_a_quantile_is_at_most_a_bucket_off(store: Store, values: list[int], share: float) -> None:
    # Where `share` falls between two spans, numbers this small decide which is meant.
    lowest, highest = np.quantile(
        values, [max(0.0, share - 1e-9), min(1.0, share + 1e-9)], method="inverted_cdf"
    )

    found = quantile(store, values, share)

    assert found >= lowest - WIDTH * (lowest + MICROSECOND) - 1
    assert found <= highest + WIDTH * (highest + MICROSECOND) + 1


def test_a_quantile_lies_between_the_bounds_of_its_bucket(store: Store) -> None:
    found = quantile(store, [1_000_000] * 100, 0.5)

    assert found == pytest.approx(1_000_000, rel=WIDTH)


def test_spans_that_were_taken_back_do_not_count(store: Store) -> None:
    rows = ask(store, "SELECT fleetglassQuantile(map(40, 10, 90, 0)::Map(UInt16, Int64), 1) AS q")

    assert rows[0]["q"] == pytest.approx(MICROSECOND * (2**5 - 1))


def test_without_spans_the_quantile_is_nan(store: Store) -> None:
    sql = "SELECT isNaN(fleetglassQuantile(map()::Map(UInt16, Int64), 0.95)) AS nothing"

    assert ask(store, sql) == [{"nothing": 1}]


def test_each_row_has_its_own_quantile(store: Store) -> None:
    sql = (
        "SELECT number, fleetglassQuantile(sumMap(map(fleetglassBucket(d), toInt64(1))), 0.5) AS q"
        " FROM (SELECT number, arrayJoin([1, 2, 3]) * 1000000 * number AS d FROM numbers(1, 3))"
        " GROUP BY number ORDER BY number"
    )

    rows = ask(store, sql)

    assert [row["number"] for row in rows] == [1, 2, 3]
    assert all(math.isclose(row["q"], 2e6 * row["number"], rel_tol=WIDTH) for row in rows)
