"""Train one experiment with one seed.

Writes results/experiments/<experiment>/<seed>/{model.safetensors,history.csv}. With FERFLOW_PROCESSES=2 two
processes train one network together.
"""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

import hashlib
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ferflow import paths
from ferflow.data.faces import load_faces
from ferflow.data.samples import load_samples, rows_and_targets
from ferflow.data.split import TRAIN
from ferflow.engines.gpus import claim_gpu
from ferflow.engines.script import Context, is_first_process, run_stage
from ferflow.files import write_text
from ferflow.machine import limited_threads, resolve_threads
from ferflow.models.factory import make_model
from ferflow.models.hyperparameters import hyperparameters, total_epochs
from ferflow.progress import TrainingProgress
from ferflow.remedies.registry import sample_weight
from ferflow.timings import record_timings
from ferflow.tracking.identity import origin
from ferflow.tracking.publish import training_run


def checkpoint_path(experiment: str, seed: int, settings: list[Any]) -> Path:
    """Name a checkpoint after all that the training depends on, so that none is taken for another's."""
    digest = hashlib.blake2b(json.dumps(settings, sort_keys=True).encode(), digest_size=8)
    for path in (paths.split(experiment), paths.FACES):  # the table holds every face's fingerprint
        digest.update(path.read_bytes())
    return paths.checkpoints() / f"{experiment}-{seed}-{digest.hexdigest()}.pt"


def main(context: Context) -> None:
    """Train, save the model and its history, and note how long it took."""
    settings, name, seed = context.params, context.experiment, context.seed
    experiment = settings.experiment(name)
    if experiment.model.is_network:
        claim_gpu(settings.device)
    samples = load_samples(paths.split(name))
    faces = load_faces()
    X, y = rows_and_targets(faces, samples, TRAIN)
    validation = rows_and_targets(faces, samples, samples.followed)

    arguments = hyperparameters(settings, name, seed=seed, epoch_faces=samples.train_faces)
    weight = sample_weight(experiment.class_weight, y)
    checkpoint = checkpoint_path(name, seed, [arguments, experiment.class_weight])
    resumed = checkpoint.exists()
    model = make_model(**arguments)
    threads = resolve_threads(settings.threads)
    started = time.perf_counter()
    fit = partial(model.fit, X, y, sample_weight=weight, validation=validation, checkpoint=checkpoint)
    if not is_first_process():
        with limited_threads(threads):
            fit()
        return
    with (
        limited_threads(threads),
        training_run(settings, name, seed) as track,
        TrainingProgress(f"{name} {seed}", total_epochs(arguments), track) as progress,
    ):
        fit(progress=progress)
    # A training that went on from a checkpoint was not timed from its start; what is known stays.
    timed = {} if resumed else {"train_seconds": time.perf_counter() - started}

    path = paths.model(name, seed)
    model.save(path, class_names=samples.classes)
    history = pd.DataFrame(model.history_)
    write_text(paths.history(name, seed), history.to_csv(index=False, float_format="%.6g"))
    record_timings(path, **timed, threads=threads, origin=origin())
    for left in paths.checkpoints_of(checkpoint):
        left.unlink(missing_ok=True)  # DVC may train the same in a temporary copy


if __name__ == "__main__":
    run_stage("train", main, __doc__)
