"""What ``explain.json`` holds: a network described, as the explain stage wrote it."""

from ferflow import paths
from ferflow.content import Content, read_content


class Middle(Content):
    """Share of the saliency in the middle of the image, which is ``area`` of it; None without such faces."""

    area: float
    share: float
    correct: float | None
    mistaken: float | None
    faces: int


class ShownLayer(Content):
    """The layer whose filters are shown: ``shown`` of its ``filters``."""

    name: str
    kind: str
    filters: int
    shown: list[int]
    convolutional: bool


class Response(Content):
    """How the filters respond to one face."""

    label: str
    predicted: str
    silent: int
    strongest: int


class LayerRow(Content):
    """A line of the table of layers."""

    layer: str
    output: str
    parameters: int


class Description(Content):
    """The content of ``explain.json`` of a network."""

    experiment: str
    seed: int
    middle: Middle
    layer: ShownLayer
    response: Response
    architecture: list[LayerRow]


def read_description(experiment: str) -> Description:
    """Read the description of an experiment's network.

    Raises
    ------
    InputError
        If the explain stage has not written it, or an older ferflow has.
    """
    return read_content(paths.explanation(experiment) / "explain.json", Description, "explain")
