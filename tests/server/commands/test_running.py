"""The command line against a running fleetglass."""

import gzip
import json
import os
import pty
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
import trustme
from kit.stack import Stack, eventually, free_port, running
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_collector.config import load
from fleetglass_collector.store.reader import Reader


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    with running(tmp_path_factory.mktemp("cli")) as stack:
        eventually(lambda: stack.run("query", "SELECT count() FROM otel_traces").returncode == 0)
        yield stack


def recorded(service: str, number: int) -> bytes:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = service
    scope = resource.scope_spans.add()
    for index in range(number):
        span = scope.spans.add(trace_id=b"t" * 16, span_id=b"s" + index.to_bytes(7, "big"))
        # The database deletes spans this old, unless their times are shifted.
        span.start_time_unix_nano, span.end_time_unix_nano = 5, 10
    body = request.SerializeToString()
    return len(body).to_bytes(4, "big") + body


def on_a_terminal(stack: Stack, *command: str) -> str:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "fleetglass_server", *command],
        env=stack.environment | {"TERM": "xterm", "COLUMNS": "80"},
        stdout=theirs,
        stderr=theirs,
        stdin=subprocess.DEVNULL,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # A pty raises this when the other side is closed.
        pass
    os.close(ours)
    assert process.wait(30) == 0
    return shown.decode()


def test_the_default_format_is_a_table(stack: Stack) -> None:
    done = stack.run("query", "SELECT 1 AS one, NULL AS nothing, 'żółw 日本' AS text")

    assert done.returncode == 0
    assert "─one─┬─nothing─┬─text──────┐" in done.stdout
    assert "│   1 │ ᴺᵁᴸᴸ    │ żółw 日本 │" in done.stdout


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("json", '{"n":0,"s":"a\\"b"}\n{"n":1,"s":"a\\"b"}\n'),
        ("csv", '"n","s"\n0,"a""b"\n1,"a""b"\n'),
        ("TSV", '0\ta"b\n1\ta"b\n'),
    ],
)
def test_other_formats_can_be_chosen(stack: Stack, format: str, expected: str) -> None:
    sql = "SELECT number AS n, 'a\"b' AS s FROM numbers(2)"

    assert stack.run("query", sql, "--format", format).stdout == expected


def test_a_format_in_the_sql_overrides_the_flag(stack: Stack) -> None:
    assert stack.run("query", "SELECT 1 AS x FORMAT JSONEachRow").stdout == '{"x":1}\n'


@pytest.mark.parametrize("arguments", [["-"], []])
def test_sql_is_read_from_standard_input(stack: Stack, arguments: list[str]) -> None:
    done = stack.run("query", *arguments, "--format", "TSV", input="SELECT 1,\n'é'\n")

    assert done.stdout == "1\té\n"


def test_a_result_without_rows_says_so(stack: Stack) -> None:
    done = stack.run("query", "SELECT 1 WHERE 0")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "The result has no rows.\n")
    assert stack.run("query", "SELECT 1 WHERE 0", "--format", "TSV").stderr == ""


def test_a_large_result_is_complete(stack: Stack) -> None:
    sql = "SELECT number, repeat('x', 50) FROM numbers(300000)"

    assert stack.run("query", sql, "--format", "TSV").stdout.count("\n") == 300_000


def test_an_error_in_the_sql_is_shown_as_the_engine_words_it(stack: Stack) -> None:
    done = stack.run("query", "SELEC 1")

    assert done.returncode == 1
    assert done.stderr.startswith("fleetglass: Code: 62. DB::Exception: Syntax error")
    assert len(done.stderr) < 600
    assert done.stdout == ""


def test_an_error_in_the_middle_of_a_result_is_reported(stack: Stack) -> None:
    sql = "SELECT number, throwIf(number = 3000000, 'too far') FROM numbers(10000000)"
    done = stack.run("query", sql, "--format", "TSV")

    assert done.returncode == 1
    assert "too far" in done.stderr
    assert "__exception__" not in done.stdout
    assert done.stdout.startswith("0\t0\n1\t0\n")


def test_a_query_cannot_change_anything(stack: Stack) -> None:
    done = stack.run("query", "DROP TABLE otel_traces")

    assert done.returncode == 1
    assert "readonly" in done.stderr


def test_control_characters_are_replaced_on_a_terminal(stack: Stack) -> None:
    sql = "SELECT 'red\x1b[31m' AS a, 'bell\x07' AS b, 'ż' AS c, 'c1\x9b1m' AS d"
    shown = on_a_terminal(stack, "query", sql)

    assert not {"\x1b", "\x07", "\x9b"} & set(shown)
    assert "red?[31m" in shown
    assert "ż" in shown


def test_another_server_is_queried_with_dsn_and_key(stack: Stack) -> None:
    secret = Keyring(stack.folder / "keys.json").add("acme", Scope.READ)
    url = f"http://127.0.0.1:{stack.query_port}"
    command = ("query", "SELECT 7", "--format", "TSV", "--dsn", url)

    assert stack.run(*command, "--key", secret).stdout == "7\n"
    wrong = stack.run(*command, "--key", "fg_wrong")
    assert wrong.returncode == 1
    assert "Give a key with scope 'read'" in wrong.stderr
    assert "fg_wrong" not in wrong.stderr


def test_replayed_spans_are_in_the_database(stack: Stack) -> None:
    file = stack.folder.parent / "a.pb.gz"
    file.write_bytes(gzip.compress(recorded("replayed", 300) + recorded("replayed", 200)))
    done = stack.run("replay", str(file), "--rebase", "now")

    assert (done.returncode, done.stdout) == (0, "500 spans sent\n")
    eventually(lambda: stack.count("ServiceName = 'replayed'") == 500)


def test_rebased_spans_end_at_the_present(stack: Stack) -> None:
    file = stack.folder.parent / "b.pb"
    file.write_bytes(recorded("rebased", 1))
    stack.run("replay", str(file), "--rebase", "now")

    eventually(lambda: stack.count("ServiceName = 'rebased'") == 1)
    assert stack.count("ServiceName = 'rebased' AND Timestamp > now() - 600 AND Duration = 5")


def test_replay_shows_a_progress_bar_on_a_terminal(stack: Stack) -> None:
    file = stack.folder.parent / "c[bold].pb"
    file.write_bytes(recorded("bar", 3))
    shown = on_a_terminal(stack, "replay", str(file))

    assert "c[bold].pb" in shown
    assert "3 spans sent" in shown


def test_spans_that_the_receiver_rejects_are_reported(stack: Stack) -> None:
    file = stack.folder.parent / "d.jsonl"
    line = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "00" * 16}]}]}]}
    file.write_text(json.dumps(line))
    done = stack.run("replay", str(file))

    assert done.returncode == 1
    assert "1 spans rejected: " in done.stdout


def test_the_doctor_passes_a_healthy_installation(stack: Stack) -> None:
    done = stack.run("doctor")

    assert done.returncode == 0, done.stdout
    assert "All checks passed" in done.stdout
    for line in ("database       http://", "tables         all", "span           sent, stored"):
        assert f"ok    {line}" in done.stdout
    assert done.stdout.count("fleetglass listens on") == 4


def test_the_doctor_adds_no_agent_and_no_run(stack: Stack) -> None:
    stack.run("doctor")

    assert stack.count("ServiceName = 'fleetglass-doctor'")
    for table in ("agent_spans", "agent_minutes", "agent_runs"):
        where = "agent = 'fleetglass-doctor'"
        assert stack.query(f"SELECT count() AS n FROM {table} WHERE {where}") == [{"n": 0}]


def test_the_doctor_shows_no_secret(stack: Stack) -> None:
    secret = Keyring(stack.folder / "keys.json").add("acme", Scope.ADMIN)
    writer = (stack.folder / "writer.key").read_text().strip()
    shown = stack.run("doctor").stdout

    assert secret not in shown
    assert writer not in shown


def test_the_reader_returns_rows(stack: Stack) -> None:
    listen = f"127.0.0.1:{stack.query_port}"
    reader = Reader.of(load(None, {}, data=str(stack.folder), query__listen=listen))

    assert reader.rows("SELECT {x:String} AS x", param_x="a'b") == [{"x": "a'b"}]


def test_the_doctor_passes_a_stopped_fleetglass(stack: Stack) -> None:
    free = {name: f"127.0.0.1:{free_port()}" for name in ("RECEIVER_HTTP", "RECEIVER_GRPC")}
    others = {f"FLEETGLASS_{name}": address for name, address in free.items()}
    stopped = Stack(stack.folder.parent / "stopped", others)
    done = stopped.run("doctor")

    assert done.returncode == 0, done.stdout
    assert "not sent: no collector is running" in done.stdout


def test_all_commands_work_with_a_self_signed_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    pair = authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem
    pair.write_to_path(str(tmp_path / "pair.pem"))
    names = ("FLEETGLASS_RECEIVER_TLS_CERTIFICATE", "FLEETGLASS_RECEIVER_TLS_KEY")
    file = tmp_path / "a.pb"
    file.write_bytes(recorded("tls", 5))
    with running(tmp_path, **dict.fromkeys(names, str(tmp_path / "pair.pem"))) as stack:
        sent = stack.run("replay", str(file), "--rebase", "now")
        doctor = stack.run("doctor")
        asked = stack.run("query", "SELECT count() >= 5 FROM otel_traces", "--format", "TSV")

    assert (sent.stdout, sent.returncode) == ("5 spans sent\n", 0)
    assert doctor.returncode == 0, doctor.stdout
    assert "ok    tls " in doctor.stdout
    assert asked.stdout == "1\n"
