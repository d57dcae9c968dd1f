"""A missing or slow database, damaged files, a full disk, two collectors on one journal."""

import os
import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from kit.disks import mounted
from kit.spans import request
from kit.stack import Stack, eventually, free_port

from fleetglass_collector.journal.record import Facts, frame
from fleetglass_collector.journal.segment import Segment, sealed


@contextmanager
def stopping(*stacks: Stack) -> Generator[None]:
    try:
        yield
    finally:
        for stack in stacks:
            stack.stop()


def pair(folder: Path, **settings: str) -> tuple[Stack, Stack]:
    """Make a collector and a store on one folder, which start and stop independently."""
    collector = Stack(folder / "data", settings)
    store = Stack(folder / "data", query_port=collector.query_port)
    return collector, store


def send(stack: Stack, requests: int, spans: int = 5) -> int:
    for _ in range(requests):
        assert stack.post(request(spans))[0] == 200
    return requests * spans


def all_stored(stack: Stack, spans: int) -> None:
    eventually(lambda: stack.settled() and stack.count() == spans)


def test_spans_are_accepted_without_the_database_and_stored_when_it_is_back(
    tmp_path: Path,
) -> None:
    collector, store = pair(tmp_path)
    with stopping(collector, store):
        collector.start("collect", "--alone")
        sent = send(collector, 20)
        eventually(lambda: collector.metrics()["fleetglass_insert_failures_total"] > 0)
        assert collector.metrics()["fleetglass_spans_waiting"] == sent
        assert collector.metrics()["fleetglass_journal_oldest_seconds"] > 0
        store.start_store()
        all_stored(collector, sent)
        store.kill()
        sent += send(collector, 20)
        store.start_store()
        all_stored(collector, sent)


class Valve:
    """A TCP proxy in front of the database that can add a delay."""

    def __init__(self, target: int) -> None:
        self.delay_s = 0.0
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError), source, sink:
            while data := source.recv(65536):
                time.sleep(self.delay_s)
                sink.sendall(data)


def test_a_slow_database_prevents_no_acknowledgement(tmp_path: Path) -> None:
    collector, store = pair(tmp_path)
    with stopping(collector, store):
        store.start_store()
        valve = Valve(store.query_port)
        secret = (store.folder / "writer.key").read_text().strip()
        dsn = f"http://writer:{secret}@127.0.0.1:{valve.port}"
        collector.settings["FLEETGLASS_STORE_DSN"] = dsn
        collector.settings["FLEETGLASS_STORE_INSERT_TIMEOUT_S"] = "1"
        collector.start("collect", "--alone")
        sent = send(collector, 5)
        all_stored(collector, sent)
        valve.delay_s = 1.5
        sent += send(collector, 5)
        eventually(lambda: collector.metrics()["fleetglass_insert_failures_total"] > 0)
        valve.delay_s = 0.0
        all_stored(collector, sent)
        valve.close()


def backlog(stack: Stack, requests: int) -> Path:
    """Leave a sealed segment in a journal that no process uses."""
    stack.start("collect", "--alone")
    send(stack, requests)
    stack.kill()
    stack.start("collect", "--alone")
    stack.kill()
    [segment] = sealed(stack.folder / "journal")
    return segment.path(stack.folder / "journal")


def test_a_damaged_record_goes_to_quarantine_and_the_others_are_stored(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data", {"FLEETGLASS_JOURNAL_SEGMENT_AGE_MS": "60000"})
    path = backlog(stack, 9)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with stopping(stack):
        stack.start()
        eventually(stack.settled)
        metrics = stack.metrics()

        assert metrics["fleetglass_spans_quarantined_total"] == 5
        assert metrics["fleetglass_spans_stored_total"] == stack.count() == 40
        assert metrics["fleetglass_spans_unaccounted"] == 0
        assert len(list((stack.folder / "journal/quarantine").glob("*.damaged"))) == 1


def test_a_record_that_the_database_refuses_does_not_stop_the_others(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    bodies = [request(5) for _ in range(9)]
    bodies[4] = b"\x0a\xff"
    plant(stack.folder / "journal", bodies)
    with stopping(stack):
        stack.start()
        sent = send(stack, 2)
        eventually(stack.settled)
        metrics = stack.metrics()

        assert metrics["fleetglass_spans_quarantined_total"] == 5
        assert metrics["fleetglass_spans_stored_total"] == stack.count() == 40 + sent
        assert metrics["fleetglass_spans_unaccounted"] == 0
        [kept] = (stack.folder / "journal/quarantine").glob("*.pb")
        assert b"\x0a\xff" in kept.read_bytes()
        assert kept.with_suffix(".txt").read_text()


def plant(journal: Path, bodies: list[bytes]) -> None:
    """Write a segment like the journal does, with bodies that the receiver would refuse."""
    journal.mkdir(parents=True)
    pieces: list[bytes] = []
    for index, body in enumerate(bodies):
        facts = Facts(tenant="t", segment=7, received_ns=7, spans=5, offset=5 * index)
        pieces += frame(body, facts)
    content = b"".join(pieces)
    segment = Segment(id=7, start=0, spans=5 * len(bodies), size=len(content))
    segment.path(journal).write_bytes(content)


def test_a_second_collector_on_the_folder_is_refused_with_the_pid_of_the_first(
    tmp_path: Path,
) -> None:
    first, second = Stack(tmp_path / "data"), Stack(tmp_path / "data")
    with stopping(first):
        first.start("collect", "--alone")
        refused = second.run("collect", "--alone")

        assert first.process
        assert refused.returncode == 1
        assert f"process id {first.process.pid}" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert first.post(request())[0] == 200


def test_a_used_port_is_named(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        refused = Stack(tmp_path / "data", http=port).run("up")

    assert refused.returncode == 1
    assert str(port) in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", size="4m") as folder:
        yield folder


def test_a_full_disk_makes_clients_retry_and_recovers_by_itself(
    tmp_path: Path, small_disk: Path
) -> None:
    collector, store = pair(small_disk)
    store.folder = tmp_path / "elsewhere"
    with stopping(collector, store):
        store.start_store()
        secret = (store.folder / "writer.key").read_text().strip()
        dsn = f"http://writer:{secret}@127.0.0.1:{store.query_port}"
        collector.settings["FLEETGLASS_STORE_DSN"] = dsn
        collector.start("collect", "--alone")
        sent = send(collector, 3)
        with suppress(OSError):
            (small_disk / "filler").write_bytes(os.urandom(8 << 20))
        code, headers, _ = collector.post(request(300))
        assert (code, int(headers["retry-after"]) > 0) == (503, True)
        (small_disk / "filler").unlink()
        sent += send(collector, 3)
        all_stored(collector, sent)
