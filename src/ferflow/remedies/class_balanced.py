"""Class-balanced weights: rows weigh by the effective number of faces of their class.

References
----------
Cui et al., "Class-Balanced Loss Based on Effective Number of Samples" (CVPR 2019).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.registry import Remedy, register_class_weight

# FER-2013's rarest class weighs 2.8 times its commonest; 12 times with 0.9999, as much with 0.99.
BETA = 0.999


@register_class_weight(
    "class-balanced", remedy=Remedy("class-balanced", "class-balanced weights", "#117733", "d")
)
def class_balanced(y: NDArray[Any]) -> NDArray[np.float64]:
    """Weigh each row by :func:`effective_number_weights` of its class."""
    _, index, count = np.unique(y, return_inverse=True, return_counts=True)
    return effective_number_weights(count, BETA)[index]


def effective_number_weights(count: NDArray[np.integer], beta: float) -> NDArray[np.float64]:
    """Weigh classes by (1 - beta) / (1 - beta^n), Cui et al., equation 3, so that rows weigh one in the mean.

    Parameters
    ----------
    count : int array of shape (k,)
        Rows of each class, one at least.
    beta : float
        From 0, all classes alike, to just under 1, nearly their inverse frequencies.

    Returns
    -------
    float64 array of shape (k,)
    """
    weight = (1 - beta) / (1 - beta ** count.astype(np.float64))
    result: NDArray[np.float64] = weight * count.sum() / (weight @ count)
    return result
