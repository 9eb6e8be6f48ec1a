"""What an experiment says of its model, joined with budget, seed and machine."""

from collections.abc import Mapping
from typing import Any

from ferflow.machine import Device, resolve_device
from ferflow.params import Params


def hyperparameters(
    params: Params, experiment: str, *, seed: int, epoch_faces: int, device: Device | None = None
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
    device : Device, optional
        Where a network is trained, and in which precision if it can make use of it; what ``params.yaml``
        says, if left out. Other models need none, and so not the seconds that PyTorch takes to look for it.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If PyTorch sees no such device.
    """
    model = params.experiment(experiment).model
    settings = model.model_dump() | {"random_state": seed}
    epochs = params.epochs_for(experiment)
    if epochs is not None:
        settings |= {"epochs": epochs, "epoch_faces": epoch_faces}
    if model.is_network:
        device = device or resolve_device(params.device, params.precision)
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
