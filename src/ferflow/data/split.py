"""Which samples are trained on, which may choose settings, and which are tested on.

Faces that are pixel for pixel the same (one fingerprint) stay in one subset, with ``group_by:
near_duplicates`` also those that resemble each other, and so do all faces of a person where it is known
who is shown and the division is drawn, unless a protocol says ``group_by: none`` to reproduce a published
division that leaks; what comes of that is marked.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.data.faces import group_column
from ferflow.data.grouping import deal, undivided
from ferflow.errors import InputError
from ferflow.params import Protocol, Split

TRAIN, VALIDATION, TEST, DROPPED = "train", "validation", "test", "dropped"
SUBSETS = (TRAIN, VALIDATION, TEST)  # in order of how strongly each is protected from copies elsewhere
USAGE_OF_SUBSET = {TRAIN: "Training", VALIDATION: "PublicTest", TEST: "PrivateTest"}
_RANK_DROPPED = -1
_FEWER = ", or lower audit.near_duplicates, so that fewer faces are kept together"


def assign_subsets(faces: pd.DataFrame, split: Split, name: str) -> NDArray[np.str_]:
    """Say in which subset each face, or each sample, stands.

    ``usage`` follows the official division: Training is train, PublicTest validation, PrivateTest test;
    without PublicTest the validation share is taken from Training. ``random`` draws shares of each class, or,
    not stratified, of all rows. A validation share of 0 means that there is no validation subset, as in
    published systems with one held-out part: what is not Training then is test.
    ``auto`` is ``usage`` if every face has one, else ``random``. Grouped, all copies of a face (or near
    duplicates) go together when drawn, with all faces of the same person where ``group`` names people, and of
    copies that the usages put in several subsets only those on the most protected (test, then validation)
    stay: all test faces are reported and none of them is trained on. People whom the usages put in several
    stay there.

    Parameters
    ----------
    faces : DataFrame of n rows
        ``label``, ``usage``, the column ``split.mark``, perhaps ``group``; one line per face, or per sample
        where these are divided.
    split : Split
        How to divide.
    name : str
        The protocol, for messages.

    Returns
    -------
    str array of shape (n,)
        ``train``, ``validation``, ``test`` or ``dropped``.

    Raises
    ------
    InputError
        If ``usage`` is asked for and a face has none.
    """
    has_usage = (faces["usage"] != "").to_numpy(bool)
    if split.by == "usage" and not has_usage.all():
        raise InputError(
            f"protocol '{name}': split.by is 'usage', but {np.sum(~has_usage)} of {len(faces)} faces "
            "have none; use 'auto' or 'random'"
        )
    by_usage = split.is_by_usage(has_usage=bool(has_usage.all()))
    rank = _ranks_by_usage(faces, split) if by_usage else _random_ranks(faces, split, split.test)
    if split.group_by != "none":
        rank = _keep_most_protected(rank, faces[split.mark])
    return np.array([*SUBSETS, DROPPED])[rank]  # -1, dropped, is the last


def _ranks_by_usage(faces: pd.DataFrame, split: Split) -> NDArray[np.int8]:
    usages = [USAGE_OF_SUBSET[subset] for subset in SUBSETS]
    rank: NDArray[np.int8] = faces["usage"].map(usages.index).to_numpy(np.int8)
    validation = SUBSETS.index(VALIDATION)
    if split.validation == 0:
        return np.where(rank == validation, SUBSETS.index(TEST), rank).astype(np.int8)
    if not (rank == validation).any():
        if split.group_by != "none":
            rank = _keep_most_protected(rank, faces[split.mark])
        train = np.flatnonzero(rank == SUBSETS.index(TRAIN))
        rank[train] = _random_ranks(faces.iloc[train], split, test=0.0)
    return rank


def _random_ranks(faces: pd.DataFrame, split: Split, test: float) -> NDArray[np.int8]:
    """Draw ``test`` and ``split.validation`` of each class, whole groups at a time.

    The groups of a class stand in random order on a line as long as their rows; a group belongs to the share
    in which its middle falls. That keeps each share within half a group of what was asked, where
    scikit-learn's ``StratifiedGroupKFold`` only knows shares of 1/k (and takes a minute for these sizes).
    Groups of people, each of several classes, are dealt out (:func:`ferflow.data.grouping.deal`).
    """
    grouped = split.group_by != "none"
    person = group_column(faces)
    group = (
        undivided(pd.factorize(faces[split.mark], sort=True)[0], person) if grouped else np.arange(len(faces))
    )
    stratum = faces["label"].to_numpy(str) if split.stratify else np.full(len(faces), "")
    if grouped and (person != "").any():
        return deal(group, stratum, (1 - split.validation - test, split.validation, test), split.seed)
    table = pd.DataFrame({"group": group, "label": stratum})
    groups = table.groupby("group")["label"].agg(label="first", size="size")
    order = groups.iloc[np.random.default_rng(split.seed).permutation(len(groups))]
    of_class = order.groupby("label")["size"]
    middle = (of_class.cumsum() - order["size"] / 2) / of_class.transform("sum")
    rank = np.select(
        [middle < test, middle < test + split.validation],
        [SUBSETS.index(TEST), SUBSETS.index(VALIDATION)],
        SUBSETS.index(TRAIN),
    )
    of_group = np.empty(len(groups), dtype=np.int8)
    of_group[order.index] = rank
    return of_group[group]


def _keep_most_protected(rank: NDArray[np.int8], mark: pd.Series) -> NDArray[np.int8]:
    highest = pd.Series(rank).groupby(pd.factorize(mark)[0]).transform("max").to_numpy()
    return np.where(rank < highest, _RANK_DROPPED, rank).astype(np.int8)


def stands_on_two_subsets(subset: pd.Series, mark: pd.Series) -> NDArray[np.bool_]:
    """Tell of each sample whether another with its mark stands in another of the three subsets.

    Parameters
    ----------
    subset, mark : Series of n values
        With the same index; the mark is what copies have in common.

    Returns
    -------
    bool array of shape (n,)
    """
    in_subset = (subset != DROPPED).to_numpy()
    count = subset[in_subset].groupby(mark[in_subset]).transform("nunique")
    return (count > 1).reindex(subset.index, fill_value=False).to_numpy(bool)


def check_split(table: pd.DataFrame, faces: pd.DataFrame, protocol: Protocol, name: str) -> None:
    """Refuse a split that cannot be trained and tested on.

    Parameters
    ----------
    table : DataFrame
        One row per sample: ``face``, ``subset``, ``leaky``.
    faces : DataFrame
        Faces of the protocol's classes, indexed by face: ``label``, ``fingerprint``.
    protocol, name : Protocol, str
        The protocol and what ``params.yaml`` calls it.

    Raises
    ------
    InputError
        If a subset is empty, a class is absent from train, or a face stands in two subsets although the
        protocol keeps copies together.
    """
    leaky = table.loc[table["leaky"], "face"]
    if protocol.split.group_by != "none" and len(leaky):
        mark = faces.loc[leaky.iloc[0], "fingerprint"]
        raise InputError(
            f"protocol '{name}': {leaky.nunique()} faces stand in two subsets of the split, the first with "
            f"fingerprint {mark}; set split.group_by to 'none' only to reproduce a leaky protocol"
        )
    for subset in SUBSETS:
        if subset == VALIDATION and protocol.split.validation == 0:
            continue
        if not (table["subset"] == subset).any():
            raise InputError(
                f"protocol '{name}': the {subset} subset is empty (no {USAGE_OF_SUBSET[subset]} faces, or "
                f"too small a share); set split.by to 'random' or raise split.{VALIDATION} and split.{TEST}"
                f"{_FEWER if protocol.split.group_by == 'near_duplicates' else ''}"
            )
    train_classes = set(faces.loc[table.loc[table["subset"] == TRAIN, "face"], "label"])
    absent = sorted(set(faces["label"]) - train_classes)
    if absent:
        raise InputError(
            f"protocol '{name}': class '{absent[0]}' is absent from train; "
            "add faces of it, leave it out of the protocol's classes, or change the split"
        )
