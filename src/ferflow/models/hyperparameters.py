"""What an experiment says of its model, joined with budget, seed and machine."""

from typing import Any

from ferflow.params import Params


def hyperparameters(
    params: Params, experiment: str, *, seed: int, epoch_faces: int, precision: str
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
    precision : str
        ``float32`` or ``bfloat16``, for a network that can make use of it.

    Returns
    -------
    dict
    """
    model = params.experiment(experiment).model
    settings = model.model_dump() | {"random_state": seed}
    epochs = params.epochs_for(experiment)
    if epochs is not None:
        settings |= {"epochs": epochs, "epoch_faces": epoch_faces}
    if model.supports_bfloat16:
        settings["precision"] = precision
    return settings
