"""What a linear model minimises: the weighted loss of linear scores, with a penalty on the weights."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from ferflow.models.features import ROWS_AT_ONCE, StandardisedRows

Floats = NDArray[np.floating]


#: Sum of weighted losses, and its slope in the scores: (scores (m, k), target (m,), weight (m,)).
LossAndSlope = Callable[[Floats, NDArray[np.intp], Floats], tuple[float, Floats]]


#: Called after each epoch with the parameters, the learning rate and the mean loss of the training rows.
AfterEpoch = Callable[[Floats, float, float], None]


@dataclass(frozen=True)
class Objective:
    """Weighted loss of the scores ``X @ W + b``, mean or sum, plus ``l2 / 2`` times the squared weights.

    Parameters are one array of shape (p + 1, k), weights and below them the bias; (p, k) without a bias.

    Attributes
    ----------
    X : float array of shape (n, p), or StandardisedRows
    target : int array of shape (n,)
    weight : float array of shape (n,)
        Of mean one, or with the sum of what was merged into a row.
    n : int
        Rows that the mean of all is over, with those that were merged.
    loss_and_slope : callable
        The loss of rows of scores; see :data:`LossAndSlope`.
    l2 : float
        Strength of the penalty, which spares the bias.
    intercept : bool
        Whether there is a bias.
    is_sum : bool, default=False
        Whether gradient and penalty are those of the summed loss, not of the mean.
    l2_in_gradient : bool, default=True
        False leaves the penalty out of the gradient, as published code does that forgot it.
    """

    X: Floats | StandardisedRows
    target: NDArray[np.intp]
    weight: Floats
    n: int
    loss_and_slope: LossAndSlope
    l2: float
    intercept: bool
    is_sum: bool = False
    l2_in_gradient: bool = True

    def __call__(self, theta: Floats, rows: NDArray[np.intp] | None = None) -> tuple[float, Floats]:
        """Mean loss of ``rows`` (all by default) without the penalty, and the gradient with it."""
        n = self.n if rows is None else len(rows)
        parts = [rows] if rows is not None else list(gen_batches(len(self.X), ROWS_AT_ONCE))
        loss, gradient = self._sums(theta, parts[0], n)
        for part in parts[1:]:
            more, slope = self._sums(theta, part, n)
            loss += more
            gradient += slope
        if self.l2_in_gradient:
            p = self.X.shape[1]
            gradient[:p] += self.l2 * theta[:p]
        return loss / n, gradient

    def _sums(self, theta: Floats, rows: NDArray[np.intp] | slice, n: int) -> tuple[float, Floats]:
        """Sum the losses of some rows, and their slopes (of the mean over n rows, unless ``is_sum``)."""
        X = self.X[rows]
        loss, slope = self.loss_and_slope(
            scores(X, theta, self.intercept), self.target[rows], self.weight[rows]
        )
        if not self.is_sum:
            slope /= n
        gradient = np.empty_like(theta)
        p = X.shape[1]
        np.matmul(X.T, slope, out=gradient[:p])
        if self.intercept:
            gradient[p] = slope.sum(axis=0)
        return loss, gradient

    def penalty(self, theta: Floats) -> float:
        """Compute the penalty on the weights.

        Parameters
        ----------
        theta : float array of shape (p + 1, k)

        Returns
        -------
        float
        """
        weights = theta[: self.X.shape[1]]
        return float(self.l2 / 2 * np.sum(weights.astype(np.float64) ** 2))


def scores(X: Floats, theta: Floats, intercept: bool) -> Floats:
    """Compute the scores of rows.

    Parameters
    ----------
    X : float array of shape (n, p)
    theta : float array of shape (p + 1, k)
        As :class:`Objective` lays it out.
    intercept : bool
        Whether there is a bias.

    Returns
    -------
    float array of shape (n, k)
    """
    return X @ theta[:-1] + theta[-1] if intercept else X @ theta


def merge_rows(
    X: NDArray[Any], target: NDArray[np.intp], weight: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.float64]]:
    """Merge rows that are equal, target and all, into the first of them, their weights added.

    Every weighted sum over the rows stays what it was, but for rounding. Oversampled faces come down to about
    half as many rows, and a pass over them takes half as long.

    Parameters
    ----------
    X : array of shape (n, p)
    target : int array of shape (n,)
    weight : float64 array of shape (n,)

    Returns
    -------
    tuple of array
        The three, with fewer rows.
    """
    first: dict[tuple[bytes, int], int] = {}
    place = np.array(
        [
            first.setdefault((row.tobytes(), int(of)), index)
            for index, (row, of) in enumerate(zip(X, target, strict=True))
        ]
    )
    rows, group = np.unique(place, return_inverse=True)
    if len(rows) == len(X):
        return X, target, weight
    return X[rows], target[rows], np.bincount(group, weights=weight).astype(np.float64)
