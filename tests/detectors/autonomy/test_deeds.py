"""Which deeds make an incident severe."""

from kit.autonomy_runs import policy

from fleetglass.autonomy.policy import Policy
from fleetglass_detectors.autonomy.deeds import weighed
from fleetglass_detectors.harm import Harm
from fleetglass_detectors.incidents.severity import Limits, reason, severity

KINDS = policy("kinds: [{tool: python, class: code execution}, {tool: kb, class: read}]")


def harm(done: dict[tuple[str, str], int], by: Policy) -> Harm:
    actions, harmful = weighed(done, by)
    return Harm(actions=actions, harmful=harmful)


def test_fifteen_repeats_of_a_declared_read_wake_nobody() -> None:
    read = harm({("get_order", "order.read"): 15, ("draft", "reply.draft"): 15}, Policy())

    assert severity(read, Limits()) == "warning"


def test_the_first_repeat_of_what_cannot_be_taken_back_is_critical() -> None:
    once = harm({("refund", "refund.create"): 1}, Policy())
    twice = harm({("refund", "refund.create"): 2}, Policy())

    assert severity(once, Limits()) == "warning"
    assert severity(twice, Limits()) == "critical"
    assert "did 2 actions of class money, which cannot be taken back" in reason(twice, Limits())


def test_three_declared_actions_that_change_something_are_critical() -> None:
    assert severity(harm({("t", "order.update"): 2}, Policy()), Limits()) == "warning"
    assert severity(harm({("t", "order.update"): 3}, Policy()), Limits()) == "critical"


def test_the_name_of_a_tool_alone_wakes_nobody_and_its_kind_does() -> None:
    calls = {("python", ""): 5, ("send_mail", ""): 5, ("kb", ""): 50}

    assert severity(harm(calls, Policy()), Limits()) == "warning"
    assert harm(calls, KINDS).harmful == (("code execution", 5),)
