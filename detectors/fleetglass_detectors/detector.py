"""The contract of every detector: it gets new spans, keeps a state and yields signals."""

from collections.abc import Iterable
from typing import Any, Literal, Protocol, TypeAlias

from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import Batch

State: TypeAlias = Any
"""Numbers of up to 64 bits, text, bytes, None, and lists, tuples and dicts of those. A checkpoint
can hold them, and they contain no code. Lists come back as tuples. Arrays go in as bytes."""


class Detector(Protocol):
    """Its memory is bounded. Its signals depend on the spans, not on how the spans arrive.

    A span that arrives late, twice or out of order has the same effect as one that arrives once and
    in time. A detector restored from a state continues as if it had never stopped.
    `tests/detectors/test_laws.py` checks all this for every detector in `engine/listing.py`.
    """

    @property
    def name(self) -> str: ...

    @property
    def by(self) -> Literal["run", "agent"]:
        """Which spans must go to the same engine when several engines share the work."""
        ...

    def update(self, batch: Batch) -> Iterable[Signal]: ...
    def state(self) -> State: ...
    def restore(self, state: State) -> None: ...

    def keys(self) -> int:
        """How many subjects it remembers."""
        ...
