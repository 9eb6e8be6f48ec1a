"""How the picture is taken: pose of the head, light, and what the sensor does to it.

All this changes far more pixels than an expression does; as in FER-2013, a model must learn to look past it.
"""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ferflow.sample.anatomy import Points, Sketch

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
    """Draw a pose: mostly frontal, sometimes well turned; a face fills the picture only roughly."""
    yaw, pitch, roll, x, y = np.clip(rng.normal(size=5), -2.2, 2.2).tolist()
    return Pose(
        yaw=0.2 * yaw,
        pitch=0.1 * pitch,
        roll=0.09 * roll,
        scale=float(rng.uniform(16.0, 19.5)),
        x=SIZE / 2 + 0.9 * x,
        y=SIZE / 2 + 0.9 * y,
    )


def project(sketch: Sketch, pose: Pose) -> Sketch:
    """Turn the head and project it (in parallel) onto the oversampled picture.

    Points lie on half an ellipsoid with a nose, so that a turn shifts eyes, nose and mouth inside.

    Parameters
    ----------
    sketch : dict of str to ndarray of shape (n, 2)
        Curves in head coordinates.
    pose : Pose

    Returns
    -------
    dict of str to ndarray of shape (n, 2)
        The same curves in pixels of a picture of ``SIZE * OVERSAMPLING`` squared.
    """
    points = np.concatenate(list(sketch.values()))
    x, y = points.T
    nose = 0.26 * np.exp(-((x / 0.2) ** 2) - ((y - 0.36) / 0.3) ** 2)
    z = _DEPTH * np.sqrt(np.maximum(0.0, 1.0 - x**2 - (y / 1.6) ** 2)) + nose
    across = x * np.cos(pose.yaw) + z * np.sin(pose.yaw)
    depth = z * np.cos(pose.yaw) - x * np.sin(pose.yaw)
    down = y * np.cos(pose.pitch) - (depth - 0.35) * np.sin(pose.pitch)
    cosine, sine = np.cos(pose.roll), np.sin(pose.roll)
    turned = np.stack([across * cosine - down * sine, across * sine + down * cosine], axis=1)
    pixels = OVERSAMPLING * (turned * pose.scale + (pose.x, pose.y))
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
    drawing: Image.Image, curves: Sketch, shades: list[Shade], pose: Pose, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Light the drawing, take the picture, and degrade it.

    Parameters
    ----------
    drawing : PIL.Image.Image
        Mode L, oversampled.
    curves : dict of str to ndarray of shape (n, 2)
        Projected: ``head``, the outline that is lit as an ellipsoid (Lambert's law), and ``shades``, the
        places of the shades.
    shades : list of Shade
        Hollows and bulges of the skin.
    pose : Pose
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (48, 48), uint8
    """
    small = drawing.reduce(OVERSAMPLING)
    if rng.random() < 0.6:
        small = small.filter(ImageFilter.GaussianBlur(rng.uniform(0.1, 0.75)))
    light, relief = (
        _light(curves["head"] / OVERSAMPLING, rng),
        _relief(shades, curves["shades"] / OVERSAMPLING, pose),
    )
    picture = np.asarray(small, dtype=np.float32) * light * relief
    mean, contrast = rng.normal(128, 22), rng.uniform(0.62, 1.25)
    metered = (
        0.3 * picture.mean() + 0.7 * picture[_CENTRE, _CENTRE].mean()
    )  # as cameras do: mostly the middle
    picture = mean + contrast * (picture - metered)
    picture += rng.normal(scale=rng.uniform(1.0, 7.0), size=picture.shape).astype(np.float32)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _light(head: Points, rng: np.random.Generator) -> NDArray[np.float64]:
    low, high = head.min(axis=0), head.max(axis=0)
    (x, y), (half_width, half_height) = (low + high) / 2, (high - low) / 2
    nx = ((_PIXELS - x) / (1.12 * half_width))[None, :]
    ny = ((_PIXELS - y) / (1.12 * half_height))[:, None]
    nz = np.sqrt(np.maximum(0.0, 1.0 - nx**2 - ny**2))
    azimuth, strength = rng.uniform(-np.pi, np.pi), rng.uniform(0.1, 0.65)
    source = np.array([np.sin(azimuth) * 0.85, -0.45, 0.62])
    lambert = np.maximum(0.0, nx * source[0] + ny * source[1] + nz * source[2])
    ramp = nx * rng.normal(0, 0.07) + ny * rng.normal(0, 0.07)
    inside = np.minimum(1.0, 4 * nz)
    return 1.0 + ramp + inside * strength * (lambert - 0.62)


def _relief(shades: list[Shade], centres: Points, pose: Pose) -> NDArray[np.float64]:
    width, height, amount = np.array([(shade.width, shade.height, shade.amount) for shade in shades]).T
    across = np.exp(-(((_PIXELS[:, None] - centres[:, 0]) / (pose.scale * width)) ** 2))
    down = np.exp(-(((_PIXELS[:, None] - centres[:, 1]) / (pose.scale * height)) ** 2))
    return 1.0 + (down * amount) @ across.T
