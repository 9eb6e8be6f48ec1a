"""Turns faces into samples: a remedy for class imbalance, stored as a plan.

A sample says which face, which copy of it, how that copy is transformed and from which seed; pixels are made
from it when they are needed (:func:`ferflow.data.transforms.render`), so that ten balances of a million faces
cost megabytes. Which faces are drawn is for the methods of :mod:`ferflow.remedies` to say.
"""

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.data.transforms import ORIGINAL, SEPARATOR
from ferflow.params import Balance
from ferflow.remedies.registry import BALANCES, NONE, lookup


def plan_samples(faces: pd.DataFrame, in_scope: NDArray[np.bool_], balance: Balance) -> pd.DataFrame:
    """Plan the samples of some faces.

    Parameters
    ----------
    faces : DataFrame of n rows
        ``face``, ``label`` (class name), ``fingerprint``.
    in_scope : bool array of shape (n,)
        The faces that the balance is applied to; all others pass through once.
    balance : Balance
        The remedy.

    Returns
    -------
    DataFrame, sorted by face and copy
        ``face`` int32; ``copy`` int16, 0 for the face itself; ``transform`` str, ``"none"`` or the names of
        what is done to the copy joined by ``+``; ``seed`` int64 of the transforms, 0 where there are none;
        ``weight`` float32, 1 for now in every row.
    """
    pool = np.flatnonzero(in_scope)
    labels = faces["label"].to_numpy(str)[pool]
    if len(np.unique(labels)) > 1:
        method = lookup(BALANCES, balance.method, "balance")
        pool = pool[method.draw(labels, per_class=balance.per_class, seed=balance.seed)]
    index = np.sort(np.concatenate([np.flatnonzero(~in_scope), pool]))
    return _plan(faces, index, balance)


def _plan(faces: pd.DataFrame, index: NDArray[np.intp], balance: Balance) -> pd.DataFrame:
    plan = pd.DataFrame({"face": faces["face"].to_numpy(np.int32)[index]})
    plan["copy"] = plan.groupby("face").cumcount().astype(np.int16)
    transform = np.full(len(plan), ORIGINAL, dtype=object)
    seed = np.zeros(len(plan), dtype=np.int64)
    if balance.transforms and balance.method != NONE.name and BALANCES[balance.method].transforms_copies:
        copy = plan["copy"].to_numpy()
        marks = faces["fingerprint"].to_numpy(str)[index]
        for row in np.flatnonzero(copy).tolist():
            seed[row] = _copy_seed(balance.seed, marks[row], copy[row])
            transform[row] = _transform_of(seed[row], balance)
    plan["transform"] = pd.Series(transform, dtype="str")
    plan["seed"] = seed
    plan["weight"] = np.ones(len(plan), dtype=np.float32)
    return plan


def _copy_seed(seed: int, fingerprint: str, copy: int) -> np.int64:
    """Derive a seed from what the copy is, so that it survives any change to the rest of the data."""
    digest = hashlib.blake2b(f"{seed} {fingerprint} {copy}".encode(), digest_size=8).digest()
    return np.int64(int.from_bytes(digest, "little") >> 1)


def _transform_of(seed: np.int64, balance: Balance) -> str:
    """Name the transforms of a copy: all that are configured, but a flip only every second time."""
    flip = bool(seed & 1)
    names = [name for name in balance.transforms if name != "flip" or flip]
    return SEPARATOR.join(names) or ORIGINAL
