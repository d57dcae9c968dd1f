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
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

import yaml

from fleetglass import ConfigurationError
from fleetglass._settings import seconds
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
    given = _mapping(document, where, tuple(f.name for f in fields(Fleet)))
    rules: Any = given.get("polling") or []
    if not isinstance(rules, list):
        raise ConfigurationError(f"'polling' in {where} must be a list, not {rules!r}")
    limits = _limits(given.get("critical") or {}, f"'critical' in {where}")
    pages = given.get("false_pages_per_week", 1.0)
    _check_number("false_pages_per_week", pages, where)
    return Fleet(
        false_pages_per_week=pages,
        polling=tuple(_polling(rule, where) for rule in cast(Any, rules)),
        critical=limits,
    )


def _polling(rule: Any, where: str) -> Polling:
    place = f"'polling' in {where}"
    given = _mapping(rule, place, tuple(f.name for f in fields(Polling)))
    tool, agent = given.get("tool"), given.get("agent", "*")
    if not isinstance(tool, str) or not tool or not isinstance(agent, str):
        raise ConfigurationError(
            f"{place} needs a 'tool' by name, such as 'get_status' or 'poll_*'"
        )
    if tool == "*" == agent:
        raise ConfigurationError(f"{place} would excuse everything; name a tool or an agent")
    return Polling(tool=tool, agent=agent, every=seconds(given.get("every", 0)))


def _limits(value: Any, place: str) -> Limits:
    given = _mapping(value, place, tuple(f.name for f in fields(Limits)))
    for name, limit in given.items():
        _check_number(name, limit, place)
    return Limits(**given)


def _check_number(name: str, value: Any, place: str) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    # `not <` and not `>=`: NaN is neither.
    if not number or not 0 < value < float("inf"):
        raise ConfigurationError(f"{name!r} of {place} must be a number over 0, not {value!r}")


def _mapping(value: Any, place: str, known: Iterable[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{place} must hold names with values, not {value!r}")
    given = cast("dict[str, Any]", value)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 1)
            advice = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            raise ConfigurationError(f"{place} has an unknown key {name!r}; {advice}")
    return given
