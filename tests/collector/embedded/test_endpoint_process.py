"""The store as a process: how it starts, whom it lets in, and how it stops."""

import http.client
import signal
import socket
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kit.stack import eventually
from kit.store_process import StoreProcess, store_process

from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_collector.access.owner import owner_secret

TABLE = "CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a"


def test_acknowledged_rows_survive_kill_9(tmp_path: Path) -> None:
    with store_process(tmp_path) as store:
        store.write(TABLE)
        for number in range(5):
            assert store.write(f"INSERT INTO t VALUES ({number}, 'x')").status == 200
        store.stop(signal.SIGKILL)
        store.start()

        assert store.count("t") == 5


def test_an_error_names_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        store = StoreProcess(tmp_path, port=taken.getsockname()[1])
        code, output = ended(store)

    assert code == 1
    assert f"cannot listen on 127.0.0.1:{store.port}: Address already in use" in output


def test_a_second_store_on_the_folder_does_not_start(tmp_path: Path) -> None:
    with store_process(tmp_path) as first:
        code, output = ended(StoreProcess(tmp_path))

        assert code == 1
        assert "is held by another process" in output
        assert first.read("SELECT 1").text == "1\n"


def test_a_public_address_needs_a_key(tmp_path: Path) -> None:
    code, output = ended(StoreProcess(tmp_path, {"FLEETGLASS_QUERY_LISTEN": "0.0.0.0:0"}))

    assert code == 1
    assert "keys add" in output


def ended(store: StoreProcess) -> tuple[int, str]:
    process = store.launch()
    _, output = process.communicate(timeout=30)
    return process.returncode, output


def test_the_store_stops_within_seconds_while_a_query_runs(tmp_path: Path) -> None:
    with store_process(tmp_path) as store, ThreadPoolExecutor(1) as pool:
        running = pool.submit(store.read, "SELECT count() FROM system.numbers")
        busy = "SELECT count() FROM system.processes"
        eventually(lambda: store.write(busy).text == "2\n")
        code = store.stop()

        assert code == 0
        assert running.exception() or running.result().status >= 400


def test_a_running_insert_is_finished_before_the_store_stops(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def body() -> object:
        yield b"1\tx\n" * 1000
        begun.set()
        go_on.wait(10)
        yield b"2\ty\n"

    with store_process(tmp_path) as store, ThreadPoolExecutor(1) as pool:
        store.write(TABLE)
        sent = pool.submit(store.write, "INSERT INTO t FORMAT TSV", body())  # type: ignore[arg-type]
        begun.wait(10)
        assert store.process is not None
        store.process.send_signal(signal.SIGTERM)
        go_on.set()

        assert sent.result().status == 200
        store.process.communicate(timeout=10)
        assert store.process.returncode == 0
        store.start()
        assert store.count("t") == 1001


def test_a_read_key_is_accepted_and_wrong_keys_are_refused(tmp_path: Path) -> None:
    ring = Keyring(tmp_path / "keys.json")
    read, ingest = ring.add("acme", Scope.READ), ring.add("acme", Scope.INGEST)
    with store_process(tmp_path) as store:

        def status(**headers: str) -> int:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            return store.request("POST", "/", b"SELECT 1", headers=sent).status

        assert status(Authorization=f"Bearer {read}") == 200
        assert status(X_ClickHouse_User="anyone", X_ClickHouse_Key=read) == 200
        assert status(Authorization=f"Bearer {ingest}") == 403
        assert status(Authorization="Bearer fg_wrong") == 403
        assert status(Authorization="Basic !") == 403
        assert store.read("SELECT 1", user="default", password=read).status == 200


def test_the_writers_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(owner_secret, [tmp_path] * 32))

    assert len(secrets) == 1
    assert (tmp_path / "writer.key").stat().st_mode & 0o777 == 0o600


def test_the_store_serves_tls_with_certificate_files(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    settings = {
        "FLEETGLASS_RECEIVER_TLS_CERTIFICATE": str(certificate),
        "FLEETGLASS_RECEIVER_TLS_KEY": str(key),
    }
    store = StoreProcess(tmp_path / "data", settings)
    process = store.launch()
    try:
        trusted = ssl.create_default_context(cafile=str(certificate))
        eventually(lambda: _ping(store.port, trusted) == b"Ok.\n")
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _ping(port: int, trusted: ssl.SSLContext) -> bytes:
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=trusted, timeout=5)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().read()
    except OSError:
        return b""
    finally:
        connection.close()


def test_idle_connections_do_not_block_others(tmp_path: Path) -> None:
    with store_process(tmp_path) as store:
        idle = [socket.create_connection(("127.0.0.1", store.port)) for _ in range(200)]
        try:
            assert store.read("SELECT 1").text == "1\n"
        finally:
            for client in idle:
                client.close()


def test_a_client_behind_a_proxy_on_this_machine_needs_a_key(tmp_path: Path) -> None:
    with store_process(tmp_path) as store:
        for header in ("X-Forwarded-For", "Forwarded"):
            answer = store.request("POST", "/", b"SELECT 1", headers={header: "for=192.0.2.1"})

            assert answer.status == 401
            assert "a key is needed: the request comes through a proxy" in answer.text
