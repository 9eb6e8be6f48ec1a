"""One temperature: found where it is known, kept with the model, of no effect on the class."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from ferflow.models.calibration import fit_temperature
from ferflow.models.cnn import CNNClassifier
from ferflow.models.factory import load_model
from tests.models.test_trainer import small, two_classes


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_finds_the_temperature_that_the_labels_were_drawn_with(temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, size=(1, 20_000, 3))
    shares = softmax(logits[0] / temperature, axis=1).cumsum(axis=1)
    y = (rng.random((len(shares), 1)) > shares).sum(axis=1)
    assert fit_temperature(logits, y, np.arange(3)) == pytest.approx(temperature, rel=0.05)


def test_a_temperature_is_between_a_tenth_and_ten() -> None:
    logits, y = np.tile([[0.3, -0.3], [-0.3, 0.3]], (10, 1))[None], np.tile([0, 1], 10)
    assert fit_temperature(logits, y, np.arange(2)) == pytest.approx(0.1, rel=0.01)  # never wrong
    assert fit_temperature(logits, 1 - y, np.arange(2)) == pytest.approx(10, rel=0.01)  # never right


@pytest.fixture(scope="module")
def model() -> CNNClassifier:
    return small(flip_average=True).fit(*two_classes())


def test_logits_are_what_probabilities_come_from(model: CNNClassifier) -> None:
    X, _ = two_classes()
    logits = model.logits(X)
    assert logits.shape == (2, len(X), 2)
    np.testing.assert_allclose(softmax(logits, axis=2).mean(axis=0), model.predict_proba(X))


def test_the_temperature_is_saved_with_the_model(model: CNNClassifier, tmp_path: Path) -> None:
    X, _ = two_classes()
    plain = model.predict_proba(X)
    model.temperature_ = 3.0
    softened = model.predict_proba(X)
    model.save(tmp_path / "model.safetensors")
    model.temperature_ = 1.0
    loaded = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict_proba(X), softened)
    assert softened.max() < plain.max()


def test_half_precision_halves_the_file_and_hardly_moves_the_probabilities(
    model: CNNClassifier, tmp_path: Path
) -> None:
    X, _ = two_classes()
    sizes = {}
    for half in (False, True):
        model.save(tmp_path / f"{half}.safetensors", half_precision=half)
        sizes[half] = sum(array.nbytes for array in _arrays(tmp_path / f"{half}.safetensors"))
    loaded = load_model(tmp_path / "True.safetensors")
    assert sizes[True] < 0.65 * sizes[False]
    np.testing.assert_allclose(loaded.predict_proba(X), model.predict_proba(X), atol=5e-3)


def _arrays(path: Path) -> list[np.ndarray]:
    from ferflow.models.storage import load_arrays

    return list(load_arrays(path)[0].values())
