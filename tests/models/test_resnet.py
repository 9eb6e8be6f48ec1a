"""The residual network: shapes, learning, and what it is made of."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ferflow.models.factory import load_model
from ferflow.models.resnet import Network, Residual, ResNetClassifier
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


def test_stages_need_a_width_and_a_depth_each() -> None:
    with pytest.raises(ValueError, match="2 widths but 1 numbers of blocks"):
        Experiment.model_validate(
            {"protocol": "seven", "model": {"name": "resnet", "widths": [4, 8], "blocks": [1]}}
        )
