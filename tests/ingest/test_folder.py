import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferflow.data.faces import Faces
from ferflow.errors import InputError
from ferflow.ingest import sources
from ferflow.ingest.layout import Layout
from ferflow.ingest.tree import walk
from tests.ingest.drawn import SIDE, fer_tree, image, table, write_table, write_tar, write_tree, write_zip

Writer = Callable[[Path, dict[str, bytes]], Path]
SHAPES: dict[str, Writer] = {
    "folder": lambda base, files: write_tree(base / "faces", files),
    "zip": lambda base, files: write_zip(base / "faces.zip", files),
    "tar": lambda base, files: write_tar(base / "faces.tar", files, "w"),
    "tar.gz": lambda base, files: write_tar(base / "faces.tar.gz", files),
    "tgz": lambda base, files: write_tar(base / "faces.TGZ", files),
}


@pytest.fixture(params=SHAPES)
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[dict[str, bytes]], Path]:
    return lambda files: SHAPES[request.param](tmp_path, files)


Write = Callable[[dict[str, bytes]], Path]


def read(path: Path, on_bad_face: str = "fail") -> sources.SourceResult:
    return sources.read(path, SIDE, on_bad_face)


def places(faces: Faces) -> dict[str, tuple[str, str]]:
    return {
        str(origin): (faces.classes[label], str(usage))
        for origin, label, usage in zip(faces.origin, faces.label, faces.usage, strict=True)
    }


def test_fer_layout(write: Write) -> None:
    result = read(write(fer_tree() | {"README.txt": b"x", "__MACOSX/train/happy/._1.png": b"x"}))
    assert places(result.faces) == {
        "train/angry/Training_1.png": ("angry", "Training"),
        "train/happy/Training_2.png": ("happy", "Training"),
        "test/angry/PublicTest_3.png": ("angry", "PublicTest"),
        "test/happy/PrivateTest_4.png": ("happy", "PrivateTest"),
    }
    assert result.ignored == 2
    assert result.skipped == ()
    assert (result.converted, result.resized) == ({}, 0)


def test_accents_beside_their_letters_or_with_them_are_one_name(tmp_path: Path) -> None:
    faces = {
        "train/m\u00fcde/Ren\u00e9e/1.png": image(1),
        "train/sad/Ren\u00e9e/2.png": image(2),
        "test/mu\u0308de/Rene\u0301e/3.png": image(3),  # as macOS may write the same names
        "test/sad/Ada/4.png": image(4),
    }
    path = write_zip(tmp_path / "faces.zip", faces)
    result = sources.read(path, SIDE, "fail", layout=Layout(("usage", "class", "person"), "person")).faces
    assert result.classes == ("m\u00fcde", "sad")
    assert sorted(result.group) == ["Ada", *3 * ["Ren\u00e9e"]]


def test_wrapping_folders_are_entered(write: Write) -> None:
    deep = read(write({f"data/fer2013/{name}": content for name, content in fer_tree().items()}))
    assert places(deep.faces)["data/fer2013/test/angry/PublicTest_3.png"] == ("angry", "PublicTest")


def test_every_shape_gives_the_same_faces(tmp_path: Path) -> None:
    faces = [read(shape(tmp_path, fer_tree("JPEG"))).faces for shape in SHAPES.values()]
    for other in faces[1:]:
        np.testing.assert_array_equal(other.pixels, faces[0].pixels)
        assert places(other) == places(faces[0])


@pytest.mark.parametrize("public", ["val", "validation", "PublicTest"])
def test_train_validation_and_test_folders(public: str, write: Write) -> None:
    names = ["train/sad/1.bmp", "train/joy/2.webp", f"{public}/sad/3.jpeg", "test/happiness/4.JPG"]
    forms = ["BMP", "WEBP", "JPEG", "JPEG"]
    files = {name: image(i, form=form) for i, (name, form) in enumerate(zip(names, forms, strict=True))}
    assert sorted(places(read(write(files)).faces).values()) == [
        ("happy", "PrivateTest"),
        ("happy", "Training"),
        ("sad", "PublicTest"),
        ("sad", "Training"),
    ]


def test_classes_alone_have_no_usage(write: Write) -> None:
    faces = read(write({"top/Surprised/1.png": image(1), "top/Fear/2.png": image(2)})).faces
    assert faces.classes == ("fear", "surprise")
    assert set(faces.usage) == {""}


def test_other_classes_make_a_data_set_of_its_own(write: Write) -> None:
    faces = read(write({f"{name}/1.png": image() for name in ("sad", "contempt", "Happy")})).faces
    assert faces.classes == ("Happy", "contempt", "sad")


def test_conversions_are_counted(write: Write) -> None:
    files = {
        "happy/1.png": image(1, "RGB"),
        "happy/2.png": image(2, "RGBA", side=30),
        "sad/3.png": image(3, side=20),
        "sad/4.png": image(4),
        "sad/5.png": image(5, side=20),
    }
    result = read(write(files))
    assert result.converted == {"RGB": 1, "RGBA": 1}
    assert result.resized == 3


def test_bad_images_are_named_and_counted(write: Write) -> None:
    bad_files = {
        "train/happy/Training_8.jpg": image(form="JPEG", side=64)[:-300],
        "train/angry/Training_9.png": b"no image",
    }
    path = write(fer_tree() | bad_files)
    with pytest.raises(
        InputError, match=r"faces.*, train/angry/Training_9.png: not a JPEG.*2 bad faces in all"
    ):
        read(path)
    result = read(path, "skip")
    assert [bad.origin for bad in result.skipped] == sorted(bad_files)
    assert len(result.faces) == 4
    np.testing.assert_array_equal(result.faces.pixels, read_whole(fer_tree(), path).pixels)


def read_whole(files: dict[str, bytes], beside: Path) -> Faces:
    return read(write_tree(beside.parent / "whole", files)).faces


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"notes.txt": b"x"}, "no image .* and no CSV"),
        ({"happy/1.png": image(1), "happy/2.png": image(2)}, "all faces are of one class, 'happy'"),
        ({"1.png": image(1), "2.png": image(2)}, r"1.png stands neither in <usage>/<class>/ nor"),
        ({"happy/1.png": image(1), "happy/a/b/2.png": image(2)}, "happy/a/b/2.png stands neither"),
        (fer_tree() | {"happy/1.png": image(1)}, "happy/1.png does not stand in <usage>/<class>/"),
        (fer_tree() | {"train/1.png": image(1)}, "train/1.png does not stand in <usage>/<class>/"),
        ({"a.csv": b"x", "b.csv": b"x"}, r"several tables and no fer2013.csv \(a.csv, b.csv\)"),
    ],
)
def test_what_has_no_such_layout_is_refused(files: dict[str, bytes], message: str, write: Write) -> None:
    with pytest.raises(InputError, match=message):
        read(write(files))


@pytest.mark.parametrize("name", ["fer2013/fer2013.csv", "icml_face_data.csv", "mine.csv"])
def test_table_inside(name: str, write: Write, tmp_path: Path) -> None:
    content = write_table(tmp_path / "x.csv", table()).read_bytes()
    also = {} if name == "mine.csv" else {"test.csv": b"pixels\n"}
    faces = read(write({name: content, "fer2013/README": b"x", **also})).faces
    assert sorted(faces.origin) == [f"row {i}" for i in range(1, 7)]


def test_faults_of_a_table_inside_name_it(write: Write, tmp_path: Path) -> None:
    content = write_table(tmp_path / "x.csv", [*table(), "8,1,Training"]).read_bytes()
    with pytest.raises(InputError, match=r"row 7 \(line 8\)"):
        read(write({"fer2013/fer2013.csv": content}))


def test_linked_folders_are_read_and_loops_end(tmp_path: Path) -> None:
    write_tree(tmp_path / "elsewhere", {"1.png": image(1)})
    folder = write_tree(tmp_path / "faces", {"happy/2.png": image(2)})
    (folder / "sad").symlink_to(tmp_path / "elsewhere")
    (folder / "happy" / "again").symlink_to(folder)
    assert sorted(read(folder).faces.origin) == ["happy/2.png", "sad/1.png"]


def test_a_folder_that_holds_itself_is_listed_once(tmp_path: Path) -> None:
    write_tree(tmp_path, {"b/2.png": b"", "b/1.png": b"", "a/3.png": b""})
    (tmp_path / "b" / "again").symlink_to(tmp_path / "b")
    assert walk(tmp_path) == ["a/3.png", "b/1.png", "b/2.png"]


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_links_to_a_folder_one_is_read_whatever_order_the_system_gives(
    turned: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1.png").touch()
    (tmp_path / "faces").mkdir()
    for name in ("glad", "happy"):
        (tmp_path / "faces" / name).symlink_to(tmp_path / "elsewhere")
    system_walk = os.walk

    def in_order(*arguments: Any, **options: Any) -> Iterator[tuple[str, list[str], list[str]]]:
        for folder, subfolders, names in system_walk(*arguments, **options):
            subfolders.sort(reverse=turned)
            yield folder, subfolders, names

    monkeypatch.setattr(os, "walk", in_order)
    assert walk(tmp_path / "faces") == ["glad/1.png"]


def test_unreadable_file_is_a_bad_face(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "faces", {"happy/1.png": image(1), "sad/2.png": image(2)})
    (folder / "sad" / "3.png").symlink_to("nowhere")
    assert [bad.origin for bad in read(folder, "skip").skipped] == ["sad/3.png"]


@pytest.mark.parametrize(("name", "message"), [("gone.zip", "no such file"), ("faces.rar", "not a kind of")])
def test_no_source(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "faces.rar").write_bytes(b"Rar!")
    with pytest.raises(InputError, match=rf"{name}: {message}"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("layout", "names"),
    [
        ("class/person", ["{c}/{p}/1.png"]),
        ("person/class", ["{p}/{c}/1.png", "{p}/{c}/2.png"]),
        ("usage/class/person", ["train/{c}/{p}/1.png", "test/{c}/{p}/1.png"]),
        ("usage/person/class", ["all/of/it/train/{p}/{c}/1.png", "all/of/it/test/{p}/{c}/1.png"]),
        ("person/*/class", ["{p}/monday/{c}/1.png", "{p}/friday/{c}/1.png"]),
    ],
)
def test_levels_of_folders_that_were_told(layout: str, names: list[str], write: Write) -> None:
    people = {"happy": ("anna", "ben"), "sad": ("ben",)}
    places = [name.format(c=c, p=p) for name in names for c, shown in people.items() for p in shown]
    path = write({place: image(i) for i, place in enumerate(places)})
    result = sources.read(path, SIDE, "fail", layout=Layout(tuple(layout.split("/")), "person"))
    faces = result.faces
    for origin, label, group in zip(faces.origin, faces.label, faces.group, strict=True):
        assert f"/{faces.classes[label]}/" in f"/{origin}"
        assert f"/{group}/" in f"/{origin}"
    assert set(faces.usage) == ({"Training", "PrivateTest"} if "usage" in layout else {""})


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("person/class", "faces.*happy/1.png does not stand in person/class/ as data.layout has it"),
        ("usage/class", "'happy' is no usage, though data.layout is usage/class"),
    ],
)
def test_what_does_not_fit_the_levels_is_named(layout: str, message: str, write: Write) -> None:
    extra = "happy" if layout == "person/class" else "happy/a"
    path = write({f"{extra}/1.png": image(1), "train/sad/2.png": image(2)})
    with pytest.raises(InputError, match=message):
        sources.read(path, SIDE, "fail", layout=Layout(tuple(layout.split("/"))))


def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def guarded(folder: str) -> Any:  # root may read whatever the permissions say
        if str(folder).endswith("sad"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder)
        return scandir(folder)

    (tmp_path / "faces/sad").mkdir(parents=True)
    (tmp_path / "faces/happy").mkdir()
    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.raises(InputError, match=r"faces/sad: cannot be read \(Permission denied\); let yourself"):
        read(tmp_path / "faces")
