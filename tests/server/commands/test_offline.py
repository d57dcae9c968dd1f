"""The command line while fleetglass is not running: clear errors and no tracebacks."""

import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from kit.places import ROOT
from kit.scripted_receiver import Receiver, Reply, partly, receiving
from kit.stack import free_port

from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_server.__main__ import main
from fleetglass_server.commands import COMMANDS, command
from fleetglass_server.commands.keys import instructions

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a folder, and ports where nothing listens."""
    monkeypatch.setenv("FLEETGLASS_DATA", str(tmp_path / "data"))
    for name in ("RECEIVER_HTTP", "RECEIVER_GRPC", "QUERY_LISTEN"):
        monkeypatch.setenv(f"FLEETGLASS_{name}", f"127.0.0.1:{free_port()}")


@pytest.fixture
def receiver() -> Generator[Receiver]:
    with receiving() as receiver:
        yield receiver


def recorded(folder: Path) -> Path:
    line = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"%s","spanId":"%s"}]}]}]}\n'
    file = folder / "a.jsonl"
    file.write_text(line % ("74" * 16, "01" * 8) * 3)
    return file


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_begins_with_what_it_does(
    command: str, capsys: Captured
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])

    text = capsys.readouterr().out
    assert text.startswith(f"usage: fleetglass {command}")
    assert "--config FILE" in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_help_lists_the_commands(capsys: Captured) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    lines = capsys.readouterr().out.splitlines()
    shown = {line.split()[0] for line in lines if line.startswith("    ") and line.strip()}
    assert set(COMMANDS) <= shown


def test_without_a_command_the_help_is_shown(capsys: Captured) -> None:
    assert main([]) == 2
    assert capsys.readouterr().out.startswith("usage: fleetglass")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("[journal]\nmax_bites = 1", "unknown key 'journal.max_bites' in .*'journal.max_bytes'"),
        ("[journal]\nmax_bytes = 'x'", "'journal.max_bytes' in .* must be a size"),
        ("nonsense", "is not valid TOML"),
        (None, "cannot read the configuration file .*No such file"),
    ],
)
def test_an_error_in_the_configuration_is_explained(
    config: str | None, message: str, tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "fleetglass.toml"
    if config:
        file.write_text(config)

    assert main(["keys", "list", "--config", str(file)]) == 1
    assert re.search(f"^fleetglass: .*{message}", capsys.readouterr().err)


def test_keys_are_added_listed_and_removed(capsys: Captured) -> None:
    assert main(["keys", "add", "--tenant", "acme", "--scope", "ingest"]) == 0
    secret = capsys.readouterr().out.strip()
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    id = listed.splitlines()[1].split()[0]

    assert secret.startswith("fg_")
    assert "acme" in listed
    assert secret not in listed
    assert main(["keys", "remove", id]) == 0
    assert main(["keys", "remove", id]) == 1
    assert "there is no key" in capsys.readouterr().err


def test_data_may_stand_before_or_after_the_action(tmp_path: Path, capsys: Captured) -> None:
    other = str(tmp_path / "other")
    main(["keys", "add", "--tenant", "acme", "--scope", "read", "--data", other])
    main(["keys", "--data", other, "list"])

    assert "acme" in capsys.readouterr().out
    assert (tmp_path / "other" / "keys.json").exists()


@pytest.mark.parametrize(
    ("scope", "included", "excluded"),
    [
        (Scope.INGEST, "OTEL_EXPORTER_OTLP_HEADERS=", "FLEETGLASS_KEY"),
        (Scope.READ, "FLEETGLASS_KEY=", "OTEL_EXPORTER"),
        (Scope.ADMIN, "OTEL_EXPORTER_OTLP_HEADERS=", "nothing"),
    ],
)
def test_a_new_key_comes_with_instructions(
    scope: Scope, included: str, excluded: str, tmp_path: Path
) -> None:
    keyring = Keyring(tmp_path / "keys.json")
    secret = keyring.add("acme", scope)

    text = instructions(keyring.keys()[0], secret)

    assert f"Authorization: Bearer {secret}" in text
    assert included in text
    assert excluded not in text


def test_a_query_without_a_database_advises_to_start_it(capsys: Captured) -> None:
    assert main(["query", "SELECT 1"]) == 1
    assert "fleetglass up" in capsys.readouterr().err


def test_a_query_without_a_server_does_not_show_the_password(capsys: Captured) -> None:
    dsn = f"http://user:hunter2@127.0.0.1:{free_port()}"

    assert main(["query", "SELECT 1", "--dsn", dsn]) == 1
    error = capsys.readouterr().err
    assert "Check the DSN" in error
    assert "hunter2" not in error


def test_an_empty_query_is_an_error(capsys: Captured) -> None:
    assert main(["query", " "]) == 1
    assert "the SQL is empty" in capsys.readouterr().err


def test_a_server_that_is_not_clickhouse_is_an_error(capsys: Captured, receiver: Receiver) -> None:
    assert main(["query", "SELECT 1", "--dsn", receiver.url]) == 1
    assert "fleetglass: " in capsys.readouterr().err


def test_replay_reports_the_spans_sent(
    receiver: Receiver, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["replay", str(recorded(tmp_path)), "--endpoint", receiver.url]) == 0

    output = capsys.readouterr()
    assert output.out == "3 spans sent\n"
    assert output.err == f"{tmp_path}/a.jsonl ...\n"


def test_replay_exits_with_1_if_something_is_refused(
    receiver: Receiver, tmp_path: Path, capsys: Captured
) -> None:
    receiver.script = [partly(2, "bad ids")]
    (tmp_path / "b.jsonl").write_text("nonsense\n" * 30)
    files = [str(recorded(tmp_path)), str(tmp_path / "b.jsonl")]

    assert main(["replay", *files, "--endpoint", receiver.url]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["1 span sent", "2 spans rejected: bad ids", "30 failures:"]
    assert lines[3].startswith(f"  {tmp_path}/b.jsonl, line 1: not OTLP/JSON")
    assert lines[-1] == "  and 10 more"


def test_replay_can_move_times_to_now(receiver: Receiver, tmp_path: Path) -> None:
    file = recorded(tmp_path)
    file.write_text(file.read_text().replace('"spanId"', '"endTimeUnixNano":"5","spanId"'))

    assert main(["replay", str(file), "--endpoint", receiver.url, "--rebase", "now"]) == 0
    span = receiver.taken[0].resource_spans[0].scope_spans[0].spans[0]
    assert span.end_time_unix_nano > 1_700_000_000 * 10**9


def test_replay_without_a_receiver_advises_to_start_it(tmp_path: Path, capsys: Captured) -> None:
    assert main(["replay", str(recorded(tmp_path))]) == 1
    assert "fleetglass up" in capsys.readouterr().err


def test_replay_without_a_key_advises_to_give_one(
    receiver: Receiver, tmp_path: Path, capsys: Captured
) -> None:
    receiver.decide = lambda _: Reply(status=401, body=b"a key is needed", headers={})

    assert main(["replay", str(recorded(tmp_path)), "--endpoint", receiver.url]) == 1
    assert "Give a key with scope 'ingest'" in capsys.readouterr().err


def test_a_malformed_key_is_an_error(receiver: Receiver, tmp_path: Path, capsys: Captured) -> None:
    command = ["replay", str(recorded(tmp_path)), "--endpoint", receiver.url]

    assert main([*command, "--key", "fg_x\ny"]) == 1
    assert "copy it again" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "ftp://h", "http://", "http://h:port"])
def test_a_malformed_endpoint_is_an_error(url: str, tmp_path: Path, capsys: Captured) -> None:
    assert main(["replay", str(recorded(tmp_path)), "--endpoint", url]) == 1
    assert "the address must be http(s)://host:port" in capsys.readouterr().err


def test_replay_sends_the_key_from_the_environment(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETGLASS_KEY", "fg_x")
    main(["replay", str(recorded(tmp_path)), "--endpoint", receiver.url])

    assert receiver.headers[0]["authorization"] == "Bearer fg_x"


def test_a_closed_output_pipe_is_no_error() -> None:
    command = [sys.executable, "-m", "fleetglass_server", "keys", "list"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    process.stdout.close()
    _, error = process.communicate(timeout=30)

    assert error == b""


def test_every_module_of_a_command_is_listed() -> None:
    folder = ROOT / "server/fleetglass_server/commands"
    modules = {file.stem for file in folder.glob("*.py") if "\nNAME = " in file.read_text()}

    assert modules == set(COMMANDS)
    assert all(name == command(name).NAME for name in COMMANDS)
