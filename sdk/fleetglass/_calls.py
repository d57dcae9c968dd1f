"""A call of a tool that is about to be made, as the policy judges it."""

import time
from collections.abc import Mapping
from typing import Any

from fleetglass import conventions as names
from fleetglass._content import Capture
from fleetglass._errors import TierViolation
from fleetglass._requests import Asked
from fleetglass._run import Run
from fleetglass.autonomy.action import Action


def action_of(
    run: Run,
    tool: str,
    fixed: Mapping[str, str | bool],
    arguments: Mapping[str, Any],
    amount: Any,
) -> Action:
    identity, now = run.identity, time.time_ns()
    lineage: tuple[str, ...] = ()
    if run.parent is not None:
        above = dict.fromkeys(one.identity.agent for one in run.chain())
        lineage = tuple(name for name in above if name not in ("", identity.agent))
    return Action(
        key=0,
        segment=0,
        span_id="",
        start_ns=now,
        end_ns=now,
        agent=identity.agent,
        cohort=identity.cohort,
        tool=tool,
        action=str(fixed.get(names.ACTION, "")),
        given=arguments,
        declared_amount=float(amount) if isinstance(amount, int | float) else None,
        lineage=lineage,
    )


def placed(
    verdict: TierViolation | Asked | None,
    run: Run,
    arguments: Mapping[str, Any],
    capture: Capture | None,
) -> TierViolation | Asked | None:
    """Tell a request where it belongs, and its arguments as far as contents are recorded."""
    if isinstance(verdict, Asked):
        span = run.span
        verdict.document |= {
            "run_id": run.id,
            "trace_id": f"{span.trace_id:032x}" if span else "",
            "arguments": capture(arguments) if capture else "",
        }
    return verdict
