"""Sweeps, repeated splits, clusters, explanations of a finished run; only the clusters are computed."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ferflow import paths
from ferflow.data.faces import FER_CLASSES, load_faces
from ferflow.files import write_text
from ferflow.params import Params
from ferflow.plots.style import save
from ferflow.studies.clusters.figures import write_clusters
from ferflow.studies.clusters.pictures import draw_study
from ferflow.studies.clusters.study import study
from ferflow.studies.explain.description import (
    DescribedFace,
    Description,
    LayerRow,
    Middle,
    NotExplained,
    Response,
    ShownLayer,
    write_description,
)


def fabricate_studies(settings: Params) -> None:
    """Write, into the working folder, what the stages beside train and evaluate would have written."""
    for name in settings.sweeps:
        write_sweep(name)
    for name, plan in settings.repeated_splits.items():
        write_repeated_splits(name, plan.against)
    faces = load_faces()
    found = study(faces, settings.clusters, settings.evaluate)
    write_clusters(found.figures)
    for name, figure in draw_study(found, faces, settings.clusters, on_sample=settings.on_sample).items():
        save(figure, paths.CLUSTERS / f"{name}.png")
    for name in settings.run:
        if name in settings.explain:
            write_explanation(name, settings.seeds[0])
        else:
            write_description(paths.explanation(name), NotExplained())


def write_sweep(experiment: str) -> None:
    """Write a sweep in which the greatest rate diverges."""
    rows = []
    for key, values in {"learning_rate": (0.001, 0.05, 5.0), "l2": (0.3, 30.0)}.items():
        for value in values:
            for epoch in range(1, 6):
                loss = np.nan if value == 5.0 and epoch == 5 else 0.69 - 0.04 * epoch * (value in (0.05, 0.3))
                rows.append([key, value, epoch, loss, loss + 0.01, 0.6, 0.55 + 0.03 * (value == 0.05)])
    columns = ["key", "value", "epoch", "train_loss", "validation_loss"]
    table = pd.DataFrame(rows, columns=[*columns, "validation_accuracy", "validation_balanced_accuracy"])
    table["diverged"] = table["value"] == 5.0
    write_text(paths.sweep(experiment), table.to_csv(index=False))


def write_repeated_splits(experiment: str, against: str) -> None:
    """Write twelve draws in which the second experiment varies less."""
    rng, drawn = np.random.default_rng(0), []
    for repetition in range(12):
        for name, spread in ((experiment, 0.05), (against, 0.01)):
            error = 0.3 + rng.normal(0, spread)
            drawn.append([repetition, name, 500, 100, error, error + 0.02])
    names = ["repetition", "experiment", "train_faces", "test_faces", "error", "balanced_error"]
    write_text(paths.repeated_splits(experiment), pd.DataFrame(drawn, columns=names).to_csv(index=False))


def write_explanation(experiment: str, seed: int) -> None:
    """Write what is told of a network, and empty pictures."""
    folder = paths.explanation(experiment)
    face = DescribedFace(face=3, label="happy", predicted="happy", probability=0.9)
    description = Description(
        experiment=experiment,
        seed=seed,
        model="cnn",
        protocol="seven",
        classes=FER_CLASSES,
        faces=[face],
        middle=Middle(area=0.25, share=0.4, correct=0.41, mistaken=0.38, faces=90),
        layer=ShownLayer(
            name="features.1",
            kind="Conv2d",
            filters=2,
            shown=[0, 1],
            convolutional=True,
            output=[24, 24],
        ),
        response=Response(**dict(face), silent=0, strongest=1),
        architecture=[LayerRow(layer="convolution", output="16 x 24 x 24", parameters=400)],
    )
    write_description(folder, description)
    for kind in ("saliency", "filters", "responses"):
        save(Figure(figsize=(2, 1)), folder / f"{kind}.png")
