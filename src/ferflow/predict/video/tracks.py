"""The same face over the frames of a video, and what it shows, smoothed over time."""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ferflow.predict.detector import overlap
from ferflow.predict.results import Expression, TrackedExpression

MARGIN = 0.5  # of a box's side, added on each side of it before boxes are compared
LEAST_OVERLAP = 0.25  # of the boxes so grown; a face may move by 1.2 times its width between two frames
LAPSE = 1.0  # seconds


@dataclass
class _Track:
    number: int
    box: NDArray[np.float64]
    time: float
    total: NDArray[np.float64]  # weighted sum of the probabilities in its frames
    weight: float


class Tracks:
    """Gives faces the number of the track that they continue, and smooths their probabilities over it.

    Boxes of one frame are matched to the tracks by overlap, so that the sum of the overlaps is greatest
    (Hungarian method); all are grown first, so that a face that has moved beside its last box overlaps it
    still (Yang et al., "Hard to Track Objects with Irregular Motions and Similar Appearances? Make It Easier
    by Buffering the Matching Space", WACV 2023). A track goes on if it stands in the last frame, or was seen
    within the last second.

    The probabilities of a face are the mean over its track so far, in which a frame that is t seconds old
    weighs exp(-t / smooth).

    Parameters
    ----------
    smooth : float
        Seconds; 0 leaves the probabilities of each frame as they are.
    """

    def __init__(self, smooth: float) -> None:
        self.count = 0
        self._smooth = smooth
        self._tracks: list[_Track] = []
        self._last = 0.0  # time of the last frame

    def update(self, time: float, faces: Sequence[Expression]) -> tuple[TrackedExpression, ...]:
        """Take the faces of the next frame.

        Parameters
        ----------
        time : float
            Seconds, more than before.
        faces : sequence of Expression
            With boxes.

        Returns
        -------
        tuple of TrackedExpression
            In the same order.
        """
        self._tracks = [
            track for track in self._tracks if track.time >= self._last or time - track.time <= LAPSE
        ]
        boxes = [_edges(face) for face in faces]
        continued = self._match(boxes)
        result = []
        for index, (face, box) in enumerate(zip(faces, boxes, strict=True)):
            if index in continued:
                track = continued[index]
                decay = math.exp((track.time - time) / self._smooth) if self._smooth else 0.0
            else:
                track, decay = self._begin(len(face.probabilities)), 0.0
            track.box, track.time = box, time
            track.total = decay * track.total + np.array(list(face.probabilities.values()))
            track.weight = decay * track.weight + 1.0
            result.append(_smoothed(face, track))
        self._last = time
        return tuple(result)

    def _match(self, boxes: Sequence[NDArray[np.float64]]) -> dict[int, _Track]:
        """Find for each box, by its index, the track that it continues, if there is one."""
        overlaps = np.array(
            [[overlap(_grown(box), _grown(track.box)) for track in self._tracks] for box in boxes]
        ).reshape(len(boxes), len(self._tracks))
        overlaps[overlaps < LEAST_OVERLAP] = 0.0
        pairs = zip(*linear_sum_assignment(overlaps, maximize=True), strict=True)
        return {int(row): self._tracks[column] for row, column in pairs if overlaps[row, column]}

    def _begin(self, classes: int) -> _Track:
        track = _Track(self.count, np.zeros(4), 0.0, np.zeros(classes), 0.0)
        self._tracks.append(track)
        self.count += 1
        return track


def _smoothed(face: Expression, track: _Track) -> TrackedExpression:
    names = list(face.probabilities)
    mean = track.total / track.weight
    return TrackedExpression(
        image=face.image,
        box=face.box,
        score=face.score,
        label=names[int(mean.argmax())],
        probabilities=dict(zip(names, mean.tolist(), strict=True)),
        track=track.number,
    )


def _edges(face: Expression) -> NDArray[np.float64]:
    assert face.box is not None
    return np.array(astuple(face.box))


def _grown(box: NDArray[np.float64]) -> NDArray[np.float64]:
    size = box[2:] - box[:2]
    return np.concatenate([box[:2] - MARGIN * size, box[2:] + MARGIN * size])
