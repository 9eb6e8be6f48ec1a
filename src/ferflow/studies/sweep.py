"""One hyperparameter at a time through several values: where a training diverges, where it under-fits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.models.factory import make_model
from ferflow.models.recorder import DivergenceError
from ferflow.remedies.registry import make_loss

Subset = tuple[NDArray[np.uint8], NDArray[np.int64]]

_FIGURES = ("train_loss", "validation_loss", "validation_accuracy", "validation_balanced_accuracy")
COLUMNS = ("key", "value", "epoch", *_FIGURES, "untrained_loss", "diverged")

_NEARLY_DONE = 0.999  # share of the training that is behind: a loss may change over it


def sweep(
    hyperparameters: Mapping[str, Any],
    values: Mapping[str, Sequence[float]],
    train: Subset,
    validation: Subset,
    *,
    sample_weight: NDArray[np.floating] | None = None,
    before_training: Callable[[str, float], None] = lambda key, value: None,
) -> pd.DataFrame:
    """Train a model once for each value of each key, all else left as it is.

    Parameters
    ----------
    hyperparameters : mapping
        What :func:`ferflow.models.factory.make_model` takes.
    values : mapping of str to sequence of float
        Key of the model -> values to try.
    train, validation : tuple of array
        X, uint8 of shape (n, p), and y, int64 of shape (n,).
    sample_weight : float array of shape (n,), optional
    before_training : callable
        Called with key and value before each training.

    Returns
    -------
    DataFrame, sorted by key, value and epoch
        ``key``, ``value``, ``epoch``, ``train_loss``, ``validation_loss``, ``validation_accuracy``,
        ``validation_balanced_accuracy``; in all rows of a training ``untrained_loss``, the training loss of a
        model that knows nothing (:func:`untrained_loss`), and ``diverged``: whether the training loss was no
        longer finite in the end (the last row then has no figures), or not below that.
    """
    trainings = []
    for key, value in _each(values):
        before_training(key, value)
        arguments = dict(hyperparameters)
        # params.yaml keeps all values as floats; epochs are integers.
        arguments[key] = type(arguments[key])(value)
        history = _history(arguments, train, validation, sample_weight)
        history["untrained_loss"] = untrained_loss(arguments, train[1], sample_weight)
        history["diverged"] = not history["train_loss"].iloc[-1] < history["untrained_loss"].iloc[-1]
        trainings.append(history.assign(key=key, value=float(value)))
    return pd.concat(trainings, ignore_index=True)[list(COLUMNS)]


def untrained_loss(
    hyperparameters: Mapping[str, Any], y: NDArray[np.int64], sample_weight: NDArray[np.floating] | None
) -> float:
    """Compute the training loss of a model that gives all classes the same score, as the last epoch has it.

    It is ln(classes) for log loss, smoothed or not. Focal loss has less, LDAM with its margins has more.

    Parameters
    ----------
    hyperparameters : mapping
        What :func:`ferflow.models.factory.make_model` takes.
    y : int64 array of shape (n,)
        Labels that are trained on.
    sample_weight : float array of shape (n,), or None

    Returns
    -------
    float
    """
    classes, target = np.unique(y, return_inverse=True)
    of_log_loss = float(np.log(len(classes)))
    if "loss" not in hyperparameters:
        return of_log_loss
    import torch  # of the models with a choice of losses, networks all, so that it is loaded anyway

    if hyperparameters.get("retrain"):  # which ends with all classes drawn alike, and without weights
        target, sample_weight = np.arange(len(classes)), None
    loss = make_loss(hyperparameters["loss"]).over_training(target)(_NEARLY_DONE)
    losses = loss(torch.zeros(len(target), len(classes)), torch.from_numpy(target)).numpy()
    result = float(np.average(losses, weights=sample_weight))
    for teaching in ("distillation", "self_distillation"):
        share = hyperparameters.get(teaching, 0.0)
        result = (1 - share) * result + share * of_log_loss
    return result


def _each(values: Mapping[str, Sequence[float]]) -> Iterator[tuple[str, float]]:
    for key in sorted(values):
        for value in sorted(set(values[key])):
            yield key, value


def _history(
    hyperparameters: Mapping[str, Any],
    train: Subset,
    validation: Subset,
    sample_weight: NDArray[np.floating] | None,
) -> pd.DataFrame:
    model = make_model(**hyperparameters)
    rows: list[dict[str, float]] = []  # not history_, which a network has only when its training is done
    with np.errstate(over="ignore", invalid="ignore"):  # divergence is what a sweep is there to find
        try:
            model.fit(*train, sample_weight=sample_weight, validation=validation, progress=rows.append)
        except DivergenceError as error:
            rows.append({"epoch": error.epoch})
    return pd.DataFrame(rows, columns=["epoch", *_FIGURES])
