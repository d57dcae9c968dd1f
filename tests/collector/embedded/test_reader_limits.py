"""A reader cannot write, read files, reach other servers, change settings or exhaust the store."""

import socket
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kit.stack import eventually
from kit.store_process import Response, StoreProcess, store_process

LIMITS = {
    "FLEETGLASS_QUERY_MAX_SECONDS": "2",
    "FLEETGLASS_QUERY_MAX_MEMORY_BYTES": str(128 << 20),
    "FLEETGLASS_QUERY_MAX_RESULT_ROWS": "100000",
    "FLEETGLASS_QUERY_MAX_CONCURRENT": "2",
}
READONLY, DENIED = 164, 497


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[StoreProcess]:
    folder: Path = tmp_path_factory.mktemp("store")
    with store_process(folder, **LIMITS) as running:
        assert running.write("CREATE TABLE t (a Int64) ENGINE = MergeTree ORDER BY a").status == 200
        assert running.write("INSERT INTO t VALUES (1), (2)").status == 200
        yield running


@pytest.fixture(autouse=True)
def unharmed(store: StoreProcess) -> Generator[None]:
    """Check after each attempt that the store still serves, with the same limits and data."""
    yield
    assert store.read("SELECT sum(a) FROM t").text == "3\n"
    assert store.read("SELECT getSetting('max_execution_time')").text == "2\n"
    assert store.read("SELECT getSetting('readonly')").text == "1\n"


WRITES = (
    "INSERT INTO t VALUES (3)",
    "INSERT INTO t SELECT 3",
    "INSERT INTO FUNCTION file('out.csv') SELECT 1",
    "CREATE TABLE x (a Int64) ENGINE = Memory",
    "CREATE TEMPORARY TABLE x (a Int64)",
    "CREATE VIEW x AS SELECT 1",
    "CREATE FUNCTION x AS a -> a",
    "CREATE DATABASE x",
    "CREATE USER x",
    "ALTER TABLE t DELETE WHERE 1",
    "ALTER TABLE t ADD COLUMN b Int64",
    "DELETE FROM t WHERE 1",
    "TRUNCATE TABLE t",
    "DROP TABLE t",
    "DETACH TABLE t",
    "RENAME TABLE t TO u",
    "OPTIMIZE TABLE t FINAL",
    "GRANT ALL ON *.* TO default",
    "BACKUP TABLE t TO File('/tmp/x')",
    "SYSTEM SHUTDOWN",
    "SYSTEM STOP MERGES",
    "SYSTEM DROP MARK CACHE",
    "KILL QUERY WHERE 1",
    "SELECT 1; DROP TABLE t",
    "EXECUTE AS default SELECT 1",
)
REACHES = (
    "SELECT file('/etc/passwd')",
    "SELECT FILE('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    "SELECT \"fi\\x6ce\"('/etc/passwd')",
    "SELECT arrayMap(file, ['/etc/passwd'])",
    "SELECT arrayMap(x -> file(x), ['/etc/passwd'])",
    "SELECT x APPLY file FROM (SELECT '/etc/passwd' AS x)",
    "SELECT COLUMNS('x') APPLY(file) FROM (SELECT '/etc/passwd' AS x)",
    "EXPLAIN SELECT file('/etc/passwd')",
    "WITH file('/etc/passwd') AS x SELECT x",
    "SELECT * FROM file('/etc/passwd', LineAsString)",
    "SELECT * FROM view(SELECT * FROM file('/etc/passwd', LineAsString))",
    "SELECT 1 IN file('/etc/passwd', LineAsString)",
    "DESCRIBE file('/etc/passwd')",
    "DESCRIBE TABLE url('http://127.0.0.1:1/x')",
    "SELECT * FROM url('http://127.0.0.1:1/x', LineAsString)",
    "SELECT * FROM s3('http://127.0.0.1:1/bucket/x')",
    "SELECT * FROM gcs('http://127.0.0.1:1/bucket/x')",
    "SELECT * FROM deltaLake('http://127.0.0.1:1/bucket/x')",
    "SELECT * FROM icebergLocal('/etc')",
    "SELECT * FROM remote('127.0.0.1:1', system.one)",
    "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM mongodb('127.0.0.1:1', 'a', 'b', 'c', 'd', 'a Int64')",
    "SELECT * FROM redis('127.0.0.1:1', 'k', 'k String, v String')",
    "SELECT * FROM sqlite('/tmp/x.db', 't')",
    "SELECT * FROM executable('cat', TSV, 'a String')",
    "SELECT * FROM Python(sys)",
    "SELECT * FROM `Python`(sys)",
    "SELECT * FROM merge('system', '^processes$')",
    "SELECT query FROM system.processes",
    "SELECT query FROM `system`.`processes`",
    "SELECT * FROM system.stack_trace",
    "SHOW PROCESSLIST",
    "SELECT 1 INTO OUTFILE '/tmp/fleetglass-reader-out'",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM `/etc/passwd`",
)
CHANGES = (
    "SET max_execution_time = 0",
    "SET readonly = 0",
    "SET ROLE owner",
    "SET ROLE ALL",
    "SET profile = 'default'",
    "USE system",
    "SELECT 1 SETTINGS max_memory_usage = 0",
    "SELECT 1 SETTINGS max_execution_time = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT * FROM (SELECT 1 SETTINGS max_threads = 64)",
)
EXHAUSTS = (
    ("SELECT groupArray(number) FROM numbers(1000000000)", 241),
    ("SELECT arraySum(range(100000000))", 241),
    ("SELECT repeat('x', 1000000000)", 241),
    ("SELECT count() FROM system.numbers", 159),
    ("SELECT sleepEachRow(1) FROM numbers(60) FORMAT Null", 160),
    ("SELECT number FROM numbers(100001)", 396),
    ("SELECT number FROM system.numbers FORMAT JSON", 396),
    ("SELECT count() FROM t AS x, numbers(1e6) AS y, numbers(1e6) AS z", 159),
)


@pytest.mark.parametrize("sql", WRITES)
def test_a_reader_cannot_write(store: StoreProcess, sql: str) -> None:
    refused(store.read(sql))


@pytest.mark.parametrize("sql", REACHES)
def test_a_reader_cannot_reach_files_servers_or_other_queries(
    store: StoreProcess, sql: str
) -> None:
    answer = store.read(sql)

    refused(answer)
    assert "root:" not in answer.text
    assert not Path("/tmp/fleetglass-reader-out").exists()


@pytest.mark.parametrize("sql", CHANGES)
def test_a_reader_cannot_change_its_settings(store: StoreProcess, sql: str) -> None:
    refused(store.read(sql))


def refused(answer: Response) -> None:
    assert answer.status >= 400
    assert answer.code in (READONLY, DENIED, 60, 62, 46), answer.text


@pytest.mark.parametrize(("sql", "code"), EXHAUSTS)
def test_a_reader_cannot_exhaust_the_store(store: StoreProcess, sql: str, code: int) -> None:
    assert store.read(sql).code == code


def test_identifiers_in_parameters_are_checked_too(store: StoreProcess) -> None:
    answer = store.read("SELECT query FROM system.{t:Identifier}", param_t="processes")
    inner = store.read("SELECT arrayMap({f:Identifier}, ['/etc/passwd'])", param_f="file")

    refused(answer)
    assert "root:" not in inner.text
    assert inner.status >= 400


def test_suspect_words_are_allowed_in_strings_and_comments(store: StoreProcess) -> None:
    sql = "SELECT 'the file (1) of Python(x)' AS said /* system.processes */"

    assert store.read(sql).text == "the file (1) of Python(x)\n"


def test_settings_in_the_url_only_lower_limits(store: StoreProcess) -> None:
    sql = "SELECT getSetting('max_execution_time'), getSetting('max_memory_usage')"
    lower = store.read(sql, max_execution_time="1", max_memory_usage="1000000")
    higher = store.read(sql, max_execution_time="0", max_memory_usage="999999999999")

    assert lower.text == "1\t1000000\n"
    assert higher.text == f"2\t{128 << 20}\n"


def test_other_settings_in_the_url_are_refused(store: StoreProcess) -> None:
    names = ("max_insert_threads", "format_schema", "allow_introspection_functions", "profile")
    codes = {store.read("SELECT 1", **{name: "1"}).code for name in names}

    assert codes == {READONLY}


def test_a_reader_may_choose_formatting(store: StoreProcess) -> None:
    answer = store.read(
        "SELECT toDateTime(0), 1::UInt64 FORMAT JSONEachRow",
        session_timezone="Asia/Tokyo",
        output_format_json_quote_64bit_integers="1",
    )

    assert '"1970-01-01 09:00:00"' in answer.text
    assert '"1"' in answer.text


def test_readers_above_the_limit_wait_for_their_turn(store: StoreProcess) -> None:
    with ThreadPoolExecutor(8) as pool:
        sql = "SELECT sleep(0.3)"
        codes = [answer.status for answer in pool.map(store.read, [sql] * 8)]

    assert codes == [200] * 8


def test_busy_readers_do_not_block_an_insert(store: StoreProcess) -> None:
    store.write("CREATE TABLE IF NOT EXISTS busy (a Int64) ENGINE = MergeTree ORDER BY a")
    with ThreadPoolExecutor(2) as pool:
        scans = [pool.submit(store.read, "SELECT count() FROM system.numbers") for _ in range(2)]
        inserted = store.write("INSERT INTO busy VALUES (1)")
        running = [not scan.done() for scan in scans]

    assert inserted.status == 200
    assert any(running)


def test_a_query_ends_when_its_client_leaves(store: StoreProcess) -> None:
    sql = "SELECT count() FROM system.numbers WHERE number % 3 = 1"
    count_query = (
        "SELECT count() FROM system.processes WHERE query LIKE '%system.num' || 'bers WHERE%'"
    )
    with socket.create_connection(("127.0.0.1", store.port)) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b"
            % (len(sql), sql.encode())
        )
        eventually(lambda: store.write(count_query).text == "1\n", within_s=1.5)

    eventually(lambda: store.write(count_query).text == "0\n", within_s=1.5)
