"""Access: keys, tenants and TLS. Secrets are never logged."""

import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from kit.spans import EXPORT, request
from kit.stack import Stack, eventually, free_port, running
from kit.stack import request as http

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}
# A proxy adds this header: the client is on another machine, though the connection is local.
ELSEWHERE = {**PROTOBUF, "x-forwarded-for": "203.0.113.7"}


def add_key(stack: Stack, tenant: str, scope: str) -> str:
    made = stack.run("keys", "add", "--tenant", tenant, "--scope", scope)
    assert made.returncode == 0, made.stderr
    return next(word for word in made.stdout.split() if word.startswith("fg_"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    """A fleetglass with a key, so that everybody needs one."""
    with running(tmp_path_factory.mktemp("doors")) as stack:
        add_key(stack, "first", "read")
        yield stack


def test_spans_are_stored_under_the_tenant_of_the_key(shared: Stack) -> None:
    trace_id = os.urandom(16)
    key = add_key(shared, "acme", "ingest")
    body = request(trace_id=trace_id)
    headers = {**ELSEWHERE, "authorization": f"Bearer {key}"}
    code, _, _ = http(shared.http, "POST", "/v1/traces", body, headers)
    where = f"TraceId = '{trace_id.hex()}'"
    eventually(lambda: shared.count(where) == 1)

    [row] = shared.query(f"SELECT ResourceAttributes AS r FROM otel_traces WHERE {where}")
    assert (code, row["r"]["fleetglass.tenant"]) == (200, "acme")


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer fg_wrong"}])
def test_another_machine_without_a_valid_key_is_refused(
    shared: Stack, headers: dict[str, str]
) -> None:
    code, answer, _ = http(shared.http, "POST", "/v1/traces", request(), {**ELSEWHERE, **headers})

    assert (code, answer["www-authenticate"]) == (401, "Bearer")


def test_a_read_key_cannot_send_spans(shared: Stack) -> None:
    key = add_key(shared, "acme", "read")
    headers = {**ELSEWHERE, "x-fleetglass-key": key}

    assert http(shared.http, "POST", "/v1/traces", request(), headers)[0] == 401


def test_another_machine_needs_a_read_key_for_the_metrics(shared: Stack) -> None:
    codes = {
        scope: http(
            shared.http,
            "GET",
            "/metrics",
            b"",
            {**ELSEWHERE, "authorization": f"Bearer {add_key(shared, 'acme', scope)}"},
        )[0]
        for scope in ("read", "admin", "ingest")
    }

    assert codes == {"read": 200, "admin": 200, "ingest": 401}


def export(channel: Any, body: bytes, *metadata: tuple[str, str]) -> None:
    channel.unary_unary(EXPORT)(body, timeout=20, metadata=metadata)


def test_a_wrong_key_is_refused_over_grpc(shared: Stack) -> None:
    with (
        grpc.insecure_channel(f"127.0.0.1:{shared.grpc}") as channel,
        pytest.raises(grpc.RpcError) as refused,
    ):
        export(channel, request(), ("authorization", "Bearer fg_wrong"))

    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("address", ["RECEIVER_HTTP", "RECEIVER_GRPC", "QUERY_LISTEN"])
def test_up_refuses_an_address_open_to_other_machines_without_a_key(
    tmp_path: Path, address: str
) -> None:
    settings = {f"FLEETGLASS_{address}": f"0.0.0.0:{free_port()}"}
    refused = Stack(tmp_path / "data", settings).run("up")

    assert refused.returncode == 1
    assert "fleetglass keys add" in refused.stderr


def test_with_a_certificate_all_addresses_use_tls(tmp_path: Path) -> None:
    authority: Any = trustme.CA()
    authority.issue_cert("fleet.example").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "pair.pem")
    )
    pair = {
        "FLEETGLASS_RECEIVER_TLS_CERTIFICATE": str(tmp_path / "pair.pem"),
        "FLEETGLASS_RECEIVER_TLS_KEY": str(tmp_path / "pair.pem"),
    }
    context = ssl.create_default_context()
    context.check_hostname = False
    authority.configure_trust(context)
    named = [("grpc.ssl_target_name_override", "fleet.example")]
    root = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
    with running(tmp_path, **pair) as stack:
        for body in (request(2), request(3)):
            sent = urllib.request.Request(
                f"https://127.0.0.1:{stack.http}/v1/traces", body, PROTOBUF
            )
            assert urllib.request.urlopen(sent, context=context).status == 200
        with grpc.secure_channel(f"127.0.0.1:{stack.grpc}", root, named) as channel:
            export(channel, request(4))

        def stored() -> bool:
            url = f"https://127.0.0.1:{stack.query_port}/"
            sql = b"SELECT count() FROM otel_traces"
            try:
                return urllib.request.urlopen(url, sql, context=context).read() == b"9\n"
            except urllib.error.HTTPError:
                return False  # The tables do not exist yet.

        eventually(stored)


def test_no_key_password_or_content_is_logged(tmp_path: Path) -> None:
    with running(tmp_path) as stack:
        key = add_key(stack, "acme", "ingest")
        headers = {**ELSEWHERE, "authorization": f"Bearer {key}"}
        body = request(name="confidential-content")
        assert http(stack.http, "POST", "/v1/traces", body, headers)[0] == 200
        http(stack.http, "POST", "/v1/traces", body[:-3] + b"\xff\xff\xff", headers)
        http(stack.http, "POST", "/v1/traces", b"confidential-content", ELSEWHERE)
        http(stack.query_port, "POST", "/", b"SELECT 'confidential-content' FROM", {})
        eventually(stack.settled)
        secret = (stack.folder / "writer.key").read_text().strip()
    log = stack.log.read_text()

    assert "receiving OTLP" in log
    assert not [word for word in (key, secret, "confidential-content") if word in log]


def test_as_soon_as_there_is_a_key_everybody_on_this_machine_needs_one(shared: Stack) -> None:
    assert http(shared.http, "POST", "/v1/traces", request(), PROTOBUF)[0] == 401
    assert http(shared.http, "GET", "/metrics", b"", {})[0] == 401
    assert http(shared.http, "GET", "/healthz", b"", {})[0] == 200
    assert http(shared.api, "GET", "/v1/incidents", b"", {})[0] == 401
    code, _, body = http(shared.query_port, "POST", "/", b"SELECT 1", {})
    assert (code, b"everybody needs one" in body) == (401, True)
    with (
        grpc.insecure_channel(f"127.0.0.1:{shared.grpc}") as channel,
        pytest.raises(grpc.RpcError) as refused,
    ):
        export(channel, request())
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_the_owner_of_the_data_folder_needs_no_key(shared: Stack) -> None:
    for command in (["query", "SELECT 1"], ["incidents"], ["directives"], ["prices"], ["costs"]):
        done = shared.run(*command)
        assert done.returncode == 0, done.stderr
    doctor = shared.run("doctor")
    assert doctor.returncode == 0, doctor.stdout
    halted = shared.run("directives", "halt", "--agent", "busy")
    assert halted.returncode == 0, halted.stderr


def test_a_key_of_another_scope_cannot_act_or_read(shared: Stack) -> None:
    key = add_key(shared, "acme", "ingest")
    sent = {**JSON, "authorization": f"Bearer {key}"}
    halt = b'{"action": "halt", "agent": "a", "by": "ann"}'

    assert http(shared.api, "POST", "/v1/directives", halt, sent)[0] == 401
    assert http(shared.query_port, "POST", "/", b"SELECT 1", sent)[0] in (401, 403)


def test_an_admin_key_acts_for_its_own_tenant_only(shared: Stack) -> None:
    sent = {**JSON, "authorization": f"Bearer {add_key(shared, 'acme', 'admin')}"}
    halt = b'{"action": "halt", "agent": "a", "by": "ann", "tenant": "%s"}'

    assert http(shared.api, "POST", "/v1/directives", halt % b"acme", sent)[0] == 200
    assert http(shared.api, "POST", "/v1/directives", halt % b"other", sent)[0] == 401


@pytest.fixture(scope="module")
def keyless(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    with running(tmp_path_factory.mktemp("keyless")) as stack:
        yield stack


FOREIGN = [
    {"host": "rebound.example:8123"},
    {"host": "127.0.0.1.example"},
    {"host": "localhost.example"},
    {"origin": "https://page.example"},
    {"origin": "null"},
    {"x-forwarded-for": "203.0.113.7"},
    {"x-real-ip": "203.0.113.7"},
    {"forwarded": "for=203.0.113.7"},
    {"via": "1.1 proxy"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_what_may_not_come_from_this_machine_needs_a_key(
    keyless: Stack, headers: dict[str, str]
) -> None:
    reading = {**headers, "content-type": "text/plain"}
    assert http(keyless.query_port, "POST", "/", b"SELECT 1", reading)[0] == 401
    assert http(keyless.http, "POST", "/v1/traces", request(), {**PROTOBUF, **headers})[0] == 401
    assert http(keyless.api, "GET", "/v1/incidents", b"", headers)[0] == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "localhost:8123"},
        {"host": "[::1]:8123"},
        {"host": "172.17.0.1"},
        {"host": "fleet.localhost"},
        {"host": "host.docker.internal:4318"},
        {"origin": "http://localhost:3000"},
    ],
    ids=str,
)
def test_names_of_this_machine_need_no_key(keyless: Stack, headers: dict[str, str]) -> None:
    assert http(keyless.query_port, "POST", "/", b"SELECT 1", headers)[0] == 200
    assert http(keyless.http, "POST", "/v1/traces", request(), {**PROTOBUF, **headers})[0] == 200


def test_a_refusal_says_why(keyless: Stack) -> None:
    _, _, body = http(keyless.query_port, "POST", "/", b"SELECT 1", {"host": "rebound.example"})

    assert b"the request is for the host 'rebound.example'; use 127.0.0.1 or localhost" in body
    assert b"fleetglass keys add --tenant NAME --scope read" in body
