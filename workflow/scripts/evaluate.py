"""Test one training: predictions, metrics and figures in results/experiments/<experiment>/<seed>/."""

import numpy as np
import pandas as pd

from ferflow import evaluation, paths, tracking
from ferflow.faces import load_faces
from ferflow.figures import evaluation as figures
from ferflow.files import write_json, write_parquet
from ferflow.machine import limited_threads, resolve_threads
from ferflow.models import load_model
from ferflow.samples import inputs_and_targets, load_samples
from ferflow.split import TEST, VALIDATION
from ferflow.stage import Context, run_stage
from ferflow.timings import record_timings


def main(context: Context) -> None:
    """Predict validation and test faces, measure, draw, and note how long one prediction takes."""
    settings, name, seed = context.params, context.experiment, context.seed
    experiment = settings.experiment(name)
    folder = paths.training(name, seed)
    samples = load_samples(paths.split(name))
    faces = load_faces()
    model = load_model(folder / "model.safetensors")

    parts = []
    threads = resolve_threads(settings.threads)
    with limited_threads(threads):
        for side in (VALIDATION, TEST):
            X, labels = inputs_and_targets(faces, samples, side)
            probabilities = evaluation.probabilities_of(model, X, len(samples.classes))
            parts.append(
                evaluation.prediction_table(samples.subset(side), labels, probabilities, samples.classes)
            )
        predictions = pd.concat(parts, ignore_index=True)
        sides = evaluation.measure_sides(predictions, samples.classes, settings.evaluate)
        record_timings(folder / "model.safetensors", latency_ms=evaluation.latency_ms(model, X))

    write_parquet(folder / "predictions.parquet", predictions)
    write_json(folder / "metrics.json", evaluation.plain_metrics(sides))
    write_json(
        folder / "evaluation.json",
        {
            "experiment": name,
            "seed": seed,
            "settings": experiment.model_dump(mode="json"),
            "protocol": experiment.protocol,
            "model": experiment.model.name,
            "classes": samples.classes,
            "leaky": samples.leaky,
            "machine": evaluation.machine_of(model, threads),
            "sides": sides,
            "cost": evaluation.cost_of(
                model,
                model_bytes=(folder / "model.safetensors").stat().st_size,
                faces_per_epoch=samples.train_faces,
                epochs=int(pd.read_csv(folder / "history.csv")["epoch"].max()),
            ),
        },
    )
    note = " · ".join(
        [
            *(["sample faces"] if settings.on_sample else []),
            f"protocol {experiment.protocol}",
            f"{sides['official']['n']:,} test faces",
            *(["leaky"] if samples.leaky else []),
        ]
    )
    title = f"{name}, seed {seed}"
    confusion = np.array(sides["official"]["confusion"])
    figures.save(
        figures.confusion(confusion, samples.classes, title=title, note=note), folder / "confusion.png"
    )
    labels, probabilities = evaluation.select_side(predictions, "official")
    figures.save(
        figures.curves(labels, probabilities, samples.classes, title=title, note=note), folder / "curves.png"
    )
    tracking.log_evaluation(settings, name, seed)


if __name__ == "__main__":
    run_stage("evaluate", main, __doc__)
