"""What faces go through before a network sees them."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ferflow.models.augmentation import Augmentation
from ferflow.models.augmenter import Augmenter, Batch

NOTHING = {
    "flip": False,
    "rotate": 0.0,
    "scale": 0.0,
    "shift": 0.0,
    "brightness": 0.0,
    "contrast": 0.0,
    "erase": 0.0,
}


@pytest.fixture
def faces() -> Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.integers(60, 200, size=(32, 24, 24)).astype(np.uint8))


def augmented(faces: Tensor, seed: int = 0, **changes: Any) -> Batch:
    torch.manual_seed(seed)
    return Augmenter(Augmentation.model_validate(NOTHING | changes))(faces)


def test_nothing_switched_on_changes_nothing(faces: Tensor) -> None:
    batch = augmented(faces)
    torch.testing.assert_close(batch.faces, faces.float())
    assert (batch.order, batch.share) == (None, 1.0)


@pytest.mark.parametrize(
    "change",
    [
        {"flip": True},
        {"rotate": 20.0},
        {"scale": 0.2},
        {"shift": 0.2},
        {"brightness": 0.3},
        {"contrast": 0.3},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_change_changes_pixels_within_their_range_and_repeats_with_the_seed(
    faces: Tensor, change: dict[str, Any]
) -> None:
    batch = augmented(faces, **change)
    assert batch.faces.shape == faces.shape
    assert not torch.allclose(batch.faces, faces.float())
    assert batch.faces.min() >= 0 and batch.faces.max() <= 255
    assert torch.equal(batch.faces, augmented(faces, **change).faces)
    assert not torch.equal(batch.faces, augmented(faces, seed=1, **change).faces)


def test_about_half_of_the_faces_are_mirrored(faces: Tensor) -> None:
    batch = augmented(faces.repeat(8, 1, 1), flip=True)
    mirrored = [
        torch.allclose(one, face.flip(1).float()) for one, face in zip(batch.faces, faces, strict=False)
    ]
    assert 0 < sum(mirrored) < len(mirrored)


def test_erasing_covers_a_rectangle_of_the_share_of_faces(faces: Tensor) -> None:
    batch = augmented(faces.repeat(8, 1, 1), erase=0.5)
    covered = (batch.faces != faces.repeat(8, 1, 1)).float().mean((1, 2))
    assert 0.35 < (covered > 0).float().mean() < 0.65
    assert covered.max() < 0.3


def test_mixup_mixes_pixels_and_losses_alike(faces: Tensor) -> None:
    batch = augmented(faces, mixup=1.0)
    assert batch.order is not None and 0 < batch.share < 1
    assert sorted(batch.order.tolist()) == list(range(32)) != batch.order.tolist()
    assert batch.share != augmented(faces, seed=1, mixup=1.0).share
    mixed = batch.share * faces + (1 - batch.share) * faces[batch.order]
    torch.testing.assert_close(batch.faces, mixed)

    target, weight, mine = torch.arange(32) % 7, torch.linspace(0.1, 2, 32), slice(0, None, 2)
    per_face = batch.loss(lambda logits, y: y.double(), torch.zeros(16, 7), target, weight, mine)
    weighted = weight * target  # each label counts by the weight of its own face
    expected = batch.share * weighted + (1 - batch.share) * weighted[batch.order]
    torch.testing.assert_close(per_face, expected[::2].double(), rtol=1e-6, atol=0)
    mixed_weight = batch.share * weight + (1 - batch.share) * weight[batch.order]
    torch.testing.assert_close(batch.weight(weight, mine), mixed_weight[::2])


def test_mixup_favours_neither_of_two_faces(faces: Tensor) -> None:
    shares = [augmented(faces[:2], seed=seed, mixup=0.2).share for seed in range(300)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.1)
    assert np.std(shares) == pytest.approx(0.42, abs=0.05)  # of a beta distribution of 0.2 and 0.2
