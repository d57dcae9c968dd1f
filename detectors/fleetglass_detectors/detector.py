"""What every detector is: something that is given new spans, remembers, and speaks up."""

from collections.abc import Iterable
from typing import Any, Literal, Protocol, TypeAlias

from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import Batch

State: TypeAlias = Any
"""Numbers, text, bytes, None, and lists, tuples and dicts of those: a checkpoint can hold them, and
nothing in them can be run."""


class Detector(Protocol):
    """Its memory is bounded; its signals depend on the spans, and not on how they came.

    A span that comes late, twice or out of order changes nothing that it would not have changed in
    time. What is restored from a state goes on as if it had never stopped.
    """

    @property
    def name(self) -> str: ...

    @property
    def by(self) -> Literal["run", "agent"]:
        """Which spans it needs together, where several engines share the work."""
        ...

    def update(self, batch: Batch) -> Iterable[Signal]: ...
    def state(self) -> State: ...
    def restore(self, state: State) -> None: ...

    def keys(self) -> int:
        """How many subjects it remembers."""
        ...
