"""Classifier re-training: features learnt from faces as they are, the last layer from all classes alike."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ferflow.models.faces import SquareFaces
from ferflow.models.heads import last_layer
from ferflow.models.retraining import Retraining
from ferflow.models.trainer import Recipe, Validate, train
from ferflow.remedies.registry import Loss
from ferflow.remedies.sampling import draw_by_frequency

if TYPE_CHECKING:  # takes a second to import, and predictions do without
    from lightning_fabric import Fabric


class LastLayerAlone(nn.Module):
    """A network of which only the last layer learns: all else stays in evaluation, and has no gradients."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)
        last_layer(network)[1].requires_grad_(True)

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation: batch norms keep their statistics, dropout leaves features whole."""
        return super().train(False)

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces (n, height, width) to logits (n, classes)."""
        result: Tensor = self.network(faces)
        return result


def retrain(
    network: nn.Module,
    faces: SquareFaces,
    target: NDArray[np.int64],
    loss: Loss,
    recipe: Recipe,
    settings: Retraining,
    fabric: "Fabric",
    *,
    validate: Validate | None = None,
    progress: Callable[[dict[str, float]], None] | None = None,
) -> tuple[nn.Module, list[dict[str, float]]]:
    """Draw the last layer of a trained network anew and train it alone, all classes drawn alike.

    Kang et al., "Decoupling Representation and Classifier for Long-Tailed Recognition" (ICLR 2020), section
    4.1, cRT. It is short and keeps no checkpoint: an interrupted one begins again, to the same bytes.

    Parameters
    ----------
    network : Module
        As :func:`ferflow.models.trainer.train` returned it after ``recipe``.
    faces, target, loss, fabric, validate, progress
        As ``train`` takes them, the loss with its parameters only. Rows have no weights here.
    recipe : Recipe
        Of the network; epochs and learning rate are those of ``settings``.
    settings : Retraining

    Returns
    -------
    The network and the history of the re-training, whose epochs are counted from the network's own.
    """
    torch.manual_seed(recipe.seed)
    last_layer(network)[1].reset_parameters()
    # Muon is for kernels, of which none is left to train; one layer has none before it to hold back, and the
    # statistics of batch norms are those of whole faces.
    short = replace(
        recipe,
        epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        optimizer="adamw",
        layer_decay=1.0,
        first_side=None,
    )
    rows = draw_by_frequency(target, power=0.0, total=short.epochs * short.epoch_faces, seed=recipe.seed)
    frozen, history = train(
        LastLayerAlone(network),
        faces.take(rows),
        target[rows],
        np.ones(len(rows), dtype=np.float32),
        loss.over_training(target[rows]),
        short,
        fabric,
        validate=validate,
        progress=None if progress is None else lambda row: progress(counted_on(row, recipe.epochs)),
    )
    assert isinstance(frozen, LastLayerAlone)
    return frozen.network, [counted_on(row, recipe.epochs) for row in history]


def counted_on(row: dict[str, float], before: int) -> dict[str, float]:
    """Count the epoch of a row of a history on from the epochs that were before.

    Parameters
    ----------
    row : dict
    before : int

    Returns
    -------
    dict
    """
    return row | {"epoch": row["epoch"] + before}
