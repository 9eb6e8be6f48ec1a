"""The figures of the validation subset that every model's history shows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss


def validation_figures(
    y: NDArray[Any], probabilities: NDArray[np.floating], classes: NDArray[Any]
) -> dict[str, float]:
    """Compute loss, accuracy, balanced accuracy and macro-F1 of the validation subset.

    Parameters
    ----------
    y : array of shape (n,), true classes
    probabilities : float array of shape (n, n_classes), columns as in ``classes``
    classes : array of shape (n_classes,), sorted
    """
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
