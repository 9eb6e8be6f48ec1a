"""Archives, folders and tables that are damaged, or made to do damage: one line, nothing lost."""

import gzip
import io
import os
import struct
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from ferflow.errors import InputError
from ferflow.ingest import sources
from ferflow.ingest.collection import SourceResult
from tests.ingest.drawn import PIXELS, SIDE, image, table, write_tar, write_tree, write_zip

FILES = {"happy/1.png": image(1), "sad/2.png": image(2), "sad/3.png": image(3)}


def skipped(result: SourceResult) -> dict[str, str]:
    return {face.origin: face.reason for face in result.skipped}


def refusal(path: Path, on_bad_face: str = "skip") -> str:
    with pytest.raises(InputError) as caught:
        sources.read(path, SIDE, on_bad_face)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400 + len(str(path.parent))
    return message


def zip_with(path: Path, method: int, change: Callable[[bytearray, int], None]) -> Path:
    """Write three faces, packed by a method, and change the bytes of the second; its content begins there."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
        info = archive.getinfo("sad/2.png")
        start = info.header_offset + 30 + len(info.filename)
    damaged = bytearray(path.read_bytes())
    change(damaged, start)
    path.write_bytes(damaged)
    return path


def spoil(content: bytearray, start: int) -> None:
    content[start + 12 : start + 40] = b"\xff" * 28


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_damaged_member_is_one_bad_face(method: int, tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip", method, spoil)
    result = sources.read(path, SIDE, "skip")
    assert len(result.faces) == 2
    assert list(skipped(result)) == ["sad/2.png"]
    assert refusal(path, "fail").startswith("a.zip, sad/2.png: damaged in the archive")


def directory_entry(content: bytearray, name: bytes) -> int:
    return content.rindex(name) - 46


@pytest.mark.parametrize("method", [99, 9, 12])
def test_a_compression_that_is_not_known_or_another(method: int, tmp_path: Path) -> None:
    def change(content: bytearray, start: int) -> None:
        struct.pack_into("<H", content, directory_entry(content, b"sad/2.png") + 10, method)

    result = sources.read(zip_with(tmp_path / "a.zip", zipfile.ZIP_DEFLATED, change), SIDE, "skip")
    assert list(skipped(result)) == ["sad/2.png"]


def test_a_zip_of_an_unsupported_version_is_refused(tmp_path: Path) -> None:
    def change(content: bytearray, start: int) -> None:
        content[directory_entry(content, b"sad/2.png") + 6] = 99

    message = refusal(zip_with(tmp_path / "a.zip", zipfile.ZIP_DEFLATED, change))
    assert "damaged, cut short or no archive (zip file version 9.9)" in message


def said_to_stand_at(path: Path, place: Callable[[int], int]) -> Path:
    """Let the directory of a zip say that the second face begins elsewhere: where its content does, moved."""

    def change(content: bytearray, start: int) -> None:
        struct.pack_into("<I", content, directory_entry(content, b"sad/2.png") + 42, place(start))

    return zip_with(path, zipfile.ZIP_DEFLATED, change)


@pytest.mark.parametrize(
    "place", [lambda start: 0xFFFFFF00, lambda start: start + 5, lambda start: 0x7FFFFFFF]
)
def test_a_member_that_is_said_to_stand_elsewhere(place: Callable[[int], int], tmp_path: Path) -> None:
    result = sources.read(said_to_stand_at(tmp_path / "a.zip", place), SIDE, "skip")
    assert list(skipped(result)) == ["sad/2.png"]
    assert "disk" not in str(skipped(result))


def test_a_member_that_is_said_to_stand_within_another_is_refused(tmp_path: Path) -> None:
    message = refusal(said_to_stand_at(tmp_path / "a.zip", lambda start: 5), "fail")
    # Newer Pythons refuse the other one too, since such an archive may be made to unpack without end.
    both = "_end_offset" in zipfile.ZipInfo.__slots__
    first, count = ("happy/1.png", "2 bad faces") if both else ("sad/2.png", "1 bad face")
    assert message.startswith(f"a.zip, {first}: damaged in the archive")
    assert f"({count} in all" in message
    assert "disk" not in message


def test_a_name_in_a_zip_that_is_not_utf_8(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", FILES | {"sad/é.png": image(4)})
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xc3\xff"))
    assert "a name in it is not UTF-8" in refusal(path)


def test_names_in_a_tar_that_are_no_text_or_too_long_are_bad_faces(tmp_path: Path) -> None:
    path = write_tar(
        tmp_path / "a.tar", FILES | {"sad/é.png": image(4), f"sad/{'x' * 300}.png": image(5)}, "w"
    )
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xc3\xff"))
    result = sources.read(path, SIDE, "skip")
    assert len(result.faces) == 3
    first, second = skipped(result).items()
    assert first == ("sad/\\udcc3\\udcff.png", "its name is not UTF-8; give it another")
    assert second[1].startswith("its name has 304 characters")


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_an_empty_name_is_no_image(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "a.zip":
        write_zip(path, FILES | {"x": b"?"})
        content = bytearray(path.read_bytes())
        for start in (
            content.index(b"PK\x03\x04", content.index(b"sad/3.png")) + 26,
            content.rindex(b"PK\x01\x02") + 28,
        ):
            struct.pack_into("<HH", content, start, 0, 1)  # the name's letter belongs to the extra field
        path.write_bytes(content)
    else:
        with tarfile.open(path, "w") as archive:
            for file, data in (FILES | {"": b"?"}).items():
                info = tarfile.TarInfo(file)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    result = sources.read(path, SIDE, "skip")
    assert (len(result.faces), result.ignored) == (3, 1)


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_both_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    entries = [*FILES.items(), ("sad/2.png", image(9))]
    if name == "a.zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file, content in entries:
                archive.writestr(file, content)
    else:
        with tarfile.open(path, "w:gz" if name.endswith("gz") else "w") as tar:
            for file, content in entries:
                info = tarfile.TarInfo(file)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    result = sources.read(path, SIDE, "skip")
    assert len(result.faces) == 2
    assert [(face.origin, face.reason) for face in result.skipped] == [
        ("sad/2.png", "2 files have this name; give it another")
    ] * 2
    assert "sad/2.png: 2 files have this name" in refusal(path, "fail")


def test_two_tables_of_one_name_are_refused(tmp_path: Path) -> None:
    rows = "\n".join(["emotion,pixels,Usage", *table()]).encode()
    path = write_zip(tmp_path / "a.zip", {"one/fer2013.csv": rows, "two/fer2013.csv": rows})
    assert "several tables of that name (one/fer2013.csv, two/fer2013.csv)" in refusal(path)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_nothing_of_a_tar_is_lost_behind_a_damaged_header(
    compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    plain = bytearray(write_tar(tmp_path / "plain.tar", FILES, "w").read_bytes())
    path = tmp_path / ("a.tar" if compress is bytes else "a.tar.gz")
    for what in ("header", "zeros", "cut", "joined"):
        content = bytearray(plain)
        start = content.index(b"sad/3.png")
        if what == "header":
            content[start] ^= 1
        elif what == "zeros":
            content[start : start + 512] = bytes(512)
        elif what == "cut":
            del content[start:]
        else:
            content += plain
        path.write_bytes(compress(bytes(content)))
        assert "damaged, cut short or no archive" in refusal(path), what


def test_a_tar_that_leads_back_to_itself(tmp_path: Path) -> None:
    info = tarfile.TarInfo("happy/1.png")
    header = bytearray(info.tobuf())
    header[124:136] = b"\xff" * 11 + b"\x00"  # a size of -256, in base 256
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path = tmp_path / "a.tar"
    path.write_bytes(header + bytes(1024))
    assert "a.tar: member 'happy/1.png' claims a size of -256 bytes" in refusal(path)


def test_a_member_that_bursts_is_not_read_at_one_go(tmp_path: Path) -> None:
    """300 MB in a member that says it has 1,000 bytes: Python unpacks all that a piece holds first."""
    resource = pytest.importorskip("resource")

    def change(content: bytearray, start: int) -> None:
        entry = directory_entry(content, b"sad/2.png")
        struct.pack_into("<I", content, entry + 24, 1000)

    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("happy/1.png", image(1))
        archive.writestr("sad/3.png", image(3))
        archive.writestr("sad/2.png", bytes(300 << 20))
    content = bytearray(path.read_bytes())
    change(content, 0)
    path.write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = sources.read(path, SIDE, "skip")
    assert list(skipped(result)) == ["sad/2.png"]
    unit = 1 if sys.platform == "darwin" else 1024  # bytes
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < 100 << 20


def test_files_of_a_folder_that_never_end_or_have_no_name(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "faces", FILES)
    os.mkfifo(folder / "sad/pipe.png")
    (folder / "sad/zero.png").symlink_to("/dev/zero")
    (folder / "sad/gone.png").symlink_to("nowhere")
    (folder / "sad/dir.png").mkdir()
    Path(os.fsdecode(bytes(folder) + b"/sad/\xff.png")).write_bytes(image(6))
    with (folder / "sad/sparse.png").open("wb") as file:
        file.truncate(1 << 40)
    result = sources.read(folder, SIDE, "skip")
    assert len(result.faces) == 3
    assert skipped(result) == {
        "sad/\\udcff.png": "its name is not UTF-8; give it another",
        "sad/gone.png": "cannot be read (No such file or directory)",
        "sad/pipe.png": "no ordinary file but a folder, pipe or device",
        "sad/sparse.png": "1,099,511,627,776 bytes are too many for an image",
        "sad/zero.png": "no ordinary file but a folder, pipe or device",
    }


def test_a_pipe_is_no_source(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert "neither a file nor a folder" in refusal(tmp_path / "a.csv")
    assert "no ordinary file" in refusal(tmp_path)


def test_an_image_of_one_endless_line(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("L", (70_000, 1)).save(out, "PNG")
    result = sources.read(write_zip(tmp_path / "a.zip", FILES | {"sad/4.png": out.getvalue()}), SIDE, "skip")
    assert skipped(result) == {"sad/4.png": "70000 x 1 pixels are too many for a face"}


def read_rows(path: Path, rows: list[bytes], on_bad_face: str = "skip") -> SourceResult:
    path.write_bytes(b"\n".join([b"emotion,pixels,Usage,note", *rows, b""]))
    return sources.read(path, SIDE, on_bad_face)


def row(number: int, *, pixels: str | None = None, note: bytes = b"") -> bytes:
    cells = text_of(number) if pixels is None else pixels
    return f"{number % 7},{cells},Training,".encode() + note


def text_of(number: int) -> str:
    return table(number + 1)[number].split(",")[1]


@pytest.mark.parametrize("digits", [4300, 4301, 10_000])
def test_a_pixel_of_thousands_of_digits(digits: int, tmp_path: Path) -> None:
    long = " ".join(["1" * digits, *["0"] * (PIXELS - 1)])
    zeros = " ".join(["0" * digits + "7", *["0"] * (PIXELS - 1)])
    result = read_rows(tmp_path / "t.csv", [row(0), row(1, pixels=long), row(2, pixels=zeros)])
    assert list(skipped(result)) == ["row 2 (line 3)"]
    assert result.faces.pixels.max(axis=(1, 2), initial=0).tolist().count(7) == 1


def test_bad_rows_that_are_not_utf_8_are_bad_faces(tmp_path: Path) -> None:
    rows = [row(0), b"caf\xe9", row(2, note=b"\xff\xfe"), b"\xe9motion," + row(3).partition(b",")[2], row(4)]
    result = read_rows(tmp_path / "t.csv", rows)
    assert len(result.faces) == 3  # the note is nobody's business
    assert list(skipped(result)) == ["row 2 (line 3)", "row 4 (line 5)"]
    assert "which is not UTF-8" in skipped(result)["row 4 (line 5)"]
    with pytest.raises(InputError, match=r"t\.csv, row 2 \(line 3\): 1 columns instead of 4"):
        read_rows(tmp_path / "t.csv", rows, "fail")


def test_a_letter_that_two_blocks_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ferflow.ingest.blocks.BLOCK_BYTES", 2000)
    path = tmp_path / "t.csv"
    for shift in range(4):
        pixels = [text_of(number) for number in range(30)]
        rows = [f"{'ab'[number % 2]}é€😀,{cells},{'x' * shift}é€😀" for number, cells in enumerate(pixels)]
        path.write_text("\n".join(["emotion,pixels,note", *rows, ""]), encoding="utf-8")
        faces = sources.read(path, SIDE, "fail").faces
        assert (len(faces), faces.classes) == (30, ("aé€😀", "bé€😀"))


def test_a_row_with_a_usage_alone_is_named_and_a_line_of_commas_is_none(tmp_path: Path) -> None:
    rows = [row(0), b",,Training,", b",,,", b"", b",,,a note", row(2), b",,", b",,,"]
    result = read_rows(tmp_path / "t.csv", rows)
    assert list(skipped(result)) == ["row 2 (line 3)", "row 5 (line 6)"]


@pytest.mark.parametrize("blank", [b", ,,", b" ,,,", b" , , ,\t", b'" ",,"",', b'",",,,', b",,, "])
def test_a_line_of_commas_and_spaces_is_no_row(tmp_path: Path, blank: bytes) -> None:
    for rows in ([row(0), blank, row(2)], [row(0), row(2), blank]):
        assert len(read_rows(tmp_path / "t.csv", rows, "fail").faces) == 2


def test_a_large_face_first_costs_the_small_ones_no_room(tmp_path: Path) -> None:
    large = " ".join(["7"] * 700**2)
    rows = [row(0, pixels=large), *[row(number % 7, pixels="1") for number in range(100_000)]]
    path = tmp_path / "t.csv"
    with pytest.raises(InputError, match="all faces are of one class"):
        read_rows(path, rows)
    assert "100,000 bad faces in all" in refusal(path, "fail")


def test_a_class_with_a_name_without_end(tmp_path: Path) -> None:
    rows = [f"{name},{text_of(1)}" for name in ("happy", "sad", "x" * 5000, "a\x1b[2Jb")]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["emotion,pixels", *rows, ""]))
    reasons = list(skipped(sources.read(path, SIDE, "skip")).values())
    assert "has 5,000 characters, more than 255" in reasons[0]
    assert "has control characters" in reasons[1]
    assert "\x1b" not in reasons[1]
