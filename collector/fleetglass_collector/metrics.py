"""Numbers about ourselves, in Prometheus' text format."""

import bisect
import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One line, or several when `value` maps labels to numbers."""

    name: str
    kind: str
    doc: str
    value: float | dict[Labels, float]


class Counter:
    """Counts by labels, from any thread."""

    def __init__(self, name: str, doc: str) -> None:
        self._name, self._doc = name, doc
        self._counts: defaultdict[Labels, float] = defaultdict(float)
        self._lock = threading.Lock()

    def add(self, amount: float = 1, **labels: str) -> None:
        with self._lock:
            self._counts[tuple(labels.items())] += amount

    def sample(self) -> Sample:
        with self._lock:
            return Sample(self._name, "counter", self._doc, dict(self._counts))


@dataclass(slots=True)
class Histogram:
    name: str
    doc: str
    counts: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BUCKETS_S) + 1))
    total: float = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect.bisect_left(LATENCY_BUCKETS_S, seconds)] += 1
        self.total += seconds

    def lines(self) -> Iterator[str]:
        yield from _head(self.name, "histogram", self.doc)
        seen = 0
        for bound, count in zip((*LATENCY_BUCKETS_S, "+Inf"), self.counts, strict=True):
            seen += count
            yield f'{self.name}_bucket{{le="{bound}"}} {seen}'
        yield f"{self.name}_sum {self.total:.9g}"
        yield f"{self.name}_count {seen}"


def exposition(samples: Iterable[Sample], histograms: Iterable[Histogram]) -> bytes:
    lines = [line for sample in samples for line in _lines(sample)]
    lines += [line for histogram in histograms for line in histogram.lines()]
    return ("\n".join(lines) + "\n").encode()


def told_by_detectors(folder: Path) -> bytes:
    """What the detectors beside us last wrote of themselves: theirs is a process without a door."""
    # What several say of one metric stands together, and what it is stands there once.
    told: dict[str, list[str]] = {}
    for file in sorted(folder.glob("metrics-*.prom")):
        with contextlib.suppress(OSError):
            for line in file.read_text().splitlines():
                about = line.split(" ")[2] if line.startswith("#") else line.partition(" ")[0]
                lines = told.setdefault(about.partition("{")[0], [])
                if line not in lines:
                    lines.append(line)
    return "".join(f"{line}\n" for lines in told.values() for line in lines).encode()


def _lines(sample: Sample) -> Iterator[str]:
    yield from _head(sample.name, sample.kind, sample.doc)
    if isinstance(sample.value, dict):
        for labels, number in sample.value.items():
            inside = ",".join(f'{key}="{_escape(value)}"' for key, value in labels)
            yield f"{sample.name}{{{inside}}} {_number(number)}"
    else:
        yield f"{sample.name} {_number(sample.value)}"


def _head(name: str, kind: str, doc: str) -> Iterator[str]:
    yield f"# HELP {name} {doc}"
    yield f"# TYPE {name} {kind}"


def _number(value: float) -> str:
    # %g would round counters past six digits.
    return str(int(value)) if value == int(value) else repr(value)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
