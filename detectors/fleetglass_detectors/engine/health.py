"""Metrics of the detectors themselves, in Prometheus' text format."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

Number = int | float

DOCS = {
    "lag_seconds": ("gauge", "Age of the oldest span that waits to be looked at."),
    "lag_spans": ("gauge", "Spans that are stored and wait to be looked at."),
    "spans_total": ("counter", "Spans looked at since the start."),
    "batches_total": ("counter", "Batches of spans since the start."),
    "signals_total": ("counter", "Signals, by detector."),
    "seconds_total": ("counter", "CPU seconds spent, by detector."),
    "failures_total": (
        "counter",
        "Batches on which a detector failed; the others kept running.",
    ),
    "keys": ("gauge", "Subjects that a detector remembers."),
    "runs_skipped_total": ("counter", "Runs whose texts were not compared, because time ran out."),
    "incidents": ("gauge", "Incidents that are open now."),
    "checkpoint_bytes": ("gauge", "Size of the last checkpoint."),
    "updated_timestamp_seconds": ("gauge", "When these numbers were written."),
}
PREFIX = "fleetglass_detect_"


class Health:
    def __init__(self, *, shard: str = "") -> None:
        """`shard` labels the numbers of one engine among several."""
        self._shard = shard
        self._plain: dict[str, Number] = {}
        self._by_detector: dict[str, Counter[str]] = {}

    def set(self, name: str, value: Number, *, detector: str = "") -> None:
        if detector:
            self._by_detector.setdefault(name, Counter())[detector] = value  # type: ignore[assignment]
        else:
            self._plain[name] = value

    def add(self, name: str, value: Number = 1, *, detector: str = "") -> None:
        numbers = self._by_detector.setdefault(name, Counter()) if detector else self._plain
        numbers[detector or name] = numbers.get(detector or name, 0) + value  # type: ignore[assignment]

    def get(self, name: str, *, detector: str = "") -> Number:
        if detector:
            return self._by_detector.get(name, Counter())[detector]
        return self._plain.get(name, 0)

    @contextmanager
    def timing(self, detector: str) -> Generator[None]:
        began = time.thread_time()
        try:
            yield
        finally:
            self.add("seconds_total", time.thread_time() - began, detector=detector)

    def exposition(self) -> str:
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        for name, (kind, doc) in DOCS.items():
            yield f"# HELP {PREFIX}{name} {doc}"
            yield f"# TYPE {PREFIX}{name} {kind}"
            if name in self._plain:
                yield f"{PREFIX}{name}{self._labels()} {self._plain[name]:.10g}"
            for detector, value in self._by_detector.get(name, Counter()).items():
                yield f"{PREFIX}{name}{self._labels(detector)} {value:.10g}"

    def _labels(self, detector: str = "") -> str:
        labels = {"shard": self._shard, "detector": detector}
        inside = ",".join(f'{name}="{value}"' for name, value in labels.items() if value)
        return f"{{{inside}}}" if inside else ""


class Board:
    """Publishes the numbers every few seconds."""

    def __init__(
        self,
        publish: Callable[[str], object],
        *,
        clock_ns: Callable[[], int],
        every_s: float = 2.0,
    ) -> None:
        """`publish` gets the numbers in Prometheus' text format."""
        self._publish = publish
        self._clock_ns = clock_ns
        self._every_s = every_s
        self._next = 0.0

    def is_due(self) -> bool:
        return self._clock_ns() / 1e9 >= self._next

    def show(self, health: Health) -> None:
        now = self._clock_ns() / 1e9
        self._next = now + self._every_s
        health.set("updated_timestamp_seconds", now)
        self._publish(health.exposition())
