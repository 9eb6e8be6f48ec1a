"""A fully connected network behind scikit-learn's interface: what the CNN is worth beyond its parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from ferflow.models.network import NetworkClassifier


class Network(nn.Module):
    """For each width: linear layer, batch normalisation, ReLU, dropout; then a linear layer to the classes.

    Takes uint8 or float faces of shape (n, height, width), 0 to 255; each face is brought to zero mean and
    unit variance as in :class:`ferflow.models.cnn.Network`. Gives logits of shape (n, classes).
    """

    def __init__(self, pixels: int, hidden: list[int], classes: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, width in pairwise([pixels, *hidden]):
            layers += [
                nn.Linear(before, width, bias=False),  # the normalisation has one
                nn.BatchNorm1d(width),
                nn.ReLU(inplace=True),
                nn.Dropout(dropout),
            ]
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(hidden[-1], classes)

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces to logits.

        Parameters
        ----------
        faces : Tensor
            Tensor of shape (n, height, width).

        Returns
        -------
        tensor of shape (n, classes)
        """
        x = faces.float().flatten(1)
        x = (x - x.mean(1, keepdim=True)) / (x.std(1, keepdim=True) + 1.0)
        result: Tensor = self.head(self.features(x))
        return result


@dataclass(kw_only=True, eq=False, repr=False)
class DNNClassifier(NetworkClassifier):
    """Fully connected network for square grey faces given as rows of pixels, 0 to 255.

    With its default layers it has, for 48 x 48 pixels and seven classes, as many parameters as
    :class:`ferflow.models.cnn.CNNClassifier` with its own: 489,995 against 488,855, 0.2% more.

    Parameters
    ----------
    hidden : sequence of int, default=(194, 128, 128)
        Units of each hidden layer.
    dropout : float, default=0.2
        Share of units dropped after each hidden layer.
    loss, epochs, ... random_state
        And the attributes: see :class:`ferflow.models.network.NetworkClassifier`.
    """

    model_name = "dnn"

    hidden: Sequence[int] = (194, 128, 128)
    dropout: float = 0.2

    def _network(self) -> nn.Module:
        return Network(self.n_features_in_, list(self.hidden), len(self.classes_), self.dropout)
