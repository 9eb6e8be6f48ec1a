"""Figures of the faces themselves."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ferflow.plots.remedies import remedy_colour
from ferflow.plots.style import MUTED, add_title, make_figure, plain, styled, without_frame


@styled
def class_counts(
    before: Sequence[int],
    after: Sequence[int],
    classes: Sequence[str],
    *,
    remedy: str,
    title: str,
    note: str = "",
) -> Figure:
    """Rows per class of the train subset, before and after a balance.

    Parameters
    ----------
    before, after : sequence of int
        Rows per class.
    classes : sequence of str
        Class names.
    remedy : str
        Decides the colour.
    title, note : str
        Which protocol.
    """
    k = len(classes)
    figure, axes = make_figure(4.2, 1.25 + 0.34 * k)
    place = np.arange(k)
    axes.barh(place - 0.19, before, height=0.34, color="#c9d0d8", label="before")
    axes.barh(place + 0.19, after, height=0.34, color=remedy_colour(remedy), label="after")
    for offset, counts in ((-0.19, before), (0.19, after)):
        for index, count in enumerate(counts):
            axes.annotate(
                f"{count:,}", (count, index + offset), (3, 0), textcoords="offset points", va="center", size=7
            )
    axes.set_yticks(place, [plain(name) for name in classes])
    axes.set_xlim(0, 1.18 * max(1, *before, *after))
    axes.set_xticks([])
    axes.invert_yaxis()
    axes.grid(visible=False)
    without_frame(axes, sides=("bottom",))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, -0.02 - 0.36 / (0.34 * k + 0.4)), ncols=2)
    add_title(figure, title, note)
    return figure


@styled
def faces_by_class(
    faces: Sequence[NDArray[np.uint8]],
    classes: Sequence[str],
    *,
    title: str,
    note: str = "",
    columns: int = 12,
) -> Figure:
    """Draw some faces of each class, one class per row.

    Parameters
    ----------
    faces : sequence of uint8 array
        Per class, uint8 array of shape (some, H, W); at most ``columns`` are shown.
    classes : sequence of str
        Class names.
    title, note : str
        Which faces.
    """
    height, width = faces[0].shape[1:]
    gap = max(1, width // 16)
    sheet = np.full(
        (len(classes) * (height + gap) - gap, columns * (width + gap) - gap), np.nan, dtype=np.float32
    )
    for row, of_class in enumerate(faces):
        for column, face in enumerate(of_class[:columns]):
            top, left = row * (height + gap), column * (width + gap)
            sheet[top : top + height, left : left + width] = face
    cell = 0.62
    figure, axes = make_figure(columns * cell + 0.8, len(classes) * cell * height / width + 0.6)
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    middles = [row * (height + gap) + height / 2 for row in range(len(classes))]
    axes.set_yticks(middles, [plain(name) for name in classes])
    axes.tick_params(axis="y", labelcolor=MUTED, labelsize=9)
    axes.set_xticks([])
    axes.grid(visible=False)
    without_frame(axes)
    add_title(figure, title, note)
    return figure
