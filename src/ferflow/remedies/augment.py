"""Augmentation: oversampling whose copies are transformed."""

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.oversample import oversample
from ferflow.remedies.registry import register_balance


@register_balance("augment", noun="augmentation", colour="#56b4e9", marker="s", transforms_copies=True)
def augment(labels: NDArray[np.str_], *, per_class: int | None, seed: int) -> NDArray[np.intp]:
    """Draw the very faces that oversampling draws: their difference is the transforms alone."""
    return oversample(labels, per_class=per_class, seed=seed)
