"""Where a crop begins and ends, to the pixel: a network sees faces as FER-2013's were cut."""

import numpy as np
import pytest
from PIL import Image

from ferflow.predict.crops import crop_face, is_oblong
from ferflow.predict.detector import Box


def edges_of_white(white: tuple[int, int, int, int], box: Box, size: int) -> list[int]:
    """Cut a face out of a black photo with one white rectangle; tell where in the crop this lies."""
    photo = Image.new("L", (400, 400))
    photo.paste(255, white)
    crop = crop_face(photo, box, size) > 127
    rows, columns = np.flatnonzero(crop.any(axis=1)), np.flatnonzero(crop.any(axis=0))
    return [int(edge) for edge in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)]


def test_a_crop_reaches_a_little_higher_than_the_box_does() -> None:
    square = (100, 100, 300, 300)
    # The side is 1.14 * 200 = 228: from 86 to 314 sideways, and from 100 - 14 - 2.28 downwards.
    assert edges_of_white(square, Box(*square), 228) == [14, 16, 214, 216]


def test_the_side_of_a_crop_is_that_of_a_square_as_large_as_the_box() -> None:
    # 80 x 180 pixels are as many as 120 x 120: the side is 137, which cuts a tall box above and below.
    assert edges_of_white((160, 110, 240, 290), Box(160, 110, 240, 290), 137) == [28, 0, 108, 137]


def test_a_box_of_less_than_a_pixel_still_gives_a_face() -> None:
    crop = crop_face(Image.new("L", (50, 50), "white"), Box(20, 20, 20.2, 20.2), 12)
    np.testing.assert_array_equal(crop, np.full((12, 12), 255))


@pytest.mark.parametrize(("size", "oblong"), [((640, 480), False), ((480, 640), False), ((600, 400), True)])
def test_photos_of_cameras_are_oblong_from_three_to_two(size: tuple[int, int], oblong: bool) -> None:
    assert is_oblong(Image.new("L", size)) is oblong
