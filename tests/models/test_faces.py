"""Faces are taken batch by batch: the same bytes, and never all at once."""

import numpy as np
import pytest

from ferflow.models.faces import SquareFaces, some_rows
from ferflow.models.resnet import ResNetClassifier


class Counting:
    """Rows of pixels that are made when they are asked for, and remember which were, and how many at once."""

    def __init__(self, X: np.ndarray) -> None:
        self.X = X
        self.most = 0
        self.asked: list[int] = []

    @property
    def shape(self) -> tuple[int, int]:
        return self.X.shape[0], self.X.shape[1]

    def rows(self, index: np.ndarray) -> np.ndarray:
        self.most = max(self.most, len(index))
        self.asked += index.tolist()
        return self.X[index]


@pytest.fixture
def X() -> np.ndarray:  # noqa: N802
    return np.random.default_rng(0).integers(0, 256, (60, 64), dtype=np.uint8)


def model(**changes: object) -> ResNetClassifier:
    settings: dict = {"widths": (4,), "blocks": (1,), "epochs": 2, "batch_size": 12, **changes}
    return ResNetClassifier(**settings)


@pytest.mark.parametrize("retrain", [None, {"epochs": 1, "learning_rate": 0.01}])
def test_a_training_takes_no_more_than_a_batch_at_once(X: np.ndarray, retrain: dict | None) -> None:
    y = np.arange(60) % 3
    source = Counting(X)
    lazy = model(retrain=retrain).fit(source, y)
    assert source.most == 12
    whole = model(retrain=retrain).fit(X, y)
    np.testing.assert_array_equal(lazy.predict_proba(X), whole.predict_proba(X))


def test_predictions_and_curves_take_blocks(X: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ResNetClassifier, "prediction_batch", 25)
    y = np.arange(60) % 3
    validation = Counting(X)
    fitted = model().fit(X, y, validation=(validation, y))
    assert validation.most == 25
    np.testing.assert_array_equal(fitted.predict_proba(Counting(X)), fitted.predict_proba(X))


def test_faces_may_be_chosen_again_and_again(X: np.ndarray) -> None:
    faces = SquareFaces(X)
    assert len(faces) == 60
    assert faces.side == 8
    chosen = faces.take(np.array([5, 5, 9])).take(np.array([2, 0]))
    np.testing.assert_array_equal(chosen[:], X[[9, 5]].reshape(2, 8, 8))
    np.testing.assert_array_equal(SquareFaces(X.reshape(60, 8, 8))[10:12], X[10:12].reshape(2, 8, 8))


def test_pixels_are_cut_to_their_range() -> None:
    assert SquareFaces([[-5.0, 300.0, 12.75, 255.0]])[:].tolist() == [[[0, 255], [12, 255]]]


def test_some_rows_are_different_ones_in_their_order() -> None:
    assert some_rows(30, 30, 0) == slice(None)
    drawn, again, other = (some_rows(30, 20, seed) for seed in (0, 0, 1))
    assert isinstance(drawn, np.ndarray) and isinstance(again, np.ndarray) and isinstance(other, np.ndarray)
    assert len(drawn) == 20
    assert drawn.tolist() == sorted(set(drawn.tolist())) == again.tolist()
    assert drawn.tolist() != other.tolist()


def test_faces_that_are_not_square_are_refused() -> None:
    with pytest.raises(ValueError, match="faces must be square: 63 pixels are no square number"):
        SquareFaces(np.zeros((2, 63)))
