"""A policy as a table for people: each agent's tier, by class of action."""

from collections.abc import Iterator

from rich.table import Table

from fleetglass.autonomy.classes import LEAST_TIER, ActionClass
from fleetglass.autonomy.policy import ASK, Permission, Policy, Standing

CLASSES = tuple(one for one in ActionClass if one is not ActionClass.UNKNOWN)
NEVER = "-"


def table(policy: Policy) -> Table:
    shown = Table(title="What each agent may do, by class of action", title_justify="left")
    shown.add_column("agent")
    shown.add_column("tier")
    for action_class in CLASSES[2:]:
        shown.add_column(str(action_class))
    for standing in policy.agents:
        cells = [_cell(policy, standing, action_class) for action_class in CLASSES[2:]]
        shown.add_row(_name(standing), policy.tier_text(standing.tier), *cells)
    return shown


def rows(policy: Policy) -> Iterator[dict[str, object]]:
    """Yield a value for each agent, for JSON."""
    for standing in policy.agents:
        yield {
            "agent": standing.agent,
            "cohort": standing.cohort,
            "tier": standing.tier,
            "owner": standing.owner,
            "contact": standing.contact,
            "classes": {str(one): _cell(policy, standing, one) for one in CLASSES},
        }


def meaning(policy: Policy) -> str:
    names = ", ".join(policy.tier_text(number) for number in range(len(policy.tiers)))
    return f"Tiers: {names}. '{NEVER}' is never. The first entry that fits an agent counts."


def _name(standing: Standing) -> str:
    return standing.agent + (f" ({standing.cohort})" if standing.cohort != "*" else "")


def concerns(policy: Policy, permission: Permission, action_class: ActionClass) -> bool:
    """Return whether a permission is about a class, as it says or as the names in it do."""
    about = permission.action_class or policy.class_of(permission.tool, permission.action)
    # A pattern such as `*_eu` may stand for tools of any class.
    return about in (action_class, ActionClass.UNKNOWN)


def _cell(policy: Policy, standing: Standing, action_class: ActionClass) -> str:
    fitting = [one for one in standing.may if concerns(policy, one, action_class)]
    cells = [_limited(one) for one in fitting]
    if all(_is_narrow(one) for one in fitting):
        # What no permission fits falls back to the agent's own tier.
        is_named = action_class is not ActionClass.IDENTITY
        may = is_named and standing.tier >= LEAST_TIER.get(action_class, ASK)
        cells.append(str(standing.tier) if may else NEVER)
    return "; ".join(dict.fromkeys(cells))


def _is_narrow(permission: Permission) -> bool:
    return permission.tool != "*" or permission.action != "*"


def _limited(permission: Permission) -> str:
    limits = [
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in (
            ("up to", permission.amount),
            ("a day", permission.amount_a_day),
            ("an hour", permission.calls_an_hour),
            ("rows", permission.rows),
            ("recipients", permission.recipients),
        )
        if value is not None
    ]
    names = [one for one in (permission.tool, permission.action) if one != "*"]
    scope = [f"to {', '.join(permission.to)}"] if permission.to else []
    when = [f"when {permission.when.text}"] if permission.when else []
    return " ".join([str(permission.tier), *names, *limits, *scope, *when])
