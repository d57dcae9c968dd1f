"""What one run may use."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

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

    if not TYPE_CHECKING:

        def __new__(cls, *values: object, **limits: object) -> "Budget":
            known = [field.name for field in fields(cls)]
            if values or limits.keys() - set(known):
                unknown = ", ".join(sorted(limits.keys() - set(known))) or "without a name"
                raise ConfigurationError(
                    f"a budget has no limit {unknown}; write Budget(usd=0.5): "
                    f"there are {', '.join(known)}"
                )
            return object.__new__(cls)

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "on_exceeded" and value is not None and not _is_limit(value):
                raise ConfigurationError(
                    f"a budget of {field.name} must be a number from 0 on, not {value!r}"
                )
        if self.usd is not None:
            _pricing.prepare()
        if not (self.on_exceeded in ("raise", "warn") or callable(self.on_exceeded)):
            raise ConfigurationError(
                f"on_exceeded is 'raise', 'warn' or a function, not {self.on_exceeded!r}"
            )


def _is_limit(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
