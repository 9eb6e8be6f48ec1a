"""Logit adjustment after training: predict as if all classes were equally frequent."""

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.adjustments import Floats, register_adjustment
from ferflow.remedies.registry import Remedy

TAU = 1.0  # consistent for balanced accuracy


@register_adjustment(
    "logit-adjustment", remedy=Remedy("logit adjustment", "logit adjustment after training", "#882255", "H")
)
def logit_adjustment(probabilities: Floats, labels: NDArray[np.int64], prior: Floats) -> Floats:
    """Divide by the classes' frequencies in training to the power of tau.

    Menon et al., "Long-tail Learning via Logit Adjustment" (ICLR 2021), equation 9. A class that was never
    trained on has no probability to weigh. The validation subset chooses nothing.
    """
    return np.divide(1.0, prior**TAU, out=np.zeros_like(prior), where=prior > 0)
