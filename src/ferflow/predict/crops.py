"""Cuts a face out of a photo as the faces of FER-2013 were cut; notices photos that are no crops."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ferflow.ingest.images import grey, resize
from ferflow.predict.detector import Box, Detection

# FER-2013's frame around the detector's box, measured by benchmarks/detection.py on FER-2013's own faces.
SIDE = 1.14  # of the square root of the box's area
DOWN = -0.01  # of the side

MAX_ASPECT = 1.4  # of a face crop's longer to its shorter side; photos have 1.33, 1.5 or 1.78
LEAST_SHARE = 0.2  # of a crop's area that its face covers; in FER-2013 it is about a half
SMALL = 96  # pixels a side: smaller images are crops, whoever would look for faces there


def crop_face(photo: Image.Image, box: Box, size: int) -> NDArray[np.uint8]:
    """Cut out a face, grey, of shape (size, size); what lies outside the photo is black, as in FER-2013."""
    side = SIDE * (box.width * box.height) ** 0.5
    left = (box.left + box.right - side) / 2
    top = (box.top + box.bottom - side) / 2 + DOWN * side
    edges = (round(left), round(top), round(left) + max(1, round(side)), round(top) + max(1, round(side)))
    return squeeze(photo.crop(edges), size)


def squeeze(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Bring an image that is a face to grey and (size, size)."""
    return np.asarray(resize(grey(image), size))


def is_oblong(image: Image.Image) -> bool:
    """Whether an image is too far from square for a crop of a face."""
    return max(image.size) > MAX_ASPECT * min(image.size)


def holds_small_face(image: Image.Image, detections: Sequence[Detection]) -> bool:
    """Whether the largest face in an image covers too little of it for a crop."""
    areas = [detection.box.width * detection.box.height for detection in detections]
    return bool(areas) and max(areas) < LEAST_SHARE * image.width * image.height
