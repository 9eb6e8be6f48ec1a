"""A grey picture on which outlines are filled and strokes drawn, in whole numbers.

Pillow would draw faster, but rounds in single precision, and differently where the compiler fuses a multiply
and an add, as it does on arm64. Here points are rounded to sixteenths of a pixel, and which pixels lie
inside is decided in integers.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferflow.sample.exact import Array, cos, sin

_STEPS = 16  # to a pixel
_HALF = _STEPS // 2
_OVERLAP = 0.15  # of a stroke's width: how far its pieces reach beyond their ends, so that bends have no gaps
_TURN = np.arange(24) * (2 * math.pi / 24)
_CIRCLE = np.stack([cos(_TURN), sin(_TURN)], axis=1)


def grey(tone: float) -> int:
    """Find the grey level nearest to a tone.

    Parameters
    ----------
    tone : float
        Any number.

    Returns
    -------
    int
        0 to 255.
    """
    return min(255, max(0, round(tone)))


class Canvas:
    """A square grey picture.

    What is drawn is noted down, and painted in that order by :meth:`paint`: to find the pixels of all shapes
    in one go takes a fifth of the time.

    Parameters
    ----------
    side : int
        Width and height in pixels.
    background : float
        Grey level, 0 to 255.
    """

    def __init__(self, side: int, background: float):
        self.side, self.background = side, background
        self._lines: list[tuple[Array, Array]] = []  # of each shape: where its lines start, where they end
        self._widths: list[float] = []  # of a shape's strokes; 0 for the outline of an area
        self._tones: list[int] = []

    def fill(self, outline: ArrayLike, tone: float) -> None:
        """Fill a closed outline.

        Parameters
        ----------
        outline : array of shape (n, 2)
            Points (x, y) in pixels.
        tone : float
            Grey level.
        """
        self._note(*_closed_lines(outline), tone, 0.0)

    def stroke(self, curve: ArrayLike, tone: float, width: float) -> None:
        """Draw an open curve.

        Parameters
        ----------
        curve : array of shape (n, 2)
            Points (x, y) in pixels.
        tone : float
            Grey level.
        width : float
            Pixels; rounded, and at least one.
        """
        points = np.asarray(curve, dtype=np.float64)
        self._note(points[:-1], points[1:], tone, max(1, round(width)))

    def loop(self, outline: ArrayLike, tone: float, width: float) -> None:
        """Draw a closed outline without filling it.

        Parameters
        ----------
        outline : array of shape (n, 2)
            Points (x, y) in pixels.
        tone : float
            Grey level.
        width : float
            Pixels; rounded, and at least one.
        """
        self._note(*_closed_lines(outline), tone, max(1, round(width)))

    def dashes(self, points: ArrayLike, tone: float, width: float) -> None:
        """Draw a line from the first point to the second, from the third to the fourth, and so on.

        Parameters
        ----------
        points : array of shape (2 * n, 2)
            Points (x, y) in pixels.
        tone : float
            Grey level.
        width : float
            Pixels; rounded, and at least one.
        """
        points = np.asarray(points, dtype=np.float64)
        self._note(points[::2], points[1::2], tone, max(1, round(width)))

    def rectangle(self, left: float, top: float, right: float, bottom: float, tone: float) -> None:
        """Fill an upright rectangle.

        Parameters
        ----------
        left, top, right, bottom : float
            Edges in pixels.
        tone : float
            Grey level.
        """
        self.fill([(left, top), (right, top), (right, bottom), (left, bottom)], tone)

    def circle(self, x: float, y: float, radius: float, tone: float) -> None:
        """Fill a circle.

        Parameters
        ----------
        x, y : float
            Its centre in pixels.
        radius : float
            Pixels.
        tone : float
            Grey level.
        """
        self.fill(_CIRCLE * radius + (x, y), tone)

    def _note(self, start: Array, end: Array, tone: float, width: float) -> None:
        self._lines.append((start, end))
        self._widths.append(width)
        self._tones.append(grey(tone))

    def paint(self) -> NDArray[np.uint8]:
        """Paint what was noted down.

        Returns
        -------
        uint8 array of shape (side, side)
        """
        picture = np.full((self.side, self.side), grey(self.background), dtype=np.uint8)
        if not self._lines:
            return picture
        shape = np.repeat(np.arange(len(self._lines)), [len(start) for start, _ in self._lines])
        start, end = (np.concatenate(points) for points in zip(*self._lines, strict=True))
        edges = _with_breadth(start, end, np.array(self._widths)[shape], shape)
        for mask, top, left, index in _regions(*edges, self.side):
            height, width = mask.shape
            region = picture[top : top + height, left : left + width]
            np.copyto(region, self._tones[index], where=mask)
        return picture


def _closed_lines(outline: ArrayLike) -> tuple[Array, Array]:
    points = np.asarray(outline, dtype=np.float64)
    return points, np.concatenate([points[1:], points[:1]])


def _with_breadth(
    start: Array, end: Array, width: Array, shape: NDArray[np.intp]
) -> tuple[Array, Array, NDArray[np.intp]]:
    """Replace each line that has a width by the four sides of a rectangle; all rectangles turn one way."""
    broad = width > 0
    a, b = start[broad], end[broad]
    along = b - a
    length = np.sqrt(along[:, 0] * along[:, 0] + along[:, 1] * along[:, 1])
    along = along / np.maximum(length, 1e-6)[:, None] * width[broad][:, None]
    reach, across = _OVERLAP * along, 0.5 * along[:, ::-1] * (-1.0, 1.0)
    a, b = a - reach, b + reach
    corners = [a + across, b + across, b - across, a - across]
    return (
        np.concatenate([start[~broad], *corners]),
        np.concatenate([end[~broad], *corners[1:], corners[0]]),
        np.concatenate([shape[~broad], *[shape[broad]] * 4]),
    )


def _regions(
    start: Array, end: Array, shape: NDArray[np.intp], side: int
) -> Iterator[tuple[NDArray[np.bool_], int, int, int]]:
    """Find the pixels round whose centres the outlines wind.

    Each edge adds or takes one at the first pixel right of it, in every row whose middle it crosses; the
    running sum along a row says how often the outline winds round a pixel. It ends at zero, since what goes
    down comes up again, so one running sum serves all rows of all shapes.

    Yields
    ------
    region : bool array
        The smallest that holds the shape.
    top, left : int
        Where in the picture.
    index : int
        Of the shape; those outside the picture are left out.
    """
    (x, y), (to_x, to_y) = (np.rint(_STEPS * points).astype(np.int64).T for points in (start, end))
    first, stop = (
        _within((extreme(y, to_y) + (_HALF - 1)) // _STEPS, side) for extreme in (np.minimum, np.maximum)
    )
    rows = stop - first
    edge = np.repeat(np.arange(len(rows)), rows)
    row = np.arange(len(edge)) + (first - (np.cumsum(rows) - rows))[edge]
    rise, run = to_y - y, to_x - x
    crossing = ((x - _HALF) * rise + (_HALF - y) * run)[edge] + _STEPS * row * run[edge]
    column = _within(-(-crossing // (_STEPS * rise)[edge]), side)

    owner = shape[edge]
    count = int(shape.max()) + 1
    top, left, bottom, right = (
        np.full(count, side),
        np.full(count, side),
        np.zeros(count, int),
        np.zeros(count, int),
    )
    np.minimum.at(top, owner, row)
    np.minimum.at(left, owner, column)
    np.maximum.at(bottom, owner, row + 1)
    np.maximum.at(right, owner, column + 1)  # the last of a row's columns only closes it
    height, width = np.maximum(bottom - top, 0), np.maximum(right - left, 0)
    place = np.cumsum(height * width) - height * width
    steps = np.bincount(
        place[owner] + (row - top[owner]) * width[owner] + column - left[owner],
        weights=np.where(rise > 0, 1.0, -1.0)[edge],
        minlength=int((height * width).sum()),
    )
    inside = np.cumsum(steps) != 0
    for index in np.flatnonzero((height > 0) & (width > 1)).tolist():
        tall, wide, at = int(height[index]), int(width[index]), int(place[index])
        region = inside[at : at + tall * wide].reshape(tall, wide)[:, :-1]
        yield region, int(top[index]), int(left[index]), index


def _within(values: NDArray[np.int64], side: int) -> NDArray[np.int64]:
    return np.minimum(np.maximum(values, 0), side)
