"""Forests as arrays: `parent[i]` is the index of i's parent, or -1.

Each function takes as many rounds as the logarithm of the depth, so a chain of a million spans
costs no more than a broad tree. A span on a cycle has no root and no meaningful ancestor.
"""

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def parents(keys: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> Indices:
    """Return the index of each wanted key in `keys`, which are distinct; -1 for a missing key."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(keys)
    place = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
    at = order[place]
    return np.where(keys[at] == wanted, at, -1)


def nearest(parent: Indices, mask: Mask) -> Indices:
    """Return the nearest ancestor in `mask`, never the span itself; -1 where there is none."""
    here = np.arange(len(parent))
    # A step leads up; it leads nowhere on a span of the mask and at the top.
    step = np.where(mask | (parent < 0), here, parent)
    stop = _settled(step)
    above = np.where(parent < 0, -1, stop[parent])
    return np.where((above >= 0) & (above != here) & mask[above], above, -1)


def top(parent: Indices) -> Indices:
    """Return the root above each span; a root itself is its own; -1 on and below a cycle."""
    here = np.arange(len(parent))
    stop = _settled(np.where(parent < 0, here, parent))
    return np.where(parent[stop] < 0, stop, -1)


def above(parent: Indices, mask: Mask) -> Mask:
    """Return which spans have a descendant in `mask`, not counting themselves."""
    reached = mask.copy()
    jump = parent.copy()
    for _ in range(_rounds(len(parent))):
        moving = np.flatnonzero((jump >= 0) & reached)
        if not len(moving):
            break
        reached[jump[moving]] = True
        jump = np.where(jump >= 0, jump[jump], -1)
    result = np.zeros(len(parent), np.bool_)
    below = np.flatnonzero((parent >= 0) & reached)
    result[parent[below]] = True
    return result


def _settled(step: Indices) -> Indices:
    """Follow the steps until nothing moves; on a cycle, which never stops, give up in time."""
    for _ in range(_rounds(len(step))):
        further = step[step]
        if np.array_equal(further, step):
            break
        step = further
    return step


def _rounds(count: int) -> int:
    return count.bit_length() + 1
