"""Frames at the edge of what is due, films of odd sides, and readers who have enough."""

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from ferflow.errors import InputError
from ferflow.predict.predictor import Predictor
from ferflow.predict.video import reader
from ferflow.predict.video.command import _Work
from ferflow.predict.video.reader import Video
from ferflow.predict.video.writer import VideoWriter, is_movie, movie_path
from tests.predict.video.films import shades, write_film


def times(path: Path, every: float) -> list[float]:
    return [round(frame.time, 3) for frame in Video(path, pytest.fail).frames(every)]


def test_times_that_a_container_has_rounded_down_are_due_all_the_same(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mkv", shades(6), times=[0, 0.333, 0.667, 0.999, 1.333, 1.999])
    assert times(film, 1 / 3) == [0, 0.333, 0.667, 0.999, 1.333, 1.999]
    assert times(film, 1.0) == [0, 0.999, 1.999]


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv"])
def test_a_recording_that_does_not_begin_at_zero(tmp_path: Path, name: str) -> None:
    film = write_film(tmp_path / name, shades(4), times=[7.5, 7.6, 8.1, 8.6])
    assert times(film, 0.0) == [0, 0.1, 0.6, 1.1]
    assert times(film, 0.5) == [0, 0.6, 1.1]


def test_a_frame_that_is_turned_by_a_quarter_clockwise(tmp_path: Path) -> None:
    half = Image.new("RGB", (96, 64))
    half.paste("white", (0, 0, 96, 32))  # white above
    film = write_film(tmp_path / "turned.mp4", [half] * 3, rotation=-90)
    first = next(iter(Video(film, pytest.fail).frames(0))).image
    expected = np.asarray(half.rotate(-90, expand=True), float)
    np.testing.assert_allclose(np.asarray(first, float), expected, atol=60)


def test_frames_of_colours_that_cannot_be_converted_are_no_frames(tmp_path: Path) -> None:
    film = tmp_path / "a.nut"
    with av.open(str(film), "w") as container:
        pictures = container.add_stream("rawvideo", rate=10)
        assert isinstance(pictures, av.VideoStream)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "rgb4"  # FFmpeg writes it, and reads none
        container.mux([*pictures.encode(av.VideoFrame(64, 48, "rgb4")), *pictures.encode()])
    with pytest.raises(InputError, match=r"a\.nut: holds no frame that can be decoded"):
        times(film, 0)


def test_a_frame_whose_colours_cannot_be_converted_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    shown: Iterator[Image.Image | av.FFmpegError] = iter(
        [shades(1)[0], av.error.OSError(95, "Operation not supported"), *shades(3)]
    )

    def upright(_: av.VideoFrame) -> Image.Image:
        image = next(shown)
        if not isinstance(image, Image.Image):
            raise image
        return image

    monkeypatch.setattr(reader, "_upright", upright)
    film = write_film(tmp_path / "a.mp4", shades(8))
    assert [round(frame.time, 1) for frame in Video(film, said.append).frames(0.3)] == [0, 0.4, 0.6]
    assert said == [f"{film}: damaged; 1 part of it cannot be decoded, the rest is read"]


def frames_of(path: Path) -> list[Image.Image]:
    with av.open(str(path)) as film:
        return [frame.to_image() for frame in film.decode(video=0)]


def test_of_an_odd_side_the_last_line_is_left_out_and_later_frames_are_cut_to_the_first(
    tmp_path: Path,
) -> None:
    with VideoWriter(tmp_path / "odd.mp4") as writer:
        writer.add(0.0, Image.new("RGB", (65, 49), "white"))
        larger = Image.new("RGB", (90, 80))
        larger.paste("white", (0, 0, 64, 48))
        writer.add(0.5, larger)
    frames = frames_of(tmp_path / "odd.mp4")
    assert [image.size for image in frames] == [(64, 48)] * 2
    assert all(np.asarray(image).min() > 200 for image in frames)


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "link.mp4").symlink_to("there.mp4")
    with VideoWriter(tmp_path / "link.mp4") as writer:
        writer.add(0.0, shades(1)[0])
    assert (tmp_path / "link.mp4").is_symlink()
    assert len(frames_of(tmp_path / "there.mp4")) == 1


def test_a_film_that_fails_half_way_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with pytest.raises(ZeroDivisionError), VideoWriter(path) as writer:
        writer.add(0.0, shades(1)[0])
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_whoever_has_seen_enough_keeps_what_was_shown(predictor: Predictor, tmp_path: Path) -> None:
    film = write_film(tmp_path / "long.mp4", shades(60))
    work = _Work(predictor, every=0.1, smooth=0.0, skip=False)
    batches = work.batches([str(film)], [tmp_path / "seen.mp4"])
    assert isinstance(batches, Generator)
    with closing(batches):
        seen = next(batches)
    assert len(frames_of(tmp_path / "seen.mp4")) == len(seen) == 16


@pytest.mark.parametrize(
    ("name", "movie"), [("a.MP4", True), ("a.mkv", True), ("a.webm", False), ("a", False)]
)
def test_names_of_films_in_capitals_are_such_too(name: str, movie: bool, tmp_path: Path) -> None:
    assert is_movie(tmp_path / name) is movie
    (tmp_path / "folder.mp4").mkdir()
    assert movie_path(tmp_path / "folder.mp4", "clips/talk.avi") == tmp_path / "folder.mp4/talk.mp4"
