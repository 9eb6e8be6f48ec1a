"""Where boxes and labels lie in an annotated picture, and what the labels say."""

import numpy as np
import pytest
from PIL import Image

from ferflow.predict.annotation import annotate
from ferflow.predict.detector import Box
from ferflow.predict.results import Expression, Prediction

CLASSES = ("happy", "sad")
YELLOW, INK = (255, 210, 31), (26, 26, 26)


def found(box: Box | None, *, label: str = "sad", size: tuple[int, int] = (400, 400)) -> Prediction:
    face = Expression("a", box, 0.9, label, {"happy": 0.25, "sad": 0.75})
    return Prediction("a", *size, (face,), CLASSES)


def inked(prediction: Prediction) -> int:
    """Count the pixels of letters in a picture that is black else: these are a little brighter."""
    drawn = annotate(Image.new("L", (prediction.width, prediction.height)), prediction)
    return int((np.asarray(drawn) == INK).all(axis=2).sum())


def test_in_an_enlarged_picture_the_box_is_enlarged_too() -> None:
    drawn = annotate(Image.new("L", (400, 160)), found(Box(40, 20, 120, 60)))
    assert drawn.size == (800, 320)
    for point in ((80, 60), (240, 60), (160, 40)):
        assert drawn.getpixel(point) == YELLOW
    assert drawn.getpixel((40, 30)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("size", "drawn"), [((100, 200), (320, 640)), ((100, 800), (160, 1280)), ((8, 4000), (8, 4000))]
)
def test_a_long_picture_is_enlarged_less(size: tuple[int, int], drawn: tuple[int, int]) -> None:
    assert annotate(Image.new("L", size), Prediction("a", *size, (), CLASSES)).size == drawn


@pytest.mark.parametrize("box", [Box(350, 50, 398, 100), Box(50, 300, 100, 399), Box(-20, 20, 30, 60)])
def test_a_label_at_the_edge_lies_in_the_picture(box: Box) -> None:
    assert inked(found(box)) == inked(found(Box(100, 100, 200, 200)))


def test_the_label_lies_below_the_face() -> None:
    drawn = np.asarray(annotate(Image.new("L", (400, 400)), found(Box(100, 100, 300, 300))))
    rows = np.flatnonzero((drawn == INK).all(axis=2).any(axis=1))
    assert rows.min() >= 300


def test_the_label_is_that_of_the_face_with_its_probability() -> None:
    box = Box(100, 100, 300, 300)
    photo = Image.new("L", (400, 400))
    pictures = {annotate(photo, found(box, label=label)).tobytes() for label in CLASSES}
    assert len(pictures) == 2
    assert inked(found(None)) == inked(found(box))


def test_a_picture_without_a_face_says_so() -> None:
    assert inked(Prediction("a", 400, 400, (), CLASSES)) > 0


def test_in_a_large_picture_letters_and_lines_are_larger() -> None:
    boxes = {side: Box(side / 4, side / 4, side / 2, side / 2) for side in (400, 2000)}
    small, large = (
        np.asarray(annotate(Image.new("L", (side, side)), found(box, size=(side, side))))
        for side, box in boxes.items()
    )
    letters = [int((drawn == INK).all(axis=2).any(axis=1).sum()) for drawn in (small, large)]
    assert letters[1] > 3 * letters[0]
    widths = [
        int((drawn == YELLOW).all(axis=2)[len(drawn) // 3, : len(drawn) * 3 // 8].sum())
        for drawn in (small, large)
    ]
    assert widths == [2, 8]
