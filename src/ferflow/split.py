"""Which rows are trained on, which choose the epoch, and which are tested on.

Faces that are pixel for pixel the same (one fingerprint) stay on one side, unless a protocol says
``group_by: none`` to reproduce a published division that leaks; what comes of that is marked.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.errors import InputError
from ferflow.params import Protocol, Split

TRAIN, VALIDATION, TEST, DROPPED = "train", "validation", "test", "dropped"
SIDES = (TRAIN, VALIDATION, TEST)  # in order of how strongly each is protected from copies elsewhere
USAGE_OF_SIDE = {TRAIN: "Training", VALIDATION: "PublicTest", TEST: "PrivateTest"}
_RANK_DROPPED = -1


def split_path(experiment: str) -> Path:
    """Where the divided rows of an experiment are kept."""
    return Path("results/experiments") / experiment / "split.parquet"


def assign_sides(faces: pd.DataFrame, split: Split, name: str) -> NDArray[np.str_]:
    """Say on which side each face, or each row, stands.

    ``usage`` follows the official division: Training is train, PublicTest validation, PrivateTest test;
    without PublicTest the validation share is taken from Training. ``random`` draws shares of each class, or,
    not stratified, of all rows. A validation share of 0 means that there is no validation side, as in
    published systems with one held-out side: what is not Training then is test.
    ``auto`` is ``usage`` if every face has one, else ``random``. Grouped by fingerprint, all copies of a face
    go together when drawn, and of copies that the usages put on several sides only those on the most
    protected (test, then validation) stay: all test faces are reported and none of them is trained on.

    Parameters
    ----------
    faces : DataFrame of n rows
        ``label``, ``usage``, ``fingerprint``; one line per face, or per row where rows are to be divided.
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
    by_usage = split.by == "usage" or (split.by == "auto" and has_usage.all())
    rank = _ranks_by_usage(faces, split) if by_usage else _drawn_ranks(faces, split, split.test)
    if split.group_by == "fingerprint":
        rank = _keep_most_protected(rank, faces["fingerprint"])
    return np.array([*SIDES, DROPPED])[rank]  # -1, dropped, is the last


def _ranks_by_usage(faces: pd.DataFrame, split: Split) -> NDArray[np.int8]:
    usages = [USAGE_OF_SIDE[side] for side in SIDES]
    rank: NDArray[np.int8] = faces["usage"].map(usages.index).to_numpy(np.int8)
    validation = SIDES.index(VALIDATION)
    if split.validation == 0:
        return np.where(rank == validation, SIDES.index(TEST), rank).astype(np.int8)
    if not (rank == validation).any():
        if split.group_by == "fingerprint":
            rank = _keep_most_protected(rank, faces["fingerprint"])
        train = np.flatnonzero(rank == SIDES.index(TRAIN))
        rank[train] = _drawn_ranks(faces.iloc[train], split, test=0.0)
    return rank


def _drawn_ranks(faces: pd.DataFrame, split: Split, test: float) -> NDArray[np.int8]:
    """Draw ``test`` and ``split.validation`` of each class, whole groups at a time.

    The groups of a class stand in random order on a line as long as their rows; a group belongs to the share
    in which its middle falls. That keeps each share within half a group of what was asked, where
    scikit-learn's ``StratifiedGroupKFold`` only knows shares of 1/k (and takes a minute for these sizes).
    """
    marks = faces["fingerprint"].to_numpy(str)
    grouped = split.group_by == "fingerprint"
    group = np.unique(marks, return_inverse=True)[1] if grouped else np.arange(len(faces))
    stratum = faces["label"].to_numpy(str) if split.stratify else np.full(len(faces), "")
    table = pd.DataFrame({"group": group, "label": stratum})
    groups = table.groupby("group")["label"].agg(label="first", size="size")
    shuffled = groups.iloc[np.random.default_rng(split.seed).permutation(len(groups))]
    of_class = shuffled.groupby("label")["size"]
    middle = (of_class.cumsum() - shuffled["size"] / 2) / of_class.transform("sum")
    rank = np.select(
        [middle < test, middle < test + split.validation],
        [SIDES.index(TEST), SIDES.index(VALIDATION)],
        SIDES.index(TRAIN),
    )
    of_group = np.empty(len(groups), dtype=np.int8)
    of_group[shuffled.index] = rank
    return of_group[group]


def _keep_most_protected(rank: NDArray[np.int8], fingerprint: pd.Series) -> NDArray[np.int8]:
    highest = pd.Series(rank).groupby(fingerprint.to_numpy(str)).transform("max").to_numpy()
    return np.where(rank < highest, _RANK_DROPPED, rank).astype(np.int8)


def make_split(faces: pd.DataFrame, rows: pd.DataFrame, protocol: Protocol, name: str) -> pd.DataFrame:
    """Put every row of a balance on its side.

    Rows go where their face goes; only where the balance's scope is ``all`` are the rows themselves divided,
    as the published protocols do that resample first.

    Parameters
    ----------
    faces : DataFrame
        Faces of the protocol's classes (:func:`ferflow.balance.select_faces`): ``face``, ``label``,
        ``usage``, ``fingerprint``.
    rows : DataFrame
        What :func:`ferflow.balance.make_balance` returned.
    protocol, name : Protocol, str
        The protocol and what ``params.yaml`` calls it.

    Returns
    -------
    DataFrame
        The rows with ``side`` (train, validation, test or dropped); ``clean`` bool, true for a test row whose
        fingerprint stands nowhere outside the test side, dropped faces and those that undersampling left out
        included; ``leaky`` bool, true for a row whose fingerprint also stands on another of the three sides.

    Raises
    ------
    InputError
        If a side is empty, a class is absent from train, or a fingerprint stands on two sides although the
        protocol groups by fingerprint.
    """
    faces = faces.set_index("face", drop=False)
    divided = faces.loc[rows["face"]] if protocol.balance.scope == "all" else faces
    sides = pd.Series(assign_sides(divided, protocol.split, name), index=divided.index)
    marks = divided["fingerprint"]
    elsewhere = marks[sides != TEST].unique()
    clean = (sides == TEST) & ~marks.isin(elsewhere)
    if divided is faces:
        sides, clean, marks = sides.loc[rows["face"]], clean.loc[rows["face"]], marks.loc[rows["face"]]

    split = rows.reset_index(drop=True)
    split["side"] = sides.to_numpy()
    split["clean"] = clean.to_numpy(bool)
    split["leaky"] = _stands_on_two_sides(split["side"], marks.reset_index(drop=True))
    _check(split, faces, protocol, name)
    return split


def followed_side(split: pd.DataFrame) -> str:
    """Side that a training's curves follow: validation, or test where a protocol has no validation side."""
    return VALIDATION if (split["side"] == VALIDATION).any() else TEST


def is_leaky(split: pd.DataFrame) -> bool:
    """Tell whether any face stands on two sides of a split made by :func:`make_split`."""
    return bool(split["leaky"].any())


def _stands_on_two_sides(sides: pd.Series, fingerprint: pd.Series) -> NDArray[np.bool_]:
    used = (sides != DROPPED).to_numpy()
    count = sides[used].groupby(fingerprint[used]).transform("nunique")
    return (count > 1).reindex(sides.index, fill_value=False).to_numpy(bool)


def _check(split: pd.DataFrame, faces: pd.DataFrame, protocol: Protocol, name: str) -> None:
    leaky = split.loc[split["leaky"], "face"]
    if protocol.split.group_by == "fingerprint" and len(leaky):
        mark = faces.loc[leaky.iloc[0], "fingerprint"]
        raise InputError(
            f"protocol '{name}': {leaky.nunique()} faces stand on two sides of the split, the first with "
            f"fingerprint {mark}; set split.group_by to 'none' only to reproduce a leaky protocol"
        )
    for side in SIDES:
        if side == VALIDATION and protocol.split.validation == 0:
            continue
        if not (split["side"] == side).any():
            raise InputError(
                f"protocol '{name}': no row is on the {side} side (no {USAGE_OF_SIDE[side]} faces, or too "
                f"small a share); set split.by to 'random' or raise split.{VALIDATION} and split.{TEST}"
            )
    trained = set(faces.loc[split.loc[split["side"] == TRAIN, "face"], "label"])
    absent = sorted(set(faces["label"]) - trained)
    if absent:
        raise InputError(
            f"protocol '{name}': class '{absent[0]}' is absent from train; "
            "add faces of it, leave it out of the protocol's classes, or change the split"
        )
