"""Classifier re-training: features stay, the last layer is new, all classes are drawn alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ferflow.models.devices import make_fabric
from ferflow.models.efficientnet import EfficientNetClassifier
from ferflow.models.faces import SquareFaces
from ferflow.models.factory import load_model
from ferflow.models.resnet import ResNetClassifier
from ferflow.models.retrainer import retrain
from ferflow.models.retraining import Retraining
from ferflow.models.trainer import resized, schedule
from ferflow.remedies.registry import make_loss
from tests.models.test_faces import Counting
from tests.models.test_trainer import StopTrainingError, recipe, stop_after, two_classes

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


def test_every_class_is_drawn_as_often_and_every_face_of_it() -> None:
    X, y = two_classes(n=80)
    uneven = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:10]]
    source = Counting(X[uneven])
    ResNetClassifier(**SMALL, epochs=1, retrain=RETRAIN | {"epochs": 3}).fit(source, y[uneven])
    first, again = (np.bincount(part, minlength=50) for part in (source.asked[:50], source.asked[50:]))
    assert (first == 1).all()
    assert (again[:40].sum(), again[40:].sum()) == (75, 75)
    assert set(again[:40]) == {1, 2}
    assert set(again[40:]) == {7, 8}


def test_the_last_layer_is_drawn_anew_and_learns_at_a_rate_of_its_own() -> None:
    X, y = two_classes()
    model = ResNetClassifier(**SMALL, epochs=2, retrain={"epochs": 3, "learning_rate": 1e-9}).fit(X, y)
    rates = [row["lr"] for row in model.history_[2:]]
    assert rates == pytest.approx([1e-9 * schedule(epoch / 3) for epoch in (1, 2, 3)], abs=1e-20)
    torch.manual_seed(0)
    drawn = torch.nn.Linear(16, 2)
    torch.testing.assert_close(weights(model)["head.1.weight"], drawn.weight.detach(), rtol=0, atol=1e-7)


def test_a_loss_that_knows_frequencies_is_told_those_of_the_draw() -> None:
    X, y = two_classes()
    uneven = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:5]]
    network = ResNetClassifier(**SMALL, epochs=1).fit(X, y).network_
    heads = []
    for name in ("cross-entropy", "logit-adjusted"):  # the same, where all classes are as frequent
        retrain(
            network,
            SquareFaces(X[uneven]),
            y[uneven],
            make_loss(name),
            recipe(batch_size=16, epoch_faces=40),
            Retraining(**RETRAIN),
            make_fabric("cpu", "float32"),
        )
        heads.append(network.state_dict()["head.1.weight"].clone())
    torch.testing.assert_close(*heads)


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
