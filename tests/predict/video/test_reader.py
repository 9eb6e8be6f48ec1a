import re
import weakref
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageOps

from ferflow.errors import InputError
from ferflow.predict.video import reader
from ferflow.predict.video.reader import Video
from tests.predict.video.films import shades, write_film, write_sound


def read(path: Path, every: float) -> tuple[list[float], list[Image.Image], list[str]]:
    said: list[str] = []
    frames = list(Video(path, said.append).frames(every))
    return [round(frame.time, 3) for frame in frames], [frame.image for frame in frames], said


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.avi", "mpeg4"), ("a.webm", "libvpx"), ("a.ts", "mpeg2video")],
)
def test_a_frame_at_each_multiple_with_its_time(tmp_path: Path, name: str, codec: str) -> None:
    film = write_film(tmp_path / name, shades(12), codec=codec)
    times, images, said = read(film, 0.5)
    assert (times, said) == ([0, 0.5, 1.0], [])
    for image, shade in zip(images, (0, 5, 10), strict=True):
        assert abs(np.asarray(image).mean() - np.asarray(shades(12)[shade]).mean()) < 6
    assert read(film, 0.0)[0] == [round(index / 10, 1) for index in range(12)]
    assert read(film, 5.0)[0] == [0]


def test_times_are_those_of_the_frames_where_their_rate_varies(tmp_path: Path) -> None:
    times = [0, 0.04, 0.9, 1.06, 1.1, 4.0]
    film = write_film(tmp_path / "phone.mp4", shades(6), times=times)
    assert read(film, 0.0)[0] == times
    assert read(film, 0.5)[0] == [0, 0.9, 1.06, 4.0]


def test_frames_are_turned_as_a_player_turns_them(tmp_path: Path) -> None:
    half = Image.new("RGB", (96, 64))
    half.paste("white", (0, 0, 96, 32))  # white above
    for rotation, turned in ((0, half), (90, half.rotate(90, expand=True)), (180, ImageOps.flip(half))):
        film = write_film(tmp_path / "turned.mp4", [half] * 3, rotation=rotation)
        (image, *_) = read(film, 0.0)[1]
        assert image.size == turned.size
        np.testing.assert_allclose(np.asarray(image, float), np.asarray(turned, float), atol=60)


def test_joined_recordings_go_on_in_time(tmp_path: Path) -> None:
    one = write_film(tmp_path / "one.ts", shades(15), codec="mpeg2video").read_bytes()
    (tmp_path / "two.ts").write_bytes(one * 2)
    assert read(tmp_path / "two.ts", 1.0)[0] == [0, 1, 2]


def test_of_a_truncated_video_what_is_there_is_read(tmp_path: Path) -> None:
    film = write_film(tmp_path / "whole.mp4", shades(60))
    content = film.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) // 2])
    times, _, (line,) = read(tmp_path / "cut.mp4", 0.5)
    assert 1 < times[-1] < 4
    assert "of 6.0 s; is the file whole?" in line


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.mov", "png")])
def test_a_damaged_part_is_left_out(tmp_path: Path, name: str, codec: str) -> None:
    film = write_film(tmp_path / name, shades(60), codec=codec)
    content = bytearray(film.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    film.write_bytes(content)
    times, _, (line,) = read(film, 0.5)
    assert (times[0], times[-1], times == sorted(times)) == (0, 5.5, True)
    assert re.search(r"damaged; (1 part|[2-9] parts) of it cannot be decoded, the rest is read", line)


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([5.0, None, 5.2], [0, 0.1, 0.2]),  # one that the file gives no time
        ([5.0, 5.1, 0.0, 0.1], [0, 0.1, 0.2, 0.3]),  # joined: the second recording begins at 0 again
        ([5.0, 5.2, 5.1, 5.3], [0, 0.2, 0.3]),  # out of order, after damage
    ],
)
def test_times_grow_whatever_the_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stamps: list[float | None], times: list[float]
) -> None:
    video = Video(write_film(tmp_path / "a.mp4", shades(1)), pytest.fail)
    monkeypatch.setattr(video, "_decoded", lambda: (SimpleNamespace(time=stamp) for stamp in stamps))
    assert [time for time, _ in video._timed()] == pytest.approx(times)


def test_a_film_ends_when_its_last_frame_does(tmp_path: Path) -> None:
    assert read(write_film(tmp_path / "one.mp4", shades(1)), 0)[0] == [0]
    first, *others = shades(3)
    first.save(tmp_path / "slow.gif", save_all=True, append_images=others, duration=[100, 100, 3000])
    assert read(tmp_path / "slow.gif", 0)[::2] == ([0, 0.1, 0.2], [])


def test_a_title_that_is_no_utf8_is_no_damage(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", shades(3), title="caf??")
    content = film.read_bytes()
    assert content.count(b"caf??") == 1
    film.write_bytes(content.replace(b"caf??", b"caf\xe9?"))
    assert len(read(film, 0)[0]) == 3


def test_a_colon_in_a_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_film(tmp_path / "talk:part1.mp4", shades(3))
    monkeypatch.chdir(tmp_path)
    assert len(read(Path("talk:part1.mp4"), 0)[0]) == 3
    Path("talk:part2.mp4").write_text("hello")
    with pytest.raises(InputError, match=r"^talk:part2\.mp4: not a video"):
        read(Path("talk:part2.mp4"), 0)


def test_too_many_pixels_are_not_called_too_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = write_film(tmp_path / "large.mp4", shades(1))
    monkeypatch.setattr(reader, "MAX_PIXELS", 64 * 48 - 1)
    with pytest.raises(InputError, match=r"large\.mp4: 64 x 48 pixels are too many$"):
        read(film, 0)


def test_longer_sound_is_no_missing_part(tmp_path: Path) -> None:
    film = write_film(tmp_path / "sound.mp4", shades(10), sound=True)
    assert read(film, 0.5)[2] == []


def test_frames_are_not_kept(tmp_path: Path) -> None:
    references = [
        weakref.ref(frame.image)
        for frame in Video(write_film(tmp_path / "a.mp4", shades(80)), print).frames(0)
    ]
    assert len(references) == 80
    assert sum(reference() is not None for reference in references) <= 1


def test_what_is_no_video_is_one_line(tmp_path: Path) -> None:
    whole = write_film(tmp_path / "whole.mp4", shades(30)).read_bytes()
    (tmp_path / "text.mp4").write_text("hello\n" * 50)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "start.mp4").write_bytes(whole[:400])
    (tmp_path / "end.mp4").write_bytes(whole[len(whole) // 2 :])
    (tmp_path / "index.mp4").write_bytes(whole[: whole.index(b"mdat") + 4])
    write_film(tmp_path / "none.mkv", [])
    write_film(tmp_path / "dot.mp4", [Image.new("RGB", (4, 4))])
    write_sound(tmp_path / "sound.mp4")
    write_sound(tmp_path / "music.mp4", cover=shades(1)[0])
    for name, message in (
        ("text.mp4", "not a video that can be read"),
        ("empty.mp4", "an empty file"),
        ("start.mp4", ""),
        ("end.mp4", ""),
        ("index.mp4", "holds no frame that can be decoded"),
        ("none.mkv", ""),
        ("dot.mp4", "4 x 4 pixels are too few"),
        ("sound.mp4", "holds sound alone"),
        ("music.mp4", "holds sound alone"),
        ("nowhere.mp4", "no such file"),
        (".", "cannot be read (Is a directory)"),
    ):
        with pytest.raises(InputError) as error:
            read(tmp_path / name, 0.5)
        assert str(error.value).startswith(str(tmp_path / name))
        assert message in str(error.value)
