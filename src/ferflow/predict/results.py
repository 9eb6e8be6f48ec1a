"""What a prediction is: the faces in one image, and the expression of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, TypeAlias

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


@dataclass(frozen=True, kw_only=True)
class TrackedExpression(Expression):
    """One face in a frame of a video; its label and probabilities are smoothed over its track.

    Attributes
    ----------
    track : int
        The same number in all frames that show the face, from 0.
    """

    track: int


Key: TypeAlias = dict[str, str | float | int | None]


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

    def key(self, number: int | None) -> Key:
        """Say by which columns of a table a face is told from all others; None for an image without one."""
        return {"image": self.image, "face": number}

    def to_frame(self) -> "pd.DataFrame":
        """Tabulate the faces; see :func:`to_frame`."""
        return to_frame([self])


@dataclass(frozen=True, kw_only=True)
class FramePrediction(Prediction):
    """One frame of a video, which ``image`` names, and the faces in it.

    Attributes
    ----------
    time : float
        Seconds after the first frame.
    faces : tuple of TrackedExpression
    """

    time: float
    faces: tuple[TrackedExpression, ...] = field(kw_only=False)

    def __iter__(self) -> Iterator[TrackedExpression]:
        return iter(self.faces)

    def key(self, number: int | None) -> Key:
        """Say by which columns of a table a face is told from all others; None for a frame without one."""
        track = None if number is None else self.faces[number].track
        return {"video": self.image, "time": self.time, "track": track}


def to_frame(predictions: Prediction | Sequence[Prediction]) -> "pd.DataFrame":
    """Tabulate predictions, or a single one, a row a face; without a face, a row with an empty label.

    Returns
    -------
    DataFrame
        image, face (its number in the image), left, top, right, bottom (pixels), score, label, p_<class>;
        of a video, video, time and track stand in place of image and face. What is not known is missing.
    """
    predictions = [predictions] if isinstance(predictions, Prediction) else predictions
    return tabulate(predictions, predictions[0] if predictions else Prediction("", 0, 0, (), ()))


def tabulate(predictions: Sequence[Prediction], like: Prediction) -> "pd.DataFrame":
    """Tabulate predictions, as :func:`to_frame`, with the columns of another one: there may be none.

    Parameters
    ----------
    predictions : sequence of Prediction
    like : Prediction
        Of the same kind and classes; its faces do not matter.

    Returns
    -------
    DataFrame
    """
    import pandas as pd

    rows = [row for prediction in predictions for row in _rows(prediction)]
    *_, number = key = list(like.key(None))
    columns = [*key, *_EDGES, "score", "label", *(f"p_{name}" for name in like.classes)]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({number: "Int64"} | dict.fromkeys((*_EDGES, "score"), float))


_EDGES = tuple(edge.name for edge in fields(Box))


def _rows(prediction: Prediction) -> Iterator[Key]:
    if not prediction.faces:
        yield prediction.key(None) | {"label": ""}
    for number, face in enumerate(prediction.faces):
        edges = {} if face.box is None else asdict(face.box)
        probabilities = {f"p_{name}": value for name, value in face.probabilities.items()}
        yield prediction.key(number) | {"score": face.score, "label": face.label} | edges | probabilities
