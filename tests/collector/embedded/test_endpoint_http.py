"""The endpoint over plain HTTP behaves like ClickHouse's interface, also in errors."""

import gzip
import http.client
import json
import socket
import struct
import uuid
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import lz4.frame  # pyright: ignore[reportMissingTypeStubs]
import pytest
import zstandard
from kit.store_process import StoreProcess, store_process

from fleetglass_collector.embedded.wire import frames

WRITER = {"user": "writer"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[StoreProcess]:
    folder: Path = tmp_path_factory.mktemp("store")
    with store_process(folder) as running:
        yield running


@pytest.fixture
def table(store: StoreProcess) -> str:
    name = f"t_{uuid.uuid4().hex[:8]}"
    created = store.write(f"CREATE TABLE {name} (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
    assert created.status == 200
    return name


def test_ping_and_the_root_say_ok(store: StoreProcess) -> None:
    assert {store.get(path).text for path in ("/ping", "/", "/replicas_status")} == {"Ok.\n"}


def test_an_answer_carries_the_headers_that_clients_read(store: StoreProcess) -> None:
    answer = store.read("SELECT 1 AS one", query_id="mine", default_format="JSONEachRow")

    assert answer.headers["x-clickhouse-query-id"] == "mine"
    assert answer.headers["x-clickhouse-timezone"]
    assert answer.headers["x-clickhouse-format"] == "JSONEachRow"
    assert answer.headers["x-clickhouse-server-display-name"] == "fleetglass"
    assert "elapsed_ns" in json.loads(answer.headers["x-clickhouse-summary"])
    assert answer.headers["content-type"].startswith("application/json")
    assert json.loads(answer.body) == {"one": 1}


def test_the_format_in_a_query_overrides_the_default(store: StoreProcess) -> None:
    answer = store.read("SELECT 1 AS a, 'x' AS b FORMAT CSVWithNames", default_format="Native")

    assert answer.text == '"a","b"\n1,"x"\n'
    assert answer.headers["content-type"].startswith("text/csv")


def test_get_reads_the_query_from_the_url_and_cannot_write(store: StoreProcess, table: str) -> None:
    path = f"/?user=writer&password={store.secret}&query="
    refused = store.request("GET", f"{path}INSERT+INTO+{table}+VALUES+(1,'x')")
    dropped = store.request("GET", f"{path}DROP+TABLE+{table}")

    assert store.request("GET", f"{path}SELECT+2").text == "2\n"
    assert (refused.code, dropped.code) == (164, 164)


def test_parameters_reach_the_query(store: StoreProcess) -> None:
    answer = store.read("SELECT {n:UInt8} + 1, {s:String}", param_n="41", param_s="it's")

    assert answer.text == "42\tit\\'s\n"


def test_a_database_applies_to_one_request_only(store: StoreProcess) -> None:
    assert store.read("SELECT currentDatabase()", database="system").text == "system\n"
    assert store.read("SELECT currentDatabase()").text == "default\n"


@pytest.mark.parametrize(
    ("sql", "params", "status", "code"),
    [
        ("SELECT * FROM nosuch", {}, 404, 60),
        ("SELECT 1", {"database": "nosuch"}, 404, 81),
        ("SELEC 1", {}, 400, 62),
        ("SELECT nosuch(1)", {}, 404, 46),
        ("SELECT nosuch", {}, 404, 47),
        ("SELECT {a:UInt8}", {}, 400, 456),
        ("SELECT 1 FORMAT NoSuch", {}, 404, 73),
        ("SELECT throwIf(1)", {}, 500, 395),
        ("SELECT 1; SELECT 2", {}, 400, 62),
        ("INSERT INTO t SELECT a FROM input('a UInt64') FORMAT TSV\n1\n", WRITER, 501, 48),
        ("INSERT INTO t FROM INFILE '/etc/passwd' FORMAT TSV", WRITER, 501, 48),
        ("", {}, 400, 62),
        ("SELECT 1", {"nosuch": "1"}, 500, 164),
        ("SELECT 1", {"user": "x", "password": "y"}, 403, 516),
        ("SELECT 1", {"user": "writer", "password": "y"}, 403, 516),
    ],
)
def test_errors_have_clickhouses_code_and_status(
    store: StoreProcess, sql: str, params: dict[str, str], *, status: int, code: int
) -> None:
    answer = store.write(sql) if params is WRITER else store.read(sql, **params)

    assert (answer.status, answer.code) == (status, code)
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")


def test_a_failed_query_leaves_no_output_for_the_next(store: StoreProcess) -> None:
    # On one connection, chDB puts a failed query's output in front of the next result.
    for _ in range(3):
        store.read("SELECT number, throwIf(number = 200000) FROM numbers(300000) FORMAT JSON")

        assert store.read("SELECT 'mine'").text == "mine\n"


@pytest.mark.parametrize(
    ("sql", "data"),
    [
        ("INSERT INTO {} FORMAT TSV", b"1\tx\n2\ty\n"),
        ("INSERT INTO {} (a, b) FORMAT CSV", b'1,"x"\n2,"y"\n'),
        ("INSERT INTO {} VALUES", b"(1, 'x'), (2, 'y')"),
        ("INSERT INTO {} VALUES (1, 'x')", b", (2, 'y')"),
        ("INSERT INTO {} FORMAT JSONEachRow", b'{"a":1,"b":"x"}{"a":2,"b":"y"}'),
        ("INSERT INTO {} FORMAT RowBinary", struct.pack("<QBsQBs", 1, 1, b"x", 2, 1, b"y")),
        ("INSERT INTO {} (a, b) SETTINGS async_insert = 0 FORMAT TSV", b"1\tx\n2\ty\n"),
    ],
)
def test_inserts_accept_any_format(
    store: StoreProcess, table: str, *, sql: str, data: bytes
) -> None:
    answer = store.write(sql.format(table), data)

    assert (answer.status, store.count(table)) == (200, 2), answer.text
    assert json.loads(answer.headers["x-clickhouse-summary"])["written_rows"] == "2"


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO {} VALUES (1, 'x'), (2, 'FORMAT y')",
        "INSERT INTO {} FORMAT TSV\n1\tx\n2\ty\n",
        "/* FORMAT CSV */ INSERT INTO {} (a, b) -- VALUES\n FORMAT CSV\n1,x\n2,y\n",
        "INSERT INTO {} SELECT number, 'VALUES' FROM numbers(2)",
    ],
)
def test_inserts_accept_data_after_the_statement(store: StoreProcess, table: str, sql: str) -> None:
    answer = store.write(sql.format(table))

    assert (answer.status, store.count(table)) == (200, 2), answer.text


def test_a_refused_insert_gives_the_reason_and_stores_nothing(
    store: StoreProcess, table: str
) -> None:
    answer = store.write(f"INSERT INTO {table} FORMAT TSV", b"1\tx\nnot a number\ty\n")

    assert (answer.status, answer.code, store.count(table)) == (400, 27, 0)


def test_errors_in_views_and_constraints_are_reported(store: StoreProcess, table: str) -> None:
    # chDB's own streaming insert reports success for each of these.
    store.write(f"CREATE TABLE {table}_in (a UInt64, b String) ENGINE = Null")
    store.write(
        f"CREATE MATERIALIZED VIEW {table}_mv TO {table} AS "
        f"SELECT a + throwIf(a = 3) AS a, b FROM {table}_in"
    )
    store.write(f"ALTER TABLE {table} ADD CONSTRAINT small CHECK a < 9")
    view = store.write(f"INSERT INTO {table}_in FORMAT TSV", b"3\tx\n")
    constraint = store.write(f"INSERT INTO {table} FORMAT TSV", b"10\tx\n")

    assert (view.code, constraint.code, store.count(table)) == (395, 469, 0)


def test_an_insert_with_a_used_token_stores_nothing(store: StoreProcess, table: str) -> None:
    store.write(f"ALTER TABLE {table} MODIFY SETTING non_replicated_deduplication_window = 10")
    for token in ("one", "one", "two"):
        sql = f"INSERT INTO {table} FORMAT TSV"
        assert store.write(sql, b"1\tx\n", insert_deduplication_token=token).status == 200

    assert store.count(table) == 2


def test_a_body_larger_than_the_memory_limit_is_stored(store: StoreProcess, table: str) -> None:
    row = b"1\t" + b"x" * 999_000 + b"\n"
    pieces = (row for _ in range(80))

    assert store.write(f"INSERT INTO {table} FORMAT TSV", pieces).status == 200
    assert store.count(table) == 80


def test_writer_settings_keep_quotes_and_line_breaks(store: StoreProcess) -> None:
    value = 'it\'s \\ "so"\n'
    answer = store.write("SELECT getSetting('format_schema')", format_schema=value)

    assert answer.text == 'it\\\'s \\\\ "so"\\n\n'


def _zlib(data: bytes) -> bytes:
    return zlib.compress(data)


def _lz4(data: bytes) -> bytes:
    return bytes(lz4.frame.compress(data))  # pyright: ignore


@pytest.mark.parametrize(
    ("coding", "compress"),
    [
        ("gzip", gzip.compress),
        ("deflate", _zlib),
        ("zstd", zstandard.compress),
        ("lz4", _lz4),
    ],
)
def test_compressed_bodies_are_stored(
    store: StoreProcess, table: str, *, coding: str, compress: Callable[[bytes], bytes]
) -> None:
    rows = b"".join(b"%d\trow\n" % number for number in range(50_000))
    path = f"/?query=INSERT+INTO+{table}+FORMAT+TSV"
    headers = store.writer_headers | {"Content-Encoding": coding}
    answer = store.request("POST", path, compress(rows), headers=headers)

    assert (answer.status, store.count(table)) == (200, 50_000), answer.text


def test_answers_are_compressed_on_request(store: StoreProcess) -> None:
    sql = b"SELECT number FROM numbers(1000)"
    bodies = {
        coding: store.request(
            "POST", "/?enable_http_compression=1", sql, headers={"Accept-Encoding": coding}
        )
        for coding in ("gzip", "deflate", "zstd", "lz4")
    }
    plain = store.read(sql.decode()).body

    assert {name: response.headers["content-encoding"] for name, response in bodies.items()} == {
        name: name for name in bodies
    }
    assert gzip.decompress(bodies["gzip"].body) == plain
    assert zlib.decompress(bodies["deflate"].body) == plain
    assert zstandard.ZstdDecompressor().decompressobj().decompress(bodies["zstd"].body) == plain
    assert lz4.frame.decompress(bodies["lz4"].body) == plain  # pyright: ignore


def test_an_answer_is_plain_unless_compression_is_enabled(store: StoreProcess) -> None:
    answer = store.request("POST", "/", b"SELECT 1", headers={"Accept-Encoding": "gzip"})

    assert answer.body == b"1\n"
    assert "content-encoding" not in answer.headers


def test_native_compressed_blocks_work_both_ways(store: StoreProcess, table: str) -> None:
    rows = b"".join(b"%d\trow\n" % number for number in range(100_000))
    encoder = frames.FrameEncoder()
    blocks = encoder.compress(rows) + encoder.flush()
    stored = store.write(f"INSERT INTO {table} FORMAT TSV", blocks, decompress="1")
    answer = store.read(f"SELECT a, b FROM {table} ORDER BY a FORMAT TSV", compress="1")

    assert stored.status == 200, stored.text
    assert b"".join(frames.decode(iter([answer.body]))) == rows


@pytest.mark.parametrize("coding", ["gzip", "zstd", "lz4", "deflate", "br"])
def test_a_body_with_a_wrong_content_encoding_is_refused(store: StoreProcess, coding: str) -> None:
    answer = store.request("POST", "/", b"SELECT 1", headers={"Content-Encoding": coding})

    assert answer.code in (271, 89)


def test_a_body_cut_short_is_not_committed(store: StoreProcess, table: str) -> None:
    head = (
        f"POST /?query=INSERT+INTO+{table}+FORMAT+TSV HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {store.writer_headers['Authorization']}\r\n"
    ).encode()
    rows = b"1\tx\n" * 1000
    for framing in (
        b"Content-Length: 9999999\r\n\r\n" + rows,
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(rows), rows),
    ):
        with socket.create_connection(("127.0.0.1", store.port)) as client:
            client.sendall(head + framing)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1024).startswith(b"HTTP/1.1 400")

    assert store.count(table) == 0


def test_chunked_bodies_are_stored(store: StoreProcess, table: str) -> None:
    def pieces() -> Iterator[bytes]:
        for number in range(1000):
            yield b"%d\trow\n" % number

    assert store.write(f"INSERT INTO {table} FORMAT TSV", pieces()).status == 200
    assert store.count(table) == 1000


@pytest.mark.parametrize("format", ["TSV", "CSVWithNames", "JSONEachRow", "RowBinary", "Native"])
def test_a_large_result_is_streamed_completely(store: StoreProcess, format: str) -> None:
    sql = f"SELECT number, repeat('x', 20) AS s FROM numbers(400000) FORMAT {format}"
    answer = store.read(sql)

    assert answer.headers["transfer-encoding"] == "chunked"
    assert len(answer.body) > 8_000_000
    assert answer.body.count(b'"number","s"') == (format == "CSVWithNames")


def test_a_result_without_rows_still_has_column_names(store: StoreProcess) -> None:
    answer = store.read("SELECT 1 AS one WHERE 0 FORMAT CSVWithNames")

    assert answer.text == '"one"\n'


def test_an_error_half_way_is_in_the_body_and_ends_the_answer(store: StoreProcess) -> None:
    sql = "SELECT number, repeat('x', 50), throwIf(number = 900000) FROM numbers(1000000)"
    with pytest.raises(http.client.IncompleteRead) as caught:
        store.read(sql)

    assert caught.value.partial.rstrip().endswith(b"__exception__")
    assert b"Code: 395. DB::Exception: " in caught.value.partial[-2000:]


def test_clickhouse_gos_handshake_is_answered_at_its_revision(store: StoreProcess) -> None:
    answer = store.request(
        "POST",
        "/?client_protocol_version=54460&default_format=Native&database=default",
        b"SELECT displayName(), version(), revision(), timezone()",
        headers={"User-Agent": "grafana/13.2 clickhouse-datasource/4.20"},
    )

    assert answer.body.startswith(
        b"\x01\x00\x02\xff\xff\xff\xff\x00\x04\x01\x0ddisplayName()\x06String\x00"
    )
    assert b"\x0arevision()\x06UInt32\x00\x00\x00\x00\x00" in answer.body


def test_the_next_query_of_grafanas_plugin_is_answered_at_revision_zero(
    store: StoreProcess,
) -> None:
    path = "/?client_protocol_version=54460&default_format=Native&max_execution_time=60"
    answer = store.request(
        "POST",
        f"{path}&enable_http_compression=1",
        b"SELECT 1",
        headers={"Accept-Encoding": "gzip"},
    )

    assert gzip.decompress(answer.body) == b"\x01\x01\x011\x05UInt8\x01"
