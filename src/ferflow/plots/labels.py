"""Figures of faces whose labels are in doubt."""

import math
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ferflow.plots.style import (
    INK,
    MUTED,
    add_title,
    fit_texts,
    make_figure,
    styled,
    text_width,
    write_centred,
)

_COLUMNS = 8
_CELL = 1.1  # inches
_GAP = 0.08  # between cells, in cells
_LINE = 0.15  # height of a line of text, in cells
_SIZE, _SMALLEST = 7.0, 5.0  # of letters, in points
_ROOM = 0.94 * 72 * _CELL * (1 + _GAP)  # for a line of text, in points


@styled
def labelled_faces(
    faces: NDArray[np.uint8], captions: Sequence[Sequence[str]], *, title: str, note: str = ""
) -> Figure:
    """Draw faces, some lines of text beneath each, the first of them the strongest.

    A line that is too long for its face is broken in two; what is too long even so is written smaller, then
    shortened.

    Parameters
    ----------
    faces : uint8 array of shape (n, height, width)
    captions : n sequences of as many lines
    title, note : which faces
    """
    heads, head_size = fit_texts(
        [caption[0] for caption in captions], _ROOM, size=_SIZE, smallest=_SMALLEST, weight="bold"
    )
    tails, tail_size = _fit_tails([caption[1:] for caption in captions])
    lines = 1 + max(map(len, tails))
    rows, columns = math.ceil(len(faces) / _COLUMNS), _COLUMNS
    step, height = 1 + _GAP, 1 + lines * _LINE + _GAP
    figure, axes = make_figure(_CELL * columns * step, _CELL * rows * height + 0.5)
    axes.set(xlim=(0, columns * step), ylim=(rows * height, 0), aspect="equal")
    axes.set_axis_off()
    axes.set_autoscale_on(False)
    for index, (face, head, tail) in enumerate(zip(faces, heads, tails, strict=True)):
        row, column = divmod(index, columns)
        left, top = column * step, row * height
        axes.imshow(
            face, cmap="gray", vmin=0, vmax=255, extent=(left, left + 1, top + 1, top), aspect="equal"
        )
        for number, text in enumerate([head, *tail]):
            look: dict[str, Any] = {"color": MUTED, "size": tail_size}
            if not number:
                look = {"color": INK, "size": head_size, "weight": "bold"}
            write_centred(axes, text, (left + 0.5, top + 1 + (number + 0.5) * _LINE), **look)
    add_title(figure, title, note)
    return figure


def _fit_tails(captions: Sequence[Sequence[str]]) -> tuple[list[list[str]], float]:
    """Break lines that are too long, then write all of them as small as the longest part needs."""
    tails: list[list[str]] = [[] for _ in captions]
    for texts in zip(*captions, strict=True):
        words = zip(*(text.split(" ") for text in texts), strict=False)
        shared = sum(1 for _ in takewhile(lambda each: len(set(each)) == 1, words))
        for tail, text in zip(tails, texts, strict=True):
            tail.extend(_broken(text, shared))
    parts, size = fit_texts([part for tail in tails for part in tail], _ROOM, size=_SIZE, smallest=_SMALLEST)
    remaining = iter(parts)
    return [[next(remaining) for _ in tail] for tail in tails], size


def _broken(text: str, shared: int) -> list[str]:
    """Break a line that is too long.

    Parameters
    ----------
    text : str
    shared : int
        Number of words that it has in common with the same line of all other faces: "taken for". It is broken
        after these, so that a name stays whole, if the rest fits; else where both parts are shortest.

    Returns
    -------
    list of str
        One part or two.
    """
    words = text.split(" ")
    if _fits(text) or len(words) == 1:
        return [text]
    pairs = [[" ".join(words[:end]), " ".join(words[end:])] for end in range(1, len(words))]
    if 0 < shared < len(words) and all(map(_fits, pairs[shared - 1])):
        return pairs[shared - 1]
    return min(pairs, key=lambda pair: max(text_width(part, _SIZE) for part in pair))


def _fits(text: str) -> bool:
    return text_width(text, _SIZE) <= _ROOM
