"""Faces from a .zip or .tar(.gz), checked whole before anything is read, and never unpacked to disk."""

import gzip
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Protocol, cast

from ferflow.errors import InputError
from ferflow.ingest.collection import Progress, RawFaces, silent
from ferflow.ingest.images import BadImageError, collect_images
from ferflow.ingest.layout import IMAGE_SUFFIXES, UNSAID, Layout, find_table, is_image, place
from ferflow.ingest.table import read_table

MAX_IMAGE_BYTES = 64 << 20
MAX_TOTAL_BYTES = 64 << 30
# Text of pixels deflates to a third, blank bitmaps to a hundredth; only what is made to burst gets further.
MAX_RATIO = 200
_HARMLESS_BYTES = 64 << 20  # no ratio is absurd below this size


@dataclass(frozen=True)
class Member:
    """A file in an archive: its size unpacked and, where the format says it, packed (in bytes)."""

    name: str
    size: int
    packed_size: int | None
    fault: str = ""


class _Archive(Protocol):
    def members(self) -> Iterator[Member]: ...

    def open(self, name: str) -> IO[bytes]: ...


def read_archive(path: Path, size: int, progress: Progress = silent, layout: Layout = UNSAID) -> RawFaces:
    """Read an archive of an image tree, or of the challenge's CSV where there are no images.

    Parameters
    ----------
    path : Path
        A ``.zip``, ``.tar``, ``.tar.gz`` or ``.tgz``.
    size : int
        Side of the resulting faces in pixels.
    progress : callable, optional
        Called with the work done and to do (bytes of a table, images otherwise).
    layout : Layout, optional
        What the folders are, and which of them, or which column of the table, names the person.

    Returns
    -------
    RawFaces

    Raises
    ------
    InputError
        If the archive is damaged or could do harm (see :func:`check`), holds neither images nor a table, or
        an image stands outside the layout (see :func:`ferflow.ingest.layout.place`).
    """
    with open_archive(path) as archive:
        members = {member.name: member for member in check(path.name, archive.members(), path.stat().st_size)}
        images = [name for name in members if is_image(name)]
        if images:
            image_files = place(path.name, images, layout)
            others = len(members) - len(images)
            return collect_images(
                image_files, lambda name: member_content(archive, members[name]), size, others, progress
            )
        table = find_table(
            path.name, [name for name in members if not PurePosixPath(name).name.startswith(".")]
        )
        if table is None:
            raise InputError(f"{path}: no image ({', '.join(IMAGE_SUFFIXES)}) and no CSV in this archive")
        with archive.open(table) as stream:
            total = members[table].size
            source = f"{path.name}, {table}"
            return read_table(
                cast(BinaryIO, stream), source, size, lambda: progress(stream.tell(), total), layout.group
            )


def check(source: str, members: Iterator[Member], packed_total: int) -> list[Member]:
    """Return the members of an archive if all are plain files that stay in it and expand within reason.

    Parameters
    ----------
    source : str
        What to call the archive in messages.
    members : iterator of Member
        All of the archive.
    packed_total : int
        Size of the archive in bytes.

    Returns
    -------
    list of Member
        All of them.

    Raises
    ------
    InputError
        If one is a link or device, is encrypted, has an absolute path or one that leads out of the archive,
        or if it, or all up to it, would expand absurdly; naming it.
    """
    result: list[Member] = []
    total = 0
    for member in members:
        total += member.size
        fault = member.fault or _path_fault(member.name) or _expansion_fault(member, total, packed_total)
        if fault:
            raise InputError(
                f"{source}: member '{member.name}' {fault}; the archive is refused, nothing was read"
            )
        result.append(member)
    return result


def _path_fault(name: str) -> str:
    path = name.replace("\\", "/")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "has an absolute path"
    return "leads out of the archive" if ".." in path.split("/") else ""


def _expansion_fault(member: Member, total: int, packed_total: int) -> str:
    if is_image(member.name) and member.size > MAX_IMAGE_BYTES:
        return f"is an image of {member.size:,} bytes, more than {MAX_IMAGE_BYTES:,}"
    if member.packed_size is not None and member.size > max(_HARMLESS_BYTES, MAX_RATIO * member.packed_size):
        return f"expands absurdly, from {member.packed_size:,} to {member.size:,} bytes"
    if total > min(MAX_TOTAL_BYTES, max(_HARMLESS_BYTES, MAX_RATIO * packed_total)):
        return f"brings the expansion to {total:,} bytes, absurd for an archive of {packed_total:,}"
    return ""


def member_content(archive: _Archive, member: Member) -> bytes:
    """Read one member of an open archive.

    Parameters
    ----------
    archive : archive
        What :func:`open_archive` yields.
    member : Member
        Which.

    Returns
    -------
    bytes

    Raises
    ------
    BadImageError
        If its bytes are damaged.
    """
    try:
        with archive.open(member.name) as stream:
            return stream.read()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise BadImageError(f"damaged in the archive ({error})") from error


@contextmanager
def open_archive(path: Path) -> Iterator[_Archive]:
    """Open a zip or tar file for reading.

    Parameters
    ----------
    path : Path
        The file; its suffix says which.

    Yields
    ------
    archive
        With ``members()`` and ``open(name)``.

    Raises
    ------
    InputError
        If it is damaged or no archive.
    """
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as file:
                yield _Zip(file)
        else:
            with _byte_stream(path) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
                yield _Tar(tar)
    except (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InputError(f"{path}: damaged, cut short or no archive ({error}); download it again") from error


def _byte_stream(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".tar":
        return path.open("rb")
    return cast(BinaryIO, _Gzip(path))


class _Gzip(gzip.GzipFile):
    """A gzip stream from which nothing absurd is read at once: tarfile takes headers of any length."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > MAX_IMAGE_BYTES:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return super().read(size)


class _Zip:
    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self._infos = {info.filename: info for info in file.infolist()}

    def members(self) -> Iterator[Member]:
        for info in self._file.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                yield Member(info.filename, 0, 0, "is a link or device")
            elif info.flag_bits & 1:
                yield Member(info.filename, 0, 0, "is encrypted")
            elif not info.is_dir():
                yield Member(info.filename, info.file_size, info.compress_size)
            elif _path_fault(info.filename):
                yield Member(info.filename, 0, 0)

    def open(self, name: str) -> IO[bytes]:
        return self._file.open(self._infos[name])


class _Tar:
    def __init__(self, file: tarfile.TarFile) -> None:
        self._file = file
        self._infos: dict[str, tarfile.TarInfo] = {}

    def members(self) -> Iterator[Member]:
        # One by one, as each is checked before tarfile passes over its content to the next.
        for info in self._file:
            if info.isdir():
                if _path_fault(info.name):
                    yield Member(info.name, 0, None)
            elif not info.isreg() or info.issparse():
                yield Member(info.name, 0, None, "is a link or device")
            else:
                self._infos[info.name] = info
                yield Member(info.name, info.size, None)

    def open(self, name: str) -> IO[bytes]:
        stream = self._file.extractfile(self._infos[name])
        assert stream is not None  # a regular file
        return stream
