"""Segments are stored once or not at all, and errors say whether to try again."""

import uuid
from collections.abc import Generator

import pytest
from kit.databases import opened, running_store, segment
from kit.spans import request
from kit.stack import free_port

from fleetglass_collector.config import Retention
from fleetglass_collector.errors import ConfigError, DatabaseError, StoreError
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn:
        yield dsn


@pytest.fixture
def store(dsn: str) -> Generator[Store]:
    with opened(dsn, database=f"client_{uuid.uuid4().hex}") as store:
        migrate(store, cluster="", retention=Retention())
        yield store


def count(store: Store, table: str = "otel_traces") -> int:
    return int(store.query(f"SELECT count() FROM {table}", fmt="TSV"))


def test_a_segment_is_stored_once_under_its_token(store: Store) -> None:
    body = segment([request(3), request(2)])
    store.insert_segment(body, "a")
    store.insert_segment(memoryview(body), "a")

    assert count(store) == 5
    assert count(store, "otel_traces_trace_id_ts FINAL") == 2


def test_equal_segments_under_two_tokens_are_both_stored(store: Store) -> None:
    body = segment([request()])
    store.insert_segment(body, "a")
    store.insert_segment(body, "b")

    assert count(store) == 2


def test_a_retry_completes_an_insert_that_a_crash_cut_off(store: Store) -> None:
    body = segment([request()])
    store.command("DROP TABLE otel_traces_trace_id_ts_mv")
    store.insert_segment(body, "a")
    store.command(
        "CREATE MATERIALIZED VIEW otel_traces_trace_id_ts_mv TO otel_traces_trace_id_ts AS"
        " SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End FROM otel_traces"
        " GROUP BY TraceId"
    )
    store.insert_segment(body, "a")

    assert (count(store), count(store, "otel_traces_trace_id_ts")) == (1, 1)


def test_the_collector_decides_the_tenant(store: Store) -> None:
    store.insert_segment(segment([request()], tenant="acme"), "a")
    store.insert_segment(segment([request()], tenant="default"), "b")

    found = store.query(
        "SELECT ResourceAttributes['fleetglass.tenant'] FROM otel_traces ORDER BY 1", fmt="TSV"
    )
    assert found == b"\nacme\n"


GARBAGE = {
    "cut": segment([request()])[:-1],
    "length": b"\xff\xff\xff\xff\x0f" + request(),
    "endless length": b"\xff" * 12,
    "text": b"this is no protobuf at all",
    "zeros": b"\x05" + bytes(5),
    "wire type": b"\x03\x0a\x01\x0f",
    "empty packed": b"\x10\x0a\x0e\x0a\x0c\x0a\x0a\x0a\x01k\x12\x05\x2a\x03\x0a\x01\x1a",
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_a_database_error_and_stores_nothing(store: Store, body: bytes) -> None:
    with pytest.raises(StoreError) as caught:
        store.insert_segment(segment([request()]) + body, "a")

    assert isinstance(caught.value, DatabaseError), caught.value
    assert count(store) == 0


def test_a_missing_table_is_a_transient_error(store: Store) -> None:
    store.command("DROP TABLE otlp_in")

    with pytest.raises(StoreError) as caught:
        store.insert_segment(segment([request()]), "a")
    assert not isinstance(caught.value, DatabaseError)
    assert caught.value.code == 60


def test_an_unreachable_database_is_a_transient_error() -> None:
    with opened(f"http://u:hunter2@127.0.0.1:{free_port()}") as store:
        assert not store.ping()
        with pytest.raises(StoreError) as caught:
            store.insert_segment(b"", "a")

    assert not isinstance(caught.value, DatabaseError)
    assert "hunter2" not in str(caught.value)


def test_a_wrong_password_is_not_repeated(dsn: str) -> None:
    with opened(dsn.replace("@", "hunter2@")) as store, pytest.raises(StoreError) as caught:
        store.query("SELECT 1")

    assert not isinstance(caught.value, DatabaseError)
    assert "hunter2" not in str(caught.value)


def test_parameters_are_passed_separately_from_the_sql(store: Store) -> None:
    assert store.query("SELECT {x:String} AS x", parameters={"x": "it's"}) == b'{"x":"it\'s"}\n'


@pytest.mark.parametrize(
    "dsn", ["", "/a/folder", "tcp://u:hunter2@h:9000", "http://:hunter2@", "http://u:hunter2@h:x"]
)
def test_a_malformed_dsn_is_refused_without_repeating_it(dsn: str) -> None:
    with pytest.raises(ConfigError, match="http") as caught:
        Store.open(dsn, database="default", timeout_s=1)

    assert "hunter2" not in str(caught.value)
