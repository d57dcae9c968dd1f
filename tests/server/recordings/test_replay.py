import socket
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from kit.scripted_receiver import Receiver, Reply, partly, receiving
from kit.stack import free_port
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleetglass_collector.errors import StoreError
from fleetglass_collector.store.endpoint import Endpoint
from fleetglass_server.recordings.otlp_client import OtlpClient, Waiting
from fleetglass_server.recordings.replay import Replay, newest, shift

LARGE = 1 << 30


class Clock:
    """A clock that only sleep() moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver() -> Generator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def client(receiver: Receiver, clock: Clock) -> Generator[OtlpClient]:
    client = client_of(receiver.url, clock)
    yield client
    client.close()


def client_of(url: str, clock: Clock, *, key: str = "") -> OtlpClient:
    waiting = Waiting(sleep=clock.sleep, clock=lambda: clock.now, patience_s=60)
    return OtlpClient(Endpoint.at(url, port=4318).joined("v1/traces"), key=key, waiting=waiting)


def request(*names: str, size: int = 0, end_ns: int = 7) -> ExportTraceServiceRequest:
    """Make a request with one resource and scope for every two spans."""
    built = ExportTraceServiceRequest()
    for number, name in enumerate(names):
        if number % 2 == 0:
            resource = built.resource_spans.add(schema_url="r")
            resource.resource.attributes.add(key="service.name").value.string_value = name
            resource.scope_spans.add(schema_url="s").scope.name = "scope"
        span = (
            built.resource_spans[-1].scope_spans[0].spans.add(name=name, end_time_unix_nano=end_ns)
        )
        span.attributes.add(key="filler").value.string_value = "x" * size
    return built


def file_of(folder: Path, *requests: ExportTraceServiceRequest, name: str = "a.pb") -> Path:
    """Write a sequence of requests, each after its length in four bytes."""
    bodies = [built.SerializeToString() for built in requests]
    (folder / name).write_bytes(b"".join(len(body).to_bytes(4, "big") + body for body in bodies))
    return folder / name


def test_small_requests_are_sent_together_in_order(
    receiver: Receiver, client: OtlpClient, tmp_path: Path
) -> None:
    replay = Replay(client, limit=LARGE)
    replay.file(file_of(tmp_path, request("a"), request("b", "c"), request("d")))

    assert receiver.names == ["a", "b", "c", "d"]
    assert len(receiver.taken) == 1
    assert replay.tally.sent == 4
    assert replay.tally.clean


def test_no_request_is_larger_than_the_limit(
    receiver: Receiver, client: OtlpClient, tmp_path: Path
) -> None:
    names = [f"{number}" for number in range(50)]
    replay = Replay(client, limit=5000)
    replay.file(file_of(tmp_path, request(*names, size=500), request("end")))

    assert receiver.names == [*names, "end"]
    assert max(taken.ByteSize() for taken in receiver.taken) <= 5000
    assert len(receiver.taken) < 12


def test_a_split_request_keeps_its_resources_and_scopes(
    receiver: Receiver, client: OtlpClient, tmp_path: Path
) -> None:
    sent = request(*"abcdefgh", size=500)
    Replay(client, limit=700).file(file_of(tmp_path, sent))

    rows = [
        (resource.resource.attributes[0].value.string_value, resource.schema_url, scope.scope.name)
        for taken in receiver.taken
        for resource in taken.resource_spans
        for scope in resource.scope_spans
    ]
    assert receiver.names == list("abcdefgh")
    assert rows == [(name, "r", "scope") for name in "aacceegg"]


def test_the_key_is_sent_as_a_bearer_token_and_the_path_is_added(
    receiver: Receiver, clock: Clock, tmp_path: Path
) -> None:
    client = client_of(receiver.url, clock, key="fg_x")
    Replay(client, limit=LARGE).file(file_of(tmp_path, request("a")))
    client.close()

    assert receiver.headers[0]["authorization"] == "Bearer fg_x"
    assert receiver.paths == ["/v1/traces"]


@pytest.mark.parametrize("url", ["http://h", "http://h/", "http://h/v1/traces"])
def test_the_endpoint_may_include_the_path(url: str) -> None:
    assert str(Endpoint.at(url, port=4318).joined("v1/traces")) == "http://h:4318/v1/traces"


def test_the_client_waits_as_long_as_the_receiver_asks(
    receiver: Receiver, client: OtlpClient, clock: Clock, tmp_path: Path
) -> None:
    date = "Mon, 12 Jan 1970 13:46:44 GMT"  # four seconds after the clock's start
    receiver.script = [
        Reply(status=429, headers={"retry-after": "3"}),
        Reply(status=503, headers={"retry-after": "1"}),
        Reply(status=503),
        Reply(status=503, headers={"retry-after": "soon"}),
    ]
    replay = Replay(client, limit=LARGE)
    replay.file(file_of(tmp_path, request("a")))

    receiver.script = [Reply(status=503, headers={"retry-after": date})]
    clock.now = 1_000_000.0
    replay.file(file_of(tmp_path, request("b")))

    assert receiver.names == ["a", "b"]
    assert clock.slept == [3, 1, 1, 2, 4]
    assert replay.tally.clean


def test_the_client_gives_up_after_its_patience(
    receiver: Receiver, client: OtlpClient, tmp_path: Path
) -> None:
    receiver.decide = lambda _: Reply(status=503, body=b"full", headers={"retry-after": "9"})

    with pytest.raises(StoreError, match="answered 503: full"):
        Replay(client, limit=LARGE).file(file_of(tmp_path, request("a")))


def test_rejected_spans_are_counted_by_reason(
    receiver: Receiver, client: OtlpClient, tmp_path: Path
) -> None:
    receiver.script = [partly(2, "bad ids")]
    replay = Replay(client, limit=LARGE)
    replay.file(file_of(tmp_path, request(*"abc")))

    assert replay.tally.sent == 1
    assert replay.tally.rejected == {"bad ids": 2}
    assert not replay.tally.clean


def test_a_refused_request_is_halved_until_the_bad_span_is_alone(
    receiver: Receiver, client: OtlpClient, tmp_path: Path
) -> None:
    def refuse_one(sent: ExportTraceServiceRequest) -> Reply:
        bad = b"bcd" in sent.SerializeToString()
        return Reply(status=400, body=b"no c", headers={}) if bad else Reply()

    receiver.decide = refuse_one
    names = ["b", "x", "w", "bcd", "y"]
    replay = Replay(client, limit=LARGE)
    replay.file(file_of(tmp_path, request("a"), request(*names), request("z")))

    assert receiver.names == ["a", "b", "x", "w", "y", "z"]
    assert replay.tally.sent == 6
    assert replay.tally.failures == [
        f"{tmp_path}/a.pb, record 2 at byte {4 + request('a').ByteSize()}: "
        "the receiver answered 400: no c"
    ]


@pytest.mark.parametrize("status", [401, 403, 404, 415])
def test_a_refusal_that_concerns_every_request_ends_the_replay(
    status: int, receiver: Receiver, client: OtlpClient, tmp_path: Path
) -> None:
    receiver.decide = lambda _: Reply(status=status, body=b"no", headers={})

    with pytest.raises(StoreError, match=f"answered {status}: no"):
        Replay(client, limit=LARGE).file(file_of(tmp_path, request("a"), request("b")))


def test_an_unused_port_is_an_error_at_once(clock: Clock, tmp_path: Path) -> None:
    client = client_of(f"http://127.0.0.1:{free_port()}", clock)

    with pytest.raises(StoreError, match="connection refused"):
        Replay(client, limit=LARGE).file(file_of(tmp_path, request("a")))

    assert clock.slept == []


def test_a_server_that_does_not_speak_http_is_an_error_at_once(
    clock: Clock, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].close(), daemon=True)
        thread.start()
        client = client_of(f"http://127.0.0.1:{server.getsockname()[1]}", clock)
        with pytest.raises(StoreError):
            Replay(client, limit=LARGE).file(file_of(tmp_path, request("a")))
        thread.join()

    assert clock.slept == []


def test_a_damaged_file_does_not_stop_the_others(
    receiver: Receiver, client: OtlpClient, tmp_path: Path
) -> None:
    (tmp_path / "bad.pb").write_bytes(b"\xff" * 50)
    replay = Replay(client, limit=LARGE)
    replay.file(tmp_path / "bad.pb")
    replay.file(tmp_path / "none.pb")
    replay.file(file_of(tmp_path, request("a")))

    assert receiver.names == ["a"]
    assert replay.tally.failed == 2


def test_all_times_move_by_the_same_amount(
    receiver: Receiver, client: OtlpClient, tmp_path: Path
) -> None:
    first, second = request("a", end_ns=500), request("b", end_ns=900)
    span = first.resource_spans[0].scope_spans[0].spans[0]
    span.start_time_unix_nano = 400
    span.events.add(time_unix_nano=450)
    span.events.add()
    files = [file_of(tmp_path, first, name="1.pb"), file_of(tmp_path, second, name="2.pb")]
    replay = Replay(client, limit=LARGE, offset_ns=10_000 - newest(files))
    for file in files:
        replay.file(file)

    spans = [taken.resource_spans[0].scope_spans[0].spans[0] for taken in receiver.taken]
    assert [(s.start_time_unix_nano, s.end_time_unix_nano) for s in spans] == [
        (9500, 9600),
        (0, 10_000),
    ]
    assert [event.time_unix_nano for event in spans[0].events] == [9550, 0]


def test_damaged_files_are_skipped_when_looking_for_the_newest_span(tmp_path: Path) -> None:
    (tmp_path / "bad.pb").write_bytes(b"\xff" * 50)
    good = file_of(tmp_path, request("a", end_ns=5), request("b", end_ns=9), request("c", end_ns=7))

    assert newest([tmp_path / "bad.pb", good, tmp_path / "none.pb"]) == 9
    assert newest([tmp_path / "bad.pb"]) == 0


@pytest.mark.parametrize("offset", [-(1 << 62), (1 << 64) - 1])
def test_a_shifted_time_stays_in_range(offset: int) -> None:
    moved = request("a", end_ns=1 << 61)
    shift(moved, offset)

    end = moved.resource_spans[0].scope_spans[0].spans[0].end_time_unix_nano
    assert end == (1 if offset < 0 else (1 << 64) - 1)
