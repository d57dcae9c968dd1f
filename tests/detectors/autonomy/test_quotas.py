"""Limits over time: an hour's calls, a day's sum, and sums in parts to stay below a limit."""

from collections.abc import Iterable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from kit.autonomy_runs import SECOND, START, action, policy, run
from kit.fleet_rows import row

from fleetglass.autonomy.action import Action
from fleetglass_detectors.autonomy.quotas import Quotas, has_quotas
from fleetglass_detectors.autonomy.watch import constant
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import TOOL, Batch

LIMITED = policy("""
kinds: [{tool: refund, class: money, amount: usd, to: account}]
agents:
  - agent: refunds
    tier: 1
    may: [{tool: refund, tier: 4, amount: 50, amount_a_day: 100, calls_an_hour: 4}]
""")


def found(actions: Iterable[Action], *, now: float | None = None) -> list[Signal]:
    """What is found once all of them have arrived, each in a run of its own."""
    done = [*actions]
    runs = {number: run(one) for number, one in enumerate(done, 1)}
    quotas = Quotas(
        constant(LIMITED),
        lambda wanted: [runs[number] for number in wanted],
        lambda _: [(1, 0, "refund", "")],
    )
    rows = [
        row(run=number, span=one.key, kind=TOOL, tool=1, start_ns=one.start_ns)
        for number, one in enumerate(done, 1)
    ]
    last = START + int(now * SECOND) if now else max(one.end_ns for one in done)
    return [*quotas.update(Batch(rows=np.concatenate(rows), now_ns=last))]


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


def test_a_restored_ledger_goes_on() -> None:
    one = Quotas(constant(LIMITED), lambda _: [], lambda _: [])
    one.restore(
        {
            "pending": {},
            "entries": [(START, 1, "", "refunds", 0, 0, 90.0, "", "refund")],
            "digest": LIMITED.digest,
        }
    )

    assert one.keys() == 1
    assert one.state()["entries"] == [(START, 1, "", "refunds", 0, 0, 90.0, "", "refund")]
