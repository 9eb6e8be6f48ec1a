"""The faces by which a network is made to compute with 8-bit integers."""

import random

import numpy as np
from numpy.typing import NDArray

from ferflow.errors import InputError
from ferflow.ingest.images import BadImageError
from ferflow.ingest.unlabelled import Unlabelled, name_of
from ferflow.predict.command import photo_of
from ferflow.predict.crops import squeeze
from ferflow.predict.sources import read_sources

FACES = 512  # more change the ranges no further


def drawn_faces(source: str, side: int) -> NDArray[np.uint8]:
    """Draw faces from all that a source holds, the same ones each time.

    Parameters
    ----------
    source : str
        Cropped faces, as `ferflow predict --cropped` takes them.
    side : int
        Pixels a side of what is returned.

    Returns
    -------
    uint8 array of shape (n, side, side)
        512 of them, or as many as there are.

    Raises
    ------
    InputError
        If the source cannot be read, holds no face, or one that is drawn is no image.
    """
    rng = random.Random(0)
    drawn: list[Unlabelled] = []
    for index, item in enumerate(read_sources([source], side)):
        if index < FACES:
            drawn.append(item)
        elif (place := rng.randrange(index + 1)) < FACES:  # each item is kept with the same probability
            drawn[place] = item
    return np.stack([_face(item, side) for item in drawn])


def _face(item: Unlabelled, side: int) -> NDArray[np.uint8]:
    try:
        return squeeze(photo_of(item).image, side)
    except BadImageError as error:
        raise InputError(f"{name_of(item)}: {error}; mend or remove it") from error
