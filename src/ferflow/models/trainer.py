"""The one training loop of the networks: mixed batches, schedule, moving average, exact resumption."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from ferflow.models.augmentation import Augmentation
from ferflow.models.augmenter import Augmenter, Batch, PerFaceLoss, jittered
from ferflow.models.checkpoint import load_checkpoint, save_checkpoint
from ferflow.models.distillation import distilled
from ferflow.models.faces import SquareFaces
from ferflow.models.optimizers import make_optimizers
from ferflow.models.recorder import DivergenceError

if TYPE_CHECKING:  # takes a second to import, and predictions do without
    from lightning_fabric import Fabric

Validate = Callable[[nn.Module], dict[str, float]]


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    epochs, batch_size : passes and faces a step
    epoch_faces : faces that one epoch sees, whatever the number of rows, so that remedies which add or
        remove rows get the same number of steps
    learning_rate : peak of the schedule (linear rise over the first 15% of the steps, cosine fall to zero)
    weight_decay : of weights of two and more dimensions, in the way of the optimizer
    ema : decay of the moving average of the weights; it grows to this value as (1 + t) / (10 + t)
    jitter : largest shift, in pixels, of the shift-and-flip that each face gets each time it is seen
    augmentation : further changes; None for none
    first_side : pixels a side to which the faces of the first steps are shrunk, see :func:`side_at`; None
        for the faces' own
    optimizer : a name of :data:`ferflow.models.optimizers.OPTIMIZERS`
    self_distillation : share of the loss that comes from the moving average's predictions at the end of the
        training, having grown from nothing in proportion to the steps; see :func:`distilled`
    distillation : share of the loss that comes from the predictions of a teacher, where there is one
    seed : of order, jitter and dropout
    layer_decay : learning rate of a layer as a share of that of the layer behind it
    """

    epochs: int
    batch_size: int
    epoch_faces: int
    learning_rate: float
    weight_decay: float
    ema: float
    jitter: int
    augmentation: Augmentation | None
    first_side: int | None
    optimizer: str
    self_distillation: float
    distillation: float
    seed: int
    layer_decay: float = 1.0


@dataclass
class Training:
    """All that a training changes, and that a checkpoint holds.

    Attributes
    ----------
    network : Module
    average : AveragedModel
        Moving average of the network.
    optimizers : list of Optimizer
    history : list of dict
        A row an epoch.
    """

    network: nn.Module
    average: AveragedModel
    optimizers: list[Optimizer]
    history: list[dict[str, float]] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        """Gather what a checkpoint holds."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "history": self.history,
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Go back to what :meth:`state` gathered, on whatever device that was."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.history = list(state["history"])


def train(
    network: nn.Module,
    faces: SquareFaces,
    target: NDArray[np.int64],
    weight: NDArray[np.float32],
    loss: Callable[[float], PerFaceLoss],
    recipe: Recipe,
    fabric: "Fabric",
    *,
    teacher: nn.Module | None = None,
    validate: Validate | None = None,
    progress: Callable[[dict[str, float]], None] | None = None,
    checkpoint: Path | None = None,
) -> tuple[nn.Module, list[dict[str, float]]]:
    """Train ``network`` in place and return its moving average, on the CPU, and the history, a row an epoch.

    The last epoch's average is the result: no epoch is chosen, so none can be chosen on the test set.

    Parameters
    ----------
    network : Module
        Maps faces (n, height, width) to logits (n, classes).
    faces : SquareFaces
        n of them, taken batch by batch.
    target : int64 array of shape (n,)
    weight : float32 array of shape (n,)
        Of mean one.
    loss : callable
        Maps the share of the training that is behind to a callable, and that maps logits (batch, classes) and
        targets (batch,) to a loss for each face.
    recipe : Recipe
    fabric : Fabric
        Device, precision and processes. Several processes share each batch and average their gradients; on
        GPUs batch norms see the whole batch too, on CPUs each process's part.
    teacher : Module, optional
        A trained network, of which ``network`` learns too.
    validate : callable, optional
        Maps the averaged network to figures that join the history.
    progress : callable, optional
        Called with each row of the history.
    checkpoint : Path, optional
        File from which an interrupted training goes on, to the same bytes.

    Raises
    ------
    DivergenceError
        If the loss is no longer finite, or what the network has become is not.
    """
    if fabric.world_size > 1 and fabric.device.type == "cuda":  # PyTorch has it for GPUs alone
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    network = fabric.to_device(network)
    teacher = None if teacher is None else fabric.to_device(teacher)
    optimizers = make_optimizers(
        recipe.optimizer,
        network,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        layer_decay=recipe.layer_decay,
    )
    peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    state = Training(
        network, AveragedModel(network, avg_fn=_average(recipe.ema), use_buffers=True), optimizers
    )
    if checkpoint is not None and (saved := load_checkpoint(checkpoint)) is not None:
        state.resume(saved)
    forward, *stepping = fabric.setup(network, *optimizers)
    augment = None if recipe.augmentation is None else Augmenter(recipe.augmentation)
    steps = math.ceil(recipe.epoch_faces / recipe.batch_size)
    mine = slice(fabric.global_rank, None, fabric.world_size)  # of each batch, for this process
    for epoch in range(len(state.history), recipe.epochs):
        torch.manual_seed(_seed(recipe.seed, "dropout", epoch))
        network.train()
        totals = torch.zeros(2, dtype=torch.float64)
        for step, rows in enumerate(_batches(len(faces), epoch, recipe), start=epoch * steps):
            done = step / (steps * recipe.epochs)
            rate = _set_rates(optimizers, peaks, schedule(_end_of(step, steps * recipe.epochs)))
            batch = _batch(faces[rows], recipe, step, augment, fabric)
            seen = resized(batch.faces[mine], side_at(done, recipe.first_side, faces.side))
            y = fabric.to_device(torch.from_numpy(target[rows]))
            w = fabric.to_device(torch.from_numpy(weight[rows]))
            logits = forward(seen).float()
            losses, mixed = batch.loss(loss(done), logits, y, w, mine), batch.weight(w, mine)
            for source, share in (
                (teacher, recipe.distillation),
                (state.average.module, done * recipe.self_distillation),
            ):
                if source is not None and share:
                    with fabric.autocast():
                        losses = distilled(losses, logits, source, seen, mixed, share)
            for optimizer in stepping:
                optimizer.zero_grad(set_to_none=True)
            # Processes average their gradients: together those of the mean over the batch.
            fabric.backward(losses.sum() / len(rows) * fabric.world_size)
            for optimizer in stepping:
                optimizer.step()
            state.average.update_parameters(network)
            totals += torch.tensor([float(losses.detach().sum()), float(mixed.sum())], dtype=torch.float64)
        if fabric.world_size > 1:  # alone there is nothing to add, and not every GPU has float64
            totals = cast(Tensor, fabric.all_reduce(totals, reduce_op="sum"))
        row = {"epoch": epoch + 1, "lr": rate, "train_loss": float(totals[0] / totals[1])}
        row |= validate(state.average.module) if validate else {}
        # The loss of a step is that before it: what the last one did shows only in what it left.
        learnt = state.average.module.state_dict().values()
        if not (
            all(map(math.isfinite, row.values())) and all(bool(each.isfinite().all()) for each in learnt)
        ):
            raise DivergenceError(
                f"training diverged in epoch {epoch + 1}: the loss is no longer finite; lower learning_rate",
                epoch + 1,
            )
        state.history.append(row)
        if checkpoint is not None and fabric.is_global_zero:
            save_checkpoint(checkpoint, state.state())
        if progress:
            progress(state.history[-1])
    return state.average.module.eval().cpu(), state.history


def _set_rates(optimizers: list[Optimizer], peaks: list[list[float]], share: float) -> float:
    """Set every learning rate to a share of its peak, and return the first."""
    for optimizer, rates in zip(optimizers, peaks, strict=True):
        for group, peak in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = peak * share
    return peaks[0][0] * share


def _batch(
    faces: NDArray[np.uint8], recipe: Recipe, step: int, augment: Augmenter | None, fabric: "Fabric"
) -> Batch:
    """Change the faces of a step, drawing alike in every process and after a resumption."""
    moved = jittered(faces, recipe.jitter, np.random.default_rng(_seed(recipe.seed, "jitter", step)))
    images = fabric.to_device(torch.from_numpy(moved))
    if augment is None:
        return Batch(images)
    torch.manual_seed(_seed(recipe.seed, "augmentation", step))
    return augment(images)


def _end_of(step: int, steps: int) -> float:
    """Share of the steps that is behind after one of them; half for a single one, whose rate would be 0."""
    return (step + 1) / steps if steps > 1 else 0.5


def schedule(done: float) -> float:
    """Share of the peak learning rate when ``done`` (0 to 1) of the steps is behind."""
    warm = 0.15
    return done / warm if done < warm else 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm)))


def side_at(done: float, first: int | None, full: int) -> int:
    """Pixels a side of the faces when ``done`` (0 to 1) of the steps is behind.

    It grows from ``first`` to ``full`` over the first 70% of the steps, by 8 pixels at a time, since early
    steps learn as much from small faces, for less (Tan & Le, "EfficientNetV2", ICML 2021, section 4).
    """
    if first is None or first >= full:
        return full
    grown = (full - first) * min(1.0, done / 0.7)
    return full if done >= 0.7 else first + int(grown // 8) * 8


def resized(faces: Tensor, side: int) -> Tensor:
    """Shrink square faces, (n, height, width), to ``side`` pixels a side."""
    if faces.shape[1] == side:
        return faces
    return interpolate(faces[:, None].float(), size=(side, side), mode="bilinear", antialias=True)[:, 0]


def _batches(n: int, epoch: int, recipe: Recipe) -> list[NDArray[np.intp]]:
    """Cut the epoch's piece of an endless stream of shuffled passes over n rows into batches."""
    start, stop = epoch * recipe.epoch_faces, (epoch + 1) * recipe.epoch_faces
    passes = [
        np.random.default_rng(_seed(recipe.seed, "order", k)).permutation(n)
        for k in range(start // n, (stop - 1) // n + 1)
    ]
    first = start // n * n
    stream = np.concatenate(passes)[start - first : stop - first]
    return np.array_split(stream, math.ceil(len(stream) / recipe.batch_size))


def _seed(seed: int, purpose: str, index: int) -> int:
    entropy = [seed, *purpose.encode(), index]
    return int(np.random.SeedSequence(entropy).generate_state(1, np.uint32)[0])


def _average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """Exponential average whose decay starts low, so that a short training forgets its start."""

    def update(averaged: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
        now = min(decay, (1 + int(count)) / (10 + int(count)))
        return averaged.lerp(current, 1 - now) if averaged.is_floating_point() else current

    return update
