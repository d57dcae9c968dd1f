"""A bounded sample of a key's observations, by whole sessions, the same for every order.

Each session has a priority, a hash of its name and the seed. The sessions with the lowest
priorities are kept, as many as fit. Of a long session, at most `rows // sessions` observations are
kept, also chosen by hash, so that no session displaces the others. Which sessions are kept depends
only on their names: not on their order, on batches, or on a restart. A dropped session never comes
back, so this is a fair sample of the sessions.

Parameters: `rows` observations are kept at most, of `width` numbers each: rows * (24 + 8 width)
bytes, and about 100 a session.

Example: two sessions have room, three come.
    >>> sample = SessionSample(4, sessions=2, width=1, seed=7)
    >>> for session in ("a", "b", "c"):
    ...     for number in (1.0, 2.0):
    ...         sample.add(session, [number])
    >>> sample.rows, sample.sessions
    (4, 2)

Reference:
    Cohen, Kaplan: Summarizing data using bottom-k sketches (2007).
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import FloatArray, IntArray

LARGEST = 2**64
FIRST_ROWS = 16


class SampleState(TypedDict):
    table: npt.NDArray[np.void]
    sessions: npt.NDArray[np.uint64]
    seen: IntArray
    bar: int


class SessionSample:
    """Observations of one key.

    Args:
        rows: How many are kept at most.
        sessions: How many sessions there is room for at least.
        width: Numbers in an observation.
        seed: Decides which sessions are kept.
    """

    def __init__(self, rows: int, *, sessions: int, width: int, seed: int) -> None:
        if not 1 <= sessions <= rows or width < 1:
            raise ValueError(
                f"rows={rows!r}, sessions={sessions!r}, width={width!r}: "
                "expected 1 <= sessions <= rows, and a width of 1 or more"
            )
        self._most, self._share, self._width = rows, rows // sessions, width
        self._key = seed.to_bytes(8, "little", signed=True)
        kind = [("session", "u8"), ("chance", "u8"), ("place", "i8"), ("values", "f8", (width,))]
        self._table: npt.NDArray[np.void] = np.zeros(FIRST_ROWS, dtype=kind)
        self.rows = 0
        self._seen: dict[int, int] = {}
        self._bar = LARGEST

    @property
    def sessions(self) -> int:
        return len(self._seen)

    @property
    def nbytes(self) -> int:
        return self._table.nbytes + 100 * len(self._seen)

    def add(self, session: str, values: Sequence[float] | FloatArray) -> None:
        """Add an observation. One with a NaN is ignored."""
        row = np.asarray(values, dtype=np.float64)
        if row.shape != (self._width,):
            raise ValueError(f"shape {row.shape!r}: an observation has {self._width!r} numbers")
        priority = self._hash(session.encode(errors="surrogatepass"))
        if priority >= self._bar or bool(np.isnan(row).any()):
            return
        place = self._seen.get(priority, 0)
        self._seen[priority] = place + 1
        chance = self._hash(b"%d,%d" % (priority, place))
        where = self._room(priority, chance)
        if where is not None:
            self._table[where] = (priority, chance, place, row)
        if self.rows > self._most:
            self._drop()

    def values(self) -> tuple[FloatArray, IntArray]:
        """Return the observations, (rows, width), and the session number of each."""
        table = self._table[: self.rows]
        table = table[np.lexsort((table["place"], table["session"]))]
        _, numbers = np.unique(table["session"], return_inverse=True)
        return table["values"].copy(), numbers.astype(np.int64)

    def state(self) -> SampleState:
        return {
            "table": self._table[: self.rows].copy(),
            "sessions": np.array(list(self._seen), dtype=np.uint64),
            "seen": np.array(list(self._seen.values()), dtype=np.int64),
            "bar": self._bar,
        }

    def restore(self, state: SampleState) -> None:
        """Continue from a `state()` as if nothing had stopped."""
        table = state["table"]
        if table.dtype != self._table.dtype or len(table) > self._most:
            raise ValueError(
                f"state has {len(table)!r} rows of {table.dtype!r}, expected at most "
                f"{self._most!r} of {self._table.dtype!r}: restore with the same arguments"
            )
        self._table = np.zeros(max(FIRST_ROWS, len(table)), dtype=table.dtype)
        self._table[: len(table)] = table
        self.rows = len(table)
        self._seen = dict(zip(state["sessions"].tolist(), state["seen"].tolist(), strict=True))
        self._bar = state["bar"]

    def _hash(self, name: bytes) -> int:
        return int.from_bytes(blake2b(name, digest_size=8, key=self._key).digest(), "little")

    def _room(self, priority: int, chance: int) -> int | None:
        """Return the place of an observation; None if its session has its share already."""
        own = np.flatnonzero(self._table["session"][: self.rows] == np.uint64(priority))
        if own.size < self._share:
            if self.rows == len(self._table):
                self._table = np.concatenate([self._table, np.zeros_like(self._table)])
            self.rows += 1
            return self.rows - 1
        last = int(own[self._table["chance"][own].argmax()])
        return last if chance < int(self._table["chance"][last]) else None

    def _drop(self) -> None:
        self._bar = max(self._seen)
        del self._seen[self._bar]
        kept = self._table[: self.rows]
        kept = kept[kept["session"] != np.uint64(self._bar)]
        self._table[: len(kept)] = kept
        self.rows = len(kept)
