"""A log in a real database: whole after restarts, and broken where somebody reached in."""

import json
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_detectors.audit.entry import Event
from fleetglass_detectors.audit.log import Log
from fleetglass_server.__main__ import main
from fleetglass_server.processes.chain_file import chain_file
from fleetglass_server.processes.kept import KeptFile

NOW = " SETTINGS mutations_sync = 2"
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield dsn


@pytest.fixture
def store(dsn: str) -> Generator[Store]:
    with opened(dsn) as store:
        store.command("TRUNCATE TABLE audit_log")
        yield store


def write(store: Store, folder: Path, *abouts: str, writer: str = "api") -> str:
    """Write as a process that starts and ends; return the name of the chain."""
    events = [
        Event(kind="incident", by="ann", about=about, body={"why": "ä\n"}) for about in abouts
    ]
    file = chain_file(folder / "audit", writer)
    Log(writer, lambda: file).write(store, events)
    file.close()
    return json.loads((folder / "audit" / writer).read_bytes().splitlines()[-1])["chain"]


def verified(dsn: str, capsys: Captured, *options: str) -> tuple[int, str]:
    status = main(["audit", "verify", "--dsn", dsn, *options])
    return status, capsys.readouterr().out


def export(dsn: str, capsys: Captured, file: Path, *options: str) -> Path:
    assert main(["audit", "export", "--dsn", dsn, *options]) == 0
    file.write_text(capsys.readouterr().out)
    return file


def faults(dsn: str, capsys: Captured) -> list[tuple[str, int, int]]:
    status, out = verified(dsn, capsys, "--json")
    walks = [json.loads(line) for line in out.splitlines()]
    assert status == int(not all(walk["whole"] for walk in walks))
    return [(it["way"], it["number"], it["last"]) for walk in walks for it in walk["faults"]]


def test_a_log_without_entries_is_no_fault(store: Store, dsn: str, capsys: Captured) -> None:
    assert verified(dsn, capsys) == (0, "The audit log has no entries.\n")


def test_several_writers_and_their_restarts_are_whole(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured
) -> None:
    write(store, tmp_path, "1", "2")
    write(store, tmp_path, "3")
    write(store, tmp_path, "4", writer="detect-0-of-1")
    status, out = verified(dsn, capsys)

    assert status == 0
    assert "whole, 3 entries from " in out
    assert "whole, 1 entries from " in out


def test_two_writers_of_one_name_that_run_at_once_have_a_chain_each(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured
) -> None:
    files = [chain_file(tmp_path / "audit", "api") for _ in range(3)]
    for file in files:
        log = Log("api", lambda file=file: file)
        log.write(store, [Event(kind="a", by="ann")])
    for file in files:
        file.close()

    names = {path.name for path in (tmp_path / "audit").glob("*[!k]")}
    assert names == {"api", "api-2", "api-3"}
    assert verified(dsn, capsys)[1].count("whole, 1 entries") == 3


def test_an_insert_that_came_twice_is_no_second_entry(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured
) -> None:
    write(store, tmp_path, "1", "2")
    write(store, tmp_path, "3")
    store.insert("audit_log", (tmp_path / "audit" / "api").read_bytes())

    assert verified(dsn, capsys)[1].count("whole, 3 entries") == 1


TAMPERED = {
    "UPDATE by = 'bob' WHERE number = 3": [("changed", 3, 3)],
    "UPDATE body = replace(body, ':', ': ') WHERE number = 5": [("changed", 5, 5)],
    "UPDATE tenant = 'x' WHERE number IN (2, 4)": [("changed", 2, 2), ("changed", 4, 4)],
    "DELETE WHERE number = 1": [("missing", 1, 1)],
    "DELETE WHERE number IN (2, 3)": [("missing", 2, 3)],
}


@pytest.mark.parametrize("change", TAMPERED)
def test_who_reaches_in_is_found_at_the_entry(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured, change: str
) -> None:
    write(store, tmp_path, *"12345")
    store.command(f"ALTER TABLE audit_log {change}" + NOW)

    assert faults(dsn, capsys) == TAMPERED[change]


@pytest.mark.parametrize("at", ["at + 1", "at - 1", "toDateTime64('1950-01-01', 6, 'UTC')"])
def test_another_time_is_found(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured, at: str
) -> None:
    write(store, tmp_path, *"12345")
    store.command(
        f"INSERT INTO audit_log SELECT * REPLACE ({at} AS at, 'f' AS hash) FROM audit_log"
        " WHERE number = 1"
    )
    store.command("ALTER TABLE audit_log DELETE WHERE number = 1 AND hash != 'f'" + NOW)

    assert faults(dsn, capsys) == [("changed", 1, 1)]


def test_a_row_that_is_put_in_is_found(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured
) -> None:
    write(store, tmp_path, *"12345")
    store.command(
        "INSERT INTO audit_log SELECT * REPLACE ('bob' AS by, 'f' AS hash) FROM audit_log"
        " WHERE number = 2"
    )

    assert faults(dsn, capsys) == [("changed", 2, 2), ("doubled", 2, 2)]


def test_a_row_of_another_writer_under_the_same_key_is_found(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured
) -> None:
    write(store, tmp_path, *"12345")
    store.command(
        "INSERT INTO audit_log SELECT * REPLACE ('bob' AS by, at + 1 AS at) FROM audit_log"
        " WHERE number = 2"
    )
    store.command("OPTIMIZE TABLE audit_log FINAL")

    assert faults(dsn, capsys) == [("changed", 2, 2)]


def test_a_missing_end_shows_against_an_earlier_output_only(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured
) -> None:
    chain = write(store, tmp_path, *"12345")
    earlier = tmp_path / "earlier.txt"
    earlier.write_text(verified(dsn, capsys)[1])
    store.command("ALTER TABLE audit_log DELETE WHERE number > 3" + NOW)

    assert verified(dsn, capsys)[0] == 0
    status, out = verified(dsn, capsys, "--expect", str(earlier))
    assert status == 1
    assert f"{chain}: BROKEN, 3 entries" in out
    assert "no entry has the expected hash" in out
    # What the writer kept comes back at its next start, and the rest is missing between.
    write(store, tmp_path, "6")
    assert faults(dsn, capsys) == []
    assert verified(dsn, capsys, "--expect", str(earlier))[0] == 0


def test_a_missing_end_shows_by_itself_once_the_writer_goes_on(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured
) -> None:
    for about in "12345":
        write(store, tmp_path, about)
    store.command("ALTER TABLE audit_log DELETE WHERE number > 2" + NOW)
    write(store, tmp_path, "6")

    assert faults(dsn, capsys) == [("missing", 3, 4)]


def test_a_chain_that_was_deleted_is_missed(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured
) -> None:
    write(store, tmp_path, "1")
    last = json.loads(verified(dsn, capsys, "--json")[1])["last_hash"]
    chain = write(store, tmp_path, "2")
    store.command("TRUNCATE TABLE audit_log")

    status, out = verified(dsn, capsys, "--expect", f"{chain}:{last}")
    assert (status, out.splitlines()[0]) == (1, f"{chain}: BROKEN, no entries")


def test_an_export_is_verified_without_a_database(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured
) -> None:
    chain = write(store, tmp_path, *"12345")
    write(store, tmp_path, "6", writer="detect-0-of-1")
    file = export(dsn, capsys, tmp_path / "export.jsonl")

    assert main(["audit", "verify", "--file", str(file)]) == 0
    assert f"{chain}: whole, 5 entries" in capsys.readouterr().out
    file.write_text(file.read_text().replace('"about": "4"', '"about": "9"'))
    assert main(["audit", "verify", "--file", str(file)]) == 1
    assert f"{chain}: BROKEN" in (out := capsys.readouterr().out)
    assert "  entry 4: changed\n" in out


def test_a_part_of_the_log_is_exported_and_verified(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured
) -> None:
    for year in (1970, 2100):
        clock_ns = (year - 1970) * 366 * 86_400 * 10**9
        log = Log("api", lambda: KeptFile(tmp_path / "api"), clock_ns=lambda ns=clock_ns: ns)
        log.write(store, [Event(kind="a", by="ann")] * 3)
    file = export(dsn, capsys, tmp_path / "export.jsonl", "--since", "720h")

    assert [json.loads(line)["number"] for line in file.read_text().splitlines()] == [4, 5, 6]
    assert main(["audit", "verify", "--file", str(file), "--part"]) == 0
    assert main(["audit", "verify", "--file", str(file)]) == 1
    assert "entries 1 to 3: missing" in capsys.readouterr().out


def test_a_line_that_is_no_entry_is_named(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text("{}\n")

    assert main(["audit", "verify", "--file", str(file)]) == 1
    assert "line 1 is no entry of 'fleetglass audit export'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["api-1", "api-1:abc", "nowhere.txt"])
def test_an_expectation_that_says_nothing_is_refused(text: str, capsys: Captured) -> None:
    assert main(["audit", "verify", "--expect", text]) == 1
    assert "is neither CHAIN:HASH (64 hex digits) nor a file" in capsys.readouterr().err


def test_threads_share_a_chain_without_gaps(
    store: Store, dsn: str, tmp_path: Path, capsys: Captured
) -> None:
    file = chain_file(tmp_path, "api")
    log = Log("api", lambda: file)

    def add(about: int) -> None:
        with opened(dsn) as own:
            log.write(own, [Event(kind="a", by="ann", about=str(about))])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    file.close()

    assert "whole, 40 entries" in verified(dsn, capsys)[1]
