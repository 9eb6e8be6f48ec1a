import io

import numpy as np
import pytest
from PIL import Image

from ferflow.sample.png import png


@pytest.mark.parametrize("shape", [(1, 1), (48, 48), (30, 7)])
def test_pictures_come_back(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    with Image.open(io.BytesIO(png(picture))) as image:
        assert (image.format, image.mode) == ("PNG", "L")
        assert np.array_equal(np.asarray(image), picture)


def test_pixels_of_another_type_are_refused() -> None:
    with pytest.raises(ValueError, match="a picture of float64; give uint8"):
        png(np.zeros((3, 3)))  # type: ignore[arg-type]


def test_large_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="300 x 300"):
        png(np.zeros((300, 300), dtype=np.uint8))
