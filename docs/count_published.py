"""Count what published networks spend on FER-2013: `python docs/count_published.py`.

Writes docs/published_networks.csv. Layers, crops and epochs are those of the programs, which are named by
their repositories on GitHub. Multiply-accumulates are counted as those of ferflow's networks are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd
from torch import Tensor, nn

from ferflow.engines.script import run
from ferflow.files import write_text
from ferflow.models.inference import count_macs

CLASSES = 7


@dataclass(frozen=True)
class Published:
    """A network and its training.

    Attributes
    ----------
    name : str
    channels : int
        Copies of the grey face that the first layer gets.
    stages : sequence of sequences of int
        Widths of the convolutions of 3 x 3 pixels before each halving.
    hidden : sequence of int
        Widths of the linear layers before the last one.
    side : int
        Pixels a side of a crop.
    crops : int
        Crops of each face in an epoch.
    epochs : int
    accuracy : float
        Percent of PrivateTest, as published.
    """

    name: str
    channels: int
    stages: Sequence[Sequence[int]]
    hidden: Sequence[int]
    side: int
    crops: int
    epochs: int
    accuracy: float


PUBLISHED = (
    Published(  # mainpro_FER.py, models/vgg.py
        "VGG19 of WuJie1010/Facial-Expression-Recognition.Pytorch",
        channels=3,
        stages=((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4),
        hidden=(),
        side=44,
        crops=1,
        epochs=250,
        accuracy=73.112,
    ),
    Published(  # train.py, data/fer2013.py, models/vgg.py: all ten crops of a face are trained on
        "VGG of usef-kh/fer",
        channels=1,
        stages=((64, 64), (128, 128), (256, 256), (512, 512)),
        hidden=(4096, 4096),
        side=40,
        crops=10,
        epochs=300,
        accuracy=73.28,
    ),
)


class Repeated(nn.Module):
    """Grey faces (n, height, width) as (n, channels, height, width)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, faces: Tensor) -> Tensor:
        """Repeat each face."""
        return faces[:, None].expand(-1, self.channels, -1, -1)


def built(network: Published) -> nn.Sequential:
    """Build a network as far as its multiply-accumulates depend on it: without batch norms and dropout."""
    layers: list[nn.Module] = [Repeated(network.channels)]
    before = network.channels
    for stage in network.stages:
        for width in stage:
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            before = width
        layers.append(nn.MaxPool2d(2))
    features = before * (network.side // 2 ** len(network.stages)) ** 2
    layers.append(nn.Flatten())
    layers += [nn.Linear(*ends) for ends in pairwise((features, *network.hidden, CLASSES))]
    return nn.Sequential(*layers)


def main() -> None:
    """Count, and write the table."""
    rows = [
        {
            "network": network.name,
            "macs": count_macs(built(network), network.side),
            "epochs": network.epochs,
            "crops": network.crops,
            "accuracy": network.accuracy,
        }
        for network in PUBLISHED
    ]
    target = Path(__file__).parent / "published_networks.csv"
    write_text(target, pd.DataFrame(rows).to_csv(index=False))


if __name__ == "__main__":
    run(main)
