"""Turns the rows of a balance into pixels.

A balance stores a plan (:mod:`ferflow.data.balance`): which face, which transforms, which seed. Here the plan
is carried out. Each row draws from a generator of its own, seeded by that row alone, so a copy looks the same
whatever other rows stand beside it, in whatever order, and whatever other transforms are switched on.
"""

import functools
import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

if TYPE_CHECKING:
    from ferflow.params import Balance

ORIGINAL = "none"
SEPARATOR = "+"


def render(pixels: npt.NDArray[np.uint8], rows: pd.DataFrame, balance: "Balance") -> npt.NDArray[np.uint8]:
    """Make the image of every row of a balance.

    Parameters
    ----------
    pixels : uint8 array of shape (n, H, W)
        All faces of the data, in their canonical order; may be memory-mapped.
    rows : DataFrame of m rows
        Columns ``face`` (index into ``pixels``), ``transform`` (``"none"`` or names joined by ``+``) and
        ``seed``, as :func:`ferflow.data.balance.plan_samples` makes them.
    balance : Balance
        Strengths: ``noise`` (standard deviation in grey levels), ``shift`` (greatest, pixels), ``rotate``
        (greatest, degrees).

    Returns
    -------
    uint8 array of shape (m, H, W)
        What a shift or a rotation uncovers is filled with the nearest edge pixel. Flip, rotation and shift
        are one resampling (bilinear), so an image is never blurred twice; noise comes last and is clipped to
        0..255.
    """
    images = np.asarray(pixels[rows["face"].to_numpy()])
    for index, (transform, seed) in enumerate(zip(rows["transform"], rows["seed"], strict=True)):
        if transform != ORIGINAL:
            images[index] = _transform(images[index], transform.split(SEPARATOR), int(seed), balance)
    return images


def resized(images: npt.NDArray[np.uint8], side: int | None) -> npt.NDArray[np.uint8]:
    """Bring images to another size (bilinear).

    Parameters
    ----------
    images : uint8 array of shape (m, H, W)
    side : int or None
        Pixels each way; None leaves them alone.

    Returns
    -------
    uint8 array of shape (m, side, side)
    """
    if side is None or images.shape[1:] == (side, side):
        return images
    result = np.empty((len(images), side, side), dtype=np.uint8)
    for index, image in enumerate(images):
        result[index] = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR))
    return result


def _transform(
    image: npt.NDArray[np.uint8], names: list[str], seed: int, balance: "Balance"
) -> npt.NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    # Drawn whether used or not: switching one transform on must not change what the others do.
    turn, right, down = (2.0 * draw - 1.0 for draw in rng.random(3).tolist())
    if not {"flip", "rotate", "shift"}.isdisjoint(names):
        reach = balance.shift if "shift" in names else 0
        image = _move(
            image,
            degrees=turn * balance.rotate if "rotate" in names else 0.0,
            shift=(_step(right, reach), _step(down, reach)),
            flip="flip" in names,
        )
    if "noise" in names:
        noise = rng.standard_normal(image.shape, dtype=np.float32)
        noise *= np.float32(balance.noise)
        noise += image
        image = np.rint(noise).clip(0, 255).astype(np.uint8)
    return image


def _step(draw: float, reach: int) -> int:
    """Turn a draw from [-1, 1) into one of the whole numbers -reach..reach, each as likely."""
    return math.floor((draw + 1) / 2 * (2 * reach + 1)) - reach


def _move(
    image: npt.NDArray[np.uint8], degrees: float, shift: tuple[int, int], flip: bool
) -> npt.NDArray[np.uint8]:
    """Mirror left to right, turn about the middle (clockwise), then shift right and down."""
    height, width = image.shape
    angle = math.radians(degrees)
    # A corner moves furthest; Pillow fills with black, so the edge is repeated that far before it is asked.
    furthest = math.hypot(height, width) * abs(math.sin(angle / 2)) + max(abs(shift[0]), abs(shift[1]))
    margin = math.ceil(furthest) + 1
    wide = image.take(_edge_indices(height, width, margin))
    # Pillow asks, for a place in the result, where it comes from: the inverse of what the docstring says.
    mirror = -1.0 if flip else 1.0
    sine, cosine = math.sin(angle), math.cos(angle)
    right, down = width / 2 + shift[0], height / 2 + shift[1]
    source = (
        *(mirror * cosine, mirror * sine, width / 2 + margin - mirror * (cosine * right + sine * down)),
        *(-sine, cosine, height / 2 + margin + sine * right - cosine * down),
    )
    result = Image.fromarray(wide).transform(
        (width, height), Image.Transform.AFFINE, source, resample=Image.Resampling.BILINEAR
    )
    return np.asarray(result)


@functools.lru_cache(maxsize=64)
def _edge_indices(height: int, width: int, margin: int) -> npt.NDArray[np.intp]:
    """Flat indices that surround an image with ``margin`` repetitions of its edge."""
    row = np.arange(-margin, height + margin).clip(0, height - 1)
    column = np.arange(-margin, width + margin).clip(0, width - 1)
    result: npt.NDArray[np.intp] = row[:, None] * width + column
    return result
