import gzip
import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleetglass_server.recordings import recording
from fleetglass_server.recordings.recording import Broken, Recorded, read

Join = Callable[[list[bytes]], bytes]


def request(name: str, *, spans: int = 1) -> ExportTraceServiceRequest:
    built = ExportTraceServiceRequest()
    scope = built.resource_spans.add().scope_spans.add()
    for number in range(spans):
        scope.spans.add(trace_id=b"t" * 16, span_id=bytes(7) + bytes([number + 1]), name=name)
    return built


def as_json(built: ExportTraceServiceRequest) -> dict[str, object]:
    document = MessageToDict(built)
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                span["traceId"], span["spanId"] = "74" * 16, "00" * 7 + "01"
    return document


def varint(number: int) -> bytes:
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(high) if high else bytes([low])


def by_varint(bodies: list[bytes]) -> bytes:
    return b"".join(varint(len(body)) + body for body in bodies)


def by_fixed(bodies: list[bytes]) -> bytes:
    return b"".join(struct.pack(">I", len(body)) + body for body in bodies)


def names(file: Path) -> list[str]:
    """Return the name of each request's first span; <reason> for a record that is broken."""
    return [
        f"<{item.reason}>"
        if isinstance(item, Broken)
        else item.request.resource_spans[0].scope_spans[0].spans[0].name
        for item in read(file)
    ]


def places(file: Path) -> list[str]:
    return [item.place.removeprefix(str(file)) for item in read(file)]


@pytest.mark.parametrize("zip", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.pb", request("a").SerializeToString(), ["a"]),
        ("a.pb", by_varint([request(n).SerializeToString() for n in "ab"]), ["a", "b"]),
        ("a.pb", by_fixed([request(n).SerializeToString() for n in "ab"]), ["a", "b"]),
        ("a.json", json.dumps(as_json(request("a"))).encode(), ["a"]),
        ("a.json", json.dumps(as_json(request("a")), indent=1).encode(), ["a"]),
        ("a.json", b"\n".join(json.dumps(as_json(request(n))).encode() for n in "ab"), ["a", "b"]),
        (
            "a.jsonl",
            b"\n\n".join(json.dumps(as_json(request(n))).encode() for n in "ab"),
            ["a", "b"],
        ),
    ],
)
def test_every_format_is_read(
    zip: Callable[[bytes], bytes], name: str, content: bytes, expected: list[str], tmp_path: Path
) -> None:
    file = tmp_path / (name + (".gz" if zip is gzip.compress else ""))
    file.write_bytes(zip(content))

    assert names(file) == expected


@pytest.mark.parametrize("join", [by_varint, by_fixed])
@given(lengths=st.lists(st.integers(0, 300), min_size=1, max_size=5))
def test_one_request_is_never_mistaken_for_a_sequence_or_the_reverse(
    join: Join, lengths: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    bodies = [request("n" * length).SerializeToString() for length in lengths]
    folder = tmp_path_factory.mktemp("files")
    (folder / "one.pb").write_bytes(bodies[0])
    (folder / "many.pb").write_bytes(join(bodies))

    assert names(folder / "one.pb") == ["n" * lengths[0]]
    assert names(folder / "many.pb") == ["n" * length for length in lengths]


@pytest.mark.parametrize("second", [b"", request("b").SerializeToString()])
def test_a_sequence_that_begins_with_a_request_of_ten_bytes_is_recognised(
    second: bytes, tmp_path: Path
) -> None:
    ten = ExportTraceServiceRequest()
    ten.resource_spans.add(schema_url="123456")
    file = tmp_path / "a.pb"
    file.write_bytes(by_varint([ten.SerializeToString(), second]))

    items = list(read(file))

    assert ten.ByteSize() == 10
    assert [item.request.ByteSize() for item in items if isinstance(item, Recorded)] == [
        10,
        len(second),
    ]


def test_a_request_whose_first_part_has_ten_bytes_is_recognised(tmp_path: Path) -> None:
    one = ExportTraceServiceRequest()
    one.resource_spans.add(schema_url="12345678")
    one.resource_spans.add().MergeFrom(request("b").resource_spans[0])
    file = tmp_path / "a.pb"
    file.write_bytes(one.SerializeToString())

    assert one.resource_spans[0].ByteSize() == 10
    assert [item.request for item in read(file) if isinstance(item, Recorded)] == [one]


def test_a_bad_line_does_not_stop_the_others(tmp_path: Path) -> None:
    good = json.dumps(as_json(request("a")))
    file = tmp_path / "a.jsonl"
    file.write_text(f"{good}\nnonsense\n\n[]\n{{}}\n{good}\n")

    assert [name for name in names(file) if "<" not in name] == ["a", "a"]
    assert places(file) == [f", line {number}" for number in (1, 2, 4, 5, 6)]


def test_a_bad_record_does_not_stop_the_others(tmp_path: Path) -> None:
    good = request("a").SerializeToString()
    file = tmp_path / "a.pb"
    file.write_bytes(by_varint([good, b"nonsense", good]))

    assert names(file) == ["a", "<not an OTLP trace request>", "a"]
    assert places(file)[1] == f", record 2 at byte {len(good) + 1}"


@pytest.mark.parametrize("cut", [1, 5])
@pytest.mark.parametrize("join", [by_varint, by_fixed])
def test_the_complete_records_of_a_cut_off_sequence_are_read(
    join: Join, cut: int, tmp_path: Path
) -> None:
    file = tmp_path / "a.pb"
    file.write_bytes(join([request(n).SerializeToString() for n in "ab"])[:-cut])

    assert names(file) == ["a", "<the file is cut short here, or is not OTLP>"]


def test_the_beginning_of_a_cut_off_gzip_file_is_read(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(as_json(request(f"{n}"))) for n in range(2000)).encode()
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(lines)[:-2000])

    first_names = names(file)

    assert first_names[:3] == ["0", "1", "2"]
    assert "<" in first_names[-1]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"x", "the name must end in"),
        ("a.pb", b"", "the file is empty"),
        ("a.pb", b"\xff" * 100, "cut short here, or is not OTLP"),
        ("a.pb", b"\x0a\xff\xff\xff\xff\x01", "not an OTLP trace request"),
        ("a.json", b"{", "not OTLP/JSON"),
        ("a.json", b"\xff\xfe", "not OTLP/JSON"),
        ("a.json", b'{"resourceLogs": []}', "there is no 'resourceSpans'"),
        ("a.jsonl", b'{"resourceSpans": 3}', "not OTLP/JSON"),
        ("a.json.gz", b"\x1f\x8b\x08", ""),
        ("a.json.gz", b"\x1f\x8b" + bytes(50), ""),
    ],
)
def test_a_file_that_is_not_a_recording_is_broken(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)

    assert [type(item) for item in read(tmp_path / name)] == [Broken]
    assert reason in names(tmp_path / name)[0]


def test_a_file_that_cannot_be_opened_is_broken(tmp_path: Path) -> None:
    assert names(tmp_path / "none.pb") == ["<No such file or directory>"]
    assert names(tmp_path) == ["<Is a directory>"]


def test_a_line_that_is_too_long_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LARGEST_RECORD", 1000)
    lines = [json.dumps(as_json(request(name))) for name in ("a", "b" * 5000, "c")]
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(lines))

    assert names(file) == ["a", "<the request is larger than 1000 bytes>", "c"]
    assert places(file) == [", line 1", ", line 2", ", line 3"]


def test_progress_is_reported_in_bytes_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.pb"
    file.write_bytes(by_varint([request(n).SerializeToString() for n in "abc"]))
    positions: list[int] = []

    assert len(list(read(file, positions.append))) == 3
    assert positions == sorted(positions)
    assert positions[-1] == file.stat().st_size


@given(
    content=st.binary(max_size=200),
    suffix=st.sampled_from([".pb", ".json", ".jsonl", ".pb.gz"]),
)
def test_any_bytes_are_recorded_or_broken(
    content: bytes, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("files") / f"a{suffix}"
    file.write_bytes(content)

    assert all(isinstance(item, Recorded | Broken) for item in read(file))
