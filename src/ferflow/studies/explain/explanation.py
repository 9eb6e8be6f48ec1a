"""Explains a trained network by its test faces: which it looks at how, and what its filters look for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.data.split import TEST
from ferflow.evaluation.predictions import select_subset
from ferflow.models.faces import SquareFaces, some_rows
from ferflow.models.network import NetworkClassifier
from ferflow.studies.explain.architecture import architecture
from ferflow.studies.explain.description import (
    DescribedFace,
    Middle,
    NetworkDescription,
    Response,
    ShownLayer,
)
from ferflow.studies.explain.filters import Layer, choose_layer, exciting_inputs, responses
from ferflow.studies.explain.saliency import blurred, middle_share, saliency, smooth_saliency

_SEED = 0  # of the noise in maps, of the start of the ascent, of which faces' maps are averaged
_MAPS = 10_000  # of test faces, at most, so that a map of each is never more than memory holds


@dataclass(frozen=True)
class Example:
    """A test face with what the model says of it.

    Attributes
    ----------
    row : position among the rows of the test subset
    face : index among all faces
    label, predicted : indices of classes
    probability : of the predicted class
    """

    row: int
    face: int
    label: int
    predicted: int
    probability: float

    @property
    def correct(self) -> bool:
        """Whether the model is right."""
        return self.label == self.predicted


def choose_examples(predictions: pd.DataFrame, k: int) -> list[tuple[Example | None, Example | None]]:
    """Choose for each of ``k`` classes the most confident correct test face and the most confident mistake.

    Parameters
    ----------
    predictions : DataFrame, as :func:`ferflow.evaluation.predictions.prediction_table` makes it
    k : number of classes

    Returns
    -------
    list of k pairs (correct, mistaken); None where a class has no such face. Of equals the first.
    """
    labels, probabilities = select_subset(predictions, "official")
    faces = predictions.loc[predictions["subset"] == TEST, "face"].to_numpy()
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")

    def first(wanted: NDArray[np.bool_]) -> Example | None:
        found = order[wanted[order]]
        if not len(found):
            return None
        row = int(found[0])
        return Example(row, int(faces[row]), int(labels[row]), int(predicted[row]), float(confidence[row]))

    right = predicted == labels
    return [(first((labels == c) & right), first((labels == c) & ~right)) for c in range(k)]


@dataclass(frozen=True)
class Explanation:
    """What is drawn of a network, and described in explain.json.

    Attributes
    ----------
    pairs : per class, the most confident correct and the most confident mistaken face, or None
    maps : by row of the test subset, the saliency map (side, side) of each face in ``pairs``
    means : float array of shape (classes, side, side), mean map of the test faces of a class; NaN if none
    layer : whose filters are shown
    inputs : float array of shape (filters, side, side), the input that most excites each
    shown : the face that ``responses`` are to, the most confident correct one
    responses : float array of shape (filters, h, w) or (filters,), after the ReLU
    description : content of explain.json, but for what is known of the experiment
    """

    pairs: list[tuple[Example | None, Example | None]]
    maps: dict[int, NDArray[np.float32]]
    means: NDArray[np.float32]
    layer: Layer
    inputs: NDArray[np.float32]
    shown: Example
    responses: NDArray[np.float32]
    description: NetworkDescription


def explain(
    model: NetworkClassifier, faces: SquareFaces, predictions: pd.DataFrame, classes: Sequence[str]
) -> Explanation:
    """Explain a trained network.

    Mean maps, and how much of them lies in the middle, are of all test faces, or of 10,000 drawn at random
    where there are more.

    Parameters
    ----------
    model : trained on indices of ``classes``
    faces : SquareFaces, the n rows of the test subset
    predictions : of the same rows, as :func:`ferflow.evaluation.predictions.prediction_table` makes them
    classes : class names
    """
    network, side = model.network_.eval(), faces.side
    labels, probabilities = select_subset(predictions, "official")
    pairs = choose_examples(predictions, len(classes))
    examples = [example for pair in pairs for example in pair if example is not None]
    # What made the network say what it says; a logit stands where its class stands among those trained on.
    said = np.searchsorted(model.classes_, probabilities.argmax(axis=1))
    drawn = np.array([example.row for example in examples])
    smooth = smooth_saliency(network, faces[drawn], said[drawn], seed=_SEED)

    some = some_rows(len(faces), _MAPS, _SEED)
    maps = saliency(network, faces[some], said[some])
    inside, area = middle_share(maps)
    right = (probabilities.argmax(axis=1) == labels)[some]
    means = np.stack([blurred(_mean_map(maps[labels[some] == index])) for index in range(len(classes))])

    layer = choose_layer(network)
    shown = max(examples, key=lambda example: (example.correct, example.probability))
    response = responses(network, layer, faces[np.array([shown.row])][0])
    peak = response.reshape(len(response), -1).max(axis=1)
    return Explanation(
        pairs=pairs,
        maps=dict(zip(drawn.tolist(), smooth, strict=True)),
        means=means,
        layer=layer,
        inputs=exciting_inputs(network, layer, side, seed=_SEED),
        shown=shown,
        responses=response,
        description=NetworkDescription(
            classes=tuple(classes),
            faces=[_described(example, classes) for example in examples],
            middle=Middle(
                area=area,
                share=float(inside.mean()),
                correct=_mean(inside[right]),
                mistaken=_mean(inside[~right]),
                faces=len(maps),
            ),
            layer=ShownLayer(
                name=layer.name,
                kind=layer.kind,
                filters=layer.count,
                shown=layer.filters.tolist(),
                convolutional=layer.convolutional,
                output=list(response.shape[1:]),
            ),
            response=Response(
                **dict(_described(shown, classes)),
                silent=int((peak == 0).sum()),
                strongest=int(layer.filters[peak.argmax()]),
            ),
            architecture=architecture(network, side),
        ),
    )


def _mean_map(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    return maps.mean(axis=0) if len(maps) else np.full(maps.shape[1:], np.nan, dtype=np.float32)


def _mean(values: NDArray[np.floating]) -> float:
    return float(values.mean()) if len(values) else math.nan


def _described(example: Example, classes: Sequence[str]) -> DescribedFace:
    return DescribedFace(
        face=example.face,
        label=classes[example.label],
        predicted=classes[example.predicted],
        probability=example.probability,
    )
