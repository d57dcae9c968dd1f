"""Fleetglass: see a fleet of AI agents. The agent author's side."""

from fleetglass import redact
from fleetglass._budget import Budget
from fleetglass._decorators import agent, run, step, tool
from fleetglass._errors import (
    BudgetExceeded,
    ConfigurationError,
    Halted,
    Stopped,
    TierViolation,
)
from fleetglass._fleet import configure, flush, shutdown
from fleetglass._headers import extract, inject
from fleetglass._records import (
    annotate,
    approval,
    current_run,
    feedback,
    handoff,
    identify,
    llm_call,
)
from fleetglass._version import __version__

__all__ = [
    "Budget",
    "BudgetExceeded",
    "ConfigurationError",
    "Halted",
    "Stopped",
    "TierViolation",
    "__version__",
    "agent",
    "annotate",
    "approval",
    "configure",
    "current_run",
    "extract",
    "feedback",
    "flush",
    "handoff",
    "identify",
    "inject",
    "llm_call",
    "redact",
    "run",
    "shutdown",
    "step",
    "tool",
]
