"""The models: untrained by name, trained from a file."""

from pathlib import Path
from typing import Any

import numpy as np

from ferflow.errors import InputError
from ferflow.models import schemas  # noqa: F401  # registers the models
from ferflow.models.registry import Classifier, find_model
from ferflow.models.storage import image_side_of, read_description

#: What comes of a file that is whole, and yet no such model: made by hand, or by another version.
_MAKE_NO_MODEL = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)


def make_model(name: str, **hyperparameters: Any) -> Classifier:
    """Make an untrained scikit-learn classifier.

    Parameters
    ----------
    name : str
        logistic, softmax, cnn, dnn, efficientnet, kmeans, or what else is registered.
    **hyperparameters : object
        What its class takes.

    Returns
    -------
    Classifier

    Raises
    ------
    InputError
        If no model has this name (the nearest is named).
    """
    model: Classifier = find_model(name).classifier()(**hyperparameters)
    return model


def load_model(path: Path | str) -> Classifier:
    """Read a trained model of any kind.

    Parameters
    ----------
    path : Path or str
        Of the ``model.safetensors``.

    Returns
    -------
    Classifier

    Raises
    ------
    InputError
        If the file is missing, is not one of ours, or is of an older ferflow.
    """
    name = read_description(path)["model"]
    try:
        kind = find_model(name).classifier()
        model: Classifier = kind.load(path)
        # One blank face: arrays that do not fit together would fail at the first that somebody asks about.
        shape = model.predict_proba(np.zeros((1, model.n_features_in_), dtype=np.uint8)).shape
        if shape != (1, len(model.classes_)):
            raise ValueError(f"{len(model.classes_)} classes, probabilities of shape {shape}")
        side = model.image_side_
        if not isinstance(side, int | None) or side != image_side_of(model.n_features_in_):
            raise ValueError(f"{model.n_features_in_} features, a side of {side!r} pixels")
    except InputError as error:
        if str(error).startswith(f"{path}: "):
            raise
        raise InputError(f"{path}: {error}") from error  # of a name that nothing has registered
    except _MAKE_NO_MODEL as error:
        raise InputError(f"{path}: its content makes no {name} model; train it again") from error
    return model
