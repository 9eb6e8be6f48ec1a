"""Arrays that lie in files without a name, so that memory does not grow with the number of faces.

The files stand in the folder for temporary files (``TMPDIR``), and go with the array or with the process.
"""

import math
import os
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

#: Faces that are taken from a file into memory at once.
BLOCK = 4096


def scratch_array(shape: tuple[int, ...], dtype: DTypeLike = np.uint8) -> NDArray[Any]:
    """Make an array of zeros in a file.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype, default=uint8

    Returns
    -------
    array of that shape

    Raises
    ------
    OSError
        If the disk has no room for it.
    """
    with tempfile.TemporaryFile() as file:
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size and hasattr(os, "posix_fallocate"):  # a full disk is an error now, not a crash later
            os.posix_fallocate(file.fileno(), 0, size)
        return _mapped(file, shape, dtype)


class GrowingArray:
    """Blocks of rows, put one after another into a file.

    Parameters
    ----------
    shape : tuple of int
        Of a row.
    dtype : dtype, default=uint8
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike = np.uint8) -> None:
        self._shape, self._dtype = shape, np.dtype(dtype)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the array
        self._count = 0

    def append(self, block: NDArray[Any]) -> None:
        """Add rows, (m, *shape); raise OSError if the disk has no room for them."""
        self._file.write(np.ascontiguousarray(block, dtype=self._dtype).data)
        self._count += len(block)

    def finish(self) -> NDArray[Any]:
        """Return all rows, (n, *shape); none can be added afterwards."""
        with self._file as file:
            file.flush()
            return _mapped(file, (self._count, *self._shape), self._dtype)


def take(rows: NDArray[Any], index: NDArray[np.integer]) -> NDArray[Any]:
    """Take rows into a new array in a file, block by block: ``rows[index]``."""
    result = scratch_array((len(index), *rows.shape[1:]), rows.dtype)
    for block in blocks(len(index)):
        result[block] = rows[index[block]]
    return result


def blocks(n: int, size: int = BLOCK) -> Iterator[slice]:
    """Cut n rows into slices of at most ``size``."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _mapped(file: BinaryIO | Any, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Map a file, which may be closed afterwards; nothing can be mapped where there is nothing."""
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.asarray(np.memmap(file, dtype=dtype, mode="r+", shape=shape))
