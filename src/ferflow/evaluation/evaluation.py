"""What ``evaluation.json`` holds: the figures of one training, as the evaluate stage wrote them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ferflow import paths
from ferflow.content import Content, Number, read_content
from ferflow.evaluation.predictions import PASSES_PER_STEP


class Estimate(Content):
    """A figure with the two ends of its bootstrap interval; NaN where it has no meaning."""

    value: Number
    low: Number
    high: Number


class ClassFigures(Content):
    """How well one class is recognised; ``support`` counts its faces."""

    precision: Estimate
    recall: Estimate
    f1: Estimate
    roc_auc: Number
    average_precision: Number
    support: int


class SideFigures(Content):
    """Figures of one side: of ``n`` faces, by metric and by class; rows of ``confusion`` are the labels."""

    n: int
    metrics: Mapping[str, Estimate]
    per_class: Mapping[str, ClassFigures]
    confusion: list[list[int]]

    def counts(self) -> NDArray[np.int64]:
        """Return the confusion matrix, int64 of shape (k, k): rows are labels, columns predictions."""
        return np.array(self.confusion, dtype=np.int64)


class Sides(Content):
    """Validation faces; all test faces (official); those of which no copy stands elsewhere (clean)."""

    validation: SideFigures
    official: SideFigures
    clean: SideFigures

    def __getitem__(self, side: str) -> SideFigures:
        return getattr(self, side)


class Cost(Content):
    """What a model costs, in numbers that do not depend on the machine."""

    parameters: int
    macs: int
    model_bytes: int
    training_macs: int

    @property
    def training_faces(self) -> int:
        """Faces seen in training, a face once in every epoch that it is in."""
        return round(self.training_macs / (PASSES_PER_STEP * self.macs))


class Machine(Content):
    """What ``auto`` settled: threads, and the precision of a network, None for other models."""

    threads: int
    precision: str | None


class Evaluation(Content):
    """The content of ``evaluation.json``."""

    classes: tuple[str, ...]
    leaky: bool
    machine: Machine
    sides: Sides
    cost: Cost


def read_evaluation(experiment: str, seed: int) -> Evaluation:
    """Read the evaluation of one training.

    Raises
    ------
    InputError
        If the evaluate stage has not written it, or an older ferflow has.
    """
    return read_content(paths.training(experiment, seed) / "evaluation.json", Evaluation, "evaluate")
