"""Limits over time: an hour's calls, a day's sum, and sums in parts to stay below a limit."""

from collections.abc import Iterable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from kit.autonomy_runs import SECOND, START, action, arrived, over_time, policy, quotas_of

from fleetglass.autonomy.action import Action
from fleetglass.autonomy.policy import Policy
from fleetglass_detectors.autonomy.quotas import Quotas, has_quotas
from fleetglass_detectors.autonomy.watch import constant
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import SPAN, Batch

LIMITED_FILE = """
kinds: [{tool: refund, class: money, amount: usd, to: account}]
agents:
  - agent: refunds
    tier: 1
    may: [{tool: refund, tier: 4, amount: 50, amount_a_day: 100, calls_an_hour: 4}]
"""
LIMITED = policy(LIMITED_FILE)


def found(actions: Iterable[Action], *, now: float | None = None) -> list[Signal]:
    return over_time([*actions], LIMITED, now=now)


def paid(usd: float, at: float, account: str = "") -> Action:
    return action("refund", at, args={"usd": usd, "account": account})


def test_a_policy_without_such_limits_needs_no_ledger() -> None:
    assert has_quotas(LIMITED)
    assert not has_quotas(policy("agents: [{agent: a, tier: 4}]"))


def test_the_sum_of_a_day_is_broken_by_the_action_that_passes_it() -> None:
    under = [paid(45, at) for at in (0, 7200)]
    over = [*under, paid(45, 14400)]

    assert found(under) == []
    (signal,) = found(over)
    assert (signal.kind, signal.span) == ("over-limit", over[-1].key)
    assert signal.summary == "refund moved 135 within a day; legal if it is 100 or less"
    assert signal.summary.startswith("refund ")
    assert signal.evidence["why"] == ["3 actions"]


def test_the_window_moves_on() -> None:
    assert found([paid(45, 0), paid(45, 40_000), paid(45, 86_401)]) == []
    assert found([paid(45, 0), paid(45, 100), paid(45, 200)], now=200_000) == []


def test_five_calls_within_an_hour_are_one_too_many() -> None:
    assert found([paid(1, at) for at in (0, 900, 1800, 2700)]) == []
    (signal,) = found([paid(1, at) for at in (0, 900, 1800, 2700, 3500)])

    assert signal.summary == "refund was called 5 times within an hour; legal if it is 4 or less"


def test_a_sum_in_parts_to_one_recipient_is_split() -> None:
    (signal,) = found([paid(30, 0, "DE12345678901234"), paid(30, 600, "DE12345678901234")])

    assert signal.kind == "split"
    assert signal.evidence["why"] == ["2 actions", "recipient DE12…1234"]
    assert found([paid(30, 0, "DE1"), paid(30, 600, "DE2")]) == []
    assert found([paid(30, 0, "DE1"), paid(30, 7000, "DE1")]) == []


@given(st.lists(st.tuples(st.floats(1, 60), st.floats(0, 80_000)), min_size=1, max_size=12))
def test_a_day_is_found_broken_if_and_only_if_some_day_is(spent: list[tuple[float, float]]) -> None:
    actions = [paid(usd, at) for usd, at in spent if usd <= 50]
    if not actions:
        return
    # All within one day, so the whole sum is the largest.
    total = sum(one.values["usd"] for one in actions)
    kinds = [(one.kind, "day" in one.summary) for one in found(actions)]

    assert (("over-limit", True) in kinds) is (total > 100 and len(actions) > 1)


def test_a_failed_action_moves_nothing() -> None:
    done = [paid(45, 0), paid(45, 10), action("refund", 20, args={"usd": 45}, failed=True)]

    assert found(done) == []


def restored(by: Policy) -> list[Signal]:
    """What is found by a policy that comes after LIMITED, under which 135 were paid."""
    done = [paid(45, at) for at in (0, 7200, 14400)]
    before = quotas_of(done, LIMITED)
    assert [*before.update(arrived(done))]
    after = Quotas(constant(by), lambda _: [], lambda _: [])
    after.restore(before.state())
    assert after.keys() == before.keys() == 3
    return [*after.update(Batch(rows=np.empty(0, SPAN), now_ns=START + 14_500 * SECOND))]


def test_a_restored_ledger_goes_on() -> None:
    (signal,) = restored(LIMITED)

    assert signal.summary == "refund moved 135 within a day; legal if it is 100 or less"


def test_a_ledger_outlives_changes_elsewhere_in_the_file() -> None:
    moved = LIMITED_FILE.replace("agents:", "agents:\n  - {agent: first, tier: 2}")
    moved = moved.replace("may: [", "may: [{tool: other, tier: 1}, ")
    changed = LIMITED_FILE.replace("amount_a_day: 100", "amount_a_day: 120")

    assert [signal.kind for signal in restored(policy(moved))] == ["over-limit"]
    # What is permitted now was not in force then.
    assert restored(policy(changed)) == []
    assert restored(policy("agents: []")) == []
