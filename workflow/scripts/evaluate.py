"""Test one training: predictions, metrics and figures in results/experiments/<experiment>/<seed>/."""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ferflow import paths
from ferflow.data.faces import load_faces
from ferflow.data.samples import class_prior, load_samples, rows_and_targets
from ferflow.data.split import TEST
from ferflow.engines.script import Context, run_stage
from ferflow.evaluation.evaluation import Evaluation, write_evaluation
from ferflow.evaluation.predictions import (
    cost_of,
    latency_ms,
    machine_of,
    measure_subsets,
    measured_on,
    plain_metrics,
    select_subset,
)
from ferflow.evaluation.subsets import Adjust, predict_subsets
from ferflow.files import write_json, write_parquet
from ferflow.machine import limited_threads, resolve_threads
from ferflow.models.factory import load_model
from ferflow.plots.evaluation import confusion, curves
from ferflow.plots.style import save
from ferflow.remedies.adjustments import adjusted, class_weights
from ferflow.tables import read_table
from ferflow.timings import record_timings
from ferflow.tracking.publish import log_evaluation


def main(context: Context) -> None:
    """Predict validation and test faces, adjust, measure, draw, and note how long one prediction takes."""
    settings, name, seed = context.params, context.experiment, context.seed
    experiment = settings.experiment(name)
    folder = paths.training(name, seed)
    samples = load_samples(paths.split(name))
    faces = load_faces()
    model = load_model(folder / "model.safetensors")

    def find_adjustment(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> Adjust:
        prior = class_prior(faces, samples)
        weight = class_weights(experiment.adjustment, probabilities, labels, prior)
        return partial(adjusted, weight=weight)

    threads = resolve_threads(settings.threads)
    with limited_threads(threads):
        predictions = predict_subsets(model, faces, samples, find_adjustment=find_adjustment)
        subsets = measure_subsets(predictions, samples.classes, settings.evaluate)
        X, _ = rows_and_targets(faces, samples, TEST)
        record_timings(folder / "model.safetensors", latency_ms=latency_ms(model, X))

    epochs = int(read_table(folder / "history.csv", {"epoch": "integer"}, "train")["epoch"].max())
    write_parquet(folder / "predictions.parquet", predictions)
    write_json(folder / "metrics.json", plain_metrics(subsets))
    write_evaluation(
        Evaluation(
            experiment=name,
            seed=seed,
            settings=experiment.model_dump(mode="json"),
            protocol=experiment.protocol,
            model=experiment.model.name,
            classes=samples.classes,
            leaky=samples.leaky,
            machine=machine_of(model, threads),
            subsets=subsets,
            cost=cost_of(
                model,
                model_bytes=(folder / "model.safetensors").stat().st_size,
                faces_per_epoch=samples.train_faces,
                epochs=epochs // max(1, experiment.model.networks),  # each network went through its own
            ),
        )
    )
    official = subsets.official
    note = measured_on(experiment.protocol, official.n, on_sample=settings.on_sample, leaky=samples.leaky)
    title = f"{name}, seed {seed}"
    save(confusion(official.counts(), samples.classes, title=title, note=note), folder / "confusion.png")
    labels, probabilities = select_subset(predictions, "official")
    save(curves(labels, probabilities, samples.classes, title=title, note=note), folder / "curves.png")
    log_evaluation(settings, name, seed)


if __name__ == "__main__":
    run_stage("evaluate", main, __doc__)
