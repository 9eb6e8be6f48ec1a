from dataclasses import replace

import numpy as np
import pytest

from ferflow.sample.anatomy import place
from ferflow.sample.camera import (
    FRONTAL,
    OVERSAMPLING,
    SIZE,
    Shade,
    _blur,
    _light,
    _mean,
    _relief,
    _shrink,
    draw_pose,
    expose,
    project,
)
from ferflow.sample.expressions import rest
from ferflow.sample.person import draw_person

FACE = place(draw_person(np.random.default_rng(1)), rest())


def test_frontal_face_is_centred_and_mirrored() -> None:
    curves = project(FACE, FRONTAL)
    assert np.isclose(curves["head"][:, 0].mean(), SIZE * OVERSAMPLING / 2)
    assert np.allclose(curves["left_wing"][:, 0] + curves["right_wing"][:, 0], SIZE * OVERSAMPLING)
    assert {name: curve.shape for name, curve in curves.items()} == {n: c.shape for n, c in FACE.items()}


def test_turning_moves_the_nose_within_the_outline() -> None:
    aside, frontal = project(FACE, replace(FRONTAL, yaw=0.4)), project(FACE, FRONTAL)
    nose = aside["nose_base"][:, 0].mean() - frontal["nose_base"][:, 0].mean()
    outline = aside["head"][:, 0].mean() - frontal["head"][:, 0].mean()
    assert nose > outline + 10
    nodding = project(FACE, replace(FRONTAL, pitch=0.3))
    assert nodding["nose_base"][:, 1].mean() < frontal["nose_base"][:, 1].mean()


def test_nodding_turns_about_a_point_behind_the_face() -> None:
    (point,) = project({"rim": np.array([(1.0, 0.0)])}, replace(FRONTAL, pitch=0.3))["rim"]
    assert point[1] == pytest.approx(OVERSAMPLING * (FRONTAL.y + 0.35 * np.sin(0.3) * FRONTAL.scale))


def test_roll_and_scale_keep_the_shape() -> None:
    oblique, frontal = (
        project({"head": FACE["head"]}, pose)["head"] for pose in (replace(FRONTAL, roll=0.5), FRONTAL)
    )
    assert np.isclose(np.linalg.norm(oblique[0] - oblique[7]), np.linalg.norm(frontal[0] - frontal[7]))
    large = project({"head": FACE["head"]}, replace(FRONTAL, scale=2 * FRONTAL.scale))["head"]
    assert np.isclose(np.ptp(large[:, 0]), 2 * np.ptp(frontal[:, 0]))


def test_poses_vary_about_frontal() -> None:
    poses = [draw_pose(np.random.default_rng(seed)) for seed in range(200)]
    for name in ("yaw", "pitch", "roll"):
        turns = np.array([getattr(pose, name) for pose in poses])
        assert abs(turns.mean()) < 0.05 and 0.05 < turns.std() < 0.4


def test_shrinking_averages_squares() -> None:
    drawing = np.random.default_rng(0).integers(0, 256, (8, 12), dtype=np.uint8)
    expected = drawing.reshape(2, OVERSAMPLING, 3, OVERSAMPLING).mean(axis=(1, 3))
    assert np.array_equal(_shrink(drawing), expected)


def test_blur_has_its_deviation_and_keeps_the_light() -> None:
    point = np.zeros((7, 7))
    point[3, 3] = 100.0
    blurred = _blur(point, 0.6)
    offsets = np.arange(7) - 3
    for axis in (0, 1):
        assert blurred.sum(axis=axis) @ offsets**2 / blurred.sum() == pytest.approx(0.36)
    assert np.allclose(_blur(np.full((5, 5), 80.0), 0.6), 80.0)


def test_mean_is_exact_to_a_64th() -> None:
    picture = np.random.default_rng(0).random((48, 48)) * 300 - 20
    assert abs(_mean(picture) - picture.mean()) < 1 / 64


def test_light_comes_from_above_and_from_either_side() -> None:
    head = project(FACE, FRONTAL)["head"] / OVERSAMPLING
    lights = np.stack([_light(head, np.random.default_rng(seed)) for seed in range(100)])
    middle = lights[:, 12:36, 12:36]
    aside = (middle[:, :, 12:] - middle[:, :, :12]).mean(axis=(1, 2))
    assert abs(aside.mean()) < 0.04 and 0.1 < aside.std() < 0.4
    average = lights.mean(axis=0)
    assert average[14:20, 20:28].mean() > average[32:38, 20:28].mean() + 0.05
    assert average[22:26, 22:26].mean() > average[22:26, [8, 39]].mean() + 0.05  # the skin turns away


def test_a_shade_lightens_the_skin_around_its_place() -> None:
    centres = np.array([(12.5, 20.5), (36.5, 20.5)])
    shades = [Shade(0.0, 0.0, 0.2, 0.1, 0.15), Shade(0.0, 0.0, 0.2, 0.1, -0.1)]
    relief = _relief(shades, centres, FRONTAL)
    assert relief[20, 12] == pytest.approx(1.15) and relief[20, 36] == pytest.approx(0.9)
    assert relief[20, 15] > relief[23, 12] > 1.0  # wider than high
    assert relief[45, 24] == pytest.approx(1.0)


def test_exposure_is_of_medium_grey_and_nothing_wraps_round() -> None:
    drawing = np.zeros((SIZE * OVERSAMPLING, SIZE * OVERSAMPLING), dtype=np.uint8)
    drawing[:, SIZE * OVERSAMPLING // 2 :] = 255
    curves = project(FACE, FRONTAL) | {"shades": np.zeros((1, 2))}
    shades = [Shade(0.0, 0.0, 0.1, 0.1, 0.0)]
    faces = np.stack(
        [expose(drawing, curves, shades, FRONTAL, np.random.default_rng(seed)) for seed in range(60)]
    )
    assert faces.min() == 0 and faces.max() == 255
    assert (faces[:, :, :20].max(axis=(1, 2)) < faces[:, :, 28:].min(axis=(1, 2))).all()
    assert abs(faces.mean(dtype=np.float64) - 128) < 8
