"""Where a network looks: how strongly each pixel of a face moves a class's logit.

References
----------
Simonyan, Vedaldi & Zisserman, "Deep inside convolutional networks", ICLR workshop 2014: the gradient of the
logit by the pixels. Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017: averaged over noisy
copies. Both as captum computes them (Kokhlikyan et al., 2020).
"""

import math

import numpy as np
import torch
from captum.attr import NoiseTunnel, Saliency
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor, nn

_BATCH = 256


def smooth_saliency(
    network: nn.Module,
    faces: NDArray[np.uint8],
    target: NDArray[np.integer],
    *,
    seed: int,
    samples: int = 32,
    noise: float = 0.1,
) -> NDArray[np.float32]:
    """Map how strongly each pixel moves a logit, to be looked at: SmoothGrad's absolute mean gradient.

    The maps are :func:`blurred`.

    Parameters
    ----------
    network : nn.Module
        From faces (n, height, width) to logits (n, classes), in evaluation mode.
    faces : uint8 array of shape (n, height, width)
    target : int array of shape (n,)
        Index of the logit.
    seed : int
        Of the noise.
    samples : int, default=32
        Noisy copies.
    noise : float, default=0.1
        Their standard deviation as a share of the face's range of grey.

    Returns
    -------
    float32 array of shape (n, height, width)
        Of sum one for each face.
    """
    smooth = NoiseTunnel(Saliency(network))
    maps = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for face, index in zip(_differentiable(faces), target.tolist(), strict=True):
            spread = noise * float(face.detach().max() - face.detach().min()) + 1e-6  # of a blank face too
            mean = smooth.attribute(
                face[None], nt_type="smoothgrad", nt_samples=samples, stdevs=spread, target=index, abs=False
            )
            maps.append(blurred(mean[0].detach().abs().numpy()))
    return _shares(np.stack(maps))


def saliency(
    network: nn.Module, faces: NDArray[np.uint8], target: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Map as :func:`smooth_saliency` does, without noise: for many faces.

    Parameters
    ----------
    network : nn.Module
        From faces to logits, in evaluation mode.
    faces : uint8 array of shape (n, height, width)
    target : int array of shape (n,)
        Index of the logit.

    Returns
    -------
    float32 array of shape (n, height, width)
        Of sum one for each face.
    """
    attribution = Saliency(network)
    parts = [
        attribution.attribute(
            _differentiable(faces[start : start + _BATCH]),
            target=torch.from_numpy(target[start : start + _BATCH]),
        )
        for start in range(0, len(faces), _BATCH)
    ]
    return _shares(torch.cat(parts).detach().numpy())


def blurred(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blur a map by a pixel's width, as the stride of a convolution leaves a chequered pattern in it.

    Parameters
    ----------
    values : float32 array of shape (height, width)

    Returns
    -------
    float32 array of shape (height, width)
    """
    result: NDArray[np.float32] = gaussian_filter(values, sigma=1.0)
    return result


def middle_share(maps: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
    """Tell how much of each map lies in the middle, and how much of the area that is.

    The middle is the centred rectangle of half the area, as nearly as whole pixels allow.

    Parameters
    ----------
    maps : float array of shape (n, height, width)

    Returns
    -------
    share : float64 array of shape (n,)
        Of each map.
    area : float
        Share of the area.
    """
    height, width = maps.shape[1:]
    rows, columns = (_middle(size) for size in (height, width))
    middle = maps[:, rows, columns]
    inside = middle.sum(axis=(1, 2), dtype=np.float64) / maps.sum(axis=(1, 2), dtype=np.float64)
    return inside, middle.shape[1] * middle.shape[2] / (height * width)


def _middle(size: int) -> slice:
    margin = round(size * (1 - math.sqrt(0.5)) / 2)
    return slice(margin, size - margin)


def _differentiable(faces: NDArray[np.uint8]) -> Tensor:
    """Float copy of faces that gradients can be taken by."""
    return torch.from_numpy(np.asarray(faces, dtype=np.float32)).requires_grad_(True)


def _shares(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    total = maps.sum(axis=(1, 2), keepdims=True)
    flat = np.full_like(maps, 1 / maps[0].size)  # a network that is blind to a face looks nowhere
    result: NDArray[np.float32] = np.divide(maps, total, out=flat, where=total > 0)
    return result
