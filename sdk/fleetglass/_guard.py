"""Checks before each step whether a run may go on: its budget and its directives."""

import logging

from fleetglass._budget import Budget, OnExceeded
from fleetglass._directives import Directive, Directives
from fleetglass._errors import BudgetExceeded, Halted
from fleetglass._run import Run

log = logging.getLogger("fleetglass")

LONGEST_WAIT_S = 60.0


def check(run: Run | None, directives: Directives | None) -> float:
    """Return how many seconds the next step must wait; raise if it must not begin.

    Nothing else in the SDK raises into the agent.
    """
    if run is None:
        return 0.0
    wait_s = 0.0
    for owner in run.chain():
        if owner.budget is not None:
            _check_budget(owner, owner.budget, depth=run.depth)
        # An agent that works for a halted agent is halted with it.
        if directives is not None and (directive := _directive(owner, directives)) is not None:
            if directive.action == "halt":
                raise Halted(owner.identity.agent, directive.reason)
            wait_s = max(wait_s, directives.turn(directive))
    return min(LONGEST_WAIT_S, wait_s)


def _directive(run: Run, directives: Directives) -> Directive | None:
    try:
        return directives.of(run.identity)
    except Exception:
        # At the end of the process, no thread can start.
        log.debug("the directives could not be asked for", exc_info=True)
        return None


def _check_budget(run: Run, budget: Budget, *, depth: int) -> None:
    exceeded = _exceeded(run, budget, depth=depth)
    if exceeded is None:
        return
    resource, used, limit = exceeded
    error = BudgetExceeded(run.identity.agent, resource, used=used, limit=limit)
    if budget.on_exceeded == "raise":
        raise error
    # Report it once, and not again before each later step.
    if resource not in run.warned:
        run.warned += (resource,)
        _report(error, budget.on_exceeded)


def _exceeded(run: Run, budget: Budget, *, depth: int) -> tuple[str, float, float] | None:
    """Return the first resource that is used up: its name, the amount used, the limit."""
    used: tuple[tuple[str, float, float | None], ...] = (
        ("usd", run.usd, budget.usd),
        ("tokens", run.tokens, budget.tokens),
        ("steps", run.steps, budget.steps),
        ("seconds", run.open_s, budget.seconds),
        # These two include the agent that is about to begin.
        ("depth", depth - run.depth, budget.depth),
        ("fan_out", run.children - 1, budget.fan_out),
    )
    for name, amount, limit in used:
        if limit is not None and amount >= limit:
            return name, amount, limit
    return None


def _report(error: BudgetExceeded, on_exceeded: OnExceeded) -> None:
    if callable(on_exceeded):
        on_exceeded(error)
    else:
        log.warning("%s", error)
