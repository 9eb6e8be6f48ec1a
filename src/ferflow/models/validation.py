"""What models share of a fit: the checks before it, the figures of the validation subset in its history."""

from collections.abc import Sized
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, validate_data

_FIGURES = ("validation_loss", "validation_accuracy", "validation_balanced_accuracy", "validation_macro_f1")


def check_training_data(
    model: Any, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.float64]]:
    """Check what a model is to be fitted to, and set its ``classes_`` and ``n_features_in_``.

    Parameters
    ----------
    model : estimator
    X : array of shape (n, n_features)
    y : array of shape (n,)
        Labels.
    sample_weight : array of shape (n,) or None
        None for 1 everywhere.

    Returns
    -------
    rows : array of shape (n, n_features)
        Numeric.
    target : int array of shape (n,)
        Index into ``model.classes_``.
    weight : float64 array of shape (n,)

    Raises
    ------
    ValueError
        If X, y or the weights are unfit, or y holds one class only.
    """
    rows, labels = validate_data(model, X, y, dtype="numeric")
    model.classes_, target, weight = check_targets(rows, labels, sample_weight)
    return rows, target, weight


def check_targets(
    rows: Sized, y: ArrayLike, sample_weight: ArrayLike | None
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.float64]]:
    """Check labels and weights, and find the classes and the place of each label among them.

    Parameters
    ----------
    rows : sized
        What is labelled, n in number.
    y : array of shape (n,)
        Labels.
    sample_weight : array of shape (n,) or None
        None for 1 everywhere.

    Returns
    -------
    classes : array of shape (n_classes,)
        Sorted.
    target : int array of shape (n,)
        Index into ``classes``.
    weight : float64 array of shape (n,)

    Raises
    ------
    ValueError
        If rows, labels and weights differ in number, y is no list of classes or holds one class only, a
        weight is negative or no number, or all are 0.
    """
    check_consistent_length(rows, y)
    check_classification_targets(y)
    classes, target = np.unique(np.asarray(y), return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"needs two classes or more; y holds one class only, {classes[0]!r}")
    weight = _check_sample_weight(sample_weight, target, dtype=np.float64, ensure_non_negative=True)
    return classes, target, weight


def validation_figures(
    y: NDArray[Any], probabilities: NDArray[np.floating], classes: NDArray[Any]
) -> dict[str, float]:
    """Compute loss, accuracy, balanced accuracy and macro-F1 of the validation subset.

    Parameters
    ----------
    y : array of shape (n,)
        True classes.
    probabilities : float array of shape (n, n_classes)
        Columns as in ``classes``.
    classes : array of shape (n_classes,)
        Sorted.

    Returns
    -------
    dict
        By name; NaN, all of them, where a probability is: the training has diverged.
    """
    if not np.isfinite(probabilities).all():  # scikit-learn refuses them, and does not say why
        return dict.fromkeys(_FIGURES, float("nan"))
    predicted = classes[probabilities.argmax(axis=1)]
    present = np.unique(y)  # a small validation subset may lack a class
    return {
        "validation_loss": float(log_loss(y, probabilities, labels=classes)),
        "validation_accuracy": float(accuracy_score(y, predicted)),
        "validation_balanced_accuracy": float(balanced_accuracy_score(y, predicted)),
        "validation_macro_f1": float(
            f1_score(y, predicted, labels=present, average="macro", zero_division=0.0)
        ),
    }
