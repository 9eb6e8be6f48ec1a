"""What ``clusters.json`` holds: the figures of the k-means study, as the clusters stage writes them."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from ferflow import paths
from ferflow.content import Content, Estimate, Keyed, Names, Number, read_content, write_content

_Entry = TypeVar("_Entry")

#: Something of every number of components and of clusters that was tried, both as text.
Grid = dict[str, dict[str, _Entry]]


class ByMethod(Content, Keyed[_Entry], Generic[_Entry]):
    """Something of each projection."""

    pca: _Entry
    svd: _Entry

    def items(self) -> Iterator[tuple[str, _Entry]]:
        """Go through ``METHODS``."""
        for method in METHODS:
            yield method, self[method]


METHODS = tuple(ByMethod.model_fields)


class ByNaming(Content, Keyed[_Entry], Generic[_Entry]):
    """Something of each way to name clusters after classes.

    They are named by the faces nearest to the centroid, by all members, or so that each class names one.
    """

    nearest: _Entry
    majority: _Entry
    one_to_one: _Entry


NAMINGS = tuple(ByNaming.model_fields)


class NamingScore(Estimate):
    """What the names of clusters are worth.

    ``low`` and ``high`` are a bootstrap over faces, the names held fixed. ``chance`` is 1 / classes;
    ``shuffled`` and ``shuffled_high`` are the mean and a one-sided upper bound when labels are shuffled over
    the faces, named and measured anew; ``p`` is the share of shuffles that do as well.
    """

    chance: Number
    shuffled: Number
    shuffled_high: Number
    p: Number


class AgreementFigures(Content, Keyed[ByNaming[NamingScore]]):
    """How far clusters agree with labels.

    ``names`` has a class for each cluster; ``contingency`` and ``shown`` count labels (columns) of all
    members and of the nearest, by cluster (rows).
    """

    accuracy: ByNaming[NamingScore]
    balanced_accuracy: ByNaming[NamingScore]
    ari: Number
    nmi: Number
    names: ByNaming[list[str]]
    contingency: list[list[int]]
    shown: list[list[int]]


class ClusteringFigures(AgreementFigures):
    """A clustering of some faces; ``size`` counts the members of each cluster."""

    components: int
    clusters: int
    nearest: int
    silhouette: Number
    size: list[int]


class Spread(Content):
    """Mean and standard deviation over folds or draws."""

    mean: Number
    sd: Number


class DrawnSpread(Spread):
    """The same with what it is the mean of."""

    values: list[Number]


class Draws(Content):
    """Further draws of faces and starts of k-means: how many, and the accuracy."""

    n: int
    accuracy: ByNaming[DrawnSpread]


class KeptFigures(ClusteringFigures):
    """The clustering that the study is about; ``lighting`` is by component."""

    explained_variance: Number
    silhouette_structureless: Number
    lighting: list[Number]
    between_classes: Number
    draws: Draws


class Gain(Content):
    """Accuracy of more faces less that of fewer."""

    accuracy: ByNaming[Estimate]
    balanced_accuracy: ByNaming[Estimate]


class LargerFigures(ClusteringFigures):
    """The same of more faces; ``largest_class`` is a share."""

    faces: int
    per_class: list[int]
    largest_class: Number
    gain: Gain


class FoldFigures(Content):
    """Every pair of components and clusters under ``n``-fold cross-validation.

    Silhouette and accuracy are of the fold held out, ``training_accuracy`` of the faces that were named.
    """

    n: int
    silhouette: ByMethod[Grid[Spread]]
    accuracy: ByMethod[Grid[Spread]]
    training_accuracy: ByMethod[Grid[Spread]]


class Tried(Content):
    """The numbers of components and of clusters that were tried."""

    components: list[int]
    clusters: list[int]


class ClusterFigures(Content):
    """The content of ``clusters.json``; ``explained_variance`` is by component."""

    faces: int
    per_class: int
    classes: Names
    tried: Tried
    silhouette: ByMethod[Grid[Number]]
    silhouette_structureless: Grid[Number]
    folds: FoldFigures
    explained_variance: ByMethod[list[Number]]
    kept: KeptFigures
    larger: LargerFigures


def read_clusters() -> ClusterFigures:
    """Read the figures of the study.

    Raises
    ------
    InputError
        If the clusters stage has not written them, or another version of ferflow has.
    """
    return read_content(paths.CLUSTER_FIGURES, ClusterFigures, "clusters")


def write_clusters(figures: ClusterFigures) -> None:
    """Write the figures of the study."""
    write_content(paths.CLUSTER_FIGURES, figures)
