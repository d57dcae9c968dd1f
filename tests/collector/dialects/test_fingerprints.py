"""Equal arguments, results and outputs have equal fingerprints in every run."""

import os
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from kit.agent_rows import Row, settled
from kit.databases import opened, running_store
from kit.frameworks.again import again
from kit.places import RECORDED
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded spans beside the checkout")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store


@recorded
@pytest.mark.parametrize("file", sorted(RECORDED.glob("*.pb")), ids=lambda file: file.stem)
def test_the_same_run_again_has_the_same_fingerprints(store: Store, file: Path) -> None:
    body = file.read_bytes()

    rows = settled(store, [body, again(body)])

    first, second = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    assert [fingerprints(row) for row in second] == [fingerprints(row) for row in first]


def fingerprints(row: Row) -> tuple[str, ...]:
    hashes = ("arguments_hash", "result_hash", "output_hash")
    return (row["name"], *(f"{name} {row[name]}" for name in hashes))


HIDDEN = ("__REDACTED__", "[REDACTED]", "<hidden>", '"***masked***"', "omitted due to policy")
SHOWN = ("", "__REDACTED__ but this is not", "the hidden door", "order 17")


@pytest.mark.parametrize("text", [*HIDDEN, *SHOWN])
def test_a_hidden_text_has_no_fingerprint(store: Store, text: str) -> None:
    """Or ten calls with hidden texts would be the same call ten times."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number, (kind, value) in enumerate((("TOOL", "input"), ("LLM", "output"))):
        start = time.time_ns()
        span = scope.spans.add(
            trace_id=os.urandom(16),
            span_id=os.urandom(8),
            name="search",
            start_time_unix_nano=start,
            end_time_unix_nano=start + 1 + number,
        )
        for name, said in (("openinference.span.kind", kind), (f"{value}.value", text)):
            span.attributes.add(key=name).value.string_value = said

    rows = settled(store, [request.SerializeToString()])

    has = {int(row["arguments_hash"]) + int(row["output_hash"]) > 0 for row in rows}
    assert has == {text in SHOWN[1:]}
