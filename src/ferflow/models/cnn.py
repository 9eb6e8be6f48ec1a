"""A plain modern convolutional network behind scikit-learn's interface."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from ferflow.models.network import NetworkClassifier


def _convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    """Two convolutions beside an identity (He et al., "Deep Residual Learning", CVPR 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, width, h, w) to the same shape."""
        return torch.relu(x + self.second(self.first(x)))


class Network(nn.Module):
    """Stem at half resolution, then for each further width: convolution, halving, residual block.

    Takes uint8 or float faces of shape (n, height, width), 0 to 255; each face is brought to zero mean and
    unit variance, so that exposure does not matter. Gives logits of shape (n, classes).
    """

    def __init__(self, widths: list[int], classes: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            _convolution(1, widths[0], size=5, stride=2),
            _convolution(widths[0], widths[0]),
        ]
        for narrow, wide in pairwise(widths):
            layers += [nn.MaxPool2d(2), _convolution(narrow, wide), _Residual(wide)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(widths[-1], classes))

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces (n, height, width) to logits (n, classes)."""
        x = faces.float()
        x = (x - x.mean((1, 2), keepdim=True)) / (x.std((1, 2), keepdim=True) + 1.0)
        x = x[:, None].contiguous(memory_format=torch.channels_last)
        result: Tensor = self.head(self.features(x).mean((2, 3)))
        return result


@dataclass(kw_only=True, eq=False, repr=False)
class CNNClassifier(NetworkClassifier):
    """Convolutional network for square grey faces given as rows of pixels, 0 to 255.

    Parameters
    ----------
    widths : sequence of int, default=(16, 32, 64, 128)
        Channels of the stem and of each stage after it.
    dropout : float, default=0.2
        Share of features dropped before the last layer.
    loss, epochs, ... random_state
        And the attributes: see :class:`ferflow.models.network.NetworkClassifier`.
    """

    model_name = "cnn"

    widths: Sequence[int] = (16, 32, 64, 128)
    dropout: float = 0.2

    def _network(self) -> nn.Module:
        network = Network(list(self.widths), len(self.classes_), self.dropout)
        # Twice as fast on a CPU; the stubs of .to() leave memory formats out.
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
