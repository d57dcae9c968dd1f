"""Bounds of a rate that was seen k times in n: Jeffreys' interval.

    high = the `level` quantile of Beta(k + 1/2, n - k + 1/2),    1 if k = n
    low  = the `1 - level` quantile,                              0 if k = 0

each side on its own: at `level=.9` one reference in ten has its true rate above `high`, one
below `low`. The quantile is found by Newton's method, kept inside a bracket, on the regularised
incomplete beta function, which is computed by its continued fraction (modified Lentz).

Count sessions and not spans: the bounds are right only if the counted units are independent.

Example:
    >>> bounds = jeffreys([0, 6], 300)
    >>> bounds.low.round(5).tolist(), bounds.high.round(5).tolist()
    ([0.0, 0.01177], [0.0045, 0.03278])

Reference:
    Brown, Cai, DasGupta: Interval estimation for a binomial proportion (2001). Press et al.:
    Numerical Recipes, 6.4, for the fraction.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fleetglass_detectors.alarms.evidence import FloatArray

TINY = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    low: FloatArray
    high: FloatArray


def jeffreys(happened: npt.ArrayLike, of: npt.ArrayLike, *, level: float = 0.9) -> Bounds:
    """Return the lower and upper bound of the rate if it `happened` this often `of` this many."""
    if not 0.5 <= level < 1:
        raise ValueError(f"level={level!r}: expected from .5 to below 1; 90 % is .9")
    k, n = np.broadcast_arrays(
        np.asarray(happened, dtype=np.float64), np.asarray(of, dtype=np.float64)
    )
    if not bool(np.all((k >= 0) & (k <= n) & (n < np.inf))):
        raise ValueError(f"happened={happened!r}, of={of!r}: expected 0 <= happened <= of")
    low = beta_quantile(1 - level, k + 0.5, n - k + 0.5)
    high = beta_quantile(level, k + 0.5, n - k + 0.5)
    return Bounds(low=np.where(k == 0, 0.0, low), high=np.where(k == n, 1.0, high))


def beta_quantile(probability: float, a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the x below which Beta(a, b) has this probability, to about 12 digits."""
    log_beta = _log_beta(a, b)
    low, high, x = np.zeros_like(a), np.ones_like(a), a / (a + b)
    for _ in range(200):
        over = _regularised(x, (a, b), log_beta) - probability
        low, high = np.where(over < 0, x, low), np.where(over < 0, high, x)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            log_density = (a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - log_beta
            newton = x - over * np.exp(-log_density)
        inside = (newton > low) & (newton < high)
        following = np.where(inside, newton, (low + high) / 2)
        if bool(np.all(np.abs(following - x) <= 1e-14 * x)):
            break
        x = following
    return x


def beta_cdf(x: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """Return the probability of Beta(a, b) below x: the regularised incomplete beta function."""
    where, alpha, beta = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (x, a, b))
    )
    return _regularised(where, (alpha, beta), _log_beta(alpha, beta))


def _log_beta(a: FloatArray, b: FloatArray) -> FloatArray:
    pairs = zip(a.ravel().tolist(), b.ravel().tolist(), strict=True)
    logs = [math.lgamma(p) + math.lgamma(q) - math.lgamma(p + q) for p, q in pairs]
    return np.array(logs, dtype=np.float64).reshape(a.shape)


def _regularised(
    x: FloatArray, shape: tuple[FloatArray, FloatArray], log_beta: FloatArray
) -> FloatArray:
    a, b = shape
    # The fraction converges fast only below the mean; above it, the other tail is computed.
    swap = x > (a + 1) / (a + b + 2)
    y = np.where(swap, 1 - x, x)
    p, q = np.where(swap, b, a), np.where(swap, a, b)
    with np.errstate(divide="ignore"):
        front: FloatArray = np.exp(p * np.log(y) + q * np.log1p(-y) - log_beta) / p
    tail = front * _fraction(y, p, q)
    return np.where(swap, 1 - tail, tail)


def _fraction(x: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    c = np.ones_like(x)
    d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 20_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        step = np.ones_like(x)
        for coefficient in (even, odd):
            d = 1 / _away_from_zero(1 + coefficient * d)
            c = _away_from_zero(1 + coefficient / c)
            step = d * c
            value = value * step
        if bool(np.all(np.abs(step - 1) < 1e-15)):
            break
    return value


def _away_from_zero(number: FloatArray) -> FloatArray:
    return np.where(np.abs(number) < TINY, TINY, number)
