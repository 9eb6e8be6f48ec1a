"""Where one face stands in an experiment, and why it is not trained on."""

from collections.abc import Mapping, Sequence

import pandas as pd

from ferflow import paths
from ferflow.data.faces import read_face_table
from ferflow.data.samples import Samples, load_samples
from ferflow.data.split import DROPPED
from ferflow.errors import InputError, shown
from ferflow.ingest.audit_file import read_audit
from ferflow.params import Protocol, load
from ferflow.remedies.registry import NONE
from ferflow.tables import ORIGINS, read_table

_MOST_DIGITS = 18  # Python takes no number of more than 4,300


def tell_all(name: str, experiments: Sequence[str]) -> list[str]:
    """Say how experiments use a face, as `ferflow why` prints it.

    Parameters
    ----------
    name : str
        As :func:`find_face` takes it, or where the source holds what could not be read.
    experiments : sequence of str
        Their names; empty for those that ``run`` names.

    Returns
    -------
    list of str
        Lines: what the face is, and a line for each experiment; or why it is not among the faces.
    """
    settings, faces = load(), read_face_table()
    origins = read_table(paths.ORIGINS, ORIGINS, "ingest")["origin"]
    if unread := tell_unread(read_audit()["skipped"], name):
        return [unread]
    number = find_face(faces, origins, name)
    row = faces.iloc[number]
    lines = [f"face {number}, {origins[number]}: {row['label']}, usage {row['usage'] or 'none'}"]
    for experiment in experiments or settings.run:
        protocol, samples = settings.protocol_of(experiment), load_samples(paths.split(experiment))
        lines.append(f"{experiment}: {tell_whereabouts(number, faces, samples, protocol)}")
    return lines


def find_face(faces: pd.DataFrame, origins: pd.Series, name: str) -> int:
    """Find a face by its number or by where it stands in the source.

    Parameters
    ----------
    faces : DataFrame
        The table of all faces.
    origins : Series of str
        Row or member of the source, in the order of ``faces``.
    name : str
        A number of a face (``17``), or an origin (``row 17``, ``Training/happy/1.png``) or its end.

    Returns
    -------
    int
        The number of the face.

    Raises
    ------
    InputError
        If no face or more than one answers to it.
    """
    if name.isdecimal():
        if len(name) > _MOST_DIGITS or int(name) >= len(faces):
            raise InputError(
                f"there is no face {shown(name)}; they are numbered from 0 to {len(faces) - 1:,}"
            )
        return int(name)
    matches = faces["face"][(origins == name) | origins.str.endswith(f"/{name}")]
    if len(matches) != 1:
        what = "no face stands" if matches.empty else f"{len(matches)} faces stand"
        raise InputError(
            f"{what} at '{shown(name)}' in the source; give the number of one, or where it stands, such as "
            f"'{origins.iloc[0]}' for face 0 (results/origins.parquet has all)"
        )
    return int(matches.iloc[0])


def tell_unread(skipped: Sequence[Mapping[str, str]], name: str) -> str:
    """Say why a face of the source is not among the faces at all.

    Parameters
    ----------
    skipped : sequence of dict
        What the audit says was skipped: ``origin`` and ``reason``.
    name : str
        An origin (``row 17``, ``Training/happy/1.png``) or its end.

    Returns
    -------
    str
        Empty if it was not skipped.
    """
    for face in skipped:
        origin = face["origin"]  # of a row "row 17 (line 18)"
        if origin == name or origin.endswith(f"/{name}") or origin.startswith(f"{name} ("):
            return f"{origin}: skipped, {face['reason']}"
    return ""


def tell_whereabouts(face: int, faces: pd.DataFrame, samples: Samples, protocol: Protocol) -> str:
    """Say in which subset a face stands, how often, and, if it is not there, for what reason.

    Parameters
    ----------
    face : int
        Its number.
    faces : DataFrame
        The table of all faces: ``face``, ``label``, ``usage``, ``fingerprint``.
    samples : Samples
        Of the experiment, as its split stage wrote them.
    protocol : Protocol
        Of the experiment.

    Returns
    -------
    str
        ``train``, ``test (3 samples)``, ``dropped: ...`` or the like.
    """
    rows = samples.table[samples.table["face"] == face]
    label = faces["label"].iloc[face]
    if label not in samples.classes:
        return f"left out: its class, {label}, is none of the protocol's ({', '.join(samples.classes)})"
    if rows.empty:
        return f"left out: {_reason_not_drawn(protocol)}"
    subset = str(rows["subset"].iloc[0])
    if subset == DROPPED:
        return f"dropped: {rows['reason'].iloc[0]}"
    counts = rows["subset"].value_counts()
    text = ", ".join(
        f"{name} ({count} samples)" if count > 1 else str(name) for name, count in counts.items()
    )
    return text + (", leaky: it is trained on and tested" if rows["leaky"].any() else "")


def _reason_not_drawn(protocol: Protocol) -> str:
    """Say what drew other faces of the same class instead."""
    method = protocol.balance.method
    if method != NONE.name and protocol.faces_per_class is None:
        return f"not drawn by the balance ({method})"
    limit = f"at most {protocol.faces_per_class:,} faces of a class are drawn"
    return limit if method == NONE.name else f"{limit}, and then by {method}"
