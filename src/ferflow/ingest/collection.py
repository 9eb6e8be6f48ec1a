"""What every reader hands over, and the checks that all sources share."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ferflow.data.faces import Faces, make_faces, order_classes
from ferflow.errors import InputError, counted, shown
from ferflow.ingest.names import composed

# Far more than there are expressions; labels have 16 bits, and a larger confusion matrix cannot be drawn.
MAX_CLASSES = 1000

Progress = Callable[[int, int], None]  # called with what is done and what there is to do, in the same unit


def silent(done: int, total: int) -> None:
    """Show no progress.

    Parameters
    ----------
    done, total : int
        As every ``Progress`` takes them.
    """


@dataclass(frozen=True)
class BadFace:
    """A row or file of the source that holds no readable face, and why."""

    origin: str
    reason: str


@dataclass
class RawFaces:
    """Faces as they were read, in the order of the source.

    Attributes
    ----------
    pixels : uint8 array of shape (n, image_size, image_size)
    label, usage, origin : list of str
        One str per face; ``label`` is a class name.
    group : list of str
        Who is shown on each face, or nothing at all where the source does not say.
    converted : Counter of str
        Number of images that were not 8-bit grey, by Pillow mode.
    sizes : Counter of tuple of int
        Number of images by width and height before they were resized.
    ignored : int
        Number of files beside the images, which were not read.
    """

    pixels: NDArray[np.uint8]
    label: list[str]
    usage: list[str]
    origin: list[str]
    group: list[str] = field(default_factory=list)
    converted: Counter[str] = field(default_factory=Counter)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    ignored: int = 0
    bad: list[BadFace] = field(default_factory=list)


@dataclass(frozen=True)
class SourceResult:
    """The faces of a source, and what had to be done to them (see :class:`RawFaces`)."""

    faces: Faces
    converted: dict[str, int]
    sizes: dict[tuple[int, int], int]
    ignored: int
    skipped: tuple[BadFace, ...]

    @property
    def resized(self) -> int:
        """Number of images that had another size."""
        height, width = self.faces.pixels.shape[1:]
        return sum(count for size, count in self.sizes.items() if size != (width, height))


def finish(source: str, raw: RawFaces, on_bad_face: str) -> SourceResult:
    """Check what was read from ``source`` and put it in canonical form.

    Parameters
    ----------
    source : str
        What to call the source in messages.
    raw : RawFaces
        What its reader found.
    on_bad_face : {"fail", "skip"}
        What to do about faces that cannot be read.

    Returns
    -------
    SourceResult

    Raises
    ------
    InputError
        If a face was bad and ``on_bad_face`` is ``"fail"``, no face is left, all are of one class, or the
        classes are more than ``MAX_CLASSES``.
    """
    if raw.bad and on_bad_face == "fail":
        first, count = raw.bad[0], len(raw.bad)
        raise InputError(
            f"{source}, {first.origin}: {first.reason} ({counted(count, 'bad face')} in all; "
            "correct the source, or set data.on_bad_face: skip to leave such faces out)"
        )
    if not raw.label:
        besides = f" besides {counted(len(raw.bad), 'bad one')}" if raw.bad else ""
        raise InputError(f"{source}: no faces{besides}; give a source that holds some")
    labels, people = ([composed(name) for name in names] for names in (raw.label, raw.group))
    classes = order_classes(labels)
    if len(classes) < 2:
        raise InputError(
            f"{source}: all faces are of one class, '{shown(classes[0])}'; give at least two classes"
        )
    if len(classes) > MAX_CLASSES:
        raise InputError(
            f"{source}: {len(classes):,} classes, more than {MAX_CLASSES:,} ('{shown(classes[0])}', "
            f"'{shown(classes[1])}', ...); does 'emotion', or the level of folders that names classes, hold "
            "files or people? Give expressions"
        )
    position = {name: index for index, name in enumerate(classes)}
    label = np.array([position[name] for name in labels], dtype=np.int16)
    return SourceResult(
        faces=make_faces(raw.pixels, label, raw.usage, classes, raw.origin, people or None),
        converted=dict(sorted(raw.converted.items())),
        sizes=dict(sorted(raw.sizes.items())),
        ignored=raw.ignored,
        skipped=tuple(raw.bad),
    )
