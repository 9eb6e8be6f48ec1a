import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from ferflow.errors import InputError
from ferflow.ingest import sources
from ferflow.ingest.archive import MAX_RATIO
from ferflow.ingest.images import MAX_IMAGE_BYTES
from tests.ingest.drawn import SIDE, fer_tree, image, write_tar, write_zip


def assert_refused(path: Path, message: str) -> None:
    before = sorted(path.parent.rglob("*"))
    with pytest.raises(InputError, match=message):
        sources.read(path, SIDE, "skip")
    assert sorted(path.parent.rglob("*")) == before, "an archive is never unpacked"


@pytest.mark.parametrize("write", [write_zip, write_tar])
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("../evil.png", "leads out of the archive"),
        ("train/happy/../../../evil.png", "leads out of the archive"),
        ("..\\evil.png", "leads out of the archive"),
        ("/etc/evil.png", "has an absolute path"),
        ("C:\\evil.png", "has an absolute path"),
        ("\\\\server\\evil.png", "has an absolute path"),
    ],
)
def test_paths_that_leave_the_archive(write: object, name: str, fault: str, tmp_path: Path) -> None:
    assert callable(write)
    path = write(tmp_path / ("a.zip" if write is write_zip else "a.tar.gz"), fer_tree() | {name: image()})
    assert_refused(path, rf"a\..*: member '.*{name[-8:]}' {fault}; the archive is refused, nothing was read")


@pytest.mark.parametrize("name", ["../evil/", "/evil/"])
def test_folders_that_leave_the_archive(name: str, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", fer_tree() | {name: b""})
    assert_refused(path, "member '.*evil/' (leads out|has an absolute path)")
    path = write_tar(tmp_path / "a.tar.gz", fer_tree())
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        folder = tarfile.TarInfo(name)
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    assert_refused(tmp_path / "b.tar", "member '.*evil' (leads out|has an absolute path)")


@pytest.mark.parametrize(
    "kind",
    [
        *(tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE),
        tarfile.GNUTYPE_SPARSE,  # of which tarfile says that it is a regular file
    ],
)
def test_links_and_devices_in_a_tar(kind: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("train/happy/1.png")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    assert_refused(path, "member 'train/happy/1.png' is a link or device")


def test_link_in_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("train/happy/1.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert_refused(path, "member 'train/happy/1.png' is a link or device")


def test_encrypted_member_of_a_zip(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"happy/1.png": image()})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert_refused(path, "member 'happy/1.png' is encrypted")


@pytest.mark.parametrize("says_so", [True, False])
def test_names_in_a_zip_are_utf8_whether_it_says_so_or_not(says_so: bool, tmp_path: Path) -> None:
    faces = {f"{name}/{n}.png": image() for name in ("ärger", "Überraschung") for n in range(3)}
    path = write_zip(tmp_path / "a.zip", faces)
    if not says_so:  # as Info-ZIP's zip writes them on Linux
        with zipfile.ZipFile(path) as archive:
            central, members = archive.start_dir, archive.infolist()
        content = bytearray(path.read_bytes())
        for member in members:
            content[member.header_offset + 7] &= ~0x08
            central = content.index(b"PK\x01\x02", central)
            content[central + 9] &= ~0x08
            central += 4
        path.write_bytes(content)
    assert set(sources.read(path, SIDE, "fail").faces.classes) == {"ärger", "Überraschung"}


def test_names_in_a_zip_that_are_no_utf8_are_those_of_dos(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "a.zip", {f"{name}/{n}.png": image() for name in ("xrger", "joy") for n in range(3)}
    )
    path.write_bytes(path.read_bytes().replace(b"xrger", b"\x84rger"))  # ä in code page 437
    assert set(sources.read(path, SIDE, "fail").faces.classes) == {"joy", "ärger"}


def test_names_with_backslashes_are_paths_where_windows_packed_them(tmp_path: Path) -> None:
    def packed_on(system: int) -> Path:
        path = tmp_path / f"{system}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("", *(f"{label}\\{n}.png" for label in ("happy", "sad") for n in range(3))):
                member = zipfile.ZipInfo(f"faces\\{name}")
                member.create_system = system
                archive.writestr(member, image() if name else b"")
        return path

    assert set(sources.read(packed_on(0), SIDE, "fail").faces.classes) == {"happy", "sad"}
    with pytest.raises(InputError, match=r"0\.png stands neither in <usage>/<class>/ nor"):
        sources.read(packed_on(3), SIDE, "fail")  # Unix, where a backslash is a letter


def test_absurd_expansion_of_a_member(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("fer2013.csv", "w") as out,
    ):
        for _ in range(80):
            out.write(bytes(1 << 20))
    assert_refused(path, r"member 'fer2013.csv' expands absurdly, from [\d,]+ to 83,886,080 bytes")


def test_absurd_expansion_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ferflow.ingest.archive._HARMLESS_BYTES", 400_000)
    files = {f"happy/{i}.bmp": bytes(60_000) for i in range(9)}
    for path in (write_tar(tmp_path / "a.tar.gz", files), write_zip(tmp_path / "a.zip", files)):
        assert_refused(
            path, "member 'happy/6.bmp' brings the expansion to 420,000 bytes, absurd for an archive of"
        )


def test_huge_image(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("happy/1.png")
        member.size = MAX_IMAGE_BYTES + 1
        archive.addfile(member, io.BytesIO(bytes(member.size)))
    assert_refused(path, "member 'happy/1.png' is an image of")


def test_tar_that_claims_a_huge_header(tmp_path: Path) -> None:
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 1 << 32
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(header.tobuf(tarfile.PAX_FORMAT) + bytes(1024)))
    assert_refused(path, "damaged, cut short or no archive")


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar", "a.tgz"])
def test_what_is_no_archive(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"emotion,pixels\n" * 100)
    assert_refused(tmp_path / name, f"{name}: damaged, cut short or no archive")


@pytest.mark.parametrize(("name", "write"), [("a.zip", write_zip), ("a.tar.gz", write_tar)])
def test_archive_cut_short(name: str, write: object, tmp_path: Path) -> None:
    assert callable(write)
    path = write(tmp_path / name, {f"happy/{i}.png": image(i, side=40) for i in range(8)})
    path.write_bytes(path.read_bytes()[:-4000])
    assert_refused(path, f"{name}: damaged, cut short or no archive")


def test_member_damaged_inside_a_zip_is_a_bad_face(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "a.zip", {"happy/1.png": image(1), "sad/2.png": image(2), "sad/3.png": image(3)}
    )
    content = bytearray(path.read_bytes())
    content[content.index(b"sad/2.png") + 60] ^= 0xFF
    path.write_bytes(content)
    result = sources.read(path, SIDE, "skip")
    assert [bad.origin for bad in result.skipped] == ["sad/2.png"]
    assert "damaged in the archive" in result.skipped[0].reason


def test_a_small_table_of_blank_faces_may_deflate_to_almost_nothing(tmp_path: Path) -> None:
    faces = [f"{label},{' '.join(['0'] * 48**2)}" for label in (0, 3)] * 100
    content = "\n".join(["emotion,pixels", *faces]).encode()
    path = write_zip(tmp_path / "a.zip", {"fer2013.csv": content})
    assert path.stat().st_size * MAX_RATIO < len(content)
    assert len(sources.read(path, 48, "fail").faces) == 200
