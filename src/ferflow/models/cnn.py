"""A plain modern convolutional network behind scikit-learn's interface."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from ferflow.models.network import NetworkClassifier


def convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """Make a convolution that keeps the size of the map (but for ``stride``), batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def standardized(faces: Tensor) -> Tensor:
    """Bring each face to zero mean and unit variance, so that exposure does not matter.

    Parameters
    ----------
    faces : tensor of shape (n, height, width)
        Pixels 0 to 255, of any dtype.

    Returns
    -------
    float32 tensor of shape (n, 1, height, width), channels last
    """
    x = faces.float()
    x = (x - x.mean((1, 2), keepdim=True)) / (x.std((1, 2), keepdim=True) + 1.0)
    return x[:, None].contiguous(memory_format=torch.channels_last)


class _Residual(nn.Module):
    """Two convolutions beside an identity (He et al., "Deep Residual Learning", CVPR 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = convolution(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, width, h, w) to the same shape."""
        return torch.relu(x + self.second(self.first(x)))


class Network(nn.Module):
    """Stem at half resolution, then for each further width: convolution, halving, residual block.

    Takes uint8 or float faces of shape (n, height, width), 0 to 255; gives logits of shape (n, classes).
    """

    def __init__(self, widths: list[int], classes: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            convolution(1, widths[0], size=5, stride=2),
            convolution(widths[0], widths[0]),
        ]
        for narrow, wide in pairwise(widths):
            layers += [nn.MaxPool2d(2), convolution(narrow, wide), _Residual(wide)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(widths[-1], classes))

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces (n, height, width) to logits (n, classes)."""
        result: Tensor = self.head(self.features(standardized(faces)).mean((2, 3)))
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
