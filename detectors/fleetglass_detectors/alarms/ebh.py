"""Decides which of many streams have really changed: the e-BH procedure on detectors.

    sort M_(1) >= ... >= M_(K);    k* = max{k : M_(k) >= K / (alpha' k)};    flag the k* largest
    alpha' = alpha / patience

With `alpha=.05, patience=1000`: at any moment, the expected share of false streams among the
flagged ones is at most .05 for every 1 000 observations that a stream had until then. (This is the
error over patience. No procedure with finite run lengths can guarantee more.) It also holds if the
streams depend on one another, for example in an outage that hits many of them.

Give it the present log M. With the largest log M so far, the guarantee is lost. A stream without a
new observation keeps its log M. NaN counts as no evidence.

Example: one strong stream among ten, and a second that is flagged only beside the first.
    >>> import numpy as np
    >>> log_m = np.zeros(10)
    >>> log_m[:2] = 12.5, 11.6
    >>> flag(log_m, alpha=0.05, patience=1000).nonzero()[0].tolist()
    [0, 1]
    >>> log_m[0] = 0
    >>> flag(log_m, alpha=0.05, patience=1000).nonzero()[0].tolist()
    []

Reference:
    Dandapanthula, Ramdas: Multiple testing in multi-stream sequential change detection,
    arXiv 2501.04130. Wang, Ramdas: False discovery rate control with e-values.
"""

import math

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import BoolArray, FloatArray


def flag(log_m: npt.ArrayLike, *, alpha: float, patience: float) -> BoolArray:
    """Return which streams to flag, as a mask of the shape of `log_m`."""
    evidence = np.nan_to_num(np.asarray(log_m, dtype=np.float64), nan=-np.inf, posinf=np.inf)
    if evidence.ndim != 1:
        raise ValueError(f"log_m has shape {evidence.shape!r}: give one number a stream")
    bars = _bars(evidence.size, alpha=alpha, patience=patience)
    passed = np.flatnonzero(np.sort(evidence)[::-1] >= bars)
    if passed.size == 0:
        return np.zeros(evidence.size, dtype=np.bool_)
    # Streams with equal evidence are flagged together, because the bar falls with k.
    flagged: BoolArray = evidence >= bars[passed[-1]]
    return flagged


def _bars(streams: int, *, alpha: float, patience: float) -> FloatArray:
    """Return what the k-th largest log M must reach, for k = 1, 2, ..."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha={alpha!r}: expected a share between 0 and 1")
    if not 1 <= patience < math.inf:
        raise ValueError(f"patience={patience!r}: expected a number of observations, 1 or more")
    return math.log(max(1, streams) / alpha * patience) - np.log(np.arange(1, streams + 1))
