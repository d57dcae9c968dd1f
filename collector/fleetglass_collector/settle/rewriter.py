"""Writes rows again whose spans have new facts."""

from collections.abc import Callable, Iterator

import numpy as np

from fleetglass_collector.dialects.kinds import KINDS
from fleetglass_collector.dialects.own import (
    AGENT,
    CALLER,
    CONVERSATION,
    IDENTITY,
    REPEAT,
    RUN,
    SESSION,
    SETTLED,
    TARGET,
    WORKFLOW,
)
from fleetglass_collector.settle.ancestry import Indices
from fleetglass_collector.settle.resolve import Resolved
from fleetglass_collector.settle.row import (
    HEAD,
    NOTHING_HELD,
    UNCOUNTED,
    Row,
    merged,
    split,
)
from fleetglass_collector.settle.source import Rows
from fleetglass_collector.settle.spans import (
    HELD,
    KIND,
    REPORTED,
    WEIGHTS,
    Numbers,
    Spans,
    chosen,
)

NO_TEXT = b"\0"
# So many rows, old and new, fit into an insert and into memory.
PART_ROWS = 20_000


class Rewriter:
    """Makes rows that take back the old rows of spans, and the rows that replace them.

    The spans are those of whole traces. Changes are also made in the spans that were passed in.
    """

    def __init__(self, spans: Spans, read: Callable[[Spans], Rows]) -> None:
        self._spans = spans
        self._read = read
        self._rows: dict[int, Row] = {}

    def removed(self) -> bytes:
        """Return rows that take back spans that were delivered twice."""
        everything = np.arange(len(self._spans["key"]))
        self._fetch(everything)
        return b"".join(
            self._bytes(index, -1, int(self._spans["version"][index]) + 1, is_deleted=1)
            for index in everything.tolist()
            if index in self._rows
        )

    def settled(self, resolved: Resolved) -> Iterator[bytes]:
        """Yield the rows for spans with changed facts, in parts that are complete in themselves."""
        after = self._after(resolved)
        changed = np.zeros(len(self._spans["key"]), np.bool_)
        for name, column in after.items():
            changed |= column != self._spans[name]
        which = np.flatnonzero(changed)
        for start in range(0, len(which), PART_ROWS):
            yield self._part(which[start : start + PART_ROWS], after, resolved)

    def _part(self, which: Indices, after: Spans, resolved: Resolved) -> bytes:
        split.cache_clear()
        merged.cache_clear()
        which = self._kept(which, resolved)
        old = [self._bytes(i, -1, int(self._spans["version"][i])) for i in which.tolist()]
        for index in which.tolist():
            self._rewrite(index, resolved)
        for name, column in after.items():
            self._spans[name][which] = column[which]
        self._spans["version"][which] += np.uint64(1)
        self._spans["own"][which] = self._own(which, resolved)
        new = [self._bytes(i, 1, int(self._spans["version"][i])) for i in which.tolist()]
        return b"".join(old + new)

    def _kept(self, which: Indices, resolved: Resolved) -> Indices:
        """Fetch the rows and those they take texts from; leave out rows that are no longer kept."""
        sources = np.stack([column[which] for column in resolved.sources])
        self._fetch(np.union1d(which, sources[sources >= 0]))
        rows = np.array([-1, *self._rows], np.int64)
        return which[np.isin(which, rows) & np.isin(sources, rows).all(axis=0)]

    def _fetch(self, which: Indices) -> None:
        spans = chosen(self._spans, which)
        rows = self._read(spans)
        places = zip(spans["segment"].tolist(), spans["key"].tolist(), strict=True)
        self._rows = {
            index: rows[place]
            for index, place in zip(which.tolist(), places, strict=True)
            if place in rows
        }

    def _after(self, resolved: Resolved) -> Spans:
        """Return the columns that may change, with their right values."""
        spans = self._spans
        usage = np.where(resolved.counts | (spans["usage"] & REPORTED == 0), 0, HELD).astype(
            np.uint64
        )
        repeat = np.uint64(KIND["other"])
        return {
            "identity_now": self._identity(resolved.identity),
            "run_now": _taken(spans["run_own"], resolved.run, spans["run_now"]),
            "conversation_now": _taken(
                spans["conversation_own"], resolved.conversation, spans["conversation_now"]
            ),
            "workflow_now": _taken(spans["workflow_own"], resolved.workflow, spans["workflow_now"]),
            "caller_now": _taken(spans["agent"], resolved.caller, spans["caller_own"]),
            "target_now": _taken(spans["agent"], resolved.target, spans["target_own"]),
            "usage": (spans["usage"] & np.uint64(REPORTED)) | usage,
            "kind_now": np.where(resolved.is_repeat, repeat, spans["kind"]),
        }

    def _identity(self, source: Indices) -> Numbers:
        """Return each span's own identity, with what it leaves out taken from its agent."""
        identity = np.zeros(len(source), np.uint64)
        for name, weight in WEIGHTS.items():
            own = self._spans[name]
            identity += np.uint64(weight) * np.where(own != 0, own, own[source])
        return np.where(source >= 0, identity, self._spans["identity_now"])

    def _rewrite(self, index: int, resolved: Resolved) -> None:
        row = self._rows[index]
        if (source := int(resolved.identity[index])) >= 0:
            row.identity = merged(row.identity_own, self._rows[source].identity_own)
        row.context = self._context(row, index, resolved)
        if not self._spans["caller_own"][index]:
            row.caller = self._agent(int(resolved.caller[index]))
        if not self._spans["target_own"][index]:
            row.target = self._agent(int(resolved.target[index]))

    def _context(self, row: Row, index: int, resolved: Resolved) -> bytes:
        parts = list(split(row.context))
        sources = (resolved.run, resolved.conversation, resolved.workflow)
        for place, source in enumerate(int(column[index]) for column in sources):
            if source >= 0 and source != index:
                parts[place] = split(self._rows[source].context)[place]
        if resolved.conversation[index] == index and not self._spans["conversation_own"][index]:
            parts[1] = NO_TEXT
        return b"".join(parts)

    def _agent(self, index: int) -> bytes:
        return NO_TEXT if index < 0 else split(self._rows[index].identity_own)[0]

    def _own(self, which: Indices, resolved: Resolved) -> Numbers:
        """Return the bits of the span's own facts: its row now has facts of others too."""
        spans = self._spans
        kept = spans["conversation_own"][which] != 0
        kept &= resolved.conversation[which] == which
        # A conversation that an outer one has replaced is forgotten.
        spans["conversation_own"][which[~kept]] = 0
        own = np.full(len(which), SETTLED, np.uint64)
        own |= spans["own"][which] & np.uint64(AGENT | RUN)
        own |= np.where(kept, spans["own"][which] & np.uint64(SESSION), 0).astype(np.uint64)
        facts = {
            CONVERSATION: kept,
            WORKFLOW: spans["workflow_own"][which] != 0,
            TARGET: spans["target_own"][which] != 0,
            CALLER: spans["caller_own"][which] != 0,
            REPEAT: resolved.is_repeat[which],
        } | {bit: spans[name][which] != 0 for name, bit in IDENTITY.items()}
        for bit, has in facts.items():
            own |= np.where(has, bit, 0).astype(np.uint64)
        return own

    def _bytes(self, index: int, sign: int, version: int, *, is_deleted: int = 0) -> bytes:
        row = self._rows[index]
        is_held = int(self._spans["usage"][index]) & HELD
        kind = KINDS[int(self._spans["kind_now"][index])].encode()
        return b"".join(
            (
                HEAD.pack(sign, version, is_deleted),
                bytes([len(kind)]),
                kind,
                row.identity,
                row.context,
                UNCOUNTED if is_held else row.counted,
                row.caller,
                row.target,
                row.held if is_held else NOTHING_HELD,
                int(self._spans["own"][index]).to_bytes(2, "little"),
                row.rest,
            )
        )


def _taken(own: Numbers, source: Indices, now: Numbers) -> Numbers:
    return np.where(source >= 0, own[source], now)
