"""Arithmetic and random numbers that are the same, bit for bit, on every processor.

IEEE 754 fixes the result of ``+ - * /``, the square root and rounding to the last bit. ``exp``, ``sin`` and
powers differ in it between C libraries and with the processor's vector instructions, and so do matrix
products and whatever a C compiler may fuse into one multiply-add (NumPy's ``uniform``, ``normal`` and
``interp``; Pillow's polygons). A last bit is enough to change a grey level where a value lies on the edge of
two. So what the sample faces need is built here from the operations that are fixed, each a call of its own so
that nothing can be fused. The series are accurate to about 1e-15; what counts is that they are the same
everywhere.
"""

import math
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_LN2_HIGH, _LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
_QUARTER_HIGH, _QUARTER_LOW = 1.57079632673412561417, 6.07710050650619224932e-11  # of a turn, pi / 2
_EXP = [1 / math.factorial(k) for k in range(14)]
_SIN = [(-1) ** k / math.factorial(2 * k + 1) for k in range(9)]
_COS = [(-1) ** k / math.factorial(2 * k) for k in range(10)]
_LOG = [2 / (2 * k + 1) for k in range(12)]


def _series(coefficients: list[float], x: Array) -> Array:
    """Evaluate a polynomial, lowest power first, by Horner's rule."""
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += coefficient
    return total


def exp(x: ArrayLike) -> Array:
    """Raise e to a power.

    Parameters
    ----------
    x : array
        Any numbers; those below -700 count as -700, where the result is 1e-304.

    Returns
    -------
    float64 array
    """
    x = np.maximum(np.asarray(x, dtype=np.float64), -700.0)
    twos = np.rint(x / _LN2_HIGH)
    return np.ldexp(_series(_EXP, (x - twos * _LN2_HIGH) - twos * _LN2_LOW), twos.astype(np.int32))


def sin(x: ArrayLike) -> Array:
    """Compute the sine.

    Parameters
    ----------
    x : array
        Radians.

    Returns
    -------
    float64 array
    """
    return _wave(x, 0)


def cos(x: ArrayLike) -> Array:
    """Compute the cosine.

    Parameters
    ----------
    x : array
        Radians.

    Returns
    -------
    float64 array
    """
    return _wave(x, 1)


def _wave(x: ArrayLike, quarters_ahead: int) -> Array:
    x = np.asarray(x, dtype=np.float64)
    quarters = np.rint(x / _QUARTER_HIGH)
    rest = (x - quarters * _QUARTER_HIGH) - quarters * _QUARTER_LOW
    square = rest * rest
    quadrant = (quarters.astype(np.int64) + quarters_ahead) % 4
    wave = np.where(quadrant % 2 == 0, rest * _series(_SIN, square), _series(_COS, square))
    return np.where(quadrant < 2, wave, -wave)


def log(x: ArrayLike) -> Array:
    """Compute the natural logarithm.

    Parameters
    ----------
    x : array
        Greater than 0.

    Returns
    -------
    float64 array
    """
    mantissa, exponent = np.frexp(np.asarray(x, dtype=np.float64))
    small = mantissa < 0.7
    mantissa, exponent = np.where(small, 2 * mantissa, mantissa), exponent - small
    ratio = (mantissa - 1) / (mantissa + 1)
    result: Array = exponent * (_LN2_HIGH + _LN2_LOW) + ratio * _series(_LOG, ratio * ratio)
    return result


def power(base: ArrayLike, exponent: float) -> Array:
    """Raise to a power.

    Parameters
    ----------
    base : array
        0 or greater.
    exponent : float
        Greater than 0.

    Returns
    -------
    float64 array
    """
    base = np.asarray(base, dtype=np.float64)
    return np.where(base > 0, exp(exponent * log(np.where(base > 0, base, 1.0))), 0.0)


def combine(weights: Array, points: ArrayLike) -> Array:
    """Multiply two matrices, with sums in the order of m.

    Parameters
    ----------
    weights : float64 array of shape (n, m)
    points : array of shape (m, k)

    Returns
    -------
    float64 array of shape (n, k)
    """
    points = np.asarray(points, dtype=np.float64)
    total = np.zeros((len(weights), points.shape[1]))
    for column, point in zip(weights.T, points, strict=True):
        total += column[:, None] * point
    return total


@overload
def between(rng: np.random.Generator, low: float, high: float) -> float: ...
@overload
def between(rng: np.random.Generator, low: float, high: float, size: int) -> list[float]: ...
def between(
    rng: np.random.Generator, low: float, high: float, size: int | None = None
) -> float | list[float]:
    """Draw uniformly between ``low`` and ``high``: one number, or a list of ``size``."""
    if size is None:
        return low + (high - low) * float(rng.random())
    return [low + (high - low) * draw for draw in rng.random(size).tolist()]


def bell(rng: np.random.Generator, *shape: int) -> Array:
    """Draw from the Irwin-Hall distribution of four uniform draws, scaled to mean 0 and deviation 1.

    It is close to normal, but never exceeds 3.47; normal draws proper need logarithms in their tails.

    Parameters
    ----------
    rng : numpy.random.Generator
    *shape : int
        Of the result.

    Returns
    -------
    float64 array
    """
    draws = rng.integers(0, 65536, size=(4, *shape), dtype=np.uint16)
    total = draws.sum(axis=0, dtype=np.int64)
    return (np.asarray(total) - 2 * 65535) / (65536 / math.sqrt(3))
