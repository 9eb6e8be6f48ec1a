"""The grid of components and clusters under cross-validation: found on the other folds, measured on one.

References
----------
Stone (1974), "Cross-validatory choice and assessment of statistical predictions".
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from ferflow.errors import InputError
from ferflow.params import Clusters
from ferflow.studies.clusters.clustering import Clustering, Floats, Ints, projection
from ferflow.studies.clusters.figures import METHODS, ByMethod, FoldFigures, Grid, Spread
from ferflow.studies.clusters.naming import tabulate

#: What is measured of each pair: two figures of the held-out fold, and accuracy where the names were given.
FIGURES = ("silhouette", "accuracy", "training_accuracy")

_STARTS = 4  # of k-means, of which the best is taken: two find worse clusters, ten take twice as long

Fold = tuple[Ints, Ints]


@dataclass(frozen=True)
class Subset:
    """Projected faces of one part of a fold.

    Attributes
    ----------
    points : float64 array of shape (n, components)
    label : int64 array of shape (n,)
    """

    points: Floats
    label: Ints


def divide(label: NDArray[np.integer], group: NDArray[np.generic], folds: int, seed: int) -> list[Fold]:
    """Divide faces into folds, each class evenly, each group in one fold.

    Parameters
    ----------
    label : int array of shape (n,)
    group : array of shape (n,)
        The same for copies of a face, and for faces of a person.
    folds : int
        How many.
    seed : int

    Returns
    -------
    list of (training, held_out)
        Indices of the faces of the other folds, and of the fold.
    """
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    return list(splitter.split(label, label, group))


def measure_grid(
    pixels: NDArray[np.uint8],
    label: NDArray[np.integer],
    group: NDArray[np.generic],
    settings: Clusters,
) -> FoldFigures:
    """Measure every pair of components and clusters on faces that had no part in finding or naming them.

    Scale, projection, clusters and their names (the most frequent label of the members) come from the other
    folds; the held-out faces go to the nearest centroid.

    Parameters
    ----------
    pixels : uint8 array of shape (n, height, width)
    label : integer array of shape (n,)
    group : array of shape (n,)
        The same for copies of a face, and for faces of a person.
    settings : Clusters
        Components and clusters to try, folds, seed.

    Returns
    -------
    FoldFigures
        Mean and deviation over the folds.

    Raises
    ------
    InputError
        If a class, or what the other folds leave, has too few faces.
    """
    truth = label.astype(np.int64)
    _check_folds(truth, settings)
    folds = divide(truth, group, settings.folds, settings.seed)
    _check_training(min(len(training) for training, _ in folds), settings)
    flat = pixels.reshape(len(pixels), -1)
    values = np.stack(
        [[_of_fold(flat, truth, fold, method, settings) for fold in folds] for method in METHODS]
    )
    figures = {
        figure: ByMethod(
            **{method: _by_pair(values[row, ..., column], settings) for row, method in enumerate(METHODS)}
        )
        for column, figure in enumerate(FIGURES)
    }
    return FoldFigures(n=settings.folds, **figures)


def measure_pair(training: Subset, held_out: Subset, clusters: int, seed: int) -> tuple[float, ...]:
    """Find and name clusters in some faces, and measure them on others.

    Parameters
    ----------
    training : Subset
        Where they are found.
    held_out : Subset
        Where they are measured.
    clusters : int
        How many.
    seed : int

    Returns
    -------
    tuple of float
        ``FIGURES``; NaN where a silhouette has no meaning.
    """
    kmeans = KMeans(clusters, n_init=_STARTS, random_state=seed).fit(training.points)
    cluster = kmeans.predict(held_out.points).astype(np.int64)
    classes = int(max(training.label.max(), held_out.label.max())) + 1
    contingency = tabulate(kmeans.labels_, training.label, clusters, classes)
    name = contingency.argmax(axis=1)
    return (
        Clustering(held_out.points, cluster, kmeans.cluster_centers_).silhouette(),
        float((name[cluster] == held_out.label).mean()),
        float(contingency.max(axis=1).sum() / len(training.label)),
    )


def _of_fold(flat: NDArray[np.uint8], label: Ints, fold: Fold, method: str, settings: Clusters) -> Floats:
    """Measure all pairs on one fold: float64 of shape (components, clusters, figures)."""
    steps = make_pipeline(MinMaxScaler(), projection(method, max(settings.components), settings.seed))
    training, held_out = fold
    points = steps.fit_transform(flat[training].astype(np.float32)).astype(np.float64)
    others = steps.transform(flat[held_out].astype(np.float32)).astype(np.float64)
    return np.array(
        [
            [
                measure_pair(
                    Subset(points[:, :components], label[training]),
                    Subset(others[:, :components], label[held_out]),
                    clusters,
                    settings.seed,
                )
                for clusters in settings.clusters
            ]
            for components in settings.components
        ]
    )


def _by_pair(values: Floats, settings: Clusters) -> Grid[Spread]:
    """Mean and deviation over the folds of values of shape (folds, components, clusters)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of pairs with a silhouette in no fold, or in one
        mean, deviation = np.nanmean(values, axis=0), np.nanstd(values, axis=0, ddof=1)
    return {
        str(components): {
            str(clusters): Spread(mean=mean[row, column], sd=deviation[row, column])
            for column, clusters in enumerate(settings.clusters)
        }
        for row, components in enumerate(settings.components)
    }


def _check_folds(label: Ints, settings: Clusters) -> None:
    fewest = int(np.bincount(label)[np.unique(label)].min())
    if fewest < settings.folds:
        raise InputError(
            f"params.yaml: clusters.folds: {settings.folds} folds need as many faces of each class, and "
            f"there are {fewest}; ask for fewer folds"
        )


def _check_training(faces: int, settings: Clusters) -> None:
    most = max([*settings.components, *settings.clusters])
    if most > faces:
        raise InputError(
            f"params.yaml: clusters: {most} components or clusters cannot be found in the {faces} faces that "
            f"{settings.folds} folds leave to find them in; ask for fewer, or for more folds"
        )
