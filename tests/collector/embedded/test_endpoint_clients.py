"""clickhouse-connect, unmodified, against a real store process."""

from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from kit.store_process import StoreProcess, store_process

Client = Any
COLUMNS = "a UInt64, b Nullable(String), c DateTime64(3), d Map(String, String), e Array(Int8)"
ROWS = [
    [number, None if number % 2 else f"it's é {number}", datetime(2026, 1, 1), {"k": "v"}, [1]]
    for number in range(1000)
]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[StoreProcess]:
    folder: Path = tmp_path_factory.mktemp("store")
    with store_process(folder) as running:
        yield running


@pytest.fixture
def reader(store: StoreProcess) -> Generator[Client]:
    client = connect(store)
    yield client
    client.close()


@pytest.fixture
def writer(store: StoreProcess) -> Generator[Client]:
    client = connect(store, username="writer", password=store.secret)
    client.command("DROP TABLE IF EXISTS t")
    client.command(f"CREATE TABLE t ({COLUMNS}) ENGINE = MergeTree ORDER BY a")
    yield client
    client.close()


def connect(store: StoreProcess, **options: Any) -> Client:
    return clickhouse_connect.get_client(  # pyright: ignore[reportUnknownMemberType]
        host="127.0.0.1", port=store.port, **options
    )


def test_a_query_returns_the_rows_that_were_inserted(reader: Client, writer: Client) -> None:
    written = writer.insert("t", ROWS)
    result = reader.query("SELECT * FROM t ORDER BY a")

    assert written.written_rows == len(ROWS)
    assert [list(row) for row in result.result_rows] == ROWS


def test_the_server_binds_parameters(reader: Client, writer: Client) -> None:
    writer.insert("t", ROWS)
    sql = "SELECT a FROM t WHERE b = {b:String} AND a IN {a:Array(UInt64)}"
    result = reader.query(sql, parameters={"b": "it's é 2", "a": [1, 2]})

    assert result.result_rows == [(2,)]


def test_results_are_read_as_data_frames_and_arrow(reader: Client, writer: Client) -> None:
    writer.insert("t", ROWS)

    assert reader.query_df("SELECT a FROM t WHERE a < 3 ORDER BY a")["a"].tolist() == [0, 1, 2]
    assert reader.query_arrow("SELECT 1 AS one").to_pydict() == {"one": [1]}


@pytest.mark.parametrize("coding", [None, "lz4", "zstd", "gzip", False])
def test_every_compression_works_both_ways(
    store: StoreProcess, writer: Client, coding: Any
) -> None:
    client = connect(store, username="writer", password=store.secret, compress=coding)
    client.insert("t", ROWS)

    assert client.query("SELECT b FROM t ORDER BY a").result_rows[2] == ("it's é 2",)
    client.close()


def test_large_results_are_streamed_in_blocks(reader: Client) -> None:
    with reader.query_row_block_stream("SELECT number FROM numbers(500000)") as blocks:
        sizes = [len(block) for block in blocks]

    assert sum(sizes) == 500_000
    assert len(sizes) > 2


def test_an_error_half_way_through_a_stream_is_raised(reader: Client) -> None:
    sql = "SELECT number, repeat('x', 100), throwIf(number = 1900000) FROM numbers(2000000)"

    with (
        pytest.raises((StreamFailureError, DatabaseError), match="395"),
        reader.query_row_block_stream(sql) as blocks,
    ):
        list(blocks)


def test_commands_raw_inserts_and_form_parameters_work(store: StoreProcess, writer: Client) -> None:
    writer.raw_insert("t", column_names=["a"], insert_block="7\n", fmt="TSV")
    form = connect(store, form_encode_query_params=True)

    assert writer.command("SELECT a FROM t") == 7
    assert form.query("SELECT {s:String}", parameters={"s": "x'\ty"}).result_rows == [("x'\ty",)]
    assert writer.ping()
    form.close()


def test_the_writers_settings_are_applied(writer: Client) -> None:
    result = writer.query("SELECT getSetting('max_threads')", settings={"max_threads": 3})

    assert result.result_rows == [(3,)]


def test_a_client_can_choose_its_database(store: StoreProcess) -> None:
    client = connect(store, database="system")

    assert client.command("SELECT currentDatabase()") == "system"
    client.close()


def test_a_reader_that_writes_gets_a_readonly_error(reader: Client, writer: Client) -> None:
    with pytest.raises(DatabaseError, match="readonly"):
        reader.command("DROP TABLE t")
    with pytest.raises(DatabaseError, match="readonly"):
        reader.insert("t", ROWS)
