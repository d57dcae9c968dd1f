"""What people declare of their fleet: `fleet.yaml`.

polling:                      # asking the same again and again is their work
- tool: get_job_status
every: 5s                 # not faster than this
- {tool: "check_*", agent: watcher}
critical:                     # from where on an incident is worth waking somebody
usd: 5
usd_per_hour: 20
tokens: 1000000
actions: 3
timezone: Europe/Berlin       # whose days and months budgets go by; UTC if left out
currencies: {EUR: 1.08}       # dollars for one
budgets:                      # each as in budgets/declared.py
- {agent: refunds, per: day, usd: 50}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, tzinfo
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from fleetglass import ConfigurationError
from fleetglass.durations import seconds
from fleetglass_detectors.budgets import declared
from fleetglass_detectors.budgets.declared import Budget
from fleetglass_detectors.entries import entries, mapping, number
from fleetglass_detectors.incidents.severity import Limits
from fleetglass_detectors.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """A tool that is asked the same again and again, by right. `*` stands for anything."""

    tool: str
    agent: str = "*"
    every: float = 0.0
    """Seconds from one call to the next, at least; faster is no polling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    polling: tuple[Polling, ...] = ()
    critical: Limits = field(default_factory=Limits)
    false_pages_per_week: float = 1.0
    timezone: tzinfo = UTC
    """Whose days and months budgets go by."""
    currencies: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    """Dollars for one of each."""
    budgets: tuple[Budget, ...] = ()

    def excuses(self, signal: Signal, *, agent: str, tool: str) -> bool:
        """Whether what repeats is polling that was declared, and no faster than that."""
        return bool(tool) and any(
            fnmatchcase(tool, rule.tool)
            and fnmatchcase(agent, rule.agent)
            # Clocks jitter: a tenth sooner is not faster.
            and signal.every_s >= 0.9 * rule.every
            for rule in self.polling
        )


def read(file: Path) -> Fleet:
    """The fleet that a file declares.

    Raises:
        ConfigurationError: It cannot be read, or says something that means nothing.
    """
    try:
        document: Any = yaml.safe_load(file.read_text()) or {}
    except OSError as error:
        raise ConfigurationError(f"cannot read {str(file)!r}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{str(file)!r} is no YAML: {error}") from error
    where = repr(str(file))
    given = mapping(document, where, tuple(f.name for f in fields(Fleet)))
    rates = declared.currencies(given.get("currencies", {}), where)
    rules = entries(given.get("polling"), "polling", where)
    return Fleet(
        false_pages_per_week=number(
            "false_pages_per_week", given.get("false_pages_per_week", 1.0), where
        ),
        polling=tuple(_polling(rule, where) for rule in rules),
        critical=_limits(given.get("critical") or {}, f"'critical' in {where}"),
        timezone=declared.timezone(given.get("timezone", "UTC"), where),
        currencies=rates,
        budgets=declared.budgets(given.get("budgets"), where, rates),
    )


def _polling(rule: Any, where: str) -> Polling:
    place = f"'polling' in {where}"
    given = mapping(rule, place, tuple(f.name for f in fields(Polling)))
    tool, agent = given.get("tool"), given.get("agent", "*")
    if not isinstance(tool, str) or not tool or not isinstance(agent, str):
        raise ConfigurationError(
            f"{place} needs a 'tool' by name, such as 'get_status' or 'poll_*'"
        )
    if tool == "*" == agent:
        raise ConfigurationError(f"{place} would excuse everything; name a tool or an agent")
    return Polling(tool=tool, agent=agent, every=seconds(given.get("every", 0)))


def _limits(value: Any, place: str) -> Limits:
    given = mapping(value, place, tuple(f.name for f in fields(Limits)))
    for name, limit in given.items():
        number(name, limit, place)
    return Limits(**given)
