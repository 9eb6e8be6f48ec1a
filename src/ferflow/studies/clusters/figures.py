"""What ``clusters.json`` holds: the figures of the k-means study, as the clusters stage wrote them."""

from collections.abc import Mapping

from ferflow import paths
from ferflow.content import Content, Number, read_content

#: Mean silhouette by number of components and of clusters, both as text; None where it has no meaning.
Silhouettes = Mapping[str, Mapping[str, float | None]]


class NamingScore(Content):
    """What the names of the clusters are worth, beside what they are worth for shuffled labels."""

    value: Number
    low: Number
    high: Number
    chance: Number
    shuffled: Number
    shuffled_high: Number
    p: Number


class Gain(Content):
    """A difference between two samples, with its interval."""

    value: Number
    low: Number
    high: Number


class Spread(Content):
    """A figure over further draws of faces."""

    mean: Number
    sd: Number
    values: list[Number]


class Draws(Content):
    """Further draws of faces: how many, and the accuracy by naming."""

    n: int
    accuracy: Mapping[str, Spread]


class Clustering(Content):
    """Clusters of some faces and how far they agree with the labels; scores are by naming."""

    components: int
    clusters: int
    nearest: int
    silhouette: float | None
    size: list[int]
    accuracy: Mapping[str, NamingScore]
    balanced_accuracy: Mapping[str, NamingScore]
    ari: Number
    nmi: Number
    names: Mapping[str, list[str]]
    contingency: list[list[int]]
    shown: list[list[int]]


class KeptClustering(Clustering):
    """The clustering that the study is about."""

    explained_variance: Number
    silhouette_structureless: float | None
    lighting: list[Number]
    between_classes: Number
    draws: Draws


class LargerClustering(Clustering):
    """The same of more faces; ``gain`` is by metric and naming."""

    faces: int
    per_class: list[int]
    largest_class: Number
    gain: Mapping[str, Mapping[str, Gain]]


class Tried(Content):
    """The numbers of components and of clusters that were tried."""

    components: list[int]
    clusters: list[int]


class ClusterFigures(Content):
    """The content of ``clusters.json``."""

    faces: int
    per_class: int
    classes: list[str]
    tried: Tried
    silhouette: Mapping[str, Silhouettes]
    silhouette_structureless: Silhouettes
    explained_variance: Mapping[str, list[Number]]
    kept: KeptClustering
    larger: LargerClustering


def read_clusters() -> ClusterFigures:
    """Read the figures of the study.

    Raises
    ------
    InputError
        If the clusters stage has not written them, or an older ferflow has.
    """
    return read_content(paths.CLUSTERS / "clusters.json", ClusterFigures, "clusters")
