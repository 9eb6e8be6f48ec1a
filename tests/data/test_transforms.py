import numpy as np
import pandas as pd
import pytest

from ferflow.data.transforms import render
from ferflow.params import Balance


def rows_of(*transforms: str, seed: int | None = None) -> pd.DataFrame:
    seeds = np.arange(len(transforms)) * 7919 + 1 if seed is None else np.full(len(transforms), seed)
    return pd.DataFrame({"face": 0, "transform": transforms, "seed": seeds.astype(np.int64)})


def face(height: int = 48, width: int = 48) -> np.ndarray:
    """A smooth uneven picture, so that a wrong place shows."""
    y, x = np.mgrid[:height, :width]
    return (100 + 60 * np.sin(x / 6) + 50 * np.cos(y / 5) + x / 2).astype(np.uint8)[None]


def test_untransformed_rows_are_the_faces() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    rows = rows_of("none", "none", "none").assign(face=[2, 0, 2])
    images = render(pixels, rows, Balance())
    assert images.dtype == np.uint8
    assert np.array_equal(images, pixels[[2, 0, 2]])
    images[:] = 0
    assert pixels.any()  # the faces themselves are never written to


def test_flip_mirrors_exactly() -> None:
    pixels = face(10, 12)
    assert np.array_equal(render(pixels, rows_of("flip"), Balance())[0], pixels[0, :, ::-1])


def test_shift_moves_by_whole_pixels_and_repeats_the_edge() -> None:
    pixels = face()
    shifts = set()
    wide = np.pad(pixels[0], 3, mode="edge")
    for image in render(pixels, rows_of(*["shift"] * 300), Balance(shift=3)):
        places = [
            (right, down)
            for right in range(-3, 4)
            for down in range(-3, 4)
            if np.array_equal(image, wide[3 - down : 51 - down, 3 - right : 51 - right])
        ]
        assert len(places) == 1
        shifts.add(places[0])
    assert len(shifts) == 49


def test_rotation_turns_about_the_middle_and_by_no_more_than_asked() -> None:
    y, x = np.mgrid[:49, :49] - 24.0
    bar = np.where((abs(y) < 1.5) & (abs(x) < 20), 255, 0).astype(np.uint8)[None]
    images = render(bar, rows_of(*["rotate"] * 100), Balance(rotate=20)).astype(float)
    angles = []
    for image in images:
        assert abs((image * x).sum() / image.sum()) < 0.2
        assert abs((image * y).sum() / image.sum()) < 0.2
        angles.append(np.degrees(np.arctan2((image * x * y).sum(), (image * x * x).sum())))
    assert 17 < max(np.abs(angles)) <= 21
    assert abs(np.mean(angles)) < 4


def test_rotation_mixes_neighbours() -> None:
    halves = np.repeat([[[0, 240]]], 24, axis=1).repeat(24, axis=2).astype(np.uint8)
    (image,) = render(halves, rows_of("rotate", seed=1), Balance(rotate=20))
    assert ((image > 20) & (image < 220)).any()


def test_rotation_uncovers_no_black() -> None:
    white = np.full((1, 20, 30), 255, dtype=np.uint8)
    assert (render(white, rows_of(*["shift+rotate+flip"] * 50), Balance(rotate=45, shift=6)) == 255).all()


def test_noise_has_the_spread_asked_for_and_stays_in_range() -> None:
    grey = np.full((1, 48, 48), 128, dtype=np.uint8)
    images = render(grey, rows_of(*["noise"] * 20), Balance(noise=12)).astype(float)
    assert abs(images.std() - 12) < 0.5
    assert abs(images.mean() - 128) < 0.5
    white = np.full((1, 48, 48), 255, dtype=np.uint8)
    bright = render(white, rows_of("noise"), Balance(noise=10))
    assert bright.max() == 255
    assert bright.min() > 200  # what is brighter than white is white, and not black


def test_a_row_looks_the_same_whatever_stands_beside_it() -> None:
    rows = rows_of("none", "noise+shift+flip+rotate", "noise", "shift+rotate")
    images = render(face(), rows, Balance())
    assert np.array_equal(render(face(), rows[::-1], Balance()), images[::-1])
    assert np.array_equal(render(face(), rows[1:2], Balance())[0], images[1])


def test_the_seed_decides() -> None:
    one, again = render(face(), rows_of("noise+shift", "noise+shift", seed=5), Balance())
    other = render(face(), rows_of("noise+shift", seed=6), Balance())[0]
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_switching_noise_off_leaves_the_shift_as_it_was() -> None:
    with_noise = render(face(), rows_of("noise+shift", seed=9), Balance(noise=0))
    assert np.array_equal(with_noise, render(face(), rows_of("shift", seed=9), Balance()))


@pytest.mark.parametrize("transform", ["shift", "rotate", "noise"])
def test_strength_nought_changes_nothing(transform: str) -> None:
    balance = Balance(noise=0, shift=0, rotate=0)
    assert np.array_equal(render(face(), rows_of(transform), balance), face())
