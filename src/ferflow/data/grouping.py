"""What a split may not divide: copies of a face, all faces of a person; and how these are dealt out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def undivided(mark: NDArray[Any], group: NDArray[np.str_]) -> NDArray[np.int64]:
    """Tell which faces have to stay together: copies, those of a person, those of people who share a copy.

    Parameters
    ----------
    mark : array of shape (n,)
        What copies have in common: a fingerprint, or the number of a face that they resemble.
    group : str array of shape (n,)
        Who is shown; empty where that is not known.

    Returns
    -------
    int64 array of shape (n,)
        The same number for faces that may not be parted.
    """
    marks, copy = np.unique(mark, return_inverse=True)
    shows_someone = group != ""
    if not shows_someone.any():
        return copy
    people, person = np.unique(group[shows_someone], return_inverse=True)
    nodes = len(marks) + len(people)
    edges = (np.ones(len(person), dtype=bool), (copy[shows_someone], len(marks) + person))
    component = connected_components(coo_array(edges, shape=(nodes, nodes)), directed=False)[1]
    result: NDArray[np.int64] = component[copy].astype(np.int64)
    return result


def deal(
    group: NDArray[np.int64], stratum: NDArray[np.str_], shares: Sequence[float], seed: int
) -> NDArray[np.int8]:
    """Deal groups out to subsets, the largest first, each to the subset that lacks its classes most.

    A class that few people show so comes to the largest share, where it is trained on; no subset that has a
    share stays empty as long as there are groups. scikit-learn's ``StratifiedGroupKFold`` deals in the same
    way, but in shares of 1/k, and a class of one person may fall to any of them.

    Parameters
    ----------
    group : int array of shape (n,)
        Of each face.
    stratum : str array of shape (n,)
        Its class.
    shares : sequence of float
        Of each subset; together 1.
    seed : int
        Decides between groups of one size.

    Returns
    -------
    int8 array of shape (n,)
        Index of the subset of each face.
    """
    codes, position = np.unique(group, return_inverse=True)
    faces = pd.crosstab(position, stratum).to_numpy(np.float64)
    share_of_class = faces / faces.sum(axis=0)
    order = np.random.default_rng(seed).permutation(len(codes))
    order = order[np.argsort(-faces.sum(axis=1)[order], kind="stable")]
    lack = np.repeat(np.asarray(shares)[:, None], faces.shape[1], axis=1)
    takes_part = np.asarray(shares) > 0
    is_empty = takes_part.copy()
    subset = np.empty(len(codes), dtype=np.int8)
    for dealt, index in enumerate(order.tolist()):
        candidates = is_empty if len(order) - dealt <= is_empty.sum() else takes_part
        need = np.where(candidates, lack @ share_of_class[index], -np.inf)
        subset[index] = need.argmax()
        lack[subset[index]] -= share_of_class[index]
        is_empty[subset[index]] = False
    return subset[position]
