"""What a network says of faces, batch by batch, and what that takes."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ferflow.models.faces import SquareFaces
from ferflow.models.views import views


def logits_of_views(
    network: nn.Module, faces: SquareFaces, *, flip: bool, scales: Sequence[float], batch: int
) -> NDArray[np.float64]:
    """Compute the logits of each view of faces, wherever the network is.

    Parameters
    ----------
    network : Module
        Left in the mode of prediction.
    faces : SquareFaces
    flip, scales
        As :func:`ferflow.models.views.views` takes them.
    batch : int
        Faces at once: bounds memory.

    Returns
    -------
    float64 array of shape (views, n, classes)
    """
    network.eval()
    device = next(network.parameters()).device
    results = []
    with torch.inference_mode():
        for start in range(0, len(faces), batch):
            some = torch.from_numpy(faces[start : start + batch]).to(device)
            seen = views(some, flip=flip, scales=scales)
            results.append(torch.stack([network(view).cpu().double() for view in seen]).numpy())
    return np.concatenate(results, axis=1)


def count_macs(network: nn.Module, side: int) -> int:
    """Count the multiply-accumulates of convolutions and linear layers.

    Parameters
    ----------
    network : Module
        On the CPU.
    side : int
        Pixels a side of the one face that it is given.

    Returns
    -------
    int
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, side, side))
    result: int = counter.get_total_flops() // 2  # a multiply-accumulate counts as two operations
    return result
