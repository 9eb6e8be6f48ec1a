"""Learning from what another network says of a face, lest wrong labels are learnt by heart."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softmax


def distilled(
    losses: Tensor, logits: Tensor, teacher: nn.Module, faces: Tensor, weight: Tensor, share: float
) -> Tensor:
    """Take a part of each face's loss from what a teacher says of it, instead of from its label.

    With an ensemble for a teacher it is the loss of Hinton et al., "Distilling the Knowledge in a Neural
    Network" (2015), section 2, at temperature 1. With the moving average of one's own weights (Tarvainen &
    Valpola, "Mean teachers are better role models", NeurIPS 2017) the targets are those of Reed et al.,
    "Training Deep Neural Networks on Noisy Labels with Bootstrapping" (ICLR 2015 workshop), equation 5.

    Parameters
    ----------
    losses : float tensor of shape (n,)
        Of the labels, weighted.
    logits : float tensor of shape (n, classes)
        Of the network that learns.
    teacher : Module
        It takes ``faces``, gives logits, and is left in the mode of prediction.
    faces : tensor of shape (n, height, width)
        What the network saw.
    weight : float tensor of shape (n,)
        Of each face.
    share : float
        Of the teacher, 0 to 1.

    Returns
    -------
    float tensor of shape (n,)
    """
    teacher.eval()
    with torch.no_grad():
        target = softmax(teacher(faces).float(), dim=1)
    return (1 - share) * losses + share * weight * cross_entropy(logits, target, reduction="none")
