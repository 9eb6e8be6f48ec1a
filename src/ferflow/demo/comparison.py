"""The models of the last run, and what each says of one face."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferflow import params, paths
from ferflow.data.faces import load_faces, read_face_table
from ferflow.data.samples import class_prior, inputs_and_targets, load_samples
from ferflow.data.split import VALIDATION
from ferflow.demo.recognition import Question, crop, locate
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import read_evaluation
from ferflow.evaluation.predictions import named_probabilities
from ferflow.models.factory import load_model
from ferflow.models.registry import Classifier
from ferflow.params import Params
from ferflow.predict.predictor import Predictor
from ferflow.predict.results import Expression
from ferflow.remedies.adjustments import adjusted, class_weights
from ferflow.remedies.names import look_up, remedy_of
from ferflow.remedies.registry import NONE

HOW_TO_GET_MODELS = (
    "run `make` in the project's folder, which trains some, and start `ferflow demo` there again"
)


@dataclass(frozen=True)
class TrainedModel:
    """A model of the last run.

    Attributes
    ----------
    experiment : str
        Its name in ``params.yaml``.
    seed : int
    model : str
        Of which kind.
    remedy : str
        What is done about class imbalance; empty for nothing.
    adjustment : str
        Of its probabilities, as ``params.yaml`` names it.
    accuracy : float or None
        On the validation faces; None if it has not been evaluated, or there are none.
    measured_on : str
        What these faces are called.
    leaky : bool
        Whether faces stand in several subsets.
    """

    experiment: str
    seed: int
    model: str
    remedy: str
    adjustment: str
    accuracy: float | None
    measured_on: str
    leaky: bool


def last_run() -> tuple[list[TrainedModel], str]:
    """Find the models of the experiments that ``run`` names, of the first seed, by model, best first.

    Returns
    -------
    models : list of TrainedModel
    hint : str
        A sentence on how to get models, where there are none.
    """
    if not paths.PARAMS.is_file():
        return [], f"There is no {paths.PARAMS} in this folder, and so no run: {HOW_TO_GET_MODELS}."
    try:
        settings = params.load()
    except InputError as error:
        return [], f"{error}."
    names = [name for name in settings.run if paths.model(name, settings.seeds[0]).is_file()]
    if not names:
        return [], f"No experiment of {paths.PARAMS} has been trained: {HOW_TO_GET_MODELS}."
    by_usage = _has_public_test()
    models = [_describe(settings, name, by_usage=by_usage) for name in names]
    return sorted(models, key=lambda model: (model.model, -(model.accuracy or 0), model.experiment)), ""


def compare(predictor: Predictor, question: Question) -> dict[str, Any]:
    """Ask every model of the last run about one face.

    Parameters
    ----------
    predictor : Predictor
        Finds the face.
    question : Question

    Returns
    -------
    dict
        hint, and a list of models, each with its label and probabilities, or an error.

    Raises
    ------
    InputError
        If the photo has no such face.
    """
    models, hint = last_run()
    face = locate(predictor, question)
    return {"hint": hint, "models": [asdict(model) | _ask(model, question, face) for model in models]}


def _ask(trained: TrainedModel, question: Question, face: Expression) -> dict[str, Any]:
    path = paths.model(trained.experiment, trained.seed)
    try:
        model, weight = _load(path, path.stat().st_mtime_ns, trained.experiment, trained.adjustment)
        if model.image_side_ is None:
            raise InputError(f"{path}: takes no square faces")
        pixels = crop(question.photo, face, model.image_side_)
        classes = model.class_names_
        row = adjusted(named_probabilities(model, pixels.reshape(1, -1), classes), weight)[0]
    except (InputError, OSError) as error:  # the run may be going on, and files come and go
        return {"error": str(error)}
    probabilities = dict(zip(classes, row.tolist(), strict=True))
    return {"label": classes[int(row.argmax())], "probabilities": probabilities}


@lru_cache(maxsize=64)
def _load(
    path: Path, modified: int, experiment: str, adjustment: str
) -> tuple[Classifier, NDArray[np.float64]]:
    """Load a model, and what an adjustment multiplies its probabilities by; anew once either has changed."""
    model = load_model(path)
    if adjustment == NONE.name:
        return model, np.ones(len(model.class_names_))
    faces, samples = load_faces(), load_samples(paths.split(experiment))
    X, labels = inputs_and_targets(faces, samples, VALIDATION)
    probabilities = named_probabilities(model, X, samples.classes)
    return model, class_weights(adjustment, probabilities, labels, class_prior(faces, samples))


def _describe(settings: Params, name: str, *, by_usage: bool) -> TrainedModel:
    experiment, protocol, seed = settings.experiment(name), settings.protocol_of(name), settings.seeds[0]
    remedy = remedy_of(experiment, protocol)
    is_public_test = by_usage and protocol.split.by != "random" and protocol.split.validation > 0
    return TrainedModel(
        experiment=name,
        seed=seed,
        model=experiment.model.name,
        remedy="" if remedy == NONE.name else look_up(remedy).noun,
        adjustment=experiment.adjustment,
        measured_on="PublicTest" if is_public_test else "validation",
        **_figures(name, seed),
    )


def _figures(name: str, seed: int) -> Mapping[str, Any]:
    try:
        evaluation = read_evaluation(name, seed)
    except InputError:  # trained, and not evaluated yet
        return {"accuracy": None, "leaky": False}
    accuracy = evaluation.subsets.validation.metrics.accuracy.value
    return {"accuracy": accuracy if math.isfinite(accuracy) else None, "leaky": evaluation.leaky}


def _has_public_test() -> bool:
    """Whether the faces were divided by the challenge's usages."""
    try:
        usages = set(read_face_table()["usage"])
    except InputError:  # not there, or damaged: the models can still be asked
        return False
    return "" not in usages and "PublicTest" in usages
