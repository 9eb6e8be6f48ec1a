"""Predictions for faces whose labels are not known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.errors import InputError
from ferflow.samples import load_samples


def classes_of(model: Path) -> tuple[str, ...]:
    """Read the class names of a trained model, which knows indices only.

    They stand in the split that its training read: ``results/experiments/<experiment>/split.parquet`` for
    ``results/experiments/<experiment>/<seed>/model.safetensors``.

    Raises
    ------
    InputError
        If no split stands there.
    """
    split = model.resolve().parent.parent / "split.parquet"
    if not split.is_file():
        raise InputError(
            f"{model}: its class names are not known, as ../split.parquet does not stand beside its folder; "
            "give a model where its training left it, results/experiments/<experiment>/<seed>/"
        )
    return load_samples(split).classes


def submission(
    ids: Sequence[str],
    probabilities: NDArray[np.floating],
    classes: Sequence[str],
    *,
    with_probabilities: bool = False,
) -> pd.DataFrame:
    """Tabulate the most probable class of each face: columns ``id``, ``label`` and perhaps ``p_<class>``.

    Parameters
    ----------
    ids : n names
    probabilities : float array of shape (n, classes)
    classes : class names
    with_probabilities : whether to add a column for each class
    """
    table = pd.DataFrame({"id": list(ids), "label": np.array(classes)[probabilities.argmax(axis=1)]})
    if with_probabilities:
        for index, name in enumerate(classes):
            table[f"p_{name}"] = probabilities[:, index]
    return table
