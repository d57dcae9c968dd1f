"""The table of what each agent may do, by class of action."""

from typing import Any, cast

import pytest
from kit.autonomy_runs import policy

from fleetglass.autonomy.classes import ActionClass
from fleetglass_server.policies import table


def classes(may: str, *, kinds: str = "[]") -> dict[str, str]:
    text = f"kinds: {kinds}\nagents: [{{agent: refunds, tier: 1, may: [{may}]}}]"
    (row,) = table.rows(policy(text))
    return cast("dict[str, Any]", row["classes"])


def test_a_permission_for_a_tool_stands_in_the_class_of_that_tool_only() -> None:
    shown = classes("{tool: refund, tier: 4, amount: 50}")

    assert shown["money"] == "4 refund up to 50; -"
    assert shown["external communication"] == "-"


def test_the_class_is_the_one_that_was_declared() -> None:
    shown = classes("{tool: kb, tier: 3}", kinds="[{tool: kb, class: money}]")

    assert (shown["money"], shown["spawn"]) == ("3 kb; -", "-")


@pytest.mark.parametrize("action_class", ["money", "spawn"])
def test_a_pattern_that_says_nothing_may_be_of_any_class(action_class: str) -> None:
    by = policy("agents: [{agent: refunds, tier: 1, may: [{tool: '*_eu', tier: 4}]}]")
    (permission,) = by.agents[0].may

    assert table.concerns(by, permission, ActionClass(action_class))
