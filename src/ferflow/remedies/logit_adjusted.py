"""Logit-adjusted loss: what is learnt are logits from which the classes' frequencies are taken away."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.registry import Loss, Remedy, register_loss
from ferflow.schema import NonNegative, Share

if TYPE_CHECKING:
    from torch import Tensor

    from ferflow.remedies.registry import PerFaceLoss


@register_loss(Remedy("logit-adjusted loss", "logit-adjusted loss", "#e69f00", "p"))
class LogitAdjusted(Loss):
    """Cross-entropy of logits to which tau times the logarithm of the classes' frequencies is added.

    Menon et al., "Long-tail Learning via Logit Adjustment" (ICLR 2021), equation 10. The network itself
    predicts without the addition, as if all classes were equally frequent.
    """

    name: Literal["logit-adjusted"]
    tau: NonNegative = 1.0
    """1 is consistent for balanced accuracy, 0 is cross-entropy."""
    label_smoothing: Share = 0.0
    """As in :class:`ferflow.remedies.cross_entropy.CrossEntropy`."""

    def per_face(self, target: NDArray[np.int64]) -> "PerFaceLoss":
        """Make the loss; see :meth:`ferflow.remedies.registry.Loss.per_face`."""
        import torch
        from torch.nn.functional import cross_entropy

        prior = np.bincount(target) / len(target)
        offset = torch.from_numpy((self.tau * np.log(prior)).astype(np.float32))

        def loss(logits: "Tensor", y: "Tensor") -> "Tensor":
            adjusted = logits + offset.to(logits.device)
            return cross_entropy(adjusted, y, reduction="none", label_smoothing=self.label_smoothing)

        return loss
