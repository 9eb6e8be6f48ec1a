"""How image folders and archives are laid out: which path shows which expression, for which use."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ferflow.errors import InputError, shown
from ferflow.ingest.collection import BadFace
from ferflow.ingest.names import class_names, name_fault, usage_of
from ferflow.params.source import Data

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
_LONGEST_PATH = 1024  # of an image; NumPy gives all paths the room of the longest
# Tables of the challenge in the order of preference: its own archive, and Kaggle's, hold several.
_TABLES = ("fer2013.csv", "icml_face_data.csv")


@dataclass(frozen=True)
class Layout:
    """What ``data.layout`` and ``data.group`` say of a source.

    Attributes
    ----------
    levels : tuple of str
        Of the folders, from the outermost: ``class``, ``usage``, ``*`` for one that says nothing, or a name.
        Empty for the layouts that are recognised unsaid.
    group : str
        Level of the folders, or column of the table, that names the person; empty for none.
    """

    levels: tuple[str, ...] = ()
    group: str = ""

    def __str__(self) -> str:
        return "/".join(self.levels)

    @classmethod
    def of(cls, data: Data) -> "Layout":
        """Read it from the section ``data`` of the parameters."""
        return cls(tuple(data.layout.split("/")) if data.layout else (), data.group or "")


UNSAID = Layout()


@dataclass(frozen=True)
class ImageFile:
    """An image file, by its path inside the source, with class name, usage and person ("" for none)."""

    path: str
    label: str
    usage: str
    group: str = field(default="", kw_only=True)


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
    return path.lower().endswith(IMAGE_SUFFIXES) and not _is_hidden(path)


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(path).parts)


def nameable(paths: Sequence[str]) -> tuple[list[str], list[BadFace]]:
    """Part the images that can be told by their paths from those that cannot.

    Where two members of an archive have one name, nobody can tell which of them is meant (one program unpacks
    the first, another the last), so that neither is believed.

    Parameters
    ----------
    paths : sequence of str
        Images inside a source.

    Returns
    -------
    good : list of str
    bad : list of BadFace
        Whose path stands twice, is too long or no text.
    """
    counts = Counter(paths)
    good, bad = [], []
    for path in paths:
        fault = f"{counts[path]} files have this name" if counts[path] > 1 else _path_fault(path)
        if fault:
            bad.append(BadFace(shown(path), f"{fault}; give it another"))
        else:
            good.append(path)
    return good, bad


def _path_fault(path: str) -> str:
    if len(path) > _LONGEST_PATH:
        return f"its path has {len(path):,} characters, more than {_LONGEST_PATH}"
    faults = map(name_fault, PurePosixPath(path).parts)
    return next((f"its name {fault}" for fault in faults if fault), "")


def find_table(source: str, paths: Sequence[str], *, packed: bool = False) -> str | None:
    """Find the challenge's table among the files of a source, which is read where there are no images.

    Parameters
    ----------
    source : str
        What to call the source in messages.
    paths : sequence of str
        All files of the source.
    packed : bool, default=False
        Whether a ``.csv.gz`` will do where there is no ``.csv``.

    Returns
    -------
    str or None
        Its path; None if there are images, or no table at all.

    Raises
    ------
    InputError
        If there are several tables and not one of them has the name that the challenge gave it.
    """
    if any(map(is_image, paths)):
        return None
    tables = _with_suffix(paths, ".csv") or (_with_suffix(paths, ".csv.gz") if packed else [])
    of_names = ([path for path in tables if _is_called(path, name)] for name in _TABLES)
    of_challenge = next(filter(None, of_names), [])
    candidates = of_challenge or tables
    if len(candidates) > 1:
        what = "tables of that name" if of_challenge else "tables and no fer2013.csv"
        raise InputError(f"{source}: several {what} ({shown(', '.join(sorted(candidates)))}); give one")
    return candidates[0] if candidates else None


def _with_suffix(paths: Sequence[str], suffix: str) -> list[str]:
    return [path for path in paths if path.lower().endswith(suffix) and not _is_hidden(path)]


def _is_called(path: str, table: str) -> bool:
    return PurePosixPath(path).name.lower().removesuffix(".gz") == table


def place(source: str, paths: Sequence[str], layout: Layout = UNSAID) -> list[ImageFile]:
    """Tell class, usage and person of each image from its path.

    Two layouts are known, both also inside further folders that hold everything:
    ``<usage>/<class>/<image>`` and ``<class>/<image>``; any other has to be told. In ``test``, a name that
    begins with ``PublicTest`` or ``PrivateTest`` tells the usage, as in the image archive of FER-2013.

    Parameters
    ----------
    source : str
        What to call the source in messages.
    paths : sequence of str
        Its images.
    layout : Layout, optional
        Other than these two.

    Returns
    -------
    list of ImageFile
        In the order of ``paths``.

    Raises
    ------
    InputError
        If a path does not fit, naming it.
    """
    if not paths:
        return []
    folders = [PurePosixPath(path).parent.parts for path in paths]
    if layout.levels:
        return _place_by_levels(source, paths, folders, layout)
    if layout.group:
        raise InputError(
            f"params.yaml: data.group: no level of the folders of {source} is called '{layout.group}'; say "
            f"in data.layout which is, for instance class/{layout.group}"
        )
    inner = unwrapped(folders)
    with_usage = any(parts and usage_of(parts[0]) for parts in inner)
    for path, parts in zip(paths, inner, strict=True):
        if with_usage and (len(parts) != 2 or not usage_of(parts[0])):
            raise InputError(
                f"{source}: {shown(path)} does not stand in <usage>/<class>/ as others do; "
                "usages are train, val or validation, test"
            )
        if not with_usage and len(parts) != 1:
            raise InputError(
                f"{source}: {shown(path)} stands neither in <usage>/<class>/ nor in <class>/; move it there, "
                "or say in data.layout what the folders are, for instance class/person"
            )
    names = class_names(parts[-1] for parts in inner)
    return [
        ImageFile(path, names[parts[-1]], _usage(path, parts[0]) if with_usage else "")
        for path, parts in zip(paths, inner, strict=True)
    ]


def _place_by_levels(
    source: str, paths: Sequence[str], folders: Sequence[tuple[str, ...]], layout: Layout
) -> list[ImageFile]:
    levels = layout.levels
    depth = max(0, min(map(len, folders)) - len(levels))  # of folders that hold everything
    for path, parts in zip(paths, folders, strict=True):
        if len(parts) != depth + len(levels) or parts[:depth] != folders[0][:depth]:
            raise InputError(
                f"{source}: {shown(path)} does not stand in {shown(str(layout))}/ as data.layout has it"
            )
    position = {level: depth + index for index, level in enumerate(levels)}
    if "usage" in position:
        for path, parts in zip(paths, folders, strict=True):
            if not usage_of(parts[position["usage"]]):
                raise InputError(
                    f"{source}: {shown(path)}: '{shown(parts[position['usage']])}' is no usage, though "
                    f"data.layout is {shown(str(layout))}; usages are train, val or validation, test"
                )
    names = class_names(parts[position["class"]] for parts in folders)
    return [
        ImageFile(
            path,
            names[parts[position["class"]]],
            _usage(path, parts[position["usage"]]) if "usage" in position else "",
            group=parts[position[layout.group]] if layout.group else "",
        )
        for path, parts in zip(paths, folders, strict=True)
    ]


def unwrapped(folders: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Leave out the leading folders that hold everything and are neither a usage nor a class.

    Parameters
    ----------
    folders : sequence of tuple of str
        Those in which each image stands, from the outermost.

    Returns
    -------
    list of tuple of str
    """
    depth = 0
    while all(len(parts) > depth + 1 for parts in folders):
        heads = {parts[depth] for parts in folders}
        if len(heads) > 1 or usage_of(next(iter(heads))):
            break
        depth += 1
    return [parts[depth:] for parts in folders]


def _usage(path: str, folder: str) -> str:
    usage = str(usage_of(folder))
    if usage == "PrivateTest" and PurePosixPath(path).name.startswith("PublicTest"):
        return "PublicTest"
    return usage
