"""What goes through from a video's faces to its tracks, and how far a face may move."""

import inspect
from collections.abc import Sequence
from pathlib import Path

import pytest

from ferflow import Predictor
from ferflow.predict.detector import Box
from ferflow.predict.photos import Photo
from ferflow.predict.results import Expression, FramePrediction, Prediction
from ferflow.predict.video import recognition
from ferflow.predict.video.recognition import EVERY, SMOOTH
from ferflow.predict.video.tracks import Tracks
from tests.predict.video.films import shades, walk, write_film

EVEN = {"happy": 0.5, "sad": 0.5}


def face(left: float, top: float, width: float = 10, height: float = 10, score: float = 0.9) -> Expression:
    return Expression("a.mp4", Box(left, top, left + width, top + height), score, "happy", EVEN)


@pytest.mark.parametrize(
    ("right", "down", "goes_on"),
    [(11.9, 0, True), (12.1, 0, False), (-11.9, 0, True), (0, 11.9, True), (0, -12.1, False)],
)
def test_a_face_may_move_by_little_more_than_its_width(right: float, down: float, goes_on: bool) -> None:
    tracks = Tracks(0)
    tracks.update(0.0, [face(100, 100)])
    (found,) = tracks.update(0.5, [face(100 + right, 100 + down)])
    assert (found.track == 0) is goes_on


def test_faces_above_each_other_are_two() -> None:
    tracks = Tracks(0)
    assert [found.track for found in tracks.update(0.0, [face(0, 0), face(0, 60)])] == [0, 1]
    assert [found.track for found in tracks.update(0.5, [face(0, 58), face(0, 3)])] == [1, 0]


def test_a_track_follows_its_face_and_keeps_box_and_score_of_the_frame() -> None:
    tracks = Tracks(5.0)
    for step in range(8):  # in all, seven times its width
        given = face(10.0 * step, 0, height=12, score=0.9 - 0.01 * step)
        (found,) = tracks.update(0.5 * step, [given])
        assert (found.track, found.box, found.score, found.image) == (0, given.box, given.score, given.image)


def test_the_label_is_the_smoothed_one() -> None:
    tracks = Tracks(100.0)
    for time, happy in ((0.0, 0.9), (0.1, 0.8), (0.2, 0.4)):
        expression = Expression(
            "a", Box(0, 0, 9, 9), 0.9, "happy" if happy > 0.5 else "sad", {"happy": happy, "sad": 1 - happy}
        )
        (found,) = tracks.update(time, [expression])
    assert found.label == "happy"


def test_python_and_the_command_have_the_same_defaults() -> None:
    parameters = inspect.signature(Predictor.video).parameters
    assert (parameters["every"].default, parameters["smooth"].default) == (EVERY, SMOOTH) == (0.5, 1.0)


def happy(frames: list[FramePrediction]) -> list[float]:
    return [next(iter(frame.faces[0].probabilities.values())) for frame in frames]


def test_lengths_of_time_reach_reader_and_tracks(predictor: Predictor, tmp_path: Path) -> None:
    film = write_film(tmp_path / "talk.mp4", walk(5))
    alone = list(predictor.video(film, every=0.2, smooth=0))
    assert [frame.time for frame in alone] == [0, 0.2, 0.4]
    means = [sum(happy(alone)[: n + 1]) / (n + 1) for n in range(3)]
    assert happy(list(predictor.video(film, every=0.2, smooth=1e6))) == pytest.approx(means, abs=1e-5)
    assert happy(alone) != pytest.approx(means, abs=1e-5)


def test_of_large_frames_fewer_are_held(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    predict = predictor.predict_photos

    def count(photos: Sequence[Photo]) -> list[Prediction]:
        sizes.append(len(photos))
        return predict(photos)

    monkeypatch.setattr(predictor, "predict_photos", count)
    monkeypatch.setattr(recognition, "MAX_PIXELS", 3 * 64 * 48)
    assert len(list(predictor.video(write_film(tmp_path / "a.mp4", shades(8)), every=0))) == 8
    assert sizes == [3, 3, 2]
