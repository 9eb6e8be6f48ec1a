"""Show what a trained network looks at and what its filters look for.

Writes results/experiments/<experiment>/explain/{explain.json,saliency.png,filters.png,responses.png}, of its
first seed.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferflow import figures, params
from ferflow.errors import InputError
from ferflow.evaluation import run_folder
from ferflow.explain import Example, Explanation, explain
from ferflow.faces import load_faces
from ferflow.figures import explain as drawn
from ferflow.files import read_parquet, write_json
from ferflow.machine import limited_threads, resolve_threads
from ferflow.models import load_model
from ferflow.models.network import NetworkClassifier
from ferflow.samples import inputs_and_targets, load_samples
from ferflow.split import TEST, split_path
from ferflow.stage import arguments, run


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
    figures.save(
        drawn.saliency(pairs, list(found.means), classes, title=title, note=note), folder / "saliency.png"
    )
    noun = "filter" if found.layer.convolutional else "unit"
    head = f"{title}: {noun}s of {found.layer.name} ({found.layer.kind})"
    numbers = found.layer.filters.tolist()
    figures.save(
        drawn.filters(found.inputs, numbers, title=head, note=note, noun=noun), folder / "filters.png"
    )
    shown = f"{note} · a face that shows {classes[found.shown.label]}"
    figures.save(
        drawn.responses(faces[found.shown.row], found.responses, numbers, title=head, note=shown),
        folder / "responses.png",
    )


def main() -> None:
    """Explain one network by its test faces."""
    args = arguments(__doc__, "experiment")
    settings = params.load()
    experiment, seed = settings.experiment(args.experiment), settings.seeds[0]
    trained = run_folder(args.experiment, seed)
    model = load_model(trained / "model.safetensors")
    if not isinstance(model, NetworkClassifier):
        raise InputError(
            f"experiment '{args.experiment}': a {experiment.model.name} model has no filters to show; "
            "name networks (cnn, dnn, efficientnet) under 'explain'"
        )
    samples = load_samples(split_path(args.experiment))
    X, _ = inputs_and_targets(load_faces(), samples, TEST)
    side = math.isqrt(X.shape[1])
    faces = X.reshape(-1, side, side)
    predictions = read_parquet(trained / "predictions.parquet")
    with limited_threads(resolve_threads(settings.threads)):
        found = explain(model, faces, predictions, samples.classes)

    about = {"experiment": args.experiment, "seed": seed, "model": experiment.model.name}
    note = " · ".join(
        [
            *(["sample faces"] if settings.on_sample else []),
            f"protocol {experiment.protocol}",
            f"{len(X):,} test faces",
            *(["leaky"] if samples.leaky else []),
        ]
    )
    folder = Path("results/experiments") / args.experiment / "explain"
    save_figures(found, faces, samples.classes, f"{args.experiment}, seed {seed}", note, folder)
    write_json(folder / "explain.json", about | {"protocol": experiment.protocol} | found.description)


if __name__ == "__main__":
    run(main)
