"""A signal outlives its way through plain values and JSON."""

import json
from dataclasses import asdict, replace

import pytest

from fleetglass_detectors.harm import Harm
from fleetglass_detectors.signal import Cycles, Level, Signal
from fleetglass_detectors.subject import Subject

PLAIN = Signal(
    family="loop",
    detector="lag",
    kind="exact",
    level=Level.CRITICAL,
    run=2**64 - 1,
    at_ns=2,
    first_ns=1,
    score=1.5,
    summary="repeats the same step",
)
FULL = replace(
    PLAIN,
    subject=Subject(about="agent", name="refunds"),
    harm=Harm(cost=0.5, agents=("a", "b"), span_names=((1, "02", "search"),)),
    cycles=Cycles(first=(1, 2), last=(3, 4), every_s=0.5),
    evidence={"why": ["one", "two"], "usd": 0.5},
)


@pytest.mark.parametrize("signal", [PLAIN, FULL])
def test_a_signal_is_the_same_after_json(signal: Signal) -> None:
    again = Signal.of(json.loads(json.dumps(asdict(signal))))

    assert again == signal
    assert again.id == signal.id
    assert type(again.level) is Level
