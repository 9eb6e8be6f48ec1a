"""PNG files whose bytes depend on the picture alone.

zlib, zlib-ng and their versions compress one picture to different bytes, and JPEG encoders differ likewise.
So the pixels are stored as they are, which the format allows (RFC 1951, section 3.2.4); checksums are fixed.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_LARGEST_BLOCK = 65535  # bytes


def png(picture: NDArray[np.uint8]) -> bytes:
    """Encode a grey picture as an uncompressed PNG file.

    Parameters
    ----------
    picture : uint8 array of shape (height, width)

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the picture is larger than one stored block, about 255 pixels a side, or not of uint8.
    """
    if picture.dtype != np.uint8:
        raise ValueError(f"a picture of {picture.dtype}; give uint8")
    height, width = picture.shape
    filter_types = np.zeros((height, 1), dtype=np.uint8)  # each row says how it is filtered: 0, not at all
    pixels = np.hstack([filter_types, picture]).tobytes()
    if len(pixels) > _LARGEST_BLOCK:
        raise ValueError(f"a picture of {height} x {width} pixels is too large for one stored block")
    block = struct.pack("<BHH", 1, len(pixels), len(pixels) ^ 0xFFFF) + pixels
    stream = b"\x78\x01" + block + struct.pack(">I", zlib.adler32(pixels))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", stream) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
