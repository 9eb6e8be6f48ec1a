"""Photos to try the page with: an astronaut, an admiral, and sample faces, drawn when they are asked for."""

import io
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from ferflow.sample.drawing import draw_face
from ferflow.sample.expressions import EMFACS

_SEED = 11


@dataclass(frozen=True)
class Picture:
    """A photo that comes with the page.

    Attributes
    ----------
    id : str
        Its name in addresses.
    title : str
        What it shows.
    credit : str
        Where it comes from.
    is_face : bool
        Whether it is a cropped face, and not a photo to look for faces in.
    """

    id: str
    title: str
    credit: str
    is_face: bool


# Both photographs are in the public domain, as works of the United States' government.
_PHOTOGRAPHS = {
    "astronaut": ("skimage", "data/astronaut.png", "Eileen Collins, astronaut", "NASA, public domain"),
    "admiral": (
        "matplotlib",
        "mpl-data/sample_data/grace_hopper.jpg",
        "Grace Hopper, rear admiral",
        "US Navy, public domain",
    ),
}


def pictures() -> list[Picture]:
    """List the photos that are there: packages may have been installed without theirs."""
    photographs = [
        Picture(name, title, credit, is_face=False)
        for name, (_, _, title, credit) in _PHOTOGRAPHS.items()
        if _photograph(name).is_file()
    ]
    faces = [Picture(name, f"{name}, drawn", "a sample face", is_face=True) for name in EMFACS]
    return photographs + faces


@cache
def picture_content(name: str) -> bytes:
    """Read or draw a photo of the gallery.

    Parameters
    ----------
    name : str
        Its id.

    Returns
    -------
    bytes
        Of an image file.

    Raises
    ------
    KeyError
        If no photo has this id.
    """
    if name in _PHOTOGRAPHS:
        return _photograph(name).read_bytes()
    number = list(EMFACS).index(name) if name in EMFACS else None
    if number is None:
        raise KeyError(name)
    return png(Image.fromarray(draw_face(name, np.random.default_rng([_SEED, number, 0]))))


def png(image: Image.Image) -> bytes:
    """Encode an image as PNG."""
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def _photograph(name: str) -> Path:
    package, path, *_ = _PHOTOGRAPHS[name]
    spec = find_spec(package)  # finds the folder without the import
    return Path("absent") if spec is None or spec.origin is None else Path(spec.origin).parent / path
