"""Draw docs/img/sample-faces.png, seven rows of sample faces: `python docs/make_sample_grid.py [target]`."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from ferflow.atomic import atomic_path
from ferflow.sample.camera import SIZE
from ferflow.sample.drawing import draw_face
from ferflow.sample.expressions import EMFACS

COLUMNS, ZOOM, GAP, SEED = 10, 2, 2, 11
TARGET = Path(__file__).parent / "img" / "sample-faces.png"


def grid() -> Image.Image:
    """Return one row of faces per expression, in FER-2013's class order from top to bottom."""
    cell = SIZE + GAP
    sheet = np.full((len(EMFACS) * cell - GAP, COLUMNS * cell - GAP), 255, dtype=np.uint8)
    for row, expression in enumerate(EMFACS):
        for column in range(COLUMNS):
            face = draw_face(expression, np.random.default_rng([SEED, row, column]))
            sheet[row * cell :, column * cell :][:SIZE, :SIZE] = face
    image = Image.fromarray(sheet)
    return image.resize((ZOOM * image.width, ZOOM * image.height), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    with atomic_path(target) as temporary:
        # 32 greys: noise of the sensor hides the steps.
        grid().quantize(32).save(temporary, "PNG", optimize=True)
