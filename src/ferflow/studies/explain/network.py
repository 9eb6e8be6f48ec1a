"""Explains one trained network: what evaluate wrote in, figures and figures in words out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from ferflow import paths
from ferflow.data.faces import load_faces
from ferflow.data.samples import load_samples, rows_and_targets
from ferflow.data.split import TEST
from ferflow.evaluation.predictions import measured_on, read_predictions
from ferflow.machine import limited_threads, resolve_threads
from ferflow.models.faces import SquareFaces
from ferflow.models.factory import load_model
from ferflow.params import Params
from ferflow.plots import explain as figures
from ferflow.plots.style import save
from ferflow.studies.explain.description import Description, write_description
from ferflow.studies.explain.explanation import Example, Explanation, explain

if TYPE_CHECKING:
    from ferflow.models.network import NetworkClassifier


def save_figures(
    explanation: Explanation,
    faces: SquareFaces,
    classes: Sequence[str],
    title: str,
    note: str,
    folder: Path,
) -> None:
    """Draw what an explanation holds.

    Parameters
    ----------
    explanation : Explanation
    faces : SquareFaces
        The test faces.
    classes : sequence of str
        Their names.
    title, note : str
        Which network, on which faces.
    folder : Path
        Where to write.
    """

    def picture(row: int) -> NDArray[np.uint8]:
        face: NDArray[np.uint8] = faces[np.array([row])][0]
        return face

    def with_map(example: Example | None) -> figures.Looked | None:
        if example is None:
            return None
        text = f"{classes[example.predicted]} {example.probability:.2f}"
        return figures.Looked(picture(example.row), explanation.maps[example.row], text)

    pairs = [(with_map(correct), with_map(mistaken)) for correct, mistaken in explanation.pairs]
    save(
        figures.saliency(pairs, list(explanation.means), classes, title=title, note=note),
        folder / "saliency.png",
    )
    noun = "filter" if explanation.layer.convolutional else "unit"
    head = f"{title}: {noun}s of {explanation.layer.name} ({explanation.layer.kind})"
    numbers = explanation.layer.filters.tolist()
    save(
        figures.filters(explanation.inputs, numbers, title=head, note=note, noun=noun), folder / "filters.png"
    )
    face_note = f"{note} · a face that shows {classes[explanation.shown.label]}"
    save(
        figures.responses(
            picture(explanation.shown.row), explanation.responses, numbers, title=head, note=face_note
        ),
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
    # The schema of the parameters sees to it that only networks are explained.
    model = cast("NetworkClassifier", load_model(paths.model(experiment, seed)))
    samples = load_samples(paths.split(experiment))
    X, _ = rows_and_targets(load_faces(), samples, TEST)
    faces = SquareFaces(X)
    predictions = read_predictions(paths.predictions(experiment, seed))
    with limited_threads(resolve_threads(params.threads)):
        explanation = explain(model, faces, predictions, samples.classes)
    settings = params.experiment(experiment)
    note = measured_on(settings.protocol, len(faces), on_sample=params.on_sample, leaky=samples.leaky)
    save_figures(explanation, faces, samples.classes, f"{experiment}, seed {seed}", note, folder)
    description = Description(
        **dict(explanation.description),
        experiment=experiment,
        seed=seed,
        model=settings.model.name,
        protocol=settings.protocol,
    )
    write_description(folder, description)
