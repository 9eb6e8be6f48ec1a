"""What `ferflow predict` is given on its command line, image by image."""

import glob
import io
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ferflow.errors import InputError, counted, shown
from ferflow.ingest.collection import BadFace
from ferflow.ingest.folder import file_content
from ferflow.ingest.formats import FORMATS
from ferflow.ingest.images import BadImageError
from ferflow.ingest.layout import is_image, nameable
from ferflow.ingest.sources import read_unlabelled
from ferflow.ingest.tree import walk
from ferflow.ingest.unlabelled import ImageFile, Unlabelled, name_of, read_pixels

STANDARD = "-"  # standard input or output
VIDEOS = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts"),
    *(".wmv", ".flv", ".3gp", ".ogv", ".gif"),
)


def videos_among(sources: Sequence[str]) -> list[str]:
    """Find the videos that are named, by their suffixes, or lie in a folder that holds no images.

    Parameters
    ----------
    sources : sequence of str
        Paths and patterns, as :func:`read_sources` takes them.

    Returns
    -------
    list of str
        Paths; empty if no source is a video.

    Raises
    ------
    InputError
        If there are other sources too.
    """
    paths = [file for source in sources for path in _matching(source) for file in _videos_in(path) or [path]]
    videos = [path for path in paths if path.lower().endswith(VIDEOS) and not Path(path).is_dir()]
    if videos and len(videos) < len(paths):
        other = next(path for path in paths if path not in videos)
        raise InputError(
            f"{videos[0]} is a video and {other} is none; predict them apart, as their columns differ"
        )
    return videos


def read_sources(sources: Sequence[str], size: int) -> Iterator[Unlabelled]:
    """Read images from files, folders, archives, tables, patterns and standard input.

    Parameters
    ----------
    sources : sequence of str
        Paths; patterns as ``photos/*.jpg`` or ``**/*.jpg``, for shells that leave them as they are; ``-`` for
        standard input, which holds an image or a table with a column ``pixels``. Where there are several, the
        name of what stands in one begins with the source.
    size : int
        Side of the faces of a table in pixels.

    Raises
    ------
    InputError
        If there is no such source, or it cannot be read.
    """
    for path, alone in _expanded(sources):
        for item in _read(path, size):
            yield _named(item if alone else _within(path, item))


def files_read(sources: Sequence[str]) -> list[tuple[str, str]]:
    """List the files that :func:`read_sources` reads, each with the name of its image.

    Parameters
    ----------
    sources : sequence of str

    Returns
    -------
    list of tuple
        Path and name; the same of a table or an archive, which is not looked into, and of standard input.

    Raises
    ------
    InputError
        If no file matches a pattern.
    """
    files: list[tuple[str, str]] = []
    for path, alone in _expanded(sources):
        if Path(path).is_dir():
            images = filter(is_image, walk(Path(path)))
            names = [(name, _inside(path, name)) for name in images]
            files += [(inner, name if alone else inner) for name, inner in names]
        else:
            files.append((path, path))
    return files


def _expanded(sources: Sequence[str]) -> list[tuple[str, bool]]:
    """List the paths that sources stand for, and whether one is all that was named."""
    return [(path, len(sources) == 1 and path == source) for source in sources for path in _matching(source)]


def _videos_in(path: str) -> list[str]:
    """List the videos in a folder and below; none for anything else, nor where there are images too."""
    if not Path(path).is_dir():
        return []
    files = walk(Path(path))
    videos = [file for file in files if file.lower().endswith(VIDEOS)]
    if videos and any(map(is_image, files)):
        kind = "GIF" if all(file.lower().endswith(".gif") for file in videos) else "video"
        print(
            f"warning: {path}: {counted(len(videos), kind)} beside the images left out ({shown(videos[0])}); "
            f"name {kind}s apart",
            file=sys.stderr,
        )
        return []
    return [_inside(path, file) for file in videos]


def _matching(source: str) -> list[str]:
    if source == STANDARD or not glob.has_magic(source) or Path(source).exists():
        return [source]
    paths = sorted(path for path in glob.glob(source, recursive=True) if Path(path).is_file())  # noqa: PTH207
    if not paths:
        raise InputError(f"{source}: no file matches this pattern")
    return paths


def _read(source: str, size: int) -> Iterator[Unlabelled]:
    if source == STANDARD:
        return _standard_input(size)
    path = Path(source)
    if not path.exists():
        raise InputError(f"{source}: no such file or folder")
    if not os.access(path, os.R_OK | os.X_OK if path.is_dir() else os.R_OK):
        raise InputError(f"{source}: cannot be read (permission denied)")
    if path.is_dir() or path.name.lower().endswith(_SUFFIXES):
        return read_unlabelled(path, size)
    return iter([_image_file(source)])


_SUFFIXES = tuple(suffix for form in FORMATS for suffix in form.suffixes if suffix != "/")


def _image_file(source: str) -> Unlabelled:
    try:
        return ImageFile(source, file_content(Path(source)))
    except BadImageError as error:
        return BadFace(source, str(error))


def _standard_input(size: int) -> Iterator[Unlabelled]:
    content = sys.stdin.buffer.read()
    if not content:
        raise InputError("standard input is empty; give it an image, or a table with a column 'pixels'")
    head = content.split(b"\n", 1)[0]
    if b"pixels" in head.lower() and b"\0" not in head:  # a picture's first bytes may hold a comment
        yield from read_pixels(io.BytesIO(content), "standard input", size)
    else:
        yield ImageFile("standard input", content)


def _within(source: str, item: Unlabelled) -> Unlabelled:
    name = name_of(item)
    if source in (name, STANDARD):
        return item
    inner = _inside(source, name)
    return replace(item, origin=inner) if isinstance(item, BadFace) else replace(item, id=inner)


def _named(item: Unlabelled) -> Unlabelled:
    """Hold an image bad whose name no table can, as those who read folders and archives do."""
    _, bad = nameable([name_of(item)])
    return bad[0] if bad and not isinstance(item, BadFace) else item


def _inside(source: str, name: str) -> str:
    """Name what stands in a source, which may have been typed with a slash at its end."""
    return f"{source.rstrip('/')}/{name}"
