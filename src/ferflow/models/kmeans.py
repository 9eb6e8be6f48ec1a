"""k-means on principal components as a classifier: what unlabelled clusters know of expressions."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import log_loss, silhouette_score
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from ferflow.errors import InputError
from ferflow.models.faces import some_rows
from ferflow.models.storage import describe, load_arrays, restore, save_arrays
from ferflow.models.validation import check_training_data, validation_figures

_CHUNK = 2048  # rows taken to float at once
_ROWS_AT_MOST = 2**15  # for axes and centres: 300 MB of faces of 48 pixels a side
_SILHOUETTE_SAMPLE = 2000  # distances between all pairs: a sample's silhouette is within 0.01 of the whole's
MAPPINGS = ("majority", "one-to-one")


class TooFewRowsError(InputError, ValueError):
    """There are fewer rows than clusters; a ValueError as well, which is what scikit-learn's users expect."""


class KMeansClassifier(ClassifierMixin, BaseEstimator):
    """PCA, k-means without the labels, then a class for each cluster.

    Axes and centres are found on all training rows, or on 32,768 drawn at random where there are more; all
    rows name the clusters.

    A row gets the class of its nearest cluster. Its probabilities come from all clusters: the nearer, the
    more it counts (as in a mixture of equal round Gaussians, of the variance within the clusters), and
    each gives the shares of the classes among its training rows, one added to each count. Where that would
    put another class above the one of the nearest cluster, the two change places, so that the greatest
    probability names the predicted class; of several that are equally great, one does.

    Parameters
    ----------
    n_components : int, default=50
        Principal components; fewer if the data have fewer.
    n_clusters : int, default=7
    mapping : {"majority", "one-to-one"}, default="majority"
        Each cluster is named after its most frequent class; or each class names one cluster so that most rows
        agree (Hungarian method), and further clusters go by majority.
    n_init : int, default=4
        Starts of k-means, of which the best is taken.
    random_state : int, default=0
        Seed of PCA, k-means and the sample for the silhouette.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    cluster_centers_ : float64 array of shape (n_clusters, n_components)
    cluster_class_ : int64 array of shape (n_clusters,)
        Index into ``classes_``.
    cluster_share_ : float64 array of shape (n_clusters, n_classes)
    components_ : float64 array of shape (n_components, n_features)
        The principal axes.
    mean_ : float64 array of shape (n_features,)
        The mean face.
    variance_ : float64 array of shape ()
        Mean squared distance to the own centre, per component.
    silhouette_ : float
        Mean silhouette of (a sample of) the training rows; NaN where it is undefined.
    history_ : list of dict
        One row: epoch, lr (NaN: there is none), train_loss (log loss), validation_*.

    References
    ----------
    Lloyd (1982), "Least squares quantization in PCM"; Arthur and Vassilvitskii (2007), "k-means++";
    Kuhn (1955), "The Hungarian method for the assignment problem"; Rousseeuw (1987), "Silhouettes".
    """

    model_name: ClassVar[str] = "kmeans"

    def __init__(
        self,
        n_components: int = 50,
        n_clusters: int = 7,
        mapping: str = "majority",
        n_init: int = 4,
        random_state: int = 0,
    ) -> None:
        self.n_components = n_components
        self.n_clusters = n_clusters
        self.mapping = mapping
        self.n_init = n_init
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        progress: Callable[[dict[str, float]], None] | None = None,
        checkpoint: Path | None = None,
    ) -> Self:
        """Find clusters in X, then name them by y.

        Parameters
        ----------
        X : array of shape (n, n_features)
            Real features, such as pixels.
        y : array of shape (n,)
            Labels; the clusters do not depend on them.
        sample_weight : array of shape (n,), optional
            Weighs rows in k-means and in naming the clusters, not in the PCA.
        validation, progress
            As in :meth:`ferflow.models.linear.LinearClassifier.fit`.
        checkpoint : Path, optional
            Not used: a fit takes seconds.

        Raises
        ------
        TooFewRowsError
            If there are fewer rows to find clusters on than clusters.
        ValueError
            If there is one class only, or no such mapping.
        """
        if self.mapping not in MAPPINGS:
            raise ValueError(f"mapping must be one of {', '.join(MAPPINGS)}, not {self.mapping!r}")
        rows, target, weight = check_training_data(self, X, y, sample_weight)
        most = min(len(rows), _ROWS_AT_MOST)
        if self.n_clusters > most:
            raise TooFewRowsError(
                f"kmeans: n_clusters is {self.n_clusters:,}, but its clusters are found on {most:,} faces; "
                f"lower it to {most:,} or less"
            )
        some = some_rows(len(rows), _ROWS_AT_MOST, self.random_state)
        points = self._reduce(rows[some])
        cluster = self._cluster(points, weight[some])
        self.silhouette_ = _silhouette(points, cluster, self.random_state)
        if len(points) < len(rows):
            cluster = self.predict_cluster(rows)
        self._name_clusters(cluster, target, weight)
        loss = log_loss(
            target, self.predict_proba(rows), sample_weight=weight, labels=range(len(self.classes_))
        )
        row = {"epoch": 1, "lr": float("nan"), "train_loss": float(loss)}
        if validation is not None:
            row |= validation_figures(
                np.asarray(validation[1]), self.predict_proba(validation[0]), self.classes_
            )
        self.history_: list[dict[str, float]] = [row]
        if progress:
            progress(row)
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Estimate the probability of each class; see :class:`KMeansClassifier` for what it means.

        Parameters
        ----------
        X : array of shape (n, n_features)

        Returns
        -------
        float64 array of shape (n, n_classes)
        """
        return np.concatenate([self._probabilities(squared) for squared in self._squared_distances(X)])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Give each row the class of its nearest cluster.

        Parameters
        ----------
        X : array of shape (n, n_features)

        Returns
        -------
        array of shape (n,)
        """
        nearest = np.concatenate([self._nearest_class(squared) for squared in self._squared_distances(X)])
        result: NDArray[Any] = self.classes_[nearest]
        return result

    def predict_cluster(self, X: ArrayLike) -> NDArray[np.intp]:
        """Find the nearest cluster of each row.

        Parameters
        ----------
        X : array of shape (n, n_features)

        Returns
        -------
        int array of shape (n,)
            Index into ``cluster_centers_``.
        """
        return np.concatenate([squared.argmin(axis=1) for squared in self._squared_distances(X)])

    def save(self, path: Path, *, class_names: Sequence[str] | None = None) -> None:
        """Write axes, centres, names and settings to one safetensors file.

        Parameters
        ----------
        path : Path
            File to write.
        class_names : sequence of str, optional
            As :func:`ferflow.models.storage.describe` takes them.
        """
        check_is_fitted(self)
        arrays = {name: np.asarray(getattr(self, name)) for name in _ARRAYS}
        silhouette = None if np.isnan(self.silhouette_) else self.silhouette_
        save_arrays(path, arrays, describe(self, class_names) | {"silhouette": silhouette})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote, without the history.

        Parameters
        ----------
        path : Path
            The file.

        Returns
        -------
        KMeansClassifier

        Raises
        ------
        InputError
            For any other file.
        """
        arrays, description = load_arrays(path)
        model = restore(cls, path, description)
        for name in _ARRAYS:
            setattr(model, name, arrays[name])
        model.silhouette_ = float("nan") if description["silhouette"] is None else description["silhouette"]
        model.n_features_in_ = model.components_.shape[1]
        return model

    @property
    def parameter_count_(self) -> int:
        """Numbers that were learnt: mean face, axes, centres, and the shares of classes."""
        return int(
            sum(getattr(self, name).size for name in _ARRAYS if name not in ("cluster_class_", "variance_"))
        )

    @property
    def macs_(self) -> int:
        """Multiply-accumulates for one face: onto the axes, to the centres, into probabilities."""
        return int(self.components_.size + self.cluster_centers_.size + self.cluster_share_.size)

    def _reduce(self, X: NDArray[Any]) -> NDArray[np.float64]:
        components = min(self.n_components, *X.shape)
        wide = X.astype(np.float32 if X.dtype == np.uint8 else np.float64)
        pca = PCA(components, random_state=self.random_state).fit(wide)
        self.mean_ = pca.mean_.astype(np.float64)
        self.components_ = np.ascontiguousarray(pca.components_, dtype=np.float64)
        return np.concatenate([self._on_axes(X[rows]) for rows in gen_batches(len(X), _CHUNK)])

    def _on_axes(self, X: NDArray[Any]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = (X - self.mean_) @ self.components_.T
        return result

    def _cluster(self, points: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.intp]:
        kmeans = KMeans(self.n_clusters, n_init=self.n_init, random_state=self.random_state)
        cluster = kmeans.fit_predict(points, sample_weight=weight)
        self.cluster_centers_ = kmeans.cluster_centers_
        spread = kmeans.inertia_ / (weight.sum() * points.shape[1])
        self.variance_ = np.array(max(spread, np.finfo(np.float64).eps))
        result: NDArray[np.intp] = cluster
        return result

    def _name_clusters(
        self, cluster: NDArray[np.intp], target: NDArray[np.intp], weight: NDArray[np.float64]
    ) -> None:
        count = np.zeros((self.n_clusters, len(self.classes_)))
        np.add.at(count, (cluster, target), weight)
        self.cluster_share_ = (count + 1) / (count + 1).sum(axis=1, keepdims=True)
        self.cluster_class_ = count.argmax(axis=1).astype(np.int64)
        if self.mapping == "one-to-one":
            clusters, classes = linear_sum_assignment(count, maximize=True)
            self.cluster_class_[clusters] = classes

    def _squared_distances(self, X: ArrayLike) -> Iterator[NDArray[np.float64]]:
        """Distances of some rows at a time to all centres: those of all rows take more than the rows."""
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype="numeric")
        for some in gen_batches(len(rows), _CHUNK):
            yield euclidean_distances(self._on_axes(rows[some]), self.cluster_centers_, squared=True)

    def _probabilities(self, squared: NDArray[np.float64]) -> NDArray[np.float64]:
        near = softmax(-squared / (2 * self.variance_), axis=1)
        probabilities = near @ self.cluster_share_
        rows = np.arange(len(squared))
        nearest, top = self._nearest_class(squared), probabilities.argmax(axis=1)
        result: NDArray[np.float64] = probabilities.copy()
        result[rows, nearest], result[rows, top] = probabilities[rows, top], probabilities[rows, nearest]
        return result

    def _nearest_class(self, squared: NDArray[np.float64]) -> NDArray[np.int64]:
        result: NDArray[np.int64] = self.cluster_class_[squared.argmin(axis=1)]
        return result


_ARRAYS = ("mean_", "components_", "cluster_centers_", "cluster_class_", "cluster_share_", "variance_")


def _silhouette(points: NDArray[np.float64], cluster: NDArray[np.intp], seed: int) -> float:
    size = min(len(points), _SILHOUETTE_SAMPLE)
    sample = np.random.default_rng(seed).permutation(len(points))[:size]
    if not 2 <= len(np.unique(cluster[sample])) < size:
        return float("nan")
    return float(silhouette_score(points[sample], cluster[sample]))
