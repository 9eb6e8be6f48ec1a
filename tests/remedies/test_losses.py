"""Losses: the focal loss against its definition and its special cases."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from ferflow.remedies.class_balanced import effective_number_weights
from ferflow.remedies.focal import focal
from ferflow.remedies.registry import make_loss


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.randn(8, 3, dtype=torch.float64), torch.arange(8) % 3


def test_focal_without_focusing_is_cross_entropy(batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    torch.testing.assert_close(focal(*batch, gamma=0.0), cross_entropy(*batch, reduction="none"))


def test_focal_follows_its_equation(batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    logits, target = batch
    alpha = torch.tensor([0.5, 1.0, 4.0], dtype=torch.float64)
    p = logits.softmax(dim=1)[torch.arange(8), target]
    expected = -alpha[target] * (1 - p) ** 2 * p.log()
    torch.testing.assert_close(focal(logits, target, 2.0, alpha), expected)


def test_focal_has_a_gradient_where_a_face_is_certain() -> None:
    logits = torch.tensor([[100.0, 0.0]], requires_grad=True)
    focal(logits, torch.tensor([0]), gamma=0.5).sum().backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_settings_of_a_loss_reach_it(batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    logits, y = batch
    target = np.repeat([0, 1, 2], [4, 2, 1])
    alpha = torch.tensor([7 / (3 * 4), 7 / (3 * 2), 7 / (3 * 1)])
    loss = make_loss({"name": "focal", "gamma": 1.0, "alpha": "balanced"}).per_face(target)
    torch.testing.assert_close(loss(logits[:, :3], y % 3), focal(logits[:, :3], y % 3, 1.0, alpha))
    smoothed = make_loss({"name": "cross-entropy", "label_smoothing": 0.1}).per_face(target)
    torch.testing.assert_close(
        smoothed(logits, y), cross_entropy(logits, y, label_smoothing=0.1, reduction="none")
    )


def test_the_name_of_a_loss_alone_stands_for_the_settings_of_its_paper() -> None:
    logits, y = torch.randn(8, 3, generator=torch.Generator().manual_seed(0)), torch.arange(8) % 3
    target, count = np.repeat([0, 1, 2], [40, 16, 4]), torch.tensor([40.0, 16.0, 4.0])
    focal_loss = make_loss("focal").per_face(target)
    torch.testing.assert_close(focal_loss(logits, y), focal(logits, y, gamma=2.0))
    adjusted = cross_entropy(logits + (count / 60).log(), y, reduction="none")
    torch.testing.assert_close(make_loss("logit-adjusted").per_face(target)(logits, y), adjusted)
    plain = cross_entropy(logits, y, reduction="none")
    torch.testing.assert_close(make_loss("cross-entropy").per_face(target)(logits, y), plain)

    ldam = make_loss("ldam")
    assert ldam.cosine_scale == 30.0
    margin = 0.5 * (count / 4) ** -0.25
    less = 30 * torch.nn.functional.one_hot(y, 3) * margin
    expected = cross_entropy(logits - less, y, reduction="none")
    torch.testing.assert_close(ldam.over_training(target)(0.79)(logits, y), expected)
    weight = torch.from_numpy(effective_number_weights(np.array([40, 16, 4]), 0.9999)).float()
    torch.testing.assert_close(ldam.over_training(target)(0.8)(logits, y), weight[y] * expected)
