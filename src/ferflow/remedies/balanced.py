"""Class weights: rows weigh in the loss by the inverse frequency of their class."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.registry import Remedy, register_class_weight


@register_class_weight("balanced", remedy=Remedy("class weights", "class weights", "#009e73", "D"))
def balanced(y: NDArray[Any]) -> NDArray[np.float64]:
    """Weigh each row by n / (classes * rows of its class), as scikit-learn's ``balanced``."""
    from sklearn.utils.class_weight import compute_sample_weight

    return np.asarray(compute_sample_weight("balanced", y), dtype=np.float64)
