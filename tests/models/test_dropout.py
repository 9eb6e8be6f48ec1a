"""Dropout of the networks: the share that is asked for in training, nothing of it in prediction."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ferflow.models.cnn import CNNClassifier
from ferflow.models.dnn import DNNClassifier
from ferflow.models.efficientnet import EfficientNetClassifier
from ferflow.models.network import NetworkClassifier
from ferflow.models.resnet import ResNetClassifier
from tests.models.test_trainer import small, two_classes

#: Each network, and the layers whose inputs are dropped.
NETWORKS: list[tuple[type[NetworkClassifier], dict[str, Any], list[str]]] = [
    (CNNClassifier, {"widths": (8, 64)}, ["head.1"]),
    (ResNetClassifier, {"widths": (8, 64), "blocks": (0, 0)}, ["head.1"]),
    (DNNClassifier, {"hidden": (64, 64)}, ["features.4", "head"]),
    (EfficientNetClassifier, {"enlarge": 32, "head_width": 64, "frozen_blocks": 0}, ["head.4"]),
]


def inputs(network: nn.Module, layers: list[str]) -> list[Tensor]:
    """Show a network 64 faces, and return what some of its layers got."""
    seen: list[Tensor] = []
    hooks = [
        network.get_submodule(layer).register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        for layer in layers
    ]
    torch.manual_seed(1)
    with torch.no_grad():
        network(torch.rand(64, 16, 16, generator=torch.Generator().manual_seed(0)) * 255)
    for hook in hooks:
        hook.remove()
    return seen


@pytest.mark.parametrize("rate", [0.2, 0.6])
@pytest.mark.parametrize(
    ("kind", "settings", "layers"), NETWORKS, ids=lambda value: getattr(value, "model_name", "")
)
def test_a_share_of_the_features_is_dropped_in_training_alone(
    kind: type[NetworkClassifier], settings: dict[str, Any], layers: list[str], rate: float
) -> None:
    networks = []
    for dropout in (0.0, rate):
        model = kind(**settings, dropout=dropout)
        model.classes_, model.n_features_in_ = np.arange(3), 256
        torch.manual_seed(0)
        networks.append(model._network())
    for whole, same in zip(*(inputs(network.eval(), layers) for network in networks), strict=True):
        assert torch.equal(whole, same)
    for whole, dropped in zip(*(inputs(network.train(), layers) for network in networks), strict=True):
        zeros, expected = (float((features == 0).float().mean()) for features in (dropped, whole))
        assert zeros == pytest.approx(expected + (1 - expected) * rate, abs=0.03)


def test_a_training_drops_and_predictions_do_not() -> None:
    X, y = two_classes()
    changes: dict[str, set[bool]] = {"training": set(), "prediction": set()}
    now = "training"

    class Noting(CNNClassifier):
        def _network(self) -> nn.Module:
            network = super()._network()
            network.get_submodule("head.0").register_forward_hook(note)
            return network

    def note(layer: nn.Module, given: tuple[Tensor], result: Tensor) -> None:
        changes[now].add(not torch.equal(given[0], result))

    model = Noting(**small(dropout=0.5, epochs=2).get_params()).fit(X, y)
    now = "prediction"
    first = model.predict_proba(X)
    assert changes == {"training": {True}, "prediction": {False}}
    np.testing.assert_array_equal(first, model.predict_proba(X))
