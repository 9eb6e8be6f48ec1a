"""Cross-entropy: the usual loss, and no remedy."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.registry import Loss, register_loss
from ferflow.schema import Share

if TYPE_CHECKING:
    from torch import Tensor

    from ferflow.remedies.registry import PerFaceLoss


@register_loss(remedy=None)
class CrossEntropy(Loss):
    """Cross-entropy, its targets smoothed by ``label_smoothing`` (Szegedy et al. 2016, section 7)."""

    name: Literal["cross-entropy"]
    label_smoothing: Share = 0.0
    """Share of the target that is spread over all classes."""

    def per_face(self, target: NDArray[np.int64]) -> "PerFaceLoss":
        """Make the loss; see :meth:`ferflow.remedies.registry.Loss.per_face`."""
        from torch.nn.functional import cross_entropy

        def loss(logits: "Tensor", y: "Tensor") -> "Tensor":
            return cross_entropy(logits, y, reduction="none", label_smoothing=self.label_smoothing)

        return loss
