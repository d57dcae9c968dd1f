"""Chanting: a model's output repeats one passage over and over until something stops it.

How the passage is found: see `repetition`.
"""

from collections.abc import Sequence

from fleetglass_detectors.loops.look import Look
from fleetglass_detectors.loops.repetition import OFTEN
from fleetglass_detectors.loops.step import Finding

CRITICAL = 12


def find(looks: Sequence[Look]) -> Finding | None:
    """Report a chant if the last step's output ends in one."""
    if not looks or not looks[-1].chant_period:
        return None
    last = looks[-1]
    return Finding(
        kind="chant",
        critical=last.chant_repeats >= CRITICAL,
        places=(len(looks) - 1,),
        period=1,
        repeats=last.chant_repeats,
        score=last.chant_repeats / OFTEN,
        summary=(
            f"one model output ends with the same {last.chant_period} characters,"
            f" repeated {int(last.chant_repeats)} times"
        ),
    )
