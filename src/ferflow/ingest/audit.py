"""What is in a data set, and what is wrong with it: counts, duplicates, contradictions, blank images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.data.faces import USAGES, Faces, content_digest, first_of_each
from ferflow.data.scratch import blocks
from ferflow.ingest.near_duplicates import near_groups, perceptual_hash
from ferflow.ingest.sources import SourceResult


@dataclass(frozen=True)
class NearDuplicates:
    """Images that resemble one another without being equal, nor blank.

    Attributes
    ----------
    bits : int
        Bits in which the 64-bit hashes of two of them may differ.
    pairs : int
        Of images that resemble each other directly.
    group : int64 array of shape (n,)
        The group of each face, directly or through others; negative for none.
    copies : int64 array of shape (n,)
        The same number for copies of one image.
    blank : bool array of shape (n,)
        Which faces show one grey value.
    """

    bits: int
    pairs: int
    group: NDArray[np.int64]
    copies: NDArray[np.int64]
    blank: NDArray[np.bool_]


def audit(source: str, result: SourceResult, near: NearDuplicates, group: str = "") -> dict[str, Any]:
    """Audit the faces of a source.

    Parameters
    ----------
    source : str
        Base name of the source.
    result : SourceResult
        What :func:`ferflow.ingest.sources.read` returned.
    near : NearDuplicates
        Of its faces; see :func:`find_near_duplicates`.
    group : str, optional
        What the column or the level of folders that names people is called; empty for none.

    Returns
    -------
    dict
        Ready for JSON. ``counts`` is by usage and class (the usage of faces without one is ""). For
        ``duplicates`` see :func:`describe_groups`; ``near_duplicates`` has the same keys and counts groups of
        images that resemble but do not equal each other (nor are blank), and the PrivateTest faces that
        resemble a Training face without being a copy of one. ``blank`` lists faces by number.
        For ``people``, None where nothing names them, see :func:`describe_people`.
    """
    faces = result.faces
    only_similar = _private_in_training(faces, near.group) & ~_private_in_training(faces, near.copies)
    return {
        "source": source,
        "data_digest": content_digest(faces),
        "faces": len(faces),
        "image_size": list(faces.pixels.shape[1:]),
        "classes": list(faces.classes),
        "counts": count(faces),
        "duplicates": {
            "copies_of_an_earlier_face": len(faces) - len(np.unique(near.copies)),
            **describe_groups(faces, near.copies),
        },
        "near_duplicates": {
            "bits": near.bits,
            "pairs": near.pairs,
            **describe_groups(faces, near.group),
            "private_test_in_training": int(only_similar.sum()),
        },
        "people": describe_people(faces, group) if group else None,
        "blank": np.flatnonzero(near.blank).tolist(),
        "converted": result.converted,
        "resized": result.resized,
        "ignored_files": result.ignored,
        "skipped": [{"origin": face.origin, "reason": face.reason} for face in result.skipped],
    }


def count(faces: Faces) -> dict[str, dict[str, int]]:
    """Count faces by usage and class; usages in which there are none are left out.

    Parameters
    ----------
    faces : Faces

    Returns
    -------
    dict of str to dict
        Usage -> class -> number of faces.
    """
    by_usage = {usage: faces.label[faces.usage == usage] for usage in USAGES}
    return {
        usage: dict(
            zip(faces.classes, np.bincount(labels, minlength=len(faces.classes)).tolist(), strict=True)
        )
        for usage, labels in by_usage.items()
        if len(labels)
    }


def find_blank(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which images show one grey value and nothing else.

    Parameters
    ----------
    pixels : uint8 array of shape (n, height, width)
        Images.

    Returns
    -------
    bool array of shape (n,)
    """
    result = np.empty(len(pixels), dtype=bool)
    for block in blocks(len(pixels)):
        flat = pixels[block].reshape(-1, pixels[0].size)
        result[block] = (flat == flat[:, :1]).all(axis=1)
    return result


def describe_groups(faces: Faces, group: NDArray[np.int64]) -> dict[str, int]:
    """Count the groups of two faces or more, and what is wrong with them.

    Parameters
    ----------
    faces : Faces
        The n faces.
    group : int array of shape (n,)
        The group of each face; negative for none.

    Returns
    -------
    dict of str to int
        ``groups``; ``faces`` in them; ``groups_across_usages``; ``groups_with_two_labels``; and
        ``private_test_in_training``, the PrivateTest faces whose group has a Training face.
    """
    table = pd.DataFrame({"group": group, "usage": faces.usage, "label": faces.label})[group >= 0]
    groups = table.groupby("group")
    size, different = groups.size(), groups.nunique()
    return {
        "groups": int((size > 1).sum()),
        "faces": int(size[size > 1].sum()),
        "groups_across_usages": int((different["usage"] > 1).sum()),
        "groups_with_two_labels": int((different["label"] > 1).sum()),
        "private_test_in_training": int(_private_in_training(faces, group).sum()),
    }


def describe_people(faces: Faces, group: str) -> dict[str, Any]:
    """Count the people, and those who stand in several usages, so that the data's own division tests on them.

    Parameters
    ----------
    faces : Faces
    group : str
        What names them.

    Returns
    -------
    dict
        ``name``, what names them; ``people``; ``faces_without``, faces of which it is not known who is shown;
        ``across_usages``, people in several usages; and ``private_test_in_training``, the PrivateTest faces
        of people who have a Training face.
    """
    names, person = np.unique(faces.group, return_inverse=True)
    person = np.where(faces.group == "", -1, person)
    counts = describe_groups(faces, person)
    return {
        "name": group,
        "people": int((names != "").sum()),
        "faces_without": int((person < 0).sum()),
        "across_usages": counts["groups_across_usages"],
        "private_test_in_training": counts["private_test_in_training"],
    }


def _private_in_training(faces: Faces, group: NDArray[np.int64]) -> NDArray[np.bool_]:
    in_training = np.unique(group[(faces.usage == "Training") & (group >= 0)])
    result: NDArray[np.bool_] = (faces.usage == "PrivateTest") & np.isin(group, in_training)
    return result


def find_near_duplicates(faces: Faces, bits: int) -> NearDuplicates:
    """Group the different images that resemble one another, directly or through others.

    Parameters
    ----------
    faces : Faces
        The n faces.
    bits : int
        Bits in which the 64-bit hashes of near duplicates may differ, 0 to 63.

    Returns
    -------
    NearDuplicates
    """
    blank = find_blank(faces.pixels)
    copies: NDArray[np.int64] = np.unique(faces.fingerprint, return_inverse=True)[1]
    images, first = np.unique(copies, return_index=True)
    not_blank = ~blank[first]
    images, first = images[not_blank], first[not_blank]
    pairs, component = near_groups(perceptual_hash(faces.pixels)[first], bits)
    in_group = np.bincount(component)[component] > 1
    group_of_image = np.full(copies.max() + 1, -1, dtype=np.int64)
    group_of_image[images[in_group]] = component[in_group]
    return NearDuplicates(bits, pairs, group_of_image[copies], copies, blank)


def resembled(near: NearDuplicates) -> NDArray[np.int32]:
    """Give each face the number of the first one that it equals or resembles, directly or through others.

    Parameters
    ----------
    near : NearDuplicates
        Of n faces.

    Returns
    -------
    int32 array of shape (n,)
    """
    alone = near.group < 0
    return first_of_each(np.where(alone, near.copies, near.group + len(near.copies)))


def near_duplicate_table(faces: Faces, near: NearDuplicates) -> pd.DataFrame:
    """List the near duplicates by name: the content of ``near_duplicates.csv``.

    Parameters
    ----------
    faces : Faces
    near : NearDuplicates
        Of these faces.

    Returns
    -------
    DataFrame
        ``group``, counted from 0, ``face``, ``origin``, ``label``, ``usage`` and ``fingerprint`` of each face
        that resembles another, group by group; copies of one image share a fingerprint.
    """
    face = np.flatnonzero(near.group >= 0)
    table = pd.DataFrame(
        {
            "group": pd.factorize(near.group[face])[0],
            "face": face,
            "origin": faces.origin[face],
            "label": np.array(faces.classes, dtype=object)[faces.label[face]],
            "usage": faces.usage[face],
            "fingerprint": faces.fingerprint[face],
        }
    )
    return table.sort_values(["group", "face"], ignore_index=True)
