"""The MLflow experiments that hold the runs: found or made, with the view that they open on."""

import json
from typing import Any

from ferflow.errors import InputError
from ferflow.tracking.crossings import unless_there
from ferflow.tracking.metrics import HEADLINE
from ferflow.tracking.uri import artifacts

NOTE = "mlflow.note.content"
BEST_VIEW = "best"
_KIND = {"mlflow.experimentKind": "custom_model_development"}  # or its page opens on chats and prompts
_CHOICE = "validation/macro_f1"
_TAGS = ("winner", "remedy", "model", "protocol", "budget")


def experiment_id(client: Any, uri: str, name: str, tags: dict[str, str]) -> str:
    """Find or make an MLflow experiment, also where another process makes it at the same time.

    Parameters
    ----------
    client : MlflowClient
    uri : str
        Of its server.
    name : str
    tags : dict of str to str
        For a new one.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If it is there, but was deleted, as its page does; its name then stays taken.
    """
    if (entity := client.get_experiment_by_name(name)) is None:
        with unless_there():
            client.create_experiment(name, artifact_location=artifacts(uri), tags=_KIND | tags)
        entity = client.get_experiment_by_name(name)
    if entity.lifecycle_stage == "deleted":
        raise InputError(
            f"MLflow's experiment '{name}' was deleted: `mlflow experiments restore --experiment-id "
            f"{entity.experiment_id}` brings it back, `mlflow gc` removes it for good"
        )
    return str(entity.experiment_id)


def best_view() -> dict[str, str]:
    """Make the tag that keeps the view ``best``: the metrics that matter, the winner first.

    MLflow keeps the views that its page shares in such tags, and opens one by ``?viewStateShareKey=``.

    Returns
    -------
    dict of str to str
    """
    metrics = (_CHOICE, *(f"test/{name}" for name in HEADLINE))
    columns = [f"metrics.`{name}`" for name in metrics] + [f"tags.`{name}`" for name in _TAGS]
    view = {
        "orderByKey": f"metrics.`{_CHOICE}`",
        "orderByAsc": False,
        "selectedColumns": columns,
        "columnOrder": columns,
    }
    return {f"mlflow.sharedViewState.{BEST_VIEW}": json.dumps(view)}


def best_link(experiment: str) -> str:
    """Link from MLflow's own page to the view ``best`` of the MLflow experiment with this id."""
    return f"#/experiments/{experiment}/runs?viewStateShareKey={BEST_VIEW}"
