"""Naming clusters after classes, and measuring what the names are worth.

References
----------
Kuhn (1955), "The Hungarian method for the assignment problem"; Hubert and Arabie (1985), "Comparing
partitions" (adjusted Rand index); Good (2005), "Permutation, Parametric and Bootstrap Tests of Hypotheses"
(labels shuffled over the faces).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from ferflow.evaluation.metrics import percentile_interval, resample_counts
from ferflow.params import Evaluate
from ferflow.studies.clusters.clustering import Floats, Ints
from ferflow.studies.clusters.figures import NAMINGS, AgreementFigures, ByNaming, NamingScore

METRICS = ("accuracy", "balanced_accuracy")


def name_clusters(contingency: Ints, nearest: Ints) -> dict[str, Ints]:
    """Give each cluster the index of a class, in the three ways of ``NAMINGS``.

    Parameters
    ----------
    contingency : int64 array of shape (clusters, classes)
        Members by label.
    nearest : int64 array of shape (clusters, classes)
        The same of the faces nearest to the centroid only.

    Returns
    -------
    dict
        Naming -> int64 array of shape (clusters,). Of equal counts the first class wins. Where there are more
        clusters than classes, one-to-one leaves some over; these go by majority.
    """
    majority = contingency.argmax(axis=1)
    one_to_one = majority.copy()
    rows, columns = linear_sum_assignment(contingency, maximize=True)
    one_to_one[rows] = columns
    return {"nearest": nearest.argmax(axis=1), "majority": majority, "one_to_one": one_to_one}


def tabulate(cluster: Ints, label: NDArray[np.integer], clusters: int, classes: int) -> Ints:
    """Count faces by cluster (row) and label (column).

    Parameters
    ----------
    cluster : int64 array of shape (n,)
    label : int array of shape (n,)
    clusters, classes : int
        How many.

    Returns
    -------
    int64 array of shape (clusters, classes)
    """
    cells = np.bincount(cluster * classes + label, minlength=clusters * classes)
    return cells.reshape(clusters, classes).astype(np.int64)


def score(cluster: Ints, nearest: Sequence[Ints], label: NDArray[np.integer], k: int) -> Floats:
    """Measure accuracy and balanced accuracy by naming.

    Parameters
    ----------
    cluster : int64 array of shape (n,)
    nearest : sequence of int64 array
        Of each cluster, the faces nearest to its centroid.
    label : int array of shape (n,)
    k : int
        Number of classes.

    Returns
    -------
    float64 array of shape (2, 3)
        Accuracy in the first row.
    """
    return _names_and_scores(cluster, nearest, np.asarray(label, dtype=np.int64), k)[1]


@dataclass(frozen=True)
class Agreement:
    """How far a clustering agrees with labels.

    Attributes
    ----------
    figures : AgreementFigures
    drawn : float64 array of shape (resamples, 2, 3): both accuracies of each resample and naming
    """

    figures: AgreementFigures
    drawn: Floats


def measure(
    cluster: Ints,
    nearest: Sequence[Ints],
    label: NDArray[np.integer],
    classes: Sequence[str],
    bootstrap: Evaluate,
) -> Agreement:
    """Name clusters in three ways and measure each against the labels.

    Parameters
    ----------
    cluster : int64 array of shape (n,)
    nearest : sequence of int64 array
        Of each cluster, which of the n faces are the nearest to its centroid.
    label : integer array of shape (n,)
        Index into ``classes``.
    classes : sequence of str
        Class names.
    bootstrap : Evaluate
        Resamples (and shuffles), confidence, seed.

    Returns
    -------
    Agreement
    """
    truth: Ints = np.asarray(label, dtype=np.int64)
    k = len(classes)
    names, value = _names_and_scores(cluster, nearest, truth, k)
    correct = np.stack([names[naming][cluster] == truth for naming in NAMINGS], axis=1)
    samples = _resample_scores(correct, truth, k, bootstrap)
    low, high = percentile_interval(samples, bootstrap.confidence)
    rng = np.random.default_rng(bootstrap.seed)
    by_chance = np.stack(
        [score(cluster, nearest, rng.permutation(truth), k) for _ in range(bootstrap.resamples)]
    )
    by_luck = np.quantile(by_chance, bootstrap.confidence, axis=0)
    p = (1 + (by_chance >= value - 1e-12).sum(axis=0)) / (1 + bootstrap.resamples)
    scores = {
        metric: ByNaming(
            **{
                naming: NamingScore(
                    value=value[row, column],
                    low=low[row, column],
                    high=high[row, column],
                    chance=1 / k,
                    shuffled=by_chance[:, row, column].mean(),
                    shuffled_high=by_luck[row, column],
                    p=p[row, column],
                )
                for column, naming in enumerate(NAMINGS)
            }
        )
        for row, metric in enumerate(METRICS)
    }
    figures = AgreementFigures(
        **scores,
        ari=float(adjusted_rand_score(truth, cluster)),
        nmi=float(normalized_mutual_info_score(truth, cluster)),
        names=ByNaming(**{naming: [classes[index] for index in names[naming]] for naming in NAMINGS}),
        contingency=tabulate(cluster, truth, len(nearest), k).tolist(),
        shown=[np.bincount(truth[group], minlength=k).tolist() for group in nearest],
    )
    return Agreement(figures, samples)


def _names_and_scores(
    cluster: Ints, nearest: Sequence[Ints], label: Ints, k: int
) -> tuple[dict[str, Ints], Floats]:
    contingency = tabulate(cluster, label, len(nearest), k)
    nearest_counts = np.stack([np.bincount(label[group], minlength=k) for group in nearest])
    names = name_clusters(contingency, nearest_counts)
    support = contingency.sum(axis=0)
    scores = np.empty((2, len(NAMINGS)))
    for column, naming in enumerate(NAMINGS):
        right = np.bincount(
            names[naming], weights=contingency[np.arange(len(nearest)), names[naming]], minlength=k
        )
        scores[:, column] = right.sum() / len(label), (right[support > 0] / support[support > 0]).mean()
    return names, scores


def _resample_scores(correct: NDArray[np.bool_], label: Ints, k: int, bootstrap: Evaluate) -> Floats:
    """Accuracy and balanced accuracy of every resample and naming: (resamples, 2, namings)."""
    n, namings = correct.shape
    of_class = np.eye(k)[label]
    right_of_class = (of_class[:, :, None] * correct[:, None, :]).reshape(n, -1)
    parts = []
    for counts in resample_counts(n, bootstrap.resamples, seed=bootstrap.seed):
        right = (counts @ right_of_class).reshape(-1, k, namings)
        total = (counts @ of_class)[:, :, None]
        recall = np.divide(right, total, out=np.full(right.shape, np.nan), where=total > 0)
        parts.append(np.stack([right.sum(axis=1) / n, np.nanmean(recall, axis=1)], axis=1))
    return np.concatenate(parts)
