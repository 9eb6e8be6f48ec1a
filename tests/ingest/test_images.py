import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ferflow.ingest.images import BadImageError, coloured, decode
from tests.ingest.drawn import SIDE, face, image


def encode(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "BMP", "WEBP"])
def test_lossless_grey_keeps_its_pixels(form: str) -> None:
    content = encode(Image.fromarray(face(1)), form, lossless=True)
    np.testing.assert_array_equal(decode(content, SIDE).pixels, face(1))


def test_jpeg_is_close() -> None:
    smooth = np.add.outer(np.arange(48), np.arange(48)).astype(np.uint8)
    result = decode(encode(Image.fromarray(smooth), "JPEG", quality=95), 48)
    assert result.mode == "L"
    assert result.size == (48, 48)
    assert abs(result.pixels.astype(int) - smooth).max() <= 3


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P"])
def test_modes_that_show_grey_become_it(mode: str) -> None:
    result = decode(image(2, mode), SIDE)
    assert result.mode == mode
    np.testing.assert_allclose(result.pixels, face(2), atol=1)


@pytest.mark.parametrize("mode", ["La", "LA", "PA", "RGBa", "RGBA"])
def test_what_lets_light_through_stands_before_black(mode: str) -> None:
    picture = coloured(Image.new(mode, (2, 2)))
    assert picture.mode == "RGB"
    assert np.asarray(picture).max() == 0


def test_black_and_white() -> None:
    bits = face(3) > 127
    np.testing.assert_array_equal(decode(encode(Image.fromarray(bits)), SIDE).pixels, bits * 255)


def test_sixteen_bits_keep_the_upper_eight() -> None:
    deep = face(4).astype(np.uint16) * 256 + 17
    result = decode(encode(Image.fromarray(deep)), SIDE)
    assert result.mode.startswith("I")
    np.testing.assert_array_equal(result.pixels, face(4))


def test_cmyk_jpeg_is_not_inverted() -> None:
    white = encode(Image.new("RGB", (SIDE, SIDE), "white").convert("CMYK"), "JPEG")
    result = decode(white, SIDE)
    assert result.mode == "CMYK"
    assert result.pixels.min() > 250


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L"])
def test_transparency_shows_black(mode: str) -> None:
    if mode in ("P", "L"):
        content = encode(Image.new(mode, (SIDE, SIDE), 200), transparency=200)
    else:
        content = encode(Image.new("RGBA", (SIDE, SIDE), (200, 200, 200, 0)).convert(mode))
    assert decode(content, SIDE).pixels.max() == 0


def test_luma_of_colours() -> None:
    red = encode(Image.new("RGB", (SIDE, SIDE), (255, 0, 0)))
    assert decode(red, SIDE).pixels[0, 0] == 76  # 0.299 * 255


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (1, lambda upright: upright),
        (2, np.fliplr),
        (3, lambda upright: upright[::-1, ::-1]),
        (4, np.flipud),
        (5, np.transpose),
        (6, np.rot90),  # to be turned by 90 degrees clockwise
        (7, lambda upright: upright[::-1, ::-1].T),
        (8, lambda upright: np.rot90(upright, 3)),
    ],
)
def test_exif_orientation_is_applied(
    orientation: int, stored: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encode(Image.fromarray(np.ascontiguousarray(stored(face(5)))), "PNG", exif=exif)
    np.testing.assert_array_equal(decode(content, SIDE).pixels, face(5))


def test_resampling_is_that_of_lanczos() -> None:
    large = Image.fromarray(face(6, side=31))
    expected = large.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(decode(encode(large), SIDE).pixels, np.asarray(expected))


@pytest.mark.parametrize("shape", [(40, 40), (5, 5), (30, 20)])
def test_other_sizes_are_resampled(shape: tuple[int, int]) -> None:
    result = decode(encode(Image.new("L", shape, 90)), SIDE)
    assert result.size == shape
    assert result.pixels.shape == (SIDE, SIDE)
    assert set(result.pixels.ravel()) == {90}


def png_header(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = [
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (head, data)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a JPEG, PNG, BMP or WEBP image"),
        (b"hello", "not a JPEG, PNG, BMP or WEBP image"),
        (image(form="JPEG")[:150], "damaged image|not a JPEG"),
        (image(form="JPEG", side=64)[:-400], "damaged image"),
        (image(form="PNG")[:-60], "damaged image"),
        (encode(Image.new("L", (9, 9)), "GIF"), "not a JPEG, PNG, BMP or WEBP image"),
        (png_header(8000, 8000), "8000 x 8000 pixels are too many"),
        (png_header(60000, 60000), "too many pixels"),
    ],
)
def test_bad_images_are_named(content: bytes, reason: str) -> None:
    with pytest.raises(BadImageError, match=reason):
        decode(content, SIDE)
