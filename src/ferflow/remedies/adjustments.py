"""Adjustments: what is done about class imbalance after training, to the predicted probabilities, by name.

They have a registry of their own, so that a change to one is a reason to evaluate again, but not to train.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.registry import NONE, Remedy, add, lookup

Floats = NDArray[np.float64]


class WeighClasses(Protocol):
    """Finds the weights of an adjustment."""

    def __call__(self, probabilities: Floats, labels: NDArray[np.int64], prior: Floats) -> Floats:
        """Weigh classes.

        Parameters
        ----------
        probabilities : float64 array of shape (n, k)
            Of the validation subset, which may choose; the test subset is never seen.
        labels : int64 array of shape (n,)
            Classes of the same faces.
        prior : float64 array of shape (k,)
            Share of each class in the samples that were trained on.

        Returns
        -------
        float64 array of shape (k,)
            What the probabilities of each class are multiplied by.
        """


@dataclass(frozen=True)
class Adjustment:
    """A registered adjustment."""

    remedy: Remedy
    weigh: WeighClasses


ADJUSTMENTS: dict[str, Adjustment] = {}


def register_adjustment(name: str, *, remedy: Remedy) -> Callable[[WeighClasses], WeighClasses]:
    """Register what ``adjustment: <name>`` weighs classes by."""

    def register(weigh: WeighClasses) -> WeighClasses:
        add(ADJUSTMENTS, name, Adjustment(remedy, weigh))
        return weigh

    return register


def class_weights(
    adjustment: str, probabilities: NDArray[np.floating], labels: NDArray[np.int64], prior: Floats
) -> Floats:
    """Find the weights of the classes under ``none`` or a registered adjustment; see :class:`WeighClasses`.

    Raises
    ------
    InputError
        If nothing has registered the name, or the adjustment needs validation faces and there are none.
    """
    if adjustment == NONE.name:
        return np.ones(probabilities.shape[1])
    weigh = lookup(ADJUSTMENTS, adjustment, "adjustment").weigh
    return weigh(probabilities.astype(np.float64), labels, prior)


def adjusted(probabilities: NDArray[np.float32], weight: Floats) -> NDArray[np.float32]:
    """Multiply probabilities (n, k) by the weights of the classes, (k,), and bring rows back to a sum of one.

    Weights of one leave every bit as it is.
    """
    if (weight == 1).all():
        return probabilities
    product = probabilities.astype(np.float64) * weight
    result: NDArray[np.float32] = (product / product.sum(axis=1, keepdims=True)).astype(np.float32)
    return result
