"""What ``explain.json`` holds: a network described, as the explain stage writes it."""

from pathlib import Path
from typing import Literal

from ferflow import paths
from ferflow.content import Content, Names, Number, read_content, write_content

_NAME = "explain.json"


class DescribedFace(Content):
    """A test face and what the network says of it; ``probability`` is of the predicted class."""

    face: int
    label: str
    predicted: str
    probability: float


class Response(DescribedFace):
    """How the filters respond to one face: how many not at all, and which most."""

    silent: int
    strongest: int


class Middle(Content):
    """Share of the saliency in the middle of the image, which is ``area`` of it; NaN without such faces."""

    area: float
    share: float
    correct: Number
    mistaken: Number
    faces: int


class ShownLayer(Content):
    """The layer whose filters are shown: ``shown`` of its ``filters``; ``output`` is empty for units."""

    name: str
    kind: str
    filters: int
    shown: list[int]
    convolutional: bool
    output: list[int]


class LayerRow(Content):
    """A layer with weights: what it is, the shape it gives for one face, and its parameters."""

    layer: str
    output: str
    parameters: int


class NetworkDescription(Content):
    """What a network and its test faces tell by themselves."""

    classes: Names
    faces: list[DescribedFace]
    middle: Middle
    layer: ShownLayer
    response: Response
    architecture: list[LayerRow]


class Description(NetworkDescription):
    """The content of ``explain.json`` of an experiment that is explained."""

    experiment: str
    seed: int
    model: str
    protocol: str


class NotExplained(Content):
    """The content of ``explain.json`` of any other experiment."""

    explained: Literal[False] = False


def read_description(experiment: str) -> Description:
    """Read the description of an experiment's network.

    Raises
    ------
    InputError
        If the explain stage has not written it, or another version of ferflow has.
    """
    return read_content(paths.explanation(experiment) / _NAME, Description, "explain")


def write_description(folder: Path, description: Description | NotExplained) -> None:
    """Write a description into the folder of an explanation."""
    write_content(folder / _NAME, description)
