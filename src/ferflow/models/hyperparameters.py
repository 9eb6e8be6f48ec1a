"""What an experiment says of its model, joined with budget, seed and machine."""

from collections.abc import Mapping
from typing import Any

from ferflow.machine import Device
from ferflow.params import Params


def hyperparameters(
    params: Params, experiment: str, *, seed: int, epoch_faces: int, device: Device
) -> dict[str, Any]:
    """Gather what :func:`ferflow.models.factory.make_model` takes.

    Parameters
    ----------
    params : Params
    experiment : str
        Its name in ``params.yaml``.
    seed : int
        Of the training.
    epoch_faces : int
        Faces that one epoch sees, for a model that has epochs.
    device : Device
        Where a network is trained; its precision is for one that can make use of it.

    Returns
    -------
    dict
    """
    model = params.experiment(experiment).model
    settings = model.model_dump() | {"random_state": seed}
    epochs = params.epochs_for(experiment)
    if epochs is not None:
        settings |= {"epochs": epochs, "epoch_faces": epoch_faces}
    if model.is_network:
        settings["device"] = device.name
    if model.supports_bfloat16:
        settings["precision"] = device.precision
    return settings


def total_epochs(hyperparameters: Mapping[str, Any]) -> int:
    """Count the epochs that a training goes through, those of all its networks together.

    Parameters
    ----------
    hyperparameters : mapping
        As :func:`hyperparameters` gathers them.

    Returns
    -------
    int
        1 for a model that has no epochs.
    """
    retraining = (hyperparameters.get("retrain") or {"epochs": 0})["epochs"]
    networks = hyperparameters.get("members", 1) + bool(hyperparameters.get("distillation"))
    return int(networks * (hyperparameters.get("epochs", 1) + retraining))
