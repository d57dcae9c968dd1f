"""Runs the detectors: new spans in, signals and incidents out, and what is known kept on disk."""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from fleetglass_detectors.database import Database
from fleetglass_detectors.detector import Detector, State
from fleetglass_detectors.engine.checkpoint import Checkpoint
from fleetglass_detectors.engine.feed import Feed
from fleetglass_detectors.engine.health import Board, Health
from fleetglass_detectors.fleet import Fleet
from fleetglass_detectors.incidents.book import Book
from fleetglass_detectors.incidents.incident import Incident, identity, row, stamp
from fleetglass_detectors.incidents.lookup import harms, subjects
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import SPAN, Batch
from fleetglass_detectors.subject import Subject

log = logging.getLogger(__name__)

# A checkpoint at most so often, and never more than this share of the time.
CHECKPOINT_EVERY_S = 10.0
CHECKPOINT_SHARE = 0.05
# Without spans time passes too: what is silent is noticed then. Spans need so long to get here.
ARRIVAL_NS = 3_000_000_000
SIGNALS_KNOWN = 200_000


class Tapped:
    """The database, and whether it was that which failed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.failed = False

    def query(
        self, sql: str, *, fmt: str = "JSONEachRow", parameters: Mapping[str, Any] | None = None
    ) -> bytes:
        self.failed = True
        answer = self._database.query(sql, fmt=fmt, parameters=parameters)
        self.failed = False
        return answer

    def insert(self, table: str, rows: bytes, *, fmt: str = "JSONEachRow", token: str = "") -> None:
        self.failed = True
        self._database.insert(table, rows, fmt=fmt, token=token)
        self.failed = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The part of the fleet that one of several engines looks after."""

    index: int = 0
    of: int = 1

    def of_batch(self, batch: Batch, key: str) -> Batch:
        if self.of == 1:
            return batch
        return batch.keep(batch.rows[key] % np.uint64(self.of) == np.uint64(self.index))


class Watch:
    """Gives each batch to each detector, and gathers what they say into incidents."""

    def __init__(
        self,
        database: Tapped,
        detectors: Sequence[Detector],
        *,
        fleet: Fleet | None = None,
        health: Health | None = None,
        shard: Shard | None = None,
        recorded: bool = False,
    ) -> None:
        """In a recording what is found opens when it was certain, and not when it is looked at."""
        self._recorded = recorded
        self.health = health or Health()
        self._fleet = fleet or Fleet()
        self.book = Book(self._fleet.critical)
        self._database = database
        self._detectors = detectors
        self._shard = shard or Shard()
        # Whether what was told is excused; in the order of time, so that the oldest go first.
        self._known: dict[int, bool] = {}

    def look(self, batch: Batch) -> list[Incident]:
        """Return the incidents that changed."""
        signals = [signal for detector in self._detectors for signal in self._ask(detector, batch)]
        self._hear(signals, batch.now_ns)
        self.book.pass_time(batch.now_ns)
        due = self.book.due(batch.now_ns)
        changed = self.book.told(harms(self._database, due) if due else {}, batch.now_ns)
        self._write("incidents_rows", [row(incident) for incident in changed])
        self.health.add("spans_total", len(batch.rows))
        self.health.add("batches_total")
        return changed

    def finish(self) -> None:
        """Bring up to date what a recording ends with."""
        self.book.finish(harms(self._database, [*self.book]))

    def state(self) -> State:
        return {
            "book": self.book.state(),
            "known": self._known.copy(),
            "detectors": {detector.name: detector.state() for detector in self._detectors},
        }

    def restore(self, state: State) -> None:
        held = cast(dict[str, Any], state)
        self.book.restore(held["book"])
        self._known = held["known"]
        for detector in self._detectors:
            if detector.name in held["detectors"]:
                detector.restore(held["detectors"][detector.name])

    def _ask(self, detector: Detector, batch: Batch) -> list[Signal]:
        try:
            with self.health.timing(detector.name):
                found = list(detector.update(self._shard.of_batch(batch, detector.by)))
            self.health.set("keys", detector.keys(), detector=detector.name)
            return found
        except Exception:
            if self._database.failed:
                raise
            # One that fails takes no other with it; it is seen in the metrics, and here once.
            if not self.health.get("failures_total", detector=detector.name):
                log.exception("detector %r failed; the others go on", detector.name)
            self.health.add("failures_total", detector=detector.name)
            return []

    def _hear(self, signals: Sequence[Signal], now_ns: int) -> None:
        new = [signal for signal in signals if signal.id not in self._known]
        whose = subjects(self._database, new) if new else {}
        rows: list[bytes] = []
        for signal in new:
            subject = whose.get(signal.run, Subject())
            excused = self._fleet.excuses(signal, agent=subject.agent, tool=subject.tool)
            self._remember(signal.id, excused=excused)
            if not excused:
                rows.append(_row(signal, subject, now_ns))
                self.health.add("signals_total", detector=signal.detector)
        for signal in signals:
            if not self._known.get(signal.id):
                at_ns = signal.at_ns if self._recorded else now_ns
                self.book.hear(signal, whose.get(signal.run, signal.subject), at_ns)
        self._write("signals", rows)

    def _remember(self, id: int, *, excused: bool) -> None:
        self._known[id] = excused
        if len(self._known) > SIGNALS_KNOWN:
            del self._known[next(iter(self._known))]

    def _write(self, table: str, rows: Sequence[bytes]) -> None:
        if rows:
            self._database.insert(table, b"\n".join(rows))


class Engine:
    """A watch over what arrives. Where the database fails it is thrown away and made anew."""

    def __init__(
        self,
        database: Tapped,
        watch: Watch,
        checkpoint: Checkpoint,
        *,
        board: Board,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._database = database
        self._watch = watch
        self._checkpoint = checkpoint
        self._board = board
        self._clock_ns = clock_ns
        self._feed = Feed(database)
        self._now_ns = 0
        self._acted_at = ""
        self._save_at = time.monotonic() + CHECKPOINT_EVERY_S
        self._unsaved = False
        self._complained = False

    def start(self) -> bool:
        """Go on from the checkpoint; False where there is none that can be used."""
        state = cast(dict[str, Any] | None, self._checkpoint.load())
        if state is None:
            return False
        self._feed.restore(state["feed"])
        self._watch.restore(state["watch"])
        self._now_ns = state["now_ns"]
        self._acted_at = state["acted_at"]
        return True

    def step(self) -> int:
        """Look at the next batch; return how many spans it had."""
        self._heed()
        batch = self._feed.next()
        if batch is None:
            batch = Batch(rows=np.empty(0, SPAN), now_ns=self._clock_ns() - ARRIVAL_NS)
        self._now_ns = max(self._now_ns, batch.now_ns)
        self._watch.look(Batch(rows=batch.rows, now_ns=self._now_ns))
        self._unsaved |= len(batch.rows) > 0
        try:
            if time.monotonic() >= self._save_at and self._unsaved:
                self.save()
            if self._board.is_due():
                self._tell()
        except OSError as error:
            # A full disk is no reason to stop watching; the numbers' age tells of it.
            self._save_at = time.monotonic() + CHECKPOINT_EVERY_S
            if not self._complained:
                log.warning("cannot write what is known: %s; watching on", error.strerror or error)
            self._complained = True
        return len(batch.rows)

    def save(self) -> None:
        began = time.monotonic()
        state: State = {
            "feed": self._feed.state(),
            "watch": self._watch.state(),
            "now_ns": self._now_ns,
            "acted_at": self._acted_at,
        }
        self._watch.health.set("checkpoint_bytes", self._checkpoint.save(state))
        self._unsaved = False
        took = time.monotonic() - began
        self._save_at = time.monotonic() + max(CHECKPOINT_EVERY_S, took / CHECKPOINT_SHARE)

    def _heed(self) -> None:
        """Do what people said: what is over, and what is not, changes what is to be watched."""
        since = f"'{self._acted_at}'" if self._acted_at else "toDateTime64(0, 6, 'UTC')"
        answer = self._database.query(
            "SELECT incident, action, by, toString(at) AS acted FROM incident_actions "
            f"WHERE at > {since} AND action IN ('resolve', 'reopen') ORDER BY at"
        )
        for said in map(json.loads, answer.splitlines()):
            book = self._watch.book
            act = book.resolve if said["action"] == "resolve" else book.reopen
            act(int(said["incident"]), self._now_ns, by=said["by"])
            self._acted_at = said["acted"]

    def _tell(self) -> None:
        health = self._watch.health
        waiting, first = self._feed.waiting()
        health.set("lag_seconds", max(0, self._clock_ns() - first) / 1e9 if waiting else 0)
        health.set("lag_spans", waiting)
        health.set("incidents", sum(i.stand == "open" for i in self._watch.book))
        self._board.show(health)


def _row(signal: Signal, whose: Subject, now_ns: int) -> bytes:
    line = {
        "id": signal.id,
        "at": stamp(signal.at_ns),
        "arrived": stamp(now_ns),
        "tenant": whose.tenant,
        "detector": signal.detector,
        "kind": signal.kind,
        "level": signal.level,
        "about": whose.about,
        "subject": whose.name,
        "agent": whose.agent,
        "trace_id": whose.trace_id,
        "run_id": whose.run_id,
        "score": signal.score,
        "since": stamp(signal.first_ns),
        "summary": signal.summary,
        "evidence": json.dumps(signal.evidence),
        "incident": identity(signal.family, signal.run),
    }
    return json.dumps(line).encode()
