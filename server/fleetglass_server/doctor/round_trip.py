"""Checks a running collector: its backlog, and that a test span reaches the database."""

import http.client
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleetglass import conventions
from fleetglass_collector.access.door import authorization
from fleetglass_collector.config import Config
from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.endpoint import Endpoint, reason
from fleetglass_collector.store.reader import Reader
from fleetglass_server.doctor.check import Check
from fleetglass_server.recordings.otlp_client import OtlpClient, Waiting

POLL_S = 0.1
_SAMPLE = re.compile(r"^fleetglass_(\w+) (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Clocks, and how long a span may take to reach the database."""

    clock_ns: Callable[[], int] = time.time_ns
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    within_s: float = 15.0
    key: str = ""


def backlog(config: Config, patience: Patience) -> Check:
    try:
        now = _metrics(config, patience.key)
    except (OSError, http.client.HTTPException) as error:
        return Check.fail(
            "backlog", f"cannot read /metrics: {reason(error)}", "restart the collector"
        )
    waiting = f"{now.get('spans_waiting', 0):.0f} spans wait to be stored"
    if now.get("spans_unaccounted"):
        finding = "the counts of received and stored spans do not match"
        return Check.fail("backlog", finding, "report this bug with the output of /metrics")
    if failing := now.get("store_failing_seconds"):
        finding = f"{waiting}; the database has refused them for {failing:.0f} s"
        return Check.fail("backlog", finding, "the reason is in the collector's log")
    if files := now.get("quarantine_files"):
        finding = f"{waiting}; {files:.0f} damaged segments or records are in quarantine"
        advice = f"see the files and their reasons in {config.folder}/journal/quarantine"
        return Check.note("backlog", finding, advice)
    return Check.ok("backlog", waiting)


def span(config: Config, patience: Patience) -> Check:
    """Send a span and read it back with SQL."""
    trace = secrets.token_bytes(16)
    client = OtlpClient(
        _receiver(config).joined("v1/traces"),
        key=patience.key,
        waiting=Waiting(
            sleep=patience.sleep, clock=lambda: patience.clock_ns() / 1e9, patience_s=5.0
        ),
    )
    began = patience.monotonic()
    try:
        answer = client(_request(trace, patience.clock_ns()))
    except StoreError as error:
        advice = "free disk space, or restart the database; see 'backlog' below"
        return Check.fail("span", str(error), advice)
    finally:
        client.close()
    if answer.status != 200 or answer.rejected:
        finding = f"the collector answered {answer.status}: {answer.message}"
        advice = "set FLEETGLASS_KEY to a key with scope 'ingest', or see the collector's log"
        return Check.fail("span", finding, advice)
    return _wait(config, patience, trace=trace, began=began)


def _wait(config: Config, patience: Patience, *, trace: bytes, began: float) -> Check:
    reader, last = Reader.of(config), ""
    while (took := patience.monotonic() - began) < patience.within_s:
        try:
            rows = reader.rows(
                "SELECT count() AS n FROM otel_traces WHERE TraceId = {trace:String}",
                param_trace=trace.hex(),
            )
            if int(rows[0]["n"]):
                return Check.ok("span", f"sent, stored and read back in {took:.1f} s")
        except StoreError as error:
            last = f" ({error})"
        patience.sleep(POLL_S)
    return Check.fail(
        "span",
        f"accepted, but not in the database after {patience.within_s:g} s{last}",
        "it is safe in the journal; see 'backlog' below and the collector's log",
    )


def _receiver(config: Config) -> Endpoint:
    certificate = config.receiver.tls_certificate
    return Endpoint.of_listener(config.receiver.http, certificate=certificate)


def _metrics(config: Config, key: str) -> dict[str, float]:
    connection = _receiver(config).connect(timeout_s=10)
    try:
        headers = {"authorization": authorization(key)} if key else {}
        connection.request("GET", "/metrics", headers=headers)
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    return {name: float(value) for name, value in _SAMPLE.findall(text)}


def _request(trace: bytes, now_ns: int) -> bytes:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    name = resource.resource.attributes.add(key=conventions.SERVICE_NAME)
    name.value.string_value = conventions.PROBE_SERVICE
    scope = resource.scope_spans.add()
    scope.scope.name = conventions.PROBE_SERVICE
    scope.spans.add(
        trace_id=trace,
        span_id=secrets.token_bytes(8),
        name="doctor",
        start_time_unix_nano=now_ns,
        end_time_unix_nano=now_ns,
    )
    return request.SerializeToString()
