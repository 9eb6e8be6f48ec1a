"""Names that look like patterns or folders, images that look like tables; outputs that are links or open."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ferflow.errors import InputError
from ferflow.ingest.collection import BadFace
from ferflow.ingest.images import BadImageError
from ferflow.ingest.unlabelled import FacePixels, ImageFile, name_of
from ferflow.predict.command import photo_of
from ferflow.predict.output import check_pictures, is_picture, picture_path, save_picture, write
from ferflow.predict.photos import read_photo, usable
from ferflow.predict.sources import read_sources, videos_among
from tests.ingest.drawn import text, write_zip
from tests.predict.photographs import lit

COMMENT = PngInfo()
COMMENT.add_text("Comment", "pixels")


def encoded(form: str, **options: Any) -> bytes:
    out = BytesIO()
    Image.fromarray(lit(True, 1)).save(out, form, **options)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*sources: str) -> list[str]:
    return [name_of(item) for item in read_sources(sources, 12)]


def test_a_file_that_is_called_like_a_pattern_is_that_file(folder: Path) -> None:
    (folder / "face[1].png").write_bytes(encoded("PNG"))
    (folder / "face1.png").write_bytes(encoded("PNG"))
    assert names("face[1].png") == ["face[1].png"]


def test_a_pattern_is_files_alone_in_the_order_of_their_names(folder: Path) -> None:
    for number in np.random.default_rng(0).permutation(30):
        (folder / f"{number:02}.png").write_bytes(encoded("PNG"))
    (folder / "99").mkdir()
    assert names("*") == [f"{number:02}.png" for number in range(30)]


def test_what_is_bad_in_one_of_several_sources_is_named_with_its_source(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "face.png").write_bytes(encoded("PNG"))
    (folder / "a/link.png").symlink_to("nowhere")
    items = list(read_sources(["a", "b/"], 12))
    assert sorted(map(name_of, items)) == ["a/face.png", "a/link.png", "b/face.png"]
    assert [name_of(item) for item in items if isinstance(item, BadFace)] == ["a/link.png"]


def test_an_image_whose_name_no_table_can_hold_is_bad(folder: Path) -> None:
    no_text = os.fsdecode(b"caf\xe9")
    (folder / no_text).mkdir()
    for name in (f"{no_text}.png", f"{no_text}/a.png", "b.png"):
        (folder / name).write_bytes(encoded("PNG"))
    items = list(read_sources([f"{no_text}.png", no_text, "b.png"], 12))
    assert [type(item) for item in items] == [BadFace, BadFace, ImageFile]
    assert items[0] == BadFace(r"caf\udce9.png", "its name is not UTF-8; give it another")
    assert names(no_text) == ["a.png"]
    with pytest.raises(BadImageError, match=r"^its name is not UTF-8; give it another$"):
        photo_of(items[0])


def test_suffixes_in_capitals_are_such_too(folder: Path) -> None:
    (folder / "FACES.CSV").write_text(f"id,pixels\none,{text(lit(True, 1))}\n")
    write_zip(folder / "FACES.ZIP", {"two.png": encoded("PNG")})
    assert names("FACES.CSV") == ["one"]
    assert names("FACES.ZIP") == ["two.png"]
    (folder / "TALK.MP4").touch()
    assert videos_among(["TALK.MP4"]) == ["TALK.MP4"]


def test_a_folder_that_is_called_like_a_video_is_a_folder(folder: Path) -> None:
    (folder / "talk.mp4").mkdir()
    (folder / "talk.mp4/frame.png").write_bytes(encoded("PNG"))
    assert videos_among(["talk.mp4"]) == []
    assert names("talk.mp4") == ["frame.png"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encoded("PNG", pnginfo=COMMENT), ImageFile),
        (encoded("JPEG", comment=b"of 9 pixels"), ImageFile),
        (f"id,Pixels\none,{text(lit(True, 1))}\n".encode(), FacePixels),
    ],
)
def test_a_picture_on_standard_input_may_speak_of_pixels(
    content: bytes, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content)))
    (item,) = read_sources(["-"], 12)
    assert isinstance(item, kind)


def test_a_pipe_gets_each_piece_when_it_is_there(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    reading = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    read: list[bytes] = []

    def pieces() -> Iterator[str]:
        yield "first\n"
        read.append(os.read(reading, 100))
        yield "second\n"

    write("pipe", pieces())
    os.close(reading)
    assert read == [b"first\n"]


def test_standard_output_takes_any_name_whatever_the_system_speaks(folder: Path) -> None:
    name = "caf\u00e9 \u65e5\u672c"
    code = f"from ferflow.predict.output import write; write('-', [{name!r}])"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert (done.stdout.decode(), done.stderr) == (name, b"")


@pytest.mark.parametrize("letter", ["x", "\u00e9"])
def test_a_picture_of_a_long_name_is_called_by_its_end(folder: Path, letter: str) -> None:
    path = picture_path(folder, f"{letter * 200}/{letter * 200}/a.jpg")
    save_picture(path, Image.new("L", (9, 9)))
    assert path.name.endswith(f"{letter}_a.jpg.png")
    assert path.is_file()


def test_what_a_shell_has_opened_is_written_on_and_a_link_stays_one(folder: Path) -> None:
    (folder / "log.csv").write_text("before\n")
    with (folder / "log.csv").open("a") as opened:
        write(f"/dev/fd/{opened.fileno()}", ["after\n"])
    assert (folder / "log.csv").read_text() == "before\nafter\n"
    (folder / "link.csv").symlink_to("log.csv")
    write("link.csv", ["new\n"])
    assert (folder / "link.csv").is_symlink()
    assert (folder / "log.csv").read_text() == "new\n"
    (folder / "link.png").symlink_to("there.png")
    save_picture(folder / "link.png", Image.new("L", (9, 9)))
    assert ((folder / "link.png").is_symlink(), (folder / "there.png").is_file()) == (True, True)


def test_what_is_printed_is_there_before_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    out = BytesIO()
    seen: list[bytes] = []

    def pieces() -> Iterator[str]:
        for piece in ("one\n", "two\n"):
            yield piece
            seen.append(out.getvalue())

    monkeypatch.setattr("sys.stdout", TextIOWrapper(out))
    write("-", pieces())
    assert seen == [b"one\n", b"one\ntwo\n"]


def test_pictures_go_to_a_folder_whatever_it_is_called_if_it_is_one(folder: Path) -> None:
    (folder / "trip.png").mkdir()
    check_pictures(folder / "trip.png")
    assert not is_picture(folder / "trip.png")
    assert picture_path(Path("trip.png"), "a/b.jpg") == Path("trip.png/a_b.jpg.png")
    assert picture_path(Path("trip"), r"a\b.jpg") == Path(
        "trip/a_b.jpg.png"
    )  # as archives of Windows have it
    assert picture_path(Path("ONE.JPG"), "a/b.jpg") == Path("ONE.JPG")
    (folder / "notes").touch()
    for name in ("notes", "trip.2024"):
        with pytest.raises(InputError, match="name a folder, or a picture"):
            check_pictures(folder / name)
    (folder / "trip.2024").mkdir()
    check_pictures(folder / "trip.2024")


@pytest.mark.parametrize(("name", "side"), [("a.JPG", 65_501), ("a.jpeg", 65_501), ("a.webp", 16_384)])
def test_a_picture_that_is_too_large_for_its_format_is_one_line(folder: Path, name: str, side: int) -> None:
    with pytest.raises(
        InputError, match=rf"^{name}: 8 x {side} pixels, and this format holds {side - 1:,} a"
    ):
        save_picture(Path(name), Image.new("L", (8, side)))
    assert list(folder.iterdir()) == []
    save_picture(Path(name), Image.new("L", (8, side - 1)))
    save_picture(Path("a.png"), Image.new("L", (8, side)))


def test_images_that_are_unusual_in_memory() -> None:
    assert usable(Image.new("1", (12, 12))).mode == "L"
    with pytest.raises(BadImageError, match="400 x 7 pixels are too few"):
        usable(Image.new("L", (400, 7)))
    pixels = lit(True, 1)
    assert read_photo(Image.open(BytesIO(encoded("PNG"))), 3).name == "3"
    grey = read_photo(pixels[:, :, np.newaxis], 0).image
    np.testing.assert_array_equal(np.asarray(grey), pixels)
