"""Probabilities that mean what they say: one temperature, from faces that were not trained on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.metrics import log_loss

_LOWEST, _HIGHEST = 0.1, 10.0


def fit_temperature(logits: NDArray[np.floating], y: NDArray[Any], classes: NDArray[Any]) -> float:
    """Find what logits are to be divided by for the least log loss.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2, for the average of several
    views' probabilities. The most probable class of a single view stays what it is.

    Parameters
    ----------
    logits : float array of shape (views, n, n_classes)
        As :meth:`ferflow.models.network.NetworkClassifier.logits` gives them.
    y : array of shape (n,)
        True classes of faces that were not trained on.
    classes : array of shape (n_classes,)

    Returns
    -------
    float
        Between 0.1 and 10.
    """

    def loss(log_temperature: float) -> float:
        probabilities = softmax(logits / np.exp(log_temperature), axis=2).mean(axis=0)
        return float(log_loss(y, probabilities, labels=classes))

    bounds = (np.log(_LOWEST), np.log(_HIGHEST))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))
