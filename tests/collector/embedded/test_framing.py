"""A request whose end is ambiguous is refused, and the connection ends."""

import contextlib
import socket
from collections.abc import Generator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.store_process import StoreProcess, store_process

HIDDEN = b"GET /?query=SELECT+12345 HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[StoreProcess]:
    with store_process(tmp_path_factory.mktemp("store")) as running:
        assert running.write("CREATE TABLE t (a UInt64) ENGINE = Memory").status == 200
        yield running


def answer_to(store: StoreProcess, sent: bytes, *, ends: bool = False) -> bytes:
    """Send raw bytes and return all that the store answers until it closes."""
    with socket.create_connection(("127.0.0.1", store.port), timeout=30) as client:
        with contextlib.suppress(OSError):
            client.sendall(sent)
            if ends:
                client.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(OSError):
            while piece := client.recv(65536):
                answer += piece
        return answer


def post(*headers: str, body: bytes = b"") -> bytes:
    head = "".join(f"{header}\r\n" for header in ("Host: localhost", *headers))
    return f"POST /?query=SELECT+1 HTTP/1.1\r\n{head}\r\n".encode() + body


@pytest.mark.parametrize(
    "sent",
    [
        post("Content-Length: x", body=HIDDEN),
        post("Content-Length: -1", body=HIDDEN),
        post("Content-Length: +5", body=HIDDEN),
        post("Content-Length: 1_0", body=HIDDEN),
        post("Content-Length: 5", "Content-Length: 6", body=HIDDEN),
        post("Content-Length: 0", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: chunked", "Content-Length: 5", body=b"0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding : chunked", body=b"0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: chunked", body=b"-1\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: chunked", body=b"+5\r\nhello\r\n0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: chunked", body=b"1_0\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: chunked", body=b"0x5\r\nhello\r\n0\r\n\r\n" + HIDDEN),
        post("Transfer-Encoding: chunked", body=b"5\r\nhelloX0\r\n\r\n" + HIDDEN),
        post("A: b\r\n c: folded", "Bad Name: x") + HIDDEN,
        b"POST /?query=SELECT+1 HTTP/1.1\r\n\r\n" + HIDDEN,
        b"not http at all\r\n\r\n" + HIDDEN,
        post(*(f"X-{n}: {'y' * 1000}" for n in range(200))) + HIDDEN,
    ],
)
def test_an_ambiguous_request_is_refused(store: StoreProcess, sent: bytes) -> None:
    answer = answer_to(store, sent)

    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501")), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"12345" not in answer
    assert b"connection: close" in answer.lower()


def test_requests_sent_together_are_answered_in_order(store: StoreProcess) -> None:
    one = b"GET /?query=SELECT+%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = answer_to(store, b"".join(one % number for number in (111, 222, 333)), ends=True)

    assert [answer.index(text) for text in (b"111", b"222", b"333")] == sorted(
        answer.index(text) for text in (b"111", b"222", b"333")
    )


def test_an_unread_body_does_not_become_a_request(store: StoreProcess) -> None:
    answer = answer_to(
        store,
        b"DELETE /?query=x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n" + HIDDEN,
    )

    assert answer.startswith(b"HTTP/1.1 405")
    assert b"12345" not in answer


def test_a_client_that_expects_100_continue_gets_it(store: StoreProcess) -> None:
    with socket.create_connection(("127.0.0.1", store.port), timeout=30) as client:
        client.sendall(
            post("Content-Length: 9", "Expect: 100-continue").replace(b"?query=SELECT+1", b"")
        )
        assert client.recv(4096).startswith(b"HTTP/1.1 100")
        client.sendall(b"SELECT 77")
        assert b"77" in client.recv(65536)


def test_an_http_1_0_client_gets_a_body_that_ends_with_the_connection(store: StoreProcess) -> None:
    answer = answer_to(store, b"GET /?query=SELECT+5+FROM+numbers(3) HTTP/1.0\r\n\r\n")

    assert answer.endswith(b"5\n5\n5\n")


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_no_input_stops_the_store(store: StoreProcess, sent: bytes) -> None:
    answer_to(store, sent, ends=True)

    assert store.get("/ping").status == 200
