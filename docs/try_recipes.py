"""Train the variants of a recipe and note what PublicTest says: `python docs/try_recipes.py TRIALS RESULTS`.

TRIALS is a YAML file (docs/cnn_trials.yaml), RESULTS a CSV to which a row is added as a training ends; what
it holds already is not trained again, and an interrupted training goes on from its checkpoint. PrivateTest is
not looked at. Needs `params.yaml` to name the real data, and the split stage of the base experiment.
"""

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import yaml
from pydantic import Field

from ferflow import params, paths
from ferflow.data.faces import load_faces
from ferflow.data.samples import inputs_and_targets, load_samples
from ferflow.data.split import TRAIN, VALIDATION
from ferflow.engines.script import run
from ferflow.errors import InputError
from ferflow.files import write_text
from ferflow.machine import limited_threads, resolve_device, resolve_threads
from ferflow.models.factory import make_model
from ferflow.models.hyperparameters import hyperparameters
from ferflow.params.sections import Experiment
from ferflow.progress import TrainingProgress
from ferflow.schema import Section

FIGURES = ("train_loss", "validation_loss", "validation_accuracy", "validation_balanced_accuracy")


class Trials(Section):
    """What is tried.

    Attributes
    ----------
    base : str
        An experiment of ``params.yaml``.
    seeds : list of int
    trials : dict
        By name: what a trial changes in the base's model, and perhaps ``epochs``.
    """

    base: str
    seeds: Annotated[list[int], Field(min_length=1)]
    trials: dict[str, dict[str, Any]]


def settings_of(
    settings: params.Params, base: str, changes: dict[str, Any], seed: int, faces: int
) -> dict[str, Any]:
    """Join the base's hyperparameters with the changes of a trial, validated as ``params.yaml`` is."""
    experiment = settings.experiment(base)
    model = experiment.model.model_dump() | {key: value for key, value in changes.items() if key != "epochs"}
    whole = Experiment.model_validate(experiment.model_dump(exclude={"epochs"}) | {"model": model})
    tried = settings.model_copy(
        update={"experiments": {base: whole.model_copy(update={"epochs": experiment.epochs})}}
    )
    device = resolve_device(settings.device, settings.precision)
    arguments = hyperparameters(tried, base, seed=seed, epoch_faces=faces, device=device)
    return arguments | ({"epochs": changes["epochs"]} if "epochs" in changes else {})


def main() -> None:
    """Train what is missing."""
    if len(sys.argv) != 3:
        raise InputError("usage: python docs/try_recipes.py TRIALS RESULTS")
    plan = Trials.model_validate(yaml.safe_load(Path(sys.argv[1]).read_text()))
    results = Path(sys.argv[2])
    settings = params.load()
    samples = load_samples(paths.split(plan.base))
    faces = load_faces()
    X, y = inputs_and_targets(faces, samples, TRAIN)
    validation = inputs_and_targets(faces, samples, VALIDATION)
    for seed in plan.seeds:
        for name, changes in plan.trials.items():
            table = pd.read_csv(results) if results.exists() else pd.DataFrame(columns=["trial", "seed"])
            if ((table["trial"] == name) & (table["seed"] == seed)).any():
                continue
            arguments = settings_of(settings, plan.base, changes, seed, samples.train_faces)
            digest = hashlib.blake2b(
                json.dumps(arguments, sort_keys=True).encode(), digest_size=8
            ).hexdigest()
            checkpoint = paths.CHECKPOINTS / f"trial-{digest}.pt"
            started = time.perf_counter()
            model = make_model(**arguments)
            with (
                limited_threads(resolve_threads(settings.threads)),
                TrainingProgress(f"{name}, seed {seed}", arguments["epochs"], lambda row: None) as progress,
            ):
                model.fit(X, y, validation=validation, progress=progress, checkpoint=checkpoint)
            row = {
                "trial": name,
                "seed": seed,
                "epochs": arguments["epochs"],
                "parameters": model.parameter_count_,
                "macs": model.macs_,
                **{figure: model.history_[-1][figure] for figure in FIGURES},
                "seconds": round(time.perf_counter() - started),
            }
            table = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
            write_text(results, table.to_csv(index=False, float_format="%.6g"))
            checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    run(main)
