"""Figures of what a network looks at and what its filters look for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ferflow.plots.style import (
    MUTED,
    OKABE_ITO,
    add_title,
    fit_texts,
    make_figure,
    plain,
    styled,
    without_frame,
)

_CELL = 1.02  # inches
_POINTS = 72 * _CELL  # a cell
_SMALL = 7  # points, of the text above a face
_COLUMNS = 8
_STEP = 1.06  # from cell to cell, in cells
_HEAD = 0.2  # of a cell, for the text above it
_NAMES = 1.5  # cells, of the names of classes beside the faces, which get smaller to make room for them
_WIDEST = 2.2  # cells, of the text above a face: as far as it keeps from its neighbour and from the edge
_BRIGHTEST = 99.5  # percentile that is drawn brightest, so that no single pixel darkens the rest
_MAP: dict[str, Any] = {"cmap": "inferno", "vmin": 0, "interpolation": "nearest"}
_FACE: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255, "interpolation": "nearest"}


@dataclass(frozen=True)
class Looked:
    """A face (height, width), where the network looked (the same shape), and what to write above it."""

    face: NDArray[np.uint8]
    map: NDArray[np.floating]
    text: str


@styled
def saliency(
    examples: Sequence[tuple[Looked | None, Looked | None]],
    means: Sequence[NDArray[np.floating]],
    classes: Sequence[str],
    *,
    title: str,
    note: str = "",
) -> Figure:
    """Draw a row per class: a correct face and a mistaken one with their maps, and the class's mean map.

    Parameters
    ----------
    examples : sequence of tuple of Looked or None
        Per class, a correct and a mistaken face; None for one that does not exist.
    means : sequence of float array
        Per class, mean map of its test faces (height, width); NaN if it has none.
    classes : sequence of str
        Class names.
    title, note : str
        Which network, on which faces.
    """
    k = len(classes)
    columns = (0.0, 1.04, 2.08, 3.34, 4.38, 5.42, 6.68)
    figure, axes = _sheet(columns[-1] + 1, k, left=0.75, head=0.2)
    names, size = fit_texts(classes, _NAMES * _POINTS, size=9, smallest=6, weight="bold")
    for row, (pair, mean, name) in enumerate(zip(examples, means, names, strict=True)):
        axes.text(-0.06, _top(row) + 0.5, plain(name), ha="right", va="center", weight="bold", size=size)
        for group, example in zip((columns[:3], columns[3:6]), pair, strict=True):
            if example is None:
                axes.text(group[1] + 0.5, _top(row) + 0.5, "no such face", ha="center", color=MUTED, size=8)
            else:
                _draw_example(axes, group, row, example)
        if np.isfinite(mean).all():
            _draw(axes, mean, columns[-1], row, **_MAP, vmax=_brightest(mean))
    heads = ("correct", "saliency", "overlaid", "mistaken", "saliency", "overlaid", "mean")
    for column, head in zip(columns, heads, strict=True):
        axes.text(column + 0.5, -0.04, head, ha="center", va="bottom", size=8.5, weight="bold")
    add_title(figure, title, note)
    return figure


def _draw_example(axes: Axes, columns: Sequence[float], row: int, example: Looked) -> None:
    face, where, overlay = columns
    brightest = _brightest(example.map)
    (text,), _ = fit_texts([example.text], _WIDEST * _POINTS, size=_SMALL, smallest=_SMALL)
    _draw(axes, example.face, face, row, text, **_FACE)
    _draw(axes, example.map, where, row, **_MAP, vmax=brightest)
    _draw(axes, example.face, overlay, row, **_FACE)
    strength = np.clip(example.map / brightest, 0, 1)
    _draw(axes, example.map, overlay, row, **_MAP, vmax=brightest, alpha=0.85 * strength)


def _brightest(values: NDArray[np.floating]) -> float:
    return float(np.percentile(values, _BRIGHTEST)) or 1.0


@styled
def filters(
    inputs: NDArray[np.floating], numbers: Sequence[int], *, title: str, note: str = "", noun: str = "filter"
) -> Figure:
    """Draw the input that most excites each filter.

    Parameters
    ----------
    inputs : float array of shape (n, height, width)
        0 to 255; each is drawn over its own range.
    numbers : sequence of int
        Of the filters in their layer.
    title, note : str
        Which layer of which network.
    noun : str
        ``filter`` or ``unit``.
    """
    figure, axes = _sheet(_COLUMNS, math.ceil(len(inputs) / _COLUMNS))
    for index, (image, number) in enumerate(zip(inputs, numbers, strict=True)):
        row, column = divmod(index, _COLUMNS)
        text = f"{noun} {number}"
        _draw(axes, image, column * _STEP, row, text, cmap="gray", interpolation="nearest")
    add_title(figure, title, note)
    return figure


@styled
def responses(
    face: NDArray[np.uint8],
    values: NDArray[np.floating],
    numbers: Sequence[int],
    *,
    title: str,
    note: str = "",
) -> Figure:
    """Draw a face and how filters respond to it: a map each, or a bar each where they have no places.

    Parameters
    ----------
    face : uint8 array of shape (height, width)
    values : float array of shape (n, h, w) or (n,)
        Not negative.
    numbers : sequence of int
        Of the filters in their layer.
    title, note : str
        Which layer, which face.
    """
    if values.ndim == 1:
        return _bars(face, values, numbers, title=title, note=note)
    columns = _COLUMNS + 3  # 32 filters and the face fill three rows
    figure, axes = _sheet(columns, math.ceil((len(values) + 1) / columns), cell=_CELL * _COLUMNS / columns)
    _draw(axes, face, 0, 0, "the face", **_FACE)
    brightest = _brightest(values)
    for index, (response, number) in enumerate(zip(values, numbers, strict=True), start=1):
        row, column = divmod(index, columns)
        _draw(axes, response, column * _STEP, row, f"filter {number}", **_MAP, vmax=brightest)
    add_title(figure, title, note)
    return figure


def _bars(
    face: NDArray[np.uint8], values: NDArray[np.floating], numbers: Sequence[int], *, title: str, note: str
) -> Figure:
    figure, (left, right) = make_figure(
        _CELL * _COLUMNS, 2.6, columns=2, gridspec_kw={"width_ratios": [1, 3.2]}
    )
    _empty(left)
    left.imshow(face, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    left.set_title("the face", size=8, weight="normal", loc="center", pad=3)
    right.bar(range(len(values)), values, color=OKABE_ITO[5], width=0.75)
    right.set_xticks(range(len(values)), [str(number) for number in numbers], rotation=90, size=7)
    right.set(xlabel="unit", ylabel="response", xlim=(-0.7, len(values) - 0.3))
    right.grid(visible=False, axis="x")
    add_title(figure, title, note)
    return figure


def _sheet(
    columns: float, rows: int, *, cell: float = _CELL, left: float = 0.0, head: float = 0.0
) -> tuple[Figure, Axes]:
    """Make one bare axes of cells of size one; ``left`` and ``head`` are kept free for text.

    One axes for all images: laying out one for each takes many times as long.
    """
    width, height = columns * _STEP + left, rows * (1 + _HEAD) + head
    figure, axes = make_figure(cell * width, cell * height + 0.5)
    axes.set(xlim=(-left, width - left), ylim=(rows * (1 + _HEAD), -head), aspect="equal")
    axes.set_axis_off()
    axes.set_autoscale_on(False)
    return figure, axes


def _top(row: int) -> float:
    return row * (1 + _HEAD) + _HEAD


def _draw(axes: Axes, image: NDArray[Any], column: float, row: int, text: str = "", **look: Any) -> None:
    """Draw an image into a cell of a sheet, with a text above it."""
    top = _top(row)
    axes.imshow(image, extent=(column, column + 1, top + 1, top), aspect="equal", **look)
    axes.text(column + 0.5, top - 0.02, plain(text), ha="center", va="bottom", size=_SMALL, color=MUTED)


def _empty(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    without_frame(axes)
