"""When a figure means nothing: what a reader must know before comparing an experiment with others."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ferflow.evaluation.evaluation import Evaluation

FEWEST_FACES = 10  # of a class; below, one face moves its recall by more than ten points
FEWEST_STEPS = 100
_ROUNDING = 1e-9  # figures are written with ten digits

Kind = Literal["constant", "chance", "few faces", "few steps"]

#: The gravest first.
SUMMARIES: dict[Kind, str] = {
    "constant": "names one class only",
    "chance": "not above chance",
    "few steps": "too little training",
    "few faces": "fewer than ten test faces of a class",
}

#: With one of these a model knows nothing that could be praised.
WORTHLESS: tuple[Kind, ...] = ("constant", "chance")


@dataclass(frozen=True)
class Caution:
    """A reason not to take a figure at its face.

    Attributes
    ----------
    kind : str
        A key of ``SUMMARIES``.
    detail : str
        The figures behind it.
    """

    kind: Kind
    detail: str

    @property
    def text(self) -> str:
        """The whole reason, as a clause without a subject or a full stop."""
        return f"{SUMMARIES[self.kind]}: {self.detail}"


@dataclass(frozen=True)
class Schedule:
    """How a network was trained.

    Attributes
    ----------
    epochs, epoch_faces, batch_size : int
        Passes, faces in each, faces a step.
    losses : sequence of float
        Training loss of the last epoch, one a seed.
    frequency_loss : float
        The same loss of predicting the class frequencies of the training samples for every face.
    """

    epochs: int
    epoch_faces: int
    batch_size: int
    losses: Sequence[float]
    frequency_loss: float

    @property
    def steps(self) -> int:
        """Optimizer steps."""
        return self.epochs * math.ceil(self.epoch_faces / self.batch_size)


def cautions_of(evaluations: Sequence[Evaluation], schedule: Schedule | None = None) -> tuple[Caution, ...]:
    """List the cautions of one experiment, from its test faces (official) and its training.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        One a seed.
    schedule : Schedule, optional
        How it was trained, if it is a network.

    Returns
    -------
    tuple of Caution
        The gravest first; empty where there is nothing to say.
    """
    details: dict[Kind, str] = {
        "constant": _constant(evaluations),
        "chance": _chance(evaluations),
        "few steps": _few_steps(schedule) if schedule else "",
        "few faces": _few_faces(evaluations[0]),
    }
    return tuple(Caution(kind, details[kind]) for kind in SUMMARIES if details[kind])


def is_worthless(cautions: Sequence[Caution]) -> bool:
    """Tell whether a model is constant or not above chance."""
    return any(caution.kind in WORTHLESS for caution in cautions)


def chance_level(evaluation: Evaluation) -> float:
    """Balanced accuracy of a model that names one class only: one part in as many classes as have faces."""
    counts = evaluation.sides.official.counts()
    return 1 / max(1, int((counts.sum(axis=1) > 0).sum()))


def _constant(evaluations: Sequence[Evaluation]) -> str:
    """Say which class is the only one named, and with how many of the seeds."""
    classes = evaluations[0].classes
    only = [
        classes[int(predicted[0])]
        for evaluation in evaluations
        if len(predicted := np.flatnonzero(evaluation.sides.official.counts().sum(axis=0))) == 1
    ]
    if not only:
        return ""
    names = " or ".join(dict.fromkeys(only))
    share = "" if len(only) == len(evaluations) else f", with {len(only)} of {len(evaluations)} seeds"
    return f"{names}{share}"


def _chance(evaluations: Sequence[Evaluation]) -> str:
    """Say that the interval of balanced accuracy, the mean over seeds of its ends, does not exceed chance."""
    entries = [evaluation.sides.official.metrics["balanced_accuracy"] for evaluation in evaluations]
    low, high = (float(np.mean([getattr(entry, end) for entry in entries])) for end in ("low", "high"))
    level = chance_level(evaluations[0])
    if math.isnan(low) or low > level + _ROUNDING:
        return ""
    return f"balanced accuracy {low:.1%} to {high:.1%}, chance {level:.1%}"


def _few_faces(evaluation: Evaluation) -> str:
    support = evaluation.sides.official.counts().sum(axis=1)
    return ", ".join(
        f"{count or 'none'} of {name}"
        for name, count in zip(evaluation.classes, support.tolist(), strict=True)
        if count < FEWEST_FACES
    )


def _few_steps(schedule: Schedule) -> str:
    reasons = []
    if schedule.steps < FEWEST_STEPS:
        epochs = "one epoch" if schedule.epochs == 1 else f"{schedule.epochs} epochs"
        reasons.append(
            f"only {schedule.steps} optimizer steps ({epochs} of {schedule.epoch_faces:,} faces, "
            f"{schedule.batch_size} a step)"
        )
    if (worst := max(schedule.losses)) >= schedule.frequency_loss:
        reasons.append(
            f"its training loss, {worst:.3f}, is not below that of predicting the class frequencies, "
            f"{schedule.frequency_loss:.3f}"
        )
    return "; ".join(reasons)


def frequency_loss(
    weights: Mapping[str, float], *, gamma: float = 0.0, balanced: bool = False, smoothing: float = 0.0
) -> float:
    """Loss of a model that predicts the class frequencies for every face.

    Parameters
    ----------
    weights : mapping of str to float
        Summed weight of the training samples of each class.
    gamma : float, default=0
        Focusing parameter of the focal loss; 0 is cross-entropy.
    balanced : bool, default=False
        Whether the loss weighs each class by its inverse frequency, to a mean weight of one.
    smoothing : float, default=0
        Share of each target that is spread evenly over the classes.
    """
    total = np.array([weight for weight in weights.values() if weight > 0], dtype=np.float64)
    share = total / total.sum()
    loss = (1 - share) ** gamma * -np.log(share)
    if smoothing:
        loss = (1 - smoothing) * loss + smoothing * loss.mean()
    return float(loss.mean() if balanced else (share * loss).sum())
