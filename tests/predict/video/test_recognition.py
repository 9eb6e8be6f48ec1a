from collections.abc import Sequence
from pathlib import Path

import pytest

from ferflow import FramePrediction, Predictor, to_frame
from ferflow.errors import InputError
from ferflow.predict.photos import Photo
from ferflow.predict.results import Prediction
from ferflow.predict.video.recognition import MAX_FRAMES
from tests.predict.video.films import shades, walk, write_film


def test_frames_come_as_they_are_read(predictor: Predictor, tmp_path: Path) -> None:
    film = write_film(tmp_path / "talk.mp4", walk(12))
    frames = list(predictor.video(film))
    assert [frame.time for frame in frames] == [0, 0.5, 1.0]
    assert all(isinstance(frame, FramePrediction) and frame.image == str(film) for frame in frames)
    assert [[face.track for face in frame] for frame in frames] == [[0, 1]] * 3
    table = to_frame(frames)
    assert list(table.columns[:4]) == ["video", "time", "track", "left"]
    (first,) = predictor([walk(1)[0]])
    found = [face.box.left for face in frames[0] if face.box is not None]
    assert found == pytest.approx([face.box.left for face in first if face.box is not None], abs=4)


def test_no_more_frames_are_held_than_a_batch(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def count(photos: Sequence[Photo]) -> list[Prediction]:
        sizes.append(len(photos))
        return [Prediction(photo.name, 1, 1, (), predictor.classes) for photo in photos]

    monkeypatch.setattr(predictor, "predict_photos", count)
    frames = predictor.video(write_film(tmp_path / "long.mp4", shades(200)), every=0)
    next(frames)
    assert sizes == [MAX_FRAMES]
    assert len(list(frames)) == 199
    assert max(sizes) == MAX_FRAMES


def test_bad_arguments_are_told_at_once(model: Path, predictor: Predictor, tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", shades(3))
    with pytest.raises(InputError, match="every: -1 seconds; give 0 or more"):
        predictor.video(film, every=-1)
    with pytest.raises(InputError, match="smooth: inf"):
        predictor.video(film, smooth=float("inf"))
    with pytest.raises(InputError, match="no such file"):
        predictor.video(tmp_path / "nowhere.mp4")
    with pytest.raises(InputError, match="leave 'cropped' out"):
        Predictor(model, cropped=True).video(film)


def test_a_truncated_video_is_a_warning(predictor: Predictor, tmp_path: Path) -> None:
    content = write_film(tmp_path / "whole.mp4", shades(60)).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) // 2])
    with pytest.warns(UserWarning, match="is the file whole"):
        assert len(list(predictor.video(tmp_path / "cut.mp4"))) > 2
