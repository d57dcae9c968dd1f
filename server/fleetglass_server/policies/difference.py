"""What changes between two policies, agent by agent."""

from collections.abc import Iterator

from fleetglass.autonomy.policy import Policy
from fleetglass_server.policies import table


def differences(now: Policy, then: Policy) -> Iterator[str]:
    """Yield a line for each agent that is new, gone or changed."""
    before, after = ({(r["agent"], r["cohort"]): r for r in table.rows(p)} for p in (now, then))
    for key in {**before, **after}:
        name = str(key[0]) + (f" ({key[1]})" if key[1] != "*" else "")
        if key not in after:
            yield f"- {name}: has no entry any more"
        elif key not in before:
            yield f"+ {name}: tier {then.tier_text(int(str(after[key]['tier'])))}"
        elif before[key] != after[key]:
            yield from (f"~ {name}: {change}" for change in _changes(before[key], after[key]))
    if now.kinds != then.kinds:
        yield "~ kinds: what some tools do is declared in another way"
    if (now.notice, now.split_s, now.tiers) != (then.notice, then.split_s, then.tiers):
        yield "~ the notice, the time for split sums or the names of the tiers"


def _changes(before: dict[str, object], after: dict[str, object]) -> Iterator[str]:
    for name in ("tier", "owner", "contact"):
        if before[name] != after[name]:
            yield f"{name} {before[name] or 'none'} becomes {after[name] or 'none'}"
    was, now = before["classes"], after["classes"]
    assert isinstance(was, dict)
    assert isinstance(now, dict)
    for action_class, cell in now.items():  # pyright: ignore[reportUnknownVariableType]
        if was[action_class] != cell:
            yield f"{action_class}: {was[action_class]} becomes {cell}"
    if was == now and before == after:
        yield "changes in a way that this table does not show"
