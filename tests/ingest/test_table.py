import gzip
from pathlib import Path

import numpy as np
import pytest

from ferflow.data.faces import FER_CLASSES, Faces
from ferflow.errors import InputError
from ferflow.ingest import sources
from ferflow.ingest.layout import Layout
from tests.ingest.drawn import PIXELS, SIDE, face, table, text, write_table


def read(path: Path, on_bad_face: str = "fail", size: int = SIDE) -> sources.SourceResult:
    return sources.read(path, size, on_bad_face)


def by_origin(faces: Faces) -> dict[str, tuple[str, str, bytes]]:
    names = (faces.classes[code] for code in faces.label)
    return {
        str(origin): (name, str(usage), pixels.tobytes())
        for origin, name, usage, pixels in zip(faces.origin, names, faces.usage, faces.pixels, strict=True)
    }


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, tuple[str, str, bytes]]:
    return by_origin(read(write_table(tmp_path / "plain.csv", table())).faces)


def test_labels_pixels_and_usages_are_those_of_the_rows(plain: dict[str, tuple[str, str, bytes]]) -> None:
    assert len(plain) == 6
    assert plain["row 1"] == ("angry", "Training", face(0).tobytes())
    assert plain["row 6"] == ("surprise", "PrivateTest", face(5).tobytes())


def swap(row: str) -> str:
    emotion, pixels, usage = row.split(",")
    return f"{usage},{emotion},{pixels}"


VARIANTS = {
    "other order and case": ("USAGE,Emotion,pixels", swap),
    "blanks in the header, as in icml_face_data.csv": ("emotion, pixels, Usage", lambda row: row),
    "quoted": ('"emotion","pixels","Usage"', lambda row: ",".join(f'"{cell}"' for cell in row.split(","))),
    "semicolons": ("emotion;pixels;Usage", lambda row: row.replace(",", ";")),
    "byte order mark": ("\ufeffemotion,pixels,Usage", lambda row: row),
    "Windows line ends": ("emotion,pixels,Usage\r", lambda row: row + "\r"),
    "a column more": ("id,emotion,pixels,Usage", lambda row: "x," + row),
    "blanks around cells": ("emotion,pixels,Usage", lambda row: row.replace(",", " , ")),
    "usages spelled otherwise": (
        "emotion,pixels,Usage",
        lambda row: row.replace("PublicTest", "public_test"),
    ),
    "empty lines": ("emotion,pixels,Usage", lambda row: row),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_of_the_table_are_the_same_table(
    variant: str, tmp_path: Path, plain: dict[str, tuple[str, str, bytes]]
) -> None:
    header, change = VARIANTS[variant]
    end = "\n\n\n" if variant == "empty lines" else ""
    path = write_table(tmp_path / "fer2013.csv", [change(row) for row in table()], header, end)
    assert by_origin(read(path).faces) == plain


def test_compressed_table(tmp_path: Path, plain: dict[str, tuple[str, str, bytes]]) -> None:
    (tmp_path / "alone").mkdir()
    path = tmp_path / "alone/fer2013.csv.gz"
    path.write_bytes(gzip.compress(write_table(tmp_path / "x.csv", table()).read_bytes()))
    assert by_origin(read(path).faces) == plain
    assert by_origin(read(path.parent).faces) == plain
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"fer2013.csv.gz: damaged or cut short"):
        read(path)


def test_each_number_is_the_class_that_the_challenge_calls_so(tmp_path: Path) -> None:
    faces = by_origin(read(write_table(tmp_path / "x.csv", table(7))).faces)
    names = [faces[f"row {number + 1}"][0] for number in range(7)]
    assert names == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def test_without_usage_faces_have_none(tmp_path: Path) -> None:
    rows = [row.rsplit(",", 1)[0] for row in table()]
    faces = read(write_table(tmp_path / "x.csv", rows, "emotion,pixels")).faces
    assert set(faces.usage) == {""}


def test_faces_of_another_size_are_resized_and_counted(tmp_path: Path) -> None:
    result = read(write_table(tmp_path / "x.csv", table(side=20)))
    assert result.faces.pixels.shape == (6, SIDE, SIDE)
    assert result.resized == 6


def test_classes_are_those_that_occur(tmp_path: Path) -> None:
    faces = read(write_table(tmp_path / "x.csv", [*table(1), f"6,{text(face(9))},Training"])).faces
    assert faces.classes == ("angry", "neutral")


def test_blocks_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table(200)
    rows[120] = f"9,{text(face(1))},Training"
    rows[150] = "3"
    path = write_table(tmp_path / "x.csv", rows)
    whole = read(path, "skip")
    monkeypatch.setattr("ferflow.ingest.blocks.BLOCK_BYTES", 3000)
    blocks = read(path, "skip")
    assert by_origin(blocks.faces) == by_origin(whole.faces)
    assert blocks.skipped == whole.skipped
    assert [bad.origin for bad in blocks.skipped] == ["row 121 (line 122)", "row 151 (line 152)"]
    assert by_origin(blocks.faces)["row 200"][2] == face(199).tobytes()


def test_the_first_block_says_how_large_faces_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ferflow.ingest.blocks.BLOCK_BYTES", 3000)
    path = write_table(tmp_path / "x.csv", [*table(30), *table(30, side=SIDE + 1)])
    with pytest.raises(InputError, match=rf"row 31 .*{(SIDE + 1) ** 2} pixels where {PIXELS} .*30 bad faces"):
        read(path)


def with_pixel(value: str) -> str:
    values = text(face(0)).split()
    values[6] = value
    return f"0,{' '.join(values)},Training"


BAD_ROWS = {
    "too few pixels": (
        f"0,{text(face(0)).rsplit(' ', 1)[0]},Training",
        rf"column pixels: {PIXELS - 1} pixels where {PIXELS} \({SIDE} x {SIDE}\) are expected",
    ),
    "pixel 256": (with_pixel("256"), "column pixels: pixel 7 is '256', not a whole number from 0 to 255"),
    "pixel -1": (with_pixel("-1"), "column pixels: pixel 7 is '-1'"),
    "pixel abc": (with_pixel("abc"), "column pixels: pixel 7 is 'abc'"),
    "pixel 1.5": (with_pixel("1.5"), "column pixels: pixel 7 is '1.5'"),
    "pixel 0x1F": (with_pixel("0x1F"), "column pixels: pixel 7 is '0x1F'"),
    "pixel 0X0": (with_pixel("0X0"), "column pixels: pixel 7 is '0X0'"),
    "pixel \u00b3": (with_pixel("\u00b3"), "column pixels: pixel 7 is '\u00b3', not a whole number"),
    "pixel \u0663": (with_pixel("\u0663"), "column pixels: pixel 7 is '\u0663', not a whole number"),
    "pixel empty": (with_pixel(""), f"column pixels: {PIXELS - 1} pixels"),
    "pixels missing": ("0,,Training", "column pixels: empty"),
    "label 7": (f"7,{text(face(0))},Training", "column emotion: '7' where a label from 0 to 6"),
    "label -1": (f"-1,{text(face(0))},Training", "column emotion: '-1'"),
    "label empty": (f",{text(face(0))},Training", "column emotion: empty where a label"),
    "unknown usage": (f"0,{text(face(0))},Trainig", "column Usage: 'Trainig' where Training, PublicTest or"),
    "a column less": (f"0,{text(face(0))}", "2 columns instead of 3"),
    "a column more": (f"0,{text(face(0))},Training,x", "4 columns instead of 3"),
}


@pytest.mark.parametrize("fault", BAD_ROWS)
def test_bad_rows_are_named_or_skipped(fault: str, tmp_path: Path) -> None:
    row, message = BAD_ROWS[fault]
    path = write_table(tmp_path / "fer2013.csv", [*table(3), "", row, *table(3)])
    with pytest.raises(InputError, match=rf"fer2013.csv, row 5 \(line 6\): {message}.*1 bad face in all"):
        read(path)
    result = read(path, "skip")
    assert [bad.origin for bad in result.skipped] == ["row 5 (line 6)"]
    assert sorted(result.faces.origin) == ["row 1", "row 2", "row 3", "row 6", "row 7", "row 8"]


def test_bad_rows_are_counted(tmp_path: Path) -> None:
    path = write_table(tmp_path / "x.csv", [*table(3), with_pixel("abc"), with_pixel("256")])
    with pytest.raises(InputError, match=r"row 4 .*2 bad faces in all.*data.on_bad_face: skip"):
        read(path)


def test_real_size_row_with_a_pixel_missing(tmp_path: Path) -> None:
    rows = table(3, side=48)
    rows[1] = f"1,{text(face(0, 48)[:, :]).rsplit(' ', 1)[0]},Training"
    with pytest.raises(InputError, match=r"row 2 .*2,303 pixels where 2,304 \(48 x 48\) are expected"):
        read(write_table(tmp_path / "x.csv", rows), size=48)


@pytest.mark.parametrize("keep", [3, PIXELS, 2 * PIXELS])
def test_truncated_last_line(keep: int, tmp_path: Path) -> None:
    path = write_table(tmp_path / "x.csv", [*table(5), table(6)[5][:keep]], end="")
    with pytest.raises(InputError, match=r"row 6 \(line 7\).*last row, so the file may be cut short"):
        read(path)


def test_pixels_that_never_make_a_square(tmp_path: Path) -> None:
    path = write_table(tmp_path / "x.csv", ["0,1 2 3,Training", "1,,Training"])
    with pytest.raises(InputError, match=r"row 1 .*3 pixels, which make no square.*2 bad faces"):
        read(path)
    with pytest.raises(InputError, match="no faces besides 2 bad ones"):
        read(path, "skip")


@pytest.mark.parametrize("end", ["\n", "\n  \n", "\n\t\n\n", '\n""\n', "\n  "])
def test_lines_without_content_may_end_a_table(end: str, tmp_path: Path) -> None:
    result = read(write_table(tmp_path / "x.csv", table(3), end=end))
    assert sorted(result.faces.origin) == ["row 1", "row 2", "row 3"]


NO_TABLES = {
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0" * 50, "not a CSV in UTF-8 but binary data"),
    "UTF-16": ("emotion,pixels\n0,1".encode("utf-16"), "not a CSV in UTF-8"),
    "no such columns": (b"name,age\nx,3\n", r"line 1: no column 'emotion' \(found: name, age\)"),
    "no labels": (b"pixels\n1 2 3 4\n", "line 1: no column 'emotion'"),
    "no pixels": (b"emotion,Usage\n1,Training\n", "line 1: no column 'pixels'"),
    "no header": (b"0,1 2 3 4,Training\n", "line 1: no column 'emotion'"),
    "twice the same column": (b"emotion,pixels,Pixels\n", "two columns are called 'pixels'"),
    "empty": (b"", "the file is empty"),
    "no rows": (b"emotion,pixels,Usage\n", "no rows after the header"),
    "empty lines only": (b"emotion,pixels,Usage\n\n\n", "no rows after the header"),
    "not UTF-8": (
        b"emotion,pixels,Usage\n0,1 2 3 4,Tr\xe4ning\n",
        "column Usage: 'Tr\ufffdning', which is not UTF-8",
    ),
}


@pytest.mark.parametrize("kind", NO_TABLES)
def test_what_is_no_table_is_refused(kind: str, tmp_path: Path) -> None:
    content, message = NO_TABLES[kind]
    path = tmp_path / "fer2013.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"fer2013.csv.*{message}"):
        read(path)


def test_one_class_only(tmp_path: Path) -> None:
    rows = [f"3,{text(face(i))},Training" for i in range(3)]
    with pytest.raises(InputError, match="all faces are of one class, 'happy'"):
        read(write_table(tmp_path / "x.csv", rows))


def test_names_of_files_or_people_are_no_classes(tmp_path: Path) -> None:
    rows = [f"n{i:05},{text(face(i % 9))}" for i in range(1001)]
    message = r"1,001 classes, more than 1,000 \('n00000', 'n00001', ...\); does 'emotion', or the level"
    with pytest.raises(InputError, match=message):
        read(write_table(tmp_path / "x.csv", rows, "emotion,pixels"))
    assert len(read(write_table(tmp_path / "x.csv", rows[:-1], "emotion,pixels")).faces.classes) == 1000


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path = write_table(tmp_path / "x.csv", table())
    calls: list[tuple[int, int]] = []
    sources.read(path, SIDE, "fail", lambda done, total: calls.append((done, total)))
    assert calls[-1] == (path.stat().st_size, path.stat().st_size)


def test_pixels_are_stored_as_bytes(tmp_path: Path) -> None:
    assert read(write_table(tmp_path / "x.csv", table())).faces.pixels.dtype == np.uint8


def test_labels_may_be_names(tmp_path: Path) -> None:
    names = ["Anger", "disgust", "fear", "joy", "sad", "surprise", "normal", "Über müde"]
    rows = [f"{name},{text(face(i))}" for i, name in enumerate(names)]
    result = read(
        write_table(tmp_path / "names.csv", [*rows, f"3,{text(face(20))}"], "emotion,pixels"), "skip"
    )
    assert result.faces.classes == (*FER_CLASSES, "Über müde")
    assert [bad.reason for bad in result.skipped] == [
        "column emotion: '3' where the name of a class, as in other rows, is expected; "
        "it is the last row, so the file may be cut short"
    ]
    rows = [f"{i},{text(face(i))}" for i in range(3)]
    result = read(
        write_table(tmp_path / "codes.csv", [*rows, f"joy,{text(face(9))}"], "emotion,pixels"), "skip"
    )
    assert result.faces.classes == ("angry", "disgust", "fear")
    assert "'joy' where a label from 0 to 6 is expected" in result.skipped[0].reason


def test_an_empty_label_does_not_say_whether_the_others_are_names(tmp_path: Path) -> None:
    rows = [f"{name},{text(face(i))}" for i, name in enumerate(["", "joy", "sad"])]
    result = read(write_table(tmp_path / "x.csv", rows, "emotion,pixels"), "skip")
    assert sorted(by_origin(result.faces)[row][0] for row in ("row 2", "row 3")) == ["happy", "sad"]
    assert [bad.origin for bad in result.skipped] == ["row 1 (line 2)"]


def test_a_column_names_the_person(tmp_path: Path) -> None:
    rows = [f"{i % 3},  p{i % 2} ,{text(face(i))}" for i in range(6)]
    bad = ["0,p9,1 2 3", f"0,p\x1b9,{text(face(9))}"]
    path = write_table(tmp_path / "people.csv", [*rows, *bad], "emotion,Subject,pixels")
    faces = sources.read(path, SIDE, "skip", layout=Layout(group="subject")).faces
    by_row = dict(zip(faces.origin.tolist(), faces.group.tolist(), strict=True))
    assert by_row == {f"row {i + 1}": f"p{i % 2}" for i in range(6)}
    with pytest.raises(InputError, match="no column 'who'"):
        sources.read(path, SIDE, "skip", layout=Layout(group="who"))
    with pytest.raises(InputError, match="the column 'usage' does not name the person"):
        sources.read(path, SIDE, "skip", layout=Layout(group="Usage"))
