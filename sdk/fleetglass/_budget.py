"""What one run may use."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

from fleetglass import _pricing
from fleetglass._errors import BudgetExceeded, ConfigurationError

OnExceeded = Literal["raise", "warn"] | Callable[[BudgetExceeded], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The limits of one run of an agent, together with all agents that work for it.

    It is looked at before each step, so the step that goes beyond is the last one.
    """

    usd: float | None = None
    tokens: int | None = None
    steps: int | None = None
    """Calls of tools and models, and `step` blocks."""
    seconds: float | None = None
    depth: int | None = None
    """How deep agents may call agents; this one is the first."""
    fan_out: int | None = None
    """How many agents it may call itself."""
    on_exceeded: OnExceeded = "raise"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and not value >= 0:
                raise ConfigurationError(f"a budget of {field.name} is 0 or more, not {value!r}")
        if self.usd is not None:
            _pricing.prepare()
        if not (self.on_exceeded in ("raise", "warn") or callable(self.on_exceeded)):
            raise ConfigurationError(
                f"on_exceeded is 'raise', 'warn' or a function, not {self.on_exceeded!r}"
            )
