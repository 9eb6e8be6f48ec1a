"""The samples of an experiment, as :mod:`ferflow.data.draw` draws them: in memory, in a file, as pixels."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from ferflow.content import Content, Names, as_shape
from ferflow.data.faces import Faces
from ferflow.data.scratch import blocks, scratch_array
from ferflow.data.split import SUBSETS, TEST, TRAIN, VALIDATION
from ferflow.data.transforms import render, resized
from ferflow.files import read_parquet_metadata, write_parquet
from ferflow.params import Balance
from ferflow.tables import SPLIT, read_table


@dataclass(frozen=True)
class Samples:
    """The samples of a protocol, divided into subsets.

    Attributes
    ----------
    table : DataFrame
        One row per sample, as :func:`ferflow.data.draw.divide` makes it.
    classes : tuple of str
        Class names of the protocol; targets are indices into it.
    balance : Balance
        The remedy, with the strengths of its transforms.
    train_faces : int
        Faces that may be trained on before any balance, or samples where the balance comes before the split
        (scope all); one epoch sees as many.
    train_counts : tuple of int
        Faces of each class that may be trained on before any balance.
    image_size : int or None
        Pixels a side at which the samples are rendered; None for the size of the faces.
    leaky : bool
        Whether a face stands in two subsets, or a person where the division is drawn.
    """

    table: pd.DataFrame
    classes: tuple[str, ...]
    balance: Balance
    train_faces: int
    train_counts: tuple[int, ...]
    image_size: int | None
    leaky: bool

    def subset(self, name: str) -> pd.DataFrame:
        """Return the samples of one subset.

        Parameters
        ----------
        name : {"train", "validation", "test"}

        Returns
        -------
        DataFrame
        """
        return self.table[self.table["subset"] == name]

    @property
    def followed(self) -> str:
        """Subset that a training's curves follow: validation, or test where a protocol has none."""
        return VALIDATION if (self.table["subset"] == VALIDATION).any() else TEST


def save_samples(path: Path, samples: Samples) -> None:
    """Write samples with, in the file's metadata, what their readers need to know of the protocol.

    A training then depends on this one file, and DVC and Snakemake need not look the protocol up.

    Parameters
    ----------
    path : Path
        Parquet file to write.
    samples : Samples
    """
    about = {
        "classes": samples.classes,
        "balance": samples.balance.model_dump(),
        "train_faces": samples.train_faces,
        "train_counts": samples.train_counts,
        "image_size": samples.image_size,
        "leaky": samples.leaky,
    }
    write_parquet(path, samples.table, {"protocol": json.dumps(about, sort_keys=True)})


def load_samples(path: Path) -> Samples:
    """Read what :func:`save_samples` wrote.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Samples

    Raises
    ------
    InputError
        If the file is missing, damaged, or of another version of ferflow.
    """
    table = read_table(path, SPLIT, "split")
    try:
        content = json.loads(read_parquet_metadata(path).get("protocol", "{}"))
    except (ValueError, RecursionError):
        content = {}
    about = as_shape(path, content, _About, "split")
    return Samples(table=table, **dict(about))


class _About(Content):
    """What a split's metadata hold; the fields are those of :class:`Samples`."""

    classes: Names
    balance: Balance
    train_faces: int
    train_counts: Annotated[tuple[int, ...], Field(strict=False)]
    image_size: int | None
    leaky: bool


@dataclass(frozen=True)
class RenderedRows:
    """The pixels of samples, rendered when they are asked for: an array of shape (n, height * width).

    Attributes
    ----------
    pixels : uint8 array of shape (faces, height, width)
        Of all faces; may be mapped from a file.
    table : DataFrame
        A row a sample.
    balance : Balance
    side : int or None
        Pixels a side at which samples are rendered; None for the size of the faces.
    """

    pixels: NDArray[np.uint8]
    table: pd.DataFrame
    balance: Balance
    side: int | None

    @property
    def shape(self) -> tuple[int, int]:
        """Samples, and pixels of one."""
        pixels = math.prod(self.pixels.shape[1:]) if self.side is None else self.side**2
        return len(self.table), pixels

    def __len__(self) -> int:
        return len(self.table)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Render all samples, for models that need them at once, into a file that is mapped."""
        rows = scratch_array(self.shape)
        for block in blocks(len(self)):
            rows[block] = self.rows(np.arange(block.start, block.stop))
        return rows if dtype is None else rows.astype(dtype, copy=False)

    def rows(self, index: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Render some samples, (m, height * width): each looks the same whatever others are rendered."""
        images = resized(render(self.pixels, self.table.iloc[index], self.balance), self.side)
        return images.reshape(len(images), self.shape[1])


def rows_and_targets(faces: Faces, samples: Samples, subset: str) -> tuple[RenderedRows, NDArray[np.int64]]:
    """Take the inputs and targets of one subset.

    Parameters
    ----------
    faces : Faces
        All faces of the data.
    samples : Samples
        Of a protocol.
    subset : {"train", "validation", "test"}

    Returns
    -------
    X : RenderedRows of shape (m, height * width)
        Pixels 0 to 255, made when they are asked for.
    y : int64 array of shape (m,)
        Index into ``samples.classes``.

    Raises
    ------
    ValueError
        If ``subset`` is none of the three.
    """
    if subset not in SUBSETS:
        raise ValueError(f"no subset is called {subset!r}")
    table = samples.subset(subset)
    X = RenderedRows(faces.pixels, table, samples.balance, samples.image_size)
    return X, _targets(faces, samples, table)


def inputs_and_targets(
    faces: Faces, samples: Samples, subset: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Render one subset at once: :func:`rows_and_targets` with X an array in memory."""
    rows, targets = rows_and_targets(faces, samples, subset)
    return np.asarray(rows), targets


def class_prior(faces: Faces, samples: Samples) -> NDArray[np.float64]:
    """Share of each class of a protocol in the samples that are trained on, (k,)."""
    targets = _targets(faces, samples, samples.subset(TRAIN))
    return np.bincount(targets, minlength=len(samples.classes)) / len(targets)


def _targets(faces: Faces, samples: Samples, table: pd.DataFrame) -> NDArray[np.int64]:
    """Index into the classes of a protocol of each sample of a table."""
    position = {name: index for index, name in enumerate(samples.classes)}
    target_of = np.array([position.get(name, -1) for name in faces.classes], dtype=np.int64)
    result: NDArray[np.int64] = target_of[faces.label[table["face"].to_numpy()]]
    return result
