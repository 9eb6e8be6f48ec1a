"""How a linear model is fitted: gradient descent on all rows, on mini-batches, or L-BFGS.

References
----------
Polyak (1964), "Some methods of speeding up the convergence of iteration methods", for momentum;
Bottou, Curtis and Nocedal (2018), "Optimization Methods for Large-Scale Machine Learning", for mini-batches
and the falling learning rate; Liu and Nocedal (1989), "On the limited memory BFGS method".
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from ferflow.models.objective import AfterEpoch, Floats, Objective

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
        Called after each step; see :data:`ferflow.models.objective.AfterEpoch`.
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
        Called after each epoch; see :data:`ferflow.models.objective.AfterEpoch`.
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
        Called after each iteration, once where there is none to do; see
        :data:`ferflow.models.objective.AfterEpoch`.
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
    if result.nit == 0:  # it started at the optimum: what it starts from is its history
        after_epoch(output, float("nan"), float(result.fun) - objective.penalty(output))
    return output


def minimise(
    objective: Objective,
    start: Floats,
    after_epoch: AfterEpoch,
    hyperparameters: Mapping[str, Any],
    *,
    epoch_faces: int,
    rng: np.random.Generator,
) -> Floats:
    """Minimise with the solver that the hyperparameters name.

    Parameters
    ----------
    objective : Objective
    start : float array of shape (p + 1, k)
    after_epoch : callable
        Called after each epoch; see :data:`ferflow.models.objective.AfterEpoch`.
    hyperparameters : mapping
        As :func:`check_choices` takes them.
    epoch_faces : int
        Rows an epoch of mini-batches.
    rng : numpy.random.Generator
        Shuffles the rows.

    Returns
    -------
    float array of shape (p + 1, k)
    """
    solver, epochs = hyperparameters["solver"], hyperparameters["epochs"]
    if solver == "lbfgs":
        return lbfgs(objective, start, after_epoch, epochs=epochs, tolerance=hyperparameters["tolerance"])
    steps = {name: hyperparameters[name] for name in ("epochs", "learning_rate", "momentum")}
    if solver == "gd":
        return gradient_descent(objective, start, after_epoch, **steps)
    return mini_batches(
        objective,
        start,
        after_epoch,
        **steps,
        batch_size=hyperparameters["batch_size"],
        epoch_faces=epoch_faces,
        falls=hyperparameters["schedule"] == "cosine",
        rng=rng,
    )
