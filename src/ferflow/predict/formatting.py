"""Predictions as text: a table to look at, or CSV, JSON and JSON lines to go on with."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from textwrap import indent
from typing import Any, TypeAlias

from ferflow.predict.results import Expression, Key, Prediction, TrackedExpression, tabulate

DIGITS = 6  # of a probability
NO_FACE = "no face found"


Batches: TypeAlias = Iterable[Sequence[Prediction]]


def as_csv(batches: Batches, like: Prediction) -> Iterator[str]:
    """Write a row a face, or a row with an empty label for an image without one.

    Parameters
    ----------
    batches : iterable of sequences of Prediction
        Rows are written batch by batch.
    like : Prediction
        Of the same kind and classes; its columns are the header, also where everything was skipped.
    """
    for number, predictions in enumerate(chain(batches, [()])):  # the last writes a header where none came
        table = tabulate(predictions, like).round(dict.fromkeys(("left", "top", "right", "bottom"), 1))
        if "time" in table:
            table["time"] = table["time"].map(_seconds)
        yield table.to_csv(index=False, header=not number, float_format=f"%.{DIGITS}g", lineterminator="\n")


def as_json(batches: Batches) -> Iterator[str]:
    """Write a list of images, each with its faces."""
    before = "[\n"
    for prediction in chain.from_iterable(batches):
        yield before + indent(json.dumps(_plain(prediction), indent=1, ensure_ascii=False), " ")
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def as_json_lines(batches: Batches) -> Iterator[str]:
    """Write an image a line, each with its faces."""
    for prediction in chain.from_iterable(batches):
        yield json.dumps(_plain(prediction), ensure_ascii=False) + "\n"


def as_table(batches: Batches, names: Sequence[str] = ()) -> Iterator[str]:
    """Write a table for a terminal: of each face its box, its label and the next likely ones.

    Parameters
    ----------
    batches : iterable of sequences of Prediction
        Rows are written batch by batch.
    names : sequence of str
        What the images or videos are called, so that there is room for those of later batches.
    """
    widths: list[int] = []
    for predictions in batches:
        rows = [row for prediction in predictions for row in _rows(prediction)]
        if not widths and predictions:
            rows.insert(0, (*predictions[0].key(None), "box (left, top, width, height)", "label", "then"))
            widths = _room(predictions[0], names)
        widths = [
            max(width, *(len(row[column]) for row in rows)) if rows else width
            for column, width in enumerate(widths)
        ]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            yield "  ".join(cells).rstrip() + "\n"


FORMATS = ("table", "csv", "json", "jsonl")


def as_text(form: str, batches: Batches, like: Prediction, names: Sequence[str] = ()) -> Iterator[str]:
    """Write predictions as they come.

    Parameters
    ----------
    form : str
        One of ``FORMATS``.
    batches : iterable of sequences of Prediction
    like : Prediction
        See :func:`as_csv`.
    names : sequence of str
        See :func:`as_table`.

    Returns
    -------
    iterator of str
        Pieces that are to be joined.
    """
    if form == "csv":
        return as_csv(batches, like)
    if form == "table":
        return as_table(batches, names)
    return as_json(batches) if form == "json" else as_json_lines(batches)


def percent(face: Expression, label: str) -> str:
    """Say a class and its probability: "happy 93%"."""
    return f"{label} {face.probabilities[label]:.0%}"


def _rows(prediction: Prediction) -> Iterator[tuple[str, ...]]:
    if not prediction.faces:
        yield (*_cells(prediction.key(None)), "", NO_FACE, "")
    for number, face in enumerate(prediction.faces):
        first, *others = _ranked(face)
        yield (*_cells(prediction.key(number)), _box(face), first, ", ".join(others[:2]))


def _room(first: Prediction, names: Sequence[str]) -> list[int]:
    """Find the widths that later rows may need, as far as that can be known before they are there."""
    longest = {str: max(map(len, names), default=0), float: len(_seconds(9999))}  # a video of 2.7 hours
    label = max(len(f"{name} 100%") for name in first.classes)
    return [*(longest.get(type(value), 0) for value in first.key(None).values()), 0, label, 0]


def _cells(key: Key) -> list[str]:
    return [
        _seconds(value) if isinstance(value, float) else "" if value is None else str(value)
        for value in key.values()
    ]


def _seconds(time: float) -> str:
    return f"{time:.3f}"


def _ranked(face: Expression) -> list[str]:
    labels = sorted(face.probabilities, key=lambda label: -face.probabilities[label])
    return [percent(face, label) for label in labels]


def _box(face: Expression) -> str:
    if face.box is None:
        return ""
    return ", ".join(f"{edge:.0f}" for edge in (face.box.left, face.box.top, face.box.width, face.box.height))


def _plain(prediction: Prediction) -> dict[str, Any]:
    key = prediction.key(None)
    origin = {name: round(value, 3) if isinstance(value, float) else value for name, value in key.items()}
    origin.popitem()  # the number of a face
    image = origin | {
        "width": prediction.width,
        "height": prediction.height,
        "faces": [_plain_face(face) for face in prediction.faces],
    }
    return image | ({"warning": prediction.warning} if prediction.warning else {})


def _plain_face(face: Expression) -> dict[str, Any]:
    track = {"track": face.track} if isinstance(face, TrackedExpression) else {}
    box = None if face.box is None else {edge: round(at, 1) for edge, at in asdict(face.box).items()}
    return track | {
        "box": box,
        "score": None if face.score is None else round(face.score, DIGITS),
        "label": face.label,
        "probabilities": {name: round(value, DIGITS) for name, value in face.probabilities.items()},
    }
