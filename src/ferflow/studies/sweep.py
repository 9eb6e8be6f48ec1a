"""One hyperparameter at a time through several values: where a training diverges, where it under-fits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.models.factory import make_model
from ferflow.models.recorder import DivergenceError

Subset = tuple[NDArray[np.uint8], NDArray[np.int64]]

_FIGURES = ("train_loss", "validation_loss", "validation_accuracy", "validation_balanced_accuracy")
COLUMNS = ("key", "value", "epoch", *_FIGURES, "diverged")


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
        ``validation_balanced_accuracy``, and ``diverged``: true in all rows of a training whose loss was no
        longer finite in the end (its last row then has no figures), or not below ln(classes), the loss of a
        model that knows nothing.
    """
    trainings = []
    for key, value in _each(values):
        before_training(key, value)
        arguments = dict(hyperparameters)
        # params.yaml keeps all values as floats; epochs are integers.
        arguments[key] = type(arguments[key])(value)
        history = _history(arguments, train, validation, sample_weight)
        last = history["train_loss"].iloc[-1]
        history["diverged"] = not last < np.log(len(np.unique(train[1])))
        trainings.append(history.assign(key=key, value=float(value)))
    return pd.concat(trainings, ignore_index=True)[list(COLUMNS)]


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
