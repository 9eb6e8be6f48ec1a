"""What ``labels.json`` holds: an experiment's test labels examined, as the labels stage writes them."""

from pathlib import Path

from ferflow import paths
from ferflow.content import Content, Estimate, read_content, write_content

_NAME = "labels.json"
MISTAKES = "mistakes.png"


class LabelledFace(Content):
    """A test face, its label, and what the model says of it.

    ``probability`` is of the predicted class, ``self_confidence`` of the label; ``majority`` is what most
    taggers of FER+ voted for, None without votes.
    """

    face: int
    label: str
    predicted: str
    probability: float
    self_confidence: float
    majority: str | None


class ClassLabels(Content):
    """Test faces under one label: all, those whose label is suspicious, those that FER+ calls otherwise."""

    label: str
    faces: int
    suspicious: int
    disputed: int | None


class Precision(Content):
    """Of the ``k`` most suspicious labels, how many FER+'s majority disputes; the interval is Wilson's."""

    k: int
    disputed: int
    share: Estimate


class Ranking(Content):
    """The labels of ``faces`` test faces, some of them suspicious.

    ``confident_mistakes`` are the most confident of the ``mistakes``; ``suspicious`` are all labels that
    confident learning takes for errors, the most suspicious first. ``base`` is the share of disputed labels
    among all faces; ``precision`` has a line for each k, and one for all that are suspicious. Both are empty
    without votes.
    """

    faces: int
    mistakes: int
    confident_mistakes: list[LabelledFace]
    suspicious: list[LabelledFace]
    by_class: list[ClassLabels]
    base: Precision | None
    precision: list[Precision]


class Accuracy(Content):
    """Accuracy on some faces, with a bootstrap interval; NaN without faces."""

    faces: int
    accuracy: Estimate


class Agreement(Content):
    """Accuracy on the test faces whose label FER+'s majority confirms, and on the others."""

    confirmed: Accuracy
    disputed: Accuracy


class LabelFigures(Content):
    """The content of ``labels.json``.

    ``ranking`` is of the experiment that ``labels`` in ``params.yaml`` names, ``agreement`` of each that
    tells all classes apart, where there are votes.
    """

    ranking: Ranking | None = None
    agreement: Agreement | None = None


def read_labels(experiment: str) -> LabelFigures:
    """Read what was found out about an experiment's test labels.

    Raises
    ------
    InputError
        If the labels stage has not written it, or another version of ferflow has.
    """
    return read_content(paths.label_study(experiment) / _NAME, LabelFigures, "labels")


def write_labels(folder: Path, figures: LabelFigures) -> None:
    """Write the figures into the folder of a study of labels."""
    write_content(folder / _NAME, figures)
