"""Undersampling: leave faces of the larger classes out, at random.

References
----------
Chawla et al. (2002), "SMOTE: Synthetic Minority Over-sampling Technique", section 4, for random under- and
oversampling as remedies; Lemaitre et al. (2017), "Imbalanced-learn", for the samplers used here.
"""

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.registry import register_balance


@register_balance("undersample", noun="undersampling", colour="#d55e00", marker="v", takes_per_class=True)
def undersample(labels: NDArray[np.str_], *, per_class: int | None, seed: int) -> NDArray[np.intp]:
    """Draw as many faces of each class as the rarest has, or at most ``per_class``, without repetition."""
    from imblearn.under_sampling import RandomUnderSampler  # takes a second to import

    classes, count = np.unique(labels, return_counts=True)
    wanted: str | dict[str, int] = "auto"
    if per_class is not None:
        wanted = {name: min(per_class, int(n)) for name, n in zip(classes, count, strict=True)}
    sampler = RandomUnderSampler(sampling_strategy=wanted, random_state=seed)
    sampler.fit_resample(np.arange(len(labels)).reshape(-1, 1), labels)
    return np.asarray(sampler.sample_indices_, dtype=np.intp)
