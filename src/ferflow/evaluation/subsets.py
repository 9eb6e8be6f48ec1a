"""Predicts the validation and the test faces of a split."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.data.faces import Faces
from ferflow.data.samples import Samples, rows_and_targets
from ferflow.data.split import TEST, VALIDATION
from ferflow.evaluation.predictions import named_probabilities, prediction_table
from ferflow.models.registry import ProbabilityModel

Adjust = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def predict_subsets(
    model: ProbabilityModel,
    faces: Faces,
    samples: Samples,
    *,
    find_adjustment: Callable[[NDArray[np.float32], NDArray[np.int64]], Adjust] | None = None,
) -> pd.DataFrame:
    """Predict the validation faces of a split, then its test faces.

    Parameters
    ----------
    model : ProbabilityModel
    faces : Faces
    samples : Samples
        The split.
    find_adjustment : callable, optional
        Maps the probabilities (n, k) and labels (n,) of the validation faces to a callable, and that changes
        the probabilities of either subset. Test faces it never sees.

    Returns
    -------
    DataFrame
        As :func:`ferflow.evaluation.predictions.prediction_table` makes it.
    """
    probabilities, labels = {}, {}
    for subset in (VALIDATION, TEST):
        X, labels[subset] = rows_and_targets(faces, samples, subset)
        probabilities[subset] = named_probabilities(model, X, samples.classes)
    if find_adjustment is not None:
        adjust = find_adjustment(probabilities[VALIDATION], labels[VALIDATION])
        probabilities = {subset: adjust(values) for subset, values in probabilities.items()}
    tables = [
        prediction_table(samples.subset(subset), labels[subset], values, samples.classes)
        for subset, values in probabilities.items()
    ]
    return pd.concat(tables, ignore_index=True)
