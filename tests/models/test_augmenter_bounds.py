"""How far the changes of a face go: as far as their setting says, either way, and no further."""

from typing import Any

import pytest
import torch
from torch import Tensor

from ferflow.models.augmentation import Augmentation
from ferflow.models.augmenter import Augmenter
from tests.models.test_augmenter import NOTHING

SIDE, MIDDLE, N = 41, 20, 300


def changed(face: Tensor, **settings: Any) -> Tensor:
    """Change N copies of a face, (side, side)."""
    torch.manual_seed(0)
    faces = face.to(torch.uint8).expand(N, *face.shape)
    return Augmenter(Augmentation.model_validate(NOTHING | settings))(faces).faces


def spot(right: int) -> Tensor:
    """Draw a bright spot so many pixels to the right of the middle of a black face."""
    along = torch.arange(SIDE, dtype=torch.float)
    rows, columns = torch.exp(-((along - MIDDLE) ** 2) / 4), torch.exp(-((along - MIDDLE - right) ** 2) / 4)
    return 250 * rows[:, None] * columns


def places(faces: Tensor) -> tuple[Tensor, Tensor]:
    """Find how far down and to the right of the middle each spot is."""
    along = torch.arange(SIDE) - MIDDLE
    total = faces.sum((1, 2))
    return (faces.sum(2) * along).sum(1) / total, (faces.sum(1) * along).sum(1) / total


def assert_spread(values: Tensor, low: float, high: float, rounding: float = 0.01) -> None:
    """All values are between two bounds, near which some of them are; by shares of what is between."""
    least, most = ((float(value) - low) / (high - low) for value in (values.min(), values.max()))
    assert -rounding <= least <= 0.05
    assert 0.95 <= most <= 1 + rounding


def test_faces_turn_by_the_angle_either_way() -> None:
    down, right = places(changed(spot(12), rotate=30.0))
    assert_spread(torch.atan2(down, right).rad2deg(), -30, 30)
    assert torch.hypot(down, right).sub(12).abs().max() < 0.3  # about their middle


def test_faces_grow_and_shrink_by_the_share() -> None:
    down, right = places(changed(spot(10), scale=0.3))
    assert_spread(right / 10, 0.7, 1.3)
    assert down.abs().max() < 0.1


def test_faces_shift_by_the_share_of_the_side_each_way() -> None:
    down, right = places(changed(spot(0), shift=0.2))
    assert_spread(down, -0.2 * SIDE, 0.2 * SIDE)
    assert_spread(right, -0.2 * SIDE, 0.2 * SIDE)
    assert abs(float(torch.corrcoef(torch.stack([down, right]))[0, 1])) < 0.2  # each by its own draw


def test_every_face_is_moved_and_what_comes_in_repeats_its_edges() -> None:
    down, right = places(changed(spot(12), rotate=30.0, scale=0.3, shift=0.1))
    assert torch.hypot(down, right - 12).gt(1e-3).all()
    moved = changed(torch.full((SIDE, SIDE), 90), rotate=180.0, scale=0.5, shift=0.4)
    torch.testing.assert_close(moved, torch.full_like(moved, 90), rtol=0, atol=0.01)


def test_half_of_the_faces_are_mirrored() -> None:
    _, right = places(changed(spot(10), flip=True))
    torch.testing.assert_close(right.abs(), torch.full((N,), 10.0), rtol=0, atol=0.01)
    assert 0.42 < float((right < 0).float().mean()) < 0.58


def test_brightness_adds_and_contrast_multiplies() -> None:
    halves = torch.full((SIDE, SIDE), 80)
    halves[:, MIDDLE:] = 120
    added = changed(halves, brightness=0.2) - halves
    assert_spread(added, -0.2 * 255, 0.2 * 255)
    assert added.std((1, 2)).max() < 0.01
    factor = changed(halves, contrast=0.3) / halves
    assert_spread(factor, 0.7, 1.3)
    assert factor.std((1, 2)).max() < 0.001


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_what_is_erased_is_a_grey_rectangle_of_the_size_it_should_be(share: float) -> None:
    erased = changed(torch.full((SIDE, SIDE), 10), erase=share)
    gone = (erased - 10).abs() > 0.01
    hit = gone.any(2).any(1)
    assert abs(float(hit.float().mean()) - share) < 0.07
    torch.testing.assert_close(erased[gone], torch.full((int(gone.sum()),), 127.5))
    area, sides = gone.sum((1, 2)), (gone.any(2).sum(1), gone.any(1).sum(1))
    assert torch.equal(area, sides[0] * sides[1])  # nothing but a rectangle
    if share == 1:
        assert_spread(area / SIDE**2, 0.02, 0.25, rounding=0.06)  # to whole pixels
