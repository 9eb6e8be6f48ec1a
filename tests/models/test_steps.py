"""The steps of a training: what one by hand does, the rates they take, what they see, who teaches them."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook

from ferflow.models import trainer
from ferflow.models.cnn import CNNClassifier
from ferflow.models.distillation import distilled
from ferflow.models.resnet import ResNetClassifier
from ferflow.models.trainer import _batches, schedule
from tests.models.test_network import Halves, HalvesClassifier
from tests.models.test_trainer import recipe, two_classes


def weight_of(model: HalvesClassifier) -> Tensor:
    """Copy the weight of its only layer."""
    return model.network_.state_dict()["linear.weight"].clone()


def averaged(weights: list[Tensor], decay: float) -> Tensor:
    """Average the weights after each step: the first as they are, then ever more of what was before."""
    average = weights[0]
    for count, now in enumerate(weights[1:], start=1):
        kept = min(decay, (1 + count) / (10 + count))
        average = kept * average + (1 - kept) * now
    return average


def test_a_training_is_the_one_by_hand() -> None:
    X, y = two_classes(n=70)
    weight = np.random.default_rng(1).uniform(0.2, 2.0, len(y))
    settings: dict[str, Any] = {
        "epochs": 3,
        "batch_size": 40,
        "epoch_faces": 50,
        "learning_rate": 0.1,
        "weight_decay": 0.2,
    }
    model = HalvesClassifier(**settings, optimizer="sgd", ema=0.25, random_state=4).fit(X, y, weight)

    torch.manual_seed(4)
    network = Halves(2)
    groups: list[dict[str, Any]] = [
        {"params": [network.linear.weight], "weight_decay": 0.2},
        {"params": [network.linear.bias]},
    ]
    optimizer = torch.optim.SGD(groups, momentum=0.9, nesterov=True)
    faces, target = torch.from_numpy(X.reshape(-1, 16, 16)), torch.from_numpy(y)
    of_face = torch.from_numpy((weight / weight.mean()).astype(np.float32))
    weights, step = [], 0
    for epoch in range(3):
        for rows in _batches(70, epoch, recipe(**settings, seed=4)):
            assert len(rows) == 25  # two of 40 faces at most, for 50
            step += 1
            for group in optimizer.param_groups:
                group["lr"] = 0.1 * schedule(step / 6)
            losses = cross_entropy(network(faces[rows]), target[rows], reduction="none")
            optimizer.zero_grad()
            (of_face[rows] * losses).mean().backward()
            optimizer.step()
            weights.append(network.linear.weight.detach().clone())
    torch.testing.assert_close(weight_of(model), averaged(weights, 0.25))


def test_statistics_of_batch_norms_are_averaged_as_weights_are() -> None:
    X, y = two_classes(n=24)
    means: list[Tensor] = []

    def note(norm: nn.Module, given: tuple[Tensor], result: Tensor) -> None:
        if norm.training:
            means.append(norm.state_dict()["running_mean"].clone())

    class Noting(CNNClassifier):
        def _network(self) -> nn.Module:
            network = super()._network()
            network.get_submodule("features.0.1").register_forward_hook(note)
            return network

    model = Noting(widths=(4, 8), epochs=3, batch_size=12, ema=0.9).fit(X, y)
    assert len(means) == 6
    average = model.network_.state_dict()["features.0.1.running_mean"]
    torch.testing.assert_close(average, averaged(means, 0.9))


def test_the_loss_of_an_epoch_is_the_mean_that_is_weighted_as_its_faces_are() -> None:
    X, y = two_classes()
    weight = np.random.default_rng(1).uniform(0.2, 5.0, len(y))
    model = HalvesClassifier(epochs=1, epoch_faces=20, learning_rate=1e-9).fit(X, y, weight)
    seen = np.concatenate(_batches(len(y), 0, recipe(epoch_faces=20, batch_size=16)))
    expected = log_loss(y[seen], model.predict_proba(X[seen]), sample_weight=weight[seen])
    assert model.history_[0]["train_loss"] == pytest.approx(expected, rel=1e-4)


def test_the_loss_is_told_how_much_of_the_training_is_behind() -> None:
    X, y = two_classes()
    uneven = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:6]]
    settings: dict[str, Any] = {"epochs": 4, "batch_size": 18}  # two steps an epoch
    changing, same = (
        HalvesClassifier(**settings, loss={"name": "ldam", "deferred": share}).fit(X[uneven], y[uneven])
        for share in (0.5, 0.9)
    )
    losses, others = ([row["train_loss"] for row in model.history_] for model in (changing, same))
    assert losses[:2] == others[:2]
    assert losses[2] != pytest.approx(others[2], rel=1e-3)


def test_the_schedule_is_a_line_to_its_peak_and_half_a_cosine_from_there() -> None:
    assert [schedule(done) for done in (0.0, 0.075, 0.15)] == pytest.approx([0.0, 0.5, 1.0])
    fall = [0.15 + 0.85 * share for share in (1 / 3, 1 / 2, 1.0)]
    assert [schedule(done) for done in fall] == pytest.approx([0.75, 0.5, 0.0], abs=1e-12)


def test_every_step_takes_the_rate_of_the_schedule_in_each_group() -> None:
    X, y = two_classes(n=16, side=8)
    rates: list[float] = []

    def note(optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        rates.extend(group["lr"] for group in optimizer.param_groups)

    hook = register_optimizer_step_pre_hook(note)
    try:
        model = ResNetClassifier(
            widths=(4,), blocks=(1,), epochs=10, batch_size=8, learning_rate=0.2, optimizer="muon"
        ).fit(X, y)
    finally:
        hook.remove()
    peaks = (0.2, 0.03, 0.03)  # Muon's, and AdamW's for what decays and what does not
    expected = [peak * schedule((step + 1) / 20) for step in range(20) for peak in peaks]
    assert rates == pytest.approx(expected)
    assert max(rates) == rates[2 * 3] == 0.2  # in the third step of twenty, at 15%
    assert [row["lr"] for row in model.history_] == pytest.approx(rates[3::6])


def seen_by(layer: str, **settings: Any) -> list[Tensor]:
    """Train on one face, twelve times; return what a layer got in each step, or what dropout dropped."""
    steps: list[Tensor] = []

    def note(module: nn.Module, given: tuple[Tensor], result: Tensor) -> None:
        steps.append(result.detach() == 0 if isinstance(module, nn.Dropout) else given[0].clone())

    class Noting(CNNClassifier):
        def _network(self) -> nn.Module:
            network = super()._network()
            network.get_submodule(layer).register_forward_hook(note)
            return network

    X, y = np.tile(np.arange(256, dtype=np.uint8), (12, 1)), np.arange(12) % 2
    few: dict[str, Any] = {"widths": (4, 8), "batch_size": 6, "epochs": 2, "jitter": 0}
    Noting(**few | settings).fit(X, y)
    assert len(steps) == 4
    return steps


@pytest.mark.parametrize(
    ("layer", "settings"),
    [("", {"jitter": 3}), ("", {"augmentation": {"rotate": 30.0}}), ("head.0", {"dropout": 0.5})],
    ids=["jitter", "augmentation", "dropout"],
)
def test_no_two_steps_or_seeds_draw_alike(layer: str, settings: dict[str, Any]) -> None:
    first, again, other = (seen_by(layer, **settings, random_state=seed) for seed in (0, 0, 1))
    for step in range(4):
        assert torch.equal(first[step], again[step])
        assert not torch.equal(first[step], other[step])
        assert not any(torch.equal(first[step], later) for later in first[step + 1 :])


def test_what_a_network_draws_does_not_change_what_it_sees() -> None:
    without, with_dropout = (
        seen_by("", augmentation={"rotate": 30.0}, dropout=dropout) for dropout in (0.0, 0.5)
    )
    assert all(torch.equal(one, two) for one, two in zip(without, with_dropout, strict=True))


def test_every_pass_has_an_order_of_its_own() -> None:
    orders = [
        np.concatenate(_batches(10, epoch, recipe(seed=seed))).tolist() for epoch in (0, 1) for seed in (0, 1)
    ]
    assert len({tuple(order) for order in orders}) == 4


@pytest.fixture
def lessons(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, Tensor]]:
    """Return a list to which each lesson adds its share and its teacher's weights."""
    noted: list[tuple[float, Tensor]] = []

    def noting(*args: Any) -> Tensor:
        losses, logits, teacher, faces, weight, share = args
        noted.append((share, teacher.linear.weight.detach().clone()))
        return distilled(losses, logits, teacher, faces, weight, share)

    monkeypatch.setattr(trainer, "distilled", noting)
    return noted


def test_the_moving_average_teaches_from_nothing_to_the_share(lessons: list[tuple[float, Tensor]]) -> None:
    X, y = two_classes(n=64)
    weights: list[Tensor] = []
    hook = register_optimizer_step_pre_hook(
        lambda optimizer, args, kwargs: weights.append(
            optimizer.param_groups[0]["params"][0].detach().clone()
        )
    )
    try:
        HalvesClassifier(epochs=5, batch_size=16, ema=0.3, self_distillation=0.8).fit(X, y)
    finally:
        hook.remove()
    assert [share for share, _ in lessons] == pytest.approx([0.8 * step / 20 for step in range(1, 20)])
    for step, (_, teacher) in enumerate(lessons, start=1):
        torch.testing.assert_close(teacher, averaged(weights[1 : step + 1], 0.3))
    assert not torch.equal(lessons[-1][1], weights[-1])


def test_another_network_teaches_the_same_share_throughout(lessons: list[tuple[float, Tensor]]) -> None:
    X, y = two_classes(n=64)
    HalvesClassifier(epochs=2, batch_size=16, distillation=0.6).fit(X, y)
    first = weight_of(HalvesClassifier(epochs=2, batch_size=16).fit(X, y))
    assert [share for share, _ in lessons] == [0.6] * 8
    assert all(torch.equal(teacher, first) for _, teacher in lessons)
