"""The rows of an experiment, side by side with what is needed to turn them into pixels and targets."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.faces import Faces
from ferflow.files import read_parquet, read_parquet_metadata, write_parquet
from ferflow.params import Balance, Protocol
from ferflow.split import SIDES, TRAIN, assign_sides, followed_side, is_leaky
from ferflow.transforms import render, resized


@dataclass(frozen=True)
class Rows:
    """A split and its protocol.

    Attributes
    ----------
    table : DataFrame, as :func:`ferflow.split.make_split` returns it
    classes : class names of the protocol; targets are indices into it
    balance : the remedy, with the strengths of its transforms
    train_faces : faces that may be trained on before any balance, or rows where the balance comes before the
        split (scope all); one epoch sees as many
    image_size : pixels a side at which the rows are rendered; None for the size of the faces
    leaky : whether a face stands on two sides
    """

    table: pd.DataFrame
    classes: tuple[str, ...]
    balance: Balance
    train_faces: int
    image_size: int | None
    leaky: bool

    def side(self, name: str) -> pd.DataFrame:
        """Rows of one side: train, validation or test."""
        return self.table[self.table["side"] == name]

    @property
    def followed(self) -> str:
        """Side that a training's curves follow (:func:`ferflow.split.followed_side`)."""
        return followed_side(self.table)


def save_rows(
    path: Path,
    split: pd.DataFrame,
    faces: pd.DataFrame,
    protocol: Protocol,
    classes: tuple[str, ...],
    name: str,
) -> None:
    """Write a split with, in the file's metadata, what its readers need to know of the protocol.

    A training thereby depends on this one file, and DVC and Snakemake need not look the protocol up.
    """
    if protocol.balance.scope == "all":
        train_faces = int((split["side"] == TRAIN).sum())
    else:
        train_faces = int((assign_sides(faces, protocol.split, name) == TRAIN).sum())
    about = {
        "classes": classes,
        "balance": protocol.balance.model_dump(),
        "train_faces": train_faces,
        "image_size": protocol.image_size,
        "leaky": is_leaky(split),
    }
    write_parquet(path, split, {"protocol": json.dumps(about, sort_keys=True)})


def load_rows(path: Path) -> Rows:
    """Read what :func:`save_rows` wrote; raise InputError if it is missing."""
    table = read_parquet(path)
    about = json.loads(read_parquet_metadata(path)["protocol"])
    return Rows(
        table=table,
        classes=tuple(about["classes"]),
        balance=Balance.model_validate(about["balance"]),
        train_faces=about["train_faces"],
        image_size=about["image_size"],
        leaky=about["leaky"],
    )


def inputs_and_targets(faces: Faces, rows: Rows, side: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Render one side.

    Returns
    -------
    X : uint8 array of shape (m, height * width), pixels 0 to 255
    y : int64 array of shape (m,), index into ``rows.classes``
    """
    if side not in SIDES:
        raise ValueError(f"no side is called {side!r}")
    table = rows.side(side)
    position = {name: index for index, name in enumerate(rows.classes)}
    target_of = np.array([position.get(name, -1) for name in faces.classes], dtype=np.int64)
    images = resized(render(faces.pixels, table, rows.balance), rows.image_size)
    X = images.reshape(len(images), math.prod(images.shape[1:]))  # -1 would not do for a side without rows
    return X, target_of[faces.label[table["face"].to_numpy()]]
