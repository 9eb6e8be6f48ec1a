"""Label-distribution-aware margins with deferred re-weighting: rarer classes must be told with more room."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ferflow.remedies.class_balanced import effective_number_weights
from ferflow.remedies.registry import Loss, Remedy, register_loss
from ferflow.schema import Share

if TYPE_CHECKING:
    from torch import Tensor

    from ferflow.remedies.registry import PerFaceLoss

_BETA = 0.9999  # of the deferred weights, as in the paper's experiments


@register_loss(Remedy("ldam", "LDAM with deferred re-weighting", "#000000", "*"))
class LDAM(Loss):
    """Cross-entropy of scaled cosines, that of the true class less a margin in proportion to n^(-1/4).

    Cao et al., "Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss" (NeurIPS 2019),
    equation 13, with deferred re-weighting (DRW), section 3.3.
    """

    name: Literal["ldam"]
    max_margin: Annotated[float, Field(gt=0)] = 0.5
    """Margin of the rarest class, in cosines."""
    scale: Annotated[float, Field(gt=0)] = 30.0
    """What cosines are multiplied by to give logits."""
    deferred: Share = 0.8
    """Share of the training after which the losses are weighted by the classes' effective numbers."""

    @property
    def cosine_scale(self) -> float:
        """The scale: margins mean something only where logits cannot simply grow."""
        return self.scale

    def per_face(self, target: NDArray[np.int64]) -> "PerFaceLoss":
        """Make the loss, never weighted; see :meth:`ferflow.remedies.registry.Loss.per_face`."""
        return self._weighted(target, None)

    def over_training(self, target: NDArray[np.int64]) -> "Callable[[float], PerFaceLoss]":
        """Make the loss, weighted when the time has come; see :meth:`Loss.over_training`."""
        plain = self.per_face(target)
        weighted = self._weighted(target, effective_number_weights(np.bincount(target), _BETA))
        return lambda done: plain if done < self.deferred else weighted

    def _weighted(self, target: NDArray[np.int64], weight: NDArray[np.float64] | None) -> "PerFaceLoss":
        import torch
        from torch.nn.functional import cross_entropy, one_hot

        root = np.bincount(target) ** -0.25
        margin = torch.from_numpy((self.scale * self.max_margin * root / root.max()).astype(np.float32))
        of_class = None if weight is None else torch.from_numpy(weight.astype(np.float32))

        def loss(logits: "Tensor", y: "Tensor") -> "Tensor":
            less = one_hot(y, len(margin)) * margin.to(logits.device)
            losses = cross_entropy(logits - less, y, reduction="none")
            return losses if of_class is None else of_class.to(logits.device)[y] * losses

        return loss
