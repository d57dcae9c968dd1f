"""Finds the last whole cycle of a loop, turned as its first one.

A loop is looked at while it goes on, mostly in the middle of a cycle. If A B C was shown first, the
last cycle is A B C too, and not the C A B with which the steps end. The first cycle may have left
the window long ago, so its digest is kept.
"""

from collections.abc import Sequence

from fleetglass_detectors.loops import canonical


def digest(cycle: Sequence[object]) -> int:
    """Return a hash of a cycle, from values that tell its steps apart."""
    return canonical.digest(*map(repr, cycle))


def last_whole(steps: Sequence[object], period: int, *, like: int) -> slice:
    """Return the last cycle that has the digest of the first one; without such a one, the last.

    Without such a one, the steps are taken to begin with a first cycle.
    """
    count = len(steps)
    ends = range(count, max(count - period, period - 1), -1)
    alike = (end for end in ends if digest(steps[end - period : end]) == like)
    end = next(alike, count - count % period)
    return slice(end - period, end)
