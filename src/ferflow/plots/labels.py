"""Figures of faces whose labels are in doubt."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ferflow.plots.style import INK, MUTED, add_title, make_figure, plain, styled

_COLUMNS = 8
_CELL = 1.1  # inches
_GAP = 0.08  # between cells, in cells
_LINE = 0.15  # height of a line of text, in cells


@styled
def labelled_faces(
    faces: NDArray[np.uint8], captions: Sequence[Sequence[str]], *, title: str, note: str = ""
) -> Figure:
    """Draw faces, some lines of text beneath each, the first of them the strongest.

    Parameters
    ----------
    faces : uint8 array of shape (n, height, width)
    captions : n sequences of as many lines
    title, note : which faces
    """
    lines = max(map(len, captions))
    rows, columns = math.ceil(len(faces) / _COLUMNS), _COLUMNS
    step, height = 1 + _GAP, 1 + lines * _LINE + _GAP
    figure, axes = make_figure(_CELL * columns * step, _CELL * rows * height + 0.5)
    axes.set(xlim=(0, columns * step), ylim=(rows * height, 0), aspect="equal")
    axes.set_axis_off()
    axes.set_autoscale_on(False)
    for index, (face, caption) in enumerate(zip(faces, captions, strict=True)):
        row, column = divmod(index, columns)
        left, top = column * step, row * height
        axes.imshow(
            face, cmap="gray", vmin=0, vmax=255, extent=(left, left + 1, top + 1, top), aspect="equal"
        )
        for number, text in enumerate(caption):
            look = {"color": MUTED if number else INK, "weight": "normal" if number else "bold"}
            axes.text(
                left + 0.5,
                top + 1 + (number + 0.5) * _LINE,
                plain(text),
                ha="center",
                va="center",
                size=7,
                **look,
            )
    add_title(figure, title, note)
    return figure
