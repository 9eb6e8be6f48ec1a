"""Whether two experiments differ on the same test faces.

References
----------
McNemar (1947), "Note on the sampling error of the difference between correlated proportions";
Holm (1979), "A simple sequentially rejective multiple test procedure";
Dietterich (1998), "Approximate statistical tests for comparing supervised classification learning
algorithms".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferflow.evaluation.metrics import percentile_interval, resample_counts
from ferflow.evaluation.statistics import Floats

LEVEL = 0.05  # of every test here: p values below it are called significant


@dataclass(frozen=True)
class McNemar:
    """Faces that only one of two experiments gets right, and how likely so uneven a share is by chance."""

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> McNemar:
    """Exact two-sided McNemar test of two experiments.

    Parameters
    ----------
    first, second : bool array of shape (n,)
        Whether each experiment is right about each of the same n faces, in the same order.

    Returns
    -------
    McNemar

    Raises
    ------
    ValueError
        If the two are not about the same number of faces.
    """
    if np.shape(first) != np.shape(second):
        raise ValueError(f"cannot pair {len(first)} faces with {len(second)}")
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    discordant = only_first + only_second
    if discordant == 0:
        return McNemar(0, 0, 1.0)
    from scipy.stats import binomtest

    # The exact test at every size: it costs nothing here, and the chi-square is only its approximation.
    return McNemar(only_first, only_second, float(binomtest(only_first, discordant, 0.5).pvalue))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values of several tests so that the chance of any false alarm stays at the level.

    Parameters
    ----------
    p_values : sequence of float

    Returns
    -------
    list of float
        In the same order.
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values, dtype=np.float64)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted.tolist()


@dataclass(frozen=True)
class RecallByExperiment:
    """Recall per class, and difference to a baseline; arrays of shape (experiments, classes + 1).

    The last column is balanced accuracy, the mean over the classes that have faces.
    """

    value: Floats
    low: Floats
    high: Floats
    difference: Floats
    difference_low: Floats
    difference_high: Floats


def recall_by_experiment(
    labels: NDArray[np.integer],
    correct: NDArray[np.integer],
    seeds: NDArray[np.integer],
    n_classes: int,
    *,
    baseline: int,
    resamples: int,
    confidence: float,
    seed: int,
) -> RecallByExperiment:
    """Compare recall per class between experiments on the same faces, in pairs.

    Every resample draws one set of faces for all experiments, so the interval of a difference leaves out what
    the two have in common: which faces happen to be easy.

    Parameters
    ----------
    labels : integer array of shape (n,)
    correct : integer array of shape (n, experiments)
        How many of an experiment's seeds are right about the face.
    seeds : integer array of shape (experiments,)
        How many seeds each experiment has.
    n_classes : int
        Number of classes.
    baseline : int
        The experiment (column) that differences are taken to.
    resamples, confidence, seed
        As in :func:`ferflow.evaluation.metrics.subset_metrics`.

    Returns
    -------
    RecallByExperiment
    """

    def recalls(counts: Floats) -> Floats:
        columns = []
        for index in range(n_classes):
            of_class = counts[:, labels == index]
            faces = of_class.sum(axis=1, keepdims=True) * seeds
            right = of_class @ correct[labels == index].astype(np.float64)
            columns.append(np.divide(right, faces, out=np.full(right.shape, np.nan), where=faces > 0))
        per_class = np.stack(columns, axis=2)
        has_value = ~np.isnan(per_class)
        mean_recall = np.where(has_value, per_class, 0.0).sum(axis=2) / np.maximum(has_value.sum(axis=2), 1)
        return np.concatenate([per_class, mean_recall[:, :, None]], axis=2)

    value = recalls(np.ones((1, len(labels))))[0]
    samples = np.concatenate([recalls(c) for c in resample_counts(len(labels), resamples, seed=seed)])
    low, high = percentile_interval(samples, confidence)
    gap_low, gap_high = percentile_interval(samples - samples[:, [baseline]], confidence)
    return RecallByExperiment(value, low, high, value - value[baseline], gap_low, gap_high)
