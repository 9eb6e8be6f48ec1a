import numpy as np
import pytest

from ferflow.sample.canvas import Canvas, grey


def draw(*shapes: tuple) -> np.ndarray:
    canvas = Canvas(40, background=0)
    for kind, *details in shapes:
        getattr(canvas, kind)(*details)
    return canvas.paint()


def test_nothing_drawn_is_background() -> None:
    assert (Canvas(8, background=77.4).paint() == 77).all()


def test_tones_are_rounded_and_clipped() -> None:
    assert [grey(tone) for tone in (-3.0, 12.6, 300.0)] == [0, 13, 255]


def test_pixels_whose_centres_lie_inside_are_filled() -> None:
    picture = draw(("rectangle", 10.0, 20.4, 13.0, 22.6, 200))
    expected = np.zeros((40, 40), dtype=np.uint8)
    expected[20:23, 10:13] = 200
    assert np.array_equal(picture, expected)


@pytest.mark.parametrize("turn", [1, -1])
def test_areas_are_those_of_geometry_whichever_way_an_outline_turns(turn: int) -> None:
    triangle = np.array([(3.0, 5.0), (35.0, 11.0), (14.0, 36.0)])[::turn]
    (x, y), (u, v) = triangle[1] - triangle[0], triangle[2] - triangle[0]
    assert np.count_nonzero(draw(("fill", triangle, 9))) == pytest.approx(abs(x * v - y * u) / 2, rel=0.02)
    assert np.count_nonzero(draw(("circle", 20.0, 20.0, 12.0, 9))) == pytest.approx(np.pi * 144, rel=0.03)


def test_later_shapes_cover_earlier_ones() -> None:
    shapes = ("rectangle", 0.0, 0.0, 20.0, 20.0, 50), ("rectangle", 10.0, 10.0, 30.0, 30.0, 90)
    assert draw(*shapes)[15, 15] == 90 and draw(*shapes[::-1])[15, 15] == 50


def test_strokes_are_as_wide_as_asked_and_bend_without_gaps() -> None:
    line = draw(("stroke", [(2.0, 20.0), (38.0, 20.0)], 9, 4.2))
    assert (np.count_nonzero(line, axis=0)[4:36] == 4).all()
    bent = draw(("stroke", [(5.0, 30.0), (20.0, 8.0), (35.0, 30.0)], 9, 3.0))
    assert bent[8, 20] == 9 and (np.count_nonzero(bent, axis=1)[8:30] > 0).all()
    assert draw(("stroke", [(2.0, 3.0), (9.0, 3.0)], 9, 0.1)).any()


def test_strokes_reach_a_little_beyond_their_ends() -> None:
    line = draw(("stroke", [(10.0, 20.0), (30.0, 20.0)], 9, 11.0))
    assert np.flatnonzero(line[20]).tolist() == list(range(8, 32))  # by 0.15 of the width; bends have no gaps


def test_strokes_of_no_length_are_left_out() -> None:
    with np.errstate(all="raise"):
        assert not draw(("stroke", [(10.0, 20.0), (10.0, 20.0)], 9, 5.0)).any()


def test_slanting_strokes_are_as_wide_as_others() -> None:
    line = draw(("stroke", [(8.0, 12.0), (30.0, 27.0)], 9, 6.0))
    assert np.count_nonzero(line) == pytest.approx(6 * (np.hypot(22, 15) + 2 * 0.9), rel=0.05)


def test_loops_are_hollow_and_dashes_apart() -> None:
    square = [(10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0)]
    ring = draw(("loop", square, 9, 2.0))
    assert ring[20, 10] == ring[10, 20] == ring[20, 30] == 9 and ring[20, 20] == 0
    dashes = draw(("dashes", [(2.0, 5.0), (10.0, 5.0), (20.0, 5.0), (30.0, 5.0)], 9, 2.0))
    assert dashes[5, 6] == dashes[5, 25] == 9 and dashes[5, 15] == 0


def test_what_lies_outside_is_cut_off() -> None:
    assert not draw(("circle", -30.0, 20.0, 9.0, 9)).any() and not draw(("circle", 90.0, 95.0, 9.0, 9)).any()
    assert (draw(("rectangle", -50.0, -50.0, 90.0, 90.0, 9)) == 9).all()
    half = draw(("rectangle", -50.0, 10.0, 20.0, 90.0, 9))
    assert (half[10:, :20] == 9).all() and np.count_nonzero(half) == 600
