"""Train the variants of a recipe and note what comes of them: `python docs/try_recipes.py TRIALS RESULTS`.

TRIALS is a YAML file of one plan or several (docs/cnn_trials.yaml), RESULTS a CSV to which a row is added as
a training ends; what it holds already is not trained again, and an interrupted training goes on from its
checkpoint. Measured are the faces that a training is followed on: PublicTest under a sound protocol, which
never looks at PrivateTest, the tested faces under a published one without validation faces. Needs
`params.yaml` to name the real data, and the split stage of the base experiments.
"""

import hashlib
import json
import sys
import time
from itertools import chain, product
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import yaml
from pydantic import Field, ValidationError

from ferflow import params, paths
from ferflow.data.faces import load_faces
from ferflow.data.samples import Samples, load_samples, rows_and_targets
from ferflow.data.split import TRAIN
from ferflow.engines.script import run
from ferflow.errors import InputError, reason_of
from ferflow.files import write_text
from ferflow.machine import limited_threads, resolve_threads
from ferflow.models.factory import make_model
from ferflow.models.hyperparameters import hyperparameters
from ferflow.params.sections import Experiment
from ferflow.progress import TrainingProgress
from ferflow.remedies.registry import sample_weight
from ferflow.schema import Section, worst_mistake

FIGURES = ("train_loss", "validation_loss", "validation_accuracy", "validation_balanced_accuracy")


class Trials(Section):
    """What is tried.

    Attributes
    ----------
    bases : list of str
        Experiments of ``params.yaml``, each of which is varied.
    seeds : list of int
    trials : dict
        By name: what a trial changes in the base's model, and perhaps ``epochs``.
    """

    bases: Annotated[list[str], Field(min_length=1)]
    seeds: Annotated[list[int], Field(min_length=1)]
    trials: dict[str, dict[str, Any]]


def read_plans(path: Path) -> list[Trials]:
    """Read what is tried; raise InputError if the file does not say it."""
    try:
        return [Trials.model_validate(plan) for plan in yaml.safe_load_all(path.read_text())]
    except ValidationError as error:
        mistake, message = worst_mistake(error)
        raise InputError(f"{path}: {'.'.join(map(str, mistake['loc']))}: {message}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML: {reason_of(error, 120)}") from None


def settings_of(
    settings: params.Params, base: str, changes: dict[str, Any], seed: int, faces: int
) -> dict[str, Any]:
    """Join the base's hyperparameters with the changes of a trial, validated as ``params.yaml`` is."""
    experiment = settings.experiment(base)
    model = experiment.model.model_dump() | {key: value for key, value in changes.items() if key != "epochs"}
    try:
        whole = Experiment.model_validate(experiment.model_dump(exclude={"epochs"}) | {"model": model})
    except ValidationError as error:
        mistake, message = worst_mistake(error)
        raise InputError(f"trial of {base}: {'.'.join(map(str, mistake['loc']))}: {message}") from None
    tried = settings.model_copy(
        update={"experiments": {base: whole.model_copy(update={"epochs": experiment.epochs})}}
    )
    arguments = hyperparameters(tried, base, seed=seed, epoch_faces=faces)
    return arguments | ({"epochs": changes["epochs"]} if "epochs" in changes else {})


def train(
    settings: params.Params, base: str, samples: Samples, changes: dict[str, Any], seed: int, name: str
) -> dict[str, float]:
    """Train one variant from a seed; give its size, its last figures and the seconds it took."""
    faces = load_faces()
    X, y = rows_and_targets(faces, samples, TRAIN)
    arguments = settings_of(settings, base, changes, seed, samples.train_faces)
    class_weight = settings.experiment(base).class_weight
    known = json.dumps([base, class_weight, arguments], sort_keys=True).encode()
    checkpoint = paths.checkpoints() / f"trial-{hashlib.blake2b(known, digest_size=8).hexdigest()}.pt"
    model = make_model(**arguments)
    started = time.perf_counter()
    with (
        limited_threads(resolve_threads(settings.threads)),
        TrainingProgress(f"{base}, {name}, seed {seed}", arguments["epochs"], lambda row: None) as progress,
    ):
        model.fit(
            X,
            y,
            sample_weight=sample_weight(class_weight, y),
            validation=rows_and_targets(faces, samples, samples.followed),
            progress=progress,
            checkpoint=checkpoint,
        )
    seconds = round(time.perf_counter() - started)
    checkpoint.unlink(missing_ok=True)
    return {
        "epochs": arguments["epochs"],
        "parameters": model.parameter_count_,
        "macs": model.macs_,
        **{figure: model.history_[-1][figure] for figure in FIGURES},
        "seconds": seconds,
    }


def main() -> None:
    """Train what is missing."""
    if len(sys.argv) != 3:
        raise InputError("usage: python docs/try_recipes.py TRIALS RESULTS")
    plans = read_plans(Path(sys.argv[1]))
    results = Path(sys.argv[2])
    settings = params.load()
    trials = (product(plan.bases, plan.seeds, plan.trials.items()) for plan in plans)
    for base, seed, (name, changes) in chain.from_iterable(trials):
        trial = {"experiment": base, "trial": name, "seed": seed}
        table = pd.read_csv(results) if results.exists() else pd.DataFrame(columns=list(trial))
        if (table[list(trial)] == list(trial.values())).all(axis="columns").any():
            continue
        row = trial | train(settings, base, load_samples(paths.split(base)), changes, seed, name)
        table = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
        write_text(results, table.to_csv(index=False, float_format="%.6g"))


if __name__ == "__main__":
    run(main)
