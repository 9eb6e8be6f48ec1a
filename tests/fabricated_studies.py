"""Sweeps, repeated splits, clusters, explanations, labels of a run; only clusters and labels are computed."""

from collections.abc import Set
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ferflow import paths
from ferflow.atomic import atomic_folder
from ferflow.data.faces import FER_CLASSES, load_faces
from ferflow.files import read_parquet, write_text
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
from ferflow.studies.labels.study import examine_experiment
from ferflow.studies.labels.votes import CATEGORIES


def fabricate_studies(settings: Params) -> None:
    """Write, into the working folder, what the stages beside train and evaluate would have written."""
    for name in settings.sweeps:
        write_sweep(name)
    for name, plan in settings.repeated_splits.items():
        write_repeated_splits(name, plan.against)
    faces = load_faces()
    found = study(faces, settings.clusters, settings.evaluate)
    write_clusters(found.figures)
    pictures = draw_study(found, faces, settings.clusters, on_sample=settings.on_sample, with_published=True)
    for name, figure in pictures.items():
        save(figure, paths.CLUSTERS / f"{name}.png")
    for name in settings.run:
        if name in settings.explain:
            write_explanation(name, settings.seeds[0])
        else:
            write_description(paths.explanation(name), NotExplained())
        with atomic_folder(paths.label_study(name)) as folder:
            examine_experiment(name, settings, folder)


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
    table = table.assign(untrained_loss=np.log(2), diverged=table["value"] == 5.0)
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


def write_votes(path: Path, wrong: Set[int]) -> None:
    """Write votes on the faces of a finished run: for each its label, but for the faces in ``wrong`` another.

    The first row is of a face that ingest left out; nobody saw one in it.
    """
    column = {name: index for index, name in enumerate(CATEGORIES.values())}
    faces, origins = read_parquet(paths.FACES), read_parquet(paths.ORIGINS)["origin"]
    rows = origins.str.removeprefix("row ").astype(int).to_numpy()
    lines = [",".join(["Usage", "Image name", *CATEGORIES]), "Training,,0,0,0,0,0,0,0,0,0,10"]
    for face in rows.argsort().tolist():
        counts = [0] * len(column)
        counts[column[faces["label"][face]]] = 2 if face in wrong else 8
        counts[column["contempt"]] = 10 - sum(counts)
        votes = ",".join(map(str, counts))
        lines.append(f"{faces['usage'][face]},fer{rows[face] - 1:07}.png,{votes}")
    write_text(path, "\n".join(lines) + "\n")
