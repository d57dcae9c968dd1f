"""Reads `fleet.yaml`, in which people say what is normal for their fleet.

    polling:                    # these tools repeat the same call because that is their job
      - tool: get_job_status
        every: 5s               # calls that follow each other faster than this count as a loop
      - {tool: "check_*", agent: watcher}
    critical:                   # an incident is critical once it has cost this much
      usd: 5
      usd_per_hour: 20
      tokens: 1000000
      actions: 3
    false_pages_per_week: 1     # how many false critical alarms are acceptable
    timezone: Europe/Berlin     # the days and months of budgets follow this timezone; default UTC
    currencies: {EUR: 1.08}     # the value of one unit in dollars
    budgets:                    # budgets/declared.py has the keys
      - {agent: refunds, per: day, usd: 50}
    autonomy:                   # what agents may do; docs/autonomy.md has the keys
      kinds:
        - {tool: refund, class: money, amount: usd}
      agents:
        - agent: refunds
          tier: suggest
          may:
            - {tool: refund, tier: act in domain, amount: 50}
            - {tool: refund, tier: act with approval, amount: 200}

Each section is checked by the package that uses it; this module puts the sections together.
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
from fleetglass.autonomy import declared as autonomy
from fleetglass.autonomy.policy import Policy
from fleetglass.durations import seconds
from fleetglass.entries import entries, mapping, number
from fleetglass_detectors import document
from fleetglass_detectors.budgets import declared
from fleetglass_detectors.budgets.declared import Budget
from fleetglass_detectors.incidents.severity import Limits
from fleetglass_detectors.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """A tool that may repeat the same call. `*` in a name matches any text."""

    tool: str
    agent: str = "*"
    every: float = 0.0
    """The shortest time between two calls, in seconds; faster calls are not excused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    polling: tuple[Polling, ...] = ()
    critical: Limits = field(default_factory=Limits)
    false_pages_per_week: float = 1.0
    timezone: tzinfo = UTC
    """The days and months of budgets follow this timezone."""
    currencies: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    """The value of one unit of each currency, in dollars."""
    budgets: tuple[Budget, ...] = ()
    autonomy: Policy | None = None
    """What agents may do; None if the file says nothing about it."""

    def excuses(self, signal: Signal, *, agent: str, tool: str) -> bool:
        """Return whether the repeated calls are declared polling, and not faster than declared."""
        return bool(tool) and any(
            fnmatchcase(tool, rule.tool)
            and fnmatchcase(agent, rule.agent)
            # Clocks jitter: up to a tenth sooner is not faster.
            and signal.cycles.every_s >= 0.9 * rule.every
            for rule in self.polling
        )


def read(file: Path) -> Fleet:
    """Read a fleet file.

    Raises:
        ConfigurationError: The file cannot be read, or one of its values is not valid.
    """
    try:
        content: Any = document.load(file.read_text()) or {}
    except OSError as error:
        raise ConfigurationError(f"cannot read {str(file)!r}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{str(file)!r} is not valid YAML: {error}") from error
    where = repr(str(file))
    settings = mapping(content, where, tuple(f.name for f in fields(Fleet)))
    rates = declared.currencies(settings.get("currencies", {}), where)
    rules = entries(settings.get("polling"), "polling", where)
    return Fleet(
        false_pages_per_week=number(
            "false_pages_per_week", settings.get("false_pages_per_week", 1.0), where
        ),
        polling=tuple(_polling(rule, where) for rule in rules),
        critical=_limits(settings.get("critical") or {}, f"'critical' in {where}"),
        timezone=declared.timezone(settings.get("timezone", "UTC"), where),
        currencies=rates,
        budgets=declared.budgets(settings.get("budgets"), where, rates),
        autonomy=autonomy.policy(settings["autonomy"], where) if "autonomy" in settings else None,
    )


def _polling(rule: Any, where: str) -> Polling:
    place = f"'polling' in {where}"
    settings = mapping(rule, place, tuple(f.name for f in fields(Polling)))
    tool, agent = settings.get("tool"), settings.get("agent", "*")
    if not isinstance(tool, str) or not tool or not isinstance(agent, str):
        raise ConfigurationError(
            f"{place} needs a 'tool' with a name, such as 'get_status' or 'poll_*'"
        )
    if tool == "*" == agent:
        raise ConfigurationError(f"{place} would excuse everything; name a tool or an agent")
    return Polling(tool=tool, agent=agent, every=seconds(settings.get("every", 0)))


def _limits(value: Any, place: str) -> Limits:
    settings = mapping(value, place, tuple(f.name for f in fields(Limits)))
    for name, limit in settings.items():
        number(name, limit, place)
    return Limits(**settings)
