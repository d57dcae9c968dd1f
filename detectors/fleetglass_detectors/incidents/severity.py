"""Severity of an incident. It depends on the harm done, not on how sure a detector is."""

from dataclasses import dataclass

from fleetglass_detectors.harm import Harm
from fleetglass_detectors.signal import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """An incident that reaches one of these is critical: somebody should be woken."""

    usd: float = 5.0
    usd_per_hour: float = 20.0
    tokens: int = 1_000_000
    """For models without a price, and for free ones that still have limits."""
    actions: int = 3
    """Declared actions (`fleetglass.action`) that change something, since the problem began."""


# The second time is the first one that may be a mistake.
HARMFUL_REPEATS = 2


def severity(harm: Harm, limits: Limits) -> Level:
    return Level.CRITICAL if _reached(harm, limits) else Level.WARNING


def reason(harm: Harm, limits: Limits) -> str:
    """Return why the severity is what it is."""
    if reached := _reached(harm, limits):
        return f"critical, because it {' and '.join(reached)}"
    return (
        f"warning, because it cost less than ${limits.usd:,.2f}, used fewer than "
        f"{limits.tokens:,} tokens and did fewer than {limits.actions} declared actions "
        "that change something"
    )


def _reached(harm: Harm, limits: Limits) -> list[str]:
    """Return which limits the harm has reached, in words."""
    reached: list[str] = []
    if harm.cost >= limits.usd:
        reached.append(f"cost ${harm.cost:,.2f} (limit ${limits.usd:,.2f})")
    elif harm.cost_per_hour >= limits.usd_per_hour and harm.cost >= limits.usd / 10:
        reached.append(
            f"costs ${harm.cost_per_hour:,.2f} an hour (limit ${limits.usd_per_hour:,.2f})"
        )
    if harm.tokens >= limits.tokens:
        reached.append(f"used {harm.tokens:,} tokens (limit {limits.tokens:,})")
    reached += [
        f"did {count} actions of class {action_class}, which cannot be taken back"
        for action_class, count in harm.harmful
        if count >= HARMFUL_REPEATS
    ]
    if harm.actions >= limits.actions:
        reached.append(
            f"did {harm.actions} declared actions that change something (limit {limits.actions})"
        )
    return reached
