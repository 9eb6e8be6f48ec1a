"""What the faces of a batch go through before a network sees them, drawn anew each time (kornia)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ferflow.models.augmentation import Augmentation

PerFaceLoss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Batch:
    """Faces of a step and what they show.

    Attributes
    ----------
    faces : float32 tensor of shape (n, height, width)
        Pixels 0 to 255.
    order : int64 tensor of shape (n,), or None
        Which face of the batch is mixed into each; None if none is.
    share : float
        Of the face itself; 1 where nothing is mixed.
    """

    faces: Tensor
    order: Tensor | None = None
    share: float = 1.0

    def loss(self, loss: PerFaceLoss, logits: Tensor, target: Tensor, weight: Tensor, mine: slice) -> Tensor:
        """Compute the weighted loss of the faces in ``mine``, mixed as they are.

        ``target`` and ``weight`` are of the whole batch; of two labels each counts by its own face's weight.
        """
        own = loss(logits, target[mine]) * weight[mine]
        if self.order is None:
            return own
        other = loss(logits, target[self.order][mine]) * weight[self.order][mine]
        return self.share * own + (1 - self.share) * other

    def weight(self, weight: Tensor, mine: slice) -> Tensor:
        """Mix the weights of the faces in ``mine`` as the faces are; ``weight`` is of the whole batch."""
        if self.order is None:
            return weight[mine]
        return self.share * weight[mine] + (1 - self.share) * weight[self.order][mine]


class Augmenter:
    """Changes batches as an :class:`Augmentation` says, with PyTorch's global generator.

    Parameters
    ----------
    settings : Augmentation
    """

    def __init__(self, settings: Augmentation) -> None:
        self._mixup = settings.mixup
        self._changes = _changes(settings)

    def __call__(self, faces: Tensor) -> Batch:
        """Change faces, uint8 (n, height, width), 0 to 255."""
        with torch.no_grad():
            changed = self._changes(faces[:, None].float() / 255)[:, 0] * 255
            if self._mixup == 0:
                return Batch(changed)
            share = float(torch.distributions.Beta(self._mixup, self._mixup).sample())
            order = torch.randperm(len(changed), device=changed.device)
            return Batch(changed * share + changed[order] * (1 - share), order, share)


def _changes(settings: Augmentation) -> nn.Module:
    """Chain what is switched on; geometry is one resampling, so that no face is blurred twice."""
    from kornia import augmentation  # takes half a second to import

    changes: list[nn.Module] = []
    if settings.flip:
        changes.append(augmentation.RandomHorizontalFlip(p=0.5))
    if settings.rotate or settings.scale or settings.shift:
        changes.append(
            augmentation.RandomAffine(
                degrees=settings.rotate,
                translate=(settings.shift, settings.shift),
                scale=(1 - settings.scale, 1 + settings.scale),
                padding_mode="border",
                p=1.0,
            )
        )
    if settings.brightness:
        changes.append(
            augmentation.RandomBrightness((1 - settings.brightness, 1 + settings.brightness), p=1.0)
        )
    if settings.contrast:
        changes.append(augmentation.RandomContrast((1 - settings.contrast, 1 + settings.contrast), p=1.0))
    if settings.erase:
        changes.append(augmentation.RandomErasing(scale=(0.02, 0.25), value=0.5, p=settings.erase))
    return nn.Sequential(*changes)


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
