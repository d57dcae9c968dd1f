"""The journal's counts for /metrics: accepted = stored + waiting + quarantined, always."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from fleetglass_collector.journal import Journal
from fleetglass_collector.journal.quarantine import Quarantine
from fleetglass_collector.ship.shipper import Shipper

FAMILIES = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts(Collector):
    journal: Journal
    shipper: Shipper
    quarantine: Quarantine
    clock_ns: Callable[[], int]

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        for name, kind, doc, value in _rows(self):
            yield FAMILIES[kind](f"fleetglass_{name}", doc, value=value)


def _rows(accounts: Accounts) -> tuple[tuple[str, str, str, float], ...]:
    journal, quarantine = accounts.journal, accounts.quarantine
    state, progress = journal.state(), accounts.shipper.progress
    age_s = (accounts.clock_ns() - state.oldest_ns) / 1e9 if state.oldest_ns else 0.0
    failing = time.monotonic() - progress.failing_since if progress.failing_since else 0.0
    unaccounted = state.accepted - state.stored - state.waiting - state.quarantined
    return (
        ("spans_accepted_total", "counter", "Spans ever acknowledged.", state.accepted),
        ("spans_stored_total", "counter", "Spans confirmed by the database.", state.stored),
        ("spans_waiting", "gauge", "Spans in the journal, not stored yet.", state.waiting),
        ("spans_quarantined_total", "counter", "Spans in quarantine.", state.quarantined),
        ("spans_unaccounted", "gauge", "Spans missing from these counts: 0.", unaccounted),
        ("journal_bytes", "gauge", "Disk space that the journal takes.", state.waiting_bytes),
        ("journal_segments", "gauge", "Sealed segments waiting.", state.waiting_segments),
        ("journal_oldest_seconds", "gauge", "Age of the oldest span waiting.", max(0.0, age_s)),
        ("journal_torn_bytes", "gauge", "Bytes that the last start cut off.", state.torn_bytes),
        ("journal_commits_total", "counter", "Group commits.", state.commits),
        ("journal_failed_commits_total", "counter", "Commits that failed.", state.failed_commits),
        ("quarantine_files", "gauge", "Files in quarantine.", quarantine.files()),
        ("inserts_total", "counter", "Inserts confirmed.", progress.inserts),
        ("insert_failures_total", "counter", "Inserts to try again.", progress.failures),
        ("insert_seconds_total", "counter", "Time spent inserting.", progress.insert_seconds),
        ("store_failing_seconds", "gauge", "How long inserts have failed.", failing),
    )
