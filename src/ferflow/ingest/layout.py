"""How image folders and archives are laid out: which path shows which expression, for which use."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ferflow.errors import InputError
from ferflow.ingest.names import class_names, usage_of

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
# Tables of the challenge in the order of preference: its own archive, and Kaggle's, hold several.
_TABLES = ("fer2013.csv", "icml_face_data.csv")


@dataclass(frozen=True)
class ImageFile:
    """An image file, by its path inside the source, with its class name and usage ("" for none)."""

    path: str
    label: str
    usage: str


def is_image(path: str) -> bool:
    """Tell whether a path is that of an image, and not of what systems leave beside them.

    Parameters
    ----------
    path : str
        Inside the source.

    Returns
    -------
    bool
    """
    parts = PurePosixPath(path).parts
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and path.lower().endswith(IMAGE_SUFFIXES)


def find_table(source: str, paths: Sequence[str]) -> str | None:
    """Find the challenge's table among the files of a source.

    Parameters
    ----------
    source : str
        What to call the source in messages.
    paths : sequence of str
        All files of the source.

    Returns
    -------
    str or None
        Its path; None if there is no table at all.

    Raises
    ------
    InputError
        If there are several tables and none has the name that the challenge gave it.
    """
    tables = {PurePosixPath(path).name.lower(): path for path in paths if path.lower().endswith(".csv")}
    for name in _TABLES:
        if name in tables:
            return tables[name]
    if len(tables) > 1:
        raise InputError(
            f"{source}: several tables and no fer2013.csv ({', '.join(sorted(tables))}); give one"
        )
    return next(iter(tables.values()), None)


def place(source: str, paths: Sequence[str]) -> list[ImageFile]:
    """Tell class and usage of each image from its path.

    Two layouts are known, both also inside further folders that hold everything:
    ``<usage>/<class>/<image>`` and ``<class>/<image>``. In ``test``, a name that begins with ``PublicTest``
    or ``PrivateTest`` tells the usage, as in the image archive of FER-2013.

    Parameters
    ----------
    source : str
        What to call the source in messages.
    paths : sequence of str
        Its images.

    Returns
    -------
    list of ImageFile
        In the order of ``paths``.

    Raises
    ------
    InputError
        If a path fits neither layout, naming it.
    """
    folders = [PurePosixPath(path).parent.parts for path in paths]
    depth = _depth_of_wrapping(folders)
    inner = [parts[depth:] for parts in folders]
    with_usage = any(parts and usage_of(parts[0]) for parts in inner)
    for path, parts in zip(paths, inner, strict=True):
        if with_usage and (len(parts) != 2 or not usage_of(parts[0])):
            raise InputError(
                f"{source}: {path} does not stand in <usage>/<class>/ as others do; "
                "usages are train, val or validation, test"
            )
        if not with_usage and len(parts) != 1:
            raise InputError(
                f"{source}: {path} stands neither in <usage>/<class>/ nor in <class>/; move it there"
            )
    names = class_names(parts[-1] for parts in inner)
    return [
        ImageFile(path, names[parts[-1]], _usage(path, parts[0]) if with_usage else "")
        for path, parts in zip(paths, inner, strict=True)
    ]


def _depth_of_wrapping(folders: Sequence[tuple[str, ...]]) -> int:
    """Count the leading folders that hold everything and are neither a usage nor a class."""
    depth = 0
    while all(len(parts) > depth + 1 for parts in folders):
        heads = {parts[depth] for parts in folders}
        if len(heads) > 1 or usage_of(next(iter(heads))):
            break
        depth += 1
    return depth


def _usage(path: str, folder: str) -> str:
    usage = str(usage_of(folder))
    if usage == "PrivateTest" and PurePosixPath(path).name.startswith("PublicTest"):
        return "PublicTest"
    return usage
