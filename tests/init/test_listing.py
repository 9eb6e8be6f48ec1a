"""Pictures that are not read: what is said of them, and by which names they are found."""

from pathlib import Path

from ferflow.init.facts import gather
from ferflow.init.findings import tell_facts
from ferflow.init.listing import files_of, is_table, unread_pictures
from tests.ingest.drawn import SIDE, face, image, text, write_table, write_tar, write_tree, write_zip


def faces() -> dict[str, bytes]:
    """Make a tree of two classes."""
    return {f"{name}/{i}.png": image(9 * k + i) for k, name in enumerate(("cat", "dog")) for i in range(6)}


def unread_lines(path: Path) -> list[str]:
    return [line for line in tell_facts(gather(path, path.name)) if "of other kinds" in line]


def test_pictures_of_other_kinds_are_counted_and_what_to_do_is_said(tmp_path: Path) -> None:
    more = {f"cat/more {i}.TIF": image(40 + i, form="TIFF") for i in range(3)} | {"dog/a.gif": b"GIF"}
    expected = [
        "pictures of other kinds: 1 .gif, 3 .tif, which are not read; convert them to PNG or JPEG",
    ]
    assert unread_lines(write_tree(tmp_path / "tree", faces() | more)) == expected
    assert unread_lines(write_zip(tmp_path / "faces.zip", faces() | more)) == expected
    assert unread_lines(write_tar(tmp_path / "faces.tar.gz", faces() | more)) == expected


def test_one_picture_is_one(tmp_path: Path) -> None:
    (line,) = unread_lines(write_tree(tmp_path / "tree", faces() | {"cat/x.heic": b"x"}))
    assert line == "pictures of other kinds: 1 .heic, which is not read; convert it to PNG or JPEG"


def test_other_files_are_not_spoken_of(tmp_path: Path) -> None:
    more = {"README.md": b"x", "cat/list.csv": b"x", "cat/noext": b"x"}
    assert unread_lines(write_tree(tmp_path / "tree", faces() | more)) == []
    rows = [f"{i % 2},{text(face(i, SIDE))}" for i in range(20)]
    assert unread_lines(write_table(tmp_path / "faces.csv", rows, "emotion,pixels")) == []


def test_what_systems_leave_is_no_picture_of_the_user() -> None:
    assert unread_pictures([".trash/a.tif", "cat/._a.tif", "__MACOSX/cat/a.tif"]) == {}
    assert unread_pictures(["cat/a.tif", "cat/b.JP2", "cat/c.png"]) == {".jp2": 1, ".tif": 1}


def test_a_table_holds_no_files(tmp_path: Path) -> None:
    assert files_of(write_table(tmp_path / "faces.csv", [], "emotion,pixels")) == []


def test_tables_are_told_by_their_names(tmp_path: Path) -> None:
    for name, is_one in (("FER.CSV", True), ("fer.csv.gz", True), ("fer.zip", False)):
        (tmp_path / name).touch()
        assert is_table(tmp_path / name) == is_one
    (tmp_path / "folder.csv").mkdir()
    assert not is_table(tmp_path / "folder.csv")
