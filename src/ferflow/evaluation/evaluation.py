"""What ``evaluation.json`` holds: the figures of one training, as the evaluate stage writes them."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ferflow import paths
from ferflow.content import Content, Estimate, Keyed, Names, Number, as_shape, read_content, write_content
from ferflow.files import read_json

# A training step costs about three forward passes: forward, gradient of the weights, gradient of the inputs.
PASSES_PER_STEP = 3


class Metrics(Content, Keyed[Estimate]):
    """Metrics of some faces; where imbalance is the question, balanced accuracy and macro-F1 come first."""

    balanced_accuracy: Estimate
    macro_f1: Estimate
    accuracy: Estimate
    log_loss: Estimate
    ece: Estimate
    roc_auc: Estimate
    average_precision: Estimate


METRICS = tuple(Metrics.model_fields)


class ClassFigures(Content, Keyed[Estimate]):
    """How well one class is recognised; ``support`` counts its faces."""

    precision: Estimate
    recall: Estimate
    f1: Estimate
    roc_auc: Number
    average_precision: Number
    support: int


class SubsetFigures(Content):
    """Figures of ``n`` faces: metrics, the same by class, and counts by label (rows) and prediction."""

    n: int
    metrics: Metrics
    per_class: dict[str, ClassFigures]
    confusion: list[list[int]]

    def counts(self) -> NDArray[np.int64]:
        """Return the confusion matrix, int64 of shape (k, k): rows are labels, columns predictions."""
        return np.array(self.confusion, dtype=np.int64)


class Subsets(Content, Keyed[SubsetFigures]):
    """Validation faces; all test faces (official); those of which no copy stands elsewhere (clean)."""

    validation: SubsetFigures
    official: SubsetFigures
    clean: SubsetFigures

    @property
    def followed(self) -> Literal["validation", "official"]:
        """Subset that a training's curves follow: validation, or all test faces where there is none.

        As :attr:`ferflow.data.samples.Samples.followed`.
        """
        return "validation" if self.validation.n else "official"


#: What numbers are given for.
EVALUATED = tuple(Subsets.model_fields)


class Cost(Content, Keyed[int]):
    """What a model costs, in numbers that do not depend on the machine."""

    parameters: int
    macs: int
    model_bytes: int
    training_macs: int

    @property
    def training_faces(self) -> int:
        """Faces that training saw, each as often as it saw it."""
        return self.training_macs // (PASSES_PER_STEP * self.macs)


class Machine(Content):
    """What ``auto`` settled: threads, and the precision and device that a network was trained in and on.

    The latter two are the model's own, whatever machine evaluates it; None for models without them.
    """

    threads: int
    precision: str | None
    device: str | None = None


class Evaluation(Content):
    """The content of ``evaluation.json``; ``settings`` are the experiment's in ``params.yaml``."""

    experiment: str
    seed: int
    settings: dict[str, Any]
    protocol: str
    model: str
    classes: Names
    leaky: bool
    machine: Machine
    subsets: Subsets
    cost: Cost


def read_evaluation(experiment: str, seed: int) -> Evaluation:
    """Read the evaluation of one training.

    Raises
    ------
    InputError
        If the evaluate stage has not written it, or another version of ferflow has.
    """
    return read_content(paths.evaluation(experiment, seed), Evaluation, "evaluate")


def write_evaluation(evaluation: Evaluation) -> None:
    """Write the evaluation of one training."""
    write_content(paths.evaluation(evaluation.experiment, evaluation.seed), evaluation)


def read_plain_metrics(path: Path) -> dict[str, dict[str, float]]:
    """Read the ``metrics.json`` of one training: subset -> metric -> value; NaN for what has no meaning.

    Raises
    ------
    InputError
        If the evaluate stage has not written it, or it has another shape.
    """
    return as_shape(path, read_json(path), dict[str, dict[str, Number]], "evaluate")
