"""Image files of any size and mode to grey faces."""

import io
import struct
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ferflow.data.scratch import scratch_array
from ferflow.errors import reason_of
from ferflow.ingest.collection import BadFace, Progress, RawFaces, silent
from ferflow.ingest.layout import ImageFile

FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
MAX_IMAGE_BYTES = 64 << 20  # of an image file
MAX_SIDE = 65_535  # JPEG's limit; to resize a line of 50 million pixels takes gigabytes
MAX_PIXELS = 50_000_000  # more than any camera's portrait; a small file can claim terabytes
_EXIF_ORIENTATION = 0x0112
_DAMAGE = (
    *(OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, AttributeError),
    *(OverflowError, ZeroDivisionError, RuntimeError, struct.error, zlib.error),
)


class BadImageError(Exception):
    """An image that cannot be decoded; its text says why."""


@dataclass(frozen=True)
class DecodedImage:
    """A grey face, uint8 of shape (size, size), and what it was before."""

    pixels: NDArray[np.uint8]
    mode: str
    size: tuple[int, int]


def decode(content: bytes, size: int) -> DecodedImage:
    """Decode an image file to a grey face of ``size`` x ``size`` pixels.

    Other sizes are resampled (Lanczos); an image that is not square is squeezed, so that nothing of the face
    is lost. See :func:`open_image` and :func:`grey` for what comes before.
    """
    image, mode = open_image(content)
    plain = grey(image)
    return DecodedImage(np.asarray(resize(plain, size)), mode, plain.size)


def open_image(content: bytes) -> tuple[Image.Image, str]:
    """Open an image file, turned as its EXIF orientation says, and say in which mode it was.

    Parameters
    ----------
    content : bytes
        Of the image file.

    Returns
    -------
    image : Image
    mode : str

    Raises
    ------
    BadImageError
        If the content is no image of ``FORMATS``, is damaged, or has more than ``MAX_PIXELS`` pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged metadata and size: judged here, not by warnings
            image: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
            if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
                raise BadImageError(f"{image.width} x {image.height} pixels are too many for a face")
            image.load()
            mode = image.mode
            return upright(image), mode
    except Image.DecompressionBombError as error:
        raise BadImageError("too many pixels for a face") from error
    except UnidentifiedImageError as error:
        raise BadImageError(f"not a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} image") from error
    # Pillow's decoders answer damage with whatever went wrong inside them.
    except _DAMAGE as error:
        raise BadImageError(f"damaged image ({reason_of(error)})") from error


def upright(image: Image.Image) -> Image.Image:
    """Turn an image as its EXIF orientation says, if it says anything."""
    turned = image.getexif().get(_EXIF_ORIENTATION, 1) != 1
    return ImageOps.exif_transpose(image) if turned else image


def grey(image: Image.Image) -> Image.Image:
    """Turn an image of any mode grey.

    Colours become luma (ITU-R 601), transparency shows black (as the border of FER-2013's own crops), 16-bit
    values keep their upper 8 bits.
    """
    return image if image.mode == "L" and "transparency" not in image.info else coloured(image).convert("L")


def coloured(image: Image.Image) -> Image.Image:
    """Bring an image of any mode to RGB, or to L what has no colour; see :func:`grey`."""
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        if image.mode == "La":  # Pillow takes it to LA alone
            image = image.convert("LA")
        image = image.convert("RGBA")
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, image)
    return image if image.mode in ("1", "L", "RGB") else image.convert("RGB")


def resize(image: Image.Image, size: int) -> Image.Image:
    """Resample to a square (Lanczos).

    Parameters
    ----------
    image : Image.Image
        Grey.
    size : int
        Pixels a side.

    Returns
    -------
    Image.Image
    """
    return image.resize((size, size), Image.Resampling.LANCZOS)


def collect_images(
    faces: Sequence[ImageFile],
    read: Callable[[str], bytes],
    size: int,
    ignored: int,
    progress: Progress = silent,
    unnameable: Sequence[BadFace] = (),
) -> RawFaces:
    """Read and decode the images of a folder or archive, in the order given.

    Parameters
    ----------
    faces : sequence of ImageFile
        Where each image stands and what it shows.
    read : callable
        Gives the content of an image by its path; raises :class:`BadImageError` if it cannot.
    size : int
        Side of the resulting faces in pixels.
    ignored : int
        Number of files beside the images.
    progress : callable, optional
        Called after each image.
    unnameable : sequence of BadFace, optional
        Images whose paths are bad; see :func:`ferflow.ingest.layout.nameable`.

    Returns
    -------
    RawFaces
    """
    pixels = scratch_array((len(faces), size, size))
    converted: Counter[str] = Counter()
    sizes: Counter[tuple[int, int]] = Counter()
    good: list[ImageFile] = []
    bad = list(unnameable)
    for face, result in _decode_all(faces, read, size, progress):
        if isinstance(result, BadFace):
            bad.append(result)
            continue
        pixels[len(good)] = result.pixels
        good.append(face)
        sizes[result.size] += 1
        if result.mode != "L":
            converted[result.mode] += 1
    return RawFaces(
        pixels=pixels[: len(good)],
        label=[face.label for face in good],
        usage=[face.usage for face in good],
        origin=[face.path for face in good],
        group=[face.group for face in good] if any(face.group for face in good) else [],
        converted=converted,
        sizes=sizes,
        ignored=ignored,
        bad=sorted(bad, key=lambda face: face.origin),
    )


def _decode_all(
    faces: Sequence[ImageFile], read: Callable[[str], bytes], size: int, progress: Progress
) -> Iterator[tuple[ImageFile, DecodedImage | BadFace]]:
    for done, face in enumerate(faces, start=1):
        try:
            yield face, decode(read(face.path), size)
        except BadImageError as error:
            yield face, BadFace(face.path, str(error))
        progress(done, len(faces))
