"""Looks for incidents in recordings, by way of a store of their own."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from fleetglass_collector.access.door import DEFAULT_TENANT
from fleetglass_collector.errors import Refusal
from fleetglass_collector.journal.record import Facts, frame
from fleetglass_collector.otlp.check import check
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_detectors.engine import listing
from fleetglass_detectors.engine.engine import Tapped, Watch
from fleetglass_detectors.engine.feed import recorded
from fleetglass_detectors.fleet import Fleet
from fleetglass_detectors.incidents.incident import Incident, iso, named, told
from fleetglass_server.processes.temporary import temporary_store
from fleetglass_server.recordings.progress import send_all
from fleetglass_server.recordings.replay import REQUEST_BYTES, Answer, Replay, Tally
from fleetglass_server.terminal import printable

SEGMENT_BYTES = 32 << 20


def incidents_of(
    files: Sequence[Path], fleet: Fleet, *, stage: Callable[[str], None]
) -> tuple[list[Incident], Tally]:
    """What a fleet's watch would have said of these files, and what could be read of them."""
    stage("starting a store")
    with temporary_store() as store:
        stage("reading")
        inserted = Inserted(store)
        replay = Replay(inserted, limit=REQUEST_BYTES)
        send_all(replay, files, quiet=True)
        inserted.flush()
        stage("settling whose each span is")
        with Settler.open(store) as settler:
            settler.settle()
        stage("watching")
        return watched(store, fleet), replay.tally


def watched(store: Store, fleet: Fleet) -> list[Incident]:
    database = Tapped(store)
    watch = Watch(database, listing.recorded(database), fleet=fleet, recorded=True)
    for batch in recorded(database):
        watch.look(batch)
    watch.finish()
    return sorted(watch.book, key=lambda incident: (incident.opened_ns, incident.id))


def lines(incidents: Iterable[Incident]) -> Iterator[str]:
    """A line of JSON for each."""
    return (json.dumps(_line(incident)) for incident in incidents)


def sentences(incidents: Sequence[Incident], spans: int) -> Iterator[str]:
    for incident in incidents:
        yield printable(f"{incident.severity:8}  {incident.subject.trace_id}  {incident.summary}")
    count = len(incidents)
    yield f"{count or 'no'} incident{'' if count == 1 else 's'} in {spans:,} spans"


def _line(incident: Incident) -> dict[str, Any]:
    return {
        "id": named(incident.id),
        "detector": incident.told_by[0],
        "kind": incident.told_by[1],
        "severity": incident.severity,
        "agent": incident.subject.agent,
        "run": incident.subject.trace_id,
        "opened_at": iso(incident.opened_ns),
        "updated_at": iso(incident.updated_ns),
        "spans": incident.harm.spans,
        "summary": incident.summary,
        "evidence": told(incident),
        "cost_usd": None if incident.harm.is_unpriced else round(incident.harm.cost, 6),
    }


class Inserted:
    """Takes requests as a receiver does, into a store that nobody else writes to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._number = 1
        self._frames: list[bytes] = []
        self._bytes = 0

    def __call__(self, body: bytes, /) -> Answer:
        try:
            checked = check(body)
        except Refusal as refusal:
            return Answer(status=refusal.reason.http, message=refusal.message)
        facts = Facts(
            tenant=DEFAULT_TENANT,
            segment=self._number,
            received_ns=time.time_ns(),
            spans=checked.spans,
            offset=0,
        )
        self._frames += frame(checked.body, facts)
        self._bytes += len(checked.body)
        # An insert takes a third of a second, however small.
        if self._bytes >= SEGMENT_BYTES:
            self.flush()
        return Answer(status=200, message=checked.message, rejected=checked.rejected)

    def flush(self) -> None:
        if self._frames:
            self._store.insert_segment(b"".join(self._frames), str(self._number))
        self._number += 1
        self._frames, self._bytes = [], 0
