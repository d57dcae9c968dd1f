"""The checks of the doctor, one by one, against real faults."""

import io
from collections.abc import Generator
from pathlib import Path

import pytest
from kit.scripted_receiver import Receiver, Reply, partly, receiving
from kit.stack import free_port
from rich.console import Console

from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_collector.config import Config, load
from fleetglass_server.commands.doctor import show
from fleetglass_server.doctor import database, machine, ports, round_trip, secrets
from fleetglass_server.doctor.check import Check, Level
from fleetglass_server.doctor.examination import examine
from fleetglass_server.doctor.round_trip import Patience

OK, NOTE, FAIL = Level.OK, Level.NOTE, Level.FAIL
NOW_NS = 1_900_000_000 * 10**9


class Clock:
    """A clock that only sleep() moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def patience(self) -> Patience:
        return Patience(
            clock_ns=lambda: NOW_NS, monotonic=lambda: self.now, sleep=self.sleep, within_s=2
        )


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configured(tmp_path / "data")


@pytest.fixture
def receiver() -> Generator[Receiver]:
    with receiving() as receiver:
        yield receiver


def configured(folder: Path, **values: str) -> Config:
    addresses = {
        f"FLEETGLASS_{name}": f"127.0.0.1:{free_port()}"
        for name in ("RECEIVER_HTTP", "RECEIVER_GRPC", "QUERY_LISTEN", "API_LISTEN")
    }
    settings = {f"FLEETGLASS_{name}": value for name, value in values.items()}
    return load(None, addresses | {"FLEETGLASS_DATA": str(folder)} | settings)


def levels(checks: list[Check]) -> list[Level]:
    return [check.level for check in checks]


def test_every_failed_check_has_advice(config: Config) -> None:
    checks = list(examine(config, Clock().patience()))

    assert {check.name for check in checks} >= {
        *("versions", "clock", "disk", "fsync", "keys", "database", "span"),
        *("receiver.http", "receiver.grpc", "query.listen"),
    }
    assert all(check.finding for check in checks)
    assert all(check.advice for check in checks if check.level is FAIL)


def test_the_doctor_creates_no_folder(config: Config) -> None:
    list(examine(config, Clock().patience()))

    assert not config.folder.exists()


def test_a_missing_package_is_named() -> None:
    check = machine.versions(["pytest", "no-such-package"])

    assert check.level is FAIL
    assert "no-such-package" in check.finding
    assert "pip install 'fleetglass[server]'" in check.advice


@pytest.mark.parametrize("now_ns", [0, 1_000_000_000 * 10**9, 9_000_000_000 * 10**9])
def test_an_impossible_clock_is_a_failure(now_ns: int) -> None:
    assert machine.clock(now_ns=now_ns).level is FAIL


def test_a_disk_smaller_than_the_journal_is_a_note(tmp_path: Path) -> None:
    checks = list(machine.disk(configured(tmp_path, JOURNAL_MAX_BYTES="1000TB")))

    assert levels(checks) == [NOTE, OK]
    assert "journal.max_bytes" in checks[0].advice


def test_a_file_where_the_folder_should_be_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    assert levels(list(machine.disk(configured(tmp_path / "data")))) == [FAIL]


def test_no_key_is_needed_on_loopback(config: Config) -> None:
    assert levels(list(secrets.keys(config))) == [OK]


def test_an_open_address_without_a_key_is_a_failure(tmp_path: Path) -> None:
    (check,) = secrets.keys(configured(tmp_path, RECEIVER_HTTP="0.0.0.0:4318"))

    assert check.level is FAIL
    assert "fleetglass keys add" in check.advice


def test_an_ingest_key_does_not_open_the_query_address(tmp_path: Path) -> None:
    Keyring(tmp_path / "keys.json").add("acme", Scope.INGEST)

    assert levels(list(secrets.keys(configured(tmp_path, QUERY_LISTEN="0.0.0.0:8123")))) == [FAIL]


@pytest.mark.parametrize("name", ["keys.json", "writer.key"])
def test_a_secret_that_other_users_can_read_is_a_failure(name: str, tmp_path: Path) -> None:
    Keyring(tmp_path / "keys.json").add("acme", Scope.INGEST)
    (tmp_path / "writer.key").write_text("hunter2\n")
    (tmp_path / "writer.key").chmod(0o600)
    (tmp_path / name).chmod(0o640)

    checks = list(secrets.keys(configured(tmp_path)))

    assert levels(checks) == [OK, FAIL]
    assert checks[1].advice == f"chmod 600 {tmp_path / name}"


def test_a_damaged_file_of_keys_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("nonsense")
    (tmp_path / "keys.json").chmod(0o600)

    assert levels(list(secrets.keys(configured(tmp_path)))) == [FAIL]


@pytest.mark.parametrize("content", [None, "nonsense"])
def test_an_unusable_certificate_is_a_failure(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "tls.pem"
    if content:
        file.write_text(content)
    config = configured(tmp_path, RECEIVER_TLS_CERTIFICATE=str(file), RECEIVER_TLS_KEY=str(file))

    (check,) = secrets.certificate(config)

    assert check.level is FAIL
    assert str(file) in check.finding


def test_free_ports_pass(config: Config) -> None:
    assert levels(list(ports.listeners(config))) == [OK, OK, OK, OK]
    assert not any(check.running for check in ports.listeners(config))


def test_ports_used_by_other_programs_are_failures(receiver: Receiver, tmp_path: Path) -> None:
    with receiving() as second, receiving() as third, receiving() as fourth:
        config = configured(
            tmp_path,
            RECEIVER_HTTP=f"127.0.0.1:{receiver.port}",
            RECEIVER_GRPC=f"127.0.0.1:{second.port}",
            QUERY_LISTEN=f"127.0.0.1:{third.port}",
            API_LISTEN=f"127.0.0.1:{fourth.port}",
        )
        checks = list(ports.listeners(config))

    assert levels(checks) == [FAIL, FAIL, FAIL, FAIL]
    assert all("ss -ltnp" in check.advice for check in checks)


def test_an_address_of_another_machine_is_a_failure(tmp_path: Path) -> None:
    config = configured(tmp_path, RECEIVER_HTTP="192.0.2.1:4318")

    assert levels(list(ports.listeners(config))) == [FAIL, OK, OK, OK]


def test_an_embedded_database_that_is_not_running_is_a_note(config: Config) -> None:
    (check,) = database.server(config, lambda: NOW_NS)

    assert check.level is NOTE
    assert "fleetglass up" in check.advice


def test_an_unreachable_server_is_a_failure_that_shows_no_password(tmp_path: Path) -> None:
    config = configured(tmp_path, STORE_DSN=f"http://u:hunter2@127.0.0.1:{free_port()}")
    (check,) = database.server(config, lambda: NOW_NS)

    assert check.level is FAIL
    assert "hunter2" not in check.finding + check.advice


@pytest.mark.parametrize("body", [b"", b"<html>", b"7"])
def test_a_server_that_is_not_clickhouse_is_a_failure(
    body: bytes, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.plain = Reply(body=body)
    config = configured(tmp_path, STORE_DSN=receiver.url)
    (check,) = database.server(config, lambda: NOW_NS)

    assert check.level is FAIL
    assert "is not ClickHouse" in check.finding


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(status=401, body=b"a key is needed", headers={}), "a key is needed"),
        (partly(1, "bad ids"), "bad ids"),
        (Reply(status=429, headers={"retry-after": "1"}), "429"),
    ],
)
def test_a_refused_span_is_a_failure(
    reply: Reply, message: str, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.decide = lambda _: reply
    config = configured(tmp_path, RECEIVER_HTTP=f"127.0.0.1:{receiver.port}")

    check = round_trip.span(config, Clock().patience())

    assert check.level is FAIL
    assert message in check.finding


def test_a_span_that_never_arrives_is_a_failure(receiver: Receiver, tmp_path: Path) -> None:
    config = configured(tmp_path, RECEIVER_HTTP=f"127.0.0.1:{receiver.port}")
    check = round_trip.span(config, Clock().patience())

    assert len(receiver.names) == 1
    assert check.level is FAIL
    assert "not in the database after 2 s" in check.finding


def test_a_check_is_a_line_and_its_advice_the_next() -> None:
    checks = [
        Check.ok("disk", "fine [bold]"),
        Check.note("gpu", "none"),
        Check.fail("clock", "it says 1970", "set it"),
    ]
    out = io.StringIO()

    failed = show(checks, Console(file=out, soft_wrap=True))

    assert failed == 1
    assert out.getvalue().splitlines() == [
        "ok    disk           fine [bold]",
        "note  gpu            none",
        "fail  clock          it says 1970",
        "                     -> set it",
        "",
        "Failed checks: 1",
    ]
