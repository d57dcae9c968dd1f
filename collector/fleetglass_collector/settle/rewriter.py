"""Writes rows anew where what is known of their spans has changed."""

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np

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
from fleetglass_collector.settle.spans import (
    AGENT,
    CALLER,
    CONVERSATION,
    HELD,
    IDENTITY,
    KIND,
    KINDS,
    PIECES,
    REPEAT,
    RUN,
    SESSION,
    SETTLED,
    TARGET,
    TOLD,
    WORKFLOW,
    Numbers,
    Spans,
)

NO_TEXT = b"\0"
# Of so many rows an insert and our memory can hold the old and the new.
PART_ROWS = 20_000


class Rewriter:
    """Makes the rows that take back what was said of spans and say it anew.

    Spans and rows are those of whole traces; what changes, changes in both.
    """

    def __init__(self, spans: Spans, rows: list[bytes]) -> None:
        self._spans = spans
        self._rows = rows
        self._apart: dict[int, Row] = {}

    def removed(self, which: Indices) -> bytes:
        """Rows that take back spans which were told twice."""
        return b"".join(
            self._row(index, -1, int(self._spans["version"][index]) + 1, is_deleted=1)
            for index in which.tolist()
        )

    def settled(self, resolved: Resolved) -> Iterator[bytes]:
        """Rows for what is now known otherwise than before, in parts that stand for themselves."""
        after = self._after(resolved)
        changed = np.zeros(len(self._rows), np.bool_)
        for name, column in after.items():
            changed |= column != self._spans[name]
        which = np.flatnonzero(changed)
        for start in range(0, len(which), PART_ROWS):
            yield self._part(which[start : start + PART_ROWS], after, resolved)

    def _part(self, which: Indices, after: Spans, resolved: Resolved) -> bytes:
        self._apart.clear()
        split.cache_clear()
        merged.cache_clear()
        old = [self._row(i, -1, int(self._spans["version"][i])) for i in which.tolist()]
        for index in which.tolist():
            self._rewrite(index, resolved)
        for name, column in after.items():
            self._spans[name][which] = column[which]
        self._spans["version"][which] += np.uint64(1)
        self._spans["own"][which] = self._own(which, resolved)
        new = [self._row(i, 1, int(self._spans["version"][i])) for i in which.tolist()]
        return b"".join(old + new)

    def _after(self, resolved: Resolved) -> Spans:
        """The columns that may change, as they should be."""
        spans = self._spans
        usage = np.where(resolved.counts | (spans["usage"] & TOLD == 0), 0, HELD).astype(np.uint64)
        repeat = np.uint64(KIND["other"])
        return {
            "identity_now": self._identities(resolved),
            "run_now": _told(spans["run_own"], resolved.run, spans["run_now"]),
            "conversation_now": _told(
                spans["conversation_own"], resolved.conversation, spans["conversation_now"]
            ),
            "workflow_now": _told(spans["workflow_own"], resolved.workflow, spans["workflow_now"]),
            "caller_now": _told(spans["agent"], resolved.caller, spans["caller_own"]),
            "target_now": _told(spans["agent"], resolved.target, spans["target_own"]),
            "usage": (spans["usage"] & np.uint64(TOLD)) | usage,
            "kind_now": np.where(resolved.is_repeat, repeat, spans["kind"]),
        }

    def _identities(self, resolved: Resolved) -> Numbers:
        """For each span a number that stands for its identity, merged with its agent's."""
        spans, source = self._spans, resolved.identity
        own, now = spans["identity_own"], spans["identity_now"]
        # What came together with the agent right above it has that one's identity already.
        together = (spans["version"] == 0) & (spans["own"] & SETTLED != 0)
        told = np.flatnonzero((source >= 0) & ~(together & (source == resolved.parent)))
        mixed = own[told] * np.uint64(3) ^ own[source[told]] * np.uint64(5) ^ now[told]
        _, first, group = np.unique(mixed, return_index=True, return_inverse=True)
        numbers = [
            self._merge(int(told[index]), int(source[told[index]])) for index in first.tolist()
        ]
        result = now.copy()
        result[told] = np.array(numbers, np.uint64)[group]
        return result

    def _merge(self, index: int, source: int) -> int:
        row = self._taken(index)
        identity = merged(row.identity_own, self._taken(source).identity_own)
        if identity == row.identity:
            return int(self._spans["identity_now"][index])
        return int.from_bytes(blake2b(identity, digest_size=8).digest(), "little")

    def _rewrite(self, index: int, resolved: Resolved) -> None:
        row = self._taken(index)
        if (source := int(resolved.identity[index])) >= 0:
            row.identity = merged(row.identity_own, self._taken(source).identity_own)
        row.context = self._context(row, index, resolved)
        if not self._spans["caller_own"][index]:
            row.caller = self._agent(int(resolved.caller[index]))
        if not self._spans["target_own"][index]:
            row.target = self._agent(int(resolved.target[index]))
        for piece, content in zip(PIECES, row.pieces, strict=True):
            self._spans[f"{piece}_length"][index] = len(content)
        self._rows[index] = b"".join(row.pieces)

    def _context(self, row: Row, index: int, resolved: Resolved) -> bytes:
        parts = list(split(row.context))
        sources = (resolved.run, resolved.conversation, resolved.workflow)
        for place, source in enumerate(int(told[index]) for told in sources):
            if source >= 0 and source != index:
                parts[place] = split(self._taken(source).context)[place]
        return b"".join(parts)

    def _agent(self, index: int) -> bytes:
        return NO_TEXT if index < 0 else split(self._taken(index).identity_own)[0]

    def _own(self, which: Indices, resolved: Resolved) -> Numbers:
        """Which facts are the span's own, now that its row says more than that."""
        spans = self._spans
        kept = spans["conversation_own"][which] != 0
        kept &= resolved.conversation[which] == which
        # What an outer conversation took the place of is forgotten.
        spans["conversation_own"][which[~kept]] = 0
        own = np.full(len(which), SETTLED, np.uint64)
        own |= spans["own"][which] & np.uint64(AGENT | RUN)
        own |= np.where(kept, spans["own"][which] & np.uint64(SESSION), 0).astype(np.uint64)
        for bit, has in (
            (CONVERSATION, kept),
            (WORKFLOW, spans["workflow_own"][which] != 0),
            (TARGET, spans["target_own"][which] != 0),
            (CALLER, spans["caller_own"][which] != 0),
            (REPEAT, resolved.is_repeat[which]),
        ):
            own |= np.where(has, bit, 0).astype(np.uint64)
        fields = [self._own_fields(index) for index in which.tolist()]
        return own | np.array(fields, np.uint64)

    def _own_fields(self, index: int) -> int:
        own = split(self._taken(index).identity_own)
        return sum(bit for bit, text in zip(IDENTITY, own, strict=True) if text != b"\0")

    def _row(self, index: int, sign: int, version: int, *, is_deleted: int = 0) -> bytes:
        row = self._taken(index)
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

    def _taken(self, index: int) -> Row:
        """A row in pieces; who writes a piece changes it for all who ask."""
        if index not in self._apart:
            lengths = [int(self._spans[f"{piece}_length"][index]) for piece in PIECES]
            self._apart[index] = Row.of(self._rows[index], lengths)
        return self._apart[index]


def _told(own: Numbers, source: Indices, now: Numbers) -> Numbers:
    return np.where(source >= 0, own[source], now)
