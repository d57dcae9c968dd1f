"""Reads the budgets, currencies and the timezone that `fleet.yaml` declares."""

import difflib
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any

from fleetglass import ConfigurationError
from fleetglass.durations import seconds
from fleetglass.entries import entries, mapping, near, number

KEYS = ("name", "tenant", "agent", "cohort", "per", "usd", "amount", "currency", "hard")
DOLLARS = "USD"
# The database cannot count a quadrillion dollars.
MAX_USD = 1e12


class Per(StrEnum):
    RUN = "run"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"

    @property
    def phrase(self) -> str:
        return "an hour" if self is Per.HOUR else f"a {self}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose spending counts. An empty field stands for all."""

    tenant: str = ""
    agent: str = ""
    cohort: str = ""

    def __str__(self) -> str:
        fields = {"agent": self.agent, "cohort": self.cohort, "tenant": self.tenant}
        return " of ".join(f"{name} {value}" for name, value in fields.items() if value) or "fleet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hard:
    """What agents must do once the budget is spent."""

    action: str
    every_s: float = 0.0

    def __str__(self) -> str:
        return f"{self.action} {self.every_s:g}s" if self.every_s else self.action


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    name: str
    scope: Scope
    per: Per
    usd: Decimal
    declared: str = ""
    """The amount as it was declared, if that was not in dollars."""
    hard: Hard | None = None
    """None if the budget only raises signals and stops no agents."""

    @property
    def by(self) -> str:
        """The name under which the budget gives its directives."""
        return f"fleetglass budget {self.name}"


def budgets(value: Any, where: str, rates: Mapping[str, Decimal]) -> tuple[Budget, ...]:
    """Return the budgets of a list.

    Raises:
        ConfigurationError: A budget is invalid, or two budgets are the same.
    """
    budgets_so_far: list[Budget] = []
    for index, entry in enumerate(entries(value, "budgets", where), 1):
        place = f"budget {index} in {where}"
        budget = _budget(entry, place, rates)
        _refuse_duplicate(budget, budgets_so_far, place)
        budgets_so_far.append(budget)
    return tuple(budgets_so_far)


def currencies(value: Any, where: str) -> dict[str, Decimal]:
    """Return the worth of one unit of each currency in dollars."""
    place = f"'currencies' in {where}"
    if not isinstance(value, dict):
        raise ConfigurationError(f"{place} must be like {{EUR: 1.08}}, not {value!r}")
    rates = {DOLLARS: Decimal(1)}
    for name, rate in value.items():  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(name, str) or not re.fullmatch("[A-Z]{3}", name):
            raise ConfigurationError(f"{place}: a currency is three capitals, not {name!r}")
        if name == DOLLARS:
            raise ConfigurationError(f"{place}: costs are in USD; leave it out")
        rates[name] = Decimal(str(number(name, rate, place)))
    return rates


def timezone(value: Any, where: str) -> tzinfo:
    place = f"'timezone' in {where}"
    if not isinstance(value, str):
        raise ConfigurationError(f"{place} must be a name such as 'Europe/Berlin', not {value!r}")
    if value == "UTC":
        return UTC
    try:
        return zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = sorted(zoneinfo.available_timezones())
        if not known:
            raise ConfigurationError(
                f"{place}: this machine has no timezones; install its tzdata package, or "
                "'pip install tzdata'"
            ) from error
        matches = difflib.get_close_matches(value, known, 1)
        advice = f"did you mean {matches[0]!r}?" if matches else "one is like 'Europe/Berlin'"
        raise ConfigurationError(f"{place} names no timezone: {value!r}; {advice}") from error


def _budget(entry: Any, place: str, rates: Mapping[str, Decimal]) -> Budget:
    fields = mapping(entry, place, KEYS)
    names = {key: _name(fields[key], key, place) for key in KEYS[:4] if key in fields}
    name = names.pop("name", "")
    scope = Scope(**names)
    per = _per(fields.get("per"), place)
    usd, declared = _amount(fields, place, rates)
    return Budget(
        name=name or f"{scope} per {per}",
        scope=scope,
        per=per,
        usd=usd,
        declared=declared,
        hard=_hard(fields["hard"], per, place) if "hard" in fields else None,
    )


def _name(value: Any, key: str, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{key!r} of {place} must be a name, not {value!r}")
    if key != "name" and "*" in value:
        raise ConfigurationError(
            f"{key!r} of {place} must be an exact name, not {value!r}; leave it out for all"
        )
    return value


def _per(value: Any, place: str) -> Per:
    known = tuple(map(str, Per))
    if value not in known:
        advice = f"say one of {', '.join(known)}"
        if isinstance(value, str):
            advice = near(value, known)
        raise ConfigurationError(f"'per' of {place} is no period: {value!r}; {advice}")
    return Per(value)


def _amount(
    fields: Mapping[str, Any], place: str, rates: Mapping[str, Decimal]
) -> tuple[Decimal, str]:
    """Return the dollars, and the declared amount as text if that was not in dollars."""
    keys = [key for key in ("usd", "amount") if key in fields]
    if len(keys) != 1 or ("currency" in fields) != (keys == ["amount"]):
        raise ConfigurationError(f"{place} needs either 'usd', or 'amount' and 'currency'")
    amount = Decimal(str(number(keys[0], fields[keys[0]], place)))
    currency = fields.get("currency", DOLLARS)
    if not isinstance(currency, str) or currency not in rates:
        raise ConfigurationError(
            f"{place} has the currency {currency!r}, whose rate is not known; give it in dollars: "
            f"'currencies: {{{currency}: 1.08}}'"
        )
    usd = amount * rates[currency]
    if usd > MAX_USD:
        raise ConfigurationError(f"{keys[0]!r} of {place} is too large: {amount}")
    return usd, "" if currency == DOLLARS else f"{amount:,.2f} {currency}"


def _hard(value: Any, per: Per, place: str) -> Hard:
    parts = value.split() if isinstance(value, str) else []
    if not (parts == ["halt"] or (len(parts) == 2 and parts[0] == "throttle")):
        raise ConfigurationError(
            f"'hard' of {place} must be 'halt' or 'throttle 30s' (between steps), not {value!r}"
        )
    if per is Per.RUN:
        raise ConfigurationError(
            f"{place} cannot be 'hard': a directive cannot name a single run; give the run its "
            "budget where the run starts, fleetglass.run(..., budget=Budget(usd=...))"
        )
    every_s = seconds(parts[1]) if len(parts) == 2 else 0.0
    if len(parts) == 2 and not every_s > 0:
        raise ConfigurationError(f"'hard' of {place}: a throttle must be over 0, not {value!r}")
    return Hard(action=parts[0], every_s=every_s)


def _refuse_duplicate(one: Budget, others: Sequence[Budget], place: str) -> None:
    for number_, other in enumerate(others, 1):
        if (one.scope, one.per) == (other.scope, other.per):
            raise ConfigurationError(
                f"{place} has the scope and period of budget {number_}, {other.name!r}: keep one"
            )
        if one.name == other.name:
            raise ConfigurationError(
                f"{place} has the name of budget {number_}, {one.name!r}: give it another 'name'"
            )
