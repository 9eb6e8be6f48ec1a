"""Train one experiment with one seed.

Writes results/experiments/<experiment>/<seed>/{model.safetensors,history.csv}.
"""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.utils.class_weight import compute_sample_weight

from ferflow import params, tracking
from ferflow.faces import TABLE_PATH, load_faces
from ferflow.files import write_text
from ferflow.machine import limited_threads, resolve_hyperparameters, resolve_threads
from ferflow.models import make_model
from ferflow.progress import Progress
from ferflow.samples import inputs_and_targets, load_samples
from ferflow.split import split_path
from ferflow.stage import arguments, run
from ferflow.timings import record_timings


def checkpoint_path(experiment: str, seed: int, settings: list[Any]) -> Path:
    """Name a checkpoint after all that the training depends on, so that none is taken for another's."""
    digest = hashlib.blake2b(json.dumps(settings, sort_keys=True).encode(), digest_size=8)
    for path in (split_path(experiment), TABLE_PATH):  # the table holds every face's fingerprint
        digest.update(path.read_bytes())
    return Path("checkpoints") / f"{experiment}-{seed}-{digest.hexdigest()}.pt"


def main() -> None:
    """Train, save the model and its history, and note how long it took."""
    args = arguments(__doc__, "experiment", "seed")
    settings = params.load()
    experiment = settings.experiment(args.experiment)
    folder = split_path(args.experiment).parent / str(args.seed)
    samples = load_samples(split_path(args.experiment))
    faces = load_faces()
    X, y = inputs_and_targets(faces, samples, "train")
    validation = inputs_and_targets(faces, samples, samples.followed)

    chosen = resolve_hyperparameters(
        settings.hyperparameters(args.experiment, seed=args.seed, epoch_faces=samples.train_faces)
    )
    weight = None if experiment.class_weight == "none" else compute_sample_weight(experiment.class_weight, y)
    checkpoint = checkpoint_path(args.experiment, args.seed, [chosen, experiment.class_weight])
    resumed = checkpoint.exists()
    model = make_model(**chosen)
    threads = resolve_threads(settings.threads)
    started = time.perf_counter()
    with (
        limited_threads(threads),
        tracking.training_run(settings, args.experiment, args.seed) as track,
        Progress(f"{args.experiment} {args.seed}", chosen.get("epochs", 1), track) as progress,
    ):
        model.fit(
            X,
            y,
            sample_weight=weight,
            validation=validation,
            progress=progress,
            checkpoint=checkpoint,
        )
    # A training that went on from a checkpoint was not timed from its start.
    seconds = None if resumed else time.perf_counter() - started

    path = folder / "model.safetensors"
    model.save(path, class_names=samples.classes)
    write_text(folder / "history.csv", pd.DataFrame(model.history_).to_csv(index=False, float_format="%.6g"))
    record_timings(path, train_seconds=seconds, threads=threads)
    checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    run(main)
