"""Square-root sampling, class-balanced weights, LDAM and the logit-adjusted loss against their equations."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from ferflow.data.draw import draw_samples
from ferflow.data.faces import load_faces, save_faces
from ferflow.data.samples import class_prior, inputs_and_targets
from ferflow.evaluation.predictions import named_probabilities
from ferflow.files import read_parquet
from ferflow.machine import Device
from ferflow.models.factory import load_model, make_model
from ferflow.models.heads import CosineLinear, last_layer
from ferflow.models.hyperparameters import hyperparameters
from ferflow.models.resnet import ResNetClassifier
from ferflow.params import load
from ferflow.remedies.adjustments import adjusted, class_weights
from ferflow.remedies.class_balanced import class_balanced, effective_number_weights
from ferflow.remedies.ldam import LDAM
from ferflow.remedies.logit_adjusted import LogitAdjusted
from ferflow.remedies.registry import BALANCES, LOSSES, make_loss, sample_weight
from ferflow.remedies.sampling import draw_by_frequency
from tests.fabricated import draw_faces
from tests.models.test_trainer import StopTrainingError, stop_after, two_classes

TARGET = np.repeat([0, 1, 2], [40, 16, 4])
SMALL: dict[str, Any] = {"widths": (8, 16), "blocks": (1, 0), "batch_size": 16, "jitter": 0, "dropout": 0.0}


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return 3 * torch.randn(8, 3), torch.arange(8) % 3


def in_numpy(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cross-entropy, written out."""
    exponent = np.exp(logits - logits.max(axis=1, keepdims=True))
    return -np.log(exponent[np.arange(len(y)), y] / exponent.sum(axis=1))


def test_square_root_sampling_draws_classes_by_the_root_of_their_faces() -> None:
    labels = np.repeat(["happy", "fear", "disgust"], [100, 25, 1])
    drawn = BALANCES["square-root"].draw(labels, per_class=None, seed=0)
    assert len(drawn) == len(labels)
    count = {name: int((labels[drawn] == name).sum()) for name in ("happy", "fear", "disgust")}
    assert count == {"happy": 79, "fear": 39, "disgust": 8}  # 126 * (10, 5, 1) / 16
    times = np.bincount(drawn, minlength=len(labels))
    assert times[labels == "happy"].max() == 1  # fewer than there are: none is drawn twice
    assert set(times[labels == "fear"]) == {1, 2}
    again = BALANCES["square-root"].draw(labels, per_class=None, seed=0)
    assert np.array_equal(drawn, again)
    assert not np.array_equal(drawn, BALANCES["square-root"].draw(labels, per_class=None, seed=1))


@pytest.mark.parametrize(("power", "counts"), [(1.0, [40, 16, 4]), (0.0, [20, 20, 20])])
def test_a_power_of_one_keeps_frequencies_and_none_draws_all_alike(power: float, counts: list[int]) -> None:
    drawn = draw_by_frequency(TARGET, power, total=60, seed=0)
    assert np.bincount(TARGET[drawn]).tolist() == counts


def test_repetition_comes_nearest_to_the_largest_class() -> None:
    labels = np.repeat(["happy", "fear", "disgust"], [10, 6, 3])
    drawn = BALANCES["repeat"].draw(labels, per_class=None, seed=0)
    times = np.bincount(drawn)
    for name, expected in (("happy", 1), ("fear", 2), ("disgust", 3)):  # 1, 1.67 and 3.33 times
        assert set(times[labels == name]) == {expected}


def test_class_balanced_weights_follow_the_effective_number() -> None:
    weight = class_balanced(TARGET)
    of_class = (1 - 0.999) / (1 - 0.999 ** np.array([40, 16, 4]))
    expected = of_class[TARGET] / of_class[TARGET].mean()
    assert weight == pytest.approx(expected)
    assert effective_number_weights(np.array([5, 50]), 0.0) == pytest.approx([1, 1])


def test_ldam_follows_its_equation() -> None:
    logits, y = batch()
    loss = LDAM(name="ldam", max_margin=0.3, scale=10.0)
    root = np.array([40, 16, 4]) ** -0.25
    margin = 0.3 * root / root[2]
    cosines = logits.numpy() / 10
    cosines[np.arange(8), y] -= margin[y]
    assert loss.per_face(TARGET)(logits, y).numpy() == pytest.approx(
        in_numpy(10 * cosines, y.numpy()), rel=1e-4
    )


def test_ldam_weighs_classes_only_at_the_end() -> None:
    logits, y = batch()
    loss = make_loss({"name": "ldam", "deferred": 0.5})
    at, plain = loss.over_training(TARGET), loss.per_face(TARGET)(logits, y)
    assert torch.equal(at(0.49)(logits, y), plain)
    weight = effective_number_weights(np.array([40, 16, 4]), 0.9999)
    assert at(0.5)(logits, y).numpy() == pytest.approx(weight[y] * plain.numpy(), rel=1e-4)


def test_logit_adjusted_loss_follows_its_equation() -> None:
    logits, y = batch()
    loss = LogitAdjusted(name="logit-adjusted", tau=2.0).per_face(TARGET)
    expected = in_numpy(logits.numpy() + 2 * np.log(np.array([40, 16, 4]) / 60), y.numpy())
    assert loss(logits, y).numpy() == pytest.approx(expected, rel=1e-4)


def test_logit_adjusted_loss_of_equal_classes_is_cross_entropy() -> None:
    logits, y = batch()
    loss = make_loss({"name": "logit-adjusted", "label_smoothing": 0.1}).per_face(np.arange(9) % 3)
    expected = cross_entropy(logits, y, reduction="none", label_smoothing=0.1)
    torch.testing.assert_close(loss(logits, y), expected)


@pytest.mark.parametrize("name", ["cross-entropy", "focal", "logit-adjusted"])
def test_other_losses_stay_as_they_are_throughout(name: str) -> None:
    loss = make_loss(name)
    logits, y = batch()
    assert loss.cosine_scale is None
    for done in (0.0, 0.9):
        assert torch.equal(loss.over_training(TARGET)(done)(logits, y), loss.per_face(TARGET)(logits, y))


def test_a_cosine_head_gives_scaled_cosines() -> None:
    head = CosineLinear(5, 3, scale=30.0)
    x = torch.randn(4, 5)
    cosines = torch.cosine_similarity(x[:, None], head.weight[None], dim=2)
    torch.testing.assert_close(head(x), 30 * cosines)
    torch.testing.assert_close(head.weight.norm(dim=1), torch.ones(3))


def test_ldam_learns_resumes_and_loads(tmp_path: Path) -> None:
    X, y = two_classes()
    settings: dict[str, Any] = {**SMALL, "epochs": 6, "loss": {"name": "ldam", "deferred": 0.5}}
    whole = ResNetClassifier(**settings).fit(X, y)
    assert whole.score(X, y) > 0.9
    assert isinstance(last_layer(whole.network_)[1], CosineLinear)
    with pytest.raises(StopTrainingError):
        ResNetClassifier(**settings).fit(X, y, checkpoint=tmp_path / "state.pt", progress=stop_after(4))
    resumed = ResNetClassifier(**settings).fit(X, y, checkpoint=tmp_path / "state.pt")
    for name, model in (("whole", whole), ("resumed", resumed)):
        model.save(tmp_path / name)
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "resumed").read_bytes()
    assert np.array_equal(load_model(tmp_path / "whole").predict_proba(X), whole.predict_proba(X))


def test_every_loss_trains_a_network() -> None:
    X, y = two_classes()
    for name in LOSSES:
        model = ResNetClassifier(**SMALL, epochs=1, loss=name).fit(X, y)
        assert np.isfinite(model.history_[0]["train_loss"]), name


def test_every_experiment_of_the_preset_goes_from_its_file_to_predictions(tmp_path: Path) -> None:
    settings = load()
    files = [tmp_path / name for name in ("faces.npy", "faces.parquet", "origins.parquet")]
    save_faces(draw_faces(200, size=16), *files)
    faces = load_faces(*files[:2])
    tiny = {"widths": (4, 8), "blocks": (1, 0), "epochs": 1, "batch_size": 64}
    for name in settings.presets["remedies"]:
        experiment = settings.experiment(name)
        protocol = settings.protocol_of(name).model_copy(update={"image_size": 16})
        samples = draw_samples(read_parquet(files[1]), protocol, experiment.protocol)
        X, y = inputs_and_targets(faces, samples, "train")
        arguments = hyperparameters(settings, name, seed=0, epoch_faces=64, device=Device("cpu", "float32"))
        model = make_model(**(arguments | tiny))
        model.fit(X, y, sample_weight=sample_weight(experiment.class_weight, y))
        model.save(tmp_path / name, class_names=samples.classes)
        X, y = inputs_and_targets(faces, samples, "validation")
        probabilities = named_probabilities(load_model(tmp_path / name), X, samples.classes)
        weight = class_weights(experiment.adjustment, probabilities, y, class_prior(faces, samples))
        assert adjusted(probabilities, weight).sum(axis=1) == pytest.approx(1, abs=1e-5), name
