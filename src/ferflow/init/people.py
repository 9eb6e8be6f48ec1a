"""What in a source names the class, and what the person: levels of folders, or a column of the table."""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ferflow.errors import InputError, shown, some
from ferflow.ingest.archive import open_checked
from ferflow.ingest.layout import UNSAID, Layout, find_table, is_image, unwrapped
from ferflow.ingest.names import fer_class, usage_of
from ferflow.ingest.table import OPTIONAL, REQUIRED
from ferflow.ingest.tables import open_table, read_header
from ferflow.init.listing import files_of, is_table

PERSON = "person"
_COLUMNS = ("person", "subject", "identity", "participant", "individual", "actor", "user", "session")
_NUMBERED = re.compile(r"\D{0,16}\d+")


def guess_layout(path: Path, group: str = "") -> Layout:
    """Find out what names the person in a source.

    Parameters
    ----------
    path : Path
        A folder, archive or table that exists.
    group : str, optional
        Column of the table, where it has another name than the usual ones, or what to call the level.

    Returns
    -------
    Layout
        ``UNSAID`` if nothing does, and folders are ``<usage>/<class>`` or ``<class>``.

    Raises
    ------
    InputError
        If there is a level of folders more, and it cannot be told which is the class and which the person.
    """
    if not is_table(path):
        files = files_of(path)
        table = find_table(path.name, files, packed=path.is_dir())
        if table is None:
            return _called(guess_levels(path.name, [name for name in files if is_image(name)]), group)
        if not path.is_dir():
            return _layout_of_packed_table(path, table, group)
        path = path / table
    with open_table(path) as (text, _):
        return _layout_of_table(text, path.name, group)


def _layout_of_packed_table(path: Path, table: str, group: str) -> Layout:
    with open_checked(path) as (archive, members):
        [member] = [member for member in members if member.name == table]
        with archive.open(member) as stream:
            return _layout_of_table(stream, f"{path.name}, {shown(table)}", group)


def _called(layout: Layout, group: str) -> Layout:
    if not group:
        return layout
    if not layout.group:
        return Layout(group=group)  # which the reader refuses
    return Layout(tuple(group if level == layout.group else level for level in layout.levels), group)


def _layout_of_table(stream: BinaryIO, source: str, group: str) -> Layout:
    if group:
        return Layout(group=group)
    columns, _ = read_header(stream, source, required=REQUIRED, optional=OPTIONAL)
    return Layout(group=person_column(columns))


def person_column(columns: Sequence[str]) -> str:
    """Find the column that names the person: person, subject_id, Participant ...

    Parameters
    ----------
    columns : sequence of str
        Names of all columns.

    Returns
    -------
    str
        Empty if there is none.
    """
    words = {
        re.sub(r"(id|name|number|no|nr)?$", "", re.sub(r"[^a-z]", "", name.lower())): name for name in columns
    }
    return next((words[word] for word in _COLUMNS if word in words), "")


def guess_levels(source: str, images: Sequence[str]) -> Layout:
    """Tell the levels of the folders of images apart.

    A usage is told by its names. The class is the one level whose names mean FER-2013's classes, or the one
    whose names are not numbered where the other's are.

    Parameters
    ----------
    source : str
        What to call the source in messages.
    images : sequence of str
        Paths inside the source.

    Returns
    -------
    Layout

    Raises
    ------
    InputError
        If this does not decide.
    """
    folders = unwrapped([PurePosixPath(path).parent.parts for path in images]) if images else []
    if len(set(map(len, folders))) != 1 or not folders[0]:
        return UNSAID  # which the reader judges
    levels = [sorted(set(names)) for names in zip(*folders, strict=True)]
    is_usage = [all(map(usage_of, names)) for names in levels]
    usage = is_usage.index(True) if True in is_usage else None
    others = [index for index in range(len(levels)) if index != usage]
    if len(others) == 1 and usage in (None, 0):
        return UNSAID
    words = ["*"] * len(levels)
    if usage is not None:
        words[usage] = "usage"
    label = others[0] if len(others) == 1 else _class_level(levels, others)
    rest = [index for index in others if index != label]
    if label is None or len(rest) > 1:
        raise InputError(
            f"{source}: {len(others)} levels of folders "
            f"({'; '.join(some(levels[index]) for index in others)}), "
            "and which is the class and which the person cannot be told; say so: --layout class/person, "
            "person/class, usage/class/person or the like, * for a level that is neither"
        )
    words[label] = "class"
    for index in rest:
        words[index] = PERSON
    return Layout(tuple(words), PERSON if rest else "")


def _class_level(levels: Sequence[Sequence[str]], others: Sequence[int]) -> int | None:
    expressions = [
        index for index in others if 2 * sum(map(bool, map(fer_class, levels[index]))) >= len(levels[index])
    ]
    if len(expressions) == 1:
        return expressions[0]
    named = [index for index in others if not all(map(_NUMBERED.fullmatch, levels[index]))]
    return named[0] if len(named) == 1 else None
