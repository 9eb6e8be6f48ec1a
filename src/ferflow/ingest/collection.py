"""What every reader hands over, and the checks that all sources share."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ferflow.data.faces import Faces, make_faces, order_classes
from ferflow.errors import InputError

Progress = Callable[[int, int], None]  # called with what is done and what there is to do, in the same unit


def silent(done: int, total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class BadFace:
    """A row or file of the source that holds no readable face, and why."""

    origin: str
    reason: str


@dataclass
class Collected:
    """Faces as they were read, in the order of the source.

    Attributes
    ----------
    pixels : uint8 array of shape (n, image_size, image_size)
    label, usage, origin : one str per face; ``label`` is a class name
    converted : number of images that were not 8-bit grey, by Pillow mode
    resized : number of images that had another size
    ignored : number of files beside the images, which were not read
    """

    pixels: NDArray[np.uint8]
    label: list[str]
    usage: list[str]
    origin: list[str]
    converted: Counter[str] = field(default_factory=Counter)
    resized: int = 0
    ignored: int = 0
    bad: list[BadFace] = field(default_factory=list)


@dataclass(frozen=True)
class SourceResult:
    """The faces of a source, and what had to be done to them (see :class:`Collected`)."""

    faces: Faces
    converted: dict[str, int]
    resized: int
    ignored: int
    skipped: tuple[BadFace, ...]


def finish(source: str, collected: Collected, on_bad_face: str) -> SourceResult:
    """Check what was read from ``source`` and put it in canonical form.

    Raises
    ------
    InputError
        If a face was bad and ``on_bad_face`` is ``"fail"``, no face is left, or all are of one class.
    """
    if collected.bad and on_bad_face == "fail":
        first, count = collected.bad[0], len(collected.bad)
        raise InputError(
            f"{source}, {first.origin}: {first.reason} ({_number(count, 'bad face')} in all; "
            "correct the source, or set data.on_bad_face: skip to leave such faces out)"
        )
    if not collected.label:
        left = f" besides {_number(len(collected.bad), 'bad one')}" if collected.bad else ""
        raise InputError(f"{source}: no faces{left}; give a source that holds some")
    classes = order_classes(collected.label)
    if len(classes) < 2:
        raise InputError(f"{source}: all faces are of one class, '{classes[0]}'; give at least two classes")
    position = {name: index for index, name in enumerate(classes)}
    label = np.array([position[name] for name in collected.label], dtype=np.int16)
    return SourceResult(
        faces=make_faces(collected.pixels, label, collected.usage, classes, collected.origin),
        converted=dict(sorted(collected.converted.items())),
        resized=collected.resized,
        ignored=collected.ignored,
        skipped=tuple(collected.bad),
    )


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
