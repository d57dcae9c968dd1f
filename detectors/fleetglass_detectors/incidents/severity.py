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
    """Declared actions (`fleetglass.action`) done since the problem began."""


def severity(harm: Harm, limits: Limits) -> Level:
    bad = (
        harm.cost >= limits.usd
        or (harm.cost_per_hour >= limits.usd_per_hour and harm.cost >= limits.usd / 10)
        or harm.tokens >= limits.tokens
        or harm.actions >= limits.actions
    )
    return Level.CRITICAL if bad else Level.WARNING
