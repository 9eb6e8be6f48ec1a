"""The models by name, each imported when it is first asked for: PyTorch alone takes seconds."""

import difflib
from importlib import import_module
from pathlib import Path
from typing import Any

from ferflow.errors import InputError
from ferflow.models.storage import read_description

_CLASSES = {
    "logistic": ("ferflow.models.logistic", "LogisticClassifier"),
    "softmax": ("ferflow.models.softmax", "SoftmaxClassifier"),
    "cnn": ("ferflow.models.cnn", "CNNClassifier"),
    "dnn": ("ferflow.models.dnn", "DNNClassifier"),
    "efficientnet": ("ferflow.models.efficientnet", "EfficientNetClassifier"),
    "kmeans": ("ferflow.models.kmeans", "KMeansClassifier"),
}


def make_model(name: str, **hyperparameters: Any) -> Any:
    """Make an untrained scikit-learn classifier.

    Parameters
    ----------
    name : logistic, softmax, cnn, dnn, efficientnet or kmeans
    hyperparameters : what the class takes

    Raises
    ------
    InputError
        If no model has this name (the nearest is named).
    """
    return _class(name)(**hyperparameters)


def load_model(path: Path | str) -> Any:
    """Read a trained model of any kind.

    Returns
    -------
    classifier
        With ``class_names_`` (tuple of str), the names of all classes in the order of the labels, and
        ``image_side_``, the pixels a side of a face.

    Raises
    ------
    InputError
        If the file is missing, is not one of ours, or is of an older ferflow.
    """
    return _class(read_description(path)["model"]).load(path)


def _class(name: str) -> Any:
    if name not in _CLASSES:
        nearest = difflib.get_close_matches(name, _CLASSES, n=1, cutoff=0.5)
        hint = f"did you mean '{nearest[0]}'?" if nearest else f"known: {', '.join(_CLASSES)}"
        raise InputError(f"no model is called '{name}'; {hint}")
    module, attribute = _CLASSES[name]
    return getattr(import_module(module), attribute)
