"""Predictions as text: a table to look at, or CSV, JSON and JSON lines to go on with."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from ferflow.predict.results import Expression, Prediction, to_frame

DIGITS = 6  # of a probability
NO_FACE = "no face found"


def as_csv(predictions: Sequence[Prediction]) -> str:
    """Write a row a face, or a row with an empty label for an image without one."""
    table = to_frame(predictions).round(dict.fromkeys(("left", "top", "right", "bottom"), 1))
    return str(table.to_csv(index=False, float_format=f"%.{DIGITS}g", lineterminator="\n"))


def as_json(predictions: Sequence[Prediction]) -> str:
    """Write a list of images, each with its faces."""
    return json.dumps([_plain(prediction) for prediction in predictions], indent=1, ensure_ascii=False) + "\n"


def as_json_lines(predictions: Sequence[Prediction]) -> str:
    """Write an image a line, each with its faces."""
    lines = (json.dumps(_plain(prediction), ensure_ascii=False) for prediction in predictions)
    return "".join(f"{line}\n" for line in lines)


def as_table(predictions: Sequence[Prediction]) -> str:
    """Write a table for a terminal: of each face its box, its label and the next likely ones."""
    rows = [("image", "face", "box (left, top, width, height)", "label", "then")]
    for prediction in predictions:
        if not prediction.faces:
            rows.append((prediction.image, "", "", NO_FACE, ""))
        for number, face in enumerate(prediction.faces):
            first, *others = _ranked(face)
            rows.append((prediction.image, str(number), _box(face), first, ", ".join(others[:2])))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    return "".join(f"{line}\n" for line in lines)


FORMATS: dict[str, Callable[[Sequence[Prediction]], str]] = {
    "table": as_table,
    "csv": as_csv,
    "json": as_json,
    "jsonl": as_json_lines,
}


def percent(face: Expression, label: str) -> str:
    """Say a class and its probability: "happy 93%"."""
    return f"{label} {face.probabilities[label]:.0%}"


def _ranked(face: Expression) -> list[str]:
    labels = sorted(face.probabilities, key=lambda label: -face.probabilities[label])
    return [percent(face, label) for label in labels]


def _box(face: Expression) -> str:
    if face.box is None:
        return ""
    return ", ".join(f"{edge:.0f}" for edge in (face.box.left, face.box.top, face.box.width, face.box.height))


def _plain(prediction: Prediction) -> dict[str, Any]:
    faces = [
        {
            "box": None
            if face.box is None
            else {edge: round(at, 1) for edge, at in asdict(face.box).items()},
            "score": None if face.score is None else round(face.score, DIGITS),
            "label": face.label,
            "probabilities": {name: round(value, DIGITS) for name, value in face.probabilities.items()},
        }
        for face in prediction.faces
    ]
    image = {
        "image": prediction.image,
        "width": prediction.width,
        "height": prediction.height,
        "faces": faces,
    }
    return image | ({"warning": prediction.warning} if prediction.warning else {})
