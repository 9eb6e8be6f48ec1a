"""What frames a face: hair, ears, neck and clothes, beard, glasses; in the coordinates of the head."""

import math

import numpy as np

from ferflow.sample.anatomy import SIDES, Points, Sketch
from ferflow.sample.exact import cos, power, sin
from ferflow.sample.person import Person

# Over the skull, from the left temple to the right one.
_ARC = np.linspace(math.pi * 1.08, -math.pi * 0.08, 25)
_ARC_ACROSS, _ARC_UP = cos(_ARC), sin(_ARC)
_RING = np.arange(20) * (2 * math.pi / 20)
_RING_ACROSS, _RING_DOWN = cos(_RING), sin(_RING)
_LENS = np.stack([np.sign(wave) * power(np.abs(wave), 0.7) for wave in (_RING_ACROSS, _RING_DOWN)], axis=1)

#: The curves of :func:`dress` that not everybody has.
OPTIONAL = frozenset(
    (
        *("hair_front", "hair_back", "beard", "moustache", "glasses_bridge"),
        *(f"{name}_{part}" for name, _ in SIDES for part in ("lens", "temple")),
    )
)


def dress(person: Person, sketch: Sketch) -> Sketch:
    """Place what frames the face.

    Parameters
    ----------
    person : Person
    sketch : dict of str to float64 array of shape (n, 2)
        The face, as :func:`ferflow.sample.anatomy.place` makes it; a beard follows its mouth and jaw.

    Returns
    -------
    dict of str to float64 array of shape (n, 2)
        Only what this person has: ``hair_front``, ``hair_back``, ``beard``, ``left_lens``, ...
    """
    neck = 0.5 if person.woman or person.age < 13 else 0.62
    chin = float(sketch["head"][:, 1].max())
    curves: Sketch = {
        "neck": np.array([(-neck, 0.5), (neck, 0.5), (neck + 0.06, chin + 0.5), (-neck - 0.06, chin + 0.5)]),
        "clothes": np.array(
            [(-2.4, 3.0), (-2.2, 1.75), (-0.72, 1.42), (0.0, 1.66), (0.72, 1.42), (2.2, 1.75), (2.4, 3.0)]
        ),
    }
    for name, side in SIDES:
        ear = np.stack([0.1 * _RING_ACROSS, 0.22 * _RING_DOWN], axis=1)
        curves[f"{name}_ear"] = np.add(ear, (side * (person["width"] + 0.04), 0.1))
    return curves | _hair(person) | _beard(person, sketch) | _glasses(person)


def _hair(person: Person) -> Sketch:
    style = person.hair_style
    if style == "bald":
        return {}
    volume = person["hair_volume"] * {"receding": 0.4, "curly": 1.7}.get(style, 1.0)
    wave = 0.07 * sin(9 * _ARC + 10 * person["parting"]) if style == "curly" else 0.0
    across = (person["width"] + 0.05 + 0.6 * volume + wave) * _ARC_ACROSS
    up = -0.35 + (person["crown"] + 0.35 - volume - wave) * _ARC_UP
    curves: Sketch = {"hair_front": np.concatenate([np.stack([across, up], axis=1), _hairline(person)])}
    if style in ("long", "scarf"):
        spread = person["width"] + 0.18 + volume
        lower = [(spread, 0.6), (spread + 0.02, 1.9), (-spread - 0.02, 1.9), (-spread, 0.6)]
        curves["hair_back"] = np.concatenate([np.stack([across * 1.06, up], axis=1), np.array(lower)])
    return curves


def _hairline(person: Person) -> Points:
    """Return the lower edge of the hair, from the right temple to the left one."""
    top, parting = person["hairline"], person["parting"]
    if person.hair_style in ("parted", "long"):
        temple, side = (
            [(0.86, 0.7), (0.74, -0.35)] if person.hair_style == "long" else [(0.88, -0.3), (0.7, -0.6)]
        )
        crest = [(parting + 0.2, top + 0.02), (parting, top - 0.12), (parting - 0.2, top + 0.02)]
        line = [temple, side, *crest, (-side[0], side[1]), (-temple[0], temple[1])]
    else:
        right = {
            "receding": [(0.9, -0.6), (0.62, top - 0.32), (0.3, top - 0.2), (0.0, top - 0.14)],
            "fringe": [(0.84, -0.2), (0.78, -0.52), (0.5, -0.48), (0.25, -0.56), (0.0, -0.5)],
            "scarf": [(0.8, 0.75), (0.76, -0.3), (0.45, top + 0.08), (0.0, top)],
        }.get(person.hair_style, [(0.88, -0.35), (0.74, -0.66), (0.4, top), (0.0, top - 0.05)])
        line = right + [(-x, y) for x, y in right[-2::-1]]
    return np.array([(0.95, -0.05), *line, (-0.95, -0.05)]) * (person["width"], 1.0)


def _beard(person: Person, sketch: Sketch) -> Sketch:
    if person.beard == "none":
        return {}
    corner_x, corner_y = np.abs(sketch["mouth_line"][-1])
    lip = float(sketch["lips"][:13, 1].min())
    reach = corner_x + 0.1
    above = [(-reach, corner_y + 0.06), (-0.75 * reach, lip - 0.04), (0.0, lip - 0.12)]
    above += [(0.75 * reach, lip - 0.04), (reach, corner_y + 0.06)]
    below = [(0.6 * reach, lip + 0.035), (0.0, lip + 0.02), (-0.6 * reach, lip + 0.035)]
    curves: Sketch = {} if person.beard == "stubble" else {"moustache": np.array(above + below)}
    if person.beard in ("stubble", "full"):
        jaw = sketch["head"][sketch["head"][:, 1] > 0.3] * (1.0, 1.02)
        inside = [(-0.9 * reach - 0.12, 0.62), (-reach, lip - 0.02), (0.0, lip - 0.1), (reach, lip - 0.02)]
        inside.append((0.9 * reach + 0.12, 0.62))
        curves["beard"] = np.concatenate([jaw, np.array(inside)])
    return curves


def _glasses(person: Person) -> Sketch:
    if person.glasses == "none":
        return {}
    centre, size = person["eye_distance"], 0.27
    bridge = [(size - centre, -0.02), (0.0, -0.07), (centre - size, -0.02)]
    curves: Sketch = {"glasses_bridge": np.array(bridge)}
    for name, side in SIDES:
        temple = [(centre + size, -0.03), (person["width"] + 0.02, -0.06)]
        curves[f"{name}_lens"] = np.add(_LENS * (size, 0.22), (side * centre, 0.03))
        curves[f"{name}_temple"] = np.array(temple) * (side, 1.0)
    return curves
