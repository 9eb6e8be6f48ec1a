"""The members of a .zip or .tar(.gz): one interface to both, in which any damage is a DamageError.

Nothing is read at one go whose size the archive may lie about, and a tar is read to its very end: tarfile
takes a damaged header for the end, and what follows would be lost without a word.
"""

import gzip
import io
import re
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, cast

from ferflow.errors import InputError, reason_of
from ferflow.ingest.damage import DamageError, naming_damage

_PIECE = 1 << 15  # bytes of a tar read at a time; no header is longer
# bzip2 and LZMA give all that is in the bytes that they are fed: these make some 100 MB at the very worst.
_SMALL_PIECE = 1 << 12
_PADDING = 64 << 20  # zeros after the end of a tar
_SAYS_UTF8 = 0x800  # among the flags of a zip's member
_WINDOWS = 0  # the system that a zip's member was packed on


@dataclass(frozen=True)
class Member:
    """A file in an archive: its size unpacked and, where the format says it, packed (in bytes)."""

    name: str
    size: int
    packed_size: int | None
    fault: str = ""
    info: Any = field(default=None, repr=False)  # what its library calls it: names may stand twice


class Archive(Protocol):
    """An open archive; both methods raise :class:`~ferflow.ingest.damage.DamageError`."""

    def members(self) -> Iterator[Member]:
        """Give all members but folders, one by one: each is to be checked before the next is looked for."""
        ...

    def open(self, member: Member) -> BinaryIO:
        """Open one member for reading."""
        ...


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a zip or tar file for reading.

    Parameters
    ----------
    path : Path
        The file; its suffix says which.

    Yields
    ------
    Archive

    Raises
    ------
    InputError
        If it is damaged or no archive, now or when its members are listed.
    """
    try:
        if path.suffix.lower() == ".zip":
            with path.open("rb") as file:
                yield _Zip(file)
        else:
            with _TarBytes(path) as stream:
                yield _Tar(stream)
    except DamageError as error:
        raise InputError(
            f"{path}: damaged, cut short or no archive ({reason_of(error)}); download it again"
        ) from error


class _Zip:
    def __init__(self, file: BinaryIO) -> None:
        with naming_damage():
            self._file = zipfile.ZipFile(file)

    def members(self) -> Iterator[Member]:
        for info in self._file.infolist():
            name, kind = _name(info), stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                yield Member(name, 0, 0, "is a link or device")
            elif info.flag_bits & 1:
                yield Member(name, 0, 0, "is encrypted")
            elif not name.endswith("/"):
                yield Member(name, info.file_size, info.compress_size, info=info)
            elif path_fault(name):
                yield Member(name, 0, 0)

    def open(self, member: Member) -> BinaryIO:
        with naming_damage():
            stream = self._file.open(member.info)
        bounded = member.info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        return _in_pieces(stream, _PIECE if bounded else _SMALL_PIECE)


def _name(info: zipfile.ZipInfo) -> str:
    """Read a name, with slashes between folders and their files.

    It is taken as UTF-8 where it is that without saying so, as Info-ZIP's ``zip`` writes it on Linux. What
    Windows PowerShell packs (``Compress-Archive`` of version 5) has backslashes.
    """
    name = info.filename
    if not info.flag_bits & _SAYS_UTF8:
        with suppress(UnicodeError):  # else as zipfile has it: DOS's code page
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/") if info.create_system == _WINDOWS else name


class _Tar:
    def __init__(self, stream: "_TarBytes") -> None:
        self._stream = stream
        with naming_damage():
            self._file = tarfile.TarFile(fileobj=cast(IO[bytes], stream))

    def members(self) -> Iterator[Member]:
        while True:
            with naming_damage():
                info = self._file.next()
            if info is None:
                break
            if info.isdir():
                if path_fault(info.name):
                    yield Member(info.name, 0, None)
            elif not info.isreg() or info.issparse():
                yield Member(info.name, 0, None, "is a link or device")
            elif info.size < 0:  # tarfile would read the same headers for ever
                yield Member(info.name, 0, None, f"claims a size of {info.size:,} bytes")
            else:
                yield Member(info.name, info.size, None, info=info)
        with naming_damage():
            self._check_end()

    def _check_end(self) -> None:
        self._stream.seek(self._file.offset)
        end = self._stream.read(tarfile.BLOCKSIZE)
        if len(end) < tarfile.BLOCKSIZE or end.strip(b"\0"):
            raise DamageError(f"no member and no end at byte {self._file.offset:,}")
        length = 0
        while rest := self._stream.read(_PIECE):
            length += len(rest)
            if rest.strip(b"\0") or length > _PADDING:
                raise DamageError("something follows its end, perhaps another archive")

    def open(self, member: Member) -> BinaryIO:
        with naming_damage():
            stream = self._file.extractfile(member.info)
        assert stream is not None  # a regular file
        return _in_pieces(stream, _PIECE)


class _TarBytes:
    """The bytes of a tar, unpacked, of which only so much is read at a time: tarfile believes its headers."""

    def __init__(self, path: Path) -> None:
        self._stream: Any = path.open("rb") if path.suffix.lower() == ".tar" else gzip.GzipFile(path)
        self.seek, self.tell, self.close = self._stream.seek, self._stream.tell, self._stream.close

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _PIECE:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        content: bytes = self._stream.read(size)
        return content

    def __enter__(self) -> "_TarBytes":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


class _Pieces(io.RawIOBase):
    """A stream that is read in pieces of a bounded size, and names damage."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self._size, self._position = stream, size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with naming_damage():
            piece = self._stream.read(min(len(buffer), self._size))
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._position


def _in_pieces(stream: IO[bytes], size: int) -> BinaryIO:
    return io.BufferedReader(_Pieces(stream, size), size)


def path_fault(name: str) -> str:
    """Say why a path may not stand in an archive, if it may not.

    Parameters
    ----------
    name : str
        Of a member.

    Returns
    -------
    str
        Empty if it may.
    """
    path = name.replace("\\", "/")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "has an absolute path"
    return "leads out of the archive" if ".." in path.split("/") else ""
