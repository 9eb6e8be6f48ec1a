"""Turns faces into rows: a remedy for class imbalance, stored as a plan.

A row says which face, which copy of it, how that copy is transformed and from which seed; pixels are made
from it when they are needed (:func:`ferflow.transforms.render`), so that ten balances of a million faces cost
megabytes.

References
----------
Chawla et al. (2002), "SMOTE: Synthetic Minority Over-sampling Technique", section 4, for random under- and
oversampling as remedies; Lemaitre et al. (2017), "Imbalanced-learn", for the samplers used here.
"""

import difflib
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.errors import InputError
from ferflow.faces import order_classes
from ferflow.params import Balance, Protocol
from ferflow.split import TRAIN, assign_sides
from ferflow.transforms import ORIGINAL, SEPARATOR


def balance_path(protocol: str) -> Path:
    """Where the rows of a protocol are kept."""
    return Path("results/protocols") / protocol / "balance.parquet"


def protocol_classes(faces: pd.DataFrame, protocol: Protocol, name: str) -> tuple[str, ...]:
    """Resolve the classes of a protocol, in the order in which its labels are numbered.

    ``all`` stands for the classes of the data in their own order; a list keeps the order it was written in,
    so that the second of two is the positive one.

    Parameters
    ----------
    faces : DataFrame
        The table of all faces, column ``label`` (class name).
    protocol, name : Protocol, str
        The protocol and what ``params.yaml`` calls it.

    Raises
    ------
    InputError
        If fewer than two classes remain, or one is named twice or unknown to the data.
    """
    known = order_classes(list(faces["label"].unique()))
    if protocol.classes == "all":
        if len(known) < 2:
            raise InputError(
                f"protocol '{name}': the data hold one class only ('{known[0]}'); "
                "a classifier needs two or more"
            )
        return known
    for wanted in protocol.classes:
        if wanted not in known:
            nearest = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
            hint = f"did you mean '{nearest[0]}'?" if nearest else f"it has {', '.join(known)}"
            raise InputError(f"protocol '{name}': no face in the data is labelled '{wanted}'; {hint}")
    if len(set(protocol.classes)) < len(protocol.classes):
        raise InputError(f"protocol '{name}': a class is named twice in {', '.join(protocol.classes)}")
    return tuple(protocol.classes)


def select_faces(faces: pd.DataFrame, protocol: Protocol, name: str) -> pd.DataFrame:
    """Keep the faces of a protocol's classes, at most ``faces_per_class`` of each, drawn at random.

    Raises what :func:`protocol_classes` raises.
    """
    chosen = faces[faces["label"].isin(protocol_classes(faces, protocol, name))]
    most = protocol.faces_per_class
    if most is not None:
        drawn = _at_most(chosen["label"].to_numpy(str), most, protocol.balance.seed)
        chosen = chosen.iloc[np.sort(drawn)]
    return chosen.reset_index(drop=True)


def make_balance(faces: pd.DataFrame, protocol: Protocol, name: str) -> pd.DataFrame:
    """Make the rows of a protocol.

    Scope ``train`` resamples only faces that may be trained on and passes all others through once; scope
    ``all`` resamples before the split, as some published protocols do.

    Parameters
    ----------
    faces : DataFrame
        The table of all faces: ``face``, ``label`` (class name), ``usage``, ``fingerprint``.
    protocol, name : Protocol, str
        The protocol and what ``params.yaml`` calls it.

    Returns
    -------
    DataFrame, sorted by face and copy
        ``face`` int32; ``copy`` int16, 0 for the face itself; ``transform`` str, ``"none"`` or the names of
        what is done to the copy joined by ``+``; ``seed`` int64 of the transforms, 0 where there are none;
        ``weight`` float32, 1 for now in every row.

    Raises
    ------
    InputError
        If the classes do not fit the data, or the split cannot be made (:func:`ferflow.split.assign_sides`).
    """
    chosen = select_faces(faces, protocol, name)
    if protocol.balance.method == "none":
        touched = np.zeros(len(chosen), dtype=bool)
    elif protocol.balance.scope == "train":
        touched = assign_sides(chosen, protocol.split, name) == TRAIN
    else:
        touched = np.ones(len(chosen), dtype=bool)
    pool = np.flatnonzero(touched)
    drawn = pool[_draw(chosen["label"].to_numpy(str)[pool], protocol.balance)] if len(pool) else pool
    index = np.sort(np.concatenate([np.flatnonzero(~touched), drawn]))
    return _rows(chosen, index, protocol.balance)


def _draw(labels: NDArray[np.str_], balance: Balance) -> NDArray[np.intp]:
    """Choose rows, with repetition, that make the classes equal in number."""
    if len(np.unique(labels)) < 2:
        return np.arange(len(labels))
    from imblearn.over_sampling import RandomOverSampler  # a second to import, and `none` needs neither
    from imblearn.under_sampling import RandomUnderSampler

    if balance.per_class is not None:
        return _at_most(labels, balance.per_class, balance.seed)
    if balance.method == "repeat":
        return _repeated(labels)
    # Augment repeats the very faces that oversample does: their difference is the transforms alone.
    kind = RandomUnderSampler if balance.method == "undersample" else RandomOverSampler
    sampler = kind(random_state=balance.seed)
    sampler.fit_resample(np.arange(len(labels)).reshape(-1, 1), labels)
    return np.asarray(sampler.sample_indices_, dtype=np.intp)


def _at_most(labels: NDArray[np.str_], most: int, seed: int) -> NDArray[np.intp]:
    """Choose at most so many rows of each class, without repetition."""
    from imblearn.under_sampling import RandomUnderSampler

    classes, count = np.unique(labels, return_counts=True)
    wanted = {name: min(most, int(n)) for name, n in zip(classes, count, strict=True)}
    sampler = RandomUnderSampler(sampling_strategy=wanted, random_state=seed)
    sampler.fit_resample(np.arange(len(labels)).reshape(-1, 1), labels)
    return np.asarray(sampler.sample_indices_, dtype=np.intp)


def _repeated(labels: NDArray[np.str_]) -> NDArray[np.intp]:
    """Repeat every row of a class the whole number of times that brings it nearest to the largest class."""
    _, index, count = np.unique(labels, return_inverse=True, return_counts=True)
    return np.repeat(np.arange(len(labels)), np.rint(count.max() / count).astype(int)[index])


def _rows(faces: pd.DataFrame, index: NDArray[np.intp], balance: Balance) -> pd.DataFrame:
    rows = pd.DataFrame({"face": faces["face"].to_numpy(np.int32)[index]})
    rows["copy"] = rows.groupby("face").cumcount().astype(np.int16)
    transform = np.full(len(rows), ORIGINAL, dtype=object)
    seed = np.zeros(len(rows), dtype=np.int64)
    if balance.method == "augment" and balance.transforms:
        copy = rows["copy"].to_numpy()
        marks = faces["fingerprint"].to_numpy(str)[index]
        for row in np.flatnonzero(copy).tolist():
            seed[row] = _copy_seed(balance.seed, marks[row], copy[row])
            transform[row] = _transform_of(seed[row], balance)
    rows["transform"] = pd.Series(transform, dtype="str")
    rows["seed"] = seed
    rows["weight"] = np.ones(len(rows), dtype=np.float32)
    return rows


def _copy_seed(seed: int, fingerprint: str, copy: int) -> np.int64:
    """Derive a seed from what the copy is, so that it survives any change to the rest of the data."""
    digest = hashlib.blake2b(f"{seed} {fingerprint} {copy}".encode(), digest_size=8).digest()
    return np.int64(int.from_bytes(digest, "little") >> 1)


def _transform_of(seed: np.int64, balance: Balance) -> str:
    """Name the transforms of a copy: all that are configured, but a flip only every second time."""
    flipped = bool(seed & 1)
    names = [name for name in balance.transforms if name != "flip" or flipped]
    return SEPARATOR.join(names) or ORIGINAL
