import numpy as np
import pytest
from PIL import Image

from ferflow.predict.crops import SIDE, crop_face, holds_small_face, is_oblong, squeeze
from ferflow.predict.detector import Box, Detection


def test_a_crop_is_square_around_the_box_and_black_outside() -> None:
    photo = Image.new("RGB", (100, 80), "white")
    inside = crop_face(photo, Box(40, 30, 60, 55), 48)
    assert inside.shape == (48, 48)
    assert inside.dtype == np.uint8
    assert (inside == 255).all()
    outside = crop_face(photo, Box(-20, 20, 20, 60), 48)
    assert (outside[:, :20] == 0).all()
    assert (outside[:, 30:] == 255).all()


def test_the_margin_grows_with_the_box() -> None:
    photo = Image.new("L", (400, 400))
    photo.paste(255, (100, 100, 300, 300))
    white = (crop_face(photo, Box(100, 100, 300, 300), 200) > 127).mean()
    assert white == pytest.approx(1 / SIDE**2, abs=0.02)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_what_is_a_face_already_keeps_its_pixels(mode: str) -> None:
    pixels = np.arange(144, dtype=np.uint8).reshape(12, 12)
    np.testing.assert_array_equal(squeeze(Image.fromarray(pixels).convert(mode), 12), pixels)
    assert squeeze(Image.new(mode, (30, 20)), 12).shape == (12, 12)


def test_photos_are_told_from_crops() -> None:
    square, wide = Image.new("L", (100, 100)), Image.new("L", (160, 100))
    assert is_oblong(wide)
    assert not is_oblong(square)
    small, large = (Detection(Box(0, 0, side, side), 0.9) for side in (20, 70))
    assert holds_small_face(square, [small])
    assert not holds_small_face(square, [small, large])
    assert not holds_small_face(square, [])
