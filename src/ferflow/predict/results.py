"""What a prediction is: the faces in one image, and the expression of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ferflow.predict.detector import Box

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Expression:
    """One face and what it shows.

    Attributes
    ----------
    image : str
        What the image is called.
    box : Box or None
        Where the face is, in pixels of the image; None for a face that was given as such.
    score : float or None
        The detector's, from 0 to 1; None for a face that was given as such.
    label : str
        The most probable class.
    probabilities : mapping of str to float
        Of every class, by its name; calibrated if the model is.
    """

    image: str
    box: Box | None
    score: float | None
    label: str
    probabilities: Mapping[str, float]


@dataclass(frozen=True)
class Prediction:
    """One image and the faces in it, from left to right; iterating gives the faces.

    Attributes
    ----------
    image : str
        What it is called: its path, or its place in a list.
    width, height : int
        In pixels.
    faces : tuple of Expression
        Empty if no face was found.
    classes : tuple of str
        What a face may show, in the model's order.
    warning : str
        Why the prediction may mean nothing, or "".
    """

    image: str
    width: int
    height: int
    faces: tuple[Expression, ...]
    classes: tuple[str, ...]
    warning: str = ""

    def __iter__(self) -> Iterator[Expression]:
        return iter(self.faces)

    def __len__(self) -> int:
        return len(self.faces)

    def to_frame(self) -> "pd.DataFrame":
        """Tabulate the faces; see :func:`to_frame`."""
        return to_frame([self])


def to_frame(predictions: Sequence[Prediction]) -> "pd.DataFrame":
    """Tabulate predictions, a row a face; an image without a face has a row with an empty label.

    Returns
    -------
    DataFrame
        image, face (its number in the image), left, top, right, bottom (pixels), score, label, p_<class>;
        what is not known is missing.
    """
    import pandas as pd

    classes = predictions[0].classes if predictions else ()
    rows = [row for prediction in predictions for row in _rows(prediction)]
    columns = ["image", "face", *_EDGES, "score", "label", *(f"p_{name}" for name in classes)]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"face": "Int64"} | dict.fromkeys((*_EDGES, "score"), float))


_EDGES = ("left", "top", "right", "bottom")


def _rows(prediction: Prediction) -> Iterator[dict[str, object]]:
    if not prediction.faces:
        yield {"image": prediction.image, "label": ""}
    for number, face in enumerate(prediction.faces):
        edges = {} if face.box is None else {edge: getattr(face.box, edge) for edge in _EDGES}
        probabilities = {f"p_{name}": value for name, value in face.probabilities.items()}
        yield (
            {"image": face.image, "face": number, "score": face.score, "label": face.label}
            | edges
            | probabilities
        )
