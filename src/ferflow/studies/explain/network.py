"""Explains one trained network: what evaluate wrote in, figures and figures in words out."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from ferflow import paths
from ferflow.data.faces import load_faces
from ferflow.data.samples import inputs_and_targets, load_samples
from ferflow.data.split import TEST
from ferflow.evaluation.predictions import measured_on
from ferflow.files import read_parquet
from ferflow.machine import limited_threads, resolve_threads
from ferflow.models.factory import load_model
from ferflow.params import Params
from ferflow.plots import explain as drawn
from ferflow.plots.style import save
from ferflow.studies.explain.description import Description, write_description
from ferflow.studies.explain.explanation import Example, Explanation, explain

if TYPE_CHECKING:
    from ferflow.models.network import NetworkClassifier


def save_figures(
    found: Explanation, faces: NDArray[np.uint8], classes: Sequence[str], title: str, note: str, folder: Path
) -> None:
    """Draw what was found into a folder."""

    def looked(example: Example | None) -> drawn.Looked | None:
        if example is None:
            return None
        said = f"{classes[example.predicted]} {example.probability:.2f}"
        return drawn.Looked(faces[example.row], found.maps[example.row], said)

    pairs = [(looked(correct), looked(mistaken)) for correct, mistaken in found.pairs]
    save(drawn.saliency(pairs, list(found.means), classes, title=title, note=note), folder / "saliency.png")
    noun = "filter" if found.layer.convolutional else "unit"
    head = f"{title}: {noun}s of {found.layer.name} ({found.layer.kind})"
    numbers = found.layer.filters.tolist()
    save(drawn.filters(found.inputs, numbers, title=head, note=note, noun=noun), folder / "filters.png")
    shown = f"{note} · a face that shows {classes[found.shown.label]}"
    save(
        drawn.responses(faces[found.shown.row], found.responses, numbers, title=head, note=shown),
        folder / "responses.png",
    )


def explain_network(experiment: str, params: Params, folder: Path) -> None:
    """Explain the network of an experiment's first seed by its test faces.

    Parameters
    ----------
    experiment : str
        Its name in ``params.yaml``.
    params : Params
    folder : Path
        Where to write explain.json and the figures.
    """
    seed = params.seeds[0]
    trained = paths.training(experiment, seed)
    # The schema of the parameters sees to it that only networks are explained.
    model = cast("NetworkClassifier", load_model(trained / "model.safetensors"))
    samples = load_samples(paths.split(experiment))
    X, _ = inputs_and_targets(load_faces(), samples, TEST)
    side = math.isqrt(X.shape[1])
    faces = X.reshape(-1, side, side)
    predictions = read_parquet(trained / "predictions.parquet")
    with limited_threads(resolve_threads(params.threads)):
        found = explain(model, faces, predictions, samples.classes)
    settings = params.experiment(experiment)
    note = measured_on(settings.protocol, len(X), on_sample=params.on_sample, leaky=samples.leaky)
    save_figures(found, faces, samples.classes, f"{experiment}, seed {seed}", note, folder)
    description = Description(
        **dict(found.description),
        experiment=experiment,
        seed=seed,
        model=settings.model.name,
        protocol=settings.protocol,
    )
    write_description(folder, description)
