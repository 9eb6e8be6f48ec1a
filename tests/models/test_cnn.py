"""The CNN as a scikit-learn classifier."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from ferflow.errors import InputError
from ferflow.models.cnn import CNNClassifier, Network, standardized
from ferflow.models.factory import load_model
from ferflow.models.schemas import CNN
from ferflow.models.storage import load_arrays


@pytest.fixture(scope="module")
def trained(faces: tuple[np.ndarray, np.ndarray]) -> CNNClassifier:
    model = CNNClassifier(widths=[8, 16], epochs=12, batch_size=16, jitter=0, dropout=0.0, random_state=3)
    return model.fit(*faces, validation=faces)


def test_learns_what_can_be_learnt(trained: CNNClassifier, faces: tuple[np.ndarray, np.ndarray]) -> None:
    assert trained.score(*faces) > 0.95
    assert [row["epoch"] for row in trained.history_] == list(range(1, 13))
    assert trained.history_[-1]["validation_loss"] < trained.history_[0]["validation_loss"]


def test_probabilities_follow_sorted_classes(
    trained: CNNClassifier, faces: tuple[np.ndarray, np.ndarray]
) -> None:
    assert list(trained.classes_) == ["even", "high", "low"]
    probabilities = trained.predict_proba(faces[0])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert (trained.predict(faces[0]) == trained.classes_[probabilities.argmax(axis=1)]).all()


def test_saved_and_loaded_says_the_same(
    trained: CNNClassifier, faces: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    trained.save(tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict_proba(faces[0]), trained.predict_proba(faces[0]))
    assert again.get_params() == trained.get_params()


def test_counts_parameters_and_multiplications(trained: CNNClassifier) -> None:
    # stem 5x5 at 8x8, 3x3 at 8x8; then at 4x4: 8->16, two of 16->16; last layer 16->3
    convolutions = [25 * 8 * 64, 9 * 8 * 8 * 64, 9 * 8 * 16 * 16, 2 * 9 * 16 * 16 * 16]
    assert trained.macs_ == sum(convolutions) + 16 * 3
    normalisation = 2 * (8 + 8 + 16 + 16 + 16)
    weights = 25 * 8 + 9 * 64 + 9 * 128 + 2 * 9 * 256 + 16 * 3 + 3
    assert trained.parameter_count_ == weights + normalisation


def test_a_second_fit_counts_anew(faces: tuple[np.ndarray, np.ndarray]) -> None:
    model = CNNClassifier(widths=[4, 8], epochs=1).fit(*faces)
    large = model.macs_
    assert model.fit(faces[0][:, :64], faces[1]).macs_ < large / 2  # 8 x 8 pixels, for 16 x 16


def test_faces_are_brought_to_zero_mean_and_unit_variance_and_flat_ones_to_nothing() -> None:
    faces = np.random.default_rng(0).integers(0, 256, (3, 8, 8)).astype(np.uint8)
    faces[2] = 77
    mean, deviation = faces.mean((1, 2), keepdims=True), faces.std((1, 2), ddof=1, keepdims=True)
    expected = (faces - mean) / (deviation + 1)
    np.testing.assert_allclose(standardized(torch.from_numpy(faces))[:, 0], expected, rtol=1e-5)
    assert not expected[2].any()


def test_weights_of_faces_matter(faces: tuple[np.ndarray, np.ndarray]) -> None:
    rng = np.random.default_rng(1)
    X, y = faces[0], rng.permutation(faces[1])  # nothing to learn but how often each class counts
    weight = np.where(y == "high", 50.0, 1.0)
    model = CNNClassifier(widths=[4, 8], epochs=8, batch_size=16, jitter=0, random_state=0)
    plain = model.fit(X, y).predict_proba(X)[:, 1].mean()
    heavy = clone(model).fit(X, y, sample_weight=weight).predict_proba(X)[:, 1].mean()
    assert heavy > plain + 0.1


@pytest.mark.parametrize("alpha", ["none", "balanced"])
def test_focal_loss_trains(faces: tuple[np.ndarray, np.ndarray], alpha: str) -> None:
    model = CNNClassifier(
        widths=[8, 16], epochs=8, batch_size=16, jitter=0, loss={"name": "focal", "alpha": alpha}
    )
    assert model.fit(*faces).score(*faces) > 0.8


def test_bfloat16_trains(faces: tuple[np.ndarray, np.ndarray]) -> None:
    model = CNNClassifier(widths=[8, 16], epochs=8, batch_size=16, jitter=0, precision="bfloat16")
    assert model.fit(*faces).score(*faces) > 0.8


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_only_training_computes_in_the_precision_asked_for(
    faces: tuple[np.ndarray, np.ndarray], precision: str, tmp_path: Path
) -> None:
    convolutions: dict[bool, set[torch.dtype]] = {True: set(), False: set()}  # in training, in prediction
    learnt: set[torch.dtype] = set()

    def note(layer: torch.nn.Module, given: tuple[torch.Tensor], result: torch.Tensor) -> None:
        convolutions[layer.training].add(result.dtype)
        learnt.add(next(layer.parameters()).dtype)

    class Noting(CNNClassifier):
        def _network(self) -> torch.nn.Module:
            network = super()._network()
            for layer in network.modules():
                if isinstance(layer, torch.nn.Conv2d):
                    layer.register_forward_hook(note)
            return network

    model = Noting(widths=[4, 8], epochs=1, precision=precision).fit(*faces)
    model.predict_proba(faces[0])
    model.save(tmp_path / "model.safetensors")
    assert convolutions == {True: {getattr(torch, precision)}, False: {torch.float32}}
    assert learnt == {torch.float32}
    stored = load_arrays(tmp_path / "model.safetensors")[0]
    assert {array.dtype for array in stored.values()} == {np.dtype("float32"), np.dtype("int64")}  # counts


def test_same_seed_same_model(faces: tuple[np.ndarray, np.ndarray]) -> None:
    model = CNNClassifier(widths=[4, 8], epochs=1, random_state=5)
    first, second = clone(model).fit(*faces), clone(model).fit(*faces)
    other = clone(model).set_params(random_state=6).fit(*faces)
    np.testing.assert_array_equal(first.predict_proba(faces[0]), second.predict_proba(faces[0]))
    assert not np.array_equal(first.predict_proba(faces[0]), other.predict_proba(faces[0]))


def test_unfitted_says_so(faces: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(NotFittedError):
        CNNClassifier().predict(faces[0])


def test_faces_must_be_square() -> None:
    with pytest.raises(ValueError, match="square"):
        CNNClassifier().fit(np.zeros((4, 50)), [0, 1, 0, 1])


def test_one_class_is_no_task() -> None:
    with pytest.raises(ValueError, match="two classes"):
        CNNClassifier().fit(np.zeros((4, 64)), [1, 1, 1, 1])


def test_other_size_is_refused(trained: CNNClassifier) -> None:
    with pytest.raises(ValueError, match="expects 256"):
        trained.predict(np.zeros((2, 64)))


@pytest.mark.parametrize("widths", [[2] * depth for depth in range(2, 7)])
def test_the_schema_refuses_the_faces_of_which_halving_leaves_nothing(widths: list[int]) -> None:
    schema, network = CNN.model_validate({"name": "cnn", "widths": widths}), Network(widths, 3, 0.0).eval()
    least = 2 ** len(widths) - 1
    for side in (least, least + 1):
        schema.check_side(side)
        assert network(torch.zeros(1, side, side)).shape == (1, 3)
    with pytest.raises(RuntimeError, match="too small"):
        network(torch.zeros(1, least - 1, least - 1))
    with pytest.raises(ValueError, match=f"image_size {least - 1} allows {len(widths) - 1}"):
        schema.check_side(least - 1)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not a model")
    with pytest.raises(InputError, match="not a whole safetensors file"):
        load_model(tmp_path / "model.safetensors")
