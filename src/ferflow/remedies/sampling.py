"""Sampling by the frequency of the classes: what square-root sampling and classifier re-training share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def draw_by_frequency(labels: NDArray[Any], power: float, total: int, seed: int) -> NDArray[np.intp]:
    """Draw samples of each class in proportion to a power of its frequency.

    Kang et al., "Decoupling Representation and Classifier for Long-Tailed Recognition" (ICLR 2020), equation
    1: p_j = n_j^q / sum_i n_i^q. A class is drawn in whole passes over its faces, then a part of one more at
    random: no face is left out where there are as many samples of its class as faces.

    Parameters
    ----------
    labels : array of shape (n,)
    power : float
        q: 1 keeps the frequencies, 1/2 is square-root sampling, 0 draws all classes alike.
    total : int
        Samples of all classes together.
    seed : int

    Returns
    -------
    intp array of shape (total,)
        Indices into ``labels``, by class.
    """
    _, index, count = np.unique(labels, return_inverse=True, return_counts=True)
    rng = np.random.default_rng(seed)
    draws = []
    for k, samples in enumerate(_shared(count.astype(np.float64) ** power, total)):
        own = np.flatnonzero(index == k)
        passes, rest = divmod(int(samples), len(own))
        draws += [np.tile(own, passes), rng.choice(own, rest, replace=False)]
    result: NDArray[np.intp] = np.concatenate(draws)
    return result


def _shared(weights: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Share a total in proportion to weights, in whole numbers; the largest remainders are rounded up."""
    exact = total * weights / weights.sum()
    shares: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    by_remainder = np.argsort(shares - exact, kind="stable")
    shares[by_remainder[: total - shares.sum()]] += 1
    return shares
