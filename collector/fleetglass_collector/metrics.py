"""Numbers about ourselves, in Prometheus' text format."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, disable_created_metrics, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

DIRECTIVES_AGE = "fleetglass_directives_age_seconds"
LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

# When a counter was created is a series of its own for each one; nobody reads it.
disable_created_metrics()  # type: ignore[no-untyped-call]  # has no types


def refusals(name: str, registry: CollectorRegistry) -> Counter:
    """Count refused requests, by protocol and reason."""
    labels = ["protocol", "reason"]
    return Counter(name, "Requests refused, by reason.", labels, registry=registry)


def exposition(registry: CollectorRegistry) -> bytes:
    return generate_latest(registry)


class WrittenByDetectors(Collector):
    """What the detectors last wrote about themselves: their process has no listener."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def describe(self) -> list[Metric]:
        """Without this the registry would read the files to learn their names."""
        return []

    def collect(self) -> Iterator[Metric]:
        metrics: dict[str, Metric] = {}
        for file in sorted(self._folder.glob("metrics-*.prom")):
            # One that was cut short, or is of another program, hides no other.
            with contextlib.suppress(OSError, ValueError):
                for metric in [*text_string_to_metric_families(file.read_text())]:
                    if metric.name in metrics:
                        metrics[metric.name].samples.extend(metric.samples)
                    else:
                        metrics[metric.name] = metric
        yield from metrics.values()
