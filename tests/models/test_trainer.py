"""The training loop: exact resumption, equal budgets, schedule, jitter."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from ferflow.models.augmenter import jittered
from ferflow.models.cnn import CNNClassifier, Network
from ferflow.models.recorder import DivergenceError
from ferflow.models.resnet import ResNetClassifier
from ferflow.models.trainer import Recipe, _average, _batches, resized, schedule, side_at


def two_classes(n: int = 60, side: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Faces whose class is on which half they are bright."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 2
    X = rng.integers(0, 120, size=(n, side, side))
    X[y == 0, : side // 2] += 100
    X[y == 1, side // 2 :] += 100
    return X.reshape(n, -1).astype(np.uint8), y


def small(**changes: object) -> CNNClassifier:
    settings: dict = {"widths": (4, 8), "epochs": 3, "batch_size": 16, "random_state": 1, **changes}
    return CNNClassifier(**settings)


class StopTrainingError(Exception):
    """Ends a training as a Ctrl-C would."""


def stop_after(epoch: int) -> Callable[[dict[str, float]], None]:
    """Make a ``progress`` that ends the training when an epoch is done."""

    def stop(row: dict[str, float]) -> None:
        if row["epoch"] == epoch:
            raise StopTrainingError

    return stop


def test_interrupted_training_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    X, y = two_classes()
    whole = small().fit(X, y, validation=(X, y))

    checkpoint = tmp_path / "state.pt"
    with pytest.raises(StopTrainingError):
        small().fit(X, y, validation=(X, y), progress=stop_after(2), checkpoint=checkpoint)
    assert checkpoint.exists()
    epochs: list[float] = []
    second = small().fit(
        X, y, validation=(X, y), checkpoint=checkpoint, progress=lambda row: epochs.append(row["epoch"])
    )

    assert epochs == [3]
    assert second.history_ == whole.history_
    whole.save(tmp_path / "whole.safetensors")
    second.save(tmp_path / "resumed.safetensors")
    assert (tmp_path / "whole.safetensors").read_bytes() == (tmp_path / "resumed.safetensors").read_bytes()


def test_validation_does_not_change_the_training() -> None:
    X, y = two_classes()
    watched, plain = small(epochs=2).fit(X, y, validation=(X, y)), small(epochs=2).fit(X, y)
    np.testing.assert_array_equal(watched.predict_proba(X), plain.predict_proba(X))


def recipe(**changes: object) -> Recipe:
    settings: dict = {
        "epochs": 2,
        "batch_size": 4,
        "epoch_faces": 10,
        "learning_rate": 0.01,
        "weight_decay": 0.0,
        "ema": 0.9,
        "jitter": 0,
        "augmentation": None,
        "first_side": None,
        "self_distillation": 0.0,
        "distillation": 0.0,
        "optimizer": "adamw",
        "seed": 0,
        **changes,
    }
    return Recipe(**settings)


@pytest.mark.parametrize("rows", [3, 10, 27])
def test_every_epoch_sees_as_many_faces_whatever_the_number_of_rows(rows: int) -> None:
    epochs = [np.concatenate(_batches(rows, epoch, recipe())) for epoch in range(27)]
    assert {len(epoch) for epoch in epochs} == {10}
    visits = np.bincount(np.concatenate(epochs), minlength=rows)
    assert visits.max() - visits.min() <= 1  # an endless stream of whole passes


def test_batches_are_of_nearly_equal_size() -> None:
    sizes = [len(batch) for batch in _batches(10, 0, recipe())]
    assert sizes == [4, 3, 3]


def test_schedule_rises_then_falls_to_zero() -> None:
    values = [schedule(done) for done in np.linspace(0, 1, 101)]
    peak = int(np.argmax(values))
    assert values[peak] == pytest.approx(1.0)
    assert values[: peak + 1] == sorted(values[: peak + 1])
    assert values[peak:] == sorted(values[peak:], reverse=True)
    assert values[-1] == pytest.approx(0.0)


def test_the_average_begins_low_and_ends_at_its_decay() -> None:
    old, new = torch.tensor(0.0), torch.tensor(1.0)
    assert _average(0.9)(old, new, 1) == pytest.approx(1 - 2 / 11)
    assert _average(0.9)(old, new, 10**6) == pytest.approx(0.1)
    assert _average(0.0)(old, new, 10**6) == 1
    assert _average(0.9)(torch.tensor(3), torch.tensor(5), 1) == 5  # counts are not averaged


def test_a_training_of_one_step_learns() -> None:
    X, y = two_classes()
    (row,) = small(epochs=1, batch_size=60).fit(X, y).history_
    assert row["lr"] > 0


def test_faces_grow_over_the_first_steps() -> None:
    sides = [side_at(done, 32, 48) for done in np.linspace(0, 1, 101)]
    assert sides == sorted(sides)
    assert set(sides) == {32, 40, 48}
    assert set(sides[70:]) == {48}
    assert [side_at(done, 24, 48) for done in (0.23, 0.24, 0.46, 0.47, 0.69)] == [24, 32, 32, 40, 40]
    assert {side_at(done, first, 48) for done in (0.0, 0.5) for first in (None, 48, 64)} == {48}


def test_small_faces_keep_the_mean_of_what_they_show() -> None:
    faces = torch.full((2, 48, 48), 100, dtype=torch.uint8)
    faces[1, :, 24:] = 200
    small = resized(faces, 32)
    assert small.shape == (2, 32, 32)
    torch.testing.assert_close(small.mean((1, 2)), torch.tensor([100.0, 150.0]), rtol=0, atol=0.5)
    assert resized(faces, 48) is faces


def test_a_network_sees_small_faces_first_and_whole_ones_last() -> None:
    X, y = np.random.default_rng(0).integers(0, 256, (16, 576), dtype=np.uint8), np.arange(16) % 2
    sides: list[int] = []

    class Noting(ResNetClassifier):
        def _network(self) -> torch.nn.Module:
            network = super()._network()
            network.register_forward_hook(lambda module, faces, logits: sides.append(faces[0].shape[1]))
            return network

    Noting(widths=(4,), blocks=(1,), epochs=10, batch_size=16, first_side=16).fit(X, y)
    assert sides == [16] * 7 + [24] * 3


def test_jitter_shifts_and_mirrors_whole_faces() -> None:
    face = np.zeros((1, 9, 9), dtype=np.uint8)
    face[0, 4, 4] = 255
    shifts = jittered(np.repeat(face, 200, axis=0), 2, np.random.default_rng(0))
    assert shifts.shape == (200, 9, 9)
    assert (shifts.reshape(200, -1).sum(axis=1) == 255).all()
    row, column = np.unravel_index(shifts.reshape(200, -1).argmax(axis=1), (9, 9))
    assert set(row) == set(column) == {2, 3, 4, 5, 6}
    lopsided = np.zeros((400, 5, 5), dtype=np.uint8)
    lopsided[:, :, 0] = 1  # at the edge after two shifts of three: left, right or none
    moved = jittered(lopsided, 1, np.random.default_rng(0))
    mirrored, straight = moved[:, 2, -1].mean(), moved[:, 2, 0].mean()
    assert mirrored == pytest.approx(1 / 3, abs=0.06)
    assert straight == pytest.approx(1 / 3, abs=0.06)
    assert set(moved.sum((1, 2))) == {0, 5, 10}  # shifted out, as it was, repeated at the edge


def test_no_jitter_leaves_faces_alone() -> None:
    faces = np.arange(32, dtype=np.uint8).reshape(2, 4, 4)
    assert jittered(faces, 0, np.random.default_rng(0)) is faces


def test_exposure_does_not_change_what_the_network_says() -> None:
    torch.manual_seed(0)
    network = Network([4, 8], 3, 0.0).eval()
    faces = torch.rand(2, 16, 16) * 100 + 20
    torch.testing.assert_close(network(faces), network(faces + 60), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_a_loss_that_is_not_finite_ends_the_training_in_one_line(optimizer: str) -> None:
    X, y = two_classes()
    network = ResNetClassifier(widths=(4,), blocks=(1,), epochs=9, learning_rate=1e6, optimizer=optimizer)
    with pytest.raises(DivergenceError, match=r"diverged in epoch \d+: .*; lower learning_rate"):
        network.fit(X * 1.0, y, sample_weight=np.full(len(y), 1e38))


@pytest.mark.parametrize("followed", [True, False])
def test_a_last_step_that_leaves_no_numbers_ends_the_training_too(followed: bool) -> None:
    X, y = two_classes()
    network = small(epochs=1, batch_size=60, learning_rate=1e38, optimizer="sgd", weight_decay=1e38)
    with pytest.raises(DivergenceError, match=r"diverged in epoch 1: .*; lower learning_rate"):
        network.fit(X, y, validation=(X, y) if followed else None)
