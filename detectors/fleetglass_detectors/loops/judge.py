"""Runs all layers over one run."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from fleetglass_detectors.loops import chant, exact, failing, progress, rephrased
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
    "chant": chant.find,
}


def judge(
    steps: Iterable[Step], *, vectorise: Vectorise | None = None, null: Null | None = None
) -> list[Finding]:
    """Return the findings of all layers in a run: each loop once, at its furthest."""
    looks = [look(step, vectorise=vectorise) for step in in_order(steps)]
    furthest: dict[tuple[str, int], Finding] = {}
    for end in range(1, len(looks) + 1):
        start = max(0, end - WINDOW)
        for found in at(looks[start:end], null=null):
            moved = replace(found, places=tuple(place + start for place in found.places))
            furthest[moved.kind, moved.first] = moved
    return sorted(furthest.values(), key=lambda found: (found.last, found.kind))


def at(window: Sequence[Look], *, null: Null | None = None) -> list[Finding]:
    """Return the findings that end at the last of up to `WINDOW` steps; call it for each step."""
    found = [layer(window) for layer in LAYERS.values()]
    if null is not None:
        found.append(find_lagged(window, null=null))
    return [finding for finding in found if finding]


def verdict(findings: Iterable[Finding]) -> bool:
    """Return whether the run is a loop.

    One finding is enough, since each layer reports only clear cases.
    """
    return any(finding.score >= 1.0 for finding in findings)


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Sort steps by when they ended, so that the order of arrival does not matter."""
    return sorted(steps, key=lambda step: (step.end_ns, step.start_ns, step.span_id))
