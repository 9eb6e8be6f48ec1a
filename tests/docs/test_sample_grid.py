"""The picture of the sample faces in the README is of the faces that are drawn now."""

import runpy
from pathlib import Path

import numpy as np
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"


def test_picture_is_current() -> None:
    drawn = runpy.run_path(str(DOCS / "make_sample_grid.py"))["grid"]()
    with Image.open(DOCS / "img/sample-faces.png") as image:
        stored = np.asarray(image.convert("L"), dtype=np.int16)
    difference = np.abs(np.asarray(drawn, dtype=np.int16) - stored)
    assert difference.mean() < 3 and difference.max() < 16  # 32 grey levels are stored
