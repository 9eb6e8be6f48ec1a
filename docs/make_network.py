"""Put a trained network into the package, with its card: `python docs/make_network.py EXPERIMENT SEED NAME`.

Run it where the experiment was trained and evaluated on the real FER-2013. The temperature is fitted on the
validation subset (PublicTest); figures of the card are measured with the file that `ferflow predict` runs.
With `--fast` behind the name it is a network that predicts from the face alone, with 8-bit integers.
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferflow import params, paths
from ferflow.content import Estimate
from ferflow.data.faces import load_faces
from ferflow.data.samples import Samples, load_samples, rows_and_targets
from ferflow.data.split import TRAIN, VALIDATION
from ferflow.engines.script import run
from ferflow.errors import InputError, shown
from ferflow.evaluation.evaluation import SubsetFigures, Subsets
from ferflow.evaluation.predictions import (
    latency_ms,
    measure_subsets,
)
from ferflow.evaluation.subsets import predict_subsets
from ferflow.export.calibration import FACES
from ferflow.export.command import export_model
from ferflow.files import write_text
from ferflow.machine import limited_threads
from ferflow.models.calibration import fit_temperature
from ferflow.models.factory import load_model
from ferflow.models.network import NetworkClassifier
from ferflow.models.onnx_model import SUFFIX, OnnxModel
from ferflow.models.registry import find_model
from ferflow.networks import card_path
from ferflow.params import Params
from ferflow.report.markdown import markdown_table
from ferflow.report.wording import METRIC_NAMES, with_interval

TAUGHT = ", taught by another that was trained so before it"
VIEWS = {True: "two of them, the face and its mirror image, are averaged", False: "one, the face as it is"}
CARD = (Path(__file__).parent / "templates" / "model_card.md").read_text()


def percent(estimate: Estimate) -> str:
    """Write an estimate with its interval: "70.1 (68.6 to 71.5)"."""
    return with_interval((estimate.value, estimate.low, estimate.high), "accuracy")


def figures_table(subsets: Subsets) -> str:
    """Tabulate the main metrics of official and clean faces."""
    rows = [
        [
            METRIC_NAMES[metric],
            percent(subsets.official.metrics[metric]),
            percent(subsets.clean.metrics[metric]),
        ]
        for metric in ("accuracy", "balanced_accuracy", "macro_f1")
    ]
    return markdown_table(["", "official", "clean"], rows)


def class_table(figures: SubsetFigures) -> str:
    """Tabulate precision and recall by class, with the number of faces."""
    rows = [
        [name, f"{of_class.support:,}", percent(of_class.recall), percent(of_class.precision)]
        for name, of_class in figures.per_class.items()
    ]
    return markdown_table(["", "faces", "recall", "precision"], rows)


def card(settings: Params, experiment: str, seed: int, name: str, *, fast: bool) -> str:
    """Calibrate a trained network, store it in the package, measure what was stored, and write its card."""
    samples = load_samples(paths.split(experiment))
    model = load_model(paths.model(experiment, seed))
    if not isinstance(model, NetworkClassifier):
        raise InputError(f"{experiment} is no network; name an experiment whose model is one")
    X, y = rows_and_targets(load_faces(), samples, VALIDATION)
    target = card_path(name).with_suffix(".safetensors")
    model.scale_average = ()  # its gain is not worth five times the wait for each face of a photo
    model.flip_average = model.flip_average and not fast
    with limited_threads(1):
        before = _measured(settings, model, samples)
        model.temperature_ = fit_temperature(model.logits(X), y, model.classes_)
        model.save(target, class_names=samples.classes, half_precision=True)
        exported = target.with_suffix(SUFFIX)
        trained_on = partial(training_faces, samples) if fast else None
        agreement = export_model(target, exported, None, "uint8", calibration=trained_on)
        if fast:  # nobody gains by running it another way
            target.unlink()
        network = OnnxModel(exported, threads=1)
        after = _measured(settings, network, samples)
        latency = latency_ms(network, X)
    recipe = settings.experiment(experiment)
    return CARD.format(
        name=name,
        option=" --fast" if fast else "",
        experiment=experiment,
        seed=seed,
        classes=", ".join(samples.classes),
        files=" and ".join(
            f"`{file.name}` ({file.stat().st_size / 1e6:.1f} MB)"
            for file in (target, exported)
            if file.is_file()
        ),
        title=find_model(recipe.model.name).title,
        parameters=model.parameter_count_,
        macs=model.macs_ / 1e6,
        views=VIEWS[model.flip_average],
        side=network.image_side_,
        train=sum(samples.train_counts),
        epochs=settings.epochs_for(experiment),
        precision=model.precision,
        taught=TAUGHT if model.distillation > 0 else "",
        temperature=model.temperature_,
        runs_as=agreement.partition("MB; ")[2],
        latency=latency,
        confidence=settings.evaluate.confidence,
        official=after.official.n,
        clean=after.clean.n,
        figures=figures_table(after),
        by_class=class_table(after.official),
        ece_before=100 * before.official.metrics.ece.value,
        ece_after=100 * after.official.metrics.ece.value,
        loss_before=before.official.metrics.log_loss.value,
        loss_after=after.official.metrics.log_loss.value,
    )


def _measured(settings: Params, model: NetworkClassifier | OnnxModel, samples: Samples) -> Subsets:
    predictions = predict_subsets(model, load_faces(), samples)
    return measure_subsets(predictions, samples.classes, settings.evaluate)


def training_faces(samples: Samples, side: int) -> NDArray[np.uint8]:
    """Take evenly spaced faces of the training, by which ranges of 8-bit integers are found."""
    rows, _ = rows_and_targets(load_faces(), samples, TRAIN)
    every = max(1, len(rows) // FACES)
    return rows.rows(np.arange(0, len(rows), every)[:FACES]).reshape(-1, side, side)


def main() -> None:
    """Write the network and its card into the package."""
    arguments = [word for word in sys.argv[1:] if word != "--fast"]
    if len(arguments) != 3:
        raise InputError("usage: python docs/make_network.py EXPERIMENT SEED NAME [--fast]")
    experiment, seed, name = arguments
    if not (seed.isascii() and seed.isdecimal()):
        raise InputError(f"SEED is a whole number, found '{shown(seed)}'")
    write_text(card_path(name), card(params.load(), experiment, int(seed), name, fast="--fast" in sys.argv))
    print(card_path(name))


if __name__ == "__main__":
    run(main)
