"""Images from wherever they come: files, Pillow's images, arrays."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ferflow.errors import InputError, reason_of
from ferflow.ingest.folder import file_content
from ferflow.ingest.images import BadImageError, coloured, open_image, upright

#: A path, a Pillow image, or uint8 pixels: grey (height, width), RGB or RGBA (height, width, 3 or 4).
#: What has an EXIF orientation is turned by it, and boxes are in what comes of that.
ImageLike: TypeAlias = str | os.PathLike[str] | Image.Image | NDArray[np.uint8]

LEAST_SIDE = 8  # pixels; nothing is recognised in less


@dataclass(frozen=True)
class Photo:
    """An image, grey (mode L) or RGB, and what to call it."""

    name: str
    image: Image.Image


def read_photo(image: ImageLike, number: int) -> Photo:
    """Read what a caller has given.

    Parameters
    ----------
    image : ImageLike
    number : int
        Names an image that has no path.

    Raises
    ------
    InputError
        If it is no image, or is damaged.
    """
    try:
        if isinstance(image, np.ndarray):
            return Photo(str(number), usable(_from_array(image)))
        if isinstance(image, Image.Image):
            return Photo(str(getattr(image, "filename", "") or number), usable(_loaded(image)))
        path = Path(image)
        return decoded(str(path), file_content(path))
    except BadImageError as error:
        what = f"image {number}" if isinstance(image, (np.ndarray, Image.Image)) else str(image)
        raise InputError(f"{what}: {error}") from error
    except TypeError as error:
        raise InputError(
            f"image {number}: of type {type(image).__name__}; give a path, an array or a Pillow image"
        ) from error


def decoded(name: str, content: bytes) -> Photo:
    """Decode the content of an image file; raise BadImageError if it is none."""
    return Photo(name, usable(open_image(content)[0]))


def usable(image: Image.Image) -> Image.Image:
    """Bring an image to grey or RGB; raise BadImageError if it is too small to show a face."""
    if min(image.size) < LEAST_SIDE:
        raise BadImageError(f"{image.width} x {image.height} pixels are too few for a face")
    plain = coloured(image)
    return plain.convert("L") if plain.mode == "1" else plain


def _loaded(image: Image.Image) -> Image.Image:
    """Decode what Pillow has only opened so far; raise BadImageError if it cannot."""
    try:
        image.load()
        return upright(image)
    except Exception as error:  # its decoders answer damage with whatever went wrong inside them
        raise BadImageError(f"cannot be read ({reason_of(error)})") from error


def _from_array(pixels: NDArray[np.uint8]) -> Image.Image:
    colours = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or colours not in (1, 3, 4) or not pixels.size:
        raise BadImageError(
            f"an array of {pixels.dtype} of shape {pixels.shape}; give uint8, (height, width) or "
            "(height, width, 3 or 4)"
        )
    return Image.fromarray(pixels[:, :, 0] if pixels.ndim == 3 and colours == 1 else pixels)
