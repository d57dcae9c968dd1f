"""Finds incidents in recordings, with the help of a temporary store."""

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
from fleetglass_detectors.engine.engine import TrackedDatabase, Watch
from fleetglass_detectors.engine.feed import recorded
from fleetglass_detectors.fleet import Fleet
from fleetglass_detectors.incidents.incident import Incident, evidence_of, hex_id, iso
from fleetglass_server.processes.temporary import TemporaryStore
from fleetglass_server.recordings.progress import send_all
from fleetglass_server.recordings.replay import REQUEST_BYTES, Answer, Replay, Tally
from fleetglass_server.recordings.tables import tables
from fleetglass_server.terminal import printable

SEGMENT_BYTES = 32 << 20


def incidents_of(
    temporary: TemporaryStore,
    files: Sequence[Path],
    *,
    fleet: Fleet,
    stage: Callable[[str], None],
) -> tuple[list[Incident], Tally]:
    """Return the incidents in these files, and a tally of what could be read."""
    stage("starting a store")
    with tables(temporary) as store:
        stage("reading")
        inserted = Inserted(store)
        replay = Replay(inserted, limit=REQUEST_BYTES)
        send_all(replay, files, quiet=True)
        inserted.flush()
        stage("finding the agent and the price of each span")
        with Settler.open(store) as settler:
            settler.settle()
        stage("running the detectors")
        return detect(store, fleet), replay.tally


def detect(store: Store, fleet: Fleet) -> list[Incident]:
    database = TrackedDatabase(store)
    watch = Watch(database, listing.recorded(database, fleet), fleet=fleet, recorded=True)
    for batch in recorded(database):
        watch.look(batch)
    watch.finish()
    return sorted(watch.book, key=lambda incident: (incident.opened_ns, incident.id))


def lines(incidents: Iterable[Incident]) -> Iterator[str]:
    """Return a line of JSON for each incident."""
    return (json.dumps(_line(incident)) for incident in incidents)


def sentences(incidents: Sequence[Incident], spans: int) -> Iterator[str]:
    """Return a line for people for each incident, and a last line with their number."""
    for incident in incidents:
        yield printable(f"{incident.severity:8}  {incident.subject.trace_id}  {incident.summary}")
    count = len(incidents)
    yield f"{count or 'no'} incident{'' if count == 1 else 's'} in {spans:,} spans"


def _line(incident: Incident) -> dict[str, Any]:
    return {
        "id": hex_id(incident.id),
        "detector": incident.source[0],
        "kind": incident.source[1],
        "severity": incident.severity,
        "agent": incident.subject.agent,
        "run": incident.subject.trace_id,
        "opened_at": iso(incident.opened_ns),
        "updated_at": iso(incident.updated_ns),
        "spans": incident.harm.spans,
        "summary": incident.summary,
        "evidence": evidence_of(incident),
        "cost_usd": None if incident.harm.is_unpriced else round(incident.harm.cost, 6),
    }


class Inserted:
    """Takes requests as a receiver does and inserts them into the temporary store."""

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
        # Even a small insert takes a third of a second.
        if self._bytes >= SEGMENT_BYTES:
            self.flush()
        return Answer(status=200, message=checked.message, rejected=checked.rejected)

    def flush(self) -> None:
        if self._frames:
            self._store.insert_segment(b"".join(self._frames), str(self._number))
        self._number += 1
        self._frames, self._bytes = [], 0
