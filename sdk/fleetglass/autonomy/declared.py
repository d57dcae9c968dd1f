"""Reads the section `autonomy` of `fleet.yaml`.

    autonomy:
      tiers: [observe, suggest, ask, notify, own]    # your names for the tiers 0 to 4
      kinds:                                         # what tools do; the first that fits counts
        - {tool: "refund*", class: money, amount: usd, to: account}
      approval: {by: ["*@example.com"], valid: 15m}  # who approves, and how long it holds
      notice: {tool: tell_owner, within: 5m}         # how agents of tier 3 say what they did
      agents:                                        # the first that fits counts
        - agent: refunds
          tier: suggest
          owner: payments
          may:                                       # the first that fits and is kept counts
            - {class: money, tier: own, amount: 50, amount_a_day: 500}
            - {class: money, tier: ask, amount: 1000}

docs/autonomy.md explains it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from fleetglass._errors import ConfigurationError
from fleetglass.autonomy.classes import ActionClass
from fleetglass.autonomy.conditions import Condition
from fleetglass.autonomy.policy import (
    FLEETGLASS,
    SPANS,
    TIERS,
    Approval,
    Kind,
    Notice,
    Permission,
    Policy,
    Standing,
)
from fleetglass.durations import seconds
from fleetglass.entries import entries, line_of, mapping, near, number, place_of

KEYS = ("tiers", "kinds", "approval", "notice", "split", "agents")
KIND_KEYS = ("tool", "action", "class", "amount", "to", "rows")
STANDING_KEYS = ("agent", "cohort", "tier", "owner", "contact", "approval", "may")
LIMITS = ("amount", "rows", "recipients", "amount_a_day", "calls_an_hour")
PERMISSION_KEYS = ("class", "tool", "action", "tier", "to", "when", "approval", *LIMITS)
CLASSES = tuple(str(one) for one in ActionClass if one is not ActionClass.UNKNOWN)
MOST_AGENTS = 20_000


def policy(value: Any, where: str) -> Policy:
    """Return the policy.

    Raises:
        ConfigurationError: A value is not valid, or two entries contradict each other.
    """
    place = f"'autonomy' in {where}"
    fields = mapping(value if value is not None else {}, place, KEYS)
    tiers = _tiers(fields["tiers"], place) if "tiers" in fields else TIERS
    terms = _approval(fields["approval"], place) if "approval" in fields else Approval()
    kinds = [_kind(one, place) for one in entries(fields.get("kinds"), "kinds", place)]
    listed = entries(fields.get("agents"), "agents", place)
    if len(listed) > MOST_AGENTS:
        raise ConfigurationError(f"{place} has more than {MOST_AGENTS:,} agents; use patterns")
    agents = [_standing(one, place, tiers, terms) for one in listed]
    _refuse_unreachable(agents, place)
    text = json.dumps(fields, sort_keys=True, default=str)
    return Policy(
        tiers=tiers,
        kinds=tuple(kinds),
        agents=tuple(agents),
        notice=_notice(fields["notice"], place) if "notice" in fields else None,
        split_s=seconds(fields.get("split", "1h")),
        # The same for all comments and layouts.
        digest=hashlib.sha256(text.encode()).hexdigest()[:16],
        text=text,
    )


def _tiers(value: Any, place: str) -> tuple[str, ...]:
    names = [*value.values()] if isinstance(value, dict) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    is_right = isinstance(names, list) and len(names) == len(TIERS)  # pyright: ignore[reportUnknownArgumentType]
    if not is_right or not all(isinstance(name, str) and name for name in names):  # pyright: ignore[reportUnknownVariableType]
        raise ConfigurationError(f"'tiers' of {place} must be five names, from 0 up, not {value!r}")
    found = tuple(str(name).lower() for name in names)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if len({*found}) != len(found):
        raise ConfigurationError(f"'tiers' of {place} has a name twice: {', '.join(found)}")
    return found


def _kind(value: Any, place: str) -> Kind:
    place = f"a kind of {place}{_line(value)}"
    fields = mapping(value, place, KIND_KEYS)
    if "tool" not in fields and "action" not in fields:
        raise ConfigurationError(f"{place} needs a 'tool' or an 'action', such as 'refund*'")
    return Kind(
        action_class=_class(fields, place),
        tool=_text(fields, "tool", place, "*"),
        action=_text(fields, "action", place, "*"),
        amount=_text(fields, "amount", place, ""),
        to=_text(fields, "to", place, ""),
        rows=_text(fields, "rows", place, ""),
    )


def _standing(value: Any, place: str, tiers: Sequence[str], terms: Approval) -> Standing:
    place = f"an agent of {place}{_line(value)}"
    fields = mapping(value, place, STANDING_KEYS)
    if "agent" not in fields and "cohort" not in fields:
        raise ConfigurationError(f"{place} needs an 'agent' or a 'cohort'; '*' stands for all")
    own = _approval(fields["approval"], place) if "approval" in fields else terms
    return Standing(
        agent=_text(fields, "agent", place, "*"),
        cohort=_text(fields, "cohort", place, "*"),
        tier=_tier(fields, tiers, place),
        may=tuple(
            _permission(one, place, tiers) for one in entries(fields.get("may"), "may", place)
        ),
        owner=_text(fields, "owner", place, ""),
        contact=_text(fields, "contact", place, ""),
        approval=own,
        line=line_of(value),
    )


def _permission(value: Any, place: str, tiers: Sequence[str]) -> Permission:
    line = f", line {line_of(value)}" if line_of(value) else ""
    place = f"'may' of {place.partition(', line')[0]}{line}"
    fields = mapping(value, place, PERMISSION_KEYS)
    if not {"class", "tool", "action"} & fields.keys():
        raise ConfigurationError(
            f"{place} needs a 'class', a 'tool' or an 'action'; the agent's own 'tier' is for all"
        )
    limits = {name: number(name, fields[name], place) for name in LIMITS if name in fields}
    return Permission(
        tier=_tier(fields, tiers, place),
        action_class=_class(fields, place) if "class" in fields else None,
        tool=_text(fields, "tool", place, "*"),
        action=_text(fields, "action", place, "*"),
        amount=limits.get("amount"),
        rows=_whole(limits.get("rows")),
        recipients=_whole(limits.get("recipients")),
        to=_texts(fields["to"], "to", place) if "to" in fields else (),
        when=Condition(fields["when"], f"'when' of {place}") if "when" in fields else None,
        amount_a_day=limits.get("amount_a_day"),
        calls_an_hour=_whole(limits.get("calls_an_hour")),
        approval=_approval(fields["approval"], place) if "approval" in fields else None,
        line=line_of(value),
    )


def _approval(value: Any, place: str) -> Approval:
    place = f"'approval' of {place}"
    fields = mapping(value, place, ("by", "valid", "through"))
    by = _texts(fields["by"], "by", place) if "by" in fields else ()
    valid_s = seconds(fields.get("valid", "15m"))
    if not valid_s > 0:
        raise ConfigurationError(f"'valid' of {place} must be over 0")
    through = fields.get("through", SPANS)
    if through not in (SPANS, FLEETGLASS):
        raise ConfigurationError(
            f"'through' of {place} must be {SPANS!r} or {FLEETGLASS!r}, not {through!r}"
        )
    return Approval(by=by, valid_s=valid_s, through=through)


def _notice(value: Any, place: str) -> Notice:
    place = f"'notice' of {place}"
    fields = mapping(value, place, ("tool", "within"))
    if "tool" not in fields:
        raise ConfigurationError(f"{place} needs the 'tool' that tells people")
    within_s = seconds(fields.get("within", "5m"))
    return Notice(tool=_text(fields, "tool", place, ""), within_s=within_s)


def _class(fields: Mapping[str, Any], place: str) -> ActionClass:
    value = fields.get("class")
    if value not in CLASSES:
        advice = near(value, CLASSES) if value else f"say one of {', '.join(CLASSES)}"
        raise ConfigurationError(
            f"'class' of {place} is no class: {value!r}{place_of(fields, 'class')}; {advice}"
        )
    return ActionClass(value)


def _tier(fields: Mapping[str, Any], tiers: Sequence[str], place: str) -> int:
    value = fields.get("tier")
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(tiers):
        return value
    if isinstance(value, str) and value.lower() in tiers:
        return tiers.index(value.lower())
    known = ", ".join(f"{number} ({name})" for number, name in enumerate(tiers))
    advice = f"; {near(value, tiers)}" if isinstance(value, str) else ""
    raise ConfigurationError(
        f"'tier' of {place} must be one of {known}, not {value!r}{place_of(fields, 'tier')}{advice}"
    )


def _text(fields: Mapping[str, Any], key: str, place: str, default: str) -> str:
    value = fields.get(key, default)
    if not isinstance(value, str) or (key in fields and not value.strip()):
        raise ConfigurationError(
            f"{key!r} of {place} must be a text, not {value!r}{place_of(fields, key)}"
        )
    return value


def _texts(value: Any, key: str, place: str) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):  # pyright: ignore[reportUnknownVariableType]
        raise ConfigurationError(f"{key!r} of {place} must be texts, not {value!r}")
    return tuple(cast("list[str]", texts))


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _line(value: Any) -> str:
    return f", line {line_of(value)}" if line_of(value) else ""


def _refuse_unreachable(agents: Sequence[Standing], place: str) -> None:
    """Refuse entries behind one that fits all they fit: they would never count."""
    seen: dict[tuple[str, str], int] = {}
    for standing in agents:
        key = standing.agent, standing.cohort
        earlier = seen.get(key) or (seen.get(("*", "*")) if key != ("*", "*") else None)
        if earlier is not None:
            raise ConfigurationError(
                f"the agent {standing.agent!r} of {place}, line {standing.line}, never counts: the "
                f"entry on line {earlier} comes first and fits it too; the first that fits counts"
            )
        seen[key] = standing.line
