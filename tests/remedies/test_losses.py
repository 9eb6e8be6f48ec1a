"""Losses: the focal loss against its definition and its special cases."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

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
