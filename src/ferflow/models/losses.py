"""Losses for the networks: cross-entropy and focal loss, one value per face."""

from torch import Tensor, nn


def cross_entropy(logits: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Cross-entropy of each face, (n, classes) float logits and (n,) int64 targets to (n,) float."""
    return nn.functional.cross_entropy(logits, target, reduction="none", label_smoothing=label_smoothing)


def focal(logits: Tensor, target: Tensor, gamma: float, alpha: Tensor | None = None) -> Tensor:
    """Focal loss of each face, alpha_t (1 - p_t)^gamma * -log p_t.

    Lin et al., "Focal Loss for Dense Object Detection" (ICCV 2017), equation 5, with softmax for several
    classes.

    Parameters
    ----------
    logits : float tensor of shape (n, classes)
    target : int64 tensor of shape (n,)
    gamma : focusing parameter; 0 gives (alpha-weighted) cross-entropy
    alpha : float tensor of shape (classes,), weight of each class; None weighs all alike

    Returns
    -------
    float tensor of shape (n,)
    """
    log_p = nn.functional.log_softmax(logits, dim=1).gather(1, target[:, None])[:, 0]
    # Below the bound, a power smaller than one has no finite slope.
    loss = -((1 - log_p.exp()).clamp(min=1e-7) ** gamma) * log_p
    return loss if alpha is None else alpha[target] * loss
