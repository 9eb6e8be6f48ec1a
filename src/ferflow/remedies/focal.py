"""Focal loss: faces that are recognised surely count for less."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.registry import Loss, Remedy, register_loss
from ferflow.schema import NonNegative

if TYPE_CHECKING:
    from torch import Tensor

    from ferflow.remedies.registry import PerFaceLoss


@register_loss(Remedy("focal loss", "focal loss", "#cc79a7", "P"))
class Focal(Loss):
    """Focal loss, alpha_t (1 - p_t)^gamma * -log p_t.

    Lin et al., "Focal Loss for Dense Object Detection" (ICCV 2017), equation 5, with softmax for several
    classes.
    """

    name: Literal["focal"]
    gamma: NonNegative = 2.0
    """Focusing parameter; 0 gives (alpha-weighted) cross-entropy."""
    alpha: Literal["none", "balanced"] = "none"
    """``balanced`` weighs the classes by their inverse frequency, ``none`` all alike."""

    def per_face(self, target: NDArray[np.int64]) -> "PerFaceLoss":
        """Make the loss; see :meth:`ferflow.remedies.registry.Loss.per_face`."""
        import torch
        from sklearn.utils.class_weight import compute_class_weight

        weight = None
        if self.alpha == "balanced":
            balanced = compute_class_weight("balanced", classes=np.unique(target), y=target)
            weight = torch.from_numpy(balanced.astype(np.float32))

        def loss(logits: "Tensor", y: "Tensor") -> "Tensor":
            return focal(logits, y, self.gamma, None if weight is None else weight.to(logits.device))

        return loss


def focal(logits: "Tensor", target: "Tensor", gamma: float, alpha: "Tensor | None" = None) -> "Tensor":
    """Compute the focal loss of each face.

    Parameters
    ----------
    logits : float tensor of shape (n, classes)
    target : int64 tensor of shape (n,)
    gamma : float
    alpha : float tensor of shape (classes,), optional
        Weight of each class.

    Returns
    -------
    float tensor of shape (n,)
    """
    from torch.nn.functional import log_softmax

    log_p = log_softmax(logits, dim=1).gather(1, target[:, None])[:, 0]
    # Below the bound, a power smaller than one has no finite slope.
    loss = -((1 - log_p.exp()).clamp(min=1e-7) ** gamma) * log_p
    return loss if alpha is None else alpha[target] * loss
