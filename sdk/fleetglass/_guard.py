"""What ends a run from within: a budget; and from outside: a directive."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

from fleetglass import _pricing
from fleetglass._directives import Directives
from fleetglass._errors import BudgetExceeded, ConfigurationError, Halted
from fleetglass._run import Run

log = logging.getLogger("fleetglass")

OnExceeded = Literal["raise", "warn"] | Callable[[BudgetExceeded], object]
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one run of an agent may use, with all the agents that work for it.

    It is looked at before each step, so the step that goes beyond is the last one.
    """

    usd: float | None = None
    tokens: int | None = None
    steps: int | None = None
    """Calls of tools and models, and steps that are called so."""
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

    def exceeded(self, run: Run, *, depth: int) -> tuple[str, float, float] | None:
        """The first resource that is used up: name, used, limit."""
        used: tuple[tuple[str, float, float | None], ...] = (
            ("usd", run.usd, self.usd),
            ("tokens", run.tokens, self.tokens),
            ("steps", run.steps, self.steps),
            ("seconds", run.open_s, self.seconds),
            # These count what is about to begin, too.
            ("depth", depth - run.depth, self.depth),
            ("fan_out", run.children - 1, self.fan_out),
        )
        for name, amount, limit in used:
            if limit is not None and amount >= limit:
                return name, amount, limit
        return None


def check(run: Run | None, directives: Directives | None) -> float:
    """Let the next step begin, after so many seconds, or not at all.

    Nothing else in the SDK raises into the agent.
    """
    if run is None:
        return 0.0
    wait_s = 0.0
    for owner in run.chain():
        if owner.budget is not None:
            _check_budget(owner, owner.budget, depth=run.depth)
        # Who works for a halted agent is halted with it.
        if directives is not None and (directive := directives.of(owner.identity)) is not None:
            if directive.action == "halt":
                raise Halted(owner.identity.agent, directive.reason)
            wait_s = max(wait_s, directives.turn(directive))
    return min(LONGEST_WAIT_S, wait_s)


def _check_budget(run: Run, budget: Budget, *, depth: int) -> None:
    found = budget.exceeded(run, depth=depth)
    if found is None:
        return
    resource, used, limit = found
    error = BudgetExceeded(run.identity.agent, resource, used=used, limit=limit)
    if budget.on_exceeded == "raise":
        raise error
    # Once, and not before each of the steps that follow.
    if resource not in run.told:
        run.told += (resource,)
        _tell(error, budget.on_exceeded)


def _tell(error: BudgetExceeded, on_exceeded: OnExceeded) -> None:
    if callable(on_exceeded):
        on_exceeded(error)
    else:
        log.warning("%s", error)
