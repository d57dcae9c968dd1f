"""Mutated and random bodies: nothing breaks, no garbage is accepted, all good spans are kept."""

import gzip
import http.client
import json
import os
import random
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import zstandard
from google.protobuf.json_format import MessageToJson
from kit.spans import request
from kit.stack import eventually, running
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

BODIES = 10_000
GOOD_EVERY = 50
PROTOBUF, JSON = "application/x-protobuf", "application/json"

Packer = Callable[[bytes], bytes]
PACKERS: dict[str, Packer] = {
    "identity": bytes,
    "gzip": lambda body: gzip.compress(body, 1),
    "deflate": lambda body: zlib.compress(body, 1),
    "zstd": zstandard.ZstdCompressor(1).compress,
}


def mutate(body: bytes, rng: random.Random) -> bytes:
    """Flip, cut, insert, repeat or replace bytes, a few times, at random places."""
    data = bytearray(body)
    for _ in range(rng.randint(1, 4)):
        place, other = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        kind = rng.randrange(5)
        if kind == 0 and data:
            data[min(place, len(data) - 1)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[place:other]
        elif kind == 2:
            data[place:place] = rng.randbytes(rng.randrange(20))
        elif kind == 3:
            data[place:place] = data[place:other]
        else:
            data[place:] = rng.randbytes(min(len(data) - place, 30))
    return bytes(data)


def sample(rng: random.Random, seeds: dict[str, bytes]) -> tuple[bytes, str, str]:
    kind = rng.choice((PROTOBUF, JSON))
    body = rng.randbytes(rng.randrange(200)) if rng.random() < 0.1 else mutate(seeds[kind], rng)
    encoding = rng.choice(list(PACKERS))
    packed = PACKERS[encoding](body)
    # Sometimes damage the compressed bytes too.
    return (mutate(packed, rng) if rng.random() < 0.2 else packed), kind, encoding


def test_ten_thousand_bad_bodies_break_nothing(tmp_path: Path) -> None:
    rng = random.Random(7)
    good = request(3)
    as_json = MessageToJson(ExportTraceServiceRequest.FromString(good), indent=0)
    seeds = {PROTOBUF: good, JSON: json.dumps(json.loads(as_json)).encode()}
    codes: Counter[int] = Counter()
    kept: list[str] = []
    with running(tmp_path) as stack:
        connection = http.client.HTTPConnection("127.0.0.1", stack.http, timeout=30)
        for index in range(BODIES):
            body, kind, encoding = sample(rng, seeds)
            headers = {"content-type": kind, "content-encoding": encoding}
            if index % GOOD_EVERY == 0:
                trace_id = os.urandom(16)
                kept.append(trace_id.hex())
                body, headers = request(3, trace_id=trace_id), {"content-type": PROTOBUF}
            connection.request("POST", "/v1/traces", body, headers)
            answer = connection.getresponse()
            answer.read()
            codes[answer.status] += 1
            assert index % GOOD_EVERY or answer.status == 200
        connection.close()
        eventually(stack.settled)
        metrics = stack.metrics()
        kept_spans = stack.count(f"TraceId IN {tuple(kept)}")
        stored = stack.query("SELECT count() AS n FROM otel_traces")[0]["n"]

    assert set(codes) <= {200, 400, 413}
    assert codes[400] > BODIES / 3
    assert kept_spans == 3 * len(kept)
    assert metrics["fleetglass_spans_quarantined_total"] == 0
    assert metrics["fleetglass_spans_unaccounted"] == 0
    assert metrics["fleetglass_spans_accepted_total"] == metrics["fleetglass_spans_stored_total"]
    # The database deletes spans whose mutated time is outside the retention.
    assert int(stored) <= metrics["fleetglass_spans_stored_total"]
