"""Oversampling: repeat faces of the smaller classes, at random (references in ``undersample.py``)."""

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.registry import register_balance


@register_balance("oversample", noun="oversampling", colour="#0072b2", marker="^")
def oversample(labels: NDArray[np.str_], *, per_class: int | None, seed: int) -> NDArray[np.intp]:
    """Draw, with repetition, as many samples of each class as the largest has; each face at least once."""
    from imblearn.over_sampling import RandomOverSampler  # takes a second to import

    sampler = RandomOverSampler(random_state=seed)
    sampler.fit_resample(np.arange(len(labels)).reshape(-1, 1), labels)
    return np.asarray(sampler.sample_indices_, dtype=np.intp)
