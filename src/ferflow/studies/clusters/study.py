"""The whole exercise, from faces to the content of clusters.json."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferflow.content import Estimate
from ferflow.data.faces import Faces
from ferflow.data.grouping import undivided
from ferflow.errors import InputError
from ferflow.evaluation.metrics import percentile_interval
from ferflow.params import Clusters, Evaluate
from ferflow.studies.clusters.clustering import (
    Clustering,
    Floats,
    Ints,
    class_share,
    draw_faces,
    find_clusters,
    lighting_share,
    project,
    scale_pixels,
    silhouettes,
    structureless,
)
from ferflow.studies.clusters.figures import (
    METHODS,
    NAMINGS,
    ByMethod,
    ByNaming,
    ClusterFigures,
    ClusteringFigures,
    DrawnSpread,
    Draws,
    Gain,
    KeptFigures,
    LargerFigures,
    Tried,
)
from ferflow.studies.clusters.folds import measure_grid
from ferflow.studies.clusters.naming import METRICS, Agreement, measure, score

_DRAWS = 5  # further draws of faces and starts of k-means


@dataclass(frozen=True)
class Study:
    """What :func:`study` found: ``figures`` for clusters.json, and what its pictures show.

    Attributes
    ----------
    figures : the content of clusters.json
    faces : int64 array of shape (n,), the faces drawn
    clustering : of the kept numbers of components and clusters
    plane : float64 array of shape (n, 2), the first two principal components
    """

    figures: ClusterFigures
    faces: Ints
    clustering: Clustering
    plane: Floats


def study(faces: Faces, chosen: Clusters, bootstrap: Evaluate) -> Study:
    """Go through the whole exercise.

    Raises
    ------
    InputError
        If there are too few faces or pixels for so many components or clusters.
    """
    rarest = int(np.bincount(faces.label)[np.unique(faces.label)].min())
    per_class = min(rarest, chosen.most_per_class)
    drawn = draw_faces(faces.label, per_class, chosen.seed)
    most = max(2, chosen.keep.components, *chosen.components)
    _check_fits(len(drawn), faces.pixels[0].size, most, max(chosen.keep.clusters, *chosen.clusters))
    pixels, label = faces.pixels[drawn], faces.label[drawn]
    scaled = scale_pixels(pixels)
    projections = {method: project(scaled, method, most, chosen.seed) for method in METHODS}
    points, explained = projections["pca"]
    kept = find_clusters(points[:, : chosen.keep.components], chosen.keep.clusters, chosen.seed)
    agreement = _measured(kept, label, faces.classes, chosen, bootstrap)
    cloud = structureless(points, chosen.seed)
    cloud_of_kept = cloud[:, : chosen.keep.components]
    tried = (chosen.components, chosen.clusters, chosen.seed)
    figures = ClusterFigures(
        faces=len(drawn),
        per_class=per_class,
        classes=faces.classes,
        tried=Tried(components=chosen.components, clusters=chosen.clusters),
        silhouette=ByMethod(
            **{method: silhouettes(coordinates, *tried) for method, (coordinates, _) in projections.items()}
        ),
        silhouette_structureless=silhouettes(cloud, *tried),
        folds=measure_grid(pixels, label, undivided(faces.fingerprint, faces.group)[drawn], chosen),
        explained_variance=ByMethod(
            **{method: shares.tolist() for method, (_, shares) in projections.items()}
        ),
        kept=KeptFigures(
            **dict(_clustering_figures(kept, agreement, chosen)),
            explained_variance=explained[: chosen.keep.components].sum(),
            silhouette_structureless=find_clusters(
                cloud_of_kept, chosen.keep.clusters, chosen.seed
            ).silhouette(),
            lighting=lighting_share(pixels, kept.points),
            between_classes=class_share(kept.points, label),
            draws=_further_draws(faces, per_class, most, chosen),
        ),
        larger=_larger(faces, per_class, most, chosen, bootstrap, agreement),
    )
    return Study(figures, drawn, kept, points[:, :2])


def _check_fits(faces: int, pixels: int, components: int, clusters: int) -> None:
    if components > min(faces, pixels):
        raise InputError(
            f"params.yaml: clusters: {components} components cannot be found in {faces} faces of {pixels} "
            "pixels; ask for fewer components"
        )
    if clusters >= faces:
        raise InputError(
            f"params.yaml: clusters: {clusters} clusters need more than the {faces} faces that there are "
            "when each class gives as many as the rarest; ask for fewer clusters"
        )


def _clustering_figures(kept: Clustering, agreement: Agreement, chosen: Clusters) -> ClusteringFigures:
    return ClusteringFigures(
        **dict(agreement.figures),
        components=chosen.keep.components,
        clusters=chosen.keep.clusters,
        nearest=chosen.nearest,
        silhouette=kept.silhouette(),
        size=np.bincount(kept.cluster, minlength=len(kept.centroids)).tolist(),
    )


def _measured(
    kept: Clustering,
    label: NDArray[np.integer],
    classes: tuple[str, ...],
    chosen: Clusters,
    bootstrap: Evaluate,
) -> Agreement:
    return measure(kept.cluster, kept.nearest(chosen.nearest), label, classes, bootstrap)


def _clusters_of(faces: Faces, drawn: Ints, most: int, chosen: Clusters, seed: int) -> Clustering:
    points, _ = project(scale_pixels(faces.pixels[drawn]), "pca", most, seed)
    return find_clusters(points[:, : chosen.keep.components], chosen.keep.clusters, seed)


def _further_draws(faces: Faces, per_class: int, most: int, chosen: Clusters) -> Draws:
    """Do it again with other faces and other starts, to see how much of a figure is the luck of the draw."""
    found = []
    for seed in range(chosen.seed + 1, chosen.seed + 1 + _DRAWS):
        drawn = draw_faces(faces.label, per_class, seed)
        again = _clusters_of(faces, drawn, most, chosen, seed)
        scores = score(again.cluster, again.nearest(chosen.nearest), faces.label[drawn], len(faces.classes))
        found.append(scores[0])
    accuracy = np.array(found)
    spreads = {
        naming: DrawnSpread(
            mean=accuracy[:, column].mean(),
            sd=accuracy[:, column].std(ddof=1),
            values=accuracy[:, column].tolist(),
        )
        for column, naming in enumerate(NAMINGS)
    }
    return Draws(n=_DRAWS, accuracy=ByNaming(**spreads))


def _larger(
    faces: Faces, per_class: int, most: int, chosen: Clusters, bootstrap: Evaluate, smaller: Agreement
) -> LargerFigures:
    """Figures of more faces, and the gain over ``smaller``, with intervals.

    The classes are no longer equal in number where one has fewer faces than asked for: accuracy then rewards
    naming clusters after the common ones, and balanced accuracy is what can be compared.
    """
    drawn = draw_faces(faces.label, chosen.larger * per_class, chosen.seed)
    label = faces.label[drawn]
    kept = _clusters_of(faces, drawn, most, chosen, chosen.seed)
    # Another seed: the samples are resampled independently of each other. The smaller is part of the larger,
    # so that their figures vary together, and the gain's interval is too wide rather than too narrow.
    other = bootstrap.model_copy(update={"seed": bootstrap.seed + 1})
    agreement = _measured(kept, label, faces.classes, chosen, other)
    low, high = percentile_interval(agreement.drawn - smaller.drawn, bootstrap.confidence)
    gain = {
        metric: ByNaming(
            **{
                naming: Estimate(
                    value=agreement.figures[metric][naming].value - smaller.figures[metric][naming].value,
                    low=low[row, column],
                    high=high[row, column],
                )
                for column, naming in enumerate(NAMINGS)
            }
        )
        for row, metric in enumerate(METRICS)
    }
    of_class = np.bincount(label, minlength=len(faces.classes))
    return LargerFigures(
        **dict(_clustering_figures(kept, agreement, chosen)),
        faces=len(drawn),
        per_class=of_class.tolist(),
        largest_class=of_class.max() / len(drawn),
        gain=Gain(**gain),
    )
