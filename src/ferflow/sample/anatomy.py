"""Where the parts of a face lie, and how its muscles move them.

Coordinates are those of the head: x to the right of the picture, y downwards, both in half-widths of an
average head, origin between the pupils. Which part an action unit moves, and where to, follows the
descriptions of appearance changes in the FACS manual (Ekman & Friesen 1978); how far is ours, and a little
exaggerated, as in any sketch of 48 by 48 pixels.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ferflow.sample.exact import combine, cos, exp, power, sin
from ferflow.sample.expressions import Activity
from ferflow.sample.person import Person

Points = NDArray[np.float64]
"""Points of a curve, float64 of shape (n, 2)."""
Sketch = dict[str, Points]
"""Named curves of one face."""

SIDES = (("left", -1.0), ("right", 1.0))

_ACROSS = np.linspace(-1.0, 1.0, 13)  # along the mouth or an eye, from the left corner to the right
_SQUARED = _ACROSS * _ACROSS
_BULGE = 1.0 - _SQUARED
_ROUND = np.sqrt(_BULGE)
_BOW = _ROUND * (1.0 - 0.28 * exp(-_SQUARED / 0.0256) - 0.15 * np.abs(_ACROSS))  # Cupid's bow
_TURN = np.arange(16) * (2 * math.pi / 16)
_CIRCLE = np.stack([cos(_TURN), sin(_TURN)], axis=1)
_LID = power(_BULGE, 0.8)
_BROW_T = np.linspace(-1.0, 1.0, 9)
_BROW_FIT = np.stack(
    [_BROW_T * (_BROW_T - 1) / 2, 1 - _BROW_T * _BROW_T, _BROW_T * (_BROW_T + 1) / 2], axis=1
)
_BROW_TAPER = np.array([0.75, 0.95, 1.0, 1.0, 0.95, 0.85, 0.7, 0.5, 0.2])


def _closed_spline(controls: int, per_control: int) -> NDArray[np.float64]:
    """Return the matrix that takes control points to a closed Catmull-Rom curve through them."""
    t = np.arange(per_control) / per_control
    tt, ttt = t * t, t * t * t
    before, at = -t + 2 * tt - ttt, 2 - 5 * tt + 3 * ttt
    after, beyond = t + 4 * tt - 3 * ttt, ttt - tt
    basis = 0.5 * np.stack([before, at, after, beyond])
    matrix = np.zeros((controls * per_control, controls))
    for i in range(controls):
        for k in range(4):
            matrix[i * per_control : (i + 1) * per_control, (i + k - 1) % controls] += basis[k]
    return matrix


_OUTLINE = _closed_spline(14, 4)


def place(person: Person, activity: Activity) -> Sketch:
    """Place every part of a face.

    Parameters
    ----------
    person : Person
    activity : dict of int to float
        Intensities of the action units, as :func:`ferflow.sample.expressions.act` draws them.

    Returns
    -------
    dict of str to float64 array of shape (n, 2)
        Closed outlines and open strokes in head coordinates, e.g. ``mouth_opening``, ``left_brow``.
    """
    sketch: Sketch = {"head": _head(person, activity)}
    for name, side in SIDES:
        tilt = 1.0 + side * person["asymmetry"] * 0.5  # nobody moves both halves alike
        parts = _brow_and_eye(person, activity, side, tilt)
        sketch |= {f"{name}_{part}": curve for part, curve in parts.items()}
    sketch |= _nose(person, activity)
    sketch |= _mouth(person, activity)
    sketch |= _folds(person, activity, sketch)
    return sketch


def _head(person: Person, activity: Activity) -> Points:
    drop = 0.15 * activity[26]
    width, cheeks, jaw, chin = person["width"], person["cheeks"], person["jaw"], person["chin"]
    right = [
        (0.52 * width, person["crown"] + 0.12),
        (0.88 * width, -0.85),
        (width, -0.2),
        (cheeks * width + 0.03, 0.4),
        (jaw * width, 0.86 + 0.5 * drop),
        (0.3 * width, chin - 0.03 + drop),
    ]
    left = [(-x, y) for x, y in reversed(right)]
    return combine(_OUTLINE, [(0.0, person["crown"]), *right, (0.0, chin + drop), *left])


def _brow_and_eye(person: Person, activity: Activity, side: float, tilt: float) -> Sketch:
    au = {unit: min(1.0, intensity * tilt) for unit, intensity in activity.items()}
    centre, height = person["eye_distance"], person["brow_height"]
    descent = au[4] * (1 - 0.7 * au[1])  # AU 4 with 1 draws the brows together more than down
    inner = (
        centre - 0.22 - 0.02 * au[1] - 0.075 * au[4] + 0.02 * au[2],
        -height + person["brow_slant"] - 0.2 * au[1] - 0.03 * au[2] + 0.15 * descent + 0.07 * au[9],
    )
    middle = (
        centre + 0.03 - 0.03 * au[4],
        -height - person["brow_arch"] - 0.06 * au[1] - 0.13 * au[2] + 0.1 * descent + 0.06 * au[9],
    )
    outer = (
        centre + 0.28,
        -height + 0.03 - person["brow_slant"] - 0.14 * au[2] + 0.03 * au[4] - 0.02 * au[1],
    )
    line = combine(_BROW_FIT, [inner, middle, outer])
    thick = person["brow_width"] * _BROW_TAPER[:, None] * np.array([[0.0, 1.0]])
    brow = np.concatenate([line - thick, (line + thick)[::-1]])

    up = (
        person["eye_opening"] * (1 - 0.4 * au[7] - 0.35 * au[9] - 0.25 * au[6] - 0.15 * au[4]) + 0.095 * au[5]
    )
    low = person["eye_opening"] * 0.75 * (1 - 0.65 * au[7] - 0.6 * au[6] - 0.5 * au[9]) + 0.015 * au[5]
    up, low = max(up, 0.02), max(low, 0.012)
    slope = person["eye_slant"] - 0.035 * max(0.0, min(au[1], au[4]) - 0.5 * au[2])  # sad lids fall outwards
    x = centre + person["eye_width"] * _ACROSS  # from the inner corner to the outer one
    axis = -slope * _ACROSS
    upper = np.stack([x, axis - up * _LID], axis=1)
    lower = np.stack([x, axis + low * _BULGE], axis=1)
    iris = _CIRCLE * person["iris"] + (centre + side * person["gaze"], -0.012 - 0.012 * au[5])
    pupil = _CIRCLE[::2] * (0.5 * person["iris"]) + (centre + side * person["gaze"], -0.012 - 0.012 * au[5])
    curves = {
        "brow": brow,
        "eye": np.concatenate([upper, lower[::-1]]),
        "upper_lid": upper,
        "lower_lid": lower,
        "iris": _between(iris, upper, lower),
        "pupil": _between(pupil, upper, lower),
        "crease": upper[1:-1] - (0.0, 0.045 + 0.02 * (1 - au[5])),
    }
    return {name: curve * (side, 1.0) for name, curve in curves.items()}


def _between(points: Points, upper: Points, lower: Points) -> Points:
    """Cut an outline at the lids, of which each point of one stands over that of the other."""
    x = points[:, 0]
    right = np.searchsorted(upper[:, 0], x).clip(1, len(upper) - 1)
    (x0, top0), (x1, top1) = upper[right - 1].T, upper[right].T
    low0, low1 = lower[right - 1, 1], lower[right, 1]
    share = ((x - x0) / (x1 - x0)).clip(0.0, 1.0)
    y = points[:, 1].clip(top0 + share * (top1 - top0), low0 + share * (low1 - low0))
    return np.stack([x, y], axis=1)


def _nose(person: Person, activity: Activity) -> Sketch:
    wing = person["nose_width"] * (1 + 0.2 * activity[9] + 0.12 * activity[12])
    base = person["nose_length"] - 0.06 * activity[9]
    sketch: Sketch = {}
    for name, side in SIDES:
        sketch[f"{name}_nostril"] = _CIRCLE * (0.042, 0.026) + (side * 0.5 * wing, base)
        sketch[f"{name}_wing"] = np.array(
            [
                (0.75 * wing, base - 0.13),
                (wing, base - 0.06),
                (0.97 * wing, base + 0.005),
                (0.75 * wing, base + 0.02),
            ]
        ) * (side, 1.0)
        sketch[f"{name}_bridge"] = np.array(
            [(0.11, -0.14), (0.075, 0.0), (0.08, base * 0.45), (0.5 * wing, base - 0.1)]
        ) * (side, 1.0)
    sketch["nose_base"] = np.array(
        [(-0.4 * wing, base + 0.02), (0.0, base + 0.05), (0.4 * wing, base + 0.02)]
    )
    return sketch


def _mouth(person: Person, activity: Activity) -> Sketch:
    au = activity
    width = person["mouth_width"] * (
        1 + 0.36 * au[12] + 0.34 * au[20] - 0.14 * au[23] - 0.26 * au[26] * (1 - au[20])
    )
    gap = 0.1 * au[25] * (1 - 0.5 * au[23]) + 0.3 * au[26]
    thin = 1 - 0.5 * au[23] - 0.25 * au[12] - 0.3 * au[20]
    height = person["mouth_height"] - 0.03 * au[12] - 0.055 * au[9] + 0.05 * au[12]
    corners = person["mouth_curve"] - 0.17 * au[12] + 0.15 * au[15] + 0.1 * au[20]
    x = width * _ACROSS
    middle = height + corners * _SQUARED + 0.06 * person["asymmetry"] * (au[12] + au[15] + 0.3) * _ACROSS
    # A drop of the jaw opens downwards; disgust and a smile lift the upper lip off the teeth.
    upper_edge = middle - gap * (0.25 + 0.15 * au[9]) * _BULGE
    lower_edge = middle + gap * 0.75 * power(_BULGE, 0.75 - 0.45 * au[20])  # AU 20 draws the lower lip flat
    upper = upper_edge - person["lips"] * thin * _BOW
    lower = lower_edge + 1.35 * person["lips"] * thin * _ROUND
    heights = {"upper_edge": upper_edge, "lower_edge": lower_edge, "upper": upper, "lower": lower}
    line = {name: np.stack([x, y], axis=1) for name, y in heights.items()}
    teeth = upper_edge + np.minimum(0.75 * (lower_edge - upper_edge), 0.075)
    return {
        "lips": np.concatenate([line["upper"], line["lower"][::-1]]),
        "mouth_opening": np.concatenate([line["upper_edge"], line["lower_edge"][::-1]]),
        "teeth": np.concatenate([line["upper_edge"][1:-1], np.stack([x, teeth], axis=1)[-2:0:-1]]),
        "mouth_line": line["upper_edge"],
        "under_lip": np.add(line["lower"][4:9], (0.0, 0.06)),
    }


def _folds(person: Person, activity: Activity, sketch: Sketch) -> Sketch:
    """Place creases of the skin; :func:`crease_depths` says how deep each is."""
    folds: Sketch = {}
    corner_x, corner_y = np.abs(sketch["mouth_line"][-1])
    wing, base = person["nose_width"], person["nose_length"]
    for name, side in SIDES:
        start = (wing + 0.05, base - 0.07 - 0.05 * activity[9])
        end = (max(corner_x, 0.3) + 0.09, corner_y - 0.02)
        bend = (0.5 * (start[0] + end[0]) + 0.06 * activity[12] + 0.03, 0.5 * (start[1] + end[1]) - 0.02)
        folds[f"{name}_nasolabial"] = np.array([start, bend, end]) * (side, 1.0)
        outer = person["eye_distance"] + person["eye_width"]
        feet = [(outer + 0.05, -0.05), (outer + 0.15, -0.1), (outer + 0.05, 0.01), (outer + 0.17, 0.01)]
        folds[f"{name}_crow"] = np.array([*feet, (outer + 0.05, 0.06), (outer + 0.15, 0.12)]) * (side, 1.0)
        eye = person["eye_distance"]
        folds[f"{name}_bag"] = np.array([(eye - 0.16, 0.13), (eye, 0.17), (eye + 0.17, 0.12)]) * (side, 1.0)
        folds[f"{name}_frown"] = np.array([(0.065, -0.36), (0.05, -0.2)]) * (side, 1.0)
        folds[f"{name}_snarl"] = np.array(
            [(0.03, -0.02), (0.12, 0.05), (0.03, 0.07), (0.13, 0.15), (0.03, -0.1), (0.1, -0.06)]
        ) * (side, 1.0)
    top = -person["brow_height"] - 0.26
    folds["forehead"] = np.stack([0.5 * _ACROSS, top - 0.05 * _BULGE], axis=1)
    folds["forehead_high"] = np.stack([0.42 * _ACROSS, top - 0.13 - 0.05 * _BULGE], axis=1)
    return folds


def crease_depths(person: Person, activity: Activity) -> dict[str, float]:
    """Tell how deep each kind of crease is: deepened by its action units and by age.

    Parameters
    ----------
    person : Person
    activity : dict of int to float
        Intensities of the action units.

    Returns
    -------
    dict of str to float
        By the crease's name, 0 (none) to 1.
    """
    au, old = activity, person.wrinkles
    return {
        "nasolabial": min(1.0, 0.8 * au[12] + 0.8 * au[9] + 0.4 * au[6] + 0.25 * au[20] + 0.55 * old),
        "crow": min(1.0, 0.75 * au[6] + 0.35 * old),
        "bag": min(1.0, 0.7 * au[6] + 0.5 * au[7] + 0.4 * au[9] + 0.55 * old),
        "frown": min(1.0, au[4] * 0.9 + 0.2 * old),
        "snarl": au[9],
        "forehead": min(1.0, 0.8 * min(au[1] + 0.2, 1.0) * (au[1] > 0.2) * (0.4 + 0.6 * au[2]) + 0.4 * old),
        "chin": min(1.0, 0.5 + 0.5 * au[15]),
    }
