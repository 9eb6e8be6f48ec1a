"""Near duplicates as a list to compare with another."""

import numpy as np
from numpy.typing import NDArray

from ferflow.ingest.near_duplicates import near_pairs


def sorted_pairs(hashes: NDArray[np.uint64], bits: int) -> NDArray[np.int64]:
    """List the pairs of near hashes in ascending order, (pairs, 2)."""
    found = [np.stack(pairs, axis=1) for pairs in near_pairs(hashes, bits)]
    pairs = np.concatenate([np.empty((0, 2), dtype=np.int64), *found])
    return pairs[np.lexsort(pairs.T[::-1])]
