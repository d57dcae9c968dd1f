import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.alarms.ebh import flag
from fleetglass_detectors.alarms.elond import ELond

anything = st.one_of(st.floats(-5, 30), st.sampled_from([math.nan, math.inf, -math.inf, 1e300]))
evidence = st.lists(anything, max_size=30)


def flags(log_m: list[float]) -> list[bool]:
    return [bool(each) for each in flag(log_m, alpha=0.05, patience=100)]


@given(evidence)
def test_the_order_of_streams_does_not_matter(log_m: list[float]) -> None:
    order = np.random.default_rng(len(log_m)).permutation(len(log_m)).tolist()

    shuffled = flags([log_m[place] for place in order])

    assert shuffled == [flags(log_m)[place] for place in order]


@given(evidence, st.lists(st.floats(0, 10), min_size=30, max_size=30))
def test_more_evidence_never_takes_a_flag_away(log_m: list[float], more: list[float]) -> None:
    before = flags(log_m)
    after = flags([each + extra for each, extra in zip(log_m, more, strict=False)])

    assert all(later for earlier, later in zip(before, after, strict=True) if earlier)


@given(evidence)
def test_what_is_flagged_has_at_least_the_evidence_of_what_is_not(log_m: list[float]) -> None:
    mask = flags(log_m)
    known = [-math.inf if math.isnan(each) else each for each in log_m]

    lowest = min((each for each, flagged in zip(known, mask, strict=True) if flagged), default=0)
    assert all(each < lowest for each, flagged in zip(known, mask, strict=True) if not flagged) or (
        not any(mask)
    )


@given(evidence)
def test_the_flagged_are_the_most_that_pass_their_bar(log_m: list[float]) -> None:
    ordered = sorted((-math.inf if math.isnan(each) else each for each in log_m), reverse=True)
    bars = [math.log(len(log_m) * 100 / 0.05 / k) for k in range(1, len(log_m) + 1)]

    most = max((k for k, bar in enumerate(bars, 1) if ordered[k - 1] >= bar), default=0)

    assert sum(flags(log_m)) == most


def test_the_bar_is_that_of_the_paper() -> None:
    bar = math.log(10 / (0.05 / 1000))

    assert not flag([bar - 1e-9] + [0.0] * 9, alpha=0.05, patience=1000).any()
    assert (
        flag([bar + 1e-9] + [0.0] * 9, alpha=0.05, patience=1000).tolist() == [True] + [False] * 9
    )


@pytest.mark.parametrize(("alpha", "patience"), [(0, 10), (1, 10), (math.nan, 10), (0.1, 0.5)])
def test_what_promises_nothing_is_refused(alpha: float, patience: float) -> None:
    with pytest.raises(ValueError, match="expected a"):
        flag([1.0], alpha=alpha, patience=patience)


@given(st.lists(anything, max_size=30), st.lists(st.floats(0, 10), min_size=30, max_size=30))
def test_more_evidence_never_makes_fewer_discoveries(log_e: list[float], more: list[float]) -> None:
    weaker, stronger = ELond(alpha=0.1), ELond(alpha=0.1)

    for each, extra in zip(log_e, more, strict=False):
        found = weaker.ask(each)
        assert stronger.ask(each + extra) or not found
    assert weaker.discoveries <= weaker.asked == len(log_e)


def test_what_may_be_spent_on_all_questions_together_is_alpha() -> None:
    questions, spent = ELond(alpha=0.1), 0.0

    for _ in range(10_000):
        spent += math.exp(-questions.log_bar)
        questions.ask(0.0)

    assert spent == pytest.approx(0.1, rel=1e-3)


@given(st.lists(anything, max_size=30), st.lists(anything, max_size=30))
def test_restored_questions_go_on_as_if_never_stopped(
    before: list[float], after: list[float]
) -> None:
    first, second = ELond(alpha=0.1), ELond(alpha=0.1)
    for log_e in before:
        first.ask(log_e)

    second.restore(first.state())

    assert [first.ask(log_e) for log_e in after] == [second.ask(log_e) for log_e in after]
