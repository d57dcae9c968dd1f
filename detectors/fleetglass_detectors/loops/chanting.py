"""A step whose output says the same thing over and over: the finding."""

from collections.abc import Sequence

from fleetglass_detectors.loops.chant import CRITICAL, OFTEN
from fleetglass_detectors.loops.look import Look
from fleetglass_detectors.loops.step import Finding


def find(looks: Sequence[Look]) -> Finding | None:
    """Whether the last step's output is a chant."""
    if not looks or not looks[-1].chant_period:
        return None
    last = looks[-1]
    return Finding(
        kind="chant",
        critical=last.chant_repeats >= CRITICAL,
        first=len(looks) - 1,
        last=len(looks) - 1,
        period=1,
        repeats=last.chant_repeats,
        score=last.chant_repeats / OFTEN,
        summary=(
            f"one output says the same {last.chant_period} characters"
            f" {last.chant_repeats:.0f} times at its end"
        ),
    )
