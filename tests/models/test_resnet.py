"""The residual network: shapes, learning, and what it is made of."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ferflow.models.cnn import standardized
from ferflow.models.factory import load_model
from ferflow.models.resnet import Network, Residual, ResNetClassifier, SqueezeExcitation
from ferflow.params.sections import Experiment
from tests.models.test_trainer import two_classes

SMALL: dict[str, Any] = {"widths": (8, 16), "blocks": (1, 0), "batch_size": 16, "jitter": 0, "dropout": 0.0}


@pytest.mark.parametrize("stem_width", [0, 4])
@pytest.mark.parametrize("side", [8, 15, 24, 48])
def test_faces_of_any_size_give_logits(side: int, stem_width: int) -> None:
    network = Network([4, 8, 8, 8], [1, 0, 1, 0], 7, 0.0, 0.0, stem_width).eval()
    assert network(torch.zeros(3, side, side)).shape == (3, 7)


def test_all_but_the_stem_works_at_half_the_resolution_and_below() -> None:
    sides: dict[int, list[int]] = {}
    for stem_width in (0, 5):
        network = Network([4, 8], [1, 1], 7, 0.0, 0.0, stem_width).eval()
        seen = sides.setdefault(stem_width, [])
        for layer in network.modules():
            if isinstance(layer, torch.nn.Conv2d):
                layer.register_forward_hook(lambda _, __, out, seen=seen: seen.append(out.shape[-1]))
        network(torch.zeros(1, 48, 48))
    assert sides[0] == [24, 24, 24, 12, 12, 12]
    assert sides[5] == [48, *sides[0]]


def test_squeeze_excitation_follows_its_equation() -> None:
    torch.manual_seed(0)
    layer, x = SqueezeExcitation(128), torch.rand(3, 128, 4, 4)
    assert layer.squeeze.out_features == 16  # an eighth, and 8 at least
    assert SqueezeExcitation(32).squeeze.out_features == 8
    hidden = torch.relu(x.mean((2, 3)) @ layer.squeeze.weight.T + layer.squeeze.bias)
    weight = 1 / (1 + torch.exp(-(hidden @ layer.excite.weight.T + layer.excite.bias)))
    torch.testing.assert_close(layer(x), torch.einsum("nchw,nc->nchw", x, weight))


def test_faces_of_an_odd_size_repeat_their_last_row_and_column() -> None:
    network = Network([4], [0], 7, 0.0, 0.0, 0).eval()
    stem: list[torch.Tensor] = []
    network.features.get_submodule("0").register_forward_pre_hook(lambda _, given: stem.append(given[0]))
    face = torch.arange(9.0).reshape(1, 3, 3)
    network(face)
    expected = standardized(face)[:, :, [0, 1, 2, 2]][:, :, :, [0, 1, 2, 2]]
    assert torch.equal(stem[0], expected)


def test_learns_saves_and_loads(tmp_path: Path) -> None:
    X, y = two_classes()
    model = ResNetClassifier(
        **SMALL,
        epochs=8,
        optimizer="muon",
        learning_rate=0.02,
        augmentation={"erase": 0.2},
        flip_average=True,
    ).fit(X, y)
    assert model.score(X, y) > 0.9
    model.save(tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors")
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_flip_averaging_gives_a_face_and_its_mirror_image_the_same() -> None:
    X, y = two_classes()
    mirrored = X.reshape(-1, 16, 16)[:, :, ::-1].reshape(len(X), -1)
    for flip_average in (True, False):
        model = ResNetClassifier(**SMALL, epochs=1, flip_average=flip_average).fit(X, y)
        alike = np.allclose(model.predict_proba(X), model.predict_proba(mirrored), atol=1e-6)
        assert alike is flip_average


def test_a_dropped_branch_leaves_the_identity_and_no_trace_in_prediction() -> None:
    block = Residual(8, drop=0.999)
    x = torch.rand(4, 8, 6, 6)
    torch.manual_seed(0)
    assert torch.equal(block.train()(x), x)
    assert not torch.equal(block.eval()(x), x)


def test_whole_branches_are_dropped_face_by_face_and_the_expectation_is_kept() -> None:
    torch.manual_seed(0)
    x = 10 + torch.rand(2000, 8, 2, 2)  # so far above zero that the ReLU cuts nothing
    block = Residual(8, drop=0.3).train()
    branch = block(x) - x
    block.drop = 0.0
    whole = block(x) - x
    dropped = (branch == 0).flatten(1).all(dim=1)
    assert float(dropped.float().mean()) == pytest.approx(0.3, abs=0.03)
    torch.testing.assert_close(branch[~dropped], whole[~dropped] / 0.7, rtol=1e-4, atol=1e-5)
    predicted = block.eval()(x)
    block.drop = 0.3
    assert torch.equal(block(x), predicted)


def test_later_blocks_are_dropped_more_often() -> None:
    model = ResNetClassifier(widths=(8, 8, 8), blocks=(1, 0, 3), stochastic_depth=0.4)
    model.classes_ = np.arange(2)
    drops = [block.drop for block in model._network().modules() if isinstance(block, Residual)]
    assert drops == pytest.approx([0.1, 0.2, 0.3, 0.4])
    model.stochastic_depth = 0.0
    assert not any(block.drop for block in model._network().modules() if isinstance(block, Residual))


def test_stages_need_a_width_and_a_depth_each() -> None:
    with pytest.raises(ValueError, match="2 widths but 1 numbers of blocks"):
        Experiment.model_validate(
            {"protocol": "seven", "model": {"name": "resnet", "widths": [4, 8], "blocks": [1]}}
        )
