"""How the picture is taken: pose of the head, light, and what the sensor does to it.

All this changes far more pixels than an expression does; as in FER-2013, a model must learn to look past it.
"""

import math
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from ferflow.sample.anatomy import Points, Sketch
from ferflow.sample.exact import Array, bell, between, cos, exp, sin

SIZE = 48
"""Width and height of a face in pixels, as in FER-2013."""
OVERSAMPLING = 4
_DEPTH = 0.72  # of the front of the head over its outline, in half-widths
_PIXELS = np.arange(SIZE) + 0.5
_CENTRE = slice(SIZE // 4, SIZE - SIZE // 4)


@dataclass(frozen=True)
class Pose:
    """Turn of the head (radians), its half-width (pixels of the picture) and the place of its origin."""

    yaw: float
    pitch: float
    roll: float
    scale: float
    x: float
    y: float


FRONTAL = Pose(yaw=0.0, pitch=0.0, roll=0.0, scale=17.5, x=24.0, y=24.0)


def draw_pose(rng: np.random.Generator) -> Pose:
    """Draw a pose: mostly frontal, sometimes well turned; a face fills the picture only roughly.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    Pose
    """
    yaw, pitch, roll, x, y = np.clip(bell(rng, 5), -2.2, 2.2).tolist()
    return Pose(
        yaw=0.2 * yaw,
        pitch=0.1 * pitch,
        roll=0.09 * roll,
        scale=between(rng, 16.0, 19.5),
        x=SIZE / 2 + 1.6 * x,
        y=SIZE / 2 + 1.6 * y,
    )


def project(sketch: Sketch, pose: Pose) -> Sketch:
    """Turn the head and project it (in parallel) onto the oversampled picture.

    Points lie on half an ellipsoid with a nose, so that a turn shifts eyes, nose and mouth inside.

    Parameters
    ----------
    sketch : dict of str to float64 array of shape (n, 2)
        Curves in head coordinates.
    pose : Pose

    Returns
    -------
    dict of str to float64 array of shape (n, 2)
        The same curves in pixels of a picture of ``SIZE * OVERSAMPLING`` squared.
    """
    points = np.concatenate(list(sketch.values()))
    x, y = points.T
    nose = 0.26 * exp(-_square(x / 0.2) - _square((y - 0.36) / 0.3))
    z = _DEPTH * np.sqrt(np.maximum(0.0, 1.0 - _square(x) - _square(y / 1.6))) + nose
    turns = np.array([pose.yaw, pose.pitch, pose.roll])
    (cos_yaw, cos_pitch, cos_roll), (sin_yaw, sin_pitch, sin_roll) = cos(turns), sin(turns)
    across = x * cos_yaw + z * sin_yaw
    depth = z * cos_yaw - x * sin_yaw
    down = y * cos_pitch - (depth - 0.35) * sin_pitch
    position = np.stack([across * cos_roll - down * sin_roll, across * sin_roll + down * cos_roll], axis=1)
    pixels = OVERSAMPLING * (position * pose.scale + (pose.x, pose.y))
    ends = accumulate(map(len, sketch.values()))
    return {
        name: pixels[end - len(curve) : end] for (name, curve), end in zip(sketch.items(), ends, strict=True)
    }


@dataclass(frozen=True)
class Shade:
    """A soft light (positive) or dark spot on the skin; place and radii in head coordinates."""

    x: float
    y: float
    width: float
    height: float
    amount: float


def expose(
    drawing: NDArray[np.uint8], curves: Sketch, shades: list[Shade], pose: Pose, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Light the drawing, take the picture, and degrade it.

    Parameters
    ----------
    drawing : uint8 array of shape (SIZE * OVERSAMPLING, SIZE * OVERSAMPLING)
    curves : dict of str to float64 array of shape (n, 2)
        Projected: ``head``, the outline that is lit as an ellipsoid (Lambert's law), and ``shades``, the
        places of the shades.
    shades : list of Shade
        Hollows and bulges of the skin.
    pose : Pose
    rng : numpy.random.Generator

    Returns
    -------
    uint8 array of shape (48, 48)
    """
    picture = _shrink(drawing)
    if rng.random() < 0.6:
        picture = _blur(picture, between(rng, 0.1, 0.75))
    light = _light(curves["head"] / OVERSAMPLING, rng)
    picture = picture * light * _relief(shades, curves["shades"] / OVERSAMPLING, pose)
    mean, contrast = 128 + 22 * float(bell(rng)), between(rng, 0.62, 1.25)
    # As cameras do, mostly by the middle.
    exposure = 0.3 * _mean(picture) + 0.7 * _mean(picture[_CENTRE, _CENTRE])
    picture = mean + contrast * (picture - exposure)
    picture += between(rng, 1.0, 7.0) * bell(rng, SIZE, SIZE)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _square(x: Array) -> Array:
    return x * x


def _mean(picture: Array) -> float:
    """Average to within 1/64 of a grey level; sums of whole numbers do not depend on their order."""
    return int(np.rint(64 * picture).astype(np.int64).sum()) / (64 * picture.size)


def _shrink(drawing: NDArray[np.uint8]) -> Array:
    """Average each square of ``OVERSAMPLING`` pixels a side."""
    levels = drawing.astype(np.int32)
    rows = sum(levels[start::OVERSAMPLING] for start in range(OVERSAMPLING))
    sums = sum(np.asarray(rows)[:, start::OVERSAMPLING] for start in range(OVERSAMPLING))
    return np.asarray(sums) / (OVERSAMPLING * OVERSAMPLING)


def _blur(picture: Array, deviation: float) -> Array:
    """Blur with a kernel of three pixels each way, of a deviation of 0.75 pixels at most."""
    aside = 0.5 * deviation * deviation
    for _ in range(2):  # along one axis, then, transposed, along the other
        wide = np.concatenate([picture[:1], picture, picture[-1:]])
        picture = ((1 - 2 * aside) * picture + aside * (wide[:-2] + wide[2:])).T
    return picture


def _light(head: Points, rng: np.random.Generator) -> Array:
    low, high = head.min(axis=0), head.max(axis=0)
    (x, y), (half_width, half_height) = (low + high) / 2, (high - low) / 2
    nx = ((_PIXELS - x) / (1.12 * half_width))[None, :]
    ny = ((_PIXELS - y) / (1.12 * half_height))[:, None]
    nz = np.sqrt(np.maximum(0.0, 1.0 - nx * nx - ny * ny))
    azimuth, strength = between(rng, -math.pi, math.pi), between(rng, 0.1, 0.65)
    lambert = np.maximum(0.0, nx * (0.85 * float(sin(azimuth))) - 0.45 * ny + 0.62 * nz)
    across, down = (0.07 * bell(rng, 2)).tolist()
    ramp = nx * across + ny * down
    inside = np.minimum(1.0, 4 * nz)
    result: Array = 1.0 + ramp + inside * strength * (lambert - 0.62)
    return result


def _relief(shades: list[Shade], centres: Points, pose: Pose) -> Array:
    radii = pose.scale * np.array([(shade.width, shade.height) for shade in shades])
    spots = exp(-_square((_PIXELS[:, None, None] - centres) / radii))
    relief = np.ones((SIZE, SIZE))
    for index, shade in enumerate(shades):
        relief += spots[:, index, 1][:, None] * (shade.amount * spots[:, index, 0])
    return relief
