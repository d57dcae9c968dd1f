"""The statistics of promotion and demotion, against the table that they must reproduce."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.autonomy.earned.demotion import Demotion
from fleetglass_detectors.autonomy.earned.promotion import Promotion, e_values
from fleetglass_detectors.autonomy.earned.standing import Advice, Task, earned

NOW = 1_700_000_000 * 10**9


def tasks(count: int, *, bad: int = 0, serious: int = 0, epoch: str = "1") -> list[Task]:
    return [
        Task(at_ns=NOW + n, good=float(n >= bad), is_serious=n < serious, epoch=epoch)
        for n in range(count)
    ]


@pytest.mark.parametrize(("p0", "bound", "tasks_needed"), [(0.95, 58, 79), (0.99, 298, 402)])
def test_without_a_failure_it_takes_more_tasks_than_any_test_can_do_with(
    p0: float, bound: int, tasks_needed: int
) -> None:
    # No test can do with less than ln(20) / ln(1 / p0); six bets share the wealth here.
    perfect = Promotion.of(p0)

    assert bound < tasks_needed
    assert perfect.tasks_left(1.0) == tasks_needed
    assert not perfect.after([1.0] * (tasks_needed - 1)).is_earned
    assert perfect.after([1.0] * tasks_needed).is_earned


@given(st.lists(st.booleans(), max_size=200), st.integers(0, 200))
def test_the_order_of_batches_does_not_matter(outcomes: list[bool], cut: int) -> None:
    x = [float(one) for one in outcomes]
    whole = Promotion.of(0.9).after(x)
    parts = Promotion.of(0.9).after(x[:cut]).after(x[cut:])

    assert whole.log_wealth == pytest.approx(parts.log_wealth)
    if x:
        assert whole.log_e == pytest.approx(float(e_values(x, 0.9)[-1]))


def promoted(
    p: float, *, agents: int = 400, most: int = 2000, p0: float = 0.95
) -> tuple[float, float]:
    """Return the share of agents that are ever promoted, and the median of their tasks."""
    random = np.random.default_rng(7)
    first = [
        int(np.argmax(hit)) + 1
        for _ in range(agents)
        if (hit := e_values(random.random(most) < p, 0.95) >= np.log(20)).any()
    ]
    return len(first) / agents, float(np.median(first)) if first else 0.0


def test_an_agent_at_the_promised_rate_is_hardly_ever_promoted_however_often_one_looks() -> None:
    assert promoted(0.95)[0] <= 0.06
    assert promoted(0.93)[0] <= 0.02


@pytest.mark.parametrize(("p", "median"), [(0.98, 253), (0.99, 132)])
def test_a_better_agent_is_promoted_as_soon_as_the_table_says(p: float, median: float) -> None:
    share, tasks_needed = promoted(p)

    assert share == 1.0
    assert tasks_needed == pytest.approx(median, rel=0.15)


def demoted_after(p: float, *, runs: int = 200, most: int = 2000) -> float:
    random = np.random.default_rng(3)
    found: list[int] = []
    for _ in range(runs):
        healthy = (random.random(200) >= 0.98).astype(float)
        level = Demotion(tolerated=0.04).after(healthy)
        for n in range(most):
            level = level.after([float(random.random() >= p)])
            if level.is_due:
                found.append(n + 1)
                break
        else:
            found.append(most)
    return float(np.median(found))


@pytest.mark.parametrize(("p", "median"), [(0.8, 23), (0.5, 7)])
def test_an_agent_that_falls_is_demoted_within_the_tasks_of_the_table(
    p: float, median: float
) -> None:
    assert demoted_after(p) == pytest.approx(median, rel=0.3)


def test_a_record_says_what_is_missing() -> None:
    young = earned(tasks(10), 2, now_ns=NOW)

    assert young.advice is Advice.KEEP
    assert young.missing == (
        "40 more tasks before anything can be said",
        "evidence that more than 95% of tasks go well",
        "evidence that serious incidents are rarer than 1%",
    )
    assert young.tasks_left
    assert 250 < young.tasks_left < 400


def test_a_long_clean_record_earns_the_next_tier_and_the_highest_has_none() -> None:
    assert earned(tasks(450), 2, now_ns=NOW).advice is Advice.PROMOTE
    assert earned(tasks(450), 4, now_ns=NOW).advice is Advice.KEEP


def test_one_serious_incident_costs_the_tier_at_once() -> None:
    assert earned(tasks(450, serious=1), 3, now_ns=NOW).advice is Advice.DEMOTE_NOW


def test_failures_that_begin_cost_a_tier() -> None:
    fallen = [*tasks(300), *(Task(at_ns=NOW + 10**6 + n, good=n % 2, epoch="1") for n in range(40))]

    assert earned(fallen, 3, now_ns=NOW).advice is Advice.DEMOTE


def test_a_new_version_starts_again() -> None:
    new = [*tasks(450), *(Task(at_ns=NOW + 10**6 + n, good=1, epoch="2") for n in range(5))]
    fresh = earned(new, 2, now_ns=NOW)

    assert (fresh.tasks, fresh.advice) == (5, Advice.KEEP)


def test_a_second_try_must_be_more_convincing() -> None:
    assert earned(tasks(450), 2, now_ns=NOW).advice is Advice.PROMOTE
    assert earned(tasks(450), 2, now_ns=NOW, attempts=3).advice is Advice.KEEP


def test_an_easy_sort_of_task_does_not_speak_for_a_hard_one() -> None:
    mixed = [
        *(Task(at_ns=NOW + n, good=1, stratum="easy") for n in range(900)),
        *(Task(at_ns=NOW + 1000 + n, good=n % 3 > 0, stratum="hard") for n in range(9)),
    ]
    judged = earned(mixed, 2, now_ns=NOW)

    assert judged.advice is Advice.KEEP
    assert judged.missing == ("tasks of the sort 'hard' go well in 67% only",)


def test_an_agent_that_was_idle_for_two_months_loses_what_it_may_do_alone() -> None:
    later = NOW + 61 * 86_400 * 10**9

    assert earned(tasks(450), 3, now_ns=later).advice is Advice.DEMOTE
    assert earned(tasks(450), 2, now_ns=later).advice is Advice.PROMOTE
