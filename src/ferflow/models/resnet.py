"""A residual network with squeeze-excitation, made for small faces and few cores."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ferflow.models.cnn import convolution, standardized
from ferflow.models.network import NetworkClassifier


class SqueezeExcitation(nn.Module):
    """Weigh channels by what the whole map shows (Hu et al., "Squeeze-and-Excitation Networks", 2018)."""

    def __init__(self, width: int, reduction: int = 8) -> None:
        super().__init__()
        self.squeeze = nn.Linear(width, max(8, width // reduction))
        self.excite = nn.Linear(max(8, width // reduction), width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, width, h, w) to the same shape."""
        weight = torch.sigmoid(self.excite(torch.relu(self.squeeze(x.mean((2, 3))))))
        return x * weight[:, :, None, None]


class Residual(nn.Module):
    """Two convolutions and squeeze-excitation beside an identity (He et al., CVPR 2016).

    In training, the convolutions of a face are left out with probability ``drop`` (Huang et al., "Deep
    Networks with Stochastic Depth", ECCV 2016).
    """

    def __init__(self, width: int, drop: float) -> None:
        super().__init__()
        self.drop = drop
        self.branch = nn.Sequential(
            convolution(width, width),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            SqueezeExcitation(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, width, h, w) to the same shape."""
        branch = self.branch(x)
        if self.training and self.drop:
            keep = torch.rand(len(x), 1, 1, 1, device=x.device) >= self.drop
            branch = branch * keep.to(branch.dtype) / (1 - self.drop)
        return torch.relu(x + branch)


class Network(nn.Module):
    """Four half-resolution views of the face as channels, then stages of residual blocks, each half the size.

    The stem costs next to nothing: blocks of 2 x 2 pixels become four channels (Shi et al., CVPR 2016, run
    backwards), so that all work is done at half the resolution and below. With a ``stem_width`` a convolution
    of so many channels sees the face at its own resolution first, and the largest of 2 x 2 values is kept.

    Takes uint8 or float faces of shape (n, height, width), 0 to 255; gives logits of shape (n, classes).
    """

    def __init__(
        self,
        widths: Sequence[int],
        blocks: Sequence[int],
        classes: int,
        dropout: float,
        stochastic_depth: float,
        stem_width: int,
    ) -> None:
        super().__init__()
        drops = iter(torch.linspace(0, stochastic_depth, sum(blocks) + 1)[1:].tolist())
        stem = [convolution(1, stem_width), nn.MaxPool2d(2)] if stem_width else [nn.PixelUnshuffle(2)]
        layers: list[nn.Module] = [*stem, convolution(stem_width or 4, widths[0])]
        for index, (width, depth) in enumerate(zip(widths, blocks, strict=True)):
            if index:
                layers += [nn.MaxPool2d(2, ceil_mode=True), convolution(widths[index - 1], width)]
            layers += [Residual(width, next(drops)) for _ in range(depth)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(widths[-1], classes))

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces (n, height, width) to logits (n, classes)."""
        x = standardized(faces)
        if x.shape[2] % 2 or x.shape[3] % 2:  # the stem takes pixels two by two
            x = pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2), mode="replicate")
        result: Tensor = self.head(self.features(x).mean((2, 3)))
        return result


@dataclass(kw_only=True, eq=False, repr=False)
class ResNetClassifier(NetworkClassifier):
    """Residual network with squeeze-excitation for square grey faces given as rows of pixels, 0 to 255.

    Parameters
    ----------
    widths : sequence of int, default=(32, 64, 128, 256)
        Channels of each stage.
    blocks : sequence of int, default=(1, 1, 1, 1)
        Residual blocks of each stage.
    dropout : float, default=0.2
        Share of features dropped before the last layer.
    stochastic_depth : float, default=0
        Probability with which the last block is left out in training; earlier ones less, in proportion.
    stem_width : int, default=0
        Channels of a convolution at the face's own resolution, before it is halved; 0 for none.
    loss, epochs, ... random_state
        And the attributes: see :class:`ferflow.models.network.NetworkClassifier`.

    Raises
    ------
    ValueError
        From :meth:`fit`, if ``widths`` and ``blocks`` differ in length.
    """

    model_name = "resnet"

    widths: Sequence[int] = (32, 64, 128, 256)
    blocks: Sequence[int] = (1, 1, 1, 1)
    dropout: float = 0.2
    stochastic_depth: float = 0.0
    stem_width: int = 0

    def _network(self) -> nn.Module:
        network = Network(
            self.widths,
            self.blocks,
            len(self.classes_),
            self.dropout,
            self.stochastic_depth,
            self.stem_width,
        )
        # Twice as fast on a CPU; the stubs of .to() leave memory formats out.
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
