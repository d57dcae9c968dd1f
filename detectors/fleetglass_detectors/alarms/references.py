"""The references of all keys: warmed up, frozen, numbered, and replaced only on request.

    a new key                  warms up; until then its parents' reference stands in (cold start)
    300 observations from      freezes: from then on it never learns
      40 sessions
    a label never seen         opens a version of its own; the one before stands in, and a drift is
      (a declared change)      said to be explained by the release
    an operator accepts        opens a version of the same label; who and why are kept

Two labels at once (a canary) each have their own. Scoring changes nothing: only `observe` and
`rebaseline` do.

Parameters: `capacity` is the number of keys; the key without observations for longest is dropped
first. A key has `LABELS` labels; labels that still warm up are dropped first, so that new labels do
not replace known ones. A key takes at most 2 LABELS rows (24 + 8 width) bytes. Usually it has one
frozen version of about 300 rows, which is 5 kB at width 1 and 31 kB at width 12.

Example:
    >>> references = References(100, width=1, seed=1, needs=Warmth(observations=4, sessions=2))
    >>> for n in range(4):
    ...     frozen = references.observe("billing", f"run-{n % 2}", [0.5 + n], at_ns=n, label="v1")
    >>> frozen.values.ravel().tolist(), frozen.sessions.tolist()
    ([1.5, 3.5, 0.5, 2.5], [0, 0, 1, 1])
    >>> references.standing("billing", label="v1").basis
    'own'
    >>> references.standing("billing", label="v2").basis
    'previous'
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from fleetglass_detectors.alarms.evidence import FloatArray
from fleetglass_detectors.alarms.reference import Basis, Opening, Reference, Standing, Warmth
from fleetglass_detectors.alarms.sample import SessionSample

LABELS = 4
HISTORY = 16


@dataclass(slots=True, kw_only=True)
class _Warming:
    opening: Opening
    sample: SessionSample
    first_ns: int
    last_ns: int


@dataclass(slots=True, kw_only=True)
class _Line:
    """One label of one key: the version in use, and the one that is to follow it."""

    frozen: Reference | None = None
    warming: _Warming | None = None


@dataclass(slots=True, kw_only=True)
class _Book:
    versions: int = 0
    lines: dict[str, _Line] = field(default_factory=dict[str, _Line])
    history: list[Opening] = field(default_factory=list[Opening])

    def latest(self) -> Reference | None:
        frozen = [line.frozen for line in self.lines.values() if line.frozen is not None]
        return max(frozen, key=lambda reference: reference.opening.version, default=None)


class References:
    """References by key and label.

    Args:
        capacity: The most keys that are held.
        width: Numbers in an observation.
        seed: Decides which sessions of many are kept.
        needs: What it takes to freeze one.
    """

    def __init__(
        self, capacity: int, *, width: int, seed: int, needs: Warmth | None = None
    ) -> None:
        if capacity < 1:
            raise ValueError(f"capacity={capacity!r}: there must be room for at least one key")
        self._capacity, self._width, self._seed = capacity, width, seed
        self.needs = needs or Warmth()
        self._books: dict[str, _Book] = {}

    def __len__(self) -> int:
        return len(self._books)

    def __contains__(self, key: str) -> bool:
        return key in self._books

    def observe(
        self,
        key: str,
        session: str,
        values: Sequence[float] | FloatArray,
        *,
        at_ns: int,
        label: str = "",
    ) -> Reference | None:
        """Learn from an observation if the key still warms up; return a reference it completes."""
        line = self._line(key, label, at_ns)
        warming = line.warming
        if warming is None:
            return None
        warming.sample.add(session, values)
        warming.first_ns = min(warming.first_ns, at_ns)
        warming.last_ns = max(warming.last_ns, at_ns)
        if not self._warm(warming):
            return None
        rows, sessions = warming.sample.values()
        line.frozen = Reference(
            key=key, opening=warming.opening, frozen_ns=at_ns, values=rows, sessions=sessions
        )
        line.warming = None
        return line.frozen

    def standing(self, key: str, *, label: str = "", parents: Sequence[str] = ()) -> Standing:
        """Return what to compare with; `parents` are coarser keys, the nearest first."""
        book = self._books.get(key, _Book())
        line = book.lines.get(label, _Line())
        basis: Basis = "own" if line.frozen else "previous"
        reference = line.frozen or book.latest()
        if reference is None:
            reference, basis = self._of_parent(parents), "parent"
        warming = line.warming
        return Standing(
            reference=reference,
            basis=basis if reference else "none",
            label=label,
            pending=warming.opening if warming else None,
            observations=warming.sample.rows if warming else 0,
            sessions=warming.sample.sessions if warming else 0,
            needs=self.needs,
        )

    def rebaseline(self, key: str, *, who: str, why: str, at_ns: int, label: str = "") -> Opening:
        """Begin a new version of this label, because an operator accepts the present state.

        The one in use stays in use until the new one is warm, so that both can be seen.
        """
        if not who.strip() or not why.strip():
            raise ValueError(f"who={who!r}, why={why!r}: both are kept, so say both")
        if key not in self._books:
            raise ValueError(f"key={key!r} has never been observed: there is nothing to accept")
        line = self._line(key, label, at_ns)
        line.warming = self._open(self._books[key], label, at_ns, who=who, why=why)
        return line.warming.opening

    def history(self, key: str) -> tuple[Opening, ...]:
        """Return the last versions that were opened, and by whom, the oldest first."""
        return tuple(self._books[key].history) if key in self._books else ()

    def state(self) -> dict[str, Any]:
        return {key: _written(book) for key, book in self._books.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state()` as if nothing had stopped."""
        if len(state) > self._capacity:
            raise ValueError(
                f"state has {len(state)!r} keys, there is room for {self._capacity!r}: "
                "restore with the same capacity, or a larger one"
            )
        self._books = {key: self._read(key, book) for key, book in state.items()}

    def _line(self, key: str, label: str, at_ns: int) -> _Line:
        """The line of this key and label, now the last used; opened if there is none."""
        book = self._books.pop(key, None)
        if book is None:
            book = _Book()
            if len(self._books) >= self._capacity:
                del self._books[next(iter(self._books))]
        self._books[key] = book
        line = book.lines.pop(label, None)
        if line is None:
            _make_room(book)
            line = _Line(warming=self._open(book, label, at_ns))
        book.lines[label] = line
        return line

    def _of_parent(self, parents: Sequence[str]) -> Reference | None:
        coarser = (self._books[parent].latest() for parent in parents if parent in self._books)
        return next((reference for reference in coarser if reference is not None), None)

    def _open(
        self, book: _Book, label: str, at_ns: int, *, who: str = "", why: str = ""
    ) -> _Warming:
        book.versions += 1
        opening = Opening(version=book.versions, label=label, at_ns=at_ns, who=who, why=why)
        book.history = [*book.history, opening][-HISTORY:]
        return _Warming(opening=opening, sample=self._sample(), first_ns=at_ns, last_ns=at_ns)

    def _sample(self) -> SessionSample:
        return SessionSample(
            self.needs.rows, sessions=self.needs.sessions, width=self._width, seed=self._seed
        )

    def _warm(self, warming: _Warming) -> bool:
        return (
            warming.sample.rows >= self.needs.observations
            and warming.sample.sessions >= self.needs.sessions
            and warming.last_ns - warming.first_ns >= self.needs.span_ns
        )

    def _read(self, key: str, state: Mapping[str, Any]) -> _Book:
        history = [Opening(**opening) for opening in state["history"]]
        book = _Book(versions=state["versions"], history=history)
        for label, line in state["lines"].items():
            book.lines[label] = _Line()
            if line["frozen"] is not None:
                kept = dict(line["frozen"], opening=Opening(**line["frozen"]["opening"]))
                book.lines[label].frozen = Reference(key=key, **kept)
            if line["warming"] is not None:
                sample = self._sample()
                sample.restore(line["warming"]["sample"])
                opening = Opening(**line["warming"]["opening"])
                kept = dict(line["warming"], opening=opening, sample=sample)
                book.lines[label].warming = _Warming(**kept)
        return book


def _make_room(book: _Book) -> None:
    if len(book.lines) < LABELS:
        return
    # A key that declares a new version at every run must not lose its known references.
    cold = [label for label, line in book.lines.items() if line.frozen is None]
    del book.lines[next(iter(cold or book.lines))]


def _written(book: _Book) -> dict[str, Any]:
    return {
        "versions": book.versions,
        "history": [asdict(opening) for opening in book.history],
        "lines": {label: _line_written(line) for label, line in book.lines.items()},
    }


def _line_written(line: _Line) -> dict[str, Any]:
    frozen, warming = line.frozen, line.warming
    return {
        "frozen": frozen
        and {
            "opening": asdict(frozen.opening),
            "frozen_ns": frozen.frozen_ns,
            "values": frozen.values,
            "sessions": frozen.sessions,
        },
        "warming": warming
        and {
            "opening": asdict(warming.opening),
            "sample": warming.sample.state(),
            "first_ns": warming.first_ns,
            "last_ns": warming.last_ns,
        },
    }
