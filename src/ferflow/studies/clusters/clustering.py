"""Faces in equal numbers, projected onto few axes, and k-means on them.

References
----------
Lloyd (1982), "Least squares quantization in PCM"; Rousseeuw (1987), "Silhouettes"; Halko et al. (2011),
"Finding structure with randomness" (the solvers of both projections).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score, silhouette_score
from sklearn.preprocessing import MinMaxScaler

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STARTS = 10  # of k-means, of which the best is kept
_SILHOUETTE_FACES = 6000  # distances between all pairs: of more faces, a random part
_MEGABYTES = 64  # for distances held at once


@dataclass(frozen=True)
class Clustering:
    """Clusters of n faces, numbered along the first component.

    Attributes
    ----------
    points : float64 array of shape (n, components)
    cluster : int64 array of shape (n,)
    centroids : float64 array of shape (clusters, components)
    """

    points: Floats
    cluster: Ints
    centroids: Floats

    def nearest(self, count: int) -> list[Ints]:
        """Find the members of each cluster nearest to its centroid.

        Parameters
        ----------
        count : int
            How many of each, or all that there are.

        Returns
        -------
        list of int64 array
            Nearest first.
        """
        indices = []
        for index, centroid in enumerate(self.centroids):
            members = np.flatnonzero(self.cluster == index)
            distance = np.linalg.norm(self.points[members] - centroid, axis=1)
            indices.append(members[np.argsort(distance, kind="stable")[:count]])
        return indices

    def at_random(self, count: int, seed: int) -> list[Ints]:
        """Draw members of each cluster at random.

        Parameters
        ----------
        count : int
            How many of each, or all that there are.
        seed : int

        Returns
        -------
        list of int64 array
        """
        rng = np.random.default_rng(seed)
        members = (np.flatnonzero(self.cluster == index) for index in range(len(self.centroids)))
        return [rng.permutation(indices)[:count] for indices in members]

    def silhouette(self) -> float:
        """Mean silhouette (of at most 6,000 faces); NaN where it has no meaning."""
        n = len(self.cluster)
        if not 2 <= len(np.unique(self.cluster)) < n:
            return float("nan")
        with config_context(working_memory=_MEGABYTES):
            some = _SILHOUETTE_FACES if n > _SILHOUETTE_FACES else None
            return float(silhouette_score(self.points, self.cluster, sample_size=some, random_state=0))


def draw_faces(label: NDArray[np.integer], per_class: int, seed: int) -> Ints:
    """Draw as many faces of each class, without replacement.

    Parameters
    ----------
    label : int array of shape (n,)
    per_class : int
        All of a class that has fewer.
    seed : int

    Returns
    -------
    int64 array
        Indices, sorted.
    """
    rng = np.random.default_rng(seed)
    faces = [rng.permutation(np.flatnonzero(label == index))[:per_class] for index in np.unique(label)]
    return np.sort(np.concatenate(faces))


def scale_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale each pixel to [0, 1] over the faces.

    Parameters
    ----------
    pixels : uint8 array of shape (n, height, width)

    Returns
    -------
    float32 array of shape (n, height * width)
    """
    result: NDArray[np.float32] = MinMaxScaler().fit_transform(
        pixels.reshape(len(pixels), -1).astype(np.float32)
    )
    return result


def project(pixels: NDArray[np.float32], method: str, components: int, seed: int) -> tuple[Floats, Floats]:
    """Project faces onto few axes.

    Parameters
    ----------
    pixels : float32 array of shape (n, height * width)
        As :func:`scale_pixels` returns them.
    method : {"pca", "svd"}
        The second does not subtract the mean face.
    components : int
        Number of axes.
    seed : int

    Returns
    -------
    points : float64 array of shape (n, components)
        The first c columns are a projection onto c axes.
    explained : float64 array of shape (components,)
        Share of the pixels' variance.
    """
    kind = projection(method, components, seed)
    points = kind.fit_transform(pixels).astype(np.float64)
    return points, kind.explained_variance_ratio_.astype(np.float64)


def projection(method: str, components: int, seed: int) -> PCA | TruncatedSVD:
    """Make the estimator of a projection.

    Parameters
    ----------
    method : {"pca", "svd"}
    components : int
        Number of axes.
    seed : int

    Returns
    -------
    PCA or TruncatedSVD
        Not fitted.
    """
    return {"pca": PCA, "svd": TruncatedSVD}[method](components, random_state=seed)


def find_clusters(points: Floats, clusters: int, seed: int) -> Clustering:
    """Run k-means; clusters are numbered by the first coordinate of their centroids.

    Parameters
    ----------
    points : float64 array of shape (n, components)
    clusters : int
        How many.
    seed : int

    Returns
    -------
    Clustering
    """
    kmeans = KMeans(clusters, n_init=_STARTS, random_state=seed).fit(points)
    order = np.argsort(kmeans.cluster_centers_[:, 0], kind="stable")
    cluster = np.argsort(order)[kmeans.labels_]
    return Clustering(points, cluster.astype(np.int64), kmeans.cluster_centers_[order])


def silhouettes(
    points: Floats, components: Sequence[int], clusters: Sequence[int], seed: int
) -> dict[str, dict[str, float]]:
    """Measure the mean silhouette of every number of components and clusters.

    Parameters
    ----------
    points : float64 array of shape (n, components)
    components : sequence of int
        Numbers to try.
    clusters : sequence of int
        Numbers to try.
    seed : int

    Returns
    -------
    dict
        Components -> clusters -> silhouette.
    """
    return {
        str(c): {str(k): find_clusters(points[:, :c], k, seed).silhouette() for k in clusters}
        for c in components
    }


def structureless(points: Floats, seed: int) -> Floats:
    """Draw a single Gaussian cloud with as many points and the same deviation along each axis.

    It has no clusters at all: its silhouette is what k-means gets from cutting any cloud into pieces.

    Parameters
    ----------
    points : float64 array of shape (n, components)
    seed : int

    Returns
    -------
    float64 array of shape (n, components)
    """
    result: Floats = np.random.default_rng(seed).normal(size=points.shape) * points.std(axis=0)
    return result


def lighting_share(pixels: NDArray[np.uint8], points: Floats) -> list[float]:
    """Share of each component's variance that brightness explains: its mean, its slopes across and down (R2).

    Three numbers of a face, (n, height, width), that know nothing of mouth, eyes or brows.

    Parameters
    ----------
    pixels : uint8 array of shape (n, height, width)
    points : float64 array of shape (n, components)
        Of the same faces.

    Returns
    -------
    list of float
        A share for each component.
    """
    faces = pixels.astype(np.float32)
    across = np.linspace(-1, 1, faces.shape[2], dtype=np.float32)
    down = np.linspace(-1, 1, faces.shape[1], dtype=np.float32)
    light = np.stack(
        [faces.mean(axis=(1, 2)), faces.mean(axis=1) @ across, faces.mean(axis=2) @ down], axis=1
    )
    predicted = LinearRegression().fit(light, points).predict(light)
    return [float(share) for share in r2_score(points, predicted, multioutput="raw_values")]


def class_share(points: Floats, label: NDArray[np.integer]) -> float:
    """Compute the share of the points' variance that lies between the classes' means (eta squared).

    Parameters
    ----------
    points : float64 array of shape (n, components)
    label : int array of shape (n,)

    Returns
    -------
    float
    """
    means = np.stack([points[label == index].mean(axis=0) for index in np.unique(label)])
    between = means[np.unique(label, return_inverse=True)[1]] - points.mean(axis=0)
    return float((between**2).sum() / ((points - points.mean(axis=0)) ** 2).sum())
