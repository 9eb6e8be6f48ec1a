"""From the detector's maps to boxes: each cell is 4 x 4 pixels, of two boxes upon each other one stays."""

import numpy as np
import pytest
from PIL import Image

from ferflow.predict.crops import holds_small_face
from ferflow.predict.detector import Box, Detection, Detector, _decode, _distinct, _padded, overlap
from tests.predict.photographs import PORTRAIT


def test_a_cell_of_the_maps_is_a_box_around_its_own_centre() -> None:
    heat, size, offset = (np.zeros((n, 3, 4), np.float32) for n in (1, 2, 2))
    heat[0, 1, 2], heat[0, 0, 0] = 0.5, 0.49
    size[:, 1, 2] = np.log([3, 2])  # height and width, in cells
    offset[:, 1, 2] = 0.25, -0.25  # down, and to the left
    boxes, scores = _decode(heat, size, offset, threshold=0.5)
    # The centre is at 4 * (2 - 0.25 + 0.5) = 9 and 4 * (1 + 0.25 + 0.5) = 7, the box 8 wide and 12 high.
    np.testing.assert_allclose(boxes, [[5, 1, 13, 13]], atol=1e-5)
    np.testing.assert_allclose(scores, [0.5])


def test_of_boxes_that_overlap_the_best_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [4, 0, 14, 10], [40, 0, 50, 10]], float)
    scores = np.array([0.5, 0.6, 0.9, 0.4], np.float32)
    # The first covers 6 of 14 parts of the best, the second 9 of 11; the last stands alone.
    assert _distinct(boxes, scores) == [2, 3]
    apart = boxes + np.array([[0, 0, 0, 0], [1, 0, 1, 0], [40, 0, 40, 0], [0, 0, 0, 0]])
    # 4 of 16 parts are few enough for two faces side by side.
    assert _distinct(apart[:2], scores[:2]) == [1, 0]


def test_boxes_apart_in_both_directions_do_not_overlap() -> None:
    assert overlap(np.array([0.0, 0, 2, 2]), np.array([5.0, 7, 8, 9])) == 0


def test_the_network_gets_the_colours_in_their_order_and_black_beyond_the_photo() -> None:
    photo = np.random.default_rng(0).integers(1, 256, (33, 64, 3), dtype=np.uint8)
    padded = _padded(photo)
    assert padded.shape == (1, 3, 64, 64)
    for channel in range(3):
        np.testing.assert_array_equal(padded[0, channel, :33], photo[:, :, channel])
    assert not padded[0, :, 33:].any()


def test_the_threshold_is_the_least_score() -> None:
    photo = Image.open(PORTRAIT)
    (found,) = Detector(threshold=0.3, threads=1)(photo)
    assert Detector(threshold=found.score + 0.01, threads=1)(photo) == []


@pytest.mark.parametrize(
    ("crop", "box"),
    [
        ((260, 90, 480, 400), (0, 36, 94, 232)),
        ((100, 60, 300, 400), (81, 67, 200, 282)),
        ((100, 60, 420, 250), (66, 45, 258, 190)),
    ],
)
def test_a_box_ends_where_the_photo_does(
    detector: Detector, crop: tuple[int, int, int, int], box: tuple[int, int, int, int]
) -> None:
    (found,) = detector(Image.open(PORTRAIT).crop(crop))
    found_edges = (found.box.left, found.box.top, found.box.right, found.box.bottom)
    assert found_edges == pytest.approx(box, abs=4)
    size = (crop[2] - crop[0], crop[3] - crop[1])
    assert 0 in found_edges or found.box.right == size[0] or found.box.bottom == size[1]


@pytest.mark.parametrize(("side", "small"), [(44, True), (46, False)])
def test_a_face_of_less_than_a_fifth_is_a_photo(side: int, small: bool) -> None:
    detection = Detection(Box(0, 0, side, side), 0.9)
    assert holds_small_face(Image.new("L", (100, 100)), [detection]) is small


class _Maps:
    """Stands for the network: notes how large its inputs are, and answers with one score."""

    def __init__(self, score: float) -> None:
        self.score, self.sizes = score, []  # type: ignore[var-annotated]

    def run(self, outputs: object, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        (photo,) = inputs.values()
        self.sizes.append(photo.shape[2:])
        heat, size, offset = (
            np.zeros((1, n, *(np.array(photo.shape[2:]) // 4)), np.float32) for n in (1, 2, 2)
        )
        heat[0, 0, 2, 3], size[0, :, 2, 3] = self.score, np.log(2)
        return [heat, size, offset]


@pytest.mark.parametrize(("score", "faces"), [(0.3, 1), (0.29, 0)])
def test_photos_are_shrunk_to_640_pixels_and_never_enlarged(
    score: float, faces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps = _Maps(score)
    monkeypatch.setattr("ferflow.predict.detector.make_session", lambda model, threads: maps)
    detector = Detector()
    for size in ((100, 50), (640, 320), (320, 1280)):
        assert len(detector(Image.new("RGB", size))) == faces
    assert maps.sizes == [(64, 128), (320, 640), (640, 160)]
    if faces:
        box = detector(Image.new("RGB", (320, 1280)))[0].box  # twice as large as in the reduced copy
        assert (box.left, box.top, box.right, box.bottom) == pytest.approx((20, 12, 36, 28))
