"""Which tier an agent has for one action, and which limit keeps it from having one.

The first permission decides whose words fit the action and whose limits it keeps. If the words of
some fit and none is kept, the last of them is what was broken: usually the widest. If none fits,
the agent's tier holds. A fact that was not recorded breaks no limit: that is a gap in what can be
judged.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fleetglass.autonomy.action import Action
from fleetglass.autonomy.classes import ActionClass
from fleetglass.autonomy.policy import Kind, Permission, Standing, fits
from fleetglass.autonomy.violation import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A limit of a permission that an action does not keep."""

    rule: Rule
    what: str
    legal_if: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    tier: int
    permission: Permission | None = None
    breach: Breach | None = None
    is_blind: bool = False
    """Whether a limit could not be checked, because a fact was not recorded."""


def ruling(
    standing: Standing, action: Action, action_class: ActionClass, kind: Kind | None
) -> Ruling:
    broken: Breach | None = None
    for permission in standing.permissions(action_class, action.tool, action.action):
        checks = [*_checks(permission, action, kind)]
        breach = next((check for check in checks if isinstance(check, Breach)), None)
        if breach is None:
            is_blind = any(check is None for check in checks)
            return Ruling(tier=permission.tier, permission=permission, is_blind=is_blind)
        broken = breach
    return Ruling(tier=-1 if broken else standing.tier, breach=broken)


Check = Breach | bool | None
"""A broken limit; or whether it is kept, None if that cannot be known."""


def _checks(permission: Permission, action: Action, kind: Kind | None) -> Iterator[Check]:
    if permission.amount is not None:
        yield _at_most("amount", action.amount(kind), permission.amount)
    if permission.rows is not None:
        yield _at_most("number of rows", action.rows(kind), permission.rows)
    if permission.recipients is not None:
        count = len(action.targets(kind)) or None
        yield _at_most("number of recipients", count, permission.recipients)
    if permission.to:
        yield _in_scope(action.targets(kind), permission.to)
    if permission.when:
        yield _condition(permission, action, kind)


def _at_most(what: str, value: float | None, limit: float) -> Check:
    if value is None:
        return None
    if value <= limit:
        return True
    return Breach(
        rule=Rule.OVER_LIMIT,
        what=f"has the {what} {value:,g}, over the limit of {limit:,g}",
        legal_if=f"the {what} is {limit:,g} or less",
    )


def _in_scope(targets: tuple[str, ...], scope: tuple[str, ...]) -> Check:
    if not targets:
        return None
    outside = [t for t in targets if not any(fits(t.lower(), s.lower()) for s in scope)]
    if not outside:
        return True
    return Breach(
        rule=Rule.OUT_OF_SCOPE,
        what=f"goes to {masked(outside[0])}, which is outside its scope",
        legal_if=f"it goes to {' or '.join(scope[:3])}{' or others' * (len(scope) > 3)}",
    )


def _condition(permission: Permission, action: Action, kind: Kind | None) -> Check:
    assert permission.when
    facts = {
        "args": action.values,
        "agent": action.agent,
        "cohort": action.cohort,
        "tool": action.tool,
        "action": action.action,
        "amount": action.amount(kind),
        "to": [*action.targets(kind)],
    }
    holds = permission.when.holds(facts)
    if holds is not False:
        return holds
    return Breach(
        rule=Rule.OUT_OF_SCOPE,
        what=f"does not meet the condition {permission.when.text}",
        legal_if=f"{permission.when.text}",
    )


def masked(value: str) -> str:
    """Return enough of an argument to recognise it, and not all of it.

    >>> masked("DE89370400440532013000"), masked("bob")
    ('DE89…3000', 'b…')
    """
    return f"{value[:4]}…{value[-4:]}" if len(value) > 12 else f"{value[:1]}…"
