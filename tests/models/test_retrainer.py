"""Classifier re-training: features stay, the last layer is new, all classes are drawn alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ferflow.models.efficientnet import EfficientNetClassifier
from ferflow.models.factory import load_model
from ferflow.models.resnet import ResNetClassifier
from ferflow.models.trainer import resized
from tests.models.test_trainer import StopTrainingError, stop_after, two_classes

SMALL: dict[str, Any] = {
    "widths": (8, 16),
    "blocks": (1, 0),
    "batch_size": 16,
    "jitter": 0,
    "optimizer": "muon",
}
RETRAIN: dict[str, Any] = {"epochs": 2, "learning_rate": 0.01}


def weights(model: ResNetClassifier) -> dict[str, torch.Tensor]:
    return model.network_.state_dict()


def test_only_the_last_layer_differs(tmp_path: Path) -> None:
    X, y = two_classes()
    plain = ResNetClassifier(**SMALL, epochs=3).fit(X, y, validation=(X, y))
    retrained = ResNetClassifier(**SMALL, epochs=3, retrain=RETRAIN).fit(X, y, validation=(X, y))
    assert weights(plain).keys() == weights(retrained).keys()
    differing = {k for k, v in weights(plain).items() if not torch.equal(v, weights(retrained)[k])}
    assert differing == {"head.1.weight", "head.1.bias"}
    assert retrained.history_[:3] == plain.history_
    assert [row["epoch"] for row in retrained.history_] == [1, 2, 3, 4, 5]
    retrained.save(tmp_path / "model")
    assert np.array_equal(load_model(tmp_path / "model").predict_proba(X), retrained.predict_proba(X))


def test_the_last_layer_learns_from_whole_faces_whatever_the_network_began_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = two_classes()
    sides: list[int] = []

    def noted(faces: torch.Tensor, side: int) -> torch.Tensor:
        sides.append(side)
        return resized(faces, side)

    monkeypatch.setattr("ferflow.models.trainer.resized", noted)
    ResNetClassifier(**SMALL, epochs=2, first_side=8, retrain=RETRAIN).fit(X, y)
    assert sides[0] == 8
    assert set(sides[-len(sides) // 2 :]) == {16}


def test_one_layer_has_none_before_it_to_hold_back() -> None:
    X, y = two_classes()
    model = EfficientNetClassifier(
        pretrained=False,
        enlarge=32,
        frozen_blocks=0,
        head_width=8,
        layer_decay=0.8,
        epochs=1,
        retrain=RETRAIN,
    ).fit(X, y)
    assert len(model.history_) == 1 + RETRAIN["epochs"]


def test_a_rare_class_gets_as_much_as_a_common_one() -> None:
    X, y = two_classes()
    rare = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:3]]
    noise = (
        np.random.default_rng(0).integers(0, 256, X.shape).astype(np.uint8)
    )  # nothing but frequencies to learn
    plain = ResNetClassifier(**SMALL, epochs=10).fit(noise[rare], y[rare])
    retrained = ResNetClassifier(**SMALL, epochs=10, retrain=RETRAIN).fit(noise[rare], y[rare])
    unseen = noise[np.flatnonzero(y == 1)[3:]]
    assert retrained.predict_proba(unseen)[:, 1].mean() > plain.predict_proba(unseen)[:, 1].mean()


@pytest.mark.parametrize("epoch", [2, 4])
def test_an_interrupted_training_goes_on_to_the_same_bytes(tmp_path: Path, epoch: int) -> None:
    X, y = two_classes()
    settings: dict[str, Any] = {**SMALL, "epochs": 3, "retrain": RETRAIN}
    whole = ResNetClassifier(**settings).fit(X, y)

    with pytest.raises(StopTrainingError):
        ResNetClassifier(**settings).fit(X, y, checkpoint=tmp_path / "state.pt", progress=stop_after(epoch))
    resumed = ResNetClassifier(**settings).fit(X, y, checkpoint=tmp_path / "state.pt")
    assert resumed.history_ == whole.history_
    assert all(torch.equal(value, weights(resumed)[name]) for name, value in weights(whole).items())
