from dataclasses import replace

import numpy as np

from ferflow.sample.anatomy import place
from ferflow.sample.camera import FRONTAL, OVERSAMPLING, SIZE, draw_pose, project
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
