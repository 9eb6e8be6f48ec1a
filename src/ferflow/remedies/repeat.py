"""Repetition: oversampling without chance, as published systems did it."""

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.registry import register_balance


# Oversampling's colour: it is the same remedy.
@register_balance("repeat", noun="repetition", colour="#0072b2", marker="<")
def repeat(labels: NDArray[np.str_], *, per_class: int | None, seed: int) -> NDArray[np.intp]:
    """Repeat every face of a class the whole number of times that brings it nearest to the largest class."""
    _, index, count = np.unique(labels, return_inverse=True, return_counts=True)
    return np.repeat(np.arange(len(labels)), np.rint(count.max() / count).astype(int)[index])
