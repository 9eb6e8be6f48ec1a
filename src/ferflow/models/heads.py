"""The last layer of a network: its place, and the form that a loss may ask for."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

from ferflow.remedies.registry import Loss


class CosineLinear(nn.Module):
    """Cosines between the features and a direction for each class, scaled.

    Wang et al., "CosFace: Large Margin Cosine Loss" (CVPR 2018). Margins between classes thereby have a unit.

    Parameters
    ----------
    features, classes : int
    scale : float
        What the cosines are multiplied by.
    """

    def __init__(self, features: int, classes: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.weight = nn.Parameter(torch.empty(classes, features))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw directions anew."""
        nn.init.normal_(self.weight)
        with torch.no_grad():
            self.weight.copy_(normalize(self.weight, dim=1))

    def forward(self, x: Tensor) -> Tensor:
        """Map features (n, features) to logits (n, classes)."""
        return self.scale * linear(normalize(x, dim=1), normalize(self.weight, dim=1))


def last_layer(network: nn.Module) -> tuple[str, nn.Linear | CosineLinear]:
    """Find the layer that gives the logits, and its name in the network: the last linear one."""
    *_, last = (
        (name, module)
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear | CosineLinear)
    )
    return last


def with_head_for(loss: Loss, network: nn.Module) -> nn.Module:
    """Exchange the last layer of a network, in place, for one that gives cosines, if its loss asks for it."""
    if loss.cosine_scale is not None:
        name, layer = last_layer(network)
        assert isinstance(layer, nn.Linear)
        network.set_submodule(name, CosineLinear(layer.in_features, layer.out_features, loss.cosine_scale))
    return network
