"""What the pictures of the k-means study show."""

import numpy as np
from matplotlib.figure import Figure

from ferflow.data.faces import Faces
from ferflow.evaluation.predictions import figure_note
from ferflow.params import Clusters
from ferflow.plots.clusters import contact_sheet, over_folds, points, silhouettes
from ferflow.studies.clusters.clustering import Ints
from ferflow.studies.clusters.names import METHOD_NAMES, PUBLISHED_SILHOUETTE
from ferflow.studies.clusters.study import Study


def draw_study(
    study: Study, faces: Faces, settings: Clusters, *, on_sample: bool, with_published: bool
) -> dict[str, Figure]:
    """Draw the pictures of a study.

    Parameters
    ----------
    study : Study
    faces : Faces
    settings : Clusters
    on_sample : bool
        Whether they are sample faces.
    with_published : bool
        Whether what was published of FER-2013 is drawn beside them, if they are not.

    Returns
    -------
    dict of str to Figure
        ``silhouette``, ``folds``, ``points``, ``random`` and ``nearest``.
    """
    best = study.figures.kept
    count = f"{study.figures.faces:,} faces, {study.figures.per_class:,} of each class"
    pair = f"{best.components} components, {best.clusters} clusters"
    note = figure_note(count, on_sample=on_sample)
    best_note = figure_note(count, pair, on_sample=on_sample)
    panels = {METHOD_NAMES[method]: lines for method, lines in study.figures.silhouette.items()}
    names, label = best.names.nearest, faces.label[study.faces]
    return {
        "silhouette": silhouettes(
            panels | {"one Gaussian cloud, no clusters": study.figures.silhouette_structureless},
            kept=(best.components, best.clusters),
            title="Mean silhouette of k-means",
            note=note,
            published=PUBLISHED_SILHOUETTE if with_published and not on_sample else None,
        ),
        "folds": _folds(study, note),
        "points": points(
            study.plane,
            {
                "coloured by cluster": (
                    study.clustering.cluster,
                    [f"{index + 1}: {name}" for index, name in enumerate(names)],
                ),
                "the same faces by label": (label, faces.classes),
            },
            title="Faces in the plane of the first two principal components",
            note=best_note,
        ),
        "random": _sheet(
            study,
            faces,
            study.clustering.at_random(settings.nearest, settings.seed),
            settings.nearest,
            "Random faces of each cluster, with their labels",
            best_note,
        ),
        "nearest": _sheet(
            study,
            faces,
            study.clustering.nearest(settings.nearest),
            settings.nearest,
            "The faces nearest to each centroid, with their labels",
            best_note,
        ),
    }


def _folds(study: Study, note: str) -> Figure:
    folds = study.figures.folds
    panels = {
        heading: {
            METHOD_NAMES[method]: {
                components: {clusters: (spread.mean, spread.sd) for clusters, spread in spreads.items()}
                for components, spreads in lines.items()
            }
            for method, lines in grids.items()
        }
        for heading, grids in (
            ("held-out silhouette", folds.silhouette),
            ("held-out accuracy", folds.accuracy),
        )
    }
    return over_folds(
        panels,
        chance=1 / len(study.figures.classes),
        title="Silhouette and accuracy on faces of the held-out fold",
        note=f"{note} · {folds.n} folds, mean and standard deviation · dotted: chance",
    )


def _sheet(study: Study, faces: Faces, groups: list[Ints], columns: int, title: str, note: str) -> Figure:
    kept = study.figures.kept
    rows = [
        f"{index + 1}: {name}\n{size:,} faces"
        for index, (name, size) in enumerate(zip(kept.names.nearest, kept.size, strict=True))
    ]
    label = np.asarray(faces.classes)[faces.label]
    faces_of_cluster = [study.faces[group] for group in groups]
    return contact_sheet(
        [faces.pixels[group] for group in faces_of_cluster],
        [label[group].tolist() for group in faces_of_cluster],
        rows,
        columns=columns,
        title=title,
        note=note,
    )
