"""The fully connected network as a scikit-learn classifier.

scikit-learn's ``parametrize_with_checks`` does not apply: its data have two to twenty features of any sign,
and a network here takes the pixels of square faces, 0 to 255, each brought to zero mean and unit variance.
"""

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from ferflow.models.cnn import CNNClassifier
from ferflow.models.dnn import DNNClassifier


@pytest.fixture(scope="module")
def trained(faces: tuple[np.ndarray, np.ndarray]) -> DNNClassifier:
    model = DNNClassifier(hidden=[12, 8], epochs=12, batch_size=16, jitter=0, dropout=0.0, random_state=3)
    return model.fit(*faces, validation=faces)


def test_as_many_parameters_as_the_cnn() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (14, 48 * 48)), np.arange(14) % 7
    dnn, cnn = (model(epochs=1, jitter=0).fit(X, y) for model in (DNNClassifier, CNNClassifier))
    assert cnn.parameter_count_ == 488_855
    assert dnn.parameter_count_ == pytest.approx(cnn.parameter_count_, rel=0.01)
    assert dnn.macs_ < cnn.macs_ / 20  # a convolution uses each of its weights at every place


def test_learns_what_can_be_learnt(trained: DNNClassifier, faces: tuple[np.ndarray, np.ndarray]) -> None:
    assert trained.score(*faces) > 0.95
    assert trained.history_[-1]["validation_loss"] < trained.history_[0]["validation_loss"]


def test_exposure_does_not_matter(trained: DNNClassifier, faces: tuple[np.ndarray, np.ndarray]) -> None:
    dark = faces[0] // 2
    np.testing.assert_array_equal(trained.predict(dark), trained.predict(dark + 100))


def test_counts_parameters_and_multiplications(trained: DNNClassifier) -> None:
    weights = 256 * 12 + 12 * 8 + 8 * 3
    assert trained.macs_ == weights
    assert trained.parameter_count_ == weights + 3 + 2 * (12 + 8)


def test_saved_and_loaded_says_the_same(
    trained: DNNClassifier, faces: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    trained.save(tmp_path / "model.safetensors")
    copy = DNNClassifier.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(copy.predict_proba(faces[0]), trained.predict_proba(faces[0]))
    assert copy.get_params() == trained.get_params()


def test_same_seed_same_model(faces: tuple[np.ndarray, np.ndarray]) -> None:
    model = DNNClassifier(hidden=[8], epochs=1, random_state=5)
    first, second = clone(model).fit(*faces), clone(model).fit(*faces)
    other = clone(model).set_params(random_state=6).fit(*faces)
    np.testing.assert_array_equal(first.predict_proba(faces[0]), second.predict_proba(faces[0]))
    assert not np.array_equal(first.predict_proba(faces[0]), other.predict_proba(faces[0]))
