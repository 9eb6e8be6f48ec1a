import numpy as np
import pytest

from ferflow.sample.camera import SIZE
from ferflow.sample.drawing import Sheet, draw_face
from ferflow.sample.expressions import EMFACS


@pytest.mark.parametrize("expression", EMFACS)
def test_faces_are_grey_pictures_with_contrast(expression: str) -> None:
    faces = np.stack([draw_face(expression, np.random.default_rng(seed)) for seed in range(60)])
    assert faces.shape == (60, SIZE, SIZE) and faces.dtype == np.uint8
    assert (faces.std(axis=(1, 2)) > 5).all()
    assert len(np.unique(faces.reshape(60, -1), axis=0)) == 60


def test_same_seed_same_face() -> None:
    first, again = (draw_face("happy", np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, draw_face("happy", np.random.default_rng(6)))


def test_a_part_that_no_head_has_is_refused() -> None:
    sheet = Sheet({"head": np.zeros((3, 2))}, background=9, unit=1)
    sheet.fill_part("beard", 9)
    sheet.stroke_part("left_temple", 9, 1)
    with pytest.raises(KeyError, match="haed"):
        sheet.fill_part("haed", 9)
    with pytest.raises(KeyError, match="left_tempel"):
        sheet.stroke_part("left_tempel", 9, 1)


def test_unknown_expression_is_refused() -> None:
    with pytest.raises(KeyError, match="bored"):
        draw_face("bored", np.random.default_rng(0))
