"""How often a detector errs, and how soon it finds: simulated, with fixed seeds.

A run length is shown with its interval: alarms of many streams that are reset after each are as
good as a Poisson count, so over N observations with a alarms it is N / (a +- 1.96 sqrt(a)).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from fleetglass_detectors.alarms.allowance import Allowance
from fleetglass_detectors.alarms.bernoulli import RateDetector
from fleetglass_detectors.alarms.census import Census
from fleetglass_detectors.alarms.ebh import flag
from fleetglass_detectors.alarms.edetector import EDetector
from fleetglass_detectors.alarms.evidence import BoolArray, FloatArray
from fleetglass_detectors.alarms.jeffreys import jeffreys
from fleetglass_detectors.alarms.sessions import Sessions, paths
from fleetglass_detectors.alarms.tails import level, once_in

STREAMS = 400
ALL = np.arange(STREAMS)
LONG = 16
"""Spans in a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLength:
    low: float
    high: float


def run_length(
    update: Callable[[int], FloatArray], reset: Callable[[BoolArray], None], *, bar: float
) -> RunLength:
    """Observations between alarms at log M >= bar, with a 95 % interval."""
    alarms = 0
    steps = 2500
    for step in range(steps):
        passed = update(step) >= bar
        if passed.any():
            alarms += int(passed.sum())
            reset(passed)
    spread, seen = 1.96 * math.sqrt(alarms), STREAMS * steps
    return RunLength(low=seen / (alarms + spread), high=seen / max(alarms - spread, 1))


def of_scores(draw: Callable[[int], FloatArray], *, target: float) -> RunLength:
    detector = EDetector(STREAMS)
    return run_length(
        lambda step: detector.update(ALL, draw(step)),
        lambda passed: detector.reset(ALL[passed]),
        bar=math.log(target),
    )


def delay(scores: Callable[[int], FloatArray], *, target: float) -> float:
    """Mean observations until log M passes, from a detector that has just begun."""
    detector, first = EDetector(STREAMS), np.zeros(STREAMS)
    step = 0
    while not first.all():
        step += 1
        passed = detector.update(ALL, scores(step)) >= math.log(target)
        first[passed & (first == 0)] = step
    return float(first.mean())


@pytest.mark.parametrize("target", [500, 3000])
def test_independent_scores_reach_the_run_length_and_hardly_more(target: float) -> None:
    rng = np.random.default_rng(1)

    realised = of_scores(lambda _: rng.uniform(-1, 1, STREAMS), target=target)

    assert realised.low >= target
    assert realised.high <= 1.6 * target


@pytest.mark.parametrize("target", [500, 3000])
def test_rare_large_scores_reach_it_too(target: float) -> None:
    rng = np.random.default_rng(2)

    realised = of_scores(
        lambda _: np.where(rng.random(STREAMS) < 0.05, 1, -0.05 / 0.95), target=target
    )

    assert realised.low >= target


def alike_within_sessions(rng: np.random.Generator) -> Callable[[int], FloatArray]:
    """Spans with mean zero over all sessions, and a mean of its own in each."""
    offsets = np.zeros(STREAMS)

    def draw(step: int) -> FloatArray:
        if step % LONG == 0:
            offsets[:] = rng.choice([-0.45, 0.45], STREAMS)
        return offsets + rng.uniform(-0.4, 0.4, STREAMS)

    return draw


def test_with_sessions_as_the_unit_the_run_length_holds() -> None:
    draw = alike_within_sessions(np.random.default_rng(3))

    def of_session(session: int) -> FloatArray:
        spans = np.stack([draw(session * LONG + span) for span in range(LONG)])
        means: FloatArray = spans.mean(axis=0)
        return means

    realised = of_scores(of_session, target=500)

    assert realised.low >= 500


def test_with_spans_as_the_unit_it_collapses() -> None:
    realised = of_scores(alike_within_sessions(np.random.default_rng(3)), target=500)

    assert realised.high < 500 / 4


def test_a_rate_with_an_estimated_reference_reaches_it() -> None:
    rng = np.random.default_rng(4)
    bounds = jeffreys(rng.binomial(300, 0.05, STREAMS), 300)
    detector = RateDetector(STREAMS)

    realised = run_length(
        lambda _: detector.update(
            ALL, rng.random(STREAMS) < 0.05, low=bounds.low, high=bounds.high
        ),
        lambda passed: detector.reset(ALL[passed]),
        bar=math.log(1000),
    )

    assert realised.low >= 1000


@pytest.mark.parametrize(("shift", "soon"), [(0.5, 40), (0.2, 90), (0.1, 200)])
def test_a_shift_is_found_soon(shift: float, soon: float) -> None:
    rng = np.random.default_rng(5)

    found = delay(lambda _: shift + rng.uniform(-0.5, 0.5, STREAMS), target=3000)

    assert found < soon


def chart(spans: FloatArray) -> FloatArray:
    """A CUSUM of scores: what needs a threshold from the bootstrap, having none of its own."""
    total = np.zeros(len(spans))
    highest = np.zeros(len(spans))
    for column in spans.T:
        total = np.maximum(0, total + column - 0.2)
        highest = np.maximum(highest, total)
    return highest


def test_a_chart_calibrated_on_sessions_holds_and_one_calibrated_on_spans_does_not() -> None:
    rng = np.random.default_rng(6)
    offsets = np.repeat(rng.normal(0, 0.3, 400), LONG)
    spans = offsets + rng.uniform(-0.4, 0.4, offsets.size)
    by_session = Sessions.of(spans, np.repeat(np.arange(400), LONG))
    by_span = Sessions.of(spans, np.arange(spans.size))
    tolerated = once_in(3000, length=600)

    bars = [
        level(chart(paths(each, length=600, count=800, seed=7)), exceeded=tolerated)
        for each in (by_session, by_span)
    ]
    fresh = rng.normal(0, 0.3, (2000, 600 // LONG + 1)).repeat(LONG, axis=1)[:, :600]
    highest = chart(fresh + rng.uniform(-0.4, 0.4, fresh.shape))
    alarmed, wrongly = [float((highest > bar).mean()) for bar in bars]

    # 95 % of 800 paths and 2000 streams: .18 +- .04.
    assert tolerated == pytest.approx(0.18, abs=0.01)
    assert alarmed == pytest.approx(tolerated, abs=0.05)
    assert wrongly > 0.9


def test_a_growing_fleet_pages_no_more_often_than_allowed() -> None:
    rng = np.random.default_rng(8)
    allowance = Allowance(pages_per_week=7, weights={"drift": 1.0})
    detector, census = EDetector(200), Census(200, day=0.0)
    pages, days, a_day = 0, 60, 20
    for day in range(days):
        if day in (0, 20):
            census.enter(np.arange(20) if day == 0 else np.arange(20, 200))
        census.advance(day=float(day))
        live = np.arange(census.streams)
        bars = allowance.log_threshold("drift", streams=census.counts(live), updates_per_day=a_day)
        for _ in range(a_day):
            passed = detector.update(live, rng.uniform(-1, 1, live.size)) >= bars
            pages += int(passed.sum())
            detector.reset(live[passed])

    # One page a day; 95 % of a Poisson count of 60 is at least 45.
    assert pages <= days
    assert pages > days / 4


def test_streams_that_drift_together_are_flagged_and_no_others() -> None:
    rng = np.random.default_rng(9)
    detector, streams = EDetector(240), np.arange(240)
    drifting = streams < 24
    log_m = detector.read(streams)
    for _ in range(200):
        common = rng.uniform(-0.3, 0.3)  # one provider behind all of them
        scores = common + rng.uniform(-0.5, 0.5, 240) + np.where(drifting, 0.2, 0)
        log_m = detector.update(streams, scores)

    flagged = flag(log_m, alpha=0.05, patience=1000)

    assert flagged[drifting].mean() > 0.8
    assert not flagged[~drifting].any()
