"""Predictions for faces whose labels are not known."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def named_probabilities(model: Any, X: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Predict probabilities of all classes that a loaded model names.

    Parameters
    ----------
    model : classifier
        What :func:`ferflow.models.load_model` returned.
    X : uint8 array of shape (n, height * width)

    Returns
    -------
    float32 array of shape (n, len(model.class_names_))
        A class that the model never saw gets none.
    """
    names = model.class_names_
    labels = model.classes_.tolist()  # indices into the names, or names
    position = [names.index(label) if isinstance(label, str) else int(label) for label in labels]
    probabilities = np.zeros((len(X), len(names)), dtype=np.float32)
    probabilities[:, position] = model.predict_proba(X)
    return probabilities


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
