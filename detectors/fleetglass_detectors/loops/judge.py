"""All layers over one run, and whether that makes an incident."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from fleetglass_detectors.loops import chanting, exact, failing, progress, rephrased
from fleetglass_detectors.loops.look import Look, Vectorise, look
from fleetglass_detectors.loops.null import Null
from fleetglass_detectors.loops.null import find as find_lagged
from fleetglass_detectors.loops.step import Finding, Step
from fleetglass_detectors.loops.streams import WINDOW

Layer = Callable[[Sequence[Look]], Finding | None]

LAYERS: dict[str, Layer] = {
    "exact": exact.find,
    "failing": failing.find,
    "rephrased": rephrased.find,
    "no_progress": progress.find,
    "chant": chanting.find,
}


def judge(
    steps: Iterable[Step], *, vectorise: Vectorise | None = None, null: Null | None = None
) -> list[Finding]:
    """What each layer found in a run, each loop once, as it was when it had gone furthest."""
    looks = [look(step, vectorise=vectorise) for step in in_order(steps)]
    furthest: dict[tuple[str, int], Finding] = {}
    for end in range(1, len(looks) + 1):
        start = max(0, end - WINDOW)
        for found in at(looks[start:end], null=null):
            moved = replace(found, first=found.first + start, last=found.last + start)
            furthest[moved.kind, moved.first] = moved
    return sorted(furthest.values(), key=lambda found: (found.last, found.kind))


def at(window: Sequence[Look], *, null: Null | None = None) -> list[Finding]:
    """What the layers find as of the last of up to `WINDOW` steps; to be asked at each new one."""
    found = [layer(window) for layer in LAYERS.values()]
    if null is not None:
        found.append(find_lagged(window, null=null))
    return [finding for finding in found if finding]


def verdict(findings: Iterable[Finding]) -> bool:
    """Whether somebody is to be told.

    One finding is enough, as each layer reports only what is plain; whether to stop the run too is
    `Finding.critical`.
    """
    return any(finding.score >= 1.0 for finding in findings)


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Steps by when they ended, so that it does not matter when they arrived."""
    return sorted(steps, key=lambda step: (step.end_ns, step.start_ns, step.span_id))
