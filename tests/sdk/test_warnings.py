"""Where no span arrives, the agent's author is told once what is wrong and what to do."""

import logging
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import grpc
import pytest
import trustme
from kit.scripted_receiver import Reply, receiving
from kit.sending import sending
from kit.stack import eventually, free_port

from fleetglass import ConfigurationError, _complaint, step
from fleetglass._settings import Settings

LOST = "fleetglass.loss"


@step
def work(text: str = "") -> None: ...


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "fleetglass" and record.levelno >= logging.WARNING
    ]


def told(caplog: pytest.LogCaptureFixture, endpoint: str) -> str:
    with sending(endpoint):
        work()
        eventually(lambda: bool(warnings(caplog)))
    (warning,) = warnings(caplog)
    return warning


def test_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()

    assert told(caplog, f"http://127.0.0.1:{port}") == (
        f"fleetglass: no spans reach http://127.0.0.1:{port}/v1/traces: connection refused. Is the "
        "collector running there? 'fleetglass up' starts one; FLEETGLASS_ENDPOINT names it."
    )


def test_an_unknown_host(caplog: pytest.LogCaptureFixture) -> None:
    warning = told(caplog, "http://collector.invalid:4318")

    assert "unknown host. Correct the host in FLEETGLASS_ENDPOINT." in warning


def test_https_to_a_port_without_tls(caplog: pytest.LogCaptureFixture) -> None:
    with receiving() as receiver:
        warning = told(caplog, f"https://127.0.0.1:{receiver.port}")

    assert "Write http:// instead of https://" in warning


def test_a_certificate_that_is_not_trusted(caplog: pytest.LogCaptureFixture) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                context.wrap_socket(server.accept()[0], server_side=True).close()

        threading.Thread(target=accept, daemon=True).start()
        warning = told(caplog, f"https://127.0.0.1:{server.getsockname()[1]}")

    assert "the certificate is not trusted. Set OTEL_EXPORTER_OTLP_CERTIFICATE" in warning


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=401), "401 Unauthorized. Set FLEETGLASS_KEY"),
        (Reply(status=403), "403 Forbidden. Set FLEETGLASS_KEY"),
        (Reply(status=404), "404 Not Found. Something else may answer there"),
        (Reply(status=302, headers={"location": "/login"}), "302 Found. Something else"),
        (Reply(body=b"<html>", headers={"content-type": "text/html"}), "200 a web page. Something"),
        (Reply(status=503), "503 Service Unavailable. The collector cannot store spans"),
    ],
)
def test_an_answer_that_takes_no_spans(
    caplog: pytest.LogCaptureFixture, reply: Reply, words: str
) -> None:
    with receiving() as receiver:
        receiver.plain = reply
        warning = told(caplog, receiver.url)

    assert words in warning
    assert f"{receiver.url}/v1/traces" in warning


def test_a_port_for_grpc(caplog: pytest.LogCaptureFixture) -> None:
    server = grpc.server(ThreadPoolExecutor(1))  # pyright: ignore[reportUnknownMemberType]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        warning = told(caplog, f"http://127.0.0.1:{port}")
    finally:
        server.stop(0)

    assert "It may be the port for gRPC. The SDK sends OTLP over HTTP: use port 4318." in warning


def test_the_warning_comes_once_an_hour(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(_complaint.time, "monotonic", lambda: now[0])
    complaint = _complaint.Complaint("http://localhost:4318")
    failure = _complaint.Failure(status=404, reason="Not Found")
    for minute in range(150):
        now[0] = 60.0 * minute
        complaint.failed(failure)

    assert len(warnings(caplog)) == 3


def test_a_restart_of_the_collector_is_no_news_but_an_outage_and_its_end_are(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(_complaint.time, "monotonic", lambda: now[0])
    complaint = _complaint.Complaint("http://localhost:4318")
    failure = _complaint.Failure(reason="connection refused")
    complaint.worked()
    for second in (1, 5, 10):
        now[0] = second
        complaint.failed(failure)
    complaint.worked()
    assert warnings(caplog) == []

    for second in (100, 110, 121):
        now[0] = second
        complaint.failed(failure)
    complaint.worked()
    assert len(warnings(caplog)) == 2
    assert "again" in warnings(caplog)[1]


def test_a_password_in_the_url_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    warning = told(caplog, f"http://me:s3cret@127.0.0.1:{free_port()}")

    assert "s3cret" not in warning


def test_the_address_of_traces_is_understood() -> None:
    with receiving() as receiver, sending(f"{receiver.url}/v1/traces/"):
        work()
        eventually(lambda: receiver.names == ["work"])

    assert receiver.paths == ["/v1/traces"]


@pytest.mark.parametrize(
    "variables",
    [
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:9/v1/traces"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:9"},
        {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:9/v1/traces",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://other:1",
        },
    ],
)
def test_opentelemetrys_variables_name_the_endpoint(variables: dict[str, str]) -> None:
    assert Settings.of(variables).endpoint == "http://c:9"


@pytest.mark.parametrize("endpoint", ["localhost:4318", "http://", "ftp://c", "http://c:port"])
def test_what_is_no_url_is_refused(endpoint: str) -> None:
    with pytest.raises(ConfigurationError, match="http://localhost:4318"):
        Settings.of({}, endpoint=endpoint)


def test_one_span_that_is_too_large_does_not_hold_up_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with receiving() as receiver:
        receiver.decide = lambda request: (
            Reply(status=413) if request.ByteSize() > 100_000 else Reply()
        )
        with sending(receiver.url, max_content=1_000_000) as fleet:
            for number in range(40):
                work("x" * (500_000 if number == 20 else 10))
            eventually(lambda: receiver.names.count("work") == 39)
            eventually(lambda: LOST in receiver.names)

            assert fleet.outlet.lost == {"refused": 1}

    (warning,) = warnings(caplog)
    assert "refused a span with 500" in warning
    assert "the other spans are sent" in warning
