"""The best models in MLflow's registry, each under the alias ``champion``: what a server is to serve."""

import math
from collections.abc import Iterator
from typing import Any

from ferflow import paths
from ferflow.evaluation.evaluation import read_plain_metrics
from ferflow.params import Params
from ferflow.remedies.registry import NONE
from ferflow.tracking.crossings import unless_there
from ferflow.tracking.groups import group_of, is_leaky

ALIAS = "champion"
REGISTERED = "ferflow"


def candidates(params: Params) -> Iterator[tuple[str, list[tuple[float, str, int]]]]:
    """Gather the trainings that were validated on the same faces, are not leaky, and predict as they are.

    The figures of an experiment with an adjustment are those of adjusted probabilities, and its adjustment
    was chosen on the validation faces; its model, which a server would load, gives them without.

    Parameters
    ----------
    params : Params

    Yields
    ------
    name : str
        Of the registered model: ``ferflow-`` and the first of the protocols with these validation faces.
    trainings : list of (validation macro-F1, experiment, seed)
        Those that are finished, best first; never empty.
    """
    groups: dict[str, list[tuple[float, str, int]]] = {}
    for experiment in params.run:
        if is_leaky(params, experiment) or params.experiment(experiment).adjustment != NONE.name:
            continue
        name = f"{REGISTERED}-{group_of(params, experiment)}"
        for seed in params.seeds:
            file = paths.metrics(experiment, seed)
            metrics = read_plain_metrics(file) if file.is_file() else {}
            score = metrics.get("validation", {}).get("macro_f1", math.nan)
            if not math.isnan(score):
                groups.setdefault(name, []).append((score, experiment, seed))
    for name, trainings in groups.items():
        yield name, sorted(trainings, key=lambda training: -training[0])


def crown(client: Any, name: str, run: Any) -> None:
    """Give the model of a run the alias, registered once however often it wins.

    Parameters
    ----------
    client : MlflowClient
    name : str
        Of the registered model; made if there is none.
    run : mlflow.entities.Run
        With a model.
    """
    outputs = run.outputs.model_outputs if run.outputs else []
    if not outputs:
        return
    model = client.get_logged_model(outputs[-1].model_id)
    if not client.search_registered_models(f"name = '{name}'"):
        with unless_there():
            client.create_registered_model(
                name, description="The best by macro-F1 on the validation faces has the alias 'champion'."
            )
    aliases = client.get_registered_model(name).aliases
    if ALIAS in aliases and client.get_model_version(name, aliases[ALIAS]).run_id == run.info.run_id:
        return
    former = client.search_model_versions(f"name = '{name}' AND run_id = '{run.info.run_id}'", max_results=1)
    version = (
        former[0]
        if former
        else client.create_model_version(
            name,
            source=model.artifact_location,
            run_id=run.info.run_id,
            model_id=model.model_id,
            await_creation_for=0,
        )
    )
    client.set_registered_model_alias(name, ALIAS, version.version)
