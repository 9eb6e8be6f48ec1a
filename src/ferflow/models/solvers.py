"""How a linear model is fitted: gradient descent on all rows, on mini-batches, or L-BFGS.

References
----------
Polyak (1964), "Some methods of speeding up the convergence of iteration methods", for momentum;
Bottou, Curtis and Nocedal (2018), "Optimization Methods for Large-Scale Machine Learning", for mini-batches
and the falling learning rate; Liu and Nocedal (1989), "On the limited memory BFGS method".
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

Floats = NDArray[np.floating]

#: Sum of weighted losses, and its slope in the scores: (scores (m, k), target (m,), weight (m,)).
LossAndSlope = Callable[[Floats, NDArray[np.intp], Floats], tuple[float, Floats]]

#: Called after each epoch with the parameters, the learning rate and the mean loss of the training rows.
AfterEpoch = Callable[[Floats, float, float], None]

_CHOICES = {
    "solver": ("gd", "minibatch", "lbfgs"),
    "init": ("zeros", "normal"),
    "gradient": ("mean", "sum"),
    "schedule": ("cosine", "constant"),
}
_POSITIVE = (
    "learning_rate",
    "epochs",
    "batch_size",
    "pixel_scale",
    "epoch_faces",
    "record_every",
    "record_thin_after",
)


def check_choices(hyperparameters: Mapping[str, Any]) -> None:
    """Refuse hyperparameters of a linear model that are out of range or do not go together.

    Parameters
    ----------
    hyperparameters : mapping
        All of them, by name.

    Raises
    ------
    ValueError
        Naming the first.
    """
    for name, choices in _CHOICES.items():
        if hyperparameters[name] not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}, not {hyperparameters[name]!r}")
    for name in _POSITIVE:
        if hyperparameters[name] is not None and not hyperparameters[name] > 0:
            raise ValueError(f"{name} must be greater than 0, not {hyperparameters[name]!r}")
    l2, momentum = hyperparameters["l2"], hyperparameters["momentum"]
    if l2 < 0 or not 0 <= momentum < 1:
        raise ValueError(f"l2 must not be negative ({l2}), momentum be in [0, 1) ({momentum})")
    if hyperparameters["solver"] == "lbfgs" and (
        hyperparameters["gradient"] == "sum" or not hyperparameters["l2_in_gradient"]
    ):
        raise ValueError(
            "gradient: sum and l2_in_gradient: false say how gd and minibatch step; lbfgs takes neither"
        )


@dataclass(frozen=True)
class Objective:
    """Weighted loss of the scores ``X @ W + b``, mean or sum, plus ``l2 / 2`` times the squared weights.

    Parameters are one array of shape (p + 1, k), weights and below them the bias; (p, k) without a bias.

    Attributes
    ----------
    X : float array of shape (n, p)
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

    X: Floats
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
        X, target, weight, n = self.X, self.target, self.weight, self.n
        if rows is not None:
            X, target, weight, n = X[rows], target[rows], weight[rows], len(rows)
        loss, slope = self.loss_and_slope(scores(X, theta, self.intercept), target, weight)
        if not self.is_sum:
            slope /= n
        gradient = np.empty_like(theta)
        p = X.shape[1]
        np.matmul(X.T, slope, out=gradient[:p])
        if self.l2_in_gradient:
            gradient[:p] += self.l2 * theta[:p]
        if self.intercept:
            gradient[p] = slope.sum(axis=0)
        return loss / n, gradient

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


def gradient_descent(
    objective: Objective,
    theta: Floats,
    after_epoch: AfterEpoch,
    *,
    epochs: int,
    learning_rate: float,
    momentum: float,
) -> Floats:
    """Take steps on all rows at a constant learning rate.

    Parameters
    ----------
    objective : Objective
    theta : float array of shape (p + 1, k)
        Where to start.
    after_epoch : callable
        Called after each step; see :data:`AfterEpoch`.
    epochs : int
        Number of steps.
    learning_rate : float
    momentum : float
        Share of the last step that is added to the next.

    Returns
    -------
    float array of shape (p + 1, k)
    """
    velocity = np.zeros_like(theta)
    _, gradient = objective(theta)
    for _ in range(epochs):
        velocity = momentum * velocity - learning_rate * gradient
        theta = theta + velocity
        loss, gradient = objective(theta)
        after_epoch(theta, learning_rate, loss)
    return theta


def mini_batches(
    objective: Objective,
    theta: Floats,
    after_epoch: AfterEpoch,
    *,
    epochs: int,
    learning_rate: float,
    momentum: float,
    batch_size: int,
    epoch_faces: int,
    falls: bool,
    rng: np.random.Generator,
) -> Floats:
    """Take a step on each batch of shuffled rows.

    Without the fall the last steps only move the weights about the optimum, by as much as the learning rate.
    The loss of an epoch is that of its batches, each before its step.

    Parameters
    ----------
    objective : Objective
    theta : float array of shape (p + 1, k)
        Where to start.
    after_epoch : callable
        Called after each epoch; see :data:`AfterEpoch`.
    epochs : int
    learning_rate : float
        At the start.
    momentum : float
        Share of the last step that is added to the next.
    batch_size : int
        Rows a step.
    epoch_faces : int
        Rows an epoch.
    falls : bool
        Whether the rate goes to zero along half a cosine.
    rng : numpy.random.Generator
        Shuffles the rows.

    Returns
    -------
    float array of shape (p + 1, k)
    """
    theta, velocity = theta.copy(), np.zeros_like(theta)
    steps, step = epochs * -(-epoch_faces // batch_size), 0
    for batches in _epochs_of_batches(len(objective.X), batch_size, epoch_faces, epochs, rng):
        total = 0.0
        for rows in batches:
            rate = learning_rate * 0.5 * (1 + np.cos(np.pi * step / steps)) if falls else learning_rate
            loss, gradient = objective(theta, rows)
            velocity *= momentum
            velocity -= theta.dtype.type(rate) * gradient
            theta += velocity
            total += loss * len(rows)
            step += 1
        after_epoch(theta, float(rate), total / epoch_faces)
    return theta


def _epochs_of_batches(
    n: int, batch_size: int, epoch_faces: int, epochs: int, rng: np.random.Generator
) -> Iterator[list[NDArray[np.intp]]]:
    """Cut an endless stream of shuffled passes over n rows into epochs, and these into batches."""
    stream = np.empty(0, dtype=np.intp)
    for _ in range(epochs):
        while len(stream) < epoch_faces:
            stream = np.concatenate([stream, rng.permutation(n)])
        yield np.array_split(stream[:epoch_faces], -(-epoch_faces // batch_size))
        stream = stream[epoch_faces:]


def lbfgs(
    objective: Objective, theta: Floats, after_epoch: AfterEpoch, *, epochs: int, tolerance: float
) -> Floats:
    """Iterate until the gradient is small.

    Parameters
    ----------
    objective : Objective
    theta : float array of shape (p + 1, k)
        Where to start.
    after_epoch : callable
        Called after each iteration; see :data:`AfterEpoch`.
    epochs : int
        Greatest number of iterations.
    tolerance : float
        Greatest entry of the gradient at the end.

    Returns
    -------
    float array of shape (p + 1, k)
    """
    shape, dtype = theta.shape, theta.dtype

    def value(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        now = flat.reshape(shape).astype(dtype)
        loss, gradient = objective(now)
        return loss + objective.penalty(now), gradient.ravel().astype(np.float64)

    def callback(intermediate_result: OptimizeResult) -> None:  # scipy goes by this name
        now = intermediate_result.x.reshape(shape).astype(dtype)
        # The line search picks the step's length: there is no learning rate to report.
        after_epoch(now, float("nan"), float(intermediate_result.fun) - objective.penalty(now))

    options: dict[str, Any] = {"maxiter": epochs, "gtol": tolerance, "ftol": 64 * np.finfo(float).eps}
    result = minimize(
        value,
        theta.ravel().astype(np.float64),
        jac=True,
        method="L-BFGS-B",
        callback=callback,
        options=options,
    )
    output: Floats = result.x.reshape(shape).astype(dtype)
    return output
