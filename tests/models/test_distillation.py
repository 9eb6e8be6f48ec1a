"""The loss of self-distillation, and what it is for: labels that are wrong are not learnt by heart."""

import numpy as np
import torch
from sklearn.metrics import log_loss
from torch.nn.functional import cross_entropy

from ferflow.models.cnn import CNNClassifier
from ferflow.models.distillation import distilled


class Sure(torch.nn.Module):
    """Says the same of every face."""

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        return torch.tensor([0.0, 2.0]).expand(len(faces), 2)


def test_the_loss_is_that_of_the_mixed_target() -> None:
    logits, faces = torch.tensor([[1.0, -1.0], [0.5, 0.25]]), torch.zeros(2, 8, 8)
    label = torch.tensor([0, 1])
    losses = cross_entropy(logits, label, reduction="none")
    mixed = 0.7 * torch.eye(2)[label] + 0.3 * torch.softmax(torch.tensor([0.0, 2.0]), dim=0)

    result = distilled(losses, logits, Sure(), faces, torch.ones(len(losses)), 0.3)

    torch.testing.assert_close(result, cross_entropy(logits, mixed, reduction="none"))


def test_faces_keep_their_weights_and_the_teacher_drops_nothing() -> None:
    torch.manual_seed(0)
    teacher = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(64, 2)).train()
    faces, logits, label = torch.rand(2, 8, 8), torch.randn(2, 2), torch.tensor([0, 1])
    weight = torch.tensor([0.5, 3.0])

    result = distilled(
        weight * cross_entropy(logits, label, reduction="none"), logits, teacher, faces, weight, 0.4
    )

    with torch.no_grad():
        mixed = 0.6 * torch.eye(2)[label] + 0.4 * teacher.eval()(faces).softmax(dim=1)
    torch.testing.assert_close(result, weight * cross_entropy(logits, mixed, reduction="none"))


def test_the_teacher_gets_no_gradient() -> None:
    teacher = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 2))
    logits = torch.zeros(3, 2, requires_grad=True)

    distilled(torch.zeros(3), logits, teacher, torch.ones(3, 8, 8), torch.ones(3), 0.5).sum().backward()

    assert logits.grad is not None
    assert all(parameter.grad is None for parameter in teacher.parameters())


def half_bright(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw faces of two classes, those of one a little brighter at the top."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    faces = rng.integers(0, 200, size=(n, 16, 16))
    faces[y == 1, :8] += 20
    return faces.reshape(n, -1).astype(np.uint8), y


def test_wrong_labels_do_less_harm_to_what_is_said_of_other_faces() -> None:
    (X, true), (others, theirs) = half_bright(480, 0), half_bright(1000, 1)
    y = np.where(np.random.default_rng(2).random(480) < 0.3, 1 - true, true)

    def surprise(share: float) -> float:
        model = CNNClassifier(
            widths=(8, 16), epochs=20, batch_size=32, jitter=0, ema=0.99, self_distillation=share
        ).fit(X, y)
        return float(log_loss(theirs, model.predict_proba(others)))

    assert surprise(0.9) < surprise(0.0)
