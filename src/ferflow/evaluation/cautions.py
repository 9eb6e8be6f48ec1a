"""When a figure means nothing: a constant model, one no better than chance, too few faces or steps."""

import math

import numpy as np
from numpy.typing import NDArray

FEWEST_FACES = 10  # of a class; with fewer, a 95% interval of its recall spans half of all values or more
FEWEST_STEPS = 100  # of a network's optimizer; below, schedule and moving average have hardly begun


def only_class(confusion: NDArray[np.integer]) -> int | None:
    """Find the one class that a model names for every face.

    Parameters
    ----------
    confusion : int array of shape (k, k)
        Faces by label (rows) and prediction (columns).

    Returns
    -------
    int or None
        The class, or None if the model names several.
    """
    classes = np.flatnonzero(confusion.sum(axis=0))
    return int(classes[0]) if len(classes) == 1 else None


def is_above_chance(low: float, k: int) -> bool:
    """Tell whether balanced accuracy is above that of guessing, by the low end of its interval.

    Parameters
    ----------
    low : float
        NaN where there is no interval, of which nothing is said: True.
    k : int
        Classes that have test faces: balanced accuracy is the mean over these.

    Returns
    -------
    bool
    """
    return math.isnan(low) or low > 1 / k


def scarce_classes(confusion: NDArray[np.integer]) -> dict[int, int]:
    """Count the faces of the classes that have fewer than ``FEWEST_FACES`` to be tested on.

    Parameters
    ----------
    confusion : int array of shape (k, k)
        Faces by label (rows) and prediction (columns).

    Returns
    -------
    dict
        Number of faces by class.
    """
    support = confusion.sum(axis=1)
    return {int(index): int(support[index]) for index in np.flatnonzero(support < FEWEST_FACES)}


def optimizer_steps(faces: int, epochs: int, batch_size: int) -> int:
    """Count the steps of a training.

    Parameters
    ----------
    faces : int
        Faces that an epoch sees.
    epochs : int
    batch_size : int
        Faces a step.

    Returns
    -------
    int
    """
    return epochs * math.ceil(faces / batch_size)
