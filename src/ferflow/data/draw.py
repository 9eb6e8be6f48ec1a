"""The one way from faces, a protocol and its seeds to the samples of an experiment.

Select the faces of a protocol's classes, plan which of them are repeated, left out or transformed, divide the
plan into subsets. The stages keep what each step makes in a file; studies go all the way in memory
(:func:`draw_samples`). Only here is a face or a sample assigned to a subset.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.data.balance import plan_samples
from ferflow.data.faces import group_column, order_classes
from ferflow.data.samples import Samples
from ferflow.data.split import DROPPED, TEST, TRAIN, assign_subsets, check_split, stands_on_two_subsets
from ferflow.errors import InputError, nearest
from ferflow.params import Protocol
from ferflow.remedies.registry import NONE
from ferflow.remedies.undersample import undersample


@dataclass(frozen=True)
class Selection:
    """The faces that a protocol is about.

    Attributes
    ----------
    name, protocol : str, Protocol
        What ``params.yaml`` calls the protocol, and the protocol.
    classes : tuple of str
        Class names; targets are indices into it.
    faces : DataFrame
        ``face``, ``label`` (class name), ``usage``, ``fingerprint``.
    """

    name: str
    protocol: Protocol
    classes: tuple[str, ...]
    faces: pd.DataFrame

    @cached_property
    def subset(self) -> NDArray[np.str_]:
        """Subset of each face before any balance, shape (n,).

        Raises
        ------
        InputError
            Where :func:`ferflow.data.split.assign_subsets` raises it.
        """
        return assign_subsets(self.faces, self.protocol.split, self.name)


def select(table: pd.DataFrame, protocol: Protocol, name: str) -> Selection:
    """Keep the faces of a protocol's classes, at most ``faces_per_class`` of each, drawn at random.

    Parameters
    ----------
    table : DataFrame
        The table of all faces: ``face``, ``label`` (class name), ``usage``, ``fingerprint``.
    protocol, name : Protocol, str
        The protocol and what ``params.yaml`` calls it.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        If fewer than two classes remain, or one is named twice or unknown to the data.
    """
    classes = _classes(table, protocol, name)
    faces = table[table["label"].isin(classes)]
    if protocol.faces_per_class is not None:
        labels = faces["label"].to_numpy(str)
        rows = undersample(labels, per_class=protocol.faces_per_class, seed=protocol.balance.seed)
        faces = faces.iloc[np.sort(rows)]
    return Selection(name, protocol, classes, faces.reset_index(drop=True))


def _classes(table: pd.DataFrame, protocol: Protocol, name: str) -> tuple[str, ...]:
    """Resolve ``all`` to the classes of the data in their own order; a list keeps the order it has."""
    available = order_classes(list(table["label"].unique()))
    if protocol.classes == "all":
        if len(available) < 2:
            raise InputError(
                f"protocol '{name}': the data hold one class only ('{available[0]}'); "
                "a classifier needs two or more"
            )
        return available
    for label in protocol.classes:
        if label not in available:
            hint = nearest(label, available)
            raise InputError(f"protocol '{name}': no face in the data is labelled '{label}'{hint}")
    if len(set(protocol.classes)) < len(protocol.classes):
        raise InputError(f"protocol '{name}': a class is named twice in {', '.join(protocol.classes)}")
    return tuple(protocol.classes)


def make_balance(selection: Selection) -> pd.DataFrame:
    """Plan the samples of a protocol, as :func:`ferflow.data.balance.plan_samples` describes them.

    Scope ``train`` resamples only faces that may be trained on and passes all others through once; scope
    ``all`` resamples before the split, as some published protocols do.

    Parameters
    ----------
    selection : Selection

    Returns
    -------
    DataFrame
        The plan.

    Raises
    ------
    InputError
        If the split decides which faces may be trained on, and cannot be made.
    """
    balance = selection.protocol.balance
    in_scope = np.full(len(selection.faces), balance.method != NONE.name)
    if balance.method != NONE.name and balance.scope == "train":
        in_scope = selection.subset == TRAIN
    return plan_samples(selection.faces, in_scope, balance)


def divide(selection: Selection, plan: pd.DataFrame) -> Samples:
    """Put every sample of a plan into its subset.

    Samples go where their face goes; only where the balance's scope is ``all`` are the samples themselves
    divided, as the published protocols do that resample first.

    Parameters
    ----------
    selection : Selection
        What :func:`select` returned.
    plan : DataFrame
        What :func:`make_balance` returned for it.

    Returns
    -------
    Samples
        Its table is the plan with ``subset`` (train, validation, test or dropped); ``reason`` str, why a
        sample is dropped; ``clean`` bool, true for a test sample of which no copy (with ``group_by:
        near_duplicates`` no near duplicate either) stands outside the test subset, dropped faces and those
        that undersampling left out included; ``leaky`` bool, true for a sample of which a copy (or near
        duplicate) also stands in another of the three subsets.

    Raises
    ------
    InputError
        If the split cannot be made (:func:`ferflow.data.split.assign_subsets`) or does not serve
        (:func:`ferflow.data.split.check_split`).
    """
    protocol, name = selection.protocol, selection.name
    faces = selection.faces.set_index("face", drop=False)
    before = protocol.balance.scope == "all"
    units = faces.loc[plan["face"]] if before else faces
    subset_of_unit = assign_subsets(units, protocol.split, name) if before else selection.subset
    subset, marks = pd.Series(subset_of_unit, index=units.index), units[protocol.split.mark]
    clean = (subset == TEST) & ~marks.isin(marks[subset != TEST].unique())
    if not before:
        subset, clean, marks = (column.loc[plan["face"]] for column in (subset, clean, marks))

    table = plan.reset_index(drop=True)
    table["subset"] = subset.to_numpy()
    known_by = faces.loc[plan["face"], sorted({"fingerprint", protocol.split.mark})]
    table["reason"] = _reasons(table["subset"], known_by.reset_index(drop=True), protocol.split.mark)
    table["clean"] = clean.to_numpy(bool)
    table["leaky"] = stands_on_two_subsets(table["subset"], marks.reset_index(drop=True))
    check_split(table, faces, protocol, name)
    train_labels = selection.faces["label"][selection.subset == TRAIN]
    return Samples(
        table=table,
        classes=selection.classes,
        balance=protocol.balance,
        train_faces=int((table["subset"] == TRAIN).sum()) if before else len(train_labels),
        train_counts=tuple(int((train_labels == label).sum()) for label in selection.classes),
        image_size=protocol.image_size,
        leaky=bool(table["leaky"].any()) or _parts_people(selection, table),
    )


def _parts_people(selection: Selection, table: pd.DataFrame) -> bool:
    """Tell whether a division that was drawn puts a person into two subsets, as under ``group_by: none``.

    Where the data's own usages do so, that is said of the data and not of the protocol.
    """
    faces = selection.faces
    if selection.protocol.split.is_by_usage(has_usage=bool((faces["usage"] != "").all())):
        return False
    person = pd.Series(group_column(faces), index=faces["face"])
    person = person.loc[table["face"]].reset_index(drop=True)
    return bool(stands_on_two_subsets(table["subset"].where(person != "", DROPPED), person).any())


def _reasons(subset: pd.Series, known_by: pd.DataFrame, mark: str) -> pd.Series:
    """Say of each dropped sample which subset holds a copy or near duplicate of its face; else nothing."""
    in_subset = subset != DROPPED
    reason = pd.Series("", index=subset.index, dtype="str")
    words = {mark: "a near duplicate is in ", "fingerprint": "the same face, pixel for pixel, is in "}
    for column, what in words.items():  # one entry, the last, where copies are known by their fingerprint
        common = known_by[column]
        holder = common[~in_subset].map(subset[in_subset].groupby(common[in_subset]).first()).dropna()
        reason[holder.index] = what + holder
    return reason


def draw_samples(table: pd.DataFrame, protocol: Protocol, name: str) -> Samples:
    """Go all the way in memory: what the stages balance and split make, with no file between them.

    Parameters
    ----------
    table, protocol, name
        As :func:`select` takes them.

    Returns
    -------
    Samples

    Raises
    ------
    InputError
        Where :func:`select` or :func:`divide` raises it.
    """
    selection = select(table, protocol, name)
    return divide(selection, make_balance(selection))
