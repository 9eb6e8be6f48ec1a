"""Several networks as one: trained one after the other, their probabilities averaged, perhaps distilled."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from ferflow.models.retrainer import counted_on
from ferflow.models.trainer import Validate
from ferflow.paths import checkpoint_of

Row = dict[str, float]


class Ensemble(nn.Module):
    """The mean of the probabilities of several networks, as logits.

    Lakshminarayanan et al., "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles"
    (NeurIPS 2017), equation 2.

    Parameters
    ----------
    members : sequence of Module
        Each maps faces to logits.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces (n, height, width) to the logarithms of mean probabilities (n, classes)."""
        each = torch.stack([log_softmax(member(faces).float(), dim=1) for member in self.members])
        return each.logsumexp(dim=0) - math.log(len(self.members))


def joined(networks: Sequence[nn.Module]) -> nn.Module:
    """Make one network of several, where there are several.

    Parameters
    ----------
    networks : sequence of Module
        At least one.

    Returns
    -------
    Module
        An :class:`Ensemble`, or the only network itself.
    """
    return networks[0] if len(networks) == 1 else Ensemble(networks)


class TrainOne(Protocol):
    """How one network is trained; see :func:`ferflow.models.trainer.train`."""

    def __call__(
        self,
        seed: int,
        *,
        teacher: nn.Module | None,
        validate: Validate | None,
        progress: Callable[[Row], None] | None,
        checkpoint: Path | None,
    ) -> tuple[nn.Module, list[Row]]:
        """Train a network from its start; return it, on the CPU, and a row an epoch."""


@dataclass(frozen=True)
class Reporting:
    """What is said of a training while it runs, and where it is kept.

    Attributes
    ----------
    validate : callable or None
        Maps a network to figures that join the history.
    progress : callable or None
        Called with each row of the history.
    checkpoint : Path or None
        File from which an interrupted training goes on.
    """

    validate: Validate | None = None
    progress: Callable[[Row], None] | None = None
    checkpoint: Path | None = None


def train_members(
    train_one: TrainOne, members: int, seed: int, reporting: Reporting, *, distil: bool
) -> tuple[nn.Module, list[Row]]:
    """Train networks with seeds of their own, and join them, or teach what they say to one more.

    Parameters
    ----------
    train_one : callable
        Trains each of them.
    members : int
        How many, at least 1.
    seed : int
        Of the first; the others' are derived from it.
    reporting : Reporting
        Its figures are those of the members so far and the one in training, together; a checkpoint is kept
        for each (:func:`ferflow.paths.checkpoint_of`).
    distil : bool
        Whether one more is trained, with the members for a teacher, and alone is kept.

    Returns
    -------
    The network, an :class:`Ensemble` if there are several to keep, and the history, whose epochs count on.
    """
    networks: list[nn.Module] = []
    history: list[Row] = []

    def train_next(teacher: nn.Module | None) -> nn.Module:
        number, start = len(networks), len(history)

        def validated(network: nn.Module) -> Row:
            assert reporting.validate is not None
            together = [network] if teacher is not None else [*networks, network]
            return reporting.validate(joined(together).to(next(network.parameters()).device))

        def told(row: Row) -> None:
            assert reporting.progress is not None
            reporting.progress(counted_on(row, start))

        network, rows = train_one(
            seed if number == 0 else _seed_of(seed, number),
            teacher=teacher,
            validate=reporting.validate and validated,
            progress=reporting.progress and told,
            checkpoint=reporting.checkpoint and checkpoint_of(reporting.checkpoint, number),
        )
        history.extend(counted_on(row, start) for row in rows)
        return network

    while len(networks) < members:
        networks.append(train_next(None))
    together = joined(networks)
    return (train_next(together) if distil else together.cpu()), history


def _seed_of(seed: int, number: int) -> int:
    """Derive the seed of a further network, so that none is the first network of another seed."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint32)[0])
