"""Faces as networks take them: square, and made from rows of pixels only when a batch asks for them."""

import math
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_array


@runtime_checkable
class RowSource(Protocol):
    """Rows of pixels that stand elsewhere, as in a file, and are made when they are asked for."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and pixels of a row."""

    def rows(self, index: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Make some rows, (m, height * width)."""


def take_rows(X: "NDArray[Any] | RowSource", index: NDArray[np.intp]) -> NDArray[Any]:
    """Take rows of an array, or have them made, (m, height * width)."""
    return X.rows(index) if isinstance(X, RowSource) else X[index]


def some_rows(n: int, most: int, seed: int) -> "slice | NDArray[np.intp]":
    """Choose all of n rows, or ``most`` drawn at random where there are more; in their order."""
    if n <= most:
        return slice(None)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


class SquareFaces:
    """Square grey faces, 0 to 255, of which no more are in memory than were given there.

    Parameters
    ----------
    X : array of shape (n, height * width) or (n, height, width), or RowSource

    Raises
    ------
    ValueError
        If the pixels of a row are no square number.
    """

    def __init__(self, X: "ArrayLike | RowSource") -> None:
        self._source = X if isinstance(X, RowSource) else _matrix(X)
        count, pixels = self._source.shape
        self.side = math.isqrt(pixels)
        if self.side**2 != pixels:
            raise ValueError(f"faces must be square: {pixels} pixels are no square number")
        self._index: NDArray[np.intp] = np.arange(count)

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, which: slice | NDArray[np.intp]) -> NDArray[np.uint8]:
        """Take some faces, (m, side, side)."""
        rows = take_rows(self._source, self._index[which])
        return np.ascontiguousarray(rows.reshape(-1, self.side, self.side).clip(0, 255).astype(np.uint8))

    def take(self, which: NDArray[np.intp]) -> Self:
        """Choose faces, some perhaps several times, without making them."""
        chosen = object.__new__(type(self))
        chosen._source, chosen.side, chosen._index = self._source, self.side, self._index[which]
        return chosen


def _matrix(X: ArrayLike) -> NDArray[np.number]:
    rows = np.asarray(X)
    result: NDArray[np.number] = rows.reshape(len(rows), -1) if rows.ndim == 3 else check_array(rows)
    return result
