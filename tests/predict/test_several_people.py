"""Photos with several people, and lists of photos: whose box, whose probabilities, whose name."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from ferflow.ingest.unlabelled import FacePixels
from ferflow.predict import command
from ferflow.predict.crops import crop_face
from ferflow.predict.detector import Box, Detection, Detector, overlap
from ferflow.predict.photos import ImageLike, Photo
from ferflow.predict.predictor import BATCH, Predictor
from ferflow.predict.results import Expression, Prediction
from ferflow.predict.targets import Targets
from tests.predict.photographs import LANDSCAPE, PORTRAIT, SIDE, lit


@pytest.fixture(scope="module")
def two_people() -> Image.Image:
    """Show a small face on the left, and on the right a larger one, which the detector is surer of."""
    portrait = Image.open(PORTRAIT)
    photo = Image.new("RGB", (1100, 640), "grey")
    photo.paste(ImageOps.mirror(portrait).resize((256, 300)), (0, 0))
    photo.paste(portrait, (560, 20))
    return photo


def edges(face: Expression) -> np.ndarray:
    assert face.box is not None
    return np.array([face.box.left, face.box.top, face.box.right, face.box.bottom])


def values(prediction: Prediction) -> np.ndarray:
    return np.array([list(face.probabilities.values()) for face in prediction])


def test_faces_come_from_left_to_right_however_sure_the_detector_is(
    predictor: Predictor, detector: Detector, two_people: Image.Image
) -> None:
    assert [detection.box.left > 500 for detection in detector(two_people)] == [True, False]  # best first
    left, right = predictor(two_people)
    assert overlap(edges(left), np.array([74, 52, 166, 172])) > 0.6
    assert overlap(edges(right), np.array([740, 125, 925, 365])) > 0.6
    assert left.score is not None
    assert right.score is not None
    assert left.score < right.score


def test_each_face_has_the_probabilities_of_its_own_crop(
    predictor: Predictor, two_people: Image.Image
) -> None:
    photos: list[ImageLike] = [LANDSCAPE, two_people, PORTRAIT]
    several = predictor(photos)
    assert [len(prediction) for prediction in several] == [0, 2, 1]
    for photo, prediction in zip(photos, several, strict=True):
        np.testing.assert_allclose(values(prediction), values(predictor(photo)), atol=1e-6)
    (left, right), (alone,) = values(several[1]), values(several[2])
    assert max(abs(left[0] - right[0]), abs(left[0] - alone[0])) > 1e-3  # else this test could not fail
    for face in several[1]:
        assert face.box is not None
        pixels = crop_face(two_people, face.box, predictor.side).reshape(1, -1)
        expected = predictor.model.predict_proba(pixels)[0]
        np.testing.assert_allclose(list(face.probabilities.values()), expected, atol=1e-6)


def test_images_without_a_path_are_numbered_through_all_batches(predictor: Predictor) -> None:
    n = 2 * BATCH + 1
    predictions = Predictor(predictor.path, cropped=True)([lit(bool(seed % 2), seed) for seed in range(n)])
    assert [prediction.image for prediction in predictions] == [str(number) for number in range(n)]


@pytest.mark.parametrize(("side", "doubted"), [(95, False), (96, True)])
def test_small_images_are_crops_whatever_a_detector_would_find(
    predictor: Predictor, side: int, doubted: bool
) -> None:
    photo = Image.open(PORTRAIT).crop((0, 60, 512, 572)).resize((side, side))
    (face,) = predictor(photo)
    assert face.box is not None
    assert face.box.width * face.box.height < 0.2 * side**2
    assert bool(Predictor(predictor.path, cropped=True)(photo).warning) is doubted


@pytest.mark.parametrize(("limit", "value"), [("MAX_IMAGES", 2), ("MAX_PIXELS", 2 * SIDE**2 - 1)])
def test_of_many_images_only_so_many_are_held_at_once(
    predictor: Predictor, limit: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    predict = predictor.predict_faces

    def count(photos: Sequence[Photo]) -> list[Prediction]:
        sizes.append(len(photos))
        return predict(photos)

    monkeypatch.setattr(predictor, "predict_faces", count)
    monkeypatch.setattr(command, limit, value)
    work = command.Work(predictor, skip=False, save=None, targets=Targets([]))
    for seed in range(5):
        work.take(FacePixels(str(seed), lit(bool(seed % 2), seed)))
    work.flush()
    assert [size for size in sizes if size] == [2, 2, 1]
    assert [prediction.image for prediction in work.predictions] == ["0", "1", "2", "3", "4"]


def test_order_is_that_of_left_edges_and_the_detector_is_loaded_once(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = [Box(40, 0, 60, 60), Box(20, 0, 90, 60), Box(0, 0, 70, 60)]
    loaded: list[str] = []

    def detect(photo: Image.Image) -> list[Detection]:
        loaded.append(photo.mode)
        return [Detection(box, 0.5 + index / 10) for index, box in enumerate(boxes)]

    def load() -> object:
        loaded.append("loaded")
        return detect

    monkeypatch.setattr("ferflow.predict.predictor.Detector", load)
    predictor = Predictor(model)
    for _ in range(2):
        faces = predictor(Image.new("L", (100, 60))).faces
        assert [(face.box, face.score) for face in faces] == [
            (boxes[2], 0.7),
            (boxes[1], 0.6),
            (boxes[0], 0.5),
        ]
    assert loaded == ["loaded", "RGB", "RGB"]
