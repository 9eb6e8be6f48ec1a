"""Each action unit moves what the FACS manual says it moves (y points down)."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ferflow.sample.anatomy import Sketch, crease_depths, place
from ferflow.sample.expressions import EMFACS, rest
from ferflow.sample.person import Person, draw_person

PERSON = draw_person(np.random.default_rng(3))


def show(*units: int, person: Person = PERSON) -> Sketch:
    return place(person, rest() | dict.fromkeys(units, 1.0))


def corner_height(sketch: Sketch) -> float:
    line = sketch["mouth_line"]
    return float(line[6, 1] - line[[0, -1], 1].mean())


def mouth_width(sketch: Sketch) -> float:
    return float(np.ptp(sketch["mouth_line"][:, 0]))


def mouth_gap(sketch: Sketch) -> float:
    return float(np.ptp(sketch["mouth_opening"].reshape(2, -1, 2)[:, 6, 1]))


def inner_brow(sketch: Sketch) -> float:
    return float(-sketch["left_brow"][0, 1])


def outer_brow(sketch: Sketch) -> float:
    return float(-sketch["left_brow"][8, 1])


def brow_distance(sketch: Sketch) -> float:
    return float(sketch["right_brow"][0, 0] - sketch["left_brow"][0, 0])


def upper_lid(sketch: Sketch) -> float:
    return float(-sketch["left_upper_lid"][:, 1].min())


def lower_lid(sketch: Sketch) -> float:
    return float(-sketch["left_lower_lid"][:, 1].max())


def lip_thickness(sketch: Sketch) -> float:
    return float(np.ptp(sketch["lips"][:, 1])) - mouth_gap(sketch)


def upper_lip(sketch: Sketch) -> float:
    return float(-sketch["mouth_line"][6, 1])


def chin(sketch: Sketch) -> float:
    return float(-sketch["head"][:, 1].max())


@pytest.mark.parametrize(
    ("unit", "part", "direction"),
    [
        (1, inner_brow, +1),
        (2, outer_brow, +1),
        (4, inner_brow, -1),
        (4, brow_distance, -1),
        (5, upper_lid, +1),
        (6, lower_lid, +1),
        (7, lower_lid, +1),
        (7, upper_lid, -1),
        (9, upper_lip, +1),
        (12, corner_height, +1),
        (12, mouth_width, +1),
        (15, corner_height, -1),
        (20, mouth_width, +1),
        (23, lip_thickness, -1),
        (25, mouth_gap, +1),
        (26, mouth_gap, +1),
        (26, chin, -1),
    ],
)
def test_unit_moves_its_part(unit: int, part: Callable[[Sketch], float], direction: int) -> None:
    assert direction * (part(show(unit)) - part(show())) > 0.01


def test_fear_raises_brows_and_sadness_slants_them() -> None:
    fear, sad, angry = (show(*EMFACS[name]) for name in ("fear", "sad", "angry"))
    assert inner_brow(fear) > inner_brow(show()) > inner_brow(angry)
    assert inner_brow(sad) - outer_brow(sad) > inner_brow(show()) - outer_brow(show())


def test_mouth_corners_are_higher_in_happiness_than_in_sadness_for_everybody() -> None:
    for seed in range(40):
        person = draw_person(np.random.default_rng(seed))
        happy, sad = (show(*EMFACS[name], person=person) for name in ("happy", "sad"))
        assert corner_height(happy) > corner_height(show(person=person)) > corner_height(sad)


def test_iris_stays_between_the_lids() -> None:
    squint = show(6, 7, 9)
    iris, eye = squint["right_iris"], squint["right_eye"]
    assert iris[:, 1].min() >= eye[:, 1].min() and iris[:, 1].max() <= eye[:, 1].max()


def test_creases_deepen_with_their_units() -> None:
    flat = crease_depths(PERSON, rest())
    for unit, crease in (
        (4, "frown"),
        (6, "crow"),
        (6, "bag"),
        (9, "snarl"),
        (12, "nasolabial"),
        (1, "forehead"),
        (15, "chin"),
    ):
        assert crease_depths(PERSON, rest() | {unit: 1.0})[crease] > flat[crease]


def test_nobody_moves_both_halves_alike() -> None:
    lopsided = replace(PERSON, proportions=PERSON.proportions | {"asymmetry": 0.2})
    brows = [
        float(np.mean(place(lopsided, rest() | {1: 0.8})[f"{side}_brow"][:, 1])) for side in ("left", "right")
    ]
    assert abs(brows[0] - brows[1]) > 0.01
    at_rest = place(lopsided, rest())
    assert np.allclose(at_rest["left_brow"], at_rest["right_brow"] * (-1.0, 1.0))


def test_lids_never_cross() -> None:
    squint = show(4, 6, 7, 9)
    assert (squint["left_upper_lid"][1:-1, 1] < squint["left_lower_lid"][1:-1, 1]).all()


def test_creases_deepen_with_age() -> None:
    old = crease_depths(replace(PERSON, age=85), rest())
    young = crease_depths(replace(PERSON, age=20), rest())
    for crease in ("nasolabial", "crow", "bag", "frown", "forehead"):
        assert old[crease] >= young[crease] + 0.2
