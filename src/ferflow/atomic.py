"""What is written stands there whole or not at all.

Every writer works on a temporary file or folder beside its target and renames it when it is complete, so that
an interruption or a full disk never leaves half a file, nor costs the one that stood there before.
"""

import errno
import os
import platform
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from ferflow.errors import InputError

_MARK = ".writing-"  # in the names of temporary files
_OLD = "-old"  # ends the name of a folder that makes way for its successor
_LONGEST_NAME = 100  # bytes of a target's name in that of its temporary file: names end at 255
_swept: set[Path] = set()


@contextmanager
def atomic_path(path: Path | str, *, follow: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside another; rename it to that on success, remove it on failure.

    What was written is on the disk before it is renamed, so that not even a power cut leaves half a file.

    Parameters
    ----------
    path : Path or str
        The file that is to be written.
    follow : bool, default=False
        Whether a link that stands there stays, and the file that it leads to is replaced, with the same
        permissions: for what a user names, which may hold a password. An artifact replaces the link itself,
        which leads into DVC's cache where ``cache.type`` is symlink; what is written there damages the cache.

    Yields
    ------
    Path
        To write to.

    Raises
    ------
    InputError
        If what stands there is no plain file: a device, a pipe, a folder.
    """
    path = Path(path)
    place = _place(path, follow=follow)
    place.parent.mkdir(parents=True, exist_ok=True)
    sweep(place.parent)
    temporary = _fresh_file(path, place)
    try:
        with _naming(path, temporary):
            yield temporary
            keeps = follow and place.exists()
            # mkstemp makes private files; an artifact is an ordinary one
            temporary.chmod(stat.S_IMODE(place.stat().st_mode) if keeps else 0o666 & ~_umask())
            _to_disk(temporary)
            temporary.replace(place)
            _to_disk(place.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _place(path: Path, *, follow: bool) -> Path:
    """Find where a file is to be put; raise InputError if no plain file would be replaced."""
    if path.is_symlink() and not follow:
        return path
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: no plain file; name another")
    return Path(os.path.realpath(path)) if path.is_symlink() else path  # resolve() fails at a loop


def _fresh_file(path: Path, place: Path) -> Path:
    """Make the temporary file beside a place; an error names the path that was to be written."""
    try:
        # Of the suffix that was named, wherever a link leads: libraries choose a format by it.
        handle, name = tempfile.mkstemp(prefix=_prefix(place), suffix=path.suffix, dir=place.parent)
    except OSError as error:
        raise OSError(error.errno, os.strerror(error.errno or 0), str(path)) from error
    os.close(handle)
    return Path(name)


@contextmanager
def _naming(path: Path, temporary: Path) -> Iterator[None]:
    """Let an error of the disk name the file that was to be written, not the temporary one, or none."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(temporary), os.fsencode(temporary)):
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Yield a temporary folder beside a path; put it there on success, remove it on failure.

    No system exchanges two folders at once: the old one makes way first, and comes back if the new one does
    not take its place, by :func:`sweep` where the process was killed between.

    Parameters
    ----------
    path : Path or str
        The folder that is to be written.

    Yields
    ------
    Path
        To write into.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    fresh = Path(tempfile.mkdtemp(prefix=_prefix(path), dir=path.parent))
    old = fresh.with_name(fresh.name + _OLD)
    try:
        yield fresh
        fresh.chmod(0o777 & ~_umask())
        for written in fresh.rglob("*"):
            _to_disk(written)
        if os.path.lexists(path):
            path.rename(old)
        fresh.replace(path)
        _to_disk(path.parent)
    finally:
        if os.path.lexists(old) and not os.path.lexists(path):
            old.rename(path)
        _remove(old)
        _remove(fresh)


def sweep(folder: Path) -> None:
    """Remove the temporary files and folders that killed processes of this machine have left in a folder.

    A folder that had made way for another, which then did not come, is put back. Each folder is swept once by
    a process. What a process of another machine writes, on a shared disk, stays.

    Parameters
    ----------
    folder : Path
    """
    if folder.absolute() in _swept:
        return
    _swept.add(folder.absolute())
    left = list(folder.glob(f".*{_MARK}{_host()}-*"))
    if not left:
        return
    import psutil  # seldom needed, and all of ferflow imports this module

    for entry in left:
        process = entry.name.rpartition(f"{_MARK}{_host()}-")[2].partition("-")[0]
        if not process.isdigit() or psutil.pid_exists(int(process)):
            continue
        place = folder / entry.name[1:].partition(_MARK)[0]
        if entry.name.endswith(_OLD) and entry.is_dir() and not os.path.lexists(place):
            with suppress(FileNotFoundError):  # another process was faster
                entry.rename(place)
        else:
            _remove(entry)


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)


def _prefix(path: Path) -> str:
    """Begin the name of a temporary file with its target's, and say which process is at it."""
    name = path.name
    while len(os.fsencode(name)) > _LONGEST_NAME:
        name = name[:-1]
    return f".{name}{_MARK}{_host()}-{os.getpid()}-"


@cache
def _host() -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", platform.node())[:40]


def _to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk, where the file system can tell."""
    if os.name == "nt" and path.is_dir():  # Windows opens no folders
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
