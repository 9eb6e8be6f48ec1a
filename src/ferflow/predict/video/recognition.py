"""Expressions in the frames of a video, as they come."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ferflow.errors import InputError
from ferflow.predict.photos import Photo
from ferflow.predict.results import FramePrediction
from ferflow.predict.video.reader import Frame, Video
from ferflow.predict.video.tracks import Tracks

if TYPE_CHECKING:
    from ferflow.predict.predictor import Predictor

EVERY = 0.5  # seconds between the frames that are looked at
SMOOTH = 1.0  # seconds: an expression lasts as long, a blink or a word of speech less

# A batch: enough for the network, and no more than memory holds.
MAX_FRAMES = 16
MAX_PIXELS = 20_000_000


def recognise(
    predictor: "Predictor", video: Video, *, every: float = EVERY, smooth: float = SMOOTH
) -> Iterator[tuple[Frame, FramePrediction]]:
    """Recognise the expressions of the faces in a video.

    Parameters
    ----------
    predictor : Predictor
        Looks for faces.
    video : Video
    every : float
        Seconds, see :meth:`ferflow.predict.video.reader.Video.frames`.
    smooth : float
        Seconds, see :class:`ferflow.predict.video.tracks.Tracks`.

    Returns
    -------
    iterator of (Frame, FramePrediction)

    Raises
    ------
    InputError
        If a number is negative, or the predictor takes images as faces.
    """
    for name, seconds in (("every", every), ("smooth", smooth)):
        if not 0 <= seconds < math.inf:
            raise InputError(f"{name}: {seconds:g} seconds; give 0 or more")
    if predictor.cropped:
        raise InputError(f"{video.name}: a video, in which faces have to be looked for; leave 'cropped' out")
    return _recognise(predictor, video, every, Tracks(smooth))


def _recognise(
    predictor: "Predictor", video: Video, every: float, tracks: Tracks
) -> Iterator[tuple[Frame, FramePrediction]]:
    for batch in _batches(video.frames(every)):
        photos = [Photo(video.name, frame.image) for frame in batch]
        for frame, prediction in zip(batch, predictor.predict_photos(photos), strict=True):
            yield (
                frame,
                FramePrediction(
                    image=video.name,
                    width=prediction.width,
                    height=prediction.height,
                    faces=tracks.update(frame.time, prediction.faces),
                    classes=prediction.classes,
                    time=frame.time,
                ),
            )


def _batches(frames: Iterator[Frame]) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    pixels = 0
    for frame in frames:
        batch.append(frame)
        pixels += frame.image.width * frame.image.height
        if len(batch) >= MAX_FRAMES or pixels >= MAX_PIXELS:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch
