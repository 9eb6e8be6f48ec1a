"""The votes of FER+, read, checked, and joined with faces.

References
----------
Barsoum, Zhang, Canton Ferrer and Zhang (2016), "Training deep networks for facial expression recognition with
crowd-sourced label distribution": ten taggers for each face of FER-2013; github.com/microsoft/FERPlus has the
votes as ``fer2013new.csv``, a row for each row of ``fer2013.csv``, in its order.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from ferflow.data.faces import FER_CLASSES, USAGES
from ferflow.errors import InputError, reason_of, shown

#: FER+'s columns of votes, and what a majority for each is called here: a class of FER-2013 where it is one.
CATEGORIES = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "contempt": "contempt",
    "unknown": "unknown",
    "NF": "no face",
}
TIE = "tie"
_USAGE, _IMAGE = "Usage", "Image name"
_COLUMNS = (_USAGE, _IMAGE, *CATEGORIES)
_AGAIN = "take fer2013new.csv from github.com/microsoft/FERPlus as it is"
_ROW = re.compile(r"row (\d+)")  # as ingest writes the origin of a face in a table


@dataclass(frozen=True)
class Votes:
    """What ten taggers said of each row of ``fer2013.csv``.

    Attributes
    ----------
    path : Path
        The file, for messages.
    usage : sequence of str
        Training, PublicTest or PrivateTest.
    row_of_image : mapping of str
        Index of a row by FER+'s name of its image, without the suffix.
    majority : str array of shape (n,)
        What most voted for among all ten columns: a value of ``CATEGORIES``, or ``TIE``.
    """

    path: Path
    usage: Sequence[str]
    row_of_image: Mapping[str, int]
    majority: NDArray[np.str_]


def read_votes(path: Path | str) -> Votes:
    """Read and check ``fer2013new.csv``.

    Raises
    ------
    InputError
        If there is no such file, or it is not of this form: the first fault, by row and column.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"params.yaml: labels.votes: there is no file {path}; {_AGAIN}, or leave it empty")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a CSV in UTF-8 ({reason_of(error)}); {_AGAIN}") from None
    places = _places(lines[0] if lines else [], path)
    width = len(lines[0])
    rows = [_checked(line, width, places, f"{path}, row {row}") for row, line in enumerate(lines[1:], 1)]
    if not rows:
        raise InputError(f"{path}: no rows after the header; {_AGAIN}")
    return Votes(
        path=path,
        usage=[usage for usage, _, _ in rows],
        row_of_image={PurePosixPath(image).stem: index for index, (_, image, _) in enumerate(rows) if image},
        majority=majorities(np.array([counts for _, _, counts in rows])),
    )


def _places(header: Sequence[str], path: Path) -> dict[str, int]:
    """Find the columns by their names, in any case."""
    names = [name.strip().lower() for name in header]
    for column in _COLUMNS:
        if names.count(column.lower()) != 1:
            many = "two columns are" if column.lower() in names else "no column is"
            raise InputError(f"{path}, line 1: {many} called '{column}'; {_AGAIN}")
    return {column: names.index(column.lower()) for column in _COLUMNS}


def _checked(
    line: Sequence[str], width: int, places: Mapping[str, int], where: str
) -> tuple[str, str, list[int]]:
    """Take usage, image and votes out of a row; ``where`` begins the message of what is wrong with it."""
    if len(line) != width:
        raise InputError(f"{where}: {len(line)} columns instead of {width}; {_AGAIN}")
    usage = line[places[_USAGE]].strip()
    if usage not in USAGES[:3]:
        raise InputError(
            f"{where}, column {_USAGE}: '{shown(usage, 20)}' is none of {', '.join(USAGES[:3])}; {_AGAIN}"
        )
    counts = []
    for column in CATEGORIES:
        text = line[places[column]].strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 3):
            raise InputError(f"{where}, column {column}: '{shown(text, 20)}' is no number of votes; {_AGAIN}")
        counts.append(int(text))
    if not any(counts):
        raise InputError(f"{where}: nobody voted; {_AGAIN}")
    return usage, line[places[_IMAGE]].strip(), counts


def majorities(counts: NDArray[np.integer]) -> NDArray[np.str_]:
    """Name what most voted for, by votes of shape (n, 10) in the order of ``CATEGORIES``; a tie is a tie."""
    most = counts.max(axis=1, keepdims=True)
    winner = np.array(list(CATEGORIES.values()))[counts.argmax(axis=1)]
    return np.where((counts == most).sum(axis=1) == 1, winner, TIE)


def majority_of_faces(votes: Votes, origins: Iterable[str], usages: Iterable[str]) -> NDArray[np.str_]:
    """Join faces with the votes on them.

    Parameters
    ----------
    votes : Votes
    origins : iterable of n str
        Where each face stands in its source: ``row 17`` of a table, or a file whose name is FER+'s
        (``Training/happy/fer0000016.png``).
    usages : iterable of n str
        Of the faces; empty where the source has none.

    Returns
    -------
    str array of shape (n,)
        What most taggers voted for.

    Raises
    ------
    InputError
        If a face has no row, or one of another usage.
    """
    rows = []
    for origin, usage in zip(origins, usages, strict=True):
        row = _row_of(votes, origin)
        if usage not in ("", votes.usage[row]):
            raise InputError(
                f"{votes.path}, row {row + 1}, column {_USAGE}: {votes.usage[row]}, but the face at "
                f"'{origin}' is of {usage}; these are votes on other faces, leave labels.votes empty"
            )
        rows.append(row)
    return votes.majority[rows]


def _row_of(votes: Votes, origin: str) -> int:
    if match := _ROW.fullmatch(origin):
        row = int(match[1]) - 1
        if 0 <= row < len(votes.majority):
            return row
        raise InputError(
            f"{votes.path}: {len(votes.majority):,} rows, none for the face at '{origin}'; give the votes on "
            "the same fer2013.csv, or leave labels.votes empty"
        )
    image = PurePosixPath(origin).stem
    if image not in votes.row_of_image:
        raise InputError(
            f"{votes.path}: no row for the face at '{origin}'; votes are joined by rows of the challenge's "
            "table or by names such as fer0000017.png: let data.path be fer2013.csv, or leave labels.votes "
            "empty"
        )
    return votes.row_of_image[image]


def check_classes(votes: Votes, classes: Sequence[str]) -> None:
    """Make sure that taggers could vote for the classes; raise InputError naming the first they could not."""
    for name in classes:
        if name not in FER_CLASSES:
            raise InputError(
                f"{votes.path}: FER+ has no votes for the class '{name}' of the data; leave labels.votes "
                "empty"
            )
