"""SQL returns every attribute as it was sent."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from kit.databases import opened, running_store, stored
from kit.otlp_rows import Row, rows
from kit.otlp_strategies import requests
from kit.places import RECORDED
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleetglass_collector.config import Retention
from fleetglass_collector.otlp.check import check
from fleetglass_collector.otlp.json_codec import from_json
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded spans beside the checkout")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        # A test's spans are of any time.
        store.command("SYSTEM STOP TTL MERGES otel_traces")
        yield store


def ordered(found: list[Row]) -> list[Row]:
    return sorted(found, key=lambda row: json.dumps(row, sort_keys=True))


# Shrinking would take minutes: every step is an insert.
@settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    batch=st.lists(requests, min_size=1, max_size=3),
    tenant=st.sampled_from(["default", "", "team a"]),
)
def test_any_request_comes_back_as_it_was_sent(
    store: Store, batch: list[ExportTraceServiceRequest], tenant: str
) -> None:
    found = stored(store, [check(r.SerializeToString()).body for r in batch], tenant=tenant)

    sent = [row for request in batch for row in rows(request, tenant=tenant)]
    assert ordered(found) == ordered(sent)


@recorded
@pytest.mark.parametrize("file", sorted(RECORDED.glob("*.pb")), ids=lambda file: file.name)
def test_a_frameworks_spans_come_back_as_they_were_sent(store: Store, file: Path) -> None:
    body = file.read_bytes()

    found = stored(store, [check(body).body])

    assert ordered(found) == ordered(rows(ExportTraceServiceRequest.FromString(body)))


@recorded
@pytest.mark.parametrize("file", sorted(RECORDED.glob("*.json")), ids=lambda file: file.name)
def test_json_stores_the_same_as_protobuf(store: Store, file: Path) -> None:
    found = stored(store, [check(from_json(file.read_bytes())).body])

    same = ExportTraceServiceRequest.FromString(file.with_suffix(".pb").read_bytes())
    assert ordered(found) == ordered(rows(same))
