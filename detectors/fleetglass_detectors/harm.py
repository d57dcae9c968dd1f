"""The harm of an incident: what its run did and cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """What a run did and cost since the problem began."""

    spans: int = 0
    tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    actions: int = 0
    """Declared actions that change something, but reads and drafts."""
    harmful: tuple[tuple[str, int], ...] = ()
    """By class, the most first: what was done that cannot be taken back, as far as declared."""
    seconds: float = 0.0
    agents: tuple[str, ...] = ()
    first_step: int = 0
    last_step: int = 0
    span_names: tuple[tuple[int, str, str], ...] = ()
    """Spans of the first and the last cycle: key, id, and the name of what each called."""
    failed: int = 0
    """Steps that failed."""
    error: str = ""
    """The type of the error that most of them failed with."""
    last_new_ns: int = 0
    """When the last step before the problem began started."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Harm":
        """Return what `asdict` has turned into plain values, also if those became JSON."""
        names: list[list[Any]] = values["span_names"]
        harmful: list[list[Any]] = values.get("harmful", [])
        lists: dict[str, Any] = {
            "agents": tuple(values["agents"]),
            "span_names": tuple(map(tuple, names)),
            "harmful": tuple(map(tuple, harmful)),
        }
        return cls(**{**values, **lists})

    @property
    def cost_per_hour(self) -> float:
        # A rate measured over less than half a minute is mostly chance.
        return self.cost / max(self.seconds, 30.0) * HOUR_S

    @property
    def is_unpriced(self) -> bool:
        """Whether the cost is unknown, which is not the same as free."""
        return self.unpriced > 0 and self.cost == 0

    @property
    def tokens_per_hour(self) -> float:
        return self.tokens / max(self.seconds, 30.0) * HOUR_S
