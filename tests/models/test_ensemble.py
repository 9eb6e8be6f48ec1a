"""Several networks as one: their mean, their seeds, interruptions, and the one that learns of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from ferflow import params
from ferflow.export.modules import probability_module
from ferflow.models.ensemble import Ensemble
from ferflow.models.factory import load_model
from ferflow.models.hyperparameters import total_epochs
from ferflow.models.resnet import ResNetClassifier
from tests.models.test_faces import Counting
from tests.models.test_trainer import StopTrainingError, stop_after, two_classes

ROOT = Path(__file__).parents[2]
SMALL: dict[str, Any] = {"widths": (8, 16), "blocks": (1, 0), "batch_size": 16, "jitter": 0, "epochs": 2}
LEARNING: dict[str, Any] = {**SMALL, "widths": (4, 8), "batch_size": 48, "epochs": 10, "ema": 0.9}


def weights(model: ResNetClassifier) -> dict[str, torch.Tensor]:
    return model.network_.state_dict()


def hard_to_tell(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw faces of two classes that are barely told apart, every fourth of them labelled wrongly."""
    rng = np.random.default_rng(seed)
    true = np.arange(n) % 2
    X = rng.integers(0, 200, size=(n, 16, 16))
    X[true == 1, :8] += 12
    return X.reshape(n, -1).astype(np.uint8), np.where(rng.random(n) < 0.25, 1 - true, true)


def test_the_mean_is_that_of_probabilities() -> None:
    first, second = torch.nn.Linear(4, 3), torch.nn.Linear(4, 3)
    faces = torch.rand(5, 4)
    mean = (first(faces).softmax(1) + second(faces).softmax(1)) / 2
    torch.testing.assert_close(Ensemble([first, second])(faces), mean.log())


def test_members_are_networks_of_their_own_and_the_first_is_the_one_that_stands_alone() -> None:
    X, y = two_classes()
    alone, several = (ResNetClassifier(**SMALL, members=n).fit(X, y) for n in (1, 3))
    members = list(several.network_.members)  # type: ignore[arg-type]
    assert len(members) == 3
    first, second, third = (member.state_dict()["head.1.weight"] for member in members)
    assert torch.equal(first, weights(alone)["head.1.weight"])
    assert not torch.equal(first, second)
    assert not torch.equal(second, third)
    assert several.parameter_count_ == 3 * alone.parameter_count_
    assert several.macs_ == 3 * alone.macs_


def test_each_member_sees_the_faces_in_an_order_of_its_own() -> None:
    X, y = two_classes()
    source = Counting(X)
    ResNetClassifier(**SMALL | {"epochs": 1}, members=3).fit(source, y)
    orders = [tuple(source.asked[start : start + len(y)]) for start in range(0, 3 * len(y), len(y))]
    assert all(sorted(order) == list(range(len(y))) for order in orders)
    assert len(set(orders)) == 3


def test_no_network_of_one_seed_is_a_network_of_another() -> None:
    X, y = two_classes()
    fitted = [ResNetClassifier(**SMALL, members=2, random_state=seed).fit(X, y) for seed in (0, 1)]
    heads = [member.head[1].weight for model in fitted for member in model.network_.members]  # type: ignore
    assert len({tuple(head.flatten().tolist()) for head in heads}) == 4


def test_together_they_are_nearer_the_truth_than_each() -> None:
    (X, y), (others, theirs) = hard_to_tell(240, 0), hard_to_tell(600, 1)
    model = ResNetClassifier(**LEARNING, members=4).fit(X, y)
    faces = torch.from_numpy(others.reshape(-1, 16, 16))
    with torch.no_grad():
        each = [member(faces).softmax(1).numpy() for member in model.network_.members]  # type: ignore
    assert log_loss(theirs, model.predict_proba(others)) < min(log_loss(theirs, one) for one in each)


@pytest.mark.parametrize("distillation", [0.0, 0.7])
def test_saved_loaded_exported_it_says_the_same(tmp_path: Path, distillation: float) -> None:
    X, y = two_classes()
    model = ResNetClassifier(**SMALL, members=2, distillation=distillation, flip_average=True).fit(X, y)
    model.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
    faces = torch.from_numpy(X.reshape(-1, 16, 16))
    np.testing.assert_allclose(
        probability_module(loaded)(faces).detach(), model.predict_proba(X), rtol=0, atol=1e-6
    )


def test_the_history_counts_on_and_its_figures_are_those_of_all_so_far() -> None:
    X, y = hard_to_tell(60, 0)
    told: list[dict[str, float]] = []
    model = ResNetClassifier(**SMALL, members=2, distillation=0.5)
    model.fit(X, y, validation=(X, y), progress=told.append)
    assert [row["epoch"] for row in model.history_] == [1, 2, 3, 4, 5, 6] == [row["epoch"] for row in told]
    assert total_epochs(model.get_params()) == 6
    both = ResNetClassifier(**SMALL, members=2).fit(X, y, validation=(X, y))
    assert both.history_ == model.history_[:4]
    loss = log_loss(y, both.predict_proba(X))
    assert both.history_[-1]["validation_loss"] == pytest.approx(loss, rel=1e-5)
    loss = log_loss(y, model.predict_proba(X))  # of the one that learnt of both, alone
    assert model.history_[-1]["validation_loss"] == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("epoch", [1, 3, 5, 8])
def test_an_interrupted_training_goes_on_to_the_same_bytes(tmp_path: Path, epoch: int) -> None:
    X, y = two_classes()
    settings: dict[str, Any] = {
        **SMALL,
        "members": 2,
        "distillation": 0.5,
        "retrain": {"epochs": 1, "learning_rate": 0.01},
    }
    whole = ResNetClassifier(**settings).fit(X, y)

    with pytest.raises(StopTrainingError):
        ResNetClassifier(**settings).fit(X, y, checkpoint=tmp_path / "state.pt", progress=stop_after(epoch))
    again: list[float] = []
    resumed = ResNetClassifier(**settings).fit(
        X, y, checkpoint=tmp_path / "state.pt", progress=lambda row: again.append(row["epoch"])
    )
    assert resumed.history_ == whole.history_
    assert all(torch.equal(value, weights(resumed)[name]) for name, value in weights(whole).items())
    assert 1 not in again  # what was whole is not trained again


def test_what_learns_of_an_ensemble_is_one_network_and_says_what_that_says() -> None:
    (X, y), (others, _) = hard_to_tell(240, 0), hard_to_tell(600, 1)
    teachers = ResNetClassifier(**LEARNING, members=2).fit(X, y)
    pupil = ResNetClassifier(**LEARNING, members=2, distillation=0.9).fit(X, y)
    stranger = ResNetClassifier(**LEARNING, random_state=7).fit(X, y)
    assert pupil.parameter_count_ == stranger.parameter_count_

    def distance(model: ResNetClassifier) -> float:
        return float(np.abs(model.predict_proba(others) - teachers.predict_proba(others)).mean())

    assert distance(pupil) < distance(stranger)


def test_one_member_may_teach_the_next() -> None:
    X, y = two_classes()
    born_again = ResNetClassifier(**SMALL, distillation=0.5).fit(X, y)
    assert [row["epoch"] for row in born_again.history_] == [1, 2, 3, 4]
    assert not torch.equal(
        weights(born_again)["head.1.weight"], weights(ResNetClassifier(**SMALL).fit(X, y))["head.1.weight"]
    )


def test_filters_are_looked_into_where_one_network_is_kept() -> None:
    parameters = params.load(ROOT / "params.yaml").model_dump()
    assert params.Params.model_validate(parameters | {"explain": ["cnn-distilled"]}).explain
    with pytest.raises(ValueError, match="explain: 'cnn-ensemble' is several networks"):
        params.Params.model_validate(parameters | {"explain": ["cnn-ensemble"]})
