"""The load generator: posts gzipped OTLP requests over a few connections, from its own process.

    python benchmarks/load.py PORT --requests 600 [--rate SPANS_PER_SECOND]

Prints one JSON line: spans, seconds, percentiles of the time to the acknowledgement. What is said
repeats after a while; the traces are new ones each time.
"""

import argparse
import gzip
import json
import pickle
import socket
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import payload

SPANS = 512
DISTINCT = 96
LEVEL = 1


def bodies() -> list[bytes]:
    """The requests, made once a machine: making them takes longer than sending them."""
    cache = Path(tempfile.gettempdir()) / f"fleetglass-load-{DISTINCT}-{time.strftime('%j')}.pickle"
    if not cache.exists():
        made = payload.requests(DISTINCT, spans=SPANS, start_ns=time.time_ns())
        cache.write_bytes(pickle.dumps([request.SerializeToString() for request in made]))
    return list(pickle.loads(cache.read_bytes()))


class Load:
    def __init__(self, port: int, path: str) -> None:
        self.latencies: list[float] = []
        self.refused = 0
        self._port = port
        self._head = (
            f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\n"
        )
        self._bodies = bodies()

    def run(self, *, requests: int, connections: int, rate: float) -> float:
        """Send, and return the seconds it took. With a rate, requests leave on schedule."""
        with ThreadPoolExecutor() as pool:
            ahead = [] if rate else list(pool.map(self._request, range(requests)))
        began = time.perf_counter()
        turns = iter(range(requests))
        lock = threading.Lock()

        def client() -> None:
            connection = socket.create_connection(("127.0.0.1", self._port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                with lock:
                    turn = next(turns, None)
                if turn is None:
                    return
                request = ahead[turn] if ahead else self._request(turn)
                due = began + turn * SPANS / rate if rate else time.perf_counter()
                time.sleep(max(0.0, due - time.perf_counter()))
                self._send(connection, request, due)

        threads = [threading.Thread(target=client) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began

    def _request(self, turn: int) -> bytes:
        lap, which = divmod(turn, len(self._bodies))
        body = self._bodies[which].replace(payload.MARK, lap.to_bytes(len(payload.MARK), "big"))
        packed = gzip.compress(body, LEVEL)
        head = f"{self._head}content-encoding: gzip\r\ncontent-length: {len(packed)}\r\n\r\n"
        return head.encode() + packed

    def _send(self, connection: socket.socket, request: bytes, due: float) -> None:
        while True:
            connection.sendall(request)
            answer = connection.recv(65536)
            if answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 202")):
                # From when it was due, so that a stall is charged to every request behind it.
                self.latencies.append(time.perf_counter() - due)
                return
            self.refused += 1
            if not answer.startswith((b"HTTP/1.1 429", b"HTTP/1.1 503")):
                raise SystemExit(f"unexpected answer: {answer[:200]!r}")
            time.sleep(0.05)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--path", default="/v1/traces")
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rate", type=float, default=0.0, help="spans a second; 0: all there is")
    options = parser.parse_args()
    load = Load(options.port, options.path)
    seconds = load.run(
        requests=options.requests, connections=options.connections, rate=options.rate
    )
    result = {
        "spans": options.requests * SPANS,
        "seconds": seconds,
        "refused": load.refused,
        **{f"p{share}": percentile(load.latencies, share / 100) for share in (50, 99)},
        "max": max(load.latencies),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
