"""Every model as one PyTorch module, from faces to the probabilities that ``predict_proba`` gives.

What stands around a network in :mod:`ferflow.models` (clipping, views, the temperature, softmax)
is inside, so that whoever runs the exported file needs nothing else.
"""

from functools import singledispatch
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, softmax

from ferflow.errors import InputError
from ferflow.models.kmeans import KMeansClassifier
from ferflow.models.logistic import LogisticClassifier
from ferflow.models.network import NetworkClassifier
from ferflow.models.softmax import SoftmaxClassifier
from ferflow.models.views import views


@singledispatch
def probability_module(model: Any) -> nn.Module:
    """Turn a fitted model into a module that maps faces (n, height, width) to probabilities (n, classes).

    Faces are uint8 or float, 0 to 255; probabilities are float32. A model of another package that is no
    :class:`~ferflow.models.network.NetworkClassifier` registers its own:
    ``@probability_module.register``.

    Raises
    ------
    InputError
        If models of this kind cannot be exported.
    """
    raise InputError(f"a model of kind '{model.model_name}' cannot be exported; see docs/predict.md")


class NetworkProbabilities(nn.Module):
    """A network, perhaps averaged over several views of a face, its temperature, softmax."""

    def __init__(self, model: NetworkClassifier) -> None:
        super().__init__()
        self.network = model.network_.cpu().eval()
        self.temperature = float(model.temperature_)
        self.flip = model.flip_average
        self.scales = tuple(model.scale_average or ())

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces (n, height, width) to probabilities (n, classes)."""
        pixels = _pixels(faces, torch.float32)
        seen = views(pixels, flip=self.flip, scales=self.scales)
        return torch.stack([softmax(self.network(view) / self.temperature, 1) for view in seen]).mean(0)


class LinearProbabilities(nn.Module):
    """Linear scores in double precision, as they were fitted; softmax, or a sigmoid of a single score."""

    coef: Tensor
    intercept: Tensor

    def __init__(self, coef: Tensor, intercept: Tensor) -> None:
        super().__init__()
        self.register_buffer("coef", coef)
        self.register_buffer("intercept", intercept)

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces (n, height, width) to probabilities (n, classes)."""
        scores = linear(_pixels(faces, torch.float64).flatten(1), self.coef, self.intercept)
        if self.coef.shape[0] == 1:  # logistic: the score of the second class, against none for the first
            return torch.cat([torch.sigmoid(-scores), torch.sigmoid(scores)], 1).float()
        return softmax(scores, 1).float()


class ClusterProbabilities(nn.Module):
    """k-means on principal components; see :class:`ferflow.models.kmeans.KMeansClassifier`."""

    mean: Tensor
    components: Tensor
    centres: Tensor
    share: Tensor
    cluster_class: Tensor

    def __init__(self, arrays: dict[str, Tensor], variance: float) -> None:
        super().__init__()
        for name, array in arrays.items():
            self.register_buffer(name, array)
        self.variance = variance

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces (n, height, width) to probabilities (n, classes)."""
        points = linear(_pixels(faces, torch.float64).flatten(1) - self.mean, self.components)
        squared = ((points[:, None] - self.centres) ** 2).sum(2)
        probabilities = softmax(-squared / (2 * self.variance), 1) @ self.share
        # The class of the nearest cluster and the most probable one change places.
        nearest = self.cluster_class[squared.argmin(1)][:, None]
        top = probabilities.argmax(1, keepdim=True)
        classes = torch.arange(probabilities.shape[1])
        is_nearest, is_top = classes == nearest, classes == top
        swapped = torch.where(is_top, probabilities.gather(1, nearest), probabilities)
        return torch.where(is_nearest, probabilities.gather(1, top), swapped).float()


@probability_module.register
def _(model: NetworkClassifier) -> nn.Module:
    return NetworkProbabilities(model).eval()


@probability_module.register(SoftmaxClassifier)
@probability_module.register(LogisticClassifier)
def _(model: SoftmaxClassifier | LogisticClassifier) -> nn.Module:
    return LinearProbabilities(torch.from_numpy(model.coef_), torch.from_numpy(model.intercept_)).eval()


@probability_module.register
def _(model: KMeansClassifier) -> nn.Module:
    arrays = {
        "mean": model.mean_,
        "components": model.components_,
        "centres": model.cluster_centers_,
        "share": model.cluster_share_,
        "cluster_class": model.cluster_class_,
    }
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return ClusterProbabilities(tensors, float(model.variance_)).eval()


def _pixels(faces: Tensor, dtype: torch.dtype) -> Tensor:
    return faces.to(dtype).clamp(0, 255)
