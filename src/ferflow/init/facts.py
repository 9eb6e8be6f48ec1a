"""What there is to know of a source before parameters are written for it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferflow.errors import InputError
from ferflow.ingest import sources
from ferflow.ingest.audit import audit, find_near_duplicates
from ferflow.ingest.collection import Progress, SourceResult, silent
from ferflow.ingest.formats import format_of
from ferflow.ingest.layout import Layout, find_table
from ferflow.init.listing import files_of, is_table, unread_pictures
from ferflow.init.people import guess_layout

FEWEST_FACES = 5  # of a class, copies not counted: three to train on, one to choose by, one to test
FEWEST_PEOPLE = 3  # one in each subset
_IMAGE_SIZE = 48  # what the models' settings were tried on
_SMALLEST = 16
_NEAR_DUPLICATES = 4


@dataclass(frozen=True)
class Facts:
    """A source, read and audited.

    Attributes
    ----------
    path : str
        As ``params.yaml`` is to name it.
    layout : Layout
        What names class and person.
    result : SourceResult
    audit : dict
        As :func:`ferflow.ingest.audit.audit` returns it.
    unread : dict of str to int
        Number of pictures by suffix whose kind is not read.
    too_few : str
        What names people, but too few to be kept apart; empty for nothing.
    """

    path: str
    layout: Layout
    result: SourceResult
    audit: dict[str, Any]
    unread: dict[str, int] = field(default_factory=dict)
    too_few: str = ""

    @property
    def image_size(self) -> int:
        """Pixels a side."""
        return int(self.result.faces.pixels.shape[1])

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of all classes."""
        return self.result.faces.classes

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Number of faces of each class, copies included."""
        return np.bincount(self.result.faces.label, minlength=len(self.classes)).astype(np.int64)

    @cached_property
    def different(self) -> NDArray[np.int64]:
        """Number of different faces of each class."""
        faces = self.result.faces
        pairs = {(int(label), str(mark)) for label, mark in zip(faces.label, faces.fingerprint, strict=True)}
        number = Counter(label for label, _ in pairs)
        return np.array([number[index] for index in range(len(self.classes))])

    @property
    def people(self) -> int:
        """Number of people who are named; 0 where none is, or too few to be kept apart."""
        return int(self.audit["people"]["people"]) if self.layout.group else 0

    def count(self, usage: str) -> NDArray[np.int64]:
        """Count the faces of each class in one usage."""
        faces = self.result.faces
        labels = faces.label[faces.usage == usage]
        return np.bincount(labels, minlength=len(self.classes)).astype(np.int64)


def gather(
    path: Path, name: str, layout: Layout | None = None, group: str = "", progress: Progress = silent
) -> Facts:
    """Read a source and find out what it holds.

    Parameters
    ----------
    path : Path
        A folder, archive or table.
    name : str
        As ``params.yaml`` is to name it.
    layout : Layout, optional
        What names class and person; found out if left out.
    group : str, optional
        Column that names the person, where it has another name than the usual ones.
    progress : callable, optional
        As :func:`ferflow.ingest.sources.read` takes it.

    Returns
    -------
    Facts

    Raises
    ------
    InputError
        If the source cannot be read, has one class only, or of a class too few faces to train and test on;
        if levels of folders are given for a table.
    """
    format_of(path)
    files = files_of(path)
    if layout:
        _check_levels(path, files)
    layout = layout or guess_layout(path, group)
    result = sources.read(path, _IMAGE_SIZE, "skip", progress, layout)
    side = typical_side(result.sizes)
    if side < _IMAGE_SIZE:
        result = sources.read(path, max(side, _SMALLEST), "skip", progress, layout)
    people = len(set(result.faces.group.tolist()) - {""})
    too_few = layout.group if people < FEWEST_PEOPLE else ""
    if too_few:
        layout = replace(layout, levels=_without(layout), group="")
        result = sources.read(path, result.faces.pixels.shape[1], "skip", progress, layout)
    report = audit(path.name, result, find_near_duplicates(result.faces, _NEAR_DUPLICATES), layout.group)
    facts = Facts(name, layout, result, report, unread_pictures(files), too_few)
    _check_classes(path.name, facts)
    return facts


def typical_side(sizes: dict[tuple[int, int], int]) -> int:
    """Find the median of the shorter sides of all images.

    Parameters
    ----------
    sizes : dict
        Number of images by width and height.

    Returns
    -------
    int
        Pixels.
    """
    sides = np.repeat([min(size) for size in sizes], list(sizes.values()))
    return int(np.median(sides))


def _without(layout: Layout) -> tuple[str, ...]:
    return tuple("*" if level == layout.group else level for level in layout.levels)


def _check_levels(path: Path, files: Sequence[str]) -> None:
    """Refuse levels of folders where a table is read, alone or in a folder or archive."""
    if is_table(path) or find_table(path.name, files, packed=path.is_dir()) is not None:
        raise InputError(
            f"{path.name}: --layout is for folders of images, packed or not, and this is a table; "
            "say with --group which column names the person, if one does"
        )


def _check_classes(source: str, facts: Facts) -> None:
    scarce = [index for index, number in enumerate(facts.different) if number < FEWEST_FACES]
    if scarce:
        names = ", ".join(f"'{facts.classes[index]}' {facts.different[index]}" for index in scarce[:5])
        more = f" and {len(scarce) - 5} classes more" if len(scarce) > 5 else ""
        raise InputError(
            f"{source}: too few different faces to train and test on ({names}{more}; a class needs "
            f"{FEWEST_FACES}): add some, or take the class out of the data"
        )
