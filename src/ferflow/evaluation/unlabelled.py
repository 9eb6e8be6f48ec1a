"""Predictions for faces whose labels are not known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.errors import InputError
from ferflow.evaluation.predictions import named_probabilities
from ferflow.files import write_text
from ferflow.ingest.sources import read_unlabelled
from ferflow.models.factory import load_model


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
    ids : sequence of str
        n names.
    probabilities : float array of shape (n, classes)
    classes : sequence of str
        Class names.
    with_probabilities : bool
        Whether to add a column for each class.

    Returns
    -------
    DataFrame
    """
    table = pd.DataFrame({"id": list(ids), "label": np.array(classes)[probabilities.argmax(axis=1)]})
    if with_probabilities:
        for index, name in enumerate(classes):
            table[f"p_{name}"] = probabilities[:, index]
    return table


def predict_file(
    model_path: Path, faces_path: Path, out: Path, *, with_probabilities: bool = False
) -> tuple[int, tuple[str, ...]]:
    """Predict unlabelled faces, at the size that the model was trained on, into a CSV.

    Parameters
    ----------
    model_path : Path
        A trained model.
    faces_path : Path
        A folder, an archive of images, or a CSV.
    out : Path
        The CSV to write.
    with_probabilities : bool, default=False
        Whether to add a column for each class.

    Returns
    -------
    rows : int
        Faces predicted.
    classes : tuple of str

    Raises
    ------
    InputError
        If a file is missing or unfit, or ``out`` is one of those that are read.
    """
    if out.resolve() in (faces_path.resolve(), model_path.resolve()):
        raise InputError(f"{out}: the predictions would overwrite what they are made from; name another")
    model = load_model(model_path)
    if model.image_side_ is None:
        raise InputError(
            f"{model_path}: its {model.n_features_in_} features are no square face; train it on faces"
        )
    faces = read_unlabelled(faces_path, model.image_side_)
    X = faces.pixels.reshape(len(faces.pixels), -1)
    names = model.class_names_
    probabilities = named_probabilities(model, X, names)
    table = submission(faces.ids, probabilities, names, with_probabilities=with_probabilities)
    write_text(out, table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    return len(table), names
