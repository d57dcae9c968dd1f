"""The level that a maximum exceeds only rarely, even if too few maxima were seen.

    seen often enough    the ceil((n + 1) (1 - p))-th smallest of the n, which the next one exceeds
                         with probability at most p if all are exchangeable
    else                 u + s log(top / (n p)): u is exceeded by the `top` largest, by s on average

The second is an exponential tail. It is right for the largest of many bounded or light-tailed
values, and too low for heavy-tailed ones such as cost, which need a tail with a shape. It is never
below the largest level that can be read off.

To let a chart run A observations between false alarms, take the maxima of its statistic over
`sessions.paths` of length T, and `exceeded=once_in(A, length=T)`.

Example: 200 maxima, 1 to 200.
    >>> import numpy as np
    >>> maxima = np.arange(1, 201)
    >>> level(maxima, exceeded=0.1)
    181.0
    >>> round(level(maxima, exceeded=0.001), 1)
    228.4
    >>> round(once_in(3000, length=3000), 3)
    0.632

Reference:
    Vovk, Gammerman, Shafer: Algorithmic learning in a random world. Pickands: Statistical
    inference using extreme order statistics.
"""

import math

import numpy as np
import numpy.typing as npt

ENOUGH = 10
"""A level is read off, and not computed, if this many maxima lie above it."""


def level(maxima: npt.ArrayLike, *, exceeded: float) -> float:
    """Return the level that the next maximum exceeds with the probability `exceeded`."""
    seen = np.sort(np.asarray(maxima, dtype=np.float64))
    if seen.size < 2 * ENOUGH or not bool(np.isfinite(seen).all()):
        raise ValueError(
            f"maxima has {seen.size!r} numbers: expected {2 * ENOUGH!r} or more, all finite; "
            "wait for more sessions, or pool those of the parent key"
        )
    if not 0 < exceeded < 1:
        raise ValueError(f"exceeded={exceeded!r}: expected a probability between 0 and 1")
    rank = math.ceil((seen.size + 1) * (1 - exceeded))
    if rank <= seen.size - ENOUGH:
        return float(seen[max(rank, 1) - 1])
    top = max(ENOUGH, seen.size // 10)
    base = float(seen[-top - 1])
    excess = float(seen[-top:].mean()) - base
    computed = base + excess * math.log(top / (seen.size * exceeded))
    return max(computed, float(seen[-ENOUGH - 1]))


def once_in(run_length: float, *, length: int) -> float:
    """Return the probability of an alarm within `length`, at one in `run_length` on average."""
    if not (run_length > 0 and length > 0):
        raise ValueError(f"run_length={run_length!r}, length={length!r}: expected numbers above 0")
    return -math.expm1(-length / run_length)
