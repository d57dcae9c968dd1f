"""Runs the detectors: reads new spans, writes signals and incidents, saves checkpoints."""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np

from fleetglass_detectors.audit.entry import Event
from fleetglass_detectors.audit.log import Log
from fleetglass_detectors.database import Database
from fleetglass_detectors.detector import Detector, State
from fleetglass_detectors.engine import checkpoint
from fleetglass_detectors.engine.actions import Actions
from fleetglass_detectors.engine.checkpoint import Storage
from fleetglass_detectors.engine.feed import Feed
from fleetglass_detectors.engine.health import Board, Health
from fleetglass_detectors.engine.violations import FAMILY, event
from fleetglass_detectors.fleet import Fleet
from fleetglass_detectors.incidents.book import Book
from fleetglass_detectors.incidents.incident import Incident, identity, row, stamp
from fleetglass_detectors.incidents.lookup import harms, subjects
from fleetglass_detectors.incidents.orphans import orphans
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import SPAN, Batch
from fleetglass_detectors.subject import RUN, Subject

log = logging.getLogger(__name__)

# The shortest time between two checkpoints, and the largest share of the time spent on them.
CHECKPOINT_EVERY_S = 10.0
CHECKPOINT_SHARE = 0.05
# Detectors are called without spans too, so that they notice silence. A span takes about this long
# to arrive, so time is taken to be this much earlier than the clock says.
ARRIVAL_NS = 3_000_000_000
SIGNALS_KNOWN = 200_000
# How long a signal waits until the database knows whose run it is about.
PATIENCE_NS = 60_000_000_000


class TrackedDatabase:
    """A database that remembers whether its last call failed.

    So the engine can tell a detector's own error from an error of the database.
    """

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
    """The part of the fleet that one of several engines watches."""

    index: int = 0
    of: int = 1

    def has(self, incident: Incident) -> bool:
        """Return whether an incident belongs to this engine: a run by its number, others to 0."""
        part = incident.run % self.of if incident.subject.about == RUN else 0
        return part == self.index

    def of_batch(self, batch: Batch, key: str) -> Batch:
        if self.of == 1:
            return batch
        return batch.keep(batch.rows[key] % np.uint64(self.of) == np.uint64(self.index))


class Watch:
    """Gives each batch to each detector and turns their signals into incidents."""

    def __init__(
        self,
        database: TrackedDatabase,
        detectors: Sequence[Detector],
        *,
        fleet: Fleet | None = None,
        health: Health | None = None,
        shard: Shard | None = None,
        recorded: bool = False,
        log: Log | None = None,
    ) -> None:
        """`recorded`: incidents open at the time in the recording, not at the present time."""
        self._log = log
        self._recorded = recorded
        self.health = health or Health()
        self._fleet = fleet or Fleet()
        self.book = Book(self._fleet.critical)
        self._database = database
        self._detectors = detectors
        self._shard = shard or Shard()
        # By signal, whether `fleet.yaml` excuses it. Oldest first, so the oldest are dropped first.
        self._excused: dict[int, bool] = {}
        # Signals whose run was not found in the database yet, and since when.
        self._waiting: dict[int, tuple[Signal, int]] = {}

    def look(self, batch: Batch) -> list[Incident]:
        """Run all detectors on a batch; return the incidents that changed."""
        signals = [s for detector in self._detectors for s in self._signals_of(detector, batch)]
        self._record(signals, batch.now_ns)
        self.book.pass_time(batch.now_ns)
        due = self.book.due(batch.now_ns)
        changed = self.book.take_due(
            harms(self._database, due, self._fleet.autonomy) if due else {}, batch.now_ns
        )
        self._write("incidents_rows", [row(incident) for incident in changed])
        self.health.add("spans_total", len(batch.rows))
        self.health.add("batches_total")
        return changed

    def adopt(self, now_ns: int) -> int:
        """Take up the open incidents that the detectors have forgotten; return how many."""
        mine = [one for one in orphans(self._database, now_ns) if self._shard.has(one)]
        return self.book.adopt(mine)

    def finish(self) -> None:
        """Give each incident the harm that its run has done by the end of a recording."""
        self.book.finish(harms(self._database, [*self.book], self._fleet.autonomy))

    def state(self) -> State:
        return {
            "book": self.book.state(),
            "excused": self._excused.copy(),
            # As JSON, like the book: their evidence may hold lists.
            "waiting": json.dumps([(asdict(one), since) for one, since in self._waiting.values()]),
            "detectors": {detector.name: detector.state() for detector in self._detectors},
        }

    def restore(self, state: State) -> None:
        saved = cast(dict[str, Any], state)
        self.book.restore(saved["book"])
        self._excused = saved["excused"].copy()
        waiting = [(Signal.of(values), since) for values, since in json.loads(saved["waiting"])]
        self._waiting = {signal.id: (signal, since) for signal, since in waiting}
        for detector in self._detectors:
            if detector.name in saved["detectors"]:
                detector.restore(saved["detectors"][detector.name])

    def _signals_of(self, detector: Detector, batch: Batch) -> list[Signal]:
        try:
            with self.health.timing(detector.name):
                signals = list(detector.update(self._shard.of_batch(batch, detector.by)))
            self.health.set("keys", detector.keys(), detector=detector.name)
            return signals
        except Exception:
            if self._database.failed:
                raise
            # The others keep running. Each failure is counted; only the first is logged.
            if not self.health.get("failures_total", detector=detector.name):
                log.exception("detector %r failed; the other detectors keep running", detector.name)
            self.health.add("failures_total", detector=detector.name)
            return []

    def _record(self, signals: Sequence[Signal], now_ns: int) -> None:
        """Write the new signals and add all that are not excused to their incidents."""
        again, self._waiting = self._waiting, {}
        signals = [*signals, *(signal for signal, _ in again.values())]
        new = {signal.id: signal for signal in signals if signal.id not in self._excused}
        by_run = subjects(self._database, [*new.values()]) if new else {}
        rows: list[bytes] = []
        violations: list[Event] = []
        for signal in new.values():
            since_ns = again[signal.id][1] if signal.id in again else now_ns
            if signal.run not in by_run and now_ns - since_ns < PATIENCE_NS:
                # A replica may lag behind the one that had the spans.
                self._waiting[signal.id] = signal, since_ns
                continue
            subject = by_run.get(signal.run, Subject())
            excused = self._fleet.excuses(signal, agent=subject.agent, tool=subject.tool)
            self._remember(signal.id, excused=excused)
            if not excused:
                rows.append(_row(signal, subject, now_ns))
                violations += [event(signal, subject)] if signal.family == FAMILY else []
                self.health.add("signals_total", detector=signal.detector)
        for signal in signals:
            if signal.id not in self._waiting and not self._excused.get(signal.id):
                at_ns = signal.at_ns if self._recorded else now_ns
                self.book.add(signal, by_run.get(signal.run, signal.subject), at_ns)
        if self._log and violations:
            # After a restart the same spans are read again.
            self._log.write_once(self._database, violations)
        self._write("signals", rows)

    def _remember(self, id: int, *, excused: bool) -> None:
        self._excused[id] = excused
        if len(self._excused) > SIGNALS_KNOWN:
            del self._excused[next(iter(self._excused))]

    def _write(self, table: str, rows: Sequence[bytes]) -> None:
        if rows:
            self._database.insert(table, b"\n".join(rows))


class Engine:
    """Watches the spans as they arrive.

    When the database fails, its owner discards the engine and makes a new one, which continues from
    the last checkpoint.
    """

    def __init__(
        self,
        database: TrackedDatabase,
        watch: Watch,
        storage: Storage,
        *,
        board: Board,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._watch = watch
        self._storage = storage
        self._board = board
        self._clock_ns = clock_ns
        self._feed = Feed(database)
        self._now_ns = 0
        self._actions = Actions(database)
        self._save_at = time.monotonic() + CHECKPOINT_EVERY_S
        self._unsaved = False
        self._warned = False
        self._has_adopted = False

    def start(self) -> bool:
        """Continue from the checkpoint; return False if there is none that can be read."""
        content = self._storage.load()
        if content is None:
            return False
        state = cast(dict[str, Any] | None, checkpoint.decode(content))
        if state is None:
            log.warning(
                "%s: detection starts anew, without what it had learnt; the file is kept aside",
                checkpoint.fault(content),
            )
            self._storage.set_aside()
            return False
        self._feed.restore(state["feed"])
        self._watch.restore(state["watch"])
        self._now_ns = state["now_ns"]
        # A checkpoint of an earlier version has none.
        if "actions" in state:
            self._actions.restore(state["actions"])
        return True

    def step(self) -> int:
        """Process the next batch; return how many spans it had."""
        if not self._has_adopted:
            # Not in `start`: the database may not answer yet.
            self._adopt()
        self._apply_actions()
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
                self._publish()
        except OSError as error:
            # Detection goes on with a full disk. The age of the metrics shows that they are stale.
            self._save_at = time.monotonic() + CHECKPOINT_EVERY_S
            if not self._warned:
                log.warning(
                    "cannot write the checkpoint or the metrics: %s; detection continues",
                    error.strerror or error,
                )
            self._warned = True
        return len(batch.rows)

    def _adopt(self) -> None:
        if count := self._watch.adopt(self._clock_ns()):
            log.info("took up %d open incidents that no checkpoint knew", count)
        self._has_adopted = True

    def save(self) -> None:
        began = time.monotonic()
        state: State = {
            "feed": self._feed.state(),
            "watch": self._watch.state(),
            "now_ns": self._now_ns,
            "actions": self._actions.state(),
        }
        header, body = checkpoint.encode(state)
        self._storage.save(header, body)
        self._watch.health.set("checkpoint_bytes", len(body))
        self._unsaved = False
        took = time.monotonic() - began
        self._save_at = time.monotonic() + max(CHECKPOINT_EVERY_S, took / CHECKPOINT_SHARE)

    def _apply_actions(self) -> None:
        """Resolve and reopen the incidents that people resolved and reopened."""
        for action in self._actions.new():
            book = self._watch.book
            apply = book.resolve if action.action == "resolve" else book.reopen
            apply(action.incident, self._now_ns, by=action.by)

    def _publish(self) -> None:
        health = self._watch.health
        waiting, first = self._feed.waiting()
        health.set("lag_seconds", max(0, self._clock_ns() - first) / 1e9 if waiting else 0)
        health.set("lag_spans", waiting)
        health.set("incidents", sum(i.status == "open" for i in self._watch.book))
        self._board.show(health)


def _row(signal: Signal, subject: Subject, now_ns: int) -> bytes:
    line = {
        "id": signal.id,
        "at": stamp(signal.at_ns),
        "arrived": stamp(now_ns),
        "tenant": subject.tenant,
        "detector": signal.detector,
        "kind": signal.kind,
        "level": signal.level,
        "about": subject.about,
        "subject": subject.name,
        "agent": subject.agent,
        "trace_id": subject.trace_id,
        "run_id": subject.run_id,
        "score": signal.score,
        "since": stamp(signal.first_ns),
        "summary": signal.summary,
        "evidence": json.dumps(signal.evidence),
        "incident": identity(signal.family, signal.run),
    }
    return json.dumps(line).encode()
