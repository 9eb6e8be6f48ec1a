"""Turns faces into samples: a remedy for class imbalance, stored as a plan.

A sample says which face, which copy of it, how that copy is transformed and from which seed; pixels are made
from it when they are needed (:func:`ferflow.data.transforms.render`), so that ten balances of a million faces
cost megabytes.

References
----------
Chawla et al. (2002), "SMOTE: Synthetic Minority Over-sampling Technique", section 4, for random under- and
oversampling as remedies; Lemaitre et al. (2017), "Imbalanced-learn", for the samplers used here.
"""

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.data.transforms import ORIGINAL, SEPARATOR
from ferflow.params import Balance


def plan_samples(faces: pd.DataFrame, resampled: NDArray[np.bool_], balance: Balance) -> pd.DataFrame:
    """Plan the samples of some faces.

    Parameters
    ----------
    faces : DataFrame of n rows
        ``face``, ``label`` (class name), ``fingerprint``.
    resampled : bool array of shape (n,)
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
    pool = np.flatnonzero(resampled)
    drawn = pool[_draw(faces["label"].to_numpy(str)[pool], balance)] if len(pool) else pool
    index = np.sort(np.concatenate([np.flatnonzero(~resampled), drawn]))
    return _plan(faces, index, balance)


def draw_at_most(labels: NDArray[np.str_], most: int, seed: int) -> NDArray[np.intp]:
    """Choose at most so many of each class, without repetition: indices into ``labels``."""
    from imblearn.under_sampling import RandomUnderSampler

    classes, count = np.unique(labels, return_counts=True)
    wanted = {name: min(most, int(n)) for name, n in zip(classes, count, strict=True)}
    sampler = RandomUnderSampler(sampling_strategy=wanted, random_state=seed)
    sampler.fit_resample(np.arange(len(labels)).reshape(-1, 1), labels)
    return np.asarray(sampler.sample_indices_, dtype=np.intp)


def _draw(labels: NDArray[np.str_], balance: Balance) -> NDArray[np.intp]:
    """Choose faces, with repetition, that make the classes equal in number."""
    if len(np.unique(labels)) < 2:
        return np.arange(len(labels))
    from imblearn.over_sampling import RandomOverSampler  # a second to import, and `none` needs neither
    from imblearn.under_sampling import RandomUnderSampler

    if balance.per_class is not None:
        return draw_at_most(labels, balance.per_class, balance.seed)
    if balance.method == "repeat":
        return _repeated(labels)
    # Augment repeats the very faces that oversample does: their difference is the transforms alone.
    kind = RandomUnderSampler if balance.method == "undersample" else RandomOverSampler
    sampler = kind(random_state=balance.seed)
    sampler.fit_resample(np.arange(len(labels)).reshape(-1, 1), labels)
    return np.asarray(sampler.sample_indices_, dtype=np.intp)


def _repeated(labels: NDArray[np.str_]) -> NDArray[np.intp]:
    """Repeat every face of a class the whole number of times that brings it nearest to the largest class."""
    _, index, count = np.unique(labels, return_inverse=True, return_counts=True)
    return np.repeat(np.arange(len(labels)), np.rint(count.max() / count).astype(int)[index])


def _plan(faces: pd.DataFrame, index: NDArray[np.intp], balance: Balance) -> pd.DataFrame:
    plan = pd.DataFrame({"face": faces["face"].to_numpy(np.int32)[index]})
    plan["copy"] = plan.groupby("face").cumcount().astype(np.int16)
    transform = np.full(len(plan), ORIGINAL, dtype=object)
    seed = np.zeros(len(plan), dtype=np.int64)
    if balance.method == "augment" and balance.transforms:
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
    flipped = bool(seed & 1)
    names = [name for name in balance.transforms if name != "flip" or flipped]
    return SEPARATOR.join(names) or ORIGINAL
