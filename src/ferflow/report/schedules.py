"""How the networks were trained, read from what the stages wrote."""

from collections.abc import Mapping

import pandas as pd

from ferflow import paths
from ferflow.data.samples import Samples, load_samples
from ferflow.data.split import TRAIN
from ferflow.evaluation.cautions import Schedule, frequency_loss
from ferflow.params import Params
from ferflow.report.results import Result


def schedule_of(result: Result, settings: Params, faces: pd.DataFrame) -> Schedule | None:
    """Read how an experiment's network was trained; None for a model that is no network.

    Parameters
    ----------
    result : Result
        Of the experiment.
    settings : Params
        With the experiment's model and loss.
    faces : DataFrame
        ``face`` and ``label`` of all faces.
    """
    experiment = settings.experiment(result.name)
    model = experiment.model
    if not model.is_network:
        return None
    epochs = int(result.histories[0]["epoch"].max())
    weights: Mapping[str, float] = train_counts(load_samples(paths.split(result.name)), faces)
    if experiment.class_weight == "balanced":
        weights = {name: 1.0 for name, count in weights.items() if count}
    is_focal = getattr(model, "loss", "") == "focal"
    return Schedule(
        epochs=epochs,
        epoch_faces=round(result.cost.training_faces / epochs),
        batch_size=int(getattr(model, "batch_size", 1)),
        losses=[float(history["train_loss"].iloc[-1]) for history in result.histories],
        frequency_loss=frequency_loss(
            weights,
            gamma=float(getattr(model, "gamma", 0.0)) if is_focal else 0.0,
            balanced=is_focal and getattr(model, "alpha", "none") == "balanced",
            smoothing=0.0 if is_focal else float(getattr(model, "label_smoothing", 0.0)),
        ),
    )


def train_counts(samples: Samples, faces: pd.DataFrame) -> dict[str, int]:
    """Count the training samples of each class, after the balance."""
    labels = faces.set_index("face")["label"].loc[samples.subset(TRAIN)["face"]]
    return {name: int((labels == name).sum()) for name in samples.classes}
