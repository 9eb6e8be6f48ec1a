"""The one training loop of the networks: mixed batches, schedule, moving average, exact resumption."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from ferflow.files import atomic_path

PerFaceLoss = Callable[[Tensor, Tensor], Tensor]
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
    weight_decay : decoupled decay of AdamW (Loshchilov & Hutter, 2019) on weights of two and more dimensions
    ema : decay of the moving average of the weights; it grows to this value as (1 + t) / (10 + t)
    jitter : largest shift, in pixels, of the shift-and-flip that each face gets each time it is seen
    bfloat16 : compute convolutions in bfloat16
    seed : of order, jitter and dropout
    """

    epochs: int
    batch_size: int
    epoch_faces: int
    learning_rate: float
    weight_decay: float
    ema: float
    jitter: int
    bfloat16: bool
    seed: int


def train(
    network: nn.Module,
    faces: NDArray[np.uint8],
    target: NDArray[np.int64],
    weight: NDArray[np.float32],
    loss: PerFaceLoss,
    recipe: Recipe,
    *,
    validate: Validate | None = None,
    progress: Callable[[dict[str, float]], None] | None = None,
    checkpoint: Path | None = None,
) -> tuple[nn.Module, list[dict[str, float]]]:
    """Train ``network`` in place and return its moving average and the history, a row an epoch.

    The last epoch's average is the result: no epoch is chosen, so none can be chosen on the test set.

    Parameters
    ----------
    faces : uint8 array of shape (n, height, width)
    target : int64 array of shape (n,)
    weight : float32 array of shape (n,) of mean one
    loss : maps logits (batch, classes) and targets (batch,) to a loss for each face
    validate : maps the averaged network to figures that join the history
    progress : called with each row of the history
    checkpoint : file from which an interrupted training goes on, to the same bytes; None keeps none
    """
    average = AveragedModel(network, avg_fn=_average(recipe.ema), use_buffers=True)
    optimizer = torch.optim.AdamW(_decay_groups(network, recipe.weight_decay), lr=recipe.learning_rate)
    steps = math.ceil(recipe.epoch_faces / recipe.batch_size)
    total = steps * recipe.epochs
    history: list[dict[str, float]] = []
    if checkpoint is not None and checkpoint.exists():
        history = _resume(checkpoint, network, average, optimizer)

    for epoch in range(len(history), recipe.epochs):
        torch.manual_seed(_seed(recipe.seed, "dropout", epoch))
        network.train()
        summed, weighed = 0.0, 0.0
        for step, rows in enumerate(_batches(len(faces), epoch, recipe)):
            rate = recipe.learning_rate * schedule((epoch * steps + step + 1) / total)
            for group in optimizer.param_groups:
                group["lr"] = rate
            rng = np.random.default_rng(_seed(recipe.seed, "jitter", epoch * steps + step))
            batch = torch.from_numpy(jittered(faces[rows], recipe.jitter, rng))
            with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16):
                logits = network(batch)
            losses = loss(logits.float(), torch.from_numpy(target[rows]))
            w = torch.from_numpy(weight[rows])
            optimizer.zero_grad(set_to_none=True)
            (losses * w).mean().backward()
            optimizer.step()
            average.update_parameters(network)
            summed += float((losses.detach() * w).sum())
            weighed += float(w.sum())
        row = {"epoch": epoch + 1, "lr": rate, "train_loss": summed / weighed}
        history.append(row | (validate(average.module) if validate else {}))
        if checkpoint is not None:
            _save(checkpoint, network, average, optimizer, history)
        if progress:
            progress(history[-1])
    return average.module.eval(), history


def schedule(done: float) -> float:
    """Share of the peak learning rate when ``done`` (0 to 1) of the steps is behind."""
    warm = 0.15
    return done / warm if done < warm else 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm)))


def jittered(faces: NDArray[np.uint8], shift: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Shift each face, (n, height, width), by up to ``shift`` pixels each way, and mirror half of them.

    Edge pixels are repeated where the shift uncovers the border. ``shift`` 0 leaves the faces as they are.
    """
    if shift == 0:
        return faces
    n, height, width = faces.shape
    padded = np.pad(faces, ((0, 0), (shift, shift), (shift, shift)), mode="edge")
    top, left = rng.integers(0, 2 * shift + 1, size=(2, n, 1))
    columns = left + np.where(rng.random((n, 1)) < 0.5, np.arange(width)[::-1], np.arange(width))
    result: NDArray[np.uint8] = padded[
        np.arange(n)[:, None, None], (top + np.arange(height))[:, :, None], columns[:, None, :]
    ]
    return result


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


def _decay_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Decay weights but neither biases nor batch norms' scales, as is usual; leave out what is frozen."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _save(
    path: Path,
    network: nn.Module,
    average: AveragedModel,
    optimizer: torch.optim.Optimizer,
    history: list[dict[str, float]],
) -> None:
    state = {
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
        "history": history,
    }
    with atomic_path(path) as temporary:
        torch.save(state, temporary)


def _resume(
    path: Path, network: nn.Module, average: AveragedModel, optimizer: torch.optim.Optimizer
) -> list[dict[str, float]]:
    state = torch.load(path, weights_only=True)  # never unpickles code
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    return list(state["history"])
