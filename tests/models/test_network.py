"""What every network shares, on the smallest of modules."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from torch import Tensor, nn

from ferflow.models.network import NetworkClassifier


class Halves(nn.Module):
    """Mean brightness of the halves of each face, under a linear layer."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(2, classes)

    def forward(self, faces: Tensor) -> Tensor:
        n, height, width = faces.shape
        means = faces.float().reshape(n, 2, height // 2 * width).mean(2)
        return self.linear((means - 128) / 64)


@dataclass(kw_only=True, eq=False, repr=False)
class HalvesClassifier(NetworkClassifier):
    model_name = "halves"
    epochs: int = 20
    batch_size: int = 16
    learning_rate: float = 0.1
    weight_decay: float = 0.0
    ema: float = 0.9
    jitter: int = 0

    def _network(self) -> nn.Module:
        return Halves(len(self.classes_))


@pytest.fixture(scope="module")
def faces() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = np.array(["up", "down"])[np.arange(80) % 2]
    X = rng.integers(0, 200, size=(80, 8, 8))
    X[y == "up", :4] += 55
    X[y == "down", 4:] += 55
    return X.reshape(80, -1).astype(np.uint8), y


def test_trains_whatever_module_it_is_given(faces: tuple[np.ndarray, np.ndarray]) -> None:
    model = HalvesClassifier().fit(*faces, validation=faces)
    assert model.score(*faces) > 0.9
    assert model.history_[-1]["validation_accuracy"] == pytest.approx(model.score(*faces))
    assert model.parameter_count_ == 2 * 2 + 2
    assert model.macs_ == 2 * 2


def test_rows_and_squares_are_the_same_faces(faces: tuple[np.ndarray, np.ndarray]) -> None:
    model = HalvesClassifier(epochs=2).fit(*faces)
    np.testing.assert_array_equal(model.predict(faces[0]), model.predict(faces[0].reshape(-1, 8, 8)))


def test_file_holds_settings_classes_and_weights(
    faces: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    model = HalvesClassifier(epochs=2, random_state=4).fit(*faces)
    model.save(tmp_path / "m")
    again = HalvesClassifier.load(tmp_path / "m")
    assert again.get_params() == model.get_params()
    assert again.classes_.tolist() == ["down", "up"]
    np.testing.assert_array_equal(again.predict_proba(faces[0]), model.predict_proba(faces[0]))


def test_loss_is_the_one_asked_for(faces: tuple[np.ndarray, np.ndarray]) -> None:
    plain = HalvesClassifier(epochs=1)
    focal = clone(plain).set_params(loss="focal")
    # A focal loss of gamma 2 is at most the cross-entropy: each face's is times (1 - p)^2.
    assert focal.fit(*faces).history_[0]["train_loss"] < 0.7 * plain.fit(*faces).history_[0]["train_loss"]


def test_unfitted_and_wrong_faces_are_refused(faces: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        HalvesClassifier().save(tmp_path / "m")
    with pytest.raises(ValueError, match="HalvesClassifier expects 64"):
        HalvesClassifier(epochs=1).fit(*faces).predict(np.zeros((1, 16)))
    with pytest.raises(ValueError, match="two classes"):
        HalvesClassifier().fit(faces[0], np.zeros(80))


@pytest.mark.parametrize(
    ("labels", "weight", "message"),
    [
        (81, None, "inconsistent numbers of samples"),
        (79, None, "inconsistent numbers of samples"),
        (80, np.ones(81), "expected \\(80,\\)"),
        (80, -np.ones(80), "Negative values"),
        (80, np.zeros(80), "at least one non-zero"),
        (80, np.full(80, np.nan), "contains NaN"),
    ],
)
def test_labels_and_weights_that_do_not_fit_the_faces_are_refused(
    faces: tuple[np.ndarray, np.ndarray], labels: int, weight: np.ndarray | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        HalvesClassifier(epochs=1).fit(faces[0], np.arange(labels) % 2, weight)
