"""Images without labels, from every kind of source."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ferflow.errors import InputError
from ferflow.ingest import unlabelled
from ferflow.ingest.collection import BadFace
from ferflow.ingest.sources import read_unlabelled
from ferflow.ingest.tables import RowNumbers
from ferflow.ingest.unlabelled import FacePixels, ImageFile
from tests.ingest.drawn import face, image, text, write_tar, write_tree, write_zip

SIDE = 12


def faces_of(path: Path, size: int = SIDE) -> list[FacePixels]:
    items = list(read_unlabelled(path, size))
    faces = [item for item in items if isinstance(item, FacePixels)]
    assert len(faces) == len(items)
    return faces


@pytest.mark.parametrize("end", ["", ".gz"])
def test_a_table_with_or_without_labels(tmp_path: Path, end: str) -> None:
    rows = ["emotion;PIXELS; Id", *(f"9;{text(face(i))};00{i}" for i in range(3)), ""]
    content = "\ufeff" + "\n".join(rows)
    path = tmp_path / f"test.csv{end}"
    path.write_bytes(gzip.compress(content.encode()) if end else content.encode())
    found = faces_of(path)
    assert [item.id for item in found] == ["000", "001", "002"]
    np.testing.assert_array_equal([item.pixels for item in found], [face(i) for i in range(3)])


def test_rows_without_id_are_counted_and_resized(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text("pixels\n" + "\n".join(text(face(i)) for i in range(2)))
    found = faces_of(path, 20)
    assert [item.id for item in found] == ["0", "1"]
    assert all(item.pixels.shape == (20, 20) for item in found)


def test_a_bad_row_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text(f"pixels\n{text(face(0))}\n1 2 256 4\n{text(face(1))}\n")
    first, bad, last = read_unlabelled(path, SIDE)
    assert isinstance(first, FacePixels) and isinstance(last, FacePixels)
    assert (first.id, last.id) == ("0", "2")
    assert isinstance(bad, BadFace)
    assert (bad.origin, bad.reason.split(" (")[0]) == ("row 1", "column pixels: 4 pixels where 144")


def test_rows_with_too_few_or_too_many_columns_are_named_in_their_place(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    good = [f"{name},{text(face(index))}" for index, name in enumerate("abc")]
    path.write_text("\n".join(["id,pixels", "x", good[0], "", "y", "z,1,2", good[1], good[2], "w"]))
    found = list(read_unlabelled(path, SIDE))
    assert [item.origin if isinstance(item, BadFace) else item.id for item in found] == [
        *("row 0", "a", "row 2", "row 3", "b", "c", "row 6")
    ]
    assert [item.reason for item in found if isinstance(item, BadFace)] == [
        f"{columns} columns instead of 2 (rows count from 0)" for columns in (1, 1, 3, 1)
    ]
    path.write_text("id,pixels\nx\ny,1,2\n")
    assert [type(item) for item in read_unlabelled(path, SIDE)] == [BadFace, BadFace]


def test_archives_of_images_or_of_a_table(tmp_path: Path) -> None:
    files = {"b.png": image(1), "a/c.png": image(2), "__MACOSX/b.png": b"", "readme.txt": b"hello"}
    for path in (write_zip(tmp_path / "faces.zip", files), write_tar(tmp_path / "faces.tgz", files)):
        found = list(read_unlabelled(path, SIDE))
        assert found == [ImageFile("b.png", image(1)), ImageFile("a/c.png", image(2))]  # as they stand there
    table = {"test.csv": f"id,pixels\n7,{text(face(3))}\n".encode()}
    (only,) = faces_of(write_zip(tmp_path / "table.zip", table))
    assert only.id == "7"


def test_a_compressed_tar_is_read_forwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = np.random.default_rng(0).permutation(60).tolist()
    path = write_tar(tmp_path / "faces.tar.gz", {f"{i}.png": image(i, side=40) for i in order})
    backwards = []
    seek = gzip.GzipFile.seek

    def counted(self: gzip.GzipFile, offset: int, whence: int = 0) -> int:
        if whence == 0 and offset < self.tell():  # tell is a seek too
            backwards.append(offset)
        return seek(self, offset, whence)

    monkeypatch.setattr(gzip.GzipFile, "seek", counted)
    names = [item.id for item in read_unlabelled(path, SIDE) if isinstance(item, ImageFile)]
    assert names == [f"{i}.png" for i in order]
    assert len(backwards) <= 2  # to the end mark after the list of members, and to the first of them


class Walked(dict[int, str]):
    walks = 0

    def __iter__(self) -> Iterator[int]:
        self.walks += 1
        return super().__iter__()


def test_skipped_rows_are_walked_once_and_not_for_each_good_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = RowNumbers()
    rows.faults = walked = Walked()
    monkeypatch.setattr(unlabelled, "RowNumbers", lambda: rows)
    path = tmp_path / "test.csv"
    path.write_text("id,pixels\n" + "".join(f"x\n{i},{text(face(i))}\n" for i in range(100)))
    found = list(read_unlabelled(path, SIDE))
    names = [name for i in range(100) for name in (f"row {2 * i}", str(i))]
    assert [item.origin if isinstance(item, BadFace) else item.id for item in found] == names
    assert walked.walks <= 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,label\n1,sad\n", "no column 'pixels'"),
        ("pixels\n", "no rows"),
        ("id,pixels\n\n\n", "no rows"),
        ("pixels,Pixels\n1,1\n", "two columns"),
        ("", "the file is empty"),
        ("pixels\0\n", "binary data"),
    ],
)
def test_bad_tables_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "test.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        list(read_unlabelled(path, SIDE))


def test_other_bad_sources_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "faces.txt").write_text("")
    (tmp_path / "utf16.csv").write_bytes("pixels\n".encode("utf-16"))
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"pixels\n" + text(face(0)).encode())[:-30])
    write_zip(tmp_path / "evil.zip", {"../x.png": image()})
    for name, message in {
        "nothing.csv": "no such file",
        "empty": "no image",
        "faces.txt": "not a kind of source",
        "utf16.csv": "binary data",
        "cut.csv.gz": "cut short",
        "evil.zip": "leads out of the archive",
    }.items():
        with pytest.raises(InputError, match=message):
            list(read_unlabelled(tmp_path / name, SIDE))


def test_a_table_without_any_square_face_is_all_bad(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("pixels\n1 2 3\n")
    (bad,) = read_unlabelled(tmp_path / "test.csv", SIDE)
    assert isinstance(bad, BadFace)
    assert "make no square" in bad.reason


def test_a_file_that_the_system_withholds_is_named(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "faces", {"a.png": image(1)})
    (folder / "b.png").symlink_to("nowhere")
    good, bad = read_unlabelled(folder, SIDE)
    assert good == ImageFile("a.png", image(1))
    assert bad == BadFace("b.png", "cannot be read (No such file or directory)")
