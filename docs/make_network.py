"""Put a trained network into the package, with its card: `python docs/make_network.py EXPERIMENT SEED NAME`.

Run it where the experiment was trained and evaluated on the real FER-2013. The temperature is fitted on the
validation subset (PublicTest); every figure of the card is measured with the file that it describes.
"""

import sys
from pathlib import Path

from ferflow import params, paths
from ferflow.content import Estimate
from ferflow.data.faces import load_faces
from ferflow.data.samples import load_samples, rows_and_targets
from ferflow.data.split import VALIDATION
from ferflow.engines.script import run
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import SubsetFigures, Subsets, read_evaluation
from ferflow.evaluation.predictions import (
    latency_ms,
    measure_subsets,
)
from ferflow.evaluation.subsets import predict_subsets
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

VIEWS = {True: "a face and its mirror image are averaged", False: "of the face as it is"}
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


def card(settings: Params, experiment: str, seed: int, name: str) -> str:
    """Calibrate a trained network, store it in the package, measure what was stored, and write its card."""
    samples = load_samples(paths.split(experiment))
    model = load_model(paths.model(experiment, seed))
    if not isinstance(model, NetworkClassifier):
        raise InputError(f"{experiment} is no network; name an experiment whose model is one")
    X, y = rows_and_targets(load_faces(), samples, VALIDATION)
    target = card_path(name).with_suffix(".safetensors")
    model.scale_average = ()  # its gain is not worth five times the wait for each face of a photo
    with limited_threads(1):
        model.temperature_ = fit_temperature(model.logits(X), y, model.classes_)
        model.save(target, class_names=samples.classes, half_precision=True)
        network: NetworkClassifier = load_model(target)  # type: ignore[assignment]
        predictions = predict_subsets(network, load_faces(), samples)
    exported = target.with_suffix(SUFFIX)
    export_model(target, exported, None, "uint8")
    latency = latency_ms(OnnxModel(exported, threads=1), X)
    after = measure_subsets(predictions, samples.classes, settings.evaluate)
    before = read_evaluation(experiment, seed).subsets
    recipe = settings.experiment(experiment)
    return CARD.format(
        name=name,
        experiment=experiment,
        seed=seed,
        classes=", ".join(samples.classes),
        megabytes=target.stat().st_size / 1e6,
        title=find_model(recipe.model.name).title,
        parameters=network.parameter_count_,
        macs=network.macs_ / 1e6,
        views=VIEWS[network.flip_average],
        side=network.image_side_,
        train=sum(samples.train_counts),
        epochs=settings.epochs_for(experiment),
        precision=network.precision,
        temperature=network.temperature_,
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


def main() -> None:
    """Write the network and its card into the package."""
    if len(sys.argv) != 4:
        raise InputError("usage: python docs/make_network.py EXPERIMENT SEED NAME")
    experiment, seed, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    write_text(card_path(name), card(params.load(), experiment, seed, name))
    print(card_path(name))


if __name__ == "__main__":
    run(main)
