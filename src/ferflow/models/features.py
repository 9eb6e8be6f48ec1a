"""Features of the linear models: their precision, and bringing them to one scale."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

CHUNK = 2048  # rows taken to float64 at once: bounds memory when X is a large uint8 matrix
ROWS_AT_ONCE = 2**15  # rows that are held in working precision: 300 MB of faces of 48 pixels a side


def working_dtype(X: NDArray[Any]) -> type[np.floating]:
    """Choose the precision: float32 holds pixels and halves memory and time; wider features keep theirs.

    Parameters
    ----------
    X : array
        Features.

    Returns
    -------
    type
        Float32 or float64.
    """
    return np.float32 if X.dtype.itemsize <= 4 and np.can_cast(X.dtype, np.float32) else np.float64


def standardise(
    X: NDArray[Any], centre: NDArray[np.float64], scale: NDArray[np.float64], dtype: type[np.floating]
) -> NDArray[np.floating]:
    """Centre each feature and bring it to scale.

    Parameters
    ----------
    X : array of shape (n, p)
    centre : float64 array of shape (p,)
        What is taken from each feature.
    scale : float64 array of shape (p,)
        What it is then divided by.
    dtype : type
        Float32 or float64.

    Returns
    -------
    float array of shape (n, p)
        A new one.
    """
    Z = X.astype(dtype)  # a copy always: the caller's features stay as they are
    Z -= centre.astype(dtype)
    Z /= scale.astype(dtype)
    return Z


class StandardisedRows:
    """Rows that :func:`standardise` makes when they are asked for, so that they are not all in memory.

    Parameters
    ----------
    X, centre, scale, dtype
        As :func:`standardise` takes them.
    """

    def __init__(
        self,
        X: NDArray[Any],
        centre: NDArray[np.float64],
        scale: NDArray[np.float64],
        dtype: type[np.floating],
    ) -> None:
        self._X, self._centre, self._scale, self.dtype = X, centre, scale, np.dtype(dtype)
        self.shape: tuple[int, int] = X.shape

    def __len__(self) -> int:
        return len(self._X)

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> NDArray[np.floating]:
        """Make some rows, (m, p)."""
        return standardise(self._X[rows], self._centre, self._scale, self.dtype.type)


def standardised(
    X: NDArray[Any], centre: NDArray[np.float64], scale: NDArray[np.float64], dtype: type[np.floating]
) -> "NDArray[np.floating] | StandardisedRows":
    """Standardise all rows at once, or, where there are more than ``ROWS_AT_ONCE``, when they are asked for.

    Parameters
    ----------
    X, centre, scale, dtype
        As :func:`standardise` takes them.
    """
    make = standardise if len(X) <= ROWS_AT_ONCE else StandardisedRows
    return make(X, centre, scale, dtype)


def weighted_mean_and_deviation(
    X: NDArray[Any], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the weighted mean and standard deviation of each feature.

    Parameters
    ----------
    X : array of shape (n, p)
    weight : float64 array of shape (n,)

    Returns
    -------
    mean : float64 array of shape (p,)
    deviation : float64 array of shape (p,)
        1 where a feature is constant.
    """
    total, chunks = weight.sum(), list(gen_batches(len(X), CHUNK))
    mean = sum(weight[rows] @ X[rows].astype(np.float64) for rows in chunks) / total
    variance = sum(weight[rows] @ (X[rows].astype(np.float64) - mean) ** 2 for rows in chunks) / total
    constant = variance <= (1e-12 * np.abs(mean)) ** 2
    return mean, np.where(constant, 1.0, np.sqrt(variance))


def original_coefficients(
    theta: NDArray[np.floating], centre: NDArray[np.float64], scale: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn parameters of standardised features into those of the features as given.

    Prediction then needs nothing else.

    Parameters
    ----------
    theta : float array of shape (p + 1, k)
        Weights and below them the bias; (p, k) without a bias.
    centre, scale : float64 array of shape (p,)
        What :func:`standardise` took from each feature, and divided it by.

    Returns
    -------
    coef : float64 array of shape (k, p)
    intercept : float64 array of shape (k,)
    """
    wide = theta.astype(np.float64)
    coef = np.ascontiguousarray(wide[: len(scale)].T / scale)
    bias = wide[-1] if len(wide) > len(scale) else np.zeros(wide.shape[1])
    return coef, bias - coef @ centre
